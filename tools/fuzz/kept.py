"""Readers of saved files: weights and checkpoints, as far as ai_from_scratch.weights reads them."""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np

from ai_from_scratch import weights
from ai_from_scratch.estimator import DivergenceError
from ai_from_scratch.weights import WeightsError
from Basic_Neural_Network_From_Scratch import MLPClassifier, MLPRegressor
from CNN_From_Scratch import CNNClassifier
from KNN_From_Scratch import KNeighborsClassifier, KNeighborsRegressor
from Linear_Regression_From_Scratch import LinearRegression, Ridge
from Logistic_Regression_From_Scratch import LogisticRegression
from Naive_Bayes_From_Scratch import GaussianNB
from RNN_From_Scratch import CharRNN

from .harness import Reader, damaged

SHAPES = {"0.W": (4, 3), "0.b": (3,), "1.K": (2, 1, 3, 3)}


class Weights(Reader):
    """A safetensors file, damaged, or well-formed with other content."""

    seconds = 5.0
    megabytes = 100.0
    refusals = (WeightsError,)

    def make(self, rng, folder: Path) -> Path:
        path = folder / "w.safetensors"
        arrays = {name: rng.normal(size=shape).astype(np.float32) for name, shape in SHAPES.items()}
        for name in SHAPES:
            if rng.random() < 0.15:
                arrays[name] = arrays[name].astype(rng.choice(["f2", "f8", "i4", "u1", "?"]))
            if rng.random() < 0.15 and arrays[name].dtype.kind == "f":
                arrays[name].flat[0] = rng.choice([np.nan, np.inf])
            if rng.random() < 0.1:
                arrays[name] = arrays[name].reshape(-1)
        if rng.random() < 0.1:
            arrays["1.extra"] = arrays.pop(str(rng.choice(list(SHAPES))))
        weights.save(path, arrays, {"note": "x"})
        content = path.read_bytes()
        how = rng.random()
        if how < 0.5:
            content = damaged(content, rng)
        elif how < 0.8:
            content = self.other_header(content, rng)
        path.write_bytes(content)
        return path

    @staticmethod
    def other_header(content: bytes, rng) -> bytes:
        length = struct.unpack("<Q", content[:8])[0]
        header = json.loads(content[8 : 8 + length])
        name = str(rng.choice([*SHAPES, "__metadata__"]))
        entry: Any = header.get(name, {})
        how = rng.integers(6)
        if how == 0:
            entry["dtype"] = str(rng.choice(["BF16", "F8_E4M3", "I64", "F64", "X", "U16", "BOOL"]))
        elif how == 1:
            entry["shape"] = rng.choice([0, 1, 2**31, 2**40, -1], int(rng.integers(0, 40))).tolist()
        elif how == 2:
            entry["data_offsets"] = rng.choice([0, 1, 10**12, 48], 2).tolist()
        elif how == 3:
            header["__metadata__"] = [None, [], {"a": 1}, "x", {"sha256": "x"}, {}][int(rng.integers(6))]
        elif how == 4:
            header[name] = [None, 3, [], {}][int(rng.integers(4))]
        else:
            header["0.W\0" if rng.random() < 0.5 else "x" * 5000] = header.pop(name, {})
        told = json.dumps(header).encode()
        size = len(told) if rng.random() < 0.9 else int(rng.choice([0, 2**63, 10**8, 7]))
        return struct.pack("<Q", size) + told + content[8 + length :]

    def read(self, given: Path) -> str:
        arrays, _ = weights.load(given)
        weights.check_arrays(arrays, SHAPES, np.float32)
        if not all(np.isfinite(array).all() for array in arrays.values()):
            return "a weight that is not finite"
        return ""


class Checkpoint(Reader):
    """A complete file with a correct checksum, whose text describes another random generator or nothing."""

    seconds = 5.0
    megabytes = 100.0
    refusals = (WeightsError,)

    def make(self, rng, folder: Path) -> Path:
        told: Any = {"rng": np.random.default_rng(1).bit_generator.state}
        for _ in range(int(rng.integers(0, 3))):
            places = [told, told["rng"], told["rng"]["state"]] if isinstance(told.get("rng"), dict) and isinstance(
                told["rng"].get("state"), dict) else [told]
            place = places[int(rng.integers(len(places)))]
            if place:
                key = str(rng.choice(list(place)))
                place[key] = [None, "test", -1, 2**200, [], {}, 1.5, "PCG64", "MT19937", True][int(rng.integers(10))]
        weights.save(folder / "c.safetensors", {"p": np.ones(3)}, {"checkpoint": json.dumps(told)})
        return folder / "c.safetensors"

    def read(self, given: Path) -> str:
        _, metadata = weights.load(given)
        rng = weights.random_generator(json.loads(metadata["checkpoint"])["rng"])
        return "" if 0 <= rng.random() < 1 else "no random number"


DAMAGED_VALUES: list[Any] = [None, "x", -1, 0, 1, 2, 10**9, 2**70, 1.5, 1e308, float("nan"), [], {}, True, [3],
                         {"tuple": [2]}, {"array": "nowhere", "order": "C"}, {"number": 1, "dtype": "O"},
                         {"Generator": {}}, {"values": [1], "dtype": "V8", "shape": [1]},
                         {"kind": "Moments", "arguments": []}]


def exchanged(told: Any, rng) -> Any:
    """The JSON value with one of its parts replaced by another value."""
    if isinstance(told, dict | list) and told and rng.random() < 0.8:
        key = list(told)[int(rng.integers(len(told)))] if isinstance(told, dict) else int(rng.integers(len(told)))
        part = exchanged(told[key], rng)
        return {**told, key: part} if isinstance(told, dict) else [*told[:key], part, *told[key + 1 :]]
    return DAMAGED_VALUES[int(rng.integers(len(DAMAGED_VALUES)))]


def changed_arrays(arrays: dict[str, np.ndarray], rng) -> dict[str, np.ndarray]:
    """The same with one array of another shape, kind or name, or without it."""
    name = str(rng.choice(list(arrays)))
    array = arrays[name]
    others = [array[:0], array.ravel()[:-1], array[None], array.astype("f8"), array.astype("i4"), array.astype("f2")]
    if rng.random() < 0.2:
        return {key: value for key, value in arrays.items() if key != name}
    return {**arrays, name + "x" * int(rng.random() < 0.1): others[int(rng.integers(len(others)))]}


class Models(Reader):
    """A saved model with a correct checksum, whose parameters, attributes or arrays were changed; it is loaded and
    used."""

    seconds = 10.0
    megabytes = 150.0
    refusals = (ValueError,)

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        X, y = rng.random((20, 36)), np.arange(20) % 3
        self.X = X
        self.models: list[Any] = [
            model.fit(X, y) for model in (
                CNNClassifier((2,), 3, hidden_layer_sizes=(3,), max_iter=1, random_state=0),
                CNNClassifier((2,), 3, hidden_layer_sizes=(), batch_norm=True, dropout=0.2, max_iter=1, random_state=0),
                MLPClassifier((3,), max_iter=2, tol=0.0, random_state=0),
                MLPRegressor((3,), max_iter=2, tol=0.0, random_state=0),
                LinearRegression(), LinearRegression("gradient_descent", max_iter=3, tol=1.0), LogisticRegression(),
                GaussianNB(priors=[0.2, 0.3, 0.5]), KNeighborsClassifier(3, weights="distance"),
                KNeighborsRegressor(3, algorithm="kd_tree"))]
        self.models.append(Ridge().partial_fit(X, rng.normal(size=(20, 2))))
        self.models.append(LogisticRegression().fit(X, np.array(["no", "yes"], dtype=object)[y % 2]))
        self.text = "the cat sat on the mat.\n" * 4
        self.models.append(
            CharRNN(4, layers=2, cell="gru", streams=2, chunk=5, max_iter=1, random_state=0).fit(self.text))

    def make(self, rng, folder: Path) -> tuple[type, Path]:
        model = self.models[int(rng.integers(len(self.models)))]
        arrays, about = model.state()
        for _ in range(int(rng.integers(0, 3))):
            part = str(rng.choice(list(about)))
            if rng.random() < 0.3 and arrays:
                arrays = changed_arrays(arrays, rng)
            elif part != "model" and about[part].startswith("{") and rng.random() < 0.9:
                about[part] = json.dumps(exchanged(json.loads(about[part]), rng))
            else:
                about[part] = str(rng.choice(["", "x", "GaussianNB", "[", "null"]))
        weights.save(folder / "m.safetensors", arrays, about)
        return type(model), folder / "m.safetensors"

    def read(self, given: tuple[type, Path]) -> str:
        kind, path = given
        model: Any = kind.load(path)            # type: ignore[attr-defined]
        if kind is CharRNN:
            return "" if np.isfinite(model.surprise(self.text[:30])).all() else "surprise that is not finite"
        answers = model.predict_proba(self.X) if hasattr(model, "predict_proba") else model.predict(self.X)
        labels = model.predict(self.X)
        if len(answers) != len(self.X) or len(labels) != len(self.X) or not np.isfinite(answers).all():
            return "answers that are none"
        model.save(path)                                       # a loaded model can be saved again
        return "" if str(getattr(model, "diagnosis_", "") or repr(model)) else "no words"


class Runs(Reader):
    """A checkpoint of the character network, changed in one or two places; resumed for two updates."""

    seconds = 10.0
    megabytes = 150.0
    refusals = (ValueError, DivergenceError)            # the learning rate may have become 1e308

    def __init__(self) -> None:
        self.text = "the cat sat on the mat.\n" * 4
        self.model = CharRNN(4, streams=2, chunk=5, max_iter=2, validate_every=3, dropout=0.1, random_state=0)
        training = self.model.training(self.text, self.text)
        for _ in range(4):
            next(training)

    def make(self, rng, folder: Path) -> Path:
        arrays, about = self.model.checkpoint()
        for _ in range(int(rng.integers(0, 3))):
            if rng.random() < 0.3:
                arrays = changed_arrays(arrays, rng)
            else:
                about["checkpoint"] = json.dumps(exchanged(json.loads(about["checkpoint"]), rng))
        weights.save(folder / "r.safetensors", arrays, about)
        return folder / "r.safetensors"

    def read(self, given: Path) -> str:
        model = CharRNN.from_checkpoint(*weights.load(given))
        training = model.resuming(self.text, self.text)
        losses = [progress.loss for progress, _ in zip(training, range(2), strict=False)]
        return "" if np.isfinite(losses).all() else "a loss that is not finite"

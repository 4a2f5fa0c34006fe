"""Readers of what was saved: weights and checkpoints, as far as ai_from_scratch.weights reads them."""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np

from ai_from_scratch import weights
from ai_from_scratch.weights import WeightsError

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
    """A whole file, its checksum right, whose text tells of another random generator or of nothing."""

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

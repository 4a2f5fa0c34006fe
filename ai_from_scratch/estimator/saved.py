"""A fitted model as arrays and text in a file, and the model from such a file.

    model.save("digits.safetensors")
    model = CNNClassifier.load("digits.safetensors")

The file is no pickle: it holds numbers and JSON (plain_text.py), and reading it runs no code.
"""

import json
import os
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Self

import numpy as np

from ai_from_scratch.estimator.errors import NotFittedError
from ai_from_scratch.estimator.kept import check_kept
from ai_from_scratch.estimator.parameters import Parameters
from ai_from_scratch.estimator.plain_text import BoundedGenerator, decode, encode, from_json
from ai_from_scratch.estimator.rules import processes
from ai_from_scratch.estimator.sentences import Diagnosis


class Saved(Parameters):
    """state() and from_state(), save(path) and load(path), for every model.

    The file stores the parameters, all attributes that `fit` has set, and the arrays of `network_`, if there is one.  A
    subclass names the attributes that can be computed from the others, and computes them in `_rebuild`.
    """

    _rebuilt: tuple[str, ...] = ()          # attributes that are not stored
    _needed = ""                            # attributes that it needs to predict, besides those of its parents
    _saved_kinds: tuple[type, ...] = ()     # its own classes whose objects are stored, by their __getnewargs__
    network_: Any                           # with named_arrays() and load_arrays(arrays)
    diagnosis_: Diagnosis | None            # of the last training that was watched

    def _rebuild(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Makes the attributes that are not stored.  A network is built in its earlier form; then these arrays are
        loaded into it."""

    def state(self) -> tuple[dict[str, np.ndarray], dict[str, str]]:
        """Copies of the arrays by name, and all other facts as text: the input of `weights.save` and of
        `from_state`."""
        self._check_fitted()
        arrays: dict[str, np.ndarray] = {}
        if "network_" in vars(self):
            arrays |= {name: array.copy() for name, array in self.network_.named_arrays().items()}
        parameters = self.get_params(deep=False)
        fitted = {name: value for name, value in vars(self).items()
                  if name not in parameters and name not in ("network_", "_metadata_request", *self._rebuilt)}
        about = {"model": type(self).__name__}
        for part, values in (("parameters", parameters), ("fitted", fitted)):
            about[part] = json.dumps({name: encode(value, name, arrays, (*self._saved_kinds, Diagnosis))
                                      for name, value in values.items()})
        return arrays, about

    @classmethod
    def from_state(cls, arrays: Mapping[str, np.ndarray], about: Mapping[str, str]) -> Self:
        """The model from which `state` came.  A ValueError says what is missing or does not fit."""
        name = cls.__name__
        if not {"model", "parameters"} <= set(about):
            return cls._from_older_state(arrays, about)
        if "fitted" not in about:
            raise ValueError(f"These are not a {name}'s weights: fitted missing.")
        model_name = about["model"]
        if model_name not in {parent.__name__ for parent in cls.__mro__}:
            raise ValueError(f"These are the weights of a {model_name}: load them with {model_name}, not {name}.")
        try:
            return cls._restored(arrays, from_json(about["parameters"]), from_json(about["fitted"]))
        except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
            raise ValueError(f"These weights of a {name} are damaged, or of another version: {str(error).rstrip('.')}."
                             ) from error

    @classmethod
    def _from_older_state(cls, arrays: Mapping[str, np.ndarray], about: Mapping[str, str]) -> Self:
        """The model from the state of an earlier version, which has no model's name, and an entry for each fitted
        attribute."""
        if not {"classes", "dtype_of_classes", "image_shape"} <= set(about):
            raise ValueError(f"These are not a {cls.__name__}'s weights: no model is named.")
        classes = from_json(about["classes"])
        fitted = {"classes_": {"values": classes, "dtype": from_json(about["dtype_of_classes"]),
                               "shape": [len(classes)]}, "image_shape_": {"tuple": from_json(about["image_shape"])}}
        return cls.from_state(arrays, {**about, "model": cls.__name__, "fitted": json.dumps(fitted)})

    @classmethod
    def _restored(cls, arrays: Mapping[str, np.ndarray], parameters: dict[str, Any], fitted: dict[str, Any]) -> Self:
        for what, told in (("parameters", parameters), ("attributes", fitted)):
            if not isinstance(told, dict):
                raise ValueError(f"its {what} must be names with values, got {type(told).__name__}")
        for name in fitted:
            if not name.isidentifier() or name.startswith("__"):
                raise ValueError(f"{name!r} is not an attribute that fit sets")

        def values(of: dict[str, Any]) -> dict[str, Any]:
            return {name: decode(told, arrays, (*cls._saved_kinds, Diagnosis)) for name, told in of.items()}

        named = {text["array"] for text in _dictionaries([parameters, fitted]) if "array" in text}
        of_network = {name: array for name, array in arrays.items() if name not in named}
        kept = values(fitted)
        needed = [name for parent in cls.__mro__ for name in vars(parent).get("_needed", "").split()]
        check_kept(kept, needed, {"network_", *cls._rebuilt, *dir(cls)})
        model = cls._of_file(values(parameters))
        workers = {name: value for name, value in vars(model).items() if name == "workers"}
        vars(model).update(kept)
        numbers = sum(array.size for array in of_network.values())
        for name in {"random_state", "_rng"} & vars(model).keys():  # a new network draws weights
            vars(model)[name] = BoundedGenerator(np.random.PCG64(0), numbers)
        model._rebuild(of_network)
        # The saved attributes are set again: a new network may have drawn from a generator, and begun a record.
        again = {name: told for name, told in fitted.items() if not isinstance(kept[name], np.ndarray)}
        vars(model).update(kept | values(again) | values(parameters) | workers)
        if "network_" in vars(model):
            model.network_.load_arrays(of_network)
        elif of_network:
            raise ValueError(f"{', '.join(of_network)} {'is' if len(of_network) == 1 else 'are'} not one of its arrays")
        model._check_fitted()
        return model

    @classmethod
    def _of_file(cls, parameters: Any, others: Mapping[str, Any] | None = None) -> Self:
        """The untrained model with the parameters of a file, and with `others` instead of some.  ValueError for a name
        that is not its parameter.  Of more processes than this machine has cores, as many as it has are taken."""
        if not isinstance(parameters, dict):
            raise ValueError(f"its parameters must be names with values, got {type(parameters).__name__}")
        if unknown := sorted(parameters.keys() - cls._defaults().keys()):
            raise ValueError(f"{unknown[0]!r} is not a parameter of {cls.__name__}")
        workers, most = parameters.get("workers", 1), max(2, os.cpu_count() or 1)
        if processes.holds(workers) and workers > most:
            warnings.warn(f"The file asks for {workers} processes, which is more than this machine has cores: workers="
                          f"{most} is taken instead.", UserWarning, stacklevel=2)
            parameters = parameters | {"workers": most}
        return cls(**parameters | dict(others or {}))

    def save(self, path: str | os.PathLike) -> None:
        """Writes the fitted model to a .safetensors file.  ValueError for a parameter that is a function."""
        import ai_from_scratch.weights as weights

        weights.save(path, *self.state())

    @classmethod
    def load(cls, path: str | os.PathLike) -> Self:
        """The model of a file that `save` wrote: its predictions are the same, to the last bit.  WeightsError (a
        ValueError) for a file that is damaged, or of another model."""
        import ai_from_scratch.weights as weights

        arrays, about = weights.load(path)                      # compares the checksum
        try:
            return cls.from_state(arrays, about)
        except ValueError as error:
            raise weights.WeightsError(f"{os.fspath(path)}: {error}") from error

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "n_features_in_") or hasattr(self, "network_")

    def _check_fitted(self) -> None:
        if not self.__sklearn_is_fitted__():
            raise NotFittedError(f"This {type(self).__name__} instance is not fitted yet. Call 'fit' with appropriate "
                                 "arguments before using this estimator.")


def _dictionaries(told: Any) -> Iterable[dict]:
    """All JSON objects inside a JSON value."""
    if isinstance(told, dict):
        yield told
    for part in told.values() if isinstance(told, dict) else told if isinstance(told, list) else ():
        yield from _dictionaries(part)


def roles(layers: Iterable[Any]) -> dict[str, Any]:
    """The layers that hold arrays, by kind and number: convolution_1, dense_1, dense_2 …

    The kind of a layer is its `role`, or else the name of its class.
    """
    count: Counter[str] = Counter()
    found = {}
    for layer in layers:
        if layer.trainable or layer.state:
            role = getattr(layer, "role", type(layer).__name__.lower())
            count[role] += 1
            found[f"{role}_{count[role]}"] = layer
    return found


def with_roles(arrays: Mapping[str, np.ndarray], layers: Iterable[Any]) -> dict[str, np.ndarray]:
    """The arrays of a file under the present names: "1.K" becomes "convolution_1.K".

    Older files name a layer by its place; the order of the places is the order of the roles.
    """
    places = sorted({int(name.split(".")[0]) for name in arrays if name[0].isdigit()})
    role_at = dict(zip(map(str, places), roles(layers), strict=False))
    split = {name: name.split(".", 1) for name in arrays}
    return {".".join([role_at.get(layer, layer), *rest]): arrays[name] for name, (layer, *rest) in split.items()}

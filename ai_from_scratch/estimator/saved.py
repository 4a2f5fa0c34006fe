"""A fitted network as arrays and text, for a file of weights, and the model that they give again.

    weights.save("digits.safetensors", *model.state())
    model = CNNClassifier.from_state(*weights.load("digits.safetensors"))
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from numbers import Integral
from typing import Any, Self

import numpy as np

from ai_from_scratch.estimator.errors import NotFittedError
from ai_from_scratch.estimator.parameters import Parameters


class Saved(Parameters):
    """state() and from_state() for an estimator whose arrays are in `network_`.

    A subclass names the fitted attributes that a file needs besides, and builds a network from them and the
    parameters.  In the file the names stand without their underscore.
    """

    _saved_arrays: tuple[str, ...] = ()     # NumPy arrays, such as classes_
    _saved_tuples: tuple[str, ...] = ()     # tuples of plain numbers
    network_: Any                           # with named_arrays() and load_arrays(arrays)

    def _rebuild(self) -> None:
        """A network like the saved one; its arrays are loaded after."""
        raise NotImplementedError

    def state(self) -> tuple[dict[str, np.ndarray], dict[str, str]]:
        """What a file of weights holds: the network's arrays by name, and as text how to build it again.

        A random generator is no text: the file has null in its place.
        """
        self._check_fitted()
        about: dict[str, Any] = {"parameters": self.get_params()}
        if not isinstance(about["parameters"].get("random_state"), Integral):
            about["parameters"]["random_state"] = None
        about |= {name.rstrip("_"): getattr(self, name) for name in (*self._saved_arrays, *self._saved_tuples)}
        about |= {dtype_of(name): str(getattr(self, name).dtype) for name in self._saved_arrays}
        return self.network_.named_arrays(), {name: json.dumps(value, default=as_python)
                                              for name, value in about.items()}

    @classmethod
    def from_state(cls, arrays: Mapping[str, np.ndarray], about: Mapping[str, str]) -> Self:
        """The model that `state` was taken from.  ValueError names what is missing or does not fit."""
        needed = {"parameters", *(name.rstrip("_") for name in (*cls._saved_arrays, *cls._saved_tuples)),
                  *map(dtype_of, cls._saved_arrays)}
        if needed - set(about):
            missing = ", ".join(sorted(needed - set(about)))
            raise ValueError(f"These are not a {cls.__name__}'s weights: {missing} missing.")
        told = {name: json.loads(about[name]) for name in needed}
        model = cls(**told["parameters"])
        for name in cls._saved_arrays:
            setattr(model, name, np.array(told[name.rstrip("_")], dtype=told[dtype_of(name)]))
        for name in cls._saved_tuples:
            setattr(model, name, tuple(told[name.rstrip("_")]))
        model._rebuild()
        model.network_.load_arrays(arrays)
        return model

    def _check_fitted(self) -> None:
        if not hasattr(self, "network_"):
            raise NotFittedError(f"This {type(self).__name__} instance is not fitted yet. Call 'fit' with appropriate "
                                 "arguments first.")


def roles(layers: Iterable[Any]) -> dict[str, Any]:
    """The layers that hold arrays, by what they are and which of these: convolution_1, dense_1, dense_2 …

    What a layer is, is its `role`, or else the name of its class.
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
    """The arrays of a file under the names of today: "1.K" becomes "convolution_1.K".

    Older files have the place of a layer for its role; the places of all layers with arrays rise as the roles do.
    """
    places = sorted({int(name.split(".")[0]) for name in arrays if name[0].isdigit()})
    role_at = dict(zip(map(str, places), roles(layers), strict=False))
    split = {name: name.split(".", 1) for name in arrays}
    return {".".join([role_at.get(layer, layer), *rest]): arrays[name] for name, (layer, *rest) in split.items()}


def dtype_of(name: str) -> str:
    """classes_ → dtype_of_classes."""
    return f"dtype_of_{name.rstrip('_')}"


def as_python(value: Any) -> Any:
    """NumPy's numbers and arrays as Python's, which JSON knows."""
    return value.tolist()

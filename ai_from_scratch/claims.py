"""The kinds of claims that a chapter makes, one for each layer, loss, solver or reference; its demo/checks.py lists
them.

`python run_all.py check` finds the lists and measures them (proof/).  A claim holds the things that are compared
(arrays, and functions that compute them), not the method.  Everything is small, seeded, and in float64.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Arrays = Mapping[str, Any]                  # name -> array or number


@dataclass(frozen=True)
class Claim:
    """`about` is the class or function of the claim: if the claim fails, the file of `about` is named."""

    about: Any
    what: str                               # what is compared, for example "Dense" or "Ridge, svd"


@dataclass(frozen=True)
class Gradient(Claim):
    """gradients() gives the derivative of value() by each of the named arrays, whose numbers are changed a little in
    place."""

    arrays: Mapping[str, Any]
    value: Callable[[], float]
    gradients: Callable[[], Arrays]
    tolerance: float = 1e-6


@dataclass(frozen=True)
class Layer(Claim):
    """The gradients of a layer: by its input X and by each parameter.  The layer is built for X if it has `build`."""

    layer: Any
    X: Any
    tolerance: float = 1e-6


@dataclass(frozen=True)
class Loss(Claim):
    """The loss's backward by the logits (N, K). `arguments` follow the logits in forward: y, and weights."""

    loss: Any
    logits: Any
    arguments: tuple[Any, ...]
    tolerance: float = 1e-6


@dataclass(frozen=True)
class Twin(Claim):
    """The plain code and its faster form (or another way to the same answer) give the same arrays."""

    plain: Callable[[], Arrays]
    fast: Callable[[], Arrays]
    tolerance: float = 1e-10


@dataclass(frozen=True)
class Reference(Claim):
    """ours() and theirs(library) compute the same numbers.  The library's numbers are recorded in proof/references/.
    Where the library is installed, they are computed again.  `library` is the module to import: "sklearn.linear_model",
    "torch"."""

    library: str
    ours: Callable[[], Arrays]
    theirs: Callable[[Any], Arrays]
    tolerance: float = 1e-9


@dataclass(frozen=True)
class Invariant(Claim):
    """Numbers that must be zero: errors() gives the differences from a property that must hold."""

    errors: Callable[[], Any]
    tolerance: float = 1e-10


@dataclass(frozen=True)
class Shipped(Claim):
    """A file of weights: its checksum, and the result of the model with these weights, compared with the recorded
    ones."""

    path: Path
    sha256: str
    measure: Callable[[], float]
    recorded: float
    tolerance: float = 1e-3

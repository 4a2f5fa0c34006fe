"""What a chapter claims to be right, one line a layer, loss, solver or reference: its demo/checks.py lists the claims.

`python run_all.py check` finds the lists and measures them (proof/).  A claim holds what to compare, not how: arrays,
and functions that compute.  Everything is small, seeded, and in float64.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Arrays = Mapping[str, Any]                  # name -> array or number


@dataclass(frozen=True)
class Claim:
    """`about` is the class or function in question: its file is named where the claim fails."""

    about: Any
    what: str                               # "Dense", "Ridge, svd": what is compared


@dataclass(frozen=True)
class Gradient(Claim):
    """gradients() names the derivative of value() by each of the arrays, which are nudged in place."""

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
    """The loss's backward by the logits (N, K); `arguments` follow them in forward: y, and weights."""

    loss: Any
    logits: Any
    arguments: tuple[Any, ...]
    tolerance: float = 1e-6


@dataclass(frozen=True)
class Twin(Claim):
    """The plain code and its faster twin (or another way to the same answer) give the same arrays."""

    plain: Callable[[], Arrays]
    fast: Callable[[], Arrays]
    tolerance: float = 1e-10


@dataclass(frozen=True)
class Reference(Claim):
    """ours() and theirs(library) compute the same numbers.  Those of the library are recorded in proof/references/;
    where it is installed, it computes them again.  `library` is imported: "sklearn.linear_model", "torch"."""

    library: str
    ours: Callable[[], Arrays]
    theirs: Callable[[Any], Arrays]
    tolerance: float = 1e-9


@dataclass(frozen=True)
class Invariant(Claim):
    """What must be zero: errors() gives the differences from what has to hold."""

    errors: Callable[[], Any]
    tolerance: float = 1e-10


@dataclass(frozen=True)
class Shipped(Claim):
    """A file of weights: its checksum, and what the model reaches with them, against what was recorded."""

    path: Path
    sha256: str
    measure: Callable[[], float]
    recorded: float
    tolerance: float = 1e-3

"""Checks every entry of every gradient against finite differences, for the chapters and for your own class.

    from proof import check_layer, check_loss, check_gradient

    print(check_layer(MyDense(4), X))                   # forward(X) and backward(dY); W beside dW, or `trainable`
    print(check_loss(MyLoss(), logits, y))              # forward(logits, y) -> number, backward() -> its gradient
    print(check_gradient(f, x, gradient))               # f(x) -> number, gradient(x) -> an array like x

Each returns a Report: `ok`, the worst error, and in words where the gradient first differs.  Use float64.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ai_from_scratch.gradient_check import numerical_gradient
from proof.compare import Comparison, compare

TOLERANCE = 1e-6
FINITE_DIFFERENCE = "the finite difference"


@dataclass(frozen=True)
class Report:
    """The compared arrays, one by one."""

    what: str
    comparisons: tuple[Comparison, ...]

    @property
    def ok(self) -> bool:
        return bool(self.comparisons) and all(comparison.holds for comparison in self.comparisons)

    def __str__(self) -> str:
        if not self.comparisons:
            return f"{self.what}: nothing to compare. Name its parameters in `trainable`, or use an X of floats."
        worst, count = max(c.error for c in self.comparisons), sum(c.numbers for c in self.comparisons)
        if self.ok:
            names = ", ".join(c.name for c in self.comparisons)
            return f"{self.what}: right. {names}: {count} numbers, largest relative error {worst:.0e}."
        return "\n".join(f"{self.what}: wrong. {c.words.rstrip('.')}." for c in self.comparisons if not c.holds)


@dataclass
class Problem:
    """A number that depends on arrays, and the gradient to check."""

    what: str
    arrays: dict[str, np.ndarray]                       # nudged in place
    value: Callable[[], float]
    gradients: Callable[[], Mapping[str, Any]]
    tolerance: float = TOLERANCE

    def comparisons(self) -> tuple[Comparison, ...]:
        claimed = {name: np.array(array, dtype=np.float64) for name, array in self.gradients().items()}
        found = []
        for name, array in self.arrays.items():
            if name not in claimed:
                found.append(Comparison(f"d{name}", array.size, np.inf, self.tolerance, f"d{name} is not there"))
                continue
            found.append(compare(f"d{name}", claimed[name], numerical_gradient(self.value, array), self.tolerance,
                                 FINITE_DIFFERENCE))
        return tuple(found)

    def report(self) -> Report:
        return Report(self.what, self.comparisons())


def check_gradient(f: Callable[[Any], float], x: Any, gradient: Any, *, name: str = "x",
                   tolerance: float = TOLERANCE) -> Report:
    """Checks `gradient`, an array or a function of x, against the finite differences of f(x) -> float."""
    x = np.array(x, dtype=np.float64)
    claimed = gradient(x.copy()) if callable(gradient) else gradient
    what = getattr(gradient, "__name__", "gradient")
    return Problem(what, {name: x}, lambda: float(f(x)), lambda: {name: claimed}, tolerance).report()


def check_layer(layer: Any, X: Any, *, tolerance: float = TOLERANCE) -> Report:
    """Checks a layer with forward(X) and backward(dY), by its input and by every parameter."""
    return layer_problem(layer, X, tolerance).report()


def check_loss(loss: Any, logits: Any, *arguments: Any, tolerance: float = TOLERANCE) -> Report:
    """Checks a loss with forward(logits, *arguments) -> float and backward() -> the gradient of the logits."""
    return loss_problem(loss, logits, arguments, tolerance).report()


def loss_problem(loss: Any, logits: Any, arguments: tuple[Any, ...], tolerance: float = TOLERANCE) -> Problem:
    logits = np.array(logits, dtype=np.float64)

    def gradients() -> dict[str, Any]:
        loss.forward(logits, *arguments)
        return {"logits": loss.backward()}

    return Problem(type(loss).__name__, {"logits": logits}, lambda: float(loss.forward(logits, *arguments)), gradients,
                   tolerance)


def layer_problem(layer: Any, X: Any, tolerance: float = TOLERANCE) -> Problem:
    """L = Σ forward(X) · dY for a fixed random dY: then ∂L/∂Y is dY, and backward(dY) must be ∂L/∂X."""
    X, rng = np.array(X), np.random.default_rng(1)
    if X.dtype.kind == "f":
        X = X.astype(np.float64)
    build = getattr(layer, "build", None)
    if build is not None and not any(isinstance(value, np.ndarray) for value in vars(layer).values()):
        build(X.shape[1:], np.random.default_rng(0), np.float64)
    names = parameters(layer)
    for name in names:
        array = getattr(layer, name)
        if array.dtype != np.float64:
            raise TypeError(f"{type(layer).__name__}.{name} is {array.dtype}: nudges of 1e-6 need float64.")
        array += 0.1 * rng.standard_normal(array.shape)                # biases that start at 0 hide mistakes
    stream = getattr(layer, "rng", None)
    start = stream.bit_generator.state if stream is not None else None
    keywords = {"training": True} if "training" in inspect.signature(layer.forward).parameters else {}

    def forward() -> np.ndarray:
        if stream is not None:
            stream.bit_generator.state = start                         # the same mask each time
        return np.asarray(layer.forward(X, **keywords))

    dY = rng.standard_normal(forward().shape)

    def gradients() -> dict[str, Any]:
        forward()
        dX = layer.backward(dY)
        found = {name: getattr(layer, f"d{name}") for name in names if hasattr(layer, f"d{name}")}
        return found if dX is None else {"X": dX, **found}

    arrays = {name: getattr(layer, name) for name in names}
    if X.dtype.kind == "f":
        arrays = {"X": X, **arrays}
    return Problem(type(layer).__name__, arrays, lambda: float((forward() * dY).sum()), gradients, tolerance)


def parameters(layer: Any) -> list[str]:
    """The names of the parameters: those in `trainable`, or else each array W with a dW of its shape (after a backward,
    or before)."""
    named = getattr(layer, "trainable", None)
    if named is not None and not callable(named):
        return list(named)
    arrays = {name: value for name, value in vars(layer).items() if isinstance(value, np.ndarray)}
    with_gradient = [name for name in arrays if f"d{name}" in vars(layer)]
    return with_gradient or [name for name in arrays if name.lower() in ("w", "b", "k")]

"""Is a gradient right?  Change the input a little, measure the change of the output, and compare.

    ∂f/∂xᵢ  ≈  (f(x + δ eᵢ) − f(x − δ eᵢ)) / 2δ            the error falls with δ², rounding grows with 1/δ

With float64 and δ = 1e-6 about nine digits agree.  A wrong sign, a missing factor or a forgotten term changes the first
digit.
"""

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

MIN_GRADIENT_SCALE = 1e-3  # rounding turns a slope of 0 into 1e-10, so errors of smaller gradients are taken absolutely


def numerical_gradient(f: Callable[..., Any], x: Any, delta: float = 1e-6) -> np.ndarray:
    """∂f/∂x of x's shape by central differences: two calls of f for each number in x.

    f is a function f(x) -> float, or f() -> float if it reads the array x itself, as a layer reads its weights.  x is
    changed in place and restored exactly.

    >>> numerical_gradient(lambda x: (x**2).sum(), np.array([3.0, -1.0])).round(6)
    array([ 6., -2.])
    """
    x, value = _prepare(f, x)
    slope = np.empty_like(x)
    for i in np.ndindex(x.shape):
        kept = x[i]
        step = delta * max(1.0, abs(kept))
        try:
            x[i] = above = kept + step
            f_above = value()
            x[i] = below = kept - step
            f_below = value()
        finally:
            x[i] = kept
        slope[i] = (f_above - f_below) / (above - below)
    return slope


def gradient_error(analytic: Any, numerical: Any) -> float:
    """The largest difference, relative to the largest entry: about 1e-9 if both agree, 0.1 to 2 if they do not."""
    a, b = np.asarray(analytic, dtype=np.float64), np.asarray(numerical, dtype=np.float64)
    if a.shape != b.shape:
        raise ValueError(f"A gradient has the shape of its variable: got {a.shape} against {b.shape}.")
    if a.size == 0:
        return 0.0
    return float(np.abs(a - b).max() / max(np.abs(a).max(), np.abs(b).max(), MIN_GRADIENT_SCALE))


class Slope(NamedTuple):
    """One slope, computed from the gradient under test and measured numerically."""

    analytic: float
    numerical: float

    @property
    def error(self) -> float:
        return gradient_error(self.analytic, self.numerical)


def directional_check(
    f: Callable[..., Any], x: Any, analytic: Any, *, rng: np.random.Generator, directions: int = 3, delta: float = 1e-6
) -> list[Slope]:
    """The slopes along a few random directions u: analytic · u, and (f(x + δu) − f(x − δu)) / 2δ.

    It calls f twice for each direction, however large x is, so it suits whole networks.  In a test,
    `assert slope.error < 1e-6, slope` prints both values when it fails.
    """
    x, value = _prepare(f, x)
    analytic = np.asarray(analytic, dtype=np.float64)
    if analytic.shape != x.shape:
        raise ValueError(f"A gradient has the shape of its variable: got {analytic.shape} against {x.shape}.")
    kept, slopes = x.copy(), []
    for _ in range(directions):
        u = rng.standard_normal(x.shape)
        try:
            x[...] = kept + delta * u
            f_above = value()
            x[...] = kept - delta * u
            f_below = value()
        finally:
            x[...] = kept
        slopes.append(Slope(float((analytic * u).sum()), float((f_above - f_below) / (2 * delta))))
    return slopes


def _prepare(f: Callable[..., Any], x: Any) -> tuple[np.ndarray, Callable[[], float]]:
    """x as an array that may be changed, and f as a function without arguments."""
    reads_x_itself = not any(
        parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD
        for parameter in inspect.signature(f).parameters.values()
    )
    array = np.asarray(x)
    if array is not x:
        if reads_x_itself:
            raise TypeError(f"f() reads x itself, so x must be that NumPy array; got a {type(x).__name__}.")
        array = array.astype(np.float64)
    if array.dtype != np.float64:
        raise TypeError(f"x is {array.dtype}, but steps of 1e-6 need float64: make the model with dtype=np.float64.")
    return array, (f if reads_x_itself else lambda: f(array))

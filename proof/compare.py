"""Compares two arrays: how much they differ, and where, in words."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ai_from_scratch.gradient_check import MIN_GRADIENT_SCALE


class Comparison(NamedTuple):
    """`error` is the largest difference, relative to the largest number of both arrays; inf if one of them has a number
    that is not finite."""

    name: str
    numbers: int
    error: float
    tolerance: float
    words: str = ""                         # where they first differ, or why they could not be compared

    @property
    def holds(self) -> bool:
        return self.error <= self.tolerance


def compare(name: str, ours: Any, theirs: Any, tolerance: float, other: str = "the reference",
            scale: float = MIN_GRADIENT_SCALE) -> Comparison:
    """Compares arrays of one shape; numbers below `scale` are compared absolutely, as a share of `scale`."""
    a, b = (np.asarray(array, dtype=np.float64) for array in (ours, theirs))
    if a.shape != b.shape:
        return Comparison(name, a.size, np.inf, tolerance, f"{name} has shape {a.shape}, {other} {b.shape}.")
    if a.size == 0:
        return Comparison(name, 0, 0.0, tolerance)
    largest = max(np.abs(a).max(), np.abs(b).max(), scale)
    with np.errstate(invalid="ignore"):
        difference = np.where(a == b, 0, np.abs(a - b) / largest)            # of the shape of a; equal infinities agree
    difference = np.where(np.isnan(difference), np.inf, difference)
    error = float(difference.max())
    words = ""
    if error > tolerance:
        wrong = np.argwhere(difference > tolerance)
        at = tuple(wrong[0].tolist())
        place = f"{name}[{', '.join(map(str, at))}]" if at else name
        words = (f"{place} is {a[at]:.6g}, {other} says {b[at]:.6g}"
                 + (f" (the first of {len(wrong)} of {a.size} numbers)" if a.size > 1 else "")
                 + likely_mistake(a, b, tolerance * largest))
    return Comparison(name, a.size, error, tolerance, words)


def likely_mistake(a: np.ndarray, b: np.ndarray, slack: float) -> str:
    """The usual mistake, if the difference is one: a sign, a factor, a transpose."""
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return ""
    if not a.any():
        return "; all of it is 0"
    factor = float((a * b).sum() / (a * a).sum())
    if np.abs(factor * a - b).max() <= slack and factor:
        return "; the sign is wrong" if abs(factor + 1) < 1e-3 else f"; times {factor:.4g} it would be right"
    if a.ndim == 2 and a.shape[0] == a.shape[1] and np.abs(a.T - b).max() <= slack:
        return "; transposed it would be right"
    return ""

"""Toy sets that fit on a page: two moons, blobs, a noisy line.  The same generator state gives the same points.

    n samples   d features   K classes
"""

import numpy as np

from ai_from_scratch.data.dataset import DataError, Samples
from ai_from_scratch.estimator.checks import as_float
from ai_from_scratch.estimator.rules import check, non_negative, real, whole


def two_moons(n: int, noise: float = 0.2, *, rng: np.random.Generator) -> Samples:
    """Two interleaved half circles of radius 1: X (n, 2), labels 0 (upper) and 1 (lower), equally many.

    `noise` is the standard deviation of the Gaussian added to each coordinate; from about 0.3 the moons overlap.
    """
    _check(n, noise, "noise")
    y = rng.permutation(np.arange(n) % 2)                          # (n,)
    angle = rng.uniform(0, np.pi, n)                               # (n,)
    upper = np.column_stack([np.cos(angle), np.sin(angle)])        # (n, 2)
    lower = np.column_stack([1 - np.cos(angle), 0.5 - np.sin(angle)])
    X = np.where(y[:, None] == 0, upper, lower) + noise * rng.standard_normal((n, 2))
    return Samples(X, y)


def blobs(n: int, centres: int | np.ndarray = 3, spread: float = 1.0, *, rng: np.random.Generator) -> Samples:
    """Round Gaussian clouds, equally many samples in each: X (n, d), labels 0 … K-1.

    `centres` is an array (K, d), or a number K: then they are points of the plane, on a circle, with a distance of 5
    between neighbours. `spread` is the standard deviation of each cloud in each direction.
    """
    _check(n, spread, "spread")
    places = _circle(int(centres)) if whole(1).holds(centres) else as_float(centres, "centres")       # (K, d)
    if places.ndim != 2 or len(places) == 0:
        raise DataError(f"centres must be a number of at least 1 or an array (K, d), got {centres!r}: try centres=3.")
    y = rng.permutation(np.arange(n) % len(places))                # (n,)
    return Samples(places[y] + spread * rng.standard_normal((n, places.shape[1])), y)


def noisy_line(
    n: int, slope: float = 2.0, intercept: float = 1.0, noise: float = 1.0, *, rng: np.random.Generator
) -> Samples:
    """y = slope·x + intercept + Gaussian noise of that standard deviation: X (n, 1), spread evenly over -1 … 3.

    The mean of x is not 0 on purpose: slope and intercept are then correlated, and the bowl of the loss is tilted.
    """
    _check(n, noise, "noise")
    check("noisy_line", locals(), {"slope": real(), "intercept": real()})
    x = rng.uniform(-1, 3, n)                                      # (n,)
    return Samples(x[:, None], slope * x + intercept + noise * rng.standard_normal(n))


def _circle(K: int) -> np.ndarray:                                 # (K, 2)
    radius = 2.5 / np.sin(np.pi / K) if K > 1 else 0.0  # for a distance of 5 between neighbours
    angle = 2 * np.pi * np.arange(K) / max(K, 1)
    return radius * np.column_stack([np.cos(angle), np.sin(angle)])


def _check(n: int, deviation: float, name: str) -> None:
    if not whole(1).holds(n):
        raise DataError(f"n must be a whole number of at least 1, got {n!r}: try n=200.")
    if not non_negative.holds(deviation):
        raise DataError(f"{name} is a standard deviation and must be a number of at least 0, got {deviation!r}: try "
                        f"{name}=0.2.")

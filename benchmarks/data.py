"""The data of the classical rows: generated numbers with fixed seeds, two small tables, MNIST.

    n samples   d features   m queries   K classes
"""

import numpy as np

from ai_from_scratch.data import load_mnist
from benchmarks.harness import Data, NotHereError


def regression(n: int, d: int) -> Data:
    """Columns of different mean and spread; the target is linear with noise."""
    rng = np.random.default_rng(n + d)
    X = rng.normal(size=(n, d)) * rng.uniform(0.5, 2, size=d) + rng.uniform(-1, 1, size=d)       # (n, d)
    y = X @ rng.normal(size=d) + 3 + rng.normal(size=n)                                          # (n,)
    return Data({"X": X, "y": y}, f"{n:,} × {d:,} float64, linear truth and noise")


def classes(n: int, d: int, K: int = 2) -> Data:
    """Standard normal features (their mean is 0, so centring gains nothing), labels drawn from a logistic model."""
    rng = np.random.default_rng(n + d + K)
    X = rng.normal(size=(n, d))                                                                  # (n, d)
    scores = X @ rng.normal(size=(d, K)) * 2 / np.sqrt(d)                                        # (n, K)
    y = (scores + rng.gumbel(size=(n, K))).argmax(axis=1)                                        # (n,)
    return Data({"X": X, "y": y}, f"{n:,} × {d:,} float64, {K} classes drawn from a logistic truth")


def blobs(n: int, d: int, K: int, m: int = 0) -> Data:
    """K overlapping Gaussian clouds of different spread, offset from zero; m more samples as queries."""
    rng = np.random.default_rng(n + d + K)
    y = rng.integers(K, size=n + m)                                                              # (n + m,)
    centres, spreads = rng.normal(size=(K, d)) + 2, rng.uniform(0.5, 2, size=(K, d))
    X = centres[y] + rng.normal(size=(n + m, d)) * spreads[y]                                    # (n + m, d)
    arrays = {"X": X[:n], "y": y[:n]} | ({"Q": X[n:]} if m else {})
    return Data(arrays, f"{n:,} × {d:,} float64, {K} clouds" + (f"; {m:,} queries" if m else ""))


def cube(n: int, d: int, m: int) -> Data:
    """Points spread evenly in the unit cube, labelled by octant; m queries from the same cube."""
    rng = np.random.default_rng(n + d)
    X, Q = rng.random((n, d)), rng.random((m, d))                                                # (n, d), (m, d)
    y = (X > 0.5) @ (1 << np.arange(d))                                                          # (n,)
    return Data({"X": X, "y": y, "Q": Q}, f"{n:,} × {d} float64, even in the unit cube; {m:,} queries")


def breast_cancer() -> Data:
    from sklearn.datasets import load_breast_cancer

    X, y = load_breast_cancer(return_X_y=True)                                                   # (569, 30), (569,)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    return Data({"X": X, "y": y}, f"{len(X)} × {X.shape[1]} float64, standardised")


def digits() -> Data:
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)                                                          # (1797, 64), (1797,)
    return Data({"X": X, "y": y}, f"{len(X):,} × {X.shape[1]} float64, 0 … 16 as they come, 10 classes")


def mnist(n: int, m: int = 0, *, dtype: str = "float64", download: bool = True) -> Data:
    """The first n training images as pixels 0 … 1, and m test images as queries.

    Raises NotHereError if only the offline sample is available.  With download=False the sample is used.
    """
    digits = load_mnist(download=download)
    if download and digits.is_sample:
        raise NotHereError("MNIST is neither in the data folder nor in the cache, and could not be downloaded")
    images = np.concatenate([digits.train.X, digits.validation.X])[:n]                           # (n, 28, 28) uint8
    y = np.concatenate([digits.train.y, digits.validation.y])[:n]
    X, Q = (A.reshape(-1, 784).astype(dtype) / np.dtype(dtype).type(255) for A in (images, digits.test.X[:m]))
    source = "offline sample of MNIST" if digits.is_sample else "MNIST"
    about = f"{len(X):,} × {X.shape[1]} {dtype}, 0 … 1, {source}" + (f"; {len(Q):,} queries" if m else "")
    return Data({"X": X, "y": y} | ({"Q": Q} if m else {}), about, as_aimed=len(X) == n and len(Q) == m)

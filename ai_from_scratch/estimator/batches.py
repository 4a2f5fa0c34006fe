"""Checks for losses, layers and networks that are used without an estimator: the shapes of the arrays fit, or an error
says what is wrong.

NumPy would broadcast targets (N, 1) against outputs (N,) to (N, N), and their mean would be wrong.

    N samples   K outputs
"""

from typing import Any

import numpy as np

from ai_from_scratch.estimator.masked import unmasked


def one_each(values: Any, n: int) -> np.ndarray:                      # -> (n,)
    """One number for each of n samples, from an array or a list (n,) or (n, 1).  ValueError for other shapes."""
    array = unmasked(values, "the target or weight")
    if n == 0:
        raise ValueError("A batch of no samples has no mean loss: give at least one sample.")
    if array.shape not in ((n,), (n, 1)) or array.dtype.kind not in "iufb":
        raise ValueError(f"Expected one number for each of {n} samples, shape ({n},), got shape {array.shape} of "
                         f"{array.dtype}.")
    return array.reshape(n)


def codes_of(y: Any, n: int, K: int) -> np.ndarray:                # -> (n,) whole numbers 0 … K − 1
    """Class codes for each of n samples, checked in the same way.  A ValueError names the first target that is no
    code."""
    codes = one_each(y, n)
    if codes.dtype.kind in "iu" and codes.min() >= 0 and codes.max() < K:       # as training gives them
        return codes
    valid = np.isin(codes, np.arange(K))                           # (n,)
    if not valid.all():
        place = int(np.flatnonzero(~valid)[0])
        raise ValueError(f"Expected class codes 0 … {K - 1}, got {codes[place]!r} at index {place}. "
                         "np.unique(labels, return_inverse=True)[1] gives the codes of any labels.")
    return codes.astype(np.int64)


def outputs_and_codes(logits: Any, y: Any, K: int | None = None) -> tuple[np.ndarray, np.ndarray]:  # (N, K), (N,)
    """Outputs and codes, checked together; K: the number of classes, if one output stands for two."""
    logits = outputs_of(logits, 1 if K else None)
    return logits, codes_of(y, len(logits), K or logits.shape[1])


def matching(y: Any, outputs: np.ndarray) -> np.ndarray:           # (N, O) -> (N, O)
    """Real targets as an array of the shape of the outputs; (N,) is accepted for (N, 1).  ValueError for other
    shapes."""
    if outputs.shape[1] == 1:
        return one_each(y, len(outputs))[:, None]
    array = unmasked(y, "y")
    if len(outputs) == 0 or array.shape != outputs.shape or array.dtype.kind not in "iufb":
        raise ValueError(f"Expected targets of the outputs' shape {outputs.shape} and at least one sample, got "
                         f"{array.shape}.")
    return array


def outputs_and_targets(logits: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:                      # (N, O) both
    """Logits and targets as arrays; ValueError if their shapes do not fit."""
    logits = outputs_of(logits)
    return logits, matching(y, logits)


def outputs_of(logits: Any, K: int | None = None) -> np.ndarray:   # -> (N, K)
    """The outputs of a network as an array (N, K), with this K if it is given.  ValueError for other shapes."""
    array = unmasked(logits, "the output")
    if array.ndim != 2 or array.dtype.kind not in "iuf" or array.shape[1] != (K or max(array.shape[1], 1)):
        raise ValueError(f"Expected the outputs of a network, numbers (N, {K or 'K'}), got shape {array.shape} of "
                         f"{array.dtype}.")
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def inputs_of(X: Any, shape: tuple[int, ...], dtype: Any) -> np.ndarray:      # -> (N, *shape)
    """A batch of inputs, each of this shape.  Lists become arrays of this dtype; arrays keep theirs."""
    array = unmasked(X, "X")
    if array.dtype.kind not in "iufb":
        raise ValueError(f"Expected a batch of numbers, got an array of {array.dtype}.")
    if array.shape[1:] != shape or array.ndim == 0:
        expected = ", ".join(map(str, ("N", *shape)))
        alone = " For one sample alone use x[None]." if array.shape == shape else ""
        raise ValueError(f"The network was built for inputs of shape ({expected}), got {array.shape}.{alone}")
    return array if isinstance(X, np.ndarray) else array.astype(dtype)


def samples_of(
    X: Any, y: Any, sample_weight: Any, shape: tuple[int, ...], dtype: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:             # (N, *shape), (N, …), (N,) or None
    """The training data: at least one input, as many targets as inputs, and as many weights, if there are any."""
    X, y = inputs_of(X, shape, dtype), unmasked(y, "y")
    if y.ndim == 0 or len(y) != len(X) or not len(X):
        raise ValueError(f"Expected as many targets as inputs, and at least one, got shapes {X.shape} and {y.shape}.")
    return X, y, None if sample_weight is None else one_each(sample_weight, len(X))


def weights_of(sample_weight: Any, X: Any) -> np.ndarray | None:   # -> (n,) or None
    """One weight for each sample of X, at least one of them above 0; None if no weights are given."""
    if sample_weight is None:
        return None
    weight = one_each(sample_weight, len(X))
    if not weight.sum() > 0:
        raise ValueError(f"The weights sum to {weight.sum()}: expected weights >= 0, at least one of them above 0.")
    return weight


def line_of(X: Any, y: Any, w: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """X, y and w as arrays for which X w has the shape of y.  A ValueError says what to reshape."""
    X, y, w = unmasked(X, "X"), unmasked(y, "y"), unmasked(w, "w")
    if not {X.dtype.kind, y.dtype.kind, w.dtype.kind} <= set("iufb"):
        raise ValueError(f"Expected numbers, got X of {X.dtype}, y of {y.dtype} and w of {w.dtype}.")
    if X.ndim != 2 or not len(X) or w.ndim not in (1, 2) or len(w) != X.shape[1]:
        raise ValueError(f"Expected X (n, d) of at least one sample and w (d,) or (d, O), got shapes {X.shape} and "
                         f"{w.shape}.")
    came = (len(X), *w.shape[1:])
    if came != y.shape:
        raise ValueError(f"X @ w + b has shape {came}, y {y.shape}. Try y.ravel(), or w of shape (d, O).")
    return X, y, w

"""What comes in: turn it into arrays that an algorithm can trust, or say what is wrong with it.

    X (n, d) float, finite        y (n,) labels, or (n,) / (n, t) float        sample_weight (n,) float, ≥ 0

float32 stays float32, everything else becomes float64.  Nothing is copied that is right already, nothing is
changed in place.  The wording of the refusals is the one that scikit-learn's users search the web for.
"""

import warnings
from numbers import Integral, Real
from typing import Any

import numpy as np

from ai_from_scratch.estimator.errors import DataConversionWarning


def check_array(X: Any, name: str = "X", *, always_float64: bool = False) -> np.ndarray:
    """Any table of numbers as a finite float array (n, d) with at least one row and one column."""
    X = as_float(X, name, always_float64=always_float64)
    if X.ndim != 2:
        shape = {0: "scalar array", 1: "1D array"}.get(X.ndim, f"{X.ndim}D array")
        raise ValueError(
            f"Expected 2D array, got {shape} instead:\narray={X!r}.\nReshape your data with array.reshape(-1, 1) if it "
            "has a single feature, or array.reshape(1, -1) if it is a single sample."
        )
    for axis, what in enumerate(("sample(s)", "feature(s)")):
        if X.shape[axis] == 0:
            raise ValueError(f"Found array with 0 {what} (shape={X.shape}) while a minimum of 1 is required.")
    check_finite(X, name)
    return X


def as_float(values: Any, name: str, *, always_float64: bool = False) -> np.ndarray:
    """A float array of any shape from arrays, lists, data frames, memory maps, objects that hold numbers."""
    if hasattr(values, "toarray") and hasattr(values, "nnz"):
        raise TypeError(f"{name} is a sparse matrix, but dense data is required. Make it dense with {name}.toarray().")
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{name} is not a table: its rows differ in length ({error})") from None
    if array.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: {name} has dtype {array.dtype}\n{array!r}")
    if array.dtype.kind not in "fiubO":
        raise ValueError(f"{name} has dtype {array.dtype}, not numbers. Turn words and dates into numbers first.")
    keep = array.dtype == np.float32 and not always_float64
    return array if keep else array.astype(np.float64, copy=False)


def check_finite(array: np.ndarray, name: str) -> None:
    """Raise ValueError where a float array holds NaN or infinity."""
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(array.sum()):  # one fast pass: a sum hides no NaN and no infinity, though it may overflow
            return
    bad = ~np.isfinite(array)
    if not bad.any():
        return
    index = tuple(int(i) for i in np.argwhere(bad)[0])
    what = "NaN" if np.isnan(array).any() else f"infinity or a value too large for dtype('{array.dtype}')"
    raise ValueError(f"Input {name} contains {what}. The first is at index {index}: fill it in or leave its row out.")


def check_lengths(X: np.ndarray, y: np.ndarray) -> None:
    if len(X) != len(y):
        raise ValueError(f"Found input variables with inconsistent numbers of samples: [{len(X)}, {len(y)}]")


def check_labels(y: Any) -> np.ndarray:
    """Class labels of any kind (numbers, text, booleans) as an array (n,)."""
    y = as_column(np.asarray(y))
    if y.dtype.kind == "f":
        check_finite(y, "y")
        if (y != np.floor(y)).any():
            raise ValueError(
                "Unknown label type: continuous. A classifier expects classes; for a target of real numbers take a "
                "regressor, or cut the target into bins."
            )
    elif y.dtype.kind not in "iubOUST":
        raise ValueError(f"Unknown label type: {y.dtype}. Labels are numbers, text or booleans.")
    return y


def unique_labels(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The classes (K,), sorted, and each label's place among them (n,)."""
    if y.dtype.kind in "iu" and np.can_cast(y.dtype, np.int64) and len(y):
        low = int(y.min())
        if int(y.max()) - low < min(len(y), 1000):
            # Labels like 0 … 9 are counted, not sorted: a quarter of the time for a million of them.
            number = y.astype(np.int64) - low                        # (n,)
            present = np.bincount(number) > 0
            return (np.flatnonzero(present) + low).astype(y.dtype), (np.cumsum(present) - 1)[number]
    try:
        classes, codes = np.unique(y, return_inverse=True)
    except TypeError as error:
        raise ValueError(f"Unknown label type: y mixes kinds of labels, or some are missing ({error}).") from None
    return classes, codes


def label_codes(y: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Each label's place (n,) among classes (K,) that were named before."""
    present, codes = unique_labels(y)
    unseen = np.setdiff1d(present, classes)
    if unseen.size:
        raise ValueError(f"The target label(s) {unseen} in y do not exist in the initial classes {classes}.")
    return np.searchsorted(classes, present)[codes]


def check_target(y: Any, dtype: Any, *, multi_output: bool = False) -> np.ndarray:
    """Targets of a regression, finite and of X's dtype: (n,), or with `multi_output` also (n, t)."""
    y = as_float(y, "y").astype(dtype, copy=False)
    if not (multi_output and y.ndim == 2 and y.shape[1] > 0):
        y = as_column(y)
    check_finite(y, "y")
    return y


def as_column(y: np.ndarray) -> np.ndarray:
    """(n,) as it is; (n, 1) flattened, with a warning; anything else refused."""
    if y.ndim == 2 and y.shape[1] == 1:
        text = "A column-vector y was passed when a 1d array was expected. Change its shape to (n_samples,): y.ravel()."
        warnings.warn(DataConversionWarning(text), stacklevel=2)
        return y[:, 0]
    if y.ndim != 1:
        raise ValueError(f"y should be a 1d array, got an array of shape {y.shape} instead.")
    return y


def check_sample_weight(sample_weight: Any, X: np.ndarray) -> np.ndarray:
    """One weight ≥ 0 for each row of X, in X's dtype: (n,).  None means ones, a number means that number for all."""
    n = len(X)
    if sample_weight is None or isinstance(sample_weight, Real):
        sample_weight = np.full(n, 1.0 if sample_weight is None else sample_weight)
    weight = as_float(sample_weight, "sample_weight").astype(X.dtype, copy=False)
    if weight.shape != (n,):
        raise ValueError(f"sample_weight.shape == {weight.shape}, expected {(n,)}: one weight for each sample.")
    check_finite(weight, "sample_weight")
    if (weight < 0).any():
        raise ValueError("Negative values in data passed to `sample_weight`: a weight of 0 leaves a sample out.")
    if not weight.any():
        raise ValueError("Sample weights must contain at least one non-zero number.")
    return weight


def check_random_state(random_state: Any) -> np.random.Generator:
    """None (fresh entropy), an integer seed, a NumPy Generator (used as it is) or scikit-learn's legacy RandomState."""
    if isinstance(random_state, np.random.RandomState):
        return np.random.default_rng(random_state.randint(2**31))  # a draw moves it on, as its users expect
    if random_state is None or isinstance(random_state, np.random.Generator) or (
            isinstance(random_state, Integral) and int(random_state) >= 0):
        return np.random.default_rng(random_state)  # type: ignore[arg-type]
    raise ValueError(f"{random_state!r} cannot seed a random generator: give None, an integer >= 0 or a Generator.")

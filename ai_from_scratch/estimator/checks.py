"""Checks of the inputs: they become arrays of a known shape and dtype, or an error says what is wrong.

    X (n, d) float, finite        y (n,) labels, or (n,) / (n, O) float        sample_weight (n,) float, ≥ 0

float32 stays float32, all other types become float64.  Valid arrays are not copied, and no array is changed in place.
The messages have the words of scikit-learn, so that a web search finds them.
"""

import math
import warnings
from numbers import Integral, Real
from typing import Any

import numpy as np

from ai_from_scratch.estimator.errors import DataConversionWarning
from ai_from_scratch.estimator.masked import unmasked

LARGEST_WEIGHT = 1e6            # of a network whose training did not diverge


def check_array(X: Any, name: str = "X", *, always_float64: bool = False, finite: bool = True) -> np.ndarray:
    """Any table of numbers as a float array (n, d) with at least one row and one column; `finite`: all its numbers are
    finite."""
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
    if finite:
        check_finite(X, name)
    return X


def as_float(values: Any, name: str, *, always_float64: bool = False) -> np.ndarray:
    """A float array of any shape from arrays, lists, data frames, memory maps, or objects that hold numbers."""
    if hasattr(values, "toarray") and hasattr(values, "nnz"):
        raise TypeError(f"{name} is a sparse matrix, but dense data is required. Make it dense with {name}.toarray().")
    array = unmasked(values, name)
    if array.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: {name} has dtype {array.dtype}\n{array!r}")
    if array.dtype.kind not in "fiubO":
        raise ValueError(f"{name} has dtype {array.dtype}, not numbers. Turn words and dates into numbers first.")
    if array.dtype == np.float64 or (array.dtype == np.float32 and not always_float64):
        return array
    try:
        with np.errstate(over="ignore"):         # a number beyond float64 becomes infinity, and is reported as infinity
            return array.astype(np.float64, copy=False)
    except (TypeError, ValueError, OverflowError) as error:       # raised only for arrays of objects
        raise _no_number(array, name, error) from None


def _no_number(array: np.ndarray, name: str, error: Exception) -> Exception:
    """The error for the first object in the array that is no number."""
    for index, value in np.ndenumerate(array):
        if _is_missing(value):
            return _missing(name, index)
        try:
            float(value)
        except OverflowError:
            return ValueError(f"Input {name} contains infinity or a value too large for dtype('float64'). The first is "
                              f"at index {index}.")
        except (TypeError, ValueError) as single:
            return type(single)(f"{single}. It is in {name} at index {index}: turn words, lists and dates into numbers "
                                "first.")
    return type(error)(f"{name} contains a value that is no number: {error}")


def _is_missing(value: Any) -> bool:
    """True for None, NaN, and pandas' NA and NaT (pandas is not imported for that)."""
    return (value is None or type(value).__name__ in ("NAType", "NaTType")
            or (isinstance(value, Real) and value != value))


def _missing(name: str, index: tuple[int, ...]) -> ValueError:
    return ValueError(f"Input {name} contains NaN. The first is at index {tuple(map(int, index))}: fill it in or leave "
                      "its row out.")


def in_type(array: np.ndarray, dtype: Any) -> np.ndarray:
    """The array in this type.  A number beyond its range becomes infinity, not a warning; a check reports it."""
    with np.errstate(over="ignore"):
        return array.astype(dtype, copy=False)


def check_finite(array: np.ndarray, name: str) -> None:
    """Raises ValueError if a float array contains NaN or infinity."""
    if math.isfinite(sum_of_squares(array)):  # one fast pass: with NaN or infinity this is not finite
        return
    bad = ~np.isfinite(array)
    if not bad.any():
        return
    index = tuple(int(i) for i in np.argwhere(bad)[0])
    what = "NaN" if np.isnan(array).any() else f"infinity or a value too large for dtype('{array.dtype}')"
    raise ValueError(f"Input {name} contains {what}. The first is at index {index}: fill it in or remove its row.")


def sum_of_squares(array: np.ndarray) -> float:
    """NaN or infinity, without a warning, if the sum is beyond the dtype's range.  Makes no copy."""
    if array.flags.forc:
        flat = array.ravel(order="K")
        return float(np.vdot(flat, flat))      # unlike dot and sum, vdot and einsum do not warn of an overflow
    axes = range(array.ndim)
    return float(np.einsum(array, axes, array, axes, []))


def check_lengths(X: np.ndarray, y: np.ndarray) -> None:
    if len(X) != len(y):
        raise ValueError(f"Found input variables with inconsistent numbers of samples: [{len(X)}, {len(y)}]")


def check_labels(y: Any) -> np.ndarray:
    """Class labels of any kind (numbers, text, booleans) as an array (n,)."""
    y = as_column(unmasked(y, "y"))
    if y.dtype.kind == "O":
        check_object_labels(y)
    elif y.dtype.kind == "T" and hasattr(y.dtype, "na_object") and np.isnan(y).any():
        raise _missing("y", tuple(np.argwhere(np.isnan(y))[0]))
    if y.dtype.kind == "f":
        check_finite(y, "y")
        if (y != np.floor(y)).any():
            raise ValueError(
                "Unknown label type: continuous. A classifier expects classes; for a target of real numbers use a "
                "regressor, or cut the target into bins."
            )
    elif y.dtype.kind not in "iubOUST":
        raise ValueError(f"Unknown label type: {y.dtype}. Labels are numbers, text or booleans.")
    return y


def check_object_labels(y: np.ndarray) -> None:
    """Labels (n,) in an array of objects: all are text, or all booleans, or all whole numbers, and none is missing."""
    missing = [i for i, label in enumerate(y) if _is_missing(label)]
    if missing:
        raise ValueError(f"Unknown label type: {_missing('y', (missing[0],))}")
    kinds = {bool if isinstance(label, bool | np.bool_) else Real if isinstance(label, Real) else type(label)
             for label in y}
    if len(kinds) > 1:
        names = ", ".join(sorted("number" if kind is Real else kind.__name__ for kind in kinds))
        raise ValueError(f"Unknown label type: y mixes kinds of labels ({names}). Make them all text, or all numbers.")
    if kinds == {Real} and any(label != label // 1 for label in y):
        raise ValueError("Unknown label type: continuous. A classifier expects classes; for a target of real numbers "
                         "take a regressor, or cut the target into bins.")


def unique_labels(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The classes (K,), sorted, and the place of each label among them (n,)."""
    if y.dtype.kind in "iu" and np.can_cast(y.dtype, np.int64) and len(y):
        low = int(y.min())
        if int(y.max()) - low < min(len(y), 1000):
            # Labels like 0 … 9 are counted instead of sorted, which takes a quarter of the time for a million labels.
            number = y.astype(np.int64) - low                        # (n,)
            present = np.bincount(number) > 0
            return (np.flatnonzero(present) + low).astype(y.dtype), (np.cumsum(present) - 1)[number]
    try:
        classes, codes = np.unique(y, return_inverse=True)
    except TypeError as error:
        raise ValueError(f"Unknown label type: y mixes kinds of labels, or some are missing ({error}).") from None
    return classes, codes


def label_codes(y: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """The place (n,) of each label among the known classes (K,)."""
    present, codes = unique_labels(y)
    unseen = np.setdiff1d(present, classes)
    if unseen.size:
        raise ValueError(f"The target label(s) {unseen} in y do not exist in the initial classes {classes}.")
    return np.searchsorted(classes, present)[codes]


def check_target(y: Any, dtype: Any, *, multi_output: bool = False, finite: bool = True) -> np.ndarray:
    """Targets of a regression, finite and in X's dtype: (n,), or with `multi_output` also (n, O)."""
    y = in_type(as_float(y, "y"), dtype)
    if not (multi_output and y.ndim == 2 and y.shape[1] > 0):
        y = as_column(y)
    if finite:
        check_finite(y, "y")
    return y


def as_column(y: np.ndarray) -> np.ndarray:
    """(n,) unchanged; (n, 1) flattened, with a warning; other shapes raise ValueError."""
    if y.ndim == 2 and y.shape[1] == 1:
        text = "A column-vector y was passed when a 1d array was expected. Change its shape to (n_samples,): y.ravel()."
        warnings.warn(DataConversionWarning(text), stacklevel=2)
        return y[:, 0]
    if y.ndim != 1:
        raise ValueError(f"y should be a 1d array, got an array of shape {y.shape} instead.")
    return y


def check_sample_weight(sample_weight: Any, X: np.ndarray) -> np.ndarray:
    """One weight ≥ 0 for each row of X, in X's dtype: (n,).  None means ones; a number is the weight of all rows."""
    n = len(X)
    if sample_weight is None or isinstance(sample_weight, Real):
        sample_weight = np.full(n, 1.0 if sample_weight is None else sample_weight)
    weight = in_type(as_float(sample_weight, "sample_weight"), X.dtype)
    if weight.shape != (n,):
        raise ValueError(f"sample_weight.shape == {weight.shape}, expected {(n,)}: one weight for each sample.")
    check_finite(weight, "sample_weight")
    if (weight < 0).any():
        raise ValueError("Negative values in data passed to `sample_weight`: a weight of 0 leaves a sample out.")
    limit = float(np.sqrt(np.finfo(weight.dtype).max)) / 1e4
    if weight.any() and not 1 / limit < float(weight.max()) < limit:
        raise ValueError(f"The largest of sample_weight is {weight.max():.1e}: sums of weighted squares would overflow "
                         f"or vanish in {weight.dtype}. Divide the weights by their mean.")
    if not weight.any():
        raise ValueError("Sample weights must contain at least one non-zero number.")
    return weight


def finite_outputs(network: Any, X: np.ndarray, batch_size: int = 512) -> np.ndarray:        # (N, …) -> (N, *output)
    """network.predict(X).  Raises ValueError if the output is not finite: values of X or weights are far too large."""
    with np.errstate(over="ignore", invalid="ignore"):
        Y = network.predict(X, batch_size)
    if not np.isfinite(Y).all():
        x, w = float(np.abs(X).max()), max(float(np.abs(array).max()) for array in network.named_arrays().values())
        raise ValueError("The network's output is not finite: " + (
            f"X has values up to {x:.3g}, too large for {network.dtype} arithmetic. Give X in the units of the training"
            " data." if x > w or w < LARGEST_WEIGHT else
            f"its weights go up to {w:.3g}, because the training diverged. Try a smaller learning_rate_init."))
    return Y


def check_random_state(random_state: Any) -> np.random.Generator:
    """The Generator for None (random), an integer seed, a NumPy Generator (used as it is) or scikit-learn's legacy
    RandomState."""
    if isinstance(random_state, np.random.RandomState):
        return np.random.default_rng(random_state.randint(2**31))  # a draw, so that the next fit differs
    negative = isinstance(random_state, Integral) and random_state < 0
    if random_state is None or (isinstance(random_state, Integral | np.random.Generator) and not negative):
        return np.random.default_rng(random_state)  # type: ignore[arg-type]
    raise ValueError(f"{random_state!r} cannot seed a random generator: give None, an integer of at least 0 or a "
                     "numpy Generator.")

"""Whether the rows of X are in the units of the training rows: a network that was trained on bytes, 0 … 255, cannot use
floats 0 … 1, nor the other way round.

A table may have a rare row, and the middle of a centred table is near 0.  So there is a warning only if all values of
all rows are far smaller than the largest value of each training row, none of them negative, or if in each row most
values are far above the largest one in training.  Rows of zeros do not count.

    n rows   d features
"""

import warnings

import numpy as np

FAR = 50                        # times as large, or as small; bytes are 255 times as large as floats 0 … 1
FEWEST_COLUMNS = 4              # two or three values may all be extreme in a healthy row

Sizes = tuple[float, float]     # the smallest of the rows' largest values, or 0; and the largest |value| of all


def sizes_of(X: np.ndarray, before: Sizes | None = None) -> Sizes:                  # (n, d)
    """The sizes of the training rows, of earlier ones too.  The first is 0 if a value is negative."""
    low, peaks = float(X.min()), X.max(axis=1)                                      # (n,)
    peaks = peaks[peaks > 0]
    smallest = float(peaks.min()) if low >= 0 and len(peaks) else 0.0
    largest = max(float(X.max()), -low)
    return (smallest, largest) if before is None else (min(smallest, before[0]), max(largest, before[1]))


def warn_of_other_units(X: np.ndarray, sizes: Sizes) -> None:                       # (n, d)
    smallest, largest = sizes
    peak = max(float(X.max()), -float(X.min()))
    if X.shape[1] < FEWEST_COLUMNS or not largest > 0:
        return
    if 0 < peak < smallest / FAR:
        what = f"The largest value of X is {peak:.3g}, but each training row has a value of {smallest:.3g} or more."
    elif peak > FAR * largest and _are_mostly_above(X, FAR * largest):
        what = (f"Most values of each row of X are above {FAR * largest:.3g}, but the largest value in training was "
                f"{largest:.3g}.")
    else:
        return
    warnings.warn(f"{what} Give X in the units of the training data: a network trained on bytes, 0 … 255, cannot use "
                  "floats 0 … 1, nor the other way round.", UserWarning, stacklevel=4)


def _are_mostly_above(X: np.ndarray, bound: float) -> bool:                         # (n, d)
    """True if in each row that is not all zeros most of the other values are above the bound, or below −bound."""
    high, nonzero = (np.abs(X) > bound).sum(axis=1), (X != 0).sum(axis=1)           # (n,)
    return bool((2 * high >= nonzero)[nonzero > 0].all())

"""Columns of numbers whose squares overflow or vanish, for models that add up squares.

Such models would answer with NaN, or as if the column were constant.       n rows   d columns
"""

from functools import cache
from typing import Any

import numpy as np

from ai_from_scratch.estimator.checks import check_finite, sum_of_squares

ROWS_LOOKED_AT = 64         # at most so many rows are searched for a value in each column whose square is not 0


def check_squares(array: np.ndarray, name: str, sample_weight: Any = None, *, vanish: bool = True) -> None:
    """ValueError for numbers that are not finite, and for columns (of (n, d) or (n,)) whose squares overflow or, if
    `vanish`, are all zero.  Rows of weight 0 only have to be finite."""
    lowest, highest = limits_of_squares(array.dtype)
    if usual_squares(array, lowest if vanish else 0.0, highest):
        return
    check_finite(array, name)
    array = counted(array, sample_weight)
    low, high = array.min(axis=0), array.max(axis=0)              # (d,) or ()
    reach = np.atleast_1d(np.maximum(-low, high))                 # the largest absolute value of each column
    for what, bad, factor in (("overflow", reach > highest, highest),
                              ("vanish", (low < high) & (reach < lowest), lowest)):     # constant: no mistake
        if bad.any() and (vanish or what == "overflow"):
            column = int(np.flatnonzero(bad)[0])
            where = f"column {column} of {name}" if array.ndim == 2 else name
            raise ValueError(f"{where} holds values of {reach[column]:.1e}, whose squares {what} in {array.dtype}: "
                             f"{name} should lie {'below' if what == 'overflow' else 'above'} {factor:.0e}. Use other "
                             f"units, or {'standardise' if array.ndim == 2 else 'divide'} it first.")


@cache
def limits_of_squares(dtype: np.dtype) -> tuple[float, float]:
    """Two limits: if the absolute values are between them, a sum of many squares neither vanishes nor overflows."""
    info = np.finfo(dtype)
    return float(np.sqrt(info.tiny)) * 1e4, float(np.sqrt(info.max)) / 1e4


def usual_squares(array: np.ndarray, lowest: float, highest: float) -> bool:
    """True if one pass shows that all is well.

    Then the sum of all squares is finite and small enough, and each column has a large enough value in its first row or
    in some others.
    """
    if not sum_of_squares(array) < highest**2:                    # NaN and infinity come here, too
        return False
    if not lowest or (np.abs(array[:1]) >= lowest).all():
        return True
    some_rows = array[:: max(1, len(array) // ROWS_LOOKED_AT)]
    return bool((np.abs(some_rows).max(axis=0) >= lowest).all())


def counted(array: np.ndarray, sample_weight: Any) -> np.ndarray:
    """The rows with a weight that is not 0; all rows if there are no weights. The weights are checked later."""
    weight = np.asarray(1.0 if sample_weight is None else sample_weight)
    rows = weight != 0 if weight.shape == array.shape[:1] else np.zeros(0, bool)
    return array[rows] if rows.any() and not rows.all() else array

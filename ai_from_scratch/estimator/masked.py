"""Masked arrays of NumPy: np.asarray would use the numbers under the mask, so they are refused, in lists too."""

from typing import Any

import numpy as np


def unmasked(values: Any, name: str) -> np.ndarray:
    """The values as an array; ValueError for rows of different length, and for masked values."""
    if masked := count_masked(values):
        kind, filled = ("is a masked array", f"{name}.filled(…)") if isinstance(values, np.ma.MaskedArray) else (
            "contains masked arrays", f"np.ma.stack({name}).filled(…)")
        raise ValueError(f"{name} {kind} with {masked:,} masked values, and an estimator would use the numbers under "
                         f"the mask. Fill them in with {filled}, or leave their rows out.")
    try:
        return np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{name} is not a table: its rows differ in length ({error})") from None


def count_masked(values: Any) -> int:
    """The masked values of a masked array, or of all masked arrays in a list, at any depth."""
    if isinstance(values, np.ma.MaskedArray):
        return int(np.ma.getmaskarray(values).sum())
    if not isinstance(values, list | tuple) or (values and isinstance(values[0], float | int | str)):
        return 0                                                # a list of numbers is not searched: it may be long
    return sum(map(count_masked, values))

"""Masked arrays of NumPy: np.asarray would use the numbers under the mask, so they are refused, in lists too."""

from itertools import chain
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
    masked, level = 0, values
    while isinstance(level, list | tuple):                      # one level of nested lists after the other
        kinds = set(map(type, level))                           # the types first: a list may be long
        if any(issubclass(kind, np.ma.MaskedArray) for kind in kinds):
            masked += sum(count_masked(part) for part in level if isinstance(part, np.ma.MaskedArray))
        nested = [kind for kind in kinds if issubclass(kind, list | tuple)]
        level = list(chain.from_iterable(part for part in level if type(part) in nested)) if nested else None
    return masked

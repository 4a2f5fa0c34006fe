"""An optimiser's running means as named arrays for a file, and back."""

from collections.abc import Mapping
from typing import Any

import numpy as np


def moments(adam: Any) -> dict[str, np.ndarray]:
    """Adam's running sums or means, by name."""
    return {name: array for name, array in vars(adam).items() if isinstance(array, np.ndarray) and name != "buffer"}


def with_moments(adam: Any, steps: int, arrays: Mapping[str, np.ndarray]) -> Any:
    """Adam after so many steps, with these means.  Older files have the sums M = m / (1 − β₁) and V = v / (1 − β₂).

    ValueError for a mean that is missing, and for a mean of squares below 0.
    """
    if steps:
        adam.step(*np.zeros((2, len(arrays["parameters"])), np.float32))    # lets Adam make its arrays
        sums = {"m": (1 - adam.beta1, "M"), "v": (1 - adam.beta2, "V")}
        for name, array in moments(adam).items():
            factor, key = (1, name) if f"adam_{name}" in arrays else sums[name]
            if f"adam_{key}" not in arrays:
                raise ValueError(f"without adam_{name}")
            array[...] = factor * arrays[f"adam_{key}"]
            if name == "v" and (array < 0).any():
                raise ValueError(f"adam_{key} goes down to {array.min():.3g}, and is a mean of squares")
    adam.steps = steps
    return adam

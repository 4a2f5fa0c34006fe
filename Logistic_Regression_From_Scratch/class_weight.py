"""How much each sample counts: its own weight times the weight of its class."""

from typing import Any

import numpy as np


def weigh_classes(class_weight: Any, classes: np.ndarray, y: np.ndarray, s: np.ndarray) -> np.ndarray:
    """The weights (n,) for training: the samples' weights s (n,) times the weights of their classes (K,).

    y (n,) holds the codes.  class_weight is None, {label: weight} (labels left out weigh 1), or "balanced":
    S / (K · Σ s of the class), so that a rare class counts as much as a frequent one.
    """
    if class_weight is None:
        return s
    if isinstance(class_weight, str) and class_weight == "balanced":
        of_class = np.bincount(y, weights=s, minlength=len(classes))           # (K,)
        of_class[of_class == 0] = np.inf                           # all samples of the class already have the weight 0
        weight = s.sum(dtype=np.float64) / (len(classes) * of_class)
    else:
        labels = classes.tolist()
        unknown = [label for label in class_weight if label not in labels]
        if unknown:
            raise ValueError(f"class_weight names {unknown}, but the labels in y are {labels}.")
        weight = np.array([class_weight.get(label, 1.0) for label in labels], dtype=np.float64)    # (K,)
        if not (np.isfinite(weight).all() and (weight >= 0).all()):
            raise ValueError(f"The weights in class_weight must be finite and not negative, got {class_weight}.")
    return s * weight[y].astype(s.dtype)

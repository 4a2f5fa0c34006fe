"""Column names of data frames: stored by `fit`, compared by `predict`."""

import warnings
from typing import Any

import numpy as np


def feature_names(X: Any) -> np.ndarray | None:
    """The column names of a data frame as an object array (d,), or None if X has no names that are text."""
    columns = getattr(X, "columns", None)
    if columns is None or callable(columns):
        return None
    names = list(columns)
    are_text = [isinstance(name, str) for name in names]
    if any(are_text) and not all(are_text):
        raise TypeError(
            "Feature names are only supported if all input features have string names: turn the others into text, "
            "for example with X.columns = X.columns.astype(str)."
        )
    return np.array(names, dtype=object) if names and all(are_text) else None


def check_feature_names(names: np.ndarray | None, estimator: Any) -> None:
    """Warns if only X or only the model has names; raises ValueError if both have names that differ."""
    fitted = getattr(estimator, "feature_names_in_", None)
    model = type(estimator).__name__
    if names is None and fitted is not None:
        warnings.warn(f"X does not have valid feature names, but {model} was fitted with feature names", stacklevel=4)
    if names is not None and fitted is None:
        warnings.warn(f"X has feature names, but {model} was fitted without feature names", stacklevel=4)
    if names is None or fitted is None or list(names) == list(fitted):
        return
    unseen, missing = sorted(set(names) - set(fitted)), sorted(set(fitted) - set(names))
    text = "The feature names should match those that were passed during fit.\n"
    if unseen:
        text += "Feature names unseen at fit time:\n" + "".join(f"- {name}\n" for name in unseen)
    if missing:
        text += "Feature names seen at fit time, yet now missing:\n" + "".join(f"- {name}\n" for name in missing)
    if not unseen and not missing:
        text += "Feature names must be in the same order as they were in fit.\n"
    raise ValueError(text)

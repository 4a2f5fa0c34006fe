"""The form that the attributes of a fitted model must have; a saved file is checked before a model is built from it.

    check_kept({"n_features_in_": 3, "coef_": [1, 2]}, …)      ValueError: coef_ must be finite floats (d,) or (O, d) …

A file may come from anywhere. A right checksum only says that the file is complete.

    d features   K classes   R rows: 1 for two classes, else K   O targets   n samples
"""

import math
from collections.abc import Callable, Iterable, Mapping
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np

from ai_from_scratch.estimator.rules import is_number
from ai_from_scratch.estimator.sentences import Diagnosis

Axes = dict[str, int]       # the known sizes so far, by letter


class Kept(NamedTuple):
    """The expected value in words, and a test of a value; the test may add to the known sizes."""

    expected: str
    holds: Callable[[Any, Axes], bool]


def check_kept(kept: Mapping[str, Any], needed: Iterable[str], reserved: Iterable[str]) -> None:
    """ValueError for an attribute that is missing, that no `fit` sets, or that does not fit the others."""
    if missing := [name for name in needed if name not in kept]:
        raise ValueError(f"without {', '.join(missing)}")
    rules = KIND_OF_ATTRIBUTE | (OF_A_CLASSIFIER if "classes_" in kept else {})
    if wrong := [name for name in kept if name in reserved and name not in rules]:
        raise ValueError(f"{wrong[0]!r} is not an attribute that fit sets")
    axes: Axes = {}
    for name, rule in rules.items():                   # in the order of this file: sizes first
        if name in kept and not rule.holds(kept[name], axes):
            known = ", ".join(f"{axis} = {size}" for axis, size in axes.items())
            raise ValueError(f"{name} must be {rule.expected}{f', where {known}' * bool(known)}; it is "
                             f"{in_short(kept[name])}")
    measured = [step for step, _ in kept.get("validation_curve_", [])]
    if (best := kept.get("best_step_", 0)) not in (0, *measured):
        raise ValueError(f"best_step_ must be 0 or a step of validation_curve_; it is {best}")


def in_short(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype}, {value.shape}"
    return repr(value) if len(repr(value)) <= 60 else f"{repr(value)[:60]}…"


# ---- kinds of values

def number(low: float = -math.inf, kind: type = float, high: float = math.inf) -> Kept:
    """A finite number of at least `low` and at most `high`, from Python or NumPy."""
    words = "a whole number" if kind is Integral else "a finite number"
    words += f" of at least {low:g}" * math.isfinite(low) + f" and at most {high:g}" * math.isfinite(high)
    return Kept(words, lambda value, axes: is_finite(value) and low <= value <= high
                and (kind is float or isinstance(value, Integral)))


def is_finite(value: Any) -> bool:
    return is_number(value) and abs(value) < math.inf


def size(axis: str) -> Kept:
    """A whole number of at least 1, the length of an axis."""
    return Kept(f"a whole number {axis} of at least 1",
                lambda value, axes: is_length(value) and axes.setdefault(axis, int(value)) == value)


def array(*shapes: str, kinds: str = "f", holds: Callable[[np.ndarray, Axes], Any] = lambda *_: True) -> Kept:
    """A finite array of one of these shapes ("K d", "d"), and of these kinds of number (NumPy's letters)."""
    words = {"f": "finite floats", "iu": "whole numbers"}.get(kinds, "labels")
    named = " or ".join(f"({shape.replace(' ', ', ')}{',' * (len(shape) == 1)})" for shape in shapes)

    def fits(value: Any, axes: Axes) -> bool:
        if not isinstance(value, np.ndarray) or value.dtype.kind not in kinds:
            return False
        if (value.dtype.kind == "f" and not np.isfinite(value).all()) or (kinds == "f" and value.dtype.itemsize < 4):
            return False                                # no model computes in float16
        for letters in map(str.split, shapes):
            known = dict(axes)
            if len(letters) == value.ndim and all(
                    length >= 1 and known.setdefault(axis, length) == length
                    for axis, length in zip(letters, value.shape, strict=True)):
                axes.update(known)
                return bool(holds(value, axes))
        return False

    return Kept(f"{words} {named}", fits)


def parts(expected: str, kind: type[tuple] | type[list], *rules: Kept) -> Kept:
    """A tuple or a list with one value for each rule."""
    return Kept(expected, lambda value, axes: isinstance(value, kind) and len(value) == len(rules) and all(
        rule.holds(part, axes) for rule, part in zip(rules, value, strict=True)))


def any_of(*rules: Kept) -> Kept:
    return Kept(" or ".join(rule.expected for rule in rules),
                lambda value, axes: any(rule.holds(value, axes) for rule in rules))


def listed(expected: str, rule: Kept) -> Kept:
    return Kept(expected, lambda value, axes: isinstance(value, list) and all(rule.holds(part, {}) for part in value))


def instance(expected: str, *kinds: type) -> Kept:
    return Kept(expected, lambda value, axes: isinstance(value, kinds))


# ---- rules that need their own function

def distinct(labels: np.ndarray, axes: Axes) -> bool:
    """True if these are sorted labels; R follows from their number."""
    axes["R"] = axes["K"] if axes["K"] > 2 else 1
    return len(np.unique(labels)) == len(labels) and labels.tolist() == np.unique(labels).tolist()


def not_below_0(value: np.ndarray, axes: Axes) -> bool:
    return bool((value >= 0).all())


def is_length(value: Any) -> bool:
    return is_number(value, Integral) and value >= 1


def is_image_shape(value: Any, axes: Axes) -> bool:
    return isinstance(value, tuple) and len(value) == 3 and all(map(is_length, value)) and (
        math.prod(value) == axes.get("d", math.prod(value)))


def is_target_shape(value: Any, axes: Axes) -> bool:
    return isinstance(value, tuple) and len(value) <= 1 and all(map(is_length, value)) and (
        axes.setdefault("t", math.prod(value)) == math.prod(value))


def is_intercept(value: Any, axes: Axes) -> bool:
    """() or (O,): one number for each target; a coef_ (d,) has one target."""
    return is_finite(value) if not isinstance(value, np.ndarray) else array("t").holds(value, axes)


def is_coefficients(value: Any, axes: Axes) -> bool:
    return array("d", "t d").holds(value, axes) and axes.setdefault("t", 1) >= 1


def is_vocabulary(value: Any, axes: Axes) -> bool:
    return type(value).__name__ == "Vocabulary" and isinstance(value.characters, str)


def is_diagnosis(value: Any, axes: Axes) -> bool:
    return value is None or (
        type(value) is Diagnosis and all(isinstance(text, str) for text in (value.sentence, value.where, value.fit))
        and isinstance(value.what, str) and value.what != "" and isinstance(value.evidence, float)
        and (value.limit is None or is_number(value.limit)) and isinstance(value.remedies, tuple)
        and len(value.remedies) == 2 and all(isinstance(remedy, str | dict) for remedy in value.remedies))


def is_statistics(value: Any, axes: Axes) -> bool:
    """The sums over rows from Linear_Regression_From_Scratch/scale."""
    if type(value).__name__ != "Statistics" or not is_target_shape(value.targets, known := {}):
        return False
    known["m"] = axes["d"] + math.prod(value.targets)                   # columns of X and of y
    return (all(array("m").holds(part, known) for part in (value.origin, value.offset))
            and array("m m", holds=lambda scatter, known: (scatter.diagonal() >= 0).all()).holds(value.scatter, known)
            and value.n_features == axes["d"]
            and is_length(value.n_rows) and is_finite(value.weight) and value.weight > 0
            and value.dtype in ("float32", "float64") and isinstance(value.version, str)
            and (value.names is None or COLUMN_NAMES.holds(value.names, axes)))


COLUMN_NAMES = array("d", kinds="OUT", holds=lambda value, axes: all(isinstance(name, str) for name in value.tolist()))
COUNT, POSITIVE, TEXT = number(0, Integral, 2**53), number(math.ulp(0.0)), instance("text", str)
MOMENTS = parts("weights (K,), means (K, d) and variances (K, d)", tuple,
                array("K", holds=not_below_0), array("K d"), array("K d", holds=not_below_0))
KIND_OF_ATTRIBUTE: dict[str, Kept] = {
    "n_features_in_": size("d"),
    "n_samples_fit_": size("n"),
    "classes_": array("K", kinds="biufUSTO", holds=distinct),
    "feature_names_in_": COLUMN_NAMES,
    "image_shape_": Kept("a tuple of channels, height and width", is_image_shape),
    "_target_shape": Kept("the tuple () or (O,)", is_target_shape),
    "_outputs": size("t"),
    "coef_": Kept("finite floats (d,) or (O, d)", is_coefficients),
    "intercept_": Kept("a finite number, or (O,) of them", is_intercept),
    "theta_": array("K d"),
    "var_": array("K d", holds=not_below_0),
    "class_count_": array("K", holds=lambda value, axes: (value >= 0).all() and value.sum() > 0),
    "class_prior_": array("K", holds=lambda value, axes: (value >= 0).all() and np.isclose(value.sum(), 1)),
    "epsilon_": number(0),
    "_moments": parts("two sets of weights (K,), means (K, d) and variances (K, d), weights and variances of at least "
                      "0", tuple, MOMENTS, MOMENTS),
    "_statistics": Kept("the sums of rows with d features", is_statistics),
    "_sizes": parts("two numbers of at least 0", tuple, number(0), number(0)),
    "_fit_X": array("n d"),
    "_y": array("n", "n t"),
    "vocabulary_": Kept("a vocabulary", is_vocabulary),
    "validation_curve_": listed("a list of pairs (step, bits)", parts("a pair", tuple, COUNT, number())),
    "best_step_": COUNT,
    "n_iter_": any_of(COUNT, array("1", kinds="iu", holds=lambda value, axes: value.shape == (1,))),
    "loss_curve_": listed("a list of finite numbers", number()),
    "validation_scores_": listed("a list of finite numbers", number()),
    "learning_rate_limit_": POSITIVE,
    "engine_": Kept("'plain' or 'fast'", lambda value, axes: isinstance(value, str) and value in ("plain", "fast")),
    "solver_": TEXT,
    "effective_metric_": TEXT,
    "diagnosis_": Kept("None or a diagnosis", is_diagnosis),
    "_arrived": instance("True or False", bool, np.bool_),
    "_rng": instance("a random generator", np.random.Generator, np.random.RandomState),
}
OF_A_CLASSIFIER: dict[str, Kept] = {      # and these instead, for a classifier
    "coef_": array("R d"),
    "intercept_": array("R"),
    "_y": array("n", kinds="iu", holds=lambda value, axes: value.min() >= 0 and value.max() < axes["K"]),
}

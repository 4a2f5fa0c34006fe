"""Allowed parameters, the check of a given start, and the messages of errors and warnings."""

from typing import Any

import numpy as np

from ai_from_scratch.estimator import Progress
from ai_from_scratch.estimator.rules import Only, Rule, boolean, non_negative, one_of, positive, real, whole

RULES = {
    "C": real(0.0, open_at="low"), "tol": non_negative, "max_iter": whole(1),
    "solver": one_of("auto", "lbfgs", "newton-cholesky", "gradient_descent"),
    "learning_rate": one_of("auto") | positive,                    # of gradient_descent
    "class_weight": one_of("balanced", None) | Rule("a dict {label: weight}", lambda value: isinstance(value, dict)),
    "fit_intercept": boolean, "warm_start": boolean,
}
# scikit-learn's parameters without effect: no threads, nothing random.  For penalty=None (older versions) set C=np.inf.
NO_EFFECT = {"n_jobs": None, "verbose": 0, "random_state": None, "intercept_scaling": 1, "l1_ratio": Only(0.0),
             "dual": Only(False), "penalty": Only("l2")}


def one_class_error(classes: np.ndarray) -> ValueError:
    return ValueError("This solver needs samples of at least 2 classes in the data, but the data contains only one "
                      f"class: {classes.tolist()[0]!r}. Give y at least two different labels.")


def check_start(initial: Any, W: np.ndarray, b: np.ndarray, fit_intercept: bool) -> tuple[np.ndarray, np.ndarray]:
    """Copies of the given W (R, d) and b (R,) in the dtype of the zeros W and b; ValueError if a shape differs."""
    given_W, given_b = (np.array(part, dtype=W.dtype) for part in initial)
    if given_W.shape != W.shape or given_b.shape != b.shape:
        raise ValueError(
            f"The start must have coef_ of shape {W.shape} and intercept_ of shape {b.shape}, but came with "
            f"{given_W.shape} and {given_b.shape}: give a pair (W, b) of these shapes, or set warm_start=False."
        )
    return given_W, given_b if fit_intercept else b


def advice(model: Any, last: Progress) -> str:
    """A message: what happened up to the last step of model.training, and what to try."""
    gradient_descent = model.solver == "gradient_descent"
    too_fast = gradient_descent and model.learning_rate != "auto" and model.learning_rate > model.learning_rate_limit_
    diverged = not np.isfinite(last.loss)
    text = (
        f"solver={model.solver!r} {'diverged' if diverged else 'has not arrived'} after {last.step} steps: the loss is "
        f"{last.loss:.6g}, its steepest slope {last.metrics['gradient']:.3g}, tol={model.tol}. "
    )
    text += ("Take a smaller learning_rate, or learning_rate='auto'." if diverged or too_fast else
             "Increase max_iter, or standardise the columns of X.")
    if gradient_descent:
        text += (
            f" learning_rate={model.learning_rate!r}; below 2/λmax = {model.learning_rate_limit_:.4g} every step "
            "descends, 'auto' takes half of that. solver='lbfgs' needs far fewer steps."
        )
    return text

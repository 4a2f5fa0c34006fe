"""Chapter 2, logistic regression.

In reading order: cross_entropy, logistic_regression; the solvers that win: objective, line_search, newton, lbfgs; and
what only speed asks for: blockwise_loss, small_table, head_start.
"""

from Logistic_Regression_From_Scratch.cross_entropy import (
    cross_entropy,
    log_one_plus_exp,
    log_probabilities,
    log_softmax,
    sigmoid,
)
from Logistic_Regression_From_Scratch.lbfgs import lbfgs
from Logistic_Regression_From_Scratch.logistic_regression import (
    LogisticRegression,
    gradient_descent,
    largest_curvature,
    loss_and_gradient,
)
from Logistic_Regression_From_Scratch.newton import newton
from Logistic_Regression_From_Scratch.objective import CentredObjective

__all__ = [
    "CentredObjective",
    "LogisticRegression",
    "cross_entropy",
    "gradient_descent",
    "largest_curvature",
    "lbfgs",
    "log_one_plus_exp",
    "log_probabilities",
    "log_softmax",
    "loss_and_gradient",
    "newton",
    "sigmoid",
]

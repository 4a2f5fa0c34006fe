"""Chapter 2, logistic regression.

In reading order: cross_entropy (probabilities and their price), logistic_regression (the model and gradient descent);
faster ways down: newton, lbfgs, line_search; and class_weight, checks.  The same minimum for less work: fast/.
"""

from Logistic_Regression_From_Scratch.cross_entropy import cross_entropy, log_one_plus_exp, log_softmax, sigmoid
from Logistic_Regression_From_Scratch.lbfgs import lbfgs
from Logistic_Regression_From_Scratch.logistic_regression import (
    LogisticRegression,
    gradient_descent,
    loss_and_gradient,
)
from Logistic_Regression_From_Scratch.newton import hessian, largest_curvature, newton

__all__ = [
    "LogisticRegression",
    "cross_entropy",
    "gradient_descent",
    "hessian",
    "largest_curvature",
    "lbfgs",
    "log_one_plus_exp",
    "log_softmax",
    "loss_and_gradient",
    "newton",
    "sigmoid",
]

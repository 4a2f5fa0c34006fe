"""Chapter 2, logistic regression.

In reading order: cross_entropy (probabilities and their loss), logistic_regression (the model and gradient descent);
faster solvers: newton, lbfgs, line_search; and class_weight, checks.  fast/ finds the same minimum with less work.
scale/ fits from sums over the rows (fit_from, statistics), for tables larger than the memory or on several machines.
"""

from Logistic_Regression_From_Scratch.cross_entropy import cross_entropy, log_one_plus_exp, log_softmax, sigmoid
from Logistic_Regression_From_Scratch.lbfgs import lbfgs
from Logistic_Regression_From_Scratch.logistic_regression import (
    LogisticRegression,
    gradient_descent,
    loss_and_gradient,
)
from Logistic_Regression_From_Scratch.newton import hessian, largest_curvature, newton
from Logistic_Regression_From_Scratch.scale.fit_from import At
from Logistic_Regression_From_Scratch.scale.statistics import Statistics

__all__ = [
    "At",
    "LogisticRegression",
    "Statistics",
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

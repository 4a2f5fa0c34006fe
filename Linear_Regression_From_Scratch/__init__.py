"""Chapter 1, linear regression.  In reading order: linear_regression, normal_equation, ridge.

scale/ fits from sums over the rows (statistics, fit_from), for tables larger than the memory or on several machines.
fast/ has fast forms of the same code for large tables; demo/ has the pictures and the live view.
"""

from Linear_Regression_From_Scratch.linear_regression import (
    LinearRegression,
    gradient,
    hessian,
    largest_curvature,
    mean_squared_error,
)
from Linear_Regression_From_Scratch.normal_equation import normal_equation
from Linear_Regression_From_Scratch.ridge import Ridge, shrinkage
from Linear_Regression_From_Scratch.scale.statistics import Statistics

__all__ = ["LinearRegression", "Ridge", "Statistics", "gradient", "hessian", "largest_curvature", "mean_squared_error",
           "normal_equation", "shrinkage"]

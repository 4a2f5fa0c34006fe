"""Chapter 1, linear regression.  In reading order: linear_regression, normal_equation, ridge.

fast/ holds the same for large tables, demo/ what is shown while it trains.
"""

from Linear_Regression_From_Scratch.linear_regression import LinearRegression, gradient, hessian, mean_squared_error
from Linear_Regression_From_Scratch.normal_equation import normal_equation
from Linear_Regression_From_Scratch.ridge import Ridge, shrinkage

__all__ = ["LinearRegression", "Ridge", "gradient", "hessian", "mean_squared_error", "normal_equation", "shrinkage"]

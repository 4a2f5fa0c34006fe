"""Fast versions of this chapter's plain code, for large tables.  The results are equal, to rounding.

least_squares: the functions that the estimators call.  gram: AᵀA in one pass, without a copy of X.
dual: for more features than samples.
"""

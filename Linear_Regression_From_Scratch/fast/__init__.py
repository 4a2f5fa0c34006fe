"""Twins of this chapter's plain code for large tables: the same answers, to rounding.

least_squares: what the estimators call.  gram: AᵀA in one pass, without a copy of X.  dual: more features than samples.
"""

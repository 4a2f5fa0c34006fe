"""Faster twins of functions of naive_bayes.py, equal to rounding."""

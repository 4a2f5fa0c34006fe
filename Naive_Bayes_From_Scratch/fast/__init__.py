"""Fast versions of functions of naive_bayes.py.  The results are equal up to rounding."""

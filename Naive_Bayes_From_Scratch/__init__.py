"""Gaussian naive Bayes, from scratch.  Read naive_bayes.py: that is all of it.

fast/ has the same moments and densities for large tables: moments.py by blocks of rows, densities.py as one product.
"""

from Naive_Bayes_From_Scratch.naive_bayes import GaussianNB, class_moments, log_densities, merged

__all__ = ["GaussianNB", "class_moments", "log_densities", "merged"]

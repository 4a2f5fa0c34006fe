"""Gaussian naive Bayes, from scratch.  The lesson is one file: naive_bayes.py.

scale/ fits from sums over the rows (statistics, fit_from), for tables larger than the memory or on several machines.
fast/ computes the same moments and densities for large tables: moments.py by blocks of rows, densities.py as one
product.
"""

from Naive_Bayes_From_Scratch.naive_bayes import GaussianNB, class_moments, log_densities, merged
from Naive_Bayes_From_Scratch.scale.statistics import Statistics

__all__ = ["GaussianNB", "Statistics", "class_moments", "log_densities", "merged"]

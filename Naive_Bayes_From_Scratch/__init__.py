"""Gaussian naive Bayes, from scratch.  Read naive_bayes.py, then how it counts (moments.py) and how it weighs
(densities.py)."""

from Naive_Bayes_From_Scratch.moments import class_moments, merged
from Naive_Bayes_From_Scratch.naive_bayes import GaussianNB

__all__ = ["GaussianNB", "class_moments", "merged"]

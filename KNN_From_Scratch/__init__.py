"""k-nearest neighbours, from scratch.  In reading order: knn.py (the definition and the vote), metrics.py, kd_tree.py.

scale/ (nearest) merges the neighbours from the parts of a table that is larger than the memory or on several machines.
fast/ gives the same answers, bit for bit, in less time; demo/ holds what `python run_all.py knn` shows.
"""

from KNN_From_Scratch.kd_tree import KDTree
from KNN_From_Scratch.knn import BruteForce, KNeighborsClassifier, KNeighborsRegressor
from KNN_From_Scratch.scale.nearest import Nearest

__all__ = ["BruteForce", "KDTree", "KNeighborsClassifier", "KNeighborsRegressor", "Nearest"]

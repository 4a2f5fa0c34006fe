"""k-nearest neighbours, from scratch.  Read knn.py first, then metrics.py, the two searches, and how they rank."""

from KNN_From_Scratch.brute_force import BruteForce
from KNN_From_Scratch.kd_tree import KDTree
from KNN_From_Scratch.knn import KNeighborsClassifier, KNeighborsRegressor
from KNN_From_Scratch.projection import ProjectedSearch

__all__ = ["BruteForce", "KDTree", "KNeighborsClassifier", "KNeighborsRegressor", "ProjectedSearch"]

"""Four small real tables that are part of the package: diabetes, breast cancer, iris, wine.

Each is a CSV file: a line of names, then one line for each sample, with the target in the last column.  files/README.md
names their sources.  The tables are split 60/20/20, in their own units: `.standardized()` scales them.
"""

import csv
from pathlib import Path

import numpy as np

from ai_from_scratch.data.dataset import Dataset, Samples, split
from ai_from_scratch.estimator.checks import check_random_state

TABLES_FOLDER = Path(__file__).parent / "files"


def load_diabetes(*, seed: int = 0) -> Dataset:
    """442 patients, 10 measurements in their units; the target is the disease's progression after one year."""
    return _load("diabetes", "442 patients; Efron, Hastie, Johnstone and Tibshirani 2004", seed, labels=False)


def load_breast_cancer(*, seed: int = 0) -> Dataset:
    """569 biopsies, 30 features of the cell nuclei; malignant (0) or benign (1)."""
    return _load("breast cancer", "569 biopsies; Wolberg, Street and Mangasarian 1995", seed, labels=True)


def load_iris(*, seed: int = 0) -> Dataset:
    """150 flowers, four lengths in cm; setosa (0), versicolor (1) or virginica (2)."""
    return _load("iris", "150 flowers; Anderson 1935, Fisher 1936", seed, labels=True)


def load_wine(*, seed: int = 0) -> Dataset:
    """178 wines, 13 chemical measurements; three cultivars, class_0 … class_2."""
    return _load("wine", "178 wines; Aeberhard and Forina 1991", seed, labels=True)


def _load(name: str, about: str, seed: int, *, labels: bool) -> Dataset:
    with open(TABLES_FOLDER / f"{name.replace(' ', '_')}.csv", newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    X = np.array([row[:-1] for row in rows], dtype=float)          # (n, d)
    # The classes are numbered in the order of their first occurrence in the file.
    class_names = tuple(dict.fromkeys(row[-1] for row in rows)) if labels else ()
    if labels:
        y = np.array([class_names.index(row[-1]) for row in rows], dtype=np.int64)   # (n,)
    else:
        y = np.array([row[-1] for row in rows], dtype=float)
    train, validation, test = split(Samples(X, y), rng=check_random_state(seed), stratify=labels)
    return Dataset(name, f"in the package ({about})", train, validation, test, tuple(header[:-1]), class_names)

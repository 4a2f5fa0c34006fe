"""A data set: samples in three parts without common samples, and the source of the samples.

Training data fit the model, validation data decide (the best k, epoch, threshold), test data only serve for the report.

    n samples   d features
"""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np


class DataError(ValueError):
    """A user's mistake with data.  The message says what was expected, what came and what to try."""


def check_file(path: Path, expected: str, *, largest: int | None = None) -> None:
    """DataError if there is no such file, or if it has more bytes than `largest`.  A device or a pipe does not count as
    a file."""
    if not os.path.isfile(path):                   # unlike Path.is_file, returns False for a name that is too long
        came = ("a folder" if os.path.isdir(path) else "something that is no file" if os.path.exists(path)
                else "nothing of that name")
        raise DataError(f"{path}: expected {expected}, got {came}. Check the path.")
    size = os.path.getsize(path)
    if largest is not None and size > largest:
        raise DataError(f"{path}: expected {expected} of at most {largest / 1e6:.0f} MB, got {size / 1e6:,.0f} MB. "
                        "Take a part of it.")


class Samples(NamedTuple):
    """Inputs X, (n, d) float64 or (n, 28, 28) uint8, and y, (n,): float64 targets or int64 labels."""

    X: np.ndarray
    y: np.ndarray


@dataclass(frozen=True)
class Dataset:
    """Three parts without a common sample; `source` says for a report where they were found."""

    name: str
    source: str
    train: Samples
    validation: Samples
    test: Samples
    feature_names: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()
    is_sample: bool = False

    def standardized(self) -> "Dataset":
        """Each part minus the mean of the training part, divided by its standard deviation.

        A constant column is only shifted: its standard deviation is 0.
        """
        X = self.train.X                                           # (n, d) or (n, 28, 28)
        mean, scale = X.mean(axis=0, dtype=float), X.std(axis=0, dtype=float)
        # By rounding, the standard deviation of a column of 0.1s is 1e-17. So a column counts as constant if max = min.
        scale[(X.max(axis=0) == X.min(axis=0)) | (scale == 0)] = 1.0

        def scaled(part: Samples) -> Samples:
            return Samples((part.X - mean) / scale, part.y)

        return replace(self, train=scaled(self.train), validation=scaled(self.validation), test=scaled(self.test))


@dataclass(frozen=True)
class Text:
    """A text in three parts, in reading order; is_hamlet is False for the offline prose and the user's own file."""

    name: str
    source: str
    train: str
    validation: str
    test: str
    is_hamlet: bool

    def shortened(self, *, train: int, validation: int, test: int) -> "Text":
        """At most so many characters of each part; the parts still follow each other; `source` says what was cut."""
        cut = replace(self, train=self.train[-train:], validation=self.validation[:validation], test=self.test[:test])
        parts = [f"{name} {len(kept):,} of {len(whole):,}" for name, kept, whole in
                 (("train", cut.train, self.train), ("validation", cut.validation, self.validation),
                  ("test", cut.test, self.test)) if len(kept) < len(whole)]
        return replace(cut, source=f"{self.source}, cut: {', '.join(parts)} characters") if parts else self


def split(
    samples: Samples,
    *,
    rng: np.random.Generator,
    validation: float = 0.2,
    test: float = 0.2,
    stratify: bool = False,
) -> tuple[Samples, Samples, Samples]:
    """Shuffles the samples, then cuts them into train, validation and test; both shares are shares of the whole.

    With `stratify`, y holds labels and each class is cut in these proportions, up to a sample or two. A class that is
    too small for all parts goes into the training part first.

        split(Samples(X, y), rng=rng)       # 100 samples -> 60, 20 and 20
    """
    n = len(samples.y)
    if len(samples.X) != n:
        raise DataError(f"X has {len(samples.X)} samples and y has {n}: every sample needs one target.")
    if min(validation, test) < 0 or not validation + test < 1:
        raise DataError(
            f"The shares must be at least 0 and leave some samples to train on, got validation={validation} and "
            f"test={test}: try 0.2 and 0.2."
        )
    order = rng.permutation(n)                                     # (n,)
    if stratify:
        order = order[np.argsort(_place_in_class(samples.y[order]), kind="stable")]
    n_validation, n_test = round(n * validation), round(n * test)
    n_train = n - n_validation - n_test
    if n_train < 1:
        raise DataError(f"{n} samples leave none to train on: give more samples, or smaller shares.")
    # Stratified parts are sorted by class: they are shuffled once more, so that a mini-batch has several classes.
    parts = [rng.permutation(part) for part in np.split(order, [n_train, n_train + n_validation])]
    train, held_out, final = (Samples(samples.X[part], samples.y[part]) for part in parts)
    return train, held_out, final


def _place_in_class(y: np.ndarray) -> np.ndarray:                  # (n,) labels -> (n,)
    """The place of each sample within its class, from 0 to 1: a cut at such a number cuts every class in the same
    proportion."""
    place = np.empty(len(y))
    for label in np.unique(y):
        members = np.flatnonzero(y == label)
        place[members] = (np.arange(len(members)) + 0.5) / len(members)
    return place

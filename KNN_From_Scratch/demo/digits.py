"""MNIST by nearest neighbours: k is chosen on validation images, then the test images are classified once."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ai_from_scratch.data import Dataset, Samples
from KNN_From_Scratch.knn import KNeighborsClassifier, vote_weights

NEIGHBOUR_COUNTS = np.array([1, 3, 5, 7, 9, 11, 15, 21, 31, 51])
NEIGHBOURS_SHOWN = 10                        # in pictures


class Asked(NamedTuple):
    """One image and its nearest training images, with labels; small enough for a frame."""

    pixels: np.ndarray            # (1 + NEIGHBOURS_SHOWN, 28, 28) uint8, the query first
    labels: np.ndarray            # (1 + NEIGHBOURS_SHOWN,) true ones
    distance: np.ndarray          # (NEIGHBOURS_SHOWN,) in grey levels


class ChoosingFrame(NamedTuple):
    """One batch of validation images."""

    step: int
    steps: int
    metrics: dict[str, float]
    accuracy: np.ndarray          # (ks,) on the validation images so far
    asked: Asked                  # the image of this batch with the closest vote

    title: str = "choosing k"
    hold: float = 0.3


class ExamFrame(NamedTuple):
    """One batch of test images; no choice depends on these images."""

    step: int
    steps: int
    metrics: dict[str, float]
    counts: np.ndarray            # (10, 10) true × predicted, so far
    asked: Asked

    title: str = "test images, once"
    hold: float = 0.3


class Digits:
    """The model, and the numbers of right answers so far."""

    def __init__(self, data: Dataset, batch: int, parameters: Mapping[str, Any] | None = None) -> None:
        self.data, self.batch = data, batch
        self.model = KNeighborsClassifier(**(parameters or {}))
        self.k = self.model.n_neighbors                              # until it is chosen
        self.chosen = False
        self.is_set = "n_neighbors" in (parameters or {})            # then there is no k to choose
        self.ks = np.array([self.k]) if self.is_set else NEIGHBOUR_COUNTS
        self.right = np.zeros(len(self.ks), int)                     # validation images, for each k
        self.right_if_stored = np.zeros(len(self.ks), int)      # the same, if each image is stored, too
        self.validated = 0
        self.nearest = np.empty((len(data.validation.y), NEIGHBOURS_SHOWN), int)
        self.counts = np.zeros((10, 10), int)                        # true × predicted, on test images

    def fit(self) -> None:
        """Stores the images as float32, which holds bytes exactly in half the memory of float64."""
        self.model.fit(flat(self.data.train), self.data.train.y)

    def choose(self) -> Iterator[ChoosingFrame]:
        """Counts the right answers for every k. One search for the largest k serves all smaller k."""
        for part, step, steps in self._batches(self.data.validation):
            start = time.perf_counter()
            distance, index = self.model.kneighbors(flat(part), max(int(self.ks[-1]), NEIGHBOURS_SHOWN))
            seconds = time.perf_counter() - start
            labels = self.data.train.y[index]                        # (b, 51)
            self.right += (self._winners(labels, distance, self.ks) == part.y[:, None]).sum(axis=0)
            self.right_if_stored += (self._winners(*itself_first(part.y, labels, distance), self.ks)
                                     == part.y[:, None]).sum(axis=0)
            self.nearest[self.validated:self.validated + len(part.y)] = index[:, :NEIGHBOURS_SHOWN]
            self.validated += len(part.y)
            self.k = int(self.ks[self.right.argmax()])               # of equals the smallest
            self.chosen = step == steps
            metrics = {"images/s": len(part.y) / seconds, "best k": self.k, "validation_accuracy": self.accuracy.max()}
            yield ChoosingFrame(step, steps, metrics, self.accuracy, self._most_contested(part, index, distance))

    def examine(self) -> Iterator[ExamFrame]:
        """Classifies the test images with the chosen k."""
        for part, step, steps in self._batches(self.data.test):
            start = time.perf_counter()
            distance, index = self.model.kneighbors(flat(part), max(self.k, NEIGHBOURS_SHOWN))
            seconds = time.perf_counter() - start
            predicted = self._winners(self.data.train.y[index], distance, np.array([self.k]))[:, 0]
            np.add.at(self.counts, (part.y, predicted), 1)
            metrics = {"images/s": len(part.y) / seconds, "test_accuracy": self.test_accuracy}
            yield ExamFrame(step, steps, metrics, self.counts.copy(), self._most_contested(part, index, distance))

    @property
    def accuracy(self) -> np.ndarray:                                # (ks,)
        """Accuracy on the validation images so far, for each k."""
        return self.right / max(1, self.validated)

    @property
    def accuracy_if_stored(self) -> np.ndarray:                      # (ks,)
        """Accuracy on the same images, if each of them is stored among the training images while it is classified."""
        return self.right_if_stored / max(1, self.validated)

    @property
    def test_accuracy(self) -> float:
        return float(np.trace(self.counts) / max(1, self.counts.sum()))

    @property
    def tested(self) -> int:
        return int(self.counts.sum())

    def _winners(self, labels: np.ndarray, distance: np.ndarray, ks: np.ndarray) -> np.ndarray:      # (N, ks)
        return winners(labels, ks, vote_weights(self.model.weights, distance))

    def asked(self, i: int) -> Asked:
        """Validation image i, and its neighbours."""
        part = Samples(self.data.validation.X[i:i + 1], self.data.validation.y[i:i + 1])
        distance, index = self.model.kneighbors(flat(part), NEIGHBOURS_SHOWN)
        return self._shown(part, index, distance, 0)

    def _batches(self, part: Samples) -> Iterator[tuple[Samples, int, int]]:
        steps = -(-len(part.y) // self.batch)
        for i in range(steps):
            rows = slice(i * self.batch, (i + 1) * self.batch)
            yield Samples(part.X[rows], part.y[rows]), i + 1, steps

    def _most_contested(self, part: Samples, index: np.ndarray, distance: np.ndarray) -> Asked:
        votes = counted(self.data.train.y[index[:, :NEIGHBOURS_SHOWN]])[:, -1]  # (b, 10)
        return self._shown(part, index, distance, int(votes.max(axis=1).argmin()))

    def _shown(self, part: Samples, index: np.ndarray, distance: np.ndarray, i: int) -> Asked:
        near = index[i, :NEIGHBOURS_SHOWN]
        return Asked(np.concatenate([part.X[i:i + 1], self.data.train.X[near]]),
                     np.concatenate([part.y[i:i + 1], self.data.train.y[near]]), distance[i, :NEIGHBOURS_SHOWN])


def flat(part: Samples) -> np.ndarray:                               # (n, 28, 28) uint8 -> (n, 784) float32
    return part.X.reshape(len(part.X), -1).astype(np.float32)


def itself_first(y: np.ndarray, labels: np.ndarray, distance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The neighbours' labels and distances (N, k) if each query, of class y (N,), is stored, too: the query itself
    comes first, at distance 0, and the farthest neighbour is dropped."""
    return np.column_stack([y, labels[:, :-1]]), np.column_stack([np.zeros(len(y)), distance[:, :-1]])


def counted(labels: np.ndarray, votes: np.ndarray | int = 1) -> np.ndarray:      # (N, k), (N, k) -> (N, k, 10)
    """The votes for each class among the nearest 1, 2, … k."""
    return ((labels[:, :, None] == np.arange(10)) * np.atleast_2d(votes)[:, :, None]).cumsum(axis=1)


def winners(labels: np.ndarray, ks: Sequence[int] | np.ndarray, votes: np.ndarray | int = 1) -> np.ndarray:
    """The classes for which the first k of each row of labels (N, k), nearest first, vote: as `predict`, for many k at
    once.

    Returns (N, ks); votes (N, k): the weight of each neighbour's vote.
    """
    return counted(labels, votes)[:, np.asarray(ks) - 1].argmax(axis=2)

"""The held-out digits that are evaluated while the network of chapter 6 is trained, and the stored results."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ai_from_scratch.data import Dataset
from Basic_Neural_Network_From_Scratch import ReLU, Sequential
from CNN_From_Scratch.classifier import CNNClassifier
from CNN_From_Scratch.demo.evidence import on_two_axes, penultimate

DIGITS_IN_CLOUD = 500   # digits whose hidden layer is shown


class Judged(NamedTuple):
    """Results that are computed only at an evaluation: all frames until the next evaluation share these arrays."""

    apart: np.ndarray       # (n, 2) float16, the last hidden layer of n digits on its two axes of largest spread
    share: float            # share of the spread of all hidden units on these two axes, 0 … 1
    said: np.ndarray        # (classes,) uint8, the predicted classes of the hard digits


class HeldOut:
    """Digits from the validation part.  The hard digits are, for each class, those that the nearest class mean misreads
    most."""

    def __init__(self, digits: Dataset) -> None:
        self.X, self.y = digits.validation
        train, labels = digits.train, range(len(digits.class_names))
        self.means = np.stack([train.X[train.y == c].mean(axis=0).ravel() for c in labels])     # (K, d)
        distance = self.distances(self.X)                                                       # (n, K)
        excess = distance[np.arange(len(self.y)), self.y] - distance.min(axis=1)                # (n,) 0: correct
        self.watched = int(excess.argmax())
        self.hard = np.array([np.where(self.y == c, excess, -1.0).argmax() for c in labels if (self.y == c).any()])
        self._apart: np.ndarray | None = None       # the latest points, to which the next are aligned

    def distances(self, X: np.ndarray) -> np.ndarray:  # (n, H, W) -> (n, K)
        """‖x − m‖² − ‖x‖² for each class's mean m; ‖x‖² is the same for all of them."""
        return (self.means**2).sum(axis=1) - 2 * X.reshape(len(X), -1).astype(float) @ self.means.T

    def penultimate(self, network: Sequential) -> np.ndarray:  # (n, units)
        return penultimate(network, self.X[:DIGITS_IN_CLOUD])

    def judge(self, model: CNNClassifier) -> Judged:
        self._apart, share = on_two_axes(self.penultimate(model.network_), self._apart)
        said = model.predict(self.X[self.hard])
        return Judged(self._apart.astype(np.float16), share, said.astype(np.uint8))


def passing(network: Sequential, image: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """One digit (H, W) inside the network: the output of each ReLU, maps (F, P, Q) or units (n,), and the logits (1,
    K)."""
    X = image.astype(network.dtype).reshape(1, *network.shapes[0])
    stages = []
    for layer in network.layers:
        X = layer.forward(X)
        if isinstance(layer, ReLU):
            stages.append(X[0].copy())
    return stages, X


def faint(maps: np.ndarray) -> np.ndarray:  # (F, P, Q) -> (F, P, Q) uint8
    """The maps with one byte for each value; the square root raises small values, because a few maps are far stronger
    than the rest."""
    return (255 * np.sqrt(maps / max(float(maps.max()), 1e-9))).astype(np.uint8)

"""Four models that read the same digit: softmax regression, nearest neighbours, a dense network, a CNN."""

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from ai_from_scratch.data import Dataset, load_mnist
from ai_from_scratch.data.picture import BOX, fit, like_mnist, runs
from ai_from_scratch.weights import load
from Basic_Neural_Network_From_Scratch import MLPClassifier
from CNN_From_Scratch.demo.train_weights import WEIGHTS_FILE, pretrained
from KNN_From_Scratch import KNeighborsClassifier
from KNN_From_Scratch.knn import class_shares
from Logistic_Regression_From_Scratch import LogisticRegression

DIGITS_COMPARED = 100     # digits whose distance to the others gives the scale of "near"
FAR_PERCENTILE = 99       # percentile of these distances; a picture that is farther away counts as "no digit"
TEST_DIGITS_READ = 100    # test digits that give each model's accuracy
MIN_INK_PIXELS = 12       # pixels that must be drawn before a model reads the drawing
NEIGHBOURS, SIMILAR_DIGITS = 5, 3        # training digits that vote, and that are shown


@cache
def digits() -> Dataset:
    """The digits of the package."""
    return load_mnist(download=False, sample=True)


class Readers:
    """The four models, trained on the digits of the package (the CNN earlier, on all 60,000 of MNIST)."""

    names = ("softmax regression", "nearest neighbours", "dense network", "CNN")

    def __init__(self) -> None:
        train, self.test = digits().train, digits().test
        self.X, self.y = (train.X.reshape(len(train.y), -1) / 255).astype(np.float32), train.y   # (n, 784) 0 … 1, (n,)
        self.linear = LogisticRegression(C=0.01, max_iter=20, tol=1e-9, engine="plain")
        self.dense = MLPClassifier((64,), max_iter=12, random_state=0, engine="plain")
        self.neighbours = KNeighborsClassifier(NEIGHBOURS, engine="plain").fit(self.X, self.y)
        self.cnn = pretrained()
        self.far = 0.0
        self.scores: dict[str, float] = {}

    @property
    def models(self) -> dict[str, Any]:
        return dict(zip(self.names, (self.linear, self.neighbours, self.dense, self.cnn), strict=True))

    def learn(self) -> Iterator[str]:
        """Trains the two models that are not trained yet; yields a sentence about it, many times a second."""
        for progress in self.linear.training(self.X.astype(np.float64), self.y):
            yield f"Softmax regression learns from {len(self.y):,} digits: step {progress.step}."
        for progress in self.dense.training(self.X, self.y):
            yield f"The dense network learns from {len(self.y):,} digits: step {progress.step} of {progress.steps}."
        near = []
        for start in range(0, DIGITS_COMPARED, 10):
            distances, _ = self.neighbours.kneighbors(self.X[start : start + 10], 2)
            near.append(distances[:, 1])                                     # the first neighbour is the digit itself
            yield "How far apart are digits of one kind?"
        self.far = float(np.percentile(np.concatenate(near), FAR_PERCENTILE))
        images, labels = self.test.X[-TEST_DIGITS_READ:], self.test.y[-TEST_DIGITS_READ:]
        X = images.reshape(len(images), -1).astype(np.float32) / 255
        for name, model in self.models.items():
            if name == "CNN":                                                # the CNN was trained on these digits, too
                continue
            right = []
            for start in range(0, len(X), 50):
                right.append(model.predict(X[start : start + 50]) == labels[start : start + 50])
                yield f"An examination on {len(X):,} other digits: {name}."
            self.scores[name] = float(np.mean(np.concatenate(right)))
        _, about = load(WEIGHTS_FILE)
        self.scores["CNN"] = float(about["test_accuracy"])                   # of MNIST's 10,000 test digits

    def read(self, pixels: np.ndarray) -> tuple[np.ndarray, float, np.ndarray]:       # (28, 28) uint8
        """Probabilities (4, 10), the distance to the nearest training digit, and the nearest digits (3, 28, 28).

        The neighbours are searched once: for their votes, as in predict_proba, and to be shown.
        """
        flat = pixels.reshape(1, -1).astype(np.float32) / 255
        distances, places = self.neighbours.kneighbors(flat)                 # (1, k)
        answers = {"nearest neighbours": class_shares(np.ones_like(distances), self.y[places], 10),
                   "CNN": self.cnn.predict_proba(pixels[None])}
        for name in ("softmax regression", "dense network"):
            answers[name] = self.models[name].predict_proba(flat)
        similar = self.X[places[0, :SIMILAR_DIGITS]].reshape(-1, 28, 28)
        return np.concatenate([answers[name] for name in self.names]), float(distances[0, 0]), similar


STEP_NAMES = ("cut out", "scaled to 20", "centred")       # the names of the pictures of Prepared.steps


class Prepared(NamedTuple):
    """A drawing in the form of an MNIST digit."""

    box: tuple[int, int, int, int]     # first row, end row, first column, end column of the ink
    pixels: np.ndarray                 # (28, 28) uint8

    def steps(self, drawn: np.ndarray) -> list[np.ndarray]:                  # (H, W) 0 … 255
        """The pictures on the way to these pixels: cut to the box of the ink, scaled, moved with the centre of mass
        into the middle."""
        top, bottom, left, right = self.box
        cut = drawn[top:bottom, left:right]
        side = max(cut.shape)
        square = np.pad(cut, [((side - length) // 2, side - length - (side - length) // 2) for length in cut.shape])
        return [square.astype(np.uint8), np.round(255 * fit(square / 255, BOX)).astype(np.uint8), self.pixels]

    def place(self) -> list[float]:
        """The place of the 28 × 28 pixels on the drawing: first row, first column, and the size of one pixel."""
        top, bottom, left, right = self.box
        size = max(bottom - top, right - left) / BOX
        row, column = (int(np.flatnonzero(self.pixels.any(axis=axis))[0]) for axis in (1, 0))
        return [top - row * size, left - column * size, size]


def prepared(drawn: np.ndarray) -> Prepared | None:                          # (H, W) 0 … 255
    """The drawing, cut out, scaled to 20 × 20, with its centre of mass in the middle of 28 × 28.  None if hardly
    anything is drawn."""
    ink = drawn / 255
    rows, columns = runs(ink.sum(axis=1)), runs(ink.sum(axis=0))
    if (ink > 0.5).sum() < MIN_INK_PIXELS or not rows or not columns:
        return None
    top, bottom, left, right = rows[0][0], rows[-1][1], columns[0][0], columns[-1][1]
    return Prepared((top, bottom, left, right), like_mnist(ink[top:bottom, left:right]))

"""Scene 4: a network of dense layers, 784-256-128-10, classifies handwritten digits."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ai_from_scratch.data import Samples, load_mnist
from ai_from_scratch.estimator import watched
from ai_from_scratch.stage import paint, theme
from ai_from_scratch.stage.demo import DataUse, Picture, Settings
from Basic_Neural_Network_From_Scratch.demo.live_digits import LIVE_UNITS, LiveDigits, logarithmic
from Basic_Neural_Network_From_Scratch.demo.updates import log_ratios
from Basic_Neural_Network_From_Scratch.mlp import MLPClassifier
from Basic_Neural_Network_From_Scratch.schedules import schedule_named

FRAMES_PER_RUN = 60
FRAMES_COMPARED = 6      # frames back, to count the answers that have changed since then


class DigitsFrame(NamedTuple):
    """One moment of the training: curves, some first-layer weights, the probabilities of ten held-out digits, the last
    update."""

    step: int
    steps: int
    metrics: dict[str, float]
    epoch: int
    weights: np.ndarray          # (≤ LIVE_UNITS, 14, 14) float32, each pixel the mean of four
    probabilities: np.ndarray    # (10, 10) float32
    updates: np.ndarray          # (layers,) log₁₀ of ‖ΔW‖ / ‖W‖ in this step

    title: str = "MNIST"


class Digits:
    """Trains on MNIST. Hyper-parameters were chosen on the validation part; the test part is used only for the
    report."""

    def __init__(self, settings: Settings) -> None:
        self.data = load_mnist(download=settings.download, sample=settings.sample)
        small = self.data.is_sample                          # only 3,500 images: more passes, smaller batches
        self.model = MLPClassifier(**{
            "hidden_layer_sizes": (256, 128), "activation": "relu", "learning_rate_init": 3e-3,
            "learning_rate": "one-cycle", "alpha": 0.03, "random_state": settings.seed,
            "batch_size": 32 if small else 128,
            "max_iter": settings.epochs or (8 if settings.quick else 30 if small else 15), **settings.parameters})
        parts = (self.data.train, self.data.validation, self.data.test)
        self.use = DataUse(self.data.name, self.data.source, *(len(part.y) for part in parts))
        self.shown = untypical(self.data.validation)
        self.frames: list[DigitsFrame] = []

    def train(self) -> Iterator[DigitsFrame]:
        X, y = pixels(self.data.train.X), self.data.train.y
        held_out = Samples(pixels(self.data.validation.X), self.data.validation.y)
        losses: list[float] = []
        before: list[np.ndarray] = []                        # the weights before a step that is shown
        started = time.perf_counter()
        for progress in watched(self.model, X, y, speak=False):
            losses.append(progress.loss)
            if is_shown(progress.step, progress.steps):
                speed = len(losses) * len(X) * self.model.max_iter / progress.steps / (time.perf_counter() - started)
                metrics = {"loss": float(np.mean(losses)), "validation accuracy": self.model.score(*held_out),
                           "images/s": speed}
                weights = self.model.coefs_
                units = weights[0][:, :LIVE_UNITS].T.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4))
                self.frames.append(DigitsFrame(
                    progress.step, progress.steps, metrics, progress.epoch, units,
                    self.model.predict_proba(held_out.X[self.shown]),
                    log_ratios(weights, before) if before else np.full(len(weights), np.nan)))  # none before step 1
                yield self.frames[-1]
                losses, started = [], time.perf_counter()
            if is_shown(progress.step + 1, progress.steps):
                before = [W.copy() for W in self.model.coefs_]

    def test_accuracy(self) -> float:
        return self.model.score(pixels(self.data.test.X), self.data.test.y)

    def majority_accuracy(self) -> float:
        """The accuracy of a model that always predicts the most frequent digit of the training part."""
        return float(np.mean(self.data.test.y == np.bincount(self.data.train.y).argmax()))

    def draw(self, figure: Figure, frames: Sequence[DigitsFrame]) -> None:
        if not figure.axes:
            self.view = LiveDigits(figure, self.data.validation.X[self.shown], self.data.validation.y[self.shown])
        self.view.update(frames)

    def phase(self, frames: Sequence[DigitsFrame]) -> str:
        """One sentence: the learning rate and the answers to the ten digits; at the end the updates and the curve."""
        last, steps = frames[-1], [frame.step for frame in frames]
        if last.step == last.steps:
            sizes = [size for frame in frames if np.isfinite(size := frame.updates.mean())]     # log₁₀
            times = 10 ** (max(sizes) - sizes[-1]) if sizes else 1.0
            factor = f"{times:,.0f}" if times < 1000 else "over 1,000"      # a schedule may end near 0
            shrunk = f"{factor} times smaller than at their largest" if times >= 2 else "about as large as before"
            half = paint.half_way(steps, [100 * frame.metrics["validation accuracy"] for frame in frames])
            return (f"The end: the updates are {shrunk}; held out {100 * last.metrics['validation accuracy']:.2f} % "
                    f"correct, half-way {half:.2f} %.")
        schedule = schedule_named(self.model.learning_rate)
        change = schedule(last.step, last.steps) - schedule(last.step - 1, last.steps)
        rate = "rises" if change > 0 else "falls" if change < 0 else "stays the same"
        before = frames[-1 - min(FRAMES_COMPARED, len(frames) - 1)]
        changed = int(np.sum(before.probabilities.argmax(axis=1) != last.probabilities.argmax(axis=1)))
        since = f" Since step {before.step:,}, {changed} of the ten answers changed." if before is not last else ""
        return f"The learning rate {rate}.{since}"

    def pictures(self) -> Iterator[Picture]:
        units = self.model.coefs_[0].shape[1]
        yield Picture("digits_curves.png", self._curves,
                       "The loss of the mini-batches and the errors on the validation images, on logarithmic axes, "
                       "above the learning rate of each step (one-cycle schedule). It is largest after 30 % of the "
                       "steps; the small steps at the end reduce the errors once more. Half-way: the mean of five "
                       "evaluations, because single ones vary.", size=(8, 4.2))
        yield Picture("digits_confusion.png", self._confusion,
                       "The test images by label and prediction. Mistakes are off the diagonal; the title names the "
                       "most frequent one. Look whether a pair is confused in both directions.", size=(7, 5.2))
        yield Picture("digits_mistakes.png", self._mistakes,
                       "The most confident mistakes on test images, each with its label, the answer and its "
                       "probability. Some images are unclear, some are not. The network compares pixels at fixed "
                       "places, not strokes, so a shifted digit is a new one to it.",
                      size=(8, 3.3))
        yield Picture("digits_weights.png", self._weights,
                      f"What {min(24, units)} of the {units} units of the first layer look for: ink where it is "
                      "green, none where it is violet. Strokes and their surroundings, each at one place of the image "
                      "only; the grain is what so many weights keep from their random start.", size=(8, 3.7))

    # ---- the figures -------------------------------------------------------------------------------------------

    def _curves(self, figure: Figure) -> None:
        grid = figure.add_gridspec(2, 2, height_ratios=(3.2, 1))
        left, right = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[0, 1])
        epochs = np.array([frame.step / frame.steps * self.model.max_iter for frame in self.frames])
        losses = [frame.metrics["loss"] for frame in self.frames]
        left.plot(epochs, losses, color=theme.TRAINING)
        left.set_ylabel("cross-entropy + penalty")
        left.set_title(f"training loss: {losses[-1]:.3f} at the end", fontsize=10)
        errors = [100 - 100 * frame.metrics["validation accuracy"] for frame in self.frames]
        right.plot(epochs, errors, color=theme.HELD_OUT)
        right.set_ylabel("validation errors (%)")
        right.set_title(f"half-way {paint.half_way(epochs, errors):.2f} % (mean), end {errors[-1]:.2f} %",
                        fontsize=10)
        for column, ax in enumerate((left, right)):
            logarithmic(ax)
            ax.tick_params(labelbottom=False)
            below = figure.add_subplot(grid[1, column], sharex=ax)
            paint.learning_rates(below, epochs, self.rates())
            below.xaxis.set_major_locator(MaxNLocator(6, integer=True))
            below.set_ylabel("learning\nrate" if column == 0 else "")

    def rates(self) -> list[float]:
        """The learning rate of each frame's step."""
        factor = schedule_named(self.model.learning_rate)
        return [self.model.learning_rate_init * factor(frame.step - 1, frame.steps) for frame in self.frames]

    def _confusion(self, figure: Figure) -> None:
        true, predicted = self.data.test.y, self.model.predict(pixels(self.data.test.X))
        ax = figure.add_subplot()
        paint.confusion(ax, true, predicted, self.data.class_names)
        counts = paint.confusion_counts(true, predicted, len(self.data.class_names))
        ax.set_title(paint.most_confused(counts, self.data.class_names, "images"), fontsize=10)

    def _mistakes(self, figure: Figure) -> None:
        X, y = self.data.test
        p = self.model.predict_proba(pixels(X))                                 # (n, 10)
        predicted = p.argmax(axis=1)
        wrong = np.flatnonzero(predicted != y)
        worst = wrong[np.argsort(-p[wrong, predicted[wrong]])][:16]
        figure.suptitle(f"the {len(worst)} most confident of {len(wrong)} mistakes in {len(y):,} test images",
                        fontsize=10, x=0.01, ha="left")
        for ax, i in zip(figure.subplots(2, 8).flat, worst, strict=False):
            paint.framed_digit(ax, X[i], f"{y[i]}, read as {predicted[i]}\n{paint.percent(p[i, predicted[i]])}",
                               theme.ACCENT, 2.6)
        for ax in figure.axes[len(worst):]:
            ax.set_axis_off()

    def _weights(self, figure: Figure) -> None:
        W = self.model.coefs_[0]                                                # (784, 256)
        largest = np.argsort(-np.linalg.norm(W, axis=0))[:24]
        figure.suptitle(f"the {len(largest)} units with the largest weights: strokes, each at one place, and noise",
                        fontsize=10, x=0.01, ha="left")
        for ax, unit in zip(figure.subplots(3, 8).flat, largest, strict=False):
            paint.image(ax, W[:, unit].reshape(28, 28), cmap=theme.DIVERGING, limit=float(np.abs(W[:, unit]).max()))
        for ax in figure.axes[len(largest):]:
            ax.set_axis_off()


def is_shown(step: int, steps: int) -> bool:
    """True for FRAMES_PER_RUN of all steps, evenly spaced, including the last one."""
    return step * FRAMES_PER_RUN // steps > (step - 1) * FRAMES_PER_RUN // steps


def untypical(digits: Samples) -> list[int]:
    """One image of each class, chosen so that another class mean is as near as possible, relative to the image's own
    class mean."""
    X, classes = pixels(digits.X), np.unique(digits.y)
    means = np.array([X[digits.y == label].mean(axis=0) for label in classes])          # (K, 784)
    likeness = X @ means.T - 0.5 * (means**2).sum(axis=1)                               # (n, K), larger is nearer
    chosen = []
    for c, label in enumerate(classes):
        members = np.flatnonzero(digits.y == label)
        others = np.delete(likeness[members], c, axis=1).max(axis=1)
        chosen.append(int(members[np.argmax(others - likeness[members, c])]))
    return chosen


def pixels(images: np.ndarray) -> np.ndarray:
    """(n, 28, 28) uint8 -> (n, 784) float32 from 0 to 1."""
    return images.reshape(len(images), -1).astype(np.float32) / 255

"""Scene 4: a network of dense layers, 784-256-128-10, reads handwritten digits."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from ai_from_scratch.data import Samples, load_mnist
from ai_from_scratch.estimator import watched
from ai_from_scratch.stage import paint, theme
from ai_from_scratch.stage.demo import DataUse, Picture, Settings
from Basic_Neural_Network_From_Scratch.demo.updates import UpdateRatios, log_ratios
from Basic_Neural_Network_From_Scratch.mlp import MLPClassifier

LIVE_UNITS = 12      # first-layer units whose weights are shown while it trains
FRAMES_PER_RUN = 60


class DigitsFrame(NamedTuple):
    """One moment: curves, some first-layer weights, the probabilities of ten held-out digits, the last update."""

    step: int
    steps: int
    metrics: dict[str, float]
    epoch: int
    weights: np.ndarray          # (≤ LIVE_UNITS, 14, 14) float32, each pixel the mean of four
    probabilities: np.ndarray    # (10, 10) float32
    updates: np.ndarray          # (layers,) log₁₀ of ‖ΔW‖ / ‖W‖, of this one step, for each layer

    title: str = "MNIST"


class Digits:
    """Hyper-parameters were chosen on the validation part; the test part is used only for the report."""

    def __init__(self, settings: Settings) -> None:
        self.data = load_mnist(download=settings.download, sample=settings.sample)
        small = self.data.is_sample                          # 3,500 images: more passes, in smaller batches
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
        before: list[np.ndarray] = []                        # the weights before the step, if the next step is shown
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
        """The accuracy of always predicting the training part's most frequent digit."""
        return float(np.mean(self.data.test.y == np.bincount(self.data.train.y).argmax()))

    def draw(self, figure: Figure, frames: Sequence[DigitsFrame]) -> None:
        if not figure.axes:
            self.view = LiveDigits(figure, self.data.validation.X[self.shown])
        self.view.update(frames)

    def pictures(self) -> Iterator[Picture]:
        units = self.model.coefs_[0].shape[1]
        yield Picture("digits_curves.png", self._curves,
                       "Left: the loss of the mini-batches. Right: errors on the validation images, on a logarithmic "
                       "axis. The learning rate (one-cycle schedule) is largest after 30 % of the steps. The small "
                       "steps at the end reduce the error once more.", size=(8, 3.6))
        yield Picture("digits_confusion.png", self._confusion,
                       "The test images by label and prediction, in logarithmic colour. Mistakes are off the diagonal: "
                       "the network confuses 4 and 9, 2 and 7, 3 and 5.", size=(7, 5))
        yield Picture("digits_mistakes.png", self._mistakes,
                       "The most confident mistakes on test images. Some images are unclear, some are not. The network "
                       "compares pixels at fixed places, not strokes, so a shifted digit is a new one to it.",
                      size=(8, 3.6))
        yield Picture("digits_weights.png", self._weights,
                      f"What {min(24, units)} of the {units} units of the first layer look for: ink where it is "
                      "violet, none where it is orange. Strokes and their surroundings, each at one place of the image "
                      "only; the grain is what so many weights keep from their random start.", size=(8, 3.4))

    # ---- the figures -------------------------------------------------------------------------------------------

    def _curves(self, figure: Figure) -> None:
        left, right = figure.subplots(1, 2)
        epochs = [frame.step / frame.steps * self.model.max_iter for frame in self.frames]
        left.plot(epochs, [frame.metrics["loss"] for frame in self.frames])
        left.set(xlabel="epoch", ylabel="cross-entropy + penalty")
        logarithmic(left)
        errors = [100 - 100 * frame.metrics["validation accuracy"] for frame in self.frames]
        right.plot(epochs, errors, color=theme.VERMILION)
        right.set(xlabel="epoch", ylabel="validation errors (%)")
        logarithmic(right)
        right.set_title(f"at the end {errors[-1]:.2f} %", fontsize=10)

    def _confusion(self, figure: Figure) -> None:
        predicted = self.model.predict(pixels(self.data.test.X))
        paint.confusion(figure.add_subplot(), self.data.test.y, predicted, self.data.class_names)

    def _mistakes(self, figure: Figure) -> None:
        X, y = self.data.test
        p = self.model.predict_proba(pixels(X))                                 # (n, 10)
        predicted = p.argmax(axis=1)
        wrong = np.flatnonzero(predicted != y)
        worst = wrong[np.argsort(-p[wrong, predicted[wrong]])][:16]
        for ax, i in zip(figure.subplots(2, 8).flat, worst, strict=False):
            paint.image(ax, X[i], f"{y[i]}, said {predicted[i]}\n({p[i, predicted[i]]:.0%} sure)")
        for ax in figure.axes[len(worst):]:
            ax.set_axis_off()

    def _weights(self, figure: Figure) -> None:
        W = self.model.coefs_[0]                                                # (784, 256)
        largest = np.argsort(-np.linalg.norm(W, axis=0))[:24]
        for ax, unit in zip(figure.subplots(3, 8).flat, largest, strict=False):
            paint.image(ax, W[:, unit].reshape(28, 28), cmap="PuOr", limit=float(np.abs(W[:, unit]).max()))
        for ax in figure.axes[len(largest):]:
            ax.set_axis_off()


class LiveDigits:
    """Left: loss and accuracy.  Middle: first-layer weights above the size of the updates.  Right: ten digits and
    their probabilities."""

    def __init__(self, figure: Figure, images: np.ndarray) -> None:         # (10, 28, 28)
        grid = figure.add_gridspec(2, 4, width_ratios=[1.25, 1.35, 0.14, 1.1], height_ratios=[1.15, 1])
        self.loss, self.accuracy = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[1, 0])
        self.loss_line, = self.loss.plot([], [], color=theme.BLUE)
        self.accuracy_line, = self.accuracy.plot([], [], color=theme.VERMILION)
        self.loss.set(ylabel="loss", xlabel="step")
        logarithmic(self.loss)
        self.accuracy.set(ylim=(90, 100), xlabel="step")                # space for "100.0", whatever the first value is
        weights = figure.add_subplot(grid[0, 1])
        self.weights = weights.imshow(np.zeros((3 * 15, 4 * 15)), cmap="PuOr", vmin=-1, vmax=1)
        weights.set_title("weights of 12 first-layer units", fontsize=10)
        weights.set_axis_off()
        self.updates = figure.add_subplot(grid[1, 1])
        self.ratios = UpdateRatios(self.updates, linewidth=1.5)
        self.updates.set(ylim=(-5.2, -1.2), yticks=range(-5, -1), ylabel="log₁₀ of update / weight")
        self.updates.set_title("size of an update, layer by layer", fontsize=10)
        # The last steps of the schedule are tiny, so the lines end below these words.
        self.updates.text(0.99, -2.95, "10⁻³", transform=self.updates.get_yaxis_transform(), ha="right", va="bottom",
                          fontsize=9, color=theme.GREY)
        self.updates.legend(fontsize=8, loc="lower left")
        strip: Axes = figure.add_subplot(grid[:, 2])
        strip.imshow(np.concatenate(images), cmap="gray_r", aspect="auto")
        strip.set_axis_off()
        table = figure.add_subplot(grid[:, 3])
        self.table = table.imshow(np.zeros((len(images), 10)), cmap="Blues", vmin=0, vmax=1, aspect="auto")
        table.set(xticks=range(10), yticks=[], xlabel="probability of each digit")
        table.set_title("untypical held-out images, 0 to 9", fontsize=10)

    def update(self, frames: Sequence[DigitsFrame]) -> None:
        last = frames[-1]
        steps = [frame.step for frame in frames]
        losses = [frame.metrics["loss"] for frame in frames]
        accuracies = [100 * frame.metrics["validation accuracy"] for frame in frames]
        self.loss_line.set_data(steps, losses)
        self.accuracy_line.set_data(steps, accuracies)
        self.ratios.update(steps, np.array([frame.updates for frame in frames]))
        self.loss.set(xlim=(0, last.steps), ylim=(min(losses) * 0.8, max(losses) * 1.2), title=f"epoch {last.epoch}")
        # most values are between 90 and 100 %
        self.accuracy.set(xlim=(0, last.steps), ylim=(min(90, accuracies[-1] - 5), 100),
                          title=f"{accuracies[-1]:.2f} % validation accuracy")
        self.updates.set_xlim(0, last.steps)
        tiles = np.full((3, 4, 15, 15), np.nan)
        scale = np.abs(last.weights).max(axis=(1, 2), keepdims=True)
        units = np.zeros((LIVE_UNITS, 14, 14))
        units[: len(last.weights)] = last.weights / np.maximum(scale, 1e-12)
        tiles[:, :, :14, :14] = units.reshape(3, 4, 14, 14)
        self.weights.set_data(tiles.transpose(0, 2, 1, 3).reshape(45, 60))
        self.table.set_data(last.probabilities)


def is_shown(step: int, steps: int) -> bool:
    """True for FRAMES_PER_RUN of all steps, evenly spaced, including the last one."""
    return step * FRAMES_PER_RUN // steps > (step - 1) * FRAMES_PER_RUN // steps


def untypical(digits: Samples) -> list[int]:
    """One image of each class: the one whose nearest other class mean is nearest, relative to its own mean."""
    X, classes = pixels(digits.X), np.unique(digits.y)
    means = np.array([X[digits.y == label].mean(axis=0) for label in classes])          # (K, 784)
    likeness = X @ means.T - 0.5 * (means**2).sum(axis=1)                               # (n, K), larger is nearer
    chosen = []
    for k, label in enumerate(classes):
        members = np.flatnonzero(digits.y == label)
        others = np.delete(likeness[members], k, axis=1).max(axis=1)
        chosen.append(int(members[np.argmax(others - likeness[members, k])]))
    return chosen


def logarithmic(ax: Axes) -> None:
    """A logarithmic y axis with ticks at 1, 2, 5, 10 …, written as plain numbers."""
    ax.set_yscale("log")
    ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter("")


def pixels(images: np.ndarray) -> np.ndarray:
    """(n, 28, 28) uint8 -> (n, 784) float32 from 0 to 1."""
    return images.reshape(len(images), -1).astype(np.float32) / 255

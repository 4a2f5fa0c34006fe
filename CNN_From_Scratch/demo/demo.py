"""Chapter 6, live: kernels develop from noise, and maps show which strokes of a digit decide the predicted class."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from ai_from_scratch.data import load_mnist
from ai_from_scratch.estimator import watched
from ai_from_scratch.stage.demo import DataUse, Picture, Report, Settings
from Basic_Neural_Network_From_Scratch import Sequential, SoftmaxCrossEntropy
from Basic_Neural_Network_From_Scratch.schedules import SCHEDULES
from CNN_From_Scratch.classifier import CNNClassifier
from CNN_From_Scratch.demo.gallery import finished_pictures
from CNN_From_Scratch.demo.heldout import DIGITS_IN_CLOUD, HeldOut, Judged, faint, passing
from CNN_From_Scratch.demo.live import LiveView, phase
from CNN_From_Scratch.demo.slide import Slide, SlideFrame
from CNN_From_Scratch.saliency import occlusion

FRAMES_PER_RUN = 200     # roughly, evenly spaced
EARLY_FRAMES = 100       # roughly, besides these, spaced geometrically: most changes are early
EARLY_SALIENCY = 16      # about so many maps of deciding pixels besides those of the evaluations: each needs 784 passes
# --best: smaller kernels, twice as many layers and filters, and all methods against overfitting.
BEST_PARAMETERS: dict[str, Any] = {"filters": ((32, 32), (64, 64)), "kernel_size": 3, "batch_norm": True,
                                   "dropout": 0.3, "distortion": 0.7, "weight_decay": 0.01}


class DigitFrame(NamedTuple):
    """One moment of the training on digits."""

    step: int
    steps: int
    metrics: dict[str, float]
    epoch: int
    kernels: np.ndarray         # (F, k, k) of the first layer
    saliency: np.ndarray        # (H, W) float16, occlusion of the watched digit for its own class
    probabilities: np.ndarray   # (K,) of the shown digit
    maps: np.ndarray            # (F, P, Q) uint8, its first maps
    judged: Judged              # results on other held-out digits, from the last evaluation

    title: str = "MNIST"


class Demo:
    """Two scenes: a hand-made kernel on a digit; then a small network learns kernels and reads digits."""

    uses = frozenset({"epochs", "best", "set", "workers"})
    model_class = CNNClassifier

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.digits = load_mnist(download=settings.download, sample=settings.sample)
        parts = (self.digits.train, self.digits.validation, self.digits.test)
        self.data = [DataUse(self.digits.name, self.digits.source, *(len(part.y) for part in parts))]
        self.classes = self.digits.class_names
        small = self.digits.is_sample
        epochs = (4 if settings.quick else 20) if small else 20 if settings.best else 12
        chosen = {**(BEST_PARAMETERS if settings.best else {}), "shift": 2, "batch_size": 64 if small else 128,
                  "max_iter": settings.epochs or epochs, "random_state": settings.seed, **settings.parameters}
        one = small or chosen.get("batch_norm") or (os.cpu_count() or 1) < 2     # batch normalisation needs one process
        self.model = CNNClassifier(**{"workers": settings.workers or (1 if one else 2), **chosen})
        self.held = HeldOut(self.digits)
        self.slide = Slide(self.held.X[self.held.watched])
        self.history: list[tuple[int, float]] = []      # (step, mean loss of the last mini-batches)
        self.judged: list[tuple[int, float]] = []       # (step, validation accuracy)
        self.first_kernels = np.zeros((0, 0, 0))
        self.step = 0
        self.falls = np.zeros(0)                        # the latest map of the deciding pixels
        self.hidden: list[tuple[str, np.ndarray]] = []  # (when, last hidden layer of some validation digits)
        self._tested: tuple[int, np.ndarray] = (-1, np.zeros(0))

    def train(self) -> Iterator[SlideFrame | DigitFrame]:
        yield from self.slide.train()
        yield from self.learn()

    def learn(self) -> Iterator[DigitFrame]:
        train, seconds = self.digits.train, 0.0
        self.per_epoch = -(-len(train.y) // self.model.batch_size)
        steps = self.model.max_iter * self.per_epoch
        explained = set(np.geomspace(1, steps, EARLY_SALIENCY).round().astype(int))     # most changes are early
        early = set(np.geomspace(1, steps, EARLY_FRAMES).round().astype(int))
        every, judge_every = max(1, steps // FRAMES_PER_RUN), max(1, self.per_epoch // 2)
        losses: deque[float] = deque(maxlen=every)      # of the last mini-batches
        training = watched(self.model, train.X, train.y, speak=False)
        while True:
            start = time.perf_counter()
            progress = next(training, None)
            seconds += time.perf_counter() - start      # drawing and evaluation do not count as training time
            if progress is None:
                return
            self.step = progress.step
            losses.append(progress.loss)
            if not self.first_kernels.size:
                self.first_kernels = self.kernels()    # the kernels after one step of a small first learning rate
            if progress.step in (1, self.per_epoch, steps):
                when = f"after {self.epochs()}" if progress.step > 1 else "after 1 mini-batch"
                self.hidden.append((when, self.held.penultimate(self.network)))
            judge = progress.step % judge_every == 0 or progress.step == steps
            if judge:
                self.judged.append((progress.step, self.model.score(*self.digits.validation)))
            if judge or progress.step == 1:
                self.noted = self.held.judge(self.model)
            if judge or progress.step in explained:
                self.falls = self._falls()
            if judge or progress.step % every == 0 or progress.step in early | explained:
                self.history.append((progress.step, float(np.mean(losses))))
                seen = min(progress.step * self.model.batch_size, progress.epoch * len(train.y))
                yield self._frame(progress.epoch, steps, seen / seconds)

    def _frame(self, epoch: int, steps: int, rate: float) -> DigitFrame:
        metrics = {"loss": self.history[-1][1]}
        if self.judged:
            metrics["validation accuracy"] = self.judged[-1][1]
        stages, logits = passing(self.network, self.held.X[self.held.watched])
        return DigitFrame(self.step, steps, {**metrics, "images/s": rate}, epoch, self.kernels(), self.falls,
                          SoftmaxCrossEntropy().predict(logits)[0], faint(stages[0]), self.noted)

    def draw(self, figure: Figure, frames: Sequence[SlideFrame | DigitFrame]) -> None:
        if isinstance(frames[-1], SlideFrame):
            self.slide.draw(figure, [frame for frame in frames if isinstance(frame, SlideFrame)])
            return
        learning = [frame for frame in frames if isinstance(frame, DigitFrame)]
        if not figure.axes:
            self.view = LiveView(figure, self.held, learning[-1], self.classes)
        self.view.update(learning, *self._so_far(learning[-1].step))

    def phase(self, frames: Sequence[SlideFrame | DigitFrame]) -> str:
        last = frames[-1]
        if isinstance(last, DigitFrame):
            learning = [frame for frame in frames if isinstance(frame, DigitFrame)]
            return phase(learning, self._so_far(last.step)[1], int(self.held.y[self.held.watched]),
                         self._rate(last.step) - self._rate(last.step - 1))
        return self.slide.phase(last)

    def figures(self) -> Iterator[Picture]:
        return finished_pictures(self) if self.step else iter(())

    def report(self) -> Report:
        if not self.step:
            return Report({}, {}, "", ["The run was stopped before the training."])
        train, test = self.digits.train, self.digits.test
        probabilities = self.test_probabilities()                                          # (n, K)
        wrong = int((probabilities.argmax(axis=1) != test.y).sum())
        majority = np.bincount(train.y).argmax()
        by_means = np.mean(self.held.distances(test.X).argmin(axis=1) == test.y)
        notes = [f"{wrong} of {len(test.y):,} test digits are misread, by {self.network.parameters.size:,} parameters. "
                 f"The nearest class mean, a classifier of two lines, has an accuracy of {100 * by_means:.2f} %."]
        if self.digits.is_sample:
            notes.append("This is the offline sample of 5,000 digits: training on all 60,000 makes far fewer mistakes.")
        loss = SoftmaxCrossEntropy().forward(np.log(np.maximum(probabilities, 1e-30)), test.y)
        return Report({"test_accuracy": 1 - wrong / len(test.y), "test_loss": loss},
                      {"test_accuracy": float(np.mean(test.y == majority))}, f"always {majority}", notes)

    # ---- the parts that the methods above and the pictures share ---------------------------------------------------

    @property
    def network(self) -> Sequential:
        return self.model.network_

    @property
    def rates(self) -> list[float]:
        """The learning rate of every step so far."""
        return [self._rate(step) for step in range(self.step)]

    def _rate(self, step: int) -> float:
        """The learning rate after so many steps."""
        factor = SCHEDULES[self.model.learning_rate]
        return self.model.learning_rate_init * factor(step, self.model.max_iter * self.per_epoch)

    def _so_far(self, step: int) -> tuple[list[tuple[int, float]], list[tuple[int, float]]]:
        """The points of both curves up to this step; the frames of a long training are thinned, these are not."""
        return ([point for point in self.history if point[0] <= step],
                [point for point in self.judged if point[0] <= step])

    @property
    def logits(self) -> np.ndarray:                                                          # (n, K)
        """The logits of the held-out digits whose hidden layer is shown."""
        return self.model.decision_function(self.held.X[:DIGITS_IN_CLOUD])

    def kernels(self) -> np.ndarray:                                                        # (F, k, k)
        return self.network.named_arrays()["convolution_1.K"][:, 0].copy()

    def _falls(self) -> np.ndarray:                                                          # (H, W) float16
        label = int(self.held.y[self.held.watched])
        return occlusion(self.network, self.held.X[self.held.watched], label).astype(np.float16)

    def epochs(self) -> str:
        epochs = self.step / self.per_epoch
        return "1 epoch" if epochs == 1 else f"{epochs:.3g} epochs"

    def test_probabilities(self) -> np.ndarray:                                             # (n, K)
        """The present network's probabilities of all test digits; computed once, for report and pictures."""
        if self._tested[0] != self.step:
            self._tested = self.step, self.model.predict_proba(self.digits.test.X)
        return self._tested[1]

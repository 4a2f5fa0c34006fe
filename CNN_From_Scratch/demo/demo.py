"""Chapter 6, live: kernels develop from noise, and maps show which strokes of a digit decide the network's answer."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from ai_from_scratch.data import load_mnist
from ai_from_scratch.stage import paint
from ai_from_scratch.stage.demo import DataUse, Picture, Report, Settings
from Basic_Neural_Network_From_Scratch import Sequential, SoftmaxCrossEntropy
from CNN_From_Scratch.classifier import CNNClassifier
from CNN_From_Scratch.demo import evidence, pictures
from CNN_From_Scratch.demo.heldout import DIGITS_IN_CLOUD, HeldOut, Judged, faint, passing
from CNN_From_Scratch.demo.live import LiveView
from CNN_From_Scratch.demo.slide import Slide, SlideFrame
from CNN_From_Scratch.saliency import explain, gradient_input

FRAMES_PER_RUN = 200     # roughly
# --best: smaller kernels, twice as many layers and filters, and everything that prevents overfitting.
BEST: dict[str, Any] = {"filters": ((32, 32), (64, 64)), "kernel_size": 3, "batch_norm": True, "dropout": 0.3,
                        "distortion": 0.7, "weight_decay": 0.01}


class DigitFrame(NamedTuple):
    """One moment of the training on digits."""

    step: int
    steps: int
    metrics: dict[str, float]
    epoch: int
    kernels: np.ndarray         # (F, k, k) of the first layer
    saliency: np.ndarray        # (H, W) gradient × input of the watched digit's own class
    probabilities: np.ndarray   # (K,) of the shown digit
    maps: tuple[np.ndarray, np.ndarray]     # (F, P, Q) uint8 each: its first and its last maps
    judged: Judged              # results on other held-out digits, from the last evaluation

    title: str = "MNIST"


class Demo:
    """Two scenes: a kernel made by hand on a digit; then a small network learns kernels that read digits."""

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
        self.model = CNNClassifier(**{
            **(BEST if settings.best else {}), "shift": 2, "batch_size": 64 if small else 128,
            "max_iter": settings.epochs or epochs, "random_state": settings.seed, "workers": settings.workers or 1,
            **settings.parameters})
        self.held = HeldOut(self.digits)
        self.slide = Slide(self.held.X[self.held.watched])
        self.history: list[tuple[int, float]] = []      # (step, mean loss of the last mini-batches)
        self.judged: list[tuple[int, float]] = []       # (step, validation accuracy)
        self.first_kernels = np.zeros((0, 0, 0))
        self.step = 0
        self.hidden: list[tuple[str, np.ndarray]] = []  # (when, last hidden layer of some validation digits)
        self._tested: tuple[int, np.ndarray] = (-1, np.zeros(0))

    def train(self) -> Iterator[SlideFrame | DigitFrame]:
        yield from self.slide.train()
        yield from self.learn()

    def learn(self) -> Iterator[DigitFrame]:
        train, seconds = self.digits.train, 0.0
        self.per_epoch = -(-len(train.y) // self.model.batch_size)
        steps = self.model.max_iter * self.per_epoch
        every, judge_every = max(1, steps // FRAMES_PER_RUN), max(1, self.per_epoch // 2)
        losses: deque[float] = deque(maxlen=every)      # of the last mini-batches
        training = self.model.training(train.X, train.y)
        while True:
            start = time.perf_counter()
            progress = next(training, None)
            seconds += time.perf_counter() - start      # drawing and evaluation do not count as training time
            if progress is None:
                return
            self.step = progress.step
            losses.append(progress.loss)
            if not self.first_kernels.size:
                self.first_kernels = self._kernels()    # after one step of a small first learning rate
            if progress.step in (1, self.per_epoch, steps):
                when = f"after {self._epochs()}" if progress.step > 1 else "after 1 mini-batch"
                self.hidden.append((when, self.held.penultimate(self.network)))
            judge = progress.step % judge_every == 0 or progress.step == steps
            if judge:
                self.judged.append((progress.step, self.model.score(*self.digits.validation)))
            if judge or progress.step == 1:
                self.noted = self.held.judge(self.model)
            if judge or progress.step % every == 0 or progress.step == 1:
                self.history.append((progress.step, float(np.mean(losses))))
                seen = min(progress.step * self.model.batch_size, progress.epoch * len(train.y))
                yield self._frame(progress.epoch, steps, seen / seconds)

    def _frame(self, epoch: int, steps: int, rate: float) -> DigitFrame:
        metrics = {"loss": self.history[-1][1]}
        if self.judged:
            metrics["validation accuracy"] = self.judged[-1][1]
        image, label = self.held.X[self.held.watched], int(self.held.y[self.held.watched])
        stages, logits = passing(self.network, image)
        maps = [stage for stage in stages if stage.ndim == 3]           # those that still have image axes
        return DigitFrame(
            self.step, steps, {**metrics, "images/s": rate}, epoch, self._kernels(),
            gradient_input(self.network, image, label).astype(np.float16), SoftmaxCrossEntropy().predict(logits)[0],
            (faint(maps[0]), faint(maps[-1])), self.noted)

    def draw(self, figure: Figure, frames: Sequence[SlideFrame | DigitFrame]) -> None:
        if isinstance(frames[-1], SlideFrame):
            self.slide.draw(figure, [frame for frame in frames if isinstance(frame, SlideFrame)])
            return
        learning = [frame for frame in frames if isinstance(frame, DigitFrame)]
        if not figure.axes:
            self.view = LiveView(figure, self.held, learning[-1], self.classes)
        self.view.update(learning)

    def figures(self) -> Iterator[Picture]:
        if not self.step:
            return
        digit, test, k = self.held.X[self.held.watched], self.digits.test, self.model.kernel_size
        yield Picture("saliency.png", self._saliency,
                       "The pixels that decide the network's answer for these digits. Red raises its answer's logit, "
                       "blue lowers it; the thin line is the edge of the ink. The plain gradient is noisy. SmoothGrad "
                       "averages it over noisy copies. Occlusion measures how far the logit falls when a 5 × 5 patch "
                       "is erased. A stroke at a blue place would make it another digit.", (8, 6.6), dark=True)
        yield Picture("filters.png", partial(pictures.filters, before=self.first_kernels, now=self._kernels(),
                                             epochs=self._epochs()),
                       "The kernels of the first layer, all on one scale: ink at red raises the output, ink at blue "
                       "lowers it. They began as noise and keep much of it. The part that training added, on the "
                       "right, is smoother, often a bar or an edge of one direction.", (8, 3.1))
        yield Picture("feature_maps.png", partial(pictures.feature_maps, network=self.network, image=digit,
                                                  classes=self.classes),
                       "One digit in the network's layers; darker is stronger. Maps of the first layer still look like "
                       "the digit, each with strokes of one direction. The last maps show only roughly where something "
                       "is. The layers after them have no places, only values.", (8, 3.2))
        yield Picture("training.png", partial(pictures.curves, history=self.history, judged=self.judged,
                                              per_epoch=self.per_epoch),
                       "The learning rate rises until 30 % of the steps and falls almost to 0 at the end (one cycle). "
                       "The loss settles, and the last epochs still gain tenths of a percent in accuracy.", (8, 3.6))
        yield Picture("predictions.png", partial(pictures.predictions, images=test.X, true=test.y,
                                                 probabilities=self._test_probabilities(), classes=self.classes),
                       "Above: the first 16 test digits and the network's answers. Below: its most confident mistakes, "
                       "with its answer, the label, and its probability. Some of these digits are unclear to people, "
                       "too.",
                      (8, 5.2))
        yield Picture("confusion.png", self._confusion,
                       "All test digits by label and answer, in logarithmic colour; mistakes are off the diagonal. "
                       "Some pairs are confused in both directions, some only in one.", (6, 5.4))
        yield Picture("hidden_layer.png", partial(evidence.apart, moments=self.hidden, classes=self.classes,
                                                  labels=self.held.y[:DIGITS_IN_CLOUD]),
                       f"{min(DIGITS_IN_CLOUD, len(self.held.y))} held-out digits as points: the last hidden layer, on "
                       "the two axes of largest spread. Training moves the classes apart until straight boundaries "
                       "separate them. Compare 4, 7 and 9 early and late.", (8, 3.3))
        contest = (evidence.Contest(self.digits, self.model, learn=500, judge=100, epochs=2) if self.settings.quick
                   else evidence.Contest(self.digits, self.model))
        yield Picture("shifts.png", partial(evidence.against_shift, contest=contest),
                       "Accuracy on digits that were moved. Pooling tolerates a shift of a pixel or two, training on "
                       "moved digits (this CNN) more. A dense network and nearest neighbours compare pixel by pixel, "
                       "and fail first.", (8, 3.8))
        yield Picture("one_pixel.png", partial(pictures.one_pixel, network=self.network, image=digit),
                       f"One output pixel of a convolution: the window's {k * k} pixels times the kernel's {k * k} "
                       "weights, summed. "
                       "The same kernel is applied at all places; the map is large where the digit is like the kernel.",
                      (8, 2.3))
        yield Picture("side_by_side.png", pictures.side_by_side,
                       "Convolution and pooling in one layer, with engine='fast'. The two 5 × 5 windows of "
                       "neighbouring pixels fit into one of 5 × 6. Two rows of one matrix, with the kernel at the left "
                       "and at the right, give both outputs, and the largest output of a cell is kept.", (8, 2.4))

    def report(self) -> Report:
        if not self.step:
            return Report({}, {}, "", ["The run was stopped before the training."])
        train, test = self.digits.train, self.digits.test
        probabilities = self._test_probabilities()                                          # (n, K)
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

    # ---- the parts that the methods above share --------------------------------------------------------------------

    @property
    def network(self) -> Sequential:
        return self.model.network_

    def _kernels(self) -> np.ndarray:                                                        # (F, k, k)
        return self.network.named_arrays()["convolution_1.K"][:, 0].copy()

    def _epochs(self) -> str:
        epochs = self.step / self.per_epoch
        return "1 epoch" if epochs == 1 else f"{epochs:.3g} epochs"

    def _test_probabilities(self) -> np.ndarray:                                             # (n, K)
        """The present network's probabilities of all test digits; computed once, for report and pictures."""
        if self._tested[0] != self.step:
            self._tested = self.step, self.model.predict_proba(self.digits.test.X)
        return self._tested[1]

    def _saliency(self, figure: Figure) -> None:
        """A 3, a 5 and an 8 of the correctly read test digits, and the most confident mistake."""
        test, probabilities = self.digits.test, self._test_probabilities()
        said, sure = probabilities.argmax(axis=1), probabilities.max(axis=1)
        right, wrong = said == test.y, np.flatnonzero(said != test.y)
        chosen = [int(np.flatnonzero(right & (test.y == k))[0]) for k in (3, 5, 8) if (right & (test.y == k)).any()]
        chosen += [int(wrong[sure[wrong].argmax()])] if wrong.size else []
        rng = np.random.default_rng(self.settings.seed)
        rows = [(self.classes[test.y[i]], explain(self.network, test.X[i], rng=rng)) for i in chosen]
        pictures.saliency(figure, rows, self.classes)

    def _confusion(self, figure: Figure) -> None:
        paint.confusion(figure.add_subplot(), self.digits.test.y, self._test_probabilities().argmax(axis=1),
                        self.classes)

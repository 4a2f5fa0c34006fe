"""Watch any model that trains in steps, in a notebook's cell, a window or a browser tab:

    from ai_from_scratch.stage.watch import watch
    model = watch(MLPClassifier((8,), random_state=0), X, y)      # as fit, with a live figure
"""

from __future__ import annotations

import signal
import threading
import warnings
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ai_from_scratch.estimator.progress import Progress
from ai_from_scratch.stage import fonts, paint, theme
from ai_from_scratch.stage.displays import choose
from ai_from_scratch.stage.frame_buffer import FrameBuffer
from ai_from_scratch.stage.play import play

GRID_STEPS = 60            # of each side of the prediction map
MAX_SAMPLES_SHOWN = 1_000  # largest number of samples that are painted
MAX_PREDICTIONS_KEPT = 240  # for looking back
SECONDS_FOR_TAB = 60       # time in which the page must be opened

Model = TypeVar("Model")


def watch(model: Model, *data: Any, show: str = "auto", fps: float = 30.0) -> Model:
    """Trains the model on the data with its `fit`, and shows it live; returns the model.

    data: the arguments of the model's `fit`, X and y, or a text.  show: "auto", "window", "browser" or "none".
    With classes and two columns of X it shows the classes' regions.  With numbers and one column it shows the line.  It
    always shows the loss.  What `fit` warns of, a training that went wrong for example, is warned of here.
    """
    if not hasattr(model, "training"):
        raise TypeError(f"{type(model).__name__} has no training steps to watch. Use model.fit instead.")
    watched: Any = model
    shown = _Shown(model, show, fps)
    warned: list[warnings.WarningMessage] = []
    try:
        # The theme applies to this figure, not to the user's own plots.
        with rc_context(), warnings.catch_warnings(record=True) as warned, _ctrl_c_kept() as shown.check:
            watched.training = shown
            try:
                watched.fit(*data)                                       # it pulls `shown`, and diagnoses the training
            finally:
                del watched.training
                shown.close()
            if not shown.begun:
                next(watched.training(*data))                            # a solver without steps says so
    finally:
        for warning in warned:
            warnings.warn(warning.message, stacklevel=2)                 # at the user's line
    return model


@contextmanager
def _ctrl_c_kept() -> Iterator[Callable[[], None]]:
    """Gives a function that raises KeyboardInterrupt after a Ctrl-C that was lost: Python ignores an exception in a
    destructor, and painting runs many of them."""
    before, came = signal.getsignal(signal.SIGINT), threading.Event()

    def handle(number: int, frame: Any) -> None:
        came.set()
        before(number, frame)                    # type: ignore[operator, misc]

    def check() -> None:
        if came.is_set():
            raise KeyboardInterrupt

    if not callable(before) or threading.current_thread() is not threading.main_thread():
        yield check                              # signals are ignored here, or are another thread's
        return
    signal.signal(signal.SIGINT, handle)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, before)


class _Shown:
    """In place of a model's `training`: the same steps, each shown on a display before it is yielded."""

    def __init__(self, model: Any, show: str, fps: float) -> None:
        self.model, self.show, self.fps, self.begun = model, show, fps, False
        self.training = model.training
        self.check: Callable[[], None]
        self.display: Any = None

    def __call__(self, *data: Any, **options: Any) -> Iterator[Progress]:
        self.begun = True
        demo: Any = _Watched(self.model, data, self.training(*data, **options))    # it has no pictures and no report
        self.display = choose(self.show, print)
        self.display.open(type(self.model).__name__)
        if hasattr(self.display, "wait_for_tab"):
            self.display.wait_for_tab(SECONDS_FOR_TAB, lambda: False)
        for _ in play(demo, self.display, FrameBuffer(), self.fps):
            self.check()
            yield demo.progress

    def close(self) -> None:
        """Ends the page of a browser tab: its requests are not answered any more.  Windows and cells stay."""
        if hasattr(self.display, "wait_for_tab"):
            self.display.close()


class StepFrame(NamedTuple):
    """One step of the training."""

    step: int
    steps: int
    metrics: Mapping[str, float]


class _Watched:
    """A model's training as frames, and the painting of a frame."""

    def __init__(self, model: Any, data: Sequence[Any], training: Iterator[Progress]) -> None:
        self.model, self.data, self.training = model, data, training
        self.progress: Progress | None = None        # of the latest step
        self.steps: list[int] = []
        self.losses: list[float] = []
        self.axes: list[Axes] = []
        self.painted: dict[int, np.ndarray] = {}     # by step: the predictions of the model when it was painted

    def train(self) -> Iterator[StepFrame]:
        for progress in self.training:
            self.progress = progress
            self.steps.append(progress.step)
            self.losses.append(float(progress.loss))
            yield StepFrame(progress.step, progress.steps, {"loss": progress.loss, **progress.metrics})

    def draw(self, figure: Figure, frames: Sequence[StepFrame]) -> None:
        if not figure.axes:
            self.axes = list(figure.subplots(1, 2 if self._paints_predictions() else 1, squeeze=False)[0])
        loss, last = self.axes[-1], frames[-1]
        losses = self.losses[: bisect_right(self.steps, last.step)]      # an earlier frame may be shown again
        loss.clear()
        loss.plot(self.steps[: len(losses)], losses, color=theme.TRAINING)
        if min(losses) > 0 and max(losses) > 10 * min(losses):
            loss.set_yscale("log")
        metrics = "  ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in last.metrics.items())
        loss.set(xlabel="step", ylabel="loss", title=f"step {last.step:,} of {last.steps:,}: {metrics}")
        if len(self.axes) == 2:
            self._predictions(self.axes[0], last.step)

    def _paints_predictions(self) -> bool:
        X = np.asarray(self.data[0])
        return len(self.data) > 1 and X.ndim == 2 and X.dtype.kind in "fiub" and (
            X.shape[1] == (2 if hasattr(self.model, "classes_") else 1))

    def _predictions(self, ax: Axes, step: int) -> None:
        """The model's predictions at this step, and the samples (at most MAX_SAMPLES_SHOWN of them).

        The model has only its present parameters: for an earlier step, the latest predictions painted until then are
        used.
        """
        every = max(1, len(self.data[0]) // MAX_SAMPLES_SHOWN)
        X, y = np.asarray(self.data[0])[::every], np.asarray(self.data[1])[::every]
        ax.clear()
        if X.shape[1] == 2:
            x1, x2, points = paint.grid_over(X, GRID_STEPS)
            classes = self.model.classes_
            step, predicted = self._predicted(points, step)
            codes = np.searchsorted(classes, predicted).reshape(x1.shape)
            paint.class_regions(ax, x1, x2, codes, len(classes))
            fonts.provide("".join(map(str, classes)))
            paint.samples(ax, X, y, names=[fonts.short(str(label), 14) for label in classes])
        else:
            line = np.linspace(X.min(), X.max(), 200)[:, None]
            ax.plot(X[:, 0], y, "o", color=theme.INK, markersize=4)
            step, predicted = self._predicted(line, step)
            ax.plot(line[:, 0], predicted, color=theme.BLUE)
        ax.set_title(f"predictions at step {step:,}")

    def _predicted(self, points: np.ndarray, step: int) -> tuple[int, np.ndarray]:
        """The step at which these were the model's predictions, and the predictions."""
        if step == self.steps[-1]:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")      # these points have no column names; the user's table may have some
                self.painted[step] = self.model.predict(points)
            if len(self.painted) > MAX_PREDICTIONS_KEPT:
                self.painted = dict([*list(self.painted.items())[::2], (step, self.painted[step])])
        step = max((earlier for earlier in self.painted if earlier <= step), default=min(self.painted))
        return step, self.painted[step]

"""Chapter 2, live: a boundary turns between two moons; then thirty measurements of cells predict cancer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from ai_from_scratch.data import Samples, blobs, load_breast_cancer, two_moons
from ai_from_scratch.estimator import watched
from ai_from_scratch.stage.demo import DataUse, Picture, Report, Settings
from Logistic_Regression_From_Scratch.demo.boundary import LearningCurves, MovingBoundary
from Logistic_Regression_From_Scratch.demo.bowls import two_bowls
from Logistic_Regression_From_Scratch.demo.cancer import (
    MISS_IN_FALSE_ALARMS,
    PenaltyPath,
    cheapest_threshold,
    log_loss,
    thresholds,
)
from Logistic_Regression_From_Scratch.demo.losses import sliding_samples, three_losses
from Logistic_Regression_From_Scratch.demo.separable import STEPS, growing_weights, separable
from Logistic_Regression_From_Scratch.logistic_regression import LogisticRegression
from Logistic_Regression_From_Scratch.newton import largest_curvature

START = np.array([-1.5, 1.0]), 0.5       # w and b: a boundary in the wrong direction, which has to turn
RATE_TIMES_LARGEST_CURVATURE = 0.25      # so small that one can see the boundary turn
C_RANGE = (1e-4, 1e2)


class MoonsFrame(NamedTuple):
    """One step of the descent on the two moons, chosen evenly in log(step)."""

    step: int
    steps: int
    metrics: dict[str, float]
    parameters: np.ndarray       # (3,) w₁, w₂, b

    title: str = "two moons"
    hold: float = 0.1


class CancerFrame(NamedTuple):
    """One fit to the breast cancer data, with one strength C of the penalty."""

    step: int
    steps: int
    metrics: dict[str, float]
    C: float
    coef: np.ndarray             # (30,)

    title: str = "breast cancer"
    hold: float = 0.15


class Demo:
    """Gradient descent, step by step; then the penalty is chosen on validation data, and the test set is used once."""

    uses = frozenset({"epochs", "set"})
    model_class = LogisticRegression

    def __init__(self, settings: Settings) -> None:
        rng = np.random.default_rng(settings.seed)
        n = 150
        both = two_moons(2 * n, noise=0.2, rng=rng)
        self.moons, self.other_moons = Samples(both.X[:n], both.y[:n]), Samples(both.X[n:], both.y[n:])
        self.line = blobs(60, np.array([[-1.0], [1.0]]), spread=0.9, rng=rng)
        self.steps = settings.epochs or (100 if settings.quick else 1000)
        self.moons_frames: list[MoonsFrame] = []
        self.separable = separable(rng)
        self.separable_steps = 500 if settings.quick else STEPS

        raw = load_breast_cancer(seed=settings.seed)
        self.cancer = raw.standardized()
        self.parameters = {"tol": 1e-8, "max_iter": 5000, **settings.parameters}
        chosen = self.parameters.pop("C", None)                # set, or to be chosen on validation data
        n_tried = 13 if settings.quick else 37
        self.strengths = np.geomspace(*C_RANGE, n_tried) if chosen is None else np.array([chosen], float)
        on_moons = settings.parameters.keys() & {"C", "learning_rate"}
        self.of_descent = {name: settings.parameters[name] for name in on_moons}
        self.cancer_frames: list[CancerFrame] = []
        self.model: LogisticRegression | None = None           # the best on validation data so far
        self.data = [DataUse("two moons", f"made here with seed {settings.seed}", n, n),
                     DataUse(raw.name, raw.source, *(len(part.y) for part in (raw.train, raw.validation, raw.test)))]

    def train(self) -> Iterator[MoonsFrame | CancerFrame]:
        (X, y), C = self.moons, self.of_descent.get("C", 10.0)
        rate = RATE_TIMES_LARGEST_CURVATURE / largest_curvature(X, np.ones(len(y)), 1, C, fit_intercept=True)
        model = LogisticRegression(**{"solver": "gradient_descent", "C": C, "learning_rate": rate,
                                      "max_iter": self.steps, "tol": 0, **self.of_descent})
        shown = set(np.unique(np.geomspace(1, self.steps, 80).round().astype(int)))
        w, b = START
        for progress in watched(model, X, y, initial=(w[None], np.array([b])), speak=False):
            if progress.step in shown:
                metrics = {"loss": progress.loss, "held-out accuracy": model.score(*self.other_moons)}
                self.moons_frames.append(MoonsFrame(progress.step, progress.steps, metrics,
                                                    np.append(model.coef_, model.intercept_)))
                yield self.moons_frames[-1]

        for step, C in enumerate(self.strengths, start=1):
            model = LogisticRegression(C=C, **self.parameters).fit(*self.cancer.train)
            metrics = {"loss": log_loss(model, self.cancer.train),
                       "validation loss": log_loss(model, self.cancer.validation)}
            if all(metrics["validation loss"] < earlier.metrics["validation loss"] for earlier in self.cancer_frames):
                self.model = model
            self.cancer_frames.append(CancerFrame(step, len(self.strengths), metrics, float(C), model.coef_[0].copy()))
            yield self.cancer_frames[-1]

    def draw(self, figure: Figure, frames: Sequence[MoonsFrame | CancerFrame]) -> None:
        if isinstance(frames[-1], MoonsFrame):
            moons = [frame for frame in frames if isinstance(frame, MoonsFrame)]
            with laid_out_once(figure) as fresh:
                if fresh:
                    grid = figure.add_gridspec(2, 2, width_ratios=[1.5, 1])
                    self.boundary = MovingBoundary(figure.add_subplot(grid[:, 0]), *self.moons)
                    top, bottom = figure.add_subplot(grid[0, 1]), figure.add_subplot(grid[1, 1])
                    self.curves = LearningCurves(top, bottom, self.steps)
                self.boundary.update(path_of(moons))
                self.curves.update(*curves_of(moons))
                w1, w2, b = moons[-1].parameters
                formula = f"z = {w1:.2f} x₁ {w2:+.2f} x₂ {b:+.2f}".replace("-", "−")
                figure.axes[0].set_title(f"step {moons[-1].step:,}:  {formula}")
        else:
            with laid_out_once(figure) as fresh:
                if fresh:
                    self.penalty = PenaltyPath(figure, self.cancer.feature_names, C_RANGE)
                self.penalty.update(*strengths_of([frame for frame in frames if isinstance(frame, CancerFrame)]))

    def figures(self) -> Iterator[Picture]:
        if self.moons_frames:
            yield Picture("boundary.png", self._boundary,
                          "The colour is P(class 1) in tenths. On the solid line it is one half, on the dashed lines "
                          "0.9 for one class. Pale lines: earlier boundaries. The arrow w is at a right angle to the "
                          "boundary. The longer it is, the closer the dashed lines are. The tips of the moons stay on "
                          "the wrong side, because no straight line separates them. Chapter 5 has curved boundaries.",
                          size=(8, 5.2), dark=True)
            yield Picture("learning.png", self._learning,
                          "Above: the loss that the descent lowers. Below: the accuracy on held-out samples. The loss "
                          "falls smoothly, because it depends on the probabilities. The accuracy jumps each time the "
                          "line crosses a sample.", size=(8, 4.2))
            yield Picture("sigmoid.png", self._sigmoid,
                          "Every sample at its score, on σ. When the boundary turns, samples move along the curve; a "
                          "sample left of the dotted line gets class 0. At first most are on the wrong side. Then they "
                          "cross, and as w grows they move to where σ is near 0 or 1.", size=(8, 3.4))
        yield Picture("losses.png", three_losses,
                      "The loss of a score if the truth is class 1, and its slope. The slope of the cross-entropy is "
                      "largest where the model is most wrong, and never 0. There the slope of the squared error is "
                      "near 0. The slope of the hinge (of support vector machines) is constant up to a margin of 1.",
                      size=(8, 5))
        yield Picture("separable.png", lambda figure: growing_weights(figure, self.separable, self.separable_steps),
                      "No sample is on the wrong side, so longer weights always lower the loss. Without a penalty "
                      "their length grows like the logarithm of the step, without limit. Every penalty, however weak, "
                      "gives it a limit.", size=(8, 3.6))
        yield Picture("bowl_and_plateau.png", lambda figure: two_bowls(figure, self.line),
                      "The same data, start (a high probability of the wrong class), learning rate and number of "
                      "steps. The cross-entropy is steepest where the model is most wrong. The squared error of σ is "
                      "flat there: its slope has a factor σ′, which is 0 where σ is near 0 or 1, so the descent hardly "
                      "moves.",
                      size=(8, 3.6))
        if self.model is not None:
            yield Picture("penalty.png", self._penalty,
                           "Breast cancer. The larger C, the weaker the penalty, and the lower the training loss. The "
                           "held-out loss rises again where the model overfits. The star is the chosen C. Right: the "
                           "coefficients grow with C.",
                          size=(8, 3.9))
            yield Picture("threshold.png", self._thresholds,
                           "Biopsies that no choice depends on. If a missed cancer is as bad as nine false alarms, the "
                           "red threshold costs least on the validation set. A lower threshold moves along the curve: "
                           "fewer cancers are missed (upper right of each table), more benign ones flagged (lower "
                           "left). On a hundred biopsies it may cost more. "
                           "Upper right: of the biopsies with probability p, a share p should be malignant. The bars "
                           "are the standard error, the numbers are counts.", size=(8, 7.4))

    def report(self) -> Report:
        if self.model is None:
            last = self.moons_frames[-1].metrics if self.moons_frames else {}
            return Report({f"{name} (two moons)": value for name, value in last.items()}, {}, "")
        train, test = self.cancer.train, self.cancer.test
        share = np.bincount(train.y) / len(train.y)              # (2,)
        moons = self.moons_frames[-1].metrics["held-out accuracy"]
        how = (f"chosen on the validation set, among {len(self.cancer_frames)} between {self.strengths[0]:g} and "
               f"{self.strengths[-1]:g}" if len(self.strengths) > 1 else "set, not chosen")
        notes = [f"On the moons a straight line is right on {moons:.1%} of held-out samples; they need a curved one.",
                 f"C = {self.model.C:.3g} was {how}.",
                 f"If a missed cancer is as bad as {MISS_IN_FALSE_ALARMS:g} false alarms, the validation set says: "
                 f"malignant from p = {self._threshold():.2g} on."]
        return Report({"test_accuracy": self.model.score(*test), "test_cross_entropy": log_loss(self.model, test)},
                      {"test_accuracy": float(np.mean(test.y == share.argmax())),
                       "test_cross_entropy": float(-np.log(share[test.y]).mean())}, "majority class", notes)

    def _boundary(self, figure: Figure) -> None:
        MovingBoundary(figure.add_subplot(), *self.moons, size=26).update(path_of(self.moons_frames))

    def _learning(self, figure: Figure) -> None:
        top, bottom = figure.subplots(2, 1)
        LearningCurves(top, bottom, self.steps).update(*curves_of(self.moons_frames))

    def _penalty(self, figure: Figure) -> None:
        PenaltyPath(figure, self.cancer.feature_names, C_RANGE).update(*strengths_of(self.cancer_frames))

    def _thresholds(self, figure: Figure) -> None:
        assert self.model is not None
        test = self.cancer.test
        thresholds(figure, test, self.model.predict_proba(test.X)[:, 0], self.cancer.class_names, self._threshold())

    def _threshold(self) -> float:
        """The threshold for calling a biopsy malignant, chosen on the validation set."""
        assert self.model is not None
        X, y = self.cancer.validation
        return cheapest_threshold(y == 0, self.model.predict_proba(X)[:, 0], MISS_IN_FALSE_ALARMS)

    def _sigmoid(self, figure: Figure) -> None:
        path = path_of(self.moons_frames)
        steps = [0, *(frame.step for frame in self.moons_frames)]
        chosen = np.unique(np.linspace(0, len(path) - 1, 4).round().astype(int))
        titles = ["at the start" if steps[i] == 0 else f"step {steps[i]:,}" for i in chosen]
        sliding_samples(figure, self.moons, list(zip(titles, path[chosen], strict=True)))


def path_of(moons: Sequence[MoonsFrame]) -> np.ndarray:                # (frames + 1, 3)
    """w₁, w₂, b from the start to the present step."""
    w, b = START
    return np.array([[*w, b], *(frame.parameters for frame in moons)])


def curves_of(moons: Sequence[MoonsFrame]) -> tuple[list[int], list[float], list[float]]:
    """Steps, losses, accuracies."""
    return ([frame.step for frame in moons], [frame.metrics["loss"] for frame in moons],
            [frame.metrics["held-out accuracy"] for frame in moons])


def strengths_of(fits: Sequence[CancerFrame]) -> tuple[list[float], list[float], list[float], np.ndarray]:
    """C, losses in training and on validation, coefficients (fits, 30)."""
    return ([fit.C for fit in fits], [fit.metrics["loss"] for fit in fits],
            [fit.metrics["validation loss"] for fit in fits], np.array([fit.coef for fit in fits]))


@contextmanager
def laid_out_once(figure: Figure) -> Iterator[bool]:
    """Yields whether the figure is empty.  Then its layout is computed and kept: that takes longer than a drawing."""
    fresh = not figure.axes
    if fresh:
        figure.set_layout_engine("constrained")
    yield fresh
    if fresh:
        figure.draw_without_rendering()
        figure.set_layout_engine("none")

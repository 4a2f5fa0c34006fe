"""Chapter 2, live: a boundary finds its way between two moons; then thirty measurements of cells predict cancer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ai_from_scratch.data import Samples, blobs, load_breast_cancer, two_moons
from ai_from_scratch.estimator import watched
from ai_from_scratch.stage.bowl import LossBowl, fill_panel
from ai_from_scratch.stage.demo import DataUse, Picture, Report, Settings
from Logistic_Regression_From_Scratch.demo.boundary import LearningCurves, MovingBoundary
from Logistic_Regression_From_Scratch.demo.bowls import bowl_of_the_moons, objective
from Logistic_Regression_From_Scratch.demo.cancer import (
    MISS_IN_FALSE_ALARMS,
    PenaltyPath,
    cheapest_threshold,
    log_loss,
    out_of_fold,
)
from Logistic_Regression_From_Scratch.demo.frames import (
    C_RANGE,
    CancerFrame,
    MoonsFrame,
    curves_of,
    formula,
    path_of,
    strengths_of,
)
from Logistic_Regression_From_Scratch.demo.pictures import pictures
from Logistic_Regression_From_Scratch.demo.separable import STEPS
from Logistic_Regression_From_Scratch.logistic_regression import LogisticRegression
from Logistic_Regression_From_Scratch.newton import largest_curvature

START = np.array([-2.5, 1.5])            # w: it points to the wrong class, and has to reverse
RATE_TIMES_LARGEST_CURVATURE = 0.25      # small, so that one can see w shrink and reverse
FALLING_STEPS, SECONDS_PER_FALLING_STEP = 10, 0.35     # down the wall of the bowl: slow enough to be watched
BOWL_WIDTH_IN_HEIGHTS = 1.4
MIN_COSINE_IN_VALLEY = 0.85              # of the angle between w and the best w: above it w is in the valley


class Demo:
    """Gradient descent, step by step; then the penalty is chosen on validation data, and the test set is used once."""

    uses = frozenset({"epochs", "set"})
    model_class = LogisticRegression

    def __init__(self, settings: Settings) -> None:
        self.seed, rng = settings.seed, np.random.default_rng(settings.seed)
        n = 150
        both = two_moons(2 * n, noise=0.2, rng=rng)
        X = both.X - both.X[:n].mean(axis=0)       # centred: then b can be 0, and a bowl over w₁ and w₂ is all of J
        self.moons, self.other_moons = Samples(X[:n], both.y[:n]), Samples(X[n:], both.y[n:])
        self.line = blobs(60, np.array([[-1.0], [1.0]]), spread=0.9, rng=rng)
        self.steps = settings.epochs or (100 if settings.quick else 1000)
        self.moons_frames: list[MoonsFrame] = []
        self.separable_steps = 500 if settings.quick else STEPS

        self.raw = raw = load_breast_cancer(seed=settings.seed)
        self.cancer = raw.standardized()
        self.parameters = {"tol": 1e-8, "max_iter": 5000, **settings.parameters}
        chosen = self.parameters.pop("C", None)                # set by the user, or chosen on validation data
        n_tried = 13 if settings.quick else 37
        self.strengths = np.geomspace(*C_RANGE, n_tried) if chosen is None else np.array([chosen], float)
        on_moons = settings.parameters.keys() & {"C", "learning_rate"}
        self.of_descent = {name: settings.parameters[name] for name in on_moons}
        self.C = float(self.of_descent.get("C", 10.0))          # of the moons
        self.best_w = LogisticRegression(C=self.C, fit_intercept=False, tol=1e-8).fit(*self.moons).coef_[0]    # (2,)
        self.cancer_frames: list[CancerFrame] = []
        self.model: LogisticRegression | None = None           # the best model on validation data so far
        self.data = [DataUse("two moons", f"made here with seed {settings.seed}", n, n),
                     DataUse(raw.name, raw.source, *(len(part.y) for part in (raw.train, raw.validation, raw.test)))]

    def train(self) -> Iterator[MoonsFrame | CancerFrame]:
        X, y = self.moons
        rate = RATE_TIMES_LARGEST_CURVATURE / largest_curvature(X, np.ones(len(y)), 1, self.C, fit_intercept=False)
        model = LogisticRegression(**{"solver": "gradient_descent", "C": self.C, "learning_rate": rate,
                                      "max_iter": self.steps, "tol": 0, "fit_intercept": False, **self.of_descent})
        yield self._moons_frame(0, START)
        shown = set(np.unique(np.geomspace(1, self.steps, 80).round().astype(int)))
        for progress in watched(model, X, y, initial=(START[None], np.zeros(1)), speak=False):
            w, last = model.coef_[0], self.moons_frames[-1]
            if progress.step in shown or self._held_out_accuracy(w) != last.metrics["held-out accuracy"]:
                yield self._moons_frame(progress.step, w)

        for step, C in enumerate(self.strengths, start=1):
            model = LogisticRegression(C=C, **self.parameters).fit(*self.cancer.train)
            metrics = {"loss": log_loss(model, self.cancer.train),
                       "validation loss": log_loss(model, self.cancer.validation)}
            if all(metrics["validation loss"] < earlier.metrics["validation loss"] for earlier in self.cancer_frames):
                self.model = model
            self.cancer_frames.append(CancerFrame(step, len(self.strengths), metrics, float(C), model.coef_[0].copy()))
            yield self.cancer_frames[-1]

    def _moons_frame(self, step: int, w: np.ndarray) -> MoonsFrame:
        metrics = {"loss": float(objective(w[0], w[1], self.moons, self.C)),
                   "held-out accuracy": self._held_out_accuracy(w)}
        hold = SECONDS_PER_FALLING_STEP if step <= FALLING_STEPS else MoonsFrame._field_defaults["hold"]
        self.moons_frames.append(MoonsFrame(step, self.steps, metrics, np.append(w, 0.0), hold=hold))
        return self.moons_frames[-1]

    def _held_out_accuracy(self, w: np.ndarray) -> float:
        X, y = self.other_moons
        return float(np.mean((X @ w > 0) == y))

    def draw(self, figure: Figure, frames: Sequence[MoonsFrame | CancerFrame]) -> None:
        if isinstance(frames[-1], MoonsFrame):
            moons = [frame for frame in frames if isinstance(frame, MoonsFrame)]
            with laid_out_once(figure) as fresh:
                if fresh:
                    grid = figure.add_gridspec(2, 3, width_ratios=[1.6, 1.45, 0.68])
                    self.boundary = MovingBoundary(figure.add_subplot(grid[:, 0]), *self.moons)
                    bowl: Any = figure.add_subplot(grid[:, 1], projection="3d")
                    fill_panel(bowl, BOWL_WIDTH_IN_HEIGHTS)
                    self.bowl = self.bowl_on(bowl)
                    bowl.set_zlabel("")                # the title names it, and the label would touch the next panel
                    top, bottom = figure.add_subplot(grid[0, 2]), figure.add_subplot(grid[1, 2])
                    self.curves = LearningCurves(top, bottom, self.steps)
                path = path_of(moons)
                self.boundary.update(path)
                self.bowl.update(path[:, :2])
                self.curves.update(*curves_of([frame for frame in self.moons_frames if frame.step <= moons[-1].step]))
                figure.axes[0].set_title(formula(moons[-1]))
                figure.axes[1].set_title(f"step {moons[-1].step:,}: loss {moons[-1].metrics['loss']:.3f}", loc="left")
        else:
            with laid_out_once(figure) as fresh:
                if fresh:
                    self.penalty = PenaltyPath(figure, self.cancer.feature_names, C_RANGE)
                self.penalty.update(*strengths_of([frame for frame in frames if isinstance(frame, CancerFrame)]))

    def phase(self, frames: Sequence[MoonsFrame | CancerFrame]) -> str:
        """One sentence on what happens now; it is shown below the live figure."""
        last = frames[-1]
        if isinstance(last, MoonsFrame):
            w, best = last.parameters[:2], self.best_w
            cosine = w @ best / max(float(np.linalg.norm(w) * np.linalg.norm(best)), 1e-12)
            if last.step == 0:
                return "The start: the arrow w points to the wrong class, and most samples are on the wrong side."
            if cosine < MIN_COSINE_IN_VALLEY:
                if w @ START > 0:
                    length = 100 * np.linalg.norm(w) / np.linalg.norm(START)
                    return f"Down the wall of the bowl: the arrow w has {length:.0f} % of its first length."
                return "Down the wall of the bowl: w has reversed, and the sides have changed places."
            if np.linalg.norm(w - best) > 0.02 * np.linalg.norm(best):
                return ("Along the valley of the bowl: the line turns slowly. The arrow w grows, and the dashed "
                        "lines come closer.")
            return "At the bottom (★). The tips of the moons stay on the wrong side: no straight line separates them."
        losses = [frame.metrics["validation loss"] for frame in frames]
        if losses[-1] == min(losses):
            return "The penalty becomes weaker from left to right. The weights grow, and both losses fall."
        return "Overfitting: the weights grow, the training loss falls, and the held-out loss rises."

    def figures(self) -> Iterator[Picture]:
        return pictures(self)

    def report(self) -> Report:
        if self.model is None:
            last = self.moons_frames[-1].metrics if self.moons_frames else {}
            return Report({f"{name} (two moons)": value for name, value in last.items()}, {}, "")
        train, test = self.cancer.train, self.cancer.test
        share = np.bincount(train.y) / len(train.y)              # (2,)
        moons = self.moons_frames[-1].metrics["held-out accuracy"]
        how = (f"chosen on the validation set, among {len(self.cancer_frames)} values between {self.strengths[0]:g} "
               f"and {self.strengths[-1]:g}" if len(self.strengths) > 1 else "set, not chosen")
        notes = [f"On the moons a straight line is right on {moons:.1%} of held-out samples; they need a curved one.",
                 f"C = {self.model.C:.3g} was {how}.",
                 f"If a missed cancer is as bad as {MISS_IN_FALSE_ALARMS:g} false alarms, the validation set says: "
                 f"malignant from p = {self.threshold():.2g} on."]
        return Report({"test_accuracy": self.model.score(*test), "test_cross_entropy": log_loss(self.model, test)},
                      {"test_accuracy": float(np.mean(test.y == share.argmax())),
                       "test_cross_entropy": float(-np.log(share[test.y]).mean())}, "majority class", notes)

    def bowl_on(self, ax: Any) -> LossBowl:
        return bowl_of_the_moons(ax, self.moons, self.C, START, self.best_w)

    def judged_by_others(self) -> tuple[np.ndarray, np.ndarray]:         # (569,), (569,)
        """The class of every biopsy, and P(malignant) from a model that was fitted without it."""
        assert self.model is not None
        parts = self.raw.train, self.raw.validation, self.raw.test
        everyone = Samples(np.vstack([part.X for part in parts]), np.concatenate([part.y for part in parts]))
        return everyone.y, out_of_fold(everyone, float(self.model.C), np.random.default_rng(self.seed))

    def threshold(self) -> float:
        """The threshold for calling a biopsy malignant, chosen on the validation set."""
        assert self.model is not None
        X, y = self.cancer.validation
        return cheapest_threshold(y == 0, self.model.predict_proba(X)[:, 0], MISS_IN_FALSE_ALARMS)


@contextmanager
def laid_out_once(figure: Figure) -> Iterator[bool]:
    """A context that yields True if the figure is empty.  Then the layout is computed once and kept, because it takes
    longer than a drawing."""
    fresh = not figure.axes
    if fresh:
        figure.set_layout_engine("constrained")
    yield fresh
    if fresh:
        figure.draw_without_rendering()
        figure.set_layout_engine("none")

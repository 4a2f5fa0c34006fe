"""Chapter 1, live: gradient descent fits a line, shown as a ball on the surface of the loss; then ten features."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ai_from_scratch.data import load_diabetes, noisy_line
from ai_from_scratch.estimator import watched
from ai_from_scratch.stage import theme
from ai_from_scratch.stage.bowl import LossBowl, around
from ai_from_scratch.stage.demo import DataUse, Picture, Report, Settings
from Linear_Regression_From_Scratch.demo import bowls, capacity
from Linear_Regression_From_Scratch.demo.line import FallingLine
from Linear_Regression_From_Scratch.linear_regression import LinearRegression

START = np.array([-3.0, 3.0])    # slope and intercept: high on the steep side of the surface
LEARNING_RATE = 0.4              # in units of 1/λmax: so small that each step is visible, see learning_rates.png


class LineFrame(NamedTuple):
    """One step of the descent on the noisy line."""

    step: int
    steps: int
    metrics: dict[str, float]
    slope: float
    intercept: float

    title: str = "noisy line"
    hold: float = 0.12


class DiabetesFrame(NamedTuple):
    """One step on the diabetes data, evenly spaced in log(step): most changes are early, a few are very late."""

    step: int
    steps: int
    metrics: dict[str, float]
    coef: np.ndarray         # (10,)
    predicted: np.ndarray    # (n_validation,)

    title: str = "diabetes"
    hold: float = 0.08


class Demo:
    """Gradient descent, shown step by step; the normal equation gives its limit."""

    uses = frozenset({"epochs", "set"})
    model_class = LinearRegression
    dark_recording = True        # README shows it

    def __init__(self, settings: Settings) -> None:
        self.seed, self.quick = settings.seed, settings.quick
        rng = np.random.default_rng(settings.seed)
        self.line = noisy_line(40, slope=2.0, intercept=1.0, noise=1.2, rng=rng)
        self.best_line = LinearRegression().fit(*self.line)
        self.steps = settings.epochs or (40 if settings.quick else 200)
        self.path = [START]

        raw = load_diabetes(seed=settings.seed)
        self.diabetes = raw.standardized()
        self.best = LinearRegression().fit(*self.diabetes.train)
        self.parameters = {"solver": "gradient_descent", "tol": 0,
                           "max_iter": settings.epochs or (2_000 if settings.quick else 20_000), **settings.parameters}
        # What changes how the ball rolls changes it in both scenes.
        self.of_descent = {name: value for name, value in settings.parameters.items()
                           if name in ("learning_rate", "momentum")}
        self.model: LinearRegression | None = None
        self.data = [DataUse("noisy line", f"made here with seed {settings.seed}", len(self.line.y)),
                     DataUse(raw.name, raw.source, *(len(part.y) for part in (raw.train, raw.validation, raw.test)))]

    def train(self) -> Iterator[LineFrame | DiabetesFrame]:
        line = LinearRegression(**{"solver": "gradient_descent", "tol": 0, "max_iter": self.steps,
                                   "learning_rate": LEARNING_RATE / bowls.steepest(self.line), **self.of_descent})
        for progress in watched(line, *self.line, initial=START, speak=False):
            self.path.append(np.array([line.coef_[0], line.intercept_]))
            if progress.step <= 30 or progress.step % 5 == 0:            # most changes are early
                yield LineFrame(progress.step, progress.steps, {"loss": progress.loss}, *self.path[-1])

        model = self.model = LinearRegression(**self.parameters)
        if model.solver != "gradient_descent":             # set: it has no steps, and arrives at once
            model.fit(*self.diabetes.train)
            loss = np.mean((model.predict(self.diabetes.train.X) - self.diabetes.train.y)**2)
            yield self._diabetes_frame(1, 1, float(loss))
            return
        shown = set(np.unique(np.geomspace(1, model.max_iter, 60).round().astype(int)))
        for progress in watched(model, *self.diabetes.train, speak=False):
            if progress.step in shown:
                yield self._diabetes_frame(progress.step, progress.steps, progress.loss)

    def _diabetes_frame(self, step: int, steps: int, loss: float) -> DiabetesFrame:
        assert self.model is not None
        held_out = self.model.score(*self.diabetes.validation)
        return DiabetesFrame(step, steps, {"loss": loss, "validation R²": held_out}, self.model.coef_.copy(),
                             self.model.predict(self.diabetes.validation.X))

    def draw(self, figure: Figure, frames: Sequence[LineFrame | DiabetesFrame]) -> None:
        last = frames[-1]
        if isinstance(last, LineFrame):
            if not figure.axes:      # an empty figure: the surface takes too long to paint at every step
                left, right = figure.add_subplot(1, 2, 1), figure.add_subplot(1, 2, 2, projection="3d")
                self.views = FallingLine(left, *self.line), self._bowl(right)
            steps = [(frame.slope, frame.intercept) for frame in frames if isinstance(frame, LineFrame)]
            path = np.array([START, *steps])                             # (steps + 1, 2)
            for view in self.views:
                view.update(path)
            left, right = figure.axes
            left.set_title(f"step {last.step}:  y = {last.slope:.2f} x + {last.intercept:.2f}")
            right.set_title(f"loss {last.metrics['loss']:.2f}")
        else:
            figure.clear()
            left, middle, right = figure.subplots(1, 3)
            self._coefficients(left, last.coef)
            left.set_title(f"step {last.step:,}")
            scene = [frame for frame in frames if isinstance(frame, DiabetesFrame)]
            middle.plot([frame.step for frame in scene], [frame.metrics["validation R²"] for frame in scene])
            middle.axhline(self.best.score(*self.diabetes.validation), color=theme.GREY, linestyle=":")
            middle.set(xscale="log", xlim=(1, max(2, last.steps)), xlabel="step", ylabel="R² on held-out patients",
                       title="dotted: the normal equation")
            self._predicted(right, self.diabetes.validation.y, last.predicted)
            right.set_title("held-out patients")

    def figures(self) -> Iterator[Picture]:
        yield Picture("loss_bowl.png", lambda figure: self._finished(figure, LossBowl),
                      "The loss for every slope w and intercept b is a bowl. The dots are gradient descent: long steps "
                      "where the bowl is steep, short ones in the valley. The star on the floor, at the end of the "
                      "path's shadow, is the normal equation's answer.", size=(8, 5.5), dark=True)
        yield Picture("line.png", lambda figure: self._finished(figure, FallingLine),
                      "Pale lines: earlier steps. Each square is one sample's squared error; least squares minimises "
                      "their total area.", size=(8, 5.5))
        yield Picture("learning_rates.png", lambda figure: bowls.learning_rates(figure, self.line, START),
                      "The same bowl from above, with four learning rates in units of 1/λmax, where λmax is the "
                      "largest curvature. 0.1 is slow, 1 goes straight to the valley, and 1.9 zigzags across it. Above "
                      "2 the zigzag grows: every step overshoots by more than the last.", size=(8, 6))
        yield Picture("condition.png", lambda figure: bowls.condition(figure, self._rng()),
                      "One table three times, 25 steps of 1/λmax each. Unchanged, slope and intercept are correlated "
                      "and the bowl is a narrow valley: one step crosses it, and the others are tiny. Centred, its "
                      "axes are w and b. Standardised, it is round, and the first step reaches the minimum.",
                      size=(8, 2.9))
        steps = 300 if self.quick else 2_000
        yield Picture("directions.png", lambda figure: bowls.directions(figure, self.diabetes.train, steps),
                      "Diabetes: the distance to the minimum along each eigenvector of the Hessian, on a log scale. "
                      "Each is a straight line: the steepest direction is fastest, the flattest slowest. With momentum "
                      "most directions oscillate, and the flattest converges too.",
                      size=(8, 4))
        yield Picture("degrees.png", lambda figure: capacity.degrees(figure, self._rng()),
                      "A polynomial is a linear regression on the powers of x. Higher degrees always fit the training "
                      "samples better. On held-out samples the error rises again when the curve fits the noise. They "
                      "choose the degree, and only the chosen one is used on the test set.", size=(8, 4))
        yield Picture("ridge.png", lambda figure: capacity.penalties(figure, self.diabetes),
                      "Ridge on the diabetes table. Left: s1 and s2 are almost equal; the penalty shifts weight "
                      "between them at small α and changes bmi only at large α. Middle: the penalty shrinks first "
                      "along the axes of the data with the least variance. Right: held-out patients choose the penalty "
                      "(dotted).",
                      size=(8, 3.6))
        if self.model is not None:
            yield Picture("diabetes.png", self._diabetes,
                           "Left: predictions for test patients against the true values; on the dashed line they would "
                           "be exact. Right: the residuals show no curve, so a curved model would not help; more "
                           "information might.")
            yield Picture("diabetes_coefficients.png", lambda figure: self._coefficients(figure.add_subplot()),
                           "Bars: gradient descent. Diamonds: the normal equation. s1 and s2 are almost equal: raising "
                           "one and lowering the other hardly changes the loss. Along such a flat direction the "
                           "descent converges last.")

    def report(self) -> Report:
        test, train = self.diabetes.test, self.diabetes.train
        off = np.abs(self.path[-1] - self._best_point()).max()
        notes = [f"On the line: slope and intercept are within {off:.1g} of the normal equation's."]
        if self.model is None:
            loss = bowls.surface(self.line)(*self.path[-1]).item()
            return Report({"train_loss_of_the_line": loss}, {}, "", notes)
        difference = np.abs(self.model.coef_ - self.best.coef_).max()
        notes.append(f"On diabetes: each coefficient is within {difference:.1g} of the normal equation's "
                     f"(the largest of them is {np.abs(self.best.coef_).max():.3g}).")
        error = test.y - self.model.predict(test.X)
        from_mean = test.y - train.y.mean()
        return Report(
            {"test_r2": self.model.score(*test), "test_rmse": np.sqrt(np.mean(error**2)),
             "test_r2_of_the_normal_equation": self.best.score(*test)},
            {"test_r2": 1 - np.sum(from_mean**2) / np.sum((test.y - test.y.mean())**2),
             "test_rmse": np.sqrt(np.mean(from_mean**2))},
            "the training set's mean", notes)

    # ---- the figures --------------------------------------------------------------------------------------------

    def _rng(self) -> np.random.Generator:
        """A new generator for each picture, so that no picture depends on those painted before."""
        return np.random.default_rng(self.seed)

    def _best_point(self) -> np.ndarray:                                 # (2,)
        return np.array([self.best_line.coef_[0], self.best_line.intercept_])

    def _bowl(self, ax: Axes) -> LossBowl:
        best = self._best_point()
        return LossBowl(ax, bowls.surface(self.line), *around(best, START[None]), best)

    def _finished(self, figure: Figure, what: type[FallingLine] | type[LossBowl]) -> None:
        view: FallingLine | LossBowl
        if what is LossBowl:
            view = self._bowl(figure.add_subplot(projection="3d"))
        else:
            view = FallingLine(figure.add_subplot(), *self.line)
        view.update(np.array(self.path))

    def _coefficients(self, ax: Axes, coef: np.ndarray | None = None) -> None:
        names = self.diabetes.feature_names
        if coef is None:
            assert self.model is not None
            coef = self.model.coef_
        ax.barh(names, coef, color=theme.SKY)
        ax.plot(self.best.coef_, range(len(names)), "D", color=theme.INK, markersize=5)
        reach = 1.2 * np.abs(self.best.coef_).max()
        ax.set(xlim=(-reach, reach), xlabel="coefficient per standard deviation of the feature")
        ax.invert_yaxis()

    def _predicted(self, ax: Axes, true: np.ndarray, predicted: np.ndarray) -> None:
        ax.plot(true, predicted, "o", color=theme.BLUE, markersize=4, alpha=0.7)
        ends = np.array([20, 350])
        ax.plot(ends, ends, "--", color=theme.GREY)
        ax.set(xlim=ends, ylim=ends, xlabel="disease progression after a year", ylabel="predicted")
        ax.set_box_aspect(1)

    def _diabetes(self, figure: Figure) -> None:
        assert self.model is not None
        test = self.diabetes.test
        predicted = self.model.predict(test.X)
        left, right = figure.subplots(1, 2)
        self._predicted(left, test.y, predicted)
        left.set_title(f"test R² = {self.model.score(*test):.3f}")
        right.axhline(0, color=theme.GREY, linestyle="--")
        right.plot(predicted, test.y - predicted, "o", color=theme.BLUE, markersize=4, alpha=0.7)
        right.set(xlabel="predicted", ylabel="residual: true − predicted")
        right.set_box_aspect(1)

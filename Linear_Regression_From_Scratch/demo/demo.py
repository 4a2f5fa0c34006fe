"""Chapter 1, live: gradient descent fits a line, shown as a ball on the surface of the loss; then ten features."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ai_from_scratch.data import load_diabetes, noisy_line
from ai_from_scratch.estimator import watched
from ai_from_scratch.stage import theme
from ai_from_scratch.stage.bowl import LossBowl, fill_panel
from ai_from_scratch.stage.demo import DataUse, Picture, Report, Settings
from Linear_Regression_From_Scratch.demo import bowls, diabetes
from Linear_Regression_From_Scratch.demo.line import FallingLine, equation
from Linear_Regression_From_Scratch.demo.pictures import pictures
from Linear_Regression_From_Scratch.linear_regression import LinearRegression, hessian

START = np.array([-3.0, 3.0])    # slope and intercept: high on the steep side of the surface
RATE_TIMES_CURVATURE = 0.1       # η λmax: small, so that the descent can be watched; see learning_rates.png
EVERY_STEP_UNTIL = 40            # later frames are evenly spaced in log(step)
FALLING_STEPS, SECONDS_PER_FALLING_STEP = 12, 0.3       # down the wall of the bowl: slow enough to be watched
MARGIN_TO_CAMERA = 3.2           # how far the bowl reaches beyond start and minimum, towards the camera
BOWL_WIDTH_IN_HEIGHTS = 1.5      # it fills its panel


class LineFrame(NamedTuple):
    """One step of the descent on the noisy line."""

    step: int
    steps: int
    metrics: dict[str, float]
    slope: float
    intercept: float

    title: str = "noisy line"
    hold: float = 0.1


class DiabetesFrame(NamedTuple):
    """One step on the diabetes data; the steps are evenly spaced in log(step): most changes are early, a few very
    late."""

    step: int
    steps: int
    metrics: dict[str, float]
    coef: np.ndarray         # (10,)
    predicted: np.ndarray    # (n_validation,)

    title: str = "diabetes"
    hold: float = 0.1


class Demo:
    """Gradient descent, shown step by step; the normal equation gives its limit."""

    uses = frozenset({"epochs", "set"})
    model_class = LinearRegression
    dark_recording = True        # README shows it

    def __init__(self, settings: Settings) -> None:
        self.seed = settings.seed
        rng = np.random.default_rng(settings.seed)
        self.line = noisy_line(40, slope=2.0, intercept=1.0, noise=1.2, rng=rng)
        self.best_line = LinearRegression().fit(*self.line)
        self.steps = settings.epochs or (300 if settings.quick else 1000)
        self.path = [START]

        raw = load_diabetes(seed=settings.seed)
        self.diabetes = raw.standardized()
        self.best = LinearRegression().fit(*self.diabetes.train)
        self.parameters = {"solver": "gradient_descent", "tol": 0,
                           "max_iter": settings.epochs or (2_000 if settings.quick else 20_000), **settings.parameters}
        # learning_rate and momentum apply to both scenes.
        self.of_descent = {name: value for name, value in settings.parameters.items()
                           if name in ("learning_rate", "momentum")}
        self.model: LinearRegression | None = None
        self.seen: list[DiabetesFrame] = []
        self.arrival = np.zeros(len(self.best.coef_), dtype=int)     # for each coefficient: the step of its arrival
        self.short = (300,) if settings.quick else ()      # the number of steps of directions.png in a quick run
        self.data = [DataUse("noisy line", f"made here with seed {settings.seed}", len(self.line.y)),
                     DataUse(raw.name, raw.source, *(len(part.y) for part in (raw.train, raw.validation, raw.test)))]

    def train(self) -> Iterator[LineFrame | DiabetesFrame]:
        line = LinearRegression(**{"solver": "gradient_descent", "tol": 0, "max_iter": self.steps,
                                   "learning_rate": RATE_TIMES_CURVATURE / bowls.steepest(self.line),
                                   **self.of_descent})
        loss = float(bowls.surface(self.line)(*START))
        yield LineFrame(0, self.steps, {"loss": loss}, START[0], START[1], hold=SECONDS_PER_FALLING_STEP)
        late = set(np.geomspace(EVERY_STEP_UNTIL, max(self.steps, EVERY_STEP_UNTIL), 50).round().astype(int).tolist())
        for progress in watched(line, *self.line, initial=START, speak=False):
            self.path.append(np.array([line.coef_[0], line.intercept_]))
            if progress.step <= EVERY_STEP_UNTIL or progress.step in late:
                hold = SECONDS_PER_FALLING_STEP if progress.step <= FALLING_STEPS else LineFrame._field_defaults["hold"]
                slope, intercept = self.path[-1]
                yield LineFrame(progress.step, progress.steps, {"loss": progress.loss}, slope, intercept, hold=hold)

        model = self.model = LinearRegression(**self.parameters)
        if model.solver != "gradient_descent":             # a solver without steps was set
            model.fit(*self.diabetes.train)
            loss = np.mean((model.predict(self.diabetes.train.X) - self.diabetes.train.y)**2)
            yield self._diabetes_frame(1, 1, float(loss))
            return
        shown = set(np.unique(np.geomspace(1, model.max_iter, 60).round().astype(int)))
        for progress in watched(model, *self.diabetes.train, speak=False):
            self.arrival[np.abs(model.coef_ - self.best.coef_) > diabetes.SETTLED_DISTANCE] = progress.step + 1
            if progress.step in shown:
                yield self._diabetes_frame(progress.step, progress.steps, progress.loss)
        if progress.step != self.seen[-1].step:            # the descent stopped: no step lowered the loss any more
            yield self._diabetes_frame(progress.step, progress.steps, progress.loss)

    def _diabetes_frame(self, step: int, steps: int, loss: float) -> DiabetesFrame:
        assert self.model is not None
        held_out = self.model.score(*self.diabetes.validation)
        self.seen.append(DiabetesFrame(step, steps, {"loss": loss, "validation R²": held_out}, self.model.coef_.copy(),
                                       self.model.predict(self.diabetes.validation.X)))
        return self.seen[-1]

    def draw(self, figure: Figure, frames: Sequence[LineFrame | DiabetesFrame]) -> None:
        last = frames[-1]
        if isinstance(last, LineFrame):
            if not figure.axes:      # an empty figure: the surface takes too long to paint at every step
                left, right = figure.add_subplot(1, 5, (1, 2)), figure.add_subplot(1, 5, (3, 5), projection="3d")
                self.views = FallingLine(left, *self.line), self.bowl(right)
            path = np.array([(frame.slope, frame.intercept) for frame in frames if isinstance(frame, LineFrame)])
            for view in self.views:
                view.update(path)
            left, right = figure.axes
            lowest = bowls.surface(self.line)(*self._best_point())
            left.set_title(f"{equation(*path[-1])}   (★ {equation(*self._best_point())})")
            right.set_title(f"step {last.step}: loss {last.metrics['loss']:.2f}   (★ {lowest:.2f})", loc="left")
        else:
            for ax in list(figure.axes):
                ax.remove()          # the sentence below them stays
            axes = figure.subplot_mosaic([["coef", "score"], ["coef", "predicted"]], width_ratios=[1.9, 1])
            scene = [frame for frame in frames if isinstance(frame, DiabetesFrame)]
            diabetes.arriving(axes["coef"], self.diabetes.feature_names, [frame.step for frame in scene],
                              np.array([frame.coef for frame in scene]), self.best.coef_, max(2, last.steps))
            arrived = int((np.abs(last.coef - self.best.coef_) <= diabetes.SETTLED_DISTANCE).sum())
            axes["coef"].set_title(f"step {last.step:,}: {arrived} of {len(last.coef)} coefficients are within "
                                   f"{diabetes.SETTLED_DISTANCE:g} of their diamond")
            self._score(axes["score"], scene, last.steps)
            diabetes.predicted_against_true(axes["predicted"], self.diabetes.validation.y, last.predicted)

    def phase(self, frames: Sequence[LineFrame | DiabetesFrame]) -> str:
        """One sentence on what happens now; it is shown below the live figure."""
        last = frames[-1]
        if isinstance(last, LineFrame):
            return self._phase_of_the_line(np.array([(frame.slope, frame.intercept) for frame in frames[-3:]
                                                     if isinstance(frame, LineFrame)]), last.step)
        slow = [name for name, coef, best in zip(self.diabetes.feature_names, last.coef, self.best.coef_, strict=True)
                if abs(coef - best) > diabetes.SETTLED_DISTANCE]
        if len(slow) > 4:
            return (f"{len(slow)} of {len(last.coef)} coefficients are still more than {diabetes.SETTLED_DISTANCE:g} "
                    "from their diamonds. The predictions of held-out patients move with them.")
        if slow:
            return f"The predictions hardly change. Still on their way: {', '.join(slow)}."
        return "All coefficients are within one unit of the normal equation's (the diamonds)."

    def _phase_of_the_line(self, latest: np.ndarray, step: int) -> str:                     # (≤ 3, 2)
        """In which direction of the bowl the loss falls more at this step: the steep one or the flat one."""
        lengths = np.linalg.norm(np.diff(latest, axis=0), axis=1)
        curvature, axes = np.linalg.eigh(hessian(self.line.X))
        left = curvature / 2 * ((latest - self._best_point()) @ axes)**2               # (≤ 3, 2) the loss in each
        flat, steep = left[-2] - left[-1] if len(left) > 1 else left[-1]
        if step == 0:
            return "The start: a falling line, far from the samples. Its loss is high on the wall of the bowl."
        if left[-1].sum() <= 0.01:
            return "At the bottom: the line of the normal equation (★). A step hardly lowers the loss any more."
        if steep > flat:
            shorter = len(lengths) == 2 and bool(lengths[1] < lengths[0])
            return f"Down the wall: the line turns quickly{', and each step is shorter than the last' * shorter}."
        return "Along the valley: slope and intercept change together, and the loss falls slowly."

    def _score(self, ax: Axes, scene: Sequence[DiabetesFrame], last: int) -> None:
        best = self.best.score(*self.diabetes.validation)
        ax.plot([frame.step for frame in scene], [frame.metrics["validation R²"] for frame in scene],
                color=theme.HELD_OUT, marker="o", markevery=[-1], markersize=5, clip_on=False)
        ax.axhline(best, color=theme.GREY, linestyle=":")
        ax.set(xscale="log", xlim=(1, max(2, last)), ylim=(-2, 1), xlabel="step", ylabel="R², held-out patients",
               title=f"R² = {scene[-1].metrics['validation R²']:.3f}; normal equation {best:.3f}".replace("-", "−"))

    def figures(self) -> Iterator[Picture]:
        return pictures(self)

    def report(self) -> Report:
        test, train = self.diabetes.test, self.diabetes.train
        off = self.distance_to_the_best()
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

    def distance_to_the_best(self) -> float:
        """The larger of the distances in w and in b, from the last step to the normal equation's answer."""
        return float(np.abs(self.path[-1] - self._best_point()).max())

    def _best_point(self) -> np.ndarray:                                 # (2,)
        return np.array([self.best_line.coef_[0], self.best_line.intercept_])

    def bowl(self, ax: Any) -> LossBowl:
        """The bowl around the start and the minimum. Towards the camera (large w, small b) it ends soon beyond both."""
        best = self._best_point()
        low, high = np.minimum(best, START), np.maximum(best, START)
        fill_panel(ax, BOWL_WIDTH_IN_HEIGHTS)
        bowl = LossBowl(ax, bowls.surface(self.line), low - [0.6, MARGIN_TO_CAMERA],
                        high + np.array([MARGIN_TO_CAMERA, 3.0]), best, words=("start", ""))
        ax.set_zlabel("")                          # the title names it, and the label would be cut off
        return bowl

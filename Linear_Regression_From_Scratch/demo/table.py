"""Linear regression on the user's own table: gradient descent step by step, and the normal equation, its limit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ai_from_scratch.estimator import watched
from ai_from_scratch.stage import table, theme
from ai_from_scratch.stage.demo import Picture, Report, Settings
from Linear_Regression_From_Scratch.linear_regression import LinearRegression

MAX_WORK = 4e9                    # samples × features × steps: about half a minute


class Demo(table.TableDemo):
    """The validation rows choose where to stop: at a step of the descent, or at the minimum."""

    uses = frozenset({"csv", "target", "epochs", "missing", "set"})
    model_class = LinearRegression
    wanted = "numbers"
    otherwise = "The chapters logistic, knn and bayes learn classes."

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        fit_intercept = settings.parameters.get("fit_intercept", True)
        self.bottom = LinearRegression(fit_intercept=fit_intercept).fit(*self.parts.train)
        affordable = max(100, int(MAX_WORK / self.parts.train.X.size))
        steps = settings.epochs or min(300 if settings.quick else 3000, affordable)
        self.parameters = {"solver": "gradient_descent", "max_iter": steps, "tol": 0, **settings.parameters}
        self.steps = self.parameters["max_iter"]
        self.best, self.best_score = self.bottom, self.bottom.score(*self.parts.validation)
        self.where = "the normal equation's answer"
        self.shown = table.strongest(self.bottom.coef_[None])
        self.history: list[table.DescentFrame] = []

    def train(self) -> Iterator[table.DescentFrame]:
        model = self.model = LinearRegression(**self.parameters)
        if model.solver != "gradient_descent":                     # a solver without steps: it is at the minimum
            return
        shown = table.shown_steps(self.steps)
        for progress in watched(model, *self.parts.train, speak=False):
            if progress.step not in shown:
                continue
            score = model.score(*self.parts.validation)
            if score > self.best_score:
                self.best = LinearRegression(**self.parameters)
                vars(self.best).update(vars(model))                # each step makes new arrays: these stay
                self.best_score, self.where = score, f"step {progress.step:,} of the descent"
            metrics = {"loss": progress.loss, "validation R²": score}
            self.history.append(table.DescentFrame(progress.step, self.steps, metrics, model.coef_[None, self.shown]))
            yield self.history[-1]

    def draw(self, figure: Figure, frames: Sequence[table.DescentFrame]) -> None:
        figure.clear()
        axes = figure.subplot_mosaic([["coef", "loss"], ["coef", "score"]])
        names, best = [self.names[j] for j in self.shown], self.bottom.coef_[None, self.shown]
        table.coefficients(axes["coef"], names, frames[-1].coef, best=best)
        axes["coef"].set_title("diamonds: the normal equation")
        self._descent(axes["loss"], axes["score"], frames)

    def figures(self) -> Iterator[Picture]:
        yield Picture("coefficients.png", self._coefficients,
                      f"The change of the prediction of '{table.short(self.table.target)}' when one feature rises by "
                      "one standard deviation and the others stay. The longest bars matter most. Correlated features "
                      "share their effect, and then a single bar means little.",
                      size=(8, 1.4 + 0.28 * len(self.shown)))
        if self.history:
            yield Picture("descent.png", self._whole_descent,
                           "Training loss and held-out score against the step. Where the score falls again while the "
                           "loss still falls, the model overfits. Dotted: the score of the normal equation, the limit "
                           "of the descent.", size=(8, 4.4))
        yield self.judged(self.best.predict)

    def report(self) -> Report:
        return self.judge(self.best.predict, f"Chosen on the validation rows: {self.where} (R² {self.best_score:.3f}; "
                          f"the normal equation {self.bottom.score(*self.parts.validation):.3f}).")

    def _coefficients(self, figure: Figure) -> None:
        ax = figure.add_subplot()
        shown = table.strongest(self.best.coef_[None])
        table.coefficients(ax, [self.names[j] for j in shown], self.best.coef_[None, shown])
        ax.set_title(self.title(len(shown)))

    def _whole_descent(self, figure: Figure) -> None:
        loss, score = figure.subplots(2, 1, sharex=True)
        self._descent(loss, score, self.history)

    def _descent(self, loss: Axes, score: Axes, frames: Sequence[table.DescentFrame]) -> None:
        table.descent(loss, score, [frame.step for frame in frames], [frame.metrics["loss"] for frame in frames],
                      [frame.metrics["validation R²"] for frame in frames], self.score_name, self.steps)
        score.axhline(self.bottom.score(*self.parts.validation), color=theme.GREY, linestyle=":")

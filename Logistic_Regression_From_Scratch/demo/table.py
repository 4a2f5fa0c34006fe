"""Logistic regression on the user's own table: first the penalty is chosen, then the descent is shown."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from ai_from_scratch.estimator import ConvergenceWarning, watched
from ai_from_scratch.stage import table
from ai_from_scratch.stage.demo import Picture, Report, Settings
from Logistic_Regression_From_Scratch.logistic_regression import LogisticRegression

STRENGTHS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0]
MAX_MULTIPLICATIONS = 2e9         # samples × features × steps × classes: about half a minute


class PenaltyFrame(NamedTuple):
    """One strength of the penalty, tried on the validation rows."""

    step: int
    steps: int
    metrics: dict[str, float]

    title: str = "choosing C"
    hold: float = 0.25


class Demo(table.TableDemo):
    """C is chosen by the cross-entropy on the validation rows. On few rows the cross-entropy is more exact than the
    accuracy."""

    uses = frozenset({"csv", "target", "epochs", "missing", "set"})
    model_class = LogisticRegression
    wanted = "classes"
    otherwise = "The chapters linear and knn learn numbers."

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        affordable = max(60, int(MAX_MULTIPLICATIONS / self.parts.train.X.size / len(self.class_names)))
        self.steps = settings.epochs or min(200 if settings.quick else 2000, affordable)
        self.parameters = dict(settings.parameters)
        self.strengths = [self.parameters.pop("C")] if "C" in self.parameters else STRENGTHS  # set, or to be chosen
        self.tried: list[PenaltyFrame] = []
        self.C, self.least = self.strengths[0] if len(self.strengths) == 1 else 1.0, np.inf
        self.model = self._fitted(self.C)
        self.shown = table.strongest(self.model.coef_)

    def _fitted(self, C: float) -> LogisticRegression:
        with warnings.catch_warnings():                      # a weak penalty on separable rows may need very many steps
            warnings.simplefilter("ignore", ConvergenceWarning)
            return LogisticRegression(**{"max_iter": 500, **self.parameters, "C": C}).fit(*self.parts.train)

    def train(self) -> Iterator[PenaltyFrame | table.DescentFrame]:
        X, y = self.parts.validation
        for step, C in enumerate(self.strengths if len(self.strengths) > 1 else [], start=1):
            model = self._fitted(C)
            # All classes have training rows, so the code of a class is also its column.
            loss = -float(model.predict_log_proba(X)[np.arange(len(y)), y].mean())
            if loss < self.least:
                self.model, self.C, self.least = model, C, loss
            self.tried.append(PenaltyFrame(step, len(self.strengths), {"C": C, "validation cross-entropy": loss,
                                                           "validation accuracy": model.score(X, y)}))
            yield self.tried[-1]
        self.shown = table.strongest(self.model.coef_)
        descent = LogisticRegression(**{**self.parameters, "C": self.C, "solver": "gradient_descent",
                                        "max_iter": self.steps, "tol": 0})
        shown = table.shown_steps(self.steps)
        for progress in watched(descent, *self.parts.train, speak=False):
            if progress.step in shown:
                metrics = {"loss": progress.loss, "validation accuracy": descent.score(X, y)}
                yield table.DescentFrame(progress.step, self.steps, metrics, descent.coef_[:, self.shown])

    def draw(self, figure: Figure, frames: Sequence[PenaltyFrame | table.DescentFrame]) -> None:
        figure.clear()
        last = frames[-1]
        if isinstance(last, PenaltyFrame):
            self._choice(figure, [frame for frame in frames if isinstance(frame, PenaltyFrame)])
            return
        axes = figure.subplot_mosaic([["coef", "loss"], ["coef", "score"]])
        table.coefficients(axes["coef"], self._names(), last.coef, self.class_names, self.model.coef_[:, self.shown])
        axes["coef"].set_title(f"black: the minimum at C = {self.C:g}")
        table.descent(axes["loss"], axes["score"], [frame.step for frame in frames],
                      [frame.metrics["loss"] for frame in frames],
                      [frame.metrics["validation accuracy"] for frame in frames], self.score_name, self.steps)

    def figures(self) -> Iterator[Picture]:
        R = len(self.model.coef_)
        first, last = table.short(self.class_names[0]), table.short(self.class_names[-1])
        bars = (f"Bars to the right raise '{last}', to the left '{first}'"
                 if R == 1 else "One dot for each class: on the right a high value raises it, on the left lowers it")
        yield Picture("coefficients.png", self._coefficients,
                      f"{bars}, by so much in log-odds for each standard deviation of the feature. Correlated features "
                      "share their effect, and then a single one means little.",
                      size=(8, 1.6 + 0.28 * len(self.shown)))
        if self.tried:
            yield Picture("penalty.png", lambda figure: self._choice(figure, self.tried),
                           "A small C is a strong penalty. On the left the model underfits. Where the curve rises "
                           "again on the right, it overfits. The diamond is the chosen C; the accuracy changes only in "
                           "whole rows.",
                          size=(8, 3.6))
        yield self.judged(self.model.predict)

    def report(self) -> Report:
        if len(self.strengths) == 1:
            how = f"C = {self.C:g} was set, not chosen."
        elif self.tried:
            how = (f"Chosen on the validation rows among {len(self.tried)} values: C = {self.C:g} (cross-entropy "
                   f"{self.least:.3f}).")
        else:
            how = "Stopped before C was chosen: C = 1."
        return self.judge(self.model.predict, how)

    def _names(self) -> list[str]:
        return [self.names[j] for j in self.shown]

    def _coefficients(self, figure: Figure) -> None:
        ax = figure.add_subplot()
        table.coefficients(ax, self._names(), self.model.coef_[:, self.shown], self.class_names)
        ax.set_title(self.title(len(self.shown)))

    def _choice(self, figure: Figure, tried: Sequence[PenaltyFrame]) -> None:
        C = [frame.metrics["C"] for frame in tried]
        losses = [frame.metrics["validation cross-entropy"] for frame in tried]
        left, right = figure.subplots(1, 2)
        best = C[int(np.argmin(losses))]
        table.choice(left, C, losses, best, "C", "validation cross-entropy")
        table.choice(right, C, [frame.metrics["validation accuracy"] for frame in tried], best, "C", self.score_name)
        right.set_title("")
        for ax in (left, right):
            ax.set_xlim(STRENGTHS[0] / 1.5, STRENGTHS[-1] * 1.5)

"""The common part of the demos for the user's own table: the splits, the report, and the pictures.

    n samples   d features   K classes   R rows of coefficients: 1, or one for each of K > 2 classes
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ai_from_scratch.data import load_table
from ai_from_scratch.stage import fonts, paint, theme
from ai_from_scratch.stage.demo import DataUse, Picture, Report, Settings
from ai_from_scratch.stage.fonts import short

MAX_FEATURES_SHOWN = 14           # features in one picture

Predict = Callable[[np.ndarray], np.ndarray]


class DescentFrame(NamedTuple):
    """One step of the descent."""

    step: int
    steps: int
    metrics: dict[str, float]
    coef: np.ndarray              # (R, ≤ 14) of the features with the largest coefficients

    title: str = "gradient descent"
    hold: float = 0.08


class TableDemo:
    """Loads the table and standardises it by its training rows; a chapter adds train, draw, figures and report."""

    wanted: ClassVar[str] = "either"
    otherwise: ClassVar[str] = ""                   # what to try if the target is of the other kind
    about_categories: ClassVar[str] = ""            # how this model treats columns of zeros and ones, if it matters

    def __init__(self, settings: Settings) -> None:
        assert settings.csv is not None and settings.target is not None, "the command line requires both"
        self.table = load_table(settings.csv, settings.target, wanted=self.wanted, otherwise=self.otherwise,
                                seed=settings.seed, missing=settings.missing or None)
        self.parts = self.table.data.standardized()
        self.names, self.class_names = self.parts.feature_names, self.parts.class_names
        sizes = [len(part.y) for part in (self.parts.train, self.parts.validation, self.parts.test)]
        self.data = [DataUse(self.parts.name, self.table.data.source, *sizes)]
        self.score_name = "validation accuracy" if self.class_names else "validation R²"
        self.boxes = fonts.told(fonts.provide("".join([self.table.target, *self.names, *self.class_names])))

    def title(self, shown: int) -> str:
        """The title above the coefficients of `shown` features."""
        target, d = short(self.table.target), len(self.names)
        return target if shown == d else f"{target}: the {shown} strongest of {d} features"

    def judge(self, predict: Predict, chosen: str) -> Report:
        """The score of the chosen model on the test rows, and the score of the majority class or of the training
        mean."""
        y, test = self.parts.train.y, self.parts.test
        predicted, notes = predict(test.X), [*self.table.notes, chosen, *filter(None, [self.boxes])]
        if self.table.categories and self.about_categories:
            notes.append(f"{', '.join(map(repr, self.table.categories[:5]))}: {self.about_categories}")
        if self.class_names:
            majority = np.bincount(y).argmax()
            return Report({"test_accuracy": float(np.mean(predicted == test.y))},
                          {"test_accuracy": float(np.mean(majority == test.y))}, "majority class", notes)
        ours, mean = predicted - test.y, y.mean() - test.y                   # (n,)
        metrics, baseline = ({"test_r2": r_squared(error, test.y), "test_rmse": float(np.sqrt(np.mean(error**2)))}
                             for error in (ours, mean))
        if (test.y == test.y[0]).all():                                      # R² = 1 − squared errors / 0
            del metrics["test_r2"], baseline["test_r2"]
            notes.append(f"There is no R²: the target is the same in all {len(test.y)} test rows. Another --seed may "
                         "split the table in another way.")
        return Report(metrics, baseline, "mean", notes)

    def judged(self, predict: Predict) -> Picture:
        """Draws the same predictions."""
        test = self.parts.test
        predicted = predict(test.X)
        if self.class_names:
            K = len(self.class_names)
            side = min(8.0, 3.4 + 0.3 * K)

            def table_of_mistakes(figure: Figure) -> None:
                ax = figure.add_subplot()
                paint.confusion(ax, test.y, predicted, [short(name, 16) for name in self.class_names])

            return Picture("confusion.png", table_of_mistakes,
                           "Test rows, which were not used for the training or for a choice. The diagonal counts "
                           "correct "
                           "predictions. A dark square beside it is a pair of classes that the model confuses. A "
                           "column darker than its row is a class that the model predicts too often.", size=(8, side))
        return Picture("predictions.png", lambda figure: predictions_and_residuals(
            figure, test.y, predicted, self.table.target),
            "Test rows, which were not used for the training or for a choice. Left: a prediction on the dashed line "
            "is exact. "
            "Right: the residuals should have no pattern. If they follow a curve, try a curved model. If they form a "
            "funnel, large values are less certain.", size=(8, 4.2))


def r_squared(error: np.ndarray, y: np.ndarray) -> float:           # (n,), (n,)
    """1 − sum of squared errors / sum of squared deviations from the mean; NaN if all y are equal."""
    varies = float(((y - y.mean()) ** 2).sum())
    return 1 - float((error**2).sum()) / varies if varies > 0 else float("nan")


def strongest(coef: np.ndarray) -> np.ndarray:                      # (R, d) -> (≤ MAX_FEATURES_SHOWN,)
    """The features with the largest coefficients, the largest first."""
    return np.argsort(-np.abs(coef).max(axis=0), kind="stable")[:MAX_FEATURES_SHOWN]


def shown_steps(steps: int, frames: int = 60) -> set[int]:
    """Steps that are evenly spaced in log(step): most changes are early, a few are very late."""
    return set(np.unique(np.geomspace(1, steps, frames).round().astype(int)).tolist())


def coefficients(ax: Axes, names: Sequence[str], coef: np.ndarray, class_names: Sequence[str] = (),
                 best: np.ndarray | None = None) -> None:
    """Draws coef (R, m) of m named features: bars if R is 1, else a dot for each class.  `best` (R, m): the minimum."""
    places = np.arange(len(names))
    limit = 1.15 * np.abs(coef if best is None else best).max() or 1.0
    ax.axvline(0, color=theme.GREY, linewidth=0.8)
    if len(coef) == 1:
        ax.barh(places, coef[0], color=np.where(coef[0] > 0, theme.POSITIVE, theme.NEGATIVE), alpha=0.5, height=0.7)
    else:
        ax.hlines(places, coef.min(axis=0), coef.max(axis=0), color=theme.PALE, linewidth=1)
        for k, row in enumerate(coef[:10]):
            ax.plot(row, places, "o", color=theme.CLASS_COLOURS[k], markersize=5,
                    label=short(class_names[k], 14) if k < len(class_names) else None)
        if class_names:
            ax.legend(loc="lower right", fontsize=8, frameon=True, framealpha=0.8, edgecolor="none")
    if best is not None:
        for row in best:
            ax.plot(row, places, "D", color=theme.INK, markersize=4 if len(coef) == 1 else 2)
    ax.set(xlim=(-limit, limit), xlabel="coefficient per standard deviation", ylim=(len(names) - 0.4, -0.6))
    ax.set_yticks(places, [short(name) for name in names])


def descent(loss_ax: Axes, score_ax: Axes, steps: Sequence[int], loss: Sequence[float], score: Sequence[float],
            score_name: str, last: int) -> None:
    """Draws the training loss above and the score on validation rows below, both against log(step)."""
    for ax, values, label, colour in ((loss_ax, loss, "training loss", theme.TRAINING),
                                      (score_ax, score, score_name, theme.HELD_OUT)):
        ax.plot(steps, values, color=colour)
        ax.plot(steps[-1:], values[-1:], "o", color=colour)
        ax.set(xscale="log", xlim=(0.9, last * 1.1), ylabel=label)
    loss_ax.set_title(f"step {steps[-1]:,}: loss {loss[-1]:.4g}, {score_name} {score[-1]:.3f}")
    score_ax.set(xlabel="step", ylim=(max(min(score), -0.3) - 0.02, max(score) + 0.05))    # R² may start far below 0


def choice(ax: Axes, values: Sequence[float], scores: Sequence[float], best: float, label: str, score: str) -> None:
    """Draws the score on validation rows for each value that was tried, on a logarithmic axis, and the chosen value."""
    ax.plot(values, scores, "o-", color=theme.HELD_OUT, markersize=4)
    ax.plot([best], [scores[list(values).index(best)]], "D", color=theme.INK, markersize=8, zorder=3)
    ax.set(xscale="log", xlabel=label, ylabel=score, title=f"chosen: {label} = {best:g}")


def predictions_and_residuals(figure: Figure, true: np.ndarray, predicted: np.ndarray, target: str) -> None:
    left, right = figure.subplots(1, 2)
    dots = {"color": theme.BLUE, "markersize": 4, "alpha": 0.7 if len(true) < 1000 else 0.2}
    ends = np.array([min(true.min(), predicted.min()), max(true.max(), predicted.max())])
    left.plot(ends, ends, "--", color=theme.GREY)
    left.plot(true, predicted, "o", **dots)
    r2 = r_squared(predicted - true, true)
    left.set(xlabel=f"true {short(target)}", ylabel="predicted",
             title=f"test R² = {r2:.3f}" if np.isfinite(r2) else "no R²: the target is the same everywhere")
    right.axhline(0, color=theme.GREY, linestyle="--")
    right.plot(predicted, true - predicted, "o", **dots)
    right.set(xlabel="predicted", ylabel="residual: true − predicted")
    for ax in (left, right):
        ax.set_box_aspect(1)
        ax.xaxis.set_major_locator(MaxNLocator(4))          # large numbers need space

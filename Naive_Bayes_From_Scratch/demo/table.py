"""Naive Bayes on the user's own table: rows are added step by step, and the bell curves converge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ai_from_scratch.stage import table, theme
from ai_from_scratch.stage.demo import Picture, Report, Settings
from Naive_Bayes_From_Scratch.naive_bayes import GaussianNB


class CountingFrame(NamedTuple):
    """The bell curves after some of the rows."""

    step: int                     # rows used so far
    steps: int
    metrics: dict[str, float]
    mu: np.ndarray                # (K, ≤ 14) means of the features that separate the classes best
    spread: np.ndarray            # (K, ≤ 14) standard deviations

    title: str = "adding rows"
    hold: float = 0.08


class Demo(table.TableDemo):
    """There is nothing to choose: the means and variances of the training rows are the model."""

    uses = frozenset({"csv", "target", "missing", "set"})
    model_class = GaussianNB
    wanted = "classes"
    otherwise = "The chapters linear and knn learn numbers."
    about_categories = ("each value became a column of zeros and ones, and this model lays a bell curve over it. If "
                        "no training row of a class has a value, its column has a variance near 0 in that class: a "
                        "row with this value is then never given this class. The chapters logistic and knn assume no "
                        "such curve.")

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        whole = GaussianNB(**settings.parameters).fit(*self.parts.train)
        between = whole.theta_.var(axis=0)                                           # (d,)
        self.shown = np.argsort(-between / whole.var_.mean(axis=0), kind="stable")[:table.MAX_FEATURES_SHOWN]
        self.model = GaussianNB(**settings.parameters)
        self.counted: list[CountingFrame] = []

    def train(self) -> Iterator[CountingFrame]:
        X, y = self.parts.train
        ends = sorted(table.shown_steps(len(y), 80))
        for start, end in zip([0, *ends], ends, strict=False):
            self.model.partial_fit(X[start:end], y[start:end], classes=np.arange(len(self.class_names)))
            self.counted.append(CountingFrame(
                end, len(y), {"validation accuracy": self.model.score(*self.parts.validation)},
                self.model.theta_[:, self.shown].copy(), np.sqrt(self.model.var_[:, self.shown])))
            yield self.counted[-1]

    def draw(self, figure: Figure, frames: Sequence[CountingFrame]) -> None:
        figure.clear()
        left, right = figure.subplots(1, 2)
        self._means(left, frames[-1])
        left.set_title(f"after {frames[-1].step:,} rows")
        self._accuracy(right, frames)

    def figures(self) -> Iterator[Picture]:
        if not self.counted:
            return
        yield Picture("means.png", lambda figure: self._means(figure.add_subplot(), self.counted[-1]),
                      "Dots: each class's mean; bars: one standard deviation to either side. A feature whose bars lie "
                      "apart separates the classes by itself (the best are on top). A feature whose bars overlap "
                      "separates them little.", size=(8, 1.8 + 0.36 * len(self.shown)))
        yield Picture("rows.png", lambda figure: self._accuracy(figure.add_subplot(), self.counted),
                      "Accuracy on validation rows against the number of training rows used. If the curve is flat at "
                      "its end, more rows of this kind would not help; other features might.", size=(8, 3.4))
        yield self.judged(self.model.predict)

    def report(self) -> Report:
        if not self.counted:
            self.model.fit(*self.parts.train)
        rows = self.counted[-1].step if self.counted else len(self.parts.train.y)
        report = self.judge(self.model.predict, f"{rows:,} training rows were used; there was nothing to choose.")
        return replace(report, notes=[*report.notes, *self._spikes()])

    def _spikes(self) -> Iterator[str]:
        """A note about columns of numbers that have only one value in all training rows of a class."""
        X, y = self.parts.train
        one_hot = tuple(f"{name} = " for name in self.table.categories)
        found: dict[str, str] = {}                                                   # column: class
        for c in range(len(self.class_names)):
            if (y == c).sum() > 1:
                for j in np.flatnonzero(np.ptp(X[y == c], axis=0) == 0):
                    if not self.names[j].startswith(one_hot):
                        found.setdefault(self.names[j], self.class_names[c])
        if found:
            shown = ", ".join(f"{name!r} ({label})" for name, label in list(found.items())[:5])
            more = f" and {len(found) - 5} more" if len(found) > 5 else ""
            yield (f"The same value in every training row of a class: {shown}{more}. The bell curve of this class is "
                   "then nearly a spike, and the column decides almost alone. The chapters logistic and knn assume no "
                   "such curve.")

    def _means(self, ax: Axes, frame: CountingFrame) -> None:
        K, rows = frame.mu.shape
        places, width = np.arange(rows), 0.7 / min(K, 10)
        for c in range(min(K, 10)):
            at = places + (c - (min(K, 10) - 1) / 2) * width
            ax.errorbar(frame.mu[c], at, xerr=frame.spread[c], fmt="o", color=theme.CLASS_COLOURS[c], markersize=4,
                        elinewidth=2, alpha=0.85, label=table.short(self.class_names[c], 14))
        ax.set_yticks(places, [table.short(self.names[j]) for j in self.shown])
        ax.set(xlim=(-3.2, 3.2), ylim=(rows - 0.4, -0.6),
               xlabel="standard deviations from the mean of all training rows")
        ax.legend(loc="lower right", fontsize=8, frameon=True, framealpha=0.8, edgecolor="none")

    def _accuracy(self, ax: Axes, frames: Sequence[CountingFrame]) -> None:
        rows, right = zip(*((frame.step, 100 * frame.metrics["validation accuracy"]) for frame in frames), strict=True)
        ax.plot(rows, right, color=theme.HELD_OUT)
        ax.plot(rows[-1:], right[-1:], "o", color=theme.HELD_OUT)
        ax.set(xscale="log", xlim=(0.9, frames[-1].steps * 1.1), ylim=(0, 103), xlabel="training rows used",
               ylabel="validation accuracy (%)")

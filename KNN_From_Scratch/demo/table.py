"""k nearest neighbours on the user's own table: k is chosen on the validation rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ai_from_scratch.data import DataError
from ai_from_scratch.stage import table, theme
from ai_from_scratch.stage.demo import Picture, Report, Settings
from KNN_From_Scratch.knn import KNeighborsClassifier, KNeighborsRegressor

NEIGHBOUR_COUNTS = [1, 2, 3, 5, 7, 9, 12, 16, 21, 31, 45, 65, 95]
MAX_VALIDATION_ROWS = 2000                 # more rows would not change the choice of k


class NeighboursFrame(NamedTuple):
    """One number of neighbours, tried on the validation rows."""

    step: int
    steps: int
    metrics: dict[str, float]

    title: str = "choosing k"
    hold: float = 0.3


class Demo(table.TableDemo):
    """The neighbours vote if the target is a class; if it is a number, their numbers are averaged.  Features are
    standardised, so that their units do not matter."""

    uses = frozenset({"csv", "target", "missing", "set"})
    model_class = KNeighborsClassifier         # the regressor has the same parameters

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        model = KNeighborsClassifier if self.class_names else KNeighborsRegressor
        self.model: KNeighborsClassifier | KNeighborsRegressor = model(**settings.parameters)
        self.model.fit(*self.parts.train)
        self.asked = [part[:MAX_VALIDATION_ROWS] for part in self.parts.validation]           # (N, d), (N,)
        self.ks = [k for k in NEIGHBOUR_COUNTS if k < len(self.parts.train.y)]
        if "n_neighbors" in settings.parameters:                   # k was set: there is nothing to choose
            self.ks = [settings.parameters["n_neighbors"]]
            if self.ks[0] > len(self.parts.train.y):
                raise DataError(f"--set n_neighbors={self.ks[0]}: there are only {len(self.parts.train.y)} training "
                                "rows. Take at most as many neighbours.")
        self.is_set = "n_neighbors" in settings.parameters
        self.k, self.score = self.ks[0] if self.is_set else min(5, self.ks[-1]), -np.inf
        self.tried: list[NeighboursFrame] = []

    def train(self) -> Iterator[NeighboursFrame]:
        for step, k in enumerate(self.ks, start=1):
            score = float(self.model.set_params(n_neighbors=k).score(*self.asked))
            if score > self.score:                                 # of several k with the same score, the smallest
                self.k, self.score = k, score
            self.tried.append(NeighboursFrame(step, len(self.ks), {"k": k, self.score_name: score}))
            yield self.tried[-1]

    def draw(self, figure: Figure, frames: Sequence[NeighboursFrame]) -> None:
        figure.clear()
        self._choice(figure.add_subplot(), frames)

    def figures(self) -> Iterator[Picture]:
        if self.tried:
            yield Picture("neighbours.png", lambda figure: self._choice(figure.add_subplot(), self.tried),
                          "With few neighbours every stray row decides (left). With many, rows far from the query vote "
                          "too (right). The diamond is the chosen k; only this one is used on the test rows. If the "
                          "curve is uneven, there are few validation rows.", size=(8, 3.8))
        shown, loss = self._importance()
        yield Picture("importance.png", lambda figure: self._paint_importance(figure.add_subplot(), shown, loss),
                      "The loss of score when one feature is shuffled among the validation rows: it shows which "
                      "features the predictions depend on. Near zero or below, the feature is not needed.",
                      size=(8, 1.6 + 0.28 * len(shown)))
        yield self.judged(self._chosen().predict)

    def report(self) -> Report:
        if self.is_set:
            how = f"k = {self.k} was set, not chosen."
        elif self.tried:
            how = (f"Chosen on {len(self.asked[1]):,} validation rows among {len(self.tried)} values: k = {self.k} "
                   f"({self.score_name.split()[-1]} {self.score:.3f}).")
        else:
            how = f"Stopped before k was chosen: k = {self.k}."
        return self.judge(self._chosen().predict, how)

    def _chosen(self) -> KNeighborsClassifier | KNeighborsRegressor:
        return self.model.set_params(n_neighbors=self.k)

    def _importance(self) -> tuple[np.ndarray, np.ndarray]:        # (≤ 14,), (≤ 14,)
        """The features whose shuffling lowers the score most, and the loss of score."""
        X, y = (part[:500] for part in self.asked)
        model, rng = self._chosen(), np.random.default_rng(0)
        whole, loss = model.score(X, y), np.zeros(X.shape[1])
        for j in range(min(X.shape[1], 60)):
            shuffled = X.copy()
            shuffled[:, j] = rng.permutation(X[:, j])
            loss[j] = whole - model.score(shuffled, y)
        shown = np.argsort(-loss, kind="stable")[:table.MAX_FEATURES_SHOWN]
        return shown, loss[shown]

    def _paint_importance(self, ax: Axes, shown: np.ndarray, loss: np.ndarray) -> None:
        places = np.arange(len(shown))
        ax.barh(places, loss, color=theme.SKY, height=0.7)
        ax.axvline(0, color=theme.GREY, linewidth=0.8)
        ax.set_yticks(places, [table.short(self.names[j]) for j in shown])
        ax.set(xlabel=f"{self.score_name} lost when the feature is shuffled", ylim=(len(shown) - 0.4, -0.6))

    def _choice(self, ax: Axes, tried: Sequence[NeighboursFrame]) -> None:
        k, scores = zip(*((frame.metrics["k"], frame.metrics[self.score_name]) for frame in tried), strict=True)
        table.choice(ax, k, scores, k[int(np.argmax(scores))], "k", self.score_name)
        ax.set(xlim=(0.9, self.ks[-1] * 1.1), xlabel="k, the number of neighbours")
        ax.set_xticks(self.ks, [str(k) for k in self.ks], minor=False)
        ax.minorticks_off()

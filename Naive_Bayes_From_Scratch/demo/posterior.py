"""One measurement: the prior times the likelihood, divided by their sum, is the posterior.  The picture has three rows
over one axis.

    K classes   g places on the axis
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from ai_from_scratch.stage import theme
from Naive_Bayes_From_Scratch.demo.gaussians import density
from Naive_Bayes_From_Scratch.naive_bayes import GaussianNB

PROBABILITY_SCALE = 1.25       # the end of the bars' scale: the number beside a bar of length 1 has room
ROW_TITLES = ("prior P(c)", "likelihood p(x | c)", "posterior P(c | x)")


class PosteriorFrame(NamedTuple):
    """The measurement at one place on its axis."""

    step: int
    steps: int
    metrics: dict[str, float]
    x: float

    title: str = "one measurement"
    hold: float = 0.12


def bayes_rule(model: GaussianNB, x: np.ndarray) -> np.ndarray:              # (g,) -> (3, g, K)
    """Prior, likelihood and posterior of each class at each x; the model has one feature.

    The posterior is the model's own, computed from logarithms: it is right even where all likelihoods are 0 in float64.
    """
    prior = np.broadcast_to(model.class_prior_, (len(x), len(model.class_prior_)))                   # (g, K)
    likelihood = np.column_stack([density(x, *moments) for moments in zip(model.theta_[:, 0], model.var_[:, 0],
                                                                          strict=True)])             # (g, K)
    return np.stack([prior, likelihood, model.predict_proba(x[:, None])])


def where_the_prior_decides(model: GaussianNB, x: np.ndarray) -> float:
    """The middle of the longest stretch of the axis x (g,) where the most likely class is not the most probable one.

    If there is no such stretch: the place where the largest posterior is smallest.
    """
    _, likelihood, posterior = bayes_rule(model, x)
    differs = likelihood.argmax(axis=1) != posterior.argmax(axis=1)          # (g,)
    if not differs.any():
        return float(x[posterior.max(axis=1).argmin()])
    stretches = np.split(np.arange(len(x)), np.flatnonzero(np.diff(differs)) + 1)
    longest = max((stretch for stretch in stretches if differs[stretch[0]]), key=len)
    return float(x[longest[len(longest) // 2]])


class ThreeRows:
    """The curves are painted once; `update` moves the measurement, its dots and the bars of its values."""

    def __init__(self, figure: Figure, model: GaussianNB, x: np.ndarray, names: Sequence[str], label: str) -> None:
        self.model, self.names = model, names
        grid = figure.subplots(3, 2, width_ratios=[2.4, 1], height_ratios=[0.8, 1, 1], squeeze=False)
        self.curves, self.bars_axes = list(grid[:, 0]), list(grid[:, 1])
        for ax, values, name in zip(self.curves, bayes_rule(model, x), ROW_TITLES, strict=True):
            for c, curve in enumerate(values.T):
                ax.plot(x, curve, color=theme.CLASS_COLOURS[c])
            ax.set(xlim=(x[0], x[-1]), ylim=(0, 1.18 * values.max()), ylabel=name)
        for ax in self.curves[:2]:
            ax.sharex(self.curves[2])
            ax.tick_params(labelbottom=False)
        likelihood = bayes_rule(model, x)[1]
        for c, name in enumerate(names):
            peak = likelihood[:, c].argmax()
            self.curves[1].annotate(name, (x[peak], likelihood[peak, c]), xytext=(0, 6), textcoords="offset points",
                                    ha="center", color=theme.CLASS_COLOURS[c], fontsize=9, zorder=5,
                                    bbox={"facecolor": theme.BACKGROUND, "edgecolor": "none", "pad": 1})
        self.curves[2].set_xlabel(label)
        self.lines = [ax.axvline(x[0], color=theme.ACCENT, linewidth=1.5) for ax in self.curves]
        self.dots = [ax.scatter([], [], s=30, zorder=4, edgecolors=theme.BACKGROUND, clip_on=False)
                     for ax in self.curves]
        self.bars, self.numbers = [], []
        for ax, row in zip(self.bars_axes, self.curves, strict=True):
            self.bars.append(ax.barh(names, np.zeros(len(names)), color=theme.CLASS_COLOURS[:len(names)], height=0.7))
            self.numbers.append([ax.text(0, c, "", va="center", fontsize=9) for c in range(len(names))])
            ax.invert_yaxis()
            density = row is self.curves[1]
            ax.set(xlim=(0, 1.35 * row.get_ylim()[1] if density else PROBABILITY_SCALE),
                   xticks=[] if density else [0, 0.5, 1])
            ax.set_title("density" if density else "probability", fontsize=9, color=theme.GREY)
            ax.spines["bottom"].set_visible(False)

    def update(self, x: float) -> None:
        rows = bayes_rule(self.model, np.array([x]))[:, 0]                   # (3, K)
        for line, dots, bars, numbers, values in zip(self.lines, self.dots, self.bars, self.numbers, rows, strict=True):
            line.set_xdata([x, x])
            dots.set_offsets(np.column_stack([np.full(len(values), x), values]))
            dots.set_facecolor(theme.CLASS_COLOURS[:len(values)])
            for bar, number, value in zip(bars, numbers, values, strict=True):
                bar.set_width(value)
                number.set_text(f" {value:.2f}")
                number.set_x(value)
        prior, likelihood, posterior = rows
        titles = (f"before the measurement: {self.names[prior.argmax()]} is the most common",
                  f"x = {round(x, 2) + 0.0:.2f}: most likely under {self.names[likelihood.argmax()]}",
                  f"prior × likelihood / sum: {self.names[posterior.argmax()]}, P = {posterior.max():.2f}")
        for ax, title in zip(self.curves, titles, strict=True):
            ax.set_title(title, fontsize=10)


def sentence(model: GaussianNB, x: float, names: Sequence[str]) -> str:
    prior, likelihood, posterior = bayes_rule(model, np.array([x]))[:, 0]
    c = int(posterior.argmax())
    return (f"{names[c]}: {prior[c]:.3g} × {likelihood[c]:.3g} = {prior[c] * likelihood[c]:.3g} of "
            f"{prior @ likelihood:.3g} in all, so P = {posterior[c]:.2f}.")

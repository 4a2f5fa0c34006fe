"""Thirteen measurements of wines: the bell curves of each, and how a single wine's measurements add up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ai_from_scratch.data import Dataset
from ai_from_scratch.stage import theme
from Naive_Bayes_From_Scratch.demo_iris import Learnt, bell
from Naive_Bayes_From_Scratch.naive_bayes import GaussianNB


def telling(data: Dataset, most: int) -> np.ndarray:                         # (most,)
    """The features whose class means lie farthest apart, measured by the spread within the classes."""
    model = GaussianNB().fit(*data.train)
    between = model.theta_.var(axis=0)                                       # (d,)
    return np.argsort(-between / model.var_.mean(axis=0))[:most]


def words(feature: str) -> str:
    return feature.replace("_", " ").replace("od280/od315 of diluted wines", "OD280/OD315")


class GrowingCurves:
    """One small panel a feature; `update` moves the curves, prior × density of each class."""

    def __init__(self, axes: Sequence[Axes], data: Dataset, features: np.ndarray) -> None:
        self.features = features
        self.x, self.lines = [], []
        final = Learnt.by(GaussianNB().fit(*data.train))                     # for room enough
        for ax, j in zip(axes, features, strict=True):
            values = data.train.X[:, j]
            margin = 0.15 * np.ptp(values)
            self.x.append(np.linspace(values.min() - margin, values.max() + margin, 150))
            self.lines.append([ax.plot([], [], color=theme.CLASS_COLOURS[c], label=name)[0]
                               for c, name in enumerate(data.class_names)])
            ax.set(xlim=self.x[-1][[0, -1]], yticks=[], xlabel=words(data.feature_names[j]))
            ax.spines["left"].set_visible(False)
            ax.set_ylim(0, 1.3 * (final.prior * bell(0, 0, final.var[:, j])).max())
        axes[0].legend(loc="upper right", fontsize=8)

    def update(self, learnt: Learnt) -> None:
        for x, j, lines in zip(self.x, self.features, self.lines, strict=True):
            for c, line in enumerate(lines):
                line.set_data(x, learnt.prior[c] * bell(x, learnt.theta[c, j], learnt.var[c, j]))
                line.set_visible(bool(learnt.prior[c] > 0))


def densities(figure: Figure, data: Dataset, model: GaussianNB) -> None:
    """Histograms of the training wines with what was learnt of them; dotted where the decision flips."""
    learnt, names = Learnt.by(model), data.class_names
    for ax, j in zip(figure.subplots(2, 3).flat, telling(data, 6), strict=True):
        values, n = data.train.X[:, j], len(data.train.y)
        edges = np.linspace(values.min(), values.max(), 19)
        x = np.linspace(1.5 * edges[0] - 0.5 * edges[2], edges[-1] + edges[1] - edges[0], 400)
        curves = [learnt.prior[c] * bell(x, learnt.theta[c, j], learnt.var[c, j]) for c in range(len(names))]
        for c, (name, curve) in enumerate(zip(names, curves, strict=True)):
            of_class = values[data.train.y == c]
            ax.hist(of_class, edges, weights=np.full(len(of_class), 1 / (n * (edges[1] - edges[0]))), alpha=0.3,
                    color=theme.CLASS_COLOURS[c])
            ax.plot(x, curve, color=theme.CLASS_COLOURS[c], label=name)
        winner = np.argmax(curves, axis=0)                                   # (400,)
        for flip in x[1:][winner[1:] != winner[:-1]]:
            ax.axvline(flip, color=theme.INK, linestyle=":", linewidth=1.2)
        ax.set(xlim=(x[0], x[-1]), ylim=(0, None), yticks=[], xlabel=words(data.feature_names[j]))
        ax.spines["left"].set_visible(False)
    figure.axes[0].legend(fontsize=8)


def waterfall(figure: Figure, data: Dataset, model: GaussianNB) -> None:
    """The most contested validation wine: from the priors, one feature after the other, to the verdict."""
    X = data.validation.X
    joint = model.predict_joint_log_proba(X)                                 # (n, K)
    ranked = np.sort(joint, axis=1)
    i = int((ranked[:, -1] - ranked[:, -2]).argmin())
    first, second = np.argsort(-joint[i])[:2]
    log_bell = -0.5 * ((X[i] - model.theta_) ** 2 / model.var_ + np.log(2 * np.pi * model.var_))    # (K, d)
    gain = log_bell[first] - log_bell[second]                                # (d,) what each feature adds to the odds
    order = np.argsort(-np.abs(gain))
    prior = np.log(model.class_prior_[first] / model.class_prior_[second])
    steps = np.concatenate([[prior], gain[order]])
    ends = steps.cumsum()
    names = ["prior", *(f"{words(data.feature_names[j])} = {X[i, j]:g}" for j in order)]

    ax = figure.add_subplot()
    colours = [theme.CLASS_COLOURS[first if step > 0 else second] for step in steps]
    ax.barh(names, steps, left=ends - steps, color=colours, height=0.7)
    ax.vlines(ends[:-1], np.arange(len(ends) - 1), np.arange(1, len(ends)), color=theme.GREY, linewidth=0.8)
    ax.barh(["sum"], ends[-1:], color=theme.CLASS_COLOURS[first if ends[-1] > 0 else second], height=0.7)
    ax.axvline(0, color=theme.INK, linewidth=1)
    ax.invert_yaxis()
    ax.margins(x=0.04)
    a, b = data.class_names[first], data.class_names[second]
    probability = model.predict_proba(X[i:i + 1])[0, first]
    ax.set(xlabel=f"log of the odds: ← {b}    {a} →",
           title=f"verdict: {a}, P = {probability:.2f}; in truth {data.class_names[data.validation.y[i]]}")

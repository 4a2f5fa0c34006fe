"""Thirteen measurements of wines: their bell curves as samples are added, and the sum that decides one wine."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ai_from_scratch.data import Dataset
from ai_from_scratch.stage import theme
from Naive_Bayes_From_Scratch.demo.gaussians import density
from Naive_Bayes_From_Scratch.naive_bayes import GaussianNB


def separating_features(data: Dataset, count: int) -> np.ndarray:            # (count,)
    """The features whose class means are farthest apart, relative to the variance within the classes."""
    model = GaussianNB().fit(*data.train)
    between = model.theta_.var(axis=0)                                       # (d,)
    return np.argsort(-between / model.var_.mean(axis=0))[:count]


def readable(feature: str) -> str:
    return feature.replace("_", " ").replace("od280/od315 of diluted wines", "OD280/OD315")


class Accuracy:
    """Accuracy on validation samples against the number of samples used so far."""

    def __init__(self, ax: Axes, steps: int) -> None:
        self.line, = ax.plot([], [], color=theme.BLUE)
        self.ax = ax
        ax.set(xlim=(0, steps), ylim=(0, 103), xlabel="samples used so far", ylabel="accuracy on validation (%)")

    def update(self, steps: Sequence[int], accuracy: Sequence[float]) -> None:
        self.line.set_data(steps, [100 * a for a in accuracy])
        self.ax.set_title(f"{100 * accuracy[-1]:.0f} % validation accuracy")


class GrowingCurves:
    """One small panel for each feature; `update` moves the curves, prior × density of each class."""

    def __init__(self, axes: Sequence[Axes], data: Dataset, features: np.ndarray) -> None:
        self.features = features
        self.x, self.lines = [], []
        final = GaussianNB().fit(*data.train)                                # its curves set the height of the axes
        for ax, j in zip(axes, features, strict=True):
            values = data.train.X[:, j]
            margin = 0.15 * np.ptp(values)
            self.x.append(np.linspace(values.min() - margin, values.max() + margin, 150))
            self.lines.append([ax.plot([], [], color=theme.CLASS_COLOURS[c], label=name)[0]
                               for c, name in enumerate(data.class_names)])
            ax.set(xlim=self.x[-1][[0, -1]], yticks=[], xlabel=readable(data.feature_names[j]))
            ax.spines["left"].set_visible(False)
            ax.set_ylim(0, 1.3 * (final.class_prior_ / np.sqrt(2 * np.pi * final.var_[:, j])).max())
        axes[0].legend(loc="upper right", fontsize=8)

    def update(self, theta: np.ndarray, var: np.ndarray, prior: np.ndarray) -> None:     # (K, d), (K, d), (K,)
        for x, j, lines in zip(self.x, self.features, self.lines, strict=True):
            for c, line in enumerate(lines):
                line.set_data(x, prior[c] * density(x, theta[c, j], var[c, j]))
                line.set_visible(bool(prior[c] > 0))


def waterfall(figure: Figure, data: Dataset, model: GaussianNB) -> None:
    """The validation wine that is closest between two classes: the prior, then each feature, then their sum."""
    X = data.validation.X
    joint = model.predict_joint_log_proba(X)                                 # (n, K)
    ranked = np.sort(joint, axis=1)
    i = int((ranked[:, -1] - ranked[:, -2]).argmin())
    first, second = np.argsort(-joint[i])[:2]
    log_bell = -0.5 * ((X[i] - model.theta_) ** 2 / model.var_ + np.log(2 * np.pi * model.var_))    # (K, d)
    gain = log_bell[first] - log_bell[second]                                # (d,) added to the log odds
    order = np.argsort(-np.abs(gain))
    prior = np.log(model.class_prior_[first] / model.class_prior_[second])
    steps = np.concatenate([[prior], gain[order]])
    ends = steps.cumsum()
    names = ["prior", *(f"{readable(data.feature_names[j])} = {X[i, j]:g}" for j in order)]

    ax = figure.add_subplot()
    colours = [theme.CLASS_COLOURS[first if step > 0 else second] for step in steps]
    ax.barh(names, steps, left=ends - steps, color=colours, height=0.7)
    ax.vlines(ends[:-1], np.arange(len(ends) - 1), np.arange(1, len(ends)), color=theme.GREY, linewidth=0.8)
    ax.barh(["sum"], ends[-1:], color=theme.CLASS_COLOURS[first if ends[-1] > 0 else second], height=0.7)
    ax.axvline(0, color=theme.INK, linewidth=1)
    ax.invert_yaxis()
    ax.use_sticky_edges = False
    ax.margins(x=0.04, y=0.01)
    a, b = data.class_names[first], data.class_names[second]
    probability = model.predict_proba(X[i:i + 1])[0, first]
    ax.set(xlabel=f"log of the odds: ← {b}    {a} →",
           title=f"prediction: {a}, P = {probability:.2f}; true class: {data.class_names[data.validation.y[i]]}")

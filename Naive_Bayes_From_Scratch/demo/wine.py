"""Thirteen measurements of wines: the bell curves while samples are added, and the sum that decides a wine's class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ai_from_scratch.data import Dataset
from ai_from_scratch.stage import theme
from Logistic_Regression_From_Scratch.cross_entropy import log_softmax
from Naive_Bayes_From_Scratch.demo.gaussians import density
from Naive_Bayes_From_Scratch.naive_bayes import GaussianNB, log_densities

CULTIVARS = ("cultivar 1", "cultivar 2", "cultivar 3")       # the names in the data set's documentation


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
        self.line, = ax.plot([], [], color=theme.HELD_OUT, drawstyle="steps-post")
        self.ax = ax
        ax.set(xlim=(0, steps), ylim=(0, 103), xlabel="samples used so far", ylabel="accuracy (%)")

    def update(self, accuracy: Sequence[float]) -> None:
        """accuracy: after each sample, from the first one on."""
        self.line.set_data(range(1, len(accuracy) + 1), [100 * share for share in accuracy])
        self.ax.set_title(f"{100 * accuracy[-1]:.0f} % of the validation samples right")


class OneWine:
    """One validation wine is classified again and again, while training wines are added.

    Above: for the five features that separate the classes best, prior × density of each class, and a line at this
        wine's value.  Below: the wine's posterior from all features, and the accuracy on all validation wines.
    """

    def __init__(self, figure: Figure, data: Dataset, i: int, steps: int) -> None:
        final = GaussianNB().fit(*data.train)
        self.X, self.true = data.validation.X[i : i + 1], data.validation.y[i]                          # (1, d), ()
        self.features = separating_features(data, 5)                                                    # (5,)
        axes = figure.subplot_mosaic([["0", "0", "1", "2"], ["0", "0", "3", "4"], ["bars", "bars", "right", "right"]],
                                     width_ratios=[1.8, 1.8, 1, 1], height_ratios=[1.5, 1.5, 1])
        self.bars = axes["bars"].barh(CULTIVARS, np.zeros(3), color=theme.CLASS_COLOURS[:3], height=0.7)
        axes["bars"].invert_yaxis()
        axes["bars"].set(xlim=(0, 1), xlabel="P(c | this wine), by all 13 measurements")
        self.accuracy = Accuracy(axes["right"], steps)
        self.panels, self.x, self.lines = [axes[str(panel)] for panel in range(5)], [], []
        for ax, j in zip(self.panels, self.features, strict=True):
            values = data.train.X[:, j]
            margin = 0.15 * np.ptp(values)
            self.x.append(np.linspace(values.min() - margin, values.max() + margin, 200))
            self.lines.append([ax.plot([], [], color=theme.CLASS_COLOURS[c])[0] for c in range(3)])
            ax.axvline(self.X[0, j], 0, 0.9, color=theme.ACCENT, linewidth=1.5)
            ax.set(xlim=self.x[-1][[0, -1]], yticks=[], xlabel=readable(data.feature_names[j]))
            ax.spines["left"].set_visible(False)
        hero = self.panels[0]
        for c, name in enumerate(CULTIVARS):
            hero.text(final.theta_[c, self.features[0]], 0.985, name, transform=hero.get_xaxis_transform(), ha="center",
                      va="top", color=theme.CLASS_COLOURS[c], fontsize=9)
        hero.set_ylabel("prior × density")

    def update(self, mu: np.ndarray, var: np.ndarray, prior: np.ndarray) -> None:     # (K, d), (K, d), (K,)
        seen = prior > 0
        for ax, x, j, lines in zip(self.panels, self.x, self.features, self.lines, strict=True):
            curves = [prior[c] * density(x, mu[c, j], var[c, j]) if seen[c] else 0 * x for c in range(len(prior))]
            for line, curve, there in zip(lines, curves, seen, strict=True):
                line.set_data(x, curve)
                line.set_visible(bool(there))
            ax.set_ylim(0, 1.18 * float(np.max(curves)) or 1.0)
        posterior = posterior_of(self.X, mu, var, prior)
        for bar, p in zip(self.bars, posterior, strict=True):
            bar.set_width(p)
        self.panels[0].set_title(f"this wine: {CULTIVARS[posterior.argmax()]}, {in_words(posterior.max())} "
                                 f"(true: {CULTIVARS[self.true]})")


def in_words(probability: float) -> str:
    """P with two decimals; 0.9999 is not 1."""
    return "P > 0.99" if probability > 0.995 else f"P = {probability:.2f}"


def closest(model: GaussianNB, X: np.ndarray) -> int:                        # (n, d)
    """The index of the sample whose two most probable classes are closest."""
    ranked = np.sort(model.predict_joint_log_proba(X), axis=1)               # (n, K)
    return int((ranked[:, -1] - ranked[:, -2]).argmin())


def posterior_of(X: np.ndarray, mu: np.ndarray, var: np.ndarray, prior: np.ndarray) -> np.ndarray:    # -> (K,)
    """P(c | x) of one sample X (1, d) with the moments of a frame; classes without samples get 0."""
    seen = prior > 0
    joint = log_densities(X, mu[seen], var[seen])[0] + np.log(prior[seen])
    posterior = np.zeros(len(prior))
    posterior[seen] = np.exp(log_softmax(joint))
    return posterior


def sentence_of_wine(X: np.ndarray, mu: np.ndarray, var: np.ndarray, prior: np.ndarray) -> str:       # X (1, d)
    p = posterior_of(X, mu, var, prior)
    return ("The upright lines are one wine's values: prior × 13 densities, divided by the sum over the cultivars: "
            f"{CULTIVARS[p.argmax()]}, {in_words(p.max())}.")


def each_wine_in_its_cell(ax: Axes, true: np.ndarray, predicted: np.ndarray, names: Sequence[str]) -> None:
    """Draws a table of true and predicted classes; every sample is a dot in the colour of its true class."""
    K, across = len(names), 4
    for c, said in np.ndindex(K, K):
        count = int(np.sum((true == c) & (predicted == said)))
        place = np.arange(count)
        ax.plot(said - 0.27 + 0.16 * (place % across), c - 0.3 + 0.17 * (place // across), "o", markersize=7,
                color=theme.CLASS_COLOURS[c])
        ax.text(said + 0.44, c + 0.44, str(count), ha="right", va="bottom", fontsize=12 if count else 9,
                color=theme.INK if c == said else theme.ACCENT if count else theme.GREY)
    for edge in np.arange(1, K) - 0.5:
        ax.axhline(edge, color=theme.PALE)
        ax.axvline(edge, color=theme.PALE)
    ax.set_xticks(range(K), names)
    ax.set_yticks(range(K), names)
    ax.set(xlim=(-0.5, K - 0.5), ylim=(K - 0.5, -0.5), xlabel="predicted", ylabel="true", aspect="equal",
           title=f"{np.sum(true == predicted)} of {len(true)} test wines right")


def waterfall(figure: Figure, data: Dataset, model: GaussianNB) -> None:
    """Draws the sum for the validation wine that is closest between two classes: the prior, then each feature, then
    their sum."""
    X = data.validation.X
    i = closest(model, X)
    first, second = np.argsort(-model.predict_joint_log_proba(X[i:i + 1])[0])[:2]
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
    name, other = CULTIVARS[first], CULTIVARS[second]
    probability = model.predict_proba(X[i:i + 1])[0, first]
    ax.set_xlabel("log of the odds", loc="right" if ends.max() > -ends.min() else "left")
    for words, side, c in ((f"← {other}  ", "right", second), (f"  {name} →", "left", first)):
        ax.annotate(words, (0, 0), (0, -20), xycoords=ax.get_xaxis_transform(), textcoords="offset points", ha=side,
                    va="top", color=theme.CLASS_COLOURS[c], fontweight="bold")
    largest, right = order[0], first == data.validation.y[i]
    ax.set_title(f"{readable(data.feature_names[largest])} favours {name if gain[largest] > 0 else other}, the sum "
                 f"{name}: P = {probability:.2f}, {'right' if right else 'wrong'}")

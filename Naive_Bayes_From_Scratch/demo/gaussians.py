"""Bell curves in the plane and over one feature: the pictures of a Gaussian naive Bayes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.patches import Ellipse

from ai_from_scratch.stage import paint, theme
from Naive_Bayes_From_Scratch.naive_bayes import GaussianNB


def ellipses(ax: Axes, means: np.ndarray, covariances: np.ndarray) -> None:
    """One and two standard deviations around each mean; means (K, 2), covariances (K, 2, 2)."""
    for k, (mean, covariance) in enumerate(zip(means, covariances, strict=True)):
        lengths, axes = np.linalg.eigh(covariance)             # (2,), (2, 2) with an axis in each column
        angle = np.degrees(np.arctan2(axes[1, 1], axes[0, 1]))
        width, height = 2 * np.sqrt(np.maximum(lengths[::-1], 0))
        for deviations, line in ((1, 2.2), (2, 1.2)):
            ax.add_patch(Ellipse((mean[0], mean[1]), deviations * width, deviations * height, angle=angle, fill=False,
                                 edgecolor=theme.CLASS_COLOURS[k], linewidth=line, zorder=4))


def regions(ax: Axes, X: np.ndarray, scores: Callable[[np.ndarray], np.ndarray], names: Sequence[str]) -> None:
    """The regions in which each class has the highest score; scores: points (m, 2) -> (m, K)."""
    x1, x2, points = paint.grid_over(X)
    codes = np.argmax(scores(points), axis=1).reshape(x1.shape)
    paint.class_regions(ax, x1, x2, codes, len(names))
    ax.set(xlim=(x1.min(), x1.max()), ylim=(x2.min(), x2.max()))


class GrowingEllipses:
    """Regions, ellipses and samples while samples are added; `update` changes them in place."""

    def __init__(self, ax: Axes, X: np.ndarray, classes: int) -> None:
        colours = theme.CLASS_COLOURS[:classes]
        x1, x2, self.points = paint.grid_over(X)
        self.ax, self.shape = ax, x1.shape
        self.regions = ax.imshow(np.zeros(x1.shape), extent=(x1.min(), x1.max(), x2.min(), x2.max()), origin="lower",
                                 aspect="auto", cmap=ListedColormap(colours), vmin=-0.5, vmax=classes - 0.5, alpha=0.25)
        self.dots = [ax.scatter([], [], s=16, color=colour, edgecolors="white", linewidths=0.4, zorder=3)
                     for colour in colours]
        self.ellipses = [[ax.add_patch(Ellipse((0, 0), 0, 0, fill=False, edgecolor=colour, linewidth=line, zorder=4))
                          for line in (2.2, 1.2)] for colour in colours]
        ax.set(xlim=(x1.min(), x1.max()), ylim=(x2.min(), x2.max()))

    def update(self, model: GaussianNB, X: np.ndarray, y: np.ndarray) -> None:
        """The model's decisions after the samples X (n, 2) with the codes y (n,)."""
        self.regions.set_data(model.predict_joint_log_proba(self.points).argmax(axis=1).reshape(self.shape))
        for k, (dots, pair) in enumerate(zip(self.dots, self.ellipses, strict=True)):
            dots.set_offsets(X[y == k])
            width, height = 2 * np.sqrt(np.maximum(model.var_[k], 0))
            for deviations, ellipse in zip((1, 2), pair, strict=True):
                ellipse.set(center=model.theta_[k], width=deviations * width, height=deviations * height)
                ellipse.set_visible(bool(model.class_count_[k]))
        self.ax.set_title("1 flower" if len(y) == 1 else f"{len(y)} flowers")


def full_log_densities(points: np.ndarray, means: np.ndarray, covariances: np.ndarray) -> np.ndarray:
    """log N(x; mean, covariance) for points (m, 2) and K classes: (m, K).  Naive Bayes leaves the covariances out."""
    columns = []
    for mean, covariance in zip(means, covariances, strict=True):
        away = points - mean                                   # (m, 2)
        squares = np.einsum("ij,ij->i", away @ np.linalg.inv(covariance), away)
        columns.append(-0.5 * squares - 0.5 * np.log(np.linalg.det(2 * np.pi * covariance)))
    return np.column_stack(columns)


def density(x: np.ndarray, mean: float, variance: float) -> np.ndarray:
    return np.exp(-0.5 * (x - mean) ** 2 / variance) / np.sqrt(2 * np.pi * variance)


def curves_over_histograms(ax: Axes, values: np.ndarray, y: np.ndarray, means: np.ndarray, variances: np.ndarray,
                           priors: np.ndarray, names: Sequence[str], label: str) -> None:
    """One feature: each class's histogram and its bell curve, both times the class's prior.

    values (n,), codes y (n,), means, variances, priors (K,).  Dotted lines where the largest curve changes.
    """
    x = np.linspace(values.min() - 0.1 * np.ptp(values), values.max() + 0.1 * np.ptp(values), 400)
    bins = np.linspace(values.min(), values.max(), 25).tolist()
    curves = []
    for k, name in enumerate(names):
        colour, of_class = theme.CLASS_COLOURS[k], values[y == k]
        weight = np.full(len(of_class), 1 / (len(values) * (bins[1] - bins[0])))
        ax.hist(of_class, bins=bins, weights=weight, color=colour, alpha=0.3)
        curve = priors[k] * density(x, means[k], variances[k])
        ax.plot(x, curve, color=colour)
        ax.annotate(name, (x[curve.argmax()], curve.max()), xytext=(0, 4), textcoords="offset points", ha="center",
                    color=colour, fontsize=8)
        curves.append(curve)
    winner = np.argmax(curves, axis=0)
    for flip in np.flatnonzero(np.diff(winner)):
        ax.axvline(x[flip], color=theme.INK, linestyle=":", linewidth=1)
    ax.set(xlabel=label, ylabel="P(class) · density")
    ax.margins(y=0.15)

"""Bell curves in the plane and over one feature: what a Gaussian naive Bayes has learnt, painted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Ellipse

from ai_from_scratch.stage import paint, theme


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
    """Where each class has the highest score, a function of points (m, 2) that returns (m, K), with its boundary."""
    x1, x2, points = paint.grid_over(X)
    codes = np.argmax(scores(points), axis=1).reshape(x1.shape)
    paint.class_regions(ax, x1, x2, codes, len(names))
    ax.set(xlim=(x1.min(), x1.max()), ylim=(x2.min(), x2.max()))


def full_log_densities(points: np.ndarray, means: np.ndarray, covariances: np.ndarray) -> np.ndarray:
    """log N(x; mean, covariance) for points (m, 2) and K classes: (m, K).  What naive Bayes leaves out is here."""
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
    """One feature: each class's histogram and its bell curve, both weighed by the class's prior.

    values (n,), codes y (n,), means, variances, priors (K,).  Dotted lines where the largest curve changes.
    """
    x = np.linspace(values.min() - 0.1 * np.ptp(values), values.max() + 0.1 * np.ptp(values), 400)
    bins = np.linspace(values.min(), values.max(), 25).tolist()
    weighed = []
    for k, name in enumerate(names):
        colour, of_class = theme.CLASS_COLOURS[k], values[y == k]
        weight = np.full(len(of_class), 1 / (len(values) * (bins[1] - bins[0])))
        ax.hist(of_class, bins=bins, weights=weight, color=colour, alpha=0.3)
        curve = priors[k] * density(x, means[k], variances[k])
        ax.plot(x, curve, color=colour)
        ax.annotate(name, (x[curve.argmax()], curve.max()), xytext=(0, 4), textcoords="offset points", ha="center",
                    color=colour, fontsize=8)
        weighed.append(curve)
    winner = np.argmax(weighed, axis=0)
    for flip in np.flatnonzero(np.diff(winner)):
        ax.axvline(x[flip], color=theme.INK, linestyle=":", linewidth=1)
    ax.set(xlabel=label, ylabel="P(class) · density")
    ax.margins(y=0.15)

"""Two lengths of iris flowers: bell curves in two directions grow with every flower, and the regions they decide."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse

from ai_from_scratch.data import Samples
from ai_from_scratch.stage import paint, theme
from Naive_Bayes_From_Scratch.naive_bayes import GaussianNB

PALE = np.array([0.72 + 0.28 * np.array(to_rgb(colour)) for colour in theme.CLASS_COLOURS])    # (10, 3)


class Learnt(NamedTuple):
    """What a model knew at one moment, copied."""

    theta: np.ndarray    # (K, d)
    var: np.ndarray      # (K, d)
    prior: np.ndarray    # (K,)

    @classmethod
    def by(cls, model: GaussianNB) -> Learnt:
        return cls(model.theta_.copy(), model.var_.copy(), model.class_prior_.copy())


def bell(x: np.ndarray | float, mean: float, variance: np.ndarray | float) -> np.ndarray:
    """N(x; mean, variance)."""
    return np.exp(-0.5 * (x - mean) ** 2 / variance) / np.sqrt(2 * np.pi * variance)


class GrowingGaussians:
    """Axes and ellipses are made once; `update` shows the flowers so far and what the model makes of them."""

    def __init__(self, ax: Axes, flowers: Samples, features: tuple[str, str], classes: tuple[str, ...]) -> None:
        self.flowers = flowers
        self.x1, self.x2, self.grid = paint.grid_over(flowers.X, 140, margin=0.6)
        extent = (self.x1.min(), self.x1.max(), self.x2.min(), self.x2.max())
        self.regions = ax.imshow(np.ones((*self.x1.shape, 3)), extent=extent, origin="lower", aspect="auto")
        self.ellipses = [[_ellipse(ax, c, reach) for reach in (1, 2)] for c in range(len(classes))]
        self.dots = [ax.plot([], [], "o", color=theme.CLASS_COLOURS[c], markeredgecolor="white", markeredgewidth=0.4,
                             markersize=5, label=name)[0] for c, name in enumerate(classes)]
        ax.set(xlim=extent[:2], ylim=extent[2:], xlabel=features[0], ylabel=features[1])
        ax.legend(loc="upper left", fontsize=8)

    def update(self, seen: int, learnt: Learnt) -> None:
        X, y = self.flowers.X[:seen], self.flowers.y[:seen]
        self.regions.set_data(PALE[decided(self.grid, learnt)].reshape(*self.x1.shape, 3))
        for c, dots in enumerate(self.dots):
            dots.set_data(*X[y == c].T)
            for reach, ellipse in enumerate(self.ellipses[c], start=1):
                ellipse.set(center=learnt.theta[c], visible=learnt.prior[c] > 0)
                ellipse.set_width(2 * reach * np.sqrt(learnt.var[c, 0]))
                ellipse.set_height(2 * reach * np.sqrt(learnt.var[c, 1]))


def decided(points: np.ndarray, learnt: Learnt) -> np.ndarray:               # (n, 2) -> (n,)
    """The class with the largest prior × density."""
    away = (points[:, None] - learnt.theta) ** 2 / learnt.var                # (n, K, 2)
    with np.errstate(divide="ignore"):
        joint = np.log(learnt.prior) - 0.5 * (away + np.log(learnt.var)).sum(axis=2)    # (n, K) but for a constant
    return joint.argmax(axis=1)


def _ellipse(ax: Axes, c: int, reach: int) -> Ellipse:
    patch = Ellipse((0, 0), 0, 0, fill=False, edgecolor=theme.CLASS_COLOURS[c], linewidth=2.2 / reach, zorder=4)
    ax.add_patch(patch)
    return patch


def naive_against_full(figure: Figure, flowers: Samples, held_out: Samples, features: tuple[str, str],
                       classes: tuple[str, ...]) -> None:
    """Left the model of this chapter; right the same with a covariance for each class, so that ellipses may tilt."""
    left, right = figure.subplots(1, 2, sharey=True)
    model = GaussianNB().fit(*flowers)
    view = GrowingGaussians(left, flowers, features, classes)
    view.update(len(flowers.y), Learnt.by(model))
    left.set_title(f"naive: {100 * model.score(*held_out):.0f} % of new flowers right")

    full = [(X.mean(axis=0), np.cov(X.T, bias=True)) for X in (flowers.X[flowers.y == c] for c in range(len(classes)))]
    codes = _full_joint(view.grid, full, model.class_prior_).argmax(axis=1)
    accuracy = (_full_joint(held_out.X, full, model.class_prior_).argmax(axis=1) == held_out.y).mean()
    right.imshow(PALE[codes].reshape(*view.x1.shape, 3), extent=view.regions.get_extent(), origin="lower",
                 aspect="auto")
    paint.samples(right, *flowers, size=18)
    for c, (mean, covariance) in enumerate(full):
        values, vectors = np.linalg.eigh(covariance)
        for reach in (1, 2):
            patch = _ellipse(right, c, reach)
            patch.set(center=mean, angle=np.degrees(np.arctan2(vectors[1, 1], vectors[0, 1])))
            patch.set_width(2 * reach * np.sqrt(values[1]))
            patch.set_height(2 * reach * np.sqrt(values[0]))
    right.set(xlim=left.get_xlim(), ylim=left.get_ylim(), xlabel=features[0],
              title=f"full covariance: {100 * accuracy:.0f} % right")


def _full_joint(points: np.ndarray, full: list[tuple[np.ndarray, np.ndarray]], prior: np.ndarray) -> np.ndarray:
    """log P(c) + log N(x; mean, covariance), but for a constant, for points (n, 2): (n, K)."""
    joint = []
    for p, (mean, covariance) in zip(prior, full, strict=True):
        away = points - mean                                                 # (n, 2)
        distance = np.einsum("ij,jk,ik->i", away, np.linalg.inv(covariance), away)
        joint.append(np.log(p) - 0.5 * (distance + np.linalg.slogdet(covariance)[1]))
    return np.column_stack(joint)

"""Pictures of a Gaussian naive Bayes: bell curves in the plane and over one feature."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse
from matplotlib.text import Text

from ai_from_scratch.data import Samples
from ai_from_scratch.stage import paint, theme
from Logistic_Regression_From_Scratch.cross_entropy import log_softmax
from Naive_Bayes_From_Scratch.naive_bayes import GaussianNB, log_densities

LEAST_DISTANCE_OF_A_NAME = 0.1       # cm, from a class's mean: the name does not hide its first flower


def ellipses(ax: Axes, means: np.ndarray, covariances: np.ndarray) -> None:
    """Draws one and two standard deviations around each mean; means (K, 2), covariances (K, 2, 2)."""
    for c, (mean, covariance) in enumerate(zip(means, covariances, strict=True)):
        lengths, axes = np.linalg.eigh(covariance)             # (2,), (2, 2) one axis in each column
        angle = np.degrees(np.arctan2(axes[1, 1], axes[0, 1]))
        width, height = 2 * np.sqrt(np.maximum(lengths[::-1], 0))
        for deviations, line in ((1, 2.2), (2, 1.2)):
            ax.add_patch(Ellipse((mean[0], mean[1]), deviations * width, deviations * height, angle=angle, fill=False,
                                 edgecolor=theme.CLASS_COLOURS[c], linewidth=line, zorder=4))


def regions(ax: Axes, X: np.ndarray, scores: Callable[[np.ndarray], np.ndarray], names: Sequence[str]) -> None:
    """Paints the regions in which each class has the highest score; scores: points (m, 2) -> (m, K).

    A boundary is where the lead of a class over all others is 0. The lead has no jumps, so the line has none.
    """
    x1, x2, points = paint.grid_over(X)
    for c, ahead in enumerate(leads(scores(points)).T):
        colour, height = theme.CLASS_COLOURS[c], ahead.reshape(x1.shape)
        if ahead.max() > 0:
            ax.contourf(x1, x2, height, levels=[0, ahead.max()], colors=[theme.mixed(colour, 0.25)])
            ax.contour(x1, x2, height, levels=[0], colors=[theme.INK], linewidths=0.8)
    ax.set(xlim=(x1.min(), x1.max()), ylim=(x2.min(), x2.max()))


def leads(scores: np.ndarray) -> np.ndarray:                                 # (m, K) -> (m, K)
    """The lead of each class: its score minus the best score of the other classes."""
    order = np.sort(scores, axis=1)
    best, second = order[:, -1:], order[:, -2:-1] if scores.shape[1] > 1 else np.full((len(scores), 1), -1.0)
    return np.where(scores == best, best - second, scores - best)


class GrowingEllipses:
    """Regions, ellipses and samples of a growing set of samples; `update` changes them in place."""

    def __init__(self, ax: Axes, X: np.ndarray, names: Sequence[str]) -> None:
        colours = theme.CLASS_COLOURS[: len(names)]
        self.pale = np.array([theme.mixed(colour, 0.3) for colour in colours])                       # (K, 3)
        x1, x2, self.points = paint.grid_over(X)
        self.ax, self.shape = ax, x1.shape
        self.regions = ax.imshow(np.ones((*x1.shape, 3)), extent=paint.extent_of(x1, x2),
                                 origin="lower", aspect="auto", interpolation="bilinear")
        self.dots = [ax.scatter([], [], s=16, color=colour, edgecolors=theme.BACKGROUND, linewidths=0.4, zorder=3)
                     for colour in colours]
        self.ellipses = [[ax.add_patch(Ellipse((0, 0), 0, 0, fill=False, edgecolor=colour, linewidth=line, zorder=4))
                          for line in (2.2, 1.2)] for colour in colours]
        self.names = [name_of_class(ax, c, name) for c, name in enumerate(names)]
        ax.set(xlim=(x1.min(), x1.max()), ylim=(x2.min(), x2.max()))

    def update(self, model: GaussianNB, X: np.ndarray, y: np.ndarray) -> None:
        """Shows the model's decisions after the samples X (n, 2) with the codes y (n,)."""
        self.regions.set_data((model.predict_proba(self.points) @ self.pale).reshape(*self.shape, 3))
        for c, (dots, pair) in enumerate(zip(self.dots, self.ellipses, strict=True)):
            dots.set_offsets(X[y == c])
            width, height = 2 * np.sqrt(np.maximum(model.var_[c], 0))
            for deviations, ellipse in zip((1, 2), pair, strict=True):
                ellipse.set(center=model.theta_[c], width=deviations * width, height=deviations * height)
                ellipse.set_visible(bool(model.class_count_[c]))
            place_beside(self.names[c], model, c)
        c = int(y[-1])
        title = "1 flower" if len(y) == 1 else f"{len(y)} flowers"
        if model.class_count_[c] > 1:
            title += f": the last one moved the mean of {self.names[c].get_text()} by {moved(model, X[-1], c):.2f} cm"
        self.ax.set_title(title)


def moved(model: GaussianNB, x: np.ndarray, c: int) -> float:                # (2,)
    """How far the mean of class c was moved by its last sample x."""
    return float(np.linalg.norm(x - model.theta_[c]) / (model.class_count_[c] - 1))


def name_of_class(ax: Axes, c: int, name: str) -> Text:
    return ax.text(0, 0, name, ha="center", fontsize=9, color=theme.CLASS_COLOURS[c], clip_on=True, zorder=5,
                   bbox={"facecolor": theme.BACKGROUND, "edgecolor": "none", "pad": 1.5})


def place_beside(name: Text, model: GaussianNB, c: int) -> None:
    """The uppermost class's name above its ellipse, the others' below."""
    seen = model.class_count_ > 0
    side = 1 if c == np.where(seen, model.theta_[:, 1], -np.inf).argmax() else -1
    away = max(2.2 * np.sqrt(model.var_[c, 1]), LEAST_DISTANCE_OF_A_NAME)
    name.set(position=(model.theta_[c, 0], model.theta_[c, 1] + side * away),
             va="bottom" if side > 0 else "top", visible=bool(seen[c]))


def two_boundaries(figure: Figure, model: GaussianNB, everywhere: np.ndarray, seen: Samples, held_out: Samples,
                   names: Sequence[str]) -> None:
    """Draws two panels, naive and with full covariances: ellipses, regions, and the accuracy on held-out samples (two
    features)."""
    X, y = seen
    left, right = figure.subplots(1, 2, sharex=True, sharey=True)
    regions(left, everywhere, model.predict_joint_log_proba, names)
    ellipses(left, model.theta_, model.var_[:, :, None] * np.eye(2))
    paint.samples(left, X, y)
    for c in np.unique(y):
        place_beside(name_of_class(left, c, names[c]), model, c)
    left.set(xlabel="petal length (cm)", ylabel="petal width (cm)",
             title=f"naive, upright ellipses: {100 * model.score(*held_out):.0f} % right")
    right_by_naive = int((model.predict(held_out.X) == held_out.y).sum())

    codes, title = np.flatnonzero(model.class_count_ > 2), "full covariances, tilted"  # two points lie on a line
    if len(codes):
        means = model.theta_[codes]
        covariances = np.array([np.cov(X[y == c].T, bias=True) + model.epsilon_ * np.eye(2) for c in codes])
        prior = np.log(model.class_prior_[codes])

        def scores(points: np.ndarray) -> np.ndarray:
            return full_log_densities(points, means, covariances) + prior

        if np.linalg.det(covariances).min() > 1e-12:
            regions(right, everywhere, scores, [names[int(c)] for c in codes])
            hits = codes[scores(held_out.X).argmax(axis=1)] == held_out.y
            title += f": {100 * hits.mean():.0f} % right"
            figure.suptitle(cost_of_naivety(right_by_naive, int(hits.sum()), len(hits)), x=0.01, ha="left",
                            fontsize=12)
        ellipses(right, means, covariances)
    paint.samples(right, X, y)
    right.set(xlabel="petal length (cm)", title=title)


def cost_of_naivety(naive: int, full: int, n: int) -> str:
    """How many of n flowers both models have right, as a sentence."""
    if naive == full:
        return f"here the naive assumption costs nothing: {naive} of {n} flowers are right with it and without it"
    return (f"here the naive assumption {'costs' if full > naive else 'gains'} {abs(full - naive)} of {n} flowers: "
            f"{naive} are right with it, {full} without it")


def full_log_densities(points: np.ndarray, means: np.ndarray, covariances: np.ndarray) -> np.ndarray:
    """log N(x; mean, covariance) for points (m, 2) and K classes: (m, K).  Naive Bayes leaves out the covariances
    between features."""
    columns = []
    for mean, covariance in zip(means, covariances, strict=True):
        away = points - mean                                   # (m, 2)
        squares = np.einsum("ij,ij->i", away @ np.linalg.inv(covariance), away)
        columns.append(-0.5 * squares - 0.5 * np.log(np.linalg.det(2 * np.pi * covariance)))
    return np.column_stack(columns)


def density(x: np.ndarray, mean: float, variance: float) -> np.ndarray:
    return np.exp(-0.5 * (x - mean) ** 2 / variance) / np.sqrt(2 * np.pi * variance)


def curves_over_histograms(ax: Axes, below: Axes, values: np.ndarray, y: np.ndarray, means: np.ndarray,
                           variances: np.ndarray, priors: np.ndarray, names: Sequence[str], label: str) -> None:
    """Draws for one feature each class's histogram and bell curve, both times the class's prior; below, the posterior.

    values (n,), codes y (n,), means, variances, priors (K,).  Dotted lines mark where the largest curve changes.
    """
    x = np.linspace(values.min() - 0.1 * np.ptp(values), values.max() + 0.1 * np.ptp(values), 400)
    bins = np.linspace(values.min(), values.max(), 25).tolist()
    curves = []
    for c, name in enumerate(names):
        colour, of_class = theme.CLASS_COLOURS[c], values[y == c]
        weight = np.full(len(of_class), 1 / (len(values) * (bins[1] - bins[0])))
        heights, edges, _ = ax.hist(of_class, bins=bins, weights=weight, color=colour, alpha=0.3)
        curve = priors[c] * density(x, means[c], variances[c])
        ax.plot(x, curve, color=colour)
        middle = x[curve.argmax()]
        near = np.abs((edges[1:] + edges[:-1]) / 2 - middle) < 0.14 * np.ptp(x)           # bars under the name
        top = max(float(curve.max()), *np.asarray(heights)[near])
        ax.annotate(name, (middle, top), xytext=(0, 4), textcoords="offset points", ha="center", color=colour,
                    fontsize=8)
        curves.append(curve)
    winner = np.argmax(curves, axis=0)
    flips = x[np.flatnonzero(np.diff(winner))]
    for panel in (ax, below):
        for flip in flips:
            panel.axvline(flip, color=theme.INK, linestyle=":", linewidth=1)
    with np.errstate(divide="ignore"):                          # a prior of 0
        joint = log_densities(x[:, None], means[:, None], variances[:, None]) + np.log(priors)       # (400, K)
    posterior = np.exp(log_softmax(joint.T))                    # (K, 400), by logarithms: far from all curves 0 / 0
    for colour, curve in zip(theme.CLASS_COLOURS, posterior, strict=False):
        below.plot(x, curve, color=colour)
    where = " and ".join(f"{flip:.1f}" for flip in flips) + " cm" if len(flips) < 3 else f"{len(flips)} values"
    ax.set(ylabel="P(class) · density", title=f"the decision changes at {where}" if len(flips) else "one decision")
    below.set(xlabel=label, ylabel="P(class | x)", ylim=(0, 1.05))
    ax.margins(y=0.15)

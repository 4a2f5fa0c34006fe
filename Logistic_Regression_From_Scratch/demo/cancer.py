"""The pictures of the breast cancer data: the strength of the penalty, and the choice of a threshold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ai_from_scratch.data import Samples
from ai_from_scratch.stage import paint, theme
from Logistic_Regression_From_Scratch.logistic_regression import LogisticRegression

LEFT_ROOM, RIGHT_ROOM = 1.3, 2.6        # decades
WEIGHTS_NAMED = 2                # number of largest weights, and of smallest weights, whose names are drawn
FOLDS = 10
USUAL_THRESHOLD = 0.5            # the more probable class
MISS_IN_FALSE_ALARMS = 9.0       # the cost of a missed cancer, in false alarms


class PenaltyPath:
    """Draws two panels. Left: the losses against C; the best C on held-out samples is marked.  Right: the coefficients
    against C."""

    def __init__(self, figure: Figure, names: Sequence[str], limits: tuple[float, float]) -> None:
        left, self.right = figure.subplots(1, 2)
        self.names, self.limits, self.left = names, limits, left
        for ax, room in ((left, LEFT_ROOM), (self.right, RIGHT_ROOM)):  # space at the right for the names
            ax.set(xscale="log", xlim=(limits[0], limits[1] * 10**room), xlabel="C (a small C is a strong penalty)")
            ax.set_xticks(10.0 ** np.arange(np.ceil(np.log10(limits[0])), np.log10(limits[1]) + 0.5))
            ax.minorticks_off()
            ax.spines["bottom"].set_bounds(*limits)
        left.set(ylim=(0, 0.72), ylabel="mean cross-entropy")
        self.right.set(ylim=(-11, 11), ylabel="weight per standard deviation")
        self.losses = [left.plot([], [], "o-", color=colour, markersize=3)[0]
                       for colour in (theme.TRAINING, theme.HELD_OUT)]
        self.labels = [left.annotate(label, (1, 0), (11, 0), textcoords="offset points", va="center", color=colour)
                       for label, colour in (("training", theme.TRAINING), ("held-out", theme.HELD_OUT))]
        self.star, = left.plot([], [], "*", color=theme.INK, markersize=14, zorder=4)
        self.right.plot(limits, [0, 0], color=theme.GREY, linewidth=0.8)
        self.coefficients = [self.right.plot([], [], color=theme.GREY, linewidth=0.8)[0] for _ in names]
        self.texts = [self.right.text(0, 0, "", color=theme.ACCENT, fontsize=9, va="center")
                      for _ in range(2 * WEIGHTS_NAMED)]
        self.chosen = [ax.axvline(limits[0], color=theme.INK, linestyle=":", linewidth=1) for ax in (left, self.right)]

    def update(self, C: list[float], train: list[float], validation: list[float], coef: np.ndarray) -> None:
        """C, losses and coefficients coef (m, d) so far: one entry, or one row, for each C."""
        best = int(np.argmin(validation))
        for line, values in zip((*self.losses, *self.coefficients), (train, validation, *coef.T), strict=True):
            line.set_data(C, values)
        for label, losses in zip(self.labels, (train, validation), strict=True):
            label.xy = C[-1], losses[-1]
            label.set_visible(abs(train[-1] - validation[-1]) > 0.03)       # if the curves are apart
        self.star.set_data([C[best]], [validation[best]])
        for line in self.chosen:
            line.set_xdata([C[best], C[best]])
        order, largest = np.argsort(coef[-1]), np.abs(coef).max(axis=1)      # (d,), (m,)
        named = [*order[:WEIGHTS_NAMED], *order[len(order) - WEIGHTS_NAMED:]]
        for j, line in enumerate(self.coefficients):
            line.set(color=theme.ACCENT if j in named else theme.GREY, linewidth=1.6 if j in named else 0.7,
                     zorder=3 if j in named else 2)
        places = paint.spread_out(coef[-1, named], 1.1)
        for text, j, place in zip(self.texts, named, places, strict=True):
            text.set(text=self.names[j] if largest[-1] > 1.5 else "", position=(C[-1] * 1.3, place))
        self.left.set_title(f"★ C = {C[best]:.2g}: held-out loss {validation[best]:.3f}")
        self.right.set_title(f"largest weight {largest[best]:.1f} at ★"
                             + (f", {largest[-1]:.1f} at C = {C[-1]:.3g}" if best < len(C) - 1 else ""))


def out_of_fold(samples: Samples, C: float, rng: np.random.Generator) -> np.ndarray:       # (n,)
    """P(malignant) of every biopsy, from a model that was fitted to the other nine tenths of the biopsies, which also
    gave the scale."""
    fold = rng.permutation(len(samples.y)) % FOLDS                 # (n,)
    p = np.empty(len(samples.y))
    for number in range(FOLDS):
        X, y = samples.X[fold != number], samples.y[fold != number]
        mean, spread = X.mean(axis=0), X.std(axis=0)
        model = LogisticRegression(C=C, max_iter=1000).fit((X - mean) / spread, y)
        p[fold == number] = model.predict_proba((samples.X[fold == number] - mean) / spread)[:, 0]
    return p


def missed_and_alarms(malignant: np.ndarray, p: np.ndarray, threshold: float) -> tuple[int, int]:
    """How many malignant samples are below the threshold, and how many benign samples are not."""
    return int((malignant & (p < threshold)).sum()), int((~malignant & (p >= threshold)).sum())


def thresholds(figure: Figure, y: np.ndarray, p: np.ndarray, names: Sequence[str], chosen: float) -> None:
    """Draws four panels for p = P(malignant) (n,): large, the corner of the ROC curve; small, the calibration, and the
    confusion matrix at one half and at the chosen threshold.  Calibrated means: of the samples with probability p, a
    share p is malignant."""
    malignant = y == 0                                             # (n,)
    grid = figure.add_gridspec(2, 3, height_ratios=[1.5, 1], width_ratios=[1.8, 1, 1])
    curve, reliability = figure.add_subplot(grid[0, :]), figure.add_subplot(grid[1, 0])
    found, alarms = roc(malignant, p)
    curve.plot(alarms, found, color=theme.HELD_OUT, drawstyle="steps-post", linewidth=2.4)
    costs = []
    for place, limit, colour, side in ((1, USUAL_THRESHOLD, theme.INK, (11, -4)), (2, chosen, theme.ACCENT, (2, -11))):
        flagged = p >= limit                                           # (n,)
        at = flagged[~malignant].mean(), flagged[malignant].mean()
        missed, false = missed_and_alarms(malignant, p, limit)
        costs.append(MISS_IN_FALSE_ALARMS * missed + false)
        curve.plot(*at, "o", color=colour, markersize=10, zorder=3)
        curve.annotate(f"p ≥ {limit:.2g}: {missed} missed, {false} false alarms", at, side, textcoords="offset points",
                       color=colour, va="top")
        ax = figure.add_subplot(grid[1, place])
        paint.confusion(ax, y, np.where(flagged, 0, 1), names)
        ax.set_title(f"p ≥ {limit:.2g}\ncost: {MISS_IN_FALSE_ALARMS:g} · {missed} + {false} = {costs[-1]:g}",
                     color=colour, fontsize=10)
        ax.set_yticks(range(2), names, rotation=90, va="center")
        ax.set_xticks(range(2), names, rotation=0)
        if place == 2:
            ax.set(ylabel="", yticks=[])
    equal_costs(curve, malignant, costs[-1])
    curve.set(xlabel="share of benign flagged", ylabel="share of malignant found", xlim=(-0.004, 0.2),
              ylim=(0.9, 1.003), xticks=[0, 0.05, 0.1, 0.15, 0.2])
    curve.set_title(verdict((USUAL_THRESHOLD, chosen), costs))
    curve.text(0.995, 0.04, f"corner of the ROC curve; the area under the whole curve is {area(found, alarms):.3f}",
               transform=curve.transAxes, ha="right", color=theme.HELD_OUT)
    calibrated(reliability, malignant, p)


def verdict(thresholds: Sequence[float], costs: Sequence[float]) -> str:
    prefix = f"a missed cancer counts as {MISS_IN_FALSE_ALARMS:g} false alarms: "
    if costs[0] == costs[1]:
        return f"{prefix}both thresholds cost {costs[0]:g}"
    return prefix + ", ".join(f"p ≥ {limit:.2g} costs {cost:g}" for limit, cost in zip(thresholds, costs, strict=True))


def equal_costs(ax: Axes, malignant: np.ndarray, cost: float) -> None:
    """Draws the line of all points of the ROC curve's panel that cost so much; above it everything is cheaper."""
    alarms = np.array([0.0, 0.2])
    missed = (cost - alarms * (~malignant).sum()) / MISS_IN_FALSE_ALARMS            # from cost = 9 · missed + alarms
    found = 1 - missed / malignant.sum()
    ax.plot(alarms, found, "--", color=theme.GREY, linewidth=1.2, zorder=1)
    ax.annotate(f"cost {cost:g}; above the line: less", (alarms[-1], found[-1]), (-2, -26), textcoords="offset points",
                ha="right", va="top", color=theme.GREY)


def calibrated(ax: Axes, malignant: np.ndarray, p: np.ndarray) -> None:
    """Draws, for each fifth of 0 … 1, the share of malignant samples against their mean p, with two standard errors."""
    said, share, count = calibration(malignant, p)
    error = 2 * np.sqrt(said * (1 - said) / count)          # two standard deviations of the share, if p is right
    low, high = np.maximum(share - error, 0), np.minimum(share + error, 1)
    ax.plot([0, 1], [0, 1], "--", color=theme.GREY, linewidth=1.2, zorder=1)
    ax.errorbar(said, share, [share - low, high - share], fmt="o", color=theme.HELD_OUT, markersize=5,
                linewidth=1.6, capsize=5)
    for x, y, number in zip(said, share, count, strict=True):
        ax.annotate(f"{number}", (x, y), (9 if y < 0.5 else -9, 0), textcoords="offset points", va="center",
                    ha="left" if y < 0.5 else "right", color=theme.HELD_OUT)
    ax.set(xlabel="predicted P(malignant), mean of a fifth", ylabel="share malignant", xlim=(-0.05, 1.05),
           ylim=(-0.06, 1.06), yticks=[0, 0.5, 1])
    middle = (said > 0.2) & (said < 0.8)
    between, off = count[middle].sum(), np.abs(share - said)[middle].max(initial=0)
    reach = np.sum((low <= said) & (said <= high))
    ax.set_title(f"{between} biopsies between 0.2 and 0.8: up to\n{off:.2f} off; {reach} of {len(said)} bars reach the "
                 "line", fontsize=10)


def log_loss(model: LogisticRegression, samples: Samples) -> float:
    """The mean cross-entropy: −log of the probability that the model gives to each sample's own class."""
    return float(-model.predict_log_proba(samples.X)[np.arange(len(samples.y)), samples.y].mean())


def cheapest_threshold(positive: np.ndarray, p: np.ndarray, miss: float) -> float:
    """The threshold for p (n,) with the lowest cost, if a missed positive costs as much as `miss` false alarms.

    The threshold lies half-way between two neighbouring values of p.  Of thresholds with equal cost it is the one
    nearest to 1 / (1 + miss), which would be best if every p were the true probability.
    """
    levels = np.unique(p)                                          # (m,)
    between = np.concatenate([[levels[0]], (levels[1:] + levels[:-1]) / 2])
    flagged = p >= between[:, None]                                # (m, n)
    cost = miss * (positive & ~flagged).sum(axis=1) + (~positive & flagged).sum(axis=1)      # (m,)
    best = between[cost == cost.min()]
    return float(best[np.abs(best - 1 / (1 + miss)).argmin()])


def calibration(positive: np.ndarray, p: np.ndarray, bins: int = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each fifth of 0 … 1, the samples with p (n,) in it: their mean p, their share of positives, their number."""
    of = np.minimum((p * bins).astype(int), bins - 1)              # (n,)
    count = np.bincount(of, minlength=bins)
    there = count > 0
    said, was = (np.bincount(of, weights=values, minlength=bins)[there] / count[there] for values in (p, positive))
    return said, was, count[there]


def roc(positive: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The shares of positives and negatives at or above a threshold, for all thresholds from high to low: (m + 1,)."""
    order = np.argsort(-p, kind="stable")
    last_of_ties = np.append(np.diff(p[order]) != 0, True)         # samples of equal score cross the threshold together
    found, alarms = (np.cumsum(hit[order])[last_of_ties] / hit.sum() for hit in (positive, ~positive))
    return np.append(0.0, found), np.append(0.0, alarms)


def area(found: np.ndarray, alarms: np.ndarray) -> float:
    """The area under the ROC curve: the probability that a random malignant sample has a higher score than a benign
    one."""
    return float(np.sum(np.diff(alarms) * (found[1:] + found[:-1]) / 2))

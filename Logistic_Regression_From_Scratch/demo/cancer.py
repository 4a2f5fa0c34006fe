"""The pictures for the breast cancer data: the strength of the penalty, and the choice of a threshold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ai_from_scratch.data import Samples
from ai_from_scratch.stage import paint, theme
from Logistic_Regression_From_Scratch.logistic_regression import LogisticRegression

GROUPS = {"mean": (theme.BLUE, "means over the cells"), "error": (theme.AMBER, "their standard errors"),
          "worst": (theme.VERMILION, "the worst cells")}    # ten features each, recognised by their names
MISS_IN_FALSE_ALARMS = 9.0       # the cost of a missed cancer


class PenaltyPath:
    """Left: the losses against C, with the best on held-out samples.  Right: the coefficients against C."""

    def __init__(self, figure: Figure, names: Sequence[str], limits: tuple[float, float]) -> None:
        left, right = figure.subplots(1, 2)
        for ax in (left, right):
            ax.set(xscale="log", xlim=limits, xlabel="C (a small C is a strong penalty)")
        left.set(ylim=(0, 0.72), ylabel="mean cross-entropy")
        right.set(ylim=(-6, 6), ylabel="coefficient per standard deviation", title="thirty coefficients")
        self.losses = [left.plot([], [], "o-", color=colour, markersize=3, label=label)[0]
                       for label, colour in (("training", theme.BLUE), ("validation", theme.VERMILION))]
        self.star, = left.plot([], [], "*", color=theme.INK, markersize=14, zorder=4, label="lowest on validation")
        opaque: dict[str, Any] = {"frameon": True, "framealpha": 1.0, "edgecolor": "none"}
        left.legend(loc="upper right", **opaque)
        right.axhline(0, color=theme.GREY, linewidth=0.8)
        colours = [next(colour for word, (colour, _) in GROUPS.items() if word in name) for name in names]
        self.coefficients = [right.plot([], [], color=colour, linewidth=1)[0] for colour in colours]
        for colour, label in GROUPS.values():
            right.plot([], [], color=colour, label=label)
        right.legend(loc="upper left", **opaque)
        self.chosen = [ax.axvline(limits[0], color=theme.GREY, linestyle=":") for ax in (left, right)]
        self.left = left

    def update(self, C: list[float], train: list[float], validation: list[float], coef: np.ndarray) -> None:
        """One entry, and one row of coef (m, d), for each C so far."""
        best = int(np.argmin(validation))
        for line, values in zip((*self.losses, *self.coefficients), (train, validation, *coef.T), strict=True):
            line.set_data(C, values)
        self.star.set_data([C[best]], [validation[best]])
        for line in self.chosen:
            line.set_xdata([C[best], C[best]])
        self.left.set_title(f"C = {C[best]:.2g}: {validation[best]:.3f} on validation")


def thresholds(
    figure: Figure, test: Samples, p: np.ndarray, names: Sequence[str], chosen: float
) -> None:
    """For p = P(malignant) (n,): the ROC curve, the confusion at one half and at the chosen threshold, and the
    calibration: of the samples with probability p, a share p should be malignant."""
    malignant = test.y == 0                                        # (n,)
    (curve, reliability), tables = figure.subplots(2, 2)
    found, alarms = roc(malignant, p)
    curve.plot(alarms, found, color=theme.BLUE, drawstyle="steps-post")
    curve.plot([0, 1], [0, 1], "--", color=theme.GREY, linewidth=1)
    most = max(paint.confusion_counts(test.y, np.where(p >= t, 0, 1), 2).max() for t in (0.5, chosen))
    for ax, t, colour in zip(tables, (0.5, chosen), (theme.INK, theme.VERMILION), strict=True):
        flagged = p >= t                                           # (n,)
        at = flagged[~malignant].mean(), flagged[malignant].mean()
        curve.plot(*at, "o", color=colour, markersize=8, label=f"p ≥ {t:.2g}", zorder=3)
        paint.confusion(ax, test.y, np.where(flagged, 0, 1), names, most=most)
        ax.set_title(f"malignant if p ≥ {t:.2g}", color=colour)
        ax.set_yticks(range(2), names, rotation=90, va="center")
        ax.set_xticks(range(2), names, rotation=0)
    curve.set(xlabel="share of benign flagged", ylabel="share of malignant found", xlim=(-0.03, 1), ylim=(0, 1.04),
              title=f"area under the curve {area(found, alarms):.3f}", box_aspect=1)
    curve.legend(loc="lower right")
    reliability.plot([0, 1], [0, 1], "--", color=theme.GREY, linewidth=1)
    for said, share, count in zip(*calibration(malignant, p), strict=True):
        spread = np.sqrt(said * (1 - said) / count)         # the standard deviation of the share, if the model is right
        reliability.plot([said, said], np.clip([said - spread, said + spread], 0, 1), color=theme.SKY, linewidth=5,
                         alpha=0.6, solid_capstyle="butt")
        reliability.plot(said, share, "o", color=theme.BLUE, markersize=6)
        low = share < 0.5
        reliability.annotate(f"{count}", (said, share), (0, 7 if low else -7), textcoords="offset points", ha="center",
                             va="bottom" if low else "top", color=theme.BLUE)
    reliability.set(xlabel="predicted P(malignant), mean of a fifth", ylabel="share that was malignant",
                    xlim=(-0.05, 1.05), ylim=(-0.05, 1.05), title="calibration", box_aspect=1)


def log_loss(model: LogisticRegression, samples: Samples) -> float:
    """The mean cross-entropy: −log of the probability that each sample's own class was given."""
    return float(-model.predict_log_proba(samples.X)[np.arange(len(samples.y)), samples.y].mean())


def cheapest_threshold(positive: np.ndarray, p: np.ndarray, miss: float) -> float:
    """The threshold of p (n,) with the lowest cost, if a missed positive costs as much as `miss` false alarms.

    It lies half-way between two neighbouring p.  Of thresholds with equal cost it is the one nearest to 1 / (1 + miss),
    which would be best if every p were the true probability.
    """
    levels = np.unique(p)                                          # (m,)
    between = np.concatenate([[levels[0]], (levels[1:] + levels[:-1]) / 2])
    flagged = p >= between[:, None]                                # (m, n)
    cost = miss * (positive & ~flagged).sum(axis=1) + (~positive & flagged).sum(axis=1)      # (m,)
    best = between[cost == cost.min()]
    return float(best[np.abs(best - 1 / (1 + miss)).argmin()])


def calibration(positive: np.ndarray, p: np.ndarray, bins: int = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Samples with p (n,) in the same fifth of 0 … 1: their mean p, their share of positives, and their number."""
    of = np.minimum((p * bins).astype(int), bins - 1)              # (n,)
    count = np.bincount(of, minlength=bins)
    there = count > 0
    said, was = (np.bincount(of, weights=values, minlength=bins)[there] / count[there] for values in (p, positive))
    return said, was, count[there]


def roc(positive: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The shares of positives and negatives at or above a threshold, for all thresholds from high to low: (m + 1,)."""
    order = np.argsort(-p, kind="stable")
    last_of_ties = np.append(np.diff(p[order]) != 0, True)         # equal scores cross the threshold together
    found, alarms = (np.cumsum(hit[order])[last_of_ties] / hit.sum() for hit in (positive, ~positive))
    return np.append(0.0, found), np.append(0.0, alarms)


def area(found: np.ndarray, alarms: np.ndarray) -> float:
    """The area under the ROC curve: how often a random malignant sample has a higher score than a benign one."""
    return float(np.sum(np.diff(alarms) * (found[1:] + found[:-1]) / 2))

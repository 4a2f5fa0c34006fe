"""The pictures of the diabetes table: coefficients that arrive one after the other, predictions and residuals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from ai_from_scratch.stage import paint, theme

NEARLY_EQUAL = ("s1", "s2")                      # two columns that are almost equal
SETTLED_DISTANCE = 1.0                           # a coefficient has arrived when it stays within this of the minimum
PROGRESSION = "disease progression after a year"
LOW_VALUE, HIGH_VALUE = 90, 200      # predictions: below, between, above


def arriving(ax: Axes, names: Sequence[str], steps: Sequence[int], coef: np.ndarray, best: np.ndarray,
             last: int) -> None:
    """Draws each coefficient against the step; diamonds mark the minimum.  coef (m, d), best (d,); last: the final
    step."""
    reach = 1.15 * np.abs(best).max()
    places = paint.spread_out(best, 0.075 * reach)
    on_their_way = steps[-1] < last / 2
    for j, name in enumerate(names):
        slow = name in NEARLY_EQUAL
        colour, width = (theme.ACCENT, 2.4) if slow else (theme.GREY, 1.2)
        ax.plot(steps, coef[:, j], color=colour, linewidth=width, zorder=3 if slow else 2, clip_on=False, marker="o",
                markevery=[-1] * on_their_way, markersize=5)      # a dot, because after one step there is no line yet
        ax.plot([last], [best[j]], "D", color=colour, markersize=4, zorder=4, clip_on=False)
        ax.annotate(name, (last, best[j]), (1.25 * last, places[j]), color=colour, va="center", fontsize=9,
                    fontweight="bold" if slow else "normal", annotation_clip=False)
    ax.axhline(0, color=theme.PALE, linewidth=0.8, zorder=1)
    ax.set(xscale="log", xlim=(1, last), ylim=(best.min() - 0.3 * reach, reach), xlabel="step of gradient descent",
           ylabel="coefficient per standard deviation")


def predicted_against_true(ax: Axes, true: np.ndarray, predicted: np.ndarray) -> None:
    ax.plot(true, predicted, "o", color=theme.BLUE, markersize=4, alpha=0.7)
    ends = np.array([20, 350])
    ax.plot(ends, ends, "--", color=theme.GREY, linewidth=1)
    ax.text(345, 340, "exact", color=theme.GREY, ha="right", va="bottom", fontsize=9, rotation=45)
    ax.set(xlim=ends, ylim=ends, xlabel=PROGRESSION, ylabel="predicted")
    ax.set_box_aspect(1)


def groups(predicted: np.ndarray, residual: np.ndarray) -> list[tuple[float, float, float, int]]:
    """For the low, middle and high predictions: the mean prediction, the mean residual, its standard error, their
    number."""
    rows = []
    for inside in (predicted < LOW_VALUE, (predicted >= LOW_VALUE) & (predicted <= HIGH_VALUE), predicted > HIGH_VALUE):
        of = residual[inside]
        if len(of) < 2:                                 # a model that has not learned may predict no such values
            continue
        rows.append((float(predicted[inside].mean()), float(of.mean()), float(of.std(ddof=1) / np.sqrt(len(of))),
                     len(of)))
    return rows


def residuals(ax: Axes, true: np.ndarray, predicted: np.ndarray) -> None:
    """Residuals against predictions, and their means over low, middle and high predictions."""
    residual = true - predicted
    ax.axhline(0, color=theme.GREY, linestyle="--", linewidth=1)
    ax.plot(predicted, residual, "o", color=theme.BLUE, markersize=4, alpha=0.45)
    for centre, mean, error, count in groups(predicted, residual):
        ax.errorbar([centre], [mean], [error], fmt="D", color=theme.ACCENT, markersize=7, linewidth=2, zorder=4)
        ax.text(centre, 0.98, f"{mean:+.0f} ({count})".replace("-", "−"), color=theme.ACCENT, fontsize=8.5,
                fontweight="bold", transform=ax.get_xaxis_transform(), ha="center", va="top")
    for border in (LOW_VALUE, HIGH_VALUE):
        ax.axvline(border, color=theme.PALE, linewidth=0.8, zorder=0)
    width, height = np.ptp(predicted) or 1.0, np.ptp(residual) or 1.0
    ax.set(xlabel="predicted", ylabel="residual: true − predicted",
           xlim=(predicted.min() - 0.12 * width, predicted.max() + 0.05 * width),
           ylim=(residual.min() - 0.05 * height, residual.max() + 0.15 * height))       # above the dots: the means
    ax.set_box_aspect(1)

"""Three losses against the score, with their slopes; and the samples that move along σ in the training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from ai_from_scratch.data import Samples
from ai_from_scratch.stage import theme
from Logistic_Regression_From_Scratch.cross_entropy import log_one_plus_exp, sigmoid

LARGEST_SCORE = 6.0              # the scores from −6 to 6 are shown, and all of the samples


def three_losses(figure: Figure) -> None:
    """Draws two panels. Above: the loss of a score if the truth is class 1.  Below: its slope."""
    z = np.linspace(-LARGEST_SCORE, LARGEST_SCORE, 601)
    p = sigmoid(z)
    curves = (
        ("cross-entropy", theme.INK, "-", log_one_plus_exp(-z), p - 1),
        ("squared error of σ", theme.ACCENT, "-", (p - 1) ** 2, 2 * (p - 1) * p * (1 - p)),
        ("hinge", theme.GREY, "--", np.maximum(1 - z, 0), np.where(z < 1, -1.0, 0.0)),
    )
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[1.5, 1])
    for _, colour, style, loss, slope in curves:
        top.plot(z, loss, style, color=colour)
        bottom.plot(z, slope, style, color=colour)
    top.set(ylabel="loss if the truth is class 1", ylim=(-0.1, 7.2),
            title="only the squared error is flat where the model is most wrong")
    for (name, colour, *_), (at, height, side) in zip(curves, ((-3.9, 3.1, "right"), (-5.9, 1.25, "left"),
                                                                 (-4.3, 5.8, "left")), strict=True):
        top.text(at, height, name, color=colour, ha=side)
    bottom.set(xlabel="score z      (left: high probability of the wrong class, right: of the right one)",
               ylabel="slope ∂loss/∂z", ylim=(-1.15, 0.15), xlim=(-LARGEST_SCORE, LARGEST_SCORE))
    bottom.annotate("the squared error's slope is near 0\nwhere the model is most wrong", (-5.2, -0.02),
                    (-5.7, -0.72), color=theme.ACCENT, arrowprops={"arrowstyle": "->", "color": theme.ACCENT})
    for ax in (top, bottom):
        ax.axvline(0, color=theme.GREY, linewidth=0.8)
        ax.axhline(0, color=theme.GREY, linewidth=0.8)


def sliding_samples(figure: Figure, samples: Samples, moments: Sequence[tuple[str, np.ndarray]]) -> None:
    """Draws σ and on it the samples X (n, 2), y (n,) at each moment (its title, and its w₁, w₂, b)."""
    all_scores = [samples.X @ parameters[:2] + parameters[2] for _, parameters in moments]      # (n,) each
    largest = max(LARGEST_SCORE, float(np.abs(all_scores).max()))  # every sample is seen at its own score
    z = np.linspace(-largest, largest, 201)
    rows = np.array([-0.2, 1.2])                                   # each class has a row of ticks on its own side
    axes = figure.subplots(1, len(moments), sharey=True, squeeze=False)[0]
    for ax, (title, _), scores in zip(axes, moments, all_scores, strict=True):
        ax.plot(z, sigmoid(z), color=theme.GREY, linewidth=1.2, zorder=1)
        ax.axvline(0, color=theme.INK, linewidth=1, linestyle=":")
        wrong = (scores > 0) != (samples.y == 1)                   # (n,)
        for c in (0, 1):
            own = samples.y == c
            shown = scores[own]
            ax.plot(shown, sigmoid(shown), "o", color=theme.CLASS_COLOURS[c], markersize=5, alpha=0.55, zorder=2 + c)
            ax.plot(shown, np.full(own.sum(), rows[c]), "|", color=theme.CLASS_COLOURS[c], markersize=9, alpha=0.7)
        ax.set(xlim=(-largest - 0.4, largest + 0.4), ylim=(-0.3, 1.3), xlabel="score z = w·x + b",
               title=f"{title}:\n{100 * wrong.mean():.0f} % on the wrong side")
        ax.set_title(ax.get_title(loc="left"), fontsize=9.5)
        ax.set_yticks([0, 0.5, 1])
    axes[0].set_ylabel("P(class 1) = σ(z)")
    for c, row in enumerate(rows):                                 # a name stands before the row of its class
        axes[0].text(-0.06, row, f"class {c}", transform=axes[0].get_yaxis_transform(), ha="right", va="center",
                     color=theme.CLASS_COLOURS[c], fontweight="bold", fontsize=9)

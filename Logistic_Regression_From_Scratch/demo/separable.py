"""Two points that every weight above 0 separates: without a penalty w grows without limit, with a penalty it
converges."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from ai_from_scratch.data import Samples
from ai_from_scratch.stage import theme
from Logistic_Regression_From_Scratch.cross_entropy import sigmoid
from Logistic_Regression_From_Scratch.logistic_regression import LogisticRegression

TWO_POINTS = Samples(np.array([[-1.0], [1.0]]), np.array([0, 1]))            # of the page's worked example
STRENGTHS = (np.inf, 100.0, 1.0)             # values of C: no penalty, a weak one, the default
STEPS = 10_000
PALEST = 0.65                                # share of the colour in the first curve: it stands out from the page


def weights(C: float, steps: int) -> np.ndarray:                             # (steps + 1,)
    """w after every step of gradient descent from 0 with the learning rate 1."""
    model = LogisticRegression(solver="gradient_descent", C=C, learning_rate=1.0, max_iter=steps, tol=0)
    return np.array([0.0, *(float(model.coef_[0, 0]) for _ in model.training(*TWO_POINTS))])


def growing_weights(figure: Figure, steps: int = STEPS) -> None:
    """Draws two panels. Left: σ(wx) after 1, 10, 100 … steps.  Right: w against the step."""
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.5])
    free = weights(np.inf, steps)
    decades = 10 ** np.arange(int(np.log10(steps)) + 1)
    x = np.linspace(-1.6, 1.6, 321)
    for shade, step in zip(np.linspace(PALEST, 1, len(decades)), decades, strict=True):
        left.plot(x, sigmoid(free[step] * x), color=theme.mixed(theme.ACCENT, shade), linewidth=1.5)
    for c, place in enumerate((-1.0, 1.0)):
        left.plot([place], [c], "o", color=theme.CLASS_COLOURS[c], markersize=9, zorder=3)
        left.text(place, -0.08 + 1.16 * c, f"class {c}", color=theme.CLASS_COLOURS[c], fontweight="bold", va="center",
                  ha="center")
    left.set(xlabel="x", ylabel="P(class 1) = σ(wx)", title=f"σ after 1, 10 … {steps:,} steps", xlim=(-1.6, 1.6),
             ylim=(-0.15, 1.15))
    for C, colour in zip(STRENGTHS, (theme.ACCENT, theme.INK, theme.GREY), strict=True):
        w = free if np.isinf(C) else weights(C, steps)
        w = np.append(w, np.full(steps + 1 - len(w), w[-1]))   # the descent stopped earlier, because the gradient was 0
        right.plot(np.arange(1, steps + 1), w[1:], color=colour)
        right.annotate("no penalty" if np.isinf(C) else f"C = {C:g}", (steps, w[-1]), (5, 0),
                       textcoords="offset points", color=colour, va="center", annotation_clip=False)
    gains = np.diff(free[decades])
    right.set(xscale="log", xlim=(1, steps), ylim=(0, None), xlabel="step of gradient descent (log scale)",
              ylabel="weight w", title=f"ten times as many steps: +{gains[-1]:.2f}, again and again")

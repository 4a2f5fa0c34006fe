"""Classes that a line separates: without a penalty the weights grow without limit, with one they converge."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from ai_from_scratch.data import Samples
from ai_from_scratch.stage import theme
from Logistic_Regression_From_Scratch.logistic_regression import LogisticRegression
from Logistic_Regression_From_Scratch.newton import largest_curvature

STRENGTHS = (np.inf, 100.0, 1.0)             # C: no penalty, a weak one, the default
STEPS = 3_000


def separable(rng: np.random.Generator) -> Samples:
    """Two clouds with a gap between them: X (40, 2), y (40,)."""
    y = np.arange(40) % 2
    X = rng.uniform(-1, 1, size=(40, 2)) + np.where(y == 1, 1.3, -1.3)[:, None] * [1.0, 0.0]
    return Samples(X, y)


def lengths(samples: Samples, C: float, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Steps, evenly spaced in the logarithm, and ‖w‖ after each of them: two arrays (m,)."""
    X, y = samples
    rate = 1 / largest_curvature(X, np.ones(len(y)), 1, np.inf, fit_intercept=True)       # the same one for every C
    model = LogisticRegression(solver="gradient_descent", C=C, learning_rate=rate, max_iter=steps, tol=0)
    shown = np.unique(np.geomspace(1, steps, 120).round().astype(int))
    length = {progress.step: float(np.linalg.norm(model.coef_)) for progress in model.training(X, y)
              if progress.step in shown}
    return np.array(list(length)), np.array(list(length.values()))


def growing_weights(figure: Figure, samples: Samples, steps: int = STEPS) -> None:
    """Left: the clouds.  Right: ‖w‖ against the step."""
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.7])
    for k in (0, 1):
        own = samples.y == k
        left.plot(*samples.X[own].T, "o", color=theme.CLASS_COLOURS[k], markersize=6)
        left.text((-1.3, 1.3)[k], 1.22, f"class {k}", color=theme.CLASS_COLOURS[k], fontweight="bold", ha="center")
    left.axvspan(samples.X[samples.y == 0, 0].max(), samples.X[samples.y == 1, 0].min(), color=theme.GREY, alpha=0.25)
    left.set(xlabel="x₁", ylabel="x₂", xlim=(-2.6, 2.6), ylim=(-1.2, 1.5), title="a gap between the classes")
    for C, colour in zip(STRENGTHS, (theme.VERMILION, theme.AMBER, theme.BLUE), strict=True):
        step, length = lengths(samples, C, steps)
        right.plot(step, length, color=colour)
        name = "no penalty" if np.isinf(C) else f"C = {C:g}"
        right.annotate(name, (step[-1], length[-1]), (5, 0), textcoords="offset points", color=colour, va="center")
    right.set(xscale="log", xlim=(1, 12 * steps), ylim=(0, None), xlabel="step of gradient descent (log scale)",
              ylabel="length of the weights ‖w‖", title="logarithmic growth is a straight line")

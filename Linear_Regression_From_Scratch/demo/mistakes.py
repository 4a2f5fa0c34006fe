"""Four mistakes in a descent: the line of code that causes each one, and the loss that follows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.figure import Figure

from ai_from_scratch.data.dataset import Samples
from ai_from_scratch.stage import paint
from Linear_Regression_From_Scratch.demo.bowls import steepest

STEPS = 60
Step = Callable[[np.ndarray, np.ndarray, float, float, float], tuple[float, float]]


def right(x: np.ndarray, y: np.ndarray, w: float, b: float, eta: float) -> tuple[float, float]:
    error = w * x + b - y                                                    # (n,)
    return w - eta * 2 * np.mean(error * x), b - eta * 2 * np.mean(error)


def without_the_mean(x: np.ndarray, y: np.ndarray, w: float, b: float, eta: float) -> tuple[float, float]:
    error = w * x + b - y
    return w - eta * 2 * np.sum(error * x), b - eta * 2 * np.sum(error)


def with_y_as_a_column(x: np.ndarray, y: np.ndarray, w: float, b: float, eta: float) -> tuple[float, float]:
    error = w * x + b - y[:, None]                                           # (n, n): every prediction, every y
    return w - eta * 2 * np.mean(error * x), b - eta * 2 * np.mean(error)


def without_the_intercept(x: np.ndarray, y: np.ndarray, w: float, b: float, eta: float) -> tuple[float, float]:
    error = w * x + b - y
    return w - eta * 2 * np.mean(error * x), b


def above_the_limit(x: np.ndarray, y: np.ndarray, w: float, b: float, eta: float) -> tuple[float, float]:
    return right(x, y, w, b, 2.1 * eta)                                      # eta is 1/λmax, the limit 2/λmax


# the step, the line that is wrong, what follows
MISTAKES: tuple[tuple[Step, str, str], ...] = (
    (without_the_mean, "dw = 2 * np.sum(error * x)", "1/n forgotten: the step is n times too long"),
    (above_the_limit, "w = w - 2.1 / λmax * dw", "above the limit: every step overshoots by more"),
    (with_y_as_a_column, "error = w * x + b - y     # y: (n, 1)", "(n,) − (n, 1) is (n, n): it learns the mean of y"),
    (without_the_intercept, "b = b", "b never moves: a wrong line, smoothly reached"),
)


def losses(step: Step, data: Samples, steps: int = STEPS) -> np.ndarray:     # (≤ steps + 1,)
    """The true loss after every step from w = b = 0; the list ends when the loss has grown a millionfold."""
    (x, y), eta = (data.X[:, 0], data.y), 1 / steepest(data)
    w = b = 0.0
    loss = [float(np.mean(y**2))]
    while len(loss) <= steps and loss[-1] < 1e6 * loss[0]:
        w, b = step(x, y, w, b, eta)
        loss.append(float(np.mean((w * x + b - y) ** 2)))
    return np.array(loss)


def mistakes(figure: Figure, data: Samples) -> None:
    wrong = [(losses(step, data), line, finding) for step, line, finding in MISTAKES]
    paint.mistakes(figure, losses(right, data), wrong, limits=(0.4, 3e4), ylabel="loss")

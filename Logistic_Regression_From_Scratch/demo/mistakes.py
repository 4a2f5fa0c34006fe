"""Four mistakes in a descent on the cross-entropy: the line of code that causes each one, and the loss that follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ai_from_scratch.data import Samples
from ai_from_scratch.stage import paint
from Logistic_Regression_From_Scratch.cross_entropy import log_one_plus_exp, sigmoid
from Logistic_Regression_From_Scratch.newton import largest_curvature

START, STEPS, C = -20.0, 60, 10.0                # w: a high probability of the wrong class
SMALLEST_P = 1e-7
Slopes = Callable[[np.ndarray, np.ndarray, float, float], tuple[Any, Any]]


def right(x: np.ndarray, y: np.ndarray, w: float, b: float) -> tuple[Any, Any]:
    error = sigmoid(w * x + b) - y                                           # (n,)
    return np.mean(error * x) + w / (C * len(x)), np.mean(error)


def clipped(x: np.ndarray, y: np.ndarray, w: float, b: float) -> tuple[Any, Any]:
    """The derivative of −log of the clipped p; it is 0 wherever p was clipped."""
    p = sigmoid(w * x + b)
    error = np.where((p > SMALLEST_P) & (p < 1 - SMALLEST_P), p - y, 0.0)
    return np.mean(error * x) + w / (C * len(x)), np.mean(error)


def labels_minus_one_and_one(x: np.ndarray, y: np.ndarray, w: float, b: float) -> tuple[Any, Any]:
    return right(x, 2 * y - 1, w, b)


def penalty_without_the_mean(x: np.ndarray, y: np.ndarray, w: float, b: float) -> tuple[Any, Any]:
    error = sigmoid(w * x + b) - y
    return np.mean(error * x) + w / C, np.mean(error)


def without_the_mean(x: np.ndarray, y: np.ndarray, w: float, b: float) -> tuple[Any, Any]:
    error = sigmoid(w * x + b) - y
    return np.sum(error * x) + w / C, np.sum(error)


# the slopes, the line that is wrong, what follows
MISTAKES: tuple[tuple[Slopes, str, str], ...] = (
    (clipped, "p = np.clip(p, 1e-7, 1 - 1e-7)", "no slope where the model is most wrong: it is late"),
    (labels_minus_one_and_one, "error = p - y     # y: −1 and 1", "the formula needs 0 and 1: it never arrives"),
    (penalty_without_the_mean, "dw = np.mean(error * x) + w / C", "the penalty is n times too strong: too high"),
    (without_the_mean, "dw = np.sum(error * x) + w / C", "1/n forgotten: it overshoots again and again"),
)


def losses(slopes: Slopes, data: Samples, steps: int = STEPS) -> np.ndarray:     # (steps + 1,)
    """The true J after every step from w = START, b = 0, with the learning rate 1/λmax."""
    x, y = data.X[:, 0], data.y
    rate = 1 / largest_curvature(data.X, np.ones(len(y)), 1, C, fit_intercept=True)
    w, b, loss = START, 0.0, []
    for _ in range(steps + 1):
        z = w * x + b
        loss.append(float(np.mean(log_one_plus_exp(z) - y * z)) + w**2 / (2 * C * len(y)))
        dw, db = slopes(x, y, w, b)
        w, b = w - rate * dw, b - rate * db
    return np.array(loss)


def mistakes(figure: Figure, data: Samples) -> None:
    wrong = [(losses(slopes, data), line, finding) for slopes, line, finding in MISTAKES]
    paint.mistakes(figure, losses(right, data), wrong, limits=(0.08, 100), ylabel="loss J")

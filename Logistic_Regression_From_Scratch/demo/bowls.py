"""Two pictures: the loss over w beside the boundary between the two moons; and the cross-entropy (a bowl) beside the
squared error (a plateau)."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ai_from_scratch.data import Samples
from ai_from_scratch.stage.bowl import LossBowl
from Logistic_Regression_From_Scratch.cross_entropy import log_one_plus_exp, sigmoid
from Logistic_Regression_From_Scratch.logistic_regression import LogisticRegression

START = np.array([-7.0, 2.0])    # w and b: a high probability of the wrong class
LEARNING_RATE, STEPS = 1.0, 150  # the same for both losses
WORDS = "start", "w"             # at the path's start and at the ball, and at the arrows of the same two w
LOWEST_PARAMETERS, HIGHEST_PARAMETERS = np.array([-8.0, -4.8]), np.array([4.8, 6.0])  # of w and b in the picture


def bowl_of_the_moons(ax: Axes, samples: Samples, C: float, start: np.ndarray, best: np.ndarray) -> LossBowl:
    """Draws J over the two weights for X (n, 2) without an intercept.  The bowl ends soon beyond start and minimum.
    The words are those at the two arrows of the boundary's panel."""
    low, high = np.minimum(start, best), np.maximum(start, best)
    near = np.array([1.2, 2.6])                   # how far the bowl reaches: on the camera's side, and beyond the start
    return LossBowl(ax, partial(objective, samples=samples, C=C), low - near, high + near[::-1], best,
                    names=("weight w₁", "weight w₂"), words=WORDS)


def objective(w1: np.ndarray, w2: np.ndarray, samples: Samples, C: float) -> np.ndarray:         # (...), (...) -> (...)
    z = np.multiply.outer(w1, samples.X[:, 0]) + np.multiply.outer(w2, samples.X[:, 1])           # (..., n)
    return (log_one_plus_exp(z) - samples.y * z).mean(axis=-1) + (w1**2 + w2**2) / (2 * C * len(samples.y))


def two_bowls(figure: Figure, line: Samples) -> None:
    """Draws both losses for one feature X (n, 1) and labels y (n,), and the descent on each."""
    x, y = line.X[:, 0], line.y                                    # (n,)
    w, b = np.meshgrid(*(np.linspace(*ends, 81) for ends in zip(LOWEST_PARAMETERS, HIGHEST_PARAMETERS, strict=True)))
    for place, (name, loss, path) in enumerate((
        ("cross-entropy: it rolls down", partial(cross_entropy, x=x, y=y), descend_cross_entropy(line)),
        ("squared error of σ: it creeps", partial(squared_error, x=x, y=y), descend_squared_error(x, y)),
    ), start=1):
        ax: Any = figure.add_subplot(1, 2, place, projection="3d")
        lowest = np.argmin(loss(w, b))
        LossBowl(ax, loss, LOWEST_PARAMETERS, HIGHEST_PARAMETERS, np.array([w.flat[lowest], b.flat[lowest]]),
                 names=("weight w", "intercept b")).update(path)
        ax.set_zlabel("")
        ax.set_title(f"{name}\nloss {loss(*path[0]):.2f} → {loss(*path[-1]):.2f}", loc="left")


def scores(w: np.ndarray, b: np.ndarray, x: np.ndarray) -> np.ndarray:     # (...), (...), (n,) -> (..., n)
    return np.multiply.outer(w, x) + np.asarray(b)[..., None]


def cross_entropy(w: np.ndarray, b: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:     # (...)
    z = scores(w, b, x)
    return (log_one_plus_exp(z) - y * z).mean(axis=-1)


def squared_error(w: np.ndarray, b: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:     # (...)
    return ((sigmoid(scores(w, b, x)) - y) ** 2).mean(axis=-1)


def descend_cross_entropy(line: Samples) -> np.ndarray:            # (STEPS + 1, 2)
    model = LogisticRegression(C=np.inf, solver="gradient_descent", learning_rate=LEARNING_RATE, max_iter=STEPS, tol=0)
    steps = model.training(*line, initial=(START[None, :1], START[1:]))
    return np.array([START, *(np.append(model.coef_, model.intercept_) for _ in steps)])


def descend_squared_error(x: np.ndarray, y: np.ndarray) -> np.ndarray:     # (STEPS + 1, 2)
    path = [START]
    for _ in range(STEPS):
        w, b = path[-1]
        path.append(path[-1] - LEARNING_RATE * squared_error_slopes(w, b, x, y))
    return np.array(path)


def squared_error_slopes(w: float, b: float, x: np.ndarray, y: np.ndarray) -> np.ndarray:        # (2,)
    p = sigmoid(w * x + b)                                         # (n,)
    error = 2 * (p - y) * p * (1 - p)           # the factor σ′ is 0 where σ is near 0 or 1, even if the answer is wrong
    return np.array([error @ x, error.sum()]) / len(x)

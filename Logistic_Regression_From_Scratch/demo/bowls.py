"""Why the loss is the cross-entropy: its convex surface and the plateau of the squared error, from the same start."""

from __future__ import annotations

from functools import partial

import numpy as np
from matplotlib.figure import Figure

from ai_from_scratch.data import Samples
from ai_from_scratch.stage.bowl import LossBowl
from Logistic_Regression_From_Scratch.cross_entropy import log_one_plus_exp, sigmoid
from Logistic_Regression_From_Scratch.logistic_regression import LogisticRegression

START = np.array([-7.0, 2.0])    # w and b: a high probability of the wrong class
LEARNING_RATE, STEPS = 1.0, 150  # the same for both losses
LARGEST_PARAMETER = 8.0          # w and b are drawn between −8 and 8


def two_bowls(figure: Figure, line: Samples) -> None:
    """Both losses of one feature X (n, 1) and labels y (n,), and both descents."""
    x, y = line.X[:, 0], line.y                                    # (n,)
    corner = np.full(2, LARGEST_PARAMETER)
    w, b = np.meshgrid(*2 * [np.linspace(-LARGEST_PARAMETER, LARGEST_PARAMETER, 81)])
    for place, (name, loss, path) in enumerate((
        ("cross-entropy", partial(cross_entropy, x=x, y=y), descend_cross_entropy(line)),
        ("squared error of σ", partial(squared_error, x=x, y=y), descend_squared_error(x, y)),
    ), start=1):
        ax = figure.add_subplot(1, 2, place, projection="3d")
        lowest = np.argmin(loss(w, b))
        LossBowl(ax, loss, -corner, corner, np.array([w.flat[lowest], b.flat[lowest]]), steps=33,
                 names=("weight w", "intercept b"), azimuth=-125).update(path)
        ax.set(zlabel="", title=f"{name}: {loss(*path[0]):.2f} → {loss(*path[-1]):.2f}")


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
    error = 2 * (p - y) * p * (1 - p)            # σ′ is a factor: 0 where σ is near 0 or 1, even if the answer is wrong
    return np.array([error @ x, error.sum()]) / len(x)

"""The bowl of the loss over (w, b) of a line, as a mesh whose rings are its contours.  It needs only NumPy, because
scenes of the playground use it.

    L(θ) = L(θ*) + ½ (θ − θ*)ᵀ H (θ − θ*)        H = V diag(λ) Vᵀ: the bowl's axes and curvatures
"""

from typing import NamedTuple

import numpy as np

from Linear_Regression_From_Scratch.linear_regression import LinearRegression, errors, hessian

RINGS, SPOKES = 18, 64
MIN_CURVATURE = 1e-3           # a smaller share of the largest curvature is raised to this: no endless mesh


class Bowl(NamedTuple):
    best: np.ndarray           # (2,) θ* = (w, b), from the normal equation
    curvature: np.ndarray      # (2,) λ, ascending
    axes: np.ndarray           # (2, 2) V, a column for each curvature
    lowest: float              # L(θ*)


def bowl(X: np.ndarray, y: np.ndarray) -> Bowl:                            # (n, 1), (n,)
    model = LinearRegression(engine="plain").fit(X, y)
    best = np.append(model.coef_, model.intercept_)
    curvature, axes = np.linalg.eigh(hessian(X))
    return Bowl(best, np.maximum(curvature, 0), axes, float(losses(X, y, best[None])[0]))


def losses(X: np.ndarray, y: np.ndarray, theta: np.ndarray) -> np.ndarray:    # (n, 1), (n,), (k, 2) -> (k,)
    """The mean squared error of k lines at once."""
    targets = np.repeat(y[:, None], len(theta), axis=1)                    # (n, k)
    return np.mean(errors(X, targets, theta[:, 0][None], theta[:, 1]) ** 2, axis=0)


def mesh(X: np.ndarray, y: np.ndarray, shape: Bowl, rim: float) -> dict[str, np.ndarray]:
    """x, y and z (RINGS, SPOKES) of the bowl up to the loss `rim`; the outermost ring lies at that height."""
    radius = np.linspace(0, 1, RINGS)[:, None] * np.sqrt(2 * max(rim - shape.lowest, 1e-9))         # (RINGS, 1)
    angle = np.linspace(0, 2 * np.pi, SPOKES, endpoint=False)              # (SPOKES,)
    curvature = np.maximum(shape.curvature, max(MIN_CURVATURE * shape.curvature[1], 1e-9))
    circle = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1) / np.sqrt(curvature)
    theta = shape.best + circle @ shape.axes.T                             # (RINGS, SPOKES, 2)
    height = losses(X, y, theta.reshape(-1, 2)).reshape(RINGS, SPOKES)
    return {name: array.astype(np.float32) for name, array in
            (("x", theta[..., 0]), ("y", theta[..., 1]), ("z", height))}

"""Pictures of the loss from above: the effect of learning rate, scale and momentum on a descent."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ai_from_scratch.data.dataset import Samples
from ai_from_scratch.stage import theme
from ai_from_scratch.stage.bowl import around
from Linear_Regression_From_Scratch.linear_regression import LinearRegression, hessian

LEVELS = np.geomspace(1.5, 400, 14)


def surface(data: Samples) -> Callable[[Any, Any], np.ndarray]:
    """The mean squared error of a line for one feature, as a function of arrays w and b of one shape."""
    x, y = data.X[:, 0], data.y                                              # (n,)

    def loss(w: Any, b: Any) -> np.ndarray:
        error = np.multiply.outer(w, x) + np.asarray(b)[..., None] - y       # (..., n)
        return np.mean(error**2, axis=-1)

    return loss


def steepest(data: Samples) -> float:
    """λmax, the largest curvature of the loss."""
    return float(np.linalg.eigvalsh(hessian(data.X))[-1])


def descent(data: Samples, start: np.ndarray, steps: int, **parameters: Any) -> np.ndarray:    # (steps + 1, 2)
    """The path of (w, b) on the loss surface of one feature."""
    model = LinearRegression(solver="gradient_descent", max_iter=steps, tol=0, **parameters)
    path = [start]
    path += [np.array([model.coef_[0], model.intercept_]) for _ in model.training(*data, initial=start)]
    return np.array(path)


def from_above(ax: Axes, data: Samples, path: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
    """Contours, the path with a dot for every step, and a star at the minimum."""
    w, b = np.meshgrid(np.linspace(low[0], high[0], 80), np.linspace(low[1], high[1], 80))
    ax.contour(w, b, surface(data)(w, b), levels=LEVELS, cmap="cividis", linewidths=0.7)
    for a, z in pairwise(path):
        ax.plot([a[0], z[0]], [a[1], z[1]], color=theme.VERMILION, linewidth=1, marker="o", markersize=2.5)
    best = LinearRegression().fit(*data)
    ax.plot(best.coef_[0], best.intercept_, "*", color=theme.INK, markersize=11)
    ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xlabel="slope w", ylabel="intercept b")


def learning_rates(figure: Figure, data: Samples, start: np.ndarray) -> None:
    best = LinearRegression().fit(*data)
    low, high = around(np.array([best.coef_[0], best.intercept_]), start[None])
    for ax, factor in zip(figure.subplots(2, 2).flat, (0.1, 1.0, 1.9, 2.05), strict=True):
        path = descent(data, start, 25, learning_rate=factor / steepest(data))
        from_above(ax, data, path, low, high)
        ax.set_title(f"learning rate {factor} / λmax")


def condition(figure: Figure, rng: np.random.Generator) -> None:
    """One table three times: unchanged, centred, and standardised."""
    x = rng.uniform(0, 10, 200)                                              # (n,)
    y = 2 * x - 8 + rng.normal(size=200)
    for ax, (name, column) in zip(figure.subplots(1, 3), (
        ("as it came", x), ("centred", x - x.mean()), ("scaled too", (x - x.mean()) / x.std()),
    ), strict=True):
        data = Samples(column[:, None], y)
        best = LinearRegression().fit(*data)
        bottom = np.array([best.coef_[0], best.intercept_])
        path = descent(data, bottom + np.array([2.5, 8.0]), 25)
        from_above(ax, data, path, bottom - 9, bottom + 9)
        ax.set_box_aspect(1)
        curvatures = np.linalg.eigvalsh(hessian(data.X))
        ax.set_title(f"{name}: κ = {curvatures[-1] / curvatures[0]:.3g}")


def directions(figure: Figure, data: Samples, steps: int = 2_000, momentum: float = 0.9) -> None:
    """The distance from the minimum along each eigenvector of the Hessian, without momentum and with it."""
    curvature, axes = np.linalg.eigh(hessian(data.X))                        # (d+1,), (d+1, d+1) columns
    bottom = LinearRegression().fit(*data)
    theta = np.append(bottom.coef_, bottom.intercept_)                       # (d+1,)
    for ax, share in zip(figure.subplots(1, 2, sharey=True), (0.0, momentum), strict=True):
        model = LinearRegression(solver="gradient_descent", max_iter=steps, tol=0, momentum=share)
        away = [-theta]                                                      # it starts at 0
        away += [np.append(model.coef_, model.intercept_) - theta for _ in model.training(*data)]
        distance = np.abs(np.array(away) @ axes)                             # (steps + 1, d+1)
        for j in range(len(curvature)):
            seen = distance[:, j] > 1e-10 * distance[0].max()                # below, it is only rounding
            end = len(seen) if seen.all() else int(np.argmin(seen))
            colour, width = (theme.VERMILION, 2.0) if j == 0 else (theme.SKY, 1.2)
            ax.semilogy(distance[:end, j] / distance[0, j], color=colour, linewidth=width, zorder=3 if j == 0 else 2)
        flat = curvature[0] / curvature[-1]
        ax.set(xlabel="step", title=f"momentum {share:g}", ylim=(1e-10, 30), xlim=(0, steps))
        ax.text(0.98, 0.97, f"flattest direction, λ = {flat:.2g} λmax", color=theme.VERMILION, ha="right", va="top",
                transform=ax.transAxes)
    figure.axes[0].set_ylabel("|distance to the bottom|, start = 1")

"""Pictures of the loss from above: the effect of learning rate, scale and momentum on a descent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ai_from_scratch.data.dataset import Samples
from ai_from_scratch.stage import theme
from ai_from_scratch.stage.bowl import around
from Linear_Regression_From_Scratch.linear_regression import LinearRegression, hessian, largest_curvature

LEVELS = np.geomspace(1.5, 400, 14)
FINDING_OF_RATE = {0.1: "it creeps", 1.0: "straight into the valley", 1.9: "it zigzags, and arrives",
                   2.05: "it diverges"}
STEPS = 25                                   # of the descents seen from above
LABEL_PLACES_BY_MOMENTUM = {False: ((0.99, 0.93), (0.42, 0.55)), True: ((0.99, 0.75), (0.24, 0.12))}     # of two labels
SMALLEST_DISTANCE = 1e-10                    # as a share of the first distance: smaller ones are only rounding


def surface(data: Samples) -> Callable[[Any, Any], np.ndarray]:
    """The mean squared error of the line w x + b as a function of w and b, which may be arrays of one shape."""
    x, y = data.X[:, 0], data.y                                              # (n,)

    def loss(w: Any, b: Any) -> np.ndarray:
        error = np.multiply.outer(w, x) + np.asarray(b)[..., None] - y       # (..., n)
        return np.mean(error**2, axis=-1)

    return loss


def steepest(data: Samples) -> float:
    """λmax, the largest curvature of the loss."""
    return largest_curvature(data.X)


def descent(data: Samples, start: np.ndarray, steps: int, **parameters: Any) -> np.ndarray:    # (steps + 1, 2)
    """The path of (w, b) on the loss surface of one feature."""
    model = LinearRegression(solver="gradient_descent", max_iter=steps, tol=0, **parameters)
    path = [start]
    path += [np.array([model.coef_[0], model.intercept_]) for _ in model.training(*data, initial=start)]
    return np.array(path)


def from_above(ax: Axes, data: Samples, path: np.ndarray, low: np.ndarray, high: np.ndarray, steps: int = 80) -> None:
    """Contours on a grid of steps × steps, the path with a dot for every step, and a star at the minimum."""
    w, b = np.meshgrid(np.linspace(low[0], high[0], steps), np.linspace(low[1], high[1], steps))
    ax.contour(w, b, surface(data)(w, b), levels=LEVELS, colors=[theme.mixed(theme.SKY, 0.8)], linewidths=0.7)
    ax.plot(*path.T, "o-", color=theme.ACCENT, linewidth=1, markersize=2.5)
    best = LinearRegression().fit(*data)
    ax.plot(best.coef_[0], best.intercept_, "*", color=theme.INK, markersize=11)
    ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xlabel="slope w", ylabel="intercept b")


def learning_rates(figure: Figure, data: Samples, start: np.ndarray) -> None:
    best = LinearRegression().fit(*data)
    low, high = around(np.array([best.coef_[0], best.intercept_]), start[None])
    for ax, (factor, finding) in zip(figure.subplots(2, 2).flat, FINDING_OF_RATE.items(), strict=True):
        path = descent(data, start, STEPS, learning_rate=factor / steepest(data))
        from_above(ax, data, path, low, high)
        ax.set_title(f"η = {factor} / λmax: {finding}")


def condition(figure: Figure, rng: np.random.Generator) -> None:
    """One table three times: unchanged, centred, and standardised."""
    x = rng.uniform(0, 10, 200)                                              # (n,)
    y = 2 * x - 8 + rng.normal(size=200)
    for ax, (name, column) in zip(figure.subplots(1, 3), (
        ("as it came", x), ("centred", x - x.mean()), ("scaled", (x - x.mean()) / x.std()),
    ), strict=True):
        data = Samples(column[:, None], y)
        best = LinearRegression().fit(*data)
        bottom = np.array([best.coef_[0], best.intercept_])
        path = descent(data, bottom + np.array([2.5, 8.0]), STEPS)
        from_above(ax, data, path, bottom - 9, bottom + 9, steps=360)       # the valley is narrow
        ax.set_box_aspect(1)
        ax.set_title(f"{name}, κ = {condition_number(data.X):.3g}: {distance_left(path, bottom)}", fontsize=10)


def condition_number(X: np.ndarray) -> float:
    curvature = np.linalg.eigvalsh(hessian(X))
    return float(curvature[-1] / curvature[0])


def distance_left(path: np.ndarray, bottom: np.ndarray) -> str:
    """The distance from the minimum at the end of the path as a share of the distance at its start, in words."""
    first, last = np.linalg.norm(path[[0, -1]] - bottom, axis=1)
    share = 100 * last / first
    return "it is there" if share < 0.01 else f"{share:.0f} % left"


def distances(data: Samples, steps: int, momentum: float) -> tuple[np.ndarray, np.ndarray]:
    """The eigenvalues of the Hessian (d+1,), and the distances from the minimum along each eigenvector after every step
    (steps + 1, d+1), as shares of the first. Each is the largest from this step on: an oscillating descent passes
    through 0."""
    curvature, axes = np.linalg.eigh(hessian(data.X))                        # (d+1,), (d+1, d+1) columns
    bottom = LinearRegression().fit(*data)
    theta = np.append(bottom.coef_, bottom.intercept_)                       # (d+1,)
    model = LinearRegression(solver="gradient_descent", max_iter=steps, tol=0, momentum=momentum)
    away = [-theta]                                                          # it starts at 0
    away += [np.append(model.coef_, model.intercept_) - theta for _ in model.training(*data)]
    distance = np.abs(np.array(away) @ axes)
    still_to_come = np.maximum.accumulate(distance[::-1])[::-1]              # an oscillation passes through 0
    return curvature, still_to_come / distance[0]


def directions(figure: Figure, data: Samples, steps: int = 2_000, momentum: float = 0.9) -> None:
    """The distance from the minimum along each eigenvector of the Hessian, without momentum and with it."""
    for ax, share in zip(figure.subplots(1, 2, sharey=True), (0.0, momentum), strict=True):
        curvature, distance = distances(data, steps, share)
        for j in range(len(curvature)):
            shown = distance[:, j] > SMALLEST_DISTANCE
            colour, width = (theme.ACCENT, 2.4) if j == 0 else (theme.SKY, 1.2)
            ax.semilogy(np.flatnonzero(shown), distance[shown, j], color=colour, linewidth=width,
                        zorder=3 if j == 0 else 2)
        left = distance[-1, 0]
        finding = f"{100 * left:.0f} % of the flattest is left" if left > 1e-3 else "the flattest arrives, too"
        ax.set(xlabel="step", title=f"momentum {share:g}: {finding}", ylim=(SMALLEST_DISTANCE, 30), xlim=(0, steps))
        for place, side, label, colour in zip(LABEL_PLACES_BY_MOMENTUM[share > 0], ("right", "left"), (
                f"flattest direction, λ = {curvature[0] / curvature[-1]:.2g} λmax", "the ten others"),
                (theme.ACCENT, theme.SKY), strict=True):
            ax.text(*place, label, color=colour, ha=side, transform=ax.transAxes)
    figure.axes[0].set_ylabel("distance from the minimum, start = 1")

"""Three optimisers in the same valley, which is a hundred times steeper across than along.

    L(θ) = ½ (θ₁² + 100 θ₂²)        ∂L/∂θ = (θ₁, 100 θ₂)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from ai_from_scratch.stage import theme
from ai_from_scratch.stage.demo import Picture
from Basic_Neural_Network_From_Scratch.optimizers import SGD, Adam, Optimizer

CURVATURES = np.array([1.0, 100.0])     # curvature along the valley, and across it
START, STEPS = (-2.0, 0.28), 120
FAR_FROM_MINIMUM = 0.05                 # a path has arrived once it stays within this distance


class Path(NamedTuple):
    """What one optimiser did."""

    name: str
    colour: str
    points: np.ndarray      # (STEPS + 1, 2)
    losses: np.ndarray      # (STEPS + 1,)

    @property
    def arrived(self) -> int | None:
        """The first step after which the path stays near the minimum; None if there is none."""
        far = np.flatnonzero(np.linalg.norm(self.points, axis=1) > FAR_FROM_MINIMUM)
        return None if far[-1] == len(self.points) - 1 else int(far[-1]) + 1


def pictures() -> Iterator[Picture]:
    yield Picture("optimizers.png", optimizers,
                  "The same valley, the same start (left), a dot for each of 120 steps, a star at the minimum. Across "
                  "the valley the loss curves 100 times as much as along it. Plain gradient descent must take steps "
                  "that are small enough across, so it creeps along. Momentum adds up the gradients that agree. Adam "
                  "divides each gradient by its own size and moves equally fast in both directions. There: "
                  f"from this step on it stays within {FAR_FROM_MINIMUM:g} of the minimum.", (8, 4.6))


def race() -> list[Path]:
    return [descent(name, colour, optimizer) for name, colour, optimizer in (
        ("SGD, η = 0.019", theme.SERIES[0], SGD(0.019)),
        ("momentum 0.9, η = 0.01", theme.SERIES[1], SGD(0.01, momentum=0.9)),
        ("Adam, η = 0.1", theme.SERIES[2], Adam(0.1)))]


def descent(name: str, colour: str, optimizer: Optimizer) -> Path:
    theta = np.array(START)
    points = [theta.copy()]
    for _ in range(STEPS):
        optimizer.step(theta, CURVATURES * theta)
        points.append(theta.copy())
    return Path(name, colour, np.array(points), loss(np.array(points)))


def loss(theta: np.ndarray) -> np.ndarray:  # (…, 2) -> (…)
    return 0.5 * (CURVATURES * theta**2).sum(axis=-1)


def optimizers(figure: Figure) -> None:
    paths = race()
    grid = figure.add_gridspec(2, 1, height_ratios=(1.2, 1))
    above, below = grid[0], grid[1]
    x, y = np.meshgrid(np.linspace(-2.3, 1.1, 160), np.linspace(-0.4, 0.4, 160))
    axes: Any = above.subgridspec(1, 3).subplots(sharey=True)
    for ax, path in zip(axes, paths, strict=True):
        ax.contour(x, y, loss(np.stack([x, y], axis=-1)), levels=np.geomspace(0.01, 8, 11), linewidths=0.7,
                   colors=[theme.mixed(theme.GREY, 0.75)])
        ax.plot(*path.points.T, color=path.colour, marker="o", markersize=2.5, linewidth=0.9)
        ax.plot(0, 0, "*", color=theme.INK, markersize=13, markeredgecolor=theme.BACKGROUND, markeredgewidth=0.9,
                zorder=5)
        ax.set(xlim=(-2.3, 1.1), ylim=(-0.4, 0.4), xlabel="θ₁, along", xticks=[-2, -1, 0, 1])
        ax.set_title(f"{path.name}:\n{finding(path)}", fontsize=10, color=path.colour)
    figure.axes[0].set_ylabel("θ₂, across")
    ax = figure.add_subplot(below)
    for path, (step, dy) in zip(paths, ((88, 9), (66, 13), (21, -14)), strict=True):
        ax.plot(path.losses, color=path.colour)
        ax.annotate(path.name.split(",")[0], (step, path.losses[step]), xytext=(0, dy), textcoords="offset points",
                    color=path.colour, ha="center")
    ax.set(yscale="log", xlabel="step", ylabel="loss", xlim=(0, STEPS))


def finding(path: Path) -> str:
    if path.arrived is not None:
        return f"there at step {path.arrived}"
    return f"still {np.linalg.norm(path.points[-1]):.2f} away"

"""A loss over two parameters as a 3-D surface, with the path of a descent on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ai_from_scratch.stage import theme


class LossBowl:
    """The surface is painted once; `update` moves the path, its shadow on the floor and the ball at its end.

    ax is a 3-D axes; loss takes two grids of one shape; the surface extends from `low` to `high`, each (2,).  A star on
    the floor marks `best` (2,), the minimum.
    """

    def __init__(self, ax: Any, loss: Callable[[np.ndarray, np.ndarray], np.ndarray], low: np.ndarray,
                 high: np.ndarray, best: np.ndarray | None = None, *, steps: int = 25, azimuth: float = -40,
                 elevation: float = 30, names: tuple[str, str] = ("slope w", "intercept b")) -> None:
        self.loss = loss
        w, b = np.meshgrid(np.linspace(low[0], high[0], steps), np.linspace(low[1], high[1], steps))
        heights = loss(w, b)                                                 # (steps, steps)
        self.floor = heights.min() - 0.4 * np.ptp(heights)
        # Mplot3d sorts whole artists, not pixels: a pale surface that is drawn first hides nothing on it.
        ax.computed_zorder = False
        ax.plot_surface(w, b, heights, cmap="cividis", alpha=0.45, linewidth=0, rstride=1, cstride=1, zorder=1)
        levels = heights.min() + np.ptp(heights) * np.linspace(0, 1, 12)[1:] ** 2     # closer together at the bottom
        ax.contour(w, b, heights, levels=levels, zdir="z", offset=self.floor, cmap="cividis", linewidths=0.8, zorder=0)
        if best is not None:
            ax.plot([best[0]], [best[1]], [self.floor], "*", color=theme.INK, markersize=12, zorder=3)
        colour: dict[str, Any] = {"color": theme.VERMILION}
        self.shadow, = ax.plot([], [], [], "o-", linewidth=1, markersize=1.5, zorder=4, **colour)
        self.path, = ax.plot([], [], [], "o-", markersize=3, zorder=5, **colour)
        self.ball, = ax.plot([], [], [], "o", markersize=11, markeredgecolor="white", zorder=6, **colour)
        ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), zlim=(self.floor, heights.max()),
               xlabel=names[0], ylabel=names[1], zlabel="loss")
        ax.set_zticks([tick for tick in ax.get_zticks() if 0 <= tick <= heights.max()])
        ax.view_init(elev=elevation, azim=azimuth)
        ax.set_box_aspect(None, zoom=0.92)     # room for the label of the loss

    def update(self, path: np.ndarray) -> None:
        """path (n, 2): the parameters from the start to the present step."""
        heights = self.loss(path[:, 0], path[:, 1])                          # (n,)
        self.path.set_data_3d(path[:, 0], path[:, 1], heights)
        self.shadow.set_data_3d(path[:, 0], path[:, 1], np.full(len(path), self.floor))
        self.ball.set_data_3d(path[-1:, 0], path[-1:, 1], heights[-1:])


def around(best: np.ndarray, points: np.ndarray, margin: float = 1.1) -> tuple[np.ndarray, np.ndarray]:
    """A square around `best` (2,) that contains all `points` (n, 2): its corners low and high, each (2,).

    A descent stays within its first distance from the minimum, so a square that contains the start contains the path.
    """
    half_width = max(np.linalg.norm(points - best, axis=1).max(), 1e-9) * margin
    return best - half_width, best + half_width

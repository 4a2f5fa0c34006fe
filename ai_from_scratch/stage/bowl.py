"""A loss over two parameters as a lit 3-D surface, with the path of a descent on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.collections import QuadMesh
from matplotlib.colors import LightSource, LinearSegmentedColormap
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Bbox, BboxBase, ScaledTranslation
from mpl_toolkits.mplot3d import proj3d

from ai_from_scratch.stage import theme

DEPTH = LinearSegmentedColormap.from_list("depth", ["#2B5C8F", "#5A92C4", "#A9CBE6", "#E6F1F9"])     # low to high
LIGHT_FROM, LIGHT_HEIGHT = 100.0, 50.0      # degrees
FLOOR_BELOW = 0.75                          # of the surface's height
CONTOURS = 13


class LossBowl:
    """The surface is painted once; `update` moves the path, its shadow on the floor and the ball at its end.

    ax is a 3-D axes; loss takes two grids of one shape; the surface extends from `low` to `high`, each (2,).  A star on
    the floor marks `best` (2,), the minimum.  The camera stands at `azimuth`; the view into the surface is best if the
    surface ends soon behind the minimum on that side.  `words` stand above the path's start and left of the ball.
    """

    def __init__(self, ax: Any, loss: Callable[[np.ndarray, np.ndarray], np.ndarray], low: np.ndarray,
                 high: np.ndarray, best: np.ndarray | None = None, *, steps: int = 96, azimuth: float = -40,
                 elevation: float = 32, names: tuple[str, str] = ("slope w", "intercept b"),
                 words: tuple[str, str] = ("", "")) -> None:
        self.loss = loss
        w, b = np.meshgrid(np.linspace(low[0], high[0], steps), np.linspace(low[1], high[1], steps))
        heights = loss(w, b)                                                 # (steps, steps)
        height = float(np.ptp(heights)) or 1.0
        self.floor, self.lift = heights.min() - FLOOR_BELOW * height, 0.012 * height
        ax.computed_zorder = False               # the order of painting is that of zorder
        Surface(ax, w, b, heights, colours_of(heights), zorder=1)
        levels = heights.min() + height * np.linspace(0, 1, CONTOURS)[1:] ** 2  # closer at the bottom
        ax.contour(w, b, heights, levels=levels[:-1], colors="white", linewidths=0.6, alpha=0.55, zorder=2)
        rings = theme.blend("rings", [theme.SKY, theme.mixed(theme.SKY, 0.8)])    # low to high, on any page
        ax.contour(w, b, heights, levels=levels, zdir="z", offset=self.floor, cmap=rings, linewidths=0.9, zorder=0)
        ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), zlim=(self.floor, heights.max()),
               xlabel=names[0], ylabel=names[1], zlabel="loss")
        if best is not None:
            ax.plot([best[0]], [best[1]], [self.floor], "*", color=theme.INK, markersize=13, zorder=0.6)
        colour: dict[str, Any] = {"color": theme.ACCENT}
        self.shadow, = ax.plot([], [], [], "-", linewidth=1.3, color=theme.INK, alpha=0.6, zorder=0.5)
        self.plumb, = ax.plot([], [], [], ":", linewidth=1, color=theme.INK, alpha=0.8, zorder=0.5)
        self.casing, = ax.plot([], [], [], "-", linewidth=5, color=theme.BACKGROUND, zorder=5,     # seen on any surface
                               solid_capstyle="round")
        self.path, = ax.plot([], [], [], "o-", linewidth=1.8, markersize=2.6, zorder=6, **colour)
        self.ball, = ax.plot([], [], [], "o", markersize=12, markeredgecolor="white", zorder=7, **colour)
        self.gleam, = ax.plot([], [], [], "o", markersize=3.4, color="white", alpha=0.8, zorder=8)
        self.gleam.set_transform(ax.transData + ScaledTranslation(-2.1 / 72, 2.2 / 72, ax.figure.dpi_scale_trans))
        self.words = [Word(ax, words[0], (0, 5), ha="center", va="bottom", **colour),
                      Word(ax, words[1], (-11, 0), ha="right", va="center", **colour)]
        for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
            axis.set_major_locator(MaxNLocator(5))
            axis.pane.set(facecolor="none", edgecolor=theme.PALE)
            axis._axinfo["grid"].update(color=theme.PALE, linewidth=0.5)
        ax.set_zticks([tick for tick in ax.get_zticks() if heights.min() - 0.05 * height <= tick <= heights.max()])
        ax.view_init(elev=elevation, azim=azimuth)
        ax.set_box_aspect((1, 1, 0.85), zoom=1.05)

    def update(self, path: np.ndarray) -> None:
        """path (n, 2): the parameters from the start to the present step."""
        w, b = path.T
        heights = self.loss(w, b) + self.lift                                # (n,)
        on_floor = np.full(len(path), self.floor)
        for line in (self.casing, self.path):
            line.set_data_3d(w, b, heights)
        self.shadow.set_data_3d(w, b, on_floor)
        self.plumb.set_data_3d(w[[-1, -1]], b[[-1, -1]], [self.floor, heights[-1]])
        for ball in (self.ball, self.gleam):
            ball.set_data_3d(w[-1:], b[-1:], heights[-1:] + self.lift)
        for word, step in zip(self.words, (0, -1), strict=True):
            word.point = w[step], b[step], heights[step] + self.lift


class Word(Text):
    """A word beside a point in space, `points` to the right and up.  Unlike Matplotlib's own text in 3-D axes it knows
    its place in the figure, so that a test can tell whether it can be read."""

    def __init__(self, ax: Any, word: str, points: tuple[float, float], **how: Any) -> None:
        super().__init__(0, 0, word, fontsize=11, fontweight="bold", zorder=9, **how)
        self.point = 0.0, 0.0, 0.0
        self.set_path_effects([withStroke(linewidth=3, foreground=theme.BACKGROUND)])
        self.set_in_layout(False)                                            # its place is known when it is drawn
        ax.add_artist(self)
        self.set_transform(ax.transData + ScaledTranslation(points[0] / 72, points[1] / 72, ax.figure.dpi_scale_trans))

    def draw(self, renderer: Any) -> None:
        self.set_position(proj3d.proj_transform(*self.point, self.axes.M)[:2])      # type: ignore[union-attr]
        super().draw(renderer)


def fill_panel(ax: Any, widest: float) -> None:
    """Lets 3-D axes fill their panel, up to `widest` times as wide as high.  Matplotlib keeps them square, which leaves
    a third of a wide panel empty."""
    def apply_aspect(position: BboxBase | None = None) -> None:
        panel = ax.get_position(original=True) if position is None else position
        inches = ax.figure.get_size_inches()
        width, height = np.array([panel.width, panel.height]) * inches
        size = np.array([min(width, widest * height), min(height, width)]) / inches
        ax._set_position(Bbox.from_bounds(panel.x0, panel.y0, *size).anchored(ax.get_anchor(), panel), "active")

    ax.apply_aspect = apply_aspect


class Surface(QuadMesh):
    """A grid of points in space as a mesh without seams: Matplotlib blends the colours between its corners.

    Matplotlib's own plot_surface paints each cell in one colour, and takes ten times as long for an equally fine grid.
    """

    def __init__(self, ax: Any, x: np.ndarray, y: np.ndarray, z: np.ndarray, colours: np.ndarray, zorder: int) -> None:
        self.points = np.stack([x, y, z])                                    # (3, rows, columns)
        self.corner_colours = colours                                        # (rows, columns, 4)
        super().__init__(np.stack([x, y], axis=2), shading="gouraud", rasterized=True, zorder=zorder)
        ax.add_collection(self, autolim=False)

    def do_3d_projection(self) -> float:
        """Matplotlib calls this before each drawing: it sorts the corners as seen from the camera, the farthest
        first."""
        flat = self.points.reshape(3, -1)
        x, y, depth = np.reshape(proj3d.proj_transform(*flat, self.axes.M), self.points.shape)   # type: ignore[union-attr]
        flips = tuple(slice(None, None, -1 if depth.take(0, axis=axis).mean() < depth.take(-1, axis=axis).mean() else 1)
                      for axis in (0, 1))
        self._coordinates = np.stack([x, y], axis=2)[flips]
        self.set_facecolor(self.corner_colours[flips].reshape(-1, 4))        # type: ignore[arg-type]
        return float(depth.mean())


def colours_of(heights: np.ndarray) -> np.ndarray:                           # (rows, columns) -> (rows, columns, 4)
    """Colours: dark where low, pale where high, and lit from one side, so that the slope is visible as shade."""
    relative = (heights - heights.min()) / (np.ptp(heights) or 1.0)
    light = LightSource(LIGHT_FROM, LIGHT_HEIGHT).hillshade(relative, vert_exag=0.7 * len(heights), fraction=1.0)
    colours = DEPTH(relative**0.5)
    colours[..., :3] *= (0.78 + 0.30 * light)[..., None]
    return np.clip(colours, 0, 1)


def around(best: np.ndarray, points: np.ndarray, margin: float = 1.1) -> tuple[np.ndarray, np.ndarray]:
    """A square around `best` (2,) that contains all `points` (n, 2), as its corners low and high, each (2,).

    A descent stays within its first distance from the minimum, so a square that contains the start contains the path.
    """
    half_width = max(np.linalg.norm(points - best, axis=1).max(), 1e-9) * margin
    return best - half_width, best + half_width

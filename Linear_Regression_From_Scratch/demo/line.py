"""The line among its samples, with its squared errors as squares and its earlier positions as pale lines."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection

from ai_from_scratch.stage import theme


def equation(slope: float, intercept: float) -> str:
    return f"y = {slope:.2f} x {'−' if intercept < 0 else '+'} {abs(intercept):.2f}".replace("-", "−")


class FallingLine:
    """The samples are painted once; `update` moves the line, its earlier positions and the squares."""

    def __init__(self, ax: Axes, X: np.ndarray, y: np.ndarray) -> None:     # X (n, 1), y (n,)
        self.x, self.y = X[:, 0], y
        self.ends = np.array([self.x.min() - 0.4, self.x.max() + 0.4])
        low, high = y.min() - 2.5, y.max() + 2.5
        self.unit_of_y = np.ptp(self.ends) / (high - low)                   # length of one y unit, in x units
        self.squares = PolyCollection([], facecolor=theme.ACCENT, alpha=0.14, linewidth=0)
        self.ghosts = LineCollection([], colors=theme.SKY, alpha=0.75, linewidths=1)
        ax.add_collection(self.squares)
        ax.add_collection(self.ghosts)
        self.line, = ax.plot([], [], color=theme.BLUE, linewidth=2.5)
        ax.plot(self.x, y, "o", color=theme.INK, markersize=4)
        ax.set(xlim=self.ends, ylim=(low, high), xlabel="x", ylabel="y")
        ax.set_box_aspect(1)

    def update(self, path: np.ndarray) -> None:
        """path: (steps, 2), slope and intercept from the start to the present step."""
        slope, intercept = path[-1]
        lines = path[:, :1] * self.ends + path[:, 1:]                       # (steps, 2): heights at both ends
        self.line.set_data(self.ends, lines[-1])
        ghosts = lines[np.unique(np.geomspace(1, len(path), 9).astype(int)[:-1]) - 1]     # most changes are early
        self.ghosts.set_segments([np.column_stack([self.ends, ends]) for ends in ghosts])
        residual = self.y - (slope * self.x + intercept)                    # (n,)
        # A square's corners: from the sample to the line, and to the side on which the square does not cross the line.
        sideways = self.x - residual * self.unit_of_y * np.sign(slope or 1)
        on_line = self.y - residual
        self.squares.set_verts([[(x, y), (x, line), (side, line), (side, y)] for x, y, line, side
                                in zip(self.x, self.y, on_line, sideways, strict=True)])

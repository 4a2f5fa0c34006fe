"""The boundary among the samples: probabilities as background, w as an arrow, earlier boundaries as pale lines."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba
from matplotlib.patheffects import AbstractPathEffect, withStroke

from ai_from_scratch.stage import paint, theme
from Logistic_Regression_From_Scratch.cross_entropy import sigmoid

ARROW_LENGTH = 0.2               # of the arrow w, for each unit of ‖w‖
ARROW_WIDTH, HEAD_SIZE = 3.0, 18.0       # in points; of a w that is shorter than this, both shrink with it
SHORT_W = 1.5
WORD_DISTANCE = 0.17             # of an arrow's name from its tip
LARGEST_COSINE = 0.5             # between the first w and the present one, from which on both arrows are shown
HIGH_PROBABILITY = 0.9           # probability of one class or the other on the dashed lines


class MovingBoundary:
    """The samples are painted once; `update` moves everything that depends on w and b."""

    def __init__(self, ax: Axes, X: np.ndarray, y: np.ndarray, *, size: float = 16) -> None:     # X (n, 2), y (n,)
        x1, x2, self.points = paint.grid_over(X, steps=80, margin=0.35)
        self.shape, self.centre = x1.shape, X.mean(axis=0)
        self.low, self.high = self.points[0], self.points[-1]
        bands = theme.two_class_colours().resampled(10)            # one colour for each tenth of the probability
        self.map = ax.imshow(np.full(self.shape, 0.5), extent=paint.extent_of(x1, x2), origin="lower", cmap=bands,
                             vmin=0, vmax=1, interpolation="bilinear", aspect="equal")
        paint.samples(ax, X, y, size=size)
        self.ghosts = LineCollection([], linewidths=1.2, zorder=4)
        self.sure = LineCollection([], colors=theme.INK, linewidths=1, linestyles="dashed", zorder=4)
        self.line = LineCollection([], colors=theme.INK, linewidths=2.5, zorder=5)
        for lines in (self.ghosts, self.sure, self.line):
            ax.add_collection(lines, autolim=False)
        self.arrow = ax.annotate("", (0, 0), (0, 0), zorder=6, annotation_clip=True,
                                 arrowprops={"arrowstyle": "-|>", "color": theme.ACCENT, "linewidth": ARROW_WIDTH,
                                             "mutation_scale": HEAD_SIZE, "shrinkA": 0, "shrinkB": 0})
        self.start = ax.annotate("", (0, 0), (0, 0), zorder=5.5, annotation_clip=True, visible=False,
                                 arrowprops={"arrowstyle": "-|>", "color": theme.ACCENT, "linewidth": 1.4,
                                             "mutation_scale": 12, "shrinkA": 0, "shrinkB": 0})
        self.start_name = ax.text(0, 0, "start", color=theme.ACCENT, fontsize=11, fontweight="bold", ha="center",
                                  va="center", zorder=6, clip_on=True, visible=False)
        self.name = ax.text(0, 0, "w", color=theme.ACCENT, fontsize=13, fontweight="bold", ha="center", va="center",
                            zorder=6, clip_on=True)
        outline: list[AbstractPathEffect] = [withStroke(linewidth=5, foreground=theme.BACKGROUND)]     # on any colour
        for part in (self.arrow.arrow_patch, self.name, self.start.arrow_patch, self.start_name):
            assert part is not None
            part.set_path_effects(outline)
        for c, place in enumerate(((0.02, 0.98, "left", "top"), (0.98, 0.02, "right", "bottom"))):
            ax.text(*place[:2], f"class {c}", transform=ax.transAxes, ha=place[2], va=place[3], fontsize=11,
                    fontweight="bold", color=theme.CLASS_COLOURS[c],
                    bbox={"facecolor": theme.BACKGROUND, "edgecolor": "none", "pad": 2.5})
        ax.set(xlim=(self.low[0], self.high[0]), ylim=(self.low[1], self.high[1]), xlabel="x₁", ylabel="x₂")

    def update(self, path: np.ndarray) -> None:
        """path: (steps, 3), the rows w₁, w₂, b from the start to the present step."""
        w, b = path[-1, :2], path[-1, 2]
        self.map.set_data(sigmoid(self.points @ w + b).reshape(self.shape))
        earlier = np.unique(np.geomspace(1, len(path), 12).astype(int))[:-1] - 1     # most changes are early
        self.ghosts.set_segments([self._where(row[:2], row[2], 0.0) for row in path[earlier]])
        self.ghosts.set_color([to_rgba(theme.INK, shade) for shade in np.linspace(0.3, 0.6, len(earlier))])
        logit = np.log(HIGH_PROBABILITY / (1 - HIGH_PROBABILITY))
        self.sure.set_segments([self._where(w, b, score) for score in (-logit, logit)])
        self.line.set_segments([self._where(w, b, 0.0)])
        length = max(float(w @ w), 1e-12)                                            # ‖w‖²
        foot = self.centre - (self.centre @ w + b) / length * w              # a point on the boundary, near the samples
        tip = foot + ARROW_LENGTH * w
        self._shrink_the_head(min(np.sqrt(length) / SHORT_W, 1.0))
        self.arrow.set_position(tuple(foot))
        self.arrow.xy = tuple(tip)
        self.name.set_position(tuple(tip + WORD_DISTANCE * w / np.sqrt(length)))
        first = path[0, :2]
        cosine = w @ first / max(float(np.sqrt(length) * np.linalg.norm(first)), 1e-12)
        self._show_the_start(first, path[0, 2], bool(cosine < LARGEST_COSINE))

    def _show_the_start(self, w: np.ndarray, b: float, visible: bool) -> None:
        """The arrow of the first w, as soon as the present one has another direction: then the words do not touch."""
        length = max(float(w @ w), 1e-12)
        foot = self.centre - (self.centre @ w + b) / length * w
        tip = foot + ARROW_LENGTH * w
        self.start.set_position(tuple(foot))
        self.start.xy = tuple(tip)
        self.start_name.set_position(tuple(tip + 1.3 * WORD_DISTANCE * w / np.sqrt(length)))
        for part in (self.start, self.start_name):
            part.set_visible(visible)

    def _shrink_the_head(self, share: float) -> None:
        """Otherwise the head is longer than a short arrow, and points to the wrong side."""
        assert self.arrow.arrow_patch is not None and self.arrow.arrowprops is not None
        self.arrow.arrowprops["mutation_scale"] = share * HEAD_SIZE           # taken from here at each drawing
        self.arrow.arrow_patch.set_linewidth(share * ARROW_WIDTH)

    def _where(self, w: np.ndarray, b: float, score: float) -> np.ndarray:           # (2, 2)
        """Two points far apart on the straight line w·x + b = score."""
        length = max(float(w @ w), 1e-12)
        foot = self.centre - (self.centre @ w + b - score) / length * w
        along = np.array([-w[1], w[0]]) / np.sqrt(length) * np.linalg.norm(self.high - self.low)
        return np.array([foot - along, foot + along])


class LearningCurves:
    """Draws two curves. Above: the training loss.  Below: the accuracy on held-out samples, which keeps its value from
    one change to the next, so it is drawn in steps.  The steps of the training have a log axis."""

    def __init__(self, top: Axes, bottom: Axes, last: int) -> None:
        top.set(ylim=(0, 2.2))
        top.tick_params(labelbottom=False)
        bottom.set(xlabel="step", ylim=(0, 1.05))
        self.views = []
        for ax, colour, style in ((top, theme.TRAINING, "default"), (bottom, theme.HELD_OUT, "steps-post")):
            ax.set(xscale="log", xlim=(0.9, last * 1.2))
            line, = ax.plot([], [], color=colour, drawstyle=style)
            ball, = ax.plot([], [], "o", color=colour, markersize=6, clip_on=False)
            self.views.append((line, ball, ax.set_title(" ", color=colour, fontsize=10)))

    def update(self, steps: list[int], loss: list[float], accuracy: list[float]) -> None:
        for (line, ball, title), curve, number, words in zip(self.views, (loss, accuracy), (
                "{:.3f}", "{:.1%}"), ("training loss {}", "held out: {} right"), strict=True):
            line.set_data(steps, curve)
            ball.set_data(steps[-1:], curve[-1:])
            ball.set_visible(bool(steps))          # without data the ball has no place in the layout
            # The title has its height from the start, so that the layout keeps room for the first number.
            title.set_text(words.format(number.format(curve[-1]).replace("%", " %") if curve else "–"))

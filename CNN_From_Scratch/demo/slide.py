"""The first scene of chapter 6: a hand-made kernel moves over a digit, and its map is filled place by place.

    Y[p, q] = Σ_u Σ_v  X[p+u, q+v] · K[u, v]        one place: nine pixels, nine weights, one sum
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ai_from_scratch.stage import theme
from CNN_From_Scratch.convolution import Conv2D
from CNN_From_Scratch.demo.panels import caption

# Ink on the right and none on the left: large at the left edges of vertical strokes (and negative at right edges).
EDGE_KERNEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=np.float32)


class SlideFrame(NamedTuple):
    """The present place of the kernel; the map is filled up to it."""

    step: int                   # places computed so far
    steps: int
    metrics: dict[str, float]
    place: tuple[int, int]      # (p, q) upper left corner of the window

    title: str = "a kernel moves over a digit"
    hold: float = 0.4


class Slide:
    """The digit at half its size, so that single pixels are visible."""

    def __init__(self, image: np.ndarray) -> None:                              # (H, W) uint8
        H, W = image.shape[0] // 2, image.shape[1] // 2
        self.image = (image[: 2 * H, : 2 * W].reshape(H, 2, W, 2).mean(axis=(1, 3)) / 255).astype(np.float32)
        layer = Conv2D(1, len(EDGE_KERNEL))
        layer.build((1, H, W), np.random.default_rng(0))
        layer.K[0, 0] = EDGE_KERNEL
        self.answers = layer.forward(self.image[None, None])[0, 0].copy()       # (P, Q)

    def train(self) -> Iterator[SlideFrame]:
        """Yields the first place, then six neighbours in the row with the largest answers, then the rest in two frames.
        The training waits until all frames are shown."""
        P, Q = self.answers.shape
        telling = int(np.abs(self.answers).sum(axis=1).argmax())
        inky = telling * Q + np.flatnonzero(self.answers[telling])[:6]          # numbers of places, counted row by row
        leaps = np.linspace(inky[-1] if inky.size else 0, P * Q - 1, 3).astype(int)[1:]
        for number in np.unique([0, *inky, *leaps]):
            place = divmod(int(number), Q)
            yield SlideFrame(int(number) + 1, P * Q, {"sum": float(self.answers[place])}, place)

    def phase(self, frame: SlideFrame) -> str:
        if frame.step == frame.steps:
            return "The same nine weights at every place: the map shows where ink begins and where it ends."
        if not self.answers[frame.place]:
            return "Nine pixels times nine weights, summed, are one pixel of the map. Without ink the sum is 0."
        return "The window moves by one pixel; the kernel stays the same, and gives the next pixel of the map."

    def draw(self, figure: Figure, frames: Sequence[SlideFrame]) -> None:
        if not figure.axes:
            self.view = SlideView(figure, self.image, self.answers)
        self.view.update(frames[-1])


class SlideView:
    """Large: the digit with the window, and the map.  Between them the window's numbers.  `update` moves the window and
    changes numbers without repainting."""

    def __init__(self, figure: Figure, image: np.ndarray, answers: np.ndarray) -> None:
        self.image_values, self.answers, k = image, answers, len(EDGE_KERNEL)
        grid = figure.add_gridspec(3, 3, width_ratios=[1, 0.36, 1])
        axes: Any = [figure.add_subplot(place) for place in (
            grid[:, 0], grid[0, 1], grid[1, 1], grid[2, 1], grid[:, 2])]
        digit, patch, kernel, products, board = axes
        ink = theme.blend("ink", [theme.BACKGROUND, theme.INK])
        digit.imshow(image, cmap=ink, vmin=0, vmax=1)
        H, W = image.shape
        caption(digit, f"a digit of {H} × {W} pixels, and the window", 11)
        framed(digit)
        self.patch, self.products = Numbers(patch, "its pixels", 1, ink), Numbers(products, "= products", 2)
        self.kernel = Numbers(kernel, "× kernel, made by hand", 2)
        self.kernel.update(EDGE_KERNEL)
        limit = float(np.abs(answers).max()) or 1.0
        self.board = board.imshow(np.full_like(answers, np.nan), cmap=theme.DIVERGING, vmin=-limit, vmax=limit)
        framed(board)
        self.sum = caption(board, "", 11)
        self.window = digit.add_patch(Rectangle((-0.5, -0.5), k, k, fill=False, edgecolor=theme.ACCENT, linewidth=2))
        self.cell = board.add_patch(Rectangle((-0.5, -0.5), 1, 1, fill=False, edgecolor=theme.INK, linewidth=1.5))
        for x, words, colour, side in ((0, "green: ink begins", theme.POSITIVE, "left"),
                                       (1, "violet: ink ends", theme.NEGATIVE, "right")):
            board.text(x, -0.02, words, color=colour, fontsize=10, ha=side, va="top", transform=board.transAxes)

    def update(self, frame: SlideFrame) -> None:
        (p, q), k = frame.place, len(EDGE_KERNEL)
        patch = self.image_values[p : p + k, q : q + k]                         # (k, k)
        self.patch.update(patch)
        self.products.update(patch * EDGE_KERNEL)
        known = np.full(self.answers.size, np.nan)
        known[: frame.step] = self.answers.ravel()[: frame.step]                # the window moves row by row
        self.board.set_data(known.reshape(self.answers.shape))
        self.sum.set_text(f"their sum, {frame.metrics['sum']:.1f}, in its place on the map".replace("-", "−"))
        self.window.set_xy((q - 0.5, p - 0.5))
        self.cell.set_xy((q - 0.5, p - 0.5))


class Numbers:
    """A small matrix (k, k) as colours with its numbers on them."""

    def __init__(self, ax: Axes, title: str, limit: float, cmap: Any = None) -> None:
        k = len(EDGE_KERNEL)
        self.picture = ax.imshow(np.zeros((k, k)), cmap=theme.DIVERGING if cmap is None else cmap,
                                 vmin=-limit if cmap is None else 0, vmax=limit)
        self.texts = [ax.text(j, i, "", ha="center", va="center", fontsize=9) for i, j in np.ndindex(k, k)]
        caption(ax, title, 9)
        framed(ax)

    def update(self, values: np.ndarray) -> None:
        self.picture.set_data(values)
        for text, value in zip(self.texts, values.ravel(), strict=True):
            text.set_text(f"{value:.1f}".replace("-0.0", "0.0").replace("-", "−"))
            text.set_color(theme.text_on(self.picture.to_rgba(np.array([value]))[0, :3]))


def framed(ax: Axes) -> None:
    """Removes the ticks and adds a pale frame, because white pixels at the edge are pixels, too."""
    ax.set(xticks=[], yticks=[])
    for side in ax.spines.values():
        side.set(visible=True, color=theme.PALE)

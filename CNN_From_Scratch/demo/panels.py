"""Parts of chapter 6's live view that change during the training: maps, a cloud of digits, hard digits with their
answers.

Each part paints itself once on the given axes; `update` then changes only the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.text import Text

from ai_from_scratch.stage import theme

NAMES_APART = 0.14      # the least distance of two names, as a share of the cloud's width and height


def mosaic(maps: np.ndarray, columns: int) -> np.ndarray:
    """One picture of small pictures (count, H, W) side by side, with a gap of NaN between them (NaN is not painted)."""
    count, H, W = maps.shape
    rows = -(-count // columns)
    board = np.full((rows * (H + 1) - 1, columns * (W + 1) - 1), np.nan)
    for i, small in enumerate(maps):
        top, left = (i // columns) * (H + 1), (i % columns) * (W + 1)
        board[top : top + H, left : left + W] = small
    return board


def running_mean(values: np.ndarray, most: int = 8) -> np.ndarray:  # (n,) -> (n,)
    """The mean of each value and of `most` neighbours on either side.  At the start it takes equally many on both
    sides, because values fall quickly there. At the end it takes those that exist, because a single value would
    jump."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    here = np.arange(len(values))
    before = np.minimum(most, here)
    after = np.minimum(before, here[::-1])
    return (sums[here + after + 1] - sums[here - before]) / (before + after + 1)


def floor_of(accuracies: Sequence[float]) -> float:
    """The lower end of an accuracy axis. It leaves out the steep start, to show tenths of a percent."""
    return min(0.97, accuracies[len(accuracies) // 4] - 0.005)


def caption(ax: Axes, words: str, size: float = 9, loc: Literal["left", "center"] = "center") -> Text:
    """A title at a fixed height: if y is given, Matplotlib does not search for a free height at every painting."""
    return ax.set_title(words, fontsize=size, loc=loc, y=1)


def names_apart(places: np.ndarray, size: np.ndarray, distance: float = NAMES_APART) -> np.ndarray:  # (K, 2), (2,)
    """The places of names, pushed away from each other until no two are closer than this share of the axes' size."""
    at = places / size
    turns = 2.4 * np.arange(len(at))
    at = at + 1e-6 * np.column_stack([np.cos(turns), np.sin(turns)])                # no two at one place
    for _ in range(200):
        away = at[:, None] - at                                                     # (K, K, 2)
        gap = np.linalg.norm(away, axis=2) + np.where(np.eye(len(at)), np.inf, 0)   # (K, K)
        if gap.min() >= distance:
            break
        push = np.maximum(1.02 * distance - gap, 0) / (2 * gap)                     # (K, K)
        at = at + (push[..., None] * away).sum(axis=1)
    return at * size


class Mosaic:
    """Maps (F, P, Q) side by side in one picture, with at most as many rows as columns."""

    def __init__(self, ax: Axes, maps: np.ndarray, title: str, **scale: Any) -> None:
        self.columns = int(np.ceil(np.sqrt(len(maps))))
        self.picture = ax.imshow(mosaic(maps, self.columns), **scale)
        ax.set_axis_off()
        caption(ax, title)

    def update(self, maps: np.ndarray) -> None:
        self.picture.set_data(mosaic(maps, self.columns))


class Cloud:
    """Digits as points (n, 2), coloured by their labels (n,); each class's name is near its median."""

    def __init__(self, ax: Axes, labels: np.ndarray, classes: Sequence[str]) -> None:
        self.ax, self.labels, self.title = ax, labels, caption(ax, " \n ")
        # One line of markers for each class takes a third of the time of a scatter plot, in which every point has its
        # own style.
        self.points = {c: ax.plot([], [], "o", color=theme.CLASS_COLOURS[c % len(theme.CLASS_COLOURS)], markersize=2.2,
                                  markeredgewidth=0, alpha=0.7)[0] for c in np.unique(labels)}
        disc = {"boxstyle": "circle,pad=0.05", "fc": theme.BACKGROUND, "lw": 1.2}
        self.names = {c: ax.text(0, 0, classes[c], fontsize=11, fontweight="bold", ha="center", va="center",
                                 color=theme.INK, bbox={**disc, "ec": self.points[c].get_color()}) for c in self.points}
        ax.set(xticks=[], yticks=[])
        ax.set_box_aspect(1)

    def update(self, points: np.ndarray, share: float) -> None:
        points = points.astype(float)                                             # float16 is too coarse for the limits
        for c, line in self.points.items():
            line.set_data(*points[self.labels == c].T)
        low, high = points.min(axis=0), points.max(axis=0)
        reach = 0.58 * float((high - low).max()) or 1.0                             # one scale; space for the names
        middles = np.array([np.median(points[self.labels == c], axis=0) for c in self.names])        # (K, 2)
        places = names_apart(middles, np.full(2, 2 * reach))
        for name, place in zip(self.names.values(), places, strict=True):
            name.set_position((place[0], place[1]))
        x, y = (low + high) / 2
        self.ax.set(xlim=(x - reach, x + reach), ylim=(y - reach, y + reach))
        self.title.set_text(f"hidden layer, 2 axes:\n{100 * share:.0f} % of the spread")


class Answers:
    """Digits (n, H, W) in one row, each with the network's answer above it, in red if it is wrong."""

    def __init__(self, ax: Axes, images: np.ndarray, labels: np.ndarray, classes: Sequence[str]) -> None:
        self.labels, self.classes = labels, classes
        _, H, W = images.shape
        room = H // 2                                                               # space for the words
        above = np.pad(images, ((0, 0), (room, 0), (0, 0)))                         # (n, room + H, W)
        ax.imshow(mosaic(above, len(images)), cmap="gray_r", vmin=0, vmax=255)
        self.words = [ax.text(i * (W + 1) + W / 2, room / 2, "", fontsize=8, ha="center", va="center", linespacing=0.9)
                      for i in range(len(images))]
        ax.set_axis_off()

    def update(self, said: np.ndarray) -> None:
        for word, label, answer in zip(self.words, self.labels, said, strict=True):
            right = label == answer
            word.set_text(self.classes[label] if right else f"{self.classes[label]},\nas {self.classes[answer]}")
            word.set_color(theme.INK if right else theme.ACCENT)

"""The live view of the digits. Large: ten digits, each beside its probabilities. Small: the state of the training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from matplotlib.ticker import LogLocator

from ai_from_scratch.stage import paint, theme
from Basic_Neural_Network_From_Scratch.demo.updates import UpdateRatios

if TYPE_CHECKING:
    from Basic_Neural_Network_From_Scratch.demo.mnist import DigitsFrame

LIVE_UNITS = 12      # first-layer units whose weights are shown during the training
DIGIT_COLUMNS = 2                    # of digits
CELL = (4.7, 1.12)                   # its width and height
STRIP = (1.2, 4.35, 0.46, 0.86)      # left, right, top and bottom of a digit's probabilities in its cell
EDGE = 0.04                          # half of the frame's line, which is inside the axes


class LiveDigits:
    """Left, large: the digits.  Right, small: loss, accuracy, first-layer weights, size of the updates."""

    def __init__(self, figure: Figure, images: np.ndarray, labels: np.ndarray) -> None:     # (10, 28, 28), (10,)
        self.labels = labels
        grid = figure.add_gridspec(1, 2, width_ratios=(1.5, 1))
        hero, rest = grid[0], grid[1]
        self._digits(figure, hero, images)
        self._training(figure, rest)

    def _digits(self, figure: Figure, place: SubplotSpec, images: np.ndarray) -> None:
        """Makes cells in two columns, in units of a digit's side: the digit, and beside it its predicted class and
        probabilities."""
        ax = figure.add_subplot(place)
        rows = -(-len(images) // DIGIT_COLUMNS)
        self.tables, self.words = [], []
        for number, image in enumerate(images):
            x, y = number // rows * CELL[0], number % rows * CELL[1]
            ax.imshow(image, cmap="gray_r", extent=(x, x + 1, y + 1, y))
            left, right, top, bottom = x + STRIP[0], x + STRIP[1], y + STRIP[2], y + STRIP[3]
            self.tables.append(ax.imshow(np.zeros((1, 10)), cmap=theme.SEQUENTIAL, vmin=0, vmax=1,
                                         extent=(left, right, bottom, top), aspect="auto"))
            ax.plot([left, right, right, left, left], [top, top, bottom, bottom, top], color=theme.PALE, linewidth=0.8)
            self.words.append(ax.text(left, top - 0.1, "", va="bottom", fontsize=9))
            if number % rows == rows - 1 or number == len(images) - 1:
                for digit in range(10):
                    ax.text(left + (digit + 0.5) * (right - left) / 10, bottom + 0.06, str(digit), ha="center",
                            va="top", fontsize=9, color=theme.GREY)
                ax.text((left + right) / 2, bottom + 0.36, "probability of each digit", ha="center", va="top",
                        fontsize=9)
        right = (DIGIT_COLUMNS - 1) * CELL[0] + STRIP[1]
        ax.set(xlim=(0, right + EDGE), ylim=(rows * CELL[1] + 0.35, 0), aspect="equal")
        ax.set_axis_off()
        self.title = ax.set_title(" ", fontsize=11, y=1)
        self.title.set_in_layout(False)                                 # the title may be wider than its axes

    def _training(self, figure: Figure, place: SubplotSpec) -> None:
        grid = place.subgridspec(2, 2)
        self.loss, self.accuracy = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[0, 1])
        self.loss_line = paint.growing_curve(self.loss, theme.TRAINING)
        self.accuracy_line = paint.growing_curve(self.accuracy, theme.HELD_OUT)
        self.loss.set_xlabel("step", fontsize=9)
        logarithmic(self.loss)
        self.accuracy.set(ylim=(90, 100))                               # space for "100.0", whatever the first value is
        self.accuracy.set_xlabel("step", fontsize=9)
        weights = figure.add_subplot(grid[1, 0])
        self.weights = weights.imshow(np.zeros((3 * 15, 4 * 15)), cmap=theme.DIVERGING, vmin=-1, vmax=1)
        weights.set_title("weights of 12 units", fontsize=9)
        weights.set_axis_off()
        self.updates = figure.add_subplot(grid[1, 1])
        self.ratios = UpdateRatios(self.updates, linewidth=1.5)
        self.updates.set(ylim=(-5.2, -1.2), yticks=range(-5, -1))
        self.updates.set_title("log₁₀ of update / weight", fontsize=9)
        # The last steps of the schedule are tiny: the lines end below these words.
        self.updates.text(0.99, -2.95, "10⁻³", transform=self.updates.get_yaxis_transform(), ha="right", va="bottom",
                          fontsize=9, color=theme.GREY)
        self.updates.legend(fontsize=8, loc="lower left")

    def update(self, frames: Sequence[DigitsFrame]) -> None:
        last = frames[-1]
        steps = [frame.step for frame in frames]
        losses = [frame.metrics["loss"] for frame in frames]
        accuracies = [100 * frame.metrics["validation accuracy"] for frame in frames]
        self.loss_line.set_data(steps, losses)
        self.accuracy_line.set_data(steps, accuracies)
        self.ratios.update(steps, np.array([frame.updates for frame in frames]))
        for ax in (self.loss, self.accuracy, self.updates):
            paint.whole_training(ax, last.steps)
        self.loss.set_ylim(min(losses) * 0.8, max(losses) * 1.2)
        self.loss.set_title(f"epoch {last.epoch}: loss {losses[-1]:.3f}", fontsize=9)
        # most values are between 90 and 100 %
        self.accuracy.set_ylim(min(90, accuracies[-1] - 5), 100)
        self.accuracy.set_title(f"held out: {accuracies[-1]:.2f} % correct", fontsize=9)
        tiles = np.full((3, 4, 15, 15), np.nan)
        scale = np.abs(last.weights).max(axis=(1, 2), keepdims=True)
        units = np.zeros((LIVE_UNITS, 14, 14))
        units[: len(last.weights)] = last.weights / np.maximum(scale, 1e-12)
        tiles[:, :, :14, :14] = units.reshape(3, 4, 14, 14)
        self.weights.set_data(tiles.transpose(0, 2, 1, 3).reshape(45, 60))
        said = last.probabilities.argmax(axis=1)
        for table, probabilities in zip(self.tables, last.probabilities, strict=True):
            table.set_data(probabilities[None])
        for word, label, answer in zip(self.words, self.labels, said, strict=True):
            right = label == answer
            word.set_text(f"read as {answer}" if right else f"{label}, read as {answer}")
            word.set_color(theme.INK if right else theme.ACCENT)
        self.title.set_text(f"{np.sum(said == self.labels)} of the {len(said)} least typical held-out digits are read "
                            "correctly")


def logarithmic(ax: Axes) -> None:
    """A logarithmic y axis with ticks at 1, 2, 5, 10 …, written as plain numbers."""
    ax.set_yscale("log")
    ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter("")

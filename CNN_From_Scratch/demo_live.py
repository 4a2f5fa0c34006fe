"""The live view of chapter 6: curves, the kernels of the first layer, and one digit with its saliency."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator, PercentFormatter

from ai_from_scratch.stage import theme

if TYPE_CHECKING:
    from CNN_From_Scratch.demo import DigitFrame

SIGNED = "RdBu_r"    # diverging: red positive, blue negative, white nothing
SHIFTED = range(-6, 7, 2)


def mosaic(maps: np.ndarray, columns: int) -> np.ndarray:
    """Small pictures (n, h, w) side by side in one, with a gap of NaN between them (which is painted as nothing)."""
    n, h, w = maps.shape
    rows = -(-n // columns)
    board = np.full((rows * (h + 1) - 1, columns * (w + 1) - 1), np.nan)
    for i, small in enumerate(maps):
        top, left = (i // columns) * (h + 1), (i % columns) * (w + 1)
        board[top : top + h, left : left + w] = small
    return board


def running_mean(values: np.ndarray, most: int = 8) -> np.ndarray:  # (n,) -> (n,)
    """Each value's mean with up to `most` values on either side, as many on one as on the other."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    here = np.arange(len(values))
    reach = np.minimum(most, np.minimum(here, here[::-1]))
    return (sums[here + reach + 1] - sums[here - reach]) / (2 * reach + 1)


def floor_of(accuracies: Sequence[float]) -> float:
    """Where an axis of accuracies begins that leaves out the steep start: the last tenths of a percent count."""
    return min(0.97, accuracies[len(accuracies) // 4] - 0.005)


class LiveView:
    """Paints everything once; `update` changes the data of what is there, which is far cheaper than painting anew."""

    def __init__(self, figure: Figure, image: np.ndarray, label: str, frame: DigitFrame,
                 classes: Sequence[str]) -> None:
        grid = figure.add_gridspec(2, 4, width_ratios=(1.5, 1.1, 1.1, 1.1), height_ratios=(1, 1))
        self.loss_axes, self.accuracy_axes = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[1, 0])
        self.loss, = self.loss_axes.plot([], [], color=theme.SKY, linewidth=0.8)
        self.smooth, = self.loss_axes.plot([], [], color=theme.BLUE)
        self.loss_axes.set(xlim=(0, frame.steps), yscale="log", ylabel="training loss")
        self.loss_axes.yaxis.set_minor_locator(NullLocator())       # small ticks take a third of the painting's time
        self.accuracy, = self.accuracy_axes.plot([], [], color=theme.VERMILION, marker="o", markersize=3)
        self.accuracy_axes.set(xlim=(0, frame.steps), ylim=(0.9, 1), xlabel="mini-batch")   # room for "100.0%"
        for axes in (self.loss_axes, self.accuracy_axes):
            axes.xaxis.set_major_locator(MaxNLocator(3))
        self.accuracy_axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=1))

        self.columns = int(np.ceil(np.sqrt(len(frame.kernels))))
        self.kernels = []
        for row, words in enumerate(("the first layer's kernels\nat the first step",
                                     "now; red: wants ink,\nblue: wants none")):
            axes = figure.add_subplot(grid[row, 1])
            self.kernels.append(axes.imshow(mosaic(frame.kernels, self.columns), cmap=SIGNED))
            axes.set_axis_off()
            axes.set_title(words, fontsize=10, loc="center")

        ink = figure.add_subplot(grid[0, 2])
        ink.imshow(image, cmap="gray_r")
        ink.set_axis_off()
        ink.set_title(f"a held-out {label}\nthat nearest mean misreads", fontsize=10, loc="center")
        axes = figure.add_subplot(grid[0, 3])
        self.saliency = axes.imshow(frame.saliency, cmap=SIGNED)
        axes.contour(image, levels=[image.max() / 2], colors=theme.GREY, linewidths=0.6)
        axes.set_axis_off()
        axes.set_title(f"red speaks for {label},\nblue against it", fontsize=10, loc="center")

        self.said = figure.add_subplot(grid[1, 2])
        self.bars = self.said.bar(list(classes), frame.probabilities, color=theme.SKY)
        self.said.set(ylim=(0, 1.02), yticks=[0, 1], xlabel="what the network says")
        self.said.set_title("probability", fontsize=10, loc="center")
        self.bars[list(classes).index(label)].set_color(theme.VERMILION)

        moved = figure.add_subplot(grid[1, 3])
        self.ghosts = LineCollection([], colors=theme.PALE, linewidths=1)
        moved.add_collection(self.ghosts)
        self.moved, = moved.plot(SHIFTED, frame.shifted, color=theme.VERMILION, marker="o", markersize=3)
        moved.set(ylim=(0, 1.02), xlim=(-6.5, 6.5), xticks=[-6, 0, 6], yticks=[0, 0.5, 1],
                  xlabel="moved right by … pixels")
        moved.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        moved.set_title("who reads moved digits?\npale: earlier", fontsize=10, loc="center")

    def update(self, frames: Sequence[DigitFrame]) -> None:
        last = frames[-1]
        steps = [frame.step for frame in frames]
        losses = np.array([frame.metrics["loss"] for frame in frames])
        self.loss.set_data(steps, losses)
        self.smooth.set_data(steps, running_mean(losses))
        self.loss_axes.set_ylim(0.8 * losses.min(), 1.2 * losses.max())
        self.loss_axes.set_title(f"epoch {last.epoch}: loss {losses[-1]:.3f}")

        # The accuracy is taken now and then, and each frame carries the latest: show it where it is new.
        name = "validation accuracy"
        judged = [frame for before, frame in zip([None, *frames], frames, strict=False)
                  if name in frame.metrics and (before is None or before.metrics.get(name) != frame.metrics[name])]
        accuracies = [frame.metrics[name] for frame in judged]
        self.accuracy.set_data([frame.step for frame in judged], accuracies)
        if accuracies:
            self.accuracy_axes.set_ylim(floor_of(accuracies), 1)
            self.accuracy_axes.set_title(f"{100 * accuracies[-1]:.2f} % of held-out digits right")

        limit = float(np.abs(last.kernels).max()) or 1.0                # one scale for both
        for picture, kernels in zip(self.kernels, (frames[0].kernels, last.kernels), strict=True):
            picture.set_data(mosaic(kernels, self.columns))
            picture.set_clim(-limit, limit)
        limit = float(np.abs(last.saliency).max()) or 1.0
        self.saliency.set_data(last.saliency)
        self.saliency.set_clim(-limit, limit)
        for bar, probability in zip(self.bars, last.probabilities, strict=True):
            bar.set_height(probability)
        self.moved.set_ydata(last.shifted)
        self.ghosts.set_segments([np.column_stack([SHIFTED, frame.shifted]) for frame in [frames[0], *judged[:-1]]])

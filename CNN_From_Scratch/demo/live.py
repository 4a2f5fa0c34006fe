"""The live view of chapter 6: curves, one digit in the network's layers, and how the classes separate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from matplotlib.ticker import MaxNLocator, NullLocator, PercentFormatter

from ai_from_scratch.stage import theme
from CNN_From_Scratch.demo.heldout import SHIFTS_IN_PIXELS, HeldOut
from CNN_From_Scratch.demo.panels import DIVERGING_COLOURS, Answers, Cloud, Mosaic, caption, floor_of, running_mean

if TYPE_CHECKING:
    from CNN_From_Scratch.demo.demo import DigitFrame


class LiveView:
    """Paints everything once; then `update` only changes the data, which is far faster.

    Left: three curves.  Middle: one digit, its maps, and below them its saliency and the first layer's kernels.  Right:
    many digits, by their hidden layer, and the hard digits.
    """

    def __init__(self, figure: Figure, held: HeldOut, frame: DigitFrame, classes: Sequence[str]) -> None:
        grid = figure.add_gridspec(1, 3, width_ratios=(2.4, 5.0, 3.6))
        self._curves(figure, grid[0], frame)
        self._one_digit(figure, grid[1], held, frame, classes)
        self._many_digits(figure, grid[2], held, frame, classes)

    def _curves(self, figure: Figure, place: SubplotSpec, frame: DigitFrame) -> None:
        self.loss_axes, self.accuracy_axes, moved = place.subgridspec(3, 1).subplots(squeeze=False)[:, 0]
        self.loss_title, self.accuracy_title = (caption(axes, " ", 10, "left")
                                                for axes in (self.loss_axes, self.accuracy_axes))
        self.loss, = self.loss_axes.plot([], [], color=theme.SKY, linewidth=0.8)
        self.smooth, = self.loss_axes.plot([], [], color=theme.BLUE)
        self.loss_axes.set(xlim=(0, frame.steps), yscale="log", ylabel="training loss")
        self.loss_axes.yaxis.set_minor_locator(NullLocator())       # small ticks take a third of the painting time
        self.loss_axes.tick_params(labelbottom=False)               # the axis below is the same
        self.accuracy, = self.accuracy_axes.plot([], [], color=theme.VERMILION, marker="o", markersize=3)
        self.accuracy_axes.set(xlim=(0, frame.steps), ylim=(0.9, 1), xlabel="mini-batch")   # space for "100.0%"
        self.accuracy_axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=1))
        for axes in (self.loss_axes, self.accuracy_axes):
            axes.xaxis.set_major_locator(MaxNLocator(3))
        self.ghosts = LineCollection([], colors=theme.PALE, linewidths=1)
        moved.add_collection(self.ghosts)
        self.moved, = moved.plot(SHIFTS_IN_PIXELS, frame.judged.shifted, color=theme.VERMILION, marker="o",
                                 markersize=3)
        moved.set(ylim=(0, 1.02), xlim=(-6.5, 6.5), xticks=[-6, 0, 6], yticks=[0, 0.5, 1],
                  xlabel="moved right by … pixels")
        moved.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        moved.text(0, 0.3, "pale: earlier", fontsize=9, ha="center", color=theme.GREY)
        caption(moved, "accuracy on moved digits", 10, "left")

    def _one_digit(self, figure: Figure, place: SubplotSpec, held: HeldOut, frame: DigitFrame,
                   classes: Sequence[str]) -> None:
        image, label = held.X[held.watched], classes[held.y[held.watched]]
        ink, first, last, saliency, now, before = place.subgridspec(2, 3).subplots(squeeze=False).flat
        ink.imshow(image, cmap="gray_r")
        ink.set_axis_off()
        caption(ink, f"a held-out {label} that\nthe nearest mean misreads")
        self.maps = [Mosaic(axes, maps, f"{words}\n{len(maps)} maps, {maps.shape[1]} × {maps.shape[2]}", cmap="Blues",
                            vmin=0, vmax=255)
                     for axes, maps, words in zip((first, last), frame.maps, ("after the first layer:",
                                                                              "before the dense ones:"), strict=True)]
        self.saliency = saliency.imshow(frame.saliency, cmap=DIVERGING_COLOURS)
        saliency.contour(image, levels=[image.max() / 2], colors=theme.GREY, linewidths=0.6)
        saliency.set_axis_off()
        caption(saliency, f"red raises {label},\nblue lowers it")
        self.kernels = [Mosaic(axes, frame.kernels, words, cmap=DIVERGING_COLOURS)
                        for axes, words in ((before, "at the first step:\nnoise"),
                                            (now, "the first layer's kernels;\nred raises, blue lowers"))]

    def _many_digits(self, figure: Figure, place: SubplotSpec, held: HeldOut, frame: DigitFrame,
                     classes: Sequence[str]) -> None:
        halves = place.subgridspec(2, 1, height_ratios=(1.25, 1))
        hidden, bars = halves[0].subgridspec(1, 2, width_ratios=(2.2, 1)).subplots(squeeze=False)[0]
        label = classes[held.y[held.watched]]
        self.cloud = Cloud(hidden, held.y[: len(frame.judged.apart)], classes)
        self.bars = bars.barh(list(classes), frame.probabilities, color=theme.SKY)
        self.bars[list(classes).index(label)].set_color(theme.VERMILION)
        bars.set(xlim=(0, 1.02), xticks=[0, 1])
        bars.invert_yaxis()
        caption(bars, f"that {label}:\nprobability")
        answers = figure.add_subplot(halves[1])
        self.answers = Answers(answers, held.X[held.hard], held.y[held.hard], classes)
        caption(answers, "the hardest of each class for the nearest mean;\nthe network's answers now")

    def update(self, frames: Sequence[DigitFrame]) -> None:
        last = frames[-1]
        steps = [frame.step for frame in frames]
        losses = np.array([frame.metrics["loss"] for frame in frames])
        self.loss.set_data(steps, losses)
        self.smooth.set_data(steps, running_mean(losses))
        self.loss_axes.set_ylim(0.8 * losses.min(), 1.2 * losses.max())
        self.loss_title.set_text(f"epoch {last.epoch}: loss {losses[-1]:.3f}")

        # The accuracy is computed only sometimes, and each frame has the latest value: show it where it is new.
        name = "validation accuracy"
        judged = [frame for before, frame in zip([None, *frames], frames, strict=False)
                  if name in frame.metrics and (before is None or before.metrics.get(name) != frame.metrics[name])]
        accuracies = [frame.metrics[name] for frame in judged]
        self.accuracy.set_data([frame.step for frame in judged], accuracies)
        if accuracies:
            self.accuracy_axes.set_ylim(floor_of(accuracies), 1)
            self.accuracy_title.set_text(f"held out: {100 * accuracies[-1]:.2f} % right")
        self.moved.set_ydata(last.judged.shifted)
        self.ghosts.set_segments([np.column_stack([SHIFTS_IN_PIXELS, frame.judged.shifted])
                                  for frame in [frames[0], *judged[:-1]]])

        limit = float(np.abs(last.kernels).max()) or 1.0                # one scale for both
        for picture, kernels in zip(self.kernels, (frames[0].kernels, last.kernels), strict=True):
            picture.update(kernels)
            picture.picture.set_clim(-limit, limit)
        limit = float(np.abs(last.saliency).max()) or 1.0
        self.saliency.set_data(last.saliency)
        self.saliency.set_clim(-limit, limit)
        for board, maps in zip(self.maps, last.maps, strict=True):
            board.update(maps)
        for bar, probability in zip(self.bars, last.probabilities, strict=True):
            bar.set_width(probability)
        self.cloud.update(last.judged.apart, last.judged.share)
        self.answers.update(last.judged.said)

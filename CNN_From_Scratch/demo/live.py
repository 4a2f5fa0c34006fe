"""The live view of chapter 6: one large digit with the pixels that decide the predicted class. Smaller panels beside
it: curves, kernels, maps, hard digits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from matplotlib.ticker import MaxNLocator, NullLocator, PercentFormatter

from ai_from_scratch.stage import paint, theme
from CNN_From_Scratch.demo.deciding_pixels import overlay, square
from CNN_From_Scratch.demo.heldout import HeldOut
from CNN_From_Scratch.demo.panels import Answers, Cloud, Mosaic, caption, floor_of, running_mean

if TYPE_CHECKING:
    from CNN_From_Scratch.demo.demo import DigitFrame

Point = tuple[int, float]

HARDLY_CHANGED = 0.98   # correlation of two maps of the deciding pixels that look the same


class LiveView:
    """Paints everything once; then `update` changes only the data, which is far faster.

    Left, large: one digit and its deciding pixels, its probabilities beside it.  Right, small: the two curves, the
    change of the kernels, the first maps of the digit, the hidden layer of many digits, and the hard digits.
    """

    def __init__(self, figure: Figure, held: HeldOut, frame: DigitFrame, classes: Sequence[str]) -> None:
        self.classes, self.label = classes, int(held.y[held.watched])
        self.image = held.X[held.watched]
        grid = figure.add_gridspec(1, 2, width_ratios=(1.5, 1))
        hero, rest = grid[0], grid[1]
        self._one_digit(figure, hero, frame)
        rows = rest.subgridspec(3, 1, height_ratios=(1, 1.15, 0.85))
        self._curves(figure, rows[0], frame)
        kernels, maps, cloud = rows[1].subgridspec(1, 3, width_ratios=(1, 1, 1.2)).subplots(squeeze=False)[0]
        self.kernels = Mosaic(kernels, np.zeros_like(frame.kernels), "what training\nadded to the kernels",
                              cmap=theme.DIVERGING)
        self.maps = Mosaic(maps, frame.maps, f"{len(frame.maps)} maps of the\ndigit, layer 1", vmin=0, vmax=255,
                           cmap=theme.SEQUENTIAL.with_extremes(bad=theme.PALE))
        self.cloud = Cloud(cloud, held.y[: len(frame.judged.apart)], classes)
        hard = figure.add_subplot(rows[2])
        self.answers = Answers(hard, held.X[held.hard], held.y[held.hard], classes)
        caption(hard, "the digits that the nearest class mean misreads most")

    def _one_digit(self, figure: Figure, place: SubplotSpec, frame: DigitFrame) -> None:
        digit, bars = place.subgridspec(1, 2, width_ratios=(4.6, 1)).subplots(squeeze=False)[0]
        left, right, bottom, top = square(self.image)
        self.digit = digit.imshow(overlay(self.image, frame.saliency.astype(float), 1.0))
        digit.set(xlim=(left, right), ylim=(bottom, top))
        digit.set_axis_off()
        self.sentence = caption(digit, " ", 11, "left")
        for x, words, colour in ((0, f"green: the logit of {self.classes[self.label]} falls if a patch here is erased",
                                  theme.POSITIVE), (0.84, "violet: it rises", theme.NEGATIVE)):
            digit.text(x, -0.02, words, color=colour, fontsize=9, va="top", transform=digit.transAxes)
        self.bars = bars.barh(list(self.classes), frame.probabilities, color=theme.SKY)
        self.bars[self.label].set_color(theme.INK)
        bars.set_xlim(0, 1.02)
        bars.set_xticks([0, 0.5, 1], ["0", "probability", "1"])         # one line: space for the digit
        bars.tick_params(axis="x", length=0)
        bars.invert_yaxis()

    def _curves(self, figure: Figure, place: SubplotSpec, frame: DigitFrame) -> None:
        self.loss_axes, self.accuracy_axes = place.subgridspec(1, 2).subplots(squeeze=False)[0]
        self.loss_title, self.accuracy_title = (caption(axes, " ", 9, "left")
                                                for axes in (self.loss_axes, self.accuracy_axes))
        self.loss, = self.loss_axes.plot([], [], color=theme.TRAINING, linewidth=0.8, alpha=0.75)
        self.smooth = paint.growing_curve(self.loss_axes, theme.TRAINING)
        self.loss_axes.set_yscale("log")
        self.loss_axes.yaxis.set_minor_locator(NullLocator())       # minor ticks take a third of the painting time
        self.accuracy, = self.accuracy_axes.plot([], [], color=theme.HELD_OUT, marker="o", markersize=3)
        self.accuracy_axes.set_ylim(0.9, 1)                         # space for "100.0%"
        self.accuracy_axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=1))
        for axes in (self.loss_axes, self.accuracy_axes):
            paint.whole_training(axes, frame.steps)
            axes.xaxis.set_major_locator(MaxNLocator(2))
            axes.set_xlabel("mini-batch", fontsize=9)

    def update(self, frames: Sequence[DigitFrame], history: Sequence[Point], judged: Sequence[Point]) -> None:
        """history, judged: the loss and the held-out accuracy so far, at all steps (some frames may be left out)."""
        last = frames[-1]
        falls = last.saliency.astype(float)
        self.digit.set_data(overlay(self.image, falls, float(np.abs(falls).max())))
        self.sentence.set_text(self._finding(last, falls))
        for bar, probability in zip(self.bars, last.probabilities, strict=True):
            bar.set_width(probability)

        steps, losses = np.array(history).T
        smooth = running_mean(losses)
        self.loss.set_data(steps, losses)
        self.smooth.set_data(steps, smooth)
        self.loss_axes.set_ylim(0.8 * losses.min(), 1.2 * losses.max())
        self.loss_title.set_text(f"epoch {last.epoch}: mean loss {smooth[-1]:.3f}")         # the number of the dot
        accuracies = [accuracy for _, accuracy in judged]
        self.accuracy.set_data([step for step, _ in judged], accuracies)
        self.accuracy_axes.set_ylim(floor_of(accuracies) if accuracies else 0.9, 1)
        self.accuracy_title.set_text(f"held out: {100 * accuracies[-1]:.2f} %" if accuracies else "")

        added = last.kernels - frames[0].kernels
        self.kernels.update(added)
        limit = float(np.abs(added).max()) or 1.0
        self.kernels.picture.set_clim(-limit, limit)
        self.maps.update(last.maps)
        self.cloud.update(last.judged.apart, last.judged.share)
        self.answers.update(last.judged.said)

    def _finding(self, frame: DigitFrame, falls: np.ndarray) -> str:
        said = int(frame.probabilities.argmax())
        answer = (f"A {self.classes[self.label]}, read as {self.classes[said]} "
                  f"({paint.percent(frame.probabilities[said])}).")
        return f"{answer} One erased patch takes up to {falls.max():.1f} from its logit."


def phase(frames: Sequence[DigitFrame], judged: Sequence[Point], label: int, change: float) -> str:
    """One sentence, from the numbers of the frames: the answer to the large digit, with its label, and what its map
    does.  judged: the held-out accuracies so far.  change: of the learning rate in this step."""
    last = frames[-1]
    if last.step == last.steps:
        steps, accuracies = np.array(judged).T
        return (f"The end: {100 * accuracies[-1]:.2f} % of the held-out digits are read correctly; half-way "
                f"{100 * paint.half_way(steps, accuracies):.2f} %.")
    rate = "rises" if change > 0 else "falls" if change < 0 else "stays the same"
    if last.probabilities.argmax() != label:
        return f"The learning rate {rate}. The answer to the large digit is wrong."
    before = next((frame.saliency for frame in reversed(frames) if frame.saliency is not last.saliency), None)
    if before is None:
        return f"The learning rate {rate}. The answer to the large digit is right."
    if correlation(before, last.saliency) < HARDLY_CHANGED:
        return f"The learning rate {rate}. The deciding pixels have changed since the last map."
    return f"The learning rate {rate}. The deciding pixels are nearly those of the last map."


def correlation(one: np.ndarray, other: np.ndarray) -> float:  # (H, W) each
    """From −1 to 1; 0 if one of the maps has the same value everywhere."""
    one, other = (values.astype(float) - float(values.mean(dtype=float)) for values in (one, other))
    return float((one * other).sum() / (np.linalg.norm(one) * np.linalg.norm(other) or 1.0))

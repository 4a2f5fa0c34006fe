"""The live view of the training: the curves, the latest text, and a few units under the names of their features."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ai_from_scratch.stage import theme
from RNN_From_Scratch.demo.named_units import NamedStates, UnitStrips
from RNN_From_Scratch.demo.paint import Page, Snapshot, lines_for_scale

if TYPE_CHECKING:
    from RNN_From_Scratch.demo.training import Training

BASELINES_SHOWN = ("bigram", "trigram", "5-gram", "gzip", "xz", "bz2")
OVERFITTING_BITS = 0.02        # bits above the lowest held-out value, from which the phase is called overfitting


class TrainingView:
    """Paints a training's frames."""

    def __init__(self, training: Training) -> None:
        self.training = training

    def phase(self, frames: Sequence[Any]) -> str:
        """A sentence on the state of the training. It is chosen by the held-out bits, compared with the bits of the
        n-grams."""
        last, bits = frames[-1], frames[-1].metrics["held_out"]
        lines = self.training.baselines_of_validation
        best = min(frame.metrics["held_out"] for frame in self.training.frames if frame.step <= last.step)
        if last.step == 0:
            return "Untrained: every character is about equally probable, and the text is noise."
        if bits > best + OVERFITTING_BITS:
            return "The held-out bits rise again: the network begins to learn the training text by heart."
        if bits > lines["unigram"]:
            return "It learns which characters are common, and which never occur."
        if bits > lines["bigram"]:
            return "It has learned how common each letter is; now it learns which letter follows which."
        if bits > lines["trigram"]:
            return "It has learned pairs of letters; words get their lengths, and lines their breaks."
        longest = "trigram" if self.training.longest_ngram == 3 else f"{self.training.longest_ngram}-gram"
        if bits > lines[longest]:
            return f"It predicts better than counted triples; real words and names appear. Next: the {longest}."
        return f"It predicts better than the {longest}: its state depends on more than a few letters."

    def draw(self, figure: Figure, frames: Sequence[Any]) -> None:
        if not figure.axes:
            self._arrange(figure)
        last = frames[-1]
        # Only some frames come here, but a curve needs all points up to the present one.
        so_far = [frame for frame in self.training.frames if frame.step <= last.step]
        learning = [(frame.step, frame.metrics["bits_per_char"]) for frame in so_far]
        self.learning.set_data(*zip(*learning, strict=True))
        lowest = min(bits for _, bits in learning)
        if lowest < self.curves.get_ylim()[0]:                  # a short text is soon learnt by heart
            self.curves.set_ylim(bottom=max(0.0, lowest - 0.5))
        points = self.training.earlier + [(frame.step, frame.metrics["held_out"]) for frame in so_far if frame.judged]
        self.held_out.set_data(*zip(*points, strict=True))
        judged = f": held out {last.metrics['held_out']:.2f} bits per character" if len(points) > 1 else ""
        self.curves.set_title(f"step {last.step:,}{judged}", y=1)
        self.page.ax.set_title(f"the text written at step {last.sample_step:,}", y=1)
        self.page.update(last.sample)
        self.strips.update(NamedStates(last.names, last.states, last.features), self.training.line)

    def _arrange(self, figure: Figure) -> None:
        grid = figure.add_gridspec(2, 2, width_ratios=[1.1, 1], height_ratios=[1.1, 1])
        self.curves = figure.add_subplot(grid[:, 0])
        self.learning, = self.curves.plot([], [], color=theme.TRAINING, linewidth=1.2)
        self.held_out, = self.curves.plot([], [], "o-", color=theme.HELD_OUT, markersize=3)
        self.curve_axes(self.curves)
        for i, (name, colour) in enumerate((("learning", theme.TRAINING), ("held out", theme.HELD_OUT))):
            self.curves.text(0.97, 0.96 - 0.06 * i, name, color=colour, ha="right", va="top",
                             transform=self.curves.transAxes)
        self.page = Page(figure.add_subplot(grid[0, 1]), columns=58, lines=14, size=8)
        heat = figure.add_subplot(grid[1, 1])
        heat.set_title("units, and the feature of each (green: present, or far)", fontsize=10, y=1)
        self.strips = UnitStrips(heat, max(1, len(self.training.finder.features)),
                                 len(self.training.line), size=6.5)
        for ax, texts in ((self.curves, [self.curves.xaxis, self.curves.yaxis, *self.curves.texts]),
                          (self.page.ax, [self.page.text]), (heat, self.strips.texts)):
            Snapshot(ax, texts)

    def curve_axes(self, ax: Axes, lowest: float = math.inf) -> None:
        """Sets limits, labels and the baselines for the validation text.  lowest: of the curves' bits, if known."""
        lines = {name: bits for name, bits in self.training.baselines_of_validation.items() if name in BASELINES_SHOWN}
        low, high = min(lines.values()) - 0.5, max(4.6, max(lines.values()) + 0.5)
        low = low if lowest >= low else max(0.0, lowest - 0.5)
        ax.set(xlim=(0, self.training.steps), ylim=(low, high), xlabel="step", ylabel="bits per character")
        lines_for_scale(ax, lines, self.training.steps)

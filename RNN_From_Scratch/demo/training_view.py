"""The live view of the training: the curves, the latest text, and a few units under the names of their features."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Annotation

from ai_from_scratch.stage import theme
from RNN_From_Scratch.demo.named_units import NamedStates, UnitStrips
from RNN_From_Scratch.demo.paint import Page, Snapshot, lines_for_scale

if TYPE_CHECKING:
    from RNN_From_Scratch.demo.training import Training

BASELINES_SHOWN = ("bigram", "trigram", "5-gram", "gzip", "xz", "bz2")
UNITS = 4                      # rows of units
ROOM_FOR_NAMES = 0.8           # share of the steps up to which a curve's name fits to the right of its end
NUMBER_WORDS = {3: "three", 5: "five"}
OVERFITTING_BITS = 0.02        # bits above the lowest held-out value: two such values in a row are called overfitting


class TrainingView:
    """Paints a training's frames."""

    def __init__(self, training: Training) -> None:
        self.training = training

    def phase(self, frames: Sequence[Any]) -> str:
        """A sentence on the state of the training. It is chosen by the lowest held-out bits so far, compared with the
        bits of the n-grams; by those of the training text until the held-out text is measured after a step.  So it
        changes with a measurement, and not back with the next one."""
        last = frames[-1]
        so_far = [frame for frame in self.training.frames if frame.step <= last.step]
        judged = [frame.metrics for frame in so_far if frame.judged]
        bits = min(metrics["held_out"] for metrics in judged or [last.metrics])
        if not any(frame.judged and frame.step for frame in so_far):
            bits = min(bits, *(frame.metrics["bits_per_char"] for frame in so_far))
        lines = self.training.baselines_of_validation
        if last.step == 0:
            return "Untrained: every character is about equally probable, and the text is noise."
        if rises_again([metrics["held_out"] for metrics in judged]):
            return "The held-out bits rise again: the network begins to learn the training text by heart."
        if bits > lines["unigram"]:
            return "It begins with the most common characters."
        if bits > lines["bigram"]:
            return "It has learned how common each character is; now it learns which one follows which."
        if bits > lines["trigram"]:
            return "It predicts better than counted pairs, the bigram. Look at the lengths of words and lines."
        n = self.training.longest_ngram
        longest = "trigram" if n == 3 else f"{n}-gram"
        if bits > lines[longest]:
            return ("It predicts better than counted triples, the trigram. Look for words that exist. Next: the "
                    f"{longest}.")
        fewer = judged[-1]["held_out"] - judged[-1]["bits_per_char"] if judged else 0.0
        gap = f" On the training text it needs {fewer:.2f} bits fewer." if fewer > 0 else ""
        return f"It predicts better than counts of {NUMBER_WORDS[n]} characters, the {longest}.{gap}"

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
        for name, line in zip(self.names, (self.learning, self.held_out), strict=True):
            move_to_end(name, line, last.step < ROOM_FOR_NAMES * last.steps)
        kind, bits = (("held-out", points[-1][1]) if len(points) > 1 or last.judged else ("training", learning[-1][1]))
        self.curves.set_title(f"step {last.step:,}: {bits:.2f} bits per character of the {kind} text", y=1)
        self.page.ax.set_title(f"the text written at step {last.sample_step:,}", y=1)
        self.page.update(last.sample)
        self.strips.update(NamedStates(last.names, last.states, last.features), self.training.line)

    def _arrange(self, figure: Figure) -> None:
        grid = figure.add_gridspec(2, 2, width_ratios=[1.5, 1], height_ratios=[1, 1.25])
        self.curves = figure.add_subplot(grid[:, 0])
        self.learning, = self.curves.plot([], [], color=theme.TRAINING, linewidth=1.2)
        self.held_out, = self.curves.plot([], [], "o-", color=theme.HELD_OUT, markersize=3)
        self.curve_axes(self.curves)
        self.page = Page(figure.add_subplot(grid[0, 1]), columns=52, lines=11, size=8)
        heat = figure.add_subplot(grid[1, 1])
        heat.set_title("units under the features that they follow", fontsize=10, y=1)
        self.strips = UnitStrips(heat, max(1, min(UNITS, len(self.training.finder.features))),
                                 len(self.training.line), size=11)
        for ax, texts in ((self.curves, [self.curves.xaxis, self.curves.yaxis, *self.curves.texts]),
                          (self.page.ax, [self.page.text]), (heat, self.strips.texts)):
            Snapshot(ax, texts)
        self.names = [name_at_end(self.curves, line, words, above) for line, words, above in (
            (self.learning, "training", False), (self.held_out, "held out", True))]

    def curve_axes(self, ax: Axes, lowest: float = math.inf) -> None:
        """Sets limits, labels and the baselines for the validation text.  lowest: of the curves' bits, if known."""
        lines = {name: bits for name, bits in self.training.baselines_of_validation.items() if name in BASELINES_SHOWN}
        low, high = min(lines.values()) - 0.5, max(4.6, max(lines.values()) + 0.5)
        low = low if lowest >= low else max(0.0, lowest - 0.5)
        ax.set(xlim=(0, self.training.steps), ylim=(low, high), xlabel="step", ylabel="bits per character")
        lines_for_scale(ax, lines, self.training.steps)


def rises_again(held_out: Sequence[float]) -> bool:
    """True from the second measurement in a row that is clearly above the lowest one before, until a new lowest one."""
    lowest = min(held_out, default=0.0)
    high = [bits > lowest + OVERFITTING_BITS for bits in held_out]
    since = high[held_out.index(lowest):] if held_out else []
    return any(one and next_one for one, next_one in pairwise(since))


def title_of_training(training: Training) -> str:
    """The bits of the kept parameters on the validation text, between those of the two nearest baselines."""
    bits = min([point[1] for point in training.model.validation_curve_] or [training.frames[-1].metrics["held_out"]])
    lines = {f"the {name}" if name.endswith("gram") else name: line
             for name, line in training.baselines_of_validation.items() if name in BASELINES_SHOWN}
    worse = min((name for name in lines if lines[name] >= bits), key=lines.__getitem__, default="")
    better = max((name for name in lines if lines[name] < bits), key=lines.__getitem__, default="")
    than = [f"fewer than {worse}'s {lines[worse]:.2f}"] if worse else []
    than += [f"more than {better}'s {lines[better]:.2f}"] if better else []
    return f"{bits:.2f} bits per held-out character: {', '.join(than)}"


def name_at_end(ax: Axes, line: Line2D, words: str, above: bool) -> Annotation:
    """The name of a curve, above or below its last point.  Dotted lines do not run through it."""
    return ax.annotate(words, (0, 0), (0, 7 if above else -7), textcoords="offset points", color=line.get_color(),
                       va="bottom" if above else "top", zorder=2.5,
                       bbox={"facecolor": theme.BACKGROUND, "edgecolor": "none", "pad": 0.8})


def move_to_end(name: Annotation, line: Line2D, to_the_right: bool) -> None:
    """Moves the name to the last point of its curve, to the right or to the left of it."""
    x, y = np.asarray(line.get_xydata())[-1]
    name.xy = (x, y)
    name.set_x(8 if to_the_right else -8)
    name.set_horizontalalignment("left" if to_the_right else "right")

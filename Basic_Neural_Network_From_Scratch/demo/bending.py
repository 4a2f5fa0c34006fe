"""Scene 3: how hidden units transform the plane, step by step: tanh units bend the plane, ReLUs fold it."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from ai_from_scratch.data import Samples
from ai_from_scratch.stage import paint, theme
from Basic_Neural_Network_From_Scratch.demo.hidden import (
    EPOCHS,
    Folds,
    bending,
    folding,
    hidden,
    percent_right,
    stretch,
)
from Basic_Neural_Network_From_Scratch.demo.moons import Boundary
from Basic_Neural_Network_From_Scratch.network import Sequential

FRAMES_PER_RUN = 30  # number of frames, about; most are early, because most changes are early


class BendingFrame(NamedTuple):
    """One moment in the training of two small networks on the same two moons."""

    step: int
    steps: int
    metrics: dict[str, float]
    bent: np.ndarray             # (45,) parameters of 2-8 tanh-2-1
    folded: np.ndarray           # (33,) of 2-8 ReLU-1

    title: str = "bent and folded"
    hold: float = 0.12


class Bending:
    """The two networks train in turn, so that a frame shows both of them at the same step."""

    def __init__(self, samples: Samples, seed: int, epochs: int | None) -> None:
        self.samples, self.epochs = samples, epochs or EPOCHS
        self.tanh, self.relu = bending(samples), folding(seed)
        self.seen = copy.deepcopy((self.tanh.network, self.relu.network))

    def train(self) -> Iterator[BendingFrame]:
        shown: set[int] = set()
        for one, other in zip(self.tanh.training(self.samples, self.epochs),
                              self.relu.training(self.samples, self.epochs), strict=True):
            shown = shown or set(np.geomspace(1, one.steps, FRAMES_PER_RUN).round().astype(int))
            if one.step in shown:
                yield BendingFrame(one.step, one.steps, {"tanh loss": one.loss, "ReLU loss": other.loss},
                                   self.tanh.network.parameters.copy(), self.relu.network.parameters.copy())

    def phase(self, frame: BendingFrame) -> str:
        if frame.step < frame.steps:
            return "Tanh units bend the plane, ReLUs fold it: each network moves its boundary to the two moons."
        tanh, relu = self.seen
        tanh.parameters[...], relu.parameters[...] = frame.bent, frame.folded
        return (f"The end: a straight line in the bent plane classifies {percent_right(tanh, self.samples):.0f} % "
                f"of the points correctly, the folded one {percent_right(relu, self.samples):.0f} %.")

    def draw(self, figure: Figure, frames: Sequence[BendingFrame]) -> None:
        last = frames[-1]
        tanh, relu = self.seen                              # copies of the two networks, which train on
        tanh.parameters[...], relu.parameters[...] = last.bent, last.folded
        if not figure.axes:
            grid = figure.add_gridspec(2, 2, width_ratios=[1, 1.5])
            plane, folded = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[1, 0])
            warped = figure.add_subplot(grid[:, 1])
            self.plane, self.warped = Boundary(plane, self.samples, size=11), WarpedPlane(warped, self.samples)
            self.folds = Folds(folded, self.samples)
            for ax in figure.axes:
                ax.set(xticks=[], yticks=[])                    # tick labels would take half of the drawing time
            folded.set_title("another network: eight ReLUs fold the plane", fontsize=10)
        self.plane.update(tanh)
        self.plane.ax.set_title(f"step {last.step:,}: in the plane of x the boundary is a curve", fontsize=10)
        self.warped.ax.set_title("the plane after eight tanh units: a straight line classifies "
                                 f"{percent_right(tanh, self.samples):.0f} % correctly", fontsize=10)
        self.warped.update(tanh)
        self.folds.update(relu)


class WarpedPlane:
    """A grid of x and the samples, after the hidden layer; in that plane the boundary is straight."""

    def __init__(self, ax: Axes, samples: Samples, steps: int = 61) -> None:
        self.ax, self.samples, self.steps = ax, samples, steps
        self.points = paint.grid_over(samples.X, steps, margin=0.3)[2]          # (steps², 2)
        self.lines = [LineCollection([], colors=theme.GREY, linewidths=0.7, alpha=0.8, zorder=1) for _ in range(2)]
        for lines in self.lines:
            ax.add_collection(lines)
        paint.samples(ax, *samples, size=11)
        self.dots = ax.collections[2:]                        # one collection for each class, in the order of np.unique
        self.boundary, = ax.plot([], [], color=theme.INK)
        ax.set(xlabel="h₁", ylabel="h₂")

    def update(self, network: Sequential) -> None:
        place = hidden(network, self.points).reshape(self.steps, self.steps, 2)
        self.lines[0].set_segments(list(place[::4]))
        self.lines[1].set_segments(list(place[:, ::4].swapaxes(0, 1)))
        seen = hidden(network, self.samples.X)                                  # (n, 2)
        for dots, label in zip(self.dots, np.unique(self.samples.y), strict=True):
            dots.set_offsets(seen[self.samples.y == label])
        low, high = place.min(axis=(0, 1)), place.max(axis=(0, 1))              # the whole grid
        reach = 0.03 * (high - low)
        self.ax.set(xlim=(low[0] - reach[0], high[0] + reach[0]), ylim=(low[1] - reach[1], high[1] + reach[1]))
        arrays = network.named_arrays()
        self.boundary.set_data(*stretch(arrays["3.W"][:, 0], arrays["3.b"][0], low - reach, high + reach))

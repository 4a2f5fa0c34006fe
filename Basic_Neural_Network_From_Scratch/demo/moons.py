"""Scene 1: the two-layer network of basic_neural_network.py learns two moons; the outputs of its units are shown."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ai_from_scratch.data import Samples, two_moons
from ai_from_scratch.stage import paint, theme
from ai_from_scratch.stage.demo import DataUse, Picture
from Basic_Neural_Network_From_Scratch.basic_neural_network import TwoLayerNetwork
from Basic_Neural_Network_From_Scratch.demo.network import NetworkPicture
from Basic_Neural_Network_From_Scratch.layers import Dense, Tanh, sigmoid
from Basic_Neural_Network_From_Scratch.losses import BinaryCrossEntropy
from Basic_Neural_Network_From_Scratch.network import Sequential

HIDDEN, STEPS, FEWEST_STEPS = 8, 1000, 50      # a step is a pass over all points; fewer steps show nothing
STRAIGHT = 0.26     # the loss below which the bend of the boundary is seen


class MoonsFrame(NamedTuple):
    """One moment of the training: all parameters, from which every map is computed."""

    step: int
    steps: int
    metrics: dict[str, float]
    epoch: int
    parameters: np.ndarray       # (P,)

    title: str = "two moons"
    hold: float = 0.1


class Moons:
    """200 training points, 200 held-out points; 2-8-1 units, gradient descent on all points at once."""

    def __init__(self, seed: int, epochs: int | None) -> None:
        rng = np.random.default_rng(seed)
        self.learnt, self.held_out = two_moons(200, 0.2, rng=rng), two_moons(200, 0.2, rng=rng)
        self.steps = max(epochs or STEPS, FEWEST_STEPS)
        self.model = TwoLayerNetwork(2, HIDDEN, rng=rng)
        # The same network as a Sequential of layers, for the views of this chapter.
        layers = [Dense(HIDDEN), Tanh(), Dense(1, "glorot")]
        self.layers = Sequential(layers).build((2,), np.random.default_rng(0), np.float64)
        self.use = DataUse("two moons", f"made here with seed {seed}", len(self.learnt.y), len(self.held_out.y))
        self.frames: list[MoonsFrame] = []

    def train(self) -> Iterator[MoonsFrame]:
        shown: set[int] = set()
        for progress in self.model.training(*self.learnt, steps=self.steps):
            shown = shown or set(np.geomspace(1, progress.steps, 65).round().astype(int))    # most changes are early
            if progress.step in shown:
                parameters = flat(self.model)
                self.layers.parameters[...] = parameters
                metrics = {"loss": cross_entropy(self.layers, self.learnt),
                           "held-out loss": cross_entropy(self.layers, self.held_out)}
                frame = MoonsFrame(progress.step, progress.steps, metrics, progress.epoch, parameters)
                self.frames.append(frame)
                yield frame

    def held_out_accuracy(self) -> float:
        return float(np.mean(self.model.predict(self.held_out.X) == self.held_out.y))

    def draw(self, figure: Figure, frames: Sequence[MoonsFrame]) -> None:
        last = frames[-1]
        network = self._network(last)
        if not figure.axes:
            grid = figure.add_gridspec(2, 2, width_ratios=[1, 1.5], height_ratios=[1.2, 1])
            boundary, losses = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[1, 0])
            diagram = figure.add_subplot(grid[:, 1])
            self.views = (Boundary(boundary, self.learnt), NetworkPicture(diagram, network, self.learnt.X),
                          Losses(losses))
        boundary_view, diagram_view, losses_view = self.views
        boundary_view.update(network)
        diagram_view.update(network)
        losses_view.update(frames)
        figure.axes[0].set_title(f"step {last.step:,}: held-out loss {last.metrics['held-out loss']:.2f}")

    def pictures(self) -> Iterator[Picture]:
        yield Picture("filmstrip.png", self._filmstrip,
                       "Six moments of the training, dotted lines below. First the boundary is nearly straight, about "
                       "as good as logistic regression, and the loss falls slowly. Then the boundary bends. Where the "
                       "held-out loss rises again, the network overfits.", size=(8, 4.6))
        yield Picture("units.png", self._units,
                       "Every box is the plane, coloured by one unit's output at each point: green is +1, violet −1; "
                       "the last box has the colours of the classes. A line is a weight; its width is its size, green "
                       "is positive, violet negative. Each hidden unit has one straight edge; the output adds the "
                       "eight edges up to a curved one.",
                      size=(7, 4.8), dark=True)

    # ---- the figures -------------------------------------------------------------------------------------------

    def _network(self, frame: MoonsFrame) -> Sequential:
        """A copy of the network with the parameters of this frame."""
        network = copy.deepcopy(self.layers)
        network.parameters[...] = frame.parameters
        return network

    def _filmstrip(self, figure: Figure) -> None:
        steps = np.array([frame.step for frame in self.frames])
        moments = sorted({int(np.abs(steps - step).argmin()) for step in np.geomspace(1, steps[-1], 6)})
        grid = figure.add_gridspec(2, len(moments), height_ratios=[1, 1.3])
        for column, moment in enumerate(moments):
            ax = figure.add_subplot(grid[0, column])
            Boundary(ax, self.learnt, size=5).update(self._network(self.frames[moment]))
            ax.set(xlabel="", ylabel="", xticks=[], yticks=[], aspect="auto")
            ax.set_title(f"step {steps[moment]:,}", fontsize=9)
        losses = figure.add_subplot(grid[1, :])
        Losses(losses).update(self.frames)
        lowest = lowest_held_out(self.frames)
        losses.set_title(f"the held-out loss is lowest at step {lowest.step:,}" + (
            ", then it rises: overfitting" if overfits(self.frames) else ""), fontsize=10)
        for moment in moments:
            losses.axvline(steps[moment], color=theme.GREY, linewidth=0.8, linestyle=":")

    def _units(self, figure: Figure) -> None:
        network, ax = self._network(self.frames[-1]), figure.add_subplot()
        NetworkPicture(ax, network, self.learnt.X, steps=60).update(network)
        ax.set_title(f"{HIDDEN} straight edges make one curved boundary: "
                     f"{100 * self.held_out_accuracy():.1f} % of held-out points are right")


def sentence(frames: Sequence[MoonsFrame]) -> str:
    """What happens at the last of these frames, from the losses and the weights of the hidden units."""
    last, lowest = frames[-1], lowest_held_out(frames)
    if overfits(frames):
        falls = last.metrics["loss"] < lowest.metrics["loss"]
        return f"The held-out loss has risen since step {lowest.step:,}" + (
            ", while the training loss still falls: overfitting." if falls else ", and so has the training loss.")
    if last.step == last.steps:
        return (f"The end: the held-out loss is {last.metrics['held-out loss']:.2f}, not above its lowest value "
                f"of {lowest.metrics['held-out loss']:.2f} by more than a hundredth.")
    if last.metrics["loss"] > STRAIGHT:
        return ("First a nearly straight boundary, about as good as logistic regression; after a few steps the loss "
                "falls slowly.")
    first_layer = slice(0, 2 * HIDDEN)                                      # the steepness of the units' edges
    sharper = np.linalg.norm(last.parameters[first_layer]) > np.linalg.norm(frames[0].parameters[first_layer])
    return f"The edges of the units turn{' and become sharper' if sharper else ''}: their sum bends the boundary."


def lowest_held_out(frames: Sequence[MoonsFrame]) -> MoonsFrame:
    return min(frames, key=lambda frame: frame.metrics["held-out loss"])


def overfits(frames: Sequence[MoonsFrame]) -> bool:
    """True if the held-out loss has risen by more than a hundredth of its lowest value."""
    lowest = lowest_held_out(frames).metrics["held-out loss"]
    return frames[-1].metrics["held-out loss"] > 1.01 * lowest


def flat(model: TwoLayerNetwork) -> np.ndarray:                         # (P,) matrices first, as in a Sequential
    return np.concatenate([model.W1.ravel(), model.W2.ravel(), model.b1, model.b2])


def cross_entropy(network: Sequential, samples: Samples) -> float:
    return BinaryCrossEntropy().forward(network.forward(samples.X), samples.y)


class Boundary:
    """The samples are painted once; `update` repaints a network's output at every point of the plane."""

    def __init__(self, ax: Axes, samples: Samples, size: float = 14) -> None:
        self.ax = ax
        self.contour: Any = None
        self.x1, self.x2, self.points = paint.grid_over(samples.X, 100, margin=0.35)
        self.image = ax.imshow(np.zeros_like(self.x1), extent=paint.extent_of(self.x1, self.x2), origin="lower", vmin=0,
                               vmax=1, aspect="equal", cmap=theme.two_class_colours().resampled(21))
        paint.samples(ax, *samples, size=size)
        ax.set(xlim=(self.x1.min(), self.x1.max()), ylim=(self.x2.min(), self.x2.max()), xlabel="x₁", ylabel="x₂")

    def update(self, network: Sequential) -> None:
        p = sigmoid(network.forward(self.points)).reshape(self.x1.shape)        # (100, 100)
        self.image.set_data(p)
        if self.contour is not None:
            self.contour.remove()
        self.contour = None
        if p.min() < 0.5 < p.max():
            self.contour = self.ax.contour(self.x1, self.x2, p, levels=[0.5], colors=theme.INK, linewidths=1.5)


class Losses:
    """Both losses against the step, on a logarithmic axis, because most changes are early."""

    def __init__(self, ax: Axes) -> None:
        self.ax = ax
        self.lines = {name: paint.growing_curve(ax, colour, clip_on=False) for name, colour in (
            ("loss", theme.TRAINING), ("held-out loss", theme.HELD_OUT))}
        ax.set(xscale="log", xlabel="step", ylabel="cross-entropy")
        self.names = {name: ax.annotate(words, (1, 0), (4, up), textcoords="offset points", fontsize=9, va=side,
                                        color=self.lines[name].get_color())
                      for name, words, up, side in (("held-out loss", "200 held-out points", 5, "bottom"),
                                                    ("loss", "200 training points", -34, "top"))}

    def update(self, frames: Sequence[MoonsFrame]) -> None:
        steps = [frame.step for frame in frames]
        for name, line in self.lines.items():
            line.set_data(steps, [frame.metrics[name] for frame in frames])
            self.names[name].xy = (1, frames[0].metrics[name])
        highest = max(max(frame.metrics[name] for name in self.lines) for frame in frames)
        self.ax.set(xlim=(1, frames[-1].steps), ylim=(0, 1.15 * highest))

"""Pictures of the numbers inside a network: the numbers of one pass, their spread through many layers, and the size of
the updates."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ai_from_scratch.data import Dataset
from ai_from_scratch.estimator import DivergenceError
from ai_from_scratch.stage import theme
from ai_from_scratch.stage.demo import Picture
from Basic_Neural_Network_From_Scratch.demo.mnist import pixels
from Basic_Neural_Network_From_Scratch.demo.network import one_pass
from Basic_Neural_Network_From_Scratch.demo.updates import MIN_RATIO, UpdateRatios, log_ratios
from Basic_Neural_Network_From_Scratch.layers import Dense, ReLU
from Basic_Neural_Network_From_Scratch.losses import SoftmaxCrossEntropy
from Basic_Neural_Network_From_Scratch.network import Sequential
from Basic_Neural_Network_From_Scratch.optimizers import SGD
from Basic_Neural_Network_From_Scratch.training import train_network

DEPTH, WIDTH = 6, 100                # number of hidden layers, and of units in each
IMAGES, RATES = 2_000, (0.001, 0.02, 1.0)
NO_UPDATE = -6.0                     # height of the marks of steps without an update


def pictures(digits: Dataset, seed: int) -> Iterator[Picture]:
    yield Picture("one_pass.png", one_pass,
                   "One sample with label 1. Black and blue: the forward pass. Red, from right to left: the "
                   "derivative of the loss by the number above it (for b: left of it). Unit 2 is off, so its red "
                   "number ends at the ReLU (grey box), and the gradient of its incoming weights is exactly 0.",
                  size=(8, 3.3))
    yield Picture("initialisation.png", lambda figure: initialisation(figure, seed),
                   "Six hidden layers of 100 ReLUs before training, for three spreads of the weights. Each curve is "
                   "the histogram of one layer's nonzero numbers. With He's spread the curves lie above each other. "
                   "With others they drift: the activations in the forward pass, the gradients in the backward pass.",
                  size=(8, 5))
    yield Picture("update_ratio.png", lambda figure: update_ratio(figure, digits, seed),
                   "‖ΔW‖ / ‖W‖ of each step, layer by layer, and the held-out accuracy at the end. By a rule of thumb "
                   "the lines should be near the dashed one, a thousandth. Far below it, training is too slow. Far "
                   "above it, each batch overwrites what earlier ones taught. A bar at the bottom is a step whose "
                   "gradient is 0: all units of a hidden layer are off for the whole batch. A dot is a batch that "
                   "still reaches some.", size=(8, 3.2))


def initialisation(figure: Figure, seed: int) -> None:
    """Draws two rows: the output of each hidden layer, and the loss's gradient for it.  The columns are spreads of the
    weights."""
    he = np.sqrt(2 / WIDTH)
    axes = figure.subplots(2, 3, sharex="row", sharey=True)
    for column, (spread, name) in enumerate(((0.01, "0.01"), (he, f"He, √(2/{WIDTH}) = {he:.2g}"), (1.0, "1"))):
        forward, backward = signals(spread / he, np.random.default_rng(seed))
        hills(axes[0, column], forward, theme.SKY)
        hills(axes[1, column], backward, theme.ACCENT)
        axes[0, column].set_title(f"spread {name}\n× {spread * np.sqrt(WIDTH / 2):.2g} a layer", fontsize=10)
        axes[1, column].set_xlabel("log₁₀ of the size")
    axes[0, 0].set_ylabel("activations h\nhidden layer")
    axes[1, 0].set_ylabel("gradients ∂L/∂h\nhidden layer")


def signals(scale: float, rng: np.random.Generator) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The outputs of an untrained network's hidden layers, and the gradients of the loss by these outputs: DEPTH arrays
    (200, WIDTH).

    The weights are He's times `scale`; the inputs are normal with variance 1, the labels random.
    """
    hidden = [layer for _ in range(DEPTH) for layer in (Dense(WIDTH), ReLU())]
    network = Sequential([*hidden, Dense(10)]).build((WIDTH,), rng, np.float64)
    network.parameters[:network.matrices] *= scale
    loss = SoftmaxCrossEntropy()
    loss.forward(network.forward(rng.standard_normal((200, WIDTH)), training=True), rng.integers(0, 10, 200))
    forward, backward, dY = [], [], loss.backward()
    for layer in reversed(network.layers):
        if isinstance(layer, ReLU):
            forward.append(layer.Y)
            backward.append(dY)                                                 # (200, WIDTH)
        dY = np.asarray(layer.backward(dY))
    return forward[::-1], backward[::-1]


def hills(ax: Axes, layers: list[np.ndarray], colour: str) -> None:
    """A histogram of log₁₀ |values| for each layer, the first at the top."""
    for index, values in enumerate(layers):
        sizes = np.log10(np.abs(values[values != 0]))
        counts, edges = np.histogram(sizes, bins=40)
        middles, floor = (edges[1:] + edges[:-1]) / 2, -(index + 1)
        ax.fill_between(middles, floor, floor + 0.9 * counts / counts.max(), color=colour, alpha=0.75, linewidth=0)
        ax.axhline(floor, color=theme.PALE, linewidth=0.6, zorder=0)
    ax.set(yticks=-np.arange(1, len(layers) + 1) + 0.3, yticklabels=range(1, len(layers) + 1))


class Ratios(NamedTuple):
    """The updates of one training, and what came of it."""

    rate: float
    of_steps: np.ndarray     # (steps, layers) log₁₀ of ‖ΔW‖ / ‖W‖
    right: float             # share of the held-out digits that are read correctly at the end
    network: Sequential      # at the end

    @property
    def without(self) -> np.ndarray:                                            # (steps,) bool
        """The steps in which no weight changed."""
        return (self.of_steps <= np.log10(MIN_RATIO)).all(axis=1)

    @property
    def typical(self) -> float:
        """The median of all steps and layers, as a ratio."""
        return float(10 ** np.median(self.of_steps))


def trained(rate: float, digits: Dataset, seed: int) -> Ratios:
    """784-64-32-10 in four passes of plain gradient descent."""
    X, y, held_out = pixels(digits.train.X[:IMAGES]), digits.train.y[:IMAGES], pixels(digits.validation.X)
    rng = np.random.default_rng(seed)
    network = Sequential([Dense(64), ReLU(), Dense(32), ReLU(), Dense(10, "glorot")]).build((784,), rng)
    weights = [layer.W for layer in network.layers if isinstance(layer, Dense)]             # views
    before, ratios = [W.copy() for W in weights], []
    training = train_network(network, SoftmaxCrossEntropy(), SGD(rate), X, y, epochs=4, batch_size=50, rng=rng)
    with suppress(DivergenceError):                         # if a training overflows, its steps up to there are drawn
        for _ in training:
            ratios.append(log_ratios(weights, before))
            before = [W.copy() for W in weights]
    right = float(np.mean(network.predict(held_out).argmax(axis=1) == digits.validation.y))
    return Ratios(rate, np.reshape(ratios, (-1, len(weights))), right, network)


def update_ratio(figure: Figure, digits: Dataset, seed: int) -> None:
    """Draws ‖ΔW‖ / ‖W‖ of each layer for three learning rates; a step without any update is a mark at the bottom."""
    trainings = [trained(rate, digits, seed) for rate in RATES]
    best = max(trainings, key=lambda training: training.right)
    figure.suptitle(f"best with updates of {1000 * best.typical:.2g} thousandths of the weights", fontsize=11, x=0.01,
                    ha="left")
    for ax, training in zip(figure.subplots(1, len(RATES), sharey=True), trainings, strict=True):
        steps, without = np.arange(1, len(training.of_steps) + 1), training.without
        seen = np.where(without[:, None], np.nan, training.of_steps)            # lines have gaps there
        UpdateRatios(ax).update(steps, seen)                                    # type: ignore[arg-type]
        alone = ~without & np.pad(without, 1)[:-2] & np.pad(without, 1)[2:]     # no line: a dot
        for line, values in zip(ax.lines, seen[alone].T, strict=False):
            ax.plot(steps[alone], values, "o", color=line.get_color(), markersize=3.5)
        ax.plot(steps[without], np.full(without.sum(), NO_UPDATE), "|", color=theme.ACCENT, markersize=7,
                markeredgewidth=1.3)                    # wider than a step: a gap is a step with an update
        if without.any():
            ax.text(steps[-1], 0.5, f"no update in {without.sum()}\nof {len(steps)} steps (bar):\n"
                    "all units of a\nlayer are off", ha="right", va="top", fontsize=9, color=theme.ACCENT)
        ax.set(ylim=(-6.3, 0.8), xlim=(0, 1.02 * steps[-1]), xlabel="step")
        ax.set_title(f"η = {training.rate:g}: {100 * training.right:.0f} % read correctly", fontsize=10)
    figure.axes[0].set_ylabel("log₁₀ of update / weight")
    figure.axes[0].legend(fontsize=8)

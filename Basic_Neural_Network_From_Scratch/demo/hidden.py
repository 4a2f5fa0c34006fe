"""How hidden units transform the plane: tanh bends it until a straight line separates the moons, ReLU folds it.

    tanh   x (2) → 8 units → 2 sums h → one logit w·h + b: in the plane of h its boundary is a straight line
    ReLU   x (2) → 8 units max(w·x + b, 0) → one logit: each unit folds the plane along its line w·x + b = 0
"""

from __future__ import annotations

import copy
from collections.abc import Iterator

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patheffects import Normal, TickedStroke

from ai_from_scratch.data import Samples
from ai_from_scratch.estimator import Progress
from ai_from_scratch.stage import paint, theme
from ai_from_scratch.stage.demo import Picture
from Basic_Neural_Network_From_Scratch.demo.moons import Boundary
from Basic_Neural_Network_From_Scratch.layers import Dense, ReLU, Tanh, sigmoid
from Basic_Neural_Network_From_Scratch.losses import BinaryCrossEntropy
from Basic_Neural_Network_From_Scratch.network import Sequential
from Basic_Neural_Network_From_Scratch.optimizers import SGD, Adam, Optimizer
from Basic_Neural_Network_From_Scratch.schedules import cosine
from Basic_Neural_Network_From_Scratch.training import train_network

EPOCHS, EARLY_STEPS = 80, 100  # passes over the data, and the step of the middle picture
TOOTHED_LINE = [Normal(), TickedStroke(spacing=9, angle=-90, length=0.6)]


def pictures(samples: Samples, seed: int) -> Iterator[Picture]:
    yield Picture("warped_grid.png", lambda figure: warped_grid(figure, samples),
                   "Eight tanh units, added up to two numbers h₁ and h₂; at the start h equals x. Follow the grid: "
                   "training bends it until the moons lie on two sides of a straight line, the only boundary that the "
                   "output can draw. In the plane of x, that line is the curve on the left.",
                  size=(8, 2.9))
    yield Picture("folds.png", lambda figure: folds(figure, samples, seed),
                   "On each line one of eight ReLUs begins; the teeth mark its active side. Blue lines raise the "
                   "probability of the blue moon, orange lines lower it; thick lines do so most. At the start all "
                   "biases are 0, and all lines go through the origin. At the end the black boundary turns only at "
                   "lines.",
                  size=(8, 2.9))


class Pupil:
    """A network with its optimiser and random generator, which trains on samples (n, 2) in `epochs` passes."""

    def __init__(self, network: Sequential, optimizer: Optimizer, rng: np.random.Generator) -> None:
        self.network, self.optimizer, self.rng = network, optimizer, rng

    def training(self, samples: Samples, epochs: int = EPOCHS) -> Iterator[Progress]:
        return train_network(self.network, BinaryCrossEntropy(), self.optimizer, *samples, epochs=epochs,
                             batch_size=20, rng=self.rng, alpha=0.02, schedule=cosine)

    def trained(self, samples: Samples) -> list[Sequential]:
        """The network at the start, after `EARLY_STEPS` steps, and at the end of its training."""
        return [copy.deepcopy(self.network), *(copy.deepcopy(self.network) for progress in self.training(samples)
                                               if progress.step in (EARLY_STEPS, progress.steps))]


def bending(samples: Samples) -> Pupil:
    """A network of eight tanh units, added up to two sums; at the start these sums equal x."""
    rng = np.random.default_rng(0)                          # a fixed start, because not every start separates the moons
    points = paint.grid_over(samples.X, 121, margin=0.3)[2]                                 # (121², 2)
    units, sums, output = Dense(8, "glorot"), Dense(2), Dense(1)
    network = Sequential([units, Tanh(), sums, output]).build((2,), rng, np.float64)
    bends = np.column_stack([np.tanh(units.forward(points)), np.ones(len(points))])         # (121², 9)
    fit = np.linalg.lstsq(bends, points)[0]                                                 # (9, 2) so that h ≈ x
    sums.W[...], sums.b[...], output.W[...] = fit[:-1], fit[-1], [[0], [-1]]
    return Pupil(network, SGD(0.02, momentum=0.9), rng)


def folding(seed: int) -> Pupil:
    """Eight ReLUs and a logit."""
    rng = np.random.default_rng(seed)
    network = Sequential([Dense(8), ReLU(), Dense(1, "glorot")]).build((2,), rng, np.float64)
    return Pupil(network, Adam(0.03), rng)


def warped_grid(figure: Figure, samples: Samples) -> None:
    x1, x2, points = paint.grid_over(samples.X, 121, margin=0.3)
    _, early, end = bending(samples).trained(samples)

    axes = figure.subplots(1, 3)
    for ax, moment, title in zip(axes, (None, early, end), (
            "x: the boundary is a curve", f"h after {EARLY_STEPS} steps: {percent_right(early, samples):.0f} % right",
            f"h at the end: {percent_right(end, samples):.0f} % right"), strict=True):
        grid, seen = (points, samples.X) if moment is None else (hidden(moment, points), hidden(moment, samples.X))
        place = grid.reshape(*x1.shape, 2)                                      # (121, 121, 2)
        for lines in (place[::8], place[:, ::8].swapaxes(0, 1)):
            ax.add_collection(LineCollection(list(lines), colors=theme.GREY, linewidths=0.7, alpha=0.8, zorder=1))
        paint.samples(ax, seen, samples.y, size=11)
        low, high = place.min(axis=(0, 1)), place.max(axis=(0, 1))      # the whole grid
        reach = 0.03 * (high - low)
        ax.set(xlim=(low[0] - reach[0], high[0] + reach[0]), ylim=(low[1] - reach[1], high[1] + reach[1]),
               xlabel="x₁" if moment is None else "h₁", ylabel="x₂" if moment is None else "h₂")
        ax.set_title(title, fontsize=10)
        if moment is not None:
            arrays = moment.named_arrays()
            straight(ax, arrays["3.W"][:, 0], arrays["3.b"][0], color=theme.INK, linewidth=1.8)
    p = sigmoid(end.forward(points)).reshape(x1.shape)                          # (121, 121)
    axes[0].contour(x1, x2, p, levels=[0.5], colors=theme.INK, linewidths=1.8)


def percent_right(network: Sequential, samples: Samples) -> float:
    return 100 * float(np.mean((network.forward(samples.X)[:, 0] > 0) == samples.y))


def hidden(network: Sequential, X: np.ndarray) -> np.ndarray:
    """The input of the last Dense layer, for inputs (n, 2) -> (n, units)."""
    for layer in network.layers[:-1]:
        X = layer.forward(X)
    return X


def straight(ax: Axes, w: np.ndarray, b: float, **line: object) -> None:
    """The line w·x + b = 0, for w (2,)."""
    foot = -b * w / (w @ w)                                                # the point of the line nearest to the origin
    ax.axline(tuple(foot), (foot[0] - w[1], foot[1] + w[0]), **line)           # type: ignore[arg-type]


def folds(figure: Figure, samples: Samples, seed: int) -> None:
    start, _, end = folding(seed).trained(samples)
    for ax, network, title in zip(figure.subplots(1, 2), (start, end), (
            "at the start all folds go through one point", "at the end the boundary turns at the folds"), strict=True):
        Folds(ax, samples).update(network)
        ax.set_title(title, fontsize=10)


class Folds:
    """Draws the line on which each ReLU begins, with teeth on its active side, over the network's output."""

    def __init__(self, ax: Axes, samples: Samples) -> None:
        self.plane = Boundary(ax, samples, size=11)
        self.plane.image.set_alpha(0.6)
        self.low, self.high = np.array([ax.get_xlim(), ax.get_ylim()]).T        # (2,) each
        # matplotlib's axline always runs from left to right, and teeth are on the right of a line's direction. So
        # axline cannot be used.
        self.lines = [ax.plot([], [], alpha=0.8, path_effects=TOOTHED_LINE, scalex=False, scaley=False)[0]
                      for _ in range(8)]

    def update(self, network: Sequential) -> None:
        self.plane.update(network)
        arrays = network.named_arrays()
        W, b, w_out = arrays["0.W"], arrays["0.b"], arrays["2.W"][:, 0]         # (2, 8), (8,), (8,)
        for line, w, shift, out in zip(self.lines, W.T, b, w_out, strict=True):
            change = np.linalg.norm(w) * abs(out)                               # of the slope, at the fold
            line.set_data(*stretch(w, shift, self.low, self.high))
            line.set(color=theme.BLUE if out > 0 else theme.VERMILION, linewidth=min(0.8 + 0.3 * change, 3))


def stretch(w: np.ndarray, b: float, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """The two ends (2, 2) of a piece of the line w·x + b = 0 that crosses the box low … high; x1 and x2 are in rows.

    The direction of the piece is such that w·x + b > 0 on its right.
    """
    middle = (low + high) / 2
    foot = middle - (w @ middle + b) * w / (w @ w)                              # the line's point nearest to the middle
    along = np.array([-w[1], w[0]]) / np.linalg.norm(w) * np.linalg.norm(high - low)
    return np.column_stack([foot - along, foot + along])

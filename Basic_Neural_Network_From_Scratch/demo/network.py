"""A small network as a picture: each unit's output at every point of the plane, or the numbers of one pass."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from ai_from_scratch.stage import paint, theme
from Basic_Neural_Network_From_Scratch.layers import Dense, ReLU, sigmoid
from Basic_Neural_Network_From_Scratch.losses import BinaryCrossEntropy
from Basic_Neural_Network_From_Scratch.network import Sequential

SUBSCRIPTS = "₁₂"
MAP_SIDE = 0.86            # side of a unit's heat map, in distances of two units of its layer
MAX_DISTANCE = 2.6         # of two units, where a layer has few; in the largest layer it is 1


def unit_maps(network: Sequential, points: np.ndarray) -> list[np.ndarray]:
    """The values of inputs, hidden units and output at points (n, 2): an array (units, n) for each layer, −1 … 1."""
    maps, h = [np.clip(points.T / np.abs(points).max(axis=0)[:, None], -1, 1)], points
    for layer in network.layers:
        h = layer.forward(h)                                            # (n, units)
        if not isinstance(layer, Dense):
            maps.append(h.T)
    return [*maps, 2 * sigmoid(h).T - 1]


class NetworkPicture:
    """A column of heat maps for each layer; `update` repaints them for a network of that shape.

    Values and weights have the colours of signed numbers, the output those of the classes.
    """

    def __init__(self, ax: Axes, network: Sequential, X: np.ndarray, steps: int = 48) -> None:
        self.steps = steps
        self.points = paint.grid_over(X, steps)[2]                          # (steps², 2)
        sizes = [2, *(layer.b.size for layer in network.layers if isinstance(layer, Dense))]
        highest = max(sizes)
        gap = 0.62 * highest                                                # between columns
        self.images, self.places = [], []
        for column, size in enumerate(sizes):
            distance = min(highest / size, MAX_DISTANCE)
            middles = [(column * gap, (highest - 1) / 2 + distance * ((size - 1) / 2 - unit)) for unit in range(size)]
            self.places.append(np.array(middles))                           # (units, 2)
            half = distance * MAP_SIDE / 2
            colours = theme.two_class_colours() if column == len(sizes) - 1 else theme.DIVERGING
            for x, y in middles:
                box = (x - half, x + half, y - half, y + half)
                self.images.append(ax.imshow(np.zeros((steps, steps)), extent=box, origin="lower", vmin=-1, vmax=1,
                                             cmap=colours.resampled(21), zorder=2))
                ax.plot(np.array(box)[[0, 1, 1, 0, 0]], np.array(box)[[2, 2, 3, 3, 2]], color=theme.INK,
                        linewidth=0.6, zorder=3)
        lines = [(start, end) for left, right in zip(self.places, self.places[1:], strict=False)
                 for start in left for end in right]
        self.edges = LineCollection(lines, zorder=1)
        ax.add_collection(self.edges)
        hidden = len(sizes) - 2
        names = ["inputs", *("hidden layer" + f" {i + 1}" * (hidden > 1) for i in range(hidden)), "output"]
        for column, name in enumerate(names):
            ax.text(column * gap, highest - 0.4, name, ha="center", va="bottom", fontsize=9, color=theme.GREY)
        wide = MAX_DISTANCE / 2
        for name, (x, y) in zip(("x₁", "x₂"), self.places[0], strict=True):
            ax.text(x - 0.95 * wide, y, name, ha="right", va="center", fontsize=10)
        ax.set(xlim=(-1.7 * wide, gap * (len(sizes) - 1) + wide), ylim=(-0.5, highest + 0.2))
        ax.set_aspect("equal")
        ax.set_axis_off()

    def update(self, network: Sequential) -> None:
        maps = np.concatenate(unit_maps(network, self.points))              # (all units, steps²)
        for image, values in zip(self.images, maps, strict=True):
            image.set_data(values.reshape(self.steps, self.steps))
        weights = [layer.W.ravel() for layer in network.layers if isinstance(layer, Dense)]
        w = np.concatenate(weights)                                         # in the order of the edges
        self.edges.set_linewidth(np.minimum(0.2 + 1.3 * np.abs(w), 7).tolist())
        self.edges.set_color([theme.POSITIVE if weight > 0 else theme.NEGATIVE for weight in w])
        self.edges.set_alpha(0.75)


def one_pass(figure: Figure) -> None:
    """Draws two inputs, two ReLU units and one logit; the numbers come from the layers after one pass."""
    first, relu, last = Dense(2), ReLU(), Dense(1)
    network = Sequential([first, relu, last]).build((2,), np.random.default_rng(0), np.float64)
    first.W[...], last.W[...], last.b[...] = [[1, -1], [0.5, 0]], [[0.5], [3]], -1
    X, loss = np.array([[1.0, 2.0]]), BinaryCrossEntropy()
    z = network.forward(X, training=True)                                       # (1, 1)
    L = loss.forward(z, np.array([1]))
    dz = loss.backward()                                                        # (1, 1)
    dh = np.asarray(last.backward(dz))                                          # (1, 2)
    da = np.asarray(relu.backward(dh))                                          # (1, 2)
    dX = np.asarray(first.backward(da))                                         # (1, 2)
    a, h = first.forward(X), relu.Y                                             # (1, 2) before and after the ReLU

    ax = figure.add_subplot()
    columns, rows = (0.0, 2.7, 4.4, 6.9, 8.5), (0.9, -0.9)
    for k in range(2):
        for j in range(2):
            edge(ax, (columns[0], rows[k]), (columns[1], rows[j]), 0.27, first.W[k, j], first.dW[k, j], reach=38)
        edge(ax, (columns[1], rows[k]), (columns[2], rows[k]))
        edge(ax, (columns[2], rows[k]), (columns[3], 0), 0.4, last.W[k, 0], last.dW[k, 0])
        node(ax, (columns[0], rows[k]), f"x{SUBSCRIPTS[k]}", X[0, k], dX[0, k])
        node(ax, (columns[1], rows[k]), f"a{SUBSCRIPTS[k]}", a[0, k], da[0, k], first.b[k], first.db[k])
        node(ax, (columns[2], rows[k]), f"h{SUBSCRIPTS[k]}", h[0, k], dh[0, k])
    edge(ax, (columns[3], 0), (columns[4], 0), reach=43)
    node(ax, (columns[3], 0), "z", z[0, 0], dz[0, 0], last.b[0], last.db[0])
    node(ax, (columns[4], 0), "L", L, 1)
    for middle, words in ((1.35, "a = x W₁ + b₁"), (3.55, "h = max(a, 0)"), (5.65, "z = h W₂ + b₂"),
                          (7.9, "L = −ln σ(z)")):
        ax.text(middle, 1.65, words, ha="center", color=theme.GREY)
    ax.set(xlim=(-0.5, 9.1), ylim=(-1.7, 1.9))
    off = [j + 1 for j in range(2) if a[0, j] < 0]
    figure.suptitle(f"unit {off[0]} is off: the gradients of the weights into it and of its bias are 0", fontsize=10,
                    x=0.01, ha="left")
    ax.set_axis_off()


def node(ax: Axes, at: tuple[float, float], name: str, value: float, slope: float, *bias: float) -> None:
    """Draws a box with a name, its number and the derivative of the loss; a bias and its derivative are below."""
    (x, y), fill = at, "white" if slope else theme.mixed(theme.PALE, 0.6)        # red can be read on it
    ax.text(x, y, f"{name} = {number(value)}\n", ha="center", va="center", fontsize=11, zorder=3,
            bbox={"boxstyle": "round,pad=0.45", "facecolor": fill, "edgecolor": theme.INK, "linewidth": 1.2})
    ax.text(x, y, f"\n{number(slope)}", ha="center", va="center", fontsize=11, color=theme.ACCENT, zorder=4)
    if bias:
        ax.text(x - 0.05, y - 0.58, f"b {number(bias[0])}", ha="right", va="center", fontsize=10, color=theme.SKY)
        ax.text(x + 0.05, y - 0.58, number(bias[1]), ha="left", va="center", fontsize=10, color=theme.ACCENT)


def edge(ax: Axes, start: tuple[float, float], end: tuple[float, float], share: float = 0, *numbers: float,
         reach: float = 33) -> None:
    """An arrow that ends `reach` points before `end`, the middle of a box.

    A weight and its derivative, if given, are written on the arrow at this share of its length.
    """
    ax.annotate("", end, start, zorder=1, arrowprops={"arrowstyle": "-|>", "color": theme.GREY, "linewidth": 1.2,
                                                      "shrinkA": 28, "shrinkB": reach, "mutation_scale": 12})
    x, y = (1 - share) * np.array(start) + share * np.array(end)
    for value, colour, where in zip(numbers, (theme.SKY, theme.ACCENT), ("bottom", "top"), strict=False):
        ax.text(x, y, number(value), ha="center", va=where, fontsize=10, color=colour, zorder=2,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8})


def number(value: float) -> str:
    return f"{value + 0.0:.3g}".replace("-", "−")                               # + 0.0 turns −0 into 0

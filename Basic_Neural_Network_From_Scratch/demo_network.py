"""A small network as a picture: what each unit says at every point of the plane, and the weights between units."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from ai_from_scratch.stage import paint, theme
from Basic_Neural_Network_From_Scratch.layers import Dense, sigmoid
from Basic_Neural_Network_From_Scratch.network import Sequential

SIDE = 0.86   # of a unit's heat map; units of a layer are 1 apart


def unit_maps(network: Sequential, points: np.ndarray) -> list[np.ndarray]:
    """What the inputs, each hidden unit and the output say at points (n, 2): one array (units, n) a layer, −1 … 1."""
    maps, h = [np.clip(points.T / np.abs(points).max(axis=0)[:, None], -1, 1)], points
    for layer in network.layers:
        h = layer.forward(h)                                            # (n, units)
        if not isinstance(layer, Dense):
            maps.append(h.T)
    return [*maps, 2 * sigmoid(h).T - 1]


class NetworkPicture:
    """The heat maps stand in columns, a layer each; `update` repaints them for a network of that shape."""

    def __init__(self, ax: Axes, network: Sequential, X: np.ndarray, steps: int = 24) -> None:
        self.steps = steps
        self.points = paint.grid_over(X, steps)[2]                          # (steps², 2)
        sizes = [2, *(layer.b.size for layer in network.layers if isinstance(layer, Dense))]
        highest = max(sizes)
        gap = 0.42 * highest                                                # between columns
        self.images, self.places = [], []
        for column, size in enumerate(sizes):
            middles = [(column * gap, (highest - size) / 2 + (size - 1 - unit)) for unit in range(size)]
            self.places.append(np.array(middles))                           # (units, 2)
            for x, y in middles:
                box = (x - SIDE / 2, x + SIDE / 2, y - SIDE / 2, y + SIDE / 2)
                self.images.append(ax.imshow(np.zeros((steps, steps)), extent=box, origin="lower", vmin=-1, vmax=1,
                                             cmap=theme.two_class_colours().resampled(21),
                                             zorder=2))
                ax.plot(np.array(box)[[0, 1, 1, 0, 0]], np.array(box)[[2, 2, 3, 3, 2]], color=theme.INK,
                        linewidth=0.6, zorder=3)
        lines = [(start, end) for left, right in zip(self.places, self.places[1:], strict=False)
                 for start in left for end in right]
        self.edges = LineCollection(lines, zorder=1)
        ax.add_collection(self.edges)
        names = ["inputs", *(f"hidden {i + 1}" for i in range(len(sizes) - 2)), "output"]
        for column, name in enumerate(names):
            ax.text(column * gap, highest - 0.4, name, ha="center", va="bottom", fontsize=9, color=theme.GREY)
        for name, (x, y) in zip(("x1", "x2"), self.places[0], strict=True):
            ax.text(x - 0.6 * SIDE, y, name, ha="right", va="center", fontsize=9)
        ax.set(xlim=(-1.3, gap * (len(sizes) - 1) + 0.5), ylim=(-0.5, highest + 0.2))
        ax.set_aspect("equal")
        ax.set_axis_off()

    def update(self, network: Sequential) -> None:
        maps = np.concatenate(unit_maps(network, self.points))              # (all units, steps²)
        for image, values in zip(self.images, maps, strict=True):
            image.set_data(values.reshape(self.steps, self.steps))
        weights = [layer.W.ravel() for layer in network.layers if isinstance(layer, Dense)]
        w = np.concatenate(weights)                                         # in the order of the edges
        self.edges.set_linewidth(np.minimum(0.2 + 1.3 * np.abs(w), 7).tolist())
        self.edges.set_color([theme.BLUE if weight > 0 else theme.VERMILION for weight in w])
        self.edges.set_alpha(0.75)

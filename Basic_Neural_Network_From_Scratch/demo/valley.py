"""Scene 2: the loss around the end of the moons' training, and the path of this training.

    θ = θ_end + x u₁ + y u₂      u₁, u₂: the two directions in which the training moved most (PCA of θ_t − θ_end)
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from ai_from_scratch.stage.bowl import LossBowl
from ai_from_scratch.stage.demo import Picture
from Basic_Neural_Network_From_Scratch.demo.moons import Boundary, Moons, cross_entropy

MAX_FRAMES = 20      # frames, at most


class ValleyFrame(NamedTuple):
    """One moment of the training of scene 1, as a point of the plane."""

    step: int
    steps: int
    metrics: dict[str, float]
    path: np.ndarray             # (t, 2) the path of the training in the plane, from its start to this moment
    parameters: np.ndarray       # (P,)

    title: str = "the valley"
    hold: float = 0.17


class Valley:
    """Shows the path of scene 1's training again, when the whole path is known."""

    def __init__(self, moons: Moons) -> None:
        self.moons = moons

    def train(self) -> Iterator[ValleyFrame]:
        cut = Cut(self.moons)
        last = len(cut.path) - 1
        for moment in np.unique(np.linspace(0, last, MAX_FRAMES).round().astype(int)):
            seen = self.moons.frames[moment]
            yield ValleyFrame(seen.step, seen.steps, {"loss": seen.metrics["loss"]}, cut.path[:moment + 1].copy(),
                              seen.parameters)

    def phase(self, last: ValleyFrame) -> str:
        of_training = [frame.metrics["loss"] for frame in self.moons.frames]
        if last.step == last.steps:
            return (f"At the star, the end of the training: the loss went from {of_training[0]:.2f} to "
                    f"{of_training[-1]:.2f}.")
        share = (of_training[0] - last.metrics["loss"]) / (of_training[0] - min(of_training) or 1)
        return (f"After {last.step:,} of {last.steps:,} steps the path has gone down {100 * max(share, 0):.0f} % "
                "of the loss's way to its lowest value.")

    def draw(self, figure: Figure, frames: Sequence[ValleyFrame]) -> None:
        last = frames[-1]
        if not figure.axes:
            grid = figure.add_gridspec(1, 2, width_ratios=[1.5, 1])
            self.cut = Cut(self.moons)
            valley: Any = figure.add_subplot(grid[0], projection="3d")
            self.bowl = self.cut.bowl(valley)
            self.plane = Boundary(figure.add_subplot(grid[1]), self.moons.learnt)
            # Tick labels take longer to draw than the surface, and the numbers along a direction mean little.
            valley.set(xticks=[], yticks=[])
            valley.xaxis.labelpad = valley.yaxis.labelpad = -8      # without numbers the names can be nearer
            valley.set_box_aspect((1, 1, 0.85), zoom=1.15)
            valley.set_title(f"the loss in a plane through the end of the training (star):\n{self.cut.shown}",
                             fontsize=10)
            self.plane.ax.set(xticks=[], yticks=[])
        self.bowl.update(last.path)
        self.cut.network.parameters[...] = last.parameters
        self.plane.update(self.cut.network)
        self.plane.ax.set_title(f"step {last.step:,}: loss {last.metrics['loss']:.3f}")

    def pictures(self) -> Iterator[Picture]:
        if len(self.moons.frames) > 3:
            yield Picture("loss_valley.png", self._valley,
                           "The loss of 33 weights and biases, in a plane through the end of the training (star). The "
                           "plane has the two directions of most movement, the principal components of the path. The "
                           "path turns on its way: the valley bends, so this is not a bowl. Dots: the training, "
                           "projected onto the plane. The second axis is stretched, so the turn looks sharper than it "
                           "is.",
                          size=(5.6, 4.8))

    def _valley(self, figure: Figure) -> None:
        cut = Cut(self.moons)
        ax: Any = figure.add_subplot(projection="3d")
        cut.bowl(ax, steps=61).update(cut.path)
        first, last = self.moons.frames[0].metrics["loss"], self.moons.frames[-1].metrics["loss"]
        figure.suptitle(f"the path turns by {cut.turn:.0f}° on its way from a loss of {first:.2f} to {last:.2f}\n"
                        f"({cut.shown})", fontsize=10, x=0.01, ha="left")
        ax.set_box_aspect((1, 1, 0.85), zoom=0.96)             # the names of the axes are inside the picture


class Cut:
    """The plane through the end of the path, and the loss in this plane."""

    def __init__(self, moons: Moons) -> None:
        self.samples, self.network = moons.learnt, copy.deepcopy(moons.layers)
        path = np.array([frame.parameters for frame in moons.frames])           # (T, P)
        self.end = path[-1]
        _, spread, directions = np.linalg.svd(path - self.end, full_matrices=False)
        self.directions = directions[:2]                                        # (2, P)
        self.path = (path - self.end) @ self.directions.T                       # (T, 2)
        self.share = (spread[:2] ** 2).sum() / (spread**2).sum()                # of the path's variance, 0 … 1

    @property
    def shown(self) -> str:
        percent = np.floor(1000 * self.share) / 10             # rounded down, because 100 % would be wrong
        return f"{percent:.1f} % of the path's variance lies in this plane"

    @property
    def turn(self) -> float:
        """The angle in degrees between the way to the middle of the path's length and the way from there to the end."""
        length = np.cumsum(np.linalg.norm(np.diff(self.path, axis=0), axis=1))
        middle = self.path[min(1 + int(np.searchsorted(length, length[-1] / 2)), len(self.path) - 2)]
        way, rest = middle - self.path[0], self.path[-1] - middle                # (2,), (2,)
        return float(np.degrees(np.arccos(np.clip(way @ rest / (np.linalg.norm(way) * np.linalg.norm(rest)), -1, 1))))

    def loss(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:                 # two arrays of one shape, and out
        heights = np.empty(x.shape)
        for index in np.ndindex(x.shape):
            self.network.parameters[...] = self.end + x[index] * self.directions[0] + y[index] * self.directions[1]
            heights[index] = cross_entropy(self.network, self.samples)
        return heights

    def bowl(self, ax: Any, steps: int = 41) -> LossBowl:
        reach = 0.25 * np.ptp(self.path, axis=0)
        return LossBowl(ax, self.loss, self.path.min(axis=0) - reach, self.path.max(axis=0) + reach, np.zeros(2),
                        steps=steps, names=("first direction", "second direction"))

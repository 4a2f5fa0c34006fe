"""What goes wrong: the curve of a mistake beside the line of code that makes it.  Two moons, 2-8-1."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from matplotlib.figure import Figure

from ai_from_scratch.data import Samples
from ai_from_scratch.stage import theme
from ai_from_scratch.stage.demo import Picture
from Basic_Neural_Network_From_Scratch.basic_neural_network import TwoLayerNetwork

HIDDEN, STEPS = 8, 1000


class NoMean(TwoLayerNetwork):
    def backward(self, y: np.ndarray) -> None:
        super().backward(y)
        for name in ("dW1", "db1", "dW2", "db2"):
            setattr(self, name, len(y) * getattr(self, name))


class NoSlope(TwoLayerNetwork):
    def backward(self, y: np.ndarray) -> None:
        super().backward(y)
        dz = (self._p() - y[:, None]) / len(y)                      # (N, 1)
        self._first(dz @ self.W2.T)

    def _p(self) -> np.ndarray:
        return 1 / (1 + np.exp(-self.z))

    def _first(self, da: np.ndarray) -> None:                       # (N, H)
        self.dW1, self.db1 = self.X.T @ da, da.sum(axis=0)


class TanhTwice(NoSlope):
    def backward(self, y: np.ndarray) -> None:
        super().backward(y)
        dz = (self._p() - y[:, None]) / len(y)
        self._first(dz @ self.W2.T * (1 - np.tanh(self.h) ** 2))


class ZeroStart(TwoLayerNetwork):
    def __init__(self, inputs: int, hidden: int, *, rng: np.random.Generator) -> None:
        super().__init__(inputs, hidden, rng=rng)
        self.W1, self.W2 = np.zeros_like(self.W1), np.zeros_like(self.W2)


MISTAKES: tuple[tuple[str, str, Callable[..., TwoLayerNetwork]], ...] = (
    ("dz = sigmoid(z) - y", "no / N: 200 times the step", NoMean),
    ("W1 = W2 = 0", "no gradient: stays at ln 2", ZeroStart),
    ("da = dh", "no tanh′: falls, then rises", NoSlope),
    ("da = dh * (1 - tanh(h)**2)", "tanh twice: who can tell?", TanhTwice),
)


def pictures(samples: Samples, seed: int) -> Iterator[Picture]:
    yield Picture("symptoms.png", lambda figure: symptoms(figure, samples, seed),
                  "The loss of four networks with one wrong line each (orange), beside the right one (grey), from the "
                  "same random numbers. Three curves tell that something is wrong. The fourth does not: only a "
                  "gradient check finds that line.", (8, 2.8))


def losses(network: Callable[..., TwoLayerNetwork], samples: Samples, seed: int) -> np.ndarray:     # (STEPS,)
    model = network(2, HIDDEN, rng=np.random.default_rng(seed))
    return np.array([progress.loss for progress in model.training(*samples, steps=STEPS)])


def symptoms(figure: Figure, samples: Samples, seed: int) -> None:
    right = losses(TwoLayerNetwork, samples, seed)
    for ax, (line, words, network) in zip(figure.subplots(1, len(MISTAKES), sharey=True), MISTAKES, strict=True):
        ax.plot(np.arange(1, STEPS + 1), right, color=theme.GREY, linewidth=1.2)
        ax.plot(np.arange(1, STEPS + 1), losses(network, samples, seed), color=theme.VERMILION, linewidth=1.2)
        ax.set(xscale="log", yscale="log", xlim=(1, STEPS), ylim=(0.02, 300), xlabel="step")
        ax.set_title(f"{line}\n{words}", fontsize=7.5, family="monospace", color=theme.VERMILION)
    figure.axes[0].set_ylabel("cross-entropy")

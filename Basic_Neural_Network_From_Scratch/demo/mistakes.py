"""Mistakes: the loss of the lesson file with one wrong line, beside the loss of the right file.  The data are two
moons, the network is 2-8-1."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from matplotlib.figure import Figure

from ai_from_scratch.data import Samples
from ai_from_scratch.mistakes import Mistake, mistakes_of
from ai_from_scratch.stage import theme
from ai_from_scratch.stage.demo import Picture
from Basic_Neural_Network_From_Scratch.basic_neural_network import TwoLayerNetwork

HIDDEN, STEPS = 8, 1000


FILE = "Basic_Neural_Network_From_Scratch/basic_neural_network.py"
KNOWN = {mistake.name: mistake for mistake in mistakes_of("Basic_Neural_Network_From_Scratch")}
ZEROS = Mistake("all weights 0", FILE, '''self.W1 = initial_weights((inputs, hidden), "he", rng)          # (I, H)
        self.b1 = np.zeros(hidden)                                      # (H,)
        self.W2 = initial_weights((hidden, 1), "glorot", rng)           # (H, 1)''',
                '''self.W1 = np.zeros((inputs, hidden))                            # (I, H)
        self.b1 = np.zeros(hidden)                                      # (H,)
        self.W2 = np.zeros((hidden, 1))                                 # (H, 1)''')
TANH_TWICE = Mistake("tanh twice", FILE, "da = dh * (1 - self.h**2)", "da = dh * (1 - np.tanh(self.h)**2)")

# the lesson file with one mistake, the title of its panel
MISTAKES: tuple[tuple[Mistake, str], ...] = (
    (KNOWN["no mean"], "dz = sigmoid(z) - y\nno / N: 200 times the step"),
    (ZEROS, "W1 = W2 = 0\nno gradient: stays at ln 2"),
    (KNOWN["no slope"], "da = dh\nno tanh′: falls, then rises"),
    (TANH_TWICE, "da = dh * (1 - tanh(h)**2)\ntanh twice: who can tell?"),
)


def pictures(samples: Samples, seed: int) -> Iterator[Picture]:
    yield Picture("mistakes.png", lambda figure: mistakes(figure, samples, seed),
                  "The loss of four networks with one wrong line each (orange), beside the right one (grey), from the "
                  "same random numbers. Three curves show that something is wrong. The fourth does not: only a "
                  "gradient check finds that line.", (8, 2.8))


def losses(network: Callable[..., TwoLayerNetwork], samples: Samples, seed: int) -> np.ndarray:     # (STEPS,)
    model = network(2, HIDDEN, rng=np.random.default_rng(seed))
    return np.array([progress.loss for progress in model.training(*samples, steps=STEPS)])


def mistakes(figure: Figure, samples: Samples, seed: int) -> None:
    right = losses(TwoLayerNetwork, samples, seed)
    for ax, (mistake, title) in zip(figure.subplots(1, len(MISTAKES), sharey=True), MISTAKES, strict=True):
        wrong = losses(mistake.module().TwoLayerNetwork, samples, seed)
        ax.plot(np.arange(1, STEPS + 1), right, color=theme.GREY, linewidth=1.2)
        ax.plot(np.arange(1, STEPS + 1), wrong, color=theme.VERMILION, linewidth=1.2)
        ax.set(xscale="log", yscale="log", xlim=(1, STEPS), ylim=(0.02, 300), xlabel="step")
        ax.set_title(title, fontsize=7.5, family="monospace", color=theme.VERMILION)
    figure.axes[0].set_ylabel("cross-entropy")

"""Mistakes: the loss of the lesson file with one wrong line, beside the loss of the right file.  The data are two
moons, the network is 2-8-1."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from matplotlib.figure import Figure

from ai_from_scratch.data import Samples
from ai_from_scratch.mistakes import Mistake, mistakes_of
from ai_from_scratch.stage import paint
from ai_from_scratch.stage.demo import Picture
from Basic_Neural_Network_From_Scratch.basic_neural_network import TwoLayerNetwork

HIDDEN, STEPS = 8, 1000


FILE = "Basic_Neural_Network_From_Scratch/basic_neural_network.py"
MISTAKE_OF_NAME = {mistake.name: mistake for mistake in mistakes_of("Basic_Neural_Network_From_Scratch")}
ZEROS = Mistake("all weights 0", FILE, '''self.W1 = initial_weights((inputs, hidden), "he", rng)          # (I, H)
        self.b1 = np.zeros(hidden)                                      # (H,)
        self.W2 = initial_weights((hidden, 1), "glorot", rng)           # (H, 1)''',
                '''self.W1 = np.zeros((inputs, hidden))                            # (I, H)
        self.b1 = np.zeros(hidden)                                      # (H,)
        self.W2 = np.zeros((hidden, 1))                                 # (H, 1)''')
TANH_TWICE = Mistake("tanh twice", FILE, "da = dh * (1 - self.h**2)", "da = dh * (1 - np.tanh(self.h)**2)")

# the lesson file with one mistake, its wrong line, what follows
MISTAKES: tuple[tuple[Mistake, str, str], ...] = (
    (MISTAKE_OF_NAME["no mean"], "dz = sigmoid(z) - y", "/ N forgotten: steps 200 times too long"),
    (ZEROS, "W1 = W2 = 0", "no gradient: the loss stays at ln 2"),
    (MISTAKE_OF_NAME["no slope"], "da = dh", "tanh′ forgotten: it falls, then rises"),
    (TANH_TWICE, "da = dh * (1 - tanh(h)**2)", "tanh twice: who can tell?"),
)


def pictures(samples: Samples, seed: int) -> Iterator[Picture]:
    yield Picture("mistakes.png", lambda figure: mistakes(figure, samples, seed),
                  "The loss of four networks with one wrong line each (red), beside the right one (dashed), from the "
                  "same random numbers. Three curves show that something is wrong. The fourth does not: only a "
                  "gradient check finds that line.", (8, 5.4))


def losses(network: Callable[..., TwoLayerNetwork], samples: Samples, seed: int) -> np.ndarray:     # (STEPS,)
    model = network(2, HIDDEN, rng=np.random.default_rng(seed))
    return np.array([progress.loss for progress in model.training(*samples, steps=STEPS)])


def mistakes(figure: Figure, samples: Samples, seed: int) -> None:
    wrong = [(losses(mistake.module().TwoLayerNetwork, samples, seed), line, finding)
             for mistake, line, finding in MISTAKES]
    paint.mistakes(figure, losses(TwoLayerNetwork, samples, seed), wrong, first=1, limits=(0.01, 300),
                   scales=("log", "log"), ylabel="cross-entropy")

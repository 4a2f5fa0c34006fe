"""Two networks for the scene "break it": one runs the lesson file, the other the same file with a mistake in it."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ai_from_scratch.mistakes import Mistake
from Basic_Neural_Network_From_Scratch import basic_neural_network, early_stopping, training
from Basic_Neural_Network_From_Scratch.basic_neural_network import TwoLayerNetwork
from Basic_Neural_Network_From_Scratch.demo.five_models import shape
from Basic_Neural_Network_From_Scratch.layers import Dense, Tanh
from Basic_Neural_Network_From_Scratch.losses import BinaryCrossEntropy
from Basic_Neural_Network_From_Scratch.network import Sequential
from Basic_Neural_Network_From_Scratch.optimizers import SGD
from Logistic_Regression_From_Scratch.cross_entropy import log_one_plus_exp

SAMPLES, HIDDEN, NOISE = 160, 8, 0.22
BATCH = 10                         # size of the mini-batches in the cases about mini-batches
FEW_SAMPLES, MANY_UNITS, MUCH_NOISE = 80, 24, 0.5  # in the cases about a leak: few samples can be learnt by heart
NEW_SAMPLES = 400                  # new samples, which test the held-out loss
RIGHT_MODULES: dict[str, Any] = {"basic_neural_network": basic_neural_network, "training": training,
                         "early_stopping": early_stopping}


class Pair:
    """The networks "A" and "B" on the same samples, from the same random numbers.  `wrong` names the broken one."""

    def __init__(self, case: Mistake, seed: int, learning_rate: float, steps: int) -> None:
        self.case, self.seed, self.learning_rate, self.steps = case, seed, learning_rate, steps
        self.subject = case.source.stem
        self.wrong = "A" if np.random.default_rng([seed, 1]).integers(2) else "B"
        modules = {name: case.module() if name == self.wrong else RIGHT_MODULES[self.subject] for name in "AB"}
        rng, few = np.random.default_rng(seed), self.subject == "early_stopping"
        self.X, self.y = shape("moons", FEW_SAMPLES if few else SAMPLES, MUCH_NOISE if few else NOISE, rng)
        self.labels = self.y.astype(np.int32)                # in the form that the page needs: one array for all frames
        self.measured = "held-out loss" if few else "loss"
        self.new = shape("moons", NEW_SAMPLES, MUCH_NOISE, rng) if few else None
        self.networks: dict[str, Any] = {}
        self.runs = {name: self.run(name, module) for name, module in modules.items()}

    def run(self, name: str, module: Any) -> Iterator[float]:
        """Yields the network's loss after each update, without end or up to `steps`."""
        rng, X, y = np.random.default_rng(self.seed), self.X, self.y
        if self.subject == "basic_neural_network":
            network = self.networks[name] = module.TwoLayerNetwork(2, HIDDEN, rng=rng)
            return (progress.loss for progress in network.training(X, y, self.learning_rate, self.steps))
        if self.subject == "early_stopping":
            network = self.networks[name] = TwoLayerNetwork(2, MANY_UNITS, rng=rng)
            held_out, rest = module.hold_back(len(y), 0.5, np.random.default_rng(self.seed))
            return (loss(network, X[held_out], y[held_out])
                    for _ in network.training(X[rest], y[rest], self.learning_rate, self.steps))
        order = np.argsort(y, kind="stable")                       # sorted by class, as in some files
        layers = [Dense(HIDDEN), Tanh(), Dense(1, "glorot")]
        network = self.networks[name] = Sequential(layers).build((2,), rng, np.float64)
        return (loss(network, X, y) for _ in module.train_network(
            network, BinaryCrossEntropy(), SGD(self.learning_rate), X[order], y[order], epochs=self.steps,
            batch_size=BATCH, rng=rng))

    def update(self) -> dict[str, float]:
        """Does one update of both networks; returns their losses."""
        with np.errstate(over="ignore", invalid="ignore"):         # a mistake may make the weights infinite
            return {name: next(run) for name, run in self.runs.items()}

    def on_new_samples(self) -> dict[str, float]:
        """The share of new samples that each network classifies correctly; empty where the losses above are enough."""
        if self.new is None:
            return {}
        X, y = self.new
        return {name: float(((network.forward(X)[:, 0] > 0) == y).mean()) for name, network in self.networks.items()}


def loss(network: Any, X: np.ndarray, y: np.ndarray) -> float:               # (n, 2), (n,)
    z = network.forward(X)[:, 0]
    return float(np.mean(log_one_plus_exp(z) - y * z))

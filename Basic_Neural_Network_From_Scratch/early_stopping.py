"""Early stopping: a part of the samples is held out, and training ends when the score on it no longer rises.

The parameters of the best epoch are restored.  A held-out set that decides when to stop is no longer a test set.
"""

import numpy as np

from ai_from_scratch.estimator.rules import Checked, non_negative, real
from Basic_Neural_Network_From_Scratch.network import Sequential
from Basic_Neural_Network_From_Scratch.training import epochs_without_gain


class EarlyStopping(Checked, tol=non_negative, patience=real(0)):
    """Records the held-out score after each epoch, and keeps the network's arrays of the best one."""

    def __init__(self, network: Sequential, tol: float, patience: int) -> None:
        self.network, self.tol, self.patience = network, tol, patience
        self.scores: list[float] = []
        self.best_arrays: dict[str, np.ndarray] = {}

    def reached(self, score: float) -> bool:
        """Adds an epoch's score. True if it has not exceeded the best by tol for more than `patience` epochs."""
        if score > max(self.scores, default=-np.inf):
            self.best_arrays = {name: array.copy() for name, array in self.network.named_arrays().items()}
        self.scores.append(score)
        return epochs_without_gain(self.scores, self.tol) > self.patience

    def restore_best(self) -> None:
        """Writes the arrays of the best epoch back into the network."""
        self.network.load_arrays(self.best_arrays)


def hold_back(n: int, fraction: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The numbers 0 … n − 1 in random order, in two parts: held out (at least one), and for training."""
    if not 0 < fraction < 1 or (count := max(1, round(fraction * n))) >= n:
        raise ValueError(f"early_stopping with a share of {fraction} of {n} samples leaves none to train on.")
    order = rng.permutation(n)
    return order[:count], order[count:]

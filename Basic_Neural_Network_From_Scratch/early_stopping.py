"""Early stopping: a part of the samples is held out, and training ends when the score on it no longer rises.

The parameters of the best epoch are put back.  A held-out set decides when to stop, so it is no test set any more.
"""

import numpy as np

from Basic_Neural_Network_From_Scratch.network import Sequential
from Basic_Neural_Network_From_Scratch.training import epochs_without_gain


class EarlyStopping:
    """Watches the held-out score after each epoch, and remembers the network's arrays at the best one."""

    def __init__(self, network: Sequential, tol: float, patience: int) -> None:
        self.network, self.tol, self.patience = network, tol, patience
        self.scores: list[float] = []
        self.best_arrays: dict[str, np.ndarray] = {}

    def reached(self, score: float) -> bool:
        """Takes the score of an epoch; True when more than `patience` epochs in a row did not raise the best by tol."""
        if score > max(self.scores, default=-np.inf):
            self.best_arrays = {name: array.copy() for name, array in self.network.named_arrays().items()}
        self.scores.append(score)
        return epochs_without_gain(self.scores, self.tol) > self.patience

    def restore_best(self) -> None:
        """Put the arrays of the best epoch back."""
        self.network.load_arrays(self.best_arrays)


def hold_back(n: int, fraction: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The numbers 0 … n − 1 in random order, in two parts: those held out (at least one), and those to train on."""
    order, count = rng.permutation(n), max(1, round(fraction * n))
    if count >= n:
        raise ValueError(f"early_stopping holds back {count} of {n} samples and leaves none to train on.")
    return order[:count], order[count:]

"""When to stop: the score on samples held back has not improved for a while.  The best parameters are remembered."""

import numpy as np

from Basic_Neural_Network_From_Scratch.network import Sequential


class EarlyStopping:
    """Counts the epochs in a row that did not raise the best score by at least `tol`."""

    def __init__(self, network: Sequential, tol: float, patience: int) -> None:
        self.network, self.tol, self.patience = network, tol, patience
        self.best, self.epochs_without = -np.inf, 0
        self.best_arrays: dict[str, np.ndarray] = {}

    def reached(self, score: float) -> bool:
        """Hand in the score after an epoch; True when more than `patience` epochs brought nothing."""
        self.epochs_without = 0 if score >= self.best + self.tol else self.epochs_without + 1
        if score > self.best:
            self.best = score
            self.best_arrays = {name: array.copy() for name, array in self.network.named_arrays().items()}
        return self.epochs_without > self.patience

    def restore_best(self) -> None:
        """Put the parameters of the best epoch back."""
        self.network.load_arrays(self.best_arrays)


def hold_back(n: int, fraction: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The numbers 0 … n − 1 in random order, in two parts: those held out (at least one), and those to train on."""
    order, count = rng.permutation(n), max(1, round(fraction * n))
    if count >= n:
        raise ValueError(f"early_stopping holds back {count} of {n} samples and leaves none to train on.")
    return order[:count], order[count:]

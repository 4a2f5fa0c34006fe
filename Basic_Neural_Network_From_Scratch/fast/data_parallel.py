"""A team of processes: a mini-batch is cut into parts, and each process computes the gradient of one part.

    L = Σ Nᵢ/N Lᵢ        dθ = Σ Nᵢ/N dθᵢ         Nᵢ / N is the share of part i in the batch of N

A mean over the batch is the weighted mean of the means over its parts, so the result equals that of one process up to
rounding. The threads of BLAS share only the matrix products; a team shares all work except the optimiser's step.
"""

import copy

import numpy as np

from ai_from_scratch.parallel import DataParallel, WorkerError
from Basic_Neural_Network_From_Scratch.batch_norm import BatchNorm
from Basic_Neural_Network_From_Scratch.dropout import Dropout
from Basic_Neural_Network_From_Scratch.losses import Loss
from Basic_Neural_Network_From_Scratch.network import Sequential


class Member:
    """A process's network, which computes the gradient of its part of a batch."""

    def __init__(self, network: Sequential, loss: Loss) -> None:
        self.network, self.loss = network, loss

    def learn(self, X: np.ndarray, y: np.ndarray, share: float) -> float:   # (Nᵢ, *input), (Nᵢ,)
        """Forward and backward of one part of the batch.  The returned loss and the gradients are multiplied by the
        share of this part."""
        value = self.loss.forward(self.network.forward(X, training=True), y)
        self.network.backward(self.loss.backward() * self.network.dtype.type(share))
        return share * value


class Team(DataParallel):
    """`members` processes that train one network: this process with `network`, the others with copies of it.

    The loss must have no class weights, and each layer must treat each sample independently.  BatchNorm takes its mean
    over the whole batch, so it raises ValueError.  The members draw different dropout masks.
    """

    def __init__(self, network: Sequential, loss: Loss, members: int = 2) -> None:
        if members < 1:
            raise ValueError(f"A team has at least one member, got members={members}.")
        if members > 1 and any(isinstance(layer, BatchNorm) for layer in network.layers):
            raise ValueError("BatchNorm takes its mean over the whole mini-batch, which several processes cut into "
                             "parts. Train this network with workers=1.")
        if getattr(loss, "class_weight", None) is not None:
            raise ValueError("Several processes need a loss without class weights, got one with class weights. "
                             "Try workers=1.")
        super().__init__(Member(network, loss), (Member(with_other_masks(network), loss) for _ in range(members - 1)))

    def backpropagate(self, X: np.ndarray, y: np.ndarray) -> float:         # (N, *input), (N,)
        """Computes the network's `gradients`; returns the loss of the batch."""
        count = max(1, min(1 + len(self.workers), len(X)))                 # of parts: each has at least one sample
        return sum(self.learn([(x, its, len(x) / len(X)) for x, its in
                               zip(np.array_split(X, count), np.array_split(y, count), strict=True)]))


def with_other_masks(network: Sequential) -> Sequential:
    """A copy whose Dropout layers have their own random generators.  WorkerError if a layer cannot be copied."""
    try:
        other = copy.deepcopy(network)
    except Exception as error:
        raise WorkerError(f"{type(error).__name__}: {error}") from error
    for mine, its in zip(network.layers, other.layers, strict=True):
        if isinstance(mine, Dropout) and isinstance(its, Dropout):
            its.rng = np.random.default_rng(mine.rng.integers(2**63))
    return other

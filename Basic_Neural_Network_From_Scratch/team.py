"""A team: one mini-batch, cut into parts, each learnt from on a thread of its own.

    L = Σ wᵢ Lᵢ        dθ = Σ wᵢ dθᵢ         wᵢ = Nᵢ / N,  the share of part i in the batch of N

A mean over the batch is the mean of its parts' means: the same numbers as without a team, to rounding.  The members
read the same parameters and have gradients of their own, which are added up.  NumPy lets other threads run while it
works on an array, so two members keep two cores busy with everything; BLAS's own threads share only the products.
"""

import contextvars
import copy
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np

from Basic_Neural_Network_From_Scratch.batch_norm import BatchNorm
from Basic_Neural_Network_From_Scratch.losses import Loss
from Basic_Neural_Network_From_Scratch.network import Sequential


class Team:
    """`members` networks that share the parameters of one, which is the first of them.

    Needs a loss without weights, and layers that look at each sample by itself: ValueError for BatchNorm, which takes
    its mean over the whole batch.  Dropout draws other masks for each member.
    """

    def __init__(self, network: Sequential, loss: Loss, members: int = 2) -> None:
        if members < 1:
            raise ValueError(f"A team has at least one member, got {members}.")
        if members > 1 and any(isinstance(layer, BatchNorm) for layer in network.layers):
            raise ValueError("BatchNorm takes its mean over the whole mini-batch, which a team cuts into parts: "
                             "train this network with workers=1.")
        if getattr(loss, "class_weight", None) is not None:
            raise ValueError("A team takes samples that all count alike, and this loss has class weights: workers=1.")
        self.networks = [network, *(twin(network) for _ in range(members - 1))]
        self.losses = [loss, *(copy.copy(loss) for _ in range(members - 1))]
        self.pool = ThreadPoolExecutor(max(1, members - 1))

    def backpropagate(self, X: np.ndarray, y: np.ndarray) -> float:     # (N, *input), (N,)
        """Fill the first network's `gradients`; returns the loss of the batch."""
        n = len(self.networks)
        parts = zip(self.networks, self.losses, np.array_split(X, n), np.array_split(y, n), strict=True)    # views
        work = [(network, loss, x, its, len(x) / len(X)) for network, loss, x, its in parts if len(x)]
        # Each in a copy of this context: what np.errstate says here holds there too.
        others = [self.pool.submit(partial(contextvars.copy_context().run, learn, *each)) for each in work[1:]]
        loss = learn(*work[0])
        for other, (network, *_) in zip(others, work[1:], strict=True):
            loss += other.result()
            self.networks[0].gradients += network.gradients
        return loss


def learn(network: Sequential, loss: Loss, X: np.ndarray, y: np.ndarray, share: float) -> float:
    """Forward and backward of one part; returns its share of the loss, and so are its gradients."""
    value = loss.forward(network.forward(X, training=True), y)
    network.backward(loss.backward() * network.dtype.type(share))
    return share * value


def twin(network: Sequential) -> Sequential:
    """The same network with gradients and memories of its own, but the same parameters in the same memory."""
    other = copy.deepcopy(network)
    other.parameters = network.parameters
    for mine, its in zip(network.layers, other.layers, strict=True):
        for name in mine.trainable:
            setattr(its, name, getattr(mine, name))
        if hasattr(its, "rng"):
            its.rng = np.random.default_rng(mine.rng.integers(2**63))   # type: ignore[attr-defined]
    return other

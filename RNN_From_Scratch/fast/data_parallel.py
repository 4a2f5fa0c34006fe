"""A team for a recurrent network: the streams of a chunk, shared out over processes.

    L = Σ wᵢ Lᵢ        dθ = Σ wᵢ dθᵢ         wᵢ = Bᵢ / B,  the share of part i among B streams

Time cannot be shared out, each character waits for the one before it; streams can, none looks at another.  As in
chapter 5 (Basic_Neural_Network_From_Scratch/fast/data_parallel.py), the numbers are those without a team, to rounding.
"""

from typing import Any

import numpy as np

from ai_from_scratch.parallel import DataParallel
from Basic_Neural_Network_From_Scratch import SoftmaxCrossEntropy
from RNN_From_Scratch.network import CharNetwork


class StreamsMember:
    """A network that reads its part of the streams."""

    def __init__(self, network: CharNetwork) -> None:
        self.network, self.loss = network, SoftmaxCrossEntropy()

    def learn(
        self, x: np.ndarray, y: np.ndarray, state: np.ndarray | None, share: float, drawn: Any = None
    ) -> tuple[float, np.ndarray]:                                        # (T, Bᵢ), (T, Bᵢ), (L, S, Bᵢ, H)
        """Forward and backward through a chunk, from this state; returns the part's share of the loss, and the state
        after it.  `drawn` is the state of the random stream that masks come from, where it is not this network's."""
        if drawn is not None:
            self.network.rng.bit_generator.state = drawn
        value = self.loss.forward(self.network.forward(x, state, training=True), y.ravel())
        dlogits = self.loss.backward()
        self.network.backward(dlogits if share == 1 else dlogits * dlogits.dtype.type(share))
        return share * value, self.network.last


class StreamsTeam(DataParallel):
    """`members` processes that read side by side: this one, with `network`, and others with copies of it.

    All draw the same masks: weights that are left out are so for the whole chunk, as without a team; masks of
    `layer_dropout` are repeated from part to part.
    """

    def __init__(self, network: CharNetwork, members: int = 1) -> None:
        super().__init__(StreamsMember(network), [StreamsMember(network) for _ in range(members - 1)])

    def backpropagate(self, x: np.ndarray, y: np.ndarray, state: np.ndarray | None) -> tuple[float, np.ndarray]:
        """Fill the network's `gradients`: x and y (T, B), from a state (L, S, B, H); the loss, and the state after."""
        if not self.workers:
            return self.first.learn(x, y, state, 1.0)
        B = x.shape[1]
        n = min(1 + len(self.workers), B)                               # nobody gets nothing
        states = [None] * n if state is None else np.array_split(state, n, axis=2)
        drawn = self.first.network.rng.bit_generator.state
        parts = [(np.ascontiguousarray(its_x), np.ascontiguousarray(its_y), its_state, its_x.shape[1] / B, drawn)
                 for its_x, its_y, its_state in zip(np.array_split(x, n, axis=1), np.array_split(y, n, axis=1), states,
                                                    strict=True)]
        values, after = zip(*self.learn(parts), strict=True)
        return sum(values), np.concatenate(after, axis=2)

"""Several processes share the streams of a chunk: CharRNN(workers=2).

    L = Σ Nᵢ/N Lᵢ        dθ = Σ Nᵢ/N dθᵢ         Nᵢ / N is the share of part i among N streams

Time steps cannot be divided, because each depends on the one before it.  Streams can: they are independent.  As in
chapter 5 (Basic_Neural_Network_From_Scratch/fast/data_parallel.py), the result equals that of one process, up to
rounding.

    gain    1.7 times the characters a second on two cores: python -m benchmarks.recurrent
"""

from typing import Any

import numpy as np

from ai_from_scratch.parallel import DataParallel
from RNN_From_Scratch.network import CharNetwork, loss_and_gradient


class StreamsMember:
    """A network that processes its part of the streams."""

    def __init__(self, network: CharNetwork) -> None:
        self.network = network

    def learn(
        self, x: np.ndarray, y: np.ndarray, state: np.ndarray | None, share: float, rng_state: Any = None
    ) -> tuple[float, np.ndarray]:                                        # (T, Nᵢ), (T, Nᵢ), (L, S, Nᵢ, H)
        """Returns the part's share of the loss, and the state after the part; computes its share of the gradient.
        rng_state: the state of the generator that draws the dropout masks, if it is not the network's own."""
        if rng_state is not None:
            self.network.rng.bit_generator.state = rng_state
        loss, last_state = loss_and_gradient(self.network, x, y, state)
        self.network.gradients *= share
        return share * loss, last_state


class StreamsTeam(DataParallel):
    """`members` processes: this process with `network`, the others with copies of it.

    All of them draw the same masks for the recurrent weights, as in one process.  For `layer_dropout` each part repeats
    the same masks.
    """

    def __init__(self, network: CharNetwork, members: int) -> None:
        super().__init__(StreamsMember(network), [StreamsMember(network) for _ in range(members - 1)])

    def __call__(self, x: np.ndarray, y: np.ndarray, state: np.ndarray | None) -> tuple[float, np.ndarray]:
        """The same as network.loss_and_gradient: x and y (T, N), a state (L, S, N, H) -> the loss, and the state after
        x."""
        N = x.shape[1]
        count = min(1 + len(self.workers), N)                           # of parts: each has at least one stream
        states = [None] * count if state is None else np.array_split(state, count, axis=2)
        rng_state = self.first.network.rng.bit_generator.state
        parts = [(np.ascontiguousarray(its_x), np.ascontiguousarray(its_y), its_state, its_x.shape[1] / N, rng_state)
                 for its_x, its_y, its_state in zip(np.array_split(x, count, axis=1), np.array_split(y, count, axis=1),
                                                    states, strict=True)]
        losses, after = zip(*self.learn(parts), strict=True)
        return sum(losses), np.concatenate(after, axis=2)

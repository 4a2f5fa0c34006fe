"""Dropout: training sets each number to 0 with probability p, so that no unit can rely on any other unit.

    training     Y = X · mask / (1 − p)     dX = dY · mask / (1 − p)     mask (code: stays) 0 with probability p, else 1
    prediction   Y = X                      the division by 1 − p has kept the mean (Srivastava et al., 2014)
"""

import numpy as np

from ai_from_scratch.estimator.rules import below_one
from Basic_Neural_Network_From_Scratch.layers import Layer


class Dropout(Layer, p=below_one):
    """Dropout has its own random generator, which `build` seeds from that of the network: same seed, same masks."""

    kept, shown = ("mask",), ("p",)

    def __init__(self, p: float = 0.5) -> None:
        self.p = p

    def build(self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype=np.float32) -> tuple[int, ...]:
        self.rng = np.random.default_rng(rng.integers(2**63))
        return input_shape

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:  # (N, …) -> (N, …)
        if not training or self.p == 0:
            return X
        stays = self.rng.random(X.shape, np.float32) >= self.p  # (N, …)
        self.mask = stays * X.dtype.type(1 / (1 - self.p))      # (N, …)  0 or 1/(1 − p)
        return X * self.mask

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:
        if not need_dX:
            return None
        return dY * self.mask if self.p else dY

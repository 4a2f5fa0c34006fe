"""The recurrence: one small layer, applied at every character, that hands its output on to itself.

    h(t) = tanh(z(t) + h(t−1) W_hh)          z(t) = W_xh[x(t)] + b, what the character at t brings

and back through time, from the last character to the first, where dh(t) is what the output asks of h(t):

    dz(t) = (dh(t) + dz(t+1) W_hhᵀ) · (1 − h(t)²)
    dW_hh = Σₜ h(t−1)ᵀ dz(t)                 dW_xh[k] = Σ dz(t) over x(t) = k            db = Σₜ dz(t)

Derivation: documentation/rnn.md         T characters   B streams side by side   V in the alphabet   H units
"""

import numpy as np

from Basic_Neural_Network_From_Scratch import Layer
from RNN_From_Scratch.cell import Cell
from RNN_From_Scratch.products import product

FEW = 128    # characters: for no more of them a product costs less than to sort them


class Embedding(Layer):
    """One row of W_xh for each character.

    It is the Dense layer on one-hot vectors: a product with a vector of zeros and a single one picks a row, so the
    row is picked and nothing is multiplied.
    """

    trainable = ("W_xh", "b")
    kept = ("x",)

    def __init__(self, units: int) -> None:
        self.units = units

    def build(self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype=np.float32) -> tuple[int, ...]:
        """input_shape is (V,): the codes to come are 0 … V − 1."""
        (V,) = input_shape
        self.W_xh = (0.3 * rng.standard_normal((V, self.units))).astype(dtype)    # (V, H)
        self.b = np.zeros(self.units, dtype)                                      # (H,)
        self.dW_xh, self.db = np.zeros_like(self.W_xh), np.zeros_like(self.b)
        return (self.units,)

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:       # (T, B) codes -> (T, B, H)
        if training:
            self.x = X
        return (self.W_xh + self.b)[X]      # the bias is added to V rows once, not to T·B of them

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> None:             # (T, B, H) -> nothing: x is a choice
        dZ = dY.reshape(-1, self.units)                                           # (TB, H)
        x = self.x.ravel()                                                        # (TB,)
        if len(x) <= FEW:                                                         # the product with one-hot vectors
            np.matmul((x == np.arange(len(self.W_xh))[:, None]).astype(dZ.dtype), dZ, out=self.dW_xh)
        else:
            # Sort the places by character, and sum each character's rows in one go.  (np.add.at is far slower.)
            order = np.argsort(x, kind="stable")
            met, starts = np.unique(x[order], return_index=True)
            self.dW_xh[...] = 0
            for k, places in zip(met, np.split(order, starts[1:]), strict=True):
                np.add.reduce(dZ[places], axis=0, out=self.dW_xh[k])
        np.sum(dZ, axis=0, out=self.db)

    def __repr__(self) -> str:
        return f"Embedding({self.units})"


class Recurrence(Cell):
    """The loop through time, for B streams at once: the plain cell, whose state is its output."""

    kept = ("h", "W_used", "thinning", "last", "dstate")

    def forward(self, X: np.ndarray, training: bool = False, state: np.ndarray | None = None) -> np.ndarray:
        """z (T, B, H), and the state (1, B, H) before the first of them (zeros if None) -> every h(t), (T, B, H)."""
        T, B, H = X.shape
        h = np.empty((T + 1, B, H), X.dtype)                                      # h(−1), h(0), … h(T−1)
        h[0] = 0 if state is None else state[0]
        W_hh = self._thinned() if training else self.W_hh
        for z, before, after in zip(X, h[:-1], h[1:], strict=True):
            product(before, W_hh, out=after)                                      # (B, H)
            after += z
            np.tanh(after, out=after)
        self.last = h[-1:]
        if training:
            self.h, self.W_used = h, W_hh
        return h[1:]

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray:       # (T, B, H) -> (T, B, H)
        """dY is what the layers above ask of each h(t); returns dz.  `dstate` (1, B, H) is ∂L/∂h(−1)."""
        slope = 1 - self.h[1:] ** 2                                               # (T, B, H)  tanh′ at all times
        W_T = np.ascontiguousarray(self.W_used.T)                                 # one copy, T faster products
        dZ = np.empty_like(dY)                                                    # (T, B, H)
        flowing = np.zeros_like(dY[0])                                            # what the future asks of h(t)
        for dh, slope_t, dz in zip(dY[::-1], slope[::-1], dZ[::-1], strict=True): # from the last character to the first
            np.add(dh, flowing, out=dz)
            dz *= slope_t
            product(dz, W_T, out=flowing)
        self.dstate = flowing[None]
        self._weight_gradient(self.h[:-1], dZ)
        return dZ

    def step(self, z: np.ndarray, state: np.ndarray) -> np.ndarray:               # (B, H), (1, B, H) -> (1, B, H)
        h = state @ self.W_hh
        h += z
        return np.tanh(h, out=h)

    def _rotation(self, H: int, rng: np.random.Generator) -> np.ndarray:
        """By small angles: memory fades slowly, in every direction alike, and what was remembered stays in place."""
        Q, R = np.linalg.qr(np.eye(H) + 0.3 / np.sqrt(H) * rng.standard_normal((H, H)))
        return Q * np.sign(R.diagonal())

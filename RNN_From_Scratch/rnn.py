"""The recurrence: one layer that is applied at every character; its output is an input of its next step.

    h(t) = tanh(z(t) + h(t−1) W_hh)          z(t) = W_xh[x(t)] + b, the input at t

Back through time, from the last character to the first; dY(t) is ∂L/∂h(t) through the output at t only:

    dh(t) = dY(t) + dz(t+1) W_hhᵀ            dz(t) = dh(t) · (1 − h(t)²)
    dW_hh = Σₜ h(t−1)ᵀ dz(t)  (cell.py)      dW_xh[j] = Σ dz(t) over x(t) = j            db = Σₜ dz(t)

Derivation: documentation/rnn.md         T characters   N streams side by side   V in the alphabet   H units
"""

import numpy as np

from ai_from_scratch.estimator.rules import whole
from Basic_Neural_Network_From_Scratch import Layer
from RNN_From_Scratch.cell import Cell


class Embedding(Layer, units=whole(1)):
    """One row of W_xh for each character: the Dense layer for one-hot vectors, whose product selects a row."""

    trainable = ("W_xh", "b")
    kept = ("x",)

    def __init__(self, units: int) -> None:
        self.units = units

    def build(self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype=np.float32) -> tuple[int, ...]:
        self.W_xh = (0.3 * rng.standard_normal((*input_shape, self.units))).astype(dtype)     # (V, H)
        self.b = np.zeros(self.units, dtype)                                      # (H,)
        self.dW_xh, self.db = np.zeros_like(self.W_xh), np.zeros_like(self.b)
        return (self.units,)

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:       # (T, N) codes -> (T, N, H)
        if training:
            self.x = x
        return self.W_xh[x] + self.b

    def backward(self, dZ: np.ndarray, need_dX: bool = True) -> None:             # (T, N, H) -> None: x has no gradient
        dZ = dZ.reshape(-1, self.units)                                           # (T·N, H)
        one_hot = np.arange(len(self.W_xh))[:, None] == self.x.ravel()            # (V, T·N)  row j: x(t) = j
        self.dW_xh[...] = one_hot.astype(dZ.dtype) @ dZ                           # (V, H)
        self.db[...] = dZ.sum(axis=0)                                             # (H,)


class Recurrence(Cell):
    """The plain cell: its state is its output, an array (1, N, H)."""

    def forward(self, Z: np.ndarray, training: bool = False, state: np.ndarray | None = None) -> np.ndarray:
        T, N, H = Z.shape
        W_hh = self._recurrent_weights(training)
        h = np.empty((T + 1, N, H), Z.dtype)                          # h[t + 1] is h(t), h[0] the state before
        h[0] = 0 if state is None else state[0]
        for t in range(T):
            h[t + 1] = np.tanh(Z[t] + h[t] @ W_hh)                    # (N, H)
        self.last_state = h[-1:]                                      # (1, N, H)
        if training:
            self.h, self.W_used = h, W_hh
        return h[1:]

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray:       # (T, N, H) -> (T, N, H)
        dZ, dh = np.empty_like(dY), np.zeros_like(dY[0])              # no gradient comes from after the last character
        for t in reversed(range(len(dY))):
            dh = dY[t] + dh                                           # (N, H)  ∂L/∂h(t), through the output and h(t+1)
            dZ[t] = dh * (1 - self.h[t + 1] ** 2)                     # tanh′ = 1 − tanh²
            dh = dZ[t] @ self.W_used.T                                # the part of ∂L/∂h(t−1) through h(t)
        self.dstate = dh[None]                                        # (1, N, H)
        self._set_weight_gradient(self.h[:-1], dZ)                    # dW_hh, in cell.py
        return dZ

    def _rotation(self, H: int, rng: np.random.Generator) -> np.ndarray:
        """Orthogonal and near the identity: times gain, the state fades slowly, and equally fast in all directions."""
        Q, R = np.linalg.qr(0.3 / np.sqrt(H) * rng.standard_normal((H, H)) + np.eye(H))
        return Q * np.sign(R.diagonal())

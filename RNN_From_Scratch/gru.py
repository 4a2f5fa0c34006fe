"""The GRU: one state as in the plain cell, and two gates.

    r, u = σ(their columns of z(t) + h(t−1) W_hh)     reset and update gate     columns in the order r, u, n
    m = h(t−1) W_n + b_hn                             n = tanh(z_n(t) + r · m), the candidate
    h(t) = (1 − u) · n + u · h(t−1)

As in PyTorch (where u is called z), r stands outside the product; Cho et al. (2014) put it inside.  So the candidate
needs its own bias, b_hn.  Derivation: documentation/lstm_and_gru.md

    dn = dh · (1 − u)     du = dh · (h(t−1) − n)     da_n = dn · (1 − n²)     dr = da_n · m     dm = da_n · r
    da_r = dr · r(1 − r)     da_u = du · u(1 − u)     dh(t−1) = (da_r, da_u, dm) W_hhᵀ + dh · u
"""

import numpy as np

from Basic_Neural_Network_From_Scratch import sigmoid
from RNN_From_Scratch.cell import Cell


class GRU(Cell):
    """The state is h, an array (1, N, H)."""

    trainable = ("W_hh", "b_hn")
    initial_biases = (0.0, 0.0, 0.0)

    def build(self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype=np.float32) -> tuple[int, ...]:
        (H,) = super().build(input_shape, rng, dtype)
        self.b_hn, self.db_hn = np.zeros(H, dtype), np.zeros(H, dtype)            # (H,)
        return (H,)

    def forward(self, Z: np.ndarray, training: bool = False, state: np.ndarray | None = None) -> np.ndarray:
        T, N, H = *Z.shape[:2], Z.shape[2] // 3
        W_hh = self._recurrent_weights(training)
        runm = np.empty((T, 4, N, H), Z.dtype)
        h = np.empty((T + 1, N, H), Z.dtype)                          # h[t + 1] is h(t), h[0] the state before
        h[0] = 0 if state is None else state[0]
        for t in range(T):
            z_r, z_u, z_n = np.split(Z[t], 3, axis=1)                             # (N, H) each
            h_r, h_u, h_n = np.split(h[t] @ W_hh, 3, axis=1)
            r, u, m = sigmoid(z_r + h_r), sigmoid(z_u + h_u), h_n + self.b_hn
            n = np.tanh(z_n + r * m)
            h[t + 1] = (1 - u) * n + u * h[t]
            runm[t] = r, u, n, m
        self.last_state = h[-1:]                                      # (1, N, H)
        if training:
            self.h, self.runm, self.W_used = h, runm, W_hh
        return h[1:]

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray:       # (T, N, H) -> (T, N, 3H)
        T, N, H = dY.shape
        dZ, dA = np.empty((2, T, N, 3 * H), dY.dtype)                 # for z(t), and for h(t−1) W_hh + (0, 0, b_hn)
        dh = np.zeros((N, H), dY.dtype)                               # from the characters after t
        for t in reversed(range(T)):
            r, u, n, m = self.runm[t]                                 # (N, H) each
            dh = dY[t] + dh                                           # ∂L/∂h(t)
            dn, du = dh * (1 - u), dh * (self.h[t] - n)
            da_n = dn * (1 - n**2)
            dr, dm = da_n * m, da_n * r
            da_r, da_u = dr * r * (1 - r), du * u * (1 - u)
            dZ[t], dA[t] = np.hstack([da_r, da_u, da_n]), np.hstack([da_r, da_u, dm])
            dh = dA[t] @ self.W_used.T + dh * u                       # for h(t−1)
        self.dstate = dh[None]                                        # (1, N, H)
        self.db_hn[...] = dA[:, :, 2 * H :].sum(axis=(0, 1))
        self._set_weight_gradient(self.h[:-1], dA)                    # dW_hh, in cell.py
        return dZ

"""The GRU: one memory as in the plain cell, and two gates: how much of it to renew, and how much to look at.

    r, u = σ(z(t) + h(t−1) W_hh), their parts      reset and update         columns in the order r, u, n
    n = tanh(z(t) + r · (h(t−1) W_hh + b_hn))      the candidate
    h(t) = (1 − u) · n + u · h(t−1)

This is PyTorch's convention (and cuDNN's), so that both can be compared: r stands outside the product, where Cho et al.
(2014) had it inside, h is kept where u is 1, and the candidate needs the bias b_hn of its own.  PyTorch calls u z.

    dz_n = dh · (1 − u)(1 − n²)    dz_u = dh · (h(t−1) − n) u(1 − u)    dz_r = dz_n · (h(t−1) W_hh + b_hn) r(1 − r)
    da = (dz_r, dz_u, dz_n · r)    dh(t−1) gets da W_hhᵀ + dh · u       T characters   B streams   H units
"""

import numpy as np

from Basic_Neural_Network_From_Scratch.layers import sigmoid
from RNN_From_Scratch.cell import Cell
from RNN_From_Scratch.products import product


class GRU(Cell):
    """The state is h, an array (1, B, H)."""

    trainable = ("W_hh", "b_hn")
    gates = 3
    kept = ("h", "gates_open", "candidate", "inner", "W_used", "thinning", "last", "dstate")

    def build(self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype=np.float32) -> tuple[int, ...]:
        (H,) = super().build(input_shape, rng, dtype)
        self.b_hn = np.zeros(H, dtype)                                            # (H,)
        self.db_hn = np.zeros_like(self.b_hn)
        return (H,)

    def forward(self, X: np.ndarray, training: bool = False, state: np.ndarray | None = None) -> np.ndarray:
        T, B, H = *X.shape[:2], X.shape[2] // 3
        h = np.empty((T + 1, B, H), X.dtype)                                      # h(−1), h(0), … h(T−1)
        h[0] = 0 if state is None else state[0]
        W_hh = self._thinned() if training else self.W_hh
        gates = 0.5 * X[:, :, : 2 * H]                                            # (T, B, 2H)  σ(a) = ½ + ½ tanh(a/2)
        candidate, inner = X[:, :, 2 * H :].copy(), np.empty((T, B, H), X.dtype)
        a = np.empty((B, 3 * H), X.dtype)
        for t in range(T):
            product(h[t], W_hh, out=a)                                            # (B, 3H)
            np.add(a[:, 2 * H :], self.b_hn, out=inner[t])
            ru, n = gates[t], candidate[t]
            ru += 0.5 * a[:, : 2 * H]
            np.tanh(ru, out=ru)
            ru *= 0.5
            ru += 0.5
            n += ru[:, :H] * inner[t]
            np.tanh(n, out=n)
            np.subtract(h[t], n, out=h[t + 1])
            h[t + 1] *= ru[:, H:]
            h[t + 1] += n                                                         # n + u (h − n)
        self.last = h[-1:]
        if training:
            self.h, self.gates_open, self.candidate, self.inner, self.W_used = h, gates, candidate, inner, W_hh
        return h[1:]

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray:       # (T, B, H) -> (T, B, 3H)
        T, B, H = dY.shape
        r, u, n = self.gates_open[:, :, :H], self.gates_open[:, :, H:], self.candidate       # (T, B, H)
        # What stands beside dh in each line of the formula, at all times at once.
        slope = np.empty((T, B, 3, H), dY.dtype)
        to_n = (1 - u) * (1 - n**2)
        slope[:, :, 0] = to_n * self.inner * r * (1 - r)
        slope[:, :, 1] = (self.h[:-1] - n) * u * (1 - u)
        slope[:, :, 2] = to_n * r
        W_T = np.ascontiguousarray(self.W_used.T)                                 # one copy, T faster products
        da, dH = np.empty_like(slope), np.empty_like(dY)                          # (T, B, 3, H), (T, B, H)
        flowing = np.zeros((B, H), dY.dtype)                                      # what the future asks of h(t)
        for t in range(T - 1, -1, -1):
            dh = np.add(dY[t], flowing, out=dH[t])
            np.multiply(dh[:, None], slope[t], out=da[t])
            product(da[t].reshape(B, 3 * H), W_T, out=flowing)
            flowing += dh * u[t]
        self.dstate = flowing[None]
        np.sum(da[:, :, 2], axis=(0, 1), out=self.db_hn)
        self._weight_gradient(self.h[:-1], da.reshape(T, B, 3 * H))
        da[:, :, 2] = dH * to_n                                                   # dz is da but for the candidate's r
        return da.reshape(T, B, 3 * H)

    def step(self, z: np.ndarray, state: np.ndarray) -> np.ndarray:               # (B, 3H), (1, B, H) -> (1, B, H)
        h, H = state[0], state.shape[-1]
        a = h @ self.W_hh
        ru = sigmoid(z[:, : 2 * H] + a[:, : 2 * H])
        n = np.tanh(z[:, 2 * H :] + ru[:, :H] * (a[:, 2 * H :] + self.b_hn))
        return (n + ru[:, H:] * (h - n))[None]

"""The LSTM: a second memory, c, that is added to instead of multiplied, and three gates that guard it.

    i, f, o = σ of their parts of a        a(t) = z(t) + h(t−1) W_hh       (B, 4H), in the order i, f, g, o
    g = tanh of its part                   the candidate, what could be remembered
    c(t) = f · c(t−1) + i · g              h(t) = o · tanh c(t)

Back through c goes only a product with f: where the gate stands open, the gradient neither fades nor grows.
(Hochreiter and Schmidhuber, 1997; the forget gate: Gers et al., 2000.)  With dc(t) gathering what all later steps ask:

    dc(t) = dh · o (1 − tanh² c(t)) + dc(t+1) · f(t+1)
    di = dc · g        df = dc · c(t−1)        dg = dc · i        do = dh · tanh c(t)        da = each · σ′ or tanh′

One bias for both products, where PyTorch has two: theirs is the sum.     T characters   B streams   H units
"""

import numpy as np

from RNN_From_Scratch.cell import Cell
from RNN_From_Scratch.products import product


class LSTM(Cell):
    """The state is (h, c), an array (2, B, H)."""

    gates, memories = 4, 2
    kept = ("h", "c", "gate", "tanh_c", "W_used", "thinning", "last", "dstate")

    def initial_bias(self, H: int) -> np.ndarray:                                 # (4H,)
        """1 for the forget gate, which starts half-open otherwise: c would be halved at each step."""
        return np.repeat([0.0, 1.0, 0.0, 0.0], H)

    def forward(self, X: np.ndarray, training: bool = False, state: np.ndarray | None = None) -> np.ndarray:
        T, B, H = *X.shape[:2], X.shape[2] // 4
        h, c = np.empty((2, T + 1, B, H), X.dtype)                                # both from t = −1 on
        h[0], c[0] = (0, 0) if state is None else state
        W_hh = self._thinned() if training else self.W_hh
        halves = halved(H, X.dtype)                                               # (4H,)
        W_half = W_hh * halves
        gate = np.multiply(X, halves)                                             # (T, B, 4H)
        tanh_c, a = np.empty((T, B, H), X.dtype), np.empty((B, 4 * H), X.dtype)
        for t in range(T):
            open_gates(gate[t], product(h[t], W_half, out=a), halves)
            i, f, g, o = gate[t].reshape(B, 4, H).swapaxes(0, 1)                  # views (B, H)
            np.multiply(f, c[t], out=c[t + 1])
            c[t + 1] += i * g
            np.tanh(c[t + 1], out=tanh_c[t])
            np.multiply(o, tanh_c[t], out=h[t + 1])
        self.last = np.stack([h[-1], c[-1]])
        if training:
            self.h, self.c, self.gate, self.tanh_c, self.W_used = h, c, gate, tanh_c, W_hh
        return h[1:]

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray:       # (T, B, H) -> (T, B, 4H)
        T, B, H = dY.shape
        gate, c_before = self.gate.reshape(T, B, 4, H), self.c[:-1]
        i, f, g, o = np.moveaxis(gate, 2, 0)                                      # views (T, B, H)
        # What stands beside dc or dh in each line of the formula, at all times at once.
        slope = gate * (1 - gate)                                                 # (T, B, 4, H)  σ′
        slope[:, :, 0] *= g
        slope[:, :, 1] *= c_before
        slope[:, :, 2] = i * (1 - g**2)
        slope[:, :, 3] *= self.tanh_c
        from_h = o * (1 - self.tanh_c**2)                                         # (T, B, H)
        W_T = np.ascontiguousarray(self.W_used.T)                                 # one copy, T faster products
        dZ = np.empty((T, B, 4, H), dY.dtype)
        dh, dc = np.zeros((2, B, H), dY.dtype)                                    # what the future asks of h(t), c(t)
        for t in range(T - 1, -1, -1):
            dh += dY[t]
            dc += dh * from_h[t]
            np.multiply(dc[:, None], slope[t, :, :3], out=dZ[t, :, :3])
            np.multiply(dh, slope[t, :, 3], out=dZ[t, :, 3])
            product(dZ[t].reshape(B, 4 * H), W_T, out=dh)
            dc *= f[t]
        self.dstate = np.stack([dh, dc])
        dZ = dZ.reshape(T, B, 4 * H)
        self._weight_gradient(self.h[:-1], dZ)
        return dZ

    def step(self, z: np.ndarray, state: np.ndarray) -> np.ndarray:               # (B, 4H), (2, B, H) -> (2, B, H)
        h, c = state
        halves = halved(h.shape[-1], z.dtype)
        a = z * halves
        open_gates(a, (h @ self.W_hh) * halves, halves)
        i, f, g, o = a.reshape(len(h), 4, -1).swapaxes(0, 1)
        after = np.empty_like(state)
        after[1] = f * c + i * g
        after[0] = o * np.tanh(after[1])
        return after


def halved(H: int, dtype) -> np.ndarray:                                          # (4H,)
    """½ in the gates' columns, 1 in the candidate's: σ(a) = ½ + ½ tanh(a/2), so one tanh serves all four parts."""
    return np.repeat([0.5, 0.5, 1, 0.5], H).astype(dtype)


def open_gates(a: np.ndarray, product: np.ndarray, halves: np.ndarray) -> None:   # (B, 4H) both
    """From the halved sums to i, f, g, o, in place of a."""
    a += product
    np.tanh(a, out=a)
    a *= halves
    a += 1 - halves                                                               # + ½, and + 0 for the candidate

"""The LSTM: a second state c, which changes by a sum instead of a matrix product, and three gates.

    a(t) = z(t) + h(t−1) W_hh, four parts of H columns in the order i, f, g, o
    i = σ(a_i)   f = σ(a_f)   o = σ(a_o)        the gates: input, forget, output
    g = tanh(a_g)                               the candidate
    c(t) = f · c(t−1) + i · g                   h(t) = o · tanh c(t)

From c(t) to c(t−1) the gradient is multiplied by f only: where f is near 1, it neither vanishes nor explodes.
(Hochreiter and Schmidhuber, 1997; forget gate: Gers et al., 2000.)  Derivation: documentation/lstm_and_gru.md

    do = dh · tanh c(t)     dc(t) = dc(t+1) · f(t+1) + dh · o · (1 − tanh² c(t))
    di = dc · g             df = dc · c(t−1)             dg = dc · i             da: each times σ′ or tanh′
    One bias b; PyTorch has two, and only their sum matters.
"""

import numpy as np

from Basic_Neural_Network_From_Scratch import sigmoid
from RNN_From_Scratch.cell import Cell


class LSTM(Cell):
    """The state is (h, c), an array (2, N, H)."""

    initial_biases = (0.0, 1.0, 0.0, 0.0)        # the forget gate starts at σ(1) = 0.73; at σ(0) it would halve c
    arrays_in_state = 2

    def forward(self, Z: np.ndarray, training: bool = False, state: np.ndarray | None = None) -> np.ndarray:
        T, N, H = *Z.shape[:2], Z.shape[2] // 4
        W_hh = self._recurrent_weights(training)
        ifgo = np.empty((T, 4, N, H), Z.dtype)
        h, c = np.empty((2, T + 1, N, H), Z.dtype)                    # h[t + 1] is h(t), c[t + 1] is c(t)
        h[0], c[0] = (0, 0) if state is None else state
        for t in range(T):
            a_i, a_f, a_g, a_o = np.split(Z[t] + h[t] @ W_hh, 4, axis=1)          # (N, H) each
            i, f, o = sigmoid(a_i), sigmoid(a_f), sigmoid(a_o)
            g = np.tanh(a_g)
            c[t + 1] = f * c[t] + i * g
            h[t + 1] = o * np.tanh(c[t + 1])
            ifgo[t] = i, f, g, o
        self.last_state = np.stack([h[-1], c[-1]])                    # (2, N, H)
        if training:
            self.h, self.c, self.ifgo, self.W_used = h, c, ifgo, W_hh
        return h[1:]

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray:       # (T, N, H) -> (T, N, 4H)
        T, N, H = dY.shape
        dZ = np.empty((T, N, 4 * H), dY.dtype)
        dh, dc = np.zeros((2, N, H), dY.dtype)                        # from the characters after t
        for t in reversed(range(T)):
            i, f, g, o = self.ifgo[t]                                 # (N, H) each
            tanh_c = np.tanh(self.c[t + 1])
            dh = dY[t] + dh                                           # ∂L/∂h(t)
            dc = dc + dh * o * (1 - tanh_c**2)                        # ∂L/∂c(t)
            di, df, dg, do = dc * g, dc * self.c[t], dc * i, dh * tanh_c
            dZ[t] = np.hstack([di * i * (1 - i), df * f * (1 - f), dg * (1 - g**2), do * o * (1 - o)])
            dh, dc = dZ[t] @ self.W_used.T, dc * f                    # for h(t−1) and c(t−1)
        self.dstate = np.stack([dh, dc])                              # (2, N, H)
        self._set_weight_gradient(self.h[:-1], dZ)                    # dW_hh, in cell.py
        return dZ

"""The recurrence: one small layer, applied at every character, that hands its output on to itself.

    h(t) = tanh(z(t) + h(t−1) W_hh)          z(t) = W_xh[x(t)] + b, what the character at t brings

and back through time, from the last character to the first, where dh(t) is what the output asks of h(t):

    dz(t) = (dh(t) + dz(t+1) W_hhᵀ) · (1 − h(t)²)
    dW_hh = Σₜ h(t−1)ᵀ dz(t)                 dW_xh[k] = Σ dz(t) over x(t) = k            db = Σₜ dz(t)

Derivation: documentation/rnn.md         T characters   B streams side by side   V in the alphabet   H units
"""

import numpy as np

from Basic_Neural_Network_From_Scratch import Layer


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
        # Sort the rows by character; each character's run is then summed in one go.  (np.add.at is far slower.)
        order = np.argsort(self.x, axis=None, kind="stable")                      # (TB,)
        met, starts = np.unique(self.x.ravel()[order], return_index=True)
        self.dW_xh[...] = 0
        self.dW_xh[met] = np.add.reduceat(dZ[order], starts, axis=0)
        np.sum(dZ, axis=0, out=self.db)

    def __repr__(self) -> str:
        return f"Embedding({self.units})"


class Recurrence(Layer):
    """The loop through time, for B streams at once.

    dropout: the share of W_hh's entries that are left out while training, drawn anew for each chunk and the same at
    every step of it (Wan et al., 2013; Merity et al., 2018).  The memory cannot lean on single connections then, which
    is what keeps a network this large from learning a text this small by heart.
    """

    trainable = ("W_hh",)
    kept = ("h", "W_used", "thinning", "dh_before")

    def __init__(self, dropout: float = 0.0, gain: float = 0.9) -> None:
        self.dropout, self.gain = dropout, gain

    def build(self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype=np.float32) -> tuple[int, ...]:
        """W_hh starts as a rotation by small angles times `gain`: memory fades slowly, in every direction alike."""
        (H,) = input_shape
        Q, R = np.linalg.qr(np.eye(H) + 0.3 / np.sqrt(H) * rng.standard_normal((H, H)))
        self.W_hh = (self.gain * Q * np.sign(R.diagonal())).astype(dtype)         # (H, H)
        self.dW_hh = np.zeros_like(self.W_hh)
        self.rng = rng
        return input_shape

    def forward(self, X: np.ndarray, training: bool = False, h: np.ndarray | None = None) -> np.ndarray:
        """z (T, B, H), and the state h (B, H) before the first of them (zeros if None) -> every h(t), (T, B, H)."""
        T, B, H = X.shape
        states = np.empty((T + 1, B, H), X.dtype)                                 # h(−1), h(0), … h(T−1)
        states[0] = 0 if h is None else h
        W_hh = self._thinned() if training else self.W_hh
        for t in range(T):
            a = np.matmul(states[t], W_hh, out=states[t + 1])                     # (B, H)
            a += X[t]
            np.tanh(a, out=a)
        if training:
            self.h, self.W_used = states, W_hh
        return states[1:]

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray:       # (T, B, H) -> (T, B, H)
        """dY is what the layers above ask of each h(t); returns dz.  `dh_before` is ∂L/∂h(−1) (B, H)."""
        T, B, H = dY.shape
        slope = 1 - self.h[1:] ** 2                                               # (T, B, H)  tanh′ at all times
        W_T = np.ascontiguousarray(self.W_used.T)                                 # one copy, T faster products
        dZ = np.empty_like(dY)                                                    # (T, B, H)
        flowing = np.zeros((B, H), dY.dtype)                                      # what the future asks of h(t)
        for t in range(T - 1, -1, -1):
            np.add(dY[t], flowing, out=dZ[t])
            dZ[t] *= slope[t]
            np.matmul(dZ[t], W_T, out=flowing)
        self.dh_before = flowing

        # Everything that need not wait for the next step is one product over all of them.
        np.matmul(self.h[:-1].reshape(T * B, H).T, dZ.reshape(T * B, H), out=self.dW_hh)
        if self.dropout:
            self.dW_hh *= self.thinning
        return dZ

    def _thinned(self) -> np.ndarray:
        """W_hh (H, H) without a random share of its entries, the others enlarged so that sums stay as they are."""
        if not self.dropout:
            return self.W_hh
        keep = 1 - self.dropout
        self.thinning = (self.rng.random(self.W_hh.shape, dtype=np.float32) < keep) / self.W_hh.dtype.type(keep)
        return self.W_hh * self.thinning

    def __repr__(self) -> str:
        return f"Recurrence(dropout={self.dropout})"

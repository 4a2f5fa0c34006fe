"""The base of the recurrent cells: a layer that is applied at each character and passes its state to the next step.

    z(t) = W_xh[x(t)] + b                the input at t, from the layer below
    state(t) = cell(z(t), state(t−1))    h alone, or h and c

T characters   N streams side by side   H units   G gates, H columns of z and of W_hh each   S arrays in a state
"""

import numpy as np

from ai_from_scratch.estimator.rules import below_one, real
from Basic_Neural_Network_From_Scratch import Layer


class Cell(Layer, dropout=below_one, gain=real(open_at="both")):
    """The base of Recurrence, LSTM and GRU: the recurrent weights, their initial values and their dropout.

    dropout: the share of W_hh's entries that are left out in training. They are drawn again for each chunk, and are the
    same at every step of the chunk (Wan et al., 2013; Merity et al., 2018): against overfitting.
    """

    trainable: tuple[str, ...] = ("W_hh",)
    kept = ("h", "c", "ifgo", "runm", "W_used", "mask", "last_state", "dstate")
    initial_biases: tuple[float, ...] = (0.0,)       # initial value of b, for each of the G gates
    arrays_in_state = 1                              # S
    last_state: np.ndarray                           # (S, N, H) after the last character
    dstate: np.ndarray                               # (S, N, H) ∂L/∂(state before the first character)

    def __init__(self, dropout: float = 0.0, gain: float = 0.9) -> None:
        self.dropout, self.gain = dropout, gain

    def build(self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype=np.float32) -> tuple[int, ...]:
        """input_shape: (G·H,).  Each gate's part of W_hh starts as `gain` times a rotation: if gain < 1, h fades."""
        gates, H = len(self.initial_biases), input_shape[0] // len(self.initial_biases)
        self.W_hh = np.hstack([self.gain * self._rotation(H, rng) for _ in range(gates)]).astype(dtype)   # (H, GH)
        self.dW_hh, self.rng = np.zeros_like(self.W_hh), rng
        return (H,)

    def forward(self, Z: np.ndarray, training: bool = False, state: np.ndarray | None = None) -> np.ndarray:
        """z at all times (T, N, GH) and the state before them (S, N, H), or None for zeros -> every h(t), (T, N, H)."""
        raise NotImplementedError

    def _rotation(self, H: int, rng: np.random.Generator) -> np.ndarray:
        """A random orthogonal matrix, all equally likely: the signs make the diagonal of R in Q R positive."""
        Q, R = np.linalg.qr(rng.standard_normal((H, H)))
        return Q * np.sign(R.diagonal())

    def _recurrent_weights(self, training: bool) -> np.ndarray:                   # (H, GH)
        """W_hh; in training M · W_hh / (1 − p) with a random mask M. The division keeps the mean of each sum."""
        if not (training and self.dropout):
            return self.W_hh
        keep = 1 - self.dropout
        self.mask = (self.rng.random(self.W_hh.shape, dtype=np.float32) < keep) / self.W_hh.dtype.type(keep)
        return self.W_hh * self.mask

    def _set_weight_gradient(self, h_before: np.ndarray, dA: np.ndarray) -> None:  # (T, N, H), (T, N, GH)
        """dW_hh = Σₜ h(t−1)ᵀ da(t): one product over all characters and streams."""
        self.dW_hh[...] = h_before.reshape(-1, h_before.shape[-1]).T @ dA.reshape(-1, dA.shape[-1])
        if self.dropout:
            self.dW_hh *= self.mask

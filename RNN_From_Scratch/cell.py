"""What every recurrent cell is: a layer applied at each character, that hands what it remembers on to itself.

    z(t) = W_xh[x(t)] + b                what comes from below, already multiplied: time need not wait for it
    state(t) = cell(z(t), state(t−1))    h alone, or h and c

T characters   B streams side by side   H units   G gates, H columns of z and of W_hh each   S arrays in a state
"""

import numpy as np

from Basic_Neural_Network_From_Scratch import Layer
from RNN_From_Scratch.products import product_over_rows


class Cell(Layer):
    """The base of Recurrence, LSTM and GRU: initial weights, and connections left out in training.

    dropout: the share of W_hh's entries that are left out while training, drawn anew for each chunk and the same at
    every step of it (Wan et al., 2013; Merity et al., 2018).  The memory cannot lean on single connections then, which
    is what keeps a network this large from learning a text this small by heart.
    """

    trainable: tuple[str, ...] = ("W_hh",)
    last: np.ndarray      # (S, B, H) the state after the last forward
    dstate: np.ndarray    # (S, B, H) ∂L/∂ the state before it, after backward
    gates = 1      # G
    memories = 1   # S

    def __init__(self, dropout: float = 0.0, gain: float = 0.9) -> None:
        self.dropout, self.gain = dropout, gain

    def build(self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype=np.float32) -> tuple[int, ...]:
        """input_shape is (G·H,).  Each gate's part of W_hh starts as a rotation times `gain`: nothing explodes."""
        H = input_shape[0] // self.gates
        rotations = [self._rotation(H, rng) for _ in range(self.gates)]
        self.W_hh = (self.gain * np.hstack(rotations)).astype(dtype)              # (H, GH)
        self.dW_hh = np.zeros_like(self.W_hh)
        self.rng = rng
        return (H,)

    def initial_bias(self, H: int) -> np.ndarray:                                 # (GH,)
        """What is added to b before the first step."""
        return np.zeros(self.gates * H)

    def forward(self, X: np.ndarray, training: bool = False, state: np.ndarray | None = None) -> np.ndarray:
        """z (T, B, GH), and the state (S, B, H) before the first of them (zeros if None) -> every h(t), (T, B, H).

        `last` is the state (S, B, H) after the last of them: what the next chunk begins with.
        """
        raise NotImplementedError

    def step(self, z: np.ndarray, state: np.ndarray) -> np.ndarray:               # (B, GH), (S, B, H) -> (S, B, H)
        """One character further, nothing kept: how a text is written."""
        raise NotImplementedError

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray:       # (T, B, H) -> (T, B, GH)
        """dY is what the layers above ask of each h(t); returns dz.  `dstate` (S, B, H) is ∂L/∂ the state before."""
        raise NotImplementedError

    def _rotation(self, H: int, rng: np.random.Generator) -> np.ndarray:
        """A random orthogonal matrix: the R of Q R has a positive diagonal, which makes all of them equally likely."""
        Q, R = np.linalg.qr(rng.standard_normal((H, H)))
        return Q * np.sign(R.diagonal())

    def _thinned(self) -> np.ndarray:
        """W_hh (H, GH) without a random share of its entries, the others enlarged so that sums stay as they are."""
        if not self.dropout:
            return self.W_hh
        keep = 1 - self.dropout
        self.thinning = (self.rng.random(self.W_hh.shape, dtype=np.float32) < keep) / self.W_hh.dtype.type(keep)
        return self.W_hh * self.thinning

    def _weight_gradient(self, h_before: np.ndarray, da: np.ndarray) -> None:     # (T, B, H), (T, B, GH)
        """dW_hh = Σₜ h(t−1)ᵀ da(t): need not wait for time, so it is one product over all steps and streams."""
        product_over_rows(h_before.reshape(-1, h_before.shape[-1]), da.reshape(-1, da.shape[-1]), self.dW_hh)
        if self.dropout:
            self.dW_hh *= self.thinning

    def __repr__(self) -> str:
        return f"{type(self).__name__}(dropout={self.dropout})"

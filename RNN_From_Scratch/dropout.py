"""Dropout: in training a random share of the outputs is left out, so that no unit may rely on any other.

    Y = X · keep / (1 − share)        dX = dY · keep / (1 − share)        keep is 0 or 1, drawn anew for each entry

The division keeps the expected sum, so nothing has to change where a text is measured or written (Srivastava et al.,
2014).  It stands behind each recurrent layer, on the way up only: through time the state goes on whole (Zaremba et al.,
2014).
"""

import numpy as np

from Basic_Neural_Network_From_Scratch import Layer


class Dropout(Layer):
    """share: of the entries that are left out, from 0 to below 1."""

    kept = ("scale",)

    def __init__(self, share: float = 0.0) -> None:
        self.share = share

    def build(self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype=np.float32) -> tuple[int, ...]:
        self.rng = rng
        return input_shape

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:
        if not training or not self.share:
            return X
        keep = self.rng.random(X.shape, dtype=np.float32) >= self.share
        self.scale = keep / X.dtype.type(1 - self.share)
        return X * self.scale

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray:
        return dY * self.scale if self.share else dY

    def __repr__(self) -> str:
        return f"Dropout({self.share})"

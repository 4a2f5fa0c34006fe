"""Batch normalisation: every channel gets mean 0 and spread 1 over the batch, then a learnt scale and shift.

    Z = X − mean(X)    σ² = mean(Z²)    spread = √(σ² + ε)    Y = γ Z / spread + b     (Ioffe and Szegedy, 2015)
    db = Σ dY          dγ = Σ dY Z / spread                   dX = γ / spread · (dY − db/M − Z dγ / (M spread))

mean and Σ are over the M numbers of a channel: N for vectors (N, C), N·H·W for images (N, C, H, W).  Prediction uses
running averages instead: running ← (1 − momentum) · running + momentum · batch.  γ is g in the code.
"""

import math

import numpy as np

from ai_from_scratch.estimator.rules import positive, real
from Basic_Neural_Network_From_Scratch.layers import Layer


class BatchNorm(Layer, momentum=real(0, 1, open_at="low"), epsilon=positive):
    """For vectors and for images.  `momentum` is the share of the newest batch: the convention of PyTorch.

    The running variance is the unbiased one, Σ Z²/(M − 1).
    """

    trainable, kept = ("g", "b"), ("Z", "spread")
    state = ("running_mean", "running_variance")

    def __init__(self, momentum: float = 0.1, epsilon: float = 1e-5) -> None:
        self.momentum, self.epsilon = momentum, epsilon

    def build(self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype=np.float32) -> tuple[int, ...]:
        if len(input_shape) not in (1, 3):
            raise ValueError(f"{self} takes vectors, shape (C,), or images, shape (C, H, W), and got {input_shape}.")
        C = input_shape[0]
        self.g, self.b = np.ones(C, dtype), np.zeros(C, dtype)                        # (C,)
        self.dg, self.db = np.zeros(C, dtype), np.zeros(C, dtype)                     # (C,)
        self.running_mean, self.running_variance = np.zeros(C, dtype), np.ones(C, dtype)
        return input_shape

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:  # (N, C) or (N, C, H, W), and back
        axes, shape, M = (0, 2, 3)[: X.ndim - 1], (-1, *[1] * (X.ndim - 2)), X.size // len(self.g)
        mean, variance = self.running_mean, self.running_variance                     # (C,)
        if training:
            mean = X.mean(axis=axes)
        # First the mean, then the squares about the mean: mean(X²) − mean(X)² would lose its digits far from 0.
        Z = X - mean.reshape(shape)                                                   # X's shape
        if training:
            variance = (Z**2).mean(axis=axes)
            if M > 1:                                            # one number has no unbiased variance
                self.running_mean += self.momentum * (mean - self.running_mean)
                self.running_variance += self.momentum * (M / (M - 1) * variance - self.running_variance)
        spread = np.sqrt(variance + self.epsilon)                                     # (C,)
        if training:
            self.Z, self.spread = Z, spread
        return Z * (self.g / spread).reshape(shape) + self.b.reshape(shape)

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:    # X's shape, and back
        axes, shape, M = (0, 2, 3)[: dY.ndim - 1], (-1, *[1] * (dY.ndim - 2)), dY.size // len(self.g)
        self.db[...] = dY.sum(axis=axes)                                              # (C,)
        self.dg[...] = (dY * self.Z).sum(axis=axes) / self.spread                     # (C,)
        if not need_dX:
            return None
        g, spread, db, dg = (values.reshape(shape) for values in (self.g, self.spread, self.db, self.dg))
        return g / spread * (dY - db / M - self.Z * (dg / (M * spread)))

    def multiply_adds(self, input_shape: tuple[int, ...], output_shape: tuple[int, ...]) -> int:
        return math.prod(input_shape)

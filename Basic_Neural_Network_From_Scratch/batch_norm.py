"""Batch normalisation: every channel with mean 0 and spread 1 over the batch, then a scale and a shift that are learnt.

    Z = X − mean(X)    σ² = mean(Z²)    s = 1/√(σ² + ε)    Y = γ Z s + β            (Ioffe and Szegedy, 2015)
    dβ = Σ dY          dγ = s Σ dY Z                       dX = γ s (dY − dβ/M − Z s dγ/M)

mean and Σ go over the M numbers of a channel: N for vectors (N, C), N·H·W for images (N, C, H, W).  In prediction
running averages stand for the batch's: running ← (1 − momentum) · running + momentum · batch.  γ is g in the code, β b.
Derivation: documentation/basic_neural_network.md
"""

import math

import numpy as np

from Basic_Neural_Network_From_Scratch.layers import Layer


class BatchNorm(Layer):
    """For vectors and for images.  `momentum` is the share of the newest batch, PyTorch's convention.

    The running variance is the unbiased one, Σ Z²/(M − 1).
    """

    trainable = ("g", "b")
    state = ("running_mean", "running_variance")
    kept = ("Z", "s")

    def __init__(self, momentum: float = 0.1, epsilon: float = 1e-5) -> None:
        if not (0 < momentum <= 1 and epsilon > 0):
            raise ValueError(f"BatchNorm takes 0 < momentum <= 1 and epsilon > 0, got {momentum} and {epsilon}.")
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
        if not training:
            scale = self.g / np.sqrt(self.running_variance + self.epsilon)            # (C,)
            return X * beside(scale, X) + beside(self.b - scale * self.running_mean, X)
        M = X.size // len(self.g)
        mean = total(X) / M                                                           # (C,)
        # First the mean, then the squares about it: mean(X²) − mean(X)² would drown in rounding far from 0.
        Z = X - beside(mean, X)                                                       # X's shape and memory order
        variance = total(Z, Z) / M                                                    # (C,)
        self.Z, self.s = Z, 1 / np.sqrt(variance + self.epsilon)
        if M > 1:                                                # a single number has no spread to remember
            self.running_mean += self.momentum * (mean - self.running_mean)
            self.running_variance += self.momentum * (M / (M - 1) * variance - self.running_variance)
        Y = Z * beside(self.g * self.s, X)
        Y += beside(self.b, X)
        return Y

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:    # X's shape, and back
        Z, s, M = self.Z, self.s, dY.size // len(self.g)
        self.db[...] = total(dY)                                                      # (C,)
        self.dg[...] = s * total(dY, Z)                                               # (C,)
        if not need_dX:
            return None
        dX = Z * beside(-s * self.dg / M, dY)
        dX += dY
        dX -= beside(self.db / M, dY)
        dX *= beside(self.g * s, dY)
        return dX

    def multiply_adds(self, input_shape: tuple[int, ...], output_shape: tuple[int, ...]) -> int:
        return math.prod(input_shape)

    def __repr__(self) -> str:
        return "BatchNorm()"


def beside(values: np.ndarray, X: np.ndarray) -> np.ndarray:
    """(C,) -> (C,) beside vectors, (C, 1, 1) beside images."""
    return values.reshape(-1, *[1] * (X.ndim - 2))


def total(A: np.ndarray, B: np.ndarray | None = None) -> np.ndarray:                  # -> (C,)
    """Σ A, or Σ A · B, over all axes but the channels'."""
    if B is None:
        return A.sum(axis=(0, 2, 3)[: A.ndim - 1])
    return np.einsum("nc,nc->c" if A.ndim == 2 else "nchw,nchw->c", A, B)             # makes no array of products

"""Losses: how wrong the outputs are, as one number, and the gradient that starts the way back.

    SoftmaxCrossEntropy   L = −log softmax(z)[y]             dz = softmax(z) − onehot(y)
    BinaryCrossEntropy    L = log(1 + eᶻ) − y z              dz = σ(z) − y
    MeanSquaredError      L = mean of (z − y)²               dz = 2 (z − y) / T

each averaged over the batch.  The output function is fused with its loss: apart, a confident mistake rounds to a
probability of exactly 0 and its gradient is lost; together it is a difference that never leaves −1 … 1.

A class weight c (K,) makes a sample of class k count c[k] times, on top of its sample weight: the mean becomes
Σ cᵧ L / Σ cᵧ.          N samples   K classes   T targets   z logits, what the last layer puts out
"""

from typing import Any

import numpy as np

from Basic_Neural_Network_From_Scratch.layers import sigmoid


class Loss:
    """`forward` gives the loss of a batch, `backward` its gradient for the logits of that same batch."""

    def forward(self, logits: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = None) -> float:
        """The mean over the batch, weighted by sample_weight (N,) where it is given."""
        raise NotImplementedError

    def backward(self) -> np.ndarray:
        """∂L/∂logits, of the logits' shape; divided by the batch already."""
        raise NotImplementedError

    def predict(self, logits: np.ndarray) -> np.ndarray:
        """What the logits say: probabilities, or values."""
        raise NotImplementedError


class CrossEntropy(Loss):
    """What both cross-entropies have in common: class_weight (K,), None for all equal."""

    def __init__(self, class_weight: Any = None) -> None:
        self.class_weight = None if class_weight is None else np.asarray(class_weight, dtype=np.float64)
        if self.class_weight is not None and not (self.class_weight.ndim == 1 and (self.class_weight >= 0).all()):
            raise ValueError(f"class_weight is one number >= 0 for each class, got {class_weight!r}.")

    def _weight(self, K: int, y: np.ndarray, sample_weight: np.ndarray | None) -> np.ndarray | None:  # (N,)
        if self.class_weight is None:
            return sample_weight
        if len(self.class_weight) != K:
            raise ValueError(f"There are {K} classes and {len(self.class_weight)} class weights: give one for each.")
        weight = self.class_weight[y]
        return weight if sample_weight is None else weight * sample_weight


class SoftmaxCrossEntropy(CrossEntropy):
    """K classes, one logit each; y (N,) are codes 0 … K − 1."""

    def forward(self, logits: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = None) -> float:
        N = len(logits)
        z = logits - logits.max(axis=1, keepdims=True)          # (N, K)  ≤ 0: exp cannot overflow
        self.probabilities = np.exp(z)                          # (N, K)  not yet divided by their sum
        total = self.probabilities.sum(axis=1, keepdims=True)   # (N, 1)
        self.probabilities /= total
        self.y, self.share = y, shares(logits, self._weight(logits.shape[1], y, sample_weight))
        return float(self.share @ (np.log(total[:, 0]) - z[np.arange(N), y]))

    def backward(self) -> np.ndarray:                           # (N, K)
        dz = self.probabilities.copy()
        dz[np.arange(len(dz)), self.y] -= 1
        dz *= self.share[:, None]
        return dz

    def predict(self, logits: np.ndarray) -> np.ndarray:        # (N, K) -> (N, K), rows sum to 1
        power = np.exp(logits - logits.max(axis=1, keepdims=True))
        return power / power.sum(axis=1, keepdims=True)


class BinaryCrossEntropy(CrossEntropy):
    """Two classes, one logit: log of P(class 1) / P(class 0); y (N,) are codes 0 and 1."""

    def forward(self, logits: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = None) -> float:
        z = logits[:, 0]                                        # (N,)
        self.error = sigmoid(z) - y.astype(z.dtype)             # (N,)
        self.share = shares(logits, self._weight(2, y, sample_weight))
        # log(1 + eᶻ) = max(z, 0) + log(1 + e^−|z|): the right-hand side overflows for no z.
        losses = np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z))) - z * y.astype(z.dtype)
        return float(self.share @ losses)

    def backward(self) -> np.ndarray:                           # (N, 1)
        return (self.error * self.share)[:, None]

    def predict(self, logits: np.ndarray) -> np.ndarray:        # (N, 1) -> (N, 2), rows sum to 1
        return np.column_stack([sigmoid(-logits[:, 0]), sigmoid(logits[:, 0])])


class MeanSquaredError(Loss):
    """Real targets y (N,) or (N, T); the mean goes over the T outputs too."""

    def forward(self, logits: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = None) -> float:
        self.error = logits - y.reshape(logits.shape)           # (N, T)
        self.share = shares(logits, sample_weight)
        return float(self.share @ np.mean(self.error**2, axis=1))

    def backward(self) -> np.ndarray:                           # (N, T)
        return 2 / self.error.shape[1] * self.share[:, None] * self.error

    def predict(self, logits: np.ndarray) -> np.ndarray:        # (N, T) -> (N, T)
        return logits


def shares(logits: np.ndarray, sample_weight: np.ndarray | None) -> np.ndarray:  # (N,)
    """Each sample's part of the mean: 1/N, or its weight over the sum of the batch's."""
    N = len(logits)
    if sample_weight is None:
        return np.full(N, 1 / N, logits.dtype)
    total = sample_weight.sum()                                 # 0 where a batch drew only samples that do not count
    return (sample_weight / (total if total > 0 else 1)).astype(logits.dtype, copy=False)

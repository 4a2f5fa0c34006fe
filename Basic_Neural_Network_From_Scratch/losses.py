"""Losses: the error of the outputs as one number, and its gradient, with which backward begins.

    SoftmaxCrossEntropy   L = −log softmax(z)[y]             dz = softmax(z) − onehot(y)
    BinaryCrossEntropy    L = log(1 + eᶻ) − y z              dz = σ(z) − y
    MeanSquaredError      L = mean of (z − y)²               dz = 2 (z − y) / O

Each is a mean over the batch, Σ sᵢ Lᵢ / Σ sᵢ with weights.  The output function is fused with its loss.
Computed alone, the probability of a confident mistake rounds to 0 and the gradient vanishes.  Fused, dz is in −1 … 1.
N samples   K classes   O targets   z logits: the output of the last layer   s sample weight, times its class's weight
"""

from typing import Any

import numpy as np

from ai_from_scratch.estimator.batches import one_each, outputs_and_codes, outputs_and_targets, outputs_of
from Logistic_Regression_From_Scratch.cross_entropy import log_one_plus_exp, log_softmax, sigmoid


class Loss:
    def forward(self, logits: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = None) -> float:
        """The mean over the batch, weighted by sample_weight (N,) where it is given."""
        raise NotImplementedError

    def backward(self) -> np.ndarray:
        """∂L/∂logits for the batch of the last forward, in the shape of the logits; already divided by N."""
        raise NotImplementedError

    def predict(self, logits: np.ndarray) -> np.ndarray:
        """Probabilities, or values, from logits."""
        raise NotImplementedError

    def score(self, logits: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = None) -> float:
        """How good the predictions are: accuracy, or R².  1 is perfect."""
        raise NotImplementedError


class CrossEntropy(Loss):
    """The common part of both cross-entropies: class_weight (K,) are factors of the sample weights."""

    def __init__(self, class_weight: Any = None) -> None:
        self.class_weight = None if class_weight is None else np.asarray(class_weight, dtype=np.float64)
        if self.class_weight is not None and not (self.class_weight.ndim == 1 and (self.class_weight >= 0).all()):
            raise ValueError(f"class_weight is one number >= 0 for each class, got {class_weight!r}.")

    def score(self, logits: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = None) -> float:
        right = self.predict(outputs_of(logits)).argmax(axis=1) == one_each(y, len(logits))     # (N,)
        return float(np.average(right, weights=sample_weight))


class SoftmaxCrossEntropy(CrossEntropy):
    """K classes, one logit each; y (N,) are codes 0 … K − 1."""

    def forward(self, logits: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = None) -> float:
        logits, y = outputs_and_codes(logits, y)                # (N, K), (N,)
        self.log_p, self.y = log_softmax(logits.T).T, y         # (N, K), (N,)
        self.share = shares(y, logits.dtype, sample_weight, self.class_weight, logits.shape[1])
        return float(self.share @ -self.log_p[np.arange(len(y)), y])

    def backward(self) -> np.ndarray:                           # (N, K)
        dz = np.exp(self.log_p)                                 # p
        dz[np.arange(len(dz)), self.y] -= 1                     # p − onehot(y)
        return dz * self.share[:, None]

    def predict(self, logits: np.ndarray) -> np.ndarray:        # (N, K) -> (N, K), rows sum to 1
        return np.exp(log_softmax(logits.T).T)


class BinaryCrossEntropy(CrossEntropy):
    """Two classes, one logit: log of P(class 1) / P(class 0); y (N,) are codes 0 and 1."""

    def forward(self, logits: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = None) -> float:
        logits, y = outputs_and_codes(logits, y, K=2)           # (N, 1), (N,)
        z = logits[:, 0]                                        # (N,)
        self.error = sigmoid(z) - y.astype(z.dtype)             # (N,)
        self.share = shares(y, z.dtype, sample_weight, self.class_weight, 2)
        return float(self.share @ (log_one_plus_exp(z) - z * y.astype(z.dtype)))

    def backward(self) -> np.ndarray:                           # (N, 1)
        return (self.error * self.share)[:, None]

    def predict(self, logits: np.ndarray) -> np.ndarray:        # (N, 1) -> (N, 2), rows sum to 1
        return sigmoid(np.concatenate([-logits, logits], axis=1))


class MeanSquaredError(Loss):
    """Real targets y (N,) or (N, O); the mean goes over the O outputs too."""

    def forward(self, logits: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = None) -> float:
        logits, y = outputs_and_targets(logits, y)
        self.error = logits - y                                 # (N, O)
        self.share = shares(y, logits.dtype, sample_weight)
        return float(self.share @ np.mean(self.error**2, axis=1))

    def backward(self) -> np.ndarray:                           # (N, O)
        return 2 / self.error.shape[1] * self.share[:, None] * self.error

    def predict(self, logits: np.ndarray) -> np.ndarray:        # (N, O) -> (N, O)
        return logits

    def score(self, logits: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = None) -> float:
        logits, y = outputs_and_targets(logits, y)              # (N, O), (N, O)
        mean = np.average(y, axis=0, weights=sample_weight)     # (O,)
        error, spread = (np.average((y - guess) ** 2, axis=0, weights=sample_weight) for guess in (logits, mean))
        return float(np.mean(1 - error / np.where(spread > 0, spread, 1)))


def shares(
    y: np.ndarray, dtype: np.dtype, sample_weight: np.ndarray | None, class_weight: np.ndarray | None = None, K: int = 0
) -> np.ndarray:                                                # (N,)
    """Each sample's share in the mean: 1/N, or its weight over the sum of the batch's weights."""
    s = np.ones(len(y)) if sample_weight is None else one_each(sample_weight, len(y))
    if class_weight is not None:
        if len(class_weight) != K:
            raise ValueError(f"There are {K} classes and {len(class_weight)} class weights: give one for each.")
        s = s * class_weight[y]
    total = s.sum()                                             # 0 if all samples of the batch have weight 0
    return (s / (total if total > 0 else 1)).astype(dtype)

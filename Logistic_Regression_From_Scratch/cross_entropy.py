"""From scores to probabilities, and the loss of a wrong one.

    two classes     σ(z) = 1 / (1 + e⁻ᶻ)               ℓ = log(1 + eᶻ) − y z          ∂ℓ/∂z  = σ(z) − y
    K classes       p_c = e^z_c / Σⱼ eᶻⱼ               ℓ = log Σⱼ eᶻⱼ − z_y           ∂ℓ/∂z_c = p_c − [c = y]

The loss is computed from the scores z, never from p: log(σ(−1000)) gives −∞ instead of −1000.  If p is
clipped instead, the gradient is 0 just where the model is most wrong.  Derivation: documentation/logistic_regression.md

    n samples   K classes   R rows of scores: 1 for two classes (the score of the second), else K
"""

import numpy as np

from ai_from_scratch.estimator.batches import codes_of, outputs_of


def sigmoid(z: np.ndarray) -> np.ndarray:
    """σ(z), of z's shape.  Only e^−|z| is computed, which cannot overflow: sigmoid(−1000) is 0, sigmoid(1000) is 1."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, e) / (1.0 + e)


def log_one_plus_exp(z: np.ndarray) -> np.ndarray:
    """log(1 + eᶻ), of z's shape: close to z for large z, close to eᶻ for very negative z."""
    return np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z)))


def log_softmax(Z: np.ndarray) -> np.ndarray:                      # (K, n) -> (K, n)
    """log p_c.  The largest score of each sample is subtracted first: p stays the same, and nothing overflows."""
    Z = Z - Z.max(axis=0)
    return Z - np.log(np.exp(Z).sum(axis=0))


def cross_entropy(Z: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:   # (R, n), (n,) -> (n,), (R, n)
    """Each sample's loss, −log of the probability of its class y, and the derivative of this loss by the scores."""
    Z = outputs_of(Z)
    y = codes_of(y, Z.shape[1], max(len(Z), 2))
    if len(Z) == 1:
        losses = log_one_plus_exp(np.where(y == 1, -Z[0], Z[0]))   # for y = 1: log(1 + eᶻ) − z = log(1 + e⁻ᶻ)
        return losses, sigmoid(Z) - y.astype(Z.dtype)
    log_p = log_softmax(Z)                                         # (K, n)
    own = y, np.arange(len(y))                                     # each sample's entry at its own class
    E = np.exp(log_p)                                              # (K, n)
    E[own] -= 1.0
    return -log_p[own], E

"""Long sums in short pieces: the same products, two to three times as fast where the second-level cache is small.

    A W = Σ over blocks k of 128:  A[:, k] W[k]

BLAS copies as much of both factors as it believes the cache to hold, and sums over up to 384 terms at a time; where it
believes in a larger cache than there is, each copy throws the other out.  Blocks of 128 always fit.
"""

import numpy as np

from Basic_Neural_Network_From_Scratch import Dense

BLOCK = 128


def product(A: np.ndarray, W: np.ndarray, out: np.ndarray) -> np.ndarray:                # (B, K), (K, N) -> (B, N)
    """A W into out."""
    np.matmul(A[:, :BLOCK], W[:BLOCK], out=out)
    for start in range(BLOCK, len(W), BLOCK):
        out += A[:, start : start + BLOCK] @ W[start : start + BLOCK]
    return out


def product_over_rows(X: np.ndarray, D: np.ndarray, out: np.ndarray) -> np.ndarray:      # (N, I), (N, O) -> (I, O)
    """Xᵀ D into out: a weight's gradient, summed over all N steps and streams."""
    np.matmul(X[:BLOCK].T, D[:BLOCK], out=out)
    for start in range(BLOCK, len(X), BLOCK):
        out += X[start : start + BLOCK].T @ D[start : start + BLOCK]
    return out


class TallDense(Dense):
    """Dense for the many rows of a whole chunk, all steps of all streams: the weight's gradient is summed in blocks."""

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:       # (N, O) -> (N, I)
        product_over_rows(self.X, dY, out=self.dW)
        np.sum(dY, axis=0, out=self.db)
        return dY @ self.W.T if need_dX else None

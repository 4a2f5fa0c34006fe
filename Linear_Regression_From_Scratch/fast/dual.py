"""Wide data, more features than samples: one unknown for every sample instead of one for every feature.

    w = Aᵀχ        A Aᵀ χ = B        A (n, d) centred data, B (n, O) centred targets, n ≤ d

Many w fit such data exactly.  A part of w that is orthogonal to every row of A changes no prediction and makes w
longer.  So the shortest w is a sum of rows, and χ (n,) holds their coefficients.  The plain code finds the same w by
singular values, or for ridge from a (d, d) matrix.  At 2000 × 2000 the plain code takes 6 to 8 times as long, for ridge
2.5 times.
`python -m benchmarks.classical --rows "2000x2000"` measures it.
Derivation: documentation/linear_regression_exact_and_fast.md
"""

import numpy as np

ROWS_PER_BLOCK = 64                                                # rows of a triangular matrix that are solved at once
MAX_REFINEMENTS = 5
INVERSE_ITERATIONS = 4


def dual(
    A: np.ndarray, B: np.ndarray, null_direction: np.ndarray | None, alpha: float = 0.0, rcond: float = 0.0
) -> np.ndarray | None:
    """The shortest w (d, O) with A w = B (n, O); None if no w fits exactly, for example because rows are repeated.

    null_direction (n,): the combination of rows that is 0 because A and B are centred.  alpha: the penalty of ridge.
    rcond: the result is also None if a singular value of A is below this share of A's length.  The plain code treats
        such a value as 0.  In float64 the test is not needed: with such a small value no w fits up to rounding.
    """
    n = len(A)
    K = A @ A.T                                                    # (n, n)
    length = np.sqrt(K.trace())                                    # of all numbers in A
    if null_direction is not None:                                 # B is 0 in that direction:
        u = null_direction / np.linalg.norm(null_direction)
        K += length**2 / n * np.outer(u, u)                        # any number above 0 makes K invertible
    K.flat[:: n + 1] += alpha
    try:
        lower = np.linalg.cholesky(K)                              # K = lower · lowerᵀ
    except np.linalg.LinAlgError:
        return None

    if rcond > 0 and smallest_singular_value(lower) <= rcond * length:
        return None

    chi, w = np.zeros_like(B), np.zeros((A.shape[1], B.shape[1]))  # (n, O), (d, O)
    for _ in range(MAX_REFINEMENTS):
        missing = B - A @ w - alpha * chi                          # (n, O)
        rounding = 2 * np.finfo(float).eps * (length * np.linalg.norm(w, axis=0) + alpha * np.linalg.norm(chi, axis=0))
        if (np.linalg.norm(missing, axis=0) <= rounding).all():
            return w                                               # a sum of rows that fits: no other w is shorter
        more = substitute(lower, substitute(lower, missing), transposed=True)
        chi += more
        w += A.T @ more                                            # each round leaves at most a thousandth of the error
    return None


def smallest_singular_value(lower: np.ndarray) -> float:
    """The smallest singular value of A, where A Aᵀ = lower · lowerᵀ.

    Inverse iteration: the direction converges to the eigenvector of the smallest eigenvalue of A Aᵀ.
    """
    direction = np.cos(np.arange(len(lower)))                      # (n,) orthogonal to no eigenvector, except by chance
    for _ in range(INVERSE_ITERATIONS):
        direction = substitute(lower, substitute(lower, direction / np.linalg.norm(direction)), transposed=True)
    return float(1 / np.sqrt(np.linalg.norm(direction)))


def substitute(lower: np.ndarray, right: np.ndarray, *, transposed: bool = False) -> np.ndarray:
    """Solves lower · result = right (n, O), or lowerᵀ · result = right.  lower (n, n) is a lower triangle: its first
    row has one unknown, its second row two, and so on.

    NumPy has no solver for triangular matrices, and its general one would factor the matrix again.  Here blocks of rows
    are solved one after another, so that nearly all of the work is matrix products.
    """
    n, result = len(lower), np.array(right)
    starts = range(0, n, ROWS_PER_BLOCK)
    for start in reversed(starts) if transposed else starts:
        rows, stop = slice(start, start + ROWS_PER_BLOCK), start + ROWS_PER_BLOCK
        if transposed:
            result[rows] = np.linalg.solve(lower[rows, rows].T, result[rows] - lower[stop:, rows].T @ result[stop:])
        else:
            result[rows] = np.linalg.solve(lower[rows, rows], result[rows] - lower[rows, :start] @ result[:start])
    return result

"""The sums that least squares needs, and how those of two parts of a table add.

    n = Σᵢ sᵢ        z̄ = 1/n Σᵢ sᵢ zᵢ        S = Σᵢ sᵢ (zᵢ − z̄)(zᵢ − z̄)ᵀ                  z = (x, y)

    of both parts    δ = z̄₂ − z̄₁    n = n₁ + n₂    z̄ = z̄₁ + n₂/n δ    S = S₁ + S₂ + n₁n₂/n δδᵀ

S holds the Gram matrix G = AᵀA and c = AᵀB of the normal equation, G w = c.  Their size does not depend on n.
Chan, Golub and LeVeque: Updating Formulae and a Pairwise Algorithm … (1979).  Derivation: documentation/scale.md

    n rows   d features   t targets   s weights
"""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from ai_from_scratch.estimator.checks import check_target
from ai_from_scratch.estimator.sums import Sums, check_part

ROUNDING_PER_COLUMN = 1e-14  # of an eigenvalue of the correlations, for each column: below it columns are collinear
FEW_DIGITS = 1e-6            # an eigenvalue between that and this one: nearly collinear


@dataclass(frozen=True, eq=False)
class Statistics(Sums):
    """What LinearRegression and Ridge need of some rows.

        total = Statistics.of(X[:50], y[:50]) + Statistics.of(X[50:], y[50:])
        LinearRegression().fit_from(total)                        # as fit(X, y)
    """

    weight: float                # n
    origin: np.ndarray           # (d + t,)  the mean as float64 can hold it: a mean of 1e8 has an error of 1e-8 …
    offset: np.ndarray           # (d + t,)  … which stands here.  The mean is origin + offset
    scatter: np.ndarray          # (d + t, d + t)  S
    targets: tuple[int, ...]     # () or (t,): the shape of a row's y

    @classmethod
    def of(cls, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Of X (n, d), y (n,) or (n, t), weights (n,).  There may be no rows."""
        part = check_part(X, y, sample_weight, lambda y, dtype: check_target(y, dtype, multi_output=True))
        X, y, s = part.X, part.y, part.s
        Z = np.column_stack([X, y.reshape(len(X), -1)] if len(X) else [X]).astype(np.float64)      # (n, d + t)
        if not len(X):
            return cls(**cls._about(part), weight=0.0, origin=Z.sum(axis=0), offset=Z.sum(axis=0), scatter=Z.T @ Z,
                       targets=())
        with np.errstate(over="ignore", invalid="ignore"):        # check_complete tells of an overflow, in words
            # About the mean, never Σ zzᵀ − n z̄z̄ᵀ: with a mean of 1e8 and a deviation of 1 that loses all digits.
            origin = np.average(Z, axis=0, weights=s)             # (d + t,)
            A = Z - origin
            offset = np.average(A, axis=0, weights=s)             # what rounding has left of the mean
            A = np.sqrt(s)[:, None] * (A - offset)                # (n, d + t)
            return cls(**cls._about(part), weight=float(s.sum()), origin=origin, offset=offset, scatter=A.T @ A,
                       targets=y.shape[1:])

    def _plus(self, other: Self) -> Self:
        if self.targets != other.targets:
            raise ValueError(f"y has {self.targets[0] if self.targets else 'a single'} column(s) in one part and "
                             f"{other.targets[0] if other.targets else 'a single'} in another: give all the same.")
        n = self.weight + other.weight
        share = other.weight / n
        with np.errstate(over="ignore", invalid="ignore"):
            delta = (other.origin - self.origin) + (other.offset - self.offset)                    # (d + t,) δ
            return replace(
                self, weight=n, offset=self.offset + share * delta,
                scatter=self.scatter + other.scatter + self.weight * share * np.outer(delta, delta))

    @property
    def mean(self) -> np.ndarray:                                 # (d + t,)
        return self.origin + self.offset

    def same_rows(self, fit_intercept: bool = True) -> np.ndarray:                                 # (m, d + t)
        """As few rows as there are columns, with the same sums as all n: the square root of S.

        S = D V diag(λ) Vᵀ D with the lengths D of the columns.  The rows √λ Vᵀ D have the sums of products S, so the
        same w fits them best.  Without an intercept the mean counts: it is one row more, √n z̄.
        """
        # A column that varies by no more than rounding is constant, as in `fit`.
        constant = self.scatter.diagonal() <= self.weight * (4 * np.finfo(self.dtype).eps * self.mean) ** 2
        length = np.sqrt(np.where(constant, 0, self.scatter.diagonal()))                           # (d + t,)
        values, V = np.linalg.eigh(correlations(self.scatter, length))
        values[values < ROUNDING_PER_COLUMN * len(V)] = 0         # no row varies in these directions
        rows = np.sqrt(values)[:, None] * V.T * length
        return rows if fit_intercept else np.vstack([rows, np.sqrt(self.weight) * self.mean])

    def few_digits(self, alpha: float = 0.0) -> bool:
        """Whether columns of x are nearly collinear: S holds squares, so the small differences have few digits.
        The smallest eigenvalue of the correlations (with ridge's penalty) says it; 0 is collinear, and no problem."""
        d = self.n_features
        S = self.scatter[:d, :d] + alpha * np.eye(d)
        values = np.linalg.eigvalsh(correlations(S, np.sqrt(S.diagonal())))
        return bool(((values > ROUNDING_PER_COLUMN * len(self.scatter)) & (values < FEW_DIGITS)).any())


def correlations(S: np.ndarray, length: np.ndarray) -> np.ndarray:                                # (k, k), (k,)
    """S without the units of its columns; a column of length 0 has no correlations."""
    length = np.where(length > 0, length, np.inf)
    R = S / np.outer(length, length)
    np.fill_diagonal(R, 1)
    return R

"""The sums that least squares needs, and how the sums of two parts of a table are added.

    n = Σᵢ sᵢ        x̄ = 1/n Σᵢ sᵢ xᵢ        S = Σᵢ sᵢ (xᵢ − x̄)(xᵢ − x̄)ᵀ        here x holds the columns of y, too

    of both parts    Δx̄ = x̄₂ − x̄₁    n = n₁ + n₂    x̄ = x̄₁ + n₂/n Δx̄    S = S₁ + S₂ + n₁n₂/n Δx̄Δx̄ᵀ

S holds the Gram matrix G = AᵀA and c = AᵀB of the normal equation, G w = c.  Their size does not depend on n.
Chan, Golub and LeVeque: Updating Formulae and a Pairwise Algorithm … (1979).  Derivation: documentation/scale.md

    n rows   d features   O targets   s weights
"""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from ai_from_scratch.estimator.checks import check_target
from ai_from_scratch.estimator.sums import Sums, check_part

ROUNDING_PER_COLUMN = 1e-14  # times the number of columns: a smaller eigenvalue of the correlations means collinear
FEW_DIGITS = 1e-6            # a smaller eigenvalue than this one means nearly collinear


@dataclass(frozen=True, eq=False)
class Statistics(Sums):
    """The sums over some of the rows from which LinearRegression and Ridge can be fitted.

        total = Statistics.of(X[:50], y[:50]) + Statistics.of(X[50:], y[50:])
        LinearRegression().fit_from(total)                        # as fit(X, y)
    """

    weight: float                # n
    origin: np.ndarray           # (d + O,)  the mean as float64 can hold it: a mean of 1e8 has an error of 1e-8 …
    offset: np.ndarray           # (d + O,)  … which stands here.  The mean is origin + offset
    scatter: np.ndarray          # (d + O, d + O)  S
    targets: tuple[int, ...]     # () or (O,): the shape of a row's y

    @classmethod
    def of(cls, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """The sums over X (n, d), y (n,) or (n, O), with weights (n,).  n may be 0."""
        part = check_part(X, y, sample_weight, lambda y, dtype: check_target(y, dtype, multi_output=True))
        X, y, s = part.X, part.y, part.s
        table = np.column_stack([X, y.reshape(len(X), -1)] if len(X) else [X]).astype(np.float64)  # (n, d + O)
        if not len(X):
            return cls(**cls._about(part), weight=0.0, origin=table.sum(axis=0), offset=table.sum(axis=0),
                       scatter=table.T @ table, targets=())
        with np.errstate(over="ignore", invalid="ignore"):        # check_complete reports an overflow
            # The products are taken about the mean. The form Σ xxᵀ − n x̄x̄ᵀ loses all digits with a mean of 1e8 and a
            # deviation of 1.
            origin = np.average(table, axis=0, weights=s)         # (d + O,)
            A = table - origin
            offset = np.average(A, axis=0, weights=s)             # the rounding error of the mean
            A = np.sqrt(s)[:, None] * (A - offset)                # (n, d + O)
            return cls(**cls._about(part), weight=float(s.sum()), origin=origin, offset=offset, scatter=A.T @ A,
                       targets=y.shape[1:])

    def _plus(self, other: Self) -> Self:
        if self.targets != other.targets:
            raise ValueError(f"y has {self.targets[0] if self.targets else 'a single'} column(s) in one part and "
                             f"{other.targets[0] if other.targets else 'a single'} in another: give all the same.")
        n = self.weight + other.weight
        share = other.weight / n
        with np.errstate(over="ignore", invalid="ignore"):
            delta = (other.origin - self.origin) + (other.offset - self.offset)                    # (d + O,) Δx̄
            return replace(
                self, weight=n, offset=self.offset + share * delta,
                scatter=self.scatter + other.scatter + self.weight * share * np.outer(delta, delta))

    @property
    def mean(self) -> np.ndarray:                                 # (d + O,)
        return self.origin + self.offset

    def same_rows(self, fit_intercept: bool = True) -> np.ndarray:                                 # (rows, d + O)
        """As many rows as there are columns, with the same sums as all n rows: the square root of S.

        S = D V diag(λ) Vᵀ D with the lengths D of the columns.  The rows √λ Vᵀ D have the sums of products S, so the
        same w fits them best.  Without an intercept the mean matters, too: it becomes one more row, √n x̄.
        """
        # A column that varies by no more than rounding is constant, as in `fit`.
        constant = self.scatter.diagonal() <= self.weight * (4 * np.finfo(self.dtype).eps * self.mean) ** 2
        length = np.sqrt(np.where(constant, 0, self.scatter.diagonal()))                           # (d + O,)
        values, V = np.linalg.eigh(correlations(self.scatter, length))
        values[values < ROUNDING_PER_COLUMN * len(V)] = 0         # no row varies in these directions
        rows = np.sqrt(values)[:, None] * V.T * length
        return rows if fit_intercept else np.vstack([rows, np.sqrt(self.weight) * self.mean])

    def few_digits(self, alpha: float = 0.0) -> bool:
        """True if columns of x are nearly collinear: S holds squares, so small differences have few digits.
        The smallest eigenvalue of the correlations (with ridge's penalty) decides; 0 is collinear, and no problem."""
        d = self.n_features
        penalised = self.scatter[:d, :d] + alpha * np.eye(d)
        values = np.linalg.eigvalsh(correlations(penalised, np.sqrt(penalised.diagonal())))
        return bool(((values > ROUNDING_PER_COLUMN * len(self.scatter)) & (values < FEW_DIGITS)).any())


def correlations(scatter: np.ndarray, length: np.ndarray) -> np.ndarray:
    """The scatter without the units of its columns; a column of length 0 has no correlations."""
    length = np.where(length > 0, length, np.inf)
    R = scatter / np.outer(length, length)
    np.fill_diagonal(R, 1)
    return R

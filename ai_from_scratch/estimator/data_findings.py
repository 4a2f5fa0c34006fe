"""The findings of the diagnosis whose cause is the data, or a penalty: see findings.py."""

import math
from typing import Any

import numpy as np

from ai_from_scratch.estimator.data_evidence import columns_of
from ai_from_scratch.estimator.evidence import STEPS_TO_JUDGE, Record
from ai_from_scratch.estimator.sentences import SCALING_LINE, Diagnosis, best_constant, column, found, limit, went

LARGEST_SPREAD = 1e3            # of the columns: the widest range over the narrowest, or a mean over its range
LARGEST_RANGE, SMALLEST_RANGE = 1e3, 1e-3       # of the widest column, for the random weights of a new network
LARGEST_TARGET, SMALLEST_TARGET = 100, 0.01     # the standard deviation of y, for the same weights
LARGEST_OFFSET = 30             # the mean of y over its standard deviation
LARGEST_DECAY = 0.1             # the part of a weight that the penalty adds to its gradient
PIPELINE = "make_pipeline(StandardScaler(), model).fit(X, y) with scikit-learn"
SCALING_TARGET = ("y = (y - y.mean(axis=0)) / y.std(axis=0) before the fit",
                  "TransformedTargetRegressor(model, transformer=StandardScaler()).fit(X, y) with scikit-learn")


def is_slow(r: Record) -> bool:
    """The training has ended far above what it may reach: by max_iter, or, for a network, by its tolerance."""
    network = hasattr(r.model, "network_")
    enough = STEPS_TO_JUDGE if r.ran_out else STEPS_TO_JUDGE // 4
    return (r.ran_out or network) and r.steps >= enough and r.end - r.penalty > 0.5 * r.reference


def strong_penalty(r: Record) -> Diagnosis | None:
    if r.decay <= LARGEST_DECAY or not r.not_fallen(STEPS_TO_JUDGE):
        return None
    alpha = float(r.model.alpha)
    return found(r, "strong penalty", f"alpha={alpha:.4g} adds {r.decay:.3g} w to the gradient of each weight w, which "
                 f"holds the weights near 0, and {went(r)}; {best_constant(r)}.", r.decay, "",
                 ({"alpha": type(r.model)._defaults()["alpha"]}, {"alpha": alpha / (100 * r.decay)}))


def unscaled(r: Record, is_diverged: bool) -> Diagnosis | None:
    """Columns of very different ranges; and, for a network, columns far from 0 or all very wide or very narrow."""
    if not (is_slow(r) or is_diverged):
        return None
    spread, widest, narrowest = r.spread
    if spread > LARGEST_SPREAD:
        wide, narrow = column(r, widest), column(r, narrowest)
        return scaling(r, spread, f"{wide}, {narrow}", f"{wide} of X is {spread:.3g} times as wide as {narrow}, and "
                       f"{went(r)}. One step size does not suit both.")
    X = columns_of(r.data[0])                                   # (rows, d)
    if X is None or not np.ptp(X, axis=0).any():
        return None
    ranges, means = np.ptp(X, axis=0), np.abs(X.mean(axis=0))   # (d,)
    offset = np.where(ranges > 0, means, 0) / np.where(ranges > 0, ranges, 1)
    j, size = int(offset.argmax()), float(ranges.max())
    if offset[j] > 0.1 * LARGEST_SPREAD:
        return scaling(r, float(offset[j]), column(r, j), f"the mean of {column(r, j)} of X is {offset[j]:.3g} times "
                       f"its range, and {went(r)}. A step follows the mean, not the differences between the rows.")
    if hasattr(r.model, "network_") and not SMALLEST_RANGE <= size <= LARGEST_RANGE:
        return scaling(r, size, column(r, widest), f"the widest column of X, {column(r, widest)}, has a range of "
                       f"{size:.3g}, and {went(r)}. The random weights of a network suit a range near 1.")
    return None


def scaling(r: Record, evidence: float, where: str, sentence: str) -> Diagnosis:
    return found(r, "unscaled features", sentence + limit(r.model), evidence, where, (SCALING_LINE, PIPELINE))


def unscaled_target(r: Record) -> Diagnosis | None:
    if hasattr(r.model, "classes_") or not hasattr(r.model, "network_") or isinstance(r.data[0], str) or not is_slow(r):
        return None
    y = np.asarray(r.data[1], np.float64).reshape(r.rows, -1)  # (n, O)
    means, deviations = np.abs(y.mean(axis=0)), y.std(axis=0)   # (O,)
    if not deviations.all():
        return None
    j = int(np.maximum(means / deviations / LARGEST_OFFSET, np.abs(np.log(deviations)) / math.log(100)).argmax())
    mean, deviation = float(means[j]), float(deviations[j])
    if mean / deviation <= LARGEST_OFFSET and SMALLEST_TARGET <= deviation <= LARGEST_TARGET:
        return None
    where = "y" if y.shape[1] == 1 else f"column {j} of y"
    return found(r, "unscaled target", f"{where} has a mean of {float(y[:, j].mean()):.4g} and a standard deviation of "
                 f"{deviation:.3g}, and {went(r)}; {best_constant(r)}. The random weights of a network suit a mean of "
                 "0 and a standard deviation of 1.", deviation, where, SCALING_TARGET)


def constant_columns(r: Record) -> Diagnosis | None:
    """Nothing can be learnt from rows that are all equal."""
    X: Any = r.data[0]
    if isinstance(X, str) or not r.not_fallen(STEPS_TO_JUDGE):
        return None
    X = np.asarray(X)
    if len(X) < 2 or not (X[:1] == X).all():
        return None
    return found(r, "no signal found", f"all {len(X)} rows of X are equal, so nothing in X can predict y; {went(r)}.",
                 0.0, "", ("np.unique(X, axis=0), which shows the only row", "model.fit(Z, y) with other columns Z"))

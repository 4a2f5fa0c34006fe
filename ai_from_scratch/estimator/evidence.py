"""What the doctor of diagnosis.py looks at: a record of one training, the data's best constant answer, its columns."""

import math
from array import array
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ai_from_scratch.estimator.progress import Progress

STEPS_PER_LOOK = 64
STEPS_TO_JUDGE = 32             # fewer say little about units and updates
ROWS_FOR_SPREAD = 512
HELD_OUT = "validation_score", "validation_bits_per_char"       # names of metrics


@dataclass
class Record:
    """What was seen of one training."""

    model: Any
    losses: array = field(default_factory=lambda: array("d"))
    updates: list[float] = field(default_factory=list)           # |θ(t) − θ(t−1)| / |θ(t−1)|
    held_out: list[tuple[str, float, float]] = field(default_factory=list)   # name, as good in training, held out
    first_step: int = 1                                          # more than 1 where a run was resumed
    ran_out: bool = False                                        # of steps: no tolerance ended it
    constant: float = math.nan                                   # the loss of the best constant answer
    spread: tuple[float, int, int] = (1.0, 0, 0)                 # of the columns; the widest, the narrowest
    before: Any = None                                           # the parameters before the update that is looked at

    def note(self, progress: Progress) -> None:
        if not self.losses:
            self.first_step = progress.step
        self.losses.append(progress.loss)
        self.ran_out = progress.step >= progress.steps
        place = progress.step % STEPS_PER_LOOK
        if place == 1:
            self.before = [values.copy() for values in parameters(self.model)]
        elif place == 2 and self.before is not None:
            pairs = list(zip(self.before, parameters(self.model), strict=True))
            size = math.sqrt(sum(float(np.vdot(old, old)) for old, _ in pairs))
            steps = [new - old for old, new in pairs]
            change = math.sqrt(sum(float(np.vdot(step, step)) for step in steps))
            if size > 0:
                self.updates.append(change / size)
            self.before = None
        for name in HELD_OUT:
            if name in progress.metrics:
                recent = float(np.mean(self.losses[-STEPS_PER_LOOK:]))
                self.held_out.append((name, recent, progress.metrics[name]))

    @property
    def start(self) -> float:
        return self.losses[0]

    @property
    def end(self) -> float:
        return self.mean(0.9, 1.0)

    @property
    def reference(self) -> float:
        """What a run that learns falls below: its start, and the best constant answer."""
        return float(np.nanmin([self.start, self.constant]))

    def mean(self, begin: float, end: float) -> float:
        """The mean loss of a part of the run."""
        n = len(self.losses)
        stop = max(1, round(end * n))
        return float(np.mean(self.losses[min(int(begin * n), stop - 1) : stop]))

    @property
    def stuck(self) -> bool:
        """Enough steps, or an end by a tolerance, and the loss has not fallen as it should."""
        enough = STEPS_TO_JUDGE if self.ran_out else STEPS_TO_JUDGE // 4
        return len(self.losses) >= enough and not self.end < 0.9 * self.reference


def parameters(model: Any) -> list[np.ndarray]:
    if hasattr(model, "network_"):
        return [model.network_.parameters]
    return [np.asarray(model.coef_), np.asarray(model.intercept_)]


def constant_loss(model: Any, X: Any, y: Any = None, sample_weight: Any = None) -> float:
    """The loss of the best answer that does not look at X: the entropy of the classes, or the variance of y.

    Of a text, X, the entropy of its characters."""
    if getattr(model, "class_weight", None) is not None:
        return math.nan                                          # each class counts otherwise
    if isinstance(X, str):
        y, sample_weight = np.frombuffer(X.encode("utf-32-le", "surrogatepass"), np.uint32), None
    y = np.asarray(y)
    s = None if sample_weight is None else np.broadcast_to(np.asarray(sample_weight, np.float64), len(y))
    if isinstance(X, str) or hasattr(model, "classes_"):
        _, codes = np.unique(np.ravel(y), return_inverse=True)
        counts = np.bincount(codes, s)
        p = counts[counts > 0] / counts.sum()
        return float(-np.sum(p * np.log(p)))
    y = y.astype(np.float64).reshape(len(y), -1)                 # (n, t)
    variance = np.average((y - np.average(y, axis=0, weights=s)) ** 2, axis=0, weights=s)
    return float(variance.mean() if hasattr(model, "network_") else variance.sum())


def spread_of_columns(X: Any) -> tuple[float, int, int]:
    """The widest column's range over the narrowest one's above 0, and which columns these are."""
    X = np.zeros(0) if isinstance(X, str) else np.asarray(X)
    if X.ndim != 2 or X.dtype.kind not in "fiu" or X.dtype == np.uint8:       # bytes are pixels: of one unit
        return 1.0, 0, 0
    X = X[:: -(-len(X) // ROWS_FOR_SPREAD)].astype(np.float64)   # a table may be sorted: rows from all of it
    ranges = np.ptp(X, axis=0)                                   # (d,)
    narrowest = int(np.where(ranges > 0, ranges, np.inf).argmin())
    return float(ranges.max() / ranges[narrowest]) if ranges.any() else 1.0, int(ranges.argmax()), narrowest

"""The numbers from which diagnosis.py decides: a record of one training.

    update / weight     |w(t) − w(t−1)| / |w(t)|, of all weights together; 0.001 per step is usual
    constant            the loss of the best answer that does not use X (data_evidence.py)
"""

import math
from array import array
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from ai_from_scratch.estimator.data_evidence import constant_loss, spread_of_columns
from ai_from_scratch.estimator.progress import Progress

STEPS_TO_JUDGE = 32             # fewer steps are not enough to examine updates
STEPS_FOR_UNITS = 16            # a layer whose units are dead after so few steps does not recover
LAST_LOSSES = 32                # that are kept; a few mini-batches may be easy ones
LOOKS_FOR_HELD_OUT = 3
FEWEST_HELD_OUT = 10            # samples: the score of fewer is mostly chance
STEPS_FOR_LOSS = 64             # a held-out score is compared with the mean training loss of so many steps
SMALL_WEIGHTS = 100             # numbers; the arrays of so small a model may be kept


class Record:
    """One training of a model on data, (X, y, …) or a text: its losses, and the size of some of its updates."""

    def __init__(self, model: Any, data: Sequence[Any], losses: Any = (), updates: Sequence[float] = ()) -> None:
        self.model, self.data = model, data
        self.losses, self.updates = array("d", losses), list(updates)
        self.numbers = array("q", range(1, len(self.losses) + 1))   # of the steps whose losses are kept
        self._pairs: list[tuple[np.ndarray, np.ndarray]] = []       # weights before and after an update
        self.last = Progress(len(self.losses), len(self.losses), 1, math.nan)
        self._before: Any = None                # the weights before the update that is measured

    def keep(self, steps: Sequence[Progress]) -> None:
        self.losses.fromlist([progress.loss for progress in steps])
        self.numbers.fromlist([progress.step for progress in steps])
        self.last = steps[-1]

    def look(self) -> None:
        """Called after two successive steps: the first call keeps the weights, the second compares.

        A network changes its array in place, so a copy is kept, and compared at once.  Other models make new arrays:
        references to small ones are kept, and compared only if somebody asks (`update`).
        """
        before, self._before, w = self._before, None, weights(self.model)
        in_place = hasattr(self.model, "network_")
        if before is None:
            self._before = w.copy() if in_place else w
            self.model.diagnosis_ = None        # the last one was of an earlier training
        elif in_place or w.size > SMALL_WEIGHTS:
            self.updates.append(relative_step(before, w))
        else:
            self._pairs.append((before, w))

    # ---- the losses

    @property
    def steps(self) -> int:
        return self.last.step - self.first_step + 1

    @property
    def first_step(self) -> int:
        """More than 1 if a run was resumed."""
        return self.numbers[0]

    @cached_property
    def curve(self) -> np.ndarray:                              # (steps,)
        """The loss of each step; between two that are kept, on the straight line that joins them."""
        losses = np.array(self.losses)
        if len(losses) == self.steps:
            return losses
        return np.interp(np.arange(self.first_step, self.last.step + 1), self.numbers, losses)

    def mean(self, begin: float, end: float) -> float:
        """The mean loss of a part of the run, for example 0.9 … 1 for its last tenth."""
        stop = max(1, round(end * self.steps))
        return float(self.curve[min(int(begin * self.steps), stop - 1) : stop].mean())

    @property
    def start(self) -> float:
        return self.losses[0]

    @cached_property
    def end(self) -> float:
        return self.mean(0.9, 1.0)

    @property
    def steps_per_pass(self) -> int:
        return self.last.steps // max(1, getattr(self.model, "max_iter", 1))

    @property
    def ran_out(self) -> bool:
        """True if max_iter ended the training, not a tolerance."""
        return self.last.step >= self.last.steps

    @property
    def reference(self) -> float:
        """A bound below which the loss of a model that learns must fall: its first loss, and the loss of the best
        constant answer."""
        if self.first_step > 1 or math.isnan(self.constant):    # a resumed run began below the constant answer
            return self.untrained
        return min(self.start, self.constant)

    @property
    def untrained(self) -> float:
        """The loss before the first step; for a resumed run, the loss of the constant answer if that is higher."""
        return self.start if self.first_step == 1 or math.isnan(self.constant) else max(self.start, self.constant)

    @property
    def has_learnt(self) -> bool:
        """The last losses are below half of the first, and below half of that of the constant answer."""
        bound, last = 0.5 * self.start, self.losses[-LAST_LOSSES:]
        if not all(loss <= bound for loss in last):             # false for NaN, too
            return False
        return math.isnan(self.constant) or max(last) <= 0.5 * self.constant

    @property
    def stuck(self) -> bool:
        return self.not_fallen(STEPS_TO_JUDGE)

    def not_fallen(self, steps: int) -> bool:
        """True if the loss has not fallen by a tenth in so many steps; 8 are enough if a tolerance ended it."""
        enough = steps if self.ran_out else min(steps, STEPS_TO_JUDGE // 4)
        return self.steps >= enough and not self.end < 0.9 * self.reference

    @property
    def update(self) -> float:
        """The median of update / weight; NaN if nothing was measured."""
        updates = [*self.updates, *(relative_step(before, now) for before, now in self._pairs)]
        return float(np.median(updates)) if updates else math.nan

    def held_out(self) -> list[tuple[float, float]]:
        """(training loss, held-out score) of the last evaluations of the held-out data; [] if there were too few."""
        curve = getattr(self.model, "validation_curve_", None)
        if curve is None:                                       # a score after each epoch
            if getattr(self.model, "validation_fraction", 0.0) * self.samples < FEWEST_HELD_OUT:
                return []
            epochs = min(self.last.epoch, len(scores := getattr(self.model, "validation_scores_", [])))
            steps, scores = self.steps_per_pass, scores[len(scores) - epochs :]
            curve = [((epoch + 1) * steps, score) for epoch, score in enumerate(scores)]
        looks = [(step - self.first_step + 1, score) for step, score in curve[-LOOKS_FOR_HELD_OUT:]]
        if len(looks) < LOOKS_FOR_HELD_OUT or looks[0][0] < 1:
            return []
        return [(float(self.curve[max(0, step - STEPS_FOR_LOSS) : step].mean()), score) for step, score in looks]

    # ---- the data

    @property
    def rows(self) -> int:
        return len(np.asarray(self.data[1]))

    @property
    def samples(self) -> int:
        """Those that have a weight."""
        weight = np.asarray(self.data[2] if len(self.data) > 2 and self.data[2] is not None else 1.0)
        return int(np.count_nonzero(weight)) if weight.ndim else self.rows

    @cached_property
    def constant(self) -> float:
        return constant_loss(self.model, *self.data)

    @cached_property
    def decay(self) -> float:
        """α/N, the part of a weight that the penalty α/(2N) Σ w² adds to its gradient; N: samples of a batch."""
        if not (alpha := getattr(self.model, "alpha", 0.0)) or not hasattr(self.model, "network_"):
            return 0.0
        batch = 200 if isinstance(self.model.batch_size, str) else self.model.batch_size
        weight = 1.0 if len(self.data) < 3 or self.data[2] is None else float(np.mean(np.asarray(self.data[2])))
        return float(alpha) / max(min(batch, self.rows) * weight, 1e-300)

    @property
    def penalty(self) -> float:
        """The part of the loss that is α/(2N) Σ w²; 0 if the weights have overflowed."""
        if not self.decay:
            return 0.0
        network = self.model.network_
        w = network.parameters[: network.matrices].astype(np.float64)
        penalty = 0.5 * self.decay * float(w @ w)
        return penalty if math.isfinite(penalty) else 0.0

    @cached_property
    def spread(self) -> tuple[float, int, int]:
        return spread_of_columns(self.data[0])


def relative_step(before: np.ndarray, now: np.ndarray) -> float:
    """|now − before| / |now|"""
    with np.errstate(all="ignore"):
        step = now - before
        return math.sqrt(np.vdot(step, step) / max(np.vdot(now, now), 1e-300))


def weights(model: Any) -> np.ndarray:
    return model.network_.parameters if hasattr(model, "network_") else model.coef_

"""Diagnosis: watches a training, and says once, at its end, what went wrong, with a number and what to try.

    for progress in watched(model, X, y):       # as model.training(X, y), step by step; sets model.diagnosis_
        ...
    train_and_diagnose(model, X, y)             # the same without a pause, at a smaller cost; used by fit
    diagnose(model, losses, X, y)               # the same from a list of losses: a Diagnosis, or None

The diagnosis keeps the losses, or some of them where the curve is smooth, and measures every 64th update.  Only if the
loss has not fallen as it should, at most 512 training rows are sent forward and backward through a copy of the network.
All possible findings: findings.py.
"""

import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from ai_from_scratch.estimator.errors import ConvergenceWarning, DivergenceError, TrainingWarning
from ai_from_scratch.estimator.evidence import Record
from ai_from_scratch.estimator.findings import first_finding, when_diverged
from ai_from_scratch.estimator.progress import Progress
from ai_from_scratch.estimator.sentences import Diagnosis, fit_of, line_of

STEPS_PER_LOOK = 64


def diagnose(model: Any, losses: Sequence[float], X: Any, y: Any = None, sample_weight: Any = None, *,
             updates: Sequence[float] = ()) -> Diagnosis | None:
    """Finds what went wrong in a training: `losses` has one loss for each step, `model` is the model after the last
    step. None if nothing is found.

    X, y: the training data; for a text, X is the text.  updates: |step| / |weights| of the steps that were measured.
    The sentence is str(diagnosis).
    """
    data = (X,) if isinstance(X, str) else (X, y, sample_weight)
    return first_finding(Record(model, data, losses, updates)) if len(losses) else None


def watched(model: Any, *data: Any, speak: bool = True, tol: float = 0.0, method: str = "training",
            **options: Any) -> Iterator[Progress]:
    """model.training(*data, **options); after its last step it sets diagnosis_ and, if `speak`, warns with a
    TrainingWarning.

    tol: above 0 if a tolerance may end the training; if max_iter ends it first, a ConvergenceWarning says so.
    method: the model's method that is called instead of "training".
    """
    record = Record(model, data)
    try:
        for number, progress in enumerate(getattr(model, method)(*data, **options)):
            record.keep([progress])
            if number % STEPS_PER_LOOK < 2:                 # two successive steps
                record.look()
            yield progress
    except DivergenceError as error:
        error.diagnosis = model.diagnosis_ = when_diverged(record, str(error))
        raise
    conclude(record, speak, tol)


def train_and_diagnose(model: Any, *data: Any, speak: bool = True, tol: float = 0.0) -> Progress | None:
    """Takes all steps of model.training(*data), and diagnoses them as `watched` does.  Returns the last step, or None
    if there was none.

    A model without mini-batches has a smooth curve, and its step may take less than 0.1 ms; keeping a loss costs
    0.3 µs.  So after its first 64 steps, three losses of each 64 are kept.
    """
    record, steps = Record(model, data), model.training(*data)
    try:
        while True:
            block: list[Progress] = []
            try:
                for progress in islice(steps, 2):           # two successive steps
                    block.append(progress)
                    record.look()
                rest = islice(steps, STEPS_PER_LOOK - 2)
                smooth = len(record.losses) and not hasattr(model, "network_")
                block.extend(deque(rest, maxlen=1) if smooth else rest)
            finally:                                        # also if the training has diverged in between
                if block:
                    record.keep(block)
            if not block or record.last.step < block[0].step + STEPS_PER_LOOK - 1:
                break                                       # it has ended within these 64
    except DivergenceError as error:
        error.diagnosis = model.diagnosis_ = when_diverged(record, str(error))
        raise
    conclude(record, speak, tol)
    return record.last if len(record.losses) else None


def conclude(record: Record, speak: bool, tol: float) -> None:
    """Sets diagnosis_ after the last step, and warns on behalf of the function that called `fit`."""
    model = record.model
    model.diagnosis_ = None
    if not len(record.losses):
        return                                              # the training began at its end: there was no step to take
    if not (record.ran_out or hasattr(model, "network_")):
        return                                              # a convex problem that met its tolerance is solved
    found = model.diagnosis_ = first_finding(record)
    ran_out = tol > 0 and record.ran_out
    if speak and found and not (ran_out and found.what == "stopped too early"):
        warnings.warn(TrainingWarning(str(found)), stacklevel=4)
    elif speak and ran_out:
        text = f"max_iter={model.max_iter} ended the training before its loss was constant within tol={model.tol:g}."
        longer = line_of({"max_iter": 2 * model.max_iter}, fit_of(record))
        text += f" {found}" if found else f" Try {longer}, or a larger tol."
        warnings.warn(ConvergenceWarning(text), stacklevel=4)


__all__ = ["Diagnosis", "diagnose", "train_and_diagnose", "watched"]

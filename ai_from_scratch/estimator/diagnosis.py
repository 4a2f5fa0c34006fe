"""The doctor: watches a training, and says once, at its end, what went wrong, with its number and what to try.

    for progress in watched(model, X, y):       # as model.training(X, y), step by step; sets model.diagnosis_
        ...
    diagnose(model, losses, X, y)               # the same from a list of losses: a Diagnosis, or None

It keeps the loss of each step and measures every 64th update.  Only where the loss has not fallen as it should, it
sends at most 512 training rows forward and backward through a copy of the network.  What it can find: findings.py.
"""

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

from ai_from_scratch.estimator.errors import ConvergenceWarning, DivergenceError, TrainingWarning
from ai_from_scratch.estimator.evidence import Record
from ai_from_scratch.estimator.findings import first_finding, when_diverged
from ai_from_scratch.estimator.progress import Progress
from ai_from_scratch.estimator.sentences import Diagnosis, fit_of, line_of

STEPS_PER_LOOK = 64


def diagnose(model: Any, losses: Sequence[float], X: Any, y: Any = None, sample_weight: Any = None, *,
             updates: Sequence[float] = ()) -> Diagnosis | None:
    """What is wrong with a training that gave these losses, one for each step, and the model that there is now.

    X, y: what it was trained on, or X a text.  updates: |step| / |weights| of some steps, where they were measured.
    str(diagnosis) is the sentence.
    """
    data = (X,) if isinstance(X, str) else (X, y, sample_weight)
    return first_finding(Record(model, data, losses, updates)) if len(losses) else None


def watched(model: Any, *data: Any, speak: bool = True, tol: float = 0.0, method: str = "training",
            **options: Any) -> Iterator[Progress]:
    """model.training(*data, **options), and after its last step diagnosis_; a TrainingWarning tells it if `speak`.

    tol: where a tolerance may end the training: a ConvergenceWarning says that max_iter ended it first.
    method: of the model, in place of "training".
    """
    record, every = Record(model, data), STEPS_PER_LOOK
    keep, progress = record.losses.append, None
    try:
        for number, progress in enumerate(getattr(model, method)(*data, **options), start=1):
            keep(progress.loss)                             # this loop costs 0.1 µs a step: no call is added to it
            if 0 < number % every < 3:                      # two steps after each other
                if number == 1:
                    model.diagnosis_ = None
                record.look(progress)
            yield progress
    except DivergenceError as error:
        error.diagnosis = model.diagnosis_ = when_diverged(record, str(error))
        raise
    if progress is None:
        model.diagnosis_ = None                             # it began where it ends: there was no step to take
        return
    record.last = progress
    if not (record.ran_out or hasattr(model, "network_")):
        return                                              # a convex problem that met its tolerance is solved
    found = model.diagnosis_ = first_finding(record)
    ran_out = tol > 0 and record.ran_out
    if speak and found and not (ran_out and found.what == "stopped too early"):
        warnings.warn(TrainingWarning(str(found)), stacklevel=3)
    elif speak and ran_out:
        text = f"max_iter={model.max_iter} ended the training before its loss was flat to tol={model.tol:g}."
        longer = line_of({"max_iter": 2 * model.max_iter}, fit_of(record))
        text += f" {found}" if found else f" Try {longer}, or a larger tol."
        warnings.warn(ConvergenceWarning(text), stacklevel=3)


__all__ = ["Diagnosis", "diagnose", "watched"]

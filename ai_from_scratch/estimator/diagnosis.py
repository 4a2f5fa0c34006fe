"""The doctor: watches a training, and says once, at its end, what went wrong, with its number and what to try.

    for progress in watched(model, X, y):       # as model.training(X, y), step by step; sets model.diagnosis_
        ...

It looks at the loss of each step, at every 64th update of the parameters, and at the end at the units of a network
over the last mini-batch, whose forward and backward pass they still hold.  A healthy run has diagnosis_ None.
"""

import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ai_from_scratch.estimator.errors import ConvergenceWarning, DivergenceError, TrainingWarning
from ai_from_scratch.estimator.evidence import STEPS_TO_JUDGE, Record, constant_loss, spread_of_columns
from ai_from_scratch.estimator.progress import Progress

STEPS_FOR_NO_SIGNAL = 200
SMALLEST_UPDATE = 1e-6          # of a step, over the size of the weights; healthy runs have a median of 8e-4 and more
LARGEST_SPREAD = 1e3            # of the columns: the widest range over the narrowest
LARGEST_SHARE = 0.8             # of a layer's units, dead or saturated
LOOKS_BY_HEART = 3              # looks at the held-out score, one after the other


@dataclass(frozen=True)
class Diagnosis:
    """What went wrong: `evidence` is the number that shows it, `limit` the learning rate's 2/λmax where it is known."""

    what: str
    sentence: str
    evidence: float
    where: str = ""             # the layer or the columns, where it is theirs
    limit: float | None = None
    remedies: tuple[str, str] = ("", "")

    def __str__(self) -> str:
        bound = f" The learning rate has to stay below 2/λmax = {self.limit:.4g}." if self.limit else ""
        first, second = self.remedies
        return f"{self.what[0].upper()}{self.what[1:]}: {self.sentence}{bound} Try {first}, or {second}."

    def as_dict(self) -> dict[str, Any]:
        """For JSON, which knows no NaN and no infinity."""
        return {**asdict(self), "text": str(self),
                "evidence": float(self.evidence) if math.isfinite(self.evidence) else None,
                "limit": None if self.limit is None else float(self.limit)}


def watched(model: Any, *data: Any, speak: bool = True, tol: float = 0.0, method: str = "training",
            **options: Any) -> Iterator[Progress]:
    """model.training(*data, **options), and after its last step diagnosis_; a TrainingWarning tells it if `speak`.

    tol: where a tolerance may end the training: a ConvergenceWarning says that max_iter ended it first.
    method: of the model, in place of "training".
    """
    record = Record(model)
    try:
        for progress in getattr(model, method)(*data, **options):
            if not record.losses:
                model.diagnosis_ = None
            record.note(progress)
            yield progress
    except DivergenceError as error:
        model.diagnosis_ = Diagnosis("diverged", str(error), math.inf, "", getattr(model, "learning_rate_limit_", None),
                                     (_slower(model)[0], "inputs with mean 0 and spread 1"))
        raise
    if not record.losses or not (record.ran_out or hasattr(model, "network_")):
        return                                                   # a convex problem that ended by its own rule is solved
    with np.errstate(all="ignore"):
        record.constant, record.spread = constant_loss(model, *data), spread_of_columns(data[0])
        found = model.diagnosis_ = diagnose(record)
    ran_out = tol > 0 and record.ran_out
    if speak and found and not (ran_out and found.what == "stopped too early"):
        warnings.warn(TrainingWarning(str(found)), stacklevel=3)
    elif speak and ran_out:
        text = f"max_iter={model.max_iter} ended the training before its loss was flat to tol={model.tol:g}."
        text += f" {found}" if found else f" Try {_line(model, max_iter=2 * model.max_iter)}, or a larger tol."
        warnings.warn(ConvergenceWarning(text), stacklevel=3)


def diagnose(record: Record) -> Diagnosis | None:
    """The first rule that holds."""
    rules: tuple[Callable[[Record], Diagnosis | None], ...] = (
        unscaled, diverged, not_moving, units_at_fault, by_heart, no_signal, too_early)
    if record.first_step > 1:                                    # a run that was resumed: its start is not known
        rules = diverged, by_heart
    return next((found for rule in rules if (found := rule(record))), None)


# ---- the rules: each returns what it found, or None


def unscaled(r: Record) -> Diagnosis | None:
    spread, widest, narrowest = r.spread
    slow = len(r.losses) >= STEPS_TO_JUDGE and r.ran_out and r.end > 0.5 * r.reference
    if not (spread > LARGEST_SPREAD and (slow or diverged(r))):
        return None
    return Diagnosis(
        "unscaled features", f"column {widest} of X is {spread:.3g} times as wide as column {narrowest}, and the loss "
        f"went from {r.start:.3g} to {r.end:.3g}. The widest column rules the gradient.", spread,
        f"columns {widest} and {narrowest}", getattr(r.model, "learning_rate_limit_", None),
        ("(X - X.mean(axis=0)) / X.std(axis=0) in place of X", "scikit-learn's StandardScaler before this model"))


def diverged(r: Record) -> Diagnosis | None:
    most = float(np.nanmax([r.start, r.constant]))
    if math.isfinite(r.end) and not (r.end > 3 * most and len(r.losses) > 1):
        return None
    name, rate = _rate(r.model)
    return Diagnosis(
        "diverged", f"the loss began at {r.start:.3g} and ended at {r.end:.3g}; {_constant(r)}. "
        f"{name} was {rate:.3g}{_moved(r)}.",
        r.end / r.start if r.start else math.inf, "", getattr(r.model, "learning_rate_limit_", None),
        _slower(r.model))


def not_moving(r: Record) -> Diagnosis | None:
    if not (r.updates and _update(r) < SMALLEST_UPDATE and r.end > 0.98 * r.start and r.stuck):
        return None
    name, rate = _rate(r.model)
    return Diagnosis(
        "not moving", f"a step changes the weights by {_update(r):.2g} of their size (0.001 is usual), and the loss "
        f"went from {r.mean(0, 0.1):.4g} to {r.end:.4g}. {name} was {rate:.3g}.", _update(r), "", None,
        (_line(r.model, **{name: 1e-3}), "a look at the gradients: model.network_.gradients"))


def units_at_fault(r: Record) -> Diagnosis | None:
    network = getattr(r.model, "network_", None)
    if network is None or not hasattr(network, "unit_evidence") or not r.stuck:
        return None
    anew = _line(r.model, warm_start=False) if getattr(r.model, "warm_start", False) else _slower(r.model)[0]
    other = _line(r.model, **({"activation": "tanh"} if hasattr(r.model, "activation") else {"batch_norm": True}))
    told = {"symmetric": ("have equal weights and equal gradients: every update keeps them equal",
                          (anew, "random weights: initial_weights(shape, 'he', rng)")),
            "dead": ("are 0 for every row of the last mini-batch, so their gradient is 0 too", (anew, other)),
            "saturated": ("are at an end of their range, where their slope is almost 0",
                          (anew, "inputs with mean 0 and spread 1"))}
    for kind in told:
        share, layer = max(((share, layer) for layer, found, share in network.unit_evidence() if found == kind),
                           default=(0.0, ""))
        if share > LARGEST_SHARE:
            says, remedies = told[kind]
            return Diagnosis(f"{kind} units", f"{100 * share:.0f} % of the units of {layer} {says}. The loss went from "
                             f"{r.start:.3g} to {r.end:.3g}; {_constant(r)}.", share, layer, None, remedies)
    return None


def no_signal(r: Record) -> Diagnosis | None:
    fell = r.mean(0.8, 0.9) - r.end
    if not (len(r.losses) >= STEPS_FOR_NO_SIGNAL and 0.98 * r.constant < r.end < 1.05 * r.constant
            and fell < 0.05 * r.constant):
        return None
    return Diagnosis(
        "no signal found", f"after {len(r.losses)} steps the loss is {r.end:.4g}; {_constant(r)}. The model found "
        "nothing in X that tells y.", r.end / r.constant, "", None,
        ("a look at whether the rows of X and y still belong together", "other features, or a larger model"))


def too_early(r: Record) -> Diagnosis | None:
    fell = r.mean(0.5, 0.75) - r.mean(0.75, 1.0)                 # a straight fall from start to end: 0.25 of it
    learnt = r.constant if math.isfinite(r.constant) else r.start
    fast = fell > 0.15 * (r.start - r.end) and r.end > 0.5 * learnt
    if not (r.ran_out and len(r.losses) >= 4 and fell > 0.02 * r.end and (fast or r.end > 1.02 * r.constant)):
        return None
    name, rate = _rate(r.model)
    return Diagnosis(
        "stopped too early", f"the loss is {r.end:.3g} and still falls, by {fell:.2g} in the last quarter of "
        f"{len(r.losses)} steps; {_constant(r)}.", fell / (r.start - r.end) if r.start > r.end else fell, "", None,
        (_line(r.model, max_iter=10 * r.model.max_iter), _line(r.model, **{name: 3 * rate})))


def by_heart(r: Record) -> Diagnosis | None:
    looks = r.held_out[-LOOKS_BY_HEART:]
    if len(looks) < LOOKS_BY_HEART:
        return None
    if looks[0][0] == "validation_bits_per_char":                # smaller is better: it has risen, and is far above
        best = min(bits for _, _, bits in r.held_out)
        learnt = [(loss / math.log(2), bits) for _, loss, bits in looks]
        far = all(bits - train > 1 and bits > 1.05 * best for train, bits in learnt)
        words = "bits per character are {:.2f} on the training text and {:.2f} on the validation text"
    else:                                                        # larger is better: accuracy, or R²
        classes, variance = hasattr(r.model, "classes_"), r.constant or math.nan
        # exp(−loss) is the probability that the right class is given, its geometric mean.
        learnt = [(math.exp(-loss) if classes else 1 - loss / variance, score) for _, loss, score in looks]
        far = all(train - score > 0.2 for train, score in learnt)
        words = ("the right class gets a probability of {:.2f} in training, and" if classes else
                 "R² is {:.2f} in training, and") + " the held-out score is {:.2f}"
    if not far:
        return None
    return Diagnosis("learning by heart", f"{words.format(*learnt[-1])}, for {LOOKS_BY_HEART} looks in a row.",
                     learnt[-1][0] - learnt[-1][1], "", None, ("more data", "a stronger penalty or dropout: " + (
                         _line(r.model, dropout=0.3) if hasattr(r.model, "dropout") else _line(r.model, alpha=1.0))))


# ---- their words


def _update(r: Record) -> float:
    return float(np.median(r.updates)) if r.updates else math.nan


def _moved(r: Record) -> str:
    usual = " of the weights' size (0.001 is usual)"
    return f", and a step was {_update(r):.2g}{usual}" if math.isfinite(_update(r)) else ""


def _constant(r: Record) -> str:
    return f"the best constant answer has {r.constant:.3g}" if math.isfinite(r.constant) else "it did not fall"


def _rate(model: Any) -> tuple[str, float]:
    """The name of the parameter that is the learning rate, and its value."""
    name = "learning_rate_init" if hasattr(model, "learning_rate_init") else "learning_rate"
    value = getattr(model, name)
    return name, float(value) if not isinstance(value, str) else getattr(model, "learning_rate_limit_", 2.0) / 2


def _slower(model: Any) -> tuple[str, str]:
    """Two smaller learning rates: a tenth and a hundredth, or, far from the default, near the default."""
    name, rate = _rate(model)
    default = type(model)._defaults()[name]
    if isinstance(default, float) and rate > 100 * default:
        return _line(model, **{name: 10 * default}), _line(model, **{name: default})
    return _line(model, **{name: rate / 10}), _line(model, **{name: rate / 100})


def _line(model: Any, **values: Any) -> str:
    """The line of code that changes a parameter and trains again."""
    told = ", ".join(f"{name}={value:.3g}" if isinstance(value, float) else f"{name}={value!r}"
                     for name, value in values.items())
    return f"model.set_params({told}).fit({'text' if type(model).__name__ == 'CharRNN' else 'X, y'})"

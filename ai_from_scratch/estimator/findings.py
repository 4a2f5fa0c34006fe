"""The findings of the diagnosis: a rule for each fault of a training, its sentence, and two things to try.

A rule takes a Record and returns a Diagnosis, or None.  Documentation: documentation/when_training_fails.md
"""

import math
from collections.abc import Callable, Iterable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from ai_from_scratch.estimator.evidence import STEPS_FOR_UNITS, STEPS_TO_JUDGE, Record, class_shares
from ai_from_scratch.estimator.sentences import (
    SCALING_LINE,
    Diagnosis,
    best_constant,
    by_steps,
    column,
    found,
    learning_rate,
    limit,
    moved,
    rate_was,
    slower,
    went,
)

LARGEST_GROWTH = 3              # of the loss, from the start to the end of the training
SMALLEST_UPDATE = 1e-6          # relative to the size of the weights; for a learning rate, relative to its limit 2/λmax
LARGEST_SPREAD = 1e3            # of the columns: the widest range over the narrowest
LARGEST_SHARE = 0.8             # of a layer's units: dead, saturated or equal
STEPS_FOR_NO_SIGNAL = 200
RARE_CLASS = 0.05               # the share of the samples


def first_finding(r: Record) -> Diagnosis | None:
    rules: tuple[Callable[[Record], Diagnosis | None], ...] = (
        unscaled, diverged, not_moving, units_at_fault, by_heart, no_signal, too_early)
    with np.errstate(all="ignore"):
        return next((found for rule in rules if (found := rule(r))), None)


# ---- the rules, in the order in which they are tried


def unscaled(r: Record) -> Diagnosis | None:
    slow = r.steps >= STEPS_TO_JUDGE and r.ran_out and r.end > 0.5 * r.reference
    if not (slow or diverged(r)) or r.spread[0] <= LARGEST_SPREAD:
        return None
    spread, widest, narrowest = r.spread[0], column(r, r.spread[1]), column(r, r.spread[2])
    return found(
        r, "unscaled features", f"{widest} of X is {spread:.3g} times as wide as {narrowest}, and {went(r)}. One step "
        f"size does not suit both.{limit(r.model)}", spread, f"{widest}, {narrowest}",
        (SCALING_LINE, "make_pipeline(StandardScaler(), model).fit(X, y) with scikit-learn"))


def diverged(r: Record) -> Diagnosis | None:
    begun = r.start if r.first_step == 1 else r.constant       # a resumed run may already have been far off
    if r.end <= LARGEST_GROWTH * begun or (r.steps == 1 and math.isfinite(r.end)):
        return None
    if r.end <= LARGEST_GROWTH * r.constant:                   # the loss is still below the loss of the constant answer
        return None
    return found(
        r, "diverged", f"{went(r)}; {best_constant(r)}. {rate_was(r.model)}{moved(r)}.{limit(r.model)}",
        r.end / begun if begun else math.inf, "", slower(r))


def when_diverged(r: Record, error: str) -> Diagnosis:
    """The finding for a training that ended in a DivergenceError, whose message says where and why."""
    growth = r.losses[-1] / r.losses[0] if len(r.losses) and r.losses[0] else math.inf
    return found(r, "diverged", error if error.endswith(".") else f"{error}.", growth, "", slower(r))


def not_moving(r: Record) -> Diagnosis | None:
    if not r.stuck or r.end <= 0.98 * r.start:
        return None
    bound, (name, rate) = getattr(r.model, "learning_rate_limit_", None), learning_rate(r.model)
    if r.update < SMALLEST_UPDATE:
        evidence, tiny = r.update, f"a step changes the weights by {r.update:.2g} of their size (0.001 is usual)"
    elif bound and by_steps(r.model) and rate < SMALLEST_UPDATE * bound:
        evidence, tiny = rate / bound, f"the learning rate is {rate / bound:.2g} of its limit 2/λmax = {bound:.4g}"
    else:
        return None
    usual = {name: type(r.model)._defaults()[name]}
    return found(
        r, "not moving", f"{tiny}, and {went(r)} in {r.steps} steps. {rate_was(r.model)}.", evidence, "",
        (usual, {"solver": type(r.model)._defaults()["solver"]} if bound else
         "np.linalg.norm(model.network_.gradients), which is 0 if no gradient arrives"))


def units_at_fault(r: Record) -> Diagnosis | None:
    look = unit_evidence_of(r.model) if r.not_fallen(STEPS_FOR_UNITS) else None
    if look is None:
        return None
    anew = {"warm_start": False} if getattr(r.model, "warm_start", False) else slower(r)[0]
    other = {"activation": "tanh"} if hasattr(r.model, "activation") else {"batch_norm": True} if hasattr(
        r.model, "batch_norm") else slower(r)[1]
    told = {"symmetric": ("have equal weights and equal gradients, so every step keeps them equal",
                          (anew, 'layer.W[...] = initial_weights(layer.W.shape, "he", rng) for each Dense layer')),
            "dead": ("are 0 for every row, so their gradient is 0 too", (anew, other)),
            "saturated": ("are at an end of their range, where the slope is almost 0",
                          (anew, slower(r)[1] if isinstance(r.data[0], str) else SCALING_LINE))}
    X, y = (*r.data, None)[:2]                                  # a text has no y
    units = list(look(r.model, X, y))
    for kind, (says, remedies) in told.items():
        share, layer = max(((share, layer) for layer, what, share in units if what == kind), default=(0.0, ""))
        if share > LARGEST_SHARE:
            return found(r, f"{kind} units", f"{100 * share:.0f} % of the units of {layer} {says}; {went(r)}. "
                         f"{best_constant(r)[0].upper()}{best_constant(r)[1:]}.", share, layer, remedies)
    return None


def unit_evidence_of(model: Any) -> Callable[..., Iterable[tuple[str, str, float]]] | None:
    """The function that examines the units of this model's network: `unit_evidence` of the chapter from which a part of
    the model comes."""
    for cls in type(getattr(model, "network_", None)).__mro__:
        name = f"{cls.__module__.split('.')[0]}.diagnosis"
        if name.endswith("_From_Scratch.diagnosis") and find_spec(name):
            return import_module(f"{name}.units").unit_evidence
    return None


def by_heart(r: Record) -> Diagnosis | None:
    looks = r.held_out()
    if not looks:
        return None
    if hasattr(r.model, "validation_curve_"):                   # bits per character: smaller is better
        best = min(bits for _, bits in r.model.validation_curve_)
        learnt = [(loss / math.log(2), bits) for loss, bits in looks]
        far = all(bits - train > 1 and bits > 1.05 * best for train, bits in learnt)
        words = "bits per character are {:.2f} on the training text and {:.2f} on the validation text"
    else:                                                       # accuracy, or R²: larger is better
        classes = hasattr(r.model, "classes_")
        # exp(−loss) is the geometric mean of the probabilities of the right classes.
        learnt = [(math.exp(-loss) if classes else 1 - loss / r.constant, score) for loss, score in looks]
        far = all(train - score > 0.2 for train, score in learnt)
        words = ("the right class gets a probability of {:.2f} in training, and" if classes else
                 "R² is {:.2f} in training, and") + " the held-out score is {:.2f}"
    if not far:
        return None
    small = {"units": max(1, r.model.units // 2)} if hasattr(r.model, "units") else {
        "hidden_layer_sizes": tuple(max(1, int(units) // 4) for units in np.atleast_1d(r.model.hidden_layer_sizes))}
    penalty = {"dropout": 0.3} if hasattr(r.model, "dropout") else {"alpha": 1.0}
    return found(r, "learning by heart", f"{words.format(*learnt[-1])}, at {len(looks)} evaluations in a row.",
                 learnt[-1][0] - learnt[-1][1], "", (penalty, small))


def no_signal(r: Record) -> Diagnosis | None:
    flat = not r.ran_out or r.mean(0.8, 0.9) - r.end < 0.05 * r.constant
    if not (flat and r.steps >= STEPS_FOR_NO_SIGNAL and 0.98 * r.constant < r.end < 1.1 * r.constant):
        return None
    few = "model.fit(text[:200])" if isinstance(r.data[0], str) else (
        "rows = np.random.default_rng(0).permutation(len(X))[:20]; model.fit(X[rows], y[rows])")
    line = f"{few}, because a network that cannot learn even these by heart has another fault"
    rare, second = "", {"hidden_layer_sizes": (256, 256)} if hasattr(r.model, "hidden_layer_sizes") else SCALING_LINE
    if hasattr(r.model, "classes_") and len(r.model.classes_) == 2:
        shares = class_shares(np.asarray(r.data[1]))
        share, label = float(shares.min()), r.model.classes_[shares.argmin()].tolist()
        if share < RARE_CLASS:
            rare = (f" The class {label!r} has {100 * share:.2g} % of the samples: the constant answer is right for "
                    f"{100 - 100 * share:.4g} %, so accuracy hides this.")
            if len(r.data) == 3:                                # its fit takes weights
                line = (f"model.fit(X, y, sample_weight=np.where(y == {label!r}, {round(1 / share) - 1}, 1)), which "
                        "counts both classes alike")
    return found(r, "no signal found", f"after {r.steps} steps the loss is {r.end:.4g}; {best_constant(r)}. The "
                                       f"model found nothing in X that predicts y.{rare}", r.end / r.constant, "",
                 (line, second))


def too_early(r: Record) -> Diagnosis | None:
    fell = r.mean(0.5, 0.75) - r.mean(0.75, 1.0)               # a straight fall from start to end would give 0.25 of it
    if not (r.ran_out and r.steps >= 4 and fell > 0.02 * r.end):
        return None
    if r.first_step > 1 and r.steps < 4 * r.steps_per_pass:       # its quarters are different parts of a text
        return None
    learnt = r.constant if math.isfinite(r.constant) else r.start
    if not ((fell > 0.15 * (r.untrained - r.end) and r.end > 0.5 * learnt) or r.end > 1.02 * r.constant):
        return None
    name, rate = learning_rate(r.model)
    bound = getattr(r.model, "learning_rate_limit_", math.inf)
    faster = {name: 3 * rate} if by_steps(r.model) and 3 * rate < bound else SCALING_LINE
    return found(
        r, "stopped too early", f"the loss is {r.end:.3g} and still falls, by {fell:.2g} in the last quarter of "
        f"{r.steps} steps; {best_constant(r)}.",
        fell / (r.start - r.end) if r.start > r.end else fell, "", ({"max_iter": 10 * r.model.max_iter}, faster))

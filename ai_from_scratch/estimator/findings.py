"""The findings of the diagnosis: a rule for each fault of a training, its sentence, and two things to try.

A rule takes a Record and returns a Diagnosis, or None.  Documentation: documentation/when_training_fails.md
"""

import math
from collections.abc import Callable, Iterable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from ai_from_scratch.estimator.data_evidence import class_shares
from ai_from_scratch.estimator.data_findings import constant_columns, strong_penalty, unscaled, unscaled_target
from ai_from_scratch.estimator.evidence import STEPS_FOR_UNITS, STEPS_TO_JUDGE, Record
from ai_from_scratch.estimator.sentences import (
    SCALING_LINE,
    Diagnosis,
    best_constant,
    by_steps,
    far_above_default,
    found,
    larger,
    learning_rate,
    limit,
    moved,
    rate_was,
    regular,
    slower,
    went,
)

LARGEST_GROWTH = 3              # of the loss, from the start to the end of the training
SMALLEST_UPDATE = 1e-6          # relative to the size of the weights; for a learning rate, relative to its limit 2/λmax
SMALLEST_UPDATE_AT_ONCE = 1e-4  # where a tolerance has ended a training whose loss did not fall
LARGEST_SHARE = 0.8             # of a layer's units: dead, saturated or equal
UNITS_FOR_CHANCE = 8            # random weights may give fewer units that are all dead at the start
STEPS_FOR_NO_SIGNAL = 200       # or 8 if a tolerance ended the training
STEPS_FOR_FEW = 5000            # 20 rows are one mini-batch: so many are enough to learn them by heart
RARE_CLASS = 0.05               # the share of the samples


def first_finding(r: Record) -> Diagnosis | None:
    with np.errstate(all="ignore"):
        if r.has_learnt:                                        # no other rule holds then
            return by_heart(r)
        rules: tuple[Callable[[Record], Diagnosis | None], ...] = (
            strong_penalty, lambda r: unscaled(r, diverged(r) is not None), unscaled_target, diverged, constant_columns,
            not_moving, units_at_fault, by_heart, thrown_off, no_signal, too_early, worse_than_constant)
        return next((found for rule in rules if (found := rule(r))), None)


# ---- the rules, in the order in which they are tried


def diverged(r: Record) -> Diagnosis | None:
    begun = r.start if r.first_step == 1 else r.constant       # a resumed run may already have been far off
    bound = getattr(r.model, "learning_rate_limit_", math.inf) if by_steps(r.model) else math.inf
    above_limit = learning_rate(r.model)[1] > bound and r.end > 1.02 * r.constant
    grown = not r.end <= LARGEST_GROWTH * begun and not (r.steps == 1 and math.isfinite(r.end))
    if not (above_limit or (grown and not r.end <= LARGEST_GROWTH * r.constant)):
        return None
    return found(
        r, "diverged", f"{went(r)}; {best_constant(r)}. {rate_was(r.model)}{moved(r)}.{limit(r.model)}",
        r.end / begun if begun else math.inf, "", slower(r))


def when_diverged(r: Record, error: str) -> Diagnosis:
    """The finding for a training that ended in a DivergenceError, whose message says where and why."""
    growth = r.losses[-1] / r.losses[0] if len(r.losses) and r.losses[0] else math.inf
    return found(r, "diverged", error if error.endswith(".") else f"{error}.", growth, "", slower(r))


def not_moving(r: Record) -> Diagnosis | None:
    bound, (name, rate) = getattr(r.model, "learning_rate_limit_", None), learning_rate(r.model)
    # So small a rate moves nothing, however few the steps are and however the losses of the mini-batches differ.
    network = hasattr(r.model, "network_")                      # others may have no learning rate, or "auto"
    tiny_rate = network and rate < SMALLEST_UPDATE * type(r.model)._defaults()[name] and r.not_fallen(2)
    if not tiny_rate and (not r.stuck or r.end <= 0.98 * min(r.start, r.mean(0, 0.1))):
        return None                                             # the first chunk of a text may be a hard one
    at_once = not r.ran_out and r.end > 0.9 * r.constant        # a tolerance ended it before anything was learnt
    if r.update < (SMALLEST_UPDATE_AT_ONCE if at_once else SMALLEST_UPDATE):
        evidence, tiny = r.update, f"a step changes the weights by {r.update:.2g} of their size (0.001 is usual)"
    elif bound and by_steps(r.model) and rate < SMALLEST_UPDATE * bound:
        evidence, tiny = rate / bound, f"the learning rate is {rate / bound:.2g} of its limit 2/λmax = {bound:.4g}"
    else:
        return None
    usual = type(r.model)._defaults()
    remedies: tuple[Any, Any] = {name: usual[name]}, (
        {"solver": usual["solver"]} if bound else {name: 3 * usual[name]})
    if not bound and rate >= usual[name]:                       # the gradient is what is small
        remedies = ({"clip": usual["clip"]} if getattr(r.model, "clip", 1) < 0.01 else {name: 10 * rate},
                    "np.linalg.norm(model.network_.gradients), which is 0 if no gradient arrives")
    return found(r, "not moving", f"{tiny}, and {went(r)} in {r.steps} steps. {rate_was(r.model)}.", evidence, "",
                 remedies)


def units_at_fault(r: Record) -> Diagnosis | None:
    look = unit_evidence_of(r.model) if r.not_fallen(1) else None
    if look is None:
        return None
    # After a few steps a layer of which a part is dead may recover, but for steps that are far too large; a layer that
    # is dead or symmetric as a whole cannot: no gradient passes through it, or all its units get the same one.
    enough = r.not_fallen(STEPS_FOR_UNITS) or (r.steps > 1 and far_above_default(r.model) and above_constant(r))
    again = {"warm_start": False} if getattr(r.model, "warm_start", False) else {}     # else the same units come back
    anew = again or slower(r)[0]
    if not again and far_above_default(r.model):
        other = slower(r)[1]
    else:
        other = again | ({"activation": "tanh"} if hasattr(r.model, "activation") else {"batch_norm": True}
                         if getattr(r.model, "batch_norm", True) is False else slower(r)[1])
    told = {"symmetric": ("have equal weights and equal gradients, so every step keeps them equal",
                          (anew, 'layer.W[...] = initial_weights(layer.W.shape, "he", rng) for each Dense layer')),
            "dead": ("are 0 for every row, so their gradient is 0 too", (anew, other)),
            "saturated": ("are at an end of their range, where the slope is almost 0",
                          (anew, again | {"activation": "relu"} if again else slower(r)[1]
                           if isinstance(r.data[0], str) else SCALING_LINE))}
    X, y = (*r.data, None)[:2]                                  # a text has no y
    units = list(look(r.model, X, y))
    for kind, (says, remedies) in told.items():
        least = {"symmetric": 2, "dead": UNITS_FOR_CHANCE}.get(kind, math.inf)      # units of a layer that is sure
        share, layer = max(((share, layer) for layer, what, share, number in units
                            if what == kind and (enough or (share == 1 and number >= least))), default=(0.0, ""))
        if share > LARGEST_SHARE:
            return found(r, f"{kind} units", f"{100 * share:.0f} % of the units of {layer} {says}; {went(r)}. "
                         f"{best_constant(r)[0].upper()}{best_constant(r)[1:]}.", share, layer, remedies)
    return None


def unit_evidence_of(model: Any) -> Callable[..., Iterable[tuple[str, str, float, int]]] | None:
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
    name, least = ("dropout", 0.3) if hasattr(r.model, "dropout") else ("alpha", 1.0)
    now = float(getattr(r.model, name))
    penalty = {name: least if now < least else (1 + now) / 2 if name == "dropout" else 10 * now}
    return found(r, "learning by heart", f"{words.format(*learnt[-1])}, at {len(looks)} evaluations in a row.",
                 learnt[-1][0] - learnt[-1][1], "", (penalty, small))


def above_constant(r: Record) -> bool:
    return r.end - r.penalty > 0.98 * r.constant


def thrown_off(r: Record) -> Diagnosis | None:
    """A step threw the loss far up, and the training has not brought it back.  Only for classes and texts: the squared
    error of one mini-batch may be far above that of another."""
    entropy, peak = hasattr(r.model, "classes_") or isinstance(r.data[0], str), max(r.losses)
    if not (entropy and far_above_default(r.model) and above_constant(r)
            and peak > LARGEST_GROWTH * max(r.untrained, r.constant)):
        return None
    step = r.numbers[r.losses.index(peak)]
    return found(r, "diverged", f"the loss rose from {r.start:.4g} to {peak:.4g} at step {step}, and ended at "
                 f"{r.end:.4g}; {best_constant(r)}. {rate_was(r.model)}{moved(r)}.", peak / r.start, "", slower(r))


def no_signal(r: Record) -> Diagnosis | None:
    flat, enough = not r.ran_out or r.mean(0.8, 0.9) - r.end < 0.05 * r.constant, STEPS_FOR_NO_SIGNAL
    if not r.ran_out:
        enough = STEPS_TO_JUDGE // 4
    if not (flat and r.steps >= enough and 0.98 * r.constant < r.end - r.penalty < 1.1 * r.constant):
        return None
    few = f"model.set_params(max_iter={STEPS_FOR_FEW}).fit(text[:200])" if isinstance(r.data[0], str) else (
        f"rows = np.random.default_rng(0).permutation(len(X))[:20]; model.set_params(max_iter={STEPS_FOR_FEW}"
        f"{', tol=0.0' if hasattr(r.model, 'tol') else ''}).fit(X[rows], y[rows])")
    line = f"{few}, because a network that cannot learn even these by heart has another fault"
    without = regular(r)
    remedies: tuple[Any, Any] = (without, line) if without else (line, larger(r))
    rare = ""
    if hasattr(r.model, "classes_") and len(r.model.classes_) == 2:
        shares = class_shares(np.asarray(r.data[1]))
        share, label = float(shares.min()), r.model.classes_[shares.argmin()].tolist()
        if share < RARE_CLASS:
            rare = (f" The class {label!r} has {100 * share:.2g} % of the samples: the constant answer is right for "
                    f"{100 - 100 * share:.4g} %, so accuracy hides this.")
            if len(r.data) == 3:                                # its fit takes weights
                remedies = (f"model.fit(X, y, sample_weight=np.where(y == {label!r}, {round(1 / share) - 1}, 1)), "
                            "which counts both classes alike", remedies[1])
    return found(r, "no signal found", f"after {r.steps} steps the loss is {r.end:.4g}; {best_constant(r)}. The "
                                       f"model found nothing in X that predicts y.{rare}", r.end / r.constant, "",
                 remedies)


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
    remedies = {"max_iter": 10 * r.model.max_iter}, (
        {name: 3 * rate} if by_steps(r.model) and 3 * rate < bound else SCALING_LINE)
    high = far_above_default(r.model)                           # a larger rate would make it worse
    return found(
        r, "stopped too early", f"the loss is {r.end:.3g} and still falls, by {fell:.2g} in the last quarter of "
        f"{r.steps} steps; {best_constant(r)}.{f' {rate_was(r.model)}.' if high else ''}",
        fell / (r.start - r.end) if r.start > r.end else fell, "", slower(r) if high else remedies)


def worse_than_constant(r: Record) -> Diagnosis | None:
    """No other rule has found why."""
    enough = STEPS_FOR_NO_SIGNAL if r.ran_out else STEPS_TO_JUDGE // 4
    if not (hasattr(r.model, "network_") and r.steps >= enough and r.end - r.penalty > 1.02 * r.constant > 0):
        return None
    longer = {"max_iter": 10 * r.model.max_iter} | ({} if r.ran_out else {"tol": 0.0})
    name, rate = learning_rate(r.model)
    other = {name: 3 * rate} if r.end < r.start else {name: rate / 10}
    return found(r, "worse than a constant answer", f"after {r.steps} steps the loss is {r.end:.4g}; "
                 f"{best_constant(r)}. {rate_was(r.model)}{moved(r)}.", r.end / r.constant, "",
                 slower(r) if far_above_default(r.model) else (regular(r) or longer, longer if regular(r) else other))

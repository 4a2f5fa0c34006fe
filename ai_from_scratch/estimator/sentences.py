"""A diagnosis, and the parts of its sentences: what the loss did, the learning rate and its limit, a column's name."""

import math
from typing import Any, NamedTuple

import numpy as np

from ai_from_scratch.estimator.evidence import Record

SCALING_LINE = "X = (X - X.mean(axis=0)) / X.std(axis=0) before the fit"


class Diagnosis(NamedTuple):
    """The result of a diagnosis: what went wrong."""

    what: str                   # "diverged", "dead units" …
    sentence: str
    evidence: float             # the number that shows the fault
    where: str = ""             # the layer or the columns
    limit: float | None = None  # the learning rate's limit 2/λmax, if it is known
    remedies: tuple = ()        # two: a dict {parameter: new value}, or a line of code with its reason
    fit: str = "fit(X, y)"

    def __str__(self) -> str:
        return self.text()

    def text(self, command: str = "") -> str:
        """The sentence.  With a command, "python run_all.py nn", new parameters are written as its options."""
        first, second = (line_of(remedy, self.fit, command) for remedy in self.remedies)
        return f"{self.what[0].upper()}{self.what[1:]}: {self.sentence} Try {first}, or {second}."

    def as_dict(self, command: str = "") -> dict[str, Any]:
        """The entry for JSON, which has no NaN and no infinity."""
        return {"what": self.what, "where": self.where, "text": self.text(command),
                "evidence": float(self.evidence) if math.isfinite(self.evidence) else None,
                "limit": None if self.limit is None else float(self.limit),
                "try": [line_of(remedy, self.fit, command) for remedy in self.remedies]}


def line_of(remedy: Any, fit: str, command: str = "") -> str:
    """The line to type: Python code that changes parameters and trains again, or a command with --set."""
    if isinstance(remedy, str):
        return remedy
    told = {name: f"{value:.3g}" if isinstance(value, float) else repr(value) for name, value in remedy.items()}
    if command:
        return " ".join([command, *(f"--set {name}={value}" for name, value in told.items())])
    return f"model.set_params({', '.join(f'{name}={value}' for name, value in told.items())}).{fit}"


def fit_of(r: Record) -> str:
    return "fit(text)" if isinstance(r.data[0], str) else "fit(X, y)"


def found(r: Record, what: str, sentence: str, evidence: float, where: str, remedies: tuple) -> Diagnosis:
    bound = getattr(r.model, "learning_rate_limit_", None) if by_steps(r.model) else None
    bound = None if bound is None else float(bound)
    return Diagnosis(what, sentence, float(evidence), where, bound, remedies, fit_of(r))


def went(r: Record) -> str:
    return f"the loss went from {r.start:.4g} to {r.end:.4g}"


def best_constant(r: Record) -> str:
    known = math.isfinite(r.constant)
    return f"the best constant answer has {r.constant:.3g}" if known else "the loss of the best constant is not known"


def column(r: Record, j: int) -> str:
    names = getattr(r.model, "feature_names_in_", None)
    return f"column {j}" if names is None else f"column {names[j]!r}"


def moved(r: Record) -> str:
    known = math.isfinite(r.update)
    return f", and a step was {r.update:.2g} of the weights' size (0.001 is usual)" if known else ""


def limit(model: Any) -> str:
    if not by_steps(model) or not hasattr(model, "learning_rate_limit_"):
        return ""
    momentum = " (1 + momentum)" if getattr(model, "momentum", 0) else ""
    return f" On this data the learning rate must stay below 2{momentum}/λmax = {model.learning_rate_limit_:.4g}."


def by_steps(model: Any) -> bool:
    """True if the training consists of steps of a learning rate; Newton and L-BFGS have none."""
    return hasattr(model, "network_") or getattr(model, "solver", "") == "gradient_descent"


def learning_rate(model: Any) -> tuple[str, float]:
    """The name of the parameter that is the learning rate, and its value; "auto" is half of the limit."""
    name = "learning_rate_init" if hasattr(model, "learning_rate_init") else "learning_rate"
    value = getattr(model, name)
    return name, float(value) if not isinstance(value, str) else getattr(model, "learning_rate_limit_", 2.0) / 2


def rate_was(model: Any) -> str:
    return "{} was {:.3g}".format(*learning_rate(model))


def slower(r: Record) -> tuple[Any, Any]:
    """Two remedies that make a step smaller."""
    name, rate = learning_rate(r.model)
    default = type(r.model)._defaults()[name]
    if not isinstance(default, float):                          # "auto" is safe for this data
        return {name: default}, SCALING_LINE
    if not far_above_default(r.model):
        return {name: rate / 10}, {name: rate / 100}
    if getattr(r.model, "solver", "") == "sgd":                 # its steps are smaller than Adam's
        return {name: 10 * default}, {name: default}
    return {name: default}, {name: 3 * default}


def far_above_default(model: Any) -> bool:
    """True if the learning rate is more than ten times the default."""
    name, rate = learning_rate(model)
    default = type(model)._defaults()[name]
    return isinstance(default, float) and rate > 10 * default


def regular(r: Record) -> dict[str, Any]:
    """The remedy if so much is dropped in training that nothing can be learnt; {} if not."""
    return {name: 0.0 for name in ("dropout", "layer_dropout") if getattr(r.model, name, 0.0) > 0.5}


def larger(r: Record) -> Any:
    """The remedy that makes a network larger; its score on rows that are held out shows whether that helps."""
    if hasattr(r.model, "units"):
        return {"units": 2 * r.model.units}
    if not hasattr(r.model, "hidden_layer_sizes"):
        return SCALING_LINE
    units = max([128, *np.atleast_1d(r.model.hidden_layer_sizes).tolist()])
    return {"hidden_layer_sizes": (2 * int(units), 2 * int(units))} | (
        {"early_stopping": True} if hasattr(r.model, "early_stopping") else {})

"""Measures the claims of a chapter: each gives comparisons, of which each has an error and a tolerance."""

from __future__ import annotations

import hashlib
import importlib
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from ai_from_scratch.claims import Claim, Gradient, Invariant, Layer, Loss, Reference, Shipped, Twin
from proof import references
from proof.compare import Comparison, compare
from proof.gradients import Problem, layer_problem, loss_problem

CLAIM_KINDS = ("finite differences", "scikit-learn", "PyTorch", "plain = fast", "invariants", "weights")
SMALLEST_SCALE = 1e-300                     # references are compared relative to their largest number, however small


@dataclass
class Measured:
    """A claim and its result."""

    claim: Claim
    kind: str                               # one of CLAIM_KINDS
    comparisons: tuple[Comparison, ...] = ()
    problem: str = ""                       # an exception, in words
    seconds: float = 0.0

    @property
    def holds(self) -> bool:
        return not self.problem and all(comparison.holds for comparison in self.comparisons)

    @property
    def error(self) -> float:
        return np.inf if self.problem else max((c.error for c in self.comparisons), default=0.0)

    @property
    def numbers(self) -> int:
        return sum(comparison.numbers for comparison in self.comparisons)

    @property
    def words(self) -> str:
        return self.problem or "; ".join(c.words for c in self.comparisons if not c.holds)


@dataclass
class ChapterProof:
    """A chapter's claims, measured."""

    title: str
    folder: str
    measured: list[Measured] = field(default_factory=list)
    suspects: list[str] = field(default_factory=list)        # the functions to look at, if a claim fails

    @property
    def holds(self) -> bool:
        return bool(self.measured) and all(one.holds for one in self.measured)


def claims_of(folder: str) -> list[Claim]:
    """The claims in <Chapter>/demo/checks.py; none if a chapter has no such file."""
    if find_spec(f"{folder}.demo") is None or find_spec(f"{folder}.demo.checks") is None:
        return []
    return list(importlib.import_module(f"{folder}.demo.checks").claims())


def prove(title: str, folder: str, tell: Callable[[str], Any] = lambda words: None) -> ChapterProof:
    """Measures everything that the chapter claims; if a claim fails, searches for the wrong function."""
    from proof.suspects import suspects

    proof = ChapterProof(title, folder)
    for claim in claims_of(folder):
        tell(claim.what)
        proof.measured.append(measure(folder, claim))
    if not proof.holds:
        tell("what is wrong")
        proof.suspects = suspects(folder, proof.measured)
    return proof


def measure(folder: str, claim: Claim) -> Measured:
    kind, start = kind_of(claim), time.perf_counter()
    try:
        with quiet():
            result = Measured(claim, kind, compared(folder, claim))
    except Exception as error:               # a mistake may raise anything; the report continues, and says where
        result = Measured(claim, kind, problem=f"{type(error).__name__}: {error}")
    result.seconds = time.perf_counter() - start
    return result


@contextmanager
def quiet() -> Iterator[None]:
    """Wrong code overflows and warns: the numbers already show this."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def kind_of(claim: Claim) -> str:
    if isinstance(claim, Reference):
        return references.TITLES[references.top(claim.library)]
    return {Twin: "plain = fast", Invariant: "invariants", Shipped: "weights"}.get(type(claim), "finite differences")


def problem_of(claim: Claim) -> Problem | None:
    """The part of a gradient's claim that finite differences can check."""
    if isinstance(claim, Layer):
        return layer_problem(claim.layer, claim.X, claim.tolerance)
    if isinstance(claim, Loss):
        return loss_problem(claim.loss, claim.logits, claim.arguments, claim.tolerance)
    if isinstance(claim, Gradient):
        return Problem(claim.what, dict(claim.arrays), claim.value, claim.gradients, claim.tolerance)
    return None


def compared(folder: str, claim: Claim) -> tuple[Comparison, ...]:
    problem = problem_of(claim)
    if problem is not None:
        return problem.comparisons()
    if isinstance(claim, Twin):
        return of_arrays(claim.plain(), claim.fast(), claim.tolerance, "the other way")
    if isinstance(claim, Invariant):
        errors = np.asarray(claim.errors(), dtype=np.float64)
        return (compare("error", errors, np.zeros_like(errors), claim.tolerance, "the rule", scale=1.0),)
    if isinstance(claim, Reference):
        return against_library(folder, claim)
    assert isinstance(claim, Shipped)
    return shipped(claim)


def of_arrays(ours: Any, theirs: Any, tolerance: float, other: str) -> tuple[Comparison, ...]:
    missing = set(ours) ^ set(theirs)
    if missing:
        raise LookupError(f"{', '.join(sorted(missing))}: on one side only")
    return tuple(compare(name, ours[name], theirs[name], tolerance, other, SMALLEST_SCALE) for name in ours)


def against_library(folder: str, claim: Reference) -> tuple[Comparison, ...]:
    ours, name = claim.ours(), references.top(claim.library)
    title, found = references.TITLES[name], references.of_claim(folder, claim)
    if not found:
        raise LookupError("nothing is recorded for it: python tools/make_references.py")
    rows = of_arrays(ours, found, claim.tolerance, f"{title} {references.recorded(folder)[1][name]}, recorded,")
    if references.library_version(name):
        live = of_arrays(ours, references.ask(claim), claim.tolerance, f"{title} {references.library_version(name)}")
        rows += tuple(row._replace(name=f"{row.name}, live") for row in live)
    return rows


def shipped(claim: Shipped) -> tuple[Comparison, ...]:
    path = Path(claim.path)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    same = found == claim.sha256
    words = "" if same else f"{path.name} has the checksum {found[:12]}…, recorded is {claim.sha256[:12]}…"
    value = claim.measure()
    reached = compare(claim.what, value, claim.recorded, claim.tolerance, "the record")
    return Comparison("checksum", 1, 0.0 if same else np.inf, 0.0, words), reached

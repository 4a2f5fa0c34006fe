"""A picture for each chapter: the error of every gradient, for each step size h of the finite differences.

A right gradient has a V.  On its right side h is too large: the error of the difference quotient is proportional to h².
On its left side rounding decides: its error is proportional to 1/h.  A wrong gradient has a level line, because its
error is the same for every h.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ai_from_scratch.gradient_check import gradient_error, numerical_gradient
from proof.gradients import Problem
from proof.measure import claims_of, problem_of

STEP_SIZES = 10.0 ** np.arange(-12, 0.5, 0.5)      # h
MAX_NUMBERS = 80                                   # in an array: a larger one would take too long


def curves(folder: str) -> dict[str, list[float]]:
    """"Dense: dW" -> the error at each of STEP_SIZES."""
    found: dict[str, list[float]] = {}
    for claim in claims_of(folder):
        problem = problem_of(claim)
        if problem is not None:
            found |= {f"{claim.what}: d{name}": errors for name, errors in of_problem(problem).items()}
    return found


def of_problem(problem: Problem) -> dict[str, list[float]]:
    with np.errstate(all="ignore"):
        claimed = {name: np.array(array) for name, array in problem.gradients().items()}
        return {name: [gradient_error(claimed[name], numerical_gradient(problem.value, array, h)) for h in STEP_SIZES]
                for name, array in problem.arrays.items() if array.size <= MAX_NUMBERS and name in claimed}


def draw(title: str, errors: dict[str, list[float]], path: Path) -> None:
    from ai_from_scratch.stage.theme import GREY, new_figure

    figure = new_figure((8, 5))
    axes = figure.subplots()
    for name, values in errors.items():
        axes.loglog(STEP_SIZES, np.maximum(values, 1e-16), alpha=0.7, linewidth=1.2)
        lowest = int(np.argmin(values))
        if min(values) > 1e-6:
            axes.text(STEP_SIZES[lowest], values[lowest], name, fontsize=8)
    axes.axvline(1e-6, color=GREY, linewidth=0.8, linestyle=":")
    axes.text(1.2e-6, 3e-16, "the step size of the check", color=GREY, fontsize=8)
    axes.set(xlabel="step size h of the finite difference", ylabel="largest relative error", ylim=(1e-16, 10),
             title=f"{title}, {len(errors)} gradients: right is a V (or its left half, if linear), wrong a level line")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def picture(title: str, folder: str, out: Path) -> Sequence[Path]:
    """Draws <out>/<chapter>/gradients.png; nothing for a chapter without gradients."""
    errors = curves(folder)
    if not errors:
        return []
    path = out / folder.removesuffix("_From_Scratch").lower() / "gradients.png"
    draw(title, errors, path)
    return [path]

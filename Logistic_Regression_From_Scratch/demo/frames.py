"""The frames of chapter 2's live view, and the values that the pictures take from a scene's frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

C_RANGE = (1e-4, 1e2)


class MoonsFrame(NamedTuple):
    """One step of the descent on the two moons; the steps are evenly spaced in log(step)."""

    step: int
    steps: int
    metrics: dict[str, float]
    parameters: np.ndarray       # (3,) w₁, w₂ and b = 0

    title: str = "two moons"
    hold: float = 0.1


class CancerFrame(NamedTuple):
    """One fit to the breast cancer data with one strength C of the penalty."""

    step: int
    steps: int
    metrics: dict[str, float]
    C: float
    coef: np.ndarray             # (30,)

    title: str = "breast cancer"
    hold: float = 0.15


def path_of(moons: Sequence[MoonsFrame]) -> np.ndarray:                # (frames, 3)
    """The path of w₁, w₂, b from the start to the present step."""
    return np.array([frame.parameters for frame in moons])


def formula(frame: MoonsFrame) -> str:
    w1, w2 = frame.parameters[:2]
    return f"z = {w1:.2f} x₁ {'−' if w2 < 0 else '+'} {abs(w2):.2f} x₂".replace("-", "−")


def curves_of(moons: Sequence[MoonsFrame]) -> tuple[list[int], list[float], list[float]]:
    """Steps, losses, accuracies of the frames.  Step 0 is left out, because it has no place on a log axis."""
    later = [frame for frame in moons if frame.step > 0]
    return ([frame.step for frame in later], [frame.metrics["loss"] for frame in later],
            [frame.metrics["held-out accuracy"] for frame in later])


def strengths_of(fits: Sequence[CancerFrame]) -> tuple[list[float], list[float], list[float], np.ndarray]:
    """C, training losses, validation losses, and coefficients (fits, 30)."""
    return ([fit.C for fit in fits], [fit.metrics["loss"] for fit in fits],
            [fit.metrics["validation loss"] for fit in fits], np.array([fit.coef for fit in fits]))

"""Checks that the answers of all sides are equal, before anything is timed.

Each check takes the answers by side (ours first) and the data.  It raises AssertionError or returns how equal they are.
"""

import numpy as np

from benchmarks.harness import OURS
from benchmarks.worker import Arrays

Answers = dict[str, Arrays]


def same_line(answers: Answers, data: Arrays, *, rtol: float = 1e-8) -> str:
    """Coefficients, intercept and predictions."""
    return "; ".join(
        "coefficients within " + close("coef_", answers, side, rtol)
        + ", predictions within " + close("predict", answers, side, rtol)
        for side in references(answers)
    )


def same_minimum(answers: Answers, data: Arrays, *, tol: float = 1e-4, rtol: float = 1e-6) -> str:
    """With exact solutions the probabilities are equal.  With the timed parameters, ours stops no earlier: no slope of
    J is above `tol` or above the other side's, or J is as low.  (Each side measures slopes in its own coordinates.)"""
    X, y = data["X"], data["y"]
    exact = [objective(X, y, a["exact coef_"], a["exact intercept_"])[0] for a in answers.values()]
    timed = {side: objective(X, y, a["coef_"], a["intercept_"]) for side, a in answers.items()}
    least = min(exact + [J for J, _ in timed.values()])
    J, steepest = timed[OURS]
    said = []
    for side in references(answers):
        here, there = answers[OURS]["exact predict_proba"], answers[side]["exact predict_proba"]
        apart = float(np.abs(here - there).max())
        assert apart <= rtol, f"solved exactly, probabilities differ from {side} by {apart:.1e}"
        theirs, slope = timed[side]
        assert steepest <= max(tol, slope) or J - theirs <= 0, (
            f"ours stopped earlier than {side}: slope {steepest:.1e} against {slope:.1e}, J {J - theirs:.1e} higher"
        )
        said.append(f"probabilities of exact solutions within {apart:.0e}")
    stops = ", ".join(f"{side} {J / least - 1:.0e} (slope {slope:.0e})" for side, (J, slope) in timed.items())
    return "; ".join(said) + f"; as timed, J stops above its minimum by a share of: {stops}"


def objective(X: np.ndarray, y: np.ndarray, W: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """J = 1/n Σᵢ ℓ(zᵢ, yᵢ) + ‖W‖² / 2n, which both sides minimise at C = 1, computed independently; and max |∂J|."""
    n, code = len(y), np.searchsorted(np.unique(y), y)             # (n,)
    Z = X @ W.T + b                                                # (n, 1) or (n, K)
    if Z.shape[1] == 1:
        Z = np.column_stack([np.zeros(n), Z])                      # the first of two classes has the score 0
    log_p = Z - np.logaddexp.reduce(Z, axis=1, keepdims=True)      # (n, K)
    E = np.exp(log_p)
    E[np.arange(n), code] -= 1
    E = E[:, -len(W):]                                             # (n, 1) or (n, K)
    slopes = np.column_stack([E.T @ X + W, E.sum(axis=0)]) / n     # (1 or K, d + 1)
    J = -log_p[np.arange(n), code].mean() + (W**2).sum() / (2 * n)
    return float(J), float(np.abs(slopes).max())


def same_neighbours(answers: Answers, data: Arrays, *, rtol: float = 1e-8) -> str:
    """Distances in order, and the predicted class of every query that has the same neighbours on both sides.  (Among
    equally distant points either side may choose.)"""
    said = []
    for side in references(answers):
        ours, theirs = answers[OURS], answers[side]
        within = close("distances", answers, side, rtol)
        same = (np.sort(ours["indices"], axis=1) == np.sort(theirs["indices"], axis=1)).all(axis=1)      # (m,)
        assert same.mean() >= 0.99, f"{(~same).sum()} of {len(same)} queries have other neighbours than {side}"
        differ = int((ours["predict"] != theirs["predict"])[same].sum())
        assert differ == 0, f"{differ} queries with the same neighbours have other predictions than {side}'s"
        said.append(f"distances within {within}, neighbours and predictions equal on {same.sum():,} of {len(same):,} "
                    "queries" + ("" if same.all() else ", the others have ties"))
    return "; ".join(said)


def same_gaussians(answers: Answers, data: Arrays, *, rtol: float = 1e-8) -> str:
    """Means, variances and predictions."""
    said = []
    for side in references(answers):
        means, variances = close("theta_", answers, side, rtol), close("var_", answers, side, rtol)
        differ = int((answers[OURS]["predict"] != answers[side]["predict"]).sum())
        assert differ == 0, f"{differ} of {len(answers[side]['predict'])} predictions differ from {side}"
        said.append(f"means within {means}, variances within {variances}, predictions equal")
    return "; ".join(said)


def references(answers: Answers) -> list[str]:
    return [side for side in answers if side != OURS]


def close(name: str, answers: Answers, side: str, rtol: float) -> str:
    """The largest difference of the two arrays, relative to their largest number."""
    ours, theirs = answers[OURS][name], answers[side][name]
    assert ours.shape == theirs.shape, f"{name} has shape {ours.shape}, {side}'s {theirs.shape}"
    apart = float(np.abs(ours - theirs).max() / max(np.abs(theirs).max(), np.finfo(float).tiny))
    assert apart <= rtol, f"{name} is {apart:.1e} from {side}'s, more than {rtol:.0e}"
    return f"{apart:.0e}"

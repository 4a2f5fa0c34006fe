"""An explanation of a training that diverged: which step, which layer, which array, and what to try.

Gradient descent multiplies the error along an eigenvector of the Hessian by 1 − η λ in each step.  If η > 2/λmax, the
error grows.  λmax comes from power iteration, v ← H v / |H v|, with H v = (g(θ + h v) − g(θ − h v)) / 2h.
"""

import copy
import math

import numpy as np

from Basic_Neural_Network_From_Scratch.layers import ReLU
from Basic_Neural_Network_From_Scratch.losses import Loss
from Basic_Neural_Network_From_Scratch.network import Sequential

LARGEST_ADVICE = 0.01     # the learning rate to try where the curvature is unknown


def explain(
    network: Sequential, loss: Loss, X: np.ndarray, y: np.ndarray, step: int, epoch: int, objective: float,
    learning_rate: float, finite: tuple[int, np.ndarray], alpha: float = 0.0, sample_weight: np.ndarray | None = None,
) -> str:
    """The message of a DivergenceError: `objective`, of the batch X (N, *input), y, is not finite.

    finite: an earlier step and the parameters (P,) after it; these are the last ones known to be finite.
    """
    seen, before = finite
    with np.errstate(all="ignore"):
        where = first_overflow(network, X)
        moved = largest_move(network, before)
        old = copy.deepcopy(network)
        old.parameters[...] = before
        dead = "; ".join(dead_units(old, X))
        limit = 2 / largest_curvature(old, loss, X, y, alpha, sample_weight) if np.isfinite(X).all() else math.nan
    known = math.isfinite(limit) and limit > 0
    slower = min(learning_rate / 10, limit / 2) if known else min(learning_rate / 10, LARGEST_ADVICE)
    curvature = f"; after step {seen} the curvature allowed gradient descent {limit:.2g} (2/λmax)" if known else ""
    return (
        f"Training diverged at step {step} (epoch {epoch}): the loss is {objective:.3g}. First to overflow: {where}. "
        f"The learning rate was {learning_rate:.3g}{curvature}. Largest update to weight since step {seen}: {moved}. "
        f"{dead}{'. ' if dead else ''}Try a learning rate of {slower:.1g}, and inputs with mean 0 and spread 1."
    )


def first_overflow(network: Sequential, X: np.ndarray) -> str:
    """Follows the batch through the layers to the first array with a number that is not finite."""
    if not np.isfinite(X).all():
        return "the input itself"
    layers = copy.deepcopy(network.layers)                      # forward in training may change running statistics
    for index, layer in enumerate(layers):
        for name, parameter, _ in layer.parameters():
            if not np.isfinite(parameter).all():
                return f"layer {index}, {layer}, its {name}"
        X = layer.forward(X, training=True)
        if not np.isfinite(X).all():
            return f"layer {index}, {layer}, its output"
    return "the loss of finite logits"


def largest_move(network: Sequential, before: np.ndarray) -> str:
    """The array with the largest relative change |θ − before| / |before|, as text."""
    old = copy.deepcopy(network)
    old.parameters[...] = before
    moves = []
    for index, (now, then) in enumerate(zip(network.layers, old.layers, strict=True)):
        for (name, new_array, _), (_, old_array, _) in zip(now.parameters(), then.parameters(), strict=True):
            size = float(np.linalg.norm(old_array.astype(np.float64)))
            if size > 0:                                        # a bias starts at 0, so it has no relative change
                move = float(np.linalg.norm(new_array.astype(np.float64) - old_array)) / size
                moves.append((move if math.isfinite(move) else math.inf, f"layer {index}'s {name}"))
    if not moves:
        return "unknown"
    ratio, name = max(moves)
    return f"{ratio:.2g} ({name}; 0.001 a step is usual)"


def dead_units(network: Sequential, X: np.ndarray) -> list[str]:
    """For each ReLU: how many of its units (for images: channels) are 0 for the whole batch."""
    found = []
    for index, layer in enumerate(copy.deepcopy(network.layers)):
        X = layer.forward(X, training=True)
        if isinstance(layer, ReLU):
            alive = (X > 0).any(axis=tuple(axis for axis in range(X.ndim) if axis != 1))    # (units,)
            found.append(f"Dead units of layer {index}, {layer}: {int((~alive).sum())} of {alive.size}")
    return found


def largest_curvature(
    network: Sequential, loss: Loss, X: np.ndarray, y: np.ndarray, alpha: float = 0.0,
    sample_weight: np.ndarray | None = None, rounds: int = 20,
) -> float:
    """The absolute λmax of the Hessian of the batch's objective, penalty included, by power iteration in float64; nan
    if it overflows."""
    network, loss = copy.deepcopy(network).astype(np.float64), copy.deepcopy(loss)
    X, theta = X.astype(np.float64), network.parameters.copy()
    N = len(X) if sample_weight is None else float(sample_weight.sum())
    penalty = np.zeros(theta.size)                              # (P,) the diagonal of the penalty's Hessian
    penalty[: network.matrices] = alpha / N if N > 0 else 0.0

    def gradient(at: np.ndarray) -> np.ndarray:                 # (P,) -> (P,)
        network.parameters[...] = at
        twin = copy.deepcopy(network)                           # the copy draws the same dropout masks each time
        loss.forward(twin.forward(X, training=True), y, sample_weight)
        twin.backward(loss.backward())
        return twin.gradients + penalty * at

    direction = np.random.default_rng(0).standard_normal(theta.size)
    delta, curvature = 1e-5 * max(1.0, float(np.linalg.norm(theta)) / math.sqrt(theta.size)), math.nan
    for _ in range(rounds):
        direction /= np.linalg.norm(direction)
        # The Hessian times the direction, from two gradients.
        direction = (gradient(theta + delta * direction) - gradient(theta - delta * direction)) / (2 * delta)
        curvature = float(np.linalg.norm(direction))
        if not math.isfinite(curvature) or curvature == 0:
            return math.nan
    return curvature

"""The training loop of every network: shuffle, cut into mini-batches, and for each one forward, backward, step.

The objective of a batch of N samples is its mean loss plus the penalty α/(2N) · Σ w² over the matrices' weights w
(biases go free).  It is a generator: it pauses after every update, so that anyone may watch.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np

from ai_from_scratch.estimator import DivergenceError, Progress
from Basic_Neural_Network_From_Scratch.divergence import explain
from Basic_Neural_Network_From_Scratch.losses import Loss
from Basic_Neural_Network_From_Scratch.network import Sequential
from Basic_Neural_Network_From_Scratch.optimizers import Optimizer
from Basic_Neural_Network_From_Scratch.schedules import Schedule, constant

if TYPE_CHECKING:
    from Basic_Neural_Network_From_Scratch.early_stopping import EarlyStopping

SNAPSHOT = 64   # steps between two looks at the parameters that a diverged run is explained by: under 1 % of its time

Augment = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def mini_batches(n: int, size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """The numbers 0 … n − 1, each once, in random order, `size` at a time; the last batch takes what is left."""
    order = rng.permutation(n)                                  # (n,)
    for start in range(0, n, size):
        yield order[start : start + size]


def train_network(
    network: Sequential, loss: Loss, optimizer: Optimizer, X: np.ndarray, y: np.ndarray, *,
    epochs: int, batch_size: int, rng: np.random.Generator, alpha: float = 0.0, schedule: Schedule = constant,
    augment: Augment | None = None, sample_weight: np.ndarray | None = None, workers: int = 1,
) -> Iterator[Progress]:
    """Train a built network on X (n, *input), y (n,) or (n, T) in place; yields after every update.

    `Progress.loss` is the objective of the mini-batch, as it was before the update that it led to.  `schedule` scales
    the learning rate that the optimiser comes with.  `augment(batch, rng)` may give altered samples for each batch it
    gets (a copy, of X's dtype).  `workers` processes share each batch (see Team).  Raises DivergenceError at the
    first number that is not finite.
    """
    if workers > 1 and sample_weight is not None:
        raise ValueError("Several workers take samples that all count alike: sample_weight needs workers=1.")
    per_epoch = -(-len(X) // batch_size)                        # rounded up
    step, steps, learning_rate = 0, epochs * per_epoch, optimizer.learning_rate
    finite = 0, network.parameters.copy()                       # the last that are known to be finite, and since when
    batches = ((epoch, rows) for epoch in range(1, epochs + 1) for rows in mini_batches(len(X), batch_size, rng))
    with team_of(network, loss, workers) as team:
        for epoch, rows in batches:
            batch = X[rows] if augment is None else augment(X[rows], rng)
            batch = batch.astype(network.dtype, copy=False)     # (N, *input)
            weight = None if sample_weight is None else sample_weight[rows]
            optimizer.learning_rate = learning_rate * schedule(step, steps)
            step += 1
            # Overflow is looked for below, where it can be explained: NumPy need not warn of it first.
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                objective = take_step(network, loss, optimizer, batch, y[rows], alpha, weight, team)
                healthy = math.isfinite(objective) and (step % per_epoch > 0 or np.isfinite(network.parameters).all())
                if not healthy:
                    raise DivergenceError(explain(network, loss, batch, y[rows], step, epoch, objective,
                                                  optimizer.learning_rate, finite))
            if step % SNAPSHOT == 0 and np.isfinite(network.parameters).all():
                finite = step, network.parameters.copy()
            yield Progress(step, steps, epoch, objective, {"learning_rate": optimizer.learning_rate})


def team_of(network: Sequential, loss: Loss, workers: int) -> Any:
    """Who shares each mini-batch, to be closed after use; with one worker nobody: None."""
    if workers == 1:
        return nullcontext()
    from Basic_Neural_Network_From_Scratch.fast.data_parallel import Team

    return Team(network, loss, workers)


def take_step(
    network: Sequential, loss: Loss, optimizer: Optimizer, X: np.ndarray, y: np.ndarray, alpha: float = 0.0,
    sample_weight: np.ndarray | None = None, team: Any = None,
) -> float:
    """One update on one batch; returns the objective before it.  Nothing is updated where that is not finite."""
    if team is not None:
        objective = team.backpropagate(X, y)
    else:
        objective = loss.forward(network.forward(X, training=True), y, sample_weight)
    if not math.isfinite(objective):
        return objective
    if team is None:
        network.backward(loss.backward())
    if alpha:
        W, dW = network.parameters[: network.matrices], network.gradients[: network.matrices]
        N = len(X) if sample_weight is None else max(float(sample_weight.sum()), 1e-30)
        objective += 0.5 * alpha / N * float(W @ W)
        dW += alpha / N * W                                     # the gradient of α/(2N) w² is α/N w
    optimizer.step(network.parameters, network.gradients, network.matrices)
    return objective


def train_epochs(
    network: Sequential, loss: Loss, optimizer: Optimizer, X: np.ndarray, y: np.ndarray, *, batch_size: int,
    loss_curve: list[float], tol: float = 0.0, patience: float = math.inf, early: "EarlyStopping | None" = None,
    validation_score: Callable[[], float] | None = None, **settings: Any,
) -> Iterator[Progress]:
    """train_network with a record and an end: `loss_curve` gets the mean objective of each epoch.

    It ends when the objective has not improved for more than `patience` epochs; with `early`, when validation_score()
    has not, and then the best epoch's parameters are put back.
    """
    n, per_epoch, begun, sum_of_losses = len(X), math.ceil(len(X) / batch_size), len(loss_curve), 0.0
    for progress in train_network(network, loss, optimizer, X, y, batch_size=batch_size, **settings):
        place, done = (progress.step - 1) % per_epoch, False    # of this batch in its epoch
        sum_of_losses += progress.loss * min(batch_size, n - place * batch_size)
        if place == per_epoch - 1:
            loss_curve.append(sum_of_losses / n)
            sum_of_losses = 0.0
            if early is None or validation_score is None:
                done = epochs_without_gain([-value for value in loss_curve[begun:]], tol) > patience
            else:
                score = validation_score()
                progress = progress._replace(metrics={**progress.metrics, "validation_score": score})
                done = early.reached(score)
                if done or progress.step == progress.steps:
                    early.restore_best()                        # before the yield: the watcher has the final model
        yield progress
        if done:
            return


def epochs_without_gain(scores: Sequence[float], tol: float) -> int:
    """How many of the last scores in a row did not raise the best one before them by at least `tol`."""
    best, count = -math.inf, 0
    for score in scores:
        count = 0 if score >= best + tol else count + 1
        best = max(best, score)
    return count

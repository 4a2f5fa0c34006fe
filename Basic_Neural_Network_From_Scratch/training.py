"""The training loop of every network: shuffle, cut into mini-batches, and for each mini-batch forward, backward, step.

The objective of a batch of N samples is its mean loss plus the penalty α/(2N) · Σ w² over the matrices' weights w.
Biases have no penalty.  The loop is a generator, which pauses after every update.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

from ai_from_scratch.estimator import DivergenceError, Progress
from ai_from_scratch.estimator.batches import samples_of
from ai_from_scratch.estimator.rules import boolean, check, non_negative, processes, whole
from Basic_Neural_Network_From_Scratch.losses import Loss
from Basic_Neural_Network_From_Scratch.network import Sequential
from Basic_Neural_Network_From_Scratch.optimizers import Optimizer

Augment = Callable[[np.ndarray, np.random.Generator], np.ndarray]
Schedule = Callable[[int, int], float]  # (step, steps) -> the fraction of the learning rate for that step
STEPS_PER_SNAPSHOT = 64


def constant(step: int, steps: int) -> float:
    """The schedule that changes nothing: always 1."""
    return 1.0


def mini_batches(n: int, size: int, rng: np.random.Generator, shuffle: bool = True) -> Iterator[np.ndarray]:
    """The numbers 0 … n − 1, each once, in random order, `size` at a time; the last batch may be smaller."""
    check("mini_batches", locals(), {"n": whole(0), "size": whole(1), "shuffle": boolean})
    order = rng.permutation(n) if shuffle else np.arange(n)     # (n,)
    yield from np.split(order, range(size, n, size))


def take_step(
    network: Sequential, loss: Loss, optimizer: Optimizer, X: np.ndarray, y: np.ndarray, alpha: float = 0.0,
    sample_weight: np.ndarray | None = None, team: Any = None,
) -> float:
    """One update on one batch; returns the objective before it.  If the objective is not finite, nothing is updated.
    team: worker processes that share the batch, or None."""
    if team is not None:
        objective = team.backpropagate(X, y)
    else:
        objective = loss.forward(network.forward(X, training=True), y, sample_weight)
        if math.isfinite(objective):
            network.backward(loss.backward())
    if not math.isfinite(objective):
        return objective
    N = len(X) if sample_weight is None else float(sample_weight.sum())
    if alpha and N > 0:                                         # samples of weight 0 have no penalty
        W, dW = network.parameters[: network.matrices], network.gradients[: network.matrices]
        objective += 0.5 * alpha / N * float(W @ W)
        dW += alpha / N * W                                     # the gradient of α/(2N) w² is α/N w
    optimizer.step(network.parameters, network.gradients, network.matrices)
    return objective


def train_network(
    network: Sequential, loss: Loss, optimizer: Optimizer, X: np.ndarray, y: np.ndarray, *,
    epochs: int, batch_size: int, rng: np.random.Generator, alpha: float = 0.0, schedule: Schedule = constant,
    augment: Augment | None = None, sample_weight: np.ndarray | None = None, workers: int = 1, shuffle: bool = True,
) -> Iterator[Progress]:
    """Train a built network on X (n, *input), y (n,) or (n, O) in place; yields after every update.

    `Progress.loss` is the objective of the mini-batch from which the update was computed.  `schedule` scales the
    optimiser's learning rate.  `augment(batch, rng)` may return altered samples for each batch (it gets a copy, of X's
    dtype).  `workers` processes share each batch.  Raises DivergenceError at the first number that is not finite.
    """
    check("train_network", locals(), dict(epochs=whole(1), batch_size=whole(1), alpha=non_negative, workers=processes))
    X, y, sample_weight = samples_of(X, y, sample_weight, network.shapes[0], network.dtype)
    if workers > 1 and sample_weight is not None:
        raise ValueError("Several workers need samples that all count alike: sample_weight needs workers=1.")
    team: Any = None
    if workers > 1:
        from Basic_Neural_Network_From_Scratch.fast.data_parallel import Team
        team = Team(network, loss, workers)
    per_epoch = math.ceil(len(X) / batch_size)
    step, steps, learning_rate = 0, epochs * per_epoch, optimizer.learning_rate
    snapshot = 0, network.parameters.copy()                     # the diagnosis of a divergence starts here
    with team or nullcontext():
        for epoch in range(1, epochs + 1):
            for rows in mini_batches(len(X), batch_size, rng, shuffle):
                if step % STEPS_PER_SNAPSHOT == 0 and np.isfinite(network.parameters).all():
                    snapshot = step, network.parameters.copy()
                batch = X[rows] if augment is None else augment(X[rows], rng)
                batch = batch.astype(network.parameters.dtype, copy=False)          # (N, *input)
                weight = None if sample_weight is None else sample_weight[rows]     # (N,)
                optimizer.learning_rate = learning_rate * schedule(step, steps)
                step += 1
                with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # explained below instead
                    objective = take_step(network, loss, optimizer, batch, y[rows], alpha, weight, team)
                if not math.isfinite(objective) or (not step % per_epoch and not np.isfinite(network.parameters).all()):
                    from Basic_Neural_Network_From_Scratch.diagnosis.divergence import explain
                    raise DivergenceError(explain(network, loss, batch, y[rows], step, epoch, objective,
                                                  optimizer.learning_rate, snapshot, alpha, weight))
                yield Progress(step, steps, epoch, objective, {"learning_rate": optimizer.learning_rate})


def train_epochs(
    network: Sequential, loss: Loss, optimizer: Optimizer, X: np.ndarray, y: np.ndarray, *, batch_size: int,
    loss_curve: list[float], tol: float = 0.0, patience: float = math.inf, early: Any = None,
    validation_score: Callable[[], float] | None = None, **settings: Any,
) -> Iterator[Progress]:
    """train_network that also keeps a record and stops: `loss_curve` gets the mean objective of each epoch.

    It stops when the objective has not improved for more than `patience` epochs.  With `early`, an EarlyStopping, it
    stops when validation_score() has not improved, and the parameters of the best epoch are restored.
    """
    n, per_epoch, begun, sum_of_losses = len(X), math.ceil(len(X) / batch_size), len(loss_curve), 0.0
    for progress in train_network(network, loss, optimizer, X, y, batch_size=batch_size, **settings):
        place, done = (progress.step - 1) % per_epoch, False    # place of this batch in its epoch
        sum_of_losses += progress.loss * min(batch_size, n - place * batch_size)
        if place == per_epoch - 1:
            loss_curve.append(sum_of_losses / n)
            sum_of_losses = 0.0
            if early is None or validation_score is None:
                done = epochs_without_gain([-value for value in loss_curve[begun:]], tol) > patience
            else:
                with np.errstate(over="ignore", invalid="ignore"):      # a diverging training may overflow
                    score = validation_score()
                progress = progress._replace(metrics={**progress.metrics, "validation_score": score})
                done = early.reached(score)
                if done or progress.step == progress.steps:
                    early.restore_best()                        # before the last yield: the final model
        yield progress
        if done:
            return


def epochs_without_gain(scores: Sequence[float], tol: float) -> int:
    """The number of last scores in a row that did not exceed the best score before them by at least `tol`."""
    best, count, tol = -math.inf, 0, float(tol)         # in float32 a sum of scores might overflow
    for score in scores:
        count, best = 0 if score >= best + tol else count + 1, max(best, score)
    return count

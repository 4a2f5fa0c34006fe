"""The recipes of documentation/scale.md: several machines with Dask, which is not part of the package.

    pip install "dask[distributed]"        or        pip install -e ".[scale]"

A table lies in files, one for each partition.  A task gets a file's name and reads the file where it runs.  So a worker
that ends can be replaced: another one reads its partitions again.
"""

import operator
import platform
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from dask.distributed import Client, Future

import ai_from_scratch
import Linear_Regression_From_Scratch as linear
import Logistic_Regression_From_Scratch as logistic
import Naive_Bayes_From_Scratch as bayes
from Basic_Neural_Network_From_Scratch import Adam, Dense, ReLU, Sequential, SoftmaxCrossEntropy
from KNN_From_Scratch import Nearest

Read = Callable[[str], tuple[np.ndarray, np.ndarray]]


def read(path: str) -> tuple[np.ndarray, np.ndarray]:
    """X (n, d) and y (n,) of a partition: a .npy file whose last column is y, mapped, not loaded."""
    rows = np.load(path, mmap_mode="r")
    return rows[:, :-1], rows[:, -1]


def check_workers(client: Client) -> None:
    """RuntimeError unless all workers have this machine's versions: only then are their sums the same."""
    here = versions()
    for address, there in client.run(versions).items():
        if there != here:
            raise RuntimeError(f"The worker {address} has {there}, and this machine has {here}. Install the same "
                               "versions everywhere, for example from one lock file or one container image.")


def versions() -> dict[str, str]:
    return {"ai_from_scratch": ai_from_scratch.__version__, "numpy": np.__version__,
            "python": ".".join(platform.python_version_tuple()[:2])}


def total(client: Client, parts: Sequence[Future]) -> Any:
    """The sum of all parts, added two by two on the workers: only the last sum is sent here.  The order is always the
    same, so the answer is the same, bit for bit, on any workers."""
    while len(parts) > 1:
        pairs = [client.submit(operator.add, a, b) for a, b in zip(parts[::2], parts[1::2], strict=False)]
        parts = pairs + list(parts[len(pairs) * 2 :])
    return parts[0].result()


def least_squares(client: Client, paths: Sequence[str], read: Read = read) -> linear.LinearRegression:
    parts = client.map(partial(statistics_of, linear.Statistics, read), paths, pure=False)
    return linear.LinearRegression().fit_from(total(client, parts))


def naive_bayes(client: Client, paths: Sequence[str], read: Read = read) -> bayes.GaussianNB:
    parts = client.map(partial(statistics_of, bayes.Statistics, read), paths, pure=False)
    return bayes.GaussianNB().fit_from(total(client, parts))


def newton(client: Client, paths: Sequence[str], read: Read = read) -> logistic.LogisticRegression:
    """Newton's method in which each step is one sum over the cluster."""
    def sums(at: logistic.At | None) -> logistic.Statistics:
        return total(client, client.map(partial(statistics_of, logistic.Statistics, read, at=at), paths, pure=False))

    return logistic.LogisticRegression(tol=1e-8).fit_from(sums)


def statistics_of(kind: Any, read: Read, path: str, **settings: Any) -> Any:
    """The work of a task: read a partition, and compute the sums over its rows."""
    X, y = read(path)
    return kind.of(X, y, **settings)


def neighbours(client: Client, paths: Sequence[str], starts: Sequence[int], Q: np.ndarray, model: Any,
               read: Read = read) -> np.ndarray:
    """Predictions for the queries Q (m, d): the k nearest rows of each partition, merged.  starts: each one's first
    row."""
    parts = client.map(partial(nearest_of, read, Q, model), paths, starts, pure=False)
    return total(client, parts).predict(model)


def nearest_of(read: Read, Q: np.ndarray, model: Any, path: str, start: int) -> Nearest:
    X, y = read(path)
    return Nearest.of(X, y, Q, model, first_row=start)


class Gradient(NamedTuple):
    """The gradient of the mean loss over N rows."""

    N: int
    loss: float
    dtheta: np.ndarray           # (P,)


def gradient_of(read: Read, network: Sequential, step: int, size: int, path: str) -> Gradient:
    """The work of a task: forward and backward for its part of the mini-batch, the next `size` rows of its
    partition."""
    X, y = read(path)
    start = step * size % max(1, len(X) - size + 1)               # at the end of the partition, start again
    rows, loss = slice(start, start + size), SoftmaxCrossEntropy()
    X, y = X[rows].astype(network.dtype), y[rows].astype(np.intp)
    if not len(X):
        return Gradient(0, 0.0, np.zeros_like(network.parameters))
    value = loss.forward(network.forward(X, training=True), y)
    network.backward(loss.backward())
    return Gradient(len(X), value, network.gradients.copy())


def averaged(gradients: Sequence[Gradient]) -> Gradient:
    """The mean over all rows is the weighted mean of the parts' means."""
    N = sum(part.N for part in gradients)
    if N == 0:
        raise ValueError("No partition has a row: there is nothing to train on.")
    return Gradient(N, sum(part.N / N * part.loss for part in gradients),
                    np.sum([part.N / N * part.dtheta for part in gradients], axis=0))


def train_network(client: Client, paths: Sequence[str], network: Sequential, *, rows_per_part: int, steps: int,
                  read: Read = read) -> Iterator[float]:
    """Data-parallel training: each step takes rows_per_part rows of every partition, averages the gradients and updates
    the network here.  Yields the loss of each mini-batch."""
    optimizer = Adam(learning_rate=0.01)
    for step in range(steps):
        parts = client.map(partial(gradient_of, read, network, step, rows_per_part), paths, pure=False)
        mean = averaged(client.gather(parts))
        optimizer.step(network.parameters, mean.dtheta, network.matrices)
        yield mean.loss


def small_network(d: int, K: int) -> Sequential:
    return Sequential([Dense(64), ReLU(), Dense(K)]).build((d,), np.random.default_rng(0))


def search(client: Client, X: np.ndarray, y: np.ndarray) -> Any:
    """scikit-learn's grid search over our logistic regression: the fits are the tasks.  X and y are sent whole."""
    import joblib  # type: ignore[import-untyped]
    from sklearn.model_selection import GridSearchCV

    with joblib.parallel_config("dask", client=client):
        return GridSearchCV(logistic.LogisticRegression(), {"C": [0.01, 0.1, 1.0, 10.0]}, cv=3).fit(X, y)

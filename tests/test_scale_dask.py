"""The recipes of documentation/scale.md on a cluster of real processes: the answers of one process, also when a worker
is killed half-way."""

import multiprocessing
import os
import signal
import time
from concurrent.futures import CancelledError
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("dask.distributed", reason="Dask is not installed: pip install -e '.[scale]'")
pytestmark = [pytest.mark.slow, *(pytest.mark.filterwarnings(f"ignore::{kind}") for kind in (
    "DeprecationWarning", "ResourceWarning", "pytest.PytestUnraisableExceptionWarning"))]    # Dask's own sockets

from dask.distributed import Client, LocalCluster  # noqa: E402
from sklearn.model_selection import GridSearchCV  # noqa: E402

import ai_from_scratch  # noqa: E402
from benchmarks import scale, scale_recipes  # noqa: E402
from KNN_From_Scratch import KNeighborsClassifier  # noqa: E402
from Linear_Regression_From_Scratch import LinearRegression  # noqa: E402
from Logistic_Regression_From_Scratch import LogisticRegression  # noqa: E402
from Naive_Bayes_From_Scratch import GaussianNB  # noqa: E402

ROWS, FEATURES = 4000, scale.FEATURES


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    return scale.make_partitions(tmp_path_factory.mktemp("partitions"), ROWS)


@pytest.fixture(scope="module")
def table(paths):
    rows = np.vstack([np.load(path) for path in paths])
    return rows[:, :-1], rows[:, -1]


@contextmanager
def two_workers():
    with (LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0") as cluster,
          Client(cluster) as client):
        yield client


@pytest.fixture(scope="module")
def client():
    with two_workers() as client:
        yield client


@pytest.fixture
def mortal():
    """A cluster of its own, for a test that kills a worker."""
    with two_workers() as client:
        yield client


def trained(client, paths, read=scale_recipes.read):
    network = scale_recipes.small_network(FEATURES, scale.CLASSES)
    losses = list(scale_recipes.train_network(client, paths, network, rows_per_part=50, steps=10, read=read))
    return [*losses, network.parameters]


def coefficients(recipe, client, paths, read=scale_recipes.read):
    model = recipe(client, paths, read)
    return [model.theta_, model.var_] if isinstance(model, GaussianNB) else [model.coef_, model.intercept_]


def near(client, paths, read=scale_recipes.read):
    Q, starts = np.load(paths[1])[:20, :-1] + 0.1, [ROWS // len(paths) * part for part in range(len(paths))]
    return [scale_recipes.neighbours(client, paths, starts, Q, KNeighborsClassifier(7), read)]


RECIPES: dict[str, Any] = {"least squares": partial(coefficients, scale_recipes.least_squares),
           "naive Bayes": partial(coefficients, scale_recipes.naive_bayes),
           "newton": partial(coefficients, scale_recipes.newton), "neighbours": near, "network": trained}
EACH = pytest.mark.parametrize("name", RECIPES)


@EACH
def test_a_recipe_gives_the_bits_of_the_same_sums_in_one_process(client, paths, name):
    for here, there in zip(RECIPES[name](scale.Alone(), paths), RECIPES[name](client, paths), strict=True):
        assert np.array_equal(here, there)


@EACH
def test_a_recipe_reads_its_files_anew_each_time(client, tmp_path, name):
    """Dask keeps the answer of a task whose inputs are the same, and a file's name is the same after it was changed."""
    paths = scale.make_partitions(tmp_path, ROWS)
    held = hold(client, paths)                                    # as a user's notebook may
    RECIPES[name](client, paths)
    for path in paths:
        rows = np.load(path)
        rows[:, :-1] += rows[:, -1:]
        np.save(path, rows)
    for here, there in zip(RECIPES[name](scale.Alone(), paths), RECIPES[name](client, paths), strict=True):
        assert np.array_equal(here, there)
    del held


def hold(client, paths):
    """Keeps the futures of all tasks that these recipes start."""
    kinds = (scale_recipes.linear.Statistics, scale_recipes.bayes.Statistics)
    return [client.map(partial(scale_recipes.statistics_of, kind, scale_recipes.read), paths) for kind in kinds]


def test_the_answers_are_those_of_a_fit_on_the_whole_table(paths, table):
    X, y = table
    alone = scale.Alone()
    for recipe, whole, rtol in ((scale_recipes.least_squares, LinearRegression(), 1e-9),
                                (scale_recipes.naive_bayes, GaussianNB(), 1e-9),
                                (scale_recipes.newton, LogisticRegression(tol=1e-8, solver="newton-cholesky"), 1e-8)):
        here, there = recipe(alone, paths).predict(X), whole.fit(X, y).predict(X)
        np.testing.assert_allclose(here, there, rtol=rtol, atol=1e-9)
    Q = np.load(paths[1])[:20, :-1] + 0.1
    assert np.array_equal(near(alone, paths)[0], KNeighborsClassifier(7).fit(X, y).predict(Q))


def in_memory(rows, _):
    return rows[:, :-1], rows[:, -1]


def test_averaged_gradients_train_as_one_process_does_on_the_same_mini_batches(paths):
    together = scale_recipes.small_network(FEATURES, scale.CLASSES)
    *losses, parameters = trained(scale.Alone(), paths)
    tables, optimizer = [np.load(path) for path in paths], scale_recipes.Adam(learning_rate=0.01)
    for step, loss in enumerate(losses):
        batch = np.vstack([rows[step * 50 : step * 50 + 50] for rows in tables])
        whole = scale_recipes.gradient_of(partial(in_memory, batch), together, 0, 10**9, "")
        assert whole.loss == pytest.approx(loss, rel=1e-5)
        optimizer.step(together.parameters, whole.dtheta, together.matrices)
    np.testing.assert_allclose(parameters, together.parameters, atol=1e-4)
    assert losses[-1] < losses[0]


def test_a_grid_search_over_a_cluster_chooses_and_scores_as_one_process(client, table):
    X, y = table[0][:600], table[1][:600]
    there = scale_recipes.search(client, X, y)
    here = GridSearchCV(LogisticRegression(), {"C": [0.01, 0.1, 1.0, 10.0]}, cv=3).fit(X, y)
    assert np.array_equal(there.cv_results_["mean_test_score"], here.cv_results_["mean_test_score"])
    assert there.best_params_ == here.best_params_


# ---- a worker is killed half-way

def read_and_be_killed(marker: str, path: str) -> tuple[np.ndarray, np.ndarray]:
    """Reads a partition.  The worker that comes to partition 5 first is killed, with all that it has computed."""
    if Path(path).name == "5.npy" and multiprocessing.parent_process() is not None:
        try:
            with open(marker, "x", encoding="ascii") as file:
                file.write(str(os.getpid()))
        except FileExistsError:
            return scale_recipes.read(path)
        os.kill(os.getpid(), signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    return scale_recipes.read(path)


@EACH
def test_a_worker_that_is_killed_half_way_changes_no_bit(mortal, paths, name, tmp_path):
    marker, workers = tmp_path / "killed", mortal.run(os.getpid).values()
    answers = RECIPES[name](mortal, paths, partial(read_and_be_killed, str(marker)))
    assert int(marker.read_text()) in workers                     # that is who was killed
    for here, there in zip(RECIPES[name](scale.Alone(), paths), answers, strict=True):
        assert np.array_equal(here, there)


def slow_identity(array):
    time.sleep(3)
    return array


def test_data_that_were_sent_to_a_worker_are_lost_with_it_and_the_page_says_so(mortal):
    address, process = next(iter(mortal.run(os.getpid).items()))
    sent = mortal.scatter(np.arange(10.0), workers=[address])
    waiting = mortal.submit(slow_identity, sent, workers=[address], allow_other_workers=True)
    time.sleep(0.5)
    os.kill(process, signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    with pytest.raises(CancelledError):
        waiting.result(timeout=60)


# ---- what may be wrong with workers

def set_version(version):
    ai_from_scratch.__version__ = version


def test_workers_with_another_version_are_told_in_words(client):
    scale_recipes.check_workers(client)
    one = [next(iter(client.run(os.getpid)))]
    client.run(set_version, "9.9", workers=one)
    with pytest.raises(RuntimeError, match=r"(?s)9\.9.*Install the same versions everywhere"):
        scale_recipes.check_workers(client)
    client.run(set_version, ai_from_scratch.__version__, workers=one)


def test_partitions_without_rows_with_one_class_alone_and_of_other_dtypes_are_right_on_a_cluster(client, tmp_path):
    rng = np.random.default_rng(0)
    X = np.round(rng.normal(size=(300, 4)) * 8)
    y = np.repeat([0.0, 1.0, 2.0], 100)                           # a class only in its own partitions
    X[:, 0] += y
    rows, paths = np.column_stack([X, y]), []
    for number, part in enumerate([rows[:100], rows[:0], rows[100:150].astype(np.float32), rows[150:].astype(int)]):
        paths.append(str(tmp_path / f"{number}.npy"))
        np.save(paths[-1], part)
    for recipe, whole in ((scale_recipes.least_squares, LinearRegression()), (scale_recipes.naive_bayes, GaussianNB()),
                          (scale_recipes.newton, LogisticRegression(tol=1e-8, solver="newton-cholesky"))):
        np.testing.assert_allclose(recipe(client, paths).predict(X), whole.fit(X, y).predict(X), rtol=1e-8, atol=1e-9)
    assert np.array_equal(scale_recipes.neighbours(client, paths, [0, 100, 100, 150], X, KNeighborsClassifier(5)),
                          KNeighborsClassifier(5).fit(X, y).predict(X))


def test_the_benchmark_prints_times_and_bytes(capsys):
    assert scale.main(["--rows", "1600", "--workers", "1"]) == 0
    printed = capsys.readouterr().out
    assert printed.count(" kB |") == 8 and "A task that does nothing takes" in printed

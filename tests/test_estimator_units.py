"""A network that is asked in other units than those it learnt from says so, and never on a healthy table."""

import pickle
import warnings

import numpy as np
import pytest

from ai_from_scratch.data import load_breast_cancer, load_diabetes, load_iris, load_mnist, load_wine
from ai_from_scratch.estimator.units import sizes_of, warn_of_other_units
from Basic_Neural_Network_From_Scratch import MLPClassifier, MLPRegressor

TRAIN = load_mnist(download=False).train
BYTES, LABELS = TRAIN.X[:300].reshape(300, -1), TRAIN.y[:300]
TABLES = [*(load(seed=0) for load in (load_iris, load_wine, load_breast_cancer, load_diabetes)),
          *(load(seed=0).standardized() for load in (load_iris, load_wine, load_breast_cancer, load_diabetes))]


def fitted(Model, X):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")                          # one epoch, on purpose
        return Model((8,), max_iter=1, random_state=0).fit(X, LABELS)


@pytest.mark.parametrize("Model", [MLPClassifier, MLPRegressor])
@pytest.mark.parametrize("rows", [slice(None), slice(3, 4)], ids=["all rows", "one row"])
def test_bytes_for_a_network_that_learnt_from_floats_are_told_and_the_reverse_too(Model, rows):
    of_bytes, of_floats = fitted(Model, BYTES), fitted(Model, BYTES / 255)
    of_bytes.predict(BYTES[rows]), of_floats.predict(BYTES[rows] / 255)          # no warning: warnings are errors here
    with pytest.warns(UserWarning, match=r"largest value of X is (1|0\.99\d), but each training row has a value of 254 "
                                         r"or more\. Give X in the units of the training data"):
        of_bytes.predict(BYTES[rows] / 255)
    with pytest.warns(UserWarning, match=r"Most values of each row of X are above 50, but the largest value in "
                                         r"training was 1\. Give X in the units of the training data"):
        of_floats.predict(BYTES[rows])


def test_it_is_told_when_learning_goes_on_and_by_a_model_from_a_file_and_an_older_file_says_nothing():
    model = fitted(MLPClassifier, BYTES / 255)
    for again in (MLPClassifier.from_state(*model.state()), pickle.loads(pickle.dumps(model)), model):
        for ask in (again.predict_proba, lambda X, again=again: again.partial_fit(X, LABELS)):
            with pytest.warns(UserWarning, match="Give X in the units"):
                ask(BYTES)
    model.predict(BYTES)                                         # it has learnt from bytes, too
    model.predict(BYTES / 255)
    del model._sizes                                             # as in a file of an earlier version
    MLPClassifier.from_state(*model.state()).predict(BYTES * 1e4)
    of_both = fitted(MLPRegressor, BYTES).partial_fit(BYTES[:5] * 1, LABELS[:5])
    with pytest.warns(UserWarning, match="Give X in the units"):
        of_both.predict(BYTES / 255)


@pytest.mark.parametrize("data", TABLES, ids=lambda data: f"{data.train.X.shape[1]} columns")
def test_a_healthy_table_and_its_odd_rows_get_no_word(data):
    X, Q = data.train.X, data.test.X
    outlier = Q[:1].copy()
    outlier[0, 0] = 1e4 * np.abs(X).max()
    middle, smallest, largest = X.mean(axis=0), X.min(axis=0), X.max(axis=0)
    for rows in (Q, *Q[:, None], outlier, middle[None], smallest[None], largest[None], 0 * Q, 0 * Q[:1],
                 3 * Q, Q / 3, middle + 1e-6 * (Q - middle), np.vstack([Q[:1], 1e9 * Q[1:]])):
        warn_of_other_units(rows, sizes_of(X))


def test_a_sparse_table_and_a_corner_of_a_scaled_one_get_no_word():
    rng = np.random.default_rng(0)
    words = rng.poisson(0.05, (200, 50)).astype(float)           # some documents are empty
    scaled = rng.random((200, 6))
    for X in (words, np.hstack([words, 300 * scaled]), scaled, 1e-3 * scaled, np.zeros((5, 6))):
        for rows in (*X[:, None], X.min(axis=0)[None], X.max(axis=0)[None], np.eye(X.shape[1])[:1] * X.max()):
            warn_of_other_units(rows, sizes_of(X))


def test_sizes_of_parts_are_those_of_the_whole():
    rng = np.random.default_rng(1)
    for X in (rng.random((60, 5)), rng.normal(size=(60, 5)), np.abs(BYTES.astype(float))):
        assert sizes_of(X[30:], sizes_of(X[:30])) == sizes_of(X)

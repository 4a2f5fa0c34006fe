"""k-nearest neighbours: worked by hand, scikit-learn's answers, votes and ties, refusals in scikit-learn's words."""

import pickle
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn.neighbors
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris, load_wine
from sklearn.model_selection import GridSearchCV, LeaveOneOut, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from ai_from_scratch.estimator import NotFittedError
from KNN_From_Scratch import BruteForce, KDTree, KNeighborsClassifier, KNeighborsRegressor
from KNN_From_Scratch.fast.bounded_search import BoundedSearch
from KNN_From_Scratch.fast.frontier import FrontierKDTree

SIZE_LIMIT = "KNN_From_Scratch.knn.LARGEST_PLAIN_SIZE"
pytestmark = pytest.mark.usefixtures("each_engine")
BOTH = pytest.mark.parametrize("algorithm", ["brute", "kd_tree"])
LINE = [[0.0], [1.0], [2.0], [4.0]]


# ---- worked by hand

@BOTH
def test_three_neighbours_on_a_line_worked_by_hand(algorithm):
    model = KNeighborsClassifier(3, algorithm=algorithm).fit(LINE, ["a", "a", "b", "b"])
    distance, index = model.kneighbors([[1.75]])
    np.testing.assert_array_equal(index, [[2, 1, 0]])               # at 0.25, 0.75, 1.75; the sample at 4 is 2.25 away
    np.testing.assert_array_equal(distance, [[0.25, 0.75, 1.75]])
    assert model.predict([[1.75]]) == ["a"]                          # two votes to one
    np.testing.assert_allclose(model.predict_proba([[1.75]]), [[2 / 3, 1 / 3]])


def test_votes_by_distance_worked_by_hand():
    # a: 1/0.75 + 1/1.75 = 40/21;  b: 1/0.25 = 4 = 84/21: the one near neighbour outvotes two farther ones.
    model = KNeighborsClassifier(3, weights="distance").fit(LINE, ["a", "a", "b", "b"])
    np.testing.assert_allclose(model.predict_proba([[1.75]]), [[40 / 124, 84 / 124]])
    assert model.predict([[1.75]]) == ["b"]


def test_the_regressor_gives_the_mean_of_its_neighbours_targets_worked_by_hand():
    model = KNeighborsRegressor(2).fit(LINE, [0.0, 10.0, 20.0, 40.0])
    np.testing.assert_allclose(model.predict([[1.75]]), [15.0])
    weighted = KNeighborsRegressor(2, weights="distance").fit(LINE, [0.0, 10.0, 20.0, 40.0])
    np.testing.assert_allclose(weighted.predict([[1.75]]), [17.5])   # (20/0.25 + 10/0.75) / (1/0.25 + 1/0.75)


# ---- scikit-learn

@pytest.mark.parametrize("model", [KNeighborsClassifier(), KNeighborsRegressor()], ids=["classifier", "regressor"])
def test_scikit_learns_own_estimator_checks_pass(model):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*does not inherit from `sklearn.base.BaseEstimator`.*")
        warnings.filterwarnings("ignore", message=".*SCIPY_ARRAY_API is not set.*")
        check_estimator(model)


@pytest.mark.slow
@BOTH
@pytest.mark.parametrize("weights", ["uniform", "distance", lambda distance: np.exp(-distance)])
@pytest.mark.parametrize("parameters", [{}, {"metric": "manhattan"}, {"metric": "chebyshev"}, {"p": 3}], ids=str)
def test_the_classifier_equals_scikit_learns(algorithm, weights, parameters):
    X, y = load_wine(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    ours = KNeighborsClassifier(7, weights=weights, algorithm=algorithm, **parameters).fit(X[::2], y[::2])
    theirs = sklearn.neighbors.KNeighborsClassifier(7, weights=weights, **parameters).fit(X[::2], y[::2])
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-9)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    np.testing.assert_allclose(ours.kneighbors(X)[0], theirs.kneighbors(X)[0], atol=1e-10)
    assert ours.score(X, y) == theirs.score(X, y)


def test_cosine_neighbours_equal_scikit_learns():
    X, y = load_wine(return_X_y=True)
    ours = KNeighborsClassifier(metric="cosine").fit(X, y)
    theirs = sklearn.neighbors.KNeighborsClassifier(metric="cosine").fit(X, y)
    np.testing.assert_allclose(ours.kneighbors(X)[0], theirs.kneighbors(X)[0], atol=1e-10)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))


@pytest.mark.parametrize("weights", ["uniform", "distance"])
def test_the_regressor_equals_scikit_learns_for_one_target_and_for_several(weights):
    X, y = load_diabetes(return_X_y=True)
    for targets in (y, np.column_stack([y, -y, X[:, 2]])):
        ours = KNeighborsRegressor(6, weights=weights).fit(X[:300], targets[:300])
        theirs = sklearn.neighbors.KNeighborsRegressor(6, weights=weights).fit(X[:300], targets[:300])
        np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-10)
        assert ours.score(X[300:], targets[300:]) == pytest.approx(theirs.score(X[300:], targets[300:]))


def test_without_x_each_sample_asks_the_others_which_is_leave_one_out():
    X, y = load_iris(return_X_y=True)
    model = KNeighborsClassifier(5).fit(X, y)
    theirs = sklearn.neighbors.KNeighborsClassifier(5).fit(X, y)
    np.testing.assert_allclose(model.kneighbors()[0], theirs.kneighbors()[0], atol=1e-10)
    left_out = cross_val_score(KNeighborsClassifier(5), X, y, cv=LeaveOneOut())
    assert model.score(None, y) == left_out.mean()


def test_duplicates_do_not_make_a_sample_its_own_neighbour():
    model = KNeighborsClassifier(2).fit(np.zeros((5, 2)), [0, 0, 1, 1, 1])
    np.testing.assert_array_equal(model.kneighbors(return_distance=False),
                                  [[1, 2], [0, 2], [0, 1], [0, 1], [0, 1]])


def test_it_works_in_pipelines_searches_frames_and_pickles():
    X, y = load_iris(return_X_y=True, as_frame=True)
    search = GridSearchCV(make_pipeline(StandardScaler(), KNeighborsClassifier()),
                          {"kneighborsclassifier__n_neighbors": [9, 149]}, cv=3, error_score=np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")                              # 149 neighbours of 100 samples: not to be had
        assert search.fit(X, y).best_params_ == {"kneighborsclassifier__n_neighbors": 9}
    model = KNeighborsClassifier(3, weights="distance").fit(X, y)
    np.testing.assert_array_equal(model.feature_names_in_, X.columns)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), model.predict(X))
    assert repr(clone(model)) == "KNeighborsClassifier(n_neighbors=3, weights='distance')"
    assert model.kneighbors()[1].shape == (150, 3)                   # no warning that names are missing
    assert model.effective_metric_ == "euclidean" and model.n_samples_fit_ == 150


def test_float32_data_give_float64_distances_and_the_regressor_keeps_float32():
    X = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    assert KNeighborsClassifier().fit(X, X[:, 0] > 0).kneighbors(X)[0].dtype == np.float64
    assert KNeighborsRegressor().fit(X, X[:, 0]).predict(X).dtype == np.float32


def test_uint8_images_do_not_overflow():
    X = np.array([[0, 0], [255, 255], [250, 10]], dtype=np.uint8)
    distance, index = KNeighborsClassifier(1).fit(X, [0, 1, 2]).kneighbors(np.array([[5, 0]], dtype=np.uint8))
    assert (distance.item(), index.item()) == (5.0, 0)


def test_auto_takes_the_tree_where_there_are_few_features_and_many_samples():
    rng = np.random.default_rng(0)
    for engine, n, d, kind in [
        ("fast", 2000, 2, FrontierKDTree), ("fast", 2000, 30, BoundedSearch), ("fast", 100, 2, BoundedSearch),
        ("plain", 10_000, 2, KDTree), ("plain", 10_000, 5, BruteForce), ("plain", 9_999, 2, BruteForce),
    ]:
        model = KNeighborsClassifier(engine=engine).fit(rng.normal(size=(n, d)), np.arange(n) % 2)
        assert isinstance(model._search, kind) and model.engine_ == engine


def test_auto_is_plain_for_a_small_table_and_fast_where_one_would_wait(monkeypatch):
    monkeypatch.undo()                                               # the limit as it is
    for n, d, engine in [(1, 1, "plain"), (500, 10, "plain"), (1300, 2, "plain"), (2000, 2, "fast"),
                         (1000, 784, "fast"), (20_000, 2, "fast")]:
        assert KNeighborsClassifier(1).fit(np.zeros((n, d)), np.arange(n) % 2).engine_ == engine


@pytest.mark.slow
def test_jobs_and_the_size_of_a_leaf_are_accepted_and_change_no_answer():
    X, y = load_wine(return_X_y=True)
    expected = KNeighborsClassifier(algorithm="kd_tree").fit(X, y)
    for n_jobs, leaf_size in [(-1, 1), (2, 5), (None, 1000)]:
        model = KNeighborsClassifier(algorithm="kd_tree", leaf_size=leaf_size).set_params(n_jobs=n_jobs).fit(X, y)
        np.testing.assert_array_equal(model.kneighbors(), expected.kneighbors())
        np.testing.assert_array_equal(model.predict_proba(X), expected.predict_proba(X))


# ---- votes

@BOTH
def test_a_query_on_a_sample_is_that_samples_class_when_votes_count_by_distance(algorithm):
    X, y = [[0.0], [0.0], [1e-300], [1.0]], [2, 1, 0, 0]
    model = KNeighborsClassifier(4, weights="distance", algorithm=algorithm).fit(X, y)
    np.testing.assert_array_equal(model.predict_proba([[0.0]]), [[0, 0.5, 0.5]])
    # From 1e-320 away, 1/distance would be infinite.
    assert np.isfinite(model.predict_proba([[1e-320]])).all()
    regressor = KNeighborsRegressor(3, weights="distance", algorithm=algorithm).fit(X, [5.0, 7.0, 100.0, 100.0])
    np.testing.assert_array_equal(regressor.predict([[0.0]]), [6.0])


def test_equal_votes_go_to_the_first_class_and_unequal_ones_do_not():
    X = [[-1.0], [1.0], [-2.0], [2.0], [3.0]]
    model = KNeighborsClassifier(4).fit(X, ["c", "b", "b", "c", "a"])
    assert model.predict([[0.0]]) == ["b"]
    assert KNeighborsClassifier(5).fit(X, ["c", "b", "c", "a", "c"]).predict([[0.0]]) == ["c"]


def test_a_weight_function_is_held_to_one_useful_weight_a_neighbour():
    for weights, words in [
        (lambda d: np.zeros_like(d), "All neighbors of some sample is getting zero weights"),
        (lambda d: d[:, :1], r"shape \(1, 1\) for distances of shape \(1, 2\)"),
        (lambda d: -d, "negative, infinite or NaN"),
    ]:
        with pytest.raises(ValueError, match=words):
            KNeighborsClassifier(2, weights=weights).fit(LINE, [0, 0, 1, 1]).predict([[1.75]])
    only_the_first = KNeighborsClassifier(2, weights=lambda d: np.ones_like(d) * (np.arange(len(d)) == 0)[:, None])
    with pytest.raises(ValueError, match="All neighbors of some sample is getting zero weights"):
        only_the_first.fit(LINE, [0, 0, 1, 1]).predict([[1.75], [0.5]])


def test_one_class_and_one_sample_are_enough():
    model = KNeighborsClassifier(1).fit([[3.0]], ["only"])
    assert model.predict([[99.0]]) == ["only"]
    np.testing.assert_array_equal(model.predict_proba([[99.0]]), [[1.0]])


# ---- refusals

def test_wrong_parameters_are_refused_by_fit_in_scikit_learns_words():
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"n_neighbors": 0}, "'n_neighbors' parameter of KNeighborsClassifier must be an int >= 1. Got 0 instead"),
        ({"n_neighbors": 2.5}, "Got 2.5 instead"),
        ({"n_neighbors": True}, "Got True instead"),
        ({"weights": "close"}, "The 'weights' parameter of KNeighborsClassifier must be one of 'uniform', 'distance', "
                               "None or a function. Got 'close' instead"),
        ({"algorithm": "ball_tree"}, "'algorithm' parameter .* must be one of 'auto', 'brute', 'kd_tree'"),
        ({"leaf_size": 0}, "The 'leaf_size' parameter of KNeighborsClassifier must be an int >= 1"),
        ({"metric": "hamming"}, "'metric' parameter .* must be one of 'euclidean', .*'cosine'. Got 'hamming' instead"),
        ({"metric": ["l2"]}, "Got .'l2'. instead"),
        ({"metric": "cosine", "algorithm": "kd_tree"}, "Metric 'cosine' not valid for algorithm='kd_tree'"),
        ({"p": 0}, r"The 'p' parameter of KNeighborsClassifier must be None or a float in the range \(0.0, inf\]"),
        ({"p": np.nan}, "Got nan instead"),
        ({"engine": "slow"}, "'engine' parameter .* must be one of 'auto', 'plain', 'fast'"),
    ]
    for parameters, words in wrong:
        with pytest.raises(ValueError, match=words):
            KNeighborsClassifier(**parameters).fit(LINE, [0, 0, 1, 1])


@pytest.mark.parametrize("kind", [KNeighborsClassifier, KNeighborsRegressor])
def test_a_refused_fit_leaves_the_fitted_model_as_it_was(kind):
    X, y = np.array(LINE), np.array([10.0, 10.0, 20.0, 30.0])
    model = kind(2).fit(X, y)
    before, expected = dict(vars(model)), model.predict([[1.75]])
    refused: list[tuple[dict[str, Any], Any, Any]] = [
        ({}, [[np.nan, 1.0], [0.0, 1.0]], [0, 1]), ({}, [[0.0, 1.0], [1.0, 0.0]], [1, 2, 3]), ({}, [[0.0, 1.0]], None),
        ({}, [[0.0, 1.0], [1.0, 0.0]], [1, np.inf]), ({"weights": "close"}, [[0.0, 1.0]], [7.0]),
        ({"algorithm": "kd_tree", "metric": "cosine"}, [[0.0, 1.0]], [7.0]), ({"p": -1}, [[0.0, 1.0]], [7.0]),
    ]
    for parameters, *data in refused:
        old = {name: getattr(model, name) for name in parameters}
        with pytest.raises(ValueError):
            model.set_params(**parameters).fit(*data)
        model.set_params(**old)
        assert vars(model) == before
        np.testing.assert_array_equal(model.predict([[1.75]]), expected)


def test_more_neighbours_than_samples_are_refused_in_scikit_learns_words():
    model = KNeighborsClassifier().fit(LINE, [0, 0, 1, 1])
    with pytest.raises(ValueError, match=r"Expected n_neighbors <= n_samples_fit, but n_neighbors = 5, n_samples_fit "
                                         "= 4, n_samples = 1"):
        model.predict([[1.0]])
    with pytest.raises(ValueError, match="Expected n_neighbors < n_samples_fit, but n_neighbors = 4"):
        model.kneighbors(n_neighbors=4)
    with pytest.raises(ValueError, match="Expected n_neighbors > 0"):
        model.kneighbors([[1.0]], n_neighbors=-1)
    with pytest.raises(TypeError, match="n_neighbors does not take <class 'float'> value"):
        model.kneighbors([[1.0]], n_neighbors=1.5)  # type: ignore[arg-type]


def test_asking_before_fitting_is_an_error_of_its_own():
    for ask in (lambda model: model.kneighbors(), lambda model: model.predict([[1.0]])):
        with pytest.raises(NotFittedError, match="not fitted yet"):
            ask(KNeighborsClassifier())


@BOTH
def test_distances_up_to_the_end_of_float64_are_ranked_and_those_beyond_are_refused(algorithm):
    model = KNeighborsClassifier(2, algorithm=algorithm).fit([[0.0], [1e200], [1.7e308]], [0, 1, 1])
    np.testing.assert_array_equal(model.kneighbors([[-1e200]]), [[[1e200, 2e200]], [[0, 1]]])
    with pytest.raises(ValueError, match="beyond float64"):
        model.kneighbors([[-1.7e308]], n_neighbors=3)


def test_a_frame_with_other_columns_is_refused():
    frame = pd.DataFrame({"a": [0.0, 1.0], "b": [1.0, 0.0]})
    model = KNeighborsClassifier(1).fit(frame, [0, 1])
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame.rename(columns={"b": "c"}))


def test_the_size_of_a_search_is_n_squared_times_the_features_and_a_hundred_more(monkeypatch):
    X = np.random.default_rng(0).normal(size=(30, 4))
    for limit, engine in ((30 * 30 * 104, "plain"), (30 * 30 * 104 - 1, "fast")):
        monkeypatch.setattr("KNN_From_Scratch.knn.LARGEST_PLAIN_SIZE", limit)
        assert KNeighborsRegressor().fit(X, X[:, 0]).engine_ == engine


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("engine", ["plain", "fast"])
@pytest.mark.parametrize("Model", [KNeighborsClassifier, KNeighborsRegressor])
def test_a_change_of_the_samples_after_fit_changes_no_answer_of_a_tree(Model, engine, dtype):
    """A k-d tree whose points have moved would find wrong neighbours."""
    rng = np.random.default_rng(0)
    X, y, Q = rng.normal(size=(300, 3)).astype(dtype), rng.integers(0, 3, 300), rng.normal(size=(50, 3))
    model = Model(algorithm="kd_tree", engine=engine).fit(X, y := y.astype(dtype))
    before = model.predict(Q)
    X[:], y[:] = 0, 1
    np.testing.assert_array_equal(model.predict(Q), before)

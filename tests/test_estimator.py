"""The base classes, through the smallest honest classifier: each class is its centroid."""

import pickle
import warnings
from copy import deepcopy

import numpy as np
import pytest
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from ai_from_scratch.estimator import Classifier, Regressor, UndefinedMetricWarning, check_sample_weight

RNG = np.random.default_rng(0)
X = np.concatenate([RNG.normal(size=(20, 3)), RNG.normal(size=(20, 3)) + 3, RNG.normal(size=(20, 3)) - 3])  # (60, 3)
Y = np.repeat(["walnut", "almond", "hazelnut"], 20)


class NearestCentroid(Classifier):
    """p(class) ∝ exp(−sharpness · ‖x − centroid‖²)"""

    def __init__(self, sharpness=1.0, rule=None):
        self.sharpness = sharpness
        self.rule = rule

    def fit(self, X, y, sample_weight=None):
        X, y = self._check_fit(X, y)
        self.sums_, self.counts_ = 0, 0
        return self._add(X, y, sample_weight)

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        X, y = self._check_partial_fit(X, y, classes)
        if not hasattr(self, "sums_"):
            self.sums_, self.counts_ = 0, 0
        return self._add(X, y, sample_weight)

    def _add(self, X, y, sample_weight):
        member = (y == np.arange(len(self.classes_))[:, None]) * check_sample_weight(sample_weight, X)  # (K, n)
        self.sums_, self.counts_ = self.sums_ + member @ X, self.counts_ + member.sum(axis=1)
        return self

    def predict_proba(self, X):
        X = self._check_predict(X)
        centroids = self.sums_ / np.maximum(self.counts_, 1)[:, None]  # (K, d)
        distance = ((X[:, None] - centroids) ** 2).sum(axis=2)  # (n, K)
        distance[:, self.counts_ == 0] = np.inf
        p = np.exp(-self.sharpness * (distance - distance.min(axis=1, keepdims=True)))
        return p / p.sum(axis=1, keepdims=True)


class Mean(Regressor):
    _multi_output = True

    def fit(self, X, y):
        X, y = self._check_fit(X, y)
        self.mean_ = y.mean(axis=0)
        return self

    def predict(self, X):
        return np.zeros((len(self._check_predict(X)), *self.mean_.shape)) + self.mean_


def test_scikit_learns_own_checks_pass_whole_on_a_minimal_classifier():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Estimator NearestCentroid does not inherit from")
        results = check_estimator(NearestCentroid(), on_skip=None)
    # The array-API check wants a variable set before SciPy is loaded, and array libraries that nobody gave it.
    assert {result["check_name"] for result in results if result["status"] != "passed"} <= {"check_array_api_input"}


def test_labels_of_any_kind_come_back_as_they_were():
    kinds = [Y, Y.astype(object), list(Y), Y == "almond", np.repeat([7, -3, 200], 20), np.repeat([1.0, 2.0, 5.0], 20)]
    for y in kinds:
        model = NearestCentroid().fit(X, y)
        assert model.score(X, y) > 0.9
        assert model.classes_.tolist() == sorted(set(y))
        assert model.predict(X).dtype == model.classes_.dtype == np.asarray(y).dtype


def test_the_logarithm_of_an_impossible_class_is_minus_infinity_without_a_warning():
    model = NearestCentroid(sharpness=1e6).fit(X, Y)
    assert np.isneginf(model.predict_log_proba(X[:1])).sum() == 2


def test_accuracy_is_scikit_learns_with_and_without_weights():
    model, s = NearestCentroid().fit(X, Y), RNG.uniform(size=60)
    shuffled = RNG.permutation(Y)
    assert model.score(X, shuffled) == accuracy_score(shuffled, model.predict(X))
    assert model.score(X, shuffled, s) == pytest.approx(accuracy_score(shuffled, model.predict(X), sample_weight=s))
    with pytest.raises(ValueError, match=r"y holds labels like 0.0, and the model was fitted on labels like 'walnut'"):
        model.score(X, np.zeros(60))
    for bad, words in ((np.full(60, 0.5), "continuous"), (np.full(60, None), "contains NaN")):
        with pytest.raises(ValueError, match=words):
            model.score(X, bad)
    with pytest.raises(ValueError, match="at least one non-zero"):
        model.score(X, Y, np.zeros(60))
    with pytest.raises(ValueError, match=r"inconsistent numbers of samples: \[60, 59\]"):
        model.score(X, Y[:-1])


@pytest.mark.parametrize("scale", [1e-300, 1e-200, 1e200, 1e305])
def test_r_squared_does_not_depend_on_the_unit_however_large_or_small(scale):
    y = RNG.normal(size=60) + 5
    usual, scaled = Mean().fit(X[:30], y[:30]), Mean().fit(X[:30], scale * y[:30])
    assert scaled.score(X, scale * y) == pytest.approx(usual.score(X, y))


def test_a_score_of_impossible_targets_is_refused_in_words():
    model = Mean().fit(X, np.arange(60.0))
    for bad, words in ((np.where(np.arange(60) == 3, np.nan, 1), "y contains NaN"), (["a"] * 60, "not numbers"),
                       (np.full(60, np.inf), "y contains infinity")):
        with pytest.raises(ValueError, match=words):
            model.score(X, bad)
    with pytest.raises(ValueError, match="at least one non-zero"):
        model.score(X, np.arange(60.0), np.zeros(60))


def test_r_squared_is_scikit_learns_for_one_target_and_for_several():
    Y2, s = RNG.normal(size=(60, 2)) + np.array([5, 0]), RNG.uniform(size=60)
    for y in (Y2[:, 0], Y2, np.column_stack([Y2[:, 0], np.ones(60)])):
        model = Mean().fit(X[:30], y[:30])
        assert model.score(X, y) == pytest.approx(r2_score(y, model.predict(X)))
        assert model.score(X, y, s) == pytest.approx(r2_score(y, model.predict(X), sample_weight=s))


def test_r_squared_beyond_float64_is_refused_and_is_neither_infinite_nor_0():
    model = Mean().fit(X, np.arange(60.0))
    for tiny in (1e-160, 1e-170):                                  # the squares of the second one are 0
        with pytest.raises(ValueError, match=r"R² is below −1e308: predictions reach 3\.0e\+01, y only .*e-1"):
            model.score(X, tiny * np.arange(60.0))


def test_r_squared_of_zeros_that_are_missed_by_a_little_is_0():
    assert Mean().fit(X, np.full(60, 1e-200)).score(X, np.zeros(60)) == 0


def test_r_squared_of_a_constant_target_is_1_when_hit_and_0_when_missed():
    assert Mean().fit(X, np.ones(60)).score(X, np.ones(60)) == 1
    assert Mean().fit(X, np.ones(60)).score(X, np.zeros(60)) == 0


def test_r_squared_of_one_sample_is_undefined_and_says_so():
    with pytest.warns(UndefinedMetricWarning, match="two samples"):
        assert np.isnan(Mean().fit(X, np.ones(60)).score(X[:1], [1.0]))


def test_batches_fed_one_by_one_learn_what_fit_learns():
    model = NearestCentroid()
    for start in range(0, 60, 7):
        model.partial_fit(X[start : start + 7], Y[start : start + 7], classes=np.unique(Y) if start == 0 else None)
    whole = NearestCentroid().fit(X, Y)
    np.testing.assert_allclose(model.sums_, whole.sums_)
    np.testing.assert_array_equal(model.predict(X), whole.predict(X))


def test_the_first_batch_must_name_all_classes_and_later_ones_may_not_change_them():
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        NearestCentroid().partial_fit(X, Y)
    model = NearestCentroid().partial_fit(X[:5], Y[:5], classes=["walnut", "almond"])
    with pytest.raises(ValueError, match="not the same as on last call"):
        model.partial_fit(X, Y, classes=["walnut", "almond", "hazelnut"])
    with pytest.raises(ValueError, match=r"\['hazelnut'\] in y do not exist"):
        model.partial_fit(X, Y)


def test_a_failed_first_fit_leaves_the_model_unfitted():
    model = NearestCentroid()
    with pytest.raises(ValueError, match="inconsistent numbers"):
        model.fit(X, Y[:-1])
    assert not vars(model).keys() - {"sharpness", "rule"}


def test_the_repr_is_a_call_that_makes_the_estimator_again():
    assert repr(NearestCentroid()) == "NearestCentroid()"
    assert repr(NearestCentroid(sharpness=0.5, rule="x")) == "NearestCentroid(sharpness=0.5, rule='x')"
    again = eval(repr(NearestCentroid(rule=NearestCentroid(2.0))))
    assert again.rule.sharpness == 2.0


def test_parameters_are_read_and_set_by_name_nested_ones_too():
    model = NearestCentroid(rule=NearestCentroid())
    assert model.get_params(deep=False).keys() == {"sharpness", "rule"}
    assert model.get_params().keys() == {"sharpness", "rule", "rule__sharpness", "rule__rule"}
    assert model.set_params(sharpness=3, rule__sharpness=4) is model
    assert (model.sharpness, model.rule.sharpness) == (3, 4)
    with pytest.raises(ValueError, match=r"Invalid parameter 'sharp'.*\['rule', 'sharpness'\]"):
        model.set_params(sharp=1)


def test_pickles_copies_and_clones_are_the_same_model():
    model = NearestCentroid(sharpness=2).fit(X, Y)
    for copy in (pickle.loads(pickle.dumps(model)), deepcopy(model)):
        np.testing.assert_array_equal(copy.predict_proba(X), model.predict_proba(X))
    unfitted = clone(model)
    assert unfitted.sharpness == 2 and not hasattr(unfitted, "classes_")


def test_it_works_in_a_pipeline_a_grid_search_and_cross_validation():
    assert is_classifier(NearestCentroid()) and is_regressor(Mean())
    grid = {"nearestcentroid__sharpness": [0.1, 1.0]}
    search = GridSearchCV(make_pipeline(StandardScaler(), NearestCentroid()), grid, cv=3).fit(X, Y)
    assert search.best_score_ > 0.9
    assert "NearestCentroid" in search.best_estimator_._repr_html_()
    assert cross_val_score(NearestCentroid(), X, Y, cv=3, n_jobs=1, scoring="roc_auc_ovr").min() > 0.9

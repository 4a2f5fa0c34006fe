"""Data on which a plain logistic regression overflows, cancels or never ends, and properties that hold on all data."""

from typing import Any

import numpy as np
import pytest
import sklearn.linear_model
from hypothesis import given, settings
from hypothesis import strategies as st

from Logistic_Regression_From_Scratch import LogisticRegression

SIZE_LIMIT = "Logistic_Regression_From_Scratch.logistic_regression.LARGEST_PLAIN_SIZE"
pytestmark = pytest.mark.usefixtures("each_engine")
RNG = np.random.default_rng(2)
X = RNG.normal(size=(120, 3))
Y = (X @ [1.0, -2.0, 1.0] + RNG.logistic(size=120) > 0).astype(int)
THREE = np.digitize(X @ [1.0, 1.0, 0.0] + RNG.normal(size=120), [-0.7, 0.7])


@pytest.fixture(params=["lbfgs", "newton-cholesky"])
def solver(request):
    """The two solvers that converge on every table."""
    return request.param


def model(solver="newton-cholesky", **parameters):
    return LogisticRegression(solver=solver, **{"tol": 1e-9, "max_iter": 2000, **parameters})


# ---- traps

@pytest.mark.parametrize("y", [Y, THREE], ids=["two classes", "three classes"])
@pytest.mark.parametrize("far", [1e7, 1e8])
def test_a_column_far_from_zero_changes_nothing_but_the_intercept(solver, y, far):
    moved = X + np.array([0, far, 0])
    here, there = model(solver).fit(X, y), model(solver, tol=1e-7).fit(moved, y)
    np.testing.assert_allclose(there.coef_, here.coef_, atol=2e-6)
    np.testing.assert_allclose(there.predict_proba(moved), here.predict_proba(X), atol=2e-6)


def test_columns_of_very_different_units_are_only_other_units(solver):
    units = np.array([1e-8, 1.0, 1e8])
    here, there = model(solver, C=np.inf).fit(X, Y), model(solver, C=np.inf, tol=1e-13).fit(X * units, Y)
    np.testing.assert_allclose(there.coef_ * units, here.coef_, rtol=1e-5)


@pytest.mark.parametrize("y", [Y, THREE], ids=["two classes", "three classes"])
@pytest.mark.parametrize("C", [1.0, np.inf])
def test_duplicated_columns_share_the_weight_evenly(solver, y, C):
    twice = model(solver, C=C).fit(X[:, [0, 1, 2, 2]], y)
    np.testing.assert_allclose(twice.coef_[:, 2], twice.coef_[:, 3], rtol=1e-9)
    if np.isinf(C):
        once = model(solver, C=C).fit(X, y)
        np.testing.assert_allclose(2 * twice.coef_[:, 2], once.coef_[:, 2], rtol=1e-6)
        np.testing.assert_allclose(twice.predict_proba(X[:, [0, 1, 2, 2]]), once.predict_proba(X), atol=1e-7)


def test_a_column_almost_equal_to_another_gives_the_same_probabilities(solver):
    twins = np.column_stack([X, X[:, 0] + 1e-6 * RNG.normal(size=120)])
    theirs = sklearn.linear_model.LogisticRegression(solver="newton-cholesky", tol=1e-12).fit(twins, Y)
    np.testing.assert_allclose(model(solver).fit(twins, Y).predict_proba(twins), theirs.predict_proba(twins), atol=1e-6)


@pytest.mark.parametrize("value", [0.0, 0.1, -3e9])
@pytest.mark.parametrize("C", [1.0, np.inf])
def test_a_constant_column_gets_no_weight(solver, value, C):
    padded = np.column_stack([X, np.full(120, value)])
    fitted = model(solver, C=C).fit(padded, Y)
    assert fitted.coef_[0, 3] == 0
    np.testing.assert_allclose(fitted.coef_[0, :3], model(solver, C=C).fit(X, Y).coef_[0], rtol=1e-6)


def test_without_an_intercept_a_column_of_ones_is_one(solver):
    ones = model(solver, C=np.inf, fit_intercept=False).fit(np.column_stack([X, np.ones(120)]), Y)
    usual = model(solver, C=np.inf).fit(X, Y)
    np.testing.assert_allclose(ones.coef_[0], [*usual.coef_[0], *usual.intercept_], rtol=1e-6)
    assert ones.intercept_ == [0.0]


def test_more_features_than_samples_separate_and_the_penalty_decides(solver):
    wide, y = RNG.normal(size=(20, 100)), np.arange(20) % 2
    theirs = sklearn.linear_model.LogisticRegression(solver="newton-cholesky", tol=1e-12).fit(wide, y)
    fitted = model(solver).fit(wide, y)
    assert fitted.score(wide, y) == 1
    np.testing.assert_allclose(fitted.coef_, theirs.coef_, atol=1e-7 * np.abs(theirs.coef_).max())


@pytest.mark.parametrize("C", [1e8, np.inf])
@pytest.mark.parametrize("cuts", [[0.0], [-0.5, 0.5]], ids=["two classes", "three classes"])
def test_separable_classes_come_to_an_end_without_overflow(solver, C, cuts):
    y = np.digitize(X[:, 0], cuts)
    fitted = LogisticRegression(solver=solver, C=C).fit(X, y)
    assert fitted.n_iter_[0] < 100
    assert fitted.score(X, y) == 1
    assert np.isfinite(fitted.coef_).all()
    assert np.isfinite(fitted.predict_log_proba(1e6 * X)).all()


def test_at_logits_of_a_thousand_probabilities_are_zero_and_one_and_their_logarithms_are_right():
    fitted = model().fit([[-1.0], [1.0]], [0, 1])
    fitted.coef_, fitted.intercept_ = np.array([[1000.0]]), np.array([0.0])
    assert fitted.predict_proba([[1.0], [-1.0]]).tolist() == [[0, 1], [1, 0]]
    assert fitted.predict_log_proba([[1.0], [-1.0]]).tolist() == [[-1000, 0], [0, -1000]]


def test_a_class_with_one_sample_is_learnt_like_any_other(solver):
    y = np.append(THREE, 7)
    padded = np.vstack([X, [[4.0, -4.0, 4.0]]])
    theirs = sklearn.linear_model.LogisticRegression(solver="newton-cholesky", tol=1e-12).fit(padded, y)
    fitted = model(solver).fit(padded, y)
    assert fitted.classes_.tolist() == [0, 1, 2, 7]
    np.testing.assert_allclose(fitted.predict_proba(padded), theirs.predict_proba(padded), atol=1e-7)


def test_a_class_that_weighs_nothing_does_not_keep_the_rest_from_being_learnt(solver):
    fitted = LogisticRegression(solver=solver, class_weight="balanced").fit(X, THREE, (THREE != 2).astype(float))
    assert fitted.predict_proba(X)[:, 2].max() < 0.05
    assert (fitted.predict(X) == THREE)[THREE != 2].mean() > 0.7


@pytest.mark.parametrize("solver", ["lbfgs", "newton-cholesky", "gradient_descent"])
@pytest.mark.parametrize("y", [Y, THREE], ids=["two classes", "three classes"])
def test_float32_stays_float32_with_float32s_digits(solver, y):
    small = LogisticRegression(solver=solver, max_iter=1000).fit(X.astype(np.float32), y)
    large = LogisticRegression(solver=solver, max_iter=1000, tol=1e-8).fit(X, y)
    assert small.coef_.dtype == small.intercept_.dtype == np.float32
    assert small.predict_proba(X.astype(np.float32)).dtype == np.float32
    np.testing.assert_allclose(small.coef_, large.coef_, atol=5e-3)


def test_labels_of_any_kind_come_back():
    for labels in (["no", "yes"], [False, True], [-1, 1], [2.0, 5.0]):
        y = np.array(labels)[Y]
        fitted = model().fit(X, y)
        assert fitted.predict(X).dtype == y.dtype
        assert fitted.score(X, y) > 0.7


def test_uint8_images_do_not_overflow():
    pixels = RNG.integers(0, 256, size=(60, 9)).astype(np.uint8)
    y = (pixels[:, 0] > 127).astype(int)
    np.testing.assert_array_equal(model().fit(pixels, y).coef_, model().fit(pixels.astype(float), y).coef_)


def test_neither_the_data_nor_the_parameters_are_changed():
    frozen, y = X.copy(), Y.copy()
    frozen.flags.writeable = y.flags.writeable = False
    weights = {0: 1.0, 1: 2.0}
    for solver in ("lbfgs", "newton-cholesky", "gradient_descent"):
        LogisticRegression(solver=solver, class_weight=weights, max_iter=1000).fit(frozen, y, np.ones(120))
    assert weights == {0: 1.0, 1: 2.0}


# ---- properties

@st.composite
def tables(draw):
    """A small table, and labels of two or three classes; each class occurs."""
    K, d = draw(st.integers(2, 3)), draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    n = draw(st.integers(6, 20))
    return rng.normal(size=(n, d)) * draw(st.sampled_from([0.1, 1.0, 20.0])), rng.permutation(np.arange(n) % K), rng


AGREE: dict[str, Any] = {"atol": 1e-6, "rtol": 1e-6}


@settings(max_examples=15, deadline=None)
@given(tables())
def test_the_order_of_samples_and_features_does_not_matter(table):
    features, y, rng = table
    rows, columns = rng.permutation(len(y)), rng.permutation(features.shape[1])
    straight, mixed = model().fit(features, y), model().fit(features[rows][:, columns], y[rows])
    np.testing.assert_allclose(mixed.coef_, straight.coef_[:, columns], **AGREE)


@settings(max_examples=15, deadline=None)
@given(tables(), st.floats(-100, 100))
def test_moving_the_data_moves_only_the_intercept(table, shift):
    features, y, _ = table
    here, there = model().fit(features, y), model().fit(features + shift, y)
    np.testing.assert_allclose(there.coef_, here.coef_, **AGREE)


@settings(max_examples=15, deadline=None)
@given(tables(), st.sampled_from([1e-3, 0.5, 1e4]))
def test_without_a_penalty_other_units_scale_only_the_coefficients(table, unit):
    features, y, _ = table
    K = y.max() + 1
    features = np.vstack([features] * 4)                           # each sample with all labels: never separable
    y = np.concatenate([y, y, (y + 1) % K, (y + 2) % K])
    here, there = model(C=np.inf, tol=1e-11).fit(features, y), model(C=np.inf, tol=1e-11 * unit).fit(unit * features, y)
    np.testing.assert_allclose(there.predict_proba(unit * features), here.predict_proba(features), atol=1e-6)
    np.testing.assert_allclose(there.coef_ * unit, here.coef_, atol=1e-5)


@settings(max_examples=15, deadline=None)
@given(tables())
def test_a_weight_of_three_is_the_sample_three_times(table):
    features, y, rng = table
    times = rng.integers(0, 4, size=len(y))
    times[np.unique(y, return_index=True)[1]] += 1                 # every class stays
    weighted = model().fit(features, y, times)
    repeated = model().fit(np.repeat(features, times, axis=0), np.repeat(y, times))
    np.testing.assert_allclose(weighted.coef_, repeated.coef_, **AGREE)
    np.testing.assert_allclose(weighted.intercept_, repeated.intercept_, **AGREE)


@settings(max_examples=15, deadline=None)
@given(tables())
def test_turning_two_labels_around_turns_the_coefficients_around(table):
    features, y, _ = table
    y = y % 2
    there, back = model().fit(features, y), model().fit(features, 1 - y)
    np.testing.assert_allclose(there.coef_, -back.coef_, **AGREE)
    np.testing.assert_allclose(there.predict_proba(features), back.predict_proba(features)[:, ::-1], **AGREE)


@settings(max_examples=15, deadline=None)
@given(tables())
def test_all_solvers_agree(table):
    features, y, _ = table
    one, other = (model(solver).fit(features, y).predict_proba(features) for solver in ("lbfgs", "newton-cholesky"))
    np.testing.assert_allclose(one, other, atol=1e-5)
    np.testing.assert_allclose(one.sum(axis=1), 1.0)

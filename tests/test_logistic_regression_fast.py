"""The fast engine: it ends at the plain minimum, is as strict about the stop, and looks at the data less often."""

import warnings
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import sklearn.linear_model
from hypothesis import given, settings
from hypothesis import strategies as st
from traced_memory import traced_memory

from ai_from_scratch.estimator import ConvergenceWarning
from Logistic_Regression_From_Scratch import LogisticRegression, loss_and_gradient
from Logistic_Regression_From_Scratch.demo.cancer import calibration, cheapest_threshold
from Logistic_Regression_From_Scratch.fast.centred_objective import CentredObjective
from Logistic_Regression_From_Scratch.fast.warm_start import sample

# n, d, K and which way it goes
WAYS: dict[str, tuple[int, int, int]] = {
    "Newton on a small table": (300, 4, 2),
    "Newton on a small table, three classes": (120, 4, 3),
    "Newton on a sample": (8000, 9, 2),
    "L-BFGS alone, two classes": (1500, 30, 2),
    "float32 on a sample": (3000, 6, 3),
    "float32 on all rows": (600, 30, 3),
    "float32, too wide for blocks": (150, 130, 3),
    "L-BFGS alone, three classes": (900, 8, 3),
}
EACH = pytest.mark.parametrize("size", WAYS.values(), ids=WAYS.keys())


def table(n, d, K, seed=0):
    """Features with different means; labels drawn from a logistic model."""
    rng = np.random.default_rng(seed)
    X = rng.normal(rng.uniform(-3, 3, size=d), rng.uniform(0.3, 3, size=d), size=(n, d))
    scores = (X - X.mean(axis=0)) / X.std(axis=0) @ rng.normal(size=(d, K)) * 2 / np.sqrt(d) + rng.gumbel(size=(n, K))
    return X, scores.argmax(axis=1)


def slope(model, X, y, s=None):
    """The largest |∂J/∂W|, |∂J/∂b| at the model, by the plain formula."""
    s = np.ones(len(y)) if s is None else s
    _, dW, db = loss_and_gradient(model.coef_, model.intercept_, X, y, s, model.C, model.fit_intercept)
    return max(np.abs(dW).max(), np.abs(db).max())


@EACH
def test_every_way_ends_at_scikit_learns_minimum(size):
    X, y = table(*size)
    ours = LogisticRegression(engine="fast", tol=1e-11, max_iter=2000).fit(X, y)
    theirs = sklearn.linear_model.LogisticRegression(solver="newton-cholesky", tol=1e-13).fit(X, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-8 * np.abs(theirs.coef_).max())
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-8)


@st.composite
def problems(draw):
    """X, y, weights and parameters: float32 and float64, C order and Fortran's, columns alike, far away or constant."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    n, d, K = draw(st.integers(12, 400)), draw(st.integers(1, 6)), draw(st.integers(2, 4))
    X = rng.normal(size=(n, d)) * draw(st.sampled_from([0.1, 1.0, 10.0])) + draw(st.sampled_from([0.0, 3.0, 100.0]))
    kind = draw(st.sampled_from(["free", "rounded", "twins", "constant"]))
    if kind == "rounded":
        X = X.round()
    elif kind != "free":
        X[:, -1] = X[:, 0] if kind == "twins" else 5.0
    y = np.append(rng.integers(0, K, n - K), np.arange(K))
    X = np.asarray(X, dtype=draw(st.sampled_from([np.float64, np.float32])), order=draw(st.sampled_from(["C", "F"])))
    s = draw(st.sampled_from([None, "integers", "reals"]))
    weight = s and (rng.integers(0, 4, n).astype(float) if s == "integers" else rng.uniform(0, 2, n))
    if weight is not None:
        weight[-K:] = 1.0
    return X, y, weight, {"C": draw(st.sampled_from([0.01, 1.0, 100.0])), "fit_intercept": draw(st.booleans()),
                          "solver": draw(st.sampled_from(["auto", "lbfgs", "newton-cholesky"]))}


@settings(max_examples=60, deadline=None)
@given(problems())
def test_both_engines_end_at_the_same_minimum(problem):
    X, y, s, parameters = problem
    single = X.dtype == np.float32
    plain, fast = (LogisticRegression(engine=engine, tol=1e-5 if single else 1e-9, max_iter=3000, **parameters)
                   for engine in ("plain", "fast"))
    with warnings.catch_warnings(action="ignore"):                 # float32 far from zero may not reach its tolerance
        plain.fit(X, y, s)
        fast.fit(X, y, s)
    assert (plain.engine_, fast.engine_) == ("plain", "fast") and plain.solver_ == fast.solver_
    assert plain.coef_.dtype == fast.coef_.dtype == X.dtype
    np.testing.assert_allclose(fast.predict_proba(X), plain.predict_proba(X), atol=5e-3 if single else 1e-5)
    weight = np.ones(len(y)) if s is None else s
    J = [loss_and_gradient(model.coef_.astype(float), model.intercept_.astype(float), X.astype(float), y, weight,
                           model.C, model.fit_intercept)[0] for model in (plain, fast)]
    assert J[1] == pytest.approx(J[0], rel=1e-4 if single else 1e-9)


@EACH
@pytest.mark.parametrize("max_iter", [1, 2, 5, 1000])
def test_every_step_is_yielded_numbered_from_one_and_leaves_its_own_model(size, max_iter):
    X, y = table(*size)
    for solver in ("lbfgs", "newton-cholesky"):
        model, steps, models = LogisticRegression(engine="fast", solver=solver, max_iter=max_iter, tol=1e-6), [], []
        if solver == "newton-cholesky" and size[1] > 100:
            continue
        for progress in model.training(X, y):
            steps.append(progress.step)
            models.append(model.coef_.copy())
            assert model.n_iter_ == [progress.step] and model.predict(X[:3]).shape == (3,)
        assert steps == list(range(1, len(steps) + 1)) and len(steps) <= max_iter
        assert max_iter > 2 or len(steps) == max_iter
        assert all((one != other).any() for one, other in pairwise(models))
        J, *_ = loss_and_gradient(model.coef_, model.intercept_, X, y, np.ones(len(y)), 1.0, True)
        assert progress.loss == pytest.approx(J, rel=1e-12)        # the last is of all the data


@pytest.mark.parametrize("K", [2, 3])
def test_the_last_step_on_a_part_reports_the_loss_on_all_the_data(K):
    X, y = table(8000, 9, K)
    model = LogisticRegression(engine="fast", solver="lbfgs", tol=0.06)
    *_, last = model.training(X, y)
    J, *_ = loss_and_gradient(model.coef_, model.intercept_, X, y, np.ones(len(y)), 1.0, True)
    assert last.loss == pytest.approx(J, rel=1e-6)                 # a sample's own differs by a percent
    assert slope(model, X, y) == pytest.approx(last.metrics["gradient"], rel=1e-3)


@pytest.mark.slow
def test_auto_is_plain_where_the_wait_is_short_and_fast_beyond():
    few, many = table(500, 10, 2), table(300_000, 20, 2)
    assert LogisticRegression().fit(*few).engine_ == "plain"
    assert LogisticRegression().fit(*many).engine_ == "fast"
    assert LogisticRegression(engine="plain", tol=0.1).fit(*many).engine_ == "plain"
    assert LogisticRegression(engine="fast", solver="gradient_descent", tol=0.1).fit(*few).engine_ == "plain"


@EACH
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_at_the_stop_no_slope_is_above_the_tolerance_at_the_users_own_origin(size, fit_intercept):
    X, y = table(*size)
    s = np.random.default_rng(1).uniform(0, 2, size=len(y))
    model = LogisticRegression(engine="fast", fit_intercept=fit_intercept, max_iter=1000).fit(X, y, s)
    assert slope(model, X, y, s) <= 1.001e-4
    tight = LogisticRegression(engine="fast", fit_intercept=fit_intercept, max_iter=2000, tol=1e-8).fit(X, y, s)
    assert slope(tight, X, y, s) <= 1.001e-8


@EACH
@pytest.mark.parametrize("max_iter", [1, 2, 4])
def test_no_way_takes_more_steps_than_allowed_and_each_is_warned_of(size, max_iter):
    X, y = table(*size)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model = LogisticRegression(engine="fast", max_iter=max_iter, tol=1e-12).fit(X, y)
    assert 1 <= model.n_iter_[0] <= max_iter
    assert any(issubclass(one.category, ConvergenceWarning) for one in said)


@pytest.mark.parametrize("size", [(20_000, 20, 2), (8000, 9, 3)], ids=["two classes", "three classes"])
def test_with_a_warm_start_all_the_rows_are_looked_at_less_often(size, monkeypatch):
    X, y = table(*size)
    looks = []
    call = CentredObjective.__call__

    def counted(self, theta):
        looks.append(len(self.X))
        return call(self, theta)

    monkeypatch.setattr(CentredObjective, "__call__", counted)
    LogisticRegression(engine="fast", solver="lbfgs").fit(X, y)
    with_it = looks.count(len(y))
    looks.clear()
    R = 1 if size[2] == 2 else 3
    start = np.zeros((R, size[1])), np.full(R, 1e-9)               # not 0: start enough
    for _ in LogisticRegression(engine="fast", solver="lbfgs").training(X, y, initial=start):
        pass
    assert with_it <= 0.7 * looks.count(len(y))


@pytest.mark.parametrize("K", [2, 3])
@pytest.mark.parametrize("order", ["sorted", "taking turns", "one class of three samples"])
def test_labels_in_any_order_leave_a_sample_fit_to_start_from(K, order):
    X, y = table(8000, 9, K)
    if order == "one class of three samples":
        X, y = np.delete(X, np.flatnonzero(y == 0)[3:], axis=0), np.delete(y, np.flatnonzero(y == 0)[3:])
    elif order == "sorted":
        X, y = X[np.argsort(y)], np.sort(y)
    else:
        y = np.arange(8000) % K
    model = LogisticRegression(engine="fast", max_iter=1000, tol=1e-7).fit(X, y)
    assert slope(model, X, y) <= 1.001e-7


def test_rows_that_weigh_nothing_can_be_left_out_also_of_a_sample():
    X, y = table(8000, 9, 2)
    s = (np.arange(8000) % 8 != 0).astype(float)                   # none of the evenly spaced rows weighs anything
    weighted = LogisticRegression(engine="fast", tol=1e-11).fit(X, y, s)
    left_out = LogisticRegression(engine="fast", tol=1e-11).fit(X[s > 0], y[s > 0])
    np.testing.assert_allclose(weighted.coef_, left_out.coef_, rtol=1e-7)


@pytest.mark.parametrize("K", [2, 3])
def test_a_sample_is_the_same_function_up_to_its_own_noise_and_on_all_rows_up_to_float32s(K):
    X, y = table(4000, 5, K)
    J = CentredObjective(X, y, np.ones(4000), 1 if K == 2 else K, 1e-3, True)
    theta = np.random.default_rng(3).normal(size=6 * J.R)
    everything, some = sample(J, 1), sample(J, 8)
    assert everything is not None and some is not None
    assert some.X.dtype == np.float32 and 400 <= len(some.X) <= 600
    assert everything(theta)[0] == pytest.approx(J(theta)[0], rel=1e-5)
    np.testing.assert_allclose(everything(theta)[1], J(theta)[1], atol=1e-5)
    assert some(theta)[0] == pytest.approx(J(theta)[0], rel=0.2)


@pytest.mark.parametrize("K", [2, 3])
@pytest.mark.parametrize("far", [0.0, 1e6])
def test_a_warm_start_is_no_worse_for_columns_far_from_zero(K, far):
    X, y = table(8000, 9, K)
    here, there = (LogisticRegression(engine="fast", tol=1e-11, max_iter=1000).fit(X + at, y) for at in (0.0, far))
    np.testing.assert_allclose(there.coef_, here.coef_, atol=1e-6)


@pytest.mark.parametrize("y", [[0, 1, 0, 1], [2, 1, 0, 1]], ids=["two classes", "three classes"])
def test_a_tie_goes_to_the_first_class_and_predict_is_the_most_probable(y):
    X = np.array([[-1.0], [1.0], [-2.0], [2.0]])
    model = LogisticRegression().fit(X, y)
    np.testing.assert_array_equal(model.predict(X), model.classes_[model.predict_proba(X).argmax(axis=1)])
    model.coef_, model.intercept_ = 0 * model.coef_, 0 * model.intercept_
    assert (model.predict(X) == model.classes_[0]).all()


# ---- what the demo chooses on the validation set

def test_the_cheapest_threshold_is_the_best_of_all_tried():
    rng = np.random.default_rng(5)
    positive = rng.random(60) < 0.4
    p = np.clip(0.3 * positive + rng.normal(0.35, 0.2, 60), 0.01, 0.99).round(2)

    def cost(t):
        return 9 * np.sum(positive & (p < t)) + np.sum(~positive & (p >= t))

    assert cost(cheapest_threshold(positive, p, 9.0)) == min(cost(t) for t in np.linspace(0, 1, 1001))


def test_reliability_bins_hold_every_sample_once():
    p = np.array([0.0, 0.05, 0.5, 0.55, 1.0])
    said, was, count = calibration(np.array([False, True, True, False, True]), p)
    assert said == pytest.approx([0.025, 0.525, 1.0])
    assert was == pytest.approx([0.5, 0.5, 1.0])
    assert count.tolist() == [2, 2, 1]


# ---- memory

@pytest.mark.slow
@pytest.mark.parametrize("size", [(1_000_000, 20, 2), (60_000, 784, 10)], ids=["1e6 x 20", "60,000 x 784"])
def test_a_fit_takes_less_than_a_hundred_megabytes_beyond_its_input(size):
    n, d, K = size
    rng: Any = np.random.default_rng(0)
    X = rng.random((n, d))
    y = (X[:, :K] + rng.random((n, K))).argmax(axis=1)
    with traced_memory() as peak:
        with warnings.catch_warnings(action="ignore"):
            model = LogisticRegression(max_iter=6).fit(X, y)
        assert model.engine_ == "fast"
        assert peak() < 100e6

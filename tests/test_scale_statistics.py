"""Sums that add: any split of the rows and any order of the parts give the statistics, and the model, of the whole."""

import pickle
import warnings
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import Linear_Regression_From_Scratch as linear
import Logistic_Regression_From_Scratch as logistic
import Naive_Bayes_From_Scratch as bayes
from ai_from_scratch.estimator import ConvergenceWarning
from KNN_From_Scratch import KNeighborsClassifier, KNeighborsRegressor, Nearest
from Linear_Regression_From_Scratch import LinearRegression, Ridge
from Logistic_Regression_From_Scratch import LogisticRegression
from Naive_Bayes_From_Scratch import GaussianNB

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 3)) * [1, 1e-3, 1e4] + [0, 1e3, -7]
Y = X @ [1.0, 300.0, 2e-4] + RNG.normal(size=120)
LABELS = np.array(["a", "b", "c"])[np.digitize(X[:, 0] + RNG.normal(size=120), [-0.7, 0.7])]
S = RNG.integers(0, 3, 120).astype(float)
SPLITS = st.lists(st.integers(0, 120), max_size=6)


def parts_of(cuts, *arrays):
    """The rows in parts, cut at these places: some may be empty."""
    ends = [0, *sorted(cuts), 120]
    return [tuple(array[i:j] for array in arrays) for i, j in pairwise(ends)]


def table(seed, offset):
    """A table of condition number below 1e4, whose columns have a mean of `offset` deviations."""
    rng = np.random.default_rng(seed)
    unit = rng.normal(size=(120, 3))
    unit[:, 2] += unit[:, 1]
    return (unit + offset) * [1, 1e-3, 1e4], unit @ [1.0, -2.0, 0.5] + rng.normal(size=120) + offset


@settings(max_examples=20, deadline=None)
@given(cuts=SPLITS, order=st.randoms(use_true_random=False), seed=st.integers(0, 99), weighted=st.booleans(),
       offset=st.sampled_from([0.0, 3.0, 1e6]))
def test_any_split_and_any_order_give_the_sums_of_the_whole_and_the_same_line(cuts, order, seed, weighted, offset):
    X, y = table(seed, offset)
    s = S if weighted else np.ones(120)
    whole = linear.Statistics.of(X, y, s)
    parts = [linear.Statistics.of(*part) for part in parts_of(cuts, X, y, s)]
    order.shuffle(parts)
    total: Any = sum(parts)
    spread = np.sqrt(whole.scatter.diagonal() / whole.weight)                       # of each column, about its mean
    scale = np.abs(np.column_stack([X, y])).max(axis=0)
    assert total.weight == whole.weight and total.n_rows == whole.n_rows == np.count_nonzero(s)
    assert (np.abs(total.mean - whole.mean) <= 1e-12 * scale).all()
    assert (np.abs(total.scatter - whole.scatter) <= 1e-12 * whole.weight * np.outer(spread, spread)).all()
    for model in (LinearRegression, Ridge):
        one, other = model().fit(X, y, s), model().fit_from(total)
        assert (np.abs(other.coef_ - one.coef_) * spread[:3] <= 1e-10 * spread[3]).all()
        assert other.predict(X) == pytest.approx(one.predict(X), rel=1e-9, abs=1e-9 * spread[3])


@settings(max_examples=15, deadline=None)
@given(cuts=SPLITS, order=st.randoms(use_true_random=False), seed=st.integers(0, 99), weighted=st.booleans(),
       offset=st.sampled_from([0.0, 3.0, 1e3]))
def test_any_split_and_any_order_give_the_same_naive_bayes(cuts, order, seed, weighted, offset):
    X, _ = table(seed, offset)
    s = S if weighted else np.ones(120)
    parts = [bayes.Statistics.of(*part) for part in parts_of(cuts, X, LABELS, s)]
    order.shuffle(parts)
    one, other, scale = GaussianNB().fit(X, LABELS, s), GaussianNB().fit_from(sum(parts)), np.abs(X).max(axis=0)
    assert other.classes_.tolist() == one.classes_.tolist()
    total: Any = sum(parts)
    mine, its = total.moments, bayes.Statistics.of(X, LABELS, s).moments
    assert np.array_equal(mine.weight, its.weight)
    assert (np.abs(mine.mean - its.mean) <= 1e-12 * scale).all()
    assert (np.abs(mine.variance - its.variance) <= 1e-12 * scale**2).all()
    np.testing.assert_allclose(other.theta_, one.theta_, rtol=1e-11)
    np.testing.assert_allclose(other.var_, one.var_, rtol=1e-6 if offset == 1e3 else 1e-9)
    assert other.class_prior_ == pytest.approx(one.class_prior_, rel=1e-12)
    assert other.epsilon_ == pytest.approx(one.epsilon_, rel=1e-9)


@pytest.mark.slow
@settings(max_examples=7, deadline=None)
@given(cuts=SPLITS, order=st.randoms(use_true_random=False), two=st.booleans(),
       settings_=st.sampled_from([{}, {"C": 1e-2}, {"class_weight": "balanced"}, {"class_weight": {"b": 3.0}},
                                  {"fit_intercept": False}]))
def test_newton_takes_the_same_steps_from_sums_over_any_split(cuts, order, two, settings_):
    y = np.where(LABELS == "a", "a", "b") if two else LABELS
    parts = parts_of(cuts, X, y, S)
    order.shuffle(parts)
    one = LogisticRegression(solver="newton-cholesky", tol=1e-9, **settings_).fit(X, y, S)
    other = LogisticRegression(tol=1e-9, **settings_).fit_from(
        lambda at: sum(logistic.Statistics.of(x, its, s, at=at) for x, its, s in parts))
    assert other.n_iter_ == one.n_iter_ and other.solver_ == one.solver_
    assert other.predict_proba(X) == pytest.approx(one.predict_proba(X), rel=1e-8)


@settings(max_examples=15, deadline=None)
@given(cuts=SPLITS, order=st.randoms(use_true_random=False), k=st.integers(1, 9),
       weights=st.sampled_from(["uniform", "distance"]), metric=st.sampled_from(["euclidean", "manhattan", "cosine"]))
def test_the_k_best_of_shards_are_the_k_best_of_all_bit_for_bit_ties_by_the_row(cuts, order, k, weights, metric):
    rng = np.random.default_rng(k)
    X, Q = rng.integers(0, 3, (120, 2)).astype(float), rng.integers(0, 3, (9, 2)).astype(float)   # nothing but ties
    for model, y in ((KNeighborsClassifier(k, weights=weights, metric=metric), LABELS),
                     (KNeighborsRegressor(k, weights=weights, metric=metric), np.column_stack([Y, -Y]))):
        shards = [Nearest.of(x, its, Q, model, first_row=int(start[0]) if len(start) else 0)
                  for x, its, start in parts_of(cuts, X, y, np.arange(120))]
        order.shuffle(shards)
        nearest: Any = sum(shards)
        whole = model.fit(X, y)
        distance, index = whole.kneighbors(Q)
        assert np.array_equal(nearest.distance, distance) and np.array_equal(nearest.row, index)
        assert np.array_equal(nearest.predict(model), whole.predict(Q))
        if isinstance(whole, KNeighborsClassifier):
            assert np.array_equal(nearest.predict_proba(model), whole.predict_proba(Q))


def test_two_hand_worked_parts_add_up():
    # x = 1, 3 and 5: the means 2 and 5, the squares about them 2 and 0; together 3 and 8 = 2 + 0 + 2·1/3·3².
    total = linear.Statistics.of([[1.0], [3.0]], [2.0, 6.0]) + linear.Statistics.of([[5.0]], [10.0])
    assert total.weight == 3 and total.mean.tolist() == [3, 6]
    np.testing.assert_allclose(total.scatter, [[8, 16], [16, 32]], rtol=1e-15)
    line = LinearRegression().fit_from(total)
    assert line.coef_ == pytest.approx([2.0]) and line.intercept_ == pytest.approx(0.0, abs=1e-14)


@pytest.mark.parametrize("model", [LinearRegression(), Ridge(2.0), Ridge(2.0, solver="svd"),
                                   LinearRegression(fit_intercept=False)], ids=repr)
@pytest.mark.parametrize("targets", [(), (1,), (2,)])
def test_the_answers_of_fit_from_have_the_shapes_and_dtype_of_fit(model, targets):
    for dtype in (np.float32, np.float64):
        x, y = RNG.normal(size=(40, 3)).astype(dtype), RNG.normal(size=(40, *targets)).astype(dtype)
        one, other = type(model)(**model.get_params()).fit(x, y), type(model)(**model.get_params())
        other.fit_from(linear.Statistics.of(x, y))
        for name in ("coef_", "intercept_"):
            here, there = getattr(other, name), getattr(one, name)
            assert (here.shape, here.dtype) == (there.shape, there.dtype)
            np.testing.assert_allclose(here, there, rtol=1e-5 if dtype is np.float32 else 1e-10, atol=1e-7)
        assert other.predict(x).shape == one.predict(x).shape


def test_partial_fit_is_fit_on_all_the_rows_at_each_block_and_goes_on_after_saving(tmp_path):
    for model in (LinearRegression(), Ridge(0.5)):
        for end in range(40, 121, 40):
            model.partial_fit(X[end - 40 : end], Y[end - 40 : end])
            whole = type(model)(**model.get_params()).fit(X[:end], Y[:end])
            np.testing.assert_allclose(model.coef_, whole.coef_, rtol=1e-9)
        model.save(tmp_path / "model.safetensors")
        for again in (type(model).load(tmp_path / "model.safetensors"), pickle.loads(pickle.dumps(model))):
            again.partial_fit(X[:40], Y[:40])
            np.testing.assert_allclose(again.coef_, Ridge(getattr(model, "alpha", 0.0)).fit(
                np.vstack([X, X[:40]]), np.append(Y, Y[:40])).coef_, rtol=1e-9)
        assert model.fit(X[:9], Y[:9]).coef_ == pytest.approx(type(model)(**model.get_params()).fit(X[:9], Y[:9]).coef_)
        with pytest.warns(UserWarning, match="begins anew, with these rows alone"):
            model.partial_fit(X[9:30], Y[9:30])
        assert model._statistics.n_rows == 21


def test_collinear_columns_give_the_shortest_weights_and_nearly_collinear_ones_a_warning():
    x = np.column_stack([X, X[:, 0], np.full(120, 0.1)])                      # a copy, and a constant
    one, other = LinearRegression().fit(x, Y), LinearRegression()
    for i in range(0, 120, 7):
        other.partial_fit(x[i : i + 7], Y[i : i + 7])
    np.testing.assert_allclose(other.coef_, one.coef_, rtol=1e-8, atol=1e-12)
    assert other.coef_[4] == 0
    wide = LinearRegression().fit_from(linear.Statistics.of(x[:3], Y[:3]))    # more features than rows
    np.testing.assert_allclose(wide.predict(x[:3]), Y[:3], rtol=1e-7)
    x[:, 3] += 1e-5 * RNG.normal(size=120)
    with pytest.warns(RuntimeWarning, match="keep few digits of the weights"):
        LinearRegression().fit_from(linear.Statistics.of(x, Y))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Ridge(1.0).fit_from(linear.Statistics.of(x, Y))


def test_a_mean_of_a_hundred_million_deviations_costs_no_digit():
    x = X[:, :1] + 1e8
    total: Any = sum(linear.Statistics.of(x[i : i + 11], Y[i : i + 11]) for i in range(0, 120, 11))
    np.testing.assert_allclose(LinearRegression().fit_from(total).coef_, LinearRegression().fit(x, Y).coef_, rtol=1e-13)


def test_newton_from_sums_pauses_at_each_step_with_a_usable_model():
    model, parts = LogisticRegression(tol=1e-9), parts_of([50], X, LABELS)
    steps = model.training_from(lambda at: sum(logistic.Statistics.of(x, y, at=at) for x, y in parts))
    losses, scores = zip(*[(progress.loss, model.score(X, LABELS)) for progress in steps], strict=True)
    assert len(losses) == model.n_iter_[0] > 3 and losses[0] > losses[1] > losses[-1] and min(scores) > 0.5
    with pytest.warns(ConvergenceWarning, match="has not arrived after 1 steps"):
        LogisticRegression(max_iter=1).fit_from(
            lambda at: sum(logistic.Statistics.of(x, y, at=at) for x, y in parts))


# ---- what may be wrong with parts

EACH = pytest.mark.parametrize(("kind", "y"), [(linear.Statistics, Y), (bayes.Statistics, LABELS),
                                               (logistic.Statistics, LABELS)], ids=["linear", "bayes", "logistic"])


def model_from(kind, total):
    if kind is logistic.Statistics:
        return LogisticRegression().fit_from(lambda at: total)
    return (LinearRegression() if kind is linear.Statistics else GaussianNB()).fit_from(total)


@EACH
def test_an_empty_partition_changes_nothing_whatever_it_is_made_of(kind, y):
    frame = pd.DataFrame(X, columns=["u", "v", "w"])
    for rows, empty, its in ((X, np.empty((0, 3)), []), (X.astype(np.float32), np.empty((0, 3), int), np.empty((0, 1))),
                             (frame, frame[:0].astype(object), pd.Series([], dtype=object))):
        whole, nothing = kind.of(rows, y), kind.of(empty, its)
        for total in (whole + nothing, nothing + whole, sum([nothing, whole, nothing])):
            assert total is whole
    with pytest.raises(ValueError, match="0 rows that count"):
        model_from(kind, nothing + nothing)


@EACH
def test_a_part_whose_rows_all_weigh_nothing_is_an_empty_one(kind, y):
    total = kind.of(X[:60], y[:60], np.zeros(60)) + kind.of(X[60:], y[60:], np.ones(60))
    assert total.n_rows == 60
    with pytest.raises(ValueError, match="one weight for each sample"):
        kind.of(X, y, np.zeros(7))


@EACH
def test_parts_of_other_versions_columns_and_kinds_are_refused_in_words(kind, y):
    part = kind.of(X, y)
    with pytest.raises(ValueError, match=r"by version 9\.9.*Install the same version everywhere"):
        part + replace(part, version="9.9")
    with pytest.raises(ValueError, match=r"computed by version 9\.9"):
        model_from(kind, replace(part, version="9.9"))
    with pytest.raises(ValueError, match="One part has 3 features, another 2"):
        part + kind.of(X[:, :2], y)
    frame = pd.DataFrame(X, columns=["u", "v", "w"])
    with pytest.raises(ValueError, match="the same columns in the same order"):
        kind.of(frame, y) + kind.of(frame[["v", "u", "w"]], y)
    with pytest.raises(TypeError, match="of the same chapter can be added"):
        part + "a"
    with pytest.raises(TypeError, match=r"(?s)Statistics.*Try"):
        model_from(kind, Y)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        kind.of(X, y[:7])
    with pytest.raises(ValueError, match="NaN"):
        kind.of(np.where(X > 2, np.nan, X), y)


@EACH
def test_partitions_of_other_dtypes_add_up_as_the_whole_table_would(kind, y):
    whole_numbers = np.round(X * [1, 1e3, 1e-4])
    y = y if y is LABELS else np.round(y / 1e4 * 300)
    total = kind.of(whole_numbers[:60].astype(np.float32), y[:60]) + kind.of(whole_numbers[60:].astype(int), y[60:])
    assert total.dtype == "float64"
    single = whole_numbers.astype(np.float32)
    same = kind.of(single[:60], y[:60]) + kind.of(single[60:], y[60:])
    assert same.dtype == "float32"
    if kind is linear.Statistics:
        assert model_from(kind, same).coef_.dtype == np.float32
        whole = LinearRegression().fit(whole_numbers, y)
        np.testing.assert_allclose(model_from(kind, total).coef_, whole.coef_, rtol=1e-9)


@EACH
def test_the_names_of_the_columns_come_with_the_sums(kind, y):
    frame = pd.DataFrame(X, columns=["u", "v", "w"])
    parts = [(frame[:60], y[:60]), (frame[60:], y[60:])]
    model = (LogisticRegression().fit_from(lambda at: sum(kind.of(*part, at=at) for part in parts))
             if kind is logistic.Statistics else model_from(kind, sum(kind.of(*part) for part in parts)))
    assert model.feature_names_in_.tolist() == ["u", "v", "w"] and model.n_features_in_ == 3


def test_newton_may_be_asked_for_by_name_and_meets_a_partition_without_rows():
    parts = [(X[:60], LABELS[:60]), (np.empty((0, 3)), []), (X[60:], LABELS[60:])]
    model = LogisticRegression(solver="newton-cholesky", tol=1e-9).fit_from(
        lambda at: sum(logistic.Statistics.of(*part, at=at) for part in parts))
    assert model.predict_proba(X) == pytest.approx(LogisticRegression(tol=1e-9).fit(X, LABELS).predict_proba(X),
                                                   rel=1e-5, abs=1e-9)


def test_the_mean_about_which_newton_works_is_that_of_all_rows_and_exact_for_a_constant_column():
    rows = np.column_stack([X, np.full(120, 0.1)])
    total: Any = sum(logistic.Statistics.of(*part) for part in parts_of([20, 90], rows, LABELS, 1 + S))
    np.testing.assert_allclose(total.mean, np.average(rows, axis=0, weights=1 + S), rtol=1e-12)
    assert logistic.Statistics.of(rows, LABELS, 1 + S).mean[3] == total.mean[3] == 0.1
    at = logistic.At(total.classes, np.ones(3), total.mean, np.zeros((3, 5)), True)
    assert logistic.Statistics.of(rows, LABELS, 1 + S, at=at).weight.tolist() == total.weight.tolist()


def test_the_loss_its_gradient_and_its_curvature_at_a_point_are_those_of_all_rows_together():
    whole = logistic.Statistics.of(X, LABELS, 1 + S)
    at = logistic.At(whole.classes, np.ones(3), whole.mean, 0.1 * RNG.normal(size=(3, 4)), True)
    whole = logistic.Statistics.of(X, LABELS, 1 + S, at=at)
    parts = parts_of([20, 90], X, LABELS, 1 + S)
    total: Any = sum([logistic.Statistics.of(rows, labels, weights, at=at) for rows, labels, weights in parts])
    assert total.loss == pytest.approx(whole.loss, rel=1e-12)
    np.testing.assert_allclose(total.gradient, whole.gradient, rtol=1e-9, atol=1e-9 * np.abs(whole.gradient).max())
    np.testing.assert_allclose(total.hessian, whole.hessian, rtol=1e-9, atol=1e-9 * np.abs(whole.hessian).max())
    assert np.abs(total.hessian).max() > 0


def test_naive_bayes_chooses_its_engine_by_the_rows_that_were_added_up(monkeypatch):
    for limit, engine in ((120 * 3 * 3, "plain"), (120 * 3 * 3 - 1, "fast")):      # samples × features × classes
        monkeypatch.setattr("Naive_Bayes_From_Scratch.naive_bayes.LARGEST_PLAIN_SIZE", limit)
        assert GaussianNB().fit_from(bayes.Statistics.of(X, LABELS)).engine_ == engine


def test_sums_that_overflow_are_refused_in_words_under_any_setting_of_numpys_warnings():
    with np.errstate(all="raise"):
        total = (bayes.Statistics.of([[1e200], [1e200], [0.0]], [0, 0, 1])
                 + bayes.Statistics.of([[-1e200], [1e200]], [0, 2]))
        with pytest.raises(ValueError, match="beyond float64"):
            GaussianNB().fit_from(total)
        for values in ([1e200, -1e200], [1e-200, -1e-200], [1.7e308, -1.7e308]):   # their squares; their means, too
            part = bayes.Statistics.of(np.reshape(values, (2, 1)), [0, 0])
            variances = (part + part + bayes.Statistics.of([[3e-200], [5e-200]], [0, 1])).moments.variance
            assert np.isfinite(variances).all() == (values[0] < 1)
        bayes.Statistics.of([[0.0], [1e200], [-1e200]], [0, 0, 0], [1e140, 1e140, 1e140])    # ∞ − ∞
        falling, rising = np.array([[1e200, -1e200], [-1e200, 1e200]]), np.array([[1e200, 1e200], [-1e200, -1e200]])
        high, low, highest = (linear.Statistics.of([[x], [x]], [0, 1]) for x in (1e200, -1e200, 1.7e308))
        for sums in (linear.Statistics.of(falling, [0, 1]) + linear.Statistics.of(rising, [0, 1]), high + low, highest):
            with pytest.raises(ValueError, match="beyond float64"):
                LinearRegression().fit_from(sums)


def test_ridge_solves_the_sums_with_the_solver_that_was_asked_for():
    for solver, taken in (("svd", "svd"), ("cholesky", "cholesky"), ("auto", "cholesky")):
        assert Ridge(solver=solver).fit_from(linear.Statistics.of(X, Y)).solver_ == taken


def test_the_sums_of_no_rows_are_zeros_for_each_column():
    nothing = linear.Statistics.of(np.empty((0, 3)), [])
    assert nothing.mean.tolist() == [0, 0, 0] and nothing.scatter.tolist() == np.zeros((3, 3)).tolist()
    assert nothing.origin.shape == nothing.offset.shape == (3,) and nothing.weight == 0.0 and nothing.targets == ()


def test_the_rounding_error_of_a_mean_is_subtracted_too():
    one_digit = 2.0**-13                                         # between 10¹² and the next float64
    scatter = linear.Statistics.of([[1e12], [1e12], [1e12 + one_digit]], [0, 0, 0]).scatter[0, 0]
    assert scatter == pytest.approx(2 / 3 * one_digit**2, rel=1e-12)


@pytest.mark.parametrize(("digits", "varies"), [(1, False), (7, False), (9, True), (300, True)])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_column_that_varies_by_no_more_than_rounding_is_constant_as_in_fit(digits, varies, sign):
    x = X.astype(np.float32)
    x[:, 1] = sign * (1000 + digits * np.spacing(np.float32(1000)) * np.where(np.arange(120) % 2, 1, -1))
    one = LinearRegression(engine="plain").fit(x, Y)             # up to 4 eps about the mean; here 0.51 · digits eps
    other = LinearRegression().fit_from(linear.Statistics.of(x[:50], Y[:50]) + linear.Statistics.of(x[50:], Y[50:]))
    assert bool(other.coef_[1]) == bool(one.coef_[1]) == varies
    np.testing.assert_allclose(other.coef_, one.coef_, rtol=1e-3)


def test_many_columns_of_which_a_third_are_sums_of_others_give_the_shortest_weights_without_a_warning():
    rng = np.random.default_rng(5)
    x = rng.normal(size=(400, 40)) @ (np.eye(40) + 0.5 * rng.normal(size=(40, 40)) / 6)
    x, y = np.column_stack([x, x[:, :20] + x[:, 20:]]), x @ rng.normal(size=40)
    other = LinearRegression().fit_from(linear.Statistics.of(x, y))      # a warning would be an error here
    np.testing.assert_allclose(other.coef_, LinearRegression().fit(x, y).coef_, rtol=1e-6)
    assert other.n_iter_ == 1


def test_the_penalty_and_the_intercept_are_those_of_least_squares_unless_they_are_named():
    x = np.column_stack([X[:, 0], X[:, 0] + 1e-5 * X[:, 1] / X[:, 1].std(), X[:, 2]])
    total = linear.Statistics.of(x, Y)
    assert total.few_digits() and not total.few_digits(1.0)
    np.testing.assert_array_equal(total.same_rows(), total.same_rows(True))
    assert len(total.same_rows(False)) == len(total.same_rows()) + 1


def test_partial_fit_counts_each_row_by_its_weight():
    model = LinearRegression()
    for start in range(0, 120, 40):
        rows = slice(start, start + 40)
        model.partial_fit(X[rows], Y[rows], S[rows])
    np.testing.assert_allclose(model.coef_, LinearRegression().fit(X, Y, S).coef_, rtol=1e-9)
    assert np.abs(model.coef_ / LinearRegression().fit(X, Y).coef_ - 1).max() > 1e-3


def test_a_target_that_the_type_of_the_rows_cannot_hold_is_refused_as_in_fit():
    y = np.where(np.arange(120) == 7, 1e300, Y)
    for learn in (LinearRegression().fit, linear.Statistics.of):
        with pytest.raises(ValueError, match=r"Input y contains infinity or a value too large for dtype\('float32'\)"):
            learn(X.astype(np.float32), y)
        with pytest.raises(ValueError, match="Input sample_weight contains infinity or a value too large"):
            learn(X.astype(np.float32), Y, np.abs(y))


def test_a_class_that_only_one_part_has_is_learnt_and_labels_of_two_kinds_are_refused():
    order = np.argsort(LABELS, kind="stable")                    # every part lacks some class
    x, y = X[order], LABELS[order]
    parts = parts_of([30, 60, 90], x, y)
    for model in (GaussianNB().fit_from(sum(bayes.Statistics.of(*part) for part in parts)),
                  LogisticRegression(tol=1e-9).fit_from(
                      lambda at: sum(logistic.Statistics.of(rows, its, at=at) for rows, its in parts))):
        assert model.classes_.tolist() == ["a", "b", "c"]
        whole = type(model)(**model.get_params()).fit(x, y)
        assert model.predict_proba(x) == pytest.approx(whole.predict_proba(x), rel=1e-5, abs=1e-9)
    of_three = bayes.Statistics.of(*parts[0]).moments_of(np.array(["a", "b", "c"]))
    assert of_three.classes.tolist() == ["a", "b", "c"] and of_three.moments.weight[2] == 0
    for kind in (bayes.Statistics, logistic.Statistics):
        with pytest.raises(ValueError, match="labels like 'a', another like 1"):
            kind.of(x, y) + kind.of(x, np.ones(120, int))


def test_what_newton_cannot_do_from_sums_is_told():
    with pytest.raises(ValueError, match="only Newton's method"):
        LogisticRegression(solver="lbfgs").fit_from(lambda at: logistic.Statistics.of(X, LABELS, at=at))
    with pytest.raises(ValueError, match="only one class: 'a'"):
        LogisticRegression().fit_from(lambda at: logistic.Statistics.of(X, ["a"] * 120, at=at))
    with pytest.raises(ValueError, match="at different parameters"):
        LogisticRegression().fit_from(
            lambda at: logistic.Statistics.of(X, LABELS, at=at) + logistic.Statistics.of(X, LABELS))
    with pytest.raises(ValueError, match=r"other parameters than the `at`.*Statistics\.of\(X, y, at=at\)"):
        LogisticRegression().fit_from(lambda at: logistic.Statistics.of(X, LABELS))
    refused = LogisticRegression().fit(X, LABELS)
    before = dict(vars(refused))
    with pytest.raises(TypeError, match="expects a function that adds up"):
        refused.fit_from(lambda at: 0)
    assert vars(refused) == before


def test_shards_that_do_not_belong_together_are_refused():
    model = KNeighborsClassifier(3)
    shard = Nearest.of(X[:60], LABELS[:60], X[:5], model)
    with pytest.raises(ValueError, match="Two shards have the same row"):
        shard + Nearest.of(X[60:], LABELS[60:], X[:5], model)
    with pytest.raises(ValueError, match="use the same model and queries for all shards"):
        shard + Nearest.of(X[60:], LABELS[60:], X[:4], model, first_row=60)
    with pytest.raises(ValueError, match="n_neighbors = 3, n_samples_fit = 2"):
        Nearest.of(X[:2], LABELS[:2], X[:5], model).predict(model)
    with pytest.raises(ValueError, match="no probabilities"):
        Nearest.of(X, Y, X[:5], KNeighborsRegressor(3)).predict_proba(model)
    nothing = Nearest.of(np.empty((0, 3)), [], X[:5], model)
    assert shard + nothing is shard and nothing.distance.shape == nothing.row.shape == nothing.target.shape == (5, 0)
    assert shard.row[:, 0].tolist() == [0, 1, 2, 3, 4]          # rows are counted from 0; each is its own nearest


def test_a_constant_feature_may_be_as_large_as_float64_allows_in_one_class_or_one_part():
    X, y = np.array([[1e160, 1.0], [1e160, 2.0], [1e160, 4.0]]), np.array([0, 0, 0])
    whole, of_sums = GaussianNB().fit(X, y), GaussianNB().fit_from(bayes.Statistics.of(X, y))
    assert of_sums.theta_.tolist() == whole.theta_.tolist() and of_sums.var_.tolist() == whole.var_.tolist()
    two = np.array([1, 1])                                      # the first part has no sample of class 1
    parts = GaussianNB().partial_fit(X, y, classes=[0, 1]).partial_fit([[1e160, 3.0], [1e160, 5.0]], two)
    assert (parts.var_[:, 0] == parts.epsilon_).all() and np.isfinite(parts.var_).all()
    assert parts.theta_ == pytest.approx(np.array([[1e160, 7 / 3], [1e160, 4.0]]), rel=1e-15)

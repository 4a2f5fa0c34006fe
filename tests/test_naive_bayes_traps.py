"""Numbers that break the textbook's formulas: far from zero, constant, tiny, huge, many; and what must not matter."""

from fractions import Fraction

import numpy as np
import pytest
import sklearn.naive_bayes
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from Naive_Bayes_From_Scratch import GaussianNB, merged, naive_bayes
from Naive_Bayes_From_Scratch.fast import moments as fast_moments
from Naive_Bayes_From_Scratch.scale.statistics import Statistics

SIZE_LIMIT = "Naive_Bayes_From_Scratch.naive_bayes.LARGEST_PLAIN_SIZE"
pytestmark = pytest.mark.usefixtures("each_engine")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 4))
Y = RNG.integers(0, 3, size=300)


def class_moments(*arguments):
    """By the engine that the test runs on."""
    return (fast_moments if naive_bayes.LARGEST_PLAIN_SIZE < 0 else naive_bayes).class_moments(*arguments)


def exact_variances(X, y, K):
    """In fractions: no rounding at all until the end."""
    variances = np.empty((K, X.shape[1]))
    for c in range(K):
        for j, column in enumerate(X[y == c].T):
            values = [Fraction(value) for value in column.tolist()]
            mean = sum(values) / len(values)
            variances[c, j] = sum((value - mean) ** 2 for value in values) / len(values)
    return variances


@pytest.mark.parametrize("offset", [0.0, 1e8, -1e12])
def test_variances_far_from_zero_are_those_of_exact_arithmetic(offset):
    moved = X + offset
    # At 1e12 float64 has steps of 1.2e-4: no mean is nearer than that, and the variance inherits the square of it.
    found = class_moments(moved, Y, 3).variance
    np.testing.assert_allclose(found, exact_variances(moved, Y, 3), rtol=1e-12 + np.spacing(abs(offset)) ** 2)


def test_classes_far_apart_do_not_spoil_each_others_variances():
    moved = X + np.array([-1e8, 0, 1e8])[Y][:, None]
    np.testing.assert_allclose(class_moments(moved, Y, 3).variance, exact_variances(moved, Y, 3), rtol=1e-9)


def test_an_offset_changes_no_probability():
    model, moved = GaussianNB().fit(X, Y), GaussianNB().fit(X + 2.0**26, Y)
    np.testing.assert_allclose(moved.predict_proba(X + 2.0**26), model.predict_proba(X), atol=1e-6)


@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
def test_the_moments_of_a_class_are_its_mean_and_variance_and_zeros_where_it_has_no_samples(weighted):
    n = 5000
    drifting = RNG.normal(size=(n, 40)) + 5 + np.linspace(0, 3, n)[:, None]
    y, weight = np.sort(RNG.integers(0, 4, size=n)), RNG.integers(0, 3, size=n).astype(float)
    found = class_moments(drifting, y, 5, weight if weighted else None)          # and no sample is of the last class
    for c in range(4):
        of_class = np.repeat(drifting[y == c], weight[y == c].astype(int) if weighted else 1, axis=0)
        assert found.weight[c] == len(of_class)
        np.testing.assert_allclose(found.mean[c], of_class.mean(axis=0), rtol=1e-12)
        np.testing.assert_allclose(found.variance[c], of_class.var(axis=0), rtol=1e-12)
    assert found.weight[4] == 0 and not found.mean[4].any() and not found.variance[4].any()


@pytest.mark.parametrize("offset", [0.0, 1e8])
def test_the_smoothing_is_a_share_of_the_variance_of_all_samples_far_from_zero_too(offset):
    table = X + offset + np.arange(3)[Y][:, None] * [0, 1, 10, 0]    # class means that are apart, and that are not
    variance = np.var(table - offset, axis=0).max()                  # the third feature's
    assert GaussianNB(var_smoothing=0.5).fit(table, Y).epsilon_ == pytest.approx(0.5 * variance, rel=1e-7)
    one_by_one = GaussianNB(var_smoothing=0.5)
    for i in range(len(table)):
        one_by_one.partial_fit(table[i : i + 1], Y[i : i + 1], classes=[0, 1, 2, 3])
    assert one_by_one.epsilon_ == pytest.approx(0.5 * variance, rel=1e-7)


@pytest.mark.parametrize("kind", ["a feature constant in one class", "a constant feature", "all constant"])
def test_constant_features_give_finite_probabilities_and_no_decision_of_their_own(kind):
    table = X.copy()
    if kind == "a feature constant in one class":
        table[Y == 1, 2] = 0.3
    elif kind == "a constant feature":
        table[:, 2] = 0.3
    else:
        table[:] = 0.3
    model = GaussianNB().fit(table, Y)
    proba = model.predict_proba(table)
    assert np.isfinite(proba).all()
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    if kind == "a constant feature":
        np.testing.assert_allclose(proba, GaussianNB().fit(np.delete(table, 2, axis=1), Y).predict_proba(
            np.delete(table, 2, axis=1)), atol=1e-12)
    if kind == "all constant":                                       # nothing to go by but the priors
        assert model.epsilon_ == 1e-9
        assert GaussianNB().partial_fit(table, Y, classes=[0, 1, 2, 3]).epsilon_ == 1e-9
        np.testing.assert_allclose(proba, np.broadcast_to(model.class_prior_, proba.shape))
        np.testing.assert_allclose(model.predict_proba(table + 1e-3), proba)


def test_without_smoothing_a_constant_feature_is_refused_with_its_name():
    table = X.copy()
    table[Y == 1, 2] = 0.3
    model = GaussianNB(var_smoothing=0).fit(table, Y)
    with pytest.raises(ValueError, match=r"Feature 2 does not vary in class .*1.*Try var_smoothing=1e-9"):
        model.predict(table)


def test_a_class_with_one_sample_is_allowed():
    model = GaussianNB().fit([[0.0], [1.0], [2.0], [9.0]], [0, 0, 0, 1])
    assert model.var_[1] == model.epsilon_
    assert model.predict([[9.0], [1.5]]).tolist() == [1, 0]


def test_800_features_do_not_underflow():
    wide = RNG.normal(size=(60, 800))
    y = np.arange(60) % 2
    wide[y == 1] += 0.2
    density = np.exp(-0.5 * wide[:, :] ** 2) / np.sqrt(2 * np.pi)
    assert not density.prod(axis=1).any()                            # the product of the densities is 0 in float64
    ours, theirs = GaussianNB().fit(wide, y), sklearn.naive_bayes.GaussianNB().fit(wide, y)
    np.testing.assert_allclose(ours.predict_proba(wide), theirs.predict_proba(wide), atol=1e-9)
    np.testing.assert_allclose(ours.predict_log_proba(wide), theirs.predict_log_proba(wide), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("scale", [1e-160, 1e-140, 1e-100, 1e100, 1e150])
def test_very_small_and_very_large_numbers_give_finite_probabilities(scale):
    model = GaussianNB().fit(X * scale, Y)
    proba = model.predict_proba(X * scale)
    assert np.isfinite(proba).all()
    np.testing.assert_allclose(proba.sum(axis=1), 1)


@pytest.mark.parametrize("scale", [1e-320, 1e-200, 1e200])
def test_a_variance_beyond_float64_is_refused(scale):
    """The squares of 1e-200 are 0: all classes would have the same bell curve, and half of the answers be wrong."""
    with pytest.raises(ValueError, match="beyond float64"):
        GaussianNB().fit(X * scale, Y)
    with pytest.raises(ValueError, match="beyond float64"):
        GaussianNB().fit_from(Statistics.of(X * scale, Y))


def test_constant_features_of_any_size_are_accepted():
    for value in (0.0, 1e-320, 1e-200, 1e160):
        assert GaussianNB().fit(np.full((6, 2), value), [0, 1, 0, 1, 0, 1]).predict([[value, value]]) == 0


@pytest.mark.parametrize("distance", [1e8, 1e200, 1.7e308])
def test_a_sample_very_far_away_still_has_probabilities(distance):
    proba = GaussianNB().fit(X, Y).predict_proba([[distance] * 4, [-distance] * 4])
    assert np.isfinite(proba).all()
    np.testing.assert_allclose(proba.sum(axis=1), 1)


def test_log_probabilities_of_minus_1000_stay_apart():
    model = GaussianNB(var_smoothing=0).fit([[0.0], [2.0], [100.0], [102.0]], [0, 0, 1, 1])
    log_proba = model.predict_log_proba([[1.0], [101.0]])            # (100/1)² / 2 = 5000
    np.testing.assert_allclose(log_proba, [[0, -5000], [-5000, 0]])


def test_integers_and_bytes_do_not_overflow():
    images = RNG.integers(0, 256, size=(200, 5)).astype(np.uint8)
    np.testing.assert_allclose(GaussianNB().fit(images, Y[:200]).var_,
                               GaussianNB().fit(images.astype(float), Y[:200]).var_)


# ---- what must not matter

TABLE = arrays(np.int64, st.tuples(st.integers(6, 40), st.integers(1, 4)), elements=st.integers(-50, 50))


def labels(n):
    return np.arange(n) % 2


@given(TABLE, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_samples_and_features_does_not_matter(table, random):
    y = labels(len(table))
    rows, columns = list(range(len(table))), list(range(table.shape[1]))
    random.shuffle(rows)
    random.shuffle(columns)
    model = GaussianNB(var_smoothing=1e-3).fit(table, y)
    mixed = GaussianNB(var_smoothing=1e-3).fit(table[rows][:, columns], y[rows])
    np.testing.assert_allclose(mixed.predict_proba(table[:, columns]), model.predict_proba(table), atol=1e-9)


@given(TABLE, st.integers(-60, 60), st.integers(-500, 500))
@settings(max_examples=40, deadline=None)
def test_units_and_origin_do_not_matter(table, exponent, shift):
    y, moved = labels(len(table)), (table + shift) * 2.0**exponent
    if not np.ptp(table):
        return                                                       # constant data have no scale that could change
    expected = GaussianNB(var_smoothing=1e-3).fit(table, y).predict_proba(table)
    np.testing.assert_allclose(GaussianNB(var_smoothing=1e-3).fit(moved, y).predict_proba(moved), expected, atol=1e-8)


@given(TABLE, st.data())
@settings(max_examples=40, deadline=None)
def test_a_weight_of_three_is_the_sample_three_times_and_of_zero_not_at_all(table, data):
    weight = np.array(data.draw(st.lists(st.integers(0, 3), min_size=len(table), max_size=len(table))))
    y = labels(len(table))
    weighted = class_moments(table, y, 2, weight.astype(float))
    repeated = class_moments(np.repeat(table, weight, axis=0), np.repeat(y, weight), 2)
    for mine, other in zip(weighted, repeated, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-10, atol=1e-10)


@given(TABLE, st.integers(1, 5))
@settings(max_examples=40, deadline=None)
def test_merging_two_parts_is_learning_from_both(table, cut):
    y = labels(len(table))
    both = merged(class_moments(table[:cut], y[:cut], 2), class_moments(table[cut:], y[cut:], 2))
    for mine, other in zip(both, class_moments(table, y, 2), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("weight", [0.0, 1e-20])
def test_a_first_sample_that_hardly_counts_spoils_no_variance(weight):
    X = np.concatenate([[[1e8]], RNG.standard_normal((200, 1))])
    s = np.concatenate([[weight], np.ones(200)])
    moments = class_moments(X, np.zeros(201, dtype=int), 1, s)
    mean = np.average(X[:, 0], weights=s)
    np.testing.assert_allclose(moments.variance[0, 0], np.average((X[:, 0] - mean) ** 2, weights=s), rtol=1e-12)


def test_a_sample_of_weight_zero_is_left_out_whatever_its_values():
    far = np.concatenate([X, np.full((3, 4), 1e150)])
    model = GaussianNB().fit(far, np.append(Y, [0, 1, 2]), np.append(np.ones(300), np.zeros(3)))
    alone = GaussianNB().fit(X, Y, np.ones(300))
    np.testing.assert_allclose(model.theta_, alone.theta_, rtol=1e-12)
    np.testing.assert_allclose(model._moments[0].variance, alone._moments[0].variance, rtol=1e-12)
    np.testing.assert_allclose(model.class_prior_, alone.class_prior_)


def test_a_class_whose_samples_all_have_weight_zero_is_a_class_not_seen_yet():
    weight = (Y != 1).astype(float)
    model = GaussianNB().fit(X, Y, weight)
    assert model.class_count_[1] == 0 and not model.theta_[1].any()
    proba = model.predict_proba(X)
    assert not proba[:, 1].any()
    others = GaussianNB().fit(X[Y != 1], Y[Y != 1])
    np.testing.assert_allclose(proba[:, [0, 2]], others.predict_proba(X), atol=1e-6)
    for rows in (Y == 1, Y != 1):                                    # seen later, it counts; and the others still do
        model.partial_fit(X[rows], Y[rows], sample_weight=np.ones(rows.sum()))
    np.testing.assert_allclose(model.theta_[1], X[Y == 1].mean(axis=0), rtol=1e-10)


def test_a_subnormal_variance_decides_as_the_same_table_in_other_units_does():
    tiny = np.array([[0.0], [2.0], [9.0], [11.0]]) * 2.0**-537       # variances of 2^-1074: the smallest number
    model = GaussianNB(var_smoothing=0).fit(tiny, [0, 0, 1, 1])
    assert (model.var_ == 5e-324).all()
    large = GaussianNB(var_smoothing=0).fit(tiny * 2.0**537, [0, 0, 1, 1])
    np.testing.assert_allclose(model.predict_log_proba(tiny), large.predict_log_proba(tiny * 2.0**537), rtol=1e-12)


def test_a_sample_of_weight_zero_does_not_set_the_smoothing():
    X, y = [[-2.0], [-1.0], [1.0], [2.0], [1e9]], [0, 0, 1, 1, 0]
    left_out = GaussianNB().fit(X, y, [1, 1, 1, 1, 0])
    np.testing.assert_allclose(left_out.predict_proba([[2.0]]), [[0, 1]], atol=1e-9)
    assert left_out.epsilon_ == GaussianNB().fit(X[:4], y[:4]).epsilon_
    by_parts = GaussianNB().partial_fit(X[:3], y[:3], classes=[0, 1], sample_weight=[1, 1, 1])
    by_parts.partial_fit(X[3:], y[3:], sample_weight=[1, 0])
    assert by_parts.epsilon_ == pytest.approx(left_out.epsilon_)


def test_numbers_too_large_and_too_small_are_handled_under_any_setting_of_numpys_warnings():
    with np.errstate(all="raise"):
        model = GaussianNB(priors=[1, 0]).fit([[1e-200], [2e-200], [1e150], [2e150]], [0, 0, 1, 1])
        assert model.class_prior_.dtype == np.float64                            # whole numbers are priors, too
        assert model.predict([[1e-200], [1e150]]).tolist() == [0, 0]             # a prior of 0 rules its class out
        with pytest.raises(ValueError, match="beyond float64"):
            GaussianNB().fit([[1e200], [-1e200], [1e308], [-1e308]], [0, 0, 1, 1])


def test_each_log_probability_has_the_type_of_the_samples():
    model = GaussianNB().fit(X, Y)
    for dtype in (np.float32, np.float64):
        assert model.predict_joint_log_proba(X.astype(dtype)).dtype == dtype
        assert model.predict_log_proba(X.astype(dtype)).dtype == dtype


@pytest.mark.parametrize("method", ["predict", "predict_proba"])
def test_where_no_class_that_was_seen_is_possible_it_says_so(method):
    """The logarithms of all probabilities would be −∞, and their differences NaN."""
    model = GaussianNB(priors=[0.0, 1.0]).partial_fit(np.arange(6.0)[:, None], np.zeros(6, int), classes=[0, 1])
    with pytest.raises(ValueError, match="Each class that was seen has the prior 0"):
        getattr(model, method)([[1.0]])


def test_a_smoothing_that_overflows_is_refused():
    with pytest.raises(ValueError, match="variance of a feature is beyond float64"):
        GaussianNB(var_smoothing=1e300).fit(1e60 * np.arange(6.0)[:, None], [0, 1] * 3)
    with pytest.raises(ValueError, match="variance of a feature is beyond float64"):      # 1.2e308 + 1.2e308
        GaussianNB(var_smoothing=1.0).fit(1.1e154 * np.array([[1.0], [-1.0]] * 2), [0, 0, 1, 1])

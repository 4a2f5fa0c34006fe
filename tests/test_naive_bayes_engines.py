"""The faster twins of naive Bayes give the plain code's answers, to rounding; which engine is taken when."""

import pickle
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from Naive_Bayes_From_Scratch import GaussianNB, class_moments, log_densities, naive_bayes
from Naive_Bayes_From_Scratch.fast import densities, moments

RNG = np.random.default_rng(0)


@st.composite
def tables(draw, offsets=(0.0, 1.0, -1e8)):
    """X (n, d) of any dtype, order, scale and offset, with ties; codes y of K classes, some absent; weights or None."""
    n, d, K = draw(st.integers(1, 60)), draw(st.integers(1, 5)), draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    X = rng.normal(size=(n, d)).round(draw(st.integers(0, 8)))
    X = X * 10.0 ** draw(st.integers(-30, 15)) + draw(st.sampled_from(offsets))
    X[:, rng.random(d) < 0.2] = 0.3                                  # a constant column
    X = X.astype(draw(st.sampled_from([np.float64, np.float32])))
    X = np.asfortranarray(X) if draw(st.booleans()) else X[:, ::-1]
    y = np.sort(rng.integers(0, K, size=n)) if draw(st.booleans()) else rng.integers(0, K, size=n)
    weight = draw(st.sampled_from([None, "whole", "any"]))
    if weight is not None:
        weight = rng.integers(0, 3, size=n) if weight == "whole" else rng.exponential(size=n) * (rng.random(n) < 0.7)
        weight = weight.astype(X.dtype)
    return X, y, K, weight


def variance_error(plain, X):
    """How far the variances may differ: a relative part, and the square of the rounding of the largest number."""
    return 1e-10 * plain.variance + (8 * np.spacing(np.abs(X).max().astype(float)))**2


@given(tables(), st.integers(1, 40))
@settings(max_examples=120, deadline=None)
def test_blocked_moments_equal_the_plain_ones(table, values):
    X, y, K, weight = table
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moments, "NUMBERS_PER_BLOCK", values)           # blocks of one row and more
        fast = moments.class_moments(X, y, K, weight)
    plain = class_moments(X, y, K, weight)
    np.testing.assert_allclose(fast.weight, plain.weight, rtol=1e-12)
    np.testing.assert_allclose(fast.mean, plain.mean, rtol=1e-12, atol=1e-12 * np.abs(X).max())
    assert (np.abs(fast.variance - plain.variance) <= variance_error(plain, X)).all()
    constant = np.ptp(X, axis=0) == 0
    assert not fast.variance[:, constant].any() and not plain.variance[:, constant].any()


@given(tables(), st.integers(1, 40))
@settings(max_examples=120, deadline=None)
def test_densities_by_a_product_equal_the_plain_ones(table, values):
    X, y, K, _ = table
    found = class_moments(X, y, K)
    theta = found.mean + RNG.choice([0, 0, 1e3], size=found.mean.shape) * np.sqrt(found.variance)
    var = found.variance + 1e-9 * (found.variance.max() or 1.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(densities, "NUMBERS_PER_BLOCK", values)
        fast = densities.log_densities(X, theta, var)
    plain = log_densities(X, theta, var)
    # Near its own class a sample's terms are about 1, and 1e-9 of that is asked for, whatever cancels on the way.
    np.testing.assert_allclose(fast, plain, rtol=1e-9, atol=4e-9 * X.shape[1])


@pytest.mark.parametrize("spread", [1.0, 1e-2, 1e-6])
def test_the_product_equals_the_formula_even_where_classes_are_narrow_and_far_apart(spread):
    theta, var = RNG.normal(size=(3, 6)), spread**2 * RNG.uniform(0.5, 2, size=(3, 6))
    samples = theta[RNG.integers(0, 3, size=50)] + spread * RNG.normal(size=(50, 6))
    expected = log_densities(samples, theta, var)
    np.testing.assert_allclose(densities.log_densities(samples, theta, var), expected, rtol=1e-9, atol=2e-9)
    assert bool(densities.Product(theta, var).left_out) == (spread < 1e-2)


@pytest.mark.parametrize("var", [5e-324, 1e-310, 1e-200, 1e200])
@pytest.mark.parametrize("x", [0.0, 1e-155, 1.0, 1e160, 1.7e308])
def test_tiny_and_huge_variances_and_samples_far_away_get_the_plain_densities(var, x):
    theta, variances = np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([[var, 1.0], [1.0, 1.0]])
    samples = np.array([[x, 0.5], [-x, x]])
    with np.errstate(over="ignore", under="ignore"):
        plain = log_densities(samples, theta, variances)
    assert np.isfinite(plain).all()
    np.testing.assert_allclose(densities.log_densities(samples, theta, variances), plain, rtol=1e-9, atol=1e-9)


def test_three_blocks_of_data_that_drift_merge_into_what_one_would_be():
    rows = moments.rows_per_block(5, 40)
    n = 2 * rows + 11                                                # three blocks
    X = RNG.normal(size=(n, 40)) + 5 + np.linspace(0, 3, n)[:, None]
    for y in (np.sort(RNG.integers(0, 4, size=n)), RNG.integers(0, 4, size=n)):     # blocks that lack classes, and not
        found = moments.class_moments(X, y, 5)                       # and no sample is of the last class
        for c in range(4):
            np.testing.assert_allclose(found.mean[c], X[y == c].mean(axis=0), rtol=1e-12)
            np.testing.assert_allclose(found.variance[c], X[y == c].var(axis=0), rtol=1e-12)
        assert found.weight[4] == 0 and not found.mean[4].any() and not found.variance[4].any()


# ---- the whole model, and who works when

@given(tables(offsets=(0.0,)), st.integers(10, 60))                 # at 1e8 the means of portions are rounded
@settings(max_examples=60, deadline=None)
def test_both_engines_learn_and_predict_the_same(table, portion):
    X, y, K, weight = table
    if weight is not None and not all(weight[i : i + portion].any() for i in range(0, len(X), portion)):
        weight = None                                                # weights that are all 0 are refused
    models = [GaussianNB(var_smoothing=1e-3, engine=engine) for engine in ("plain", "fast")]
    for model in models:
        for i in range(0, len(X), portion):
            rows = slice(i, i + portion)
            model.partial_fit(X[rows], y[rows], np.arange(K), None if weight is None else weight[rows])
        assert model.engine_ == model.engine
    plain, fast = models
    assert fast.epsilon_ == pytest.approx(plain.epsilon_, rel=1e-6)
    np.testing.assert_array_equal(fast.class_count_ > 0, plain.class_count_ > 0)
    np.testing.assert_allclose(fast.predict_proba(X), plain.predict_proba(X), atol=1e-5)


def test_auto_is_plain_up_to_a_size_and_fast_beyond_it(monkeypatch):
    X, y = RNG.normal(size=(100, 3)), np.arange(100) % 2
    for limit, engine in ((600, "plain"), (599, "fast")):            # samples × features × classes
        monkeypatch.setattr(naive_bayes, "LARGEST_PLAIN_SIZE", limit)
        assert GaussianNB().fit(X, y).engine_ == engine
        in_portions = GaussianNB().fit(X[:50], y[:50]).partial_fit(X[50:], y[50:])
        assert in_portions.engine_ == engine, "all samples count, not only those of the last portion"
        assert GaussianNB(engine="plain").fit(X, y).engine_ == "plain"
        assert GaussianNB(engine="fast").fit(X, y).engine_ == "fast"


def test_the_engine_is_a_parameter_like_any_other_and_the_last_one():
    model = GaussianNB(engine="fast")
    assert list(model._defaults())[-1] == "engine"
    assert repr(clone(model)) == "GaussianNB(engine='fast')"
    fitted = pickle.loads(pickle.dumps(model.fit([[0.0], [1.0], [5.0]], [0, 0, 1])))
    assert fitted.engine_ == "fast" and fitted.predict([[5.0]]).tolist() == [1]
    with pytest.raises(ValueError, match="'engine' parameter of GaussianNB must be one of 'auto', 'plain', 'fast'"):
        GaussianNB(engine="quick").fit([[0.0], [1.0]], [0, 1])


def test_the_plain_code_needs_no_faster_twin(monkeypatch):
    for module in [name for name in sys.modules if name.startswith("Naive_Bayes_From_Scratch.fast")]:
        monkeypatch.setitem(sys.modules, module, None)               # an import of it would fail
    GaussianNB().fit([[0.0], [1.0], [5.0]], [0, 0, 1]).predict([[4.0]])

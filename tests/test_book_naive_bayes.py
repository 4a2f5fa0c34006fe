"""The page of naive Bayes: its code blocks run, its formulas are the code's, its answers are right."""

import re

import numpy as np
import pytest
from book_pages import run_sessions
from conftest import ROOT

from ai_from_scratch.data import load_iris, load_wine
from ai_from_scratch.gradient_check import numerical_gradient
from Naive_Bayes_From_Scratch import GaussianNB
from Naive_Bayes_From_Scratch.demo.lessons import true_probability
from Naive_Bayes_From_Scratch.naive_bayes import Moments, class_moments, log_densities, merged

PAGE = (ROOT / "documentation/naive_bayes.md").read_text(encoding="utf-8")
RNG = np.random.default_rng
K, d = 3, 2


def samples():
    rng = RNG(0)
    y = np.arange(30) % K
    return rng.normal(size=(30, d)) * [1, 3] + y[:, None], y


def test_every_code_block_of_the_page_prints_what_stands_below_it():
    assert run_sessions(PAGE, "naive_bayes.md") > 20


# Each formula as it is written, in loops

def log_likelihood(prior, theta, var, X, y):
    total = 0.0
    for c in range(K):
        total += sum(y == c) * np.log(prior[c])
        for j in range(d):
            for i in range(len(y)):
                if y[i] == c:
                    total += -0.5 * np.log(2 * np.pi * var[c, j]) - (X[i, j] - theta[c, j])**2 / (2 * var[c, j])
    return total


def test_mean_variance_and_prior_are_the_formulas_and_the_likelihood_is_the_codes():
    X, y = samples()
    n_c, theta, var = class_moments(X, y, K)
    for c in range(K):
        members = [i for i in range(30) if y[i] == c]
        for j in range(d):
            mean = sum(X[i, j] for i in members) / len(members)
            assert theta[c, j] == pytest.approx(mean)
            assert var[c, j] == pytest.approx(sum((X[i, j] - mean)**2 for i in members) / len(members))
    model = GaussianNB(var_smoothing=0.0).fit(X, y)
    np.testing.assert_allclose(model.class_prior_, n_c / 30)
    assert model.predict_joint_log_proba(X)[np.arange(30), y].sum() == pytest.approx(
        log_likelihood(n_c / 30, theta, var, X, y))


def test_the_derivatives_of_the_likelihood_are_those_of_the_page_and_0_at_the_maximum():
    X, y = samples()
    n_c, theta, var = class_moments(X, y, K)
    prior = n_c / 30
    for shift in (0.0, 0.4):
        t, v = theta + shift, var + shift
        slope_t = numerical_gradient(lambda at, v=v: log_likelihood(prior, at, v, X, y), t.copy())
        slope_v = numerical_gradient(lambda at: log_likelihood(prior, theta, at, X, y), v.copy())
        for c in range(K):
            for j in range(d):
                of_class = [X[i, j] for i in range(30) if y[i] == c]
                assert slope_t[c, j] == pytest.approx(sum((x - t[c, j]) / v[c, j] for x in of_class), abs=1e-6)
                assert slope_v[c, j] == pytest.approx(n_c[c] / (2 * v[c, j]**2) * (var[c, j] - v[c, j]), abs=1e-6)
        if shift == 0:
            assert max(np.abs(slope_t).max(), np.abs(slope_v).max()) < 1e-6


def test_no_other_parameters_are_as_likely():
    X, y = samples()
    n_c, theta, var = class_moments(X, y, K)
    best, rng = log_likelihood(n_c / 30, theta, var, X, y), RNG(1)
    for _ in range(50):
        Q, t, v = rng.dirichlet(np.ones(K)), theta + rng.normal(size=(K, d)), var * rng.uniform(0.3, 3, (K, d))
        assert log_likelihood(n_c / 30, t, v, X, y) <= log_likelihood(n_c / 30, theta, v, X, y) <= best
        assert log_likelihood(Q, theta, var, X, y) <= best


def test_the_posterior_is_bayes_rule_with_a_product_of_bell_curves():
    X, y = samples()
    model = GaussianNB(var_smoothing=0.0).fit(X, y)
    for x in X[:5]:
        joint = []
        for c in range(K):
            product = model.class_prior_[c]
            for j in range(d):
                t, v = model.theta_[c, j], model.var_[c, j]
                product *= np.exp(-(x[j] - t)**2 / (2 * v)) / np.sqrt(2 * np.pi * v)
            joint.append(product)
        np.testing.assert_allclose(model.predict_proba(x[None])[0], np.array(joint) / sum(joint))
        assert np.exp(log_densities(x[None], model.theta_, model.var_)[0] + np.log(model.class_prior_)) \
            == pytest.approx(joint)
    a = np.array([3.0, -1.0, 2.0])
    assert max(a) + np.log(sum(np.exp(a - max(a)))) == pytest.approx(np.log(sum(np.exp(a))))


def test_two_portions_merge_by_the_formula():
    X, y = samples()
    a, b = class_moments(X[:12], y[:12], K), class_moments(X[12:], y[12:], K)
    both = merged(a, b)
    for c in range(K):
        s = b.weight[c] / (a.weight[c] + b.weight[c])
        delta = b.mean[c] - a.mean[c]
        np.testing.assert_allclose(both.variance[c], (1 - s) * a.variance[c] + s * b.variance[c]
                                   + s * (1 - s) * delta**2)
    for mine, whole in zip(both, class_moments(X, y, K), strict=True):
        np.testing.assert_allclose(mine, whole)


def test_copies_raise_the_odds_to_a_power():
    X, y = samples()
    once, thrice = (GaussianNB(priors=[1 / 3] * 3, var_smoothing=0.0).fit(np.tile(X, m), y) for m in (1, 3))
    p, q = once.predict_proba(X), thrice.predict_proba(np.tile(X, 3))
    np.testing.assert_allclose(p**3 / (p**3).sum(axis=1, keepdims=True), q)
    p, q = p[:, :1] / p[:, :2].sum(axis=1, keepdims=True), q[:, :1] / q[:, :2].sum(axis=1, keepdims=True)
    np.testing.assert_allclose(true_probability(q, 3), p)


# The answers

def hand(priors=None):
    return GaussianNB(priors=priors, var_smoothing=0.0).fit([[0.0], [2.0], [4.0], [8.0]],
                                                            ["low", "low", "high", "high"])    # high, low


def test_thirteen_measurements_outweigh_a_prior():
    wine = load_wine()
    model = GaussianNB().fit(*wine.train)
    ranked = np.sort(model.predict_joint_log_proba(wine.test.X), axis=1)
    assert np.log(98) == pytest.approx(4.6, abs=0.02)
    assert np.median(ranked[:, -1] - ranked[:, -2]) > 2 * np.log(98)


def test_exercise_1_another_prior():
    assert (2 / 3 * np.exp(-2), np.exp(-9 / 8) / 6) == pytest.approx((0.090, 0.054), abs=5e-4)
    assert hand([1 / 3, 2 / 3]).predict([[3.0]])[0] == "low"
    assert hand([1 / 3, 2 / 3]).predict_proba([[3.0]])[0, 0] == pytest.approx(0.37, abs=0.005)


def test_exercise_2_two_curves_cross_twice():
    crossings = [(-4 + sign * np.sqrt(400 + 96 * np.log(2))) / 6 for sign in (1, -1)]
    assert crossings == pytest.approx([2.93, -4.27], abs=0.005)
    for x in crossings:
        assert hand().predict_proba([[x]])[0] == pytest.approx([0.5, 0.5])
    assert hand().predict([[-5.0], [0.0], [3.0]]).tolist() == ["high", "low", "high"]


def test_exercise_3_equal_variances_give_logistic_regression():
    X, y = samples()
    model = GaussianNB().fit(X[y < 2], y[y < 2])
    v = model.var_[:] = model.var_.mean(axis=0)
    theta = model.theta_
    w = (theta[1] - theta[0]) / v
    b = ((theta[0]**2 - theta[1]**2) / (2 * v)).sum() + np.log(model.class_prior_[1] / model.class_prior_[0])
    np.testing.assert_allclose(model.predict_proba(X)[:, 1], 1 / (1 + np.exp(-(X @ w + b))))


def test_exercise_4_ten_copies():
    odds = (0.6 / 0.4)**10
    assert odds == pytest.approx(57.7, abs=0.05)
    assert odds / (1 + odds) == pytest.approx(0.983, abs=5e-4)
    assert true_probability(np.array(0.983), 10) == pytest.approx(0.6, abs=0.001)


def test_exercise_5_merged_by_hand():
    a, b = (Moments(np.array([2.0]), np.array([[mean]]), np.array([[v]])) for mean, v in ((1.0, 1.0), (6.0, 4.0)))
    assert merged(a, b).variance.item() == pytest.approx(8.75)
    assert np.var([0, 2, 4, 8]) == pytest.approx(8.75)


def test_exercise_6_the_flower_between_two_species():
    iris = load_iris()
    model = GaussianNB().fit(iris.train.X[:, [2, 3]], iris.train.y)
    assert model.predict_proba([[4.9, 1.6]])[0] == pytest.approx([0, 0.56, 0.44], abs=0.005)
    assert iris.class_names == ("setosa", "versicolor", "virginica")


def test_the_page_is_short_enough_for_one_sitting():
    text = re.sub(r"<!--.*?-->|<details>.*?</details>|^```.*?^```|^\|.*?$", "", PAGE, flags=re.DOTALL | re.MULTILINE)
    assert len(text.split()) <= 2500

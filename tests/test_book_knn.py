"""The page of k-nearest neighbours: its code blocks run, its formulas are the code's, its answers are right."""

import re

import numpy as np
import pytest
from book_pages import run_sessions
from conftest import ROOT

from ai_from_scratch.data import load_mnist
from KNN_From_Scratch import BruteForce, KDTree, KNeighborsClassifier, KNeighborsRegressor
from KNN_From_Scratch.demo.digits import flat
from KNN_From_Scratch.demo.distances import vote_entropy
from KNN_From_Scratch.knn import class_shares, vote_weights
from KNN_From_Scratch.metrics import find_metric

PAGE = (ROOT / "documentation/knn.md").read_text(encoding="utf-8")
RNG = np.random.default_rng
X_HAND, Y_HAND = np.array([[0.0], [1.0], [2.0], [4.0]]), np.array(["a", "a", "b", "b"])


@pytest.mark.slow
def test_every_code_block_of_the_page_prints_what_stands_below_it():
    assert run_sessions(PAGE, "knn.md") > 15


# Each formula as it is written, in loops

def shares_as_written(distance, labels, K, weighted):
    P = np.zeros((len(labels), K))
    for m, (D, classes) in enumerate(zip(distance, labels, strict=True)):
        w = [(1 / D_i if weighted else 1) for D_i in D]
        for c in range(K):
            P[m, c] = sum(w_i * (y_i == c) for w_i, y_i in zip(w, classes, strict=True)) / sum(w)
    return P


@pytest.mark.parametrize("weights", ["uniform", "distance"])
def test_the_shares_of_the_votes_are_the_formulas(weights):
    rng = RNG(0)
    distance, labels = np.sort(rng.uniform(0.1, 2, (6, 5)), axis=1), rng.integers(0, 3, (6, 5))
    np.testing.assert_allclose(class_shares(vote_weights(weights, distance), labels, 3),
                               shares_as_written(distance, labels, 3, weights == "distance"))


def test_the_weighted_mean_and_the_nearest_and_the_entropy_are_the_formulas():
    rng = RNG(0)
    X, y, q = rng.normal(size=(30, 3)), rng.normal(size=30), rng.normal(size=3)
    D = [sum((q[j] - x[j])**2 for j in range(3))**0.5 for x in X]
    nearest = sorted(range(30), key=lambda i: (D[i], i))[:4]
    mean = sum(y[i] / D[i] for i in nearest) / sum(1 / D[i] for i in nearest)
    model = KNeighborsRegressor(4, weights="distance").fit(X, y)
    assert model.predict(q[None]) == pytest.approx(mean)
    assert model.kneighbors(q[None])[1][0].tolist() == nearest
    P = np.array([[0.5, 0.3, 0.2], [1.0, 0.0, 0.0]])
    assert vote_entropy(P) == pytest.approx([-sum(p * np.log2(p) for p in P[0]), 0])


@pytest.mark.parametrize(("metric", "p", "formula"), [
    ("euclidean", 2, lambda a, b: sum((a[j] - b[j])**2 for j in range(4))**0.5),
    ("manhattan", 2, lambda a, b: sum(abs(a[j] - b[j]) for j in range(4))),
    ("chebyshev", 2, lambda a, b: max(abs(a[j] - b[j]) for j in range(4))),
    ("minkowski", 3, lambda a, b: sum(abs(a[j] - b[j])**3 for j in range(4))**(1 / 3)),
    ("cosine", 2, lambda a, b: 1 - a @ b / np.sqrt(a @ a) / np.sqrt(b @ b)),
])
def test_each_distance_is_its_formula(metric, p, formula):
    A, B = RNG(0).normal(size=(2, 20, 4))
    np.testing.assert_allclose(find_metric(metric, p).between(A, B), [formula(a, b) for a, b in zip(A, B, strict=True)])


@pytest.mark.parametrize(("metric", "p"), [("euclidean", 2), ("manhattan", 2), ("chebyshev", 2), ("minkowski", 3)])
def test_no_point_of_a_box_is_nearer_than_the_length_of_the_gap_and_one_place_in_it_is_as_near(metric, p):
    rng, metric = RNG(0), find_metric(metric, p)
    for _ in range(50):
        low, high = np.sort(rng.normal(size=(2, 3)), axis=0)
        q, inside = 2 * rng.normal(size=3), rng.uniform(low, high, (100, 3))
        g = np.array([max(low[j] - q[j], q[j] - high[j], 0) for j in range(3)])
        assert metric.between(q, inside).min() >= metric.length(g) * (1 - 1e-12)
        assert metric.between(q, np.clip(q, low, high)) == pytest.approx(metric.length(g))


# What is derived

def test_a_vote_of_k_neighbours_has_the_variance_of_the_page():
    P, k = 0.3, 7
    votes = RNG(0).random((200_000, k)) < P
    assert votes.mean(axis=1).var() == pytest.approx(P * (1 - P) / k, rel=0.02)


def test_one_near_neighbour_errs_at_most_twice_as_often_as_the_best_answer():
    for P in np.linspace(0, 1, 11):
        R = min(P, 1 - P)
        misled = P * (1 - P) + (1 - P) * P
        assert misled == pytest.approx(2 * R * (1 - R)) and 2 * R * (1 - R) <= 2 * R


@pytest.mark.parametrize("d", [2, 10, 100, 784])
def test_the_squared_distance_of_evenly_spread_points_deviates_by_the_root_of_1_point_4_over_d(d):
    A, B = RNG(0).random((2, 2000, d))
    squares = ((A - B)**2).sum(axis=1)
    assert squares.mean() == pytest.approx(d / 6, rel=0.03) and squares.var() == pytest.approx(7 * d / 180, rel=0.1)
    assert squares.std() / squares.mean() == pytest.approx(np.sqrt(1.4 / d), rel=0.08)


def test_a_right_vote_instead_of_another_never_makes_a_right_answer_wrong():
    rng = RNG(0)
    for _ in range(300):
        labels, y = rng.integers(0, 3, 5), rng.integers(0, 3)
        right = [np.bincount(votes, minlength=3).argmax() == y for votes in (labels, np.append(labels[:-1], y))]
        assert right[1] >= right[0]


# The answers

def test_exercise_1_four_votes():
    for weights, answer, share in (("uniform", "a", 0.5), ("distance", "b", 0.70)):
        model = KNeighborsClassifier(4, weights=weights).fit(X_HAND, Y_HAND)
        assert model.predict([[1.75]])[0] == answer
        assert model.predict_proba([[1.75]])[0, 1] == pytest.approx(share, abs=0.001)
    votes = 1 / 0.25 + 1 / 2.25
    assert votes == pytest.approx(40 / 9)


def test_exercise_2_errors_where_nine_of_ten_are_of_one_class():
    of_a = RNG(0).random((400_000, 4)) < 0.9                                     # the query, and its three neighbours
    majority = of_a[:, 1:].sum(axis=1) >= 2
    assert np.mean(of_a[:, 1] != of_a[:, 0]) == pytest.approx(0.18, abs=0.003)
    assert np.mean(majority != of_a[:, 0]) == pytest.approx(0.122, abs=0.003)
    b = 3 * 0.1**2 * 0.9 + 0.1**3
    assert (b, b * 0.9 + (1 - b) * 0.1) == pytest.approx((0.028, 0.1224))


def test_exercise_3_sides_of_small_cubes():
    assert [0.001**(1 / d) for d in (3, 10, 100)] == pytest.approx([0.10, 0.50, 0.93], abs=0.005)


def test_exercise_4_a_feature_stored_twice():
    a, b = RNG(0).normal(size=(2, 3))
    twice = [0, 1, 2, 2]
    for metric, factor in (("euclidean", np.sqrt(2)), ("manhattan", 2), ("chebyshev", 1)):
        D = find_metric(metric).between
        assert D(a[twice], b[twice]) == pytest.approx(D(a * [1, 1, factor], b * [1, 1, factor]))


@pytest.mark.slow
def test_exercise_5_shifted_digits():
    mnist = load_mnist(download=False, sample=True)
    model = KNeighborsClassifier(3).fit(flat(mnist.train), mnist.train.y)
    right = [model.score(np.roll(mnist.validation.X, shift, axis=2).reshape(500, -1).astype(np.float32),
                         mnist.validation.y) for shift in (0, 1, 2, 4)]
    assert right == pytest.approx([0.944, 0.894, 0.678, 0.236])


def test_exercise_6_the_cosine_distance_does_not_grow_with_every_difference():
    q, far, near = np.array([1.0, 0.0]), np.array([10.0, 0.0]), np.array([1.0, 1.0])
    D = find_metric("cosine").between
    assert D(q, far) == 0 and D(q, near) == pytest.approx(0.29, abs=0.005)
    assert np.abs(q - near).sum() < np.abs(q - far).sum()


def test_the_tree_finds_what_the_definition_finds():
    points, queries = RNG(0).random((300, 2)), RNG(1).random((50, 2))
    plain, tree = (search(points, find_metric("euclidean")).query(queries, 5) for search in (BruteForce, KDTree))
    for a, b in zip(plain, tree, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_page_is_short_enough_for_one_sitting():
    text = re.sub(r"<!--.*?-->|<details>.*?</details>|^```.*?^```|^\|.*?$", "", PAGE, flags=re.DOTALL | re.MULTILINE)
    assert len(text.split()) <= 2500

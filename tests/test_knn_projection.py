"""The bound for images: exactly brute force's answer, and brute force itself where the bound says nothing."""

from typing import Any

import numpy as np
import pytest

import KNN_From_Scratch.projection as projection
from KNN_From_Scratch import BruteForce, KNeighborsClassifier, ProjectedSearch
from KNN_From_Scratch.metrics import find_metric

RNG = np.random.default_rng(0)
METRIC = find_metric("euclidean")


def images(n=700, d=300, rank=12):
    """Mostly in few directions, as pixels are, with something left in all others."""
    return RNG.normal(size=(n, rank)) @ RNG.normal(size=(rank, d)) + 0.3 * RNG.normal(size=(n, d))


IMAGES = images()
TRAPS = {
    "images": IMAGES,
    "images at 1e8": IMAGES + 1e8,
    "float32": IMAGES.astype(np.float32),
    "bytes full of ties": np.clip(IMAGES // 8, 0, 3).astype(np.uint8),
    "each of them twice": np.repeat(IMAGES[:350], 2, axis=0),
    "one image many times, and a few others": np.concatenate([np.repeat(IMAGES[:1], 650, axis=0), IMAGES[:50]]),
    "an outlier at 1e6": np.concatenate([IMAGES, np.full((1, 300), 1e6)]),
    "nothing left outside of the directions": images(rank=3) // 100 * np.array([1.0, 0, 0] * 100),
    "numbers too small for float32": IMAGES * 1e-40,
}


@pytest.fixture(autouse=True)
def few_directions(monkeypatch):
    monkeypatch.setattr(projection, "DIRECTIONS", 12)


@pytest.mark.parametrize("trap", TRAPS)
@pytest.mark.parametrize("k", [1, 2])
def test_the_answer_is_brute_forces_to_the_last_bit(trap, k):
    X = TRAPS[trap]
    Q = np.concatenate([X[::35], X[1:20] + 1]).astype(X.dtype)
    distance, index = BruteForce(X, METRIC).query(Q, k)
    found = ProjectedSearch(X, METRIC).query(Q, k)
    np.testing.assert_array_equal(found[1], index)
    np.testing.assert_array_equal(found[0], distance)


def test_no_neighbour_lies_beyond_the_bound_and_few_others_lie_within():
    search = ProjectedSearch(IMAGES, METRIC)
    assert search.pays
    query, point = search._candidates(IMAGES[:40], 2)
    true = BruteForce(IMAGES, METRIC).query(IMAGES[:40], 2)[1]
    assert all(set(row) <= set(point[query == i]) for i, row in enumerate(true))
    assert len(query) < 40 * 70                                      # a tenth of all


def test_directions_are_orthonormal_and_lengths_are_kept():
    search = ProjectedSearch(IMAGES, METRIC)
    np.testing.assert_allclose(search.V.T @ search.V, np.eye(12), atol=1e-12)
    placed, longest = search._projected(IMAGES)
    lengths = np.linalg.norm(IMAGES - search.brute.centre, axis=1)
    np.testing.assert_allclose(np.linalg.norm(placed, axis=1), lengths, rtol=1e-6)
    assert longest == pytest.approx(lengths.max())


@pytest.mark.parametrize("why", ["noise", "many neighbours", "too many kept"])
def test_brute_force_answers_where_the_bound_would_not_pay(why, monkeypatch):
    asked, query = [], BruteForce.query

    def noted(self, Q, k):
        asked.append(k)
        return query(self, Q, k)

    monkeypatch.setattr(BruteForce, "query", noted)
    X, k = IMAGES, 2
    if why == "noise":
        X = RNG.normal(size=(700, 300))
    elif why == "many neighbours":
        k = 16
    else:                                                            # all at one distance from the query
        X = np.eye(700, 300) + 1e-3 * IMAGES[:, :1]
        monkeypatch.setattr(projection, "SHARE", 0.0)
    ProjectedSearch(X, METRIC).query(X[:30], k)
    assert asked == [k]
    ProjectedSearch(IMAGES, METRIC).query(IMAGES[:30], 2)
    assert asked == [k]


def test_auto_takes_it_for_wide_data_and_other_names_and_metrics_do_not():
    X = np.zeros((4000, 256), np.float32)
    X[:, 0] = np.arange(4000)
    cases: list[tuple[dict[str, Any], type]] = [
        ({}, ProjectedSearch), ({"algorithm": "brute"}, BruteForce), ({"p": 1}, BruteForce),
        ({"n_neighbors": 16}, BruteForce)]
    for parameters, kind in cases:
        assert type(KNeighborsClassifier(**parameters).fit(X, np.arange(4000) % 2)._search) is kind

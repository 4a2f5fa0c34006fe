"""The projection for images: exactly the plain code's answer, and all pairs where the projection is of no use."""

from typing import Any

import numpy as np
import pytest

import KNN_From_Scratch.fast.projection as projection
from KNN_From_Scratch import BruteForce, KNeighborsClassifier
from KNN_From_Scratch.fast.bounded_search import BoundedSearch
from KNN_From_Scratch.fast.distance_bounds import ProductBounds
from KNN_From_Scratch.fast.projection import ProjectedSearch
from KNN_From_Scratch.metrics import find_metric

RNG = np.random.default_rng(0)
METRIC = find_metric("euclidean")


def images(n=700, d=300, rank=12):
    """Data that vary mostly in a few directions, as pixels do, and a little in all others."""
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
def test_the_answer_is_the_plain_codes_to_the_last_bit(trap, k):
    X = TRAPS[trap]
    Q = np.concatenate([X[::35], X[1:20] + 1]).astype(X.dtype)
    distance, index = BruteForce(X, METRIC).query(Q, k)
    found = ProjectedSearch(X, METRIC).query(Q, k)
    np.testing.assert_array_equal(found[1], index)
    np.testing.assert_array_equal(found[0], distance)


def test_no_neighbour_lies_beyond_the_bound_and_few_others_lie_within():
    search = ProjectedSearch(IMAGES, METRIC)
    assert search.applies
    query, point = search._candidates(IMAGES[:40], 2)
    true = BruteForce(IMAGES, METRIC).query(IMAGES[:40], 2)[1]
    assert all(set(row) <= set(point[query == i]) for i, row in enumerate(true))
    assert len(query) < 40 * 70                                      # a tenth of all


@pytest.mark.parametrize("k", [1, 3])
def test_no_neighbour_is_lost_where_the_products_error_is_as_large_as_promised(k, monkeypatch):
    """For data in these directions the bound equals the distance, but for rounding."""
    X = RNG.normal(size=(700, 12)) @ RNG.normal(size=(12, 300))
    compare = ProductBounds.compare

    def at_the_limit(self, Q, prepared):
        _, rounding = compare(self, Q, prepared)
        points, queries = prepared[0].astype(np.longdouble), Q.astype(np.longdouble)
        true = (points[:, :-1]**2).sum(axis=1) - 2 * queries @ points[:, :-1].T
        return (true + rounding).astype(np.float64), rounding

    monkeypatch.setattr(ProductBounds, "compare", at_the_limit)
    search = ProjectedSearch(X, METRIC)
    Q = X[:200] + 1e-2 * RNG.normal(size=(200, 12)) @ search.V.T
    query, point = search._candidates(Q, k)
    true = BruteForce(X, METRIC).query(Q, k)[1]
    assert all(set(row) <= set(point[query == i]) for i, row in enumerate(true))


def test_directions_are_orthonormal_and_lengths_are_kept():
    search = ProjectedSearch(IMAGES, METRIC)
    np.testing.assert_allclose(search.V.T @ search.V, np.eye(12), atol=1e-12)
    placed, longest = search._projected(IMAGES)
    lengths = np.linalg.norm(IMAGES - search.all_pairs.centre, axis=1)
    np.testing.assert_allclose(np.linalg.norm(placed, axis=1), lengths, rtol=1e-6)
    assert longest == pytest.approx(lengths.max())


@pytest.mark.parametrize("why", ["noise", "many neighbours", "too many kept"])
def test_all_pairs_are_compared_where_the_projection_would_not_pay(why, monkeypatch):
    asked, query = [], BoundedSearch.query

    def noted(self, Q, k):
        asked.append(k)
        return query(self, Q, k)

    monkeypatch.setattr(BoundedSearch, "query", noted)
    X, k = IMAGES, 2
    if why == "noise":
        X = RNG.normal(size=(700, 300))
    elif why == "many neighbours":
        k = 16
    else:                                                            # all at one distance from the query
        X = np.eye(700, 300) + 1e-3 * IMAGES[:, :1]
        monkeypatch.setattr(projection, "MIN_VARIANCE_SHARE", 0.0)
    ProjectedSearch(X, METRIC).query(X[:30], k)
    assert asked == [k]
    ProjectedSearch(IMAGES, METRIC).query(IMAGES[:30], 2)
    assert asked == [k]


def test_auto_takes_it_for_many_images_and_other_names_and_metrics_do_not():
    X = np.zeros((16_000, 256), np.float32)
    X[:, 0] = np.arange(16_000)
    cases: list[tuple[dict[str, Any], type]] = [
        ({}, ProjectedSearch), ({"algorithm": "brute"}, BoundedSearch), ({"p": 1}, BoundedSearch),
        ({"n_neighbors": 16}, BoundedSearch)]
    for parameters, kind in cases:
        assert type(KNeighborsClassifier(**parameters).fit(X, np.arange(16_000) % 2)._search) is kind
    assert type(KNeighborsClassifier().fit(X[:15_000], np.arange(15_000) % 2)._search) is BoundedSearch

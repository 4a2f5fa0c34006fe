"""Every search, plain and fast, against the definition: measure every pair, sort stably, take the first k."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import cdist
from traced_memory import traced_memory

from KNN_From_Scratch import BruteForce, KDTree, KNeighborsClassifier, KNeighborsRegressor
from KNN_From_Scratch.fast.bounded_search import BoundedSearch, CandidateSet
from KNN_From_Scratch.fast.distance_bounds import FeatureBounds, ProductBounds
from KNN_From_Scratch.fast.frontier import FrontierKDTree
from KNN_From_Scratch.metrics import find_metric

METRICS = [("euclidean", 2), ("manhattan", 2), ("chebyshev", 2), ("minkowski", 3), ("minkowski", 0.5),
           ("minkowski", 60), ("cosine", 2)]
ALL_PAIRS: list[Any] = [BruteForce, BoundedSearch]
TREES: list[Any] = [KDTree, FrontierKDTree]
RNG = np.random.default_rng(0)
CLOUD = RNG.normal(size=(700, 4))

TRAPS = {
    "a cloud": CLOUD,
    "a cloud at 1e8": CLOUD + 1e8,
    "two clouds at plus and minus 1e8": np.concatenate([CLOUD[:300] + 1e8, CLOUD[300:] - 1e8]),
    "an outlier at 1e12": np.concatenate([CLOUD, np.full((1, 4), 1e12)]),
    "an integer grid full of ties": RNG.integers(0, 4, size=(3000, 3)).astype(float),
    "hundreds of one point and a few of others": np.repeat(CLOUD[:4], [300, 2, 1, 300], axis=0),
    "one point many times": np.full((200, 3), 0.1),
    "columns of very different scale": CLOUD * [1e-8, 1, 1, 1e8],
    "numbers too small for float32": CLOUD * 1e-40,
    "numbers too large for float32": CLOUD * 1e40,
    "numbers whose squares vanish": CLOUD * 1e-200,
    "numbers whose squares are subnormal": CLOUD * 1e-160,
    "numbers whose squares overflow": CLOUD * 1e200,
    "distances that are subnormal": np.sign(CLOUD[:90]) * 1e-310 + CLOUD[:90] * 1e-320,
    "more features than samples": RNG.normal(size=(60, 300)),
    "float32": CLOUD.astype(np.float32),
    "Fortran order": np.asfortranarray(CLOUD),
    "float32 in Fortran order, full of ties": np.asfortranarray((CLOUD * 2).round().astype(np.float32)),
    "a single sample": CLOUD[:1],
    "rows of zeros": np.concatenate([np.zeros((5, 4)), CLOUD[:100]]),
    "more than one block": RNG.normal(size=(9001, 2)),
}


def definition(Q, X, k, metric):
    """Every distance, one query after the other; the first k of a stable sort."""
    # As many copies of q as there are points, in one order: no search of the project takes them like this.
    X = np.ascontiguousarray(X, dtype=np.float64)
    distance = np.array([metric.between(np.repeat(q[None], len(X), axis=0), X) for q in Q])
    index = np.argsort(distance, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(distance, index, axis=1), index


def queries(X):
    """Queries: some of the samples, and points between and beyond them."""
    own = X[RNG.permutation(len(X))[:4]]
    return np.concatenate([own, own + 0.1 * np.ptp(X, axis=0), 300 * own - 299 * X[:1]]).astype(X.dtype)


ALWAYS = {"a cloud at 1e8", "an integer grid full of ties", "numbers whose squares overflow", "a single sample",
          "distances that are subnormal", "float32 in Fortran order, full of ties", "rows of zeros"}


@pytest.mark.parametrize(("name", "p", "trap"), [
    pytest.param(name, p, trap, marks=[pytest.mark.slow] * (name != "euclidean" and trap not in ALWAYS))
    for name, p in METRICS for trap in TRAPS])
def test_every_search_gives_exactly_the_first_k_of_a_stable_sort(name, p, trap):
    X, metric = TRAPS[trap], find_metric(name, p)
    Q = queries(X)[:: 1 if len(X) < 5000 else 5]
    distance, index = definition(Q, X, min(6, len(X)), metric)
    for search in ALL_PAIRS + TREES * metric.of_differences:
        found = search(X, metric).query(Q, distance.shape[1])
        np.testing.assert_array_equal(found[1], index)
        np.testing.assert_array_equal(found[0], distance)


@pytest.mark.parametrize("k", [1, 8, 31, 300, 700])
def test_any_number_of_neighbours_up_to_all(k):
    metric = find_metric("euclidean")
    distance, index = definition(CLOUD[:3] + 0.1, CLOUD, k, metric)
    for search in ALL_PAIRS + TREES:
        found = search(CLOUD, metric).query(CLOUD[:3] + 0.1, k)
        np.testing.assert_array_equal(found[1], index)
        np.testing.assert_array_equal(found[0], distance)


@pytest.mark.parametrize("leaf_size", [1, 2, 3, 100])
def test_the_size_of_a_leaf_changes_no_answer(leaf_size):
    metric = find_metric("euclidean")
    for X in (CLOUD[:101], TRAPS["an integer grid full of ties"][:300], TRAPS["one point many times"]):
        distance, index = definition(X[:9] + 0.1, X, 5, metric)
        for tree in TREES:
            found = tree(X, metric, leaf_size).query(X[:9] + 0.1, 5)
            np.testing.assert_array_equal(found[1], index)
            np.testing.assert_array_equal(found[0], distance)


@pytest.mark.parametrize("tree", TREES)
def test_a_box_that_rounding_puts_too_far_away_still_gives_its_neighbour(tree):
    """Rounding may make a gap longer than the distance to a point of the box, though no part of it is larger."""
    metric, rng = find_metric("minkowski", 3), np.random.default_rng(1)
    points = 1 + rng.random((2000, 3))
    corners = np.column_stack([np.nextafter(points[:, 0], 0), points[:, 1:]])
    wrong = np.flatnonzero(metric.length(corners) > metric.length(points))
    assert len(wrong)
    for x, corner in zip(points[wrong], corners[wrong], strict=True):
        # x and its mirror image are equally near to 0.  x has the smaller index; the box of the other one is nearer.
        X = np.array([x, [corner[0], x[1] + 1, x[2] + 1], -x, [-x[0] / 2, -10, -10]])
        distance, index = tree(np.repeat(X, 4, axis=0), metric, 8).query(np.zeros((1, 3)), 1)
        assert index.item() == 0 and distance.item() == metric.length(x[None]).item()


@pytest.mark.parametrize("search", ALL_PAIRS + TREES)
def test_distances_beyond_float64_are_infinite_and_tie(search):
    distance, index = search(np.full((90, 3), 1.7e308), find_metric("euclidean")).query(np.full((2, 3), -1.7e308), 5)
    assert np.isposinf(distance).all() and index.tolist() == [[0, 1, 2, 3, 4]] * 2


@pytest.mark.parametrize(("name", "p", "theirs"), [
    ("l2", 2, {"metric": "euclidean"}), ("cityblock", 2, {"metric": "cityblock"}),
    ("infinity", 2, {"metric": "chebyshev"}), ("minkowski", 1.5, {"metric": "minkowski", "p": 1.5}),
    ("cosine", 2, {"metric": "cosine"}),
])
def test_distances_are_scipys(name, p, theirs):
    A, B = CLOUD[:30], CLOUD[30:60]
    np.testing.assert_allclose(find_metric(name, p).between(A, B), cdist(A, B, **theirs).diagonal(), rtol=1e-12)


def test_minkowski_is_manhattan_at_1_euclidean_at_2_and_chebyshev_at_infinity():
    names = [find_metric("minkowski", p).name for p in (1, 2, np.inf, 3)]
    assert names == ["manhattan", "euclidean", "chebyshev", "minkowski"]


def test_minkowski_neither_overflows_nor_underflows_in_the_power():
    metric = find_metric("minkowski", 400)
    np.testing.assert_allclose(metric.length(np.array([[1e-3, 2e-3], [1e9, 3e9], [0, 0]])), [2e-3, 3e9, 0], rtol=1e-2)


def test_cosine_distance_of_near_parallel_vectors_keeps_its_digits():
    a, b = np.array([[1.0, 0.0]]), np.array([[1.0, 1e-9]])
    assert find_metric("cosine").between(a, b)[0] == pytest.approx(5e-19, rel=1e-6)       # 1 − cos would give 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["euclidean", "cosine"])
@pytest.mark.parametrize("trap", ["a cloud", "two clouds at plus and minus 1e8", "more features than samples"])
def test_the_product_is_never_farther_off_than_it_says(dtype, name, trap):
    X = TRAPS[trap]
    bounds = ProductBounds(find_metric(name), X.mean(axis=0), dtype)
    Q = queries(X)
    approx, rounding = bounds.compare(Q, bounds.prepare(X))
    if name == "cosine":
        true = 2 * cdist(Q, X, "cosine") - 1
    else:
        place = (X - bounds.centre).astype(np.longdouble), (Q - bounds.centre).astype(np.longdouble)
        true = (place[0]**2).sum(axis=1) - 2 * place[1] @ place[0].T
    assert (np.abs(approx - true) <= rounding).all()


@pytest.mark.parametrize(("name", "p"), [("manhattan", 2), ("chebyshev", 2), ("minkowski", 3)])
def test_feature_by_feature_is_never_farther_off_than_it_says(name, p):
    metric = find_metric(name, p)
    bounds = FeatureBounds(metric)
    approx, rounding = bounds.compare(CLOUD[:9], bounds.prepare(CLOUD))
    true = np.array([metric.between(np.broadcast_to(q, CLOUD.shape), CLOUD) for q in CLOUD[:9]])
    assert (np.abs(approx - (true**p if name == "minkowski" else true)) <= rounding).all()


def test_bounds_that_cannot_tell_points_apart_give_way_to_finer_ones(monkeypatch):
    asked, compare = [], ProductBounds.compare

    def noted(self, Q, prepared):
        asked.append(self.dtype.name)
        return compare(self, Q, prepared)

    monkeypatch.setattr(ProductBounds, "compare", noted)
    metric = find_metric("euclidean")
    BoundedSearch(CLOUD, metric).query(CLOUD[:20], 3)
    assert asked == ["float32"]
    # Two tight clusters far apart: float32 sees two points. float64 sees them all.
    clusters = np.concatenate([CLOUD[:350] + 1e4, CLOUD[350:] - 1e4])
    found = BoundedSearch(clusters, metric).query(clusters[:20], 3)
    assert asked == ["float32", "float32", "float64"]
    np.testing.assert_array_equal(found[1], definition(clusters[:20], clusters, 3, metric)[1])


@given(st.integers(1, 6), st.lists(st.tuples(st.integers(0, 30), st.integers(-8, 8)), min_size=6, max_size=90),
       st.integers(0, 8), st.integers(1, 90))
@settings(max_examples=120, deadline=None)
def test_an_error_as_large_as_promised_loses_no_neighbour(k, pairs, promise, b):
    """The true values of one query and their errors, up to the promise, in blocks of b: every number is exact here."""
    true, error = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    approx = (true + np.clip(error, -promise, promise))[None]
    kth = np.sort(true)[k - 1]
    X, metric = true[:, None], find_metric("euclidean")
    candidates = CandidateSet(np.zeros((1, 1)), X, k, metric)
    for first in range(0, len(X), b):
        block, rounding = approx[:, first:first + b], np.full((1, 1), float(promise))
        near, minima = candidates.near(0, block, rounding)
        assert set(np.flatnonzero(true[first:first + b] <= kth)) <= set(near)
        candidates.add_block(0, first, near, minima, block, rounding)
    distance, index = candidates.ranked()
    assert index.tolist() == [np.argsort(true, kind="stable")[:k].tolist()]
    np.testing.assert_array_equal(distance, [np.sort(true)[:k]])


@pytest.mark.parametrize("name", ["euclidean", "cosine", "manhattan"])
def test_the_answer_is_exact_even_where_every_error_is_as_large_as_promised(name, monkeypatch):
    """Each bound is wrong by as much as it may be, in the worst direction: the answer stays the definition's."""
    metric = find_metric(name)
    kind = FeatureBounds if name == "manhattan" else ProductBounds
    compare = kind.compare

    def at_the_limit(self, Q, points):
        approx, rounding = compare(self, Q, points)
        kth = np.partition(approx, 4, axis=1)[:, 4:5]
        return approx + np.where(approx <= kth, 0.9, -0.9) * rounding, rounding      # 0.1 is left for its own error

    monkeypatch.setattr(kind, "compare", at_the_limit)
    X = CLOUD[:90] + 50                      # few, so that too many candidates do not lead to finer bounds
    distance, index = definition(CLOUD[:40] + 50.01, X, 5, metric)
    found = BoundedSearch(X, metric).query(CLOUD[:40] + 50.01, 5)
    np.testing.assert_array_equal(found[1], index)
    np.testing.assert_array_equal(found[0], distance)


def peak(search, n, m):
    """The peak memory, in bytes, of m queries among n points."""
    X, Q = RNG.normal(size=(n, 3)), RNG.normal(size=(m, 3))
    found = search(X, find_metric("euclidean"))
    with traced_memory() as most:
        found.query(Q, 5)
        return most()


@pytest.mark.slow
@pytest.mark.parametrize("search", [BoundedSearch, FrontierKDTree])
def test_memory_does_not_grow_with_queries_times_samples(search):
    assert peak(search, 40_000, 1000) < 60e6                         # all distances at once would be 320 MB
    assert peak(search, 40_000, 1000) < 1.3 * peak(search, 10_000, 1000)


@pytest.mark.slow
@pytest.mark.parametrize("search", [BruteForce, KDTree])
def test_the_plain_searches_need_memory_for_one_query_at_a_time(search):
    assert peak(search, 20_000, 80) < 4e6                            # all distances at once would be 13 MB


def test_the_bounded_search_copies_no_samples():
    X = RNG.normal(size=(100_000, 40))                               # 32 MB
    with traced_memory() as most:
        BoundedSearch(X, find_metric("euclidean"))
        assert most() < 2e6


# ---- properties

POINTS = arrays(np.int64, st.tuples(st.integers(5, 80), st.integers(1, 3)), elements=st.integers(-9, 9))


@given(POINTS, st.sampled_from(METRICS[:6]), st.integers(1, 5))
@settings(max_examples=40, deadline=None)
def test_all_searches_agree_on_grids_full_of_ties(points, metric, k):
    X, metric = points.astype(float), find_metric(*metric)
    distance, index = BruteForce(X, metric).query(X, k)
    for search in [BoundedSearch, *TREES]:
        found = search(X, metric).query(X, k)
        np.testing.assert_array_equal(found[1], index)
        np.testing.assert_array_equal(found[0], distance)


@pytest.mark.slow
@given(POINTS, st.sampled_from(METRICS), st.integers(1, 4), st.sampled_from([np.float32, np.float64]),
       st.sampled_from("CF"), st.sampled_from(["auto", "brute", "kd_tree"]), st.sampled_from(["uniform", "distance"]),
       st.integers(-60, 60))
@settings(max_examples=40, deadline=None)
def test_engines_give_the_same_bits(points, metric, k, dtype, order, algorithm, weights, exponent):
    X = np.asarray((points + 0.1) * 2.0**exponent, dtype=dtype, order=order)
    if metric[0] == "cosine":
        algorithm = "brute"
    parameters = {"metric": metric[0], "p": metric[1], "algorithm": algorithm, "weights": weights, "leaf_size": 4}
    for kind in (KNeighborsClassifier, KNeighborsRegressor):
        plain, fast = (kind(k, engine=engine, **parameters).fit(X, points[:, 0]) for engine in ("plain", "fast"))
        assert (plain.engine_, fast.engine_) == ("plain", "fast")
        for mine, other in zip(plain.kneighbors(X), fast.kneighbors(X), strict=True):
            np.testing.assert_array_equal(mine, other)
        np.testing.assert_array_equal(plain.predict(X), fast.predict(X))
        np.testing.assert_array_equal(plain.predict(None), fast.predict(None))


@given(POINTS, st.integers(-40, 40), st.integers(-1000, 1000), st.sampled_from(ALL_PAIRS + TREES))
@settings(max_examples=40, deadline=None)
def test_scaling_and_moving_everything_changes_no_neighbour(points, exponent, shift, search):
    X, metric = points.astype(float), find_metric("euclidean")
    distance, index = search(X, metric).query(X, 3)
    moved = (X + shift) * 2.0**exponent                              # exact, so that ties stay ties
    again = search(moved, metric).query(moved, 3)
    np.testing.assert_array_equal(again[1], index)
    np.testing.assert_array_equal(again[0], distance * 2.0**exponent)


@given(POINTS, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_samples_and_of_features_changes_no_distance(points, random):
    X, metric = points.astype(float), find_metric("manhattan")
    rows, columns = list(range(len(X))), list(range(X.shape[1]))
    random.shuffle(rows)
    random.shuffle(columns)
    expected = BruteForce(X, metric).query(X, 4)[0]
    for search in ALL_PAIRS:
        np.testing.assert_array_equal(search(X[rows], metric).query(X, 4)[0], expected)
    for search in TREES:
        np.testing.assert_array_equal(search(X[:, columns], metric).query(X[:, columns], 4)[0], expected)


def test_the_tree_cuts_each_box_in_half_across_its_widest_feature_and_knows_the_bounds_of_both_halves():
    X = RNG.normal(size=(100, 3)) * [1, 5, 2]
    boxes = [KDTree(X, find_metric("euclidean"), 10).root]
    while boxes:
        box = boxes.pop()
        if len(box.members) <= 10:
            assert box.halves == () and box.low.shape == box.high.shape == (0, 3)
            continue
        first, second = (X[half.members] for half in box.halves)
        assert sorted([*box.halves[0].members, *box.halves[1].members]) == sorted(box.members)
        assert len(first) == len(box.members) // 2
        widest = np.ptp(X[box.members], axis=0).argmax()
        assert first[:, widest].max() <= second[:, widest].min()
        np.testing.assert_array_equal(box.low, [first.min(axis=0), second.min(axis=0)])
        np.testing.assert_array_equal(box.high, [first.max(axis=0), second.max(axis=0)])
        boxes += box.halves


def test_minkowski_without_a_p_is_euclidean():
    assert find_metric("minkowski").name == find_metric("minkowski", None).name == "euclidean"


def test_a_cosine_has_no_size_and_a_vector_of_zeros_is_at_distance_one_from_all():
    cosine, tiny = find_metric("cosine"), 1e-200 * np.eye(2)
    np.testing.assert_array_equal(cosine.between(tiny[0], np.array([[0, 0], [0, 1e-200], [1e-200, 0]])), [1, 1, 0])

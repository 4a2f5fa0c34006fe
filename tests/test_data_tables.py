"""The toy makers and the four tables of the package."""

import numpy as np
import pytest
import sklearn
from sklearn import datasets

from ai_from_scratch.data import (
    DataError,
    Dataset,
    Samples,
    blobs,
    load_breast_cancer,
    load_diabetes,
    load_iris,
    load_wine,
    noisy_line,
    two_moons,
)

LOADERS = [load_diabetes, load_breast_cancer, load_iris, load_wine]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def three(dataset: Dataset) -> tuple[Samples, Samples, Samples]:
    return dataset.train, dataset.validation, dataset.test


# --- toy sets

@pytest.mark.parametrize("make", [two_moons, blobs, noisy_line])
def test_a_toy_set_is_the_same_for_the_same_generator_state(make):
    one, same, other = make(40, rng=rng(1)), make(40, rng=rng(1)), make(40, rng=rng(2))
    np.testing.assert_array_equal(one.X, same.X)
    np.testing.assert_array_equal(one.y, same.y)
    assert not np.array_equal(one.X, other.X)
    assert one.X.dtype == np.float64


def test_moons_without_noise_lie_on_their_half_circles():
    X, y = two_moons(101, noise=0, rng=rng())
    assert np.bincount(y).tolist() == [51, 50]
    upper, lower = X[y == 0], X[y == 1]
    np.testing.assert_allclose(np.hypot(*upper.T), 1)
    np.testing.assert_allclose(np.hypot(*(lower - [1, 0.5]).T), 1)
    assert (upper[:, 1] >= 0).all() and (lower[:, 1] <= 0.5).all()


def test_blobs_have_the_centres_and_the_spread_that_were_asked_for():
    centres = np.array([[0.0, 100.0, 5.0], [50.0, 0.0, -5.0]])
    X, y = blobs(20_000, centres, spread=2.0, rng=rng())
    assert X.shape == (20_000, 3) and y.dtype == np.int64
    for label, centre in enumerate(centres):
        np.testing.assert_allclose(X[y == label].mean(axis=0), centre, atol=0.1)
        np.testing.assert_allclose(X[y == label].std(axis=0), 2, atol=0.05)


@pytest.mark.parametrize("K", [1, 2, 3, 7])
def test_a_number_of_blobs_stands_on_a_circle_five_apart(K):
    X, y = blobs(5 * K, K, spread=0, rng=rng())
    assert np.bincount(y).tolist() == [5] * K
    centres = np.array([X[y == label][0] for label in range(K)])
    np.testing.assert_allclose(centres.mean(axis=0), 0, atol=1e-12)
    if K > 1:
        np.testing.assert_allclose(np.hypot(*(centres - np.roll(centres, 1, axis=0)).T), 5)


def test_a_line_without_noise_is_a_line():
    X, y = noisy_line(50, slope=-3, intercept=0.5, noise=0, rng=rng())
    assert X.shape == (50, 1)
    np.testing.assert_allclose(y, 0.5 - 3 * X[:, 0])


def test_the_lines_noise_has_the_deviation_asked_for():
    X, y = noisy_line(50_000, noise=0.3, rng=rng())
    np.testing.assert_allclose((y - 1 - 2 * X[:, 0]).std(), 0.3, rtol=0.02)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: two_moons(0, rng=rng()), "n must be a whole number of at least 1, got 0"),
        (lambda: two_moons(9, noise=-1, rng=rng()), "noise is a standard deviation"),
        (lambda: noisy_line(9, noise=float("nan"), rng=rng()), "at least 0, got nan"),
        (lambda: blobs(9, spread=-1, rng=rng()), "spread is a standard deviation"),
        (lambda: blobs(9, 0, rng=rng()), "centres must be"),
        (lambda: blobs(9, np.zeros(3), rng=rng()), "centres must be"),
    ],
)
def test_a_toy_set_that_cannot_be_made_says_why(make, words):
    with pytest.raises(DataError, match=words):
        make()


# --- tables

@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (load_diabetes, lambda: datasets.load_diabetes(scaled=False)),
        (load_breast_cancer, datasets.load_breast_cancer),
        (load_iris, datasets.load_iris),
        (load_wine, datasets.load_wine),
    ],
)
def test_a_table_has_exactly_scikit_learns_numbers_and_names(ours, theirs):
    dataset, bunch = ours(), theirs()
    X = np.concatenate([part.X for part in three(dataset)])
    y = np.concatenate([part.y for part in three(dataset)])
    rows = np.column_stack([X, y])
    expected = np.column_stack([bunch.data, bunch.target])
    ours_sorted, theirs_sorted = rows[np.lexsort(rows.T)], expected[np.lexsort(expected.T)]
    if sklearn.__version__.startswith("1.7."):      # it reads eleven numbers of the diabetes table one rounding apart
        np.testing.assert_array_max_ulp(ours_sorted, theirs_sorted, maxulp=1)
    else:
        np.testing.assert_array_equal(ours_sorted, theirs_sorted)
    assert dataset.feature_names == tuple(bunch.feature_names)
    assert dataset.class_names == tuple(bunch.get("target_names", ()))
    assert dataset.source.startswith("in the package (") and not dataset.is_sample


@pytest.mark.parametrize("load", LOADERS)
def test_a_table_is_split_60_20_20_and_the_seed_decides(load):
    one, same, other = load(), load(seed=0), load(seed=1)
    n = sum(len(part.y) for part in three(one))
    assert [len(part.y) for part in three(one)[1:]] == [round(0.2 * n)] * 2
    np.testing.assert_array_equal(one.test.X, same.test.X)
    assert not np.array_equal(one.test.X, other.test.X)
    assert one.train.X.dtype == np.float64
    assert one.train.y.dtype == (np.float64 if load is load_diabetes else np.int64)


@pytest.mark.parametrize("load", LOADERS[1:])
def test_the_classes_of_a_table_have_the_same_shares_in_every_part(load):
    dataset = load()
    shares = [np.bincount(part.y, minlength=2) / len(part.y) for part in three(dataset)]
    np.testing.assert_allclose(shares[1], shares[0], atol=0.03)
    np.testing.assert_allclose(shares[2], shares[0], atol=0.03)


def test_diabetes_is_in_its_own_units():
    X = load_diabetes().train.X
    assert X[:, 0].min() >= 19 and X[:, 0].max() <= 79      # years
    assert set(np.unique(X[:, 1])) == {1, 2}                # sex

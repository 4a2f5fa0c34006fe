"""Splitting into three parts, and standardising by the first of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_from_scratch.data import DataError, Dataset, Samples, split


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def numbered(y) -> Samples:
    """Samples whose X is their own number, so that each can be found again."""
    return Samples(np.arange(len(y), dtype=float)[:, None], np.asarray(y))


# --- split

@given(
    st.lists(st.integers(0, 4), min_size=3, max_size=60),
    st.floats(0, 0.3),
    st.floats(0, 0.3),
    st.booleans(),
    st.integers(0, 9),
)
def test_every_sample_is_in_exactly_one_part_with_its_own_target(labels, validation, test, stratify, seed):
    samples = numbered(labels)
    parts = split(samples, rng=rng(seed), validation=validation, test=test, stratify=stratify)
    together = np.concatenate([part.X[:, 0] for part in parts]).astype(int)
    assert sorted(together) == list(range(len(labels)))
    np.testing.assert_array_equal(np.concatenate([part.y for part in parts]), samples.y[together])
    assert [len(part.y) for part in parts[1:]] == [round(len(labels) * validation), round(len(labels) * test)]


def test_one_hundred_samples_make_60_20_and_20():
    assert [len(part.y) for part in split(numbered(np.zeros(100)), rng=rng())] == [60, 20, 20]


def test_the_split_shuffles_samples_and_not_only_parts():
    train, _, _ = split(numbered(np.zeros(100)), rng=rng())
    assert (np.diff(train.X[:, 0]) < 0).any()
    assert train.X[:, 0].max() > 60


def test_a_stratified_split_gives_each_class_its_share():
    y = np.repeat([0, 1, 2], [10, 50, 100])
    parts = split(numbered(y), rng=rng(), stratify=True)
    assert [np.bincount(part.y).tolist() for part in parts] == [[6, 30, 60], [2, 10, 20], [2, 10, 20]]


@pytest.mark.parametrize("seed", range(5))
def test_shares_that_do_not_come_out_even_are_right_to_a_sample(seed):
    y = np.repeat([3, 7, 9], [7, 23, 41])
    parts = split(numbered(y), rng=rng(seed), stratify=True)
    for part, share in zip(parts, [0.6, 0.2, 0.2], strict=True):
        counts = [np.sum(part.y == label) for label in (3, 7, 9)]
        np.testing.assert_allclose(counts, share * np.array([7, 23, 41]), atol=1.01)


def test_a_stratified_part_is_not_in_the_order_of_its_classes():
    train, _, _ = split(numbered(np.repeat([0, 1], 50)), rng=rng(), stratify=True)
    assert 10 < np.sum(np.diff(train.y) != 0) < 50


def test_a_class_with_one_sample_goes_to_training():
    for seed in range(20):
        train, _, _ = split(numbered([0] * 20 + [1]), rng=rng(seed), stratify=True)
        assert 1 in train.y


def test_the_same_generator_state_gives_the_same_split():
    first, second = (split(numbered(np.arange(50)), rng=rng(3)) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.y, other.y)
    assert not np.array_equal(first[0].y, split(numbered(np.arange(50)), rng=rng(4))[0].y)


def test_the_split_leaves_the_callers_arrays_alone():
    samples = numbered(np.arange(20))
    samples.X.flags.writeable = samples.y.flags.writeable = False
    train, _, _ = split(samples, rng=rng(), stratify=True)
    assert not np.shares_memory(train.X, samples.X)


@pytest.mark.parametrize(
    ("samples", "shares", "words"),
    [
        (numbered(np.zeros(10)), {"validation": 0.5, "test": 0.5}, "leave some samples to train on"),
        (numbered(np.zeros(10)), {"validation": -0.1}, "at least 0"),
        (numbered(np.zeros(10)), {"test": float("nan")}, "at least 0"),
        (numbered([]), {}, "0 samples leave none"),
        (Samples(np.zeros((3, 1)), np.zeros(2)), {}, "X has 3 samples and y has 2"),
    ],
)
def test_an_impossible_split_says_why(samples, shares, words):
    with pytest.raises(DataError, match=words):
        split(samples, rng=rng(), **shares)


# --- standardized

def test_all_parts_are_scaled_by_the_statistics_of_training_alone():
    train = Samples(np.array([[0.0, 10.0], [4.0, 30.0]]), np.array([1.0, 2.0]))
    held_out = Samples(np.array([[6.0, 20.0]]), np.array([3.0]))
    final = Samples(np.array([[1000.0, -1e6]]), np.array([4.0]))
    scaled = Dataset("d", "s", train, held_out, final).standardized()
    np.testing.assert_allclose(scaled.train.X, [[-1, -1], [1, 1]])          # means 2 and 20, deviations 2 and 10
    np.testing.assert_allclose(scaled.validation.X, [[2, 0]])
    np.testing.assert_allclose(scaled.test.X, [[499, -100002]])
    assert [part.y.tolist() for part in (scaled.train, scaled.validation, scaled.test)] == [[1, 2], [3], [4]]
    assert train.X.tolist() == [[0, 10], [4, 30]]


@pytest.mark.parametrize("value", [0.0, 0.1, 1e8, -3e-310])
def test_a_constant_column_is_shifted_and_not_divided(value):
    part = Samples(np.full((7, 1), value), np.zeros(7))
    scaled = Dataset("d", "s", part, part, Samples(np.array([[value + 2]]), np.zeros(1))).standardized()
    np.testing.assert_allclose(scaled.train.X, 0, atol=1e-7)
    np.testing.assert_allclose(scaled.test.X, 2, atol=1e-7)


def test_a_spread_too_small_to_square_is_not_divided_by():
    part = Samples(np.array([[0.0], [1e-310]]), np.zeros(2))
    assert np.isfinite(Dataset("d", "s", part, part, part).standardized().train.X).all()


def test_a_large_mean_does_not_hide_a_small_spread():
    part = Samples(1e8 + np.arange(10.0)[:, None], np.zeros(10))
    np.testing.assert_allclose(Dataset("d", "s", part, part, part).standardized().train.X.std(), 1, rtol=1e-12)


def test_images_in_bytes_are_scaled_without_overflow():
    part = Samples(np.full((3, 28, 28), 250, np.uint8), np.zeros(3, np.int64))
    part.X[0] = 0
    X = Dataset("d", "s", part, part, part).standardized().train.X
    assert X.dtype == np.float64
    np.testing.assert_allclose([X.mean(), X.std()], [0, 1], atol=1e-12)

"""Distorted images: bilinear reading against its definition, and what random distortions keep to."""

import math
from typing import Any

import numpy as np
import pytest

from CNN_From_Scratch import CNNClassifier, bilinear, random_distortion, random_shift
from CNN_From_Scratch.distortion import bumps, random_matrices, shift_or_distort


def read_by_definition(image, row, column):
    """One number between its four nearest pixels; outside, the nearest edge."""
    H, W = image.shape
    row, column = min(max(row, 0), H - 1), min(max(column, 0), W - 1)
    i, j = math.floor(row), math.floor(column)
    down, right = row - i, column - j
    below, beside = min(i + 1, H - 1), min(j + 1, W - 1)
    return ((1 - down) * (1 - right) * image[i, j] + (1 - down) * right * image[i, beside]
            + down * (1 - right) * image[below, j] + down * right * image[below, beside])


def test_reading_between_pixels_is_the_definition_outside_the_image_too():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((3, 2, 5, 7)).astype(np.float32)
    rows, columns = rng.uniform(-2, 6, (3, 35)), rng.uniform(-2, 8, (3, 35))
    Y = bilinear(X, rows.astype(np.float32), columns.astype(np.float32)).reshape(3, 2, 35)
    for n, c, p in np.ndindex(Y.shape):
        assert Y[n, c, p] == pytest.approx(read_by_definition(X[n, c], rows[n, p], columns[n, p]), abs=1e-5)


def test_no_distortion_leaves_bytes_as_they_are_and_never_writes_into_them():
    X = np.random.default_rng(1).integers(0, 256, (4, 1, 28, 28), np.uint8)
    kept = X.copy()
    still = random_distortion(X, np.random.default_rng(0), degrees=0, stretch=0, slant=0, shift=0, wave=0)
    np.testing.assert_allclose(still, X, atol=1e-3)
    moved = random_distortion(X, np.random.default_rng(0))
    assert moved.shape == X.shape and moved.dtype == np.float32 and np.abs(moved - X).mean() > 10
    assert moved.min() >= 0 and moved.max() <= 255               # between pixels, never beyond them
    np.testing.assert_array_equal(X, kept)


def test_matrices_turn_slant_and_stretch_within_their_limits():
    A = random_matrices(500, np.random.default_rng(2), degrees=10, stretch=0, slant=0)
    np.testing.assert_allclose(A @ A.transpose(0, 2, 1), np.broadcast_to(np.eye(2), A.shape), atol=1e-6)
    angles = np.degrees(np.arctan2(A[:, 1, 0], A[:, 0, 0]))
    assert 9 < np.abs(angles).max() <= 10 and abs(angles.mean()) < 1
    A = random_matrices(500, np.random.default_rng(2), degrees=0, stretch=0.1, slant=0.15)
    assert 0.099 < np.abs(A[:, [0, 1], [0, 1]] - 1).max() <= 0.1 and 0.14 < np.abs(A[:, 1, 0]).max() <= 0.15
    assert (A[:, 0, 1] == 0).all() and A[:, 1, 0].min() < -0.14


def test_waves_have_the_spread_that_was_asked_for_at_every_pixel():
    np.testing.assert_allclose((bumps(28) ** 2).sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(bumps(28)[::-1, ::-1], bumps(28), rtol=1e-5)                # from either end the same
    flat = np.broadcast_to(np.arange(28, dtype=np.float32)[:, None], (2000, 1, 28, 28))    # says in which row it is
    moved = random_distortion(flat, np.random.default_rng(3), degrees=0, stretch=0, slant=0, shift=0, wave=1)
    assert np.std((moved - flat)[:, 0, 10:18]) == pytest.approx(1, rel=0.05)


def test_the_same_seed_distorts_alike_and_a_classifier_learns_from_distorted_digits():
    rng = np.random.default_rng(4)
    X = rng.integers(0, 256, (40, 12, 12), np.uint8)
    y = np.arange(40) % 2
    X[y == 0, :6] //= 8
    one, same = (CNNClassifier((4,), 3, distortion=1.0, shift=1, max_iter=3, random_state=0).fit(X, y)
                 for _ in range(2))
    np.testing.assert_array_equal(one.predict_proba(X), same.predict_proba(X))
    plain = CNNClassifier((4,), 3, shift=1, max_iter=3, random_state=0).fit(X, y)
    assert not np.array_equal(one.predict_proba(X), plain.predict_proba(X))
    assert random_shift(X[:, None], 1, rng).dtype == np.uint8    # which bytes stay: no copy of all of them as floats
    wrong: list[dict[str, Any]] = [{"distortion": -1}, {"distortion": 1e39}, {"shift": 10**9}, {"filters": (10**9,)}]
    for setting in wrong:
        with pytest.raises(ValueError, match=rf"'{next(iter(setting))}' parameter .* Got .* instead"):
            CNNClassifier(**setting).fit(X, y)


def test_an_image_is_turned_about_its_centre():
    X = np.zeros((8, 1, 9, 13), np.float32)
    X[:, :, 4, 6] = 1
    turned = random_distortion(X, np.random.default_rng(0), degrees=180, stretch=0, slant=0, shift=0, wave=0)
    np.testing.assert_allclose(turned[:, 0, 4, 6], 1, atol=1e-5)


def test_a_distortion_of_one_is_the_usual_one_and_half_of_it_half_as_far():
    X = np.random.default_rng(1).random((3, 1, 8, 8))

    def distorted(part, shift):
        return random_distortion(X, np.random.default_rng(2), degrees=10 * part, stretch=0.1 * part, slant=0.15 * part,
                                 shift=shift, wave=part)

    np.testing.assert_array_equal(random_distortion(X, np.random.default_rng(2)), distorted(1.0, 2))
    for part, shift in ((1.0, 1), (0.5, 3)):
        np.testing.assert_array_equal(shift_or_distort(X, np.random.default_rng(2), shift, part),
                                      distorted(part, shift))

"""The stride tricks: windows without copies, what they cost when they are wrong, and the way back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import as_strided

from CNN_From_Scratch import add_up, windows, windows_by_strides
from CNN_From_Scratch.fast.convolution_pool import columns, strips

sizes = given(H=st.integers(1, 8), W=st.integers(1, 8), k=st.integers(1, 4), stride=st.integers(1, 3))
quick = settings(max_examples=40, deadline=None, derandomize=True)


def test_the_windows_of_a_three_by_three_image():
    image = np.arange(9).reshape(1, 3, 3, 1)
    view = windows(image, 2)                                     # (C, k, k, P, Q, N)
    np.testing.assert_array_equal(view[0, :, :, 0, 1, 0], [[1, 2], [4, 5]])
    np.testing.assert_array_equal(view.reshape(4, 4).T, [[0, 1, 3, 4], [1, 2, 4, 5], [3, 4, 6, 7], [4, 5, 7, 8]])


@quick
@sizes
def test_both_ways_give_the_same_view_of_the_same_memory(H, W, k, stride):
    image = np.random.default_rng(0).random((2, H, W, 3))
    if k > min(H, W):
        for make in (windows, windows_by_strides):
            with pytest.raises(ValueError):
                make(image, k, stride)
        return
    one, other = windows(image, k, stride), windows_by_strides(image, k, stride)
    np.testing.assert_array_equal(one, other)
    assert np.shares_memory(one, image) and np.shares_memory(other, image)
    assert not one.flags.writeable and not other.flags.writeable
    moving = [axis for axis in range(6) if one.shape[axis] > 1]  # the stride of an axis of one is never used
    assert [one.strides[axis] for axis in moving] == [other.strides[axis] for axis in moving]


def test_as_strided_reads_past_the_end_without_a_word():
    memory = np.arange(10.0)
    ours = memory[:6]                                            # the next numbers in memory are not part of it
    too_many = as_strided(ours, (4, 4), (8, 8))                  # three windows of four fit into six numbers
    np.testing.assert_array_equal(too_many[3], [3, 4, 5, 6])
    assert 6 not in ours
    with pytest.raises(ValueError, match="window"):
        np.lib.stride_tricks.sliding_window_view(ours, 7)


@quick
@sizes
def test_adding_up_is_the_transpose_of_taking_windows(H, W, k, stride):
    if k > min(H, W):
        return
    rng = np.random.default_rng(1)
    image = rng.standard_normal((2, H, W, 2))
    view = windows(image, k, stride)
    dwindows = rng.standard_normal(view.shape)
    assert (view * dwindows).sum() == pytest.approx((image * add_up(dwindows, np.zeros(image.shape), stride)).sum())


def test_each_pixel_is_counted_once_for_every_window_that_it_lies_in():
    counts = add_up(np.ones((1, 2, 2, 2, 2, 1)), np.zeros((1, 3, 3, 1)))
    np.testing.assert_array_equal(counts[0, :, :, 0], [[1, 2, 1], [2, 4, 2], [1, 2, 1]])


def test_windows_may_be_wider_than_high_and_move_further_sideways_than_down():
    image = np.arange(2 * 5 * 6 * 3).reshape(2, 5, 6, 3)
    view = windows(image, (2, 3), stride=(1, 2))                 # (C, 2, 3, P, Q, N)
    assert view.shape == (2, 2, 3, 4, 2, 3)
    for p, q in np.ndindex(4, 2):
        np.testing.assert_array_equal(view[:, :, :, p, q], image[:, p : p + 2, 2 * q : 2 * q + 3])
    rng = np.random.default_rng(2)
    dwindows, dimage = rng.standard_normal(view.shape), np.zeros(image.shape)
    assert add_up(dwindows, dimage, (1, 2)) is dimage
    assert (view * dwindows).sum() == pytest.approx((image * dimage).sum())


@quick
@sizes
def test_the_columns_of_strips_are_all_windows_and_overlap_in_one_memory(H, W, k, stride):
    if k > min(H, W):
        return
    image = np.random.default_rng(2).random((2, H, W, 3))
    pieces = strips(image, k, stride)                            # (H, k, C, Q, N)
    view = columns(pieces, k)                                    # (H−k+1, k·k·C, Q·N)
    expected = windows(image, k, (1, stride))                    # (C, k, k, P, Q, N)
    np.testing.assert_array_equal(view, expected.transpose(3, 1, 2, 0, 4, 5).reshape(view.shape))
    assert np.shares_memory(view, pieces) and not view.flags.writeable
    assert (len(view) == 1 or view.strides[0] == pieces.strides[0])


def test_columns_refuse_windows_that_are_higher_than_the_image():
    with pytest.raises(ValueError, match="window"):
        columns(strips(np.zeros((1, 3, 5, 1)), 4), 4)

"""The numbers in captions of chapter 6, from the data behind the picture: most from the shipped network."""

import re
from itertools import combinations
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ai_from_scratch.data import load_mnist
from ai_from_scratch.stage.theme import new_figure
from CNN_From_Scratch import CNNClassifier
from CNN_From_Scratch.demo import evidence, looking_inside, pictures
from CNN_From_Scratch.demo.deciding_pixels import Erased, finding, most_decided, square
from CNN_From_Scratch.demo.train_weights import pretrained
from CNN_From_Scratch.saliency import Saliency


@pytest.fixture(scope="module")
def network():
    return pretrained().network_


@pytest.fixture(scope="module")
def digits():
    return load_mnist(download=False)


# ---- receptive fields ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [
    {}, {"engine": "fast"}, {"filters": (3, (4, 5)), "kernel_size": 3}, {"filters": (3, 4), "padding": "same"},
    {"filters": 4, "kernel_size": (3, 5)}], ids=str)
def test_a_unit_depends_on_the_pixels_of_its_receptive_field_and_on_no_others(settings):
    rng = np.random.default_rng(0)
    model = CNNClassifier(**settings, max_iter=1, random_state=0).fit(rng.random((4, 28, 28)), [0, 1, 0, 1])
    image = rng.random((28, 28))
    place = (1, 2)

    def unit(picture):
        return looking_inside.outputs(model.network_, picture[None])[-1][0, :, place[0], place[1]]

    (top, bottom), (left, right) = looking_inside.receptive_fields(model.network_, place)[0]
    inside = np.zeros((28, 28), bool)
    inside[max(top, 0) : bottom + 1, max(left, 0) : right + 1] = True
    elsewhere = np.where(inside, image, rng.random((28, 28)))
    np.testing.assert_array_equal(unit(elsewhere), unit(image))
    changes = []
    for row, column in ((max(top, 0), max(left, 0)), (min(bottom, 27), min(right, 27))):     # its corners belong to it
        for value in (-40.0, 40.0):
            nudged = image.copy()
            nudged[row, column] = value
            changes.append(np.abs(unit(nudged) - unit(image)).max())
    assert max(changes[:2]) > 0 and max(changes[2:]) > 0


def test_a_number_of_the_last_maps_sees_16_by_16_pixels_through_6_by_6_places(network):
    fields = looking_inside.receptive_fields(network, (0, 0))
    sizes = [(bottom - top + 1, right - left + 1) for (top, bottom), (left, right) in fields]
    assert sizes == [(16, 16), (16, 16), (12, 12), (6, 6), (6, 6), (2, 2), (1, 1), (1, 1)]


def test_a_patch_at_the_border_is_filled_up_with_zeros():
    image = np.arange(1.0, 10).reshape(3, 3)
    np.testing.assert_array_equal(looking_inside.cut(image, looking_inside.Field((-1, 1), (2, 3))),
                                  [[0, 0], [3, 0], [6, 0]])


# ---- kernels and patches ------------------------------------------------------------------------------------------


def test_the_nine_patches_have_the_largest_sums_of_all_and_come_from_nine_digits(network, digits):
    images = digits.test.X[:60]
    layer, maps = looking_inside.first_maps(network, images)                # (n, F, P, Q)
    scaled = network.named_arrays()["rescale_1.factor"] * images
    for f in (0, 7):
        places = looking_inside.strongest(maps[:, f])
        assert len({n for n, _, _ in places}) == 9
        sums = [float((scaled[n, p : p + 5, q : q + 5] * layer.K[f, 0]).sum() + layer.b[f]) for n, p, q in places]
        assert sums == sorted(sums, reverse=True)
        others = np.delete(maps[:, f], [n for n, _, _ in places], axis=0)
        assert sums[-1] >= others.max() - 1e-4


@pytest.mark.slow
def test_the_kernels_picture_has_a_kernel_a_map_and_nine_patches_for_each_of_16(network, digits):
    figure = new_figure((8, 3))
    looking_inside.kernel_patches(figure, network, digits.test.X[0], digits.test.X[:40])
    assert len(figure.axes) == 3 * 16
    K = network.named_arrays()["convolution_1.K"]
    for f in range(16):
        kernel, board, patches = (np.asarray(ax.images[0].get_array()) for ax in figure.axes[3 * f : 3 * f + 3])
        np.testing.assert_array_equal(kernel, K[f, 0])
        assert board.shape == (24, 24) and patches.shape == (19, 19)        # 3 · 5 pixels, and lines between


def test_one_pixel_shows_a_map_that_is_mostly_positive_and_its_largest_sum(network, digits):
    image = digits.test.X[0]
    figure = new_figure((8, 2.5))
    pictures.one_pixel(figure, network, image)
    patch, kernel, products, board = (np.asarray(ax.images[0].get_array()) for ax in figure.axes[1:])
    np.testing.assert_allclose(products, patch * kernel, rtol=1e-5)
    assert board.max() == pytest.approx(products.sum(), abs=1e-3)
    printed = [np.array([float(text.get_text().replace("−", "-")) for text in ax.texts]) for ax in figure.axes[1:4]]
    assert np.abs(printed[0] * printed[1] - printed[2]).max() <= 0.005 + 1e-9           # as a reader multiplies them
    plain = network.named_arrays()["convolution_1.K"][:, 0]
    assert np.abs(plain - kernel).max(axis=(1, 2)).min() <= 0.005 + 1e-6                # a kernel of the network
    assert f"{products.sum():.1f}" in figure.axes[4].get_title(loc="center")
    assert (np.maximum(board, 0) ** 2).sum() > 0.5 * (board**2).sum() and board.max() > -board.min()


def test_noise_is_24_percent_smooth_and_a_ramp_all():
    noise = np.random.default_rng(0).standard_normal((4000, 5, 5))
    assert pictures.smooth_share(noise) == pytest.approx(0.24, abs=0.005)
    u, v = np.mgrid[:5, :5]
    assert pictures.smooth_share(np.stack([2.0 * u - v + 1, 0.5 * u * v - u**2])) == pytest.approx(1)


def test_the_filters_shown_are_those_that_changed_most_and_start_plus_difference_is_the_end():
    rng = np.random.default_rng(1)
    before, change = rng.standard_normal((2, 16, 5, 5))
    change *= rng.permutation(16)[:, None, None]                            # every kernel by another amount
    figure = new_figure((8, 4.2))
    pictures.filters(figure, before, before + change, "3 epochs")
    order = np.argsort(-np.square(change).sum(axis=(1, 2)))[:6]
    panels = [ax.images[0] for ax in figure.axes if ax.images]
    start, end, difference = np.array([panel.get_array() for panel in panels]).reshape(3, 6, 5, 5)
    np.testing.assert_array_equal(start, before[order])
    np.testing.assert_allclose(start + difference, end)
    assert [panel.norm.vmax for panel in panels[:6]] == [panel.norm.vmax for panel in panels[12:]]
    assert "(24 % expected\nof noise)" in figure.axes[0].texts[0].get_text()


def test_patches_that_are_scaled_or_shifted_in_grey_resemble_each_other_and_opposite_ones_do_not():
    patch = np.random.default_rng(0).random((5, 5))
    assert looking_inside.resemblance([patch, 3 * patch, patch + 7]) == pytest.approx(1)
    assert looking_inside.resemblance([patch, -patch]) == pytest.approx(-1)
    many = list(np.random.default_rng(1).random((9, 50, 50)))
    assert abs(looking_inside.resemblance(many)) < 0.02


@pytest.mark.slow
def test_the_title_counts_the_kernels_whose_patches_look_alike(network, digits):
    figure = new_figure((8, 3))
    looking_inside.kernel_patches(figure, network, digits.test.X[0], digits.test.X)
    layer, maps = looking_inside.first_maps(network, digits.test.X)
    alike = []
    for f in range(16):
        cuts = [looking_inside.cut(digits.test.X[n], looking_inside.field_before(layer, looking_inside.Field(
            (p, p), (q, q)))).ravel() for n, p, q in looking_inside.strongest(maps[:, f])]
        alike.append(np.corrcoef(cuts)[np.triu_indices(9, 1)].mean())
    assert np.median(alike) > 0.6
    assert figure.get_suptitle().startswith(f"{np.sum(np.array(alike) > 0.5)} of 16 kernels")


@pytest.mark.parametrize(("smooth", "words"), [(True, "smoother shapes than"), (False, "shapes about as rough as")])
def test_the_title_of_the_filters_says_smoother_only_if_the_difference_is(smooth, words):
    rng = np.random.default_rng(2)
    before, noise = rng.standard_normal((2, 16, 5, 5))
    ramp = np.arange(5.0) * rng.standard_normal((16, 5, 1))
    figure = new_figure((8, 4.2))
    pictures.filters(figure, before, before + (ramp if smooth else noise), "1 epoch")
    assert words in figure.get_suptitle()


@pytest.mark.slow
def test_what_training_adds_to_the_kernels_is_smoother_than_their_start(digits):
    model = CNNClassifier(max_iter=1, batch_size=64, shift=2, random_state=0)
    first, last = (model.network_.named_arrays()["convolution_1.K"].copy()
                   for progress in model.training(*digits.train) if progress.step in (1, progress.steps))
    assert pictures.smooth_share(first[:, 0]) < 0.3 < 0.5 < pictures.smooth_share((last - first)[:, 0])


# ---- the pixels that decide -----------------------------------------------------------------------------------------


def test_the_large_digit_is_one_whose_answer_changes(monkeypatch):
    blank: Any = np.zeros((2, 2))
    nothing = Saliency(blank, 1, 1.0, blank, blank, blank, blank)
    network: Any = None
    tried = iter([Erased(0, 0, 9, 0, 1, 0.9), Erased(0, 0, 9, 5, 3, 0.6), Erased(0, 0, 9, 5, 7, 0.8)])
    monkeypatch.setattr("CNN_From_Scratch.demo.deciding_pixels.erase", lambda *_: next(tried))
    assert most_decided(network, [nothing] * 3) == 2
    sentence = finding(nothing._replace(probability=0.99999), Erased(0, 0, 9, 0, 1, 0.9), "0123456789")
    assert "It reads 1 (99.9 %)" in sentence and "still reads 1 (90.0 %)" in sentence


def test_the_frame_of_the_large_digit_is_a_square_around_its_ink():
    image = np.zeros((28, 28))
    image[5:20, 10:14] = 9
    left, right, bottom, top = square(image)
    assert right - left == bottom - top == 14 + 2 * 3 and (left + right) / 2 == 11.5 and (top + bottom) / 2 == 12
    assert square(np.zeros((4, 6))) == (-0.5, 5.5, 3.5, -0.5)


# ---- the hidden layer -----------------------------------------------------------------------------------------------


def test_classes_that_overlap_on_two_axes_are_apart_on_the_axis_of_their_pair(network, digits):
    X, y = digits.test.X[:500], digits.test.y[:500]
    hidden = evidence.penultimate(network, X)
    logits = network.predict(X[:, None].astype(network.dtype))
    points = evidence.in_two_dimensions([hidden])[0]
    for i, j in evidence.closest_pairs(points, y):
        margins, wrong = evidence.margin(logits, y, i, j)
        of_pair = (y == i) | (y == j)
        assert wrong <= 0.03 * of_pair.sum()
        # The margin is one straight axis of the hidden layer: h · (w_i − w_j) + (b_i − b_j).
        arrays = network.named_arrays()
        W, b = arrays["dense_2.W"], arrays["dense_2.b"]
        np.testing.assert_allclose(margins, hidden @ (W[:, i] - W[:, j]) + b[i] - b[j], atol=1e-3)


def test_the_share_between_classes_is_1_for_points_at_their_means_and_small_for_mixed_classes():
    labels = np.arange(3).repeat(50)
    assert evidence.between_classes(np.eye(3)[labels], labels) == pytest.approx(1)
    rng = np.random.default_rng(0)
    assert evidence.between_classes(rng.standard_normal((150, 4)), labels) < 0.05
    half = np.column_stack([np.where(labels == 0, 2.0, -1.0), rng.permutation(np.resize([1.5, -1.5], 150))])
    of_means, whole = 50 * 4 + 100, 50 * 4 + 100 + 150 * 2.25               # sums of squares about the mean
    assert evidence.between_classes(half, labels) == pytest.approx(of_means / whole, abs=0.02)


def test_each_row_of_the_hidden_layer_has_its_heading_and_its_numbers():
    rng = np.random.default_rng(0)
    labels = np.arange(4).repeat(10)
    hidden, logits = rng.standard_normal((40, 6)), rng.standard_normal((40, 4))
    moments = [("start", hidden), ("end", hidden + 3 * np.eye(4, 6)[labels])]
    evidence.apart(figure := new_figure((8, 5)), moments, labels, "0123", logits)
    above, below = figure.subfigs
    assert above.get_suptitle().startswith("the last hidden layer") and len(above.axes) == 2
    pairs = [tuple(int(c) for c in re.findall(r"\d", ax.get_xlabel())) for ax in below.axes]
    wrong = [evidence.margin(logits, labels, *pair)[1] for pair in pairs]
    assert len(pairs) == 3 and f": {sum(wrong)} of 60 digits on the wrong side" in below.get_suptitle()
    share = evidence.between_classes(hidden, labels)
    assert above.axes[0].get_title(loc="center").startswith(f"start: {100 * share:.0f} %")


def test_the_closest_pairs_have_the_closest_medians():
    points = np.array([[0.0, 0], [1, 0], [5, 0], [5.5, 0]]).repeat(3, axis=0)
    labels = np.arange(4).repeat(3)
    pairs = evidence.closest_pairs(points, labels, most=6)
    assert pairs[:2] == [(2, 3), (0, 1)] and set(pairs) == set(combinations(range(4), 2))


def test_the_title_over_the_shifts_is_read_from_the_curves_at_three_pixels():
    rising = np.linspace(0, 1, 13)                                          # 9 of its 12 steps are before a shift of 3
    curves = {"this CNN": rising, "CNN, 5 digits": rising, "dense, 5 digits": rising / 3, "kNN, 5 digits": 0 * rising}
    contest: Any = SimpleNamespace(curves=lambda: curves)
    evidence.against_shift(figure := new_figure((8, 3.8)), contest)
    assert figure.axes[0].get_title(loc="left") == "moved by 3 to the right, 5 digits: CNN 75 %, dense 25 %, kNN 0 %"
    assert len({line.get_marker() for line in figure.axes[0].lines}) == 4

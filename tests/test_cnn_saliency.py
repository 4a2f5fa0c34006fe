"""Saliency: each map is that of the image and the class asked for, and equals the measured slope of the logit."""

import numpy as np
import pytest

from ai_from_scratch.gradient_check import gradient_error, numerical_gradient
from Basic_Neural_Network_From_Scratch import Dense, ReLU, Sequential
from CNN_From_Scratch import (
    Conv2D,
    Flatten,
    Rescale,
    explain,
    gradient,
    gradient_input,
    occlusion,
    smooth_grad,
)
from CNN_From_Scratch.fast.convolution_pool import ConvPool2D


@pytest.fixture
def network():
    rng = np.random.default_rng(0)
    layers = [Rescale(), ConvPool2D(4, 3), ReLU(), Conv2D(5, 2), ReLU(), Flatten(), Dense(3)]
    network = Sequential(layers).build((1, 8, 9), rng, np.float64)
    network.parameters += rng.normal(0, 0.1, network.parameters.shape)
    return network


@pytest.fixture
def image():
    return np.random.default_rng(1).random((8, 9))


def test_the_gradient_is_the_slope_of_the_logit_for_this_image_and_class(network, image):
    for code in range(3):
        def logit(x, code=code):
            return float(network.forward(x.reshape(1, 1, 8, 9))[0, code])

        assert gradient_error(gradient(network, image, code), numerical_gradient(logit, image)) < 1e-6


def test_without_a_class_the_one_that_the_network_sees_is_explained(network, image):
    seen = int(network.predict(image[None, None])[0].argmax())
    maps = explain(network, image, rng=np.random.default_rng(2))
    assert maps.code == seen and maps.image is image
    np.testing.assert_array_equal(maps.gradient, gradient(network, image, seen))
    np.testing.assert_array_equal(maps.gradient_input, gradient(network, image) * image)
    np.testing.assert_array_equal(maps.occlusion, occlusion(network, image, seen))
    np.testing.assert_array_equal(maps.smooth, smooth_grad(network, image, rng=np.random.default_rng(2)))
    z = network.predict(image[None, None])[0]
    assert maps.probability == pytest.approx(np.exp(z[seen]) / np.exp(z).sum())


def test_without_biases_gradient_times_input_sums_to_the_logit(network, image):
    for layer in network.layers:
        if layer.trainable:
            layer.b[...] = 0
    logits = network.predict(image[None, None])[0]
    for code in range(3):
        assert gradient_input(network, image, code).sum() == pytest.approx(logits[code])


def test_smoothgrad_without_noise_is_the_gradient_and_with_noise_a_mean_of_gradients(network, image):
    rng = np.random.default_rng(3)
    np.testing.assert_allclose(smooth_grad(network, image, 1, rng=rng, samples=2, noise=0), gradient(network, image, 1))
    spread = 0.2 * np.ptp(image)
    copies = image + spread * np.random.default_rng(4).standard_normal((5, 1, 8, 9))[:, 0]
    expected = np.mean([gradient(network, copy, 1) for copy in copies], axis=0)
    ours = smooth_grad(network, image, 1, rng=np.random.default_rng(4), samples=5, noise=0.2)
    np.testing.assert_allclose(ours, expected)


def test_occlusion_is_the_fall_of_the_logit_when_the_patch_is_blanked_by_hand(network, image):
    fall = occlusion(network, image, 2, size=3)
    z = network.predict(image[None, None])[0, 2]
    for row, column in ((0, 0), (4, 5), (7, 8)):
        blanked = image.copy()
        blanked[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2] = image.min()
        assert fall[row, column] == pytest.approx(z - network.predict(blanked[None, None])[0, 2])


def test_a_pixel_that_no_window_reaches_has_no_saliency(network, image):
    maps = explain(network, image, rng=np.random.default_rng(5))    # 8 × 9, pooled: the last column is left out
    assert (maps.gradient[:, -1] == 0).all() and (maps.smooth[:, -1] == 0).all()
    assert (maps.gradient[:, :-1] != 0).any()


def test_looking_at_an_image_changes_neither_the_image_nor_the_network(network, image):
    before, parameters = image.copy(), network.parameters.copy()
    explain(network, image, rng=np.random.default_rng(6))
    np.testing.assert_array_equal(image, before)
    np.testing.assert_array_equal(network.parameters, parameters)


def test_bytes_and_channels_are_taken_and_other_shapes_refused(network, image):
    as_bytes = (255 * image).astype(np.uint8)
    assert gradient(network, as_bytes[None], 0).shape == (1, 8, 9)
    np.testing.assert_array_equal(gradient(network, as_bytes, 0), gradient(network, as_bytes.astype(float), 0))
    with pytest.raises(ValueError, match=r"\(1, 8, 9\).*\(9, 8\)"):
        gradient(network, image.T, 0)


def test_the_class_that_is_asked_for_is_explained_by_all_four_maps(network, image):
    other = (int(network.predict(image[None, None])[0].argmax()) + 1) % 3
    maps = explain(network, image, other, rng=np.random.default_rng(2))
    np.testing.assert_array_equal(maps.gradient, gradient(network, image, other))
    np.testing.assert_array_equal(maps.gradient_input, gradient_input(network, image, other))
    np.testing.assert_array_equal(maps.occlusion, occlusion(network, image, other))
    np.testing.assert_array_equal(maps.smooth, smooth_grad(network, image, other, rng=np.random.default_rng(2)))


def test_smoothgrad_explains_the_class_of_the_image_and_not_of_a_noisy_copy(network, image):
    seen = int(network.predict(image[None, None])[0].argmax())
    for seed in range(10):
        one, two = (smooth_grad(network, image, code, rng=np.random.default_rng(seed), samples=2, noise=5.0)
                    for code in (None, seen))
        np.testing.assert_array_equal(one, two)

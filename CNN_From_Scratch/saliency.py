"""Saliency: which pixels of this very image make the network say what it says.

    gradient            g = ∂z/∂x              how much the class's logit z would move with each pixel
    gradient × input    g · x                  … weighted by the ink that is there
    SmoothGrad          mean of ∂z/∂x at x + noise         (Smilkov et al., 2017)  what survives small changes
    occlusion           z(x) − z(x with a patch blanked)   (Zeiler and Fergus, 2014)  no derivative at all

The logit, not the probability: where the network is sure, the probability no longer moves.  The back-propagation of
training goes one layer further here, down to the pixels.

Each function takes a built network, one image (H, W) or (C, H, W) and the class's number, by default the class that
the network sees in it, and gives a map of the image's shape (occlusion: (H, W)).  They use the layers' memory of the
last forward pass: call them between training steps, not from another thread.
"""

from typing import NamedTuple

import numpy as np

from Basic_Neural_Network_From_Scratch import Sequential, SoftmaxCrossEntropy
from CNN_From_Scratch.architecture import at_rest


class Saliency(NamedTuple):
    """Four maps of one image, and what the network says about it."""

    image: np.ndarray           # (H, W) or (C, H, W)
    code: int                   # the class that the maps explain
    probability: float          # that the network gives to it
    gradient: np.ndarray        # as image, signed
    gradient_input: np.ndarray  # as image, signed
    smooth: np.ndarray          # as image, signed
    occlusion: np.ndarray       # (H, W), positive where the patch spoke for the class


def explain(network: Sequential, image: np.ndarray, code: int | None = None, *, rng: np.random.Generator) -> Saliency:
    """All four maps."""
    probabilities = SoftmaxCrossEntropy().predict(network.predict(_batch(network, image)))[0]    # (K,)
    code = int(probabilities.argmax()) if code is None else code
    return Saliency(
        image, code, float(probabilities[code]), gradient(network, image, code), gradient_input(network, image, code),
        smooth_grad(network, image, code, rng=rng), occlusion(network, image, code),
    )


def gradient(network: Sequential, image: np.ndarray, code: int | None = None) -> np.ndarray:
    """∂z/∂x."""
    return _gradients(network, _batch(network, image), code)[0].reshape(image.shape)


def gradient_input(network: Sequential, image: np.ndarray, code: int | None = None) -> np.ndarray:
    """x · ∂z/∂x.  A network of ReLUs and maxima is linear around x, so these sum to its logit but for the biases."""
    return gradient(network, image, code) * image


def smooth_grad(
    network: Sequential, image: np.ndarray, code: int | None = None, *, rng: np.random.Generator, samples: int = 32,
    noise: float = 0.15,
) -> np.ndarray:
    """The mean gradient at `samples` noisy copies; the noise's spread is that share of the image's range."""
    X = _batch(network, image)                                                  # (1, C, H, W)
    code = _seen(network, X) if code is None else code
    spread = noise * float(np.ptp(X))
    noisy = X + spread * rng.standard_normal((samples, *X.shape[1:]))           # (samples, C, H, W)
    return _gradients(network, noisy.astype(network.dtype), code).mean(axis=0).reshape(image.shape)


def occlusion(network: Sequential, image: np.ndarray, code: int | None = None, size: int = 5) -> np.ndarray:  # (H, W)
    """How far the logit falls when a size × size patch around each pixel is painted with the darkest value."""
    X = _batch(network, image)                                                  # (1, C, H, W)
    code = _seen(network, X) if code is None else code
    H, W = X.shape[2:]
    before, after = size // 2, size - size // 2
    fall = np.empty((H, W), network.dtype)
    for row in range(H):                                                        # W blanked copies at a time
        blanked = np.repeat(X, W, axis=0)                                       # (W, C, H, W)
        for column in range(W):
            blanked[column, :, max(row - before, 0) : row + after, max(column - before, 0) : column + after] = X.min()
        fall[row] = network.predict(blanked)[:, code]
    return network.predict(X)[0, code] - fall


def _gradients(network: Sequential, X: np.ndarray, code: int | None) -> np.ndarray:  # (N, C, H, W) -> (N, C, H, W)
    """∂z/∂x of each image on its own: at rest, the images of a batch do not touch each other."""
    layers, logits = at_rest(network.layers), X
    for layer in layers:
        logits = layer.forward(logits, training=True)                           # … (N, K)
    dlogits = np.zeros_like(logits)
    dlogits[:, int(logits[0].argmax()) if code is None else code] = 1
    dX = dlogits
    for layer in reversed(layers):
        asked_for = layer.backward(dX)                                          # … (N, C, H, W)
        assert asked_for is not None, "a gradient that was asked for"
        dX = asked_for
    return dX


def _batch(network: Sequential, image: np.ndarray) -> np.ndarray:  # (H, W) or (C, H, W) -> (1, C, H, W)
    expected = network.shapes[0]
    if image.shape != expected and (1, *image.shape) != expected:
        raise ValueError(f"Expected one image of shape {expected} (channels, height, width), got {image.shape}.")
    return np.asarray(image, dtype=network.dtype).reshape(1, *expected)


def _seen(network: Sequential, X: np.ndarray) -> int:
    return int(network.predict(X)[0].argmax())

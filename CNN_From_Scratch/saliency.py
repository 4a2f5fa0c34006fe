"""Saliency: which pixels of one image decide the network's prediction.  z is the logit of a class, x the image.

    gradient            ∇z = ∂z/∂x             how much z changes with each pixel
    gradient × input    ∇z · x                 … weighted by the ink that is there
    SmoothGrad          mean of ∂z/∂x at x + noise         (Smilkov et al., 2017)  what survives small changes
    occlusion           z(x) − z(x with a patch blanked)   (Zeiler and Fergus, 2014)  no derivative at all

Each function takes a built network, one image (H, W) or (C, H, W) and the code of a class, by default the predicted
one.  The functions use the arrays that the layers keep from the last forward pass: call them between training steps,
not from a thread.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ai_from_scratch.estimator.rules import check, non_negative, whole
from Basic_Neural_Network_From_Scratch import BatchNorm, Dropout, Layer, Sequential, SoftmaxCrossEntropy


class Saliency(NamedTuple):
    """Four maps of one image, and the predicted class."""

    image: np.ndarray           # (H, W) or (C, H, W)
    code: int                   # the class that the maps explain
    probability: float          # the probability of that class
    gradient: np.ndarray        # as image, signed
    gradient_input: np.ndarray  # as image, signed
    smooth: np.ndarray          # as image, signed
    occlusion: np.ndarray       # (H, W), positive where the patch was evidence for the class


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
    """x · ∂z/∂x.  A network of ReLUs and maxima is linear around x, so these numbers sum to its logit, except for the
    biases."""
    return gradient(network, image, code) * image


def smooth_grad(
    network: Sequential, image: np.ndarray, code: int | None = None, *, rng: np.random.Generator, samples: int = 32,
    noise: float = 0.15,
) -> np.ndarray:
    """The mean gradient at `samples` noisy copies; the spread of the noise is `noise` times the range of the image."""
    check("smooth_grad", locals(), {"samples": whole(1), "noise": non_negative})
    X = _batch(network, image)                                                  # (1, C, H, W)
    code = int(network.predict(X)[0].argmax()) if code is None else code
    spread = noise * float(np.ptp(X))
    noisy = X + spread * rng.standard_normal((samples, *X.shape[1:]))           # (samples, C, H, W)
    return _gradients(network, noisy.astype(network.dtype), code).mean(axis=0).reshape(image.shape)


def occlusion(network: Sequential, image: np.ndarray, code: int | None = None, size: int = 5) -> np.ndarray:  # (H, W)
    """How far the logit falls when a size × size patch around each pixel is painted with the darkest value."""
    X = _batch(network, image)                                                  # (1, C, H, W)
    code = int(network.predict(X)[0].argmax()) if code is None else code
    H, W = X.shape[2:]
    fall = np.empty((H, W), network.dtype)
    for row in range(H):                                                        # W blanked copies at a time
        fall[row] = network.predict(blanked(X, [(row, column) for column in range(W)], size))[:, code]
    return network.predict(X)[0, code] - fall


def blanked(X: np.ndarray, places: Sequence[tuple[int, int]], size: int = 5) -> np.ndarray:  # (1, C, H, W) -> (N, …)
    """A copy of the image for each of N places (row, column), the patch around it painted with the darkest value."""
    check("blanked", locals(), {"size": whole(1)})
    before, after = size // 2, size - size // 2
    copies = np.repeat(X, len(places), axis=0)                                  # (N, C, H, W)
    for copy, (row, column) in zip(copies, places, strict=True):
        copy[:, max(row - before, 0) : row + after, max(column - before, 0) : column + after] = X.min()
    return copies


def _gradients(network: Sequential, X: np.ndarray, code: int | None) -> np.ndarray:  # (N, C, H, W) -> (N, C, H, W)
    """∂z/∂x for each image of X.  In inference the images of a batch do not influence each other."""
    layers, logits = inference_layers(network.layers), X
    for layer in layers:
        logits = layer.forward(logits, training=True)                           # … (N, K)
    dlogits = np.zeros_like(logits)
    dlogits[:, int(logits[0].argmax()) if code is None else code] = 1
    dX = dlogits
    for layer in reversed(layers):                                              # down to the pixels
        dX = np.asarray(layer.backward(dX, need_dX=True))                       # … (N, C, H, W)
    return dX


class FrozenBatchNorm(Layer):
    """A trained BatchNorm for prediction: Y = scale · X + shift with scale = γ/√(σ² + ε), σ² the running variance.
    So dX = scale · dY."""

    def __init__(self, norm: BatchNorm) -> None:
        self.norm = norm

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:  # (N, C, …) -> (N, C, …)
        return self.norm.forward(X, training=False)

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:  # (N, C, …) -> (N, C, …)
        scale = self.norm.g / np.sqrt(self.norm.running_variance + self.norm.epsilon)      # (C,)
        return dY * scale.reshape(-1, *[1] * (dY.ndim - 2)) if need_dX else None           # (C, 1, 1) for images


def inference_layers(layers: Sequence[Layer]) -> list[Layer]:
    """These layers in the form for prediction: no Dropout, each BatchNorm frozen; all others are the same objects."""
    return [FrozenBatchNorm(layer) if isinstance(layer, BatchNorm) else layer for layer in layers
            if not isinstance(layer, Dropout)]


def _batch(network: Sequential, image: np.ndarray) -> np.ndarray:  # (H, W) or (C, H, W) -> (1, C, H, W)
    expected = network.shapes[0]
    if image.shape != expected and (1, *image.shape) != expected:
        raise ValueError(f"Expected one image of shape {expected} (channels, height, width), got {image.shape}.")
    return np.asarray(image, dtype=network.dtype).reshape(1, *expected)

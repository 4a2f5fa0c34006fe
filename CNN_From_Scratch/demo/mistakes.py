"""What goes wrong: the loss of a network with a mistake, beside the line of code that causes it.  A small CNN is
trained on 1,000 digits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.figure import Figure

from ai_from_scratch.data import Samples
from ai_from_scratch.stage import paint
from Basic_Neural_Network_From_Scratch import Adam, Dense, Layer, ReLU, SoftmaxCrossEntropy
from Basic_Neural_Network_From_Scratch.training import train_network
from CNN_From_Scratch.cnn import CNN, Flatten, Rescale
from CNN_From_Scratch.convolution import Conv2D
from CNN_From_Scratch.pooling import MaxPool2D

IMAGES, EPOCHS, BATCH = 1000, 4, 25


class AddThroughTheView(Conv2D):
    """A mistake in dX: it is added through overlapping windows, so of the windows that share a pixel only one is
    added."""

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:
        super().backward(dY, need_dX=False)
        if not need_dX:
            return None
        F, C, h, w = self.K.shape
        N, _, P, Q = dY.shape
        dcolumns = self.K.reshape(F, -1).T @ dY.transpose(1, 2, 3, 0).reshape(F, -1)
        dwindows = dcolumns.reshape(C, h, w, P, Q, N)
        dimage = np.zeros(self.padded_shape, dY.dtype)
        for u in range(h):
            for v in range(w):
                dimage[:, u : u + P, v : v + Q] = dwindows[:, u, v]         # the last window wins
        return dimage.transpose(3, 0, 1, 2)


class KernelTurned(Conv2D):
    """A mistake in dK: the windows come in the wrong order, so every gradient is at the mirrored place of its
    kernel."""

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:
        dX = super().backward(dY, need_dX)
        self.dK[...] = self.dK[:, :, ::-1, ::-1].copy()
        return dX


class NoScale(Rescale):
    """A mistake: the bytes are used as they are, 0 … 255."""

    def set_from(self, images: np.ndarray) -> None:
        self.factor = np.ones(1, np.float32)


# the line that is wrong, what follows, and the layers that have it
MISTAKES: tuple[tuple[str, str, type[Conv2D], type[Rescale]], ...] = (
    ("windows(dX) += dcolumns", "sums are lost, and it learns", AddThroughTheView, Rescale),
    ("dK[..., ::-1, ::-1]", "dK mirrored: it learns less", KernelTurned, Rescale),
    ("X = bytes", "0 … 255: it starts far too high", Conv2D, NoScale),
)


def losses(convolution: type[Conv2D], rescale: type[Rescale], digits: Samples, seed: int) -> np.ndarray:   # (steps,)
    X, y = digits.X[:IMAGES, None], digits.y[:IMAGES]
    scale, rng = rescale(), np.random.default_rng(seed)
    layers: list[Layer] = [scale, convolution(4, 3), MaxPool2D(2), ReLU(), convolution(8, 3), MaxPool2D(2), ReLU(),
                           Flatten(), Dense(10, "glorot")]
    network = CNN(layers).build(X.shape[1:], rng, np.float32)
    scale.set_from(X)
    return np.array([progress.loss for progress in train_network(
        network, SoftmaxCrossEntropy(), Adam(3e-3), X, y, epochs=EPOCHS, batch_size=BATCH, rng=rng)])


def mistakes(figure: Figure, digits: Samples, seed: int, smooth: Callable[[np.ndarray], np.ndarray]) -> None:
    wrong = [(smooth(losses(convolution, rescale, digits, seed)), line, finding)
             for line, finding, convolution, rescale in MISTAKES]
    paint.mistakes(figure, smooth(losses(Conv2D, Rescale, digits, seed)), wrong, first=1, rows=1, limits=(0.1, 400),
                   xlabel="mini-batch", ylabel="training loss (nats)")

"""Images on their way in: any array of images as (N, C, H, W), their brightness scaled, shifted copies of them.

    as_images      (N, H, W), (N, C, H, W) or flat squares (N, d)  →  (N, C, H, W)
    Rescale        Y = X · factor              the first layer: so the network itself takes bytes, 0 … 255
    random_shift   each image moved by a few pixels: more images of the same things
    Flatten        (N, C, H, W)  →  (N, C·H·W), what a Dense layer takes

N images   C channels   H × W pixels
"""

import math
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ai_from_scratch.estimator.checks import as_float, check_finite
from Basic_Neural_Network_From_Scratch import Layer


def as_images(X: Any, shape: tuple[int, ...] | None = None) -> np.ndarray:  # -> (N, C, H, W)
    """Images of any kind of number, bytes left as bytes.  `shape` (C, H, W), where known, is what they must have.

    Raises ValueError for what cannot be images of that shape, NaN and infinity included.
    """
    array = np.asarray(X)
    if array.dtype != np.uint8:
        array = as_float(X, "X")
        check_finite(array, "X")
    if not 2 <= array.ndim <= 4:
        raise ValueError(
            f"Expected images (N, H, W), (N, C, H, W) or flat squares (N, d), got shape {array.shape}. One image alone "
            "is image[None]: an axis of length 1 before the others."
        )
    if 0 in array.shape:
        raise ValueError(f"Found no image or no pixel in an array of shape {array.shape}: a minimum of 1 is required.")
    if array.ndim == 3:
        array = array[:, None]                                  # (N, 1, H, W)
    if array.ndim == 2:
        array = array.reshape(len(array), *(shape or _square(array.shape[1])))
    if shape is not None and array.shape[1:] != shape:
        raise ValueError(f"The network was built for images of shape {shape} (channels, height, width), got "
                         f"{array.shape[1:]}: {np.shape(X)} in all. One image alone is image[None].")
    return array


def _square(pixels: int) -> tuple[int, int, int]:
    side = math.isqrt(pixels)
    if side * side != pixels:
        raise ValueError(f"{pixels} pixels in a row are no square image: give images (N, H, W) instead.")
    return 1, side, side


class Rescale(Layer):
    """Y = X · factor.  The factor is not learnt but set once, from the training images, and saved with the weights."""

    state = ("factor",)

    def build(self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype=np.float32) -> tuple[int, ...]:
        self.factor = np.ones(1, dtype)                         # (1,)
        return input_shape

    def set_from(self, X: np.ndarray) -> None:
        """Bring the training images X (N, C, H, W) to a mean square of 1, which He's initialisation counts on.

        Black stays 0, as in the frame that padding adds.
        """
        blocks = (X[start : start + 1000] for start in range(0, len(X), 1000))    # squares of bytes need more bits
        power = sum(float(np.square(block, dtype=np.float64).sum()) for block in blocks) / X.size
        self.factor[...] = 1 / math.sqrt(power) if power > 0 else 1

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:
        return X * self.factor

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:
        return dY * self.factor if need_dX else None


class Flatten(Layer):
    """Puts the numbers of each image into one row."""

    kept = ("X_shape",)

    def build(self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype=np.float32) -> tuple[int, ...]:
        return (math.prod(input_shape),)

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:  # (N, C, H, W) -> (N, C·H·W)
        if training:
            self.X_shape = X.shape
        return X.reshape(len(X), -1)

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:  # (N, C·H·W) -> (N, C, H, W)
        if not need_dX:
            return None
        # In memory the images come last for the layers before: turned here once, cheaply, and not in each of them.
        return np.ascontiguousarray(dY.T).T.reshape(self.X_shape)


def random_shift(X: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:  # (N, C, H, W), and out
    """Each image moved by −most … +most pixels down and right; what comes in repeats the edge.

    A shifted image is a window of the padded one: a view of all (2·most + 1)² windows, then one of them for each.
    """
    N = len(X)
    padded = np.pad(X, ((0, 0), (0, 0), (most, most), (most, most)), mode="edge")
    shifted = sliding_window_view(padded, X.shape[2:], axis=(2, 3))     # (N, C, 2·most+1, 2·most+1, H, W)
    down, right = rng.integers(0, 2 * most + 1, (2, N))                 # (N,), (N,)
    return shifted[np.arange(N), :, down, right]                        # (N, C, H, W)

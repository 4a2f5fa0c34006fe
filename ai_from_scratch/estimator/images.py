"""Images of any form as one array (N, C, H, W), or an error that says what is wrong with them.

N images   C channels   H × W pixels
"""

import math
import warnings
from typing import Any

import numpy as np

from ai_from_scratch.estimator.checks import as_float, check_finite
from ai_from_scratch.estimator.masked import unmasked

MIN_PEAK_IN_RMS, MAX_PEAK_IN_RMS = 0.05, 100.0  # in root mean squares of the training images; digits have about 3


def as_images(X: Any, shape: tuple[int, ...] | None = None) -> np.ndarray:  # -> (N, C, H, W)
    """(N, H, W), (N, C, H, W) or flat squares (N, d), with numbers of any type, as (N, C, H, W); bytes stay bytes, and
    nothing is scaled.

    `shape` (C, H, W) is the required shape, if it is known.  Other shapes, NaN and infinity raise
    ValueError.
    """
    array = unmasked(X, "X")
    if array.dtype != np.uint8:
        array = as_float(X, "X")
        check_finite(array, "X")
    if not 2 <= array.ndim <= 4:
        raise ValueError(
            f"Expected images (N, H, W), (N, C, H, W) or flat squares (N, d), got shape {array.shape}. For one image "
            "alone use image[None]: an axis of length 1 before the others."
        )
    if 0 in array.shape:
        raise ValueError(f"Found no image or no pixel in an array of shape {array.shape}: a minimum of 1 is required.")
    if array.ndim == 3:
        array = array[:, None]                                                  # (N, 1, H, W)
    if array.ndim == 2 and (shape is None or array.shape[1] == math.prod(shape)):
        array = array.reshape(len(array), *(shape or _square(array.shape[1])))
    if shape is not None and array.shape[1:] != shape:
        raise ValueError(f"The network was built for images of shape {shape} (channels, height, width), got images of "
                         f"shape {array.shape[1:]}; the whole array has the shape {np.shape(X)}. For one image alone "
                         "use image[None].")
    return array


def _square(pixels: int) -> tuple[int, int, int]:
    side = math.isqrt(pixels)
    if side * side != pixels:
        raise ValueError(f"A row of {pixels} pixels is not a square image: give images (N, H, W) instead.")
    return 1, side, side


def warn_of_other_units(X: np.ndarray, root_mean_square: float) -> None:
    """Warns if the brightest pixel of X is far from the range of the training images, which their root mean square
    shows.

    A network that was trained on floats 0 … 1 cannot use bytes 0 … 255, nor the other way round.
    """
    peak = max(float(X.max()), -float(X.min()))
    if 0 < peak < MIN_PEAK_IN_RMS * root_mean_square or peak > MAX_PEAK_IN_RMS * root_mean_square:
        warnings.warn(
            f"The brightest pixel of these images is {peak:.3g}, but the training images have a root mean square of "
            f"{root_mean_square:.3g}. Give images in the units of the training images: a network trained on bytes, 0 "
            "… 255, cannot use floats 0 … 1, nor the other way round.", UserWarning, stacklevel=4)

"""The map of occlusion in parts, coarse first: a page shows each part while the next one is computed."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from CNN_From_Scratch.saliency import blanked

STRIDES = (4, 2, 1)        # pixels between two patches: each pass halves it
PATCHES = 100              # about so many are erased for one part


def occlusion_in_parts(network: Any, image: np.ndarray) -> Iterator[np.ndarray]:         # (H, W), again and again
    """The last map is that of `occlusion`.  In the earlier ones a value stands for its neighbours, too."""
    X = np.asarray(image, network.dtype)[None, None]                                     # (1, 1, H, W)
    logits = network.predict(X)[0]
    code, (H, W) = int(logits.argmax()), image.shape
    known = np.full((H, W), np.nan, network.dtype)
    for stride in STRIDES:
        places = [(row, column) for row in range(0, H, stride) for column in range(0, W, stride)
                  if np.isnan(known[row, column])]
        for some in np.array_split(np.array(places), -(-len(places) // PATCHES)):
            known[tuple(some.T)] = logits[code] - network.predict(blanked(X, some.tolist()))[:, code]
            yield filled(known)


def filled(known: np.ndarray) -> np.ndarray:                                             # (H, W), NaN where not known
    """Each unknown value is that of a known one nearby, of the finest grid that has one there."""
    found = known
    for stride in STRIDES[::-1]:
        rows, columns = (np.minimum((np.arange(length) + stride // 2) // stride, (length - 1) // stride) * stride
                         for length in known.shape)
        found = np.where(np.isnan(found), known[np.ix_(rows, columns)], found)
    return found

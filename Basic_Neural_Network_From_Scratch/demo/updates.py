"""The size of an update relative to the weights that it changes: log₁₀ ‖ΔW‖ / ‖W‖, one line for each layer.

By a rule of thumb this should be near −3, a thousandth.  Far below −3, training is too slow.  Far above −3, each batch
overwrites what earlier batches taught.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from ai_from_scratch.stage import theme

MIN_RATIO = 1e-12               # replaces an update of 0, which has no logarithm


def log_ratios(weights: Sequence[np.ndarray], before: Sequence[np.ndarray]) -> np.ndarray:
    """log₁₀ of ‖W − before‖ / ‖before‖ for each matrix, as an array (layers,)."""
    ratios = [np.linalg.norm(W - old) / np.linalg.norm(old) for W, old in zip(weights, before, strict=True)]
    return np.log10(np.maximum(ratios, MIN_RATIO))


class UpdateRatios:
    """Draws the lines of the first three layers, and a dashed line at −3."""

    def __init__(self, ax: Axes, linewidth: float = 1.1) -> None:
        self.lines = [ax.plot([], [], color=colour, linewidth=linewidth, label=f"layer {k}")[0]
                      for k, colour in enumerate(theme.SERIES[:3], 1)]
        ax.axhline(-3, color=theme.GREY, linestyle="--", linewidth=1)
        ax.set_xlabel("step")

    def update(self, steps: Sequence[int], ratios: np.ndarray) -> None:     # (n,), (n, layers)
        for line, of_layer in zip(self.lines, ratios.T, strict=False):
            line.set_data(steps, of_layer)

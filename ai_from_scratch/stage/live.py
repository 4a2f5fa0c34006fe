"""The live figure: what the demo paints, and below it one sentence that says what is happening now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from ai_from_scratch.stage import theme
from ai_from_scratch.stage.demo import Demo, PhasedDemo

LIVE_SIZE_INCHES = (11.0, 5.0)
MAX_PHASE_CHARACTERS = 130        # of 10 points, that fit on a line of 11 inches


def draw_live(demo: Demo, figure: Figure, frames: Sequence[Any]) -> None:
    """Paint the last of these frames of one scene.  The sentence is there first, so that the layout leaves it room."""
    if isinstance(demo, PhasedDemo):
        figure.supxlabel(demo.phase(frames)[:MAX_PHASE_CHARACTERS] or " ", x=0.012, ha="left", fontsize=10,
                         color=theme.INK)
    demo.draw(figure, frames)

"""The live figure: the picture of the demo, and below it one sentence on what is happening now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from matplotlib.figure import Figure

from ai_from_scratch.stage import theme
from ai_from_scratch.stage.demo import Demo, PhasedDemo

LIVE_SIZE_INCHES = (11.0, 5.0)
MAX_PHASE_CHARACTERS = 130        # number of characters of 10 points on a line of 11 inches


@dataclass(frozen=True)
class Moment:
    """The description of the live figure in words."""

    scene: str = ""
    sentence: str = ""
    step: int = 0
    steps: int = 0
    metrics: Mapping[str, float] = field(default_factory=dict)


def moment_of(demo: Demo, frames: Sequence[Any]) -> Moment:
    """The description of the last of these frames of one scene."""
    last = frames[-1]
    return Moment(getattr(last, "title", "training"), sentence_of(demo, frames), last.step, last.steps, last.metrics)


def sentence_of(demo: Demo, frames: Sequence[Any]) -> str:
    return demo.phase(frames)[:MAX_PHASE_CHARACTERS] if isinstance(demo, PhasedDemo) else ""


def draw_live(demo: Demo, figure: Figure, frames: Sequence[Any], *, sentence: bool = True, hint: str = "") -> None:
    """Paints the last of these frames of one scene.  The words are there first, so that the layout keeps space for
    them.

    sentence: False if the sentence stands beside the figure as text.  hint: a line in small letters at the bottom.
    """
    words = sentence_of(demo, frames) if sentence and isinstance(demo, PhasedDemo) else None
    if words is not None or hint:
        # A line of spaces keeps the place of the hint, which is its own text.
        figure.supxlabel((words or " ") + ("\n " if hint else ""), x=0.012, ha="left", fontsize=10, color=theme.INK)
    if hint:
        place = next((text for text in figure.texts if text.get_gid() == "hint"), None)
        place = place or figure.text(0.012, 0.012, "", fontsize=8, color=theme.GREY, va="bottom", gid="hint")
        place.set_text(hint)
    demo.draw(figure, frames)

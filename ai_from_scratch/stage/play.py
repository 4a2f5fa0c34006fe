"""Pulls a demo's training frame by frame, and lets it be watched without slowing it down much."""

from __future__ import annotations

import time
from collections.abc import Iterator

from ai_from_scratch.stage.demo import Demo, Frame
from ai_from_scratch.stage.displays import Display
from ai_from_scratch.stage.reel import Reel

DRAWING_SHARE = 0.3      # of the run's time, at most
PUMP_EVERY = 0.02        # seconds: often enough for a window to feel alive


def play(demo: Demo, display: Display, reel: Reel, fps: float = 30.0, hold_factor: float = 1.0) -> Iterator[Frame]:
    """Yields each frame once it has been kept and, when it is time, shown; stop pulling and the model stays usable.

    The next picture waits for max(1/fps, cost of the last one / DRAWING_SHARE), so that drawing takes under a third of
    the run however slow the machine draws.  Toy problems are over in milliseconds: their frames name a `hold` in
    seconds, which is waited for (times hold_factor) when somebody watches.
    """
    watch = _Watch(demo, display, reel)
    next_pump = time.monotonic()
    last = None
    for frame in demo.train():
        reel.add(frame)
        now = time.monotonic()
        if display.alive and now >= watch.next_draw:
            watch.show(fps)
        hold = getattr(frame, "hold", 0.0) * hold_factor
        while hold and display.alive and time.monotonic() < max(now + hold, watch.next_draw):
            watch.pump()
            time.sleep(0.005)
        if now >= next_pump:
            watch.pump()
            next_pump = now + PUMP_EVERY
        last = frame
        yield frame
    if last is not None and display.alive:
        watch.show(fps)


class _Watch:
    """Paints and pumps, and keeps the account of what that costs."""

    def __init__(self, demo: Demo, display: Display, reel: Reel) -> None:
        self.demo, self.display, self.reel = demo, display, reel
        self.next_draw = 0.0
        self.scenes_begun = 0

    def show(self, fps: float) -> None:
        start = time.monotonic()
        figure = self.display.figure
        assert figure is not None, "a display that is alive has a figure"
        if self.scenes_begun != len(self.reel.scenes):
            figure.clear()                       # a new scene starts on an empty figure
            self.scenes_begun = len(self.reel.scenes)
        before = list(figure.axes)
        self.demo.draw(figure, self.reel.scene)
        # Laying out costs a third of a redraw.  Axes that a demo keeps from frame to frame stay where they are.
        figure.set_layout_engine("none" if before and figure.axes == before else "constrained")
        self.display.refresh()
        cost = time.monotonic() - start
        self.next_draw = start + max(1 / fps, cost / DRAWING_SHARE)

    def pump(self) -> None:
        """A browser's picture is drawn in here, when the tab's reply arrives: that counts as drawing too."""
        start = time.monotonic()
        self.display.pump()
        cost = time.monotonic() - start
        if cost > 0.005:
            self.next_draw = max(self.next_draw, start) + cost / DRAWING_SHARE

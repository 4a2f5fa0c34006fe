"""Pulls a demo's training frame by frame, and lets it be watched without slowing it down much."""

from __future__ import annotations

import time
from collections.abc import Generator

from ai_from_scratch.stage.demo import Demo, Frame
from ai_from_scratch.stage.displays import Display
from ai_from_scratch.stage.frame_buffer import FrameBuffer

DRAWING_SHARE = 0.3      # of the run's time, at most
LONGEST_HOLD = 2.0       # times a frame's `hold`: how slow a scene of held frames may get where drawing is slow
PUMP_EVERY = 0.02        # seconds: often enough for a window to feel alive


def play(demo: Demo, display: Display, frames: FrameBuffer, fps: float = 30.0,
         hold_factor: float = 1.0) -> Generator[Frame, None, None]:
    """Yields each frame once it has been kept and, when it is time, shown; stop pulling and the model stays usable.

    The next picture waits for max(1/fps, cost of the last one / DRAWING_SHARE), so that drawing takes under a third of
    the run however slow the machine draws.  Toy problems are over in milliseconds: their frames name a `hold` in
    seconds, for which each stays (times hold_factor) when somebody watches; there is no training to be slowed down, so
    drawing may take all of that time, and where it takes more than twice of it, frames are left out.

    A display or a drawing that fails ends the watching, not the training.
    """
    watch = _Watch(demo, display, frames)
    next_pump = time.monotonic()
    last = None
    for frame in demo.train():
        frames.add(frame)
        now = time.monotonic()
        hold = getattr(frame, "hold", 0.0) * hold_factor
        if display.alive and hold:
            watch.hold(frame, hold, fps)
        elif display.alive and now >= watch.next_draw:
            watch.show(fps)
        if now >= next_pump:
            watch.pump()
            next_pump = now + PUMP_EVERY
        last = frame
        yield frame
    if last is not None and display.alive:
        watch.show(fps)


class _Watch:
    """Paints and pumps, and keeps the account of what that costs."""

    def __init__(self, demo: Demo, display: Display, frames: FrameBuffer) -> None:
        self.demo, self.display, self.frames = demo, display, frames
        self.next_draw = 0.0
        self.debt = 0.0              # seconds that drawing took beyond what the held frames allow
        self.scenes_begun = 0

    def hold(self, frame: Frame, seconds: float, fps: float) -> None:
        """Show a frame and wait until its time is over; pass over it where drawing is far behind."""
        allowed, now = LONGEST_HOLD * seconds, time.monotonic()
        if self.debt < allowed or frame.step >= frame.steps:      # a scene's last frame is always seen
            self.show(fps)
            while self.display.alive and time.monotonic() < now + seconds:
                self.pump()
                time.sleep(0.005)
        self.debt = max(0.0, self.debt - allowed)

    def show(self, fps: float) -> None:
        start = time.monotonic()
        try:
            self._draw()
            self.display.refresh()
        except Exception as error:
            self.display.give_up(error)
        cost = time.monotonic() - start
        self.debt += cost
        self.next_draw = start + max(1 / fps, cost / DRAWING_SHARE)

    def _draw(self) -> None:
        figure = self.display.figure
        assert figure is not None, "a display that is alive has a figure"
        if self.scenes_begun != len(self.frames.scenes):
            figure.clear()                       # a new scene starts on an empty figure
            self.scenes_begun = len(self.frames.scenes)
        before = list(figure.axes)
        self.demo.draw(figure, self.frames.scene)
        # Laying out costs a third of a redraw.  Axes that a demo keeps from frame to frame stay where they are.
        figure.set_layout_engine("none" if before and figure.axes == before else "constrained")

    def pump(self) -> None:
        """A browser's picture is drawn in here, when the tab's reply arrives: that counts as drawing too."""
        start = time.monotonic()
        try:
            self.display.pump()
        except Exception as error:
            self.display.give_up(error)
        cost = time.monotonic() - start
        if cost > 0.005:
            self.debt += cost
            self.next_draw = max(self.next_draw, start) + cost / DRAWING_SHARE

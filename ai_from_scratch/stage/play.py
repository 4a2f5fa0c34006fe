"""Takes a demo's training frame by frame and shows it without much delay."""

from __future__ import annotations

import time
from collections.abc import Generator

from ai_from_scratch.stage.demo import Demo, Frame
from ai_from_scratch.stage.displays import Display
from ai_from_scratch.stage.frame_buffer import FrameBuffer
from ai_from_scratch.stage.live import draw_live

MAX_DRAWING_SHARE = 0.3  # of the run's time, at most
MAX_HOLD_FACTOR = 2.0    # times a frame's `hold`: the longest time for a held frame when drawing is slow
SECONDS_BETWEEN_PUMPS = 0.02  # so often that a window reacts at once


def play(demo: Demo, display: Display, frames: FrameBuffer, fps: float = 30.0,
         hold_factor: float = 1.0) -> Generator[Frame, None, None]:
    """Yields each frame after it is stored and, when it is time, shown; if the caller stops, the model stays usable.

    The next picture waits for max(1/fps, cost of the last one / MAX_DRAWING_SHARE), so drawing takes less than a third
    of the run on any machine.  Toy problems take only milliseconds.  Their frames have a `hold` in seconds: each stays
    that long (times hold_factor) on a visible figure, and drawing may use all of that time.  If drawing takes more than
    twice that time, frames are left out.

    If a display or a drawing fails, the training continues without it.
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
            next_pump = now + SECONDS_BETWEEN_PUMPS
        last = frame
        yield frame
    if last is not None and display.alive:
        watch.show(fps)


class _Watch:
    """Paints and pumps, and measures the time that this takes."""

    def __init__(self, demo: Demo, display: Display, frames: FrameBuffer) -> None:
        self.demo, self.display, self.frames = demo, display, frames
        self.next_draw = 0.0
        self.excess = 0.0            # seconds of drawing in excess of what held frames allow
        self.scenes_begun = 0

    def hold(self, frame: Frame, seconds: float, fps: float) -> None:
        """Show a frame and wait until its time is over; skip it if drawing is far behind."""
        allowed, now = MAX_HOLD_FACTOR * seconds, time.monotonic()
        if self.excess < allowed or frame.step >= frame.steps:    # the last frame of a scene is always shown
            self.show(fps)
            while self.display.alive and time.monotonic() < now + seconds:
                self.pump()
                time.sleep(0.005)
        self.excess = max(0.0, self.excess - allowed)

    def show(self, fps: float) -> None:
        start = time.monotonic()
        try:
            self._draw()
            self.display.refresh()
        except Exception as error:
            self.display.give_up(error)
        cost = time.monotonic() - start
        self.excess += cost
        self.next_draw = start + max(1 / fps, cost / MAX_DRAWING_SHARE)

    def _draw(self) -> None:
        figure = self.display.figure
        assert figure is not None, "a display that is alive has a figure"
        if self.scenes_begun != len(self.frames.scenes):
            figure.clear()                       # a new scene begins with an empty figure
            self.scenes_begun = len(self.frames.scenes)
        before = list(figure.axes)
        draw_live(self.demo, figure, self.frames.scene)
        # The layout takes a third of a redraw.  Axes that a demo keeps from frame to frame stay where they are.
        figure.set_layout_engine("none" if before and figure.axes == before else "constrained")

    def pump(self) -> None:
        """A browser's picture is drawn here, when the tab's reply arrives; so this time counts as drawing."""
        start = time.monotonic()
        try:
            self.display.pump()
        except Exception as error:
            self.display.give_up(error)
        cost = time.monotonic() - start
        if cost > 0.005:
            self.excess += cost
            self.next_draw = max(self.next_draw, start) + cost / MAX_DRAWING_SHARE

"""Takes a demo's training frame by frame, shows it without much delay, and obeys pause, step, speed and scrub."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import nullcontext
from typing import Any

from ai_from_scratch.stage import theme
from ai_from_scratch.stage.demo import Demo, Frame
from ai_from_scratch.stage.displays import Display
from ai_from_scratch.stage.frame_buffer import FrameBuffer
from ai_from_scratch.stage.live import draw_live, moment_of
from ai_from_scratch.stage.transport import REPLAY_SECONDS

MAX_DRAWING_SHARE = 0.3  # largest share of the run's time for drawing
MAX_HOLD_FACTOR = 2.0    # times a frame's `hold`: the longest time of a held frame if drawing is slow
MAX_EXCESS_SECONDS = 1.0  # of drawing: held frames are left out for no more than this, however slow a drawing was
SECONDS_BETWEEN_PUMPS = 0.02  # so often that a window reacts at once
SECONDS_OF_REST = 0.005  # seconds between two checks of the display while the training waits


def play(demo: Demo, display: Display, frames: FrameBuffer, fps: float = 30.0,
         hold_factor: float = 1.0) -> Generator[Frame, None, None]:
    """Yields each frame after it is stored and, when it is time, shown: see Viewing."""
    return Viewing(demo, display, frames, fps, hold_factor).play()


class Viewing:
    """One demo on one display: paints and pumps, and measures the time that this takes.

    If the caller stops pulling frames, the model stays usable.  If a display or a drawing fails, the training continues
    without it.  `stop` means that the user ends the training: then nothing waits any more.
    """

    def __init__(self, demo: Demo, display: Display, frames: FrameBuffer, fps: float = 30.0, hold_factor: float = 1.0,
                 stop: Callable[[], bool] = lambda: False) -> None:
        self.demo, self.display, self.frames = demo, display, frames
        self.fps, self.hold_factor, self.stop = fps, hold_factor, stop
        self.next_draw = 0.0
        self.next_of_replay = 0.0
        self.excess = 0.0            # seconds of drawing beyond what held frames allow
        self.painted: tuple[int, bool] | None = None      # the scene that is on the figure, and whether it is dark

    def play(self) -> Generator[Frame, None, None]:
        """The next picture waits for max(1/fps, cost of the last one / MAX_DRAWING_SHARE), so drawing takes less than
        a third of the run on any machine.  Toy problems take only milliseconds.  Their frames have a `hold` in
        seconds: each stays that long (times hold_factor and the chosen speed) on a visible figure, and drawing may use
        all of that time.  If drawing takes more than twice that time, frames are left out.  The first picture of a
        scene takes longest, since the axes are made and laid out; it does not count, or the beginning would be lost.
        """
        try:
            yield from self._frames()
        except GeneratorExit:            # the caller stops pulling: the watchers are told of that end, too
            self._end()
            raise
        self._end()

    def _frames(self) -> Generator[Frame, None, None]:
        display, transport = self.display, self.display.transport
        next_pump = time.monotonic()
        for frame in self.demo.train():
            self.frames.add(frame)
            transport.kept = self.frames.kept
            transport.granted = False
            now = time.monotonic()
            hold = transport.seconds(getattr(frame, "hold", 0.0) * self.hold_factor)
            if display.alive and not transport.playing:
                self.show()                           # a single step is always shown
            elif display.alive and hold:
                self._hold(frame, hold)
            elif display.alive and now >= self.next_draw:
                self.show()
            if now >= next_pump:
                self.pump()
                next_pump = now + SECONDS_BETWEEN_PUMPS
            yield frame
            self._wait()
            if self.stop():
                break

    def _end(self) -> None:
        """No more frames come.  The last one is shown."""
        self.display.transport.end()
        if self.frames.scenes and self.display.alive:
            self.show()

    def pump(self, doing: str = "") -> None:
        """Lets the display react, and paints the frame that the user has selected.  doing: what is done meanwhile."""
        start, transport = time.monotonic(), self.display.transport
        if doing != transport.doing:
            transport.doing = doing
            if self.display.alive:
                self._tell()                          # before the window reacts, so that its title is new at once
        try:
            self.display.pump()
        except Exception as error:
            self.display.give_up(error)
        cost = time.monotonic() - start
        if cost > 0.005:
            self.excess = min(self.excess + cost, MAX_EXCESS_SECONDS)
            self.next_draw = max(self.next_draw, start) + cost / MAX_DRAWING_SHARE
        if not self.frames.scenes or not self.display.alive:
            return
        if transport.replays and not transport.stale and start >= self.next_of_replay:
            transport.advance()
        if transport.stale:
            self.show()
        elif transport.changed:
            self._tell()

    def show(self) -> None:
        """Paints the frame that the user looks at: the latest one, or an earlier one."""
        transport, start = self.display.transport, time.monotonic()
        transport.stale = False
        scene, frames = self.frames.moment(transport.shown)
        first = self.painted != (scene, self.display.dark)
        try:
            with theme.dark() if self.display.dark else nullcontext():
                if self.display.dark:
                    theme.apply()
                self._draw(scene, frames)
                self.display.moment = moment_of(self.demo, frames)
                self._tell()
                self.display.refresh()
        except Exception as error:
            self.display.give_up(error)
        cost = time.monotonic() - start
        self.excess = min(self.excess + (0.0 if first else cost), MAX_EXCESS_SECONDS)
        self.next_draw = start + max(1 / self.fps, cost / (1.0 if first else MAX_DRAWING_SHARE))
        if transport.replays:
            own = transport.seconds(getattr(frames[-1], "hold", 0.0) * self.hold_factor)
            self.next_of_replay = start + max(own, REPLAY_SECONDS)

    def _hold(self, frame: Frame, seconds: float) -> None:
        """Shows a frame and waits until its time is over; skips it if drawing is far behind."""
        transport, speed = self.display.transport, self.display.transport.speed
        allowed, now = MAX_HOLD_FACTOR * seconds, time.monotonic()
        if self.excess < allowed or frame.step >= frame.steps:    # the last frame of a scene is always shown
            self.show()
            while (self.display.alive and time.monotonic() < now + seconds and transport.playing
                   and transport.speed == speed and not self.stop()):
                self.pump()
                time.sleep(SECONDS_OF_REST)
        self.excess = max(0.0, self.excess - allowed)

    def _wait(self) -> None:
        """Lets the training wait while the user pauses or looks at an earlier frame.  If nobody watches, the
        training continues."""
        transport = self.display.transport
        while transport.holds_training and not self.stop():
            if not self.display.alive:
                transport.release()
            self.pump()
            time.sleep(SECONDS_OF_REST)

    def _tell(self) -> None:
        self.display.transport.changed = False
        try:
            self.display.describe()
        except Exception as error:
            self.display.give_up(error)

    def _draw(self, scene: int, frames: Sequence[Any]) -> None:
        figure = self.display.figure
        assert figure is not None, "a display that is alive has a figure"
        if self.painted != (scene, self.display.dark):
            figure.clear()                       # a new scene begins with an empty figure, and so do other colours
            figure.set_facecolor(theme.BACKGROUND)
            self.painted = (scene, self.display.dark)
        before = list(figure.axes)
        draw_live(self.demo, figure, frames, sentence=self.display.paints_words, hint=self.display.hint)
        # The layout takes a third of a redraw.  Axes that a demo keeps from frame to frame keep their places.
        figure.set_layout_engine("none" if before and figure.axes == before else "constrained")
        engine = figure.get_layout_engine()
        if not before and engine is not None:    # twice: axes of a fixed aspect get their real size in the first round,
            engine.execute(figure)               # and only then the layout keeps space for their titles

"""Pause, step, speed and scrub: the requests of the user, the same in a window and in a browser tab.

Nothing is painted here.  `play.py` paints the kept frame at `at`, and lets the training wait while `holds_training`.
Only frames can be shown again; the training is never rewound.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Speed(NamedTuple):
    """How long a frame stays: `factor` times the frame's own time, and at least `least` seconds."""

    words: str
    factor: float
    least: float


SPEEDS = (Speed("1 frame a second", 0.0, 1.0), Speed("half speed", 2.0, 0.25), Speed("normal speed", 1.0, 0.0),
          Speed("double speed", 0.5, 0.0), Speed("no waiting", 0.0, 0.0))
NORMAL_SPEED = 2
REPLAY_SECONDS = 0.05      # the shortest time between two frames of a replay


class Transport:
    """The state of the viewing of one chapter.  `at` is a kept frame's number, or None for the latest one."""

    def __init__(self) -> None:
        self.playing = True
        self.training = True        # frames may still come
        self.waiting = False        # the chapter has ended and waits until the user continues to the next one
        self.left = False           # the user has continued
        self.doing = ""             # what is done after the training, in words
        self.at: int | None = None
        self.kept = 0               # the number of frames that can be shown
        self.granted = False        # the training may make one more frame, although it is paused
        self.speed = NORMAL_SPEED
        self.changed = False        # something has changed since the last report
        self.stale = False          # another frame has to be painted

    @property
    def holds_training(self) -> bool:
        return self.at is not None or not (self.playing or self.granted)

    @property
    def replays(self) -> bool:
        return self.playing and self.at is not None

    @property
    def shown(self) -> int:
        """The number of the frame that is shown."""
        return max(self.kept - 1, 0) if self.at is None else self.at

    def seconds(self, hold: float) -> float:
        """How long a frame with the time `hold` stays; 0 if nothing waits for it."""
        speed = SPEEDS[self.speed]
        return max(speed.factor * hold, speed.least)

    # ---- what the watcher does

    def toggle(self) -> None:
        """Pauses, or continues: through the kept frames to the latest, and then with the training."""
        self.changed, self.playing, self.granted = True, not self.playing, False
        if self.playing and not self.training and self.at is None:
            self._look_at(0)        # from the start once more
            self.playing = self.at is not None

    def step(self) -> None:
        """Shows the next frame: a kept one, or a new one of the training.  Then it pauses."""
        if self.at is not None:
            self._look_at(self.at + 1)
        else:
            self.granted = self.training
            self.playing, self.changed = False, True

    def back(self) -> None:
        self._look_at(self.shown - 1)

    def first(self) -> None:
        self._look_at(0)

    def latest(self) -> None:
        self._look_at(self.kept - 1)

    def seek(self, to: int) -> None:
        self._look_at(to)

    def slower(self) -> None:
        self.set_speed(self.speed - 1)

    def faster(self) -> None:
        self.set_speed(self.speed + 1)

    def set_speed(self, to: int) -> None:
        self.speed, self.changed = min(max(to, 0), len(SPEEDS) - 1), True

    def leave(self) -> None:
        self.left = self.changed = self.waiting

    def _look_at(self, to: int) -> None:
        to = min(max(to, 0), max(self.kept - 1, 0))
        self.at = to if to < self.kept - 1 else None
        self.playing = self.granted = False
        self.changed = self.stale = True

    # ---- what the player does

    def advance(self) -> None:
        """Shows the next frame of a replay.  At the latest frame the training continues, or the replay ends."""
        assert self.at is not None
        self._look_at(self.at + 1)
        self.playing = self.at is not None or self.training

    def release(self) -> None:
        """Nobody watches any more: the training does not wait."""
        self.at, self.playing, self.granted = None, True, False

    def end(self) -> None:
        """No more frames come."""
        self.training, self.granted, self.changed = False, False, True
        self.playing = self.at is not None and self.playing


ACTIONS: dict[str, Callable[[Transport], None]] = {
    "toggle": Transport.toggle, "step": Transport.step, "back": Transport.back, "first": Transport.first,
    "latest": Transport.latest, "slower": Transport.slower, "faster": Transport.faster, "leave": Transport.leave}
KEYS = {" ": "toggle", "right": "step", "left": "back", "home": "first", "end": "latest", "down": "slower",
        "up": "faster", "enter": "leave"}
HINT = "space: pause or go on   → one step   ← back   Home, End: first and latest frame   ↑ ↓ speed"
HINT_AT_END = "space: replay   → one step   ← back   Home, End: first and latest frame   ↑ ↓ speed"

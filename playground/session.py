"""One tab's run of a scene, without a web server: text comes in, messages go out.

    {"do": "open", "scene": "line_and_bowl", "controls": {…}, "seed": 0, "run": 1}     begin (anew); answers one frame
    {"do": "set", "controls": {"learning_rate": 0.3}}                                 a control that goes on
    {"do": "next", "updates": 4}          at most so many updates in 25 ms; answers one frame.  With "unfinished": true
                                          only as long as frames say "more"; a function is painted in any case
    {"do": "step"}                        one update, with the lines that ran
    {"do": "back", "to": 120}             the same run again, unpainted, up to this update
    {"do": "source", "file": "…"}         a lesson file's text and equations

The caller hands each text to `receive`, sends what it returns, and calls `work` as long as `busy`: it computes for at
most SECONDS_PER_MESSAGE and returns a message, or None.  While one answer is outstanding, a further "next" is dropped.
"""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from playground.catalogue import Catalogue
from playground.lessons import Lessons
from playground.message import Known, encode
from playground.scene import GOES_ON, Controls
from playground.trace import traced

SECONDS_PER_MESSAGE = 0.025     # seconds of computing for one message
MOST_UPDATES = 10_000           # the largest number of updates for one "next"
LONGEST_MESSAGE = 256 * 1024    # of the page
MOST_CHANGES = 4_000            # changes of controls in one run, stored for "back", and
MOST_NUMBERS = 1_000_000        # numbers in them (a drawing has 3,136).  Beyond these numbers, older changes are joined


class RequestError(ValueError):
    """The page requested something that does not exist; the message is sent back to it."""


class Session:
    def __init__(self, catalogue: Catalogue, lessons: Lessons, clock: Callable[[], float] = time.perf_counter) -> None:
        self.catalogue, self.lessons, self.clock = catalogue, lessons, clock
        self.scene: Any = None                      # the running generator
        self.wanted: str = ""                       # what `work` answers: "", first, next, unfinished, step or back
        self.updates = self.target = 0
        self.dropped = 0                            # requests that came too early
        self.run: Any = 0

    @property
    def busy(self) -> bool:
        return bool(self.wanted)

    def close(self) -> None:
        if self.scene is not None:
            self.scene.close()
        self.scene, self.wanted = None, ""

    # ---- what the page says ------------------------------------------------------------------------------------------

    def hello(self, engine: str) -> bytes:
        """The first message: the descriptions of all scenes."""
        scenes = []
        for name in self.catalogue:
            try:
                scenes.append(self.catalogue.description(name))
            except Exception as error:                                  # one broken scene does not remove the others
                scenes.append({"name": name, "title": name.replace("_", " "), "broken": _words(error)})
        return encode({"kind": "hello", "engine": engine, "scenes": scenes})

    def receive(self, text: str | bytes) -> list[bytes]:
        """Takes one message from the page; returns the messages to send back at once."""
        try:
            if not isinstance(text, str) or len(text) > LONGEST_MESSAGE:
                raise RequestError(f"A message is a text of at most {LONGEST_MESSAGE} characters.")
            message = json.loads(text)
            if not isinstance(message, dict):
                raise RequestError("A message is an object with the key do.")
            answer = self._actions().get(str(message.get("do")), self._unknown)(message)
        except (RequestError, LookupError, ValueError, TypeError, RecursionError) as error:
            return [encode({"kind": "error", "say": _words(error)})]
        return [answer] if answer is not None else []

    def _actions(self) -> dict[Any, Callable[[Mapping[str, Any]], bytes | None]]:
        return {"open": self._open, "set": self._set, "next": self._next, "step": self._step, "back": self._back,
                "source": self._source}

    def _unknown(self, message: Mapping[str, Any]) -> None:
        raise RequestError(f"do is one of {', '.join(self._actions())}.")

    def _open(self, message: Mapping[str, Any]) -> None:
        module = self.catalogue.module(str(message.get("scene")))
        seed, values = message.get("seed", 0), message.get("controls", {})
        if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < 2**32 or not isinstance(values, dict):
            raise RequestError("seed is a whole number from 0 to 4294967295, controls an object.")
        Controls(module.CONTROLS, values)                             # wrong values are refused before anything changes
        self.module, self.seed, self.values, self.run = module, seed, values, message.get("run", 0)
        self.changes: list[tuple[int, dict[str, Any]]] = []             # (before this update, values)
        self.numbers = 0                                                # in them
        self._begin("first")

    def _begin(self, wanted: str) -> None:
        self.close()
        self.controls = Controls(self.module.CONTROLS, self.values)
        self.scene, self.updates = self.module.scene(self.controls, self.seed), -1     # the first yield is update 0
        self.wanted = wanted
        self.painted: Mapping[str, Any] = {}                            # the last frame that was sent
        self.known: Known = {}

    def _set(self, message: Mapping[str, Any]) -> None:
        values = message.get("controls")
        if self.scene is None or not isinstance(values, dict):
            raise RequestError("Open a scene before its controls are set; controls is an object.")
        if anew := [name for name in values if name in self.controls.declared
                    and self.controls.declared[name].effect != GOES_ON]:
            raise RequestError(f"A change of {anew[0]} restarts the scene: send open with the new value.")
        self.controls.change(values)
        self._remember(self.updates + 1, values)

    def _remember(self, update: int, values: dict[str, Any]) -> None:
        """Stores the change for "back".  Of several changes before the same update, only the last one of each control
        is stored. If there are too many changes, each two neighbours of the older half are joined: older changes are
        then repeated less exactly."""
        if self.changes and self.changes[-1][0] == update:
            _, before = self.changes.pop()
            self.numbers -= _numbers(before)
            values = {**before, **values}
        self.changes.append((update, values))
        self.numbers += _numbers(values)
        while len(self.changes) > 2 and (len(self.changes) > MOST_CHANGES or self.numbers > MOST_NUMBERS):
            half = max(2, len(self.changes) // 4 * 2)                   # an even number
            old, new = self.changes[:half], self.changes[half:]
            self.changes = [(later, {**first, **second}) for (_, first), (later, second)
                            in zip(old[::2], old[1::2], strict=True)] + new
            self.numbers = sum(_numbers(values) for _, values in self.changes)

    def _next(self, message: Mapping[str, Any], wanted: str = "next") -> None:
        count = message.get("updates", 1)
        if not isinstance(count, int) or not 1 <= count <= MOST_UPDATES:
            raise RequestError(f"updates is a whole number from 1 to {MOST_UPDATES}.")
        if self.wanted or self.scene is None:
            self.dropped += 1
            return
        self.wanted = "unfinished" if wanted == "next" and message.get("unfinished") else wanted
        self.target = self.updates + count

    def _step(self, message: Mapping[str, Any]) -> None:
        self._next({}, "step")

    def _back(self, message: Mapping[str, Any]) -> None:
        to = message.get("to")
        if self.scene is None or not isinstance(to, int) or to < 0:
            raise RequestError('Open a scene first. "to" is the number of an update, 0 or more.')
        self.changes = [(update, values) for update, values in self.changes if update <= to]
        self.numbers = sum(_numbers(values) for _, values in self.changes)
        self.target = to
        self._begin("back")

    def _source(self, message: Mapping[str, Any]) -> bytes:
        name = str(message.get("file"))
        return encode({"kind": "source", "file": name, "text": self.lessons.text(name),
                       "equations": self.lessons.equations(name)})

    # ---- what is computed --------------------------------------------------------------------------------------------

    def work(self) -> bytes | None:
        """Computes for at most SECONDS_PER_MESSAGE.  Returns a message if an answer for the page is ready."""
        if not self.wanted:
            return None
        wanted, until = self.wanted, self.clock() + SECONDS_PER_MESSAGE
        extra: dict[str, Any] = {}
        try:
            if wanted == "step":
                frame, extra["lines"] = traced(self._update, self.lessons.names)
            else:
                goal = 0 if wanted == "first" else self.target
                frame = self._update()
                while self.updates < goal and _passed_over(frame, wanted):
                    if self.clock() >= until:
                        if wanted == "back":
                            return None
                        break
                    frame = self._update()
            if wanted == "back":
                extra["controls"] = dict(self.controls)                 # the page's sliders go back, too
            return self._answer(frame() if callable(frame) else frame, **extra)
        except StopIteration:
            return self._last({})
        except Exception as error:      # any error of a scene becomes its last frame, in words
            return self._last({"say": _words(error)}, failed=True)

    def _update(self) -> Any:
        if self.wanted == "back":
            for update, values in self.changes:
                if update == self.updates + 1:
                    self.controls.change(values)
        self.updates += 1
        return next(self.scene)

    def _answer(self, frame: Mapping[str, Any], **extra: Any) -> bytes:
        header = {"kind": "frame", "run": self.run, "update": self.updates, "frame": frame, **extra}
        message = encode(header, self.known)
        self.wanted, self.painted = "", frame
        return message

    def _last(self, more: dict[str, Any], **extra: Any) -> bytes:
        """The last painted frame again, with other words."""
        self.close()
        self.known = {}
        return self._answer({"say": "The scene has ended.", **self.painted, **more, "rest": True}, ended=True, **extra)


def _passed_over(frame: Any, wanted: str) -> bool:
    """May the next update follow although this frame is not painted?"""
    known = frame if isinstance(frame, Mapping) else {}
    return wanted == "back" or (not known.get("rest") and (wanted == "next" or bool(known.get("more"))))


def _numbers(value: Any) -> int:
    """The number of numbers (or other single values) in a value."""
    if isinstance(value, dict):
        return sum(map(_numbers, value.values()))
    if isinstance(value, list | tuple):
        return len(value) if not value or not isinstance(value[0], list | tuple | dict) else sum(map(_numbers, value))
    return 1


def _words(error: BaseException) -> str:
    """The error as a sentence for the page."""
    if isinstance(error, json.JSONDecodeError | RecursionError):
        return "The message is not valid JSON."
    if type(error) in (RequestError, ValueError, LookupError) or isinstance(error, ArithmeticError):
        return str(error)
    return f"The scene stopped: {type(error).__name__}: {error}"

"""A scene: data that the page shows, and a generator that computes.  How to write one: playground/README.md

    <Chapter>/demo/scene_NAME.py     TITLE ABOUT LINKS CONTROLS VIEWS PRESETS PREDICTIONS FILES
                                     def scene(controls, seed) -> Iterator[Frame]      one yield = one update

Only the standard library is imported here, so that the same file runs in a browser.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Frame = Mapping[str, Any]                        # JSON values and NumPy arrays, nested in any way
Frames = Iterator[Frame | Callable[[], Frame]]   # a function is called only for an update that is painted

STARTS_ANEW, GOES_ON = "starts anew", "goes on"  # the effect of a control's change on the run
CONTROL_KINDS = ("number", "whole", "switch", "choice", "text", "point", "points", "pixels")
LONGEST_TEXT, MOST_POINTS = 2_000, 400


@dataclass(frozen=True)
class Control:
    """One value that the user may change.  The page makes a slider, a switch, a list or a box of it. A control of
    kind "point", "points" or "pixels" is changed in a view that names it (`drag`, `start`, `pointer`, `draw`)."""

    name: str
    kind: str
    label: str                                   # two or three words
    what: str                                    # its effect, in one line
    default: Any                           # None for a point or points: those of the scene, until the user changes them
    low: float = 0.0                             # of numbers, and of both coordinates of points
    high: float = 1.0
    log: bool = False                            # the slider moves by factors
    options: tuple[tuple[str, str], ...] = ()    # of a choice: (value, label)
    classes: int = 0                             # of points: 0 means (x, y), else (x, y, class).  For a choice: its
                                                 # values are classes, shown in their colours
    shape: tuple[int, int] = (28, 28)            # of pixels: rows, columns; their values are whole, 0 … 255
    effect: str = STARTS_ANEW
    more: bool = False                           # shown on demand
    when: tuple[str, Any] = ("", None)           # (control, value): shown only while that control has this value

    def __post_init__(self) -> None:
        if self.kind not in CONTROL_KINDS or self.effect not in (STARTS_ANEW, GOES_ON):
            raise ValueError(f"control {self.name}: kind is one of {CONTROL_KINDS}, effect STARTS_ANEW or GOES_ON; got "
                             f"{self.kind!r} and {self.effect!r}.")
        if self.default is not None:
            self.check(self.default)

    def check(self, value: Any) -> Any:
        """The value in the form for the scene: a float, int, bool, str, or tuples of numbers.  ValueError if it is not
        valid."""
        if value is None and self.default is None:
            return None
        expected, found = getattr(self, f"_{self.kind}")(value)
        if found is None:
            raise ValueError(f"{self.label} is {expected}, but came as {str(value)[:60]!r}.")
        return found

    def _number(self, value: Any) -> tuple[str, float | None]:
        good = _finite(value) and self.low <= value <= self.high
        return f"a number from {self.low:g} to {self.high:g}", float(value) if good else None

    def _whole(self, value: Any) -> tuple[str, int | None]:
        good = _finite(value) and self.low <= value <= self.high and value == int(value)
        return f"a whole number from {self.low:g} to {self.high:g}", int(value) if good else None

    def _switch(self, value: Any) -> tuple[str, bool | None]:
        return "on or off", value if isinstance(value, bool) else None

    def _choice(self, value: Any) -> tuple[str, str | None]:
        names = [name for name, _ in self.options]
        return "one of " + ", ".join(names), value if value in names else None

    def _text(self, value: Any) -> tuple[str, str | None]:
        good = isinstance(value, str) and len(value) <= LONGEST_TEXT
        return f"a text of at most {LONGEST_TEXT} characters", value if good else None

    def _point(self, value: Any) -> tuple[str, tuple[float, float] | None]:
        good = isinstance(value, list | tuple) and len(value) == 2 and all(map(self._inside, value))
        expected = f"two numbers from {self.low:g} to {self.high:g}"
        return expected, (float(value[0]), float(value[1])) if good else None

    def _points(self, value: Any) -> tuple[str, tuple[tuple[float, ...], ...] | None]:
        width = 3 if self.classes else 2
        expected = f"at most {MOST_POINTS} points of {width} numbers, coordinates from {self.low:g} to {self.high:g}"
        if not isinstance(value, list | tuple) or len(value) > MOST_POINTS:
            return expected, None
        rows = [row for row in value if isinstance(row, list | tuple) and len(row) == width
                and all(map(self._inside, row[:2])) and (width == 2 or row[2] in range(self.classes))]
        return expected, tuple(tuple(map(float, row)) for row in rows) if len(rows) == len(value) else None

    def _pixels(self, value: Any) -> tuple[str, tuple[int, ...] | None]:
        count = self.shape[0] * self.shape[1]
        good = isinstance(value, list | tuple) and len(value) == count and all(pixel in range(256) for pixel in value)
        return f"{count} whole numbers from 0 to 255", tuple(map(int, value)) if good else None

    def _inside(self, value: Any) -> bool:
        return _finite(value) and self.low <= value <= self.high


class Controls(Mapping[str, Any]):
    """The present values of the controls.  Controls that "go on" change while the scene runs; `version` then grows by
    one."""

    def __init__(self, declared: Sequence[Control], given: Mapping[str, Any] | None = None, /, **values: Any) -> None:
        self.declared = {control.name: control for control in declared}
        self.values_ = {control.name: control.default for control in declared}
        self.version = 0
        self.values_.update(self.checked({**(given or {}), **values}))

    def checked(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values in the form for the scene.  ValueError for a name or a value that is not declared."""
        unknown = [name for name in values if name not in self.declared]
        if unknown:
            raise ValueError(f"There is no control {str(unknown[0])[:60]!r}; there are {', '.join(self.declared)}.")
        return {name: self.declared[name].check(value) for name, value in values.items()}

    def change(self, values: Mapping[str, Any]) -> None:
        self.values_.update(self.checked(values))
        self.version += 1

    def __getitem__(self, name: str) -> Any:
        return self.values_[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_)

    def __len__(self) -> int:
        return len(self.values_)


@dataclass(frozen=True)
class View:
    """One picture of the scene: the element <afs-KIND> shows frame[name]."""

    name: str
    kind: str                                    # plane, bowl, curves, …: static/elements/KIND.js
    title: str
    what: str                                    # a description for users who do not see the picture
    hero: bool = False                           # the large one
    chooses: tuple[str, Any] = ("", None)        # (control, value) that is set by a click on its title


@dataclass(frozen=True)
class Preset:
    """Values of the controls that teach one thing."""

    name: str                                    # two to four words
    teaches: str                                 # one sentence
    controls: Mapping[str, Any] = field(default_factory=dict)    # the others have their defaults
    seed: int = 0
    predict: str = ""                            # the name of the prediction that is asked first


@dataclass(frozen=True)
class Prediction:
    """A question that is asked before the run.  The answer comes in a frame: frame["answers"][name]."""

    name: str
    question: str
    options: tuple[tuple[str, str], ...] = ()    # (value, label); without options the answer is a number
    low: float = 0.0
    high: float = 100.0
    unit: str = ""


@dataclass(frozen=True)
class Links:
    """Where to read or continue."""

    page: str                                    # "documentation/linear_regression.md"
    file: str                                    # the lesson file to read first
    next: str                                    # the name of the next scene; it may not exist yet


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)

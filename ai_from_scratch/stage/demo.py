"""What a chapter shows the stage and the runner: a demo with train, draw, figures and report.

A demo turns training into frames (small, plain, never views of what the model goes on changing), so that a frame can be
drawn now, kept for a recording, or sent elsewhere while the model moves on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Settings:
    """What the user asked for, handed to every demo when it is made."""

    quick: bool = False            # a few seconds, on small data
    epochs: int | None = None      # overrides the demo's number of epochs (or steps, where there are no epochs)
    seed: int = 0
    best: bool = False             # the longer recipe that reaches the chapter's best figure

    csv: Path | None = None        # a table of the user's own, and the column of it to predict
    target: str | None = None
    image: Path | None = None      # a picture of the user's own for the CNN to read

    text: Path | None = None       # a text of the user's own for the RNN to learn, or another play
    play: str | None = None
    prompt: str | None = None      # how the RNN begins, and how it goes on
    temperature: float | None = None
    top_p: float | None = None
    length: int | None = None
    generate_only: bool = False    # write with the shipped weights, train nothing
    save: Path | None = None       # where training is kept (with resume: there, unless another file is named)
    resume: Path | None = None     # from where it goes on

    parameters: Mapping[str, Any] = field(default_factory=dict)    # --set: of the chapter's model, by name
    missing: tuple[str, ...] = ()  # words of a table that stand for a missing value
    workers: int | None = None     # processes that learn together

    @property
    def download(self) -> bool:
        """A quick run never waits for the network."""
        return not self.quick

    @property
    def sample(self) -> bool:
        """A quick run takes the offline sample even where the full data are at hand."""
        return self.quick


class DataUse(NamedTuple):
    """Which data a demo trains on, where they came from, and how many samples (or characters) are in each split."""

    name: str
    source: str
    train: int
    validation: int = 0
    test: int = 0


class Frame(Protocol):
    """One moment of training.  Demos define NamedTuples with these fields and whatever their drawing needs besides.

    A frame class is a scene: when the class of the frames changes, the live figure starts afresh.  Three more fields
    are heeded where they exist: `title` names the scene on the progress bar, `hold` (seconds) keeps each frame on
    screen at least that long when somebody watches, and `note` is printed above the bar.
    """

    @property
    def step(self) -> int: ...
    @property
    def steps(self) -> int: ...
    @property
    def metrics(self) -> Mapping[str, float]: ...   # what the progress bar shows: loss, accuracy, …


class Picture(NamedTuple):
    """A finished picture: its file, what paints it on a figure it is given, and what to look for in it."""

    file: str
    paint: Callable[[Figure], None]
    caption: str
    size: tuple[float, float] = (8.0, 4.5)   # inches, caption not counted


@dataclass(frozen=True)
class Report:
    """What came out, beside the simplest thing one could have done instead."""

    metrics: Mapping[str, float]             # "test_accuracy", "test_r2" or "test_bits_per_char" first
    baseline: Mapping[str, float]            # the same names
    baseline_name: str = ""                  # "majority class", "mean", "unigram"
    notes: Sequence[str] = field(default=()) # lines to print beneath: a check that held, a text that was written


class Demo(Protocol):
    """The four parts.  After every frame, report and figures work with what has been learnt so far.

    A demo that says "set" in `uses` hands `settings.parameters` to its model, and may name the model's class as
    `model_class`, so that a misspelt parameter is told before anything runs.
    """

    @property
    def data(self) -> Sequence[DataUse]: ...   # in the order they are used; the report is on the last one
    @property
    def uses(self) -> frozenset[str]: ...      # of its class: the options it heeds besides quick and seed: "epochs"

    def __init__(self, settings: Settings) -> None: ...

    def train(self) -> Iterator[Frame]: ...

    def draw(self, figure: Figure, frames: Sequence[Any]) -> None:
        """Paint the last of these frames (all are of its scene) on a figure: an empty one, or one that an earlier
        frame of the scene was painted on."""

    def figures(self) -> Iterator[Picture]:
        """What only one picture needs is loaded inside its `paint`: where that fails, the others are still made."""
        ...

    def report(self) -> Report: ...


@runtime_checkable
class WritingDemo(Protocol):
    """A demo that also writes a text, which is printed after the report."""

    def speech(self) -> Iterator[str]:
        """The text in pieces, printed as they come; Ctrl-C stops asking for more, so it may be without an end."""
        ...



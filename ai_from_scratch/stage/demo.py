"""The interface between a chapter and the stage: a demo with train, draw, figures and report.

A demo turns training into frames: small, plain copies, never views of the model's arrays.  So a frame can be drawn now,
kept for a recording, or sent elsewhere while the training continues.
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
    """The user's options; every demo gets them when it is made."""

    quick: bool = False            # finish soon, on small data
    epochs: int | None = None      # overrides the demo's number of epochs (or steps, where there are no epochs)
    seed: int = 0
    best: bool = False             # a longer training that reaches the chapter's best result

    csv: Path | None = None        # the user's table, and its column to predict
    target: str | None = None
    image: Path | None = None      # the user's picture for the CNN to classify

    text: Path | None = None       # the user's text for the RNN to learn, or another play
    play: str | None = None
    prompt: str | None = None      # the beginning of the RNN's text, and how it continues
    temperature: float | None = None
    top_p: float | None = None
    length: int | None = None
    generate_only: bool = False    # write with the shipped weights, without training
    save: Path | None = None       # file for the training (with resume: that file, unless another one is named)
    resume: Path | None = None     # file of the training to continue

    parameters: Mapping[str, Any] = field(default_factory=dict)    # --set: parameters of the chapter's model, by name
    missing: tuple[str, ...] = ()  # words in a table that mean a missing value
    workers: int | None = None     # number of processes that train together

    @property
    def download(self) -> bool:
        """A quick run does not use the network."""
        return not self.quick

    @property
    def sample(self) -> bool:
        """A quick run uses the offline sample, even if the full data are available."""
        return self.quick


class DataUse(NamedTuple):
    """The data of a demo: their name, their source, and the number of samples (or characters) in each split."""

    name: str
    source: str
    train: int
    validation: int = 0
    test: int = 0


class Frame(Protocol):
    """One moment of training.  Demos define NamedTuples with these fields and the fields that their drawing needs.

    A frame class is a scene: when the class changes, the live figure starts empty.  Three more fields are optional:
    `title` names the scene on the progress bar; `hold` is the least number of seconds that a frame stays on a visible
    figure; `note` is printed above the bar.
    """

    @property
    def step(self) -> int: ...
    @property
    def steps(self) -> int: ...
    @property
    def metrics(self) -> Mapping[str, float]: ...   # what the progress bar shows: loss, accuracy, …


class Picture(NamedTuple):
    """A finished picture: its file, the function that paints it on a figure, and a caption that explains it.

    The caption stands beside the picture as text: in the terminal, in `pictures.md`, in the chapter's page.
    """

    file: str
    paint: Callable[[Figure], None]
    caption: str
    size: tuple[float, float] = (8.0, 4.5)   # inches
    dark: bool = False                       # README shows it: --gallery also writes it for a dark page, name_dark.png


@dataclass(frozen=True)
class Report:
    """The results, and the results of the simplest alternative."""

    metrics: Mapping[str, float]             # "test_accuracy", "test_r2" or "test_bits_per_char" first
    baseline: Mapping[str, float]            # the same names
    baseline_name: str = ""                  # "majority class", "mean", "unigram"
    notes: Sequence[str] = field(default=()) # lines to print below: a check that passed, a text that was written
    failures: Sequence[str] = field(default=())  # what was asked for and could not be done: the exit code is then 1


class Demo(Protocol):
    """A demo has four parts.  After every frame, report and figures work with the present model.

    A demo with "set" in `uses` passes `settings.parameters` to its model.  It may name the model's class as
    `model_class`: then a misspelt parameter is reported before anything runs.
    """

    @property
    def data(self) -> Sequence[DataUse]: ...   # in the order of use; the report is about the last one
    @property
    def uses(self) -> frozenset[str]: ...      # the options that it uses besides quick and seed: "epochs"

    def __init__(self, settings: Settings) -> None: ...

    def train(self) -> Iterator[Frame]: ...

    def draw(self, figure: Figure, frames: Sequence[Any]) -> None:
        """Paint the last of these frames of one scene.  The figure is empty, or an earlier frame of the scene is on
        it."""

    def figures(self) -> Iterator[Picture]:
        """A picture loads data that only it needs inside `paint`.  If that fails, the other pictures are still made."""
        ...

    def report(self) -> Report: ...


@runtime_checkable
class PhasedDemo(Protocol):
    """A demo that describes in one sentence what the live figure shows at this moment ("down the wall")."""

    def phase(self, frames: Sequence[Any]) -> str:
        """The sentence for the last of these frames of one scene; at most 130 characters, empty if there is nothing to
        say."""
        ...


@runtime_checkable
class WritingDemo(Protocol):
    """A demo that also writes a text; the text is printed after the report."""

    def speech(self) -> Iterator[str]:
        """The text in pieces, printed as they come.  It may be endless: Ctrl-C ends it."""
        ...



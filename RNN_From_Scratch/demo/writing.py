"""Scene 1: the shipped weights write Hamlet at once, without an internet connection."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from ai_from_scratch.stage.demo import Settings
from ai_from_scratch.weights import load
from RNN_From_Scratch.char_rnn import CharRNN
from RNN_From_Scratch.demo.generation_settings import GenerationSettings
from RNN_From_Scratch.demo.named_units import NamedStates, UnitFinder, UnitStrips, named_states
from RNN_From_Scratch.demo.paint import NO_CHARACTER, Page
from RNN_From_Scratch.demo.train_weights import WEIGHTS_FILE
from RNN_From_Scratch.demo.unit_correlations import closest_units

LENGTH, CHARACTERS_PER_FRAME = 600, 10     # number of characters written, and between two frames
WINDOW, UNITS = 28, 5                      # characters and units whose states are shown
CORRELATED_CHARACTERS = 2_400          # characters that are written to find the units; only the first of them are shown


class WritingFrame(NamedTuple):
    """One moment of the writing: the text so far, and the states at its last characters."""

    step: int                 # characters written
    steps: int
    metrics: dict[str, float]
    text: str
    names: tuple[str, ...]    # of the units
    states: np.ndarray        # (units, WINDOW) int8
    features: np.ndarray      # (units, WINDOW) int8: the features that the units follow

    title: str = "writing"
    hold: float = 0.08


class Writing:
    """One passage, written by the shipped weights."""

    def __init__(self, settings: Settings) -> None:
        arrays, self.metadata = load(WEIGHTS_FILE)
        self.model = CharRNN.from_arrays(arrays, self.metadata)
        self.generation = GenerationSettings.of(settings, self.model.vocabulary_, "HAMLET:\n")
        self.prompt = self.generation.prompt or "\n"
        self.written_for_units = "".join(self.generation.generate(self.model, CORRELATED_CHARACTERS))
        self.text = self.written_for_units[:LENGTH]
        self.written = 0

    def train(self) -> Iterator[WritingFrame]:
        """Trains nothing: the text is shown as it was written, with the network's states."""
        whole = self.prompt + self.text
        states = self.model.hidden_states(whole)                               # (n, H)
        finder = UnitFinder(self.written_for_units, whole)
        closest = closest_units(finder.find(self.model), UNITS)
        self.rows = max(1, len(closest))
        named = named_states(closest, states, finder.marks)
        surprise = self.model.surprise(whole)
        for written in range(CHARACTERS_PER_FRAME, LENGTH + 1, CHARACTERS_PER_FRAME):
            end = len(self.prompt) + written
            start = max(0, end - WINDOW)
            seen, follows = (np.pad(part[:, start:end], ((0, 0), (WINDOW - (end - start), 0)))
                             for part in (named.states, named.features))
            self.written = written
            yield WritingFrame(written, LENGTH, {"surprise in bits": float(surprise[len(self.prompt) : end].mean())},
                               whole[:end], named.names, seen, follows)

    def draw(self, figure: Figure, frames: Sequence[WritingFrame]) -> None:
        if not figure.axes:
            left, right = figure.subplots(1, 2, width_ratios=[1, 1.5])
            left.set_title("written by the weights that come with the package", fontsize=10)
            right.set_title(f"the last {WINDOW} characters, and units under the features that they follow", fontsize=10)
            self.page = Page(left, columns=52, lines=24, size=8.5, last=True)
            self.strips = UnitStrips(right, self.rows, WINDOW, size=14)
        last = frames[-1]
        self.page.update(last.text)
        shown = last.text[-WINDOW:].rjust(WINDOW, NO_CHARACTER)
        self.strips.update(NamedStates(last.names, last.states, last.features), shown)

    def phase(self, frames: Sequence[WritingFrame]) -> str:
        return ("The network writes: the state gives probabilities, a character is drawn from them, and the network "
                "reads it.")

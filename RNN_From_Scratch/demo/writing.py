"""Scene 1: the weights that come with the package write Hamlet, at once and without a network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from ai_from_scratch.stage.demo import Settings
from ai_from_scratch.weights import load
from RNN_From_Scratch.char_rnn import CharRNN
from RNN_From_Scratch.demo.generation_settings import GenerationSettings
from RNN_From_Scratch.demo.paint import Page, StateMap, packed, unpacked
from RNN_From_Scratch.demo.train_weights import SHIPPED
from RNN_From_Scratch.demo.unit_correlations import order_by_correlation

LENGTH, CHARACTERS_PER_FRAME = 600, 10     # characters written, and those between two frames
WINDOW, UNITS = 48, 64                     # characters and units whose states are shown


class WritingFrame(NamedTuple):
    """One moment of writing: the text so far, and the states at its last characters."""

    step: int                 # characters written
    steps: int
    metrics: dict[str, float]
    text: str
    states: np.ndarray        # (UNITS, WINDOW) int8

    title: str = "writing"
    hold: float = 0.08


class Writing:
    """One passage from the shipped weights."""

    def __init__(self, settings: Settings) -> None:
        arrays, self.metadata = load(SHIPPED)
        self.model = CharRNN.from_arrays(arrays, self.metadata)
        self.generation = GenerationSettings.of(settings, self.model.vocabulary_, "HAMLET:\n")
        self.prompt = self.generation.prompt or "\n"
        self.text = "".join(self.generation.generate(self.model, LENGTH))
        self.written = 0

    def train(self) -> Iterator[WritingFrame]:
        """No training: the text is shown as it was written, with the network's states."""
        whole = self.prompt + self.text
        states = self.model.hidden_states(whole)                               # (n, H)
        most_active = np.sort(np.argsort(-states.std(axis=0))[:UNITS])
        order = most_active[order_by_correlation(states[:, most_active])[0]]
        surprise = self.model.surprise(whole)
        for written in range(CHARACTERS_PER_FRAME, LENGTH + 1, CHARACTERS_PER_FRAME):
            end = len(self.prompt) + written
            start = max(0, end - WINDOW)
            seen = np.zeros((WINDOW, len(order)), states.dtype)
            seen[WINDOW - (end - start) :] = states[start:end, order]
            self.written = written
            yield WritingFrame(written, LENGTH, {"surprise in bits": float(surprise[len(self.prompt) : end].mean())},
                               whole[:end], packed(seen))

    def draw(self, figure: Figure, frames: Sequence[WritingFrame]) -> None:
        if not figure.axes:
            left, right = figure.subplots(1, 2, width_ratios=[1, 1.15])
            left.set_title("written by the weights that come with the package")
            right.set_title(f"the states of {UNITS} of its units at the last {WINDOW} characters")
            self.page = Page(left, columns=56, lines=24, last=True)
            self.map = StateMap(right, UNITS, WINDOW)
        last = frames[-1]
        self.page.update(last.text)
        self.map.update(unpacked(last.states), last.text[-WINDOW:].rjust(WINDOW))

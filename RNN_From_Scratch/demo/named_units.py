"""A few units, each under the name of the feature that it follows, beside the text: states with a meaning that can be
read.

    green: the unit shows that the feature is on (its state times the sign of r); violet: that it is off
    the grey bar below a strip: where the feature really is on in the text (or how large it is)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.text import Text

from ai_from_scratch.stage import theme
from RNN_From_Scratch.demo.paint import family, write
from RNN_From_Scratch.demo.unit_correlations import (
    LEAST_CORRELATION,
    UnitFeature,
    closest_units,
    correlations,
    text_features,
)
from RNN_From_Scratch.language_model import LanguageModel

STREAMS = 12                       # parts of the text, read side by side, on which units are compared with features
PIXEL_LINES_PER_ROW = 24           # height of a row in pixels: 11 for the name, 10 for the states, 3 for the bar
STATE, BAR = slice(11, 21), slice(21, 24)


class NamedStates(NamedTuple):
    """The part of a frame with the named units: a name, the states and the feature of each row."""

    names: tuple[str, ...]         # "inside a speaker's name: unit 37, |r| = 0.62"
    states: np.ndarray             # (rows, T) int8, −127 … 127
    features: np.ndarray           # (rows, T) int8, 0 … 127


class UnitFinder:
    """Finds, for a few features of a text, the unit that follows each feature most closely at this moment of the
    training."""

    def __init__(self, text: str, passage: str, characters: int = 12_000) -> None:
        self.T = min(len(text), characters) // STREAMS
        self.text = text[: self.T * STREAMS]
        self.passage, here = passage, text_features(passage)
        columns = text_features(self.text)
        # A row needs a feature that changes, in the text and in the passage.
        self.features = [name for name in columns
                         if self.T and np.ptp(columns[name]) and np.ptp(here[name])]
        self.columns = np.column_stack([columns[name] for name in self.features] or [np.zeros(len(self.text))])
        self.marks = {name: marks(here[name]) for name in self.features}

    def find(self, model: LanguageModel) -> list[UnitFeature]:
        """The units in the order of the features. Every stream begins with a zero state; its effect ends after a few
        characters."""
        if not self.features:
            return []
        codes = model.vocabulary_.encode(self.text).reshape(STREAMS, self.T).T
        h, _ = model.network_.read(codes)                                      # (T, STREAMS, H)
        r = correlations(h.transpose(1, 0, 2).reshape(len(self.text), -1), self.columns)      # (H, C)
        best = np.abs(r).argmax(axis=0)
        return [UnitFeature(int(unit), name, float(r[unit, i]))
                for i, (unit, name) in enumerate(zip(best, self.features, strict=True))]

    def states(self, found: Sequence[UnitFeature], states: np.ndarray, rows: int) -> NamedStates:    # (T, H)
        """The rows of the features that are followed most closely, in the order of the features.  No unit has two rows;
        a feature that no unit follows has no states."""
        closest = closest_units(found, rows, least=0)
        chosen = [pair for pair in found if pair in closest]
        named = named_states(chosen, states, self.marks)
        followed = np.array([abs(pair.r) >= LEAST_CORRELATION for pair in chosen], bool)
        names = tuple(name if is_followed else f"{pair.feature}: no unit with |r| ≥ {LEAST_CORRELATION}"
                      for pair, name, is_followed in zip(chosen, named.names, followed, strict=True))
        return NamedStates(names, named.states * followed[:, None], named.features)


def named_states(found: Sequence[UnitFeature], states: np.ndarray,                # (T, H)
                 marks: Mapping[str, np.ndarray]) -> NamedStates:
    """A row for each pair: its name, its unit's states, and its feature, which is found in `marks` by its name."""
    T = len(states)
    rows = [np.round(127 * states[:, pair.unit] * (1 if pair.r >= 0 else -1)) for pair in found]
    return NamedStates(tuple(f"{pair.feature}: unit {pair.unit}, |r| = {abs(pair.r):.2f}" for pair in found),
                       np.array(rows).reshape(len(found), T).astype(np.int8),
                       np.array([marks[pair.feature] for pair in found], np.int8).reshape(len(found), T))


def marks(feature: np.ndarray) -> np.ndarray:                                     # (T,) -> (T,) int8
    """A feature for a frame, one byte each: 127 where it is largest."""
    return (127 * feature / max(feature.max(), 1e-9)).astype(np.int8)


class UnitStrips:
    """Draws rows of a name, a unit's states, and the feature; the characters stand on the states, or once above all
    rows."""

    def __init__(self, ax: Axes, rows: int, characters: int, *, size: float = 7,
                 letters_on_states: bool = False) -> None:
        self.ax, self.rows, self.characters, self.size, self.on_states = ax, rows, characters, size, letters_on_states
        self.image = ax.imshow(np.ones((rows * PIXEL_LINES_PER_ROW, characters, 3)), aspect="auto",
                               extent=(-0.5, characters - 0.5, rows, 0))
        ax.set(xlim=(-0.5, characters - 0.5), ylim=(rows, 0.25) if letters_on_states else (rows + 0.35, -0.55))
        ax.set_axis_off()
        middle = (STATE.start + STATE.stop) / 2 / PIXEL_LINES_PER_ROW
        places = [row + middle for row in range(rows)] if letters_on_states else [-0.25]
        self.letters = [[ax.text(t, height, "", ha="center", va="center", family=family(), size=size,
                                 parse_math=False, color=theme.INK) for t in range(characters)] for height in places]
        self.key = [] if letters_on_states else key_of_colours(ax)
        self.names = [ax.text(-0.4, row + (STATE.start - 0.3) / PIXEL_LINES_PER_ROW, "", ha="left", va="bottom",
                              size=8.5, color=theme.INK) for row in range(rows)]     # close to its states

    @property
    def texts(self) -> list[Text]:
        return [*self.names, *self.key, *(letter for line in self.letters for letter in line)]

    def update(self, shown: NamedStates, text: str) -> None:
        pixels = np.empty((self.rows, PIXEL_LINES_PER_ROW, self.characters, 3))
        pixels[:] = to_rgb(theme.BACKGROUND)
        for row, (states, feature) in enumerate(zip(shown.states, shown.features, strict=True)):
            pixels[row, STATE] = theme.DIVERGING(0.5 + states / 254)[:, :3]
            amount = feature[:, None] / 127
            pixels[row, BAR] = amount * np.array(to_rgb(theme.GREY)) + (1 - amount) * np.array(to_rgb(theme.PALE))
        self.image.set_data(pixels.reshape(-1, self.characters, 3))
        for row, label in enumerate(self.names):
            label.set_text(shown.names[row] if row < len(shown.names) else "")
        for row, letters in enumerate(self.letters):
            for t, (letter, character) in enumerate(zip(letters, text, strict=True)):
                write(letter, character, self.size)
                if self.on_states and row < len(shown.states):
                    letter.set_color(theme.text_on(theme.DIVERGING(0.5 + shown.states[row, t] / 254)[:3]))


def key_of_colours(ax: Axes) -> list[Text]:
    """Writes below the rows what the colours mean, each in its colour."""
    words = (("green: yes, or far", theme.POSITIVE), ("violet: no, or near", theme.NEGATIVE),
             ("grey: the feature itself", theme.GREY))
    return [ax.text(i / len(words), 0, word, transform=ax.transAxes, va="bottom", size=8, color=colour)
            for i, (word, colour) in enumerate(words)]

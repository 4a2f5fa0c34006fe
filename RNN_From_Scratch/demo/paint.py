"""Parts that both scenes and the pictures draw: pages of text, states as heat maps, curves with baselines."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.text import Text

from ai_from_scratch.stage import fonts, theme
from ai_from_scratch.stage.paint import spread_out

FONT = "DejaVu Sans Mono"              # comes with Matplotlib
NO_CHARACTER = "\0"                    # stands before the beginning of a text


def family() -> list[str]:
    """The fonts of a text: FONT, then fonts of this machine for characters that it lacks."""
    return fonts.family(FONT)


def shown(text: str) -> str:
    """The text with a box for every character that no font has, because a user's text may have any characters."""
    return fonts.shown(text, FONT)


def columns(text: str) -> int:
    """The number of columns of the text in a fixed-width font: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def wrapped(line: str, width: int) -> list[str]:
    """The line in pieces of at most `width` columns: between words, or after any character if some take two columns.

    A space where the line is broken stays at the end of its piece, beyond the width: at the beginning of the next piece
    it would look like an indent.

    >>> wrapped("to be or not to be", 8)
    ['to be or ', 'not to ', 'be']
    """
    if columns(line) == len(line):
        pieces = textwrap.wrap(line, width, drop_whitespace=False, expand_tabs=False) or [""]
    else:
        pieces = [""]
        for character in line:
            if columns(pieces[-1] + character) > width:
                pieces.append("")
            pieces[-1] += character
    result = pieces[:1]
    for piece in pieces[1:]:
        words = piece.lstrip(" ")
        result[-1] += piece[: len(piece) - len(words)]
        result += [words] if words else []
    return result


def visible(character: str) -> str:
    """One character as a label; white space becomes a visible sign, and NO_CHARACTER is blank."""
    return {" ": "␣", "\n": "↵", "\t": "→", NO_CHARACTER: " "}.get(character) or shown(character)


def write(label: Text, character: str, size: float) -> None:
    """Makes this one character the label; one of two columns is smaller, so that neighbours do not overlap."""
    label.set_text(visible(character))
    label.set_fontsize(size * (0.65 if columns(character) > 1 else 1))


class Page:
    """A text in a fixed-width font; it shows as many lines as fit, the last ones or the first."""

    def __init__(self, ax: Axes, *, columns: int, lines: int, size: float = 9, last: bool = False) -> None:
        self.columns, self.lines, self.last = columns, lines, last
        ax.set_axis_off()
        self.ax = ax
        self.text = ax.text(0, 1, "", transform=ax.transAxes, family=family(), size=size, va="top", linespacing=1.25,
                            color=theme.INK, parse_math=False)
        self.text.set_in_layout(False)     # the text does not change the size of its axes

    def update(self, text: str) -> None:
        lines = [piece for line in shown(text).split("\n") for piece in wrapped(line, self.columns)]
        self.text.set_text("\n".join(lines[-self.lines :] if self.last else lines[: self.lines]))


class Snapshot(Artist):
    """Keeps texts and axes that seldom change as an image; the image is painted again only after a change.

    A letter takes as long to draw as a curve, and a live frame has hundreds of letters.  Matplotlib's blitting
    keeps a background on one canvas. A Snapshot is one artist, so it also works where a frame is drawn again for a
    file.
    """

    def __init__(self, ax: Axes, others: Sequence[Artist]) -> None:
        super().__init__()
        self.others = others
        self.known: Any = None
        self.pictured: tuple[int, int, np.ndarray] | None = None       # left, bottom, pixels
        for artist in others:
            artist.set_animated(True)      # this class draws it instead of the axes
        self.set_in_layout(False)
        self.set_zorder(3)
        ax.add_artist(self)

    def draw(self, renderer: Any) -> None:
        ax = self.axes
        assert ax is not None
        state: Any = (renderer.width, renderer.height, renderer.dpi, ax.bbox.bounds, ax.viewLim.bounds,
                      tuple(artist.get_text() for artist in self.others if isinstance(artist, Text)))
        if state != self.known:
            apart = RendererAgg(int(renderer.width), int(renderer.height), renderer.dpi)
            for artist in self.others:
                artist.draw(apart)
            pixels = np.asarray(apart.buffer_rgba())                       # (height, width, 4)
            rows, columns = (np.flatnonzero(pixels[..., 3].any(axis=axis)) for axis in (1, 0))
            self.known, self.pictured = state, None
            if len(rows):
                top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
                self.pictured = int(left), int(len(pixels) - bottom), pixels[top:bottom, left:right][::-1].copy()
        if self.pictured:
            renderer.draw_image(renderer.new_gc(), *self.pictured)


class StateMap:
    """Draws units (rows) over the characters of a text (columns); every character stands on the axis."""

    def __init__(self, ax: Axes, units: int, characters: int, *, size: float = 7) -> None:
        self.ax, self.size = ax, size
        self.image = ax.imshow(np.zeros((units, characters)), cmap=theme.DIVERGING, vmin=-1, vmax=1, aspect="auto")
        ax.set(yticks=[], ylabel="units", xticks=[])
        ax.spines[:].set_visible(False)
        self.labels = [ax.text(t, units - 0.4, "", ha="center", va="top", family=family(), size=size, parse_math=False)
                       for t in range(characters)]

    def update(self, states: np.ndarray, text: str) -> None:       # (units, characters)
        self.image.set_data(states)
        for label, character in zip(self.labels, text, strict=True):
            write(label, character, self.size)


def packed(states: np.ndarray) -> np.ndarray:                      # (T, H) -> (H, T)
    """States for a frame, one byte each, −127 … 127."""
    return np.round(127 * states.T).astype(np.int8)


def unpacked(states: np.ndarray) -> np.ndarray:
    return states / 127


def lines_for_scale(ax: Axes, bits: Mapping[str, float], x: float, *, size: float = 8) -> None:
    """Draws a dotted line for each baseline, with its name at the right end (x, in data); names do not overlap."""
    low, high = ax.get_ylim()
    inside = sorted((value, name) for name, value in bits.items() if low <= value <= high)
    heights = spread_out([value for value, _ in inside], 0.058 * (high - low))
    for (value, name), height in zip(inside, heights, strict=True):
        ax.axhline(value, color=theme.GREY, linestyle=":", linewidth=1, zorder=0)
        ax.annotate(f"  {name} {value:.2f}", (x, height), color=theme.GREY, size=size, va="center",
                    annotation_clip=False)

"""Text as numbers: an alphabet, and a text laid out as streams that a network reads side by side.

    "to be, or not to be" in 2 streams, chunks of 4:      x   to_b  e,_o  r       y   o_be  ,_or  _
                                                              _not  _to_  b           not_  to_b  e

The state after one chunk is the state before the next, so a stream is read as one text; only gradients stop at a
chunk's beginning.  y is x one character later: what the network has to predict.
"""

import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Self

import numpy as np

LARGEST = 2_000     # characters: each costs a row and a column of weights, and a Chinese novel has more


class VocabularyError(ValueError):
    """A character that is not in the vocabulary, or a vocabulary that cannot be."""


class Vocabulary:
    """Characters and their codes 0 … V − 1, in the order of Unicode.

    >>> vocabulary = Vocabulary("abba")
    >>> vocabulary.encode("bab"), vocabulary.decode([0, 0])
    (array([1, 0, 1]), 'aa')
    """

    def __init__(self, text: Iterable[str]) -> None:
        self.characters = "".join(sorted(set(text)))
        if not 0 < len(self.characters) <= LARGEST:
            raise VocabularyError(
                f"A vocabulary has 1 to {LARGEST:,} characters, got {len(self.characters):,}. Try another "
                "text, in an alphabet: a network of characters has nothing to say of a script of words."
            )
        self._codes = {character: code for code, character in enumerate(self.characters)}

    def __len__(self) -> int:
        return len(self.characters)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self.characters == other.characters

    def __hash__(self) -> int:
        return hash(self.characters)

    def __repr__(self) -> str:
        return f"Vocabulary({self.characters!r})"

    def encode(self, text: str, replacement: str | None = None) -> np.ndarray:    # n characters -> (n,)
        """The code of each character.

        Unknown ones become the `replacement`, where one is given (it has to be known); else VocabularyError names them.
        """
        unknown = sorted(set(text) - self._codes.keys())
        if unknown and replacement is None:
            shown = ", ".join(f"{character!r} (U+{ord(character):04X})" for character in unknown[:5])
            raise VocabularyError(
                f"Not in the vocabulary: {shown}{' …' if len(unknown) > 5 else ''}. The network knows only the "
                f"{len(self)} characters that it was trained with: {self.characters!r}."
            )
        codes = self._codes
        if unknown:
            assert replacement is not None
            codes = codes | dict.fromkeys(unknown, int(self.encode(replacement)[0]))
        return np.fromiter((codes[character] for character in text), np.int64, len(text))

    def decode(self, codes: Iterable[int]) -> str:
        """The text of these codes."""
        return "".join(self.characters[code] for code in codes)

    def to_json(self) -> str:
        """As text, for the metadata of a file."""
        return json.dumps(self.characters)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What to_json wrote.  VocabularyError for anything else."""
        try:
            characters = json.loads(text)
        except json.JSONDecodeError:
            characters = None
        if not isinstance(characters, str) or characters != "".join(sorted(set(characters))):
            raise VocabularyError(f"A vocabulary is a JSON string of sorted characters, got {text[:60]!r}.")
        return cls(characters)


class Chunk(NamedTuple):
    """T characters of each of B streams: x (T, B), and y (T, B), the ones that follow.  Time comes first."""

    x: np.ndarray
    y: np.ndarray
    is_first: bool    # the streams begin here: there is no state to carry on


def streams(codes: np.ndarray, most: int, length: int) -> np.ndarray:    # (n,) -> (L + 1, B)
    """The text in B equal streams, one a column: at most `most`, and none shorter than a chunk of `length`.

    Where the text does not divide evenly neighbours overlap by a character or two, rather than lose the rest of it.
    """
    pairs = len(codes) - 1                                               # (x, y) pairs: the last has no successor
    if pairs < 1:
        raise ValueError(f"A text to learn from has at least 2 characters, got {len(codes)}.")
    B = max(1, min(most, pairs // length))
    L = -(-pairs // B)                                                   # rounded up
    starts = np.linspace(0, pairs - L, B).round().astype(int)            # (B,)
    return codes[starts + np.arange(L + 1)[:, None]]


def chunks(laid_out: np.ndarray, length: int) -> Iterator[Chunk]:        # (L + 1, B) -> x and y (≤ length, B)
    """One pass over the streams, chunk by chunk; the last may be shorter, and is not dropped."""
    for start in range(0, len(laid_out) - 1, length):
        piece = laid_out[start : start + length + 1]
        yield Chunk(piece[:-1], piece[1:], start == 0)

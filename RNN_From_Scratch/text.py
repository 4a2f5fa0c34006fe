"""Text as numbers: an alphabet, and a text as streams that a network reads side by side.

    "to be, or not to be" in 2 streams, chunks of 4:      x   to_b  e,_o  r       y   o_be  ,_or  _
                                                              _not  _to_  b           not_  to_b  e

The state after one chunk is the state before the next chunk, so a stream is read as one text.  Only the gradient stops
where a chunk begins.  y is x one character later: the targets.
"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

LARGEST_VOCABULARY = 2_000     # characters: each costs a row and a column of weights


class VocabularyError(ValueError):
    """A character is not in the vocabulary, or the vocabulary is not possible."""


class Vocabulary:
    """Characters and their codes 0 … V − 1, in the order of Unicode.

    >>> vocabulary = Vocabulary("abba")
    >>> vocabulary.encode("bab"), vocabulary.decode([0, 0])
    (array([1, 0, 1]), 'aa')
    """

    def __init__(self, text: Iterable[str]) -> None:
        self.characters = "".join(sorted(set(text)))
        if not 0 < len(self) <= LARGEST_VOCABULARY:
            raise VocabularyError(
                f"A vocabulary has 1 to {LARGEST_VOCABULARY:,} characters, got {len(self):,}. Try a text that is "
                "written in an alphabet: if each word has its own sign, most signs are too rare.")
        self._codes = {character: code for code, character in enumerate(self.characters)}

    def __getnewargs__(self) -> tuple[str]:
        return (self.characters,)

    def __len__(self) -> int:
        return len(self.characters)

    def encode(self, text: str) -> np.ndarray:                           # n characters -> (n,)
        """The code of each character.  A VocabularyError names the characters without a code."""
        if unknown := sorted(set(text) - self._codes.keys()):
            names = ", ".join(f"{character!r} (U+{ord(character):04X})" for character in unknown[:5])
            raise VocabularyError(f"Not in the vocabulary: {names}{' …' if len(unknown) > 5 else ''}. It has codes "
                                  f"only for the {len(self)} characters of its training text: {self.characters!r}.")
        return np.array([self._codes[character] for character in text], np.int64)

    def decode(self, codes: Iterable[int]) -> str:
        return "".join(self.characters[code] for code in codes)


class Chunk(NamedTuple):
    """T characters of each of N streams.  Time is the first axis."""
    x: np.ndarray     # (T, N)
    y: np.ndarray     # (T, N) the characters that follow
    is_first: bool    # the streams begin here: no earlier state is carried on


def streams(codes: np.ndarray, most: int, length: int) -> np.ndarray:    # (n,) -> (steps + 1, N)
    """The text in N equal streams, one in each column: at most `most`, and none shorter than a chunk of `length`."""
    pairs = len(codes) - 1                                           # (x, y) pairs: the last character has no successor
    if pairs < 1:
        raise ValueError(f"A text to learn from has at least 2 characters, got {len(codes)}.")
    N = max(1, min(most, pairs // length))
    steps = -(-pairs // N)                                               # rounded up
    starts = np.linspace(0, pairs - steps, N).round().astype(int)        # (N,)  neighbours may overlap a little
    return codes[starts + np.arange(steps + 1)[:, None]]


def chunks(laid_out: np.ndarray, length: int) -> Iterator[Chunk]:        # (steps + 1, N) -> x and y (≤ length, N)
    """One pass over the streams, chunk by chunk; the last chunk may be shorter, and is not dropped."""
    if length < 1:
        raise ValueError(f"The 'length' parameter of chunks must be an int >= 1. Got {length!r} instead.")
    for start in range(0, len(laid_out) - 1, length):
        piece = laid_out[start : start + length + 1]
        yield Chunk(piece[:-1], piece[1:], start == 0)


def identity(**texts: str) -> dict[str, list]:    # each text's length and SHA-256, to recognise it
    return {name: [len(text), hashlib.sha256(text.encode()).hexdigest()] for name, text in texts.items()}

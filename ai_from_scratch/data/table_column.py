"""One column of a table: numbers or words, found out while the values come by, without keeping the text.

A number is kept as a number (NaN where none is), a word as the place where it first came (−1 where none is).
"""

import re
from array import array
from collections.abc import Callable, Iterable
from itertools import islice

import numpy as np

MISSING = frozenset({"", "na", "n/a", "#n/a", "<na>", "nan", "null", "none", "?", "-", "--"})
BEYOND = 1e150                    # the square of a larger number is infinite
MOST_WORDS = 1000                 # different ones that are kept in mind
THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
DECIMAL_COMMA = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+)(,\d*)?([eE][+-]?\d+)?")

Read = Callable[[str], float]     # raises ValueError for what is no number


def plain(text: str) -> float:
    if "_" in text:               # Python's own: 1_000
        raise ValueError(text)
    return float(text)


def thousands(text: str) -> float:
    """12,345.6"""
    return plain(text.replace(",", "") if THOUSANDS.fullmatch(text) else text)


def decimal_comma(text: str) -> float:
    """12.345,6"""
    if not DECIMAL_COMMA.fullmatch(text):
        raise ValueError(text)
    return float(text.replace(".", "").replace(",", "."))


def how_numbers_are_written(values: Iterable[str], delimiter: str) -> Read:
    """From a column's first values.  12,345 alone is twelve thousand where commas separate the fields (it was in quotes
    then), and twelve and a bit where they do not."""
    commas = [text for text in values if "," in text]
    if not commas:
        return plain
    styles = [thousands, decimal_comma] if delimiter == "," else [decimal_comma, thousands]
    return max(styles, key=lambda read: sum(reads(read, text) for text in commas))    # of equals the first


def reads(read: Read, text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


class Column:
    """Values come in by `add`; then `numbers` or `codes` is what they are, as `is_numeric` says."""

    def __init__(self, name: str, read: Read) -> None:
        self.name, self.read = name, read
        self._numbers, self._codes = array("d"), array("q")
        self.words: dict[str, int] = {}                            # in order of appearance; at most MOST_WORDS of them
        self.no_numbers: dict[str, int] = {}                       # the first few that are none, and their lines
        self.failures = self.missing = 0

    def add(self, text: str, line: int) -> None:
        try:
            number = self.read(text)
            known = abs(number) < BEYOND                           # no NaN, and not infinite
        except ValueError:
            number, known = np.nan, text.lower() not in MISSING
            if known:
                self.failures += 1
                if len(self.no_numbers) < 3:
                    self.no_numbers.setdefault(text, line)
        if not known:
            self.missing += 1
            self._numbers.append(np.nan)
            self._codes.append(-1)
            return
        self._numbers.append(number)
        if len(self.words) < MOST_WORDS:
            self._codes.append(self.words.setdefault(text, len(self.words)))
        else:
            self._codes.append(self.words.get(text, MOST_WORDS))

    @property
    def present(self) -> int:
        return len(self._numbers) - self.missing

    @property
    def is_numeric(self) -> bool:
        return self.failures == 0

    @property
    def numbers(self) -> np.ndarray:                               # (n,), NaN where there is none
        return np.frombuffer(self._numbers, dtype=float)

    @property
    def codes(self) -> np.ndarray:                                 # (n,), −1 where there is none
        return np.frombuffer(self._codes, dtype=np.int64)

    @property
    def absent(self) -> np.ndarray:                                # (n,) bool
        return np.isnan(self.numbers) if self.is_numeric else self.codes < 0

    def forget(self) -> None:
        """Drops what is not needed: the codes of numbers."""
        if self.is_numeric:
            self._codes = array("q")

    def some_words(self, most: int = 3) -> str:
        shown = ", ".join(repr(word[:30]) for word in islice(self.words, most))
        return shown + (", …" if len(self.words) > most else "")

"""One column of a table: its kind, numbers or words, is found while the values are read; the text is not kept.

A number is kept as a number (NaN for no number), a word as the place of its first occurrence (−1 for no word).
The column's kind decides what is missing: "None" among numbers is a missing number, "None" among "Mild" and "Severe" is
a third word.
"""

import re
from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import islice

import numpy as np

# First: always a missing value.  Second: missing among numbers, a value among words (--missing WORD changes this).
MISSING_WORDS = frozenset({"", "n/a", "#n/a", "<na>", "nan", "null", "?", "-", "--"})
MISSING_AMONG_NUMBERS = MISSING_WORDS | {"na", "none"}
MAX_NUMBER = 1e150                # the square of a larger number is infinite
INFINITE, TOO_LARGE = "infinite", f"too large to be squared, above {MAX_NUMBER:g}"      # numbers that cannot be used
MOST_WORDS = 1000                 # different words that are stored
THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+")         # 1.500, which is 1500 where 1,5 is one and a half
GROUPED_ONCE = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
DECIMAL_COMMA = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+)(,\d*)?([eE][+-]?\d+)?")

Read = Callable[[str], float]     # raises ValueError if the text is no number


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


def how_numbers_are_written(values: Sequence[str], delimiter: str, *, comma_file: bool = False) -> Read:
    """How the numbers are written, from a column's first values.  If commas separate the fields, 12,345 alone (in
    quotes, then) is twelve thousand; otherwise it is twelve and a bit.

    comma_file: another column has decimal commas, so that a point can only separate thousands.
    """
    commas = [text for text in values if "," in text]
    if not commas:
        return decimal_comma if comma_file and only_grouped(values) else plain
    styles = [thousands, decimal_comma] if delimiter == "," else [decimal_comma, thousands]
    return max(styles, key=lambda read: sum(reads(read, text) for text in commas))    # of equals the first


def has_decimal_commas(values: Iterable[str]) -> bool:
    """True if a number like 1,5 is among the values, which cannot be 15."""
    return any("," in text and DECIMAL_COMMA.fullmatch(text) and not THOUSANDS.fullmatch(text) for text in values)


def only_grouped(values: Iterable[str]) -> bool:
    """True if each value with a point may be a whole number in groups of three digits, as 1.500."""
    points = [text for text in values if "." in text]
    return bool(points) and all(map(GROUPED.fullmatch, points))


def only_grouped_once(values: Iterable[str]) -> bool:
    """True if each value with a comma may be a whole number, as 1,500, or one with three decimals."""
    commas = [text for text in values if "," in text]
    return bool(commas) and all(map(GROUPED_ONCE.fullmatch, commas))


def reads(read: Read, text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


class Column:
    """Values are added by `add`; then they are `numbers` or `codes`, depending on `is_numeric`.

    missing: the words that the user named for a missing value (besides the empty field).
    """

    def __init__(self, name: str, read: Read, *, has_name: bool = True, missing: Collection[str] | None = None) -> None:
        self.name, self.read, self.has_name = name, read, has_name
        named = None if missing is None else frozenset(word.strip().lower() for word in missing) | {""}
        self._no_word = MISSING_WORDS if named is None else named
        self._no_number = MISSING_AMONG_NUMBERS | self._no_word
        self._numbers, self._codes = array("d"), array("q")
        self.words: dict[str, int] = {}                     # in the order of their first occurrence; at most MOST_WORDS
        self.no_numbers: dict[str, int] = {}                 # the first few values that are no numbers, and their lines
        self.failures = 0
        self._missing_numbers: Counter[str] = Counter()            # how often each word stood for a missing number
        self._missing_words: Counter[str] = Counter()

    def add(self, text: str, line: int) -> None:
        lower = text.lower()
        try:
            number = np.nan if lower in self._no_word else self.read(text)
            finite = abs(number) < MAX_NUMBER                      # neither NaN nor infinite
        except ValueError:
            number, finite = np.nan, False
            if lower not in self._no_number:
                self.failures += 1
                if len(self.no_numbers) < 3:
                    self.no_numbers.setdefault(text, line)
        if not finite:
            unusable = INFINITE if "inf" in lower else TOO_LARGE
            self._missing_numbers[lower if lower in self._no_number else unusable] += 1
        self._numbers.append(number if finite else np.nan)
        if lower in self._no_word:
            self._missing_words[lower] += 1
            self._codes.append(-1)
        elif len(self.words) < MOST_WORDS:
            self._codes.append(self.words.setdefault(text, len(self.words)))
        else:
            self._codes.append(self.words.get(text, MOST_WORDS))

    @property
    def missing_by_word(self) -> Counter[str]:
        """How often each word stood at a missing value; "" is an empty field."""
        return self._missing_numbers if self.is_numeric else self._missing_words

    @property
    def missing(self) -> int:
        return self.missing_by_word.total()

    @property
    def unusable(self) -> bool:
        """True if a number is infinite or too large."""
        return any(self.missing_by_word[word] for word in (INFINITE, TOO_LARGE))

    @property
    def by_word(self) -> str:
        """The words at the missing values: " (30 × empty, 7 × 'na')".  An empty text if only empty fields occur."""
        counts = self.missing_by_word
        shown = ", ".join(f"{count:,} × {word if word in (INFINITE, TOO_LARGE) else repr(word) if word else 'empty'}"
                          for word, count in counts.most_common(5))
        return f" ({shown})" if set(counts) - {""} else ""

    @property
    def why_missing(self) -> str:
        return f"have no number that can be used{self.by_word}" if self.unusable else "have no value"

    @property
    def vanishes(self) -> bool:
        """True for numbers whose squares are all zero."""
        largest = np.nanmax(np.abs(self.numbers), initial=0.0) if self.is_numeric else 1.0
        return bool(0 < largest < 1 / MAX_NUMBER)

    @property
    def present(self) -> int:
        return len(self._numbers) - self.missing

    @property
    def is_numeric(self) -> bool:
        return self.failures == 0

    @property
    def numbers(self) -> np.ndarray:                               # (n,), NaN for a missing number
        return np.frombuffer(self._numbers, dtype=float)

    @property
    def codes(self) -> np.ndarray:                                 # (n,), −1 where there is none
        return np.frombuffer(self._codes, dtype=np.int64)

    @property
    def absent(self) -> np.ndarray:                                # (n,) bool
        return np.isnan(self.numbers) if self.is_numeric else self.codes < 0

    @property
    def words_that_may_mean_missing(self) -> list[str]:
        """The values of a column of words that often mean a missing value: "NA", "None"."""
        return [] if self.is_numeric else [word for word in self.words if word.lower() in MISSING_AMONG_NUMBERS]

    def as_written(self, number: float) -> str:
        """The number as the file writes it at its first occurrence."""
        written = (word for word in self.words if word.lower() not in self._no_number and reads(self.read, word))
        return next((word for word in written if self.read(word) == number), f"{number:.17g}")

    def forget(self) -> None:
        """Drops data that are not needed any more: the codes of a column of numbers."""
        if self.is_numeric:
            self._codes = array("q")

    def some_words(self, most: int = 3) -> str:
        shown = ", ".join(repr(word[:30]) for word in islice(self.words, most))
        return shown + (", …" if len(self.words) > most else "")

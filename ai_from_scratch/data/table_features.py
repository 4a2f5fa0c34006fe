"""The columns of a table as features: numbers as they are, categories one-hot, and what is left out, with the reason.

    n rows   d features   K categories of a column
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ai_from_scratch.data.dataset import DataError
from ai_from_scratch.data.table_column import Column

MOST_CATEGORIES = 50
ROW_NUMBERS = frozenset({"", "id", "index", "row", "rownames", "no", "no.", "nr", "#", "unnamed: 0"})


@dataclass
class Features:
    """Which columns are learnt from, and one line about each that is not."""

    used: list[Column] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def matrix(self, rows: np.ndarray, train: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
        """X (n, d) of these rows of the table, and d names.

        A category becomes a column of zeros and ones for each of its values that a training row has; two values share
        one column.  A value that no training row has is zero in all of them.
        """
        columns: list[np.ndarray] = []                             # (n,) each
        names: list[str] = []
        for column in self.used:
            if column.is_numeric:
                columns.append(column.numbers[rows])
                names.append(column.name)
                continue
            codes, words = column.codes[rows], list(column.words)
            known = sorted(np.unique(column.codes[train]), key=lambda code: words[code])
            for code in known[1:] if len(known) == 2 else known:
                columns.append((codes == code).astype(float))
                names.append(f"{column.name} = {words[code]}")
        return np.column_stack(columns), tuple(names)


def choose_features(path: object, columns: Sequence[Column]) -> Features:
    """Sorts the columns out.  Raises DataError where nothing is left, and for a column of numbers with a few words."""
    chosen, left_out = Features(), []
    one_hot = []
    for column in columns:
        n = column.present + column.missing
        reason = ""
        if column.missing > n / 2:
            reason = f"{column.missing:,} of {n:,} rows have no value there"
        elif column.is_numeric:
            values = column.numbers[~column.absent]
            if values.min() == values.max():
                reason = "it has the same value everywhere"
            elif column.name.lower() in ROW_NUMBERS and (np.diff(values) == 1).all():
                reason = "it only counts the rows"
        elif column.failures <= 0.1 * column.present and len(column.words) > MOST_CATEGORIES:
            raise stray_words(path, column)
        elif len(column.words) == 1:
            reason = "it has the same value everywhere"
        elif len(column.words) > min(MOST_CATEGORIES, n / 2):
            reason = (f"it has {len(column.words):,} different words or more in {n:,} rows, and at most "
                      f"{int(min(MOST_CATEGORIES, n / 2))} can be told apart as categories")
        else:
            one_hot.append(f"{column.name!r} ({len(column.words)})")
        if reason:
            left_out.append(f"Column {column.name!r} is left out: {reason}.")
        else:
            chosen.used.append(column)
    if not chosen.used:
        raise DataError(f"{path}: no column is left to learn from. " + " ".join(left_out[:5]))
    if one_hot:
        chosen.notes.append(f"Categories became columns of zeros and ones, one for each value: {', '.join(one_hot)}.")
    chosen.notes += left_out if len(left_out) <= 5 else [*left_out[:5], f"So are {len(left_out) - 5} more columns."]
    return chosen


def stray_words(path: object, column: Column) -> DataError:
    """A column of numbers with a few words in it is a mistake in the table."""
    text, line = next(iter(column.no_numbers.items()))
    others = "" if column.failures == 1 else f" (and {column.failures - 1:,} more such places)"
    return DataError(f"{path}, line {line}, column {column.name!r}: expected a number, as in "
                     f"{column.present - column.failures:,} other lines, got {text[:40]!r}{others}. Correct it, or "
                     "leave the field empty where the value is not known.")

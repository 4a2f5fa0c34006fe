"""The columns of a table as features: numbers as they are, categories one-hot; and the columns that are left out, with
the reason.

    n rows   d features   K categories of a column
"""

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass, field

import numpy as np

from ai_from_scratch.data.dataset import DataError
from ai_from_scratch.data.table_column import MAX_NUMBER, Column

MOST_CATEGORIES = 50
# A share of the values: row numbers and ids are nearly all different, or nearly all one more than in the row before
# where the count begins anew for each group; a number of rooms or a year is neither.
DIFFERENT_IDS = 0.95
FIRST_ROUNDED = 2.0**53           # from here on, two whole numbers may become one float
THINGS = ("row|record|sample|case|serial|obs|observation|line|item|entry|customer|client|user|member|person|employee|"
          "passenger|patient|subject|student|order|invoice|account|transaction|product|ticket")
# Matches Id, PassengerId, customer_id, PID, Sample Number, rownames, Unnamed: 0; not humid, paid or "number of rooms".
ID_NAME = re.compile(rf"(?:.*(?:[^a-z]|{THINGS}))?id|[pus]id|g?uid|uuid|index|(?:(?:{THINGS})[\W_]*)?(?:no\.?|nr\.?|"
                     rf"num|number|index|#)|rows?|row[\W_]*names?|unnamed: \d+|level_\d+", re.IGNORECASE)
CAMEL_CASE = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass
class Features:
    """The columns that are used, and one line about each column that is not."""

    used: list[Column] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def categories(self) -> tuple[str, ...]:
        """The columns of words."""
        return tuple(column.name for column in self.used if not column.is_numeric)

    def matrix(self, rows: np.ndarray, train: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
        """X (n, d) for these rows of the table, and the d names of its columns, all different.

        A category becomes a column of zeros and ones for each value that occurs in a training row; if there are two
        values, one column is enough.  A value that occurs in no training row is zero in all of them.
        """
        columns: list[np.ndarray] = []                             # (n,) each
        names: dict[str, None] = {}
        for column in self.used:
            if column.is_numeric:
                columns.append(column.numbers[rows])
                names[unused_name(column.name, names)] = None
                continue
            codes, words = column.codes[rows], list(column.words)
            known = sorted(np.unique(column.codes[train]), key=lambda code: words[code])
            for code in known[1:] if len(known) == 2 else known:
                columns.append((codes == code).astype(float))
                names[unused_name(f"{column.name} = {words[code]}", names)] = None
        return np.column_stack(columns), tuple(names)


def unused_name(name: str, used: Container[str]) -> str:
    """The name, with a number added if the name is already used."""
    number, fresh = 2, name
    while fresh in used:
        number, fresh = number + 1, f"{name} ({number})"
    return fresh


def choose_features(path: object, columns: Sequence[Column]) -> Features:
    """Chooses the features.  Raises DataError if no column is left, and for a column of numbers that contains a few
    words."""
    chosen, left_out = Features(), []
    ids: list[Column] = []
    for column in columns:
        n = column.present + column.missing
        reason = ""
        if column.missing > n / 2:
            reason = f"{column.missing:,} of {n:,} rows {column.why_missing}"
        elif column.is_numeric:
            values = column.numbers[~column.absent]
            if values.min() == values.max():
                reason = "it has the same value everywhere"
            elif column.vanishes:
                reason = f"its numbers are too small to be squared, below {1 / MAX_NUMBER:g}"
            elif _is_id(column):
                ids.append(column)
                continue
        elif column.failures <= 0.1 * column.present and len(column.words) > MOST_CATEGORIES:
            raise stray_words(path, column)
        elif len(column.words) == 1:
            reason = "it has the same value everywhere"
        elif len(column.words) > min(MOST_CATEGORIES, n / 2):
            reason = (f"it has {len(column.words):,} different words or more in {n:,} rows, and at most "
                      f"{int(min(MOST_CATEGORIES, n / 2))} can be used as categories")
        if reason:
            left_out.append(f"Column {column.name!r} is left out: {reason}.")
        else:
            chosen.used.append(column)
    id_notes = _sort_out_ids(chosen, ids)
    if not chosen.used:
        raise DataError(f"{path}: no column is left to learn from. " + " ".join(left_out[:5]))
    one_hot = [f"{column.name!r} ({len(column.words)})" for column in chosen.used if not column.is_numeric]
    if one_hot:
        chosen.notes.append(f"Categories became columns of zeros and ones, one for each value: {', '.join(one_hot)}.")
    chosen.notes += id_notes                                    # all are shown: an id among the features misleads
    chosen.notes += left_out if len(left_out) <= 5 else [*left_out[:5], f"So are {len(left_out) - 5} more columns."]
    return chosen


def _sort_out_ids(chosen: Features, ids: Sequence[Column]) -> list[str]:
    """Leaves ids out, but not the last feature. A column that only looks like row numbers stays, with a note."""
    notes = []
    if ids and not chosen.used:
        chosen.used.append(ids[0])
        notes.append(f"Column {ids[0].name!r} looks like an id or a row number. It is used because it is the only "
                     "feature.")
        ids = ids[1:]
    for column in ids:
        named = "is named like an id" if column.has_name else "has no name"
        why = "it only counts the rows" if _counts_rows(column) else (
            f"it {named}, and its " + ("whole numbers have 16 digits or more" if _is_rounded(column) else
                                       "values are nearly all different" if _are_different(column) else
                                       "whole numbers count on from row to row"))
        notes.append(f"Column {column.name!r} is left out: {why}.")
    kept = [repr(column.name) for column in chosen.used
            if column.is_numeric and not _is_id(column) and _counts_rows(column)]
    if kept:
        shown = ", ".join(kept[:5]) + (f" and {len(kept) - 5} more" if len(kept) > 5 else "")
        notes.append(f"Whole numbers of a range, each once, like row numbers: {shown}. They are used as features. If "
                     "they are row numbers, take them out: the order of the rows may give the target away.")
    in_order = [repr(column.name) for column in chosen.used if column.is_numeric and _is_named_like_id(column)
                and not _is_id(column) and _is_whole(column) and _is_in_order(column)]
    if in_order:
        notes.append(f"Named like ids, or without a name, with whole numbers in the order of the rows: "
                     f"{', '.join(in_order[:5])}. They are used as features. If they only number the rows or groups of "
                     "rows, take them out: the order of the rows may give the target away.")
    rounded = [repr(column.name) for column in chosen.used
               if column.is_numeric and not _is_id(column) and _is_rounded(column)]
    if rounded:
        notes.append(f"Whole numbers of 16 digits or more: {', '.join(rounded[:5])}. They are used as features, "
                     "rounded to 16 digits. If they are ids, take them out: the order of the rows may give the target "
                     "away.")
    return notes


def _is_rounded(column: Column) -> bool:
    """True if all values are whole numbers so large that their last digits are lost."""
    return bool((np.abs(column.numbers[~column.absent]) >= FIRST_ROUNDED).all())


def _is_id(column: Column) -> bool:
    """True if a column only numbers the rows: its name (if any) says so, and nearly all of its whole numbers differ or
    count on."""
    return _is_named_like_id(column) and _is_whole(column) and (
        _are_different(column) or _counts_on(column) or _is_rounded(column))


def _is_named_like_id(column: Column) -> bool:
    """True if its name says so, or if it has none."""
    return not column.has_name or bool(ID_NAME.fullmatch(CAMEL_CASE.sub("_", column.name.strip())))


def _is_whole(column: Column) -> bool:
    values = column.numbers[~column.absent]
    return bool((values == np.round(values)).all())


def _are_different(column: Column) -> bool:
    values = column.numbers[~column.absent]
    return len(np.unique(values)) >= DIFFERENT_IDS * len(values)


def _counts_on(column: Column) -> bool:
    """True if nearly every value is one more than that of the row before: a count that begins anew for some groups."""
    values = column.numbers[~column.absent]
    return bool((np.diff(values) == 1).sum() >= DIFFERENT_IDS * (len(values) - 1))


def _is_in_order(column: Column) -> bool:
    """True if the values, three or more, only rise from row to row, or only fall: 1, 1, 2, 2, 3, 3."""
    values = column.numbers[~column.absent]
    steps = np.diff(values)
    return bool((steps >= 0).all() or (steps <= 0).all()) and len(np.unique(values)) > 2


def _counts_rows(column: Column) -> bool:
    """True if the values are consecutive whole numbers, each once, in any order; a tenth of them may be missing."""
    values = column.numbers[~column.absent]
    return _is_whole(column) and len(np.unique(values)) == len(values) and np.ptp(values) + 1 <= 1.1 * len(values)


def stray_words(path: object, column: Column) -> DataError:
    """Raises DataError for a column of numbers that contains a few words: this is a mistake in the table."""
    text, line = next(iter(column.no_numbers.items()))
    others = "" if column.failures == 1 else f" (and {column.failures - 1:,} more such places)"
    return DataError(f"{path}, line {line}, column {column.name!r}: expected a number, as in "
                     f"{column.present - column.failures:,} other lines, got {text[:40]!r}{others}. Correct it, or "
                     "leave the field empty if the value is not known.")

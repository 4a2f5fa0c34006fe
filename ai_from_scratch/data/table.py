"""A table of the user's own (--csv FILE --target COLUMN): any CSV file with a header becomes a data set.

Assumptions are listed in `notes`; if a table cannot be used, a DataError says what to change.

    n rows   d features   K classes
"""

import difflib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ai_from_scratch.data.dataset import DataError, Dataset, Samples, split
from ai_from_scratch.data.table_column import (
    MAX_NUMBER,
    Column,
    Read,
    has_decimal_commas,
    how_numbers_are_written,
    only_grouped,
    only_grouped_once,
)
from ai_from_scratch.data.table_features import Features, choose_features, stray_words, unused_name
from ai_from_scratch.data.table_file import DELIMITERS, TableFile, open_table

FEWEST_ROWS = 20                  # 12 for training, 4 for validation, 4 for the test
MOST_CLASSES = 50
MOST_CLASS_NUMBERS = 20           # different whole numbers that can still be classes


@dataclass(frozen=True)
class Table:
    """The table, split 60/20/20 and in its own units; y holds numbers, or codes of data.class_names."""

    data: Dataset
    target: str
    notes: tuple[str, ...]
    categories: tuple[str, ...] = ()      # columns of words, which are now columns of zeros and ones

    @property
    def has_classes(self) -> bool:
        return bool(self.data.class_names)


def load_table(path: str | Path, target: str, *, wanted: str = "either", otherwise: str = "", seed: int = 0,
               missing: Sequence[str] | None = None) -> Table:
    """Reads the table; `target` names the column to predict.

    wanted: "numbers", "classes", or "either" (words and few whole numbers are then classes, other numbers are numbers).
    otherwise: what to try if the target is of the other kind.
    missing: the words that mean a missing value, besides the empty field (--missing WORD).  None: the usual words, but
        "NA" and "None" only among numbers.
    """
    path = Path(path)
    file = open_table(path)
    names: list[str] = []
    for i, name in enumerate(file.header, start=1):
        names.append(name or unused_name(f"column {i}", file.header))
    place = _place(path, names, target)
    samples = list(zip(*file.sample, strict=True)) if file.sample else [()] * len(names)     # of each column
    has_commas = file.delimiter != "," and any(map(has_decimal_commas, samples))
    reads = [how_numbers_are_written(values, file.delimiter, comma_file=has_commas) for values in samples]
    columns, lines = _read(file, names, reads, missing)
    y_column = columns.pop(place)
    _check_target(path, y_column, wanted, otherwise)
    features = choose_features(path, columns)
    rows, dropped = _complete_rows(path, [y_column, *features.used], lines)
    y, class_names, about = _targets(path, y_column, rows, wanted, otherwise)
    data = _dataset(path, features, rows, y, class_names, seed)
    told = [] if file.delimiter == "," else [f"Fields are separated by a {DELIMITERS[file.delimiter]}."]
    kept = _kept_words([y_column, *features.used])
    if file.delimiter != "," and not has_commas:
        numeric = {column.name for column in (y_column, *features.used) if column.is_numeric}
        told += _doubtful_points([(name, values) for name, values in zip(names, samples, strict=True)
                                  if name in numeric])
    return Table(data, target, (*told, *features.notes, *dropped, *kept, *about), features.categories)


def _place(path: Path, names: list[str], target: str) -> int:
    if target in names:
        return names.index(target)
    near = difflib.get_close_matches(target.lower(), [name.lower() for name in names], n=1, cutoff=0.5)
    meant = next((f" Did you mean {name!r}?" for name in names if [name.lower()] == near), "")
    shown = ", ".join(map(repr, names[:12])) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
    raise DataError(f"{path} has no column {target!r}.{meant} Its columns are {shown}.")


def _doubtful_points(columns: Sequence[tuple[str, tuple[str, ...]]]) -> list[str]:
    """A note on each column (name, first values) whose points or commas may separate thousands, if no number of the
    file tells."""
    return [f"Column {name!r}: {next(text for text in values if mark in text)} is read with a decimal {word}. If the "
            f"{word} separates thousands, remove it."
            for mark, word, doubtful in ((".", "point", only_grouped), (",", "comma", only_grouped_once))
            for name, values in columns if doubtful(values)]


def _read(file: TableFile, names: list[str], reads: Sequence[Read],
          missing: Sequence[str] | None) -> tuple[list[Column], array]:
    """All the columns, and the line number of each row."""
    columns = [Column(name, read, has_name=bool(written), missing=missing)
               for name, read, written in zip(names, reads, file.header, strict=True)]
    lines = array("q")
    for line, fields in file.records():
        lines.append(line)
        for column, text in zip(columns, fields, strict=True):
            column.add(text, line)
    if len(lines) < FEWEST_ROWS:
        found = f"only {len(lines)} row{'s' * (len(lines) != 1)}" if lines else "a header and no rows"
        raise DataError(f"{file.path}: expected at least {FEWEST_ROWS} rows, enough to train, to decide and to report "
                        f"on; got {found}.")
    for column in columns:
        column.forget()
    return columns, lines


def _check_target(path: Path, column: Column, wanted: str, otherwise: str) -> None:
    n = column.present + column.missing
    if column.missing > n / 2:
        instead = "use another unit, or choose" if column.unusable else "choose"
        raise DataError(f"{path}: {column.missing:,} of {n:,} rows {column.why_missing} in the target {column.name!r}. "
                        f"Only rows with a target can be used: {instead} another column.")
    if column.vanishes:
        raise DataError(f"{path}: the numbers of the target {column.name!r} are too small to be squared, below "
                        f"{1 / MAX_NUMBER:g}. Use another unit, or choose another column.")
    if column.is_numeric or wanted != "numbers":
        return
    if column.failures <= 0.1 * column.present:
        raise stray_words(path, column)
    raise DataError(f"{path}: the target {column.name!r} holds words ({column.some_words()}), and numbers were "
                    f"expected. {otherwise}".rstrip())


def _complete_rows(path: Path, columns: Sequence[Column], lines: array) -> tuple[np.ndarray, list[str]]:
    """The indices of the rows that have a value in all these columns, and a note about the rows that have not."""
    n = len(lines)
    absent = np.zeros(n, bool)                                     # (n,)
    for column in columns:
        absent |= column.absent
    if not absent.any():
        return np.arange(n), []
    places: list[str] = []
    for row in np.flatnonzero(absent)[:3]:
        places += [f"line {lines[row]}, {column.name!r}" for column in columns if column.absent[row]]
    shown = "; ".join(places[:3])
    count = int(absent.sum())
    worst = sorted(columns, key=lambda column: -column.missing)[:3]
    by_column = ", ".join(f"{column.name!r} {column.missing:,}{column.by_word}" for column in worst
                          if column.missing)
    if n - count < max(FEWEST_ROWS, n / 2):
        raise DataError(f"{path}: {count:,} of {n:,} rows lack a value ({shown}; by column: {by_column}), and too few "
                        "are left. Fill the values in, or take such columns out of the table.")
    rows = "1 row lacks a value" if count == 1 else f"{count:,} rows lack a value"
    if any(column.unusable for column in columns):
        rows += f" or {'has' if count == 1 else 'have'} one that is infinite or too large"
    return np.flatnonzero(~absent), [f"Left out, because {rows}: {shown}"
                                     f"{'.' if count == 1 and len(places) <= 3 else ', …'} By column: {by_column}."]


def _kept_words(columns: Sequence[Column]) -> list[str]:
    """A note about words that count as a value here but often mean a missing value."""
    kept: dict[str, list[str]] = {}
    for column in columns:
        for word in column.words_that_may_mean_missing:
            kept.setdefault(word, []).append(f"{column.name!r} ({(column.codes == column.words[word]).sum():,} rows)")
    return [f"The word {word!r} is taken as a value in column {', '.join(where[:5])}{', …' if len(where) > 5 else ''}. "
            f"If it means that the value is missing: --missing {word!r}." for word, where in kept.items()]


def _targets(path: Path, column: Column, rows: np.ndarray, wanted: str,
             otherwise: str) -> tuple[np.ndarray, tuple[str, ...], list[str]]:
    """y (n,), the names of its classes (none if y holds numbers), and a note about the assumptions."""
    values: np.ndarray = column.numbers[rows] if column.is_numeric else np.array(list(column.words))[
        np.minimum(column.codes[rows], len(column.words) - 1)]
    different = np.unique(values)
    K, n = len(different), len(values)
    if K == 1:
        only = column.as_written(different[0]) if column.is_numeric else different[0]
        raise DataError(f"{path}: the target {column.name!r} is {only} in every row: there is nothing to predict. "
                        "Choose another column.")
    whole = column.is_numeric and bool((different == np.round(different)).all())
    few = K == 2 or (whole and min(MOST_CLASS_NUMBERS, n / 4) >= K)
    classes = wanted == "classes" or (wanted == "either" and (few or not column.is_numeric))
    if not classes:
        hint = f"The target has only {K} different values. {otherwise}".rstrip()
        return values, (), [hint] if whole and few and wanted == "numbers" else []
    if column.is_numeric and not few:
        kind = f"{K:,} different {'whole ' if whole else ''}numbers"
        raise DataError(f"{path}: the target {column.name!r} holds {kind} in {n:,} rows, and classes were expected: "
                        f"words, two values, or at most {int(min(MOST_CLASS_NUMBERS, n / 4))} whole numbers. "
                        f"{otherwise}".rstrip())
    if min(MOST_CLASSES, n / 2) < K:
        raise DataError(f"{path}: the target {column.name!r} holds {K:,} different words or more in {n:,} rows "
                        f"({column.some_words()}), too many to be classes: at most {int(min(MOST_CLASSES, n / 2))}.")
    names = tuple(column.as_written(value) if column.is_numeric else str(value) for value in different)
    shown = ", ".join(names[:8]) + (", …" if K > 8 else "")
    rule = (f" (whole numbers are classes where there are at most {MOST_CLASS_NUMBERS}, each in four rows or more on "
            "average)") if column.is_numeric and K > 2 else ""
    return np.searchsorted(different, values), names, [f"The target's {K} classes: {shown}{rule}."]


def _dataset(path: Path, features: Features, rows: np.ndarray, y: np.ndarray, class_names: tuple[str, ...],
             seed: int) -> Dataset:
    """The data set: the rows are split first, so that the categories are those of the training rows."""
    n = len(rows)
    parts = split(Samples(np.arange(n), y), rng=np.random.default_rng(seed), stratify=bool(class_names))
    X, names = features.matrix(rows, rows[parts[0].X])             # (n, d)
    train, validation, test = (Samples(X[part.X], part.y) for part in parts)
    return Dataset(path.name, f"your table {path}", train, validation, test, names, class_names)

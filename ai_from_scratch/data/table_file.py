"""The file of a table, read record by record: its form, and whether there is memory enough for it.

Python's csv module parses the file.  The encoding, the delimiter and the memory for a record are found from the first
thousand records.
"""

import csv
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TextIO

from ai_from_scratch.data.dataset import DataError, check_file

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
A_DELIMITER = "comma, semicolon, tab or bar"
NO_FIT = 0.0, 0                    # of a delimiter that divides the header into fewer than two fields
RECORDS_LOOKED_AT = 1000          # records that are examined before the table is read
# A field takes about 35 bytes while it is read, split and standardised; the rest is for the models.
BYTES_PER_FIELD = 48
FILE_KINDS = {                    # the first bytes of files that users take for CSV files
    b"PK\x03\x04": "an Excel workbook or another zip archive: save the sheet as 'CSV UTF-8' first",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook: save the sheet as 'CSV UTF-8' first",
    b"\x1f\x8b": "compressed with gzip: unpack it first",
    b"PAR1": "a Parquet file: export it as CSV first",
    b"SQLite": "an SQLite database: export the table as CSV first",
    b"%PDF": "a PDF file",
    b"\x89PNG": "a picture",
}


@dataclass(frozen=True)
class TableFile:
    """A table's path and form.  `records()` reads it from the beginning, each time."""

    path: Path
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    sample: list[list[str]] = field(repr=False)     # the first records with as many fields as the header

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """Yields the line number of each record and its fields, without spaces around them.  Empty lines are no
        records.

        Raises DataError for a record with more or fewer fields than the header, for quotes that are not closed, and for
        bytes that are no text.
        """
        with open(self.path, newline="", encoding=self.encoding) as file:
            records = _records(self.path, file, self.delimiter)
            next(records)                                          # the header
            for line, fields in records:
                if len(fields) != len(self.header):
                    raise DataError(
                        f"{self.path}, line {line}: expected {len(self.header)} fields, as in the header, got "
                        f"{len(fields)}. {self._why_other_lengths(fields)}")
                yield line, fields

    def _why_other_lengths(self, fields: list[str]) -> str:
        delimiter = DELIMITERS[self.delimiter]
        if not self.sample and len(fields) == len(self.header) + 1:   # no record has as many fields as the header
            return (f"Every line ends with a {delimiter}: remove it, or end the header with one." if not fields[-1]
                    else "Is the name of the first column missing in the header, as when R writes row names? Add it.")
        return f"A {delimiter} inside a field needs quotes around the field."


def open_table(path: Path) -> TableFile:
    """Finds the encoding, the delimiter and the header from the file's first records.  Raises DataError if the file is
    no table of at least two named columns."""
    check_file(path, "a CSV file")
    encoding = _encoding(path)
    fits = {delimiter: _fit(path, encoding, delimiter) for delimiter in DELIMITERS}
    delimiter = max(fits, key=lambda delimiter: fits[delimiter])                            # of equals the first
    if fits[delimiter] == NO_FIT and _separated_by_spaces(path, encoding):
        raise DataError(f"{path}: the fields seem to be separated by spaces. Expected a "
                        f"{A_DELIMITER}: save the table as CSV (in R: write.csv(table, file, "
                        "row.names = FALSE)).")
    with open(path, newline="", encoding=encoding) as file:
        records = _records(path, file, delimiter)
        _, header = next(records, (0, []))
        sample = [fields for _, fields in islice(records, RECORDS_LOOKED_AT) if len(fields) == len(header)]
        read = len("\n".join(delimiter.join(fields) for fields in [header, *sample]).encode(encoding, "replace"))
    _check_header(path, header)
    _check_memory(path, len(header), len(sample), read)
    return TableFile(path, encoding, delimiter, tuple(header), sample)


def _encoding(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            start = file.read(65_536)
    except OSError as error:
        raise DataError(f"{path}: expected a CSV file, but reading it failed: {error.strerror}.") from error
    if not start.strip(b"\xef\xbb\xbf \t\r\n"):
        raise DataError(f"{path} is empty: expected a line of column names and one line for each sample.")
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"                                            # Excel's "Unicode text"
    kind = next((kind for magic, kind in FILE_KINDS.items() if start.startswith(magic)), None)
    if kind is None and b"\0" in start:
        kind = "a binary file"
    if kind is not None:
        raise DataError(f"{path}: expected a CSV file, got {kind}.")
    return "utf-8-sig"                                             # with or without a byte order mark


def _records(path: Path, file: TextIO, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(file, delimiter=delimiter, skipinitialspace=True, strict=True)
    begins = 1
    try:
        for fields in reader:
            stripped = [text.strip() for text in fields]
            if any(stripped):                                      # Excel ends its tables with lines of commas
                yield begins, stripped
            begins = reader.line_num + 1
    except csv.Error as error:
        if "field limit" in str(error):
            raise DataError(f"{path}, line {begins}: a field there has over {csv.field_size_limit():,} characters. "
                            "Is a closing quote missing? If not, take the column out of the table.") from error
        raise DataError(f"{path}, line {begins}: the quotes there do not come in pairs ({error}). "
                        'A quote inside a quoted field is written twice: "5"" pipe".') from error
    except UnicodeDecodeError as error:
        byte = f"0x{error.object[error.start]:02X}"
        raise DataError(f"{path}, near line {begins}: expected UTF-8 text, got the byte {byte}. Save the table as "
                        "UTF-8 (in Excel: 'CSV UTF-8').") from error


def _fit(path: Path, encoding: str, delimiter: str) -> tuple[float, int]:
    """How well this delimiter fits the first lines: the share of records with as many fields as the header, and that
    number.

    (Not csv.Sniffer: it takes apostrophes for quotes, and finds commas in the two lines  name;n  and  'a, b', c;1.)
    """
    try:
        with open(path, newline="", encoding=encoding) as file:
            lengths = [len(fields) for _, fields in islice(_records(path, file, delimiter), 20)]
    except DataError:
        lengths = []
    if not lengths or lengths[0] < 2:
        return NO_FIT
    return lengths.count(lengths[0]) / len(lengths), lengths[0]


def _separated_by_spaces(path: Path, encoding: str) -> bool:
    """True if each line has as many fields between spaces; the header may have one less, as in R's write.table."""
    try:
        with open(path, newline="", encoding=encoding) as file:
            header, *rows = [len(fields) for _, fields in islice(_records(path, file, " "), 20)]
    except (DataError, ValueError):
        return False
    return len(set(rows)) == 1 and rows[0] >= 2 and header in (rows[0], rows[0] - 1)


def _check_header(path: Path, header: list[str]) -> None:
    names = [name for name in header if name]
    if header and re.fullmatch(r"sep=.?", header[0], re.IGNORECASE) and len(names) == 1:
        raise DataError(f"{path}: the first line, {header[0]!r}, is a note to Excel. Expected the names of the "
                        "columns: delete that line.")
    if len(header) < 2:
        raise DataError(f"{path}: expected a header of at least two column names, got {', '.join(header)[:60]!r}. "
                        f"Columns are separated by a {A_DELIMITER}.")
    twice, times = Counter(names).most_common(1)[0] if names else ("", 0)    # of equals the first
    if times > 1:
        places = [i for i, name in enumerate(header, start=1) if name == twice]
        raise DataError(f"{path}: the header has the name {twice!r} {len(places)} times (columns "
                        f"{', '.join(map(str, places))}). Give each column its own name.")
    if all(_is_number(name) for name in names):
        raise DataError(f"{path}: the first line, {', '.join(header)[:60]!r}, holds numbers. Expected the names of "
                        "the columns: write them into a new first line.")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _check_memory(path: Path, columns: int, records: int, read: int) -> None:
    """Estimates the memory for the table from the file's size and the bytes of a record so far."""
    available = available_memory()
    if available is None or not records:
        return
    needed = path.stat().st_size / read * records * columns * BYTES_PER_FIELD
    if needed > available:
        raise DataError(
            f"{path}: about {path.stat().st_size / read * records:,.0f} rows of {columns} columns would take "
            f"{needed / 1e9:.1f} GB of memory, and {available / 1e9:.1f} GB are free. Use a part of the rows or "
            "columns "
            f"(head -n {max(20, int(available / needed / 2 * records * path.stat().st_size / read)):d} of the file, "
            "for example).")


def available_memory() -> int | None:
    """The number of bytes that a program can still use; None if the system does not say it."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2    # a Mac: half of the built-in memory
    except (AttributeError, ValueError, OSError):
        return None

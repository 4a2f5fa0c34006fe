"""Texts besides the play: the user's own file, and the prose of this project's own pages.

Each is cut into three parts in reading order: the first 80 % for training, the next 10 % for validation, the last 10 %
for the test.
"""

from pathlib import Path

from ai_from_scratch.data.dataset import DataError, Text, check_file

MIN_CHARACTERS = 1000  # characters: the held-out tenth then has 100, the smallest number that is useful
MOST_BYTES = 200_000_000
PAGES_FILE = Path(__file__).parent / "files" / "pages.txt"


def load_text(path: str | Path) -> Text:
    """The user's own UTF-8 file (--text FILE), with line ends \\n and without a byte order mark.

    Raises DataError if the file is missing, a folder, unreadable, empty, binary, under 1,000 characters, or over 200
    MB.
    """
    path = Path(path)
    check_file(path, "a text file", largest=MOST_BYTES)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: expected a text file, but reading it failed: {error.strerror}.") from error
    text = _decode(path, data).removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if len(text.strip()) < MIN_CHARACTERS:
        came = f"{len(text.strip()):,} (spaces around it not counted)" if text.strip() else "an empty file"
        raise DataError(f"{path}: expected at least {MIN_CHARACTERS:,} characters, got {came}. Try a longer text.")
    return _in_three(path.name, f"your file {path}", text)


def _decode(path: Path, data: bytes) -> str:
    try:
        text, place = data.decode("utf-8"), data.find(b"\0")
    except UnicodeDecodeError as error:
        text, place = "", error.start
    if place >= 0:
        raise DataError(
            f"{path}: expected UTF-8 text, got the byte 0x{data[place]:02X} at position {place}. "
            "Another encoding (UTF-16, Latin-1) can be saved as UTF-8 in an editor; a binary file has no text to learn."
        )
    return text


def offline_prose(why: str) -> Text:
    """The prose of this project's own pages, about 82,000 characters, because the package contains no sentence of
    Hamlet.

    It is a fixed file (tools/make_offline_text.py), the same on every Python.
    """
    return _in_three("the project's own pages", f"prose of this project's own pages, not Hamlet ({why})",
                     PAGES_FILE.read_text(encoding="ascii"))


def _in_three(name: str, source: str, text: str) -> Text:
    first, second = len(text) * 8 // 10, len(text) * 9 // 10
    return Text(name, source, text[:first], text[first:second], text[second:], is_hamlet=False)

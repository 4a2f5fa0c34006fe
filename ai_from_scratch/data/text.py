"""Other texts than the play: the user's own file, and the English prose that every Python carries.

Each is cut where it stands, in reading order: 80 % train, 10 % validation, 10 % test.
"""

import builtins
import inspect
import platform
import re
import textwrap
from pathlib import Path

from ai_from_scratch.data.dataset import DataError, Text

SHORTEST = 1000    # characters: the held-out tenth is then 100, the least that says anything
QUOTES = str.maketrans("‘’“”–—", "''\"\"--")
PLAIN = frozenset(" \n.,;:'\"()-?!")


def load_text(path: str | Path) -> Text:
    """The user's own UTF-8 file (--text FILE), line ends made \\n, a byte order mark dropped.

    Raises DataError for what is no such file: missing, a directory, unreadable, empty, binary, under 1,000 characters.
    """
    path = Path(path)
    if not path.is_file():
        came = "a directory" if path.is_dir() else "something else" if path.exists() else "nothing of that name"
        raise DataError(f"{path}: expected a text file, got {came}. Check the path.")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: expected a text file, but reading it failed: {error.strerror}.") from error
    text = _decode(path, data).removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if len(text.strip()) < SHORTEST:
        came = f"{len(text.strip()):,} (spaces around it not counted)" if text.strip() else "an empty file"
        raise DataError(f"{path}: expected at least {SHORTEST:,} characters, got {came}. Try a longer text.")
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
    """English prose from Python's own help, since no sentence of Hamlet is in the package.

    The paragraphs of `pydoc_data.topics` without code, tables and repetitions, about 135,000 characters; they differ
    between versions of Python.  Some small distributions leave that module out: then the built-ins' docstrings.
    """
    try:
        from pydoc_data.topics import topics
        pages, origin = list(topics.values()), "pydoc_data.topics"
    except ImportError:
        owners = [value for value in vars(builtins).values() if inspect.isclass(value)]
        members = [member for owner in owners for member in [owner, *vars(owner).values()]]
        pages, origin = [inspect.getdoc(member) or "" for member in members], "the docstrings of its built-ins"
    prose = "\n\n".join(_paragraphs(pages)) + "\n"
    version = ".".join(platform.python_version_tuple()[:2])
    source = f"English prose from the help of Python {version} ({origin}), not Hamlet ({why})"
    return _in_three("Python's own help", source, prose)


def _paragraphs(pages: list[str]) -> list[str]:
    """Those that are sentences: they begin with a capital, end with a full stop, and hold next to no symbols.

    Each once, as the pages repeat one another, and what is held out must not have been trained on.
    """
    pieces = [piece for page in pages for piece in re.split(r"\n[ \t]*\n", page.translate(QUOTES))]
    paragraphs = dict.fromkeys(textwrap.dedent(piece).strip() for piece in pieces)
    return [text for text in paragraphs if re.match(r"[A-Z].{79,}\.\Z", text, re.DOTALL) and _is_plain(text)]


def _is_plain(text: str) -> bool:
    plain = sum(character.isalpha() or character in PLAIN for character in text)
    return text.isascii() and plain >= 0.97 * len(text)


def _in_three(name: str, source: str, text: str) -> Text:
    first, second = len(text) * 8 // 10, len(text) * 9 // 10
    return Text(name, source, text[:first], text[first:second], text[second:], is_hamlet=False)

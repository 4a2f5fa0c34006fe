"""Hamlet as plain text, from the XML edition by Jon Bosak (public domain): who speaks, and the lines.

    HAMLET:
    To be, or not to be: that is the question:

A speech ends with an empty line; stage directions are left out.  Acts I to IV train, the first half of Act V
validates, the second half is only reported.  No sentence of the play is in this package: offline there is prose.
"""

import zipfile
import zlib
from pathlib import Path
from xml.etree import ElementTree

from ai_from_scratch.data.dataset import DataError, Text
from ai_from_scratch.data.fetch import FOLDER, Remote, find
from ai_from_scratch.data.text import offline_prose

MEMBER = "shakespeare/hamlet.xml"
URLS = (
    "https://raw.githubusercontent.com/nltk/nltk_data/5db857e6f7df11eabb5e5665836db9ec8df07e28/"
    "packages/corpora/shakespeare.zip",
)
SHA256 = "f1251d8c254710363254ba29c9dc0888d5cb13d5ac736ebc6fb14380f447cfc3"


def load_hamlet(*, download: bool = True) -> Text:
    """The play, or offline (`is_hamlet` False) English prose that Python carries; `source` says which and why.

    Raises DataError when AI_FROM_SCRATCH_DATA names a folder without text/shakespeare.zip, or with a broken one.
    """
    found = find([Remote("text/shakespeare.zip", URLS, SHA256)], download=download)
    if not found.paths:
        return offline_prose(found.source)
    (path,) = found.paths
    acts = read_acts(path)
    last = acts[4]
    half = len(last) // 2
    return Text("Hamlet", found.source, "".join(acts[:4]), last[:half], last[half:], is_hamlet=True)


def read_acts(path: Path) -> list[str]:
    """The five acts of the play in the zip file, as text.  Raises DataError for any other content."""
    try:
        with zipfile.ZipFile(path) as archive:
            play = ElementTree.fromstring(archive.read(MEMBER))
    except KeyError:
        raise _broken(path, f"no {MEMBER} in it") from None
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise _broken(path, f"a file that cannot be unpacked ({error})") from error
    except ElementTree.ParseError as error:
        raise _broken(path, f"XML that cannot be read ({error})") from error
    acts = ["".join(speech(element) for element in act.iter("SPEECH")) for act in play.iter("ACT")]
    if len(acts) != 5 or not all(acts):
        raise _broken(path, f"{len(acts)} acts, {sum(map(bool, acts))} of them with speeches")
    return acts


def speech(element: ElementTree.Element) -> str:
    """One SPEECH: `NAME:` (`NAME and NAME:` when they speak together), its lines, an empty line."""
    speakers = [_words(speaker) for speaker in element.iter("SPEAKER")]
    lines = [line for line in map(_words, element.iter("LINE")) if line]   # some hold a stage direction only
    if not lines:
        return ""
    return "\n".join([" and ".join(speakers) + ":", *lines, "", ""])


def _words(element: ElementTree.Element) -> str:
    """The element's own text and what follows its stage directions, not the directions themselves."""
    pieces = [element.text or "", *(child.tail or "" for child in element)]
    return " ".join("".join(pieces).split())


def _broken(path: Path, came: str) -> DataError:
    return DataError(
        f"{path}: expected a zip file whose {MEMBER} is a play of five acts, got {came}. "
        f"Fetch the file anew, or unset {FOLDER}."
    )

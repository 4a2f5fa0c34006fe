"""Hamlet and seven other plays as plain text, from the XML edition by Jon Bosak (public domain).

    HAMLET:
    To be, or not to be: that is the question:

A speech (the speaker, then the lines) ends with an empty line; stage directions are left out.  Acts I to IV are for
training, the first half of Act V for validation, the second half only for the report.  This package contains no
sentence of the plays: offline, the prose of this project's own pages replaces Hamlet.
"""

import difflib
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

from ai_from_scratch.data.dataset import DataError, Text
from ai_from_scratch.data.fetch import FOLDER_VARIABLE, Found, Remote, find
from ai_from_scratch.data.text import offline_prose

PLAYS = {     # file in the archive: title, and other names
    "hamlet": ("Hamlet", ""),
    "a_and_c": ("Antony and Cleopatra", "antony cleopatra"),
    "dream": ("A Midsummer Night's Dream", "midsummer"),
    "j_caesar": ("Julius Caesar", "caesar"),
    "macbeth": ("Macbeth", ""),
    "merchant": ("The Merchant of Venice", "venice"),
    "othello": ("Othello", ""),
    "r_and_j": ("Romeo and Juliet", "romeo juliet"),
}
URLS = (
    "https://raw.githubusercontent.com/nltk/nltk_data/5db857e6f7df11eabb5e5665836db9ec8df07e28/"
    "packages/corpora/shakespeare.zip",
)
MOST_BYTES = 5_000_000            # of an unpacked play; the longest has 300,000
SHA256 = "f1251d8c254710363254ba29c9dc0888d5cb13d5ac736ebc6fb14380f447cfc3"


def load_hamlet(*, download: bool = True) -> Text:
    """The play, or offline (`is_hamlet` False) the prose of this project's pages; `source` says which one, and why.

    Raises DataError when AI_FROM_SCRATCH_DATA names a folder without text/shakespeare.zip, or with a broken one.
    """
    found = _archive(download)
    return _in_acts("hamlet", found) if found.paths else offline_prose(found.source)


def load_play(name: str, *, download: bool = True) -> Text:
    """One of the eight plays in the same archive, by title ("Julius Caesar"), file ("j_caesar") or hero ("caesar").

    Raises DataError for an unknown name, with the nearest known name, and if the archive is not available.
    """
    stem = play_file(name)
    found = _archive(download)
    if not found.paths:
        raise DataError(f"{PLAYS[stem][0]} is not on this machine ({found.source}). Expected it in the folder that "
                        f"{FOLDER_VARIABLE} names, in the cache, or at {URLS[0]}: try again with a connection to the "
                        "network.")
    return _in_acts(stem, found)


def _archive(download: bool) -> Found:
    return find([Remote("text/shakespeare.zip", URLS, SHA256)], download=download)


def play_file(name: str) -> str:
    """The play's file, for any of its names; case and punctuation do not matter.  DataError if no play has this
    name."""
    known = {_plain(known): stem for stem, (title, others) in PLAYS.items()
             for known in (title, stem, f"{stem}.xml", *others.split())}
    if _plain(name) not in known:
        near = difflib.get_close_matches(_plain(name), known, n=1, cutoff=0.5)
        suggestion = f"Did you mean {PLAYS[known[near[0]]][0]!r}? " if near else ""
        raise DataError(f"There is no play {name!r} in the archive. {suggestion}Expected one of: "
                        f"{', '.join(title for title, _ in PLAYS.values())}. For other texts: --text FILE.")
    return known[_plain(name)]


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", " ", re.sub("['’]", "", name.lower())).removeprefix("the ").removeprefix("a ").strip()


def _in_acts(stem: str, found: Found) -> Text:
    acts = read_acts(found.paths[0], f"shakespeare/{stem}.xml")
    last = acts[4]
    half = len(last) // 2
    return Text(PLAYS[stem][0], found.source, "".join(acts[:4]), last[:half], last[half:], is_hamlet=stem == "hamlet")


def read_acts(path: Path, member: str) -> list[str]:
    """The five acts of a play in the zip file, as text.  Raises DataError for any other content."""
    try:
        with zipfile.ZipFile(path) as archive:
            if member not in archive.namelist():
                raise _broken(path, member, f"no {member} in it")
            with archive.open(member) as file:
                content = file.read(MOST_BYTES + 1)                # even if the archive claims another size
    except DataError:
        raise
    except Exception as error:    # a damaged archive fails in more ways than can be listed
        raise _broken(path, member, f"a file that cannot be unpacked ({error})") from error
    if len(content) > MOST_BYTES:
        raise _broken(path, member, f"more than {MOST_BYTES:,} bytes")
    try:
        play = ElementTree.fromstring(content)
    except Exception as error:    # besides ParseError: unknown encodings, and encodings that expat cannot read
        raise _broken(path, member, f"XML that cannot be read ({error})") from error
    # Level by level, not at any depth: a hundred thousand acts inside one another would be searched again and again.
    acts = ["".join(speech(element) for scene in act for element in scene.findall("SPEECH"))
            for act in play.findall("ACT")[:6]]
    if len(acts) != 5 or not all(acts):
        raise _broken(path, member, f"{len(acts)} acts, {sum(map(bool, acts))} of them with speeches")
    return acts


def speech(element: ElementTree.Element) -> str:
    """One SPEECH: `NAME:` (`NAME and NAME:` when they speak together), its lines, an empty line."""
    speakers = [_words(speaker) for speaker in element.findall("SPEAKER")]
    lines = [line for line in map(_words, element.findall("LINE")) if line]   # some lines hold only a stage direction
    if not lines:
        return ""
    return "\n".join([" and ".join(speakers) + ":", *lines, "", ""])


def _words(element: ElementTree.Element) -> str:
    """The element's own text and the text after its stage directions, without the directions themselves."""
    pieces = [element.text or "", *(child.tail or "" for child in element)]
    return " ".join("".join(pieces).split())


def _broken(path: Path, member: str, came: str) -> DataError:
    return DataError(
        f"{path}: expected a zip file whose {member} is a play of five acts, got {came}. "
        f"Fetch the file again, or unset {FOLDER_VARIABLE}."
    )

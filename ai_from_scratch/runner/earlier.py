"""The pictures of earlier runs, which would stand beside those of another table or text.

A run keeps a list of the pictures that it has written.  The next complete run of the chapter moves those that it does
not write itself into the folder `earlier`.  A file that is not on the list, or that was changed, stays.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from ai_from_scratch.runner.files import replace_text

LIST_FILE, EARLIER_FOLDER = ".pictures.json", "earlier"


def remember(folder: Path, names: Collection[str]) -> None:
    """Adds these pictures to the folder's list.  Without the list they stay where they are, so errors do not count."""
    with suppress(OSError):
        known = _known(folder) | {name: _sha256(folder / name) for name in names}
        replace_text(folder / LIST_FILE, json.dumps(known, indent=2) + "\n")


def put_away(folder: Path, names: Collection[str]) -> list[str]:
    """Moves the pictures of earlier runs that are not among these names; returns the names of the moved ones."""
    moved = []
    for name, sha256 in _known(folder).items():
        with suppress(OSError, ValueError):
            if name not in names and _sha256(folder / name) == sha256:
                (folder / EARLIER_FOLDER).mkdir(exist_ok=True)
                os.replace(folder / name, folder / EARLIER_FOLDER / name)
                moved.append(name)
    if moved:
        with suppress(OSError):
            (folder / LIST_FILE).unlink()
    return moved


def _known(folder: Path) -> dict[str, str]:
    """The pictures on the folder's list: file name -> SHA-256.  A list that was damaged is empty."""
    try:
        listed = json.loads((folder / LIST_FILE).read_text(encoding="utf-8"))
        return {name: str(sha256) for name, sha256 in listed.items() if Path(name).name == name}
    except (OSError, ValueError, AttributeError, RecursionError):
        return {}


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()

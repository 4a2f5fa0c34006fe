"""The answers of scikit-learn and PyTorch: recorded once in references/*.npz, and computed again if these libraries are
installed.

The files are made by `python tools/make_references.py`.  Each has one array for every "claim/name", and `versions`.
"""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from ai_from_scratch.claims import Claim, Reference

REFERENCES = Path(__file__).parent / "references"
DISTRIBUTIONS = {"sklearn": "scikit-learn", "torch": "torch"}
RECORDED_ONLY = "AI_FROM_SCRATCH_RECORDED_ONLY"      # set by --recorded: nothing is imported
TITLES = {"sklearn": "scikit-learn", "torch": "PyTorch"}


def top(library: str) -> str:
    return library.split(".")[0]


@cache
def library_version(name: str) -> str | None:
    """The version of sklearn or torch; None if it is not installed, or must not be used."""
    if os.environ.get(RECORDED_ONLY):
        return None
    return version(DISTRIBUTIONS.get(name, name)) if find_spec(name) else None


def ask(claim: Reference) -> Mapping[str, np.ndarray]:
    """The present answer of the installed library."""
    return {name: np.asarray(array) for name, array in claim.theirs(importlib.import_module(claim.library)).items()}


@cache
def recorded(folder: str) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The arrays of a chapter, and the versions of the libraries from which they come."""
    path = REFERENCES / f"{folder.removesuffix('_From_Scratch').lower()}.npz"
    if not path.is_file():
        return {}, {}
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files if name != "versions"}
        return arrays, json.loads(str(file["versions"]))


def of_claim(folder: str, claim: Reference) -> dict[str, np.ndarray]:
    """The recorded arrays of this claim, by name; empty if there are none."""
    begin = claim.what + "/"
    return {name.removeprefix(begin): array for name, array in recorded(folder)[0].items() if name.startswith(begin)}


def record(folder: str, claims: Sequence[Claim]) -> Path | None:
    """Records the answers of the libraries for every reference of a chapter in the file.  None if the chapter has no
    reference."""
    references = [claim for claim in claims if isinstance(claim, Reference)]
    if not references:
        return None
    arrays: dict[str, Any] = {f"{claim.what}/{name}": array for claim in references
                              for name, array in ask(claim).items()}
    versions = {name: library_version(name) for name in sorted({top(claim.library) for claim in references})}
    path = REFERENCES / f"{folder.removesuffix('_From_Scratch').lower()}.npz"
    REFERENCES.mkdir(exist_ok=True)
    np.savez_compressed(path, versions=np.array(json.dumps(versions)), **arrays)
    recorded.cache_clear()
    return path

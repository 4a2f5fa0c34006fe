"""Where to look when claims fail: the functions that run in these claims, and seldom in claims that hold.

    score(f) = failed(f) / √(all that failed · (failed(f) + passed(f)))        (Ochiai)

Every claim of the chapter is computed once more while Python records which functions of the chapters run.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from proof.measure import Measured

ROOT = Path(__file__).resolve().parents[1]
SUSPECTS_SHOWN = 3


@contextmanager
def functions_that_run() -> Iterator[set[CodeType]]:
    """Inside `with`: records the code of each chapter's function that is called; demo/ and dunder methods are left
    out."""
    seen: set[CodeType] = set()
    before = sys.getprofile()

    def note(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call":
            seen.add(frame.f_code)

    sys.setprofile(note)
    try:
        yield seen
    finally:
        sys.setprofile(before)
        seen -= {code for code in seen if not of_lesson(code)}


def of_lesson(code: CodeType) -> bool:
    path = Path(code.co_filename)
    return (any(part.endswith("_From_Scratch") for part in path.parts) and path.parent.name != "demo"
            and not code.co_name.startswith(("__", "<")))


def suspects(folder: str, measured: Sequence[Measured], shown: int = SUSPECTS_SHOWN) -> list[str]:
    """The functions to look at first, "file:line name"."""
    from proof.measure import claims_of, compared, quiet

    failed: dict[CodeType, int] = {}
    passed: dict[CodeType, int] = {}
    for claim, one in zip(claims_of(folder), measured, strict=True):
        with functions_that_run() as seen, suppress(Exception), quiet():
            compared(folder, claim)
        for code in seen:
            counts = passed if one.holds else failed
            counts[code] = counts.get(code, 0) + 1
    total = sum(not one.holds for one in measured)

    def score(code: CodeType) -> float:
        return failed[code] / math.sqrt(total * (failed[code] + passed.get(code, 0)))

    own = [code for code in failed if folder in Path(code.co_filename).parts]
    ranked: list[CodeType] = sorted(own or failed, key=rank(score))
    if not ranked:
        return []
    best = [code for code in ranked if score(code) > score(ranked[0]) - 1e-9]
    return [place(code) for code in (best if len(best) > shown else ranked[:shown])]


def rank(score: Callable[[CodeType], float]) -> Callable[[CodeType], tuple[float, str, int]]:
    return lambda code: (-score(code), code.co_filename, code.co_firstlineno)


def place(code: CodeType) -> str:
    return f"{in_repository(code.co_filename)}:{code.co_firstlineno} {code.co_qualname}"


def in_repository(path: str) -> str:
    """The path relative to the repository's root."""
    with suppress(ValueError):
        return Path(path).resolve().relative_to(ROOT).as_posix()
    return path

"""Lesson files with a mistake in them: the real text with one line changed, compiled as a module of its own.

A chapter's mistakes are data, `demo/mistakes.toml`.
"""

import importlib
import tomllib
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

MOST_LINES = 3                     # that a mistake changes


class Mistake(NamedTuple):
    name: str
    file: str                      # "Chapter/lesson.py"
    right: str                     # stands in the file once
    wrong: str                     # takes its place
    effect: str = ""               # what one sees
    cure: str = ""                 # how one finds it

    @property
    def source(self) -> Path:
        return Path(importlib.import_module(self.file.split("/")[0]).__path__[0]) / self.file.split("/")[1]

    def text(self) -> str:
        """The lesson's own text.  ValueError if it does not have the right lines exactly once."""
        text = self.source.read_text(encoding="utf-8")
        if text.count(self.right) != 1 or max(self.right.count("\n"), self.wrong.count("\n")) >= MOST_LINES:
            raise ValueError(f"{self.name}: expected once in {self.file}, at most {MOST_LINES} lines: {self.right}")
        return text

    @property
    def line(self) -> int:
        """The number of the first line that is changed."""
        before, _, _ = self.text().partition(self.right)
        return before.count("\n") + 1

    def module(self) -> ModuleType:
        """The lesson file with the mistake, as a module."""
        module = ModuleType(f"{self.source.stem} with {self.name}")
        wrong = self.text().replace(self.right, self.wrong)
        exec(compile(wrong, f"{self.file} with {self.name}", "exec"), vars(module))
        return module


@cache
def mistakes_of(folder: str) -> tuple[Mistake, ...]:
    """The mistakes of a chapter, "Basic_Neural_Network_From_Scratch"."""
    path = Path(importlib.import_module(folder).__path__[0]) / "demo" / "mistakes.toml"
    return tuple(Mistake(**row) for row in tomllib.loads(path.read_text(encoding="utf-8"))["mistake"])

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
    symptom: str                   # what one sees
    cure: str                      # how one finds it

    @property
    def source(self) -> Path:
        return Path(importlib.import_module(self.file.split("/")[0]).__path__[0]) / self.file.split("/")[1]

    @property
    def line(self) -> int:
        """The number of the line that is changed.  ValueError if the file has it not exactly once."""
        text = self.source.read_text(encoding="utf-8")
        if text.count(self.right) != 1 or max(self.right.count("\n"), self.wrong.count("\n")) >= MOST_LINES:
            raise ValueError(f"{self.name}: {self.file} should have once, in at most {MOST_LINES} lines: {self.right}")
        return text[: text.index(self.right)].count("\n") + 1

    def module(self) -> ModuleType:
        """The lesson file with the mistake, as a module."""
        assert self.line
        text = self.source.read_text(encoding="utf-8").replace(self.right, self.wrong)
        module = ModuleType(f"{self.source.stem} with {self.name}")
        exec(compile(text, f"{self.file} with {self.name}", "exec"), vars(module))
        return module


@cache
def mistakes(folder: str) -> tuple[Mistake, ...]:
    """The mistakes of a chapter, "Basic_Neural_Network_From_Scratch"."""
    path = Path(importlib.import_module(folder).__path__[0]) / "demo" / "mistakes.toml"
    return tuple(Mistake(**row) for row in tomllib.loads(path.read_text(encoding="utf-8"))["mistake"])

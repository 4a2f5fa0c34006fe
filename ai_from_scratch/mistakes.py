"""Lesson files with a mistake: the real text with a few changed lines, compiled as its own module.

The mistakes of a chapter are data, `demo/mistakes.toml`.
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
    right: str                     # lines that occur in the file once
    wrong: str                     # takes its place
    effect: str = ""               # what one sees
    cure: str = ""                 # how one finds it

    @property
    def source(self) -> Path:
        return Path(importlib.import_module(self.file.split("/")[0]).__path__[0]) / self.file.split("/")[1]

    def text(self) -> str:
        """The text of the lesson file.  ValueError if it does not contain the right lines exactly once."""
        text = self.source.read_text(encoding="utf-8")
        if text.count(self.right) != 1 or max(self.right.count("\n"), self.wrong.count("\n")) >= MOST_LINES:
            raise ValueError(f"{self.name}: expected these lines, at most {MOST_LINES}, exactly once in {self.file}, "
                             f"found them {text.count(self.right)} times: {self.right}")
        return text

    @property
    def line(self) -> int:
        """The number of the first changed line."""
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

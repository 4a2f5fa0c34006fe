"""A chapter for the runner: a row of run_all.py's table.  Its demo is imported when the user chooses it."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from ai_from_scratch.runner.usage import UsageError

if TYPE_CHECKING:
    from ai_from_scratch.stage.demo import Demo, Settings

MODULE_OF_SETTING = {"csv": "table", "image": "image", "generate_only": "generate"}


@dataclass(frozen=True)
class Chapter:
    """One algorithm.  The folder's name gives its title, its page, its source file and its pictures' folder."""

    name: str       # on the command line: "linear"
    folder: str     # "Linear_Regression_From_Scratch"; its demo/demo.py has a class Demo
    aliases: str    # other names, separated by spaces
    what: str       # the description in the menu
    data: str       # on which data
    look: str       # what to look at
    takes: str      # about how long: "10 s"

    @property
    def title(self) -> str:
        return self.folder.removesuffix("_From_Scratch").replace("_", " ")

    @property
    def stem(self) -> str:
        """For example linear_regression: the name of its page, its source file and its folder of pictures."""
        return self.folder.removesuffix("_From_Scratch").lower()

    @property
    def page(self) -> str:
        return f"documentation/{self.stem}.md"

    @property
    def source(self) -> str:
        return f"{self.folder}/{self.stem}.py"

    def demo(self, settings: Settings) -> Demo:
        """Imports the chapter and makes the demo for these settings."""
        return self.demo_class(settings)(settings)

    def demo_class(self, settings: Settings) -> type[Demo]:
        """Imports the chapter; no data are loaded yet.

        Some settings replace the whole demo.  A chapter may then have a module for it:
        demo/table.py for --csv, demo/image.py for --image, demo/generate.py for --generate-only.
        """
        package = self._has_folder()
        module = f"{self.folder}.demo.demo" if package else f"{self.folder}.demo"
        for setting, name in MODULE_OF_SETTING.items():
            special = f"{self.folder}.demo.{name}" if package else f"{self.folder}.demo_{name}"
            if getattr(settings, setting) and find_spec(special):
                module = special
        demo_class: type[Demo] = importlib.import_module(module).Demo
        return demo_class

    def _has_folder(self) -> bool:
        """True if demo is a folder.  In an older chapter, demo*.py is in the chapter's own folder."""
        spec = find_spec(f"{self.folder}.demo")
        return spec is not None and spec.submodule_search_locations is not None


class UnknownNameError(UsageError):
    """A name on the command line that belongs to no chapter."""


def resolve(names: Sequence[str], chapters: Sequence[Chapter]) -> list[Chapter]:
    """The chapters with these names, in the given order, without repetitions.  Names and aliases must be exact, except
    for case.

    Raises UnknownNameError, with the nearest name, if no chapter has the name.
    """
    known: dict[str, list[Chapter]] = {"all": list(chapters)}
    for chapter in chapters:
        for name in (chapter.name, chapter.stem, chapter.folder, *chapter.aliases.split()):
            known[_plain(name)] = [chapter]
    chosen: list[Chapter] = []
    for name in names:
        if _plain(name) not in known:
            near = difflib.get_close_matches(_plain(name), known, n=1, cutoff=0.5)
            suggestion = f"Did you mean {near[0]!r}? " if near else ""
            raise UnknownNameError(f"there is no chapter {name!r}. {suggestion}"
                                   f"The names are: {' '.join(c.name for c in chapters)} all.")
        chosen += [chapter for chapter in known[_plain(name)] if chapter not in chosen]
    return chosen


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")

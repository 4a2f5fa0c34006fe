"""A chapter as the runner knows it: a row of run_all.py's table.  Its demo is imported when it is chosen."""

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
    folder: str     # "Linear_Regression_From_Scratch", with a class Demo in demo/demo.py
    aliases: str    # other names, separated by spaces
    what: str       # the menu's line: what it is
    data: str       # on which data
    look: str       # what to look at
    takes: str      # about how long: "10 s"

    @property
    def title(self) -> str:
        return self.folder.removesuffix("_From_Scratch").replace("_", " ")

    @property
    def stem(self) -> str:
        """linear_regression: the name of its page, its source file and its folder of pictures."""
        return self.folder.removesuffix("_From_Scratch").lower()

    @property
    def page(self) -> str:
        return f"documentation/{self.stem}.md"

    @property
    def source(self) -> str:
        return f"{self.folder}/{self.stem}.py"

    def demo(self, settings: Settings) -> Demo:
        """Imports the chapter and makes what these settings ask for."""
        return self.demo_class(settings)(settings)

    def demo_class(self, settings: Settings) -> type[Demo]:
        """Imports the chapter; nothing is loaded or made yet.

        A setting that changes all of what is shown has a module of its own where the chapter has a use for it:
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
        """Whether demo is a folder: a chapter that has not moved yet has its demo*.py beside its algorithm."""
        spec = find_spec(f"{self.folder}.demo")
        return spec is not None and spec.submodule_search_locations is not None


class UnknownNameError(UsageError):
    """A name on the command line that is no chapter's."""


def resolve(names: Sequence[str], chapters: Sequence[Chapter]) -> list[Chapter]:
    """The chapters of these names, in the order given, each once.  Exact names and aliases only; case does not matter.

    Raises UnknownNameError with the nearest names for one that no chapter has.
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

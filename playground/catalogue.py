"""Finds the scenes: modules scene_NAME.py in the chapters' demo folders; a module is imported when it is needed."""

import importlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

DECLARED = ("TITLE", "ABOUT", "LINKS", "CONTROLS", "VIEWS", "PRESETS", "PREDICTIONS", "FILES", "scene")
SUFFIX = "_From_Scratch"


class Catalogue:
    """The scenes of these chapters' folders, in their order, by name: scene_line_and_bowl.py is "line_and_bowl"."""

    def __init__(self, folders: Sequence[str]) -> None:
        self.folders = list(folders)
        self.modules: dict[str, str] = {}
        self.places: dict[str, Path] = {}                   # folder -> where it is
        for folder in folders:
            for path in scene_files(folder):
                self.places[folder] = path.parent.parent
                name = path.stem.removeprefix("scene_")
                if name in self.modules:
                    raise ValueError(f"Two scenes are named {name}: {self.modules[name]} and {path}. Rename one.")
                self.modules[name] = f"{folder}.demo.{path.stem}"

    def __iter__(self) -> Iterator[str]:
        return iter(self.modules)

    def __len__(self) -> int:
        return len(self.modules)

    def module(self, name: Any) -> ModuleType:
        """The scene's module.  A LookupError names the scenes that exist."""
        if name not in self.modules:
            raise LookupError(f"There is no scene {str(name)[:60]!r}; there are {', '.join(self.modules)}.")
        module = importlib.import_module(self.modules[name])
        missing = [word for word in DECLARED if not hasattr(module, word)]
        if missing:
            raise LookupError(f"{self.modules[name]} has no {', '.join(missing)}: see playground/README.md.")
        return module

    def readable(self) -> dict[str, Path]:
        """The files that a scene's links name, by their path: its page, its lesson file and the scene itself.  Files
        that do not exist are left out: an installed package has no documentation/."""
        found: dict[str, Path] = {}
        for name, module in self.modules.items():
            own = module.replace(".", "/") + ".py"
            root = self.places[module.split(".")[0]].parent
            try:
                links = self.module(name).LINKS
            except Exception:                                           # a broken scene does not remove the others
                continue
            found |= {path: root / path for path in (links.page, links.file, own) if (root / path).is_file()}
        return found

    def description(self, name: str) -> dict[str, Any]:
        """All facts that the page needs about a scene, as JSON values."""
        module = self.module(name)
        return {"name": name, "chapter": self.modules[name].split(".")[0].removesuffix(SUFFIX).replace("_", " "),
                "title": module.TITLE, "about": module.ABOUT, "links": asdict(module.LINKS),
                "speed": getattr(module, "SPEED", 1), "seeded": getattr(module, "SEEDED", True),
                "file": self.modules[name].replace(".", "/") + ".py", "files": list(module.FILES),
                "controls": [asdict(control) for control in module.CONTROLS],
                "views": [asdict(view) for view in module.VIEWS],
                "presets": [asdict(preset) for preset in module.PRESETS],
                "predictions": [asdict(prediction) for prediction in module.PREDICTIONS]}


def scene_files(folder: str) -> list[Path]:
    """The scenes of a chapter, by name; none if the chapter has no folder demo/."""
    spec = find_spec(folder)
    places = list(spec.submodule_search_locations or []) if spec else []
    return sorted(path for place in places for path in Path(place, "demo").glob("scene_*.py"))

"""The lesson files: their text for the code panel, and the lines that compute each equation."""

import ast
import tomllib
from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

NO_LESSONS = {"__init__.py", "__main__.py", "train_weights.py"}


class Lessons:
    """The lesson files of these chapters: the files at the top of their folders.  A path is "Chapter/file.py"."""

    def __init__(self, folders: Sequence[str]) -> None:
        self.places: dict[str, Path] = {}                   # folder -> where it is
        for folder in folders:
            spec = find_spec(folder)
            if spec and spec.submodule_search_locations:
                self.places[folder] = Path(next(iter(spec.submodule_search_locations)))
        self.files = {f"{folder}/{path.name}": path for folder, place in self.places.items()
                      for path in sorted(place.glob("*.py")) if path.name not in NO_LESSONS}

    @cached_property
    def names(self) -> dict[str, str]:
        """The name "Chapter/file.py" of each file, by the path in its code objects."""
        return {str(path): name for name, path in self.files.items()}

    def text(self, name: Any) -> str:
        """The text of a lesson file.  LookupError for any other file."""
        if name not in self.files:
            raise LookupError(f"There is no lesson file {str(name)[:60]!r}.")
        return self.files[name].read_text(encoding="utf-8")

    def equations(self, name: str) -> list[dict[str, Any]]:
        """The equations of a file: {"equation": Markdown, "name": function, "lines": numbers}."""
        return self.all_equations.get(name, [])

    @cached_property
    def all_equations(self) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {}
        for place in self.places.values():
            table = place / "equations.toml"
            rows = tomllib.loads(table.read_text(encoding="utf-8"))["equation"] if table.is_file() else []
            for row in rows:
                if row["file"] in self.files:
                    numbers = line_numbers(self.text(row["file"]), row["name"], row["lines"])
                    found.setdefault(row["file"], []).append(
                        {"equation": row["equation"], "name": row["name"], "lines": numbers})
        return found


def line_numbers(text: str, name: str, words: Sequence[str]) -> list[int]:
    """The lines of the function or method `name` that contain these words, one for each."""
    lines = text.splitlines()
    node = next(node for qualified, node in definitions(ast.parse(text)) if name in (qualified, node.name))
    span = range(node.lineno, (node.end_lineno or node.lineno) + 1)
    return [number for part in words for number in span if part in lines[number - 1]]


def definitions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.FunctionDef | ast.ClassDef]]:
    """Every function and class below a node with its dotted name."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield prefix + node.name, node
            yield from definitions(node, f"{prefix}{node.name}.")

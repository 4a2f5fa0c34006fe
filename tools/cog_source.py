"""Shows source code in the pages; cog keeps it equal to the source:

    <!-- [[[cog from cog_source import show; show("KNN_From_Scratch/knn.py", "KNeighborsClassifier.predict") ]]] -->
    <!-- [[[end]]] -->

    cog -r -I tools documentation/*.md README.md            writes the code into the pages
    cog --check -I tools documentation/*.md README.md       fails if a page differs from its source
"""

import ast
import textwrap
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def show(path: str, name: str, first: str | None = None, last: str | None = None) -> None:
    """Writes a function, method or class into the page as a fenced block.  Arguments: see `source`."""
    import cog  # type: ignore[import-not-found]  # exists only inside a run of cog

    cog.outl(f"```python\n{source(path, name, first, last)}\n```")


def source(path: str, name: str, first: str | None = None, last: str | None = None) -> str:
    """The lines of `name` ("gradient" or "LinearRegression.training") in a file; path: from the project's root.

    first, last: keep only the lines from the first that contains `first` to the next that contains `last`.
    """
    _, lines = located(path, name)
    begin = index(lines, first, 0) if first else 0
    end = index(lines, last, begin) if last else len(lines) - 1
    return textwrap.dedent("\n".join(lines[begin : end + 1]))


def located(path: str, name: str) -> tuple[int, list[str]]:
    """The number of the first line of a definition, and its lines."""
    text = (ROOT / path).read_text(encoding="utf-8")
    found = [node for qualified, node in definitions(ast.parse(text)) if name in (qualified, node.name)]
    if len(found) != 1:
        raise LookupError(f"{path} has {len(found)} definitions of {name!r}; name one that exists once.")
    start = min([found[0].lineno, *(decorator.lineno for decorator in found[0].decorator_list)])
    return start, text.splitlines()[start - 1 : found[0].end_lineno]


def equations(folder: str) -> None:
    """Write a table with a link from each equation of a chapter to its code, from <folder>/equations.toml."""
    import cog

    cog.outl("| equation | where | line |\n| --- | --- | --- |")
    for row in table_of_equations(folder):
        links = ", ".join(link(row["file"], row["name"], words) for words in row["lines"])
        cog.outl(f"| {row['equation']} | `{row['name']}` | {links} |")


def table_of_equations(folder: str) -> list[dict[str, Any]]:
    """The rows of <folder>/equations.toml: equation (Markdown), file (from the root), name, lines (words of each)."""
    text = (ROOT / folder / "equations.toml").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = tomllib.loads(text)["equation"]
    return rows


def link(path: str, name: str, words: str) -> str:
    """A link to the one line of `name` that contains these words."""
    start, lines = located(path, name)
    numbers = [number for number, line in enumerate(lines, start) if words in line]
    if len(numbers) != 1:
        raise LookupError(f"{path}: {len(numbers)} lines of {name} contain {words!r}; give words that one line has.")
    return f"[`{words}`](../{path}#L{numbers[0]})".replace("|", "\\|")


def definitions(tree: ast.AST, prefix: str = ""):
    """Every function and class below a node with its dotted name."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield prefix + node.name, node
            yield from definitions(node, f"{prefix}{node.name}.")


def index(lines: list[str], words: str, start: int) -> int:
    for number in range(start, len(lines)):
        if words in lines[number]:
            return number
    raise LookupError(f"no line contains {words!r}")

"""Writes the README's tables of speed from the benchmarks' pages, so that its numbers come from a run.

    cog -r -I tools README.md          after python -m benchmarks.classical, .networks or .recurrent
"""

import re
from pathlib import Path

RESULTS = Path(__file__).resolve().parent.parent / "benchmarks" / "results"


def classical() -> None:
    """Rows that have an aim: times of both sides and their ratio, fit and predict apart."""
    lines = [row for row in rows("classical", "ours / theirs") if row["aim"] and row["against"] == "scikit-learn"]
    write(["", "step", "ours", "scikit-learn", "ours / scikit-learn"],
          [[row["row"], row["step"], row["ours"], row["theirs"], row["ours / theirs"].strip("*")] for row in lines])


def steps(name: str, unit: str) -> None:
    """The table at two threads: ours in units a second, and its ratio to PyTorch's."""
    by_row: dict[str, dict[str, dict[str, str]]] = {}
    for row in rows(name, "ours is"):
        side = row["side"].split(",")[0]                                     # "ours, 2 processes" is ours
        by_row.setdefault(row["row"], {}).setdefault(side, row)             # the first table is the one at two threads
    write(["", f"ours, {unit} a second", "times PyTorch", "times PyTorch at its best"],
          [[title, sides["ours"][f"{unit} a second"], *(sides[side]["ours is"].strip("* ×")
                                                        for side in ("PyTorch", "PyTorch at its best"))]
           for title, sides in by_row.items()])


def rows(name: str, column: str) -> list[dict[str, str]]:
    """The lines of the page's tables that have this column, by the names of the columns."""
    found: list[dict[str, str]] = []
    head: list[str] = []
    for line in (RESULTS / f"{name}.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")] if line.startswith("|") else []
        if not cells:
            head = []
        elif not head:
            head = cells
        elif column in head and not re.fullmatch(r"[-| ]+", line):
            found.append(dict(zip(head, cells, strict=False)))
    return found


def write(head: list[str], lines: list[list[str]]) -> None:
    import cog  # type: ignore[import-not-found]  # exists only inside a run of cog

    for cells in (head, ["---"] * len(head), *lines):
        cog.outl("| " + " | ".join(cells) + " |")

"""Writes the README's tables of speed from the pages that the benchmarks write, so that their numbers come from a run.

    cog -r -I tools README.md          after python -m benchmarks.classical, .networks or .recurrent
"""

import re
from pathlib import Path

WITHOUT_AIM = {("kNN 500 × 10, 500 queries", "predict")}  # shown, too: there the plain code costs most
CHAPTERS_MEASURED = ("linear", "logistic", "kNN", "naive")            # in their order
RESULTS = Path(__file__).resolve().parent.parent / "benchmarks" / "results"


def classical() -> None:
    """The rows that have an aim: times of both engines and of scikit-learn, and their ratios; fit and predict
    separately."""
    by_row: dict[tuple[str, str], dict[str, dict[str, str]]] = {}
    for row in rows("classical", "ours / theirs"):
        by_row.setdefault((row["row"], row["step"]), {})[row["against"]] = row
    lines = []
    for (name, step), against in by_row.items():
        fast, auto = against.get("scikit-learn"), against.get("ours, engine=auto")
        if not fast or not auto or not (fast["aim"] or (name, step) in WITHOUT_AIM):
            continue
        ratio = number(fast["ours / theirs"])
        lines.append([name, step, fast["ours"], auto["theirs"], fast["theirs"], f"{ratio:.2f}",
                      f"{ratio / number(auto['ours / theirs']):.2f}"])
    lines.sort(key=lambda cells: CHAPTERS_MEASURED.index(cells[0].split()[0]))
    write(["", "step", 'ours, engine="fast"', 'ours, engine="auto"', "scikit-learn", "fast / scikit-learn",
           "auto / scikit-learn"], lines)


def number(cell: str) -> float:
    return float(cell.strip("* ×"))


def steps(name: str, unit: str) -> None:
    """The table with two threads: the samples that ours learns from in a second, and the ratio to PyTorch's number.

    "Ours" is the fast engine if there is one; the plain one, "ours, plain", stands beside it.
    """
    by_row: dict[str, dict[str, dict[str, str]]] = {}
    for row in rows(name, "ours is"):
        by_row.setdefault(row["row"], {}).setdefault(row["side"], row)     # the first table is the one with two threads
    lines = []
    for title, sides in by_row.items():
        ours = next(row for side, row in sides.items() if side.startswith("ours") and "plain" not in side)
        plain = next((row for side, row in sides.items() if "plain" in side), None)
        speeds = [number(row[f"{unit} a second"].replace(",", "")) for row in (ours, plain) if row]
        against = [number(sides[side]["ours is"]) for side in ("PyTorch", "PyTorch at its best")]
        slower = speeds[-1] / speeds[0]
        engine = "fast" if plain or title.startswith("CNN") else "plain"    # a CNN's first row is its fused layer
        lines.append([title, engine, ours[f"{unit} a second"], *(f"{times:.2f}" for times in against)])
        if plain:
            lines.append(["", "plain", plain[f"{unit} a second"], *(f"{slower * times:.2f}" for times in against)])
    write(["", "engine", f"{unit} a second", "times PyTorch", "times PyTorch at its best"], lines)


def rows(name: str, column: str) -> list[dict[str, str]]:
    """The lines of the page's tables that have such a column; each by the names of the columns."""
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

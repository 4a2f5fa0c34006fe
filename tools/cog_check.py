"""Writes the last recorded report of `run_all.py check` into its page.

    python run_all.py check --json proof/references/report.json       where scikit-learn and PyTorch are installed
    python tests/planted_errors.py                                    writes proof/references/planted.json
    cog -r -I tools documentation/check.md
"""

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
COLUMN_TITLES = {"finite differences": "finite differences", "scikit-learn": "scikit-learn", "PyTorch": "PyTorch",
           "plain = fast": "fast twin", "invariants": "invariants", "weights": "shipped weights"}


def read(name: str) -> Any:
    return json.loads((ROOT / "proof" / "references" / name).read_text(encoding="utf-8"))


def report() -> None:
    """One line an algorithm, as in the terminal; below it the command and the versions."""
    import cog  # type: ignore[import-not-found]  # exists only inside a run of cog

    from proof.report import power

    data = read("report.json")
    cog.outl(f"| algorithm | numbers | {' | '.join(COLUMN_TITLES.values())} |")
    cog.outl("| --- " + "| ---: " * (1 + len(COLUMN_TITLES)) + "|")
    for chapter in data["chapters"]:
        worst = [chapter["worst"][kind] for kind in COLUMN_TITLES]
        cells = ["–" if error is None else power(error) for error in worst]
        cog.outl(f"| {chapter['title']} | {chapter['numbers']:,} | {' | '.join(cells)} |")
    where = ", ".join(f"{name} {value}" for name, value in data["environment"].items())
    cog.outl(f"\nRecorded with `{data['command']}`. {where}. Compared with "
             f"{data['libraries']}.")


def planted() -> None:
    """The table of the planted mistakes, and the first message of `check` for each."""
    import cog

    cog.outl("| file | instead of | planted | the first of what it says |\n| --- | --- | --- | --- |")
    for row in read("planted.json"):
        said = row["said"].split(" (the first of")[0].split(";")[0]
        cells = [f"[{row['file'].split('/')[-1]}:{row['line']}](../{row['file']}#L{row['line']})",
                 code(row["was"]), code(row["planted"]), plain(said)]
        cog.outl(f"| {' | '.join(cells)} |")


def plain(text: str) -> str:
    for mark in "\\|_*<$":
        text = text.replace(mark, "\\" + mark)
    return text


def code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|")

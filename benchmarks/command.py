"""The command line of the benchmarks."""

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.harness import QUICK, Row, Settings, run
from benchmarks.machine import describe, load_average, versions
from benchmarks.report import Page, markdown

RESULTS = Path(__file__).parent / "results"


def main(
    name: str, title: str, rows: Sequence[Row], packages: tuple[str, ...], arguments: list[str] | None = None
) -> int:
    """Run the rows of the command line, and write the page.  Returns 1 if a row failed, 2 if no row was named."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=title)
    parser.add_argument("--rows", metavar="PATTERN", help="only rows whose group and name match this regular "
                        "expression (× is x, as in '500x10'); printed, and written only with --out")
    parser.add_argument("--quick", action="store_true", help="tiny data, two rounds, as a test; writes nothing")
    parser.add_argument("--out", metavar="FILE", type=Path, help=f"the page to write (benchmarks/results/{name}.md)")
    parser.add_argument("--list", action="store_true", help="list the rows")
    parser.add_argument("--rounds", type=int, default=Settings.rounds, help="at most, per row and step (%(default)s)")
    parser.add_argument("--patience", type=float, default=Settings.patience, metavar="SECONDS",
                        help="maximal total wait for a quiet machine (%(default)s)")
    asked = parser.parse_args(arguments)

    chosen = [row for row in rows if asked.rows is None or re.search(asked.rows, plain(row), re.IGNORECASE)]
    if not chosen:
        parser.error(f"no row matches {asked.rows!r}; the rows are:\n" + "\n".join(map(plain, rows)))
    if asked.list:
        print("\n".join(map(plain, chosen)))
        return 0

    settings = QUICK if asked.quick else replace(Settings(), rounds=max(1, asked.rounds), patience=asked.patience)
    settings = replace(settings, fewest_rounds=min(settings.fewest_rounds, settings.rounds))
    options = " --quick" if asked.quick else "" if asked.rounds == Settings.rounds else f" --rounds {asked.rounds}"
    options += "" if asked.rows is None else f" --rows '{asked.rows}'"
    facts = [describe(), versions(packages), f"load average before the run: {load_average()}"]
    page = Page(title, f"python -m benchmarks.{name}{options}", facts)
    print("\n".join(facts), flush=True)

    out = None if asked.quick else asked.out or (RESULTS / f"{name}.md" if asked.rows is None else None)
    results = []
    for result in run(chosen, settings, say):
        results.append(result)
        if out is not None:                              # after each row, so that an error does not lose an hour's work
            out.parent.mkdir(parents=True, exist_ok=True)
            missing = [] if len(results) == len(chosen) else [f"incomplete: {len(results)} of {len(chosen)} rows"]
            so_far = page._replace(facts=facts + missing)
            out.write_text(markdown(so_far, results, settings), encoding="utf-8")
    print(markdown(page, results, settings) if out is None else f"written: {out}")
    return 1 if any(result.failure for result in results) else 0


def plain(row: Row) -> str:
    return f"{row.group}: {row.name}".replace(" × ", "x")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)

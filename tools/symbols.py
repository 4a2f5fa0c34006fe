"""One letter, one meaning: checks documentation/symbols.md against the formulas of the pages.

    python tools/symbols.py            prints what is wrong, and the letters that two chapters use differently

documentation/symbols.md is one table: | symbol | meaning | shape | pages |.  The pages of a row are names of files
without ".md".  A page is checked once a row names it.  On a checked page

    every letter of every formula has one row, and no letter has two
    every symbol of a row stands in a formula of each page of the row
    a symbol of several letters (`R^2`, `p_{ik}`) is a symbol of its own: it is taken off before the letters are read

The table of equations is left out: it stands on one page, and has the letters of two.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent))
import formulas

DOCUMENTATION = Path(__file__).resolve().parent.parent / "documentation"
GREEK = {"alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda",
         "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "phi", "chi", "psi", "omega", "Gamma", "Delta", "Theta",
         "Lambda", "Xi", "Pi", "Sigma", "Phi", "Psi", "Omega", "ell"}
WORDS = re.compile(r"\\(?:text|mathrm|begin|end)\{[^}]*\}")
TABLE_OF_EQUATIONS = re.compile(r"<!-- [^\n]*cog_source import equations.*?\[\[\[end\]\]\] -->", re.DOTALL)
LETTER = re.compile(r"\\([a-zA-Z]+)|([a-zA-Z])")


class Row(NamedTuple):
    symbol: str          # as it is written, without accents: y, \\lambda, R^2
    meaning: str
    shape: str
    pages: tuple[str, ...]


def squeezed(tex: str) -> str:
    """Without spaces, but for the one that ends a macro: \\Delta g."""
    return re.sub(r"(?<![a-zA-Z])\s+|\s+(?![a-zA-Z])|\\[,;!:]", "", tex).strip()


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def rows_of(table: str) -> list[Row]:
    """The rows of symbols.md.  A cell with several symbols stands for several rows."""
    found = []
    for line in table.splitlines():
        if not line.startswith("| $`"):
            continue
        symbols, meaning, shape, pages = cells(line)
        found += [Row(squeezed(symbol), meaning, shape, tuple(page.strip() for page in pages.split(",")))
                  for symbol in re.findall(r"\$`([^`]+)`\$", symbols)]
    return found


def letters(tex: str) -> set[str]:
    """The letters of a formula; of macros only the Greek ones."""
    found = set()
    for macro, letter in LETTER.findall(WORDS.sub(" ", tex)):
        if letter or macro in GREEK:
            found.add(letter or f"\\{macro}")
    return found


def used(page: str, composites: list[str]) -> set[str]:
    """The symbols of a page's formulas: the composites among them, and the letters that are left."""
    found = set()
    for formula in formulas.written(TABLE_OF_EQUATIONS.sub("", page)):
        tex = formula.tex
        for composite in sorted(composites, key=len, reverse=True):
            pattern = r"\s*".join(re.escape(token) for token in re.findall(r"\\[a-zA-Z]+|\S", composite))
            pattern += r"(?![a-zA-Z])" if composite[-1].isalpha() else ""
            tex, count = re.subn(pattern, " ", tex)
            if count:
                found.add(composite)
        found |= letters(tex)
    return found


def is_letter(symbol: str) -> bool:
    return letters(symbol) == {symbol}


def complaints(table: str, pages: dict[str, str]) -> list[str]:
    """What is wrong, one line each.  table: symbols.md; pages: the text of every page by its name."""
    found, rows = [], rows_of(table)
    for name in sorted({page for row in rows for page in row.pages}):
        if name not in pages:
            found.append(f"symbols.md names the page {name!r}, which does not exist")
            continue
        own: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            if name in row.pages:
                own[row.symbol].append(row)
        found += [f"{name}: {symbol} has {len(same)} meanings: {', '.join(row.meaning for row in same)}"
                  for symbol, same in own.items() if len(same) > 1]
        there = used(pages[name], [symbol for symbol in own if not is_letter(symbol)])
        found += [f"{name}: {symbol} is in no row of symbols.md" for symbol in sorted(there - own.keys())]
        found += [f"{name}: {symbol} ({own[symbol][0].meaning}) is in no formula" for symbol in
                  sorted(own.keys() - there)]
    return found


def homonyms(table: str) -> list[str]:
    """The letters that mean different things on different pages, one line each."""
    by_symbol: dict[str, list[Row]] = defaultdict(list)
    for row in rows_of(table):
        by_symbol[row.symbol].append(row)
    return [f"$`{symbol}`$: " + "; ".join(f"{row.meaning} ({', '.join(row.pages)})" for row in rows)
            for symbol, rows in by_symbol.items() if len(rows) > 1]


def read() -> tuple[str, dict[str, str]]:
    pages = {path.stem: path.read_text(encoding="utf-8") for path in sorted(DOCUMENTATION.glob("*.md"))}
    return pages["symbols"], {name: page for name, page in pages.items() if name != "symbols"}


def list_homonyms() -> None:
    """Write the letters with several meanings into the page."""
    import cog  # type: ignore[import-not-found]  # exists only inside a run of cog

    cog.outl("\n".join(f"- {line}" for line in homonyms(read()[0])))


def main() -> int:
    table, pages = read()
    wrong = complaints(table, pages)
    print("\n".join([*wrong, f"{len(rows_of(table))} symbols, {len(wrong)} complaints", *homonyms(table)]))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())

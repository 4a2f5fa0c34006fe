"""One letter, one meaning: checks documentation/symbols.md against the formulas of the pages.

    python tools/symbols.py            prints what is wrong

documentation/symbols.md is one table: | symbol | meaning | shape | pages |.  An empty first cell repeats the symbol of
the row above: a letter with two meanings has them one below the other, each with its pages.  A page has a short name,
PAGES.  On every page that has a formula

    every letter of every formula has one row, and no letter has two
    every symbol of a row stands in a formula of each page of the row
    a symbol of several letters (`R^2`, `p_{ik}`) is a symbol of its own: it is removed before the letters are read

and in the table every letter has one place.  The table of equations is left out: it stands on one page, but has the
letters of two pages.
"""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent))
import formulas

DOCUMENTATION = Path(__file__).resolve().parent.parent / "documentation"
GREEK = {"alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda",
         "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "phi", "chi", "psi", "omega", "Gamma", "Delta", "Theta",
         "Lambda", "Xi", "Pi", "Sigma", "Phi", "Psi", "Omega", "ell"}
CHAPTERS = {"linear": "linear_regression", "logistic": "logistic_regression", "knn": "knn", "bayes": "naive_bayes",
            "network": "basic_neural_network", "cnn": "cnn", "rnn": "rnn"}
PAGES = {**CHAPTERS, **{f"{name} fast": f"{page}_exact_and_fast" for name, page in CHAPTERS.items()},
         "cnn inside": "cnn_looking_inside", "lstm": "lstm_and_gru", "failures": "when_training_fails"}
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
    """The rows of symbols.md.  A cell with several symbols stands for several rows; an empty cell repeats the cell
    above it."""
    found, symbols = [], ""
    for line in table.splitlines():
        if not re.match(r"\| (\$`|  ?\|)|\|  \|", line):
            continue
        first, meaning, shape, pages = cells(line)
        symbols = first or symbols
        names = tuple(PAGES.get(page.strip(), page.strip()) for page in pages.split(","))
        found += [Row(squeezed(symbol), meaning, shape, names) for symbol in re.findall(r"\$`([^`]+)`\$", symbols)]
    return found


def letters(tex: str) -> set[str]:
    """The letters of a formula; of its macros only the Greek ones."""
    found = set()
    for macro, letter in LETTER.findall(WORDS.sub(" ", tex)):
        if letter or macro in GREEK:
            found.add(letter or f"\\{macro}")
    return found


def used(page: str, composites: list[str]) -> set[str]:
    """The symbols in a page's formulas: the composites among them, and the remaining letters."""
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
    """The mistakes, one line each.  table: symbols.md; pages: the text of every page by its name."""
    found, rows = [], rows_of(table)
    named = {page for row in rows for page in row.pages}
    found += [f"{name} has formulas and is in no row" for name in sorted(pages.keys() - named) if used(pages[name], [])]
    order = [row.symbol for row in rows]
    places = Counter(symbol for before, symbol in zip(["", *order], order, strict=False) if symbol != before)
    found += [f"{symbol} has rows in {count} places of the table" for symbol, count in places.items()
              if count > 1 and is_letter(symbol)]
    for name in sorted(named):
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


def read() -> tuple[str, dict[str, str]]:
    pages = {path.stem: path.read_text(encoding="utf-8") for path in sorted(DOCUMENTATION.glob("*.md"))}
    return pages["symbols"], {name: page for name, page in pages.items() if name != "symbols"}


def main() -> int:
    table, pages = read()
    wrong = complaints(table, pages)
    print("\n".join([*wrong, f"{len(rows_of(table))} symbols, {len(wrong)} complaints"]))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())

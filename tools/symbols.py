"""One letter, one meaning: checks documentation/symbols.md against the formulas of the pages.

    python tools/symbols.py            prints what is wrong

documentation/symbols.md is one table for the whole book: | symbol | meaning | shape | pages |.  A page has a short
name, PAGES.  A symbol is a letter, or one of these, which mean something else than the letter alone:

    a letter in another font           \\mathbf{H}, \\mathsf{k}, \\mathtt{C}, \\mathcal{S}, \\boldsymbol\\sigma
    several letters                    R^2, \\sigma^2: taken off before the letters are read
    d in front of a symbol             dW: the gradient of the loss by it

Accents, primes and indices do not make another symbol: \\hat y is a y, n_c an n.  Upright letters are words or
constants, \\text{bound}, \\mathrm{e}.  In the table

    no symbol has two rows, and no row is without meaning or shape

On every page that has a formula

    every letter of every formula has its row
    every symbol of a row stands in a formula of each page of the row

and every letter of the tables of equations, which stand on one page for two, has a row.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent))
import formulas

DOCUMENTATION = Path(__file__).resolve().parent.parent / "documentation"
GREEK = {"alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda",
         "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "phi", "varphi", "chi", "psi", "omega", "Gamma", "Delta",
         "Theta", "Lambda", "Xi", "Pi", "Sigma", "Phi", "Psi", "Omega", "ell"}
CHAPTERS = {"linear": "linear_regression", "logistic": "logistic_regression", "knn": "knn", "bayes": "naive_bayes",
            "network": "basic_neural_network", "cnn": "cnn", "rnn": "rnn"}
PAGES = {**CHAPTERS, **{f"{name} fast": f"{page}_exact_and_fast" for name, page in CHAPTERS.items()},
         "cnn inside": "cnn_looking_inside", "lstm": "lstm_and_gru", "failures": "when_training_fails"}
WORDS = re.compile(r"\\(text|mathrm|begin|end)\{[^}]*\}")
FONT = re.compile(r"\\(mathbf|mathsf|mathtt|mathcal|boldsymbol)\s*(?:\{([^{}]*)\}|(\\?[a-zA-Z]+))")
GRADIENT = re.compile(r"(?<![a-zA-Z\\^_])d(?=[a-zA-Z]|\\(?:gamma|zeta|tilde|mathsf|mathbf|,\s*\\text))")
TABLE_OF_EQUATIONS = re.compile(r"<!-- [^\n]*cog_source import equations.*?\[\[\[end\]\]\] -->", re.DOTALL)
LETTER = re.compile(r"\\([a-zA-Z]+)|([a-zA-Z])")


class Row(NamedTuple):
    symbol: str          # as it is written, without accents: y, \\lambda, \\mathbf{H}, R^2, dW
    meaning: str
    shape: str
    pages: tuple[str, ...]


def squeezed(tex: str) -> str:
    """Without spaces, but for the one that ends a macro."""
    return re.sub(r"(?<![a-zA-Z])\s+|\s+(?![a-zA-Z])|\\[,;!:]", "", tex).strip()


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def rows_of(table: str) -> list[Row]:
    """The rows of symbols.md.  A cell with several symbols stands for several rows, an empty one for that above it."""
    found, symbols = [], ""
    for line in table.splitlines():
        if not re.match(r"\| (\$`|  ?\|)|\|  \|", line):
            continue
        first, meaning, shape, pages = cells(line)
        symbols = first or symbols
        names = tuple(PAGES.get(page.strip(), page.strip()) for page in pages.split(","))
        found += [Row(squeezed(symbol), meaning, shape, names) for symbol in re.findall(r"\$`([^`]+)`\$", symbols)]
    return found


def gradients_taken_off(tex: str) -> tuple[str, set[str]]:
    """The formula without words and without d in front of a symbol, and {"dW"} if there was one."""
    tex, count = GRADIENT.subn("", WORDS.sub(r"\\\1{}", tex))
    return WORDS.sub(" ", tex), {"dW"} if count else set()


def letters(tex: str) -> set[str]:
    """The symbols of a formula: letters, letters in a font, and dW if d stands in front of a symbol."""
    tex, found = gradients_taken_off(tex)

    def in_font(match: re.Match[str]) -> str:
        for letter in re.findall(r"\\[a-zA-Z]+|[a-zA-Z]", match[2] or match[3]):
            found.add(f"\\boldsymbol{letter}" if match[1] == "boldsymbol" else f"\\{match[1]}{{{letter}}}")
        return " "

    for macro, letter in LETTER.findall(FONT.sub(in_font, tex)):
        if letter or macro in GREEK:
            found.add(letter or f"\\{macro}")
    return found


def used(page: str, composites: list[str]) -> set[str]:
    """The symbols of a page's formulas: the composites among them, and the letters that are left."""
    found = set()
    for formula in formulas.written(page):
        tex, gradients = gradients_taken_off(formula.tex)
        found |= gradients
        for composite in sorted(set(composites) - {"dW"}, key=len, reverse=True):
            pattern = r"\s*".join(re.escape(token) for token in re.findall(r"\\[a-zA-Z]+|\S", composite))
            pattern += r"(?![a-zA-Z])" if composite[-1].isalpha() else ""
            tex, count = re.subn(r"(?<!boldsymbol)" + pattern, " ", tex)
            if count:
                found.add(composite)
        found |= letters(tex)
    return found


def is_letter(symbol: str) -> bool:
    """Whether it is found by reading letters, not by looking for it."""
    return letters(symbol) == {squeezed(symbol)}


def complaints(table: str, pages: dict[str, str]) -> list[str]:
    """What is wrong, one line each.  table: symbols.md; pages: the text of every page by its name."""
    rows = rows_of(table)
    meanings: dict[str, list[str]] = {}
    for row in rows:
        meanings.setdefault(row.symbol, []).append(row.meaning)
    found = [f"{symbol} has {len(said)} meanings: {'; '.join(said)}" for symbol, said in meanings.items()
             if len(said) > 1]
    found += [f"{row.symbol} has no meaning or no shape" for row in rows if not (row.meaning and row.shape)]
    composites = [symbol for symbol in meanings if not is_letter(symbol)]
    texts = {name: TABLE_OF_EQUATIONS.sub("", page) for name, page in pages.items()}
    named = Counter(page for row in rows for page in set(row.pages))
    found += [f"{name} has formulas and is in no row" for name in sorted(pages.keys() - named) if used(pages[name], [])]
    for name in sorted(named):
        if name not in pages:
            found.append(f"symbols.md names the page {name!r}, which does not exist")
            continue
        own = {row.symbol: row for row in rows if name in row.pages}
        there = used(texts[name], composites)
        found += [f"{name}: {symbol} is in no row of symbols.md" for symbol in sorted(there - own.keys())]
        found += [f"{name}: {symbol} ({own[symbol].meaning}) is in no formula" for symbol in sorted(own.keys() - there)]
        tables = "\n".join(TABLE_OF_EQUATIONS.findall(pages[name]))
        found += [f"{name}, table of equations: {symbol} is in no row of symbols.md" for symbol in
                  sorted(used(tables, composites) - meanings.keys())]
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

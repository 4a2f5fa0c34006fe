"""One letter, one meaning: checks documentation/symbols.md against the formulas of the pages.

    python tools/symbols.py            prints what is wrong

documentation/symbols.md is one table for the whole book: | symbol | meaning | shape | pages |.  A page has a short
name, PAGE_OF_SHORT_NAME.  A symbol is a letter, or one of these, which mean something else than the letter alone:

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

A second table, | letter | meaning | chapters |, has the letters that only the code has.  In a chapter's code (lesson
files, fast/, scale/, diagnosis/, demo/)

    every name of one letter, and every Greek one, stands in a row of the chapter's pages or of this table
    no letter has a row in both, or two rows, for the same chapter
    every letter of a row is a name in the code of each chapter of the row, and the chapters exist
"""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent))
import formulas

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTATION = ROOT / "documentation"
GREEK = {"alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda",
         "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "phi", "varphi", "chi", "psi", "omega", "Gamma", "Delta",
         "Theta", "Lambda", "Xi", "Pi", "Sigma", "Phi", "Psi", "Omega", "ell"}
PAGE_OF_CHAPTER = {"linear": "linear_regression", "logistic": "logistic_regression", "knn": "knn",
                   "bayes": "naive_bayes", "network": "basic_neural_network", "cnn": "cnn", "rnn": "rnn"}
PAGE_OF_SHORT_NAME = {
    **PAGE_OF_CHAPTER, **{f"{name} fast": f"{page}_exact_and_fast" for name, page in PAGE_OF_CHAPTER.items()},
    "cnn inside": "cnn_looking_inside", "lstm": "lstm_and_gru", "failures": "when_training_fails"}
UPRIGHT = re.compile(r"\\(text|mathrm|begin|end)\{[^}]*\}")
FONT_MACRO = re.compile(r"\\(mathbf|mathsf|mathtt|mathcal|boldsymbol)\s*(?:\{([^{}]*)\}|(\\?[a-zA-Z]+))")
GRADIENT = re.compile(r"(?<![a-zA-Z\\^_])d(?=[a-zA-Z]|\\(?:gamma|zeta|tilde|mathsf|mathbf|,\s*\\text))")
TABLE_OF_EQUATIONS = re.compile(r"<!-- [^\n]*cog_source import equations.*?\[\[\[end\]\]\] -->", re.DOTALL)
LETTER = re.compile(r"\\([a-zA-Z]+)|([a-zA-Z])")
ONE_LETTER = re.compile(r"(?:\\(?:mathbf|mathsf|mathtt|mathcal|boldsymbol)\{?)?\\?(?:var)?([a-zA-Z]+)\}?(?:\^2)?")
CODE_ROW = re.compile(r"^\| (`\w+`(?:, `\w+`)*) \| ([^|]+?) \| ([a-z, ]+) \|$", re.MULTILINE)


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
        names = tuple(PAGE_OF_SHORT_NAME.get(page.strip(), page.strip()) for page in pages.split(","))
        found += [Row(squeezed(symbol), meaning, shape, names) for symbol in re.findall(r"\$`([^`]+)`\$", symbols)]
    return found


def gradients_taken_off(tex: str) -> tuple[str, set[str]]:
    """The formula without words and without d in front of a symbol, and {"dW"} if there was one."""
    tex, count = GRADIENT.subn("", UPRIGHT.sub(r"\\\1{}", tex))
    return UPRIGHT.sub(" ", tex), {"dW"} if count else set()


def letters(tex: str) -> set[str]:
    """The symbols of a formula: letters, letters in a font, and dW if d stands in front of a symbol."""
    tex, found = gradients_taken_off(tex)

    def in_font(match: re.Match[str]) -> str:
        for letter in re.findall(r"\\[a-zA-Z]+|[a-zA-Z]", match[2] or match[3]):
            found.add(f"\\boldsymbol{letter}" if match[1] == "boldsymbol" else f"\\{match[1]}{{{letter}}}")
        return " "

    for macro, letter in LETTER.findall(FONT_MACRO.sub(in_font, tex)):
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


class CodeRow(NamedTuple):
    letter: str
    meaning: str
    chapter: str         # the name of its page


def code_rows(table: str) -> list[CodeRow]:
    """The rows of the second table, one for each letter and chapter."""
    return [CodeRow(letter, meaning, PAGE_OF_CHAPTER.get(chapter.strip(), chapter.strip()))
            for letters, meaning, chapters in CODE_ROW.findall(table)
            for letter in re.findall(r"\w+", letters) for chapter in chapters.split(",")]


def pages_of(chapter: str, path: str = "") -> set[str]:
    """The pages whose letters the code of a chapter has; a file of scale/ has those of the page on scale, too."""
    return {chapter, f"{chapter}_exact_and_fast", *(["lstm_and_gru"] if chapter == "rnn" else []),
            *(["scale"] if "/scale/" in path else [])}


def names_of_letters(source: str) -> Iterator[str]:
    """The names that a file gives to arrays and numbers, if they are one letter or a Greek one."""
    for node in ast.walk(ast.parse(source)):
        name = node.arg if isinstance(node, ast.arg) else node.id if isinstance(node, ast.Name) and isinstance(
            node.ctx, ast.Store) else ""
        if (len(name) == 1 and name.isalpha()) or name in GREEK:
            yield name


def code_complaints(table: str, code: dict[str, dict[str, str]]) -> list[str]:
    """What is wrong with the letters of the code.  code: by chapter the text of every file by its path."""
    rows, found = code_rows(table), []
    letters_of_pages = [(match[1], row.pages) for row in rows_of(table)
                        if (match := ONE_LETTER.fullmatch(row.symbol)) and row.symbol != "dW"]
    for (letter, chapter), count in Counter((row.letter, row.chapter) for row in rows).items():
        found += [f"{letter} has {count} meanings in the code of {chapter}"] if count > 1 else []
        if any(letter == other and pages_of(chapter) & {*pages} for other, pages in letters_of_pages):
            found.append(f"{letter} has a meaning on the pages of {chapter} and another in its code")
    found += [f"symbols.md names the chapter {chapter!r}, which does not exist"
              for chapter in sorted({row.chapter for row in rows} - code.keys())]
    for chapter, files in code.items():
        own = {row.letter for row in rows if row.chapter == chapter}
        there = set[str]()
        for path, source in files.items():
            here = set(names_of_letters(source))
            there |= here
            known = own | {letter for letter, pages in letters_of_pages if pages_of(chapter, path) & {*pages}}
            found += [f"{path}: {letter} is on no page of the chapter and in no row of symbols.md"
                      for letter in sorted(here - known)]
        found += [f"{chapter}: {letter} is a name in none of its files" for letter in sorted(own - there)]
    return found


def read_code() -> dict[str, dict[str, str]]:
    """The code of every chapter, by the name of its page: knn is KNN_From_Scratch."""
    return {folder.name.removesuffix("_From_Scratch").lower(): {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.py"))}
        for folder in sorted(ROOT.glob("*_From_Scratch"))}


def read() -> tuple[str, dict[str, str]]:
    pages = {path.stem: path.read_text(encoding="utf-8") for path in sorted(DOCUMENTATION.glob("*.md"))}
    return pages["symbols"], {name: page for name, page in pages.items() if name != "symbols"}


def main() -> int:
    table, pages = read()
    wrong = complaints(table, pages) + code_complaints(table, read_code())
    print("\n".join([*wrong, f"{len(rows_of(table))} symbols, {len(code_rows(table))} letters of the code, "
                              f"{len(wrong)} complaints"]))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())

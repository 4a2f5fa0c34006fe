"""In the whole book one letter has one meaning, and every letter of the pages is in the table of symbols; in a
chapter's code, too."""

import re
import sys

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "tools"))
import symbols

HEAD = "| symbol | meaning | shape | pages |\n| --- | --- | --- | --- |\n"


def test_in_the_whole_book_one_letter_has_one_meaning_and_a_shape():
    table, pages = symbols.read()
    assert not symbols.complaints(table, pages)
    rows = symbols.rows_of(table)
    assert len({row.symbol for row in rows}) == len(rows) > 100
    assert len(pages) > 15


@pytest.mark.parametrize(("rows", "page", "complaint"), [
    ("| $`a`$ | one | $`()`$ | p |", "$`a`$", None),
    ("| $`a`$ | one | $`()`$ | p |", "$`a b`$", r"b is in no row"),
    ("| $`a`$, $`b`$ | one | $`()`$ | p |", "$`a`$", r"b \(one\) is in no formula"),
    ("| $`a`$ | one | $`()`$ | p |\n| $`a`$ | two | $`()`$ | q |", "$`a`$", r"^a has 2 meanings: one; two"),
    ("| $`a`$ | one | $`()`$ | p |\n|  | two | $`()`$ | q |", "$`a`$", r"^a has 2 meanings: one; two"),
    ("| $`a`$ | one | $`()`$ | p |\n| $`a`$ | one | $`()`$ | q |", "$`a`$", r"^a has 2 meanings: one; one"),
    ("| $`a`$ | one |  | p |", "$`a`$", "no meaning or no shape"),
    ("| $`R^2`$ | score | $`()`$ | p |", "$`R^2`$ and $`R`$", r"R is in no row"),
    ("| $`a`$ | one | $`()`$ | gone |", "$`a`$", "does not exist"),
    ("| $`x`$ | one | $`()`$ | p |", "$`\\frac{\\text{words}}{\\mathrm{tr}\\, \\hat x}`$", None),
    # A font makes another symbol, an accent does not.
    ("| $`a`$ | one | $`()`$ | p |", "$`a \\mathbf{a}`$", r"\\mathbf{a} is in no row"),
    ("| $`\\mathsf{k}`$, $`\\mathsf{p}`$ | one | $`()`$ | p |", "$`\\mathsf{kp}_{\\mathsf{k}}`$", None),
    ("| $`\\boldsymbol\\sigma`$ | one | $`()`$ | p |", "$`\\boldsymbol\\sigma_{\\max}^2 \\sigma^2`$",
     r"p: \\sigma is in no row"),
    ("| $`\\sigma^2`$ | one | $`()`$ | p |", "$`\\boldsymbol\\sigma^2 \\sigma^2`$",
     r"p: \\boldsymbol\\sigma is in no row"),
    ("| $`\\mathcal{N}`$ | one | $`()`$ | p |", "$`\\mathcal N(0, 1)`$", None),
    # d in front of a symbol is the gradient, d alone is a letter.
    ("| $`dW`$ | one | $`()`$ | p |\n| $`b`$, $`\\gamma`$ | two | $`()`$ | p |", "$`db + d\\gamma + d\\,\\text{rows}`$",
     None),
    ("| $`dW`$ | one | $`()`$ | p |\n| $`b`$ | two | $`()`$ | p |", "$`db + d^2`$", r"d is in no row"),
    ("| $`d`$ | one | $`()`$ | p |\n| $`n`$ | two | $`()`$ | p |", "$`(n, d), n d^2, \\text{dent}`$", None),
    ("| $`dW`$ | one | $`()`$ | p |\n| $`W_{hh}`$ | two | $`()`$ | p |", "$`dW_{hh}`$", None),
])
def test_a_symbol_without_a_row_or_with_two_is_found(rows, page, complaint):
    pages = {"p": page} | ({"q": page} if re.search(r"\| .*q \|", rows) else {})
    found = symbols.complaints(HEAD + rows, pages)
    assert (not found) if complaint is None else any(re.search(complaint, line) for line in found), found


def test_a_page_with_formulas_that_no_row_names_is_found():
    found = symbols.complaints(HEAD + "| $`a`$ | one | $`()`$ | p |", {"p": "$`a`$", "q": "$`a`$", "r": "no formula"})
    assert found == ["q has formulas and is in no row"]


def test_a_letter_of_a_table_of_equations_has_its_row_on_another_page():
    table = HEAD + "| $`a`$ | one | $`()`$ | p |\n| $`b`$ | two | $`()`$ | q |"
    start, end = "<!-- [[[cog from cog_source import equations; equations(1) ]]] -->", "<!-- [[[end]]] -->"
    pages = {"p": f"$`a`$\n\n{start}\n| $`a + b`$ |\n{end}", "q": "$`b`$"}
    assert symbols.complaints(table, pages) == []
    pages["p"] = pages["p"].replace("a + b", "a + c")
    assert symbols.complaints(table, pages) == ["p, table of equations: c is in no row of symbols.md"]


def test_in_the_code_of_a_chapter_one_letter_has_one_meaning():
    table, _ = symbols.read()
    code = symbols.read_code()
    assert code.keys() == set(symbols.PAGE_OF_CHAPTER.values())
    assert not symbols.code_complaints(table, code)
    assert len(symbols.code_rows(table)) > 20


@pytest.mark.parametrize(("rows", "source", "complaint"), [
    ("", "k = 1", None), ("", "def f(k, q): pass", r"q is on no page of the chapter and in no row"),
    ("", "for q in range(3): pass", "q is on no page"), ("", "words = [q for q in 'ab']", "q is on no page"),
    ("", "lambda q: q", "q is on no page"), ("", "q.x = _ = long_name = dq = 1", None), ("", "theta = 1", None),
    ("", "sigma = 1", "sigma is on no page"), ("", "import q", None),
    ("| `q` | queries | knn |", "q = 1", None), ("| `q`, `sigma` | two | knn |", "q = sigma = 1", None),
    ("| `q` | queries | knn |\n| `q` | one query | knn |", "q = 1", "^q has 2 meanings in the code of knn"),
    ("| `k` | another | knn |", "k = 1", "^k has a meaning on the pages of knn and another in its code"),
    ("| `q` | queries | knn |", "k = 1", "^knn: q is a name in none of its files"),
    ("| `q` | queries | knn, kmn |", "q = 1", "^symbols.md names the chapter 'kmn'"),
])
def test_a_letter_of_the_code_without_a_row_or_with_two_is_found(rows, source, complaint):
    table = HEAD + f"| $`\\mathtt{{k}}`$, $`\\theta`$, $`W_{{hh}}`$ | one | $`()`$ | knn |\n\n{rows}"
    found = symbols.code_complaints(table, {"knn": {"KNN_From_Scratch/knn.py": source}})
    assert (not found) if complaint is None else any(re.search(complaint, line) for line in found), found


def test_the_code_of_scale_has_the_letters_of_its_page_too():
    table = HEAD + "| $`S`$ | one | $`()`$ | scale |"
    found = symbols.code_complaints(table, {"linear_regression": {"L/scale/sums.py": "S = 1", "L/ridge.py": "S = 1"}})
    assert found == ["L/ridge.py: S is on no page of the chapter and in no row of symbols.md"]

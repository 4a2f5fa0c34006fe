"""One letter has one meaning on a page, and every letter of the pages is in the table of symbols."""

import re
import sys

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "tools"))
import symbols

HEAD = "| symbol | meaning | shape | pages |\n| --- | --- | --- | --- |\n"


def test_the_pages_and_the_table_of_symbols_agree():
    table, pages = symbols.read()
    assert not symbols.complaints(table, pages)
    rows = symbols.rows_of(table)
    assert all(row.meaning and row.shape for row in rows)
    assert len(pages) > 15


@pytest.mark.parametrize(("rows", "page", "complaint"), [
    ("| $`a`$ | one | $`()`$ | p |", "$`a`$", None),
    ("| $`a`$ | one | $`()`$ | p |", "$`a b`$", r"b is in no row"),
    ("| $`a`$, $`b`$ | one | $`()`$ | p |", "$`a`$", r"b \(one\) is in no formula"),
    ("| $`a`$ | one | $`()`$ | p |\n| $`a`$ | two | $`()`$ | q, p |", "$`a`$", r"a has 2 meanings: one, two"),
    ("| $`a`$ | one | $`()`$ | p |\n|  | two | $`()`$ | q |", "$`a`$", None),
    ("| $`a`$ | one | $`()`$ | p |\n|  | two | $`()`$ | q, p |", "$`a`$", r"a has 2 meanings: one, two"),
    ("| $`a`$ | one | $`()`$ | p |\n| $`b`$ | two | $`()`$ | p |\n| $`a`$ | c | $`()`$ | q |", "$`a b`$",
     r"a has rows in 2 places"),
    ("| $`a`$ | one | $`()`$ | p |\n| $`a`$ | two | $`()`$ | q |", "$`a`$", None),
    ("| $`\\Delta g`$ | change | $`()`$ | p |", "$`\\Delta  g + \\Delta\\lambda`$", r"\\Delta is in no row"),
    ("| $`R^2`$ | score | $`()`$ | p |", "$`R^2`$ and $`R`$", r"R is in no row"),
    ("| $`a`$ | one | $`()`$ | gone |", "$`a`$", "does not exist"),
    ("| $`x`$ | one | $`()`$ | p |", "$`\\frac{\\text{words}}{\\mathrm{tr}\\, x}`$", None),
])
def test_a_symbol_without_a_row_or_with_two_is_found(rows, page, complaint):
    pages = {"p": page} | ({"q": page} if re.search(r"\| .*q", rows) else {})
    found = symbols.complaints(HEAD + rows, pages)
    assert (not found) if complaint is None else re.search(complaint, "\n".join(found))


def test_a_page_with_formulas_that_no_row_names_is_found():
    found = symbols.complaints(HEAD + "| $`a`$ | one | $`()`$ | p |", {"p": "$`a`$", "q": "$`a`$", "r": "no formula"})
    assert found == ["q has formulas and is in no row"]

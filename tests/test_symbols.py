"""One letter has one meaning on a page, and every letter of the pages is in the table of symbols."""

import re
import sys

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "tools"))
import symbols

HEAD = "| symbol | meaning | shape | pages |\n| --- | --- | --- | --- |\n"
CHECKED = {"linear_regression", "linear_regression_exact_and_fast",
           "logistic_regression", "logistic_regression_exact_and_fast"}    # more pages may join


def test_the_pages_and_the_table_of_symbols_agree():
    table, pages = symbols.read()
    assert not symbols.complaints(table, pages)
    rows = symbols.rows_of(table)
    assert {page for row in rows for page in row.pages} >= CHECKED
    assert all(row.meaning and row.shape for row in rows)
    for line in symbols.homonyms(table):
        assert f"- {line}\n" in table, "cog -r -I tools documentation/symbols.md"


@pytest.mark.parametrize(("rows", "page", "complaint"), [
    ("| $`a`$ | one | $`()`$ | p |", "$`a`$", None),
    ("| $`a`$ | one | $`()`$ | p |", "$`a b`$", r"b is in no row"),
    ("| $`a`$, $`b`$ | one | $`()`$ | p |", "$`a`$", r"b \(one\) is in no formula"),
    ("| $`a`$ | one | $`()`$ | p |\n| $`a`$ | two | $`()`$ | q, p |", "$`a`$", r"a has 2 meanings: one, two"),
    ("| $`a`$ | one | $`()`$ | p |\n| $`a`$ | two | $`()`$ | q |", "$`a`$", None),
    ("| $`\\Delta g`$ | change | $`()`$ | p |", "$`\\Delta  g + \\Delta\\lambda`$", r"\\Delta is in no row"),
    ("| $`R^2`$ | score | $`()`$ | p |", "$`R^2`$ and $`R`$", r"R is in no row"),
    ("| $`a`$ | one | $`()`$ | gone |", "$`a`$", "does not exist"),
    ("| $`x`$ | one | $`()`$ | p |", "$`\\frac{\\text{words}}{\\mathrm{tr}\\, x}`$", None),
])
def test_a_symbol_without_a_row_or_with_two_is_found(rows, page, complaint):
    pages = {"p": page, "q": page}
    found = symbols.complaints(HEAD + rows, pages)
    assert (not found) if complaint is None else re.search(complaint, "\n".join(found))


def test_letters_with_two_meanings_in_two_chapters_are_listed():
    rows = "| $`a`$ | one | $`()`$ | p |\n| $`a`$ | two | $`()`$ | q |\n| $`b`$ | c | $`()`$ | q |"
    listed = symbols.homonyms(HEAD + rows)
    assert listed == ["$`a`$: one (p); two (q)"]

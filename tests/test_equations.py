"""Each equation that the pages call implemented has its lines, each line its equation, and where a test is named, it is
there.  (`equations.toml` in each chapter's folder; the pages' tables are made from it.)"""

import ast
import sys
from collections import Counter

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "tools"))
from cog_source import link, located, table_of_equations

CHAPTERS = [path.parent.name for path in sorted(ROOT.glob("*_From_Scratch/equations.toml"))]
KEYS = {"equation", "file", "name", "lines", "test"}


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_each_equation_has_lines_that_are_found_once_in_the_function_named(chapter):
    rows = table_of_equations(chapter)
    assert len(rows) >= 5
    for row in rows:
        assert KEYS >= row.keys() >= KEYS - {"test"}, f"{chapter}: an equation has {sorted(KEYS)}, not {row}"
        assert row["lines"], f"{chapter}: {row['equation']} has no line"
        for words in row["lines"]:
            assert link(row["file"], row["name"], words)            # a LookupError tells what is wrong


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_each_line_has_an_equation_and_no_equation_is_listed_twice(chapter):
    rows = table_of_equations(chapter)
    for row in rows:
        assert row["equation"].strip(), f"{chapter}: no equation for {row['lines']}"
        code = "\n".join(line.partition("#")[0] for line in located(row["file"], row["name"])[1])
        for line in row["lines"]:
            assert line.partition("#")[0].strip() in code, f"{chapter}: {line!r} stands in a comment"
    counted = Counter((row["equation"], row["name"]) for row in rows)
    assert max(counted.values()) == 1, counted.most_common(1)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_each_equation_that_names_a_test_is_written_down_there(chapter):
    rows = table_of_equations(chapter)
    named = [row for row in rows if "test" in row]
    assert len(named) in (0, len(rows)), f"{chapter}: all of its equations name a test, or none"
    for row in named:
        file, _, name = row["test"].partition("::")
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        tests = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert name in tests, f"{chapter}: {row['equation']} names {row['test']}, which is not there"


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_pages_table_has_all_equations(chapter):
    stem = chapter.removesuffix("_From_Scratch").lower()
    page = (ROOT / "documentation" / f"{stem}.md").read_text(encoding="utf-8")
    for row in table_of_equations(chapter):
        assert f"| {row['equation']} | `{row['name']}` |" in page

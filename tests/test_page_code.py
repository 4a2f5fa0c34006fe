"""The code shown in the pages is the code that runs.  (`cog -r -I tools documentation/*.md README.md` renews it.)"""

import ast
import re
import sys

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "tools"))
from cog_source import link, source

PAGES = [*sorted((ROOT / "documentation").glob("*.md")), *ROOT.glob("*.md")]
BLOCK = re.compile(r"show\(([^\n]*)\) \]\]\] -->\n(.*?)<!-- \[\[\[end\]\]\] -->", re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_code_in_a_page_is_equal_to_its_source(page):
    for arguments, shown in BLOCK.findall(page.read_text(encoding="utf-8")):
        assert shown == f"```python\n{source(*ast.literal_eval(f'({arguments},)'))}\n```\n"


def test_a_method_is_found_by_its_name_alone_or_with_its_class(tmp_path):
    file = tmp_path / "chapter.py"
    file.write_text("class A:\n    @property\n    def f(self):\n        x = 1\n        return x\n\ndef g(): ...\n")
    assert source(str(file), "f") == source(str(file), "A.f") == "@property\ndef f(self):\n    x = 1\n    return x"
    assert source(str(file), "f", "x = 1", "return") == "x = 1\nreturn x"


def test_a_name_that_is_gone_or_there_twice_is_an_error(tmp_path):
    file = tmp_path / "chapter.py"
    file.write_text("class A:\n    def f(self): ...\nclass B:\n    def f(self): ...\n")
    for name, words in [("f", "2 definitions of 'f'"), ("h", "0 definitions of 'h'")]:
        with pytest.raises(LookupError, match=words):
            source(str(file), name)
    with pytest.raises(LookupError, match="no line contains 'yield'"):
        source(str(file), "A.f", "yield")


def test_an_equation_is_sent_to_the_one_line_that_has_its_words(tmp_path):
    file = tmp_path / "chapter.py"
    file.write_text("def g():\n    return x\n\ndef f(x):\n    y = x | 1\n    return y + y\n")
    assert link(str(file), "f", "x | 1") == rf"[`x \| 1`](../{file}#L5)"
    for words, found in [("y", 2), ("z", 0)]:
        with pytest.raises(LookupError, match=f"{found} lines of f"):
            link(str(file), "f", words)

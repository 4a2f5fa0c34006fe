"""What the tests of the book's pages share: how long a page is, and its code, run as a reader would."""

import contextlib
import doctest
import io
import re
import sys
from typing import Any

import numpy as np
from conftest import ROOT

sys.path.insert(0, str(ROOT / "tools"))
import formulas


def words(page: str) -> int:
    """The number of words, without code, comments, folded answers and tables; a formula is one word."""
    for pattern in (r"<!--.*?-->", r"<details>.*?</details>", r"^```.*?^```", r"^\|[^\n]*$"):
        page = re.sub(pattern, "", page, flags=re.DOTALL | re.MULTILINE)
    return len(re.sub(r"\$`[^`]*`\$", "F", page).split())


def check_idea(page: str) -> None:
    """The first page of a chapter is short, begins with a picture, and asks before it tells."""
    assert words(page) <= 2500 and sum(formula.place == "text" for formula in formulas.written(page)) <= 120
    assert page.index("](../plots/") < page.index("$`")
    assert page.count("Predict, then run.") == 3 and 4 <= page.count("<details><summary>Answer</summary>") <= 6
    assert all(part in page for part in ("Before you start", "Afterwards", "## Check a gradient yourself",
                                         "## What goes wrong", "## Exercises", "## Sources"))


def blocks(page: str) -> list[str]:
    """The code blocks that a reader can run: all but those that cog copies from the source."""
    without = re.sub(r"<!-- \[\[\[cog.*?\[\[\[end\]\]\] -->", "", page, flags=re.DOTALL)
    return re.findall(r"^```python\n(.*?)^```", without, re.MULTILINE | re.DOTALL)


def run(code: str, names: dict[str, Any] | None = None) -> str:
    """What the code prints.  It may use `names`, and adds the names that it defines."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(code, {} if names is None else names)
    return out.getvalue()


def run_sessions(page: str, name: str) -> int:
    """Runs all prompts of the page in one session and compares what they print.  Returns their number."""
    sessions = "\n".join(re.findall(r"```pycon\n(.*?)```", page, re.DOTALL))
    session = doctest.DocTestParser().get_doctest(sessions, {}, name, name, 0)
    said: list[str] = []
    doctest.DocTestRunner(verbose=False).run(session, out=said.append)
    assert not said, "".join(said)
    return len(session.examples)


def check_names(page: str) -> None:
    """The tests and pictures that the page names exist."""
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").glob("test_*.py"))
    for test in re.findall(r"`(test_\w+)`", page):
        assert f"def {test}(" in sources, test
    for picture in re.findall(r"\]\(\.\./(plots/\S+?)\)", page):
        assert (ROOT / picture).is_file(), picture


def built(layer: Any, shape: Any, seed: int = 0) -> Any:
    """The layer, built with float64 weights."""
    layer.build(shape, np.random.default_rng(seed), np.float64)
    return layer


NUMBER = re.compile(r"\d+(?:\.\d+)?")


def says(page: str, sentence: str, rtol: float) -> bool:
    """True if the page has this sentence, with numbers that differ by at most this share: another processor adds in
    another order, and a training ends a little elsewhere."""
    pattern = NUMBER.pattern.join(re.escape(part) for part in NUMBER.split(sentence))
    told = [float(number) for number in NUMBER.findall(sentence)]
    return any(np.allclose([float(number) for number in NUMBER.findall(match)], told, rtol=rtol, atol=0.011)
               for match in re.findall(pattern, page))

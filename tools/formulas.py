"""Checks the formulas of the pages: as written, as GitHub's Markdown renders them, and whether they can be typeset.

    python tools/formulas.py documentation/*.md README.md        prints formulas that are altered or break a rule

GitHub first puts a page through cmark-gfm.  Inside $…$ it treats a backslash before punctuation, a `*` or a `_` as
Markdown, and the formula changes.  Inside ```math fences and $`…`$ it changes nothing.  The site sets formulas with
KaTeX, here in its strict mode.  KaTeX has the macros in REFUSED_MACROS, but GitHub does not allow them.
"""

from __future__ import annotations

import html
import re
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

KATEX = Path(__file__).resolve().parent.parent / "playground" / "static" / "vendor" / "katex" / "katex.min.js"
REFUSED_MACROS = ("operatorname", "phantom", "hphantom", "vphantom", "newcommand", "def", "require", "href", "url",
                  "class", "style", "cssId", "unicode", "htmlClass", "htmlStyle", "htmlId", "includegraphics")
MAX_FORMULAS_PER_PAGE = 120  # of a page: GitHub stops typesetting at a somewhat larger number

FENCE = re.compile(r"^( *)(`{3,})(\w*)[^\n]*\n(.*?)^ *\2`* *$", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
INLINE = re.compile(r"\$`([^`]+)`\$|\$\$(.+?)\$\$|(?<![\\$])\$([^$`]+?)\$(?!\d)", re.DOTALL)
ARRIVED = re.compile(r"\$\x01([^\x02]*)\x02\$|\$\$(.+?)\$\$|(?<![\\$])\$([^$]+?)\$(?!\d)", re.DOTALL)
CODE = re.compile(r"(\$`[^`]+`\$)|(?<!`)(`+)(?!`).+?(?<!`)\2(?!`)", re.DOTALL)     # or a formula, which stays


TOKEN = re.compile(r"\\[a-zA-Z]+|\\.|[^\\]", re.DOTALL)
ARROWS = (r"\Longrightarrow", r"\Longleftrightarrow", r"\xrightarrow")


class Formula(NamedTuple):
    tex: str
    display: bool
    line: int            # of the page
    place: str           # "text", "table" or "answer" (in <details>)
    raw: str             # with its delimiters


def blank(match: re.Match[str]) -> str:
    """The same number of lines, all of them empty."""
    return "\n" * match.group().count("\n")


def written(page: str) -> list[Formula]:
    """Every formula of a page's source, in order, without those in code and comments."""
    page = COMMENT.sub(blank, page)
    answers = [match.span() for match in re.finditer(r"<details>.*?</details>", page, re.DOTALL)]
    found = []

    def keep(tex: str, display: bool, match: re.Match[str]) -> None:
        start = match.start()
        line = page.count("\n", 0, start) + 1
        of_table = page[page.rfind("\n", 0, start) + 1 :].startswith("|")
        answer = any(first <= start < last for first, last in answers)
        place = "answer" if answer else "table" if of_table else "text"
        found.append(Formula(tex, display, line, place, match.group()))

    for match in FENCE.finditer(page):
        if match[3] == "math":
            keep(match[4].strip(), True, match)
    text = FENCE.sub(lambda match: " " * len(match.group()) if "\n" not in match.group() else
                     re.sub(r"[^\n]", " ", match.group()), page)
    text = CODE.sub(lambda match: match[1] or re.sub(r"[^\n]", " ", match.group()), text)
    for match in INLINE.finditer(text):
        keep(match[1] or match[2] or match[3], match[2] is not None, match)
    return sorted(found, key=lambda formula: formula.line)


class _Reader(HTMLParser):
    """The text of each block, with marks for its inline tags: GitHub searches it for formulas."""

    BLOCKS = frozenset(["p", "li", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6", "summary", "dt", "dd"])

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.formulas: list[str] = []
        self.text, self.code, self.math = "", "", False

    def flush(self) -> None:
        for match in ARRIVED.finditer(self.text):
            self.formulas.append(next(group for group in match.groups() if group is not None))
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.BLOCKS:
            self.flush()
        elif tag == "code":
            self.math = ("class", "language-math") in attrs
            self.text += "\x01"
        else:
            self.text += f"\x03{tag}\x03"

    def handle_endtag(self, tag: str) -> None:
        if tag == "code":
            if self.math:
                self.formulas.append(self.text.rpartition("\x01")[2].strip())
                self.text, self.math = "", False
            else:
                self.text += "\x02"
        elif tag in self.BLOCKS or tag == "pre":
            self.flush()

    def handle_data(self, data: str) -> None:
        self.text += data


def rendered(page: str) -> list[str]:
    """The formulas as GitHub's Markdown renders them."""
    from cmarkgfm import cmark

    out = cmark.markdown_to_html_with_extensions(page, cmark.Options.CMARK_OPT_UNSAFE,
                                                 extensions=["table", "autolink", "strikethrough", "tasklist"])
    reader = _Reader()
    reader.feed(re.sub(r"<!--.*?-->", "", out, flags=re.DOTALL))
    reader.close()
    reader.flush()
    return reader.formulas


def squeezed(tex: str) -> str:
    return re.sub(r"\s+", " ", tex).strip()


def altered(page: str) -> list[Formula]:
    """The formulas that Markdown changes."""
    arrived = Counter(squeezed(tex) for tex in rendered(page))
    changed = []
    for formula in written(page):
        tex = squeezed(formula.tex)
        if arrived[tex] > 0:
            arrived[tex] -= 1
        else:
            changed.append(formula)
    return changed


@cache
def katex() -> Any:
    """KaTeX in its own JavaScript engine."""
    from py_mini_racer import MiniRacer

    engine = MiniRacer()
    engine.eval(KATEX.read_text(encoding="utf-8"))
    return engine


def set_formula(tex: str, display: bool) -> str:
    """A formula as HTML.  A ValueError has KaTeX's message."""
    from py_mini_racer import JSEvalException

    try:
        options = {"displayMode": display, "throwOnError": True, "strict": "error"}
        return str(katex().call("katex.renderToString", tex, options))
    except JSEvalException as error:
        raise ValueError(re.search(r"(ParseError[^\n]*)", str(error))[1]) from None  # type: ignore[index]


def tokens_and_depth(tex: str) -> Iterator[tuple[str, int]]:
    """Each token of a formula, and the number of TeX brackets around it."""
    depth = 0
    for token in TOKEN.findall(tex):
        depth -= token in ("}", r"\end", r"\right")
        yield token, depth
        depth += token in ("{", r"\begin", r"\left")


def parts(tex: str) -> tuple[bool, list[str]]:
    """Whether a display formula stands in one box, and its parts; a narrow page shows the parts one below the other.

    The formula is cut at each wide gap, and before each long arrow outside of brackets.
    """
    tex = tex.strip()
    boxed = tex.startswith(r"\boxed{") and all(depth for _, depth in [*tokens_and_depth(tex[:-1])][2:])
    found = [""]
    for token, depth in tokens_and_depth(tex.removeprefix(r"\boxed{")[:-1] if boxed else tex):
        if depth == 0 and token in (r"\qquad", *ARROWS):
            found.append("")
        if depth or token != r"\qquad":
            found[-1] += token
    stripped = (re.sub(r"^(\\quad|\s)+|(\\quad|\s)+$", "", part) for part in found)
    return boxed, [part for part in stripped if part]


def complaints(page: str) -> list[str]:
    """The mistakes in a page's formulas, one line each."""
    found = [f"line {f.line}: Markdown alters it: {squeezed(f.raw)}" for f in altered(page)]
    formulas = written(page)
    for f in formulas:
        try:
            set_formula(f.tex, f.display)
        except ValueError as error:
            found.append(f"line {f.line}: {error}: {squeezed(f.raw)}")
        refused = [name for name in REFUSED_MACROS if re.search(rf"\\{name}(?![a-zA-Z])", f.tex)]
        rules = [
            (bool(refused), f"GitHub refuses \\{' and '.join(refused)}"),
            (not f.display and "\n" in f.tex, "an inline formula must be on one line"),
            (not f.display and "\\begin" in f.tex, "a matrix inline: give it a block of its own"),
            (f.place == "table" and "|" in f.tex, "a | in a table ends the cell: write \\vert"),
            (not f.raw.startswith(("$`", "```", " ")), "write $`…`$ or a ```math block"),
        ]
        found += [f"line {f.line}: {rule}: {squeezed(f.raw)}" for broken, rule in rules if broken]
    counted = sum(f.place == "text" for f in formulas)
    if counted > MAX_FORMULAS_PER_PAGE:
        found.append(f"{counted} formulas, at most {MAX_FORMULAS_PER_PAGE} (tables and folded answers not counted)")
    return found


def main() -> int:
    bad = 0
    for name in sys.argv[1:]:
        page = Path(name).read_text(encoding="utf-8")
        told = complaints(page)
        bad += len(told)
        print(f"{name}: {len(written(page))} formulas, {len(altered(page))} altered, {len(told)} complaints")
        print("".join(f"    {html.unescape(line)}\n" for line in told), end="")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())

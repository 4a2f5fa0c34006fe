"""The site of the book: the pages as on GitHub, with formulas that are already typeset when the page arrives.

    python -m pip install -e ".[docs]"
    python -m sphinx -W documentation site        then open site/index.html

Nothing is downloaded by the reader's browser from elsewhere: KaTeX ran here, and its style and fonts are part of the
site.
"""

import html
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils.nodes import SkipNode

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from formulas import parts, set_formula  # noqa: E402

project, author = "AI From Scratch (NumPy Edition)", "the AI From Scratch team"
copyright = f"{author}, MIT licence"
extensions = ["myst_parser"]
myst_enable_extensions = ["dollarmath"]
myst_fence_as_directive = ["math"]
myst_heading_anchors = 4
exclude_patterns = ["conf.py"]
highlight_language = "none"     # a fence without a language is not Python
suppress_warnings = ["myst.xref_missing", "misc.highlighting_failure"]

html_theme = "furo"
html_title = project
html_static_path = ["../playground/static/vendor/katex", "site.css"]
html_css_files = ["katex.min.css", "site.css"]
html_math_renderer = "prerendered"
html_copy_source = html_show_sourcelink = False
html_theme_options = {"source_view_link": "", "footer_icons": []}

DISPLAY = r"\displaystyle "
MAX_CODE_CHARACTERS, MAX_COLUMNS = 32, 6  # longer code and more columns do not fit on a phone
LISTINGS = "source"      # the folder of the site with the programs
NOTE = re.compile(r"^> \[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]\n((?:>.*\n?)+)", re.MULTILINE)
PICTURE = re.compile(r"<picture>(.*?)</picture>", re.DOTALL)
OUTSIDE_LINK = re.compile(r"\]\(\.\./([\w/.-]+\.(?:py|md))(?:#(?:L(\d+))?[\w-]*)?\)")  # a file elsewhere, and its line


def as_myst(app: Any, name: str, source: list[str]) -> None:
    """Converts GitHub's Markdown to MyST's: formulas, notes, pictures for light and dark, links to lines of
    programs."""
    text = re.sub(r"\$`([^`\n]+)`\$", r"$\1$", source[0])
    text = NOTE.sub(lambda note: f":::{{{note[1].lower()}}}\n{re.sub(r'(?m)^> ?', '', note[2])}:::\n", text)
    text = PICTURE.sub(both_themes, text)
    text = OUTSIDE_LINK.sub(lambda link: f"](#{LISTINGS}/{link[1]}{f'#L{link[2]}' if link[2] else ''})", text)
    source[0] = text


def both_themes(picture: re.Match[str]) -> str:
    """<picture> asks the browser for its theme; the site has its own switch, so it contains both pictures."""
    dark = re.search(r'<source[^>]*dark[^>]*srcset="([^"]+)"|<source[^>]*srcset="([^"]+)"[^>]*dark', picture[1])
    light = re.search(r'<img[^>]*src="([^"]+)"', picture[1])
    text = re.search(r'<img[^>]*alt="([^"]*)"', picture[1])
    alt = text[1] if text else ""
    if not (dark and light):
        return picture[0]
    return "\n\n".join(f"```{{image}} {path}\n:class: only-{theme}\n:alt: {alt}\n```"
                       for path, theme in ((light[1], "light"), (dark[1] or dark[2], "dark")))


def inline(self: Any, node: Any) -> None:
    self.body.append(set_formula(node.astext(), display=False))
    raise SkipNode


def block(self: Any, node: Any) -> None:
    """Inline KaTeX may also break after a relation; in display style it looks like a display formula."""
    boxed, shown = parts(node.astext())
    spans = " ".join(f'<span class="part">{set_formula(DISPLAY + part, display=False)}</span>' for part in shown)
    self.body.append(f'<div class="math-block{" boxed" if boxed else ""}"><div class="frame">{spans}</div></div>')
    raise SkipNode


def link_to_listings(app: Any, doctree: Any, name: str) -> None:
    """Makes `#source/x.py#L7` lead to the program's page of the site, at that line."""
    from docutils import nodes

    for node in doctree.findall(nodes.reference):
        target = node.get("refuri", node.get("refid", "")) or ""
        match = re.match(rf"#?({LISTINGS}/[\w/.-]+\.(?:py|md))(#L\d+)?$", target)
        if match:
            node["refuri"] = "../" * name.count("/") + f"{match[1]}.html{match[2] or ''}"
            node.attributes.pop("refid", None)


def stack_wide_tables(app: Any, doctree: Any, name: str) -> None:
    """Stacks a table with long code or many columns on a phone: each cell is beside the name of its column."""
    from docutils import nodes

    for table in doctree.findall(nodes.table):
        rows = [list(row.findall(nodes.entry)) for row in table.findall(nodes.row)]
        code = max((len(literal.astext()) for literal in table.findall(nodes.literal)), default=0)
        if code <= MAX_CODE_CHARACTERS and len(rows[0]) < MAX_COLUMNS:
            continue
        table["classes"].append("stacked")
        for row in rows[1:]:
            for entry, head in zip(row, rows[0], strict=True):
                label = nodes.inline("", head.astext(), classes=["label"])
                (entry[0] if len(entry) and isinstance(entry[0], nodes.paragraph) else entry).insert(0, label)


def listings(app: Any) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Makes a page for each program, and for each other file to which a page links; each line has an anchor."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_for_filename

    lay_out = HtmlFormatter(linenos="inline", lineanchors="L", anchorlinenos=True, wrapcode=True)
    shared = [ROOT / name for name in ("ai_from_scratch", "benchmarks", "playground", "proof", "tools")]
    folders = [*ROOT.glob("*_From_Scratch"), *shared]
    programs = [ROOT / "run_all.py", *(path for folder in folders for path in sorted(folder.rglob("*.py")))]
    pages = [page.read_text(encoding="utf-8") for page in (ROOT / "documentation").glob("*.md")]
    linked = {ROOT / name for page in pages for name, _ in OUTSIDE_LINK.findall(page)}
    for path in [*programs, *sorted(linked.difference(programs))]:
        name = path.relative_to(ROOT).as_posix()
        body = highlight(path.read_text(encoding="utf-8"), get_lexer_for_filename(path.name), lay_out)
        body = re.sub(r'(?:name|id)="L-(\d+)"', r'id="L\1"', body).replace('href="#L-', 'href="#L')
        yield f"{LISTINGS}/{name}", {"title": name, "body": f"<h1>{html.escape(name)}</h1>{body}"}, "page.html"


def setup(app: Any) -> dict[str, bool]:
    app.connect("source-read", as_myst)
    app.connect("doctree-resolved", link_to_listings)
    app.connect("doctree-resolved", stack_wide_tables)
    app.connect("html-collect-pages", listings)
    app.add_html_math_renderer("prerendered", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}

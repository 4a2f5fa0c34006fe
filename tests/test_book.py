"""The pages arrive as they are written, on GitHub and on the site; what they are set with is what was fetched."""

import hashlib
import json
import re
import sys

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "tools"))
import fetch_vendor
import formulas

PAGES = sorted((ROOT / "documentation").glob("*.md")) + sorted(ROOT.glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_formula_of_a_page_arrives_as_it_is_written_and_can_be_set(page):
    complaints = formulas.complaints(page.read_text(encoding="utf-8"))
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize(("page", "complaint"), [
    (r"$dX = dY\,W$", "Markdown alters it"),
    (r"$a^*b^*$", "Markdown alters it"),
    ("$`x`$ and $x$", "write \\$`…`\\$"),
    ("```math\n\\foo\n```", "Undefined control sequence"),
    (r"$`\operatorname{tr} A`$", "GitHub refuses"),
    ("$`x +\ny`$", "must be on one line"),
    (r"$`\begin{pmatrix}1\end{pmatrix}`$", "a matrix inline"),
    ("| a |\n| --- |\n| $`|x|`$ |", "ends the cell"),
    (" ".join(["$`x`$"] * 121), "at most 120"),
    ("$`é`$", "unicodeTextInMathMode|Accented|Unicode"),
])
def test_what_would_not_arrive_is_found(page, complaint):
    assert re.search(complaint, "\n".join(formulas.complaints(page)))


@pytest.mark.parametrize("page", [
    "`a $ b` and `$`: no formula", "```\n$x$\n```", "<!-- $x$ -->", "it costs $5 or $6.", "| `a|b` |",
    "text $`x`$ `code` $`y`$ `code`",
])
def test_code_and_money_are_no_formulas(page):
    assert [formula.tex for formula in formulas.written(page)] in ([], ["x", "y"])
    assert formulas.complaints(page) == []


@pytest.mark.parametrize(("tex", "parts"), [
    (r"a = b \qquad c", (False, ["a = b", "c"])),
    (r"a \quad\Longrightarrow\quad b", (False, ["a", r"\Longrightarrow\quad b"])),
    (r"\boxed{a \qquad b}", (True, ["a", "b"])),
    (r"\boxed{a} = \boxed{b}", (False, [r"\boxed{a} = \boxed{b}"])),
    (r"\underbrace{a \qquad b}_{c} \{ d \}", (False, [r"\underbrace{a \qquad b}_{c} \{ d \}"])),
    (r"\begin{cases} a \qquad b \end{cases}", (False, [r"\begin{cases} a \qquad b \end{cases}"])),
])
def test_a_display_formula_is_cut_only_at_gaps_and_arrows_outside_of_brackets(tex, parts):
    assert formulas.parts(tex) == parts


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_part_of_a_display_formula_can_be_set_alone(page):
    for formula in formulas.written(page.read_text(encoding="utf-8")):
        for part in formulas.parts(formula.tex)[1] if formula.display else []:
            formulas.set_formula(r"\displaystyle " + part, display=False)


def test_third_party_files_are_those_that_were_fetched():
    listed = set()
    for package in json.loads((formulas.KATEX.parents[1] / "vendor.json").read_text(encoding="utf-8")):
        for path, checksum in package["files"].items():
            file = fetch_vendor.folder_of(package) / path.removeprefix("dist/")
            assert hashlib.sha256(file.read_bytes()).hexdigest() == checksum, file
            listed.add(file)
        assert package["version"]
        assert package["licence"]
    found = {path for path in formulas.KATEX.parents[1].rglob("*") if path.is_file()}
    assert found - listed == {formulas.KATEX.parents[1] / "vendor.json"}


def test_the_published_site_is_made_by_the_documented_commands():
    workflow = (ROOT / ".github" / "workflows" / "pages.yml").read_text(encoding="utf-8")
    commands = re.findall(r"^ +- run: (.+)$", workflow, re.MULTILINE)
    _, section = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("## The site\n", 1)
    block = section.split("```")[1].strip().splitlines()
    assert commands == [line.split("    #")[0] for line in block] and len(commands) == 2
    published = re.findall(r"^ +path: (.+)$", workflow, re.MULTILINE)
    assert published == [commands[1].split()[-1]], "what was built"
    assert (ROOT / commands[1].split()[-2] / "conf.py").is_file()
    told = (ROOT / "documentation" / "conf.py").read_text(encoding="utf-8").split('"""')[1]
    assert commands[1] in told and '-e ".[docs]"' in told

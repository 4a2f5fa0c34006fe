"""An idea page is short, asks before it tells, and everything that it prints was printed by the code."""

import re
import sys

import pytest
from book_pages import run_sessions
from conftest import ROOT

sys.path.insert(0, str(ROOT / "tools"))
import formulas

NAMES = ("linear_regression", "logistic_regression", "knn", "naive_bayes")    # the others: test_book_cnn.py …
PAGES = [ROOT / "documentation" / f"{name}.md" for name in NAMES]
MOST_WORDS, MOST_FORMULAS = 2500, 120
pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


def prose(page: str) -> str:
    """The page without comments, code, folded answers, tables and formulas; of a link only its words."""
    for pattern in (r"<!--.*?-->", r"<details>.*?</details>", r"^ *(`{3,}).*?^ *\1`* *$", r"^\|[^\n]*$",
                    r"\$`[^`]*`\$", r"\]\([^)]*\)", r"<[^>]*>"):
        page = re.sub(pattern, " ", page, flags=re.DOTALL | re.MULTILINE)
    return page


def folded(page: str) -> list[str]:
    return re.findall(r"<details>\n(.*?)</details>", page, re.DOTALL)


def test_code_tables_and_answers_are_not_counted():
    page = ("One two.\n\n```math\nx y\n```\n\n| a | b |\n\n<details>\n<summary>Answers</summary>\nc\n</details>\n"
            "[d](e f)")
    assert re.findall(r"\w+", prose(page)) == ["One", "two", "d"]


@pages
def test_an_idea_page_has_at_most_2500_words_and_120_formulas(page):
    text = page.read_text(encoding="utf-8")
    words = len([word for word in prose(text).split() if re.search(r"\w", word)])
    assert words <= MOST_WORDS, f"{words} words. Move what is not the idea to {page.stem}_exact_and_fast.md."
    assert sum(formula.place == "text" for formula in formulas.written(text)) <= MOST_FORMULAS


@pages
def test_a_question_and_a_picture_come_before_the_first_formula(page):
    text = page.read_text(encoding="utf-8")
    first = min(text.index("$`"), text.index("```math"))
    assert "?" in text[:first] and "../plots/" in text[:first]
    assert "**Before you read:**" in text and "**Afterwards you can**" in text


@pages
def test_three_boxes_ask_for_a_prediction_and_four_to_six_exercises_have_folded_answers(page):
    text = page.read_text(encoding="utf-8")
    boxes = re.findall(r"^> \*\*Predict, then run\.\*\*.*?\n\n<details>", text, re.DOTALL | re.MULTILINE)
    assert len(boxes) == text.count("> **Predict, then run.**") == 3
    exercises = re.search(r"## Exercises\n\n(.*?)\n\n<details>\n<summary>Answers</summary>(.*?)</details>", text,
                          re.DOTALL)
    assert exercises
    questions = re.findall(r"^(\d)\. ", exercises[1], re.MULTILINE)
    assert 4 <= len(questions) <= 6
    assert re.findall(r"^\*\*(\d)\.\*\* ", exercises[2], re.MULTILINE) == questions
    assert sum(">>> " in answer for answer in folded(text)) == len(folded(text)) - text.count("<summary>Why")


@pages
def test_every_source_has_authors_a_title_a_year_and_a_link(page):
    sources = page.read_text(encoding="utf-8").partition("## Sources\n")[2].strip().splitlines()
    assert len(sources) >= 3
    for line in sources:
        assert re.match(r'- (?:[A-Z]\. )+[\w"ö-]+.* [12]\d{3}.*<https://[^>]+>$', line), line
        assert '"' in line or "*" in line, f"no title: {line}"


@pytest.mark.parametrize("page", [pytest.param(page, marks=[pytest.mark.slow] if page.stem == "knn" else [])
                                  for page in PAGES], ids=lambda page: page.stem)
def test_what_the_page_prints_is_what_the_code_prints(page):
    assert run_sessions(page.read_text(encoding="utf-8"), page.name) >= 15

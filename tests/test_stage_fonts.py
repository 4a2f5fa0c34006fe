"""Letters that Matplotlib's own font lacks come from a font of this machine, or are told and become boxes."""

import warnings

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.font_manager import fontManager

from ai_from_scratch.stage import fonts, theme
from ai_from_scratch.stage.demo import Settings
from ai_from_scratch.stage.table import TableDemo
from RNN_From_Scratch.demo.paint import Page, StateMap, columns, wrapped

FROWN = "⌢"          # in STIX, which comes with Matplotlib; not in DejaVu Sans
NO_LETTER = "\U000108e0"     # of an ancient script


@pytest.fixture(autouse=True)
def as_new(monkeypatch):
    monkeypatch.setattr(fonts, "added", [])
    with matplotlib.rc_context():
        yield


def stix() -> list[str]:
    return [entry.fname for entry in fontManager.ttflist if entry.name == "STIXGeneral"]


def majority(X: np.ndarray) -> np.ndarray:
    return np.zeros(len(X), int)


def painted(text: str) -> None:
    """Paints the text; a letter without a font is a warning, and so an error here."""
    figure = theme.new_figure((2, 1))
    figure.text(0, 0, text)
    FigureCanvasAgg(figure).draw()


def test_a_font_of_the_machine_is_taken_for_the_letters_that_are_missing(monkeypatch):
    monkeypatch.setattr(fonts, "SOURCES", (stix,))
    with pytest.warns(UserWarning, match="Glyph 8994"):
        painted(FROWN)
    assert fonts.family() == ["DejaVu Sans"] and not fonts.drawable(FROWN)
    assert fonts.provide("a " + FROWN + NO_LETTER) == NO_LETTER
    assert fonts.family("DejaVu Sans Mono") == ["DejaVu Sans Mono", "STIXGeneral"]
    assert fonts.shown(f"a{FROWN}{NO_LETTER}\n") == f"a{FROWN}□\n"
    painted(FROWN)


def test_a_font_that_was_installed_after_matplotlibs_list_is_found(monkeypatch):
    monkeypatch.setattr(fonts, "SOURCES", (list, stix))
    assert fonts.provide(FROWN) == "" and fonts.added == ["STIXGeneral"]


def test_no_font_is_searched_for_letters_that_are_there(monkeypatch):
    def searched() -> list[str]:
        raise AssertionError("searched")

    monkeypatch.setattr(fonts, "SOURCES", (searched,))
    assert fonts.provide("abc äöü кот ☺ \n\t") == "" and not fonts.added
    painted("кот")


def test_a_broken_font_file_is_passed_over(monkeypatch, tmp_path):
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    bad = [str(tmp_path / "broken.ttf"), str(tmp_path / "gone.ttf")]
    monkeypatch.setattr(fonts, "SOURCES", (lambda: [*bad, *stix()],))
    assert fonts.provide(FROWN) == ""


def test_classes_in_a_script_without_a_font_are_boxes_and_the_report_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(fonts, "SOURCES", ())
    names = [2 * NO_LETTER, "b"]
    (tmp_path / "t.csv").write_text(
        "a,b,kind\n" + "".join(f"{i},{i % 7},{names[i % 2]}\n" for i in range(60)), encoding="utf-8")
    demo = TableDemo(Settings(csv=tmp_path / "t.csv", target="kind"))
    report = demo.judge(majority, "")
    assert any(note.startswith("No font of this machine has this character") for note in report.notes)
    assert fonts.short(names[0]) == "□□"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        picture = demo.judged(majority)
        figure = theme.new_figure((4, 4))
        picture.paint(figure)
        FigureCanvasAgg(figure).draw()


def test_characters_of_two_columns_are_wrapped_by_columns_and_stand_smaller():
    assert columns("a中，") == 5
    assert wrapped("中文字中文", 4) == ["中文", "字中", "文"] and wrapped("", 4) == [""]
    assert wrapped("to be or not", 5) == ["to be ", "or ", "not"], "no piece but the first begins with a space"
    assert wrapped("  to be  or", 5) == ["  to ", "be  ", "or"], "a line may begin with spaces of its own"
    assert wrapped("中 文", 2) == ["中 ", "文"] and wrapped("ab   ", 3) == ["ab   "]
    ax = theme.new_figure((4, 2)).add_subplot()
    page, states = Page(ax, columns=6, lines=9), StateMap(ax, 1, 2, size=10)
    page.update("中中中中\nabcd")
    assert page.text.get_text().split("\n") == (["中中中", "中", "abcd"] if fonts.drawable("中") else ["□□□□", "abcd"])
    states.update(np.zeros((1, 2)), "中a")
    assert [label.get_fontsize() for label in states.labels] == [6.5, 10]

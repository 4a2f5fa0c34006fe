"""After the training the window says that pictures are painted, which one, and that it may be closed."""

import sys

import pytest
from conftest import ROOT
from matplotlib import rc_context
from rich.console import Console

sys.path.insert(0, str(ROOT / "tests" / "toy_chapters"))

from run import CHAPTERS
from Steady_From_Scratch.demo import Demo

from ai_from_scratch.runner import run
from ai_from_scratch.runner.interrupts import Interrupts
from ai_from_scratch.runner.options import parse
from ai_from_scratch.runner.results import Outcome
from ai_from_scratch.stage.displays import WindowDisplay


class Window(WindowDisplay):
    """A window without a screen, with the line below each picture that it shows."""

    def __init__(self) -> None:
        super().__init__("agg", print)
        self.hints: list[str] = []

    def refresh(self):
        super().refresh()
        assert self.figure is not None
        self.hints += [text.get_text() for text in self.figure.texts if text.get_gid() == "hint"]


@pytest.fixture
def window(monkeypatch):
    with rc_context():
        display = Window()
        monkeypatch.setattr(display.plt, "show", lambda block: None)
        yield display


def test_the_window_says_what_is_painted_and_when_it_may_be_closed(window, monkeypatch, tmp_path):
    told: list[str] = []
    monkeypatch.setattr(run, "on_terminal", lambda: True)
    monkeypatch.setattr(run, "wait_for_enter", lambda pump, still: pump())
    monkeypatch.setattr(Demo, "draw", lambda self, figure, frames: figure.axes or figure.add_subplot())
    monkeypatch.setattr(type(window), "describe", lambda self: told.append(self.state_in_words()))
    options = parse(["steady", "--out", str(tmp_path)], CHAPTERS)
    run.ChapterRun(Outcome(CHAPTERS[0]), options, tmp_path, window, Console(quiet=True), Interrupts(print),
                   lambda: None).go()
    after = list(dict.fromkeys(title.removeprefix("Steady · training · ") for title in told if "done" in title))
    assert after == ["training done", "training done · painting picture 1, count.png",
                     "training done · painting picture 2, live.png", "all done: press Enter or close the window"]
    assert "done" not in told[0]
    assert "pause" in window.hints[0] and "ended" not in window.hints[0]
    assert "pictures are being painted. You may close the window" in window.hints[-2]
    assert "press Enter or close the window" in window.hints[-1]

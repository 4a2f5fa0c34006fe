"""Which display is chosen, what happens when a screen goes; a notebook's cell.  The tab: test_stage_live_page.py."""

import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import warnings
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, cast

import matplotlib
import numpy as np
import pytest
from conftest import ROOT
from matplotlib.backends.backend_agg import FigureCanvasAgg

from ai_from_scratch.estimator import ConvergenceWarning, TrainingWarning
from ai_from_scratch.stage.displays import Display, LostDisplayError, WindowDisplay, choose
from ai_from_scratch.stage.notebook import NotebookDisplay
from ai_from_scratch.stage.theme import new_figure
from ai_from_scratch.stage.watch import _Watched, watch
from Basic_Neural_Network_From_Scratch import MLPClassifier
from Linear_Regression_From_Scratch import LinearRegression
from Logistic_Regression_From_Scratch import LogisticRegression
from Naive_Bayes_From_Scratch import GaussianNB

TOYS = ROOT / "tests" / "toy_chapters" / "run.py"
TWO = np.random.default_rng(0).normal(size=(30, 2))
CLASSES = np.array(["no", "yes"])[(TWO[:, 0] > 0).astype(int)]


def test_none_and_file_backends_show_nothing(monkeypatch):
    told: list[str] = []
    assert type(choose("none", told.append)) is Display
    monkeypatch.setenv("MPLBACKEND", "agg")
    assert type(choose("auto", told.append)) is Display and not told
    assert type(choose("window", told.append)) is Display
    assert "MPLBACKEND=agg" in told[0]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="DISPLAY is Linux's")
@pytest.mark.parametrize("show", ["auto", "window"])
def test_without_a_screen_one_line_says_so_and_names_the_browser(show):
    told: list[str] = []
    assert type(choose(show, told.append)) is Display
    assert len(told) == 1 and "DISPLAY is not set" in told[0] and "--show browser" in told[0]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="DISPLAY is Linux's")
def test_a_notebooks_backend_that_was_handed_down_says_nothing_about_this_screen():
    told: list[str] = []
    assert type(choose("auto", told.append, "module://matplotlib_inline.backend_inline")) is Display
    assert len(told) == 1 and "inline" not in told[0] and "DISPLAY is not set" in told[0]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="DISPLAY is Linux's")
def test_a_desktop_without_tkinter_is_told_what_to_install(monkeypatch):
    told: list[str] = []
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setitem(sys.modules, "tkinter", None)
    assert type(choose("auto", told.append)) is Display
    assert "python3-tk" in told[0] and "--show browser" in told[0]


def test_a_backend_that_fails_leaves_the_run_without_a_window(monkeypatch):
    told: list[str] = []
    monkeypatch.setenv("MPLBACKEND", "no_such_backend")
    assert type(choose("auto", told.append)) is Display
    assert "no_such_backend" in told[0]


def test_a_screen_that_has_gone_ends_the_watching_once_and_tk_is_left_alone(monkeypatch):
    told: list[str] = []
    ours, theirs = socket.socketpair()
    touched: list[str] = []

    class Canvas(FigureCanvasAgg):
        def blit(self, *arguments: Any, **named: Any) -> None:
            touched.append("blit")

        def flush_events(self) -> None:
            touched.append("flush")

    display = WindowDisplay("agg", told.append)
    display.backend = "tkagg"
    with display.screen.noticing():
        ours2 = ours.dup()
    display.figure = cast(Any, SimpleNamespace(canvas=Canvas(new_figure((2, 2))), number=7))
    monkeypatch.setattr(display.plt, "fignum_exists", lambda number: True)
    display.refresh()
    assert touched == ["blit", "flush"] and display.alive
    theirs.close()
    with pytest.raises(LostDisplayError) as lost:
        display.refresh()
    assert touched == ["blit", "flush"]
    display.give_up(lost.value)
    display.give_up(lost.value)
    assert not display.alive and len(told) == 1 and "The training continues" in told[0]
    display.close()
    display.open("the next chapter")
    assert not display.alive and display.figure is None
    ours.close()
    ours2.close()


def test_a_window_says_what_to_look_at_until_the_first_frame_comes():
    display: Any = WindowDisplay("agg")
    display.open("A chapter", "Look at the ball.")
    assert [text.get_text() for text in display.figure.texts] == ["Look at the ball."]
    display.close()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("Xvfb") is None or importlib.util.find_spec("tkinter") is None,
                    reason="needs Xvfb and Tk")
def test_a_screen_that_ends_while_it_trains_costs_the_window_only(tmp_path):
    code, told, trouble = run_until_the_screen_ends(tmp_path)
    assert code == 0, trouble
    assert "The live figure has ended" in told and "2 chapters, none failed" in told
    statuses = [chapter["status"] for chapter in json.loads((tmp_path / "out.json").read_text())["chapters"]]
    assert statuses == ["done", "done"]


SENDS_TO_A_LOST_SCREEN = """
import os, signal, sys
from ai_from_scratch.stage.displays import LostDisplayError, choose
display = choose("window", print, "")
display.open("a chapter")
display.figure.add_subplot().plot([1, 2])
display.refresh()
os.kill(int(sys.argv[1]), signal.SIGKILL)
while not display.screen.closed:
    pass
display.figure.canvas.draw()                 # as if the screen were lost after the look at it: Tk sends the picture
display.figure.canvas.flush_events()
try:
    display.refresh()
except LostDisplayError as error:
    display.give_up(error)
display.close()
print("the end")
"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("Xvfb") is None or importlib.util.find_spec("tkinter") is None,
                    reason="needs Xvfb and Tk")
def test_a_screen_that_is_lost_while_tk_sends_a_picture_does_not_end_the_program(tmp_path):
    screen, number = start_screen()
    try:
        done = subprocess.run([sys.executable, "-c", SENDS_TO_A_LOST_SCREEN, str(screen.pid)], cwd=ROOT, timeout=60,
                              env=os.environ | {"DISPLAY": number}, capture_output=True, text=True)
    finally:
        screen.kill()
        screen.wait()
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["The live figure has ended (LostDisplayError: the screen is no longer "
                                        "connected). The training continues.", "the end"]


def start_screen() -> tuple[subprocess.Popen, str]:
    """An X server, and its number for DISPLAY."""
    number = f":{90 + os.getpid() % 900}"
    screen = subprocess.Popen(["Xvfb", number, "-screen", "0", "1400x900x24"], stderr=subprocess.DEVNULL)
    for _ in range(100):
        if os.path.exists(f"/tmp/.X11-unix/X{number[1:]}"):
            break
        time.sleep(0.1)
    return screen, number


def run_until_the_screen_ends(tmp_path) -> tuple[int, str, str]:
    """Exit code, output and errors of a run whose X server is killed while it trains."""
    screen, number = start_screen()
    try:
        child = subprocess.Popen([sys.executable, str(TOYS), "slow", "steady", "--json", "out.json"], cwd=tmp_path,
                                 env=os.environ | {"DISPLAY": number}, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert child.stdout is not None
        while "counting" not in child.stdout.readline():
            assert child.poll() is None
        time.sleep(3)                       # the window is there, and it trains
        screen.kill()
        told, trouble = child.communicate(timeout=60)
    finally:
        screen.kill()
        screen.wait()
    return child.returncode, told, trouble


class Cell:
    """The part of IPython.display that is used."""

    def __init__(self) -> None:
        self.pictures: list[bytes] = []
        self.cells = 0

    def Image(self, *, data: bytes, format: str) -> bytes:  # noqa: N802  IPython's names
        return data

    def display(self, picture: bytes, *, display_id: bool) -> "Cell":
        self.cells += 1
        self.update(picture)
        return self

    def update(self, picture: bytes) -> None:
        self.pictures.append(picture)


@pytest.fixture
def cell(monkeypatch) -> Cell:
    cell = Cell()
    shell = type("Shell", (), {"kernel": None})()
    monkeypatch.setitem(sys.modules, "IPython", type("IPython", (), {
        "get_ipython": staticmethod(lambda: shell), "version_info": (9, 0)}))
    monkeypatch.setitem(sys.modules, "IPython.display", cell)
    return cell


@pytest.mark.slow
@pytest.mark.parametrize("show", ["auto", "window", "browser"])
def test_in_a_notebook_one_picture_of_the_cell_is_replaced_by_the_next(cell, show):
    display = choose(show, print)
    assert isinstance(display, NotebookDisplay) and not display.alive
    display.open("Chapter")
    assert display.alive
    for height in (1, 2, 3):
        display.figure.add_subplot().plot([0, height])
        display.refresh()
        display.pump()
    assert cell.cells == 1 and len(set(cell.pictures)) == 3
    assert all(picture.startswith(b"\x89PNG") for picture in cell.pictures)
    display.close()
    assert not display.alive and type(choose("none", print)) is Display


@pytest.mark.parametrize(("model", "data", "axes"), [
    (lambda: MLPClassifier((4,), max_iter=3, random_state=0), (TWO, CLASSES), 2),
    (lambda: LogisticRegression(solver="gradient_descent", max_iter=3, tol=0), (np.hstack([TWO, TWO]), CLASSES), 1),
    (lambda: LinearRegression(solver="gradient_descent", max_iter=3), (TWO[:, :1], TWO[:, 0]), 2),
])
def test_any_model_that_trains_in_steps_can_be_watched_in_a_notebook(cell, model, data, axes, monkeypatch):
    drawn = []
    monkeypatch.setattr(NotebookDisplay, "refresh", lambda self: drawn.append(len(self.figure.axes)))
    with warnings.catch_warnings(), matplotlib.rc_context():
        warnings.simplefilter("ignore", ConvergenceWarning)      # three steps are few
        matplotlib.rcdefaults()
        watched, fitted = watch(model(), *data), model().fit(*data)
        assert matplotlib.rcParams["axes.spines.top"], "the theme is not that of the user's own plots"
    assert drawn and set(drawn) == {axes}
    np.testing.assert_array_equal(watched.predict(data[0]), fitted.predict(data[0]))


@pytest.mark.slow
def test_an_earlier_frame_of_a_watched_training_is_drawn_with_the_losses_and_predictions_of_then():
    X, y = np.linspace(-1, 1, 12)[:, None], np.linspace(-2, 4, 12)
    model = LinearRegression(solver="gradient_descent", learning_rate=0.1, max_iter=6, tol=0)
    watched, figure, frames, seen = _Watched(model, (X, y), model.training(X, y)), new_figure((8, 4)), [], {}
    for frame in watched.train():
        frames.append(frame)
        if frame.step != 4:                      # of step 4 no picture was made while the model had its parameters
            watched.draw(figure, frames)
            seen[frame.step] = shown_by(figure)
    assert seen[2]["losses"] == seen[6]["losses"][:2] and len(seen[6]["losses"]) == 6
    assert not np.array_equal(seen[2]["line"], seen[6]["line"])
    for step in (2, 5, 6, 1):
        watched.draw(figure, frames[:step])
        again = shown_by(figure)
        assert again["losses"] == seen[step]["losses"] and f"step {step} of 6" in again["title"]
        np.testing.assert_array_equal(again["line"], seen[step]["line"])
        assert again["predictions"] == f"predictions at step {step}"
    watched.draw(figure, frames[:4])
    between = shown_by(figure)
    assert len(between["losses"]) == 4
    assert between["predictions"] == "predictions at step 3", "the last that were painted"
    np.testing.assert_array_equal(between["line"], seen[3]["line"])


def shown_by(figure):
    """What the two pictures of a watched training hold: the losses, the line, and their titles."""
    predictions, loss = figure.axes
    return {"losses": list(loss.lines[0].get_ydata()), "title": loss.get_title(loc="left") or loss.get_title(),
            "line": predictions.lines[-1].get_ydata(),
            "predictions": predictions.get_title(loc="left") or predictions.get_title()}


def test_what_has_no_steps_says_so():
    with pytest.raises(TypeError, match="GaussianNB has no training steps to watch"):
        watch(GaussianNB(), TWO, CLASSES)
    with pytest.raises(ValueError, match="solver='normal_equation' has no steps to watch"):
        watch(LinearRegression(), TWO, TWO[:, 0], show="none")


def test_a_watched_training_that_goes_wrong_is_diagnosed_as_in_fit():
    def failing() -> MLPClassifier:
        return MLPClassifier((8,), solver="sgd", learning_rate_init=100.0, random_state=0, max_iter=40)

    with pytest.warns(TrainingWarning, match="Diverged: the loss went from") as told:
        model = watch(failing(), TWO, CLASSES, show="none")
    with pytest.warns(TrainingWarning) as told_by_fit:
        fitted = failing().fit(TWO, CLASSES)
    assert str(told[0].message) == str(told_by_fit[0].message) and told[0].filename == __file__
    assert str(model.diagnosis_) == str(fitted.diagnosis_) and "training" not in vars(model)


def test_a_descent_that_has_not_arrived_is_watched_and_says_so():
    model = LinearRegression(solver="gradient_descent", max_iter=2)
    with pytest.warns(ConvergenceWarning, match="has not arrived"):
        watch(model, TWO, TWO[:, 0], show="none")


def test_a_watched_table_with_named_columns_warns_of_nothing(cell, capsys):
    names = type("Frame", (np.ndarray,), {"columns": ["width", "height"]})     # in place of a data frame
    model = watch(LogisticRegression(), TWO.view(names), CLASSES)
    assert list(model.feature_names_in_) == ["width", "height"]
    assert cell.pictures and not capsys.readouterr().out, "the live figure has not ended"


def test_a_ctrl_c_that_python_ignored_while_it_painted_ends_the_watched_training():
    class Interrupted(LogisticRegression):
        def training(self, *data, **options):
            for progress in super().training(*data, **options):
                if progress.step == 2:
                    with suppress(KeyboardInterrupt):              # as Python does for a destructor
                        signal.raise_signal(signal.SIGINT)
                yield progress

    model, before = Interrupted(solver="gradient_descent", tol=0.0), signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        watch(model, TWO, CLASSES, show="none")
    assert model.n_iter_ == [2] and set(model.predict(TWO)) == {"no", "yes"} and "training" not in vars(model)
    assert signal.getsignal(signal.SIGINT) == before

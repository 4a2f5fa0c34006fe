"""The runner on a real (pseudo-)terminal: the menu with keys, Ctrl-C once and twice."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import termios

import pexpect
import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "tests" / "toy_chapters"))

from run import CHAPTERS

from ai_from_scratch.runner.interrupts import Interrupts

SCRIPT = ROOT / "tests" / "toy_chapters" / "run.py"
DOWN, ENTER, CTRL_C, SPACE, ESC = "\x1b[B", "\r", "\x03", " ", "\x1b"
SEVERAL = len(CHAPTERS) + 1       # rows below the first


@pytest.fixture
def terminal(tmp_path):
    children = []

    def open_terminal(*arguments: str) -> pexpect.spawn:
        child = pexpect.spawn(sys.executable, [str(SCRIPT), *arguments], cwd=str(tmp_path), timeout=30,
                              dimensions=(40, 120), encoding="utf-8")
        children.append(child)
        return child

    yield open_terminal
    for child in children:
        child.close(force=True)


def leave(child: pexpect.spawn) -> int:
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus


@pytest.mark.slow
def test_the_menu_runs_what_enter_is_pressed_on_and_comes_back(terminal):
    child = terminal()
    child.expect("Which algorithm")
    child.send(ENTER)
    child.expect("counting")
    child.expect("100.00 %")
    child.expect("Which algorithm")
    child.expect("Look at the line")   # drawn to the end: it listens now
    child.send("q")
    assert leave(child) == 0


@pytest.mark.slow
@pytest.mark.parametrize("keys", [ESC, "\x1b[A" + ENTER], ids=["Esc", "Quit"])   # up from the first is the last: Quit
def test_esc_and_quit_leave_the_menu(terminal, keys):
    child = terminal()
    child.expect("Which algorithm")
    child.expect("Look at the line")
    child.send(keys)
    assert leave(child) == 0


@pytest.mark.slow
def test_several_has_a_way_back(terminal):
    child = terminal()
    child.expect("Which algorithm")
    child.expect("Look at the line")
    child.send(DOWN * SEVERAL + ENTER)
    child.expect("Which ones")
    child.expect("Look at the line")
    child.send(ESC)
    child.expect("Which algorithm")
    child.expect("Look at the line")
    child.send("q")
    assert leave(child) == 0


@pytest.mark.slow
def test_an_option_of_one_chapter_needs_no_menu(terminal, tmp_path):
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    child = terminal("--csv", "table.csv", "--target", "b")
    child.expect("a table of 1 row")
    assert leave(child) == 0


@pytest.mark.slow
def test_ctrl_c_while_a_picture_is_painted_stops_the_painting_and_keeps_the_results(terminal, tmp_path):
    child = terminal("painter", "--json", "out.json")
    child.expect("100.00 %")
    child.expect("painting slow-0.png")
    child.send(CTRL_C)
    child.expect("Stopping after this picture")
    assert leave(child) == 130
    chapter, = json.loads((tmp_path / "out.json").read_text())["chapters"]
    assert chapter["status"] == "interrupted" and chapter["metrics"]["test_accuracy"] == 1
    assert 1 <= len(chapter["figures"]) < 20


@pytest.mark.slow
def test_several_chapters_are_ticked_and_run_in_order(terminal, tmp_path):
    child = terminal("--json", "out.json")
    child.expect("Which algorithm")
    child.send(DOWN * SEVERAL + ENTER)
    child.expect("Which ones")
    child.expect("Look at the line")   # drawn to the end: it listens now
    for key in (SPACE, DOWN, DOWN, SPACE, ENTER):
        child.send(key)
    child.expect("chapters; failed")
    child.expect("Which algorithm")
    child.send(CTRL_C)
    assert leave(child) == 130
    names = [chapter["name"] for chapter in json.loads((tmp_path / "out.json").read_text())["chapters"]]
    assert names == ["steady", "broken"]


@pytest.mark.slow
def test_ctrl_c_stops_a_chapter_keeps_what_there_is_and_goes_on(terminal, tmp_path):
    child = terminal("endless", "steady", "--json", "out.json")
    child.expect("1000000")
    child.send(CTRL_C)
    child.expect("Stopping at the next frame")
    child.expect("interrupted")
    child.expect("100.00 %")
    assert leave(child) == 130
    first, second = json.loads((tmp_path / "out.json").read_text())["chapters"]
    assert first["status"] == "interrupted" and 0 < first["metrics"]["test_accuracy"] < 1 and first["figures"]
    assert second["status"] == "done"


@pytest.mark.slow
def test_ctrl_c_in_the_menu_mode_goes_back_to_the_menu(terminal):
    child = terminal()
    child.expect("Which algorithm")
    child.send(DOWN + ENTER)
    child.expect("1000000")
    child.send(CTRL_C)
    child.expect("interrupted")
    child.expect("Which algorithm")
    child.send(CTRL_C)
    assert leave(child) == 130


@pytest.mark.slow
def test_ctrl_c_twice_leaves(terminal):
    child = terminal("endless", "steady")
    child.expect("1000000")
    child.send(CTRL_C)
    child.send(CTRL_C)
    assert leave(child) == 130


@pytest.mark.slow
def test_a_terminal_that_is_closed_ends_the_run_with_its_results(tmp_path):
    ours, theirs = os.openpty()
    child = subprocess.Popen([sys.executable, str(SCRIPT), "endless", "steady", "--json", "out.json"], cwd=tmp_path,
                             stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
                             preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
    os.close(theirs)
    told = b""
    while b"1000000" not in told:
        told += os.read(ours, 4096)
    os.close(ours)                     # as if the window was closed, or the connection was lost
    assert child.wait(timeout=30) == 128 + signal.SIGHUP
    chapter, = json.loads((tmp_path / "out.json").read_text())["chapters"]
    assert chapter["status"] == "interrupted" and 0 < chapter["metrics"]["test_accuracy"] < 1


@pytest.mark.slow
def test_under_nohup_a_closed_terminal_changes_nothing(tmp_path):
    child = subprocess.Popen([sys.executable, str(SCRIPT), "slow", "--json", "out.json"], cwd=tmp_path,
                             stdout=subprocess.PIPE, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    assert child.stdout is not None and child.stdout.readline()
    child.send_signal(signal.SIGHUP)
    child.communicate(timeout=60)
    assert child.returncode == 0


def test_a_second_sighup_does_not_leave_before_the_results():
    with Interrupts(lambda text: None) as interrupts:
        interrupts.phase = "training"
        for _ in range(2):
            signal.raise_signal(signal.SIGHUP)
        assert interrupts.stop and interrupts.ending == 129

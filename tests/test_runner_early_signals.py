"""Ctrl-C and SIGTERM before the first chapter begins: the exit code, one line, and the JSON that was asked for."""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "tests" / "toy_chapters"))

from run import CHAPTERS

from ai_from_scratch.runner import main, wishes
from ai_from_scratch.stage import displays

SIGNALS = pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)],
                                  ids=["Ctrl-C", "SIGTERM"])


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    """The exit code, what stderr had, and the JSON of `steady --json out.json`."""
    monkeypatch.chdir(tmp_path)
    before = signal.getsignal(signal.SIGTERM)

    def call():
        with open(os.devnull) as nothing, monkeypatch.context() as piped:
            piped.setattr(sys, "stdin", nothing)
            code = main(CHAPTERS, tmp_path, ("steady", "endless", "--json", "out.json"))
        assert signal.getsignal(signal.SIGTERM) == before
        return code, capsys.readouterr().err, json.loads((tmp_path / "out.json").read_text())
    return call


def sends(number):
    """A function that sends this signal to this process."""
    return lambda *arguments: signal.raise_signal(number)


@SIGNALS
@pytest.mark.parametrize(("place", "name"), [(wishes, "check_uses"), (displays, "choose")],
                         ids=["options are looked at", "modules are imported"])
def test_a_signal_before_the_first_chapter_is_one_line_and_the_json_says_so(monkeypatch, call, place, name, number,
                                                                          code):
    monkeypatch.setattr(place, name, sends(number))
    left, told, results = call()
    assert left == code and told == "\nLeft.\n"
    assert results["chapters"] == [] and results["interrupted"] is True and {"seed", "versions"} < set(results)


@SIGNALS
def test_a_signal_that_python_ignored_while_it_loaded_is_obeyed_before_the_first_chapter(monkeypatch, call, number,
                                                                                       code):
    choose = displays.choose

    def ignoring(*arguments):
        with suppress(KeyboardInterrupt):                          # as Python does for a destructor
            signal.raise_signal(number)
        return choose(*arguments)

    monkeypatch.setattr(displays, "choose", ignoring)
    left, told, results = call()
    assert left == code and told == "\nLeft.\n" and results["chapters"] == [] and results["interrupted"] is True


@SIGNALS
def test_a_signal_that_an_import_turned_into_an_error_of_its_own_is_obeyed(monkeypatch, call, number, code):
    def cut_off(*arguments):                                       # as NumPy's import in C
        try:
            signal.raise_signal(number)
        except KeyboardInterrupt:
            raise ImportError("PyCapsule_Import could not import module") from None

    monkeypatch.setattr(wishes, "check_uses", cut_off)
    left, told, results = call()
    assert left == code and told == "\nLeft.\n" and results["chapters"] == [] and results["interrupted"] is True


def test_sigterm_while_a_chapter_loads_its_data_is_in_the_json(monkeypatch, call):
    monkeypatch.setattr(type(CHAPTERS[0]), "demo", sends(signal.SIGTERM))
    left, _, results = call()
    assert left == 143 and results["interrupted"] is True
    assert [(chapter["name"], chapter["status"]) for chapter in results["chapters"]] == [("steady", "interrupted")]


def test_a_run_to_its_end_is_not_called_interrupted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(CHAPTERS, tmp_path, ("tuned", "--show", "none", "--json", "out.json")) == 0
    assert "interrupted" not in json.loads((tmp_path / "out.json").read_text())


AT_IMPORT = """
import os, runpy, sys
module, number, run_all, *arguments = sys.argv[1:]

class Sender:
    def find_spec(self, name, path=None, target=None):
        if name == module:
            os.kill(os.getpid(), int(number))

sys.meta_path.insert(0, Sender())
sys.argv = [run_all, *arguments]
runpy.run_path(run_all, run_name="__main__")
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
@SIGNALS
@pytest.mark.parametrize(("module", "chapters"), [
    ("ai_from_scratch.runner", None), ("ai_from_scratch.runner.options", None), ("numpy.linalg", []),
    ("matplotlib.cbook", []), ("Linear_Regression_From_Scratch.demo.demo", ["linear"])])
def test_a_signal_at_an_import_prints_no_traceback(tmp_path, module, chapters, number, code):
    """The JSON is written as soon as the arguments are known."""
    done = subprocess.run([sys.executable, "-c", AT_IMPORT, module, str(int(number)), str(ROOT / "run_all.py"),
                           "linear", "--quick", "--json", "out.json"], cwd=tmp_path, text=True, capture_output=True,
                          stdin=subprocess.DEVNULL, timeout=60, env={**os.environ, "PYTHONPATH": str(ROOT)})
    early = module == "ai_from_scratch.runner"                     # SIGTERM then ends Python, as any program
    assert done.returncode == (-number if early and number == signal.SIGTERM else code)
    assert "Traceback" not in done.stderr and len(done.stderr.split()) <= 1
    if chapters is not None:
        results = json.loads((tmp_path / "out.json").read_text())
        assert [chapter["name"] for chapter in results["chapters"]] == chapters and results["interrupted"] is True

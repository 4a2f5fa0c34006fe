"""The runner without a terminal: exit codes, messages, pictures and the JSON, on toy chapters."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "tests" / "toy_chapters"))

from PIL import Image
from run import CHAPTERS

from ai_from_scratch.runner import main
from ai_from_scratch.runner.interrupts import Interrupts, LeaveError
from ai_from_scratch.stage import gallery
from ai_from_scratch.stage.demo import Report

SCRIPT = ROOT / "tests" / "toy_chapters" / "run.py"


@pytest.fixture
def run(tmp_path):
    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-W", "error", str(SCRIPT), *arguments], cwd=tmp_path, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    return call


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    """The same command line within this process, and pictures of one pixel: what a new Python and Matplotlib cost is
    paid by the tests of `run` only."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(gallery, "save_png", lambda figure, path: Image.new("1", (1, 1)).save(path))

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        with open(os.devnull) as nothing, monkeypatch.context() as piped:
            piped.setattr(sys, "stdin", nothing)
            try:
                code = main(CHAPTERS, tmp_path, arguments)
            except SystemExit as left:
                code = int(left.code or 0)
        return subprocess.CompletedProcess(arguments, code, *capsys.readouterr())
    return call


@pytest.mark.slow
def test_a_named_chapter_trains_and_writes_its_pictures(run, tmp_path):
    (tmp_path / "documentation").mkdir()
    (tmp_path / "documentation" / "steady.md").touch()
    done = run("steady", "--json", "out.json", "--seed", "7", "--gif")
    assert done.returncode == 0, done.stderr
    assert "100.00 %" in done.stdout and "baseline: chance" in done.stdout and "documentation/steady.md" in done.stdout
    for name in ("count.png", "live.png"):
        assert (tmp_path / "plots" / "runs" / "steady" / name).read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "plots" / "runs" / "steady" / "training.gif").read_bytes().startswith(b"GIF89a")
    page = (tmp_path / "plots" / "runs" / "steady" / "pictures.md").read_text(encoding="utf-8")
    assert "python run_all.py steady" in page and "![count](count.png)\n\n" in page
    content = json.loads((tmp_path / "out.json").read_text())
    chapter = content["chapters"][0]
    assert content["seed"] == 7 and chapter["metrics"] == {"test_accuracy": 1.0, "seed": 7.0}
    assert chapter["name"] == "steady" and chapter["status"] == "done"
    assert chapter["baseline"] == {"name": "chance", "test_accuracy": 0.5}
    assert chapter["data"] == {"name": "counting", "source": "made for a test", "train": 10, "validation": 0, "test": 3}
    assert chapter["seconds"] > chapter["training_seconds"] > 0 and len(chapter["figures"]) == 3
    assert set(content["versions"]) == {"ai_from_scratch", "python", "numpy", "matplotlib"}


def test_one_failure_is_reported_and_the_others_run(call, tmp_path):
    done = call("broken", "steady", "--json", "out.json")
    assert done.returncode == 1
    assert "Broken failed" in done.stdout and "the dog ate the gradient" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    statuses = [chapter["status"] for chapter in json.loads((tmp_path / "out.json").read_text())["chapters"]]
    assert statuses == ["failed", "done"]


def test_debug_shows_where_it_failed(call):
    assert "Traceback" in call("broken", "--debug").stdout


def test_an_unknown_name_runs_nothing(call, tmp_path):
    done = call("steady", "stedy")
    assert done.returncode == 2 and "Did you mean 'steady'" in done.stderr and done.stdout == ""
    assert not (tmp_path / "plots").exists()


def test_epochs_reach_the_chapter(call, tmp_path):
    assert "3/3" in call("steady", "--epochs", "3").stdout
    assert (tmp_path / "plots" / "runs" / "steady" / "count.png").is_file(), "the committed pictures stay as they are"


def test_an_option_that_a_chosen_chapter_cannot_use_is_an_error_before_anything_runs(call, tmp_path):
    (tmp_path / "text.txt").write_text("some text")
    done = call("broken", "steady", "--epochs", "3", "--text", "text.txt")
    assert done.returncode == 2 and done.stdout == ""
    assert "Broken and Steady cannot use --text. No chapter can" in done.stderr
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    done = call("endless", "--csv", "table.csv", "--target", "b")
    assert done.returncode == 2 and "Endless cannot use --csv and --target. steady can." in done.stderr
    assert not (tmp_path / "plots").exists()


def test_without_names_only_the_chapters_run_that_can_use_the_option(call, tmp_path):
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    done = call("--csv", "table.csv", "--target", "b")
    assert done.returncode == 0 and "Steady" in done.stdout
    assert "Endless" not in done.stdout and "Broken" not in done.stdout


def test_a_parameter_of_the_model_is_set_and_a_misspelt_one_is_told_before_anything_runs(call):
    done = call("tuned", "--set", "C=0.25")
    assert done.returncode == 0 and "C 0.25" in done.stdout
    done = call("tuned", "--set", "c=0.25")
    assert done.returncode == 2 and done.stdout == "" and "has no parameter 'c'. Did you mean 'C'?" in done.stderr
    done = call("tuned", "--set", "C=-1")
    assert done.returncode == 1 and "The 'C' parameter of Tuned must be" in done.stdout
    assert "ParameterError" not in done.stdout and "--debug" not in done.stdout, "a mistake of the user's"


def test_the_results_come_before_the_pictures_and_a_picture_that_fails_costs_one_line(call, tmp_path):
    done = call("spoilt", "--json", "out.json")
    assert done.returncode == 1 and "Traceback" not in done.stdout
    lines = done.stdout.splitlines()
    failed = [i for i, line in enumerate(lines) if "bad.png could not be made. RuntimeError: no paint" in line]
    result = [i for i, line in enumerate(lines) if "test accuracy" in line]
    assert len(failed) == 1 and result[0] < failed[0]
    chapter, = json.loads((tmp_path / "out.json").read_text())["chapters"]
    assert chapter["status"] == "done" and chapter["metrics"]["test_accuracy"] == 1
    assert chapter["failed_figures"] == {"bad.png": "RuntimeError: no paint"}
    assert [figure.split("/")[-1] for figure in chapter["figures"]] == ["count.png", "later.png", "live.png"]


def test_the_results_for_machines_are_there_before_the_first_picture(call, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(gallery, "save_png", lambda figure, path: seen.append((tmp_path / "out.json").read_text()))
    call("steady", "--json", "out.json")
    assert json.loads(seen[0])["chapters"][0]["metrics"]["test_accuracy"] == 1


def test_a_warning_is_its_sentence_alone_and_with_debug_it_has_its_place(call, monkeypatch):
    from Steady_From_Scratch.demo import Demo

    def report(self):
        warnings.warn("The second process has ended.", RuntimeWarning, stacklevel=1)
        return Report({"test_accuracy": 1.0}, {})

    monkeypatch.setattr(Demo, "report", report)
    with warnings.catch_warnings(record=True) as shown_by_python:
        warnings.simplefilter("always")
        done = call("steady")
        assert "The second process has ended.\n" in done.stdout and "RuntimeWarning" not in done.stdout + done.stderr
        assert not shown_by_python
        call("steady", "--debug")
    assert [str(warning.message) for warning in shown_by_python] == ["The second process has ended."]


def test_what_a_chapter_was_asked_for_and_could_not_do_is_told_and_the_exit_code_tells(call, tmp_path, monkeypatch):
    from Steady_From_Scratch.demo import Demo

    monkeypatch.setattr(Demo, "report", lambda self: Report({"test_accuracy": 1.0}, {}, failures=["It is not saved."]))
    done = call("steady", "--json", "out.json")
    assert done.returncode == 1 and "100.00 %" in done.stdout and "It is not saved." in done.stdout
    chapter, = json.loads((tmp_path / "out.json").read_text())["chapters"]
    assert chapter["status"] == "done" and chapter["failures"] == ["It is not saved."]


def test_a_full_disk_costs_the_pictures_only(call, tmp_path, monkeypatch):
    def full(figure, path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(gallery, "save_png", full)
    done = call("steady", "--json", "out.json")
    assert done.returncode == 1 and "100.00 %" in done.stdout and done.stdout.count("No space left") == 2
    assert json.loads((tmp_path / "out.json").read_text())["chapters"][0]["metrics"]["test_accuracy"] == 1


@pytest.mark.slow
def test_the_gallery_of_one_chapter_keeps_the_results_of_the_others(call, tmp_path):
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "plots").mkdir()
    file = tmp_path / "plots" / "results.json"
    file.write_text(json.dumps({"chapters": [{"name": "first"}, {"name": "steady"}, {"name": "last"}], "seed": 0,
                                "versions": {"ai_from_scratch": "0.1"}}))
    assert call("steady", "--gallery").returncode == 0
    first, steady, last = json.loads(file.read_text())["chapters"]
    assert (first, last) == ({"name": "first"}, {"name": "last"}) and steady["metrics"]["test_accuracy"] == 1


def test_results_that_cannot_be_written_are_one_line(call, monkeypatch):
    from ai_from_scratch.runner import results

    def full(*arguments, **named):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(results, "write_json", full)
    done = call("steady", "--json", "out.json")
    assert done.returncode == 1 and "100.00 %" in done.stdout and "cannot be written to out.json" in done.stderr


def test_a_chapter_that_failed_is_not_reported_again_with_the_next(tmp_path, monkeypatch, capsys):
    from ai_from_scratch.runner import _Session
    from ai_from_scratch.runner.options import parse

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(gallery, "save_png", lambda figure, path: path.touch())
    session = _Session(CHAPTERS, tmp_path, parse(["--show", "none"], CHAPTERS, tmp_path), {}, Interrupts(print))
    steady, _, broken, *_ = CHAPTERS
    session.run([broken, steady])
    assert "failed: Broken" in capsys.readouterr().out
    session.run([steady, steady])
    assert "none failed" in capsys.readouterr().out


@pytest.mark.parametrize(("error", "words"), [
    (MemoryError(), "There is not enough memory. Take fewer rows or columns"),
    (MemoryError("Unable to allocate 3 GiB"), "There is not enough memory (Unable to allocate 3 GiB). Take fewer")])
def test_a_chapter_without_enough_memory_says_so_and_what_to_do(call, monkeypatch, error, words):
    def train(self):
        raise error
        yield

    from Steady_From_Scratch.demo import Demo

    monkeypatch.setattr(Demo, "train", train)
    done = call("steady", "--json", "out.json")
    assert done.returncode == 1 and words in " ".join(done.stdout.split())
    assert words in json.loads(Path("out.json").read_text())["chapters"][0]["error"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
def test_sigterm_stops_at_the_next_frame_and_keeps_what_there_is(tmp_path):
    child = subprocess.Popen([sys.executable, str(SCRIPT), "endless", "steady", "--json", "out.json"], cwd=tmp_path,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    while "counting" not in child.stdout.readline():
        pass
    time.sleep(1)
    child.send_signal(signal.SIGTERM)
    told, _ = child.communicate(timeout=30)
    assert child.returncode == 143 and "asks this program to end" in told and "Steady" not in told
    chapter, = json.loads((tmp_path / "out.json").read_text())["chapters"]
    assert chapter["status"] == "interrupted" and 0 < chapter["metrics"]["test_accuracy"] < 1


def test_a_leave_that_python_swallowed_is_obeyed_at_the_next_frame():
    with pytest.raises(LeaveError), Interrupts(print) as interrupts:
        interrupts.phase = "training"
        interrupts.stop = True
        with contextlib.suppress(LeaveError):
            interrupts._handle(2, None)
        interrupts.check()


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
def test_a_stdout_that_is_full_or_closed_is_no_traceback(tmp_path):
    full = subprocess.run(f"{sys.executable} {SCRIPT} steady --json out.json > /dev/full", shell=True, cwd=tmp_path,
                          text=True, capture_output=True, timeout=60)
    assert full.returncode == 1 and "Traceback" not in full.stderr and "cannot be written" in full.stderr
    closed = subprocess.run(f"{sys.executable} {SCRIPT} steady --json out.json >&-", shell=True, cwd=tmp_path,
                            text=True, capture_output=True, timeout=60)
    assert closed.returncode == 0 and closed.stderr == "" and (tmp_path / "out.json").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "utf-8"])
def test_a_console_of_any_code_page_is_written_to(tmp_path, encoding):
    done = subprocess.run([sys.executable, str(SCRIPT), "steady"], cwd=tmp_path, stdin=subprocess.DEVNULL,
                          capture_output=True, env=os.environ | {"PYTHONIOENCODING": encoding}, timeout=60)
    assert done.returncode == 0 and b"100.00 %" in done.stdout and b"Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["module://matplotlib_inline.backend_inline", "nonsense"])
def test_a_backend_that_is_none_here_does_not_keep_the_program_from_running(tmp_path, backend):
    done = subprocess.run([sys.executable, str(SCRIPT), "steady", "--show", "none"], cwd=tmp_path, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True, env=os.environ | {"MPLBACKEND": backend},
                          timeout=60)
    assert done.returncode == 0 and "100.00 %" in done.stdout and done.stderr == ""


@pytest.mark.slow
def test_a_users_matplotlibrc_cannot_ask_for_latex(tmp_path):
    (tmp_path / "matplotlibrc").write_text("text.usetex: True\npath.sketch: 1, 100, 2\n")
    done = subprocess.run([sys.executable, str(SCRIPT), "steady"], cwd=tmp_path, text=True, stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=60)
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "plots" / "runs" / "steady" / "live.png").is_file()


@pytest.mark.slow
def test_a_setting_that_changes_everything_has_a_demo_of_its_own(call, tmp_path):
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    done = call("steady", "--csv", "table.csv", "--target", "b")
    assert done.returncode == 0 and "a table of 1 row" in done.stdout


def test_a_wrong_option_is_refused_before_anything_runs(call):
    done = call("steady", "--epochs", "0")
    assert done.returncode == 2 and "a whole number of at least 1" in done.stderr and "Traceback" not in done.stderr
    assert "Steady" not in done.stdout


def test_list_help_and_version_answer_at_once(run):
    assert "counts to five" in run("--list").stdout
    assert "examples:" in run("--help").stdout
    assert "NumPy Edition" in run("--version").stdout


@pytest.mark.slow
def test_without_names_and_terminal_it_is_the_quick_tour(tmp_path):
    code = "import sys; sys.path.insert(0, sys.argv.pop(1)); import run; from pathlib import Path; " \
           "from ai_from_scratch.runner import main; sys.exit(main(run.CHAPTERS[:3:2], Path.cwd(), []))"
    done = subprocess.run([sys.executable, "-c", code, str(SCRIPT.parent)], cwd=tmp_path, text=True, timeout=60,
                          stdin=subprocess.DEVNULL, capture_output=True)
    assert done.returncode == 1 and "Steady" in done.stdout and "Broken failed" in done.stdout
    assert (tmp_path / "plots" / "runs" / "steady" / "count.png").is_file()


def test_a_reader_that_leaves_early_is_no_error(tmp_path):
    done = subprocess.run(f"{sys.executable} {SCRIPT} --list | true", shell=True, cwd=tmp_path, text=True,
                          capture_output=True, timeout=60)
    assert "Traceback" not in done.stderr and "BrokenPipe" not in done.stderr

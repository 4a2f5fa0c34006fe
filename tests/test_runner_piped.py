"""The runner without a terminal: exit codes, messages, pictures and the JSON, on toy chapters."""

import json
import os
import subprocess
import sys

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "tests" / "toy_chapters"))

from run import CHAPTERS

from ai_from_scratch.runner import main

SCRIPT = ROOT / "tests" / "toy_chapters" / "run.py"


@pytest.fixture
def run(tmp_path):
    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-W", "error", str(SCRIPT), *arguments], cwd=tmp_path, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    return call


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    """The same command line within this process: what a new Python costs is paid by the tests of `run` only."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        with open(os.devnull) as nothing, monkeypatch.context() as piped:
            piped.setattr(sys, "stdin", nothing)
            try:
                code = main(CHAPTERS, tmp_path, arguments)
            except SystemExit as left:
                code = int(left.code or 0)
        return subprocess.CompletedProcess(arguments, code, *capsys.readouterr())
    return call


def test_a_named_chapter_trains_and_writes_its_pictures(run, tmp_path):
    done = run("steady", "--json", "out.json", "--seed", "7", "--gif")
    assert done.returncode == 0, done.stderr
    assert "100.00 %" in done.stdout and "baseline: chance" in done.stdout and "documentation/steady.md" in done.stdout
    for name in ("count.png", "live.png"):
        assert (tmp_path / "plots" / "steady" / name).read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "plots" / "steady" / "training.gif").read_bytes().startswith(b"GIF89a")
    content = json.loads((tmp_path / "out.json").read_text())
    chapter = content["chapters"][0]
    assert content["seed"] == 7 and chapter["metrics"] == {"test_accuracy": 1.0, "seed": 7.0}
    assert chapter["name"] == "steady" and chapter["status"] == "done"
    assert chapter["baseline"] == {"name": "chance", "test_accuracy": 0.5}
    assert chapter["data"] == {"name": "counting", "source": "made for a test", "train": 10, "validation": 0, "test": 3}
    assert chapter["seconds"] > 0 and len(chapter["figures"]) == 3
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


def test_epochs_reach_the_chapter_and_no_use_for_an_option_is_told(call, tmp_path):
    (tmp_path / "text.txt").write_text("some text")
    done = call("steady", "--epochs", "3", "--text", "text.txt")
    assert "3/3" in done.stdout and "no use for --text" in done.stdout
    assert (tmp_path / "plots" / "own" / "steady" / "count.png").is_file(), "the committed pictures stay as they are"


def test_a_setting_that_changes_everything_has_a_demo_of_its_own(call, tmp_path):
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    done = call("steady", "--csv", "table.csv", "--target", "b")
    assert done.returncode == 0 and "a table of 1 row" in done.stdout and "no use" not in done.stdout


def test_a_wrong_option_is_refused_before_anything_runs(call):
    done = call("steady", "--epochs", "0")
    assert done.returncode == 2 and "a whole number of at least 1" in done.stderr and "Traceback" not in done.stderr
    assert "Steady" not in done.stdout


def test_list_help_and_version_answer_at_once(run):
    assert "counts to five" in run("--list").stdout
    assert "examples:" in run("--help").stdout
    assert "NumPy Edition" in run("--version").stdout


def test_without_names_and_terminal_it_is_the_quick_tour(tmp_path):
    code = "import sys; sys.path.insert(0, sys.argv.pop(1)); import run; from pathlib import Path; " \
           "from ai_from_scratch.runner import main; sys.exit(main(run.CHAPTERS[::2], Path.cwd(), []))"
    done = subprocess.run([sys.executable, "-c", code, str(SCRIPT.parent)], cwd=tmp_path, text=True, timeout=60,
                          stdin=subprocess.DEVNULL, capture_output=True)
    assert done.returncode == 1 and "Steady" in done.stdout and "Broken failed" in done.stdout
    assert (tmp_path / "plots" / "quick" / "steady" / "count.png").is_file()


def test_a_reader_that_leaves_early_is_no_error(tmp_path):
    done = subprocess.run(f"{sys.executable} {SCRIPT} --list | true", shell=True, cwd=tmp_path, text=True,
                          capture_output=True, timeout=60)
    assert "Traceback" not in done.stderr and "BrokenPipe" not in done.stderr

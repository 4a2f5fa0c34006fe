"""run_all.py itself: seven chapters in the story's order, their names, and the same seed giving the same numbers."""

import json
import os
import shlex
import subprocess
import sys

import pytest
from conftest import ROOT

from ai_from_scratch.runner.chapter import Chapter, resolve
from ai_from_scratch.runner.options import parse
from ai_from_scratch.runner.usage import EXAMPLE_OF_OPTION
from ai_from_scratch.runner.wishes import check_uses


def run(*arguments, cwd):
    return subprocess.run([sys.executable, "-W", "error", str(ROOT / "run_all.py"), *arguments], cwd=cwd, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=300)


def test_the_list_names_seven_chapters_in_the_order_of_the_story(tmp_path):
    lines = run("--list", cwd=tmp_path).stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["linear", "logistic", "knn", "bayes", "nn", "cnn", "rnn"]


@pytest.mark.parametrize(("alias", "name"), [
    ("naive-bayes", "bayes"), ("mlp", "nn"), ("linear-regression", "linear"), ("logistic_regression", "logistic"),
    ("KNN", "knn"), ("basic-neural-network", "nn"), ("cnn", "cnn"), ("hamlet", "rnn"),
])
def test_natural_names_are_understood(alias, name):
    import run_all

    chapters = [Chapter(*row) for row in run_all.CHAPTERS]
    assert [chapter.name for chapter in resolve([alias], chapters)] == [name]


@pytest.mark.parametrize("name", ["n", "nn.", "k", "lin"])
def test_a_part_of_a_name_runs_nothing(name, tmp_path):
    done = run(name, "--out", str(tmp_path / "plots"), cwd=tmp_path)
    assert done.returncode == 2 and done.stdout == "" and not (tmp_path / "plots").exists()


@pytest.mark.parametrize("command", [
    *(EXAMPLE_OF_OPTION[name] for name in ("--set", "--epochs", "--best", "--workers", "--prompt", "--top-p")),
    "nn --set alpha=0.1", "cnn --set distortion=1", "rnn --set cell=gru",
])
def test_the_chapters_can_use_what_the_examples_ask_of_them(command):
    import run_all

    chapters = [Chapter(*row) for row in run_all.CHAPTERS]
    options = parse(shlex.split(command), chapters)
    check_uses(resolve(options.names, chapters), chapters, options)


def test_a_parameter_of_the_command_line_reaches_the_model():
    from ai_from_scratch.stage.demo import Settings
    from Linear_Regression_From_Scratch.demo.demo import Demo

    demo = Demo(Settings(quick=True, epochs=3, parameters={"momentum": 0.9}))
    assert list(demo.train())
    assert demo.model is not None
    assert demo.model.momentum == 0.9


def test_without_the_libraries_it_answers_with_the_line_that_installs_them(tmp_path):
    done = subprocess.run([sys.executable, "-S", str(ROOT / "run_all.py")], cwd=tmp_path, text=True,
                          capture_output=True, timeout=60)   # -S: no site-packages
    assert done.returncode == 2 and "pip install -q -e ." in done.stderr and "numpy" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(("setting", "status", "what"), [
    ("learning_rate=5", "failed", "diverged"), ("learning_rate=1e-12", "done", "not moving"),
    ("momentum=0.5", "done", "")])
def test_a_training_that_fails_is_told_in_words_and_stands_in_the_json(setting, status, what, tmp_path):
    done = run("linear", "--quick", "--set", setting, "--json", "o.json", cwd=tmp_path)
    chapter = json.loads((tmp_path / "o.json").read_text(encoding="utf-8"))["chapters"][0]
    assert chapter["status"] == status and done.returncode == (status == "failed")
    assert "Traceback" not in done.stdout + done.stderr and "--debug" not in done.stdout
    assert (chapter["diagnosis"] or {"what": ""})["what"] == what
    if what:
        assert chapter["diagnosis"]["try"][0] == "python run_all.py linear --set learning_rate='auto'"
        assert "must stay below 2/λmax" in chapter["diagnosis"]["text"] or what == "not moving"


METRICS = """
import json, sys, run_all
from ai_from_scratch.runner.chapter import Chapter
from ai_from_scratch.stage.demo import Settings
for row in run_all.CHAPTERS:
    chapter = Chapter(*row)
    demo = chapter.demo(Settings(quick=True, seed=5))
    for _ in demo.train():
        pass
    print(json.dumps([chapter.name, demo.report().metrics]))
"""


@pytest.mark.slow
def test_the_same_seed_gives_the_same_numbers(tmp_path):
    """In two processes, without the pictures, whose painting takes six times as long as the trainings."""
    written = [subprocess.run([sys.executable, "-W", "error", "-c", METRICS], cwd=tmp_path, text=True, check=True,
                              capture_output=True, timeout=300, env={**os.environ, "PYTHONPATH": str(ROOT)}).stdout
               for _ in range(2)]
    assert written[0] == written[1]
    results = [json.loads(line) for line in written[0].splitlines()]
    assert len(results) == 7
    for _, metrics in results:
        assert {"test_accuracy", "test_r2", "test_bits_per_char"} & set(metrics)

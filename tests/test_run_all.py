"""run_all.py itself: seven chapters in the story's order, their names, and the same seed giving the same numbers."""

import json
import shlex
import subprocess
import sys

import pytest
from conftest import ROOT

from ai_from_scratch.runner.chapter import Chapter, resolve
from ai_from_scratch.runner.options import parse
from ai_from_scratch.runner.usage import EXAMPLES
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
    *(EXAMPLES[name] for name in ("--set", "--epochs", "--best", "--workers", "--prompt", "--top-p")),
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


@pytest.mark.slow
def test_the_same_seed_gives_the_same_numbers(tmp_path):
    results = []
    for name in ("first.json", "second.json"):
        done = run("all", "--quick", "--show", "none", "--seed", "5", "--out", "plots", "--json", name, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        results.append([(chapter["name"], chapter["metrics"], chapter["data"])
                        for chapter in json.loads((tmp_path / name).read_text())["chapters"]])
    assert results[0] == results[1] and len(results[0]) == 7
    for _, metrics, _ in results[0]:
        assert {"test_accuracy", "test_r2", "test_bits_per_char"} & set(metrics)

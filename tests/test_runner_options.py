"""The command line's refusals: what was expected, and what came; exit code 2."""

from pathlib import Path

import pytest

from ai_from_scratch.estimator.rules import MOST_PROCESSES
from ai_from_scratch.runner.chapter import Chapter
from ai_from_scratch.runner.options import asked_for, parse, settings_of

CHAPTERS = [Chapter("steady", "Steady_From_Scratch", "", "counts to five", "numbers", "the line", "1 s")]


@pytest.mark.parametrize(("arguments", "words"), [
    (["--epochs", "0"], "a whole number of at least 1"),
    (["--epochs", "many"], "a whole number of at least 1"),
    (["--seed", "-1"], "a whole number of at least 0"),
    (["--show", "hologram"], "invalid choice"),
    (["--text", "nowhere.txt"], "there is no file 'nowhere.txt'"),
    (["--csv", "nowhere.csv", "--target", "y"], "there is no file 'nowhere.csv'"),
    (["--csv", "run_file"], "go together"),
    (["--target", "y"], "go together"),
    (["--text", "run_file", "--play", "macbeth"], "only one text is possible"),
    (["--temperature", "-1"], "expected a number from 0 to 10, got '-1'"),
    (["--temperature", "warm"], "a number from 0 to 10"),
    (["--top-p", "0"], "a number above 0 to 1"),
    (["--length", "0"], "a whole number of at least 1"),
    (["--save", "no/where"], "does not exist"),
    (["--json", "no/where.json"], "does not exist"),
    (["--json", "."], "is a folder"),
    (["--out", "run_file"], "is not a folder"),
    (["--bogus"], "unrecognized arguments: --bogus\n"), (["--quik"], "--quik. Did you mean --quick?\n"),
    (["--learning-rate", "0.3"], "A parameter of a model is set by --set learning_rate=0.3\n"),
    (["--learning_rate=0.3"], "is set by --set learning_rate=0.3\n"), (["-q"], "unrecognized arguments: -q\n"),
    (["--image=--"], "--image: expected one argument"),
    (["--save=--"], "--save: expected one argument"),
    (["--missing=--"], "--missing: expected one argument"),
    (["--text", "x" * 300], "no file can have this name"),
    (["--play", ""], "the name of a play"),
    (["--set", "learning_rate"], "expected NAME=VALUE"),
    (["--set", "2=3"], "expected NAME=VALUE"),
    (["--workers", "0"], "a whole number from 1 to 64"),
    (["--workers", "1000000000"], f"a whole number from 1 to {MOST_PROCESSES}"),
])
def test_what_cannot_be_meant_is_refused(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run_file").write_text("in the way")
    with pytest.raises(SystemExit) as left:
        parse(["steady", *arguments], CHAPTERS)
    assert left.value.code == 2 and words in capsys.readouterr().err


def test_what_is_asked_for_reaches_the_chapters_and_nothing_else_counts_as_asked():
    plain = settings_of(parse(["steady"], CHAPTERS))
    assert asked_for(plain) == frozenset()
    asked = settings_of(parse(["steady", "--top-p", "0.9", "--generate-only", "--temperature", "0"], CHAPTERS))
    assert (asked.top_p, asked.generate_only, asked.temperature) == (0.9, True, 0.0)
    assert asked_for(asked) == {"top_p", "generate_only", "temperature"}


@pytest.mark.parametrize("arguments", [[], ["--quick"], ["--best"], ["--play", "macbeth", "--quick"]])
def test_a_users_run_paints_over_no_committed_picture(arguments, tmp_path, monkeypatch):
    (tmp_path / "clone").mkdir()
    (tmp_path / "clone" / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    assert parse(["steady", *arguments], CHAPTERS, tmp_path / "clone").out == tmp_path / "clone" / "plots" / "runs"
    assert parse(["steady", *arguments, "--out", "here"], CHAPTERS, tmp_path / "clone").out == Path("here")


def test_an_installed_program_writes_below_the_current_folder(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    (tmp_path / "site-packages").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert parse(["steady"], CHAPTERS, tmp_path / "site-packages").out == tmp_path / "here" / "plots" / "runs"


def test_the_gallery_is_made_by_a_named_command_only(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        parse(["all", "--gallery"], CHAPTERS, tmp_path)
    assert "only a clone" in capsys.readouterr().err
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "plots").mkdir()
    options = parse(["all", "--gallery"], CHAPTERS, tmp_path)
    assert (options.out, options.json) == (tmp_path / "plots", tmp_path / "plots" / "results.json")
    assert options.gif and options.show == "none"
    for extra in (["--quick"], ["--epochs", "3"], ["--out", "elsewhere"], ["--set", "C=1"]):
        with pytest.raises(SystemExit):
            parse(["all", "--gallery", *extra], CHAPTERS, tmp_path)
        assert extra[0] in capsys.readouterr().err


@pytest.mark.parametrize(("text", "name", "value"), [
    ("C=0.5", "C", 0.5), ("solver=adam", "solver", "adam"), ("filters=(4, 8)", "filters", (4, 8)),
    ("tol=None", "tol", None), ("learning_rate_init=1e-3", "learning_rate_init", 1e-3), ("a=b=c", "a", "b=c"),
    ("shuffle=False", "shuffle", False), ("prompt=", "prompt", ""),
])
def test_set_takes_numbers_words_and_lists(text, name, value):
    options = parse(["steady", "--set", "first=1", "--set", text], CHAPTERS)
    settings = settings_of(options)
    assert settings.parameters == {"first": 1, name: value}
    assert type(settings.parameters[name]) is type(value) and asked_for(settings) == {"set"}


def test_words_for_missing_values_and_workers_reach_the_chapters():
    asked = settings_of(parse(["steady", "--missing", "None", "--missing", "?", "--workers", "2"], CHAPTERS))
    assert (asked.missing, asked.workers) == (("None", "?"), 2)
    assert asked_for(asked) == {"missing", "workers"}


def test_what_is_taken_up_again_goes_on_being_kept(tmp_path):
    kept, other = tmp_path / "kept", tmp_path / "other"
    kept.write_text("a training")
    assert settings_of(parse(["steady", "--resume", str(kept)], CHAPTERS)).save == kept
    assert settings_of(parse(["steady", "--resume", str(kept), "--save", str(other)], CHAPTERS)).save == other
    assert settings_of(parse(["steady", "--resume", str(kept), "--generate-only"], CHAPTERS)).save is None


def test_a_mistake_is_told_in_two_lines_and_an_example(capsys):
    with pytest.raises(SystemExit):
        parse(["steady", "--csv", "table.csv", "--target"], CHAPTERS)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3 and "--target: expected one argument" in lines[0]
    assert "for example: python run_all.py logistic --csv" in lines[1] and lines[2].endswith("--help")


def test_the_help_speaks_of_csv_and_knn_as_they_are_written(capsys):
    with pytest.raises(SystemExit):
        parse(["--help"], CHAPTERS)
    assert "your own table (linear, logistic, knn, bayes)" in capsys.readouterr().out

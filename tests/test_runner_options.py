"""The command line's refusals: what was expected, and what came; exit code 2."""

from pathlib import Path

import pytest

from ai_from_scratch.runner import _Session
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
    (["--text", "run_file", "--play", "macbeth"], "one text at a time"),
    (["--temperature", "-1"], "a number from 0 to 10 was expected, '-1' came"),
    (["--temperature", "warm"], "a number from 0 to 10"),
    (["--top-p", "0"], "a number above 0 to 1"),
    (["--length", "0"], "a whole number of at least 1"),
    (["--save", "no/where"], "there is no folder"),
    (["--json", "no/where.json"], "there is no folder"),
    (["--json", "."], "is a folder"),
    (["--out", "run_file"], "is not a folder"),
    (["--bogus"], "unrecognized arguments"),
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


@pytest.mark.parametrize(("arguments", "folder"), [
    ([], "plots"), (["--quick"], "plots/quick"), (["--best"], "plots/own"),
    (["--play", "macbeth", "--quick"], "plots/own"),
    (["--best", "--out", "here"], "here"),
])
def test_only_a_plain_run_paints_over_the_committed_pictures(arguments, folder, tmp_path):
    session = _Session(CHAPTERS, tmp_path, parse(["steady", *arguments], CHAPTERS))
    assert session.folder in (tmp_path / folder, Path(folder))

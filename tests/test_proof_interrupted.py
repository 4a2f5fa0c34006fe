"""`run_all.py check`, stopped by Ctrl-C or SIGTERM: the chapters so far are told, and kept as JSON."""

import json
import signal
import sys

import pytest

import run_all
from proof import measure

SIGNALS = pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)],
                                  ids=["Ctrl-C", "SIGTERM"])


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    """The exit code, what stdout had, and the JSON of `check bayes linear --json out.json`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["run_all.py", "check", "bayes", "linear", "--json", "out.json"])
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]

    def call():
        code = run_all.main()
        assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
        return code, capsys.readouterr().out, json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    return call


@SIGNALS
@pytest.mark.parametrize("hidden", [False, True], ids=["in a claim", "hidden by an import"])
def test_a_check_that_is_interrupted_tells_and_keeps_the_chapters_before(call, monkeypatch, number, code, hidden):
    def prove(title, folder, tell):
        proof = measure.ChapterProof(title, folder)
        if folder.startswith("Linear"):
            try:
                signal.raise_signal(number)
            except KeyboardInterrupt:
                if not hidden:
                    raise
        else:
            claim = next(iter(measure.claims_of(folder)))
            proof.measured.append(measure.measure(folder, claim))
        return proof

    monkeypatch.setattr(measure, "prove", prove)
    left, told, report = call()
    assert left == code and "Interrupted: 1 of 2 chapters were checked." in told and "Naive Bayes" in told
    assert report["interrupted"] is True and report["right"] is False
    assert [chapter["folder"] for chapter in report["chapters"]] == ["Naive_Bayes_From_Scratch"]
    assert report["chapters"][0]["claims"] and report["chapters"][0]["right"] is True


def test_a_check_that_is_interrupted_in_its_first_chapter_keeps_an_empty_report(call, monkeypatch):
    monkeypatch.setattr(measure, "prove", lambda *_: signal.raise_signal(signal.SIGINT))
    left, told, report = call()
    assert left == 130 and told.strip() == "Interrupted: 0 of 2 chapters were checked."
    assert report["chapters"] == [] and report["interrupted"] is True and report["right"] is False


def test_a_check_that_ends_has_no_word_of_an_interruption(call, monkeypatch):
    monkeypatch.setattr(measure, "claims_of", lambda folder: [])
    left, _, report = call()
    assert left == 1 and "interrupted" not in report            # chapters without checks are not right

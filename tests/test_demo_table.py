"""The four chapters on a table of one's own: what is chosen is chosen on validation rows, and every mistake is told."""

import warnings
from typing import Any

import numpy as np
import pytest

import run_all
from ai_from_scratch.data import DataError
from ai_from_scratch.data.tabular import TABLES_FOLDER
from ai_from_scratch.runner import Chapter, main
from ai_from_scratch.stage.demo import Settings
from ai_from_scratch.stage.gallery import paint
from ai_from_scratch.stage.theme import new_figure

CHAPTERS = [Chapter(*row) for row in run_all.CHAPTERS]
BY_NAME = {chapter.name: chapter for chapter in CHAPTERS}
RUNS = [("linear", "diabetes"), ("logistic", "iris"), ("logistic", "breast_cancer"), ("knn", "diabetes"),
        ("knn", "wine"), ("bayes", "wine")]


def demo_of(name: str, table: str, **settings) -> Any:
    return BY_NAME[name].demo(Settings(csv=TABLES_FOLDER / f"{table}.csv", target="target", **settings))


@pytest.mark.parametrize(("name", "table"), RUNS)
def test_each_chapter_learns_a_table_and_beats_the_baseline_on_rows_it_never_saw(name, table):
    demo = demo_of(name, table, quick=True)
    frames = list(demo.train())
    assert [frame.step for frame in frames][-1] == frames[-1].steps
    report = demo.report()
    first = next(iter(report.metrics))
    assert first == ("test_r2" if table == "diabetes" else "test_accuracy")
    assert report.metrics[first] > report.baseline[first] + 0.25
    assert set(report.metrics) == set(report.baseline)


@pytest.mark.parametrize(("name", "table"), RUNS[::2])
def test_the_test_rows_change_nothing_but_the_report(name, table):
    one, other = demo_of(name, table, quick=True), demo_of(name, table, quick=True)
    y = other.parts.test.y
    other.parts.test.y[:] = y[::-1] if y.dtype == float else y.max() - y
    frames, same = list(one.train()), list(other.train())
    assert [frame.metrics for frame in frames] == [frame.metrics for frame in same]
    assert one.report().notes == other.report().notes and one.report().metrics != other.report().metrics


def test_the_chosen_k_and_c_are_the_best_on_validation_rows():
    knn = demo_of("knn", "wine")
    scores = {frame.metrics["k"]: frame.metrics["validation accuracy"] for frame in knn.train()}
    assert scores[knn.k] == max(scores.values()) and knn.k == min(k for k in scores if scores[k] == scores[knn.k])

    logistic = demo_of("logistic", "iris", epochs=1)
    losses = {frame.metrics["C"]: frame.metrics["validation cross-entropy"] for frame in logistic.train()
              if "C" in frame.metrics}
    X, y = logistic.parts.validation
    p = logistic.model.predict_proba(X)[np.arange(len(y)), y]
    assert losses[logistic.C] == min(losses.values()) == pytest.approx(-np.log(p).mean())


def test_linear_regression_stops_where_the_validation_rows_say():
    demo = demo_of("linear", "diabetes", epochs=100)
    seen = {frame.step: frame.metrics["validation R²"] for frame in demo.train()}
    step = max(seen, key=seen.__getitem__)
    assert demo.best_score == max(seen[step], demo.bottom.score(*demo.parts.validation))
    assert demo.best.score(*demo.parts.validation) == demo.best_score
    assert demo.where == f"step {step} of the descent"


@pytest.mark.slow
@pytest.mark.parametrize("frames", [1, 12, None])
@pytest.mark.parametrize(("name", "table"), RUNS)
def test_after_any_frame_the_pictures_and_the_report_work(name, table, frames):
    demo = demo_of(name, table, quick=True)
    scene: list[Any] = []
    for seen, frame in enumerate(demo.train(), start=1):
        if scene and type(frame) is not type(scene[-1]):
            scene = []
        scene.append(frame)
        if seen == frames:
            break
    assert demo.report().metrics
    pictures = list(demo.figures())
    assert len({picture.file for picture in pictures}) == len(pictures) >= 2
    for picture in pictures:
        assert paint(picture).axes and picture.caption.endswith(".")
    figure = new_figure((11, 5))
    for end in (1, len(scene)):
        demo.draw(figure, scene[:end])
    assert figure.axes


def awkward(n: int = 40) -> str:
    """Long names, signs that Matplotlib could take for formulas, a category, a rare class, a missing value."""
    rng = np.random.default_rng(1)
    lines = ["price of the very long name of a column that nobody would write,colour,$\\frac$ size,kind"]
    for i in range(n):
        kind = "one of a kind" if i == 3 else ("$a", "b_c^d", "e & f")[i % 3]
        colour = "red" if i % 2 else "" if i == 6 else "$\\blue$"
        lines.append(f"{rng.normal() + i % 3:.3f},{colour},{rng.normal() * 1e-9:.3g},{kind}")
    return "\n".join(lines)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "target"), [("linear", "$\\frac$ size"), ("logistic", "kind"), ("knn", "kind"),
                                              ("bayes", "kind"), ("logistic", "colour")])
def test_awkward_names_and_a_class_of_one_row_are_learnt_and_painted(tmp_path, name, target):
    (tmp_path / "awkward.csv").write_text(awkward(), encoding="utf-8")
    demo: Any = BY_NAME[name].demo(Settings(csv=tmp_path / "awkward.csv", target=target, quick=True, epochs=20))
    with warnings.catch_warnings(action="error"):
        assert list(demo.train())
        for picture in demo.figures():
            paint(picture).draw_without_rendering()
    assert any("1 row lacks a value" in note for note in demo.report().notes)


def test_a_column_with_one_value_in_a_class_is_named_because_its_bell_curve_is_a_spike(tmp_path):
    a = np.random.default_rng(0).normal(size=120)
    rows = [f"{a[i]:.4f},{7 + (i in (5, 60) and a[i] > 0)},{'yes' if a[i] > 0 else 'no'}" for i in range(120)]
    for header, named in (("a,k,y", True), ("a,a2,y", False)):
        lines = rows if named else [",".join([row.split(",")[0], f"{x:.3f}", row.split(",")[2]])
                                    for row, x in zip(rows, a[::-1], strict=True)]
        (tmp_path / "rare.csv").write_text("\n".join([header, *lines]))
        demo: Any = BY_NAME["bayes"].demo(Settings(csv=tmp_path / "rare.csv", target="y", quick=True))
        assert list(demo.train())
        notes = [note for note in demo.report().notes if "bell curve" in note]
        assert len(notes) == named
        assert not named or notes[0].startswith("The same value in every training row of a class: 'k' (no).")


@pytest.mark.parametrize(("name", "told"), [
    ("tweet_id", "Column 'tweet_id' is left out: it is named like an id, and its whole numbers have 16 digits or "),
    ("account", "Whole numbers of 16 digits or more: 'account'. They are used as features, rounded to 16 digits."),
])
def test_an_id_whose_last_digits_are_lost_is_still_told(tmp_path, name, told):
    a = np.random.default_rng(0).normal(size=120)
    lines = [f"{10**17 + i},{a[i]:.4f},{'yes' if i < 60 else 'no'}" for i in range(120)]
    (tmp_path / "ids.csv").write_text("\n".join([f"{name},a,y", *lines]))
    demo: Any = BY_NAME["bayes"].demo(Settings(csv=tmp_path / "ids.csv", target="y", quick=True))
    assert list(demo.train())
    assert any(note.startswith(told) for note in demo.report().notes)


def test_a_target_that_does_not_suit_the_chapter_names_the_chapters_that_it_suits():
    for name, table, others in (("linear", "iris", "logistic, knn and bayes"),
                                ("logistic", "diabetes", "linear and knn"), ("bayes", "diabetes", "linear and knn")):
        with pytest.raises(DataError, match=others):
            demo_of(name, table)


def test_a_mistake_in_the_table_is_told_in_one_sentence_without_the_exceptions_name(tmp_path, capsys):
    (tmp_path / "short.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    argv = ["bayes", "--csv", str(tmp_path / "short.csv"), "--target", "b", "--show", "none", "--out", str(tmp_path)]
    assert main(CHAPTERS, tmp_path, argv) == 1
    told = " ".join(capsys.readouterr().out.split())
    assert "expected at least 20 rows" in told and "DataError" not in told and "--debug" not in told
    assert main(CHAPTERS, tmp_path, [*argv, "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize(("name", "table"), RUNS[:2])
def test_the_command_writes_its_pictures_to_a_folder_of_their_own_and_says_what_it_did(
        tmp_path, monkeypatch, capsys, name, table):
    monkeypatch.chdir(tmp_path)
    argv = [name, "--csv", str(TABLES_FOLDER / f"{table}.csv"), "--target", "target", "--show", "none", "--quick"]
    assert main(CHAPTERS, tmp_path, argv) == 0
    told = capsys.readouterr().out
    assert "Chosen on the validation rows" in told and "no use for" not in told
    assert list((tmp_path / "plots" / "runs").glob("*/live.png"))

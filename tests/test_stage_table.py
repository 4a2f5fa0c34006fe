"""What the chapters share for a table of the user's own: where a score is not defined, none is given."""

from types import SimpleNamespace

import numpy as np
import pytest

from ai_from_scratch.stage.demo import Settings
from ai_from_scratch.stage.table import TableDemo
from ai_from_scratch.stage.theme import new_figure


class Means(TableDemo):
    about_categories = "a bell curve does not suit zeros and ones."


def demo_of(path, lines: list[str], target: str, **settings) -> TableDemo:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Means(Settings(csv=path, target=target, **settings))


def mostly_one_number(n: int = 100) -> list[str]:
    """The target is 5.5 in nearly all rows, so that it is the same in all test rows of most splits."""
    return ["a,y", *(f"{i * i},{5.5 + (i in (0, 1)) * (i + 1)}" for i in range(n))]


def test_where_the_target_is_the_same_in_all_test_rows_there_is_no_r2_and_a_note_says_so(tmp_path):
    for seed in range(20):
        demo = demo_of(tmp_path / "t.csv", mostly_one_number(), "y", seed=seed)
        if np.ptp(demo.parts.test.y) == 0:
            break
    report = demo.judge(lambda X: X[:, 0], "")
    assert set(report.metrics) == set(report.baseline) == {"test_rmse"}
    assert np.isfinite([*report.metrics.values(), *report.baseline.values()]).all()
    assert any("There is no R²: the target is the same in all 20 test rows" in note for note in report.notes)
    figure = new_figure((8, 4))
    demo.judged(lambda X: X[:, 0]).paint(figure)
    assert not any("nan" in ax.get_title() for ax in figure.axes)


def test_what_a_model_makes_of_categories_is_said_where_there_are_some(tmp_path):
    lines = ["a,city,y", *(f"{i * i},{'Rome' if i % 3 else 'Oslo'},{i}.5" for i in range(60))]
    notes = demo_of(tmp_path / "t.csv", lines, "y").judge(lambda X: X[:, 0], "chosen").notes
    assert "'city': a bell curve does not suit zeros and ones." in notes
    plain = [f"{line.split(',')[0]},{line.split(',')[2]}" for line in lines]
    notes = demo_of(tmp_path / "t.csv", plain, "y").judge(lambda X: X[:, 0], "").notes
    assert not any("bell" in note for note in notes)


@pytest.mark.parametrize("missing", [None, ("none",)])
def test_the_words_for_missing_reach_the_reader(tmp_path, missing):
    lines = ["a,y", *(f"{i * i},{('None', 'Mild', 'Severe')[i % 3]}" for i in range(60))]
    path = tmp_path / "t.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    settings = SimpleNamespace(csv=path, target="y", seed=0, missing=missing)
    assert len(TableDemo(settings).class_names) == (3 if missing is None else 2)  # type: ignore[arg-type]

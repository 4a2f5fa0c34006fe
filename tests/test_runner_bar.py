"""The progress bar of a training on narrow and wide terminals: the counts and the numbers are whole, or not there."""

import io
import re
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from rich.console import Console

from ai_from_scratch.runner.report import tell_data
from ai_from_scratch.runner.results import number
from ai_from_scratch.runner.training_bar import TrainingBar, fitting
from ai_from_scratch.stage.demo import DataUse

METRICS = {"bits_per_char": 2.3456, "held_out": 2.4567, "characters/s": 123456.0}
WHOLE = ["bits per character 2.346", "held out 2.457", "characters/s 123,456"]


class Scene(NamedTuple):
    step: int
    steps: int
    metrics: dict
    title: str = "learning"


def last_line(width, steps=10_000):
    console = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=width, legacy_windows=False)
    with TrainingBar(console) as bar:
        assert bar.show(Scene(0, steps, METRICS)) and not bar.show(Scene(steps, steps, METRICS))
    written = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", console.file.getvalue())         # type: ignore[attr-defined]
    return [line for line in re.split(r"[\r\n]", written) if "learning" in line][-1]


@pytest.mark.parametrize("width", [50, 60, 80, 99, 100, 120, 200])
def test_the_counts_are_never_cut_and_numbers_are_whole_or_left_out(width):
    line = last_line(width)
    assert "10000/10000" in line and "…" not in line and "learning" in line and "0:00:0" in line
    shown = [number for number in WHOLE if number in line]
    assert shown == WHOLE[: len(shown)]
    assert sum(number.split(" ")[0] in line for number in WHOLE) == len(shown), "no half of a number"
    assert width < 80 or len(shown) >= 2
    assert width < 120 or "━" in line


class SceneWithALongTitle(NamedTuple):
    step: int
    steps: int
    metrics: dict
    title: str = "bent and folded, slowly"


@pytest.mark.parametrize("width", [40, 60, 80, 100, 130])
@pytest.mark.parametrize("longest_first", [True, False])
def test_lines_of_several_scenes_share_the_room_and_none_is_cut(width, longest_first):
    console = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=width, legacy_windows=False)
    scenes: list[Any] = [SceneWithALongTitle(800, 800, {"loss": 0.0839}), Scene(30, 100_000, METRICS)]
    with TrainingBar(console) as bar:
        for scene in scenes if longest_first else scenes[::-1]:
            bar.show(scene)
    written = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", console.file.getvalue())         # type: ignore[attr-defined]
    lines = [line for line in re.split(r"[\r\n]", written) if "/" in line][-2:]
    for line in lines:
        numbers = re.sub(r"^\D*\d+/\d+ *|\d:\d\d:\d\d *$", "", line.replace("━", "").replace("╸", "")).strip()
        assert numbers in ("", "loss 0.0839", *("  ".join(WHOLE[:n]) for n in (1, 2, 3))), line
        assert width < 50 or re.search(r"0:00:0\d *$", line), line
    assert width < 60 or any("loss 0.0839" in line for line in lines)
    assert width < 80 or any(WHOLE[0] in line for line in lines)


@pytest.mark.parametrize(("room", "shown"), [(0, ""), (23, ""), (24, WHOLE[0]), (40, "  ".join(WHOLE[:2])),
                                             (62, "  ".join(WHOLE))])
def test_as_many_numbers_as_fit(room, shown):
    assert fitting(METRICS, room) == shown


def test_a_probability_is_never_told_as_certain():
    assert [number("probability_of_its_answer", p) for p in (1.0, 0.99999, 0.9123, 0.0)] == [
        "99.99 %", "99.99 %", "91.23 %", "0.00 %"]
    assert number("test_accuracy", 1.0) == "100.00 %"


def test_a_file_whose_name_looks_like_markup_is_named_as_it_is():
    console = Console(file=(out := io.StringIO()), width=200)
    outcome: Any = SimpleNamespace(data=[DataUse("a[/b].csv", "your table a[/b].csv [red]", 10, 0, 0)])
    tell_data(outcome, console)
    assert out.getvalue() == "a[/b].csv: 10 train  (your table a[/b].csv [red])\n"

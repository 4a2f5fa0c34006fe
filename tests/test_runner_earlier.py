"""Pictures of earlier runs: they do not stay beside those of another table, and nobody's own file is touched."""

import json
from pathlib import Path

import pytest
from test_runner_piped import CHAPTERS, call  # noqa: F401  call is a fixture

from ai_from_scratch.runner import earlier
from ai_from_scratch.runner.options import command, parse


@pytest.fixture
def folder(tmp_path) -> Path:
    (place := tmp_path / "knn").mkdir()
    return place


def written(folder: Path, **pictures: str) -> list[str]:
    """Pictures with these contents, from a run."""
    for name, content in pictures.items():
        (folder / f"{name}.png").write_text(content)
    names = [f"{name}.png" for name in pictures]
    moved = earlier.put_away(folder, names)
    earlier.remember(folder, names)
    return moved


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {earlier.LIST_FILE}


def test_pictures_that_a_run_does_not_write_anew_are_moved_and_come_back_with_the_run_that_writes_them(folder):
    assert written(folder, live="a", coefficients="a") == []
    assert written(folder, live="b", confusion="b") == ["coefficients.png"]
    assert files(folder) == {"live.png", "confusion.png", "earlier/coefficients.png"}
    assert written(folder, live="c", coefficients="c") == ["confusion.png"]
    assert (folder / "coefficients.png").read_text() == "c" and (folder / "earlier/coefficients.png").read_text() == "a"


def test_files_that_no_run_has_written_or_that_were_changed_stay(folder):
    (folder / "mine.png").write_text("mine")
    written(folder, live="a", drawn_on="a")
    (folder / "drawn_on.png").write_text("a with my arrows")
    assert written(folder, live="b") == []
    assert files(folder) == {"live.png", "drawn_on.png", "mine.png"}


@pytest.mark.parametrize("listed", ["", "{", "[1]", '{"../mine.png": "x", "..": "x", "": "x", "a\\u0000": "x"}',
                                    '{"mine.png": 3}', "[" * 100_000])
def test_a_list_that_was_damaged_moves_nothing(folder, listed):
    (folder / earlier.LIST_FILE).write_text(listed)
    (folder / "mine.png").write_text("mine")
    (folder.parent / "mine.png").write_text("mine")
    assert written(folder, live="a") == []
    assert files(folder) == {"live.png", "mine.png"} and (folder.parent / "mine.png").exists()
    assert "live.png" in json.loads((folder / earlier.LIST_FILE).read_text())


def test_pictures_that_cannot_be_moved_stay_and_end_nothing(folder):
    written(folder, live="a", other="a")
    (folder / "earlier").write_text("a file of the user's own")
    assert written(folder, live="b") == []
    assert files(folder) == {"live.png", "other.png", "earlier"}


def test_a_run_tells_which_pictures_it_has_moved(call, tmp_path):  # noqa: F811
    assert "earlier" not in call("steady", "--gif").stdout
    done = call("steady")
    assert "Pictures of an earlier run are now in plots/runs/steady/earlier: training.gif." in done.stdout
    assert files(tmp_path / "plots/runs/steady") == {"count.png", "live.png", "pictures.md", "earlier/training.gif"}


def test_the_page_beside_the_pictures_names_the_command_that_made_them(tmp_path):
    (tmp_path / "a b.csv").write_text("x,y\n1,2\n")

    def of(*words: str) -> str:
        return command("logistic", parse([*words], CHAPTERS, tmp_path))

    assert of("steady") == "python run_all.py logistic"
    assert of("steady", "--csv", str(tmp_path / "a b.csv"), "--target", "y", "--missing", "?", "--seed", "7") == \
        f"python run_all.py logistic --seed 7 --csv '{tmp_path}/a b.csv' --target y --missing '?'"
    assert of("steady", "--quick", "--set", "C=0.1") == "python run_all.py logistic --quick --set C=0.1"

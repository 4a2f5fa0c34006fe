"""After a chapter the runner says which files' code ran."""

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

from ai_from_scratch.runner.chapter import Chapter
from ai_from_scratch.runner.what_ran import WhatRan
from ai_from_scratch.stage.demo import Settings

FRAME = """
from typing import NamedTuple
class Frame(NamedTuple):
    step: int
    steps: int
    metrics: dict
"""


@pytest.fixture
def chapter_folder(tmp_path, monkeypatch) -> Iterator[Path]:
    folder = tmp_path / "Made_Up_From_Scratch"
    for place in (folder, folder / "fast", folder / "demo"):
        place.mkdir()
        (place / "__init__.py").touch()
    (folder / "lesson.py").write_text("def plain():\n    return 1\n")
    (folder / "fast" / "twin.py").write_text("class Twin:\n    pass\n\n\ndef twin():\n    return 1\n")
    (folder / "demo" / "helper.py").write_text("def paint():\n    return 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.startswith("Made_Up_From_Scratch")]:
        del sys.modules[name]


def test_only_what_was_called_while_watching_is_named_and_no_demo(chapter_folder):
    paint = importlib.import_module("Made_Up_From_Scratch.demo.helper").paint
    twin = importlib.import_module("Made_Up_From_Scratch.fast.twin").twin
    plain = importlib.import_module("Made_Up_From_Scratch.lesson").plain
    seen = WhatRan("Made_Up_From_Scratch")
    del sys.modules["Made_Up_From_Scratch.fast.twin"]
    with seen.watching(True):
        importlib.import_module("Made_Up_From_Scratch.fast.twin")       # a class's body is no code that ran
        paint()
        plain()
    with seen.watching(False):
        twin()
    assert seen.files == ["lesson.py"]
    with seen.watching(True):
        twin()
    assert seen.files == ["lesson.py", "fast/twin.py"]


def test_a_demo_is_found_as_a_folder_with_its_special_parts(chapter_folder):
    for name in ("demo", "table"):
        text = f"class Demo:\n    uses = {name!r}\n    def __init__(self, settings): pass\n"
        (chapter_folder / "demo" / f"{name}.py").write_text(text)
    chapter = Chapter("made-up", "Made_Up_From_Scratch", "", "", "", "", "")
    assert chapter.demo(Settings()).uses == "demo"
    assert chapter.demo(Settings(csv=Path("x.csv"))).uses == "table"
    assert chapter.demo(Settings(image=Path("x.png"))).uses == "demo", "it has no use for a picture"


@pytest.mark.slow
def test_a_run_ends_with_the_files_whose_code_ran(tmp_path):
    command = [sys.executable, "run_all.py", "bayes", "--quick", "--show", "none", "--out", str(tmp_path),
               "--json", str(tmp_path / "results.json")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True)
    assert "The code that ran: naive_bayes.py" in done.stdout
    [chapter] = json.loads((tmp_path / "results.json").read_text())["chapters"]
    assert chapter["code"][0] == "naive_bayes.py"

"""No file is destroyed: which commands are refused before anything runs, and that no file has changed then."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "tests" / "toy_chapters"))

from run import CHAPTERS

from ai_from_scratch.runner import files
from ai_from_scratch.runner.files import is_windows_device, step_of_training
from ai_from_scratch.runner.options import parse
from ai_from_scratch.weights import save


def training(path: Path, step: int = 940) -> Path:
    save(path, {"parameters": np.zeros(3)}, {"checkpoint": json.dumps({"step": step})})
    return path


@pytest.fixture
def refused(tmp_path, monkeypatch, capsys):
    """Parses a command that has to be refused; returns what was told.  No file in the folder may have changed."""
    monkeypatch.chdir(tmp_path)

    def snapshot():
        return {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    def call(*arguments: str) -> str:
        before = snapshot()
        with pytest.raises(SystemExit) as left:
            parse(["steady", *arguments], CHAPTERS, tmp_path)
        assert left.value.code == 2 and snapshot() == before
        return str(capsys.readouterr().err)
    return call


def accepted(*arguments: str):
    return parse(["steady", *arguments], CHAPTERS)


def test_a_training_is_not_begun_anew_over_the_one_that_is_kept(refused, tmp_path):
    training(tmp_path / "mine.ck")
    told = refused("--save", "mine.ck")
    assert "contains a training at step 940" in told and "--resume mine.ck" in told and "--overwrite" in told
    other = training(tmp_path / "other.ck")
    assert "step 940" in refused("--resume", str(other), "--save", "mine.ck")


def test_it_goes_on_in_its_own_file_and_is_lost_only_by_word(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    training(Path("mine.ck"))
    accepted("--resume", "mine.ck", "--save", "mine.ck")
    accepted("--resume", "mine.ck")
    accepted("--save", "mine.ck", "--overwrite")
    accepted("--save", "new.ck")
    Path("empty").touch()
    accepted("--save", "empty", "--json", "new.json")


def test_a_file_that_holds_something_else_is_not_replaced(refused, tmp_path):
    (tmp_path / "diary.txt").write_text("Dear diary")
    (tmp_path / "data.json").write_text('{"mine": 1}')
    save(tmp_path / "weights", {"W": np.ones(2)}, {"about": "finished"})
    assert "does not contain a training" in refused("--save", "diary.txt")
    assert "does not contain a training" in refused("--save", "weights")
    assert "does not contain results" in refused("--json", "diary.txt")
    assert "does not contain results" in refused("--json", "data.json")
    (tmp_path / "data.json").write_text('{"chapters": [], "versions": {}}')
    accepted("--json", "data.json")


@pytest.mark.parametrize("arguments", [
    ["--text", "a", "--save", "a"], ["--text", "a", "--save", "./a"], ["--text", "a", "--save", "link"],
    ["--csv", "a", "--target", "y", "--json", "a"], ["--image", "a", "--json", "a"], ["--resume", "a", "--json", "a"],
    ["--text", "a", "--resume", "a"], ["--text", "a", "--save", "a", "--overwrite"],
])
def test_an_output_is_never_an_input_of_another_kind(refused, tmp_path, arguments):
    (tmp_path / "a").write_text("x,y\n1,2\n")
    (tmp_path / "link").symlink_to("a")
    assert "which would be overwritten" in refused(*arguments)


def test_two_outputs_are_two_files(refused):
    assert "name two files" in refused("--save", "new", "--json", "./new")


@pytest.mark.parametrize("name", ["x" * 300, "--"])
@pytest.mark.parametrize("option", ["--csv", "--image", "--text", "--resume", "--json", "--save", "--out"])
def test_a_name_that_no_file_can_have_and_one_of_two_dashes_are_told_in_words(refused, option, name):
    told = refused(f"{option}={name}", *(["--target=y"] if option == "--csv" else []))
    assert f"argument {option}: " in told and "Traceback" not in told
    assert ("no file can have this name" if len(name) > 2 else "expected one argument") in told, told


@pytest.mark.skipif(sys.platform == "win32", reason="devices of Unix")
@pytest.mark.parametrize("device", ["/dev/null", "/dev/full", "/dev/stdout", "../../../../../../dev/null"])
@pytest.mark.parametrize("option", ["--json", "--save"])
def test_a_device_is_not_replaced_by_a_file(refused, device, option):
    assert "is a device" in refused(option, device) or not os.path.exists(device)


@pytest.mark.skipif(sys.platform == "win32", reason="folders of Unix")
@pytest.mark.parametrize("path", ["/proc/x.json", "/proc/version", "/proc/self/x", "/sys/x.json", "/dev/x.json",
                                  "../../../../../../proc/x"])
@pytest.mark.parametrize("option", ["--json", "--save"])
def test_a_file_in_a_folder_of_the_system_is_no_device(refused, path, option, monkeypatch):
    monkeypatch.chdir("/tmp")
    said = refused(option, path)
    assert "is in a folder of the system, where nothing can be kept; name a file in another folder" in said
    assert "device" not in said


@pytest.mark.parametrize(("name", "device"), [
    ("NUL", True), ("nul.json", True), (r"C:\results\con.txt", True), ("COM1", True), ("lpt9 .json", True),
    ("results.json", False), ("console.json", False), (r"C:\nul\results.json", False), ("COM10", False),
])
def test_the_devices_of_windows_are_known(name, device):
    assert is_windows_device(Path(name), windows=True) is device
    assert not is_windows_device(Path(name), windows=False)


def test_what_cannot_be_written_is_found_before_the_training(refused, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_trial", lambda folder: "No space left on device")
    for arguments in (["--out", "pictures"], [], ["--json", "new.json"], ["--save", "new.ck"]):
        assert "No space left on device" in refused(*arguments)


def test_the_example_for_a_folder_without_permission_is_a_command_that_works(refused, tmp_path, monkeypatch):
    (home := tmp_path / "my home").mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr(files, "_trial", lambda folder: None if folder == home else "Read-only file system")
    assert f"for example: python run_all.py linear --out '{home}/pictures'\n" in refused()


def test_a_folder_of_pictures_that_a_file_is_in_the_way_of_is_refused(refused, tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert "is not a folder" in refused("--out", "file/below/it")


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_refused(refused, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    assert "cannot be written" in refused("--json", "locked/new.json")


@pytest.mark.parametrize("content", [
    b"", b"\x00", b"\xff" * 8, b"\x02\x00\x00\x00\x00\x00\x00\x00{}", b"\x05\x00\x00\x00\x00\x00\x00\x00[[[[[",
    b"Dear diary, today", (10**7).to_bytes(8, "little") + b"[" * 10**6,
])
def test_no_file_is_taken_for_a_training_that_is_none(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    assert step_of_training(tmp_path / "file") is None
    assert step_of_training(tmp_path) is None and step_of_training(tmp_path / "nothing") is None


def test_trying_whether_a_folder_can_be_written_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    accepted("--json", "new.json", "--save", "new.ck")
    assert list(tmp_path.iterdir()) == []


def test_an_input_that_is_a_folder_or_a_device_is_named_as_that(refused, tmp_path):
    for path, what in ((tmp_path, "is a folder"), (Path(os.devnull), "is not a regular file")):
        assert f"--csv: {str(path)!r} {what}; name a file" in refused("--csv", str(path), "--target", "y")

"""Nobody's file is destroyed: what a run would read and write is looked at before anything runs.

An output never replaces an input, a device, a folder, or a file that holds something else; a training that is kept in
a file is not begun anew over it; and what cannot be written is found before the hour of training, not after it.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path, PureWindowsPath
from typing import Any

from ai_from_scratch.runner.usage import UsageError

INPUTS, OUTPUTS = ("csv", "image", "text", "resume"), ("json", "save")
MAX_HEADER_BYTES = 10_000_000         # bytes of a safetensors header that are read
MAX_RESULTS_BYTES = 100_000_000       # bytes of a file that may hold results in JSON
WINDOWS_DEVICES = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$",
                   *(name + digit for name in ("COM", "LPT") for digit in "123456789")}


def check_files(options: argparse.Namespace) -> None:
    """Raises UsageError for the first file that cannot be read or must not be written."""
    for name in INPUTS:
        path = getattr(options, name)
        if path is not None and not _is_file(path):
            raise UsageError(f"argument --{name}: there is no file {str(path)!r}")
    written = {name: getattr(options, name) for name in OUTPUTS if getattr(options, name) is not None}
    for name, path in written.items():
        _check_output(name, path)
    if options.resume is not None and not options.generate_only:
        written.setdefault("save", options.resume)                    # it goes on saving where it was kept
        _check_writable("resume", options.resume)
    _check_apart(options, written)
    if options.json is not None and not options.overwrite and not _free(options.json) and not _holds_results(
            options.json):
        raise UsageError(f"argument --json: {str(options.json)!r} holds something else than results of this program; "
                         "name another file, or add --overwrite")
    if options.save is not None and not options.overwrite:
        _check_training(options.save, options.resume)
    if not (options.list or options.generate_only):
        _check_folder(options.out)


def _check_apart(options: argparse.Namespace, written: dict[str, Path]) -> None:
    """No output is an input of another kind, and no two outputs are one file."""
    for name, path in written.items():
        for other in INPUTS:
            source = getattr(options, other)
            if source is not None and (name, other) != ("save", "resume") and _same(path, source):
                raise UsageError(f"argument --{name}: {str(path)!r} is the file of --{other}, which would be lost; "
                                 "name another file")
    if len(written) == 2 and _same(*written.values()):
        raise UsageError("arguments --json and --save: two files are needed, one was named twice")


def _check_output(name: str, path: Path) -> None:
    if _is_device(path):
        raise UsageError(f"argument --{name}: {str(path)!r} is a device, not a file")
    if path.is_dir():
        raise UsageError(f"argument --{name}: {str(path)!r} is a folder; name a file in it")
    if not path.parent.is_dir():
        raise UsageError(f"argument --{name}: there is no folder {str(path.parent)!r} to write into")
    _check_writable(name, path)


def _check_writable(name: str, path: Path) -> None:
    if path.exists() and not os.access(path, os.W_OK):
        raise UsageError(f"argument --{name}: {str(path)!r} cannot be written; it is read-only")
    if reason := _trial(path.resolve().parent):
        raise UsageError(f"argument --{name}: {str(path)!r} cannot be written ({reason})")


def _check_training(path: Path, resumed: Path | None) -> None:
    """--save FILE begins anew: not over a training, and not over anything else, unless --overwrite is said."""
    if _free(path) or (resumed is not None and _same(path, resumed)):
        return
    step = step_of_training(path)
    if step is None:
        raise UsageError(f"argument --save: {str(path)!r} holds something else than a training of this program; name "
                         "another file, or add --overwrite")
    raise UsageError(f"argument --save: {str(path)!r} holds a training at step {step:,}; go on with --resume {path}, "
                     "or lose it with --overwrite")


def _check_folder(folder: Path) -> None:
    """The folder of the pictures: it is there and can be written, or it can be made."""
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    if not there.is_dir():
        raise UsageError(f"argument --out: {str(there)!r} is not a folder")
    if reason := _trial(there):
        raise UsageError(f"argument --out: no pictures can be written into {str(folder)!r} ({reason}); name a folder "
                         "of your own")


def step_of_training(path: Path) -> int | None:
    """How many steps the training that is kept in this file has made; None where the file holds no training.

    Only the header of the safetensors file is read: a length of eight bytes, then JSON.
    """
    try:
        with open(path, "rb") as file:
            size = int.from_bytes(file.read(8), "little")
            if size > MAX_HEADER_BYTES:
                return None
            about: Any = json.loads(file.read(size))["__metadata__"]
        step = json.loads(about["checkpoint"])["step"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return step if isinstance(step, int) else 0


def _is_device(path: Path) -> bool:
    """Also where /dev/stdout leads to a file: to replace that would replace the link, not the file."""
    absolute = os.path.abspath(path)
    system = absolute.startswith(("/dev/", "/proc/", "/sys/")) and not absolute.startswith("/dev/shm/")
    return is_windows_device(path, windows=os.name == "nt") or system or (
        path.exists() and not path.is_file() and not path.is_dir())


def is_windows_device(path: Path, *, windows: bool) -> bool:
    """On Windows NUL, CON and their like are devices, whatever the folder and the ending."""
    return windows and PureWindowsPath(path).name.split(".")[0].rstrip().upper() in WINDOWS_DEVICES


def _holds_results(path: Path) -> bool:
    try:
        if path.stat().st_size > MAX_RESULTS_BYTES:
            return False
        content: Any = json.loads(path.read_text(encoding="utf-8"))
        return isinstance(content, dict) and {"chapters", "versions"} <= set(content)
    except (OSError, ValueError, RecursionError):
        return False


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):     # a name too long for any file, or with a zero byte in it
        return False


def _free(path: Path) -> bool:
    """Nothing would be lost: there is no such file, or there is nothing in it."""
    return not path.exists() or path.stat().st_size == 0


def _same(one: Path, other: Path) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:                   # one of them is not there yet
        return os.path.normcase(one.resolve()) == os.path.normcase(other.resolve())


def _trial(folder: Path) -> str | None:
    """Why no file can be written into this folder, or None: it is tried, with a file that has no name."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(4096))
            file.flush()
    except OSError as error:
        return error.strerror or str(error)
    return None

"""Checks all files before anything runs, so that no file of the user is destroyed.

An output never replaces an input, a device, a folder, or a file with other content.  A new training does not replace a
saved one.  And a file that cannot be written is reported before the training, not after an hour of it.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import tempfile
from collections.abc import Set
from pathlib import Path, PureWindowsPath
from typing import Any

from ai_from_scratch.runner.usage import UsageError

INPUTS, OUTPUTS = ("csv", "image", "text", "resume"), ("json", "save")
RESULTS_HAVE = {"chapters", "versions"}       # the results in JSON, among others
MAX_HEADER_BYTES = 10_000_000         # of a safetensors header that is read
MAX_RESULTS_BYTES = 100_000_000       # of a file that may contain results in JSON
WINDOWS_DEVICES = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$",
                   *(name + digit for name in ("COM", "LPT") for digit in "123456789")}


def check_files(options: argparse.Namespace) -> None:
    """Raises UsageError for the first file that cannot be read or must not be written."""
    try:
        _check_files(options)
    except UsageError:
        raise
    except (OSError, ValueError) as error:
        names = [f"--{name}" for name in (*INPUTS, *OUTPUTS, "out") if len(str(getattr(options, name) or "")) > 200]
        raise _no_name(" or ".join(names) or "with a path", error) from error


def _check_files(options: argparse.Namespace) -> None:
    for name in INPUTS:
        path = getattr(options, name)
        if path is not None and not _is_file(path):
            what = ("is a folder" if path.is_dir() else "is not a regular file") if path.exists() else ""
            raise UsageError(f"argument --{name}: {str(path)!r} {what}; name a file" if what else
                             f"argument --{name}: there is no file {str(path)!r}")
    written = {name: getattr(options, name) for name in OUTPUTS if getattr(options, name) is not None}
    for name, path in written.items():
        _check_output(name, path)
    if options.resume is not None and not options.generate_only:
        written.setdefault("save", options.resume)                    # the training continues to be saved in this file
        _check_writable("resume", options.resume)
    _check_apart(options, written)
    if options.json is not None and not options.overwrite:
        _check_json_content(options.json, RESULTS_HAVE, ", or add --overwrite")
    if options.save is not None and not options.overwrite:
        _check_training(options.save, options.resume)
    if not (options.list or options.generate_only):
        check_folder(options.out)


def check_json(path: Path, parts: Set[str]) -> None:
    """UsageError unless this file can be written and is new, is empty, or holds JSON with these parts."""
    try:
        _check_output("json", path)
        _check_json_content(path, parts)
    except UsageError:
        raise
    except (OSError, ValueError) as error:
        raise _no_name("--json", error) from error


def _no_name(argument: str, error: Exception) -> UsageError:
    """The error for a name that is too long, or that no file can have."""
    return UsageError(f"argument {argument}: no file can have this name ({getattr(error, 'strerror', None) or error}); "
                      "give a shorter one")


def _check_json_content(path: Path, parts: Set[str], otherwise: str = "") -> None:
    if not _free(path) and not _holds(path, parts):
        raise UsageError(f"argument --json: {str(path)!r} does not contain results of this program; "
                         f"name another file{otherwise}")


def replace_text(path: Path, text: str) -> None:
    """Writes under a temporary name and renames, so that a reader never finds half a file."""
    path = path.resolve()                                        # if it is a link: the file that it leads to
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _check_apart(options: argparse.Namespace, written: dict[str, Path]) -> None:
    """Refuses an output file that is an input of another kind, and two outputs in the same file."""
    for name, path in written.items():
        for other in INPUTS:
            source = getattr(options, other)
            if source is not None and (name, other) != ("save", "resume") and _same(path, source):
                raise UsageError(f"argument --{name}: {str(path)!r} is the file of --{other}, which would be "
                                 "overwritten; name another file")
    if len(written) == 2 and _same(*written.values()):
        raise UsageError("arguments --json and --save: both name the same file; name two files")


def _check_output(name: str, path: Path) -> None:
    if _is_in_system_folder(path):
        raise UsageError(f"argument --{name}: {str(path)!r} is in a folder of the system, where nothing can be kept; "
                         "name a file in another folder")
    if _is_device(path):
        raise UsageError(f"argument --{name}: {str(path)!r} is a device, not a file")
    if path.is_dir():
        raise UsageError(f"argument --{name}: {str(path)!r} is a folder; name a file in it")
    if not path.parent.is_dir():
        raise UsageError(f"argument --{name}: the folder {str(path.parent)!r} does not exist; make it, or "
                         "name another file")
    _check_writable(name, path)


def _check_writable(name: str, path: Path) -> None:
    if path.exists() and not os.access(path, os.W_OK):
        raise UsageError(f"argument --{name}: {str(path)!r} cannot be written; it is read-only")
    if reason := _trial(path.resolve().parent):
        raise UsageError(f"argument --{name}: {str(path)!r} cannot be written ({reason})")


def _check_training(path: Path, resumed: Path | None) -> None:
    """A new training with --save FILE replaces another training or other content only with --overwrite."""
    if _free(path) or (resumed is not None and _same(path, resumed)):
        return
    step = step_of_training(path)
    if step is None:
        raise UsageError(f"argument --save: {str(path)!r} does not contain a training of this program; name another "
                         "file, or add --overwrite")
    raise UsageError(f"argument --save: {str(path)!r} contains a training at step {step:,}; continue it with "
                     f"--resume {path}, or replace it with --overwrite")


def check_folder(folder: Path) -> None:
    """The folder of the pictures exists and can be written, or it can be made."""
    there = folder
    try:
        while not there.exists() and there != there.parent:
            there = there.parent
    except (OSError, ValueError) as error:
        raise _no_name("--out", error) from error
    if not there.is_dir():
        raise UsageError(f"argument --out: {str(there)!r} is not a folder")
    if reason := _trial(there):
        other = next((place for place in (Path.home(), Path(tempfile.gettempdir())) if not _trial(place)), None)
        raise UsageError(f"argument --out: pictures cannot be written into {str(folder)!r} ({reason}); name another "
                         "folder", f"linear --out {shlex.quote(str(other / 'pictures'))}" if other else "")


def step_of_training(path: Path) -> int | None:
    """The number of steps of the training in this file; None if the file contains no training.

    It reads only the header of the safetensors file: a length of eight bytes, then JSON.
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
    """True even if /dev/stdout is redirected to a file: a replacement would replace the link, not the file."""
    absolute = os.path.abspath(path)
    system = absolute.startswith("/dev/") and not absolute.startswith("/dev/shm/")
    return is_windows_device(path, windows=os.name == "nt") or system or (
        path.exists() and not path.is_file() and not path.is_dir())


def _is_in_system_folder(path: Path) -> bool:
    """True in /proc and /sys, and for a name in /dev that is no device: new files cannot be made, or are lost."""
    absolute = os.path.abspath(path)
    return absolute.startswith(("/proc/", "/sys/")) or (
        absolute.startswith("/dev/") and not absolute.startswith("/dev/shm/") and not os.path.lexists(absolute))


def is_windows_device(path: Path, *, windows: bool) -> bool:
    """On Windows NUL, CON and similar names are devices, in any folder and with any ending."""
    return windows and PureWindowsPath(path).name.split(".")[0].rstrip().upper() in WINDOWS_DEVICES


def _holds(path: Path, parts: Set[str]) -> bool:
    """Is this the JSON of an object with these parts?"""
    try:
        if path.stat().st_size > MAX_RESULTS_BYTES:
            return False
        content: Any = json.loads(path.read_text(encoding="utf-8"))
        return isinstance(content, dict) and parts <= set(content)
    except (OSError, ValueError, RecursionError):
        return False


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):     # a name that is too long or contains a zero byte
        return False


def _free(path: Path) -> bool:
    """True if writing here destroys nothing: the file does not exist, or it is empty."""
    return not path.exists() or path.stat().st_size == 0


def _same(one: Path, other: Path) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:                   # one of them does not exist yet
        return os.path.normcase(one.resolve()) == os.path.normcase(other.resolve())


def _trial(folder: Path) -> str | None:
    """The reason why no file can be written into this folder, or None.  It tries with a temporary file."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(4096))
            file.flush()
    except OSError as error:
        return error.strerror or str(error)
    return None

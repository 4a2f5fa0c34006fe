"""What is different on Windows for a second process: pipes and shared memory with names, handles that are inherited.

    mmap            memory has a name, and no file; a process that knows the name opens it
    Pipe()          a PipeConnection, which holds 8 kB; a look at one that the other process closed raises
    Popen           takes no pass_fds and no new session; the handles of `startupinfo` are inherited, if they may be
"""

import mmap
import os
import socket
import subprocess
import sys
from multiprocessing import connection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

PIPE_BYTES = 8192
NEW_GROUP = 0x200
REAL_POPEN, REAL_MMAP = subprocess.Popen, mmap.mmap
LAUNCHER = """#!{python}
import sys
sys.path[0] = {tests!r}
import simulated_windows
simulated_windows.run(sys.argv[1:], {names!r})
"""


class PipeConnection(connection.Connection):
    def _send_bytes(self, buf: Any) -> None:
        assert len(buf) < PIPE_BYTES, "this would wait for a process that may be suspended"
        super()._send_bytes(buf)                                   # type: ignore[misc]

    def _poll(self, timeout: float | None) -> bool:
        there = super()._poll(timeout)                             # type: ignore[misc]
        with socket.socket(fileno=os.dup(self.fileno())) as end:
            if there and not end.recv(1, socket.MSG_PEEK):
                raise BrokenPipeError(109, "The pipe has been ended")
        return there


def pipe(duplex: bool = True) -> tuple[PipeConnection, PipeConnection]:
    assert duplex
    one, other = socket.socketpair()
    return PipeConnection(one.detach()), PipeConnection(other.detach())


def named_memory(names: Path) -> Any:
    def mapped(fileno: int, length: int, tagname: str | None = None) -> mmap.mmap:
        assert fileno == -1 and tagname, "memory without a name is not shared"
        with open(names / tagname, "ab") as file:
            assert file.tell() in (0, length), "memory that exists has its size"
            file.truncate(length)
        with open(names / tagname, "r+b") as file:
            return REAL_MMAP(file.fileno(), length)
    return mapped


def popen(args: Any, *, stdin: int, env: Any, startupinfo: Any, creationflags: int) -> subprocess.Popen:
    handles = startupinfo.lpAttributeList["handle_list"]
    return REAL_POPEN(args, stdin=stdin, env=env, pass_fds=[end for end in handles if os.get_inheritable(end)],
                      start_new_session=creationflags == NEW_GROUP)


def become_windows(patch: Any, folder: Path) -> Path:
    """From now on this process is one on Windows, and so is each that it starts; returns the folder of the names."""
    names, launcher = folder / "names", folder / "python"
    names.mkdir()
    launcher.write_text(LAUNCHER.format(python=sys.executable, tests=str(Path(__file__).parent), names=str(names)))
    launcher.chmod(0o755)
    patch.setattr(sys, "platform", "win32")
    patch.setattr(sys, "executable", str(launcher))
    patch.setattr(mmap, "mmap", named_memory(names))
    patch.setattr(connection, "Pipe", pipe)
    patch.setattr(os, "set_handle_inheritable", os.set_inheritable, raising=False)
    patch.setattr(subprocess, "STARTUPINFO", SimpleNamespace, raising=False)
    patch.setattr(subprocess, "CREATE_NEW_PROCESS_GROUP", NEW_GROUP, raising=False)
    patch.setattr(subprocess, "Popen", popen)
    return names


def run(arguments: list[str], names: str) -> None:
    """The other process: `python -P -c PROGRAM …`."""
    import numpy  # noqa: F401    before the platform changes

    isolated, command, program, *rest = arguments
    assert (isolated, command) == ("-P", "-c")
    del sys.path[0]
    sys.argv = ["-c", *rest]
    sys.platform = "win32"
    mmap.mmap = named_memory(Path(names))                          # type: ignore[misc]
    connection.PipeConnection = PipeConnection                     # type: ignore[attr-defined]
    exec(program, {"__name__": "__main__"})

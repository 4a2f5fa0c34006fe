"""Peak memory of one piece of work, as the operating system reports it.

The process's resident set is measured, not Python's own count: memory that a library takes in C or in BLAS counts too,
on both sides.  On Linux the peak is reset before the work, so an earlier peak hides nothing.  On other systems only
growth beyond the earlier peak is visible, and on Windows nothing is measured.
"""

import ctypes
import gc
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

STATUS, CLEAR_REFS = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def peak_beyond(work: Callable[[], Any]) -> int | None:
    """The largest growth of the process in bytes while `work` runs; None if the system does not report it."""
    gc.collect()
    _give_back_free_pages()
    if CLEAR_REFS.exists():
        CLEAR_REFS.write_text("5", encoding="ascii")               # VmHWM = VmRSS
        before = _status("VmRSS")
        kept = work()
        after = _status("VmHWM")
    else:
        before = _largest_so_far()
        kept = work()
        after = _largest_so_far()
    del kept
    return None if before is None or after is None else max(0, after - before)


def peak(work: Callable[[], Any]) -> tuple[Any, int | None]:
    """The result of `work`, and the largest resident memory of the whole process meanwhile, in bytes.

    Pages of mapped files count, too.  None if the system does not report it; the earlier peak, if that was higher and
    the system keeps it.
    """
    gc.collect()
    _give_back_free_pages()
    if CLEAR_REFS.exists():
        CLEAR_REFS.write_text("5", encoding="ascii")               # VmHWM = VmRSS
        return work(), _status("VmHWM")
    return work(), _largest_so_far()


def _status(field: str) -> int | None:
    for line in STATUS.read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    return None


def _largest_so_far() -> int | None:
    try:
        import resource
    except ImportError:                                            # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _give_back_free_pages() -> None:
    """Returns freed pages to the system: otherwise their reuse would not be counted."""
    if sys.platform.startswith("linux"):
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)     # glibc has it, musl has not
        if trim is not None:
            trim(0)

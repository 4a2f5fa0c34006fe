"""The machine of a benchmark: its description, and whether other programs use it.

A step of 2.5 ms can take 120 ms while another program works.  So a measurement waits until the processors are idle
while this process sleeps, and until a fixed piece of Python takes its shortest time again and again.
"""

import os
import platform
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

MAX_BUSY_CORES = 0.1  # cores used by other programs; above it the machine is not quiet
MAX_TIME_SPREAD = 0.1  # of the times of a fixed piece of work, relative to the fastest


def describe() -> str:
    """Processor, cores, memory, system: one line."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line.split(":", 1)[1].strip() for line in info.read_text(encoding="utf-8").splitlines()
                 if line.startswith("model name")]
        model = names[0] if names else model
    memory = ""
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        memory = f", {os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GB"
    return f"{model}, {os.cpu_count()} cores{memory}, {platform.system()} {platform.machine()}"


def versions(packages: tuple[str, ...]) -> str:
    """Python and these packages with their versions: one line."""
    found = [f"Python {platform.python_version()}"]
    for package in packages:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"{package} (not installed)")
    return ", ".join(found)


def load_average() -> str:
    return f"{os.getloadavg()[0]:.2f}" if hasattr(os, "getloadavg") else "unknown"


def busy_seconds() -> float | None:
    """Processor seconds of the whole machine since its start; None if the system does not report them."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return None
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, stat.read_text().split("\n", 1)[0].split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def children_seconds() -> float:
    """Processor seconds of this process's living children; 0 if the system does not report them."""
    ticks, me = 0, str(os.getpid())
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):                                    # it may have ended meanwhile
            fields = stat.read_text().rpartition(")")[2].split()   # the fields after the program's name
            ticks += int(fields[11]) + int(fields[12]) if fields[1] == me else 0
    return ticks / os.sysconf("SC_CLK_TCK") if ticks else 0.0


def busy_cores(seconds: float) -> float:
    """Cores that other programs use while this process sleeps; else the load average."""
    before = busy_seconds()
    time.sleep(seconds)
    after = busy_seconds()
    if before is None or after is None:
        return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return (after - before) / seconds


class Quiet:
    """Waits for a quiet machine, for `patience` seconds in total, and reports when it waits."""

    def __init__(self, patience: float, say: Callable[[str], None]) -> None:
        self.patience, self.say = patience, say
        self.fastest = float("inf")

    def wait(self) -> bool:
        """True if the machine is quiet; False if the patience ended first."""
        start, said = time.monotonic(), False
        while True:
            busy, spread = busy_cores(0.5), self.spread()
            waited = time.monotonic() - start
            quiet = busy <= MAX_BUSY_CORES and spread <= MAX_TIME_SPREAD
            if quiet or waited >= self.patience:
                break
            if not said:
                self.say(f"  waiting for a quiet machine: {describe_noise(busy, spread)}")
                said = True
            time.sleep(2)
        if said:
            self.patience -= waited
        if not quiet:
            self.say(f"  continuing, although the machine is not quiet: {describe_noise(busy, spread)}")
        return quiet

    def spread(self) -> float:
        """How much longer than its shortest time a fixed piece of work takes, in the slower quarter of some forty
        tries.

        The first tries only raise the processor's speed.  Rare pauses come from the host, and waiting cannot end them.
        """
        times = []
        for _ in range(50):
            start = time.perf_counter()
            sum(i * i for i in range(50_000))
            times.append(time.perf_counter() - start)
        self.fastest = min(self.fastest, *times)
        return sorted(times[10:])[30] / self.fastest - 1


def describe_noise(busy: float, spread: float) -> str:
    return f"others use {busy:.2f} cores, a fixed piece of work takes up to {spread:.0%} longer than its shortest time"

"""Every test runs as on a machine of its own: no user's data folder or cache, no screen, no network, and no chance."""

import gc
import importlib
import itertools
import os
import random
import signal
import socket
import zlib
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")   # before NumPy: as run_all.py has it, and for the same reason
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)      # the processes of the tests import the same: it is compiled once

import hypothesis
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
QUICK_EXAMPLES = 8      # of a property, at most, in the quick suite; `pytest -m slow` tries as many as the test names
# The same examples in each run and on each machine: who changes nothing sees nothing fail.
# `--hypothesis-profile random` looks for others.
hypothesis.settings.register_profile("same", derandomize=True)
hypothesis.settings.register_profile("random", derandomize=False)
hypothesis.settings.load_profile("same")
number = itertools.count()


@hypothesis.given(hypothesis.strategies.none())
def first_example(_):
    """Hypothesis asks the collector who holds its random numbers when it runs its first example.  The collector does
    not look at frozen objects, so an older Hypothesis warns afterwards that nobody does."""


# Where the tests run in the background or under nohup, these signals would be ignored, and by every process they start.
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

seeds = itertools.count()
generator_of_numpy = np.random.default_rng


def seeded_generator(seed: Any = None) -> np.random.Generator:
    """np.random.default_rng, which never asks the machine for a seed."""
    return generator_of_numpy(next(seeds) if seed is None else seed)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """What a test draws without a seed is the same in each run, so that a test that fails once fails again."""
    global seeds
    seed = zlib.crc32(item.nodeid.encode())
    seeds = itertools.count(seed)
    np.random.seed(seed)        # noqa: NPY002  (scikit-learn draws from it)
    random.seed(seed)


np.random.default_rng = seeded_generator
gc.disable()        # while everything is imported: hardly any of it is ever garbage


def pytest_sessionstart(session):
    """Of two workers one imports the tests from the end on: each compiles half of them, and reads the other half."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    if int(worker[2:]) % 2 and session.config.args == session.config.getini("testpaths"):
        for path in sorted((ROOT / "tests").glob("test_*.py"), reverse=True):
            try:
                importlib.import_module(path.stem)
            except BaseException:       # it will be told when this file's turn comes
                break


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """A property is tried on a few examples in the quick suite, and once more, on all of them, among the slow tests."""
    quick = config.option.markexpr == "not slow"
    for item in items:
        test = getattr(item, "obj", None)
        given = getattr(test, "_hypothesis_internal_use_settings", None) or (
            hypothesis.settings() if getattr(test, "is_hypothesis_test", False) else None)
        if given is None or given.max_examples <= QUICK_EXAMPLES:
            continue
        if quick:
            fewer = hypothesis.settings(given, max_examples=QUICK_EXAMPLES)
            function: Any = getattr(test, "__func__", test)
            function._hypothesis_internal_use_settings = fewer
        else:
            item.add_marker(pytest.mark.slow)


def pytest_collection_finish():
    first_example()
    gc.freeze()     # what has been imported stays to the end: the collector need not go through it again and again
    gc.enable()


@pytest.fixture(autouse=True)
def on_a_machine_of_its_own(monkeypatch, tmp_path_factory):
    for name in ("AI_FROM_SCRATCH_DATA", "MPLBACKEND", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    cache = tmp_path_factory.getbasetemp() / f"cache-{next(number)}"     # made when something is put into it
    monkeypatch.setenv("AI_FROM_SCRATCH_CACHE", str(cache))

    connect = socket.socket.connect

    def only_to_this_machine(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise ConnectionRefusedError(f"tests have no network; somebody asked for {address}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", only_to_this_machine)


@pytest.fixture(params=["plain", pytest.param("fast", marks=pytest.mark.slow)])
def each_engine(request, monkeypatch) -> str:
    """Runs a test once with every fit on the plain code and once with every fit on its faster twin.

    The test's module names what to set, SIZE_LIMIT = "KNN_From_Scratch.knn.LARGEST_PLAIN_SIZE", and says
    pytestmark = pytest.mark.usefixtures("each_engine").
    """
    monkeypatch.setattr(request.module.SIZE_LIMIT, -1.0 if request.param == "fast" else 1e300)
    return request.param


@pytest.fixture(params=["light", "dark"])
def variant(request):
    """The colours of a light and of a dark page, by name."""
    from ai_from_scratch.stage import theme

    if request.param == "light":
        yield theme.LIGHT
    else:
        with theme.dark():
            yield theme.DARK


@pytest.fixture
def root() -> Path:
    return ROOT

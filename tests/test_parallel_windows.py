"""The second process where there is no file descriptor, no fork and no file without a name: Windows, simulated."""

import os
import tempfile
import warnings

import numpy as np
import pytest
import simulated_windows
from test_parallel import Squares

from ai_from_scratch.parallel import DataParallel

PARTS = [(np.array([1.0, 2, 3]),), (np.array([4.0, 5, 6]),)]


@pytest.fixture
def names(monkeypatch, tmp_path):
    """The folder that stands for the names of the shared memory."""
    def no_file(*_, **__):
        raise AssertionError("the memory on Windows is no file")

    monkeypatch.setattr(tempfile, "TemporaryFile", no_file)
    return simulated_windows.become_windows(monkeypatch, tmp_path)


@pytest.mark.slow
def test_two_processes_share_memory_by_its_name_and_it_grows(names):
    with DataParallel(Squares(), [Squares(), Squares()]) as three, warnings.catch_warnings():
        warnings.simplefilter("error")
        for size in (1, 100_000, 1, 1_000_000):
            parts = [*PARTS, (np.array([7.0, 8, 9]), "", np.ones(size))]
            assert three.learn(parts) == [6.0, 15.0, 24.0]
            np.testing.assert_array_equal(three.first.network.gradients, [66, 96, 132])
        assert len(three.workers) == 2
    places = {path.name.rsplit("-", 1)[0] for path in names.iterdir()}
    assert len(places) == 2 and all(f"-{os.getpid()}-" in place for place in places), "each worker has its own memory"


@pytest.mark.slow
@pytest.mark.parametrize("what", ["breakpoint", "killed"])
def test_when_the_other_ends_this_one_goes_on_alone(names, what, monkeypatch):
    monkeypatch.setattr("sys.breakpointhook", lambda: None)
    with DataParallel(Squares(), [Squares()]) as two:
        [worker] = two.workers
        if what == "killed":
            worker.process.kill()
        with pytest.warns(RuntimeWarning, match="breakpoint" if what == "breakpoint" else r"it has ended \(exit code"):
            assert two.learn([(*part, what) for part in PARTS]) == [6.0, 15.0]
        np.testing.assert_array_equal(two.first.network.gradients, [17, 31, 49])
        assert worker.process.returncode is not None


def test_a_handle_that_is_not_inherited_is_noticed(names, monkeypatch):
    monkeypatch.setattr(os, "set_handle_inheritable", lambda handle, may: None)
    with pytest.warns(RuntimeWarning, match="cannot start"):
        assert DataParallel(Squares(), [Squares()]).workers == []

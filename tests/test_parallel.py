"""The second process: what it is sent, how it ends, and what is said when it cannot go on."""

import os
import pdb
import signal
import subprocess
import sys
import textwrap
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ai_from_scratch import parallel
from ai_from_scratch.parallel import DataParallel, WorkerError, WorkerProcess, module_path
from Basic_Neural_Network_From_Scratch import Dense, Layer, Sequential
from Basic_Neural_Network_From_Scratch.fast.data_parallel import Team
from Basic_Neural_Network_From_Scratch.losses import SoftmaxCrossEntropy


@dataclass
class Arrays:
    parameters: np.ndarray
    gradients: np.ndarray


class Doubler:
    """Its gradients are twice its parameters; it says what it was sent."""

    def __init__(self, P: int = 5) -> None:
        self.network = Arrays(np.zeros(P, np.float32), np.zeros(P, np.float32))

    def learn(self, *part: Any) -> Any:
        if part and isinstance(part[0], str) and part[0] == "fail":
            raise ValueError("a bad part")
        np.multiply(self.network.parameters, 2, out=self.network.gradients)
        return part


@pytest.fixture
def other():
    second = WorkerProcess(Doubler())
    yield second
    second.close()


def test_parameters_go_and_gradients_come_back_part_after_part(other):
    for k in range(3):
        parameters = np.arange(5, dtype=np.float32) + k
        other.begin(parameters, "part", k)
        value, gradients = other.answer()
        assert value == ("part", k)
        np.testing.assert_array_equal(gradients, 2 * parameters)


@pytest.mark.slow
@pytest.mark.parametrize("part", [
    (), (np.arange(7), np.ones((3, 2), np.float32), 0.5), (np.arange(12.0).reshape(3, 4)[:, 1:3],),
    (np.arange(1e6), np.zeros(0)), (None, {"state": 2**127}),
], ids=["nothing", "arrays", "a view", "more than the memory holds", "anything"])
def test_whatever_is_sent_arrives(other, part):
    for sent in (part, ("small",), part):                        # the memory grows once
        other.begin(np.zeros(5, np.float32), *sent)
        value, _ = other.answer()
        other.begin(np.ones(5, np.float32), "another part")      # overwrites the memory, not the value
        for mine, its in zip(sent, value, strict=True):
            np.testing.assert_array_equal(its, mine)
        other.answer()


@pytest.mark.slow
def test_an_error_there_is_told_here_and_closing_twice_is_fine(other):
    other.begin(np.zeros(5, np.float32), "fail")
    with pytest.raises(WorkerError, match="ValueError: a bad part"):
        other.answer()
    other.close()
    other.close()
    assert other.process.returncode is not None


@pytest.mark.slow
def test_a_worker_that_was_killed_is_missed(other):
    os.kill(other.process.pid, signal.SIGTERM)
    other.process.wait()
    other.begin(np.zeros(5, np.float32))
    with pytest.raises(WorkerError, match="has ended"):
        other.answer()


class Squares:
    """Its gradients are the squares of its part plus its parameters, so that a sum differs from each part."""

    def __init__(self) -> None:
        self.network = Arrays(np.arange(3.0), np.zeros(3))

    def learn(self, part: np.ndarray, what: str = "", *_: np.ndarray) -> float:
        if what == "breakpoint":
            breakpoint()
        if what == "debugger" and sys.breakpointhook is parallel.no_debugger:     # there, not here
            pdb.set_trace()
        self.network.gradients[...] = part**2 + self.network.parameters
        return float(part.sum())


def was_suspended(monkeypatch, worker):
    monkeypatch.setattr(parallel, "SECONDS_TO_ANSWER", 0.3)
    os.kill(worker.process.pid, signal.SIGSTOP)


def was_killed(monkeypatch, worker):
    os.kill(worker.process.pid, signal.SIGKILL)


def was_killed_and_waited_for(monkeypatch, worker):
    worker.process.kill()
    worker.process.wait()


@pytest.mark.slow
@pytest.mark.parametrize("happens", [was_suspended, was_killed, was_killed_and_waited_for])
@pytest.mark.parametrize("size", [1, 1_000_000], ids=["a small part", "a part that is too long for a pipe"])
def test_when_the_other_dies_or_is_suspended_this_one_learns_its_part_too_and_says_so_once(happens, size, monkeypatch):
    parts = [(np.array([1.0, 2, 3]),), (np.array([4.0, 5, 6]),)]
    more = [(*part, "", np.ones(size)) for part in parts]
    with DataParallel(Squares(), [Squares()]) as two:
        assert two.learn(parts) == [6.0, 15.0]
        right = two.first.network.gradients.copy()
        [worker] = two.workers
        happens(monkeypatch, worker)
        with pytest.warns(RuntimeWarning, match=r"cannot continue.*continues alone.*workers=1") as told:
            assert two.learn(more) == [6.0, 15.0]
        assert len(told) == 1
        np.testing.assert_array_equal(two.first.network.gradients, right)
        assert two.workers == []
        assert worker.process.returncode is not None, "nothing of it is left"
        assert two.learn(parts[:1]) == [6.0], "and no second word"


@pytest.mark.slow
def test_a_worker_that_never_starts_is_given_up_whatever_it_is_sent(monkeypatch, tmp_path):
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexec sleep 60\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.setattr(parallel, "SECONDS_TO_START", 0.3)
    started: list[subprocess.Popen] = []
    start = subprocess.Popen

    def remembered(*arguments: Any, **options: Any) -> subprocess.Popen:
        started.append(start(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", remembered)
    with pytest.warns(RuntimeWarning, match=r"cannot start \(it has not answered for 0 seconds\)"):
        assert DataParallel(Doubler(), [Doubler(1_000_000)]).workers == []
    assert [process.returncode for process in started] == [-signal.SIGKILL], "nothing of it is left"


@pytest.mark.slow
def test_an_answer_that_is_too_long_for_a_pipe_arrives_whole_though_its_sender_is_suspended(other):
    sent = np.arange(1e6)
    other.begin(np.zeros(5, np.float32), sent)
    assert other.channel.pipe.poll(60)
    os.kill(other.process.pid, signal.SIGSTOP)
    [came], _ = other.answer(1.0)
    np.testing.assert_array_equal(came, sent)


@pytest.mark.slow
def test_a_full_disk_is_named_and_this_one_goes_on_alone(monkeypatch):
    def write(path: Any, *_: Any, **__: Any) -> Any:
        raise OSError(28, "No space left on device")

    parts = [(np.array([1.0, 2, 3]),), (np.array([4.0, 5, 6]), "", np.ones(1_000_000))]
    with DataParallel(Squares(), [Squares()]) as two:
        monkeypatch.setattr(parallel, "open", write, raising=False)
        with pytest.warns(RuntimeWarning, match=r"cannot continue \(\[Errno 28\] No space left"):
            assert two.learn(parts) == [6.0, 15.0]
        np.testing.assert_array_equal(two.first.network.gradients, [17, 31, 49])


def test_a_breakpoint_in_a_layer_ends_the_other_and_leaves_the_keyboard_to_this_one(monkeypatch):
    stops = []
    monkeypatch.setattr(sys, "breakpointhook", lambda: stops.append("here"))
    with DataParallel(Squares(), [Squares()]) as two:
        parts = [(np.array([1.0, 2, 3]), "breakpoint"), (np.array([4.0, 5, 6]), "breakpoint")]
        with pytest.warns(RuntimeWarning, match="breakpoint"):
            assert two.learn(parts) == [6.0, 15.0]
        assert stops == ["here", "here"], "its own part, and then the other's"
        np.testing.assert_array_equal(two.first.network.gradients, [17, 31, 49])


@pytest.mark.slow
def test_a_debugger_there_has_no_keyboard_and_ends():
    with DataParallel(Squares(), [Squares()]) as two:
        parts = [(np.array([1.0, 2, 3]), "debugger"), (np.array([4.0, 5, 6]), "debugger")]
        with pytest.warns(RuntimeWarning, match=r"cannot continue \(BdbQuit"):
            assert two.learn(parts) == [6.0, 15.0]


def test_what_cannot_be_sent_is_told_once_and_this_one_goes_on_alone():
    first = Squares()
    other: Any = Squares()
    other.secret = lambda: None
    with pytest.warns(RuntimeWarning, match=r"cannot start.*workers=1") as told:
        alone = DataParallel(first, [other, other])
    assert len(told) == 1
    assert alone.workers == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pickle", "struct", "re", "types", "enum", "functools", "copyreg", "_compat_pickle",
                                  "socket", "selectors", "mmap", "random"])
def test_no_file_of_the_current_folder_is_run_in_place_of_the_standard_library(name, tmp_path):
    (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'was_run')!r}, 'w')\nraise SystemExit('hijacked')\n")
    program = textwrap.dedent("""
        import os, sys
        sys.path[:] = eval(sys.argv[1])
        from test_parallel import Squares, WorkerProcess
        os.chdir(sys.argv[2])
        sys.path.insert(0, "")
        second = WorkerProcess(Squares())
        second.close()
        print("done")
    """)
    command = [sys.executable, "-c", program, repr([os.path.dirname(__file__), *filter(None, sys.path)]), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stdout == "done\n", done.stderr
    assert not (tmp_path / "was_run").exists()


def test_the_standard_library_comes_first_and_this_project_after_it():
    path = module_path()
    library = [entry for entry in path if Path(entry) == Path(os.__file__).parent]
    root = str(Path(parallel.__file__).resolve().parents[1])
    assert library
    assert path.index(library[0]) < path.index(root)
    before = path[: path.index(root)]
    assert all(entry.endswith((".zip", "lib-dynload", "DLLs")) or Path(entry) == Path(os.__file__).parent
               for entry in before)
    assert set(path) == {*sys.path, root}


class Own(Layer):
    """A layer that only this test knows."""


def test_a_layer_that_is_in_no_module_is_named_and_one_process_learns(monkeypatch):
    monkeypatch.setattr(Own, "__module__", "__main__")
    monkeypatch.setattr(sys.modules["__main__"], "Own", Own, raising=False)
    network = Sequential([Own()]).build((3,), np.random.default_rng(0))
    with pytest.warns(RuntimeWarning, match=r"cannot start.*Own.*__main__.*workers=1"):
        assert Team(network, SoftmaxCrossEntropy(), 2).workers == []


class Locked(Layer):
    """A layer that can be neither pickled nor copied."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


@pytest.mark.parametrize("members", [2, 3])
def test_a_layer_that_cannot_even_be_copied_is_named_and_one_process_learns(members):
    network = Sequential([Dense(2), Locked()]).build((3,), np.random.default_rng(0))
    network.layers[1].forward = lambda X, training=False: X           # type: ignore[method-assign]
    network.layers[1].backward = lambda dY, need_dX=True: dY          # type: ignore[method-assign]
    X, y = np.ones((4, 3), np.float32), np.array([0, 1, 1, 0])
    with pytest.warns(RuntimeWarning, match=r"cannot start \(TypeError: cannot pickle.*lock.*workers=1") as told:
        team = Team(network, SoftmaxCrossEntropy(), members)
    assert len(told) == 1 and team.workers == [] and np.isfinite(team.backpropagate(X, y))


@pytest.mark.slow
def test_it_ends_with_the_program_that_began_it_even_one_that_was_killed():
    program = textwrap.dedent("""
        import sys, time
        sys.path[:] = eval(sys.argv[1])
        from test_parallel import Doubler, WorkerProcess
        second = WorkerProcess(Doubler())
        print(second.process.pid, flush=True)
        time.sleep(60)
    """)
    first = subprocess.Popen([sys.executable, "-c", program, repr([os.path.dirname(__file__), *sys.path])],
                             stdout=subprocess.PIPE, text=True)
    assert first.stdout is not None
    second = int(first.stdout.readline())
    os.kill(second, 0)                                           # it lives
    first.kill()
    first.communicate()
    for _ in range(100):
        try:
            os.kill(second, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail("the second process lives on")


@pytest.mark.slow
def test_no_file_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr(parallel, "SHARED_MEMORY", tmp_path)
    second = WorkerProcess(Doubler())
    second.begin(np.ones(5, np.float32))
    second.answer()
    assert not list(tmp_path.iterdir())
    second.close()


def test_where_no_process_can_begin_this_one_learns_alone_and_says_so_and_no_file_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr(parallel, "SHARED_MEMORY", tmp_path)
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    first = Doubler()
    first.network.parameters[...] = np.arange(5)
    with pytest.warns(RuntimeWarning, match=r"cannot start.*/no/such/python.*continues alone"):
        alone = DataParallel(first, [Doubler(), Doubler()])
    assert alone.learn([("all of it",)]) == [("all of it",)]
    np.testing.assert_array_equal(first.network.gradients, 2 * np.arange(5))
    assert not list(tmp_path.iterdir())

"""The second process: what it is sent, how it ends, and what is said when it cannot go on."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from ai_from_scratch import parallel
from ai_from_scratch.parallel import DataParallel, WorkerError, WorkerProcess
from Basic_Neural_Network_From_Scratch import Layer, Sequential
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
        assert other.answer() == ("part", k)
        np.testing.assert_array_equal(other.block.gradients, 2 * parameters)


@pytest.mark.parametrize("part", [
    (), (np.arange(7), np.ones((3, 2), np.float32), 0.5), (np.arange(12.0).reshape(3, 4)[:, 1:3],),
    (np.arange(parallel.MAIL // 8 + 1.0), np.zeros(0)), (None, {"state": 2**127}),
], ids=["nothing", "arrays", "a view", "more than the mail holds", "anything"])
def test_whatever_is_sent_arrives(other, part):
    other.begin(np.zeros(5, np.float32), *part)
    for sent, came in zip(part, other.answer(), strict=True):
        np.testing.assert_array_equal(came, sent)


def test_an_error_there_is_told_here_and_closing_twice_is_fine(other):
    other.begin(np.zeros(5, np.float32), "fail")
    with pytest.raises(WorkerError, match=r"ValueError: a bad part.*workers=1"):
        other.answer()
    other.close()
    other.close()
    assert other.process.returncode is not None


def test_a_partner_that_was_killed_is_missed(other):
    os.kill(other.process.pid, signal.SIGTERM)
    other.process.wait()
    with pytest.raises(WorkerError, match="has ended"):
        other.begin(np.zeros(5, np.float32))
        other.answer()


class Own(Layer):
    """A layer that only this test knows."""


def test_a_layer_that_is_in_no_module_is_named(monkeypatch):
    monkeypatch.setattr(Own, "__module__", "__main__")
    monkeypatch.setattr(sys.modules["__main__"], "Own", Own, raising=False)
    network = Sequential([Own()]).build((3,), np.random.default_rng(0))
    with pytest.raises(WorkerError, match=r"Own.*__main__.*workers=1"):
        Team(network, SoftmaxCrossEntropy(), 2)


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
    with pytest.warns(RuntimeWarning, match=r"No other process can begin.*/no/such/python.*1 of 3 learn"):
        alone = DataParallel(first, [Doubler(), Doubler()])
    assert alone.learn([("all of it",)]) == [("all of it",)]
    np.testing.assert_array_equal(first.network.gradients, 2 * np.arange(5))
    assert not list(tmp_path.iterdir())

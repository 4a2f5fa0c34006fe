"""The networks' benchmark: equal losses or no time, and the page says what was measured."""

import os

import numpy as np
import pytest

from ai_from_scratch.data import load_mnist
from benchmarks import digits, networks, training_steps
from benchmarks.harness import OURS


def test_other_losses_are_no_equal_work():
    losses = np.array([2.3, 1.9, 1.5])
    near, far = losses * (1 + 1e-6), losses * [1, 1, 1.01]
    assert "within" in training_steps.same_losses({OURS: {"losses": losses}, "other": {"losses": near}}, {})
    with pytest.raises(AssertionError, match=r"up to 9\.9e-03 from other's"):
        training_steps.same_losses({OURS: {"losses": losses}, "other": {"losses": far}}, {})


def test_the_work_of_a_step_is_that_of_the_plain_loops():
    # 784·256 twice (no gradient of the pixels), the other two matrices three times, for each of 128 images.
    assert networks.work(networks.DENSE_LAYOUT, 128) == 128 * (2 * 784 * 256 + 3 * (256 * 128 + 128 * 10))
    assert networks.work(networks.SMALL_LAYOUT, 1) == 2 * 8 * 9 * 26 * 26 + 3 * (8 * 13 * 13 * 128 + 1280)


@pytest.mark.parametrize("engine", ["auto", "fast"])
def test_a_training_step_answers_with_the_same_losses_each_time_it_is_asked(engine):
    arrays = networks.data(networks.SMALL_LAYOUT, 8, 2).arrays
    side = training_steps.Training(lambda data: networks.ours(networks.SMALL_LAYOUT, 1, engine, data),
                                   training_steps.numpy_product, arrays)
    first = side.answer()["losses"]
    for _ in range(3):
        side.step()
    np.testing.assert_array_equal(side.answer()["losses"], first)
    assert len(first) == training_steps.COMPARED_STEPS and first[-1] < first[0]


@pytest.mark.slow
def test_every_row_runs_against_pytorch_and_the_page_names_both_of_its_configurations(capsys):
    pytest.importorskip("torch")
    threads = min(2, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2)
    given = ["--quick", "--threads", str(threads), "--rows", "8c3|16c5"]
    assert training_steps.main("networks", "Networks", networks.rows, given) == 0
    page = capsys.readouterr().out
    assert "PyTorch at its best" in page and "of the peak" in page and page.count("losses of 5 steps") == 2
    assert ("ours, 2 processes" in page) == (threads == 2)


@pytest.mark.slow
def test_both_sides_of_the_digits_see_the_same_batches_and_reach_the_same_accuracy():
    pytest.importorskip("torch")
    sample = load_mnist(download=False)
    data = {"X": sample.train.X[:640], "y": sample.train.y[:640],
            "test_X": sample.test.X[:500], "test_y": sample.test.y[:500]}
    ours, theirs = (digits.Run(side, 0, 1, 1, data).answer()["accuracy"] for side in (OURS, training_steps.EAGER))
    np.testing.assert_allclose(ours, theirs, atol=0.01)

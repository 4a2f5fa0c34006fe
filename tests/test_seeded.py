"""A test without a seed draws the same in each run: a failure can be seen again."""

import random
from types import SimpleNamespace

import numpy as np
from conftest import pytest_runtest_setup

from Basic_Neural_Network_From_Scratch import MLPClassifier

X, y = np.arange(12.0).reshape(6, 2), np.array([0, 1] * 3)


def drawn() -> list[float]:
    network = MLPClassifier((2,), max_iter=1, tol=0.0).fit(X, y)
    return [network.coefs_[0][0, 0], np.random.default_rng().random(), random.random()]


def test_what_is_drawn_without_a_seed_is_the_same_in_each_run_of_a_test(request):
    pytest_runtest_setup(request.node)
    once = drawn()
    pytest_runtest_setup(request.node)
    assert drawn() == once


def test_two_fits_without_a_seed_differ():
    assert not set(drawn()) & set(drawn())


def test_another_test_draws_other_numbers():
    mine = drawn()
    pytest_runtest_setup(SimpleNamespace(nodeid="another test"))
    assert not set(drawn()) & set(mine)

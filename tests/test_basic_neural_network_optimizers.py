"""Optimisers and schedules: their first steps by hand, the formula of the paper as the oracle, and a valley."""

import numpy as np
import pytest

from Basic_Neural_Network_From_Scratch import (
    SCHEDULES,
    SGD,
    Adam,
    AdamW,
    RMSProp,
    cosine,
    one_cycle,
    schedule_named,
    stepwise,
)


def test_sgd_by_hand():
    theta = np.array([1.0, -2.0])
    SGD(learning_rate=0.5).step(theta, np.array([2.0, 4.0]))
    assert theta.tolist() == [0, -4]


def test_momentum_by_hand():
    theta, optimizer = np.zeros(1), SGD(learning_rate=1.0, momentum=0.5)
    path = []
    for _ in range(3):
        optimizer.step(theta, np.ones(1))
        path.append(theta[0])
    assert path == [-1, -2.5, -4.25], "steps of 1, 1.5, 1.75: on their way to 1 / (1 - 0.5) = 2"


def test_nesterov_by_hand():
    theta, optimizer = np.zeros(1), SGD(learning_rate=1.0, momentum=0.5, nesterov=True)
    path = []
    for _ in range(2):
        optimizer.step(theta, np.ones(1))
        path.append(theta[0])
    assert path == [-1.5, -3.25]


def test_the_first_step_of_adam_is_the_learning_rate_whatever_the_scale():
    theta = np.zeros(3)
    Adam(learning_rate=0.01).step(theta, np.array([1e-4, -3.0, 1e6]))
    assert np.allclose(theta, [-0.01, 0.01, -0.01], rtol=1e-3)


def test_adam_is_the_papers_formula_for_twenty_steps():
    rng = np.random.default_rng(0)
    ours = rng.standard_normal(30)
    theta = ours.copy()
    optimizer, m, v = Adam(0.1, 0.8, 0.99, 1e-3), np.zeros(30), np.zeros(30)
    for t in range(1, 21):
        g = rng.standard_normal(30)
        optimizer.step(ours, g)
        m, v = 0.8 * m + 0.2 * g, 0.99 * v + 0.01 * g**2
        theta -= 0.1 * (m / (1 - 0.8**t)) / (np.sqrt(v / (1 - 0.99**t)) + 1e-3)
        assert np.allclose(ours, theta, rtol=1e-12)


def test_a_constant_gradient_moves_adam_by_the_learning_rate_at_every_step():
    theta, optimizer = np.zeros(1), Adam(learning_rate=0.1)
    for step in range(1, 200):
        optimizer.step(theta, np.full(1, 7.0))
        assert np.isclose(theta[0], -0.1 * step), "a bias correction that forgot its power would rush, then crawl"


def test_rmsprop_is_its_formula_for_twenty_steps():
    rng = np.random.default_rng(1)
    ours = rng.standard_normal(30)
    theta, optimizer, v = ours.copy(), RMSProp(0.1, 0.9, 1e-3), np.zeros(30)
    for _ in range(20):
        g = rng.standard_normal(30)
        optimizer.step(ours, g)
        v = 0.9 * v + 0.1 * g**2
        theta -= 0.1 * g / (np.sqrt(v) + 1e-3)
        assert np.allclose(ours, theta, rtol=1e-12)


def test_adamw_shrinks_the_weights_of_matrices_only_and_by_the_learning_rate_times_the_decay():
    theta, optimizer = np.array([2.0, -4.0, 8.0]), AdamW(learning_rate=0.5, weight_decay=0.2)
    optimizer.step(theta, np.zeros(3), matrices=2)              # no gradient: Adam's part stands still
    assert np.allclose(theta, [1.8, -3.6, 8.0])
    optimizer.learning_rate = 0.25
    optimizer.step(theta, np.zeros(3), matrices=2)
    assert np.allclose(theta, [1.71, -3.42, 8.0])
    optimizer.step(theta, np.zeros(3))
    assert np.allclose(theta, 0.95 * np.array([1.71, -3.42, 8.0])), "alone, everything decays"


def test_adamw_without_decay_is_adam():
    rng = np.random.default_rng(2)
    one = rng.standard_normal(9)
    other, adam, adamw = one.copy(), Adam(0.1), AdamW(0.1, weight_decay=0)
    for _ in range(5):
        g = rng.standard_normal(9)
        adam.step(one, g)
        adamw.step(other, g, 4)
        assert np.array_equal(one, other)


@pytest.mark.parametrize("make", [lambda: SGD(0.1), lambda: SGD(0.05, 0.9), lambda: SGD(0.05, 0.9, True),
                                  lambda: Adam(0.3), lambda: RMSProp(0.02),
                                  lambda: AdamW(0.3, weight_decay=0)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_optimiser_finds_the_bottom_of_a_bowl_and_only_writes_the_parameters(make, dtype):
    bottom, curvature = np.array([3.0, -1.0], dtype), np.array([1.0, 8.0], dtype)
    theta, optimizer = np.zeros(2, dtype), make()
    for step in range(600):
        optimizer.learning_rate *= 0.98 if step > 300 else 1.0     # it may be changed between steps
        g = curvature * (theta - bottom)
        g.setflags(write=False)
        optimizer.step(theta, g)
    assert theta.dtype == dtype
    assert np.allclose(theta, bottom, atol=1e-3)
    assert optimizer.steps == 600


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_stays_between_zero_and_one_and_reaches_one(name):
    for steps in (1, 2, 3, 10, 97, 1000):
        factors = [SCHEDULES[name](step, steps) for step in range(steps)]
        assert all(0 < factor <= 1 + 1e-12 for factor in factors)
        assert max(factors) > (0.85 if steps >= 10 else 0)


def test_schedules_at_their_corners():
    assert [stepwise(step, 8) for step in range(8)] == pytest.approx([1, 1, 1, 1, 0.1, 0.1, 0.01, 0.01])
    assert [cosine(step, 4) for step in range(4)] == pytest.approx([1, 0.8535534, 0.5, 0.1464466])
    assert [one_cycle(0, 100), one_cycle(29, 100), one_cycle(99, 100)] == pytest.approx([1 / 25, 1, 1 / 25e4])


def test_an_unknown_schedule_is_told_which_there_are():
    with pytest.raises(ValueError, match="'adaptive' is not one of 'constant', 'step', 'cosine', 'one-cycle'"):
        schedule_named("adaptive")


@pytest.mark.parametrize("steps", [3, 5, 10, 100])
def test_one_cycle_rises_to_one_and_falls_along_two_cosines(steps):
    top = max(0.3 * steps - 1, 0)
    for step in range(steps):
        rising = step <= top and top > 0
        way = step / top if rising else (step - top) / (steps - 1 - top)
        low, high = (1 / 25, 1) if rising else (1, 1 / 25e4)
        assert one_cycle(step, steps) == pytest.approx(low + (high - low) * (1 - np.cos(np.pi * way)) / 2)


def test_an_optimiser_without_arguments_has_the_papers_settings():
    assert vars(SGD()) | {"v": None} == {"learning_rate": 0.1, "momentum": 0.0, "nesterov": False, "v": None}
    adam = Adam()
    assert (adam.learning_rate, adam.beta1, adam.beta2, adam.epsilon) == (1e-3, 0.9, 0.999, 1e-8)

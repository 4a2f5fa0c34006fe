"""The gradient check itself: it finds right gradients right, and the usual mistakes wrong."""

import numpy as np
import pytest

from ai_from_scratch.gradient_check import directional_check, gradient_error, numerical_gradient


def test_the_slope_of_a_cube_is_three_x_squared():
    x = np.array([[2.0, -1.0], [0.5, 0.0]])
    assert numerical_gradient(lambda x: (x**3).sum(), x) == pytest.approx(3 * x**2, abs=1e-8)


def test_a_scalar_and_a_list_are_inputs_too():
    assert numerical_gradient(lambda b: b**2, 3.0) == pytest.approx(6.0)
    assert numerical_gradient(lambda x: x[0] * x[1], [3.0, 5.0]) == pytest.approx([5.0, 3.0])


def test_a_layer_that_reads_its_own_weights_is_nudged_in_place_and_restored_exactly():
    class Layer:
        K = np.array([0.1, 0.2, 0.3])

        def loss(self):
            return np.exp(self.K).sum()

    before = Layer.K.copy()
    assert numerical_gradient(Layer().loss, Layer.K) == pytest.approx(np.exp(before))
    np.testing.assert_array_equal(Layer.K, before)


def test_the_input_is_restored_when_f_fails():
    x = np.array([1.0, 2.0])

    def f(x):
        if x[1] != 2.0:
            raise RuntimeError("cannot go there")
        return 0.0

    for check in (numerical_gradient, lambda f, x: directional_check(f, x, x, rng=np.random.default_rng(0))):
        with pytest.raises(RuntimeError, match="cannot go there"):
            check(f, x)
        np.testing.assert_array_equal(x, [1.0, 2.0])


def test_large_inputs_get_nudges_large_enough_to_see():
    assert gradient_error(np.array([2e8]), numerical_gradient(lambda x: (x**2).sum(), np.array([1e8]))) < 1e-6


def test_a_strided_view_is_nudged_where_it_lies():
    owner = np.arange(12.0).reshape(3, 4)
    assert numerical_gradient(lambda: (owner**2).sum(), owner[:, ::2]) == pytest.approx(2 * owner[:, ::2])


def test_float32_is_refused_because_the_nudge_would_vanish():
    with pytest.raises(TypeError, match="float64"):
        numerical_gradient(lambda x: x.sum(), np.ones(3, np.float32))


def test_a_list_cannot_be_nudged_behind_the_back_of_f():
    with pytest.raises(TypeError, match="must be that NumPy array"):
        numerical_gradient(lambda: 0.0, [1.0, 2.0])


def test_the_error_is_relative_to_the_largest_entry():
    assert gradient_error([100.0, 0.0], [101.0, 0.0]) == pytest.approx(1 / 101)
    assert gradient_error([1.0], [-1.0]) == 2


def test_two_zero_gradients_agree():
    assert gradient_error(np.zeros(3), np.zeros(3)) == 0
    assert gradient_error(np.zeros(3), np.full(3, 1e-11)) < 1e-7
    assert gradient_error(np.zeros((0, 2)), np.zeros((0, 2))) == 0


def test_a_tiny_gradient_that_is_twice_too_large_is_still_found():
    assert gradient_error([2e-5], [1e-5]) > 1e-3


def test_a_gradient_that_is_not_a_number_is_no_small_error():
    assert not gradient_error([np.nan], [1.0]) < 1e-6


def test_shapes_that_would_broadcast_are_refused():
    with pytest.raises(ValueError, match="shape"):
        gradient_error(np.ones(3), np.ones((3, 1)))
    with pytest.raises(ValueError, match="shape"):
        directional_check(np.sum, np.ones(3), np.ones((3, 1)), rng=np.random.default_rng(0))


def f(x):
    return np.tanh(x).sum() + (x[0] * x[1]).sum()


def df(x):
    return 1 - np.tanh(x) ** 2 + x[::-1]


def test_random_directions_accept_a_right_gradient():
    x = np.random.default_rng(1).normal(size=(2, 500))
    slopes = directional_check(f, x, df(x), rng=np.random.default_rng(2), directions=5)
    assert len(slopes) == 5
    for slope in slopes:
        assert slope.error < 1e-6, slope


@pytest.mark.parametrize("wrong", [lambda g: 2 * g, lambda g: -g, lambda g: g[::-1], lambda g: np.where(g > 1, 0, g)])
def test_random_directions_refuse_a_wrong_one_and_show_both_values(wrong):
    x = np.random.default_rng(1).normal(size=(2, 500))
    slope = directional_check(f, x, wrong(df(x)), rng=np.random.default_rng(2), directions=1)[0]
    assert slope.error > 0.01
    assert "analytic=" in repr(slope) and "numerical=" in repr(slope)

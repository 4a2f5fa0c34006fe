"""Sampling: temperature, nucleus, and draws that follow their probabilities."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from RNN_From_Scratch import CharRNN, draw, probabilities

LOGITS = np.log([0.1, 0.4, 0.2, 0.3])


def test_temperature_one_gives_the_models_own_probabilities():
    np.testing.assert_allclose(probabilities(LOGITS + 7), [0.1, 0.4, 0.2, 0.3])


def test_temperature_two_takes_square_roots():
    root = np.sqrt([0.1, 0.4, 0.2, 0.3])
    np.testing.assert_allclose(probabilities(LOGITS, temperature=2), root / root.sum())


@pytest.mark.parametrize("temperature", [0.0, 1e-320, 1e-9, 1e-3])
def test_temperature_towards_zero_is_the_argmax(temperature):
    np.testing.assert_allclose(probabilities(LOGITS, temperature), [0, 1, 0, 0], atol=1e-100)


def test_temperature_zero_of_a_tie_is_the_first():
    assert probabilities(np.array([1.0, 3.0, 3.0]), 0).tolist() == [0, 1, 0]


def test_a_very_high_temperature_makes_all_alike():
    np.testing.assert_allclose(probabilities(LOGITS, 1e9), 0.25)


def test_logits_of_a_thousand_overflow_nothing():
    np.testing.assert_allclose(probabilities(np.array([1000.0, -1000.0, 1000.0], np.float32)), [0.5, 0, 0.5])


def test_top_p_keeps_the_fewest_that_reach_the_share():
    np.testing.assert_allclose(probabilities(LOGITS, top_p=0.69), [0, 4 / 7, 0, 3 / 7])
    np.testing.assert_allclose(probabilities(LOGITS, top_p=0.71), [0, 4 / 9, 2 / 9, 3 / 9])
    np.testing.assert_allclose(probabilities(LOGITS, top_p=1e-9), [0, 1, 0, 0])
    half = -np.log(2)                                      # 1/2 reaches the share of 1/2, and no more is kept
    np.testing.assert_allclose(probabilities(np.array([0, half, half]), top_p=0.5), [1, 0, 0])


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=9), st.floats(0, 5), st.floats(0.01, 1))
def test_probabilities_are_probabilities(logits, temperature, top_p):
    p = probabilities(np.array(logits), temperature, top_p)
    assert (p >= 0).all() and np.isclose(p.sum(), 1)
    assert logits[np.argmax(p)] >= max(logits) - 1e-9, "the likeliest stays the likeliest, ties by rounding aside"


def test_draws_follow_the_probabilities():
    p, n, rng = np.array([0.05, 0.0, 0.6, 0.25, 0.1]), 20_000, np.random.default_rng(0)
    counts = np.bincount([draw(p, rng) for _ in range(n)], minlength=5)
    assert counts[1] == 0
    expected = n * p[p > 0]
    chi_square = ((counts[p > 0] - expected) ** 2 / expected).sum()
    assert chi_square < 16.3, "3 degrees of freedom: a fair draw exceeds this once in a thousand"


@pytest.mark.parametrize(("code", "p"), [(0, [1.0, 0.0]), (1, [0.0, 1.0])])
def test_what_is_certain_is_drawn_and_what_is_impossible_never(code, p):
    class Edge:
        def __init__(self, value):
            self.random = lambda: value

    for value in (0.0, 0.5, np.nextafter(1, 0)):
        assert draw(np.array(p), Edge(value)) == code  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["plain", "fast"])
def test_what_is_written_at_temperature_one_follows_the_models_probabilities(engine):
    # A cell that forgets everything: each character is drawn from the same logits, c.
    model = CharRNN(2, random_state=0, engine=engine).initialise("abcde")
    p, n = np.array([0.05, 0.5, 0.2, 0.15, 0.1]), 20_000
    model.network_.parameters[...] = 0
    model.network_.output.b[...] = np.log(p)
    written = "".join(model.generate("", n, rng=0))
    counts = np.array([written.count(character) for character in "abcde"])
    chi_square = ((counts - n * p) ** 2 / (n * p)).sum()
    assert chi_square < 18.5, "4 degrees of freedom: a fair draw exceeds this once in a thousand"
    pairs = np.array([written.count(first + "b") / written.count(first) for first in "acde"])
    assert np.abs(pairs - 0.5).max() < 0.06, "and what came before does not matter"

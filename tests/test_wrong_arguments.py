"""Functions and objects that are used without an estimator answer a wrong setting in words, not with NumPy's."""

import math

import numpy as np
import pytest

from ai_from_scratch.data import blobs, load_iris, noisy_line, two_moons
from Basic_Neural_Network_From_Scratch import Dense, Sequential, mini_batches
from Basic_Neural_Network_From_Scratch.early_stopping import EarlyStopping
from Logistic_Regression_From_Scratch import largest_curvature
from RNN_From_Scratch.text import chunks

RNG = np.random.default_rng
X, NET = np.ones((4, 2)), Sequential([Dense(2)]).build((2,), RNG(0))


def curved(**settings):
    return largest_curvature(X, np.ones(4), **{"R": 1, "C": 1.0, "fit_intercept": True, **settings})


@pytest.mark.parametrize(("call", "setting", "values"), [
    (lambda length: next(chunks(np.zeros((9, 2)), length)), "length", [0, -3]),
    (lambda tol: EarlyStopping(NET, tol, 3), "tol", [math.nan, -1.0, "x", None]),
    (lambda patience: EarlyStopping(NET, 0.1, patience), "patience", [math.nan, -1, "x", None]),
    (lambda n: next(mini_batches(n, 2, RNG(0))), "n", [math.nan, -3, "x", None]),
    (lambda size: next(mini_batches(4, size, RNG(0))), "size", [0, -3, math.nan, "x", None]),
    (lambda C: curved(C=C), "C", [math.nan, 0, -1.0, "x", None]),
    (lambda R: curved(R=R), "R", [0, -3, math.nan, "x"]),
    (lambda slope: noisy_line(5, slope, rng=RNG(0)), "slope", [math.nan, "x", None]),
    (lambda intercept: noisy_line(5, 1.0, intercept, rng=RNG(0)), "intercept", [math.nan, "x", None]),
])
def test_a_wrong_setting_is_named_with_what_it_must_be(call, setting, values):
    for value in values:
        with pytest.raises(ValueError, match=f"The '{setting}' parameter of .* must be .* Got "):
            call(value)


@pytest.mark.parametrize(("call", "words"), [
    (lambda wrong: two_moons(wrong, rng=RNG(0)), "n must be a whole number"),
    (lambda wrong: two_moons(5, wrong, rng=RNG(0)), "noise is a standard deviation and must be a number"),
    (lambda wrong: blobs(5, spread=wrong, rng=RNG(0)), "spread is a standard deviation and must be a number"),
    (lambda wrong: load_iris(seed=wrong), "cannot seed a random generator"),
])
@pytest.mark.parametrize("wrong", [math.nan, -3, "x"])
def test_a_wrong_number_for_a_data_set_is_refused_in_words(call, words, wrong):
    with pytest.raises(ValueError, match=words):
        call(wrong)


@pytest.mark.parametrize("centres", [math.nan, "x", None, [1, "a"], 0, -3])
def test_wrong_centres_are_refused_in_words(centres):
    with pytest.raises(ValueError, match="centres"):
        blobs(5, centres, rng=RNG(0))

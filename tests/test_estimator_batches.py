"""Losses, networks and formulas used alone: lists, columns of targets, empty batches; right, or refused in words."""

from typing import Any

import numpy as np
import pytest

from Basic_Neural_Network_From_Scratch import (
    SGD,
    BinaryCrossEntropy,
    Dense,
    MeanSquaredError,
    Sequential,
    SoftmaxCrossEntropy,
    TwoLayerNetwork,
    train_network,
)
from CNN_From_Scratch import CNN, cnn_layers
from Linear_Regression_From_Scratch import gradient, mean_squared_error
from Logistic_Regression_From_Scratch import cross_entropy, loss_and_gradient

RNG = np.random.default_rng(0)
LOSSES = [(SoftmaxCrossEntropy, RNG.normal(size=(5, 3)), np.array([0, 2, 1, 1, 0])),
          (BinaryCrossEntropy, RNG.normal(size=(5, 1)), np.array([0, 1, 1, 0, 1])),
          (MeanSquaredError, RNG.normal(size=(5, 1)), RNG.normal(size=5)),
          (MeanSquaredError, RNG.normal(size=(5, 2)), RNG.normal(size=(5, 2)))]
EACH = pytest.mark.parametrize(("kind", "logits", "y"), LOSSES)


@EACH
def test_a_loss_takes_lists_and_a_column_of_targets_as_the_same_numbers(kind, logits, y):
    loss, weight = kind(), np.array([1.0, 0, 2, 1, 0.5])
    value, slope, score = loss.forward(logits, y, weight), loss.backward(), loss.score(logits, y)
    others = [(logits.tolist(), y.tolist(), weight.tolist())]
    if y.ndim == 1:
        others.append((logits, y[:, None], weight[:, None]))
    for other_logits, other_y, other_weight in others:
        again = kind()
        assert again.forward(other_logits, other_y, other_weight) == value
        np.testing.assert_array_equal(again.backward(), slope)
        assert again.score(other_logits, other_y) == score


@EACH
def test_a_loss_of_no_samples_or_of_other_shapes_is_refused_in_words(kind, logits, y):
    for bad_logits, bad_y, words in [
            (logits[:0], y[:0], "at least one sample"), (logits, y[:-1], "Expected .*shape"),
            (logits, np.stack([y] * 4, axis=1), "Expected .*shape"), (logits[0], y, "outputs of a network"),
            (logits, np.full(y.shape, "a"), "Expected")]:
        with pytest.raises(ValueError, match=words):
            kind().forward(bad_logits, bad_y)
    with pytest.raises(ValueError, match="Expected one number for each of 5 samples"):
        kind().forward(logits, y, np.ones(4))


@pytest.mark.parametrize(("kind", "logits", "y"), LOSSES[:2])
def test_a_label_that_is_no_code_is_named(kind, logits, y):
    for bad, words in [(7, "got .*7.* at index 3"), (-1, r"got .*-1.* at index 3"), (0.5, r"got .*0.5.* at index 3"),
                       (np.nan, "got .*nan.* at index 3")]:
        wrong = np.where(np.arange(5) == 3, bad, y)
        with pytest.raises(ValueError, match=words):
            kind().forward(logits, wrong)
    assert kind().forward(logits, y.astype(float)) == kind().forward(logits, y)


def test_a_binary_loss_takes_one_output():
    with pytest.raises(ValueError, match=r"numbers \(N, 1\), got shape \(5, 2\)"):
        BinaryCrossEntropy().forward(np.zeros((5, 2)), np.zeros(5, int))


@pytest.mark.parametrize("R", [1, 3])
def test_the_cross_entropy_of_scores_takes_lists_and_columns_too(R):
    Z, y = RNG.normal(size=(R, 6)), RNG.integers(0, max(R, 2), 6)
    losses, E = cross_entropy(Z, y)
    for other in (y.tolist(), y[:, None]):
        again, slopes = cross_entropy(Z.tolist(), other)
        np.testing.assert_array_equal(again, losses)
        np.testing.assert_array_equal(slopes, E)
    for bad in (y[:-1], y[:0], y + max(R, 2), np.stack([y, y])):
        with pytest.raises(ValueError, match="Expected"):
            cross_entropy(Z, bad)
    W, b, X, s = RNG.normal(size=(R, 2)), np.zeros(R), RNG.normal(size=(6, 2)), np.ones(6)
    assert loss_and_gradient(W, b, X, y[:, None], s, 1.0, True)[0] == loss_and_gradient(W, b, X, y, s, 1.0, True)[0]


def test_the_squared_error_and_its_gradient_take_lists_and_refuse_what_would_be_broadcast():
    X, w, s = RNG.normal(size=(6, 2)), np.array([1.0, -2.0]), np.arange(6.0)
    y = X @ w + 3 + RNG.normal(size=6)
    value, (dw, db) = mean_squared_error(X, y, w, 3.0, s), gradient(X, y, w, 3.0, s)
    assert mean_squared_error(X.tolist(), y.tolist(), w.tolist(), 3.0, s.tolist()) == value
    again, slope = gradient(X.tolist(), y.tolist(), w.tolist(), 3.0, s.tolist())
    np.testing.assert_allclose([*again, slope], [*dw, db], rtol=1e-14)
    bad: Any
    for function in (mean_squared_error, gradient):
        for bad, words in [((X, y[:, None], w, 3.0), r"X @ w \+ b has shape \(6,\), y \(6, 1\)"),
                           ((X[:0], y[:0], w, 3.0), "at least one sample"), ((X, y, w[:1], 3.0), "got shapes"),
                           ((X, y, w, 3.0, s[:-1]), "one number for each of 6"), ((X, y, w, 3.0, 0 * s), "sum to 0"),
                           ((X, y.astype(str), w, 3.0), "Expected numbers")]:
            with pytest.raises(ValueError, match=words):
                function(*bad)


def test_two_layers_take_lists_and_a_column_of_labels():
    X, y = RNG.normal(size=(6, 2)), np.array([0, 1, 1, 0, 1, 0])
    losses = []
    for inputs, labels in ((X, y), (X.tolist(), y.tolist()), (X, y[:, None])):
        network = TwoLayerNetwork(2, 3, rng=np.random.default_rng(0))
        losses.append([progress.loss for progress in network.training(inputs, labels, steps=3)])
    assert losses[0] == losses[1] == losses[2]
    network = TwoLayerNetwork(2, 3, rng=np.random.default_rng(0))
    for bad_X, bad_y in ((X, y[:-1]), (X[:0], y[:0]), (X[0], y), (X[:, :1], y)):
        with pytest.raises(ValueError, match=r"Expected|at least one|was built for"):
            next(network.training(bad_X, bad_y))


def networks():
    rng = np.random.default_rng(0)
    return [(Sequential([Dense(3)]).build((4,), rng, np.float64), (4,)),
            (CNN(cnn_layers((2,), 3, "valid", (), 3)).build((1, 6, 6), rng, np.float64), (1, 6, 6))]


@pytest.mark.parametrize("which", [0, 1])
def test_a_network_takes_lists_and_no_samples_and_says_how_one_alone_is_given(which):
    network, shape = networks()[which]
    X = RNG.normal(size=(5, *shape))
    np.testing.assert_array_equal(network.forward(X.tolist()), network.forward(X))
    assert network.predict(X[:0]).shape == (0, 3)
    with pytest.raises(ValueError, match=r"was built for inputs of shape .* For one sample alone use x\[None\]"):
        network.forward(X[0])
    with pytest.raises(ValueError, match="rows differ in length"):
        network.forward([[1.0], [1.0, 2.0]])
    with pytest.raises(ValueError, match="Expected a batch of numbers"):
        network.forward(X.astype(str))


@pytest.mark.parametrize("which", [0, 1])
def test_training_takes_lists_and_refuses_targets_that_are_too_few_or_none(which):
    y, weight, ends = np.array([0, 2, 1, 1, 0]), np.array([1.0, 0, 1, 2, 1]), []
    settings: dict[str, Any] = {"epochs": 2, "batch_size": 2}
    for as_list in (False, True):
        network, shape = networks()[which]
        X = np.random.default_rng(1).normal(size=(5, *shape))
        data = [values.tolist() if as_list else values for values in (X, y, weight)]
        for _ in train_network(network, SoftmaxCrossEntropy(), SGD(0.1), *data[:2], sample_weight=data[2],
                               rng=np.random.default_rng(2), **settings):
            pass
        ends.append(network.parameters.copy())
    np.testing.assert_array_equal(*ends)
    refused: list[tuple[Any, Any]] = [(X, y[:-1]), (X, [*y, 0]), (X[:0], y[:0])]
    for bad_X, bad_y in refused:
        with pytest.raises(ValueError, match="Expected as many targets as inputs, and at least one"):
            next(train_network(network, SoftmaxCrossEntropy(), SGD(0.1), bad_X, bad_y,
                               rng=np.random.default_rng(2), **settings))

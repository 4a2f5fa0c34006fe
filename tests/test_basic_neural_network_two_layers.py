"""The whole network in one file: by hand, against finite differences, equal to the layers, and on two moons."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import make_moons

from ai_from_scratch.gradient_check import gradient_error, numerical_gradient
from Basic_Neural_Network_From_Scratch import (
    SGD,
    BinaryCrossEntropy,
    Dense,
    Sequential,
    Tanh,
    TwoLayerNetwork,
    take_step,
)

RNG = np.random.default_rng
NAMES = ("W1", "b1", "W2", "b2")


@pytest.mark.parametrize("labels", [[0, 1, 2, 1], [-1, 1, -1, 1], [0, 1, np.nan, 1]])
def test_labels_other_than_0_and_1_are_refused(labels):
    network = TwoLayerNetwork(2, 3, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"Expected class codes 0 … 1, got .* at index [02]"):
        next(network.training(np.eye(4)[:, :2], np.array(labels)))


def a_network(inputs=2, hidden=3, seed=0):
    network = TwoLayerNetwork(inputs, hidden, rng=RNG(seed))
    network.b1[...], network.b2[...] = RNG(seed + 1).standard_normal(hidden), 0.3
    return network


@given(N=st.integers(1, 6), inputs=st.integers(1, 4), hidden=st.integers(1, 5), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_backward_is_the_gradient_of_the_loss(N, inputs, hidden, seed):
    network, rng = a_network(inputs, hidden, seed), RNG(seed)
    X, y = rng.standard_normal((N, inputs)), rng.integers(0, 2, N)
    network.forward(X)
    network.backward(y)

    def loss():
        network.forward(X)
        return network.loss(y)

    for name in NAMES:
        gradient = getattr(network, "d" + name).copy()
        assert gradient.shape == getattr(network, name).shape
        assert gradient_error(gradient, numerical_gradient(loss, getattr(network, name))) < 1e-6, name


def test_one_step_by_hand():
    network = a_network(1, 1)
    network.W1[...], network.b1[...], network.W2[...], network.b2[...] = 1, 0, 2, 0
    X, y = np.array([[0.0]]), np.array([1])
    assert network.forward(X).tolist() == [[0]]
    assert network.loss(y) == pytest.approx(np.log(2))
    network.backward(y)                                         # dz = 1/2 - 1, dh = 2 dz, and tanh' at 0 is 1
    assert [getattr(network, "d" + name).item() for name in NAMES] == [0, -1, 0, -0.5]
    network.step(0.1)
    assert [getattr(network, name).item() for name in NAMES] == [1, 0.1, 2, 0.05]


def test_it_is_the_same_network_as_the_layers_step_by_step():
    X, y = make_moons(50, noise=0.2, random_state=0)
    network = TwoLayerNetwork(2, 8, rng=RNG(3))
    layers = Sequential([Dense(8, "he"), Tanh(), Dense(1, "glorot")]).build((2,), RNG(3), np.float64)
    optimizer, loss = SGD(1.0), BinaryCrossEntropy()
    for progress in network.training(X, y, learning_rate=1.0, steps=30):
        assert progress.loss == pytest.approx(take_step(layers, loss, optimizer, X, y), rel=1e-10)
        ours = np.concatenate([getattr(network, name).ravel() for name in ("W1", "W2", "b1", "b2")])
        assert np.allclose(ours, layers.parameters, rtol=1e-10)


@pytest.mark.parametrize("seed", range(4))
def test_a_thousand_steps_separate_the_moons_and_predict_works_at_every_pause(seed):
    X, y = make_moons(200, noise=0.2, random_state=seed)
    network, losses = TwoLayerNetwork(2, 8, rng=RNG(seed)), []
    for progress in network.training(X, y):
        losses.append(progress.loss)
        if progress.step in (1, 500):
            assert set(network.predict(X)) <= {0, 1}
    assert [progress.step, progress.steps, progress.epoch] == [1000, 1000, 1000]
    assert losses[-1] < 0.2 * losses[0]
    assert np.mean(network.predict(X) == y) > 0.95


def test_a_watcher_that_predicts_does_not_change_the_training():
    X, y = make_moons(40, noise=0.2, random_state=0)
    watched, alone = TwoLayerNetwork(2, 4, rng=RNG(0)), TwoLayerNetwork(2, 4, rng=RNG(0))
    for _ in watched.training(X, y, steps=20):
        watched.predict(X[:3])
    for _ in alone.training(X, y, steps=20):
        pass
    assert np.array_equal(watched.W1, alone.W1)


def test_logits_of_a_thousand_keep_the_loss_and_the_whole_gradient():
    network = a_network(1, 1)
    network.W1[...], network.b1[...], network.W2[...], network.b2[...] = 0, 0, 0, 1000
    network.forward(np.zeros((1, 1)))
    assert network.loss(np.array([0])) == 1000
    network.backward(np.array([0]))
    assert network.db2 == 1


def test_the_steps_are_counted_from_one_to_the_last():
    network = TwoLayerNetwork(2, 3, rng=np.random.default_rng(0))
    found = list(network.training(np.eye(2), np.array([0, 1]), 0.1, 4))
    assert [(progress.step, progress.steps) for progress in found] == [(step, 4) for step in range(1, 5)]

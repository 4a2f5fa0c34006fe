"""Several processes that share a mini-batch compute the same numbers as one process."""

import numpy as np
import pytest

from Basic_Neural_Network_From_Scratch import (
    SGD,
    Adam,
    BatchNorm,
    Dense,
    Dropout,
    ReLU,
    Sequential,
    SoftmaxCrossEntropy,
    Tanh,
    train_network,
)
from Basic_Neural_Network_From_Scratch.fast.data_parallel import Team
from CNN_From_Scratch import CNNClassifier


def dense(dtype=np.float64, *more):
    layers = [Dense(16), ReLU(), *more, Dense(8), Tanh(), Dense(3)]
    return Sequential(layers).build((5,), np.random.default_rng(0), dtype)


def data(n, rng=None):
    rng = rng or np.random.default_rng(1)
    return rng.standard_normal((n, 5)), rng.integers(0, 3, n)


@pytest.mark.parametrize("members", [1, 2, pytest.param(3, marks=pytest.mark.slow)])
def test_a_team_has_the_loss_and_the_gradients_of_one(members):
    one, loss, many = dense(), SoftmaxCrossEntropy(), dense()
    with Team(many, SoftmaxCrossEntropy(), members) as team:
        for n in (64, 7, 2, 1, 64):                              # fewer than members too; nothing is left over
            X, y = data(n)
            expected = loss.forward(one.forward(X, training=True), y)
            one.backward(loss.backward())
            assert team.backpropagate(X, y) == pytest.approx(expected, rel=1e-12)
            np.testing.assert_allclose(many.gradients, one.gradients, rtol=1e-10, atol=1e-14)


@pytest.mark.slow
def test_fifty_steps_of_two_workers_are_those_of_one_loss_by_loss():
    X, y = data(160)

    def losses(workers):
        network = dense()
        steps = train_network(network, SoftmaxCrossEntropy(), Adam(1e-2), X, y, epochs=10, batch_size=35,
                              rng=np.random.default_rng(2), alpha=0.1, workers=workers)
        return [progress.loss for progress in steps], network.parameters

    (one, weights), (two, others) = losses(1), losses(2)
    assert len(one) == 50 and one[-1] < one[0]
    np.testing.assert_allclose(two, one, rtol=1e-10)
    np.testing.assert_allclose(others, weights, rtol=1e-8, atol=1e-10)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_weights_bit_for_bit_with_dropout_too():
    X, y = data(96)

    def weights():
        network = dense(np.float32, Dropout(0.5))
        for _ in train_network(network, SoftmaxCrossEntropy(), SGD(0.1), X, y, epochs=3, batch_size=32,
                               rng=np.random.default_rng(3), workers=2):
            pass
        return network.parameters

    np.testing.assert_array_equal(weights(), weights())


@pytest.mark.slow
def test_the_members_of_a_team_draw_different_masks():
    network = Sequential([Dropout(0.5), Dense(2)]).build((400,), np.random.default_rng(0))
    with Team(network, SoftmaxCrossEntropy(), 2) as team:
        team.backpropagate(np.ones((2, 400), np.float32), np.zeros(2, int))     # one sample for each
    left_out = vars(network.layers[1])["dW"][:, 0] == 0          # by both: a quarter of the inputs, with one mask half
    assert 0.15 < left_out.mean() < 0.35


def test_what_overflows_in_a_team_is_reported_as_it_is_without():
    from ai_from_scratch.estimator import DivergenceError
    X, y = data(64)
    X *= 1e20                                                    # times the rate it is beyond float32, on any machine
    plain = Sequential([Dense(3)]).build((5,), np.random.default_rng(0))
    with pytest.raises(DivergenceError, match="step"):
        for _ in train_network(plain, SoftmaxCrossEntropy(), SGD(1e30), X, y, epochs=5, batch_size=16,
                               rng=np.random.default_rng(0), workers=2):
            pass


def test_what_a_team_cannot_do_is_refused():
    normed = Sequential([Dense(4), BatchNorm(), Dense(2)]).build((3,), np.random.default_rng(0))
    with pytest.raises(ValueError, match="BatchNorm"):
        Team(normed, SoftmaxCrossEntropy(), 2)
    with pytest.raises(ValueError, match="class weights"):
        Team(dense(), SoftmaxCrossEntropy(class_weight=[1, 2, 1]), 2)
    with pytest.raises(ValueError, match="at least one"):
        Team(dense(), SoftmaxCrossEntropy(), 0)
    X, y = data(8)
    with pytest.raises(ValueError, match="sample_weight"):
        next(train_network(dense(), SoftmaxCrossEntropy(), Adam(), X, y, epochs=1, batch_size=4, workers=2,
                           rng=np.random.default_rng(0), sample_weight=np.ones(8)))


@pytest.mark.slow
def test_a_cnn_learns_the_same_with_two_workers():
    rng = np.random.default_rng(0)
    X, y = rng.random((60, 9, 9)).astype(np.float32), rng.integers(0, 3, 60)

    def scores(workers):
        model = CNNClassifier((4,), 3, hidden_layer_sizes=(8,), shift=1, batch_size=25, max_iter=2, random_state=0,
                              workers=workers).fit(X, y)
        return model.loss_curve_, model.decision_function(X)

    (curve, logits), (other_curve, others) = scores(1), scores(2)
    np.testing.assert_allclose(other_curve, curve, rtol=1e-4)
    np.testing.assert_allclose(others, logits, rtol=1e-2, atol=1e-3)

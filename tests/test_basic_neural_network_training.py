"""The training loop: every sample once an epoch, the penalty in the gradient, schedules, a clear end if it breaks."""

import numpy as np
import pytest

from ai_from_scratch.estimator import DivergenceError
from ai_from_scratch.gradient_check import gradient_error, numerical_gradient
from Basic_Neural_Network_From_Scratch import (
    SGD,
    Adam,
    Dense,
    MeanSquaredError,
    ReLU,
    Sequential,
    SoftmaxCrossEntropy,
    Tanh,
    cosine,
    mini_batches,
    take_step,
    train_network,
)
from Basic_Neural_Network_From_Scratch.diagnosis.divergence import largest_curvature
from Basic_Neural_Network_From_Scratch.training import epochs_without_gain

RNG = np.random.default_rng


def a_problem(n=23, dtype=np.float64):
    rng = RNG(0)
    X = rng.standard_normal((n, 3)).astype(dtype)
    return X, (X[:, 0] * X[:, 1] > 0).astype(int) + (X[:, 2] > 1)


def a_network(dtype=np.float64):
    return Sequential([Dense(6), Tanh(), Dense(3)]).build((3,), RNG(1), dtype)


def test_mini_batches_hold_every_sample_once_and_keep_the_last_partial_one():
    batches = list(mini_batches(10, 4, RNG(0)))
    assert [len(batch) for batch in batches] == [4, 4, 2]
    assert sorted(np.concatenate(batches)) == list(range(10))
    again = list(mini_batches(10, 4, RNG(1)))
    assert {frozenset(batch) for batch in batches} != {frozenset(batch) for batch in again}, \
        "the samples are shuffled, not only the order of the batches"


class Recorder(SGD):
    """An optimiser that takes no step and keeps the gradient."""

    def step(self, parameters, gradients, matrices=None):
        self.seen = gradients.copy()


@pytest.mark.parametrize("weighted", [False, True])
def test_the_gradient_of_the_penalised_objective_spares_the_biases(weighted):
    network, (X, y) = a_network(), a_problem()
    network.parameters[network.matrices :] = 0.3
    weight = RNG(2).uniform(0.5, 2, len(X)) if weighted else None
    recorder = Recorder()
    objective = take_step(network, SoftmaxCrossEntropy(), recorder, X, y, alpha=0.7, sample_weight=weight)

    def by_definition():
        N = len(X) if weight is None else weight.sum()
        penalty = 0.7 / (2 * N) * sum((network.layers[i].W ** 2).sum() for i in (0, 2))
        return SoftmaxCrossEntropy().forward(network.forward(X), y, weight) + penalty

    assert np.isclose(objective, by_definition())
    assert gradient_error(recorder.seen, numerical_gradient(by_definition, network.parameters)) < 1e-6


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_batch_of_samples_of_weight_zero_changes_nothing_whatever_the_penalty(dtype):
    network, (X, y) = a_network(dtype), a_problem(dtype=dtype)
    before = network.parameters.copy()
    assert take_step(network, SoftmaxCrossEntropy(), SGD(0.1), X, y, alpha=1.0, sample_weight=np.zeros(len(X))) == 0
    assert np.array_equal(network.parameters, before)


def test_training_yields_after_every_update_and_lowers_the_loss():
    network, (X, y) = a_network(), a_problem()
    before = SoftmaxCrossEntropy().forward(network.forward(X), y)
    seen = list(train_network(network, SoftmaxCrossEntropy(), Adam(0.05), X, y, epochs=20, batch_size=10, rng=RNG(2)))
    assert [progress.step for progress in seen] == list(range(1, 61)), "23 samples are 3 batches"
    assert {progress.steps for progress in seen} == {60}
    assert [progress.epoch for progress in seen] == [1 + i // 3 for i in range(60)]
    assert SoftmaxCrossEntropy().forward(network.forward(X), y) < 0.5 * before


def test_whoever_stops_watching_has_the_parameters_of_that_step():
    def parameters_after(steps):
        network, (X, y) = a_network(), a_problem()
        run = train_network(network, SoftmaxCrossEntropy(), Adam(), X, y, epochs=2, batch_size=5, rng=RNG(3))
        for _ in range(steps):
            next(run)
        return network.parameters

    assert np.array_equal(parameters_after(4), parameters_after(4)), "the same seed, the same numbers"
    assert not np.array_equal(parameters_after(4), parameters_after(5))


def test_a_schedule_scales_the_learning_rate_at_every_step():
    network, (X, y) = a_network(), a_problem()
    run = train_network(network, SoftmaxCrossEntropy(), SGD(0.2), X, y, epochs=2, batch_size=12, rng=RNG(0),
                        schedule=cosine)
    rates = [progress.metrics["learning_rate"] for progress in run]
    assert rates == pytest.approx([0.2 * cosine(step, 4) for step in range(4)])


def test_augmentation_gets_copies_and_may_change_the_dtype_that_the_network_then_sees():
    network = Sequential([Dense(3)]).build((3,), RNG(0), np.float32)
    X, y = np.arange(12, dtype=np.uint8).reshape(4, 3), np.array([0, 1, 2, 0])
    X.setflags(write=False)
    seen = []

    def flipped(batch, rng):
        batch += 1                                              # a copy may be written to
        seen.append(batch)
        return batch[:, ::-1] / 255

    for _ in train_network(network, SoftmaxCrossEntropy(), SGD(0.1), X, y, epochs=1, batch_size=3, rng=RNG(0),
                           augment=flipped):
        pass
    assert sorted(np.concatenate(seen)[:, 0]) == [1, 4, 7, 10]
    assert network.dtype == np.float32


def test_float32_stays_float32_through_a_whole_run():
    network, (X, y) = a_network(np.float32), a_problem(dtype=np.float32)
    optimizer = Adam(0.01)
    for progress in train_network(network, SoftmaxCrossEntropy(), optimizer, X, y, epochs=2, batch_size=8, rng=RNG(0),
                                  alpha=0.1, sample_weight=np.ones(len(X), np.float32)):
        assert type(progress.loss) is float
    arrays = network.parameters, network.gradients, optimizer.m, optimizer.v
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}


def test_training_that_diverges_stops_and_names_the_step_the_layer_and_what_to_try():
    X, y = RNG(0).standard_normal((20, 3)), RNG(1).standard_normal((20, 1)) * 100
    network = Sequential([Dense(8), ReLU(), Dense(1)]).build((3,), RNG(2), np.float32)
    steps = 0
    with pytest.raises(DivergenceError) as caught:
        for _ in train_network(network, MeanSquaredError(), SGD(10.0), X, y, epochs=50, batch_size=20, rng=RNG(0)):
            steps += 1
    message = str(caught.value)
    assert f"diverged at step {steps + 1} (epoch {steps + 1})" in message
    assert "layer" in message and "Dense(" in message
    assert "learning rate was 10; after step 0 the curvature allowed gradient descent 0." in message
    assert "Largest update to weight since step 0: " in message and "Dead units of layer 1, ReLU(): " in message
    assert "of 8. Try a learning rate of 0." in message


def test_the_curvature_of_a_parabola_is_the_largest_eigenvalue_of_its_hessian():
    X, y = RNG(0).standard_normal((40, 3)) * [1, 2, 5], RNG(1).standard_normal((40, 1))
    network = Sequential([Dense(1)]).build((3,), RNG(2), np.float64)
    A = np.column_stack([X, np.ones(40)])                       # the loss is |A θ − y|²/40
    expected = np.linalg.eigvalsh(2 / 40 * A.T @ A)[-1]
    before = network.parameters.copy()
    assert np.isclose(largest_curvature(network, MeanSquaredError(), X, y), expected, rtol=1e-3)
    assert np.array_equal(network.parameters, before)


@pytest.mark.parametrize(("alpha", "weighted"), [(4000.0, True), *(
    pytest.param(*case, marks=pytest.mark.slow) for case in ((0.0, False), (0.0, True), (4000.0, False)))])
def test_the_limit_that_a_divergence_names_is_of_the_loss_that_is_descended(alpha, weighted):
    X, y = RNG(0).standard_normal((20, 3)) * [1, 2, 5], RNG(1).standard_normal((20, 1))
    weight = np.linspace(0.1, 6.0, 20) if weighted else None

    def descend(learning_rate, epochs):
        network = Sequential([Dense(1)]).build((3,), RNG(2), np.float64)
        *_, last = train_network(network, MeanSquaredError(), SGD(learning_rate), X, y, epochs=epochs, batch_size=20,
                                 rng=RNG(0), alpha=alpha, sample_weight=weight)
        return network, last.loss

    A, s = np.column_stack([X, np.ones(20)]), np.ones(20) if weight is None else weight
    hessian = (2 * A.T @ (s[:, None] * A) + alpha * np.diag([1, 1, 1, 0])) / s.sum()     # the intercept: no penalty
    limit = 2 / np.linalg.eigvalsh(hessian)[-1]
    with pytest.raises(DivergenceError) as caught:
        descend(1e6, 100)
    assert f"allowed gradient descent {limit:.2g} (2/λmax)" in str(caught.value)

    network, _ = descend(0.97 * limit, 800)
    arrived = network.parameters.copy()
    take_step(network, MeanSquaredError(), SGD(0.97 * limit), X, y, alpha, weight)
    np.testing.assert_allclose(network.parameters, arrived, atol=1e-6)
    with pytest.raises(DivergenceError):
        descend(1.03 * limit, 6500)


@pytest.mark.parametrize(("index", "name", "value", "words"), [
    (2, "W", np.nan, r"layer 2, Dense\(3\), its W"),
    (0, "b", np.inf, r"layer 0, Dense\(6\), its b"),
    (2, "W", 1e308, r"layer 2, Dense\(3\), its output"),
])
def test_the_first_array_that_overflowed_is_the_one_that_is_named(index, name, value, words):
    network, (X, y) = a_network(), a_problem()
    network.layers[0].b[...] = 5                                # tanh close to 1: six of 1e308 are too many
    getattr(network.layers[index], name)[...] = value
    with pytest.raises(DivergenceError, match=words):
        next(train_network(network, SoftmaxCrossEntropy(), SGD(), X, y, epochs=1, batch_size=30, rng=RNG(0)))


def test_an_input_that_is_not_finite_is_named_as_such():
    network, (X, y) = a_network(), a_problem()
    X[1, 1] = np.nan
    with pytest.raises(DivergenceError, match="the input itself"):
        next(train_network(network, SoftmaxCrossEntropy(), SGD(), X, y, epochs=1, batch_size=30, rng=RNG(0)))


def test_an_overflow_in_the_very_last_update_is_noticed_too():
    X, y = np.full((4, 1), 1e250), np.full((4, 1), -1e100)
    network = Sequential([Dense(1)]).build((1,), RNG(0), np.float64)
    network.parameters[...] = 0
    with pytest.raises(DivergenceError, match=r"Dense\(1\), its W"):
        next(train_network(network, MeanSquaredError(), SGD(1.0), X, y, epochs=1, batch_size=4, rng=RNG(0)))


def test_an_optimiser_is_told_which_parameters_are_matrices():
    class Told(SGD):
        matrices = None

        def step(self, parameters, gradients, matrices=0):
            self.matrices = matrices

    network, optimizer = Sequential([Dense(3), Dense(2)]).build((4,), np.random.default_rng(0)), Told()
    take_step(network, SoftmaxCrossEntropy(), optimizer, np.ones((2, 4), np.float32), np.array([0, 1]))
    assert optimizer.matrices == network.matrices == 4 * 3 + 3 * 2


def test_unless_it_is_told_otherwise_the_training_shuffles():
    seen: list[float] = []

    def noted(X, rng):
        seen.extend(X[:, 0])
        return X

    network = Sequential([Dense(1)]).build((1,), np.random.default_rng(0))
    for _ in train_network(network, MeanSquaredError(), SGD(1e-3), np.arange(20.0)[:, None], np.zeros((20, 1)),
                           epochs=1, batch_size=5, rng=np.random.default_rng(0),
                           augment=noted):
        pass
    assert sorted(seen) == list(range(20)) != seen


def test_an_epoch_gains_where_it_raises_the_best_score_by_tol_exactly():
    assert epochs_without_gain([1.0, 1.5, 2.0], 0.5) == 0
    assert epochs_without_gain([3.0, 1.0, 2.0, 3.0], 0.5) == 3

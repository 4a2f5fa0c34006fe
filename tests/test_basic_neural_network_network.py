"""The chain of layers and its flat array: bound, copied, saved, and training after each of these."""

import copy
import pickle

import numpy as np
import pytest

from ai_from_scratch.gradient_check import directional_check, gradient_error, numerical_gradient
from Basic_Neural_Network_From_Scratch import (
    SGD,
    BinaryCrossEntropy,
    Dense,
    Layer,
    ReLU,
    Sequential,
    Sigmoid,
    SoftmaxCrossEntropy,
    Tanh,
    bind,
    take_step,
)

RNG = np.random.default_rng


class Scale(Layer):
    """A vector that is learned and a count that is kept, as in batch normalisation."""

    trainable = ("g",)
    state = ("seen",)

    def build(self, input_shape, rng, dtype=np.float32):
        self.g, self.dg, self.seen = np.ones(input_shape, dtype), np.zeros(input_shape, dtype), np.zeros(1, dtype)
        return input_shape

    def forward(self, X, training=False):
        if training:
            self.X = X
            self.seen += len(X)
        return X * self.g

    def backward(self, dY, need_dX=True):
        np.sum(dY * self.X, axis=0, out=self.dg)
        return dY * self.g if need_dX else None


def a_network(dtype=np.float64, seed=0):
    layers = [Dense(5), ReLU(), Scale(), Dense(4), Tanh(), Dense(4, "glorot"), Sigmoid(), Dense(3)]
    return Sequential(layers).build((2,), RNG(seed), dtype)


def a_batch(dtype=np.float64, n=8):
    rng = RNG(7)
    return rng.standard_normal((n, 2)).astype(dtype), rng.integers(0, 3, n)


def learns(network):
    """Training moves the loss, through whatever arrays the layers hold now."""
    X, y = a_batch(network.dtype)
    loss, optimizer = SoftmaxCrossEntropy(), SGD(0.1)
    first = take_step(network, loss, optimizer, X, y)
    for _ in range(30):
        last = take_step(network, loss, optimizer, X, y)
    return last < first - 0.01


def test_backward_through_the_chain_is_the_gradient_of_the_loss():
    network, loss, (X, y) = a_network(), SoftmaxCrossEntropy(), a_batch()
    loss.forward(network.forward(X, training=True), y)
    dX = network.backward(loss.backward(), need_dX=True)

    def objective(x=X):
        return SoftmaxCrossEntropy().forward(network.forward(x), y)

    gradients = network.gradients.copy()
    assert gradient_error(gradients, numerical_gradient(lambda: objective(), network.parameters)) < 1e-6
    assert gradient_error(dX, numerical_gradient(objective, X)) < 1e-6
    for slope in directional_check(lambda: objective(), network.parameters, gradients, rng=RNG(1)):
        assert slope.error < 1e-6, slope


def test_the_inputs_gradient_is_computed_only_when_asked_for():
    network, (X, _) = a_network(), a_batch()
    dY = network.forward(X, training=True)
    assert network.backward(dY) is None
    without = network.gradients.copy()
    assert network.backward(dY, need_dX=True).shape == X.shape
    assert np.array_equal(network.gradients, without)


def test_layers_before_the_first_that_learns_run_backward_only_for_the_input():
    class NoBackward(Tanh):
        def backward(self, dY, need_dX=True):
            raise AssertionError("nothing before it learns, and nobody asked for the input's gradient")

    network = Sequential([NoBackward(), ReLU(), Dense(3)]).build((4,), RNG(0), np.float64)
    X = RNG(1).standard_normal((2, 4))
    dY = network.forward(X, training=True)
    assert network.backward(dY) is None
    assert np.allclose(network.gradients[: network.matrices].reshape(4, 3), np.maximum(np.tanh(X), 0).T @ dY)


def test_matrices_lie_first_and_vectors_after_and_layers_hold_views():
    network = a_network()
    matrices = [array for _, array in network.named_arrays().items() if array.ndim == 2]
    assert network.matrices == sum(array.size for array in matrices) == 2 * 5 + 5 * 4 + 4 * 4 + 4 * 3
    assert network.parameters.size == network.matrices + 5 + 5 + 4 + 4 + 3
    network.parameters[: network.matrices] = 1
    network.parameters[network.matrices :] = 2
    for layer in network.layers:
        for _, parameter, gradient in layer.parameters():
            assert (parameter == (1 if parameter.ndim == 2 else 2)).all()
            assert np.shares_memory(gradient, network.gradients)


def test_a_network_of_layers_that_learn_nothing_is_bound_too():
    network = Sequential([ReLU()]).build((3,), RNG(0))
    assert network.parameters.size == network.matrices == 0
    assert network.forward(np.ones((2, 3), np.float32)).tolist() == np.ones((2, 3)).tolist()


@pytest.mark.parametrize("change", [
    lambda network: network,
    lambda network: pickle.loads(pickle.dumps(network)),
    copy.deepcopy,
    copy.copy,
    lambda network: copy.deepcopy(network).astype(np.float32),
    lambda network: copy.deepcopy(network).astype(np.float32).astype(np.float64),
], ids=["itself", "pickled", "deep copy", "copy", "float32", "float32 and back"])
def test_a_network_has_its_values_and_still_learns_after(change):
    original, (X, _) = a_network(), a_batch()
    before = original.forward(X)
    changed = change(original)
    assert np.allclose(changed.forward(X.astype(changed.dtype)), before, atol=1e-6)
    assert all(np.shares_memory(array, changed.parameters)
               for name, array in changed.named_arrays().items() if "seen" not in name)
    assert learns(changed)
    assert changed is original or np.array_equal(original.forward(X), before), "the original learnt nothing of it"


def test_saved_arrays_load_into_a_network_of_the_same_shape_and_it_still_learns():
    network, other, (X, _) = a_network(seed=0), a_network(seed=1), a_batch()
    network.forward(X, training=True)                # moves the state
    arrays = {name: array.copy() for name, array in network.named_arrays().items()}
    assert list(arrays) == ["0.W", "0.b", "2.g", "2.seen", "3.W", "3.b", "5.W", "5.b", "7.W", "7.b"]
    other.load_arrays(arrays)
    assert np.array_equal(other.forward(X), network.forward(X))
    assert other.layers[2].seen == 8
    assert learns(other)
    assert np.array_equal(arrays["0.W"], network.layers[0].W), "the arrays given were copied, not taken"


def test_loading_says_everything_that_does_not_fit_and_changes_nothing():
    network = a_network()
    arrays = {name: array.copy() + 1 for name, array in network.named_arrays().items()}
    before = network.parameters.copy()
    del arrays["3.b"]
    arrays["0.W"] = arrays["0.W"].T
    arrays["2.g"] = arrays["2.g"].astype(np.float32)
    arrays["9.K"] = np.zeros(3)
    with pytest.raises(ValueError) as caught:
        network.load_arrays(arrays)
    for words in ("3.b is missing", "0.W should be (2, 5) float64, got (5, 2) float64", "2.g should be (5,) float64",
                  "9.K is not one of this network's"):
        assert words in str(caught.value)
    assert np.array_equal(network.parameters, before)


def test_predict_in_batches_is_forward_and_keeps_nothing():
    network, (X, _) = a_network(np.float32), a_batch(np.float64, n=11)
    whole = network.forward(X.astype(np.float32))
    assert np.allclose(network.predict(X, batch_size=4), whole, atol=1e-6)
    assert network.predict(X).dtype == np.float32
    assert network.predict(X[:0]).shape == (0, 3)
    assert not hasattr(network.layers[0], "X")


def test_what_does_not_fit_together_is_refused_when_the_network_is_built():
    with pytest.raises(ValueError, match=r"layer 1: Dense\(3\) takes vectors.*got shape \(4, 2\)"):
        Sequential([ReLU(), Dense(3)]).build((4, 2), RNG(0))
    with pytest.raises(ValueError, match=r"inputs of shape \(N, 2\), got \(3, 5\)"):
        a_network().forward(np.ones((3, 5)))
    shared = Dense(3)
    with pytest.raises(ValueError, match="in the network twice"):
        Sequential([shared, ReLU(), shared]).build((3,), RNG(0))
    single, double = Dense(2), Dense(2)
    single.build((2,), RNG(0), np.float32)
    double.build((2,), RNG(0), np.float64)
    with pytest.raises(ValueError, match=r"must have one dtype, these have \['float32', 'float64'\]"):
        bind([single, double])


def test_the_summary_counts_parameters_and_multiply_adds():
    lines = Sequential([Dense(16), ReLU(), Dense(10)]).build((64,), RNG(0)).summary().splitlines()
    assert [line.split() for line in lines] == [
        ["layer", "output", "parameters", "multiply-adds"],
        ["Dense(16)", "16", "1,040", "1,024"],
        ["ReLU()", "16", "0", "0"],
        ["Dense(10)", "10", "170", "160"],
        ["all", "1,210", "1,184"],
    ]


def test_the_forward_and_backward_pass_that_the_page_writes_out():
    network = Sequential([Dense(2), ReLU(), Dense(1)]).build((2,), RNG(0), np.float64)
    arrays = {"0.W": [[1, -1], [0.5, 0]], "0.b": [0, 0], "2.W": [[0.5], [3]], "2.b": [-1]}
    network.load_arrays({name: np.array(values, dtype=np.float64) for name, values in arrays.items()})
    loss = BinaryCrossEntropy()
    assert loss.forward(network.forward(np.array([[1.0, 2.0]]), training=True), np.array([1])) == np.log(2)
    dX = network.backward(loss.backward(), need_dX=True)
    assert network.gradients.tolist() == [-0.25, 0, -0.5, 0, -1, 0, -0.25, 0, -0.5]     # dW1, dW2, db1, db2
    assert dX is not None and dX.tolist() == [[-0.25, -0.125]]

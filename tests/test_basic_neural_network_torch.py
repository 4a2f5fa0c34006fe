"""The same numbers through PyTorch: layers, losses, optimisers, schedules, and fifty steps of a whole training."""

import numpy as np
import pytest

from Basic_Neural_Network_From_Scratch import (
    SGD,
    Adam,
    AdamW,
    BatchNorm,
    BinaryCrossEntropy,
    Dense,
    MeanSquaredError,
    ReLU,
    RMSProp,
    Sequential,
    Sigmoid,
    SoftmaxCrossEntropy,
    Tanh,
    one_cycle,
    take_step,
)

torch = pytest.importorskip("torch")
RNG = np.random.default_rng


def twin(network):
    """The same network in PyTorch, with the same numbers.  Its Linear keeps W transposed."""
    modules = {ReLU: torch.nn.ReLU, Tanh: torch.nn.Tanh, Sigmoid: torch.nn.Sigmoid}
    layers = []
    for layer in network.layers:
        if not isinstance(layer, Dense):
            layers.append(modules[type(layer)]())
            continue
        linear = torch.nn.Linear(*layer.W.shape, dtype=torch.from_numpy(layer.W).dtype)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(layer.W.T.copy()))
            linear.bias.copy_(torch.from_numpy(layer.b.copy()))
        layers.append(linear)
    return torch.nn.Sequential(*layers)


def their_arrays(model, which=lambda p: p):
    """Their parameters (or gradients) in our order and orientation, flat."""
    linears = [module for module in model if isinstance(module, torch.nn.Linear)]
    matrices = [which(linear.weight).detach().numpy().T.ravel() for linear in linears]
    return np.concatenate(matrices + [which(linear.bias).detach().numpy() for linear in linears])


def a_network(outputs, dtype=np.float32):
    layers = [Dense(20), ReLU(), Dense(15), Tanh(), Dense(10), Sigmoid(), Dense(outputs, "glorot")]
    network = Sequential(layers).build((12,), RNG(0), dtype)
    network.parameters[network.matrices :] = RNG(1).standard_normal(network.parameters.size - network.matrices)
    return network


CASES = {
    "softmax": (5, SoftmaxCrossEntropy, lambda z, y: torch.nn.functional.cross_entropy(z, y)),
    "binary": (1, BinaryCrossEntropy,
               lambda z, y: torch.nn.functional.binary_cross_entropy_with_logits(z[:, 0], y.to(z.dtype))),
    "squared": (3, MeanSquaredError, lambda z, y: torch.nn.functional.mse_loss(z, y)),
}


def a_batch(case, n=16, dtype=np.float32, seed=2):
    rng = RNG(seed)
    X = rng.standard_normal((n, 12)).astype(dtype)
    y = {"softmax": rng.integers(0, 5, n), "binary": rng.integers(0, 2, n),
         "squared": rng.standard_normal((n, 3)).astype(dtype)}[case]
    return X, y


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-5), (np.float64, 1e-12)])
def test_values_and_gradients_are_pytorchs(case, dtype, tolerance):
    outputs, make_loss, their_loss = CASES[case]
    network, loss, (X, y) = a_network(outputs, dtype), make_loss(), a_batch(case, dtype=dtype)
    model, theirs_X = twin(network), torch.from_numpy(X).requires_grad_()

    ours = loss.forward(network.forward(X, training=True), y)
    dX = network.backward(loss.backward(), need_dX=True)
    theirs = their_loss(model(theirs_X), torch.from_numpy(y))
    theirs.backward()
    assert np.isclose(ours, theirs.item(), rtol=tolerance)
    assert np.allclose(dX, theirs_X.grad.numpy(), atol=tolerance)
    assert np.allclose(network.gradients, their_arrays(model, lambda p: p.grad), atol=tolerance)


OPTIMIZERS = {
    "sgd": (lambda: SGD(0.1), lambda p: torch.optim.SGD(p, 0.1)),
    "momentum": (lambda: SGD(0.05, 0.9), lambda p: torch.optim.SGD(p, 0.05, momentum=0.9)),
    "nesterov": (lambda: SGD(0.05, 0.9, nesterov=True), lambda p: torch.optim.SGD(p, 0.05, 0.9, nesterov=True)),
    "adam": (lambda: Adam(0.01, 0.8, 0.95, 1e-6), lambda p: torch.optim.Adam(p, 0.01, (0.8, 0.95), 1e-6)),
    "rmsprop": (lambda: RMSProp(0.005, 0.95, 1e-6), lambda p: torch.optim.RMSprop(p, 0.005, 0.95, 1e-6)),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_twenty_steps_of_an_optimiser_are_pytorchs(name):
    ours, theirs = OPTIMIZERS[name]
    rng = RNG(3)
    theta = rng.standard_normal(50)
    tensor = torch.from_numpy(theta.copy()).requires_grad_()
    our_optimizer, their_optimizer = ours(), theirs([tensor])
    for _ in range(20):
        g = rng.standard_normal(50)
        our_optimizer.step(theta, g)
        tensor.grad = torch.from_numpy(g.copy())
        their_optimizer.step()
        assert np.allclose(theta, tensor.detach().numpy(), rtol=1e-10, atol=1e-12)


def test_twenty_steps_of_adamw_are_pytorchs_with_two_groups_for_matrices_and_vectors():
    rng = RNG(4)
    theta = rng.standard_normal(50)
    weights, biases = (torch.from_numpy(part.copy()).requires_grad_() for part in (theta[:30], theta[30:]))
    theirs = torch.optim.AdamW([{"params": [weights], "weight_decay": 0.3}, {"params": [biases], "weight_decay": 0}],
                               0.01, (0.8, 0.95), 1e-6)
    ours = AdamW(0.01, 0.8, 0.95, 1e-6, weight_decay=0.3)
    for _ in range(20):
        g = rng.standard_normal(50)
        ours.step(theta, g, matrices=30)
        weights.grad, biases.grad = torch.from_numpy(g[:30].copy()), torch.from_numpy(g[30:].copy())
        theirs.step()
        both = np.concatenate([weights.detach().numpy(), biases.detach().numpy()])
        assert np.allclose(theta, both, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("shape", [(5,), (3, 4, 6)])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-5), (np.float64, 1e-12)])
def test_fifty_batches_through_batch_norm_are_pytorchs_with_its_running_statistics(shape, dtype, tolerance):
    layer = BatchNorm()
    layer.build(shape, RNG(0), dtype)
    kind = torch.nn.BatchNorm1d if len(shape) == 1 else torch.nn.BatchNorm2d
    theirs = kind(shape[0], dtype=torch.from_numpy(layer.g).dtype)
    layer.g[...] = RNG(1).uniform(0.5, 2, shape[0])
    with torch.no_grad():
        theirs.weight.copy_(torch.from_numpy(layer.g))
    for step in range(50):
        X, dY = RNG(step).normal(1, 2, (2, 6 + step % 3, *shape)).astype(dtype)
        tensor = torch.from_numpy(X).requires_grad_()
        output = theirs(tensor)
        theirs.zero_grad()
        output.backward(torch.from_numpy(dY))
        assert np.allclose(layer.forward(X, training=True), output.detach().numpy(), atol=tolerance)
        dX = layer.backward(dY)
        assert dX is not None and np.allclose(dX, tensor.grad.numpy(), atol=tolerance)
        assert np.allclose(layer.dg, theirs.weight.grad.numpy(), rtol=tolerance, atol=10 * tolerance)
        assert np.allclose(layer.db, theirs.bias.grad.numpy(), rtol=tolerance, atol=10 * tolerance)
        assert np.allclose(layer.running_mean, theirs.running_mean.numpy(), atol=tolerance)
        assert np.allclose(layer.running_variance, theirs.running_var.numpy(), rtol=tolerance)
    theirs.eval()
    assert np.allclose(layer.forward(X), theirs(torch.from_numpy(X)).detach().numpy(), atol=tolerance)


@pytest.mark.parametrize("steps", [10, 50, 101])
def test_one_cycle_is_pytorchs(steps):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], 1.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2.0, total_steps=steps)
    for step in range(steps):
        assert np.isclose(2.0 * one_cycle(step, steps), optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_fifty_steps_of_training_are_pytorchs_loss_by_loss(case, name):
    outputs, make_loss, their_loss = CASES[case]
    network = a_network(outputs, np.float64)
    model, loss = twin(network), make_loss()
    our_optimizer, their_optimizer = OPTIMIZERS[name][0](), OPTIMIZERS[name][1](model.parameters())
    for step in range(50):
        X, y = a_batch(case, n=8 + step % 3, dtype=np.float64, seed=step)
        their_optimizer.zero_grad()
        theirs = their_loss(model(torch.from_numpy(X)), torch.from_numpy(y))
        theirs.backward()
        their_optimizer.step()
        assert np.isclose(take_step(network, loss, our_optimizer, X, y), theirs.item(), rtol=1e-8), step
    assert np.allclose(network.parameters, their_arrays(model), atol=1e-7)

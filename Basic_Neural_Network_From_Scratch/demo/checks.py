"""The claims of chapter 5, for `python run_all.py check nn`."""

from collections.abc import Iterator

import numpy as np

from ai_from_scratch.claims import Claim, Gradient, Invariant, Layer, Loss, Reference, Twin
from Basic_Neural_Network_From_Scratch import (
    SGD,
    BatchNorm,
    BinaryCrossEntropy,
    Dense,
    Dropout,
    LeakyReLU,
    MeanSquaredError,
    MLPClassifier,
    Optimizer,
    ReLU,
    Sequential,
    Sigmoid,
    SoftmaxCrossEntropy,
    Tanh,
    TwoLayerNetwork,
    one_cycle,
    take_step,
    train_network,
)
from Basic_Neural_Network_From_Scratch.demo.checks_optimizers import OPTIMIZERS, steps, their_steps
from Basic_Neural_Network_From_Scratch.fast.data_parallel import Member

ALPHA, STEPS = 0.3, 50


def claims() -> Iterator[Claim]:
    rng = np.random.default_rng(0)
    X, images, s = rng.standard_normal((6, 5)), rng.standard_normal((4, 3, 2, 3)), rng.uniform(0.5, 2, 6)
    for layer in (Dense(4), ReLU(), LeakyReLU(0.1), Sigmoid(), Tanh(), BatchNorm(), Dropout(0.4)):
        yield Layer(type(layer), f"{layer}", layer, X)
    yield Layer(BatchNorm, "BatchNorm of images", BatchNorm(), images)

    y, binary = np.arange(6) % 4, np.arange(6) % 2
    logits, targets = rng.standard_normal((6, 4)), rng.standard_normal((6, 4))
    yield Loss(SoftmaxCrossEntropy, "SoftmaxCrossEntropy", SoftmaxCrossEntropy(), logits, (y,))
    yield Loss(SoftmaxCrossEntropy, "its weights", SoftmaxCrossEntropy([1, 2, 3, 4]), logits, (y, s))
    yield Loss(BinaryCrossEntropy, "BinaryCrossEntropy", BinaryCrossEntropy(), logits[:, :1], (binary,))
    yield Loss(BinaryCrossEntropy, "its weights, two classes", BinaryCrossEntropy([1, 3]), logits[:, :1], (binary, s))
    yield Loss(MeanSquaredError, "MeanSquaredError", MeanSquaredError(), logits, (targets,))
    yield Loss(MeanSquaredError, "its weights, four targets", MeanSquaredError(), logits, (targets, s))
    yield Reference(SoftmaxCrossEntropy, "weighted log loss", "sklearn.metrics",
                    lambda: {"loss": SoftmaxCrossEntropy().forward(logits, y, s)},
                    lambda their: {"loss": their.log_loss(y, SoftmaxCrossEntropy().predict(logits), sample_weight=s)})
    yield Reference(BinaryCrossEntropy, "weighted log loss, two classes", "sklearn.metrics",
                    lambda: {"loss": BinaryCrossEntropy().forward(logits[:, :1], binary, s)},
                    lambda their: {"loss": their.log_loss(binary, BinaryCrossEntropy().predict(logits[:, :1]),
                                                          sample_weight=s)})

    yield two_layers(X, binary)
    yield whole_network(Sequential, "Sequential", a_network(), X, y)
    yield penalised(X, y)
    yield Reference(Sequential, "values and gradients", "torch", lambda: passed(X, y),
                    lambda torch: their_pass(torch, X, y))
    for name, (ours, theirs) in OPTIMIZERS.items():
        yield Reference(type(ours()), f"20 steps of {name}", "torch", lambda ours=ours: steps(ours()),
                        lambda torch, theirs=theirs: their_steps(torch, theirs))
    for name in ("momentum", "Adam"):
        ours, theirs = OPTIMIZERS[name]
        yield Reference(train_network, f"{STEPS} steps of training with {name}", "torch",
                        lambda ours=ours: trained(ours(), X, y),
                        lambda torch, theirs=theirs: their_training(torch, theirs, X, y), 1e-8)
    yield Reference(one_cycle, "the one-cycle schedule", "torch",
                    lambda: {"factors": [one_cycle(step, 40) for step in range(40)]}, their_cycle)
    yield Reference(BatchNorm, "batches through BatchNorm", "torch", lambda: normalised(images),
                    lambda torch: their_normalised(torch, images))

    yield Twin(Sequential, "a batch in two parts", lambda: passed(X, y), lambda: in_parts(X, y))
    yield Invariant(SoftmaxCrossEntropy, "probabilities sum to 1",
                    lambda: SoftmaxCrossEntropy().predict(logits).sum(1) - 1)
    yield Invariant(Sequential, "permuted samples",
                    lambda: passed(X, y)["gradients"] - passed(X[::-1], y[::-1])["gradients"])
    yield Invariant(SoftmaxCrossEntropy, "weight 2 is two samples",
                    lambda: passed(X, y, [1, 1, 2, 1, 1, 1])["gradients"]
                    - passed(X[[0, 1, 2, 2, 3, 4, 5]], y[[0, 1, 2, 2, 3, 4, 5]])["gradients"])
    yield Invariant(train_network, "the loss falls on a fixed batch", lambda: rises(X, y))
    yield Invariant(MLPClassifier, "a seed repeats itself", lambda: repeated(X, y) - repeated(X, y))


def a_network() -> Sequential:
    layers = [Dense(6), Tanh(), Dense(5), Sigmoid(), Dense(4, "glorot")]
    return Sequential(layers).build((5,), np.random.default_rng(1), np.float64)


def whole_network(about, what, network, X, y) -> Gradient:
    """The gradient of the network's parameters (flat), and that of its input, through the softmax cross-entropy."""
    loss, X = SoftmaxCrossEntropy(), X.copy()

    def gradients():
        loss.forward(network.forward(X, training=True), y)
        dX = network.backward(loss.backward(), need_dX=True)
        return {"X": dX, "parameters": network.gradients}

    return Gradient(about, what, {"X": X, "parameters": network.parameters},
                    lambda: loss.forward(network.forward(X, training=True), y), gradients)


def two_layers(X, y) -> Gradient:
    network = TwoLayerNetwork(5, 4, rng=np.random.default_rng(2))

    arrays = {name: getattr(network, name) for name in ("W1", "b1", "W2", "b2")}

    def value():
        network.forward(X)
        return network.loss(y)

    def gradients():
        network.forward(X)
        network.backward(y)
        return {name: getattr(network, f"d{name}") for name in arrays}

    return Gradient(TwoLayerNetwork, "TwoLayerNetwork", arrays, value, gradients)


class Still(Optimizer):
    """An optimiser that changes no parameter; it only keeps the gradient."""

    def step(self, parameters, gradients, matrices=None):
        self.gradients = gradients.copy()


def penalised(X, y) -> Gradient:
    network, optimizer = a_network(), Still()

    def objective():
        return take_step(network, SoftmaxCrossEntropy(), optimizer, X, y, ALPHA)

    def gradients():
        objective()
        return {"parameters": optimizer.gradients}

    return Gradient(take_step, "the objective of a step, penalty included", {"parameters": network.parameters},
                    objective, gradients)


def passed(X, y, weights=None):
    network, loss = a_network(), SoftmaxCrossEntropy()
    value = loss.forward(network.forward(X, training=True), y, None if weights is None else np.array(weights, float))
    network.backward(loss.backward())
    return {"loss": value, "gradients": network.gradients}


def in_parts(X, y):
    network, total = a_network(), 0.0
    sums = np.zeros_like(network.gradients)
    for rows in (slice(0, 2), slice(2, None)):
        total += Member(network, SoftmaxCrossEntropy()).learn(X[rows], y[rows], len(X[rows]) / len(X))
        sums += network.gradients
    return {"loss": total, "gradients": sums}


class Theirs:
    """The same network in PyTorch: two flat tensors (matrices, vectors), from which the arrays of the layers are
    cut."""

    def __init__(self, torch):
        ours = a_network()
        self.torch, self.shapes = torch, [(5, 6), (6, 5), (5, 4)]
        self.w, self.b = (torch.from_numpy(part.copy()).requires_grad_()
                          for part in (ours.parameters[: ours.matrices], ours.parameters[ours.matrices :]))

    def loss(self, X, y):
        signal, first_weight, first_bias = self.torch.from_numpy(X.copy()), 0, 0
        for (inputs, outputs), function in zip(self.shapes, (self.torch.tanh, self.torch.sigmoid, None), strict=True):
            W = self.w[first_weight : first_weight + inputs * outputs].reshape(inputs, outputs)
            signal = signal @ W + self.b[first_bias : first_bias + outputs]
            signal = signal if function is None else function(signal)
            first_weight, first_bias = first_weight + inputs * outputs, first_bias + outputs
        return self.torch.nn.functional.cross_entropy(signal, self.torch.from_numpy(y.copy()))


def their_pass(torch, X, y):
    network = Theirs(torch)
    value = network.loss(X, y)
    value.backward()
    return {"loss": value.item(), "gradients": np.append(network.w.grad.numpy(), network.b.grad.numpy())}


def trained(optimizer, X, y):
    network = a_network()
    losses = [progress.loss for progress in train_network(
        network, SoftmaxCrossEntropy(), optimizer, X, y, epochs=STEPS // 2, batch_size=3, shuffle=False,
        rng=np.random.default_rng(0))]
    return {"losses": losses, "parameters": network.parameters}


def their_training(torch, make, X, y):
    network, losses = Theirs(torch), []
    optimizer = make(torch.optim, network.w, network.b)
    for step in range(STEPS):
        rows = slice(0, 3) if step % 2 == 0 else slice(3, 6)
        optimizer.zero_grad()
        loss = network.loss(X[rows], y[rows])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return {"losses": losses, "parameters": np.append(network.w.detach().numpy(), network.b.detach().numpy())}


def their_cycle(torch):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], 1.0)
    schedule, factors = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1.0, total_steps=40), []
    for _ in range(40):
        factors.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return {"factors": factors}


def normalised(images):
    layer = BatchNorm()
    layer.build(images.shape[1:], np.random.default_rng(0), np.float64)
    outputs = [layer.forward(images * scale + scale, training=True) for scale in (1.0, 2.0, 3.0)]
    return {"outputs": outputs, "mean": layer.running_mean, "variance": layer.running_variance,
            "prediction": layer.forward(images)}


def their_normalised(torch, images):
    layer, X = torch.nn.BatchNorm2d(images.shape[1], dtype=torch.float64), torch.from_numpy(images)
    outputs = [layer(X * scale + scale).detach().numpy() for scale in (1.0, 2.0, 3.0)]
    layer.eval()
    return {"outputs": outputs, "mean": layer.running_mean.numpy(), "variance": layer.running_var.numpy(),
            "prediction": layer(X).detach().numpy()}


def rises(X, y):
    losses = [progress.loss for progress in train_network(
        a_network(), SoftmaxCrossEntropy(), SGD(0.1), X, y, epochs=40, batch_size=6, rng=np.random.default_rng(0))]
    return np.maximum(np.diff(losses), 0)


def repeated(X, y):
    return MLPClassifier((4,), max_iter=3, tol=0.0, random_state=0).fit(X, y).predict_proba(X)

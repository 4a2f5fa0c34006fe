"""The network of the longer recipe: the classifier with batch normalisation, dropout and weight decay."""

import pickle
from functools import cache
from typing import Any

import numpy as np
import pytest
from test_cnn_classifier import bars

from ai_from_scratch.gradient_check import gradient_error, numerical_gradient
from Basic_Neural_Network_From_Scratch import BatchNorm, Dropout, Sequential, SoftmaxCrossEntropy, take_step
from CNN_From_Scratch import CNNClassifier, cnn_layers, explain, gradient, inference_layers
from CNN_From_Scratch.demo.demo import BEST_PARAMETERS

SIZE_LIMIT = "CNN_From_Scratch.classifier.LARGEST_PLAIN_SIZE"
pytestmark = pytest.mark.usefixtures("each_engine")

SMALL: dict[str, Any] = dict(
    filters=((4, 4), (6,)), kernel_size=3, hidden_layer_sizes=(8,), batch_norm=True, dropout=0.2, weight_decay=0.01,
    distortion=0.3, batch_size=32, max_iter=15, learning_rate_init=0.02, random_state=0)


@cache
def fitted_by(engine):
    return CNNClassifier(**SMALL, engine=engine).fit(*bars(300, np.random.default_rng(0), size=12))


@pytest.fixture
def fitted(each_engine):
    return fitted_by(each_engine)


def test_the_longer_recipe_is_the_network_that_the_page_names(each_engine):
    model = CNNClassifier(**{**BEST_PARAMETERS, "max_iter": 1})
    model.fit(np.random.default_rng(0).integers(0, 256, (20, 28, 28)).astype(np.uint8), np.arange(20) % 10)
    pooled = {("plain", F): [f"Conv2D({F}, 3)", "MaxPool2D(2)"] for F in (32, 64)}
    pooled |= {("fast", F): [f"ConvPool2D({F}, 3)"] for F in (32, 64)}
    assert [str(layer) for layer in model.network_.layers] == [
        "Rescale()",
        "Conv2D(32, 3)", "BatchNorm()", "ReLU()", *pooled[each_engine, 32], "BatchNorm()", "ReLU()",
        "Conv2D(64, 3)", "BatchNorm()", "ReLU()", *pooled[each_engine, 64], "BatchNorm()", "ReLU()",
        "Flatten()", "Dropout(0.3)", "Dense(128)", "ReLU()", "Dropout(0.3)", "Dense(10)"]


def test_without_the_new_parameters_nothing_stands_between_the_layers_and_no_weight_decays():
    layers = cnn_layers((4, (5, 6)), 3, "valid", (8,), 3)
    assert [str(layer) for layer in layers] == [
        "Rescale()", "Conv2D(4, 3)", "MaxPool2D(2)", "ReLU()", "Conv2D(5, 3)", "ReLU()", "Conv2D(6, 3)", "MaxPool2D(2)",
        "ReLU()", "Flatten()", "Dense(8)", "ReLU()", "Dense(3)"]


def test_it_reads_bars_that_it_never_saw(fitted):
    assert fitted.score(*bars(200, np.random.default_rng(1), size=12)) > 0.95


def test_the_same_seed_gives_the_same_weights_masks_included():
    X, y = bars(70, np.random.default_rng(2), size=12)
    first, same = (CNNClassifier(**{**SMALL, "max_iter": 2}).fit(X, y) for _ in range(2))
    for name, array in first.network_.named_arrays().items():
        np.testing.assert_array_equal(array, same.network_.named_arrays()[name], err_msg=name)


def test_weight_decay_shrinks_the_weights_and_leaves_biases_and_scales_alone():
    X, y = bars(32, np.random.default_rng(3), size=12)      # one batch: one step, the same masks and the same images
    plain, decayed = (CNNClassifier(**{**SMALL, "max_iter": 1, "weight_decay": decay}).fit(X, y).network_
                      for decay in (0.0, 5.0))
    m = plain.matrices
    np.testing.assert_array_equal(plain.parameters[m:], decayed.parameters[m:])
    start = CNNClassifier(**{**SMALL, "max_iter": 1})       # the weights before that step
    start.classes_ = np.unique(y)
    start._start(X[:, None])
    rate = 0.02                                             # one step is a whole cycle: the full learning rate
    np.testing.assert_allclose(plain.parameters[:m] - decayed.parameters[:m],
                               rate * 5.0 * start.network_.parameters[:m], rtol=1e-3, atol=1e-6)


def test_a_copy_by_pickle_and_one_by_state_predict_the_same_running_statistics_and_all(fitted):
    X, y = bars(40, np.random.default_rng(4), size=12)
    arrays, about = fitted.state()
    assert {f"batchnorm_1.{name}" for name in ("running_mean", "running_variance", "g", "b")} <= arrays.keys()
    assert (arrays["batchnorm_1.running_mean"] != 0).all() and (arrays["batchnorm_1.running_variance"] != 1).all()
    for copy in (pickle.loads(pickle.dumps(fitted)), CNNClassifier.from_state(arrays, about)):
        np.testing.assert_array_equal(copy.predict_proba(X), fitted.predict_proba(X))
        before = {name: array.copy() for name, array in copy.network_.named_arrays().items()}
        copy.partial_fit(X, y)
        moved = {name for name, array in copy.network_.named_arrays().items() if (array != before[name]).any()}
        assert {"convolution_1.K", "batchnorm_1.g", "batchnorm_1.running_mean", "batchnorm_1.running_variance"} <= moved
    with pytest.raises(ValueError, match=r"batchnorm_1\.running_mean is missing"):
        CNNClassifier.from_state({name: a for name, a in arrays.items() if name != "batchnorm_1.running_mean"}, about)


def test_prediction_does_not_depend_on_the_batch_nor_on_a_mask_and_moves_no_statistic(fitted):
    X, _ = bars(30, np.random.default_rng(5), size=12)
    before = {name: array.copy() for name, array in fitted.network_.named_arrays().items()}
    together = fitted.decision_function(X)
    np.testing.assert_allclose(np.concatenate([fitted.decision_function(x[None]) for x in X]), together, atol=1e-4)
    for name, array in fitted.network_.named_arrays().items():
        np.testing.assert_array_equal(array, before[name], err_msg=name)


@pytest.mark.slow
def test_the_whole_network_has_the_measured_gradient():
    rng = np.random.default_rng(6)
    layers = cnn_layers(((2, 3), (3,)), 3, "same", (5,), 3, batch_norm=True, dropout=0.3)
    network, loss = Sequential(layers).build((1, 8, 8), rng, np.float64), SoftmaxCrossEntropy()
    network.parameters += rng.normal(0, 0.1, network.parameters.shape)
    X, y = rng.standard_normal((4, 1, 8, 8)), np.array([0, 1, 2, 1])
    drops = [layer for layer in layers if isinstance(layer, Dropout)]
    assert len(drops) == 2

    def f():
        for seed, layer in enumerate(drops):                # the same masks each time
            layer.rng = np.random.default_rng(seed)
        return loss.forward(network.forward(X, training=True), y)

    f()
    dX = network.backward(loss.backward(), need_dX=True)
    gradients = network.gradients.copy()
    assert gradient_error(gradients, numerical_gradient(f, network.parameters)) < 1e-6
    assert gradient_error(dX, numerical_gradient(f, X)) < 1e-6


def test_at_rest_the_layers_say_what_prediction_says_and_their_gradient_is_that_of_the_logit():
    rng = np.random.default_rng(7)
    layers = cnn_layers(((2, 3),), 3, "valid", (5,), 3, batch_norm=True, dropout=0.3)
    network = Sequential(layers).build((1, 8, 8), rng, np.float64)
    for layer in layers:
        if isinstance(layer, BatchNorm):
            layer.g[...], layer.b[...] = rng.normal(1, 0.5, layer.g.shape), rng.normal(0, 0.5, layer.b.shape)
            layer.running_mean[...] = rng.normal(0, 0.5, layer.g.shape)
            layer.running_variance[...] = rng.uniform(0.5, 2, layer.g.shape)
    X = rng.standard_normal((3, 1, 8, 8))
    resting = X
    for layer in inference_layers(layers):
        resting = layer.forward(resting, training=True)
    np.testing.assert_allclose(resting, network.forward(X), atol=1e-12)
    slope = numerical_gradient(lambda x: network.forward(x)[0, 2], X[:1].copy())
    assert gradient_error(gradient(network, X[0], 2), slope[0]) < 1e-6


def test_saliency_draws_no_mask_and_moves_no_statistic(fitted):
    X, _ = bars(1, np.random.default_rng(8), size=12)
    before = {name: array.copy() for name, array in fitted.network_.named_arrays().items()}
    first, again = (explain(fitted.network_, X[0], rng=np.random.default_rng(0)) for _ in range(2))
    for one, other in zip(first[3:], again[3:], strict=True):
        np.testing.assert_array_equal(one, other)
    for name, array in fitted.network_.named_arrays().items():
        np.testing.assert_array_equal(array, before[name], err_msg=name)


def test_old_names_of_a_layer_that_is_missing_are_refused(fitted):
    arrays, about = fitted.state()
    places = {role: place for place, role in enumerate(dict.fromkeys(name.split(".")[0] for name in arrays))}
    old = {f"{places[role]}.{rest}": array for (role, rest), array in
           ((name.split(".", 1), array) for name, array in arrays.items())}
    np.testing.assert_array_equal(CNNClassifier.from_state(old, about).network_.parameters, fitted.network_.parameters)
    last = f"{max(places.values())}."
    with pytest.raises(ValueError, match=r"dense_2\.W is missing"):
        CNNClassifier.from_state({name: a for name, a in old.items() if not name.startswith(last)}, about)


@pytest.mark.parametrize(("name", "value"), [("dropout", 1.0), ("dropout", -0.1), ("weight_decay", -1.0)])
def test_shares_that_make_no_sense_are_refused_by_name(name, value):
    with pytest.raises(ValueError, match=f"{name}.*{value}"):
        CNNClassifier(**{**SMALL, name: value}).fit(*bars(8, np.random.default_rng(9), size=12))


def test_twenty_steps_are_pytorchs():
    torch = pytest.importorskip("torch")
    from Basic_Neural_Network_From_Scratch import AdamW

    rng = np.random.default_rng(11)
    layers = cnn_layers(((4, 4), (6,)), 3, "valid", (16,), 10, batch_norm=True)    # no mask can be shared
    # In float64: a bias in front of a BatchNorm has the gradient 0, and Adam takes what rounding makes of that for one.
    ours = Sequential(layers).build((1, 16, 16), rng, np.float64)
    nn = torch.nn
    theirs = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.MaxPool2d(2), nn.BatchNorm2d(4),
        nn.ReLU(), nn.Conv2d(4, 6, 3), nn.MaxPool2d(2), nn.BatchNorm2d(6), nn.ReLU(), nn.Flatten(), nn.Linear(24, 16),
        nn.ReLU(), nn.Linear(16, 10)).double()
    mine = [[parameter for _, parameter, _ in layer.parameters()] for layer in ours.layers if layer.trainable]
    modules = [module for module in theirs if list(module.parameters())]
    for (first, second), module in zip(mine, modules, strict=True):
        module.weight.data = torch.from_numpy(first.T.copy() if first.ndim == 2 else first.copy())
        module.bias.data = torch.from_numpy(second.copy())
    decaying = [module.weight for module in modules if module.weight.ndim > 1]
    others = [p for p in theirs.parameters() if all(p is not weight for weight in decaying)]
    optimizer = AdamW(1e-3, weight_decay=0.1)
    their_optimizer = torch.optim.AdamW([{"params": decaying, "weight_decay": 0.1},
                                         {"params": others, "weight_decay": 0.0}], 1e-3)
    X, y = rng.standard_normal((200, 1, 16, 16)), rng.integers(0, 10, 200)
    for step in range(20):
        rows = np.arange(32 * step, 32 * step + (32 if step % 5 else 7)) % 200
        their_optimizer.zero_grad()
        their_loss = nn.functional.cross_entropy(theirs(torch.from_numpy(X[rows])), torch.from_numpy(y[rows]))
        their_loss.backward()
        their_optimizer.step()
        assert take_step(ours, SoftmaxCrossEntropy(), optimizer, X[rows], y[rows]) == pytest.approx(
            their_loss.item(), rel=1e-7), step
    theirs.eval()
    np.testing.assert_allclose(ours.predict(X), theirs(torch.from_numpy(X)).detach().numpy(), rtol=1e-6, atol=1e-6)

"""What the parts of the chapters do with impossible numbers: they refuse them in words, at once."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ai_from_scratch.estimator.rules import Checked, ParameterError, positive, whole
from Basic_Neural_Network_From_Scratch import (
    SGD,
    Adam,
    AdamW,
    BatchNorm,
    Dense,
    Dropout,
    LeakyReLU,
    MLPClassifier,
    RMSProp,
    Sequential,
    SoftmaxCrossEntropy,
    TwoLayerNetwork,
    hold_back,
    train_network,
)
from CNN_From_Scratch import (
    CNN,
    AveragePool2D,
    CNNClassifier,
    Conv2D,
    MaxPool2D,
    cnn_layers,
    occlusion,
    random_distortion,
    smooth_grad,
)
from CNN_From_Scratch.fast.convolution_pool import ConvPool2D
from KNN_From_Scratch import KDTree
from KNN_From_Scratch.metrics import find_metric
from Logistic_Regression_From_Scratch import gradient_descent
from RNN_From_Scratch import GRU, LSTM, CharRNN, Embedding, Recurrence, probabilities

NAN, INF = float("nan"), float("inf")
X, Y = np.random.default_rng(0).normal(size=(6, 4)), np.array([0, 1, 0, 1, 0, 1])
IMAGES = np.random.default_rng(1).normal(size=(2, 1, 8, 8))


def fresh() -> np.random.Generator:
    return np.random.default_rng(0)


def trained(**settings: Any) -> None:
    network = Sequential([Dense(2)]).build((4,), fresh())
    usual: dict[str, Any] = {"epochs": 1, "batch_size": 2, "rng": fresh()}
    list(train_network(network, SoftmaxCrossEntropy(), SGD(), X, Y, **usual | settings))


def network() -> CNN:
    return CNN(cnn_layers((2,), 3, outputs=2)).build((1, 8, 8), fresh())


def euclidean(block: Any, *values: Any) -> Any:
    return block(X, find_metric("euclidean"), *values)


@pytest.mark.parametrize("optimizer", [SGD, RMSProp, Adam, AdamW])
@pytest.mark.parametrize("rate", [NAN, INF, -1, 0, "0.1", None, True])
def test_an_optimiser_takes_a_positive_learning_rate_and_nothing_else(optimizer, rate):
    with pytest.raises(ParameterError, match=f"'learning_rate' parameter of {optimizer.__name__} must be a float in"):
        optimizer(rate)


@pytest.mark.parametrize(("make", "name"), [
    (lambda: SGD(momentum=2), "momentum"), (lambda: SGD(nesterov="no"), "nesterov"),    # type: ignore[arg-type]
    (lambda: RMSProp(decay=NAN), "decay"), (lambda: RMSProp(epsilon=0), "epsilon"), (lambda: Adam(beta1=1), "beta1"),
    (lambda: Adam(beta2=-0.1), "beta2"), (lambda: AdamW(weight_decay=-1), "weight_decay"),
    (lambda: Dense(0, "he"), "outputs"), (lambda: Dense(-1), "outputs"),
    (lambda: Dense(3, np.zeros(2)), "initialisation"),                                  # type: ignore[arg-type]
    (lambda: Dense(2.5), "outputs"),                                                   # type: ignore[arg-type]
    (lambda: LeakyReLU(NAN), "slope"), (lambda: Dropout(NAN), "p"), (lambda: BatchNorm(NAN), "momentum"),
    (lambda: BatchNorm(0.1, NAN), "epsilon"),
    (lambda: Conv2D(0, 3), "filters"), (lambda: Conv2D(3, 0), "kernel_size"), (lambda: Conv2D(3, 3, 0), "stride"),
    (lambda: Conv2D(3, 3, 1, -1), "padding"), (lambda: Conv2D(3, 3, gain=NAN), "gain"),
    (lambda: ConvPool2D(0, 3), "filters"), (lambda: MaxPool2D(0), "size"), (lambda: AveragePool2D(2, -1), "stride"),
    (lambda: cnn_layers((2, 0)), "filters"), (lambda: cnn_layers((2,), outputs=0), "outputs"),
    (lambda: Recurrence(1), "dropout"), (lambda: LSTM(0, NAN), "gain"), (lambda: GRU(-0.1), "dropout"),
    (lambda: Embedding(0), "units"),
    (lambda: trained(epochs=0), "epochs"), (lambda: trained(batch_size=0), "batch_size"),
    (lambda: trained(batch_size=-3), "batch_size"), (lambda: trained(alpha=NAN), "alpha"),
    (lambda: trained(workers=0), "workers"),
    (lambda: list(TwoLayerNetwork(4, 3, rng=fresh()).training(X, Y, NAN)), "learning_rate"),
    (lambda: list(TwoLayerNetwork(4, 3, rng=fresh()).training(X, Y, 1.0, 0)), "steps"),
    (lambda: smooth_grad(network(), IMAGES[0], rng=fresh(), samples=0), "samples"),
    (lambda: smooth_grad(network(), IMAGES[0], rng=fresh(), noise=NAN), "noise"),
    (lambda: occlusion(network(), IMAGES[0], size=0), "size"),
    (lambda: random_distortion(IMAGES, fresh(), wave=NAN), "wave"),
    (lambda: random_distortion(IMAGES, fresh(), degrees=INF), "degrees"),
    (lambda: euclidean(KDTree, 0), "leaf_size"), (lambda: euclidean(KDTree).query(X, 0), "k"),
    (lambda: euclidean(KDTree).query(X, 7), "k"),
    (lambda: find_metric("hamming"), "name"), (lambda: find_metric("minkowski", NAN), "p"),
    (lambda: list(gradient_descent(lambda W, b: (0.0, W, b), X[:1], X[0, :1], learning_rate=NAN, tol=0.1, max_iter=2)),
     "learning_rate"),
])
def test_a_part_names_the_number_that_is_impossible(make: Callable[[], Any], name):
    with pytest.raises(ParameterError, match=rf"The '{name}\w*' parameter of .* must be .* Got "):
        make()


@pytest.mark.parametrize(("make", "words"), [
    (lambda: Dense(3).build((0,), fresh()), r"at least one input and one output, got the shape \(0, 3\)"),
    (lambda: TwoLayerNetwork(0, 3, rng=fresh()), r"got the shape \(0, 3\)"),
    (lambda: TwoLayerNetwork(3, -1, rng=fresh()), r"got the shape \(3, -1\)"),
    (lambda: hold_back(5, NAN, fresh()), "share of nan of 5"), (lambda: hold_back(5, -1, fresh()), "share of -1 of 5"),
    (lambda: probabilities(X[0], -1), "temperature is 0 or above"), (lambda: probabilities(X[0], NAN), "got nan and 1"),
    (lambda: probabilities(X[0], 1, 0), "top_p above 0"), (lambda: probabilities(X[0], 1, NAN), "got 1 and nan"),
    (lambda: KDTree(X, find_metric("cosine")), "no bound for the metric 'cosine': use BruteForce"),
])
def test_a_part_without_a_table_of_rules_also_says_what_it_takes(make: Callable[[], Any], words):
    with pytest.raises(ValueError, match=words):
        make()


class Half(Checked, share=positive):
    def __init__(self, share=0.5):
        self.share = share


class Third(Half, parts=whole(1)):
    def __init__(self, share=0.3, parts=3):
        super().__init__(share)
        self.parts = parts


class Quarter(Third):
    pass


def test_a_class_also_keeps_the_rules_of_the_classes_that_it_is_made_from():
    for kind in (Third, Quarter):
        with pytest.raises(ParameterError, match=f"'share' parameter of {kind.__name__}"):
            kind(share=0)
        with pytest.raises(ParameterError, match=f"'parts' parameter of {kind.__name__} must be an int >= 1. Got 0"):
            kind(parts=0)
    assert Half().share == 0.5 and not hasattr(Half(), "parts")


@pytest.mark.parametrize("block", [Adam(0.01, epsilon=1e-6), Conv2D(3, 2), LSTM(0.25)])
def test_a_checked_part_can_still_be_copied_and_pickled(block):
    for other in (copy.deepcopy(block), pickle.loads(pickle.dumps(block))):
        assert vars(other).keys() == vars(block).keys()


@pytest.mark.parametrize("model", [MLPClassifier, CNNClassifier, CharRNN])
def test_a_number_as_learning_rate_of_a_network_is_answered_with_the_parameter_that_takes_it(model):
    with pytest.raises(ParameterError, match=r"Got 0\.3 instead\. Try learning_rate_init=0\.3\.$") as refused:
        model(learning_rate=0.3).fit(None, None)
    assert refused.value.instead == "learning_rate_init=0.3"
    with pytest.raises(ParameterError, match=r"Got -1 instead\.$"):
        model(learning_rate=-1).fit(None, None)

"""When training ends in numbers that are not finite: which step, which layer, which array, and what to try."""

import copy

import numpy as np

from Basic_Neural_Network_From_Scratch.network import Sequential


def explain(
    network: Sequential, X: np.ndarray, step: int, epoch: int, objective: float, learning_rate: float
) -> str:
    """The message of a DivergenceError, for the batch X (N, *input) on which it was noticed."""
    largest = float(np.abs(network.parameters[np.isfinite(network.parameters)]).max(initial=0))
    return (
        f"Training diverged at step {step} (epoch {epoch}): the loss is {objective:.3g}. First to overflow: "
        f"{first_overflow(network, X)}. The learning rate was {learning_rate:.3g}, the largest finite weight "
        f"{largest:.3g}. Try a learning rate of {learning_rate / 10:.1g}, and inputs with mean 0 and spread 1."
    )


def first_overflow(network: Sequential, X: np.ndarray) -> str:
    """Follow the batch through the layers to the first array with a number that is not finite."""
    if not np.isfinite(X).all():
        return "the input itself"
    layers = copy.deepcopy(network.layers)                      # a training forward may change running statistics
    for index, layer in enumerate(layers):
        for name, parameter, _ in layer.parameters():
            if not np.isfinite(parameter).all():
                return f"layer {index}, {layer}, its {name}"
        X = layer.forward(X, training=True)
        if not np.isfinite(X).all():
            return f"layer {index}, {layer}, its output"
    return "the loss of finite logits"

"""Chapter 5, the basic neural network.

In reading order: layers, dropout, batch_norm, losses, optimizers, parameters (one flat array), network, schedules,
training, divergence, early_stopping, perceptron, basic_neural_network, demo.
"""

from Basic_Neural_Network_From_Scratch.basic_neural_network import MLPClassifier, MLPRegressor
from Basic_Neural_Network_From_Scratch.batch_norm import BatchNorm
from Basic_Neural_Network_From_Scratch.dropout import Dropout
from Basic_Neural_Network_From_Scratch.early_stopping import EarlyStopping
from Basic_Neural_Network_From_Scratch.layers import (
    Dense,
    Layer,
    LeakyReLU,
    ReLU,
    Sigmoid,
    Tanh,
    initial_weights,
    sigmoid,
)
from Basic_Neural_Network_From_Scratch.losses import BinaryCrossEntropy, Loss, MeanSquaredError, SoftmaxCrossEntropy
from Basic_Neural_Network_From_Scratch.network import Sequential
from Basic_Neural_Network_From_Scratch.optimizers import SGD, Adam, AdamW, Optimizer, RMSProp
from Basic_Neural_Network_From_Scratch.parameters import Flat, bind
from Basic_Neural_Network_From_Scratch.schedules import (
    SCHEDULES,
    Schedule,
    constant,
    cosine,
    one_cycle,
    schedule_named,
    stepwise,
)
from Basic_Neural_Network_From_Scratch.training import Augment, mini_batches, take_step, train_network

__all__ = [
    "SCHEDULES",
    "SGD",
    "Adam",
    "AdamW",
    "Augment",
    "BatchNorm",
    "BinaryCrossEntropy",
    "Dense",
    "Dropout",
    "EarlyStopping",
    "Flat",
    "Layer",
    "LeakyReLU",
    "Loss",
    "MLPClassifier",
    "MLPRegressor",
    "MeanSquaredError",
    "Optimizer",
    "RMSProp",
    "ReLU",
    "Schedule",
    "Sequential",
    "Sigmoid",
    "SoftmaxCrossEntropy",
    "Tanh",
    "bind",
    "constant",
    "cosine",
    "initial_weights",
    "mini_batches",
    "one_cycle",
    "schedule_named",
    "sigmoid",
    "stepwise",
    "take_step",
    "train_network",
]

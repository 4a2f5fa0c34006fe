"""Chapter 5, the basic neural network.

In reading order:
    basic_neural_network    a whole network in one file: two layers, their gradients, gradient descent
    layers                  Dense and the activations, each with its derivative
    losses                  cross-entropies and the squared error, each with its gradient
    optimizers              SGD, RMSProp, Adam, AdamW
    network                 the chain rule as a loop
    training                mini-batches, one update, the loop, the epochs
    schedules               how the learning rate changes
    early_stopping          when to stop, and the best parameters
    mlp                     MLPClassifier and MLPRegressor
    dropout, batch_norm     two layers for training only

diagnosis/ explains a failed training and prints a network as a table; fast/ shares a batch among processes.
"""

from ai_from_scratch.estimator.flat import Flat, bind
from Basic_Neural_Network_From_Scratch.basic_neural_network import TwoLayerNetwork
from Basic_Neural_Network_From_Scratch.batch_norm import BatchNorm
from Basic_Neural_Network_From_Scratch.dropout import Dropout
from Basic_Neural_Network_From_Scratch.early_stopping import EarlyStopping, hold_back
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
from Basic_Neural_Network_From_Scratch.mlp import MLPClassifier, MLPRegressor
from Basic_Neural_Network_From_Scratch.network import Sequential
from Basic_Neural_Network_From_Scratch.optimizers import SGD, Adam, AdamW, Optimizer, RMSProp
from Basic_Neural_Network_From_Scratch.schedules import SCHEDULES, cosine, one_cycle, schedule_named, stepwise
from Basic_Neural_Network_From_Scratch.training import (
    Augment,
    Schedule,
    constant,
    mini_batches,
    take_step,
    train_epochs,
    train_network,
)

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
    "TwoLayerNetwork",
    "bind",
    "constant",
    "cosine",
    "hold_back",
    "initial_weights",
    "mini_batches",
    "one_cycle",
    "schedule_named",
    "sigmoid",
    "stepwise",
    "take_step",
    "train_epochs",
    "train_network",
]

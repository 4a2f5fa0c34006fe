"""Checks the units of each layer on some training rows: which share of them is dead, saturated, or equal to the others.

The check makes one forward and one backward pass through a copy of the network; the training is not changed.
"""

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np

from ai_from_scratch.estimator.checks import check_labels, label_codes
from ai_from_scratch.estimator.data_evidence import every_kth
from ai_from_scratch.estimator.images import as_images
from Basic_Neural_Network_From_Scratch.layers import Dense, ReLU, Sigmoid, Tanh
from Basic_Neural_Network_From_Scratch.losses import SoftmaxCrossEntropy

ROWS_TO_LOOK_AT = 512
NEAR_THE_END = 0.99             # where |tanh| is above this, its slope is below 2 %


def unit_evidence(model: Any, X: Any, y: Any) -> Iterator[tuple[str, str, float, int]]:
    """For each finding: the layer, "dead", "saturated" or "symmetric", the share of its units, and how many it has. A
    channel of images counts as a unit."""
    network, loss = copy.deepcopy(model.network_), getattr(model, "_loss", SoftmaxCrossEntropy)()
    X, y = rows_to_look_at(model, X, y)
    loss.forward(network.forward(X, training=True), y)
    network.backward(loss.backward())
    for index, layer in enumerate(network.layers[:-1]):
        if isinstance(layer, Dense):
            equal = equal_columns(layer.W) and equal_columns(layer.dW)
            yield f"layer {index}, {layer!r}", "symmetric", float(equal), layer.W.shape[1]
        output, axis = getattr(layer, "Y", None), 1
        if not isinstance(layer, ReLU | Sigmoid | Tanh):
            output, axis = getattr(layer, "h", None), -1                # of a recurrent cell: (T, N, H)
        if output is None:
            continue
        name = f"layer {index}, {layer!r}"
        Y = np.moveaxis(output, axis, -1).reshape(-1, output.shape[axis])           # (rows, units)
        if isinstance(layer, ReLU):
            yield name, "dead", float((Y <= 0).all(axis=0).mean()), Y.shape[1]
        else:
            distance = np.abs(2 * Y - 1) if isinstance(layer, Sigmoid) else np.abs(Y)
            yield name, "saturated", float(((distance > NEAR_THE_END).mean(axis=0) > 0.95).mean()), Y.shape[1]


def rows_to_look_at(model: Any, X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    """At most 512 rows in the form that the network needs, and their targets in the form that the loss needs."""
    if isinstance(X, str):
        return characters_to_look_at(model.vocabulary_.encode(X[: ROWS_TO_LOOK_AT + 1]), model.chunk)
    X, y = every_kth(X, ROWS_TO_LOOK_AT), np.asarray(every_kth(y, ROWS_TO_LOOK_AT))
    X = as_images(X, model.image_shape_) if hasattr(model, "image_shape_") else model._check_predict(X)
    if hasattr(model, "classes_"):
        y = label_codes(check_labels(y), model.classes_)
    else:
        y = y.astype(np.float64).reshape(len(y), -1)                    # (n, O)
    return X.astype(model.network_.dtype), y


def characters_to_look_at(codes: np.ndarray, chunk: int) -> tuple[np.ndarray, np.ndarray]:
    """The codes (n,) as x (T, N), chunks of T characters side by side, and the character after each of them (T·N,)."""
    T = min(chunk, len(codes) - 1)
    N = (len(codes) - 1) // T
    return codes[: N * T].reshape(N, T).T, codes[1 : N * T + 1].reshape(N, T).T.ravel()


def equal_columns(array: np.ndarray) -> bool:                           # (I, O), one column for each unit
    """True if all units are equal, up to the rounding of a product."""
    if array.shape[1] < 2:
        return False
    return bool(np.abs(array - array[:, :1]).max() <= 1e-4 * np.abs(array).max())

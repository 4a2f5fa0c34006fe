"""What the units of each layer do on the last mini-batch: none of them, or nearly none, may be of any use.

Nothing is computed anew: after a training step the layers hold their outputs and their gradients.
"""

from collections.abc import Iterator

import numpy as np

from Basic_Neural_Network_From_Scratch.layers import Dense, ReLU, Sigmoid, Tanh
from Basic_Neural_Network_From_Scratch.network import Sequential

ROWS_TO_LOOK_AT = 512
ROWS_TO_JUDGE = 16              # fewer say nothing: a healthy ReLU is 0 for half of the rows
NEAR_THE_END = 0.99             # |tanh| above this has a slope below 2 %


def unit_evidence(network: Sequential) -> Iterator[tuple[str, str, float]]:
    """(layer, "dead", "saturated" or "symmetric", share of its units); a channel of images is a unit."""
    *hidden, _ = network.layers
    for index, layer in enumerate(hidden):
        name = f"layer {index}, {layer!r}"
        if isinstance(layer, Dense):
            yield name, "symmetric", float(equal_columns(layer.W) and equal_columns(layer.dW))
        output, axis = getattr(layer, "Y", None), 1
        if not isinstance(layer, ReLU | Sigmoid | Tanh):
            output, axis = getattr(layer, "h", None), -1                # of a recurrent cell: (T, B, H)
        if output is None or output.size == 0:
            continue
        Y = np.moveaxis(output, axis, -1).reshape(-1, output.shape[axis])
        Y = Y[:: -(-len(Y) // ROWS_TO_LOOK_AT)].astype(np.float64)      # (rows, units), at most so many
        if len(Y) < ROWS_TO_JUDGE:
            continue
        if isinstance(layer, ReLU):
            yield name, "dead", float((Y <= 0).all(axis=0).mean())
        else:
            distance = np.abs(2 * Y - 1) if isinstance(layer, Sigmoid) else np.abs(Y)
            yield name, "saturated", float(((distance > NEAR_THE_END).mean(axis=0) > 0.95).mean())


def equal_columns(array: np.ndarray) -> bool:                           # (I, O), one column for each unit
    """Whether all units are the same, up to the rounding of a product."""
    if array.shape[1] < 2:
        return False
    return bool(np.abs(array - array[:, :1]).max() <= 1e-4 * np.abs(array).max())

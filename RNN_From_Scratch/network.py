"""The network: it reads characters, and after each one it gives the logits of the next.

    x → Embedding → cell → Dropout  ( → Dense → cell → Dropout, for each further layer )  → Dense → logits

The state is an argument and a result: a text is read in pieces (chunks in training, single characters in generation),
and the state is carried along.  The state is one array (L, S, N, H): state[-1, 0] is the last layer's h.

    T characters   N streams   V in the alphabet   H units   G gates   L layers   S arrays in a state: 1, or 2 (LSTM)
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from Basic_Neural_Network_From_Scratch import Dense, Dropout, Layer, Sequential, SoftmaxCrossEntropy
from RNN_From_Scratch.cell import Cell
from RNN_From_Scratch.gru import GRU
from RNN_From_Scratch.lstm import LSTM
from RNN_From_Scratch.rnn import Embedding, Recurrence

CELLS: dict[str, type[Cell]] = {"rnn": Recurrence, "lstm": LSTM, "gru": GRU}


class CharNetwork(Sequential):
    """Logits of the next character, for V characters and `layers` recurrent layers of H units each.

    The arrays have the formulas' names, b_y as c:  h(t) = tanh(W_xh[x(t)] + b + h(t−1) W_hh)   logits = h(t) W_hy + b_y
    A second layer has W_xh_2, W_hh_2, b_2, and so on.  dropout: of recurrent weights; layer_dropout: of outputs.
    """

    def __init__(self, V: int, H: int, *, rng: np.random.Generator, layers: int = 1, cell: str = "rnn",
                 dropout: float = 0.0, layer_dropout: float = 0.0, dtype=np.float32) -> None:
        self.units, self.cell, self.rng = H, cell, rng
        GH = len(CELLS[cell].initial_biases) * H
        self.embedding, self.output = Embedding(GH), Dense(V, "glorot")
        self.inputs: list[Layer] = [self.embedding, *(Dense(GH, "glorot") for _ in range(layers - 1))]
        self.cells = [CELLS[cell](dropout) for _ in range(layers)]
        self.levels = list(zip(self.inputs, self.cells, strict=True))
        super().__init__([layer for level in self.levels for layer in level] + [self.output])
        self.build((V,), rng, dtype)
        for below, its_cell in self.levels:
            below.b[...] = np.repeat(its_cell.initial_biases, H)             # type: ignore[attr-defined]
        self.drops = [Dropout(layer_dropout) for _ in range(layers if layer_dropout else 0)]
        for drop in self.drops:
            drop.rng = rng                               # one generator for all layers, so that a checkpoint holds it

    def start(self, N: int = 1) -> np.ndarray:                           # (L, S, N, H) before the first character
        return np.zeros((len(self.cells), self.cells[0].arrays_in_state, N, self.units), self.dtype)

    def read(self, x: np.ndarray, state: np.ndarray | None = None,
             training: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """Reads x (T, N) from a state (L, S, N, H): the last layer's h at each time (T, N, H), and the last state."""
        T, N = x.shape
        signal, last_state = x, self.start(N)
        for i, (below, cell) in enumerate(self.levels):
            z = below.forward(signal if i == 0 else signal.reshape(T * N, self.units), training)
            z = z.reshape(T, N, z.shape[-1])                                         # (T, N, GH)  T may be 0
            signal = cell.forward(z, training, None if state is None else state[i])  # (T, N, H)
            last_state[i] = cell.last_state
            if self.drops:
                signal = self.drops[i].forward(signal, training)
        return signal, last_state

    def forward(self, x: np.ndarray, state: np.ndarray | None = None,     # type: ignore[override]
                training: bool = False) -> np.ndarray:
        """The logits (T·N, V), T major, of the character after each x (T, N).  `last_state` is the state after x."""
        h, self.last_state = self.read(x, state, training)               # (T, N, H), (L, S, N, H)
        return self.output.forward(h.reshape(-1, self.units), training)

    def backward(self, dlogits: np.ndarray, need_dX: bool = False) -> None:          # (T·N, V)
        """Computes `gradients`, and `dstate` (L, S, N, H), the gradient of the state before x."""
        T, N = self.embedding.x.shape
        dY: Any = self.output.backward(dlogits)                          # (T·N, H)
        for i, (below, cell) in reversed(list(enumerate(self.levels))):
            if self.drops:
                dY = self.drops[i].backward(dY.reshape(T, N, self.units))
            dz: Any = cell.backward(dY.reshape(T, N, self.units))        # (T, N, GH)
            dY = below.backward(dz.reshape(T * N, -1))                   # (T·N, H), None below the first
        self.dstate = np.stack([cell.dstate for cell in self.cells])

    def named_arrays(self, prefix: str = "") -> dict[str, np.ndarray]:
        """The arrays that have to be saved, under the names of the formulas; as views.  prefix "d": their gradients."""
        owners: dict[str, tuple[Layer, str]] = {"W_hy": (self.output, "W"), "c": (self.output, "b")}
        for i, (below, cell) in enumerate(self.levels):
            number = f"_{i + 1}" if i else ""
            owners |= {f"W_xh{number}": (below, below.trainable[0]), f"b{number}": (below, "b")}
            owners |= {name + number: (cell, name) for name in cell.trainable}
        return {name: getattr(layer, prefix + attribute) for name, (layer, attribute) in owners.items()}

    def load_arrays(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Copies saved arrays of any float dtype.  ValueError, and nothing is changed, if one does not fit."""
        super().load_arrays({name: np.asarray(array, self.dtype) for name, array in arrays.items()})


def loss_and_gradient(network: CharNetwork, x: np.ndarray, y: np.ndarray,
                      state: np.ndarray | None) -> tuple[float, np.ndarray]:
    """Computes `gradients` for x and y (T, N), from a state (L, S, N, H).  Returns the loss, and the state after x."""
    loss = SoftmaxCrossEntropy()
    value = loss.forward(network.forward(x, state, training=True), y.ravel())
    network.backward(loss.backward())
    return value, network.last_state

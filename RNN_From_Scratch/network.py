"""The network: characters in, and after each of them a guess at the next.

    x → Embedding → cell → Dropout  ( → Dense → cell → Dropout, for each further layer )  → Dense → logits

The state goes in and comes out by hand, so that whoever reads a text in pieces (chunks of training, one character at a
time in writing) hands on what the network remembers.  It is one array (L, S, B, H): state[-1, 0] is the last layer's h.
All parameters lie in one flat array, as in chapter 5.

    T characters   B streams   V in the alphabet   H units   G gates   L layers   S arrays in a state (h; h and c)
"""

import copy
from collections.abc import Iterator, Mapping
from typing import Self

import numpy as np

from Basic_Neural_Network_From_Scratch import Dropout, Layer, bind
from RNN_From_Scratch.cell import Cell
from RNN_From_Scratch.gru import GRU
from RNN_From_Scratch.lstm import LSTM
from RNN_From_Scratch.products import TallDense
from RNN_From_Scratch.rnn import Embedding, Recurrence

CELLS: dict[str, type[Cell]] = {"rnn": Recurrence, "lstm": LSTM, "gru": GRU}
Home = tuple[Layer, str]    # where an array lives: a layer and its attribute


class CharNetwork:
    """Logits of the next character, for V characters and `layers` recurrent layers of H units each.

    The arrays under the names of the formulas:  h(t) = tanh(W_xh[x(t)] + b + h(t−1) W_hh)   logits = h(t) W_hy + c
    A second layer's are W_xh_2, W_hh_2, b_2, and so on.  dropout: of recurrent weights; layer_dropout: of outputs.
    """

    parameters: np.ndarray    # (P,) all of them; gradients (P,) likewise
    gradients: np.ndarray
    matrices: int             # how many of the P belong to matrices

    def __init__(
        self, V: int, H: int, *, rng: np.random.Generator, layers: int = 1, cell: str = "rnn", dropout: float = 0.0,
        layer_dropout: float = 0.0, dtype=np.float32,
    ) -> None:
        self.units, self.cell, self.rng = H, cell, rng
        self.cells = [CELLS[cell](dropout) for _ in range(layers)]
        GH = CELLS[cell].gates * H
        self.embedding, self.output = Embedding(GH), TallDense(V, "glorot")
        self.inputs: list[Layer] = [self.embedding, *(TallDense(GH, "glorot") for _ in range(layers - 1))]
        self.drops = [Dropout(layer_dropout) for _ in range(layers)]
        shape: tuple[int, ...] = (V,)
        for drop in self.drops:
            drop.rng = rng                               # one stream for all layers, so that a checkpoint holds it
        for layer in self.layers:
            shape = shape if isinstance(layer, Dropout) else layer.build(shape, rng, dtype)
        for below, its_cell in zip(self.inputs, self.cells, strict=True):
            below.b[...] = its_cell.initial_bias(H)      # type: ignore[attr-defined]
        self._bind()

    @property
    def layers(self) -> Iterator[Layer]:
        """In the order of the signal."""
        for level in zip(self.inputs, self.cells, self.drops, strict=True):
            yield from level
        yield self.output

    def start(self, B: int = 1) -> np.ndarray:                           # (L, S, B, H)
        """The state before the first character: nothing remembered."""
        return np.zeros((len(self.cells), self.cells[0].memories, B, self.units), self.parameters.dtype)

    def read(
        self, x: np.ndarray, state: np.ndarray | None = None, training: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """Read x (T, B) from a state (L, S, B, H): the last layer's h after each (T, B, H), and the state after all."""
        T, B = x.shape
        after = self.start(B)
        signal = x
        for i, (below, cell, drop) in enumerate(zip(self.inputs, self.cells, self.drops, strict=True)):
            z = below.forward(signal if i == 0 else signal.reshape(T * B, -1), training).reshape(T, B, -1)
            signal = drop.forward(cell.forward(z, training, None if state is None else state[i]), training)
            after[i] = cell.last
        return signal, after

    def forward(self, x: np.ndarray, state: np.ndarray | None = None, training: bool = False) -> np.ndarray:
        """Logits (T·B, V), T major, for what follows each of x (T, B).  In training, `last` is the state after it."""
        h, after = self.read(x, state, training)                         # (T, B, H), (L, S, B, H)
        if training:
            self.last = after
        return self.output.forward(h.reshape(-1, self.units), training)

    def backward(self, dlogits: np.ndarray) -> None:                     # (T·B, V)
        """Fill `gradients`, and `dstate` (L, S, B, H), the gradient of the state that came in."""
        T, B = self.embedding.x.shape
        signal = self.output.backward(dlogits)                           # (T·B, H)
        for below, cell, drop in reversed(list(zip(self.inputs, self.cells, self.drops, strict=True))):
            assert signal is not None
            dh = drop.backward(signal.reshape(T, B, -1))                 # (T, B, H)
            assert dh is not None
            dz = cell.backward(dh)                                       # (T, B, GH)
            signal = below.backward(dz.reshape(T * B, -1))
        self.dstate = np.stack([cell.dstate for cell in self.cells])

    def named_arrays(self) -> dict[str, np.ndarray]:
        """What has to be saved, under the names of the formulas; views, not copies."""
        return {name: getattr(layer, attribute) for name, (layer, attribute) in self._homes().items()}

    def load_arrays(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Copy saved arrays in, whatever kind of float they are.  ValueError, and nothing changed, if one misfits."""
        mine = self.named_arrays()
        wrong = [f"{name} is missing" for name in mine if name not in arrays]
        wrong += [f"{name} is not one of this network's" for name in arrays if name not in mine]
        wrong += [f"{name} should be {mine[name].shape}, got {arrays[name].shape}"
                  for name in mine if name in arrays and arrays[name].shape != mine[name].shape]
        if wrong:
            raise ValueError(f"These weights are of another network: {'; '.join(wrong)}.")
        for name, array in mine.items():
            array[...] = arrays[name]

    def _homes(self) -> dict[str, Home]:
        homes: dict[str, Home] = {}
        for i, (below, cell) in enumerate(zip(self.inputs, self.cells, strict=True)):
            number = f"_{i + 1}" if i else ""
            homes[f"W_xh{number}"] = (below, below.trainable[0])
            homes |= {name + number: (cell, name) for name in cell.trainable}
            homes[f"b{number}"] = (below, "b")
        return homes | {"W_hy": (self.output, "W"), "c": (self.output, "b")}

    def _bind(self) -> None:
        self.parameters, self.gradients, self.matrices = bind(list(self.layers))

    def __getstate__(self) -> dict:
        derived = ("parameters", "gradients", "matrices", "last", "dstate")   # the layers' arrays hold the same numbers
        return {name: value for name, value in self.__dict__.items() if name not in derived}

    def __setstate__(self, state: dict) -> None:
        # Unpickled and copied layers own arrays of their own: without views of the flat one they would learn nothing.
        self.__dict__.update(state)
        self._bind()

    def __copy__(self) -> Self:
        return copy.deepcopy(self)                                       # layers belong to one network only

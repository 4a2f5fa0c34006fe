"""The network: characters in, and after each of them a guess at the next.

    x → Embedding → Recurrence → Dense → logits

The state h goes in and comes out by hand, so that whoever reads a text in pieces (chunks of training, one character
at a time in writing) hands on what the network remembers.  All parameters lie in one flat array, as in chapter 5.

    T characters   B streams   V in the alphabet   H units
"""

import copy
from collections.abc import Mapping
from typing import Self

import numpy as np

from Basic_Neural_Network_From_Scratch import Dense, Layer, bind
from RNN_From_Scratch.rnn import Embedding, Recurrence

Home = tuple[Layer, str]    # where an array lives: a layer and its attribute


class CharNetwork:
    """Logits of the next character, for V characters and H units.

    The arrays under the names of the formulas:  h(t) = tanh(W_xh[x(t)] + b + h(t−1) W_hh)   logits = h(t) W_hy + c
    """

    parameters: np.ndarray    # (P,) all of them; gradients (P,) likewise
    gradients: np.ndarray

    def __init__(self, V: int, H: int, *, rng: np.random.Generator, dropout: float = 0.0, dtype=np.float32) -> None:
        self.embedding, self.recurrence, self.output = Embedding(H), Recurrence(dropout), Dense(V, "glorot")
        shape: tuple[int, ...] = (V,)
        for layer in self.layers:
            shape = layer.build(shape, rng, dtype)
        self._bind()

    @property
    def layers(self) -> tuple[Embedding, Recurrence, Dense]:
        return self.embedding, self.recurrence, self.output

    @property
    def units(self) -> int:
        """H."""
        return len(self.recurrence.W_hh)

    def start(self, B: int = 1) -> np.ndarray:                           # (B, H)
        """The state before the first character: nothing remembered."""
        return np.zeros((B, self.units), self.parameters.dtype)

    def read(self, x: np.ndarray, h: np.ndarray | None = None, training: bool = False) -> np.ndarray:
        """Every state after reading x (T, B), from the state h (B, H) before: (T, B, H)."""
        return self.recurrence.forward(self.embedding.forward(x, training), training, h)

    def forward(self, x: np.ndarray, h: np.ndarray | None = None, training: bool = False) -> np.ndarray:
        """Logits (T·B, V), T major, for what follows each of x (T, B).  In training, `last` is the state after it."""
        states = self.read(x, h, training)                               # (T, B, H)
        if training:
            self.last = states[-1]
        return self.output.forward(states.reshape(-1, self.units), training)

    def backward(self, dlogits: np.ndarray) -> None:                     # (T·B, V)
        """Fill `gradients`; the gradient of the state that came in is `recurrence.dh_before`."""
        T, B = self.embedding.x.shape
        dh = self.output.backward(dlogits)                               # (T·B, H)
        assert dh is not None
        self.embedding.backward(self.recurrence.backward(dh.reshape(T, B, self.units)))

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
        return {"W_xh": (self.embedding, "W_xh"), "W_hh": (self.recurrence, "W_hh"), "b": (self.embedding, "b"),
                "W_hy": (self.output, "W"), "c": (self.output, "b")}

    def _bind(self) -> None:
        self.parameters, self.gradients, _ = bind(self.layers)

    def __getstate__(self) -> dict:
        derived = ("parameters", "gradients", "last")                    # the layers' arrays hold the same numbers
        return {name: value for name, value in self.__dict__.items() if name not in derived}

    def __setstate__(self, state: dict) -> None:
        # Unpickled and copied layers own arrays of their own: without views of the flat one they would learn nothing.
        self.__dict__.update(state)
        self._bind()

    def __copy__(self) -> Self:
        return copy.deepcopy(self)                                       # layers belong to one network only

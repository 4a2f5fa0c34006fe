"""What a trained network of characters can do: be measured on a text, show what it remembers, and write.

    bits per character = − mean of log₂ P(x(t) | x(0) … x(t−1))

A coin's toss is one bit: 2 bits a character mean that the next one is, on average, as uncertain as one of four.
"""

import itertools
import math
from collections.abc import Iterator, Mapping
from typing import Any, Self

import numpy as np

from ai_from_scratch.estimator import NotFittedError, check_random_state
from RNN_From_Scratch.network import CELLS, CharNetwork
from RNN_From_Scratch.sampling import check
from RNN_From_Scratch.text import Vocabulary
from RNN_From_Scratch.writer import write

CONTEXT = 300     # characters that warm the state before a text is measured
PIECE = 2_000     # characters measured at once: memory for that many states, however long the text is


class LanguageModel:
    """A network and the alphabet that it speaks."""

    vocabulary_: Vocabulary
    network_: CharNetwork

    def surprise(self, text: str, context: str = "") -> np.ndarray:                # n characters -> (n,)
        """−log₂ P of each character, the state warmed on the last 300 characters of the context before them."""
        warm = context[-CONTEXT:]
        bits = [np.empty(0)]
        for codes, before, _ in self._read(warm + text):
            logits = self.network_.output.forward(before).astype(np.float64)       # (piece, V)
            logits -= logits.max(axis=1, keepdims=True)                            # ≤ 0: exp cannot overflow
            chosen = logits[np.arange(len(codes)), codes]
            bits.append((np.log(np.exp(logits).sum(axis=1)) - chosen) / math.log(2))
        return np.concatenate(bits)[len(warm) :]

    def bits_per_character(self, text: str, context: str = "") -> float:
        """The mean of `surprise`: what an ideal coder needs that asks this model before every character."""
        if not text:
            raise ValueError("There are no bits per character of an empty text.")
        return float(self.surprise(text, context).mean())

    def hidden_states(self, text: str, context: str = "") -> np.ndarray:           # n characters -> (n, H)
        """The last layer's h after each character, warmed likewise."""
        warm = context[-CONTEXT:]
        none = np.empty((0, self._network().units), self.network_.parameters.dtype)
        return np.concatenate([none, *(after for _, _, after in self._read(warm + text))])[len(warm) :]

    def generate(
        self, prompt: str = "", length: int | None = None, *, temperature: float = 1.0, top_p: float = 1.0,
        rng: Any = None,
    ) -> Iterator[str]:
        """What follows the prompt, character by character: `length` of them, or for as long as it is asked.

        One state is carried from the prompt's first character to the last that is written.  temperature 0 takes the
        most probable, 1 the model's own probabilities; top_p < 1 leaves out the unlikely tail.  rng: a seed or a
        Generator.  VocabularyError where the prompt has a character that the model never saw.
        """
        check(temperature, top_p)
        self._network()
        codes = self.vocabulary_.encode(prompt)
        written = write(self.network_, codes, check_random_state(rng), temperature, top_p)
        characters = self.vocabulary_.characters
        return (characters[code] for code in itertools.islice(written, length))

    def _read(self, text: str) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Piece by piece: codes (n,), the last layer's h before each of them (n, H), and after each (n, H)."""
        network = self._network()
        codes, state = self.vocabulary_.encode(text), network.start()
        for start in range(0, len(codes), PIECE):
            piece, before = codes[start : start + PIECE], state[-1, 0]             # (n,), (1, H)
            h, state = network.read(piece[:, None], state)                         # (n, 1, H)
            yield piece, np.concatenate([before, h[:-1, 0]]), h[:, 0]

    def _network(self) -> CharNetwork:
        if not hasattr(self, "network_"):
            raise NotFittedError(f"This {type(self).__name__} has learnt nothing yet: call fit, or from_arrays.")
        return self.network_

    # ---- for a file

    def to_arrays(self) -> tuple[dict[str, np.ndarray], dict[str, str]]:
        """Copies of the arrays, and the vocabulary as text: what `weights.save` takes and `from_arrays` gives back."""
        arrays = {name: array.copy() for name, array in self._network().named_arrays().items()}
        return arrays, {"vocabulary": self.vocabulary_.to_json(), "cell": self.network_.cell}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> Self:
        """The model that these were saved from, in float32.  ValueError where they do not belong together."""
        missing = [name for name in ("W_hh", "vocabulary") if name not in {**arrays, **metadata}]
        if missing:
            raise ValueError(f"These are not the weights of a character network: without {' and '.join(missing)}.")
        cell = metadata.get("cell", "rnn")
        if cell not in CELLS:
            raise ValueError(f"A cell is one of {', '.join(CELLS)}; these weights are of a {cell!r}.")
        layers = sum(name.startswith("W_hh") for name in arrays)
        model = cls()
        model.vocabulary_ = Vocabulary.from_json(metadata["vocabulary"])
        model.network_ = CharNetwork(len(model.vocabulary_), len(arrays["W_hh"]), layers=layers, cell=cell,
                                     rng=np.random.default_rng(0))
        model.network_.load_arrays(arrays)
        return model

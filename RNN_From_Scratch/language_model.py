"""A trained character network: its bits per character on a text, its hidden states, and generation.

    bits per character = − mean of log₂ P(x(t) | x(0) … x(t−1))

With 2 bits per character, the next character is on average as uncertain as a choice among four equally likely ones.
"""

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ai_from_scratch.estimator import check_random_state
from ai_from_scratch.estimator.rules import check, non_negative, real
from ai_from_scratch.estimator.saved import Saved
from Logistic_Regression_From_Scratch.cross_entropy import log_softmax
from RNN_From_Scratch import generation
from RNN_From_Scratch.network import CharNetwork
from RNN_From_Scratch.text import Vocabulary

WARM_UP_CHARACTERS = 300             # characters that are read before a text is measured
CHARACTERS_PER_PIECE = 2_000         # characters read at once: this bounds the memory for states, however long the text
LARGEST_PLAIN_SIZE = math.inf        # characters to be written: "auto" is always "plain"


class LanguageModel(Saved):
    """A network and its alphabet."""
    vocabulary_: Vocabulary
    network_: CharNetwork

    def surprise(self, text: str, context: str = "") -> np.ndarray:                # n characters -> (n,)
        """−log₂ P of each character; before the text, the last 300 characters of the context are read."""
        bits = [np.empty(0)]
        for codes, before, _ in self._read(context, text):
            logits = self.network_.output.forward(before).astype(np.float64)       # (n, V)
            bits.append(-log_softmax(logits.T)[codes, np.arange(len(codes))] / math.log(2))
        return np.concatenate(bits)

    def bits_per_character(self, text: str, context: str = "") -> float:
        """The mean of `surprise`: the size of the text when it is compressed with these probabilities."""
        if not text:
            raise ValueError("There are no bits per character of an empty text.")
        return float(self.surprise(text, context).mean())

    def hidden_states(self, text: str, context: str = "") -> np.ndarray:           # n characters -> (n, H)
        """The last layer's h after each character; before the text, the context is read as in `surprise`."""
        empty = self._fitted_network().start()[-1, 0, :0]                          # (0, H)
        return np.concatenate([empty, *(after for _, _, after in self._read(context, text))])

    def generate(self, prompt: str = "", length: int | None = None, *, temperature: float = 1.0, top_p: float = 1.0,
                 rng: Any = None) -> Iterator[str]:
        """Yields the text that follows the prompt, character by character: `length` characters, or without end.

        temperature 0: the most probable character; 1: the model's own probabilities; top_p < 1: no unlikely tail.
        rng: a seed or a Generator.  VocabularyError if a character of the prompt is not in the vocabulary.
        """
        check("generate", {"temperature": temperature, "top_p": top_p},
              {"temperature": non_negative, "top_p": real(0.0, 1.0, open_at="low")})
        network, codes, generate = self._fitted_network().finite(), self.vocabulary_.encode(prompt), generation.generate
        if self._choose_engine(length or 0, LARGEST_PLAIN_SIZE):
            from RNN_From_Scratch.fast.generation import generate
        written = generate(network, codes, check_random_state(rng), temperature, top_p)
        return (self.vocabulary_.characters[code] for code in itertools.islice(written, length))

    def _read(self, context: str, text: str) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """The text in pieces: codes (n,), the last layer's h before each code (n, H), and after each code (n, H)."""
        network = self._fitted_network()
        _, state = network.read(self.vocabulary_.encode(context[-WARM_UP_CHARACTERS:])[:, None])
        for start in range(0, len(text), CHARACTERS_PER_PIECE):
            codes, before = self.vocabulary_.encode(text[start : start + CHARACTERS_PER_PIECE]), state[-1, 0]
            h, state = network.read(codes[:, None], state)                         # (n, 1, H)
            yield codes, np.concatenate([before, h[:-1, 0]]), h[:, 0]

    def _fitted_network(self) -> CharNetwork:
        self._check_fitted()
        return self.network_

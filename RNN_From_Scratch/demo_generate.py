"""Chapter 7 without training (--generate-only): the weights that come with the package write at once, offline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ai_from_scratch.stage.demo import DataUse, Frame, Picture, Report, Settings
from ai_from_scratch.weights import load
from RNN_From_Scratch.char_rnn import CharRNN
from RNN_From_Scratch.demo_voice import Voice
from RNN_From_Scratch.train_weights import SHIPPED


class Demo:
    """Nothing is learnt and nothing painted, so that the first character is there in a second or two."""

    uses = frozenset({"prompt", "temperature", "top_p", "length", "generate_only"})
    data: Sequence[DataUse] = ()

    def __init__(self, settings: Settings) -> None:
        arrays, self.metadata = load(SHIPPED)
        self.model = CharRNN.from_arrays(arrays, self.metadata)
        self.voice = Voice.of(settings, self.model.vocabulary_, "HAMLET:\n")

    def train(self) -> Iterator[Frame]:
        return iter(())

    def draw(self, figure: Any, frames: Sequence[Frame]) -> None:
        """There is never a frame."""

    def figures(self) -> Iterator[Picture]:
        return iter(())

    def report(self) -> Report:
        return Report({"test_bits_per_char": float(self.metadata["test_bits_per_char"])}, {}, "",
                      [f"Weights trained on Hamlet ({self.metadata['made by']}); the figure is of the second half of "
                       "Act V, which they were not trained on."])

    def speech(self) -> Iterator[str]:
        return self.voice.speech(self.model, "The weights that come with the package write")

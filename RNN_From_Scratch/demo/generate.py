"""Chapter 7 without training (--generate-only): the shipped weights write at once, offline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ai_from_scratch.stage.demo import DataUse, Frame, Picture, Report, Settings
from ai_from_scratch.weights import load
from RNN_From_Scratch.char_rnn import CharRNN
from RNN_From_Scratch.demo.checkpoint_file import resume
from RNN_From_Scratch.demo.generation_settings import GenerationSettings
from RNN_From_Scratch.demo.train_weights import WEIGHTS_FILE


class Demo:
    """The demo has no training and no pictures: the first character comes after a second or two."""

    uses = frozenset({"prompt", "temperature", "top_p", "length", "generate_only", "resume"})
    data: Sequence[DataUse] = ()

    def __init__(self, settings: Settings) -> None:
        if settings.resume:
            self.model, _ = resume(settings.resume)
            self.model.restore_best()
            run = self.model.run_
            self.title = f"The network of {settings.resume}, after {run.step:,} steps, writes"
            self.measured = {"validation_bits_per_char": min(bits for _, bits in run.curve)} if run.curve else {}
        else:
            arrays, metadata = load(WEIGHTS_FILE)
            self.model = CharRNN.from_arrays(arrays, metadata)
            self.title = "The weights that come with the package, which were trained on Hamlet, write"
            self.measured = {"test_bits_per_char": float(metadata["test_bits_per_char"])}
        known = set(self.model.vocabulary_.characters)
        beginnings = ("HAMLET:\n", "\n\n", self.model.vocabulary_.characters[-1])
        prompt = next(beginning for beginning in beginnings if known >= set(beginning))
        self.generation = GenerationSettings.of(settings, self.model.vocabulary_, prompt)

    def train(self) -> Iterator[Frame]:
        return iter(())

    def draw(self, figure: Any, frames: Sequence[Frame]) -> None:
        """Does nothing: there are no frames."""

    def figures(self) -> Iterator[Picture]:
        return iter(())

    def report(self) -> Report:
        return Report(self.measured, {}, "", ["This was measured when the weights were made, on text that they had "
                                              "not been trained on."] if self.measured else [])

    def speech(self) -> Iterator[str]:
        return self.generation.speech(self.model, self.title)

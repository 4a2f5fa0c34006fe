"""How the network is asked to write: the prompt, how boldly, and how much of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Self

from ai_from_scratch.data import DataError
from ai_from_scratch.stage.demo import Settings
from RNN_From_Scratch.language_model import LanguageModel
from RNN_From_Scratch.text import Vocabulary, VocabularyError

TEMPERATURE, LENGTH = 0.5, 500


class Voice(NamedTuple):
    """What --prompt, --temperature, --top-p, --length and --seed say, and the rest as it is by default."""

    prompt: str
    temperature: float = TEMPERATURE
    top_p: float = 1.0
    length: int = LENGTH
    seed: int = 0

    @classmethod
    def of(cls, settings: Settings, vocabulary: Vocabulary, prompt: str) -> Self:
        """prompt: where the user names none.  DataError for a prompt with characters that are not in the vocabulary."""
        asked = {name: getattr(settings, name) for name in ("prompt", "temperature", "top_p", "length")}
        voice = cls(prompt, seed=settings.seed)._replace(**{name: value for name, value in asked.items()
                                                            if value is not None})
        try:
            vocabulary.encode(voice.prompt)
        except VocabularyError as error:
            raise DataError(f"--prompt {voice.prompt!r}: {error}") from error
        return voice

    def write(self, model: LanguageModel, length: int | None = None) -> Iterator[str]:
        """What follows the prompt, character by character; the same each time."""
        return model.generate(self.prompt, length or self.length, temperature=self.temperature, top_p=self.top_p,
                              rng=self.seed)

    def speech(self, model: LanguageModel, who: str) -> Iterator[str]:
        """A line that tells who writes, then the prompt and what follows it."""
        yield f"\n{who} (temperature {self.temperature:g}" + (f", top-p {self.top_p:g}" if self.top_p < 1 else "")
        yield f"):\n\n{self.prompt.lstrip(chr(10))}"
        yield from self.write(model)

"""How a text is generated: the prompt, the temperature, top-p, the length and the seed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Self

from ai_from_scratch.data import DataError
from ai_from_scratch.stage.demo import Settings
from RNN_From_Scratch.language_model import LanguageModel
from RNN_From_Scratch.text import Vocabulary, VocabularyError

TEMPERATURE, LENGTH = 0.5, 500     # the defaults; characters


class GenerationSettings(NamedTuple):
    """The values of the options --prompt, --temperature, --top-p, --length and --seed, or their defaults."""

    prompt: str
    temperature: float = TEMPERATURE
    top_p: float = 1.0
    length: int = LENGTH
    seed: int = 0

    @classmethod
    def of(cls, settings: Settings, vocabulary: Vocabulary, prompt: str) -> Self:
        """The settings for this vocabulary; prompt is the default prompt.  DataError if the prompt has characters that
        are not in the vocabulary."""
        given = {name: getattr(settings, name) for name in ("prompt", "temperature", "top_p", "length")}
        result = cls(prompt, seed=settings.seed)._replace(**{name: value for name, value in given.items()
                                                             if value is not None})
        try:
            vocabulary.encode(result.prompt)
        except VocabularyError as error:
            quoted = result.prompt.replace("'", r"\'")
            hint = rf" In bash and zsh, write the end of a line so: --prompt $'{quoted}'." if r"\n" in quoted else ""
            raise DataError(f"--prompt {result.prompt!r}: {error}{hint}") from error
        return result

    def generate(self, model: LanguageModel, length: int | None = None) -> Iterator[str]:
        """Yields the text after the prompt, character by character; it is the same at every call."""
        return model.generate(self.prompt, length or self.length, temperature=self.temperature, top_p=self.top_p,
                              rng=self.seed)

    def speech(self, model: LanguageModel, title: str) -> Iterator[str]:
        """Yields a line that names the network, then the prompt and the text after it."""
        yield f"\n{title} (temperature {self.temperature:g}" + (f", top-p {self.top_p:g}" if self.top_p < 1 else "")
        yield f"):\n\n{self.prompt.lstrip(chr(10))}"
        yield from self.generate(model)

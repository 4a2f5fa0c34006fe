"""Which text is learnt: the one that is asked for, or with --resume alone the one that the training began with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple, Self

from ai_from_scratch.data import DataError, Text, load_hamlet, load_play, load_text
from ai_from_scratch.data.text import offline_prose
from ai_from_scratch.stage.demo import Settings


class TextOrigin(NamedTuple):
    """How a text is found again: a checkpoint keeps it.  Its checksum stands in the run itself."""

    name: str
    file: str = ""            # the whole path of a user's own file
    play: str = ""            # or the name of a play; with neither, it is the prose that stands in for Hamlet

    @classmethod
    def of(cls, text: Text, settings: Settings) -> Self:
        if settings.text:
            return cls(text.name, file=str(settings.text.resolve()))
        return cls(text.name, play=text.name if settings.play or text.is_hamlet else "")

    @classmethod
    def read(cls, told: str | None) -> Self | None:
        """From a checkpoint's metadata; None where an older program kept none."""
        try:
            name, file, play = json.loads(told or "null")
            return cls(str(name), str(file), str(play))
        except (ValueError, TypeError):
            return None

    def as_text(self) -> str:
        return json.dumps(list(self))

    def load(self, settings: Settings) -> Text:
        """The text again.  DataError says which one is missing."""
        if self.file:
            if not Path(self.file).is_file():
                raise DataError(f"--resume {settings.resume}: this training learns the text {self.file}, and there is "
                                "no such file any more. Name the place where it is now: --text FILE.")
            return load_text(self.file)
        if self.play:
            return load_play(self.play, download=settings.download)
        return offline_prose("the training began without it")


def chosen_text(settings: Settings, origin: TextOrigin | None) -> tuple[Text, TextOrigin]:
    """The text, and where it is from.  origin: what the checkpoint remembers; None where nothing is resumed."""
    if settings.text:
        text = load_text(settings.text)
    elif settings.play:
        text = load_play(settings.play, download=settings.download)
    elif origin:
        return origin.load(settings), origin
    else:
        text = load_hamlet(download=settings.download)
    return text, TextOrigin.of(text, settings)

"""The text of the training: the text that the user asks for, or with --resume alone the text with which the training
began."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple, Self

from ai_from_scratch.data import DataError, Text, load_hamlet, load_play, load_text
from ai_from_scratch.data.text import offline_prose
from ai_from_scratch.stage.demo import Settings


class TextOrigin(NamedTuple):
    """The origin of a text, from which the text is found again: a checkpoint keeps it.  The checksum of the text is
    kept in the run."""

    name: str
    file: str = ""            # the whole path of the user's own file
    play: str = ""            # or the name of a play; without both, the text is the prose that replaces Hamlet

    @classmethod
    def of(cls, text: Text, settings: Settings) -> Self:
        if settings.text:
            return cls(text.name, file=str(settings.text.resolve()))
        return cls(text.name, play=text.name if settings.play or text.is_hamlet else "")

    @classmethod
    def read(cls, told: str | None) -> Self | None:
        """The origin from a checkpoint's metadata; None if an older program stored none."""
        try:
            name, file, play = json.loads(told or "null")
            return cls(str(name), str(file), str(play))
        except (ValueError, TypeError):
            return None

    def as_text(self) -> str:
        return json.dumps(list(self))

    def load(self, settings: Settings) -> Text:
        """Reads the text again.  A DataError names what is missing."""
        if self.file:
            if not Path(self.file).is_file():
                raise DataError(f"--resume {settings.resume}: this training learns the text {self.file}, and this "
                                "file no longer exists. Name its present place: --text FILE.")
            return load_text(self.file)
        if self.play:
            return load_play(self.play, download=settings.download)
        return offline_prose("the training began without it")


def chosen_text(settings: Settings, origin: TextOrigin | None) -> tuple[Text, TextOrigin]:
    """The text, and its origin.  origin: from the checkpoint; None if nothing is resumed."""
    if settings.text:
        text = load_text(settings.text)
    elif settings.play:
        text = load_play(settings.play, download=settings.download)
    elif origin:
        return origin.load(settings), origin
    else:
        text = load_hamlet(download=settings.download)
    return text, TextOrigin.of(text, settings)

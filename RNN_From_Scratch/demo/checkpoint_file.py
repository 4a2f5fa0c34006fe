"""The checkpoint of a training in a file: written regularly during the training (--save), and read again (--resume)."""

from __future__ import annotations

import time
from pathlib import Path

from ai_from_scratch.data import DataError
from ai_from_scratch.weights import load, save
from RNN_From_Scratch.char_rnn import CharRNN
from RNN_From_Scratch.demo.chosen_text import TextOrigin

SECONDS_BETWEEN, LARGEST_SHARE = 5.0, 0.02  # at least so long between savings; their largest share of the time


class CheckpointFile:
    """Holds the latest checkpoint of a model and the origin of its text; without a path, nothing is ever written."""

    def __init__(self, path: Path | None, origin: TextOrigin | None = None) -> None:
        self.path, self.next = path, float("-inf")
        self.about = {"text": origin.as_text()} if origin else {}
        self.saved_step: int | None = None          # of the checkpoint in the file
        self.failure = self.told = ""               # why the latest one is not in it, in a sentence

    def update(self, model: CharRNN, *, now: bool = False) -> None:
        """Writes the checkpoint if enough time has passed, or if `now`.  The previous file stays until the new file is
        complete.

        A full disk does not end the training: `failure` says what happened, until a later saving succeeds.
        """
        start = time.perf_counter()
        if self.path and (now or start >= self.next):
            arrays, metadata = model.checkpoint()
            try:
                save(self.path, arrays, metadata | self.about)
                self.saved_step, self.failure = model.run_.step, ""
            except OSError as error:
                kept = "" if self.saved_step is None else f"; the file holds step {self.saved_step:,}"
                self.failure = f"{self.path} could not be written ({error.strerror or error}){kept}."
            end = time.perf_counter()
            self.next = end + max(SECONDS_BETWEEN, (end - start) / LARGEST_SHARE)

    def news(self) -> str:
        """A line on the failure while the training goes on, when it is new."""
        before, self.told = self.told, self.failure
        return f"{self.failure} The training continues." if self.failure not in ("", before) else ""


def resume(path: Path) -> tuple[CharRNN, TextOrigin | None]:
    """The model as it was saved, with its run, and the origin of its text.  DataError for any other file.

    An older file has no origin of its text: then it is None.
    """
    try:
        arrays, metadata = load(path)
        return CharRNN.from_checkpoint(arrays, metadata), TextOrigin.read(metadata.get("text"))
    except ValueError as error:
        raise DataError(f"--resume {path}: {error}") from error

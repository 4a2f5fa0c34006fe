"""Training that is kept in a file as it goes on (--save), and taken up again (--resume)."""

from __future__ import annotations

import time
from pathlib import Path

from ai_from_scratch.data import DataError
from ai_from_scratch.weights import load, save
from RNN_From_Scratch.char_rnn import CharRNN
from RNN_From_Scratch.checkpoint import Run, unpack

EVERY, SHARE = 5.0, 0.02     # seconds from one saving to the next at least, and its share of the time at most


class Keeper:
    """Writes the model's checkpoint to a file from time to time; with no file, never."""

    def __init__(self, path: Path | None) -> None:
        self.path, self.next = path, float("-inf")

    def keep(self, model: CharRNN, *, now: bool = False) -> None:
        """If it is time, or now.  The previous file stays until the new one is whole."""
        start = time.perf_counter()
        if self.path and (now or start >= self.next):
            save(self.path, *model.checkpoint())
            end = time.perf_counter()
            self.next = end + max(EVERY, (end - start) / SHARE)


def resume(path: Path) -> tuple[CharRNN, Run]:
    """The model as it was when it was kept, and where its training stands.  DataError for what is no such file."""
    try:
        arrays, metadata = load(path)
        return CharRNN.from_checkpoint(arrays, metadata), unpack(arrays, metadata)[0]
    except ValueError as error:
        raise DataError(f"--resume {path}: {error}") from error

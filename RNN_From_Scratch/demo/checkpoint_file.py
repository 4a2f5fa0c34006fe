"""The checkpoint of a training in a file: written regularly during training (--save), and read again (--resume)."""

from __future__ import annotations

import time
from pathlib import Path

from ai_from_scratch.data import DataError
from ai_from_scratch.weights import load, save
from RNN_From_Scratch.char_rnn import CharRNN

SECONDS_BETWEEN, LARGEST_SHARE = 5.0, 0.02     # from one saving to the next, at least; and share of the time, at most


class CheckpointFile:
    """Holds the latest checkpoint of a model; without a path nothing is written."""

    def __init__(self, path: Path | None) -> None:
        self.path, self.next = path, float("-inf")

    def update(self, model: CharRNN, *, now: bool = False) -> None:
        """Write it if it is time, or if `now`.  The previous file stays until the new one is complete."""
        start = time.perf_counter()
        if self.path and (now or start >= self.next):
            save(self.path, *model.checkpoint())
            end = time.perf_counter()
            self.next = end + max(SECONDS_BETWEEN, (end - start) / LARGEST_SHARE)


def resume(path: Path) -> CharRNN:
    """The model as it was saved, ready to continue.  DataError if the file is not a checkpoint."""
    try:
        return CharRNN.from_checkpoint(*load(path))
    except ValueError as error:
        raise DataError(f"--resume {path}: {error}") from error

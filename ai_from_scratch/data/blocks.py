"""A table that is larger than the memory: a .npy file, read in blocks of rows.

    for rows in Blocks("table.npy", rows_per_block=65_536):
        total += Statistics.of(rows[:, :-1], rows[:, -1])

The file is mapped into memory: the system reads a page of it when the page is used.  Pages that were read count as the
process's memory until they are released; that is done here after each block.
"""

import mmap
import os
from collections.abc import Iterator

import numpy as np


class Blocks:
    """The rows of a table (n, …) in a .npy file, block by block; the blocks may be read several times, and `passes`
    counts that.

    rng: the blocks come in random order, each with its rows in random order (a copy of the block).  This is no full
        shuffle: rows that lie far apart in the file never meet in one mini-batch.  So a file with sorted rows, for
        example by class, has to be shuffled once on disk.
    """

    def __init__(self, path: str | os.PathLike, rows_per_block: int = 65_536,
                 rng: np.random.Generator | None = None) -> None:
        if rows_per_block < 1:
            raise ValueError(f"A block has at least one row, got rows_per_block={rows_per_block}.")
        self.path, self.rows_per_block, self.rng, self.passes = os.fspath(path), rows_per_block, rng, 0
        self.shape, self.dtype = self._mapped().shape, self._mapped().dtype

    def _mapped(self) -> np.ndarray:
        try:
            return np.load(self.path, mmap_mode="r")
        except ValueError as error:
            raise ValueError(f"{self.path} is no .npy file of numbers ({error}). Write it with numpy.save; if it is "
                             "larger than the memory, with numpy.lib.format.open_memmap.") from None

    def __len__(self) -> int:
        """The number of blocks."""
        return -(-self.shape[0] // self.rows_per_block)

    def __iter__(self) -> Iterator[np.ndarray]:
        table = self._mapped()
        self.passes += 1
        for block in range(len(self)) if self.rng is None else self.rng.permutation(len(self)):
            rows = table[block * self.rows_per_block : (block + 1) * self.rows_per_block]
            yield rows if self.rng is None else rows[self.rng.permutation(len(rows))]
            give_back(table)


def give_back(table: np.ndarray) -> None:
    """Allows the system to release the pages of a mapped file; a page that is used later is read again.  Windows
    needs no such call: it releases pages when another program needs memory."""
    if isinstance(table.base, mmap.mmap) and hasattr(table.base, "madvise"):
        table.base.madvise(mmap.MADV_DONTNEED)

"""Models of a table that is larger than the memory: the largest resident memory of each fit.

    python -m benchmarks.out_of_memory --gigabytes 4 --folder /somewhere/with/room

makes a table in the folder, fits four models of it block by block, prints the memory and time of each, and deletes the
table (--keep leaves it there).  The exit code is 1 if a fit used more than --megabytes of resident memory, or gave a
wrong answer.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import Linear_Regression_From_Scratch as linear
import Logistic_Regression_From_Scratch as logistic
import Naive_Bayes_From_Scratch as bayes
from ai_from_scratch.data.blocks import Blocks, give_back
from Basic_Neural_Network_From_Scratch import MLPClassifier
from benchmarks.memory import peak

FEATURES = 62                                                      # and a number and a class as targets: 64 columns
MEAN = 10.0                                                        # of each feature; its deviation is 1
NOISE = 3.0                                                 # of the number, and of the score from which the class comes
SLOPES = np.sin(np.arange(1, FEATURES + 1))


def make_table(path: Path, gigabytes: float, rows_per_block: int) -> int:
    """Writes float32 rows [x, number, class] to a .npy file; returns the number of rows."""
    rng = np.random.default_rng(0)
    n = max(1000, int(gigabytes * 2**30 / 4 / (FEATURES + 2)))
    table = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(n, FEATURES + 2))
    for start in range(0, n, rows_per_block):
        rows = table[start : start + rows_per_block]
        Z = rng.standard_normal((len(rows), FEATURES + 2), dtype=np.float32)
        rows[:, :FEATURES] = Z[:, :FEATURES] + np.float32(MEAN)
        score = Z[:, :FEATURES] @ SLOPES.astype(np.float32)
        rows[:, FEATURES] = score + NOISE * Z[:, FEATURES] + 3
        rows[:, FEATURES + 1] = score + NOISE * Z[:, FEATURES + 1] > 0
        table.flush()
        give_back(table)
    return n


def parts(blocks: Blocks, column: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """X and one of the two targets, block by block."""
    for rows in blocks:
        yield rows[:, :FEATURES], rows[:, column]


def fit_linear(blocks: Blocks) -> Any:
    total: Any = sum(linear.Statistics.of(X, y) for X, y in parts(blocks, FEATURES))
    return linear.LinearRegression().fit_from(total)


def fit_logistic(blocks: Blocks) -> Any:
    return logistic.LogisticRegression().fit_from(
        lambda at: sum(logistic.Statistics.of(X, y, at=at) for X, y in parts(blocks, FEATURES + 1)))


def fit_bayes(blocks: Blocks) -> Any:
    return bayes.GaussianNB().fit_from(sum(bayes.Statistics.of(X, y) for X, y in parts(blocks, FEATURES + 1)))


def fit_network(blocks: Blocks) -> Any:
    """One pass, in mini-batches; the blocks in random order, each with its rows in random order."""
    blocks.rng = np.random.default_rng(0)
    network = MLPClassifier((16,), batch_size=200, random_state=0)
    for X, y in parts(blocks, FEATURES + 1):
        network.partial_fit(X - np.float32(MEAN), y, classes=[0, 1])
    return network


class Fit(NamedTuple):
    run: Callable[[Blocks], Any]
    column: int                                                    # what it predicts
    least_score: float                                             # on 10,000 rows, even of a small table


FITS = {"linear regression": Fit(fit_linear, FEATURES, 0.7),
        "logistic regression": Fit(fit_logistic, FEATURES + 1, 0.8),
        "naive Bayes": Fit(fit_bayes, FEATURES + 1, 0.8),
        "network, 62-16-1": Fit(fit_network, FEATURES + 1, 0.7)}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.out_of_memory", description=__doc__.splitlines()[0])
    parser.add_argument("--gigabytes", type=float, default=4.0, help="of the table (%(default)s)")
    parser.add_argument("--folder", type=Path, required=True, help="folder in which the table is made; it must exist")
    parser.add_argument("--megabytes", type=float, default=512.0, help="limit of the resident memory (%(default)s)")
    parser.add_argument("--rows", type=int, default=16_384, help="of a block (%(default)s)")
    parser.add_argument("--keep", action="store_true", help="do not delete the table")
    asked = parser.parse_args(arguments)
    if not asked.folder.is_dir():
        parser.error(f"{asked.folder} is no folder. Make it first: mkdir -p {asked.folder}")
    if not asked.gigabytes > 0 or asked.rows < 1:
        parser.error("--gigabytes has to be above 0, and --rows at least 1.")
    path = asked.folder / "out_of_memory.npy"
    if path.exists():
        parser.error(f"{path} exists already, and would be overwritten. Delete it, or name another --folder.")
    try:
        n = make_table(path, asked.gigabytes, asked.rows)
        print(f"a table of {n:,} × {FEATURES + 2} numbers, {path.stat().st_size / 2**30:.3g} GB, in blocks of "
              f"{asked.rows:,} rows\n")
        return report(path, asked.rows, asked.megabytes)
    except OSError as error:
        print(f"{path}: {error.strerror or error}. Free some room, or name another --folder.", file=sys.stderr)
        return 2
    finally:
        if not asked.keep:
            path.unlink(missing_ok=True)


def report(path: Path, rows_per_block: int, megabytes: float) -> int:
    held_out = np.load(path, mmap_mode="r")[:10_000].astype(np.float64)
    failed = False
    print("| model | passes | seconds | largest resident memory | score on 10,000 rows |\n"
          "| --- | ---: | ---: | ---: | ---: |")
    for name, fit in FITS.items():
        blocks, start = Blocks(path, rows_per_block), time.perf_counter()
        model, resident = peak(partial(fit.run, blocks))
        seconds = time.perf_counter() - start
        shift = MEAN if isinstance(model, MLPClassifier) else 0.0
        score = model.score(held_out[:, :FEATURES] - shift, held_out[:, fit.column])
        told = "not measured here" if resident is None else f"{resident / 2**20:,.0f} MB"
        print(f"| {name} | {blocks.passes} | {seconds:.1f} | {told} | {score:.4f} |", flush=True)
        failed |= score < fit.least_score or (resident is not None and resident > megabytes * 2**20)
    print(f"\nLimit: {megabytes:g} MB of resident memory for the whole process, with the pages of the mapped file. "
          + ("FAILED: a fit used more, or its score is too low." if failed else "Each fit kept it."))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

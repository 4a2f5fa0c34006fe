"""The command: python -m tools.fuzz READER --inputs N --seed S."""

import argparse
import os
import sys
import time

from . import __doc__ as about
from .command import CommandLine
from .estimators import Estimators
from .files import Csv, Idx, Picture, Play, TextFile
from .harness import FAULTS, Reader, fuzz
from .kept import Checkpoint, Models, Runs, Weights
from .layers import Layers

READERS: dict[str, type[Reader]] = {
    "idx": Idx, "csv": Csv, "text": TextFile, "play": Play, "image": Picture, "weights": Weights,
    "checkpoint": Checkpoint, "models": Models, "runs": Runs, "estimators": Estimators, "layers": Layers,
    "command": CommandLine,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     prog="python -m tools.fuzz")
    parser.add_argument("reader", choices=[*READERS, "all"])
    parser.add_argument("--inputs", type=int, default=300)
    parser.add_argument("--begin", type=int, default=0, help="the number of the first input (to run a part of a seed)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="one input, by its number")
    options = parser.parse_args()
    names = list(READERS) if options.reader == "all" else [options.reader]
    print("reader".ljust(12), *(word.rjust(10) for word in ("inputs", "accepted", "refused", *FAULTS, "seconds")))
    faults = 0
    for name in names:
        start = time.perf_counter()
        outcome = fuzz(READERS[name](), options.inputs, options.seed, begin=options.begin, only=options.only)
        seconds = f"{time.perf_counter() - start:.0f}"
        counts = [f"{outcome.counts[kind]:,}" for kind in ("accepted", "refused", *FAULTS)]
        row = (f"{outcome.counts.total():,}", *counts, seconds)
        print(name.ljust(12), *(word.rjust(10) for word in row), flush=True)
        for (kind, words), i in outcome.examples.items():
            print(f"    {kind}, first by --only {i}: {words}", flush=True)
        faults += outcome.faults
    return min(faults, 1)


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.exit(main())

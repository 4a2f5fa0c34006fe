"""Trains the shipped weights, and writes hamlet.safetensors.

    python -m RNN_From_Scratch.demo.train_weights                 about ten minutes on one core; the play is downloaded
    AI_FROM_SCRATCH_DATA=folder python -m RNN_From_Scratch.demo.train_weights      with text/shakespeare.zip in it

Acts I to IV are for training.  The first half of Act V chooses the update whose parameters are kept, the second half is
the test.  The seed is fixed.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

from ai_from_scratch.data import Text, load_hamlet
from ai_from_scratch.weights import save
from RNN_From_Scratch.char_rnn import CharRNN

WEIGHTS_FILE = Path(__file__).parents[1] / "hamlet.safetensors"
PARAMETERS: dict[str, Any] = {
    "units": 512, "dropout": 0.3, "learning_rate_init": 2e-3, "max_iter": 90, "random_state": 0,
}


def train(text: Text, **parameters) -> CharRNN:
    """Trains a model on the play; prints its bits per character regularly."""
    model, start = CharRNN(**parameters), time.perf_counter()
    for progress in model.training(text.train, text.validation):
        if "validation_bits_per_char" in progress.metrics:
            learning, held_out = progress.metrics["bits_per_char"], progress.metrics["validation_bits_per_char"]
            print(f"step {progress.step:5,} of {progress.steps:,}   {time.perf_counter() - start:5.0f} s   "
                  f"bits per character: {learning:.3f} learning, {held_out:.3f} held out", flush=True)
    return model


def write(model: CharRNN, text: Text, path: Path) -> None:
    """Saves the model as 16-bit floats (half the size, the same bits per character), with its results."""
    arrays, metadata = model.to_arrays()
    halves = {name: array.astype(np.float16) for name, array in arrays.items()}
    read_back = CharRNN.from_arrays(halves, metadata)      # the results are measured on the saved numbers
    measured = {
        "validation_bits_per_char": read_back.bits_per_character(text.validation, text.train),
        "test_bits_per_char": read_back.bits_per_character(text.test, text.train + text.validation),
    }
    before = model.bits_per_character(text.validation, text.train)
    print(f"kept: step {model.best_step_:,}; held out {before:.4f} as 32-bit floats, "
          f"{measured['validation_bits_per_char']:.4f} as 16-bit floats; test {measured['test_bits_per_char']:.4f}")
    metadata |= {"model": repr(model), "step": str(model.best_step_),
                 "made by": "python -m RNN_From_Scratch.demo.train_weights",
                 **{name: f"{bits:.4f}" for name, bits in measured.items()}}
    save(path, halves, metadata)
    print(f"{path}: {path.stat().st_size:,} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m RNN_From_Scratch.demo.train_weights", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=WEIGHTS_FILE, metavar="FILE",
                        help="the file (default: in the package)")
    parser.add_argument("--epochs", type=int, default=PARAMETERS["max_iter"], metavar="N", help="passes over the text")
    options = parser.parse_args()
    text = load_hamlet()
    if not text.is_hamlet:
        parser.exit(1, f"The play is needed, but only this is available: {text.source}.\n")
    write(train(text, **PARAMETERS | {"max_iter": options.epochs}), text, options.out)


if __name__ == "__main__":
    main()

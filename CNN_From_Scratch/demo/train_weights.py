"""The shipped weights: how to train them again, and how to load them.

    python -m CNN_From_Scratch.demo.train_weights    trains on all 60,000 digits, seed 0, and writes weights.safetensors

    from CNN_From_Scratch.demo.train_weights import pretrained
    pretrained().predict(images)                    # (N, 28, 28) bytes, white digits on black, centred as in MNIST

The settings are those of the demo, which were chosen on the validation digits.  For these weights the validation digits
are training digits, too.  The test digits are used once, at the end, only for the report.
"""

import sys
import time
from pathlib import Path

import numpy as np

from ai_from_scratch import weights
from ai_from_scratch.data import load_mnist
from CNN_From_Scratch.classifier import CNNClassifier

WEIGHTS_FILE = Path(__file__).parents[1] / "weights.safetensors"


def pretrained(path: Path = WEIGHTS_FILE) -> CNNClassifier:
    """The shipped classifier, trained on MNIST.  ValueError if the file does not contain its weights."""
    return CNNClassifier.from_state(*weights.load(path))


def main(path: Path = WEIGHTS_FILE) -> int:
    """Trains, reports, saves; returns the exit code."""
    digits = load_mnist()
    if digits.is_sample:
        print(f"The weights need all of MNIST, but only this is available: {digits.source}.", file=sys.stderr)
        return 1
    X = np.concatenate([digits.train.X, digits.validation.X])
    y = np.concatenate([digits.train.y, digits.validation.y])
    model, start = CNNClassifier(shift=2, random_state=0), time.perf_counter()
    per_epoch = -(-len(y) // model.batch_size)
    for progress in model.training(X, y):
        if progress.step % per_epoch == 0:
            seconds = time.perf_counter() - start
            print(f"epoch {progress.epoch}: loss {model.loss_curve_[-1]:.4f}, {seconds:.0f} s", flush=True)
    arrays, about = model.state()
    accuracy = model.score(*digits.test)
    about |= {"test_accuracy": f"{accuracy:.4f}", "made_by": "python -m CNN_From_Scratch.demo.train_weights"}
    weights.save(path, arrays, about)
    print(f"{100 * accuracy:.2f} % of {len(digits.test.y):,} test digits; {path.name}: {path.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())

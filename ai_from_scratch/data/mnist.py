"""MNIST: 70,000 handwritten digits of 28 × 28 pixels, 60,000 for training and 10,000 for the test.

An IDX file is a magic number, the size of each axis (big-endian, four bytes each), then one byte for each value.
Offline, 5,000 of the training images replace it, and `source` says so.

    Y. LeCun, C. Cortes, C. Burges: The MNIST database of handwritten digits.  CC BY-SA 3.0
"""

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np

from ai_from_scratch.data.dataset import DataError, Dataset, Samples, split
from ai_from_scratch.data.fetch import FOLDER_VARIABLE, Remote, find

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
SHA256 = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
SAMPLE_FILE = Path(__file__).parent / "files" / "mnist_5k.npz"
MOST_BYTES = 200_000_000            # unpacked; the largest of the four files has 47 MB
DIGIT_NAMES = tuple("0123456789")


def load_mnist(*, download: bool = True, sample: bool = False) -> Dataset:
    """X (n, 28, 28) uint8, y (n,) int64: 55,000 for training, the last 5,000 for validation, and the 10,000 test
    images.

    The offline sample (`is_sample`) has 3,500, 500 and 1,000, with each digit equally often; `sample` selects it even
    if the full data are available.  Raises DataError when AI_FROM_SCRATCH_DATA names a folder without the four files,
    or with broken ones.
    """
    if sample:
        return _offline_sample("a quick run needs no more")
    files = [Remote(f"mnist/{name}", tuple(base + name for base in MIRRORS), sha) for name, sha in SHA256.items()]
    found = find(files, download=download)
    if not found.paths:
        return _offline_sample(found.source)
    train_images, train_labels, test_images, test_labels = found.paths
    known, test = _read_pair(train_images, train_labels), _read_pair(test_images, test_labels)
    cut = len(known.y) - len(known.y) // 12                        # the last 5,000 of 60,000 are for validation
    train, validation = Samples(known.X[:cut], known.y[:cut]), Samples(known.X[cut:], known.y[cut:])
    if not len(validation.y) or not len(test.y):
        raise DataError(
            f"{train_images.parent} holds {len(known.y)} training and {len(test.y)} test images, too few for a "
            f"training: expected 60,000 and 10,000. Put the published files there, or unset {FOLDER_VARIABLE}."
        )
    return Dataset("MNIST", found.source, train, validation, test, class_names=DIGIT_NAMES)


def _offline_sample(why: str) -> Dataset:
    with np.load(SAMPLE_FILE) as arrays:
        samples = Samples(arrays["X"], arrays["y"].astype(np.int64))   # (5000, 28, 28), (5000,)
    parts = split(samples, rng=np.random.default_rng(0), validation=0.1, test=0.2, stratify=True)
    source = f"offline sample of 5,000 MNIST training images, not the MNIST test set ({why})"
    return Dataset("MNIST", source, *parts, class_names=DIGIT_NAMES, is_sample=True)


def _read_pair(images: Path, labels: Path) -> Samples:
    X, y = read_idx(images, (28, 28)), read_idx(labels, ())        # (n, 28, 28), (n,)
    if len(X) != len(y):
        raise _broken(labels, f"{len(X):,} labels, one for each image of {images.name}", f"{len(y):,}")
    if len(y) and y.max() > 9:
        raise _broken(labels, "labels 0 to 9", f"the label {y.max()}")
    return Samples(X, y.astype(np.int64))


def read_idx(path: Path, shape: tuple[int, ...]) -> np.ndarray:    # (n, *shape) uint8
    """Read an IDX file of bytes whose items have this shape, gzipped if it is named .gz.  Raises DataError for any
    other content."""
    axes, packed = 1 + len(shape), path.suffix == ".gz"
    try:
        with gzip.open(path, "rb") if packed else open(path, "rb") as file:
            header = file.read(4 + 4 * axes)
            if len(header) < 4 + 4 * axes:
                raise _broken(path, f"a header of {4 + 4 * axes} bytes", f"{len(header)} bytes")
            magic, n, *item = struct.unpack(f">{1 + axes}I", header)
            if magic != 0x800 + axes or tuple(item) != shape:
                expected = f"magic number {0x800 + axes} and items of shape {shape}"
                raise _broken(path, expected, f"{magic} and {tuple(item)}")
            size = n * math.prod(shape)
            data = file.read(min(size, MOST_BYTES) + 1)            # never more: a few kB can unpack to gigabytes
    except (OSError, EOFError, zlib.error) as error:
        raise _broken(path, f"{'a gzipped' if packed else 'an'} IDX file", f"an error ({error})") from error
    if len(data) != size:
        more = " or more" * (len(data) > min(size, MOST_BYTES))
        raise _broken(path, f"{n:,} items in {size:,} bytes (at most {MOST_BYTES:,})", f"{len(data):,} bytes{more}")
    return np.frombuffer(data, np.uint8).reshape(n, *shape).copy()   # a copy, because the buffer is read-only


def _broken(path: Path, expected: str, came: str) -> DataError:
    return DataError(f"{path}: expected {expected}, got {came}. Fetch the file again, or unset {FOLDER_VARIABLE}.")

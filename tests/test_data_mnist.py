"""MNIST: the IDX format, all that can be wrong in a file, and the offline sample."""

import gzip
import hashlib
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from data_server import DataServer, body, keep_apart, refused_url, status
from traced_memory import traced_memory

from ai_from_scratch.data import DataError, fetch, load_mnist, mnist

REAL = os.environ.get(fetch.FOLDER_VARIABLE)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    return keep_apart(monkeypatch, tmp_path)


def idx_images(X: np.ndarray) -> bytes:
    return gzip.compress(struct.pack(">4I", 2051, *X.shape) + X.tobytes(), mtime=0)


def idx_labels(y: np.ndarray) -> bytes:
    return gzip.compress(struct.pack(">2I", 2049, len(y)) + y.tobytes(), mtime=0)


def small_files() -> dict[str, bytes]:
    """36 training and 10 test images; pixel (0, 0) of each holds its number."""
    X = np.random.default_rng(0).integers(0, 256, (46, 28, 28), np.uint8)
    X[:, 0, 0] = np.arange(46)
    y = (np.arange(46) % 10).astype(np.uint8)
    contents = [idx_images(X[:36]), idx_labels(y[:36]), idx_images(X[36:]), idx_labels(y[36:])]
    return dict(zip(mnist.SHA256, contents, strict=True))


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """The user's own folder with small files in it."""
    own = tmp_path / "own" / "mnist"
    own.mkdir(parents=True)
    for name, data in small_files().items():
        (own / name).write_bytes(data)
    monkeypatch.setenv(fetch.FOLDER_VARIABLE, str(own.parent))
    return own


def publish(monkeypatch, *bases: str) -> None:
    """Replace the addresses and the checksums of the published files by those of the small files."""
    monkeypatch.setattr(mnist, "MIRRORS", bases)
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in small_files().items()}
    monkeypatch.setattr(mnist, "SHA256", sums)


def test_a_folder_is_read_and_its_last_twelfth_is_held_out(folder):
    digits = load_mnist()
    assert digits.source == "folder of AI_FROM_SCRATCH_DATA"
    assert digits.name == "MNIST" and not digits.is_sample and digits.class_names == tuple("0123456789")
    assert digits.train.X.shape == (33, 28, 28) and digits.train.X.dtype == np.uint8
    parts = [digits.train, digits.validation, digits.test]
    assert [part.X[:, 0, 0].tolist() for part in parts] == [[*range(33)], [33, 34, 35], [*range(36, 46)]]
    for part in parts:
        np.testing.assert_array_equal(part.y, part.X[:, 0, 0] % 10)
        assert part.y.dtype == np.int64


def test_unpacked_files_are_read_too(folder):
    before = load_mnist()
    for path in list(folder.iterdir())[::2]:                # some of them: others are packed
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()
    after = load_mnist()
    np.testing.assert_array_equal(after.train.X, before.train.X)
    np.testing.assert_array_equal(after.test.y, before.test.y)
    cut = next(path for path in folder.iterdir() if not path.suffix)
    cut.write_bytes(cut.read_bytes()[:-1])
    with pytest.raises(DataError, match="items in"):
        load_mnist()


def test_what_is_read_may_be_written_to(folder):
    digits = load_mnist()
    digits.train.X[0] = 0
    digits.train.y[0] = 0


def test_downloaded_files_are_read_and_then_come_from_the_cache(monkeypatch, cache):
    answers = {f"/mnist/{name}": body(data) for name, data in small_files().items()}
    with DataServer({}) as bad, DataServer(answers) as good:
        publish(monkeypatch, bad.url("/mnist/"), good.url("/mnist/"))
        first = load_mnist()
        assert bad.asked == ["/mnist/train-images-idx3-ubyte.gz"]
    assert first.source == f"downloaded from {good.host}"
    again = load_mnist(download=False)
    assert again.source == "cache"
    np.testing.assert_array_equal(again.train.X, first.train.X)


def test_without_a_network_the_sample_says_why(monkeypatch):
    publish(monkeypatch, refused_url("/mnist/"))
    digits = load_mnist()
    assert digits.is_sample
    assert digits.source.startswith("offline sample of 5,000 MNIST training images, not the MNIST test set (download")
    assert "refused" in digits.source


def test_a_server_that_fails_in_the_middle_of_the_four_files_means_the_sample(monkeypatch):
    answers = {f"/{name}": body(data) for name, data in small_files().items()}
    answers["/t10k-images-idx3-ubyte.gz"] = status(500)
    with DataServer(answers) as server:
        publish(monkeypatch, server.url("/"))
        digits = load_mnist()
    assert digits.is_sample and len(digits.train.y) == 3500
    assert "HTTP 500" in digits.source


# --- the format

def wrong_magic(files: dict[str, bytes]) -> None:
    files["train-images-idx3-ubyte.gz"] = files["train-labels-idx1-ubyte.gz"]


def wrong_shape(files: dict[str, bytes]) -> None:
    files["t10k-images-idx3-ubyte.gz"] = idx_images(np.zeros((10, 14, 56), np.uint8))


def not_gzip(files: dict[str, bytes]) -> None:
    files["train-labels-idx1-ubyte.gz"] = gzip.decompress(files["train-labels-idx1-ubyte.gz"])


def empty(files: dict[str, bytes]) -> None:
    files["train-labels-idx1-ubyte.gz"] = b""


def cut_gzip(files: dict[str, bytes]) -> None:
    files["train-images-idx3-ubyte.gz"] = files["train-images-idx3-ubyte.gz"][:-2000]


def flipped_byte(files: dict[str, bytes]) -> None:
    data = bytearray(files["train-images-idx3-ubyte.gz"])
    data[len(data) // 2] ^= 255
    files["train-images-idx3-ubyte.gz"] = bytes(data)


def too_short(files: dict[str, bytes]) -> None:
    raw = gzip.decompress(files["train-images-idx3-ubyte.gz"])
    files["train-images-idx3-ubyte.gz"] = gzip.compress(raw[:-1])


def too_long(files: dict[str, bytes]) -> None:
    raw = gzip.decompress(files["train-images-idx3-ubyte.gz"])
    files["train-images-idx3-ubyte.gz"] = gzip.compress(raw + b"x")


def bomb(files: dict[str, bytes]) -> None:
    """A gigabyte of zeros in one megabyte, after the 36 images that the header promises."""
    raw = gzip.decompress(files["train-images-idx3-ubyte.gz"])
    files["train-images-idx3-ubyte.gz"] = gzip.compress(raw) + gzip.compress(bytes(10**7), 9) * 100


def absurd_count(files: dict[str, bytes]) -> None:
    files["train-images-idx3-ubyte.gz"] = gzip.compress(struct.pack(">4I", 2051, 4_000_000_000, 28, 28))


def no_header(files: dict[str, bytes]) -> None:
    files["t10k-labels-idx1-ubyte.gz"] = gzip.compress(b"\0\0\x08")


def label_ten(files: dict[str, bytes]) -> None:
    files["t10k-labels-idx1-ubyte.gz"] = idx_labels(np.full(10, 10, np.uint8))


def other_count(files: dict[str, bytes]) -> None:
    files["t10k-labels-idx1-ubyte.gz"] = idx_labels(np.zeros(9, np.uint8))


def too_few(files: dict[str, bytes]) -> None:
    files["train-images-idx3-ubyte.gz"] = idx_images(np.zeros((11, 28, 28), np.uint8))
    files["train-labels-idx1-ubyte.gz"] = idx_labels(np.zeros(11, np.uint8))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (wrong_magic, r"train-images.*expected magic number 2051 and items of shape \(28, 28\), got 2049"),
        (wrong_shape, r"t10k-images.*got 2051 and \(14, 56\)"),
        (not_gzip, "train-labels.*expected a gzipped IDX file"),
        (empty, "train-labels.*a header of 8 bytes, got 0 bytes"),
        (cut_gzip, "train-images.*expected a gzipped IDX file"),
        (flipped_byte, "train-images"),
        (too_short, "train-images.*expected 36 items in 28,224 bytes .*, got 28,223 bytes"),
        (too_long, "train-images.*got 28,225 bytes or more"),
        (bomb, "train-images.*got 28,225 bytes or more"),
        (absurd_count, "expected 4,000,000,000 items"),
        (no_header, "t10k-labels.*a header of 8 bytes, got 3 bytes"),
        (label_ten, "t10k-labels.*labels 0 to 9, got the label 10"),
        (other_count, "t10k-labels.*10 labels, one for each image of t10k-images-idx3-ubyte.gz, got 9"),
        (too_few, "11 training and 10 test images"),
    ],
)
def test_a_broken_file_in_the_users_folder_is_named_with_what_was_expected(damage, words, folder):
    files = small_files()
    damage(files)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    with pytest.raises(DataError, match=words) as caught:
        load_mnist()
    assert "unset AI_FROM_SCRATCH_DATA" in str(caught.value)


def test_a_gzip_file_of_a_gigabyte_of_zeros_is_not_unpacked(folder):
    files = small_files()
    bomb(files)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    with traced_memory() as peak:
        with pytest.raises(DataError, match="got 28,225 bytes or more"):
            load_mnist()
        assert peak() < 20_000_000


# --- the offline sample

def test_the_sample_has_each_digit_equally_often_in_every_part():
    sample = load_mnist(download=False)
    assert sample.is_sample
    assert "not the MNIST test set" in sample.source
    counts = [np.bincount(part.y).tolist() for part in (sample.train, sample.validation, sample.test)]
    assert counts == [[350] * 10, [50] * 10, [100] * 10]
    assert sample.train.X.shape == (3500, 28, 28) and sample.train.X.dtype == np.uint8
    assert sample.train.y.dtype == np.int64


def test_no_image_of_the_sample_is_twice_in_it():
    sample = load_mnist(download=False)
    images = np.concatenate([part.X for part in (sample.train, sample.validation, sample.test)])
    assert len({image.tobytes() for image in images}) == 5000


def test_the_sample_is_the_same_every_time():
    one, other = load_mnist(download=False), load_mnist(download=False)
    np.testing.assert_array_equal(one.test.X, other.test.X)


def test_the_labels_of_the_sample_belong_to_its_images():
    sample = load_mnist(download=False)
    X, y = sample.train.X.reshape(3500, -1).astype(float), sample.train.y
    means = np.array([X[y == digit].mean(axis=0) for digit in range(10)])               # (10, 784)
    distances = ((sample.test.X.reshape(1000, 1, -1) - means) ** 2).sum(axis=2)         # (1000, 10)
    assert np.mean(distances.argmin(axis=1) == sample.test.y) > 0.75


@pytest.mark.skipif(not REAL, reason="AI_FROM_SCRATCH_DATA names no folder with the whole MNIST")
def test_no_image_of_the_sample_is_in_the_mnist_test_set(monkeypatch):
    sample = load_mnist(download=False)
    monkeypatch.setenv(fetch.FOLDER_VARIABLE, str(REAL))
    whole = load_mnist()
    assert [len(part.y) for part in (whole.train, whole.validation, whole.test)] == [55_000, 5_000, 10_000]
    forbidden = {image.tobytes() for image in whole.test.X}
    for part in (sample.train, sample.validation, sample.test):
        assert not any(image.tobytes() in forbidden for image in part.X)

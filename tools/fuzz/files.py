"""Readers of files: MNIST's IDX, tables, texts, plays, pictures."""

import gzip
import io
import os
import struct
import zipfile
from functools import cache
from pathlib import Path

import numpy as np

from ai_from_scratch.data import DataError, hamlet, load_digit, load_mnist, load_table, load_text
from ai_from_scratch.data.fetch import FOLDER_VARIABLE

from .harness import Reader, damaged


class Idx(Reader):
    """Four gzipped IDX files in the user's folder."""

    seconds = 5.0
    megabytes = 500.0
    refusals = (DataError,)
    names = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
    counts = (24, 24, 6, 6)

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.values = [rng.integers(0, 10 if place % 2 else 256, (n,) if place % 2 else (n, 28, 28)).astype(np.uint8)
                       for place, n in enumerate(self.counts)]
        self.whole = [gzip.compress(self.raw(values, values.shape), 1, mtime=0) for values in self.values]
        self.zeros = gzip.compress(bytes(10**7), mtime=0)

    @staticmethod
    def raw(values: np.ndarray, sizes: tuple[int, ...]) -> bytes:
        return struct.pack(f">{1 + len(sizes)}I", 0x800 + len(sizes), *sizes) + values.tobytes()

    def make(self, rng, folder: Path) -> Path:
        """One of the four files is changed: wrong sizes, damaged before or after packing, or 300 MB of zeros behind."""
        (folder / "mnist").mkdir()
        contents, victim = list(self.whole), int(rng.integers(4))
        values = self.values[victim]
        sizes = values.shape
        if rng.random() < 0.5:
            sizes = tuple(int(rng.choice([0, 1, 7, 28, len(values), 2**31, 2**32 - 1])) for _ in sizes)
        raw = self.raw(values, sizes)
        if rng.random() < 0.5:
            raw = damaged(raw, rng)
        content = gzip.compress(raw, 1, mtime=0)
        contents[victim] = (content + self.zeros * 30 if rng.random() < 0.02 else
                            damaged(content, rng) if rng.random() < 0.5 else content)
        for name, content in zip(self.names, contents, strict=True):
            (folder / "mnist" / f"{name}.gz").write_bytes(content)
        return folder

    def read(self, given: Path) -> str:
        os.environ[FOLDER_VARIABLE] = str(given)
        try:
            data = load_mnist()
        finally:
            del os.environ[FOLDER_VARIABLE]
        for part in (data.train, data.validation, data.test):
            if part.X.shape[1:] != (28, 28) or len(part.X) != len(part.y) or not len(part.y) or part.y.max() > 9:
                return f"a part of shape {part.X.shape} and {part.y.shape}"
        return ""


WORDS = ["", "NA", "None", "nan", "?", "-", "inf", "-inf", "1e999", "1_000", "1,5", "1.234,5", "12,345", "0x10", "١٢",
         "½", "true", "Rome", "Zürich", '"', '""', 'a"b', "a;b", "a\tb", "a|b", " x ", "\u200b", "\x1a", "2024-01-01",
         "1e-320", "1e150", "9007199254740993", "007", "$5", "5%", "new\nline", "é", "x" * 300, "\0"]
NAMES = ["a", "b", "id", "Id", "PassengerId", "", "column 1", "a = x", "y", "Größe", "1", "2.5", "nan", "a ", '"',
         "x" * 300]


class Csv(Reader):
    """A table, read and standardised."""

    seconds = 10.0
    megabytes = 300.0
    refusals = (DataError,)

    def make(self, rng, folder: Path) -> tuple:
        d, n = int(rng.integers(2, 7)), int(rng.choice([20, 40, 60, 130] * 4 + [0, 1, 19]))
        delimiter = str(rng.choice([",", ";", "\t", "|"] * 9 + [" "]))
        rate = float(rng.choice([0, 0.002, 0.02]))
        names = [str(name) for name in rng.choice(NAMES, d, replace=bool(rng.random() < 0.05))]
        columns = [self.column(rng, n, rate) for _ in range(d)]
        lines = [delimiter.join(names), *(delimiter.join(fields) for fields in zip(*columns, strict=True))]
        if rng.random() < 0.05 and lines:
            lines[int(rng.integers(len(lines)))] += delimiter
        text = str(rng.choice(["\n", "\r\n", "\r"])).join(lines)
        content = text.encode(str(rng.choice(["utf-8"] * 5 + ["utf-8-sig", "utf-16", "latin-1"])), "replace")
        if rng.random() < 0.1:
            content = damaged(content, rng)
        (folder / "t.csv").write_bytes(content)
        missing = [None, [], ["Rome"], ["1", "NA"]][int(rng.integers(4))]
        return folder / "t.csv", str(rng.choice(names)), str(rng.choice(["either", "numbers", "classes"])), missing

    @staticmethod
    def column(rng, n: int, rate: float) -> list[str]:
        kind = rng.integers(7)
        if kind == 0:
            cells = [str(i) for i in range(n)]
        elif kind == 1:
            cells = [str(word) for word in rng.choice(["red", "blue", "None", "NA"], n)]
        elif kind == 2:
            cells = [str(value) for value in rng.integers(0, 3, n) + int(rng.choice([0, 20240101, 2**53]))]
        elif kind == 3:
            cells = [f"{value:.4g}" for value in rng.normal(size=n) * 10.0 ** rng.integers(-320, 300)]
        elif kind == 4:
            cells = [f"{value:.2f}".replace(".", ",") for value in rng.normal(size=n)]
        elif kind == 5:
            cells = [str(rng.choice(WORDS))] * n
        else:
            cells = [f"{value:.3f}" for value in rng.normal(size=n)]
        for i in range(n):
            if rng.random() < rate:
                word = str(rng.choice(WORDS))
                cells[i] = '"' + word.replace('"', '""') + '"' if rng.random() < 0.5 else word
        return cells

    def read(self, given: tuple) -> str:
        path, target, wanted, missing = given
        table = load_table(path, target, wanted=wanted, missing=missing)
        data = table.data.standardized()
        for part in (data.train, data.validation, data.test):
            if not np.isfinite(part.X).all() or not np.isfinite(part.y).all():
                return "a number that is not finite"
            if part.X.shape != (len(part.y), len(data.feature_names)) or not len(part.y):
                return f"a part of shape {part.X.shape}"
        if len(set(data.feature_names)) < len(data.feature_names) or len(set(data.class_names)) < len(data.class_names):
            return "a name that is there twice"
        if data.class_names and not 0 <= data.train.y.min() <= data.train.y.max() < len(data.class_names):
            return "a class without a name"
        return ""


class TextFile(Reader):
    """A text of the user's own."""

    seconds = 5.0
    megabytes = 100.0
    refusals = (DataError,)

    def make(self, rng, folder: Path) -> Path:
        kind = rng.integers(4)
        letters = [chr(c) for c in rng.integers(1, 0x2FFF, 50)] if kind else list("abc \n")
        text = "".join(rng.choice(letters, int(rng.choice([0, 10, 999, 1000, 3000]))))
        content = text.encode(str(rng.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1"])), "replace")
        if rng.random() < 0.4:
            content = damaged(content, rng)
        if kind == 3:
            content = rng.bytes(int(rng.integers(3000)))
        path = folder / str(rng.choice(["t.txt", "no.txt", "x" * 300, "."], p=[0.94, 0.02, 0.02, 0.02]))
        if path.name == "t.txt":
            path.write_bytes(content)
        return path

    def read(self, given: Path) -> str:
        text = load_text(given)
        whole = text.train + text.validation + text.test
        if len(whole.strip()) < 1000 or "\0" in whole or "\r" in whole:
            return "a text that is too short, or holds what should have been left out"
        return "" if whole.encode() else "no bytes"


PLAY = "<PLAY>{}</PLAY>"
ACT = "<ACT><TITLE>A</TITLE><SCENE><SPEECH><SPEAKER>{}</SPEAKER><LINE>{}</LINE></SPEECH></SCENE></ACT>"


def zipped(kind: int, name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", kind) as archive:
        archive.writestr("../evil", "x", zipfile.ZIP_STORED)
        archive.writestr(name, content)
    return packed.getvalue()


@cache
def bomb(kind: int, name: str) -> bytes:
    return zipped(kind, name, bytes(30_000_000))


class Play(Reader):
    """A zip file with a play in XML."""

    seconds = 5.0
    megabytes = 300.0
    refusals = (DataError,)

    def make(self, rng, folder: Path) -> Path:
        acts = range(int(rng.choice([5, 5, 5, 4, 6])))
        xml = PLAY.format("".join(ACT.format("A", f"line {i} &amp; more") for i in acts))
        how = rng.random()
        if how < 0.1:
            tag, depth = str(rng.choice(["ACT", "SCENE", "SPEECH", "LINE"])), int(rng.choice([1, 2, 200, 20_000]))
            xml = xml.replace("<PLAY>", "<PLAY>" + f"<{tag}>" * depth + f"</{tag}>" * depth)
        elif how < 0.2:
            entities = "".join(f'<!ENTITY e{i} "' + f"&e{i - 1};" * 10 + '">' for i in range(1, 9))
            xml = f'<!DOCTYPE P [<!ENTITY e0 "ha">{entities}<!ENTITY f SYSTEM "/etc/passwd">]>' + xml.replace(
                "line 0", str(rng.choice(["&e8;", "&e2;", "&f;"], p=[0.05, 0.55, 0.4])))
        elif how < 0.3:
            xml = f"<?xml version='1.0' encoding='{rng.choice(['utf-8', 'utf-7', 'big5', 'x', 'ascii'])}'?>" + xml
        content = damaged(xml.encode(), rng) if rng.random() < 0.3 else xml.encode()
        kind = int(rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA],
                              p=[0.3, 0.3, 0.3, 0.1]))
        name = str(rng.choice(["shakespeare/hamlet.xml"] * 9 + ["hamlet.xml"]))
        packed = bomb(kind, name) if rng.random() < 0.02 else zipped(kind, name, content)
        (folder / "s.zip").write_bytes(damaged(packed, rng) if rng.random() < 0.4 else packed)
        return folder / "s.zip"

    def read(self, given: Path) -> str:
        acts = hamlet.read_acts(given, "shakespeare/hamlet.xml")
        if (given.parent.parent / "evil").exists():
            return "a file outside"
        return "" if len(acts) == 5 and all(acts) and "root:" not in "".join(acts) else "not five acts"


class Picture(Reader):
    """A picture of a digit."""

    seconds = 10.0
    megabytes = 900.0
    refusals = (DataError,)
    kinds = (*("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF") * 3,
             "PPM", "ICO", "TGA", "PCX", "EPS", "JPEG2000", "DDS", "SGI")
    modes = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F")

    def make(self, rng, folder: Path) -> Path:
        from PIL import Image, ImageDraw

        size = (self.side(rng), self.side(rng))
        image = Image.new("L", size, 255)
        for _ in range(int(rng.integers(0, 9))):
            points = rng.integers(0, max(size), (3, 2)).tolist()
            ImageDraw.Draw(image).line([tuple(point) for point in points], fill=0, width=7)
        packed = io.BytesIO()
        kind = str(rng.choice(self.kinds))
        try:
            mode = str(rng.choice(self.modes))
            if mode == "F":
                values = np.asarray(image, np.float32) / 255
                values[::2] *= np.float32(rng.choice([1, 1e38, 1e-40]))
                values[:1] = rng.choice([0, 1, np.nan, np.inf])
                image = Image.fromarray(values)
            else:
                image = image.convert(mode)
            image.save(packed, kind)
        except Exception:     # not every kind takes every mode
            image.convert("L").save(packed := io.BytesIO(), kind := "PNG")
        content = packed.getvalue()
        how = rng.random()
        if how < 0.45:
            content = damaged(content, rng)
        elif how < 0.65 and kind == "PNG":
            sides = struct.pack(">2I", *(int(x) for x in rng.choice([0, 28, 7000, 20_000, 2**31 - 1], 2)))
            content = content[:16] + sides + content[24:]
        elif how < 0.7:
            content = rng.bytes(300)
        (folder / f"x.{rng.choice(['png', 'jpg', 'eps', 'tif'])}").write_bytes(content)
        return next(folder.iterdir())

    @staticmethod
    def side(rng) -> int:
        return int(rng.choice([60, 100, 200, 28, 1, 900], p=[0.4, 0.3, 0.1, 0.1, 0.07, 0.03]))

    def read(self, given: Path) -> str:
        found = load_digit(given)
        if found.pixels.shape != (28, 28) or found.pixels.max() != 255 or not np.isfinite(found.picture).all():
            return "pixels that are none"
        return ""

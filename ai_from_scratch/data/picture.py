"""Converts a picture of a handwritten digit to the form of an MNIST digit, with the same steps as for MNIST.

    grey → without the paper's shade → the ink, dark on light or light on dark
    → its box scaled to fit 20 × 20 pixels, its aspect kept → its centre of mass at (14, 14) of 28 × 28

(Y. LeCun, C. Cortes and C. Burges, the MNIST database.)  A network that was trained only on digits of that size, place
and stroke width misreads others, however clear they are.       H × W pixels
"""

import warnings
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ai_from_scratch.data.dataset import DataError, check_file

MOST_PIXELS = 60_000_000    # more than a telephone's camera makes; a larger picture is a mistake or an attack
MOST_BYTES = 100_000_000
MOST_SCANS = 100            # of a JPEG, which is decoded that often; usual programs write about ten
# No other format is opened: PostScript, for one, is a program, and a JPEG 2000 of 740 bytes took gigabytes.
FORMATS = "PNG, JPEG, GIF, WEBP, BMP, TIFF"
MAX_SIDE_PIXELS = 800       # pixels of the longer side that are used
MIN_CONTRAST = 0.1          # smallest contrast of ink and paper, out of 1
BOX, SIZE, CENTRE = 20, 28, 14
FINE_FACTOR = 5             # the digit is first scaled to 5 × 20 pixels, so that the width of a stroke can be measured
MIN_STROKE_PIXELS = 1.8 * FINE_FACTOR  # a thinner stroke is drawn thicker: strokes of MNIST are 2 to 3 pixels wide
SOLID_SHARE = 0.6           # share of its box that the ink fills; 1 to 2 % of the digits of MNIST fill more
SPECK_SHARE = 0.02          # share of the ink; a separate spot with less is dirt


class DigitPicture(NamedTuple):
    """The digit that was found in a picture."""

    picture: np.ndarray               # (H, W) 0 black … 1 white, as given except for its size
    box: tuple[int, int, int, int]    # first row, end row, first column, end column of the ink in it
    pixels: np.ndarray                # (28, 28) uint8, bright ink on black
    notes: tuple[str, ...]            # facts that the user should know


def load_digit(path: str | Path) -> DigitPicture:
    """Read a picture of one digit: PNG, JPEG, GIF, WEBP, BMP or TIFF.

    DataError if the file is no picture, or if the picture is too large or has no ink.
    """
    for channel in ("L", "R", "G", "B"):     # L is the luminance; colours as bright as each other differ in R, G or B
        picture = read_grey(Path(path), channel)
        ink, negative = find_ink(picture)
        if ink is not None:
            break
    else:
        raise DataError(f"{path}: expected a digit, got a picture in which nothing stands out from the background. "
                        "Try a thicker pen, an even light without a shadow's edge, or a closer view.")
    rows, columns = runs(ink.sum(axis=1)), runs(ink.sum(axis=0))
    if not rows or not columns:
        raise DataError(f"{path}: expected a digit, got specks all over the picture. Try a closer view, or cut it out.")
    top, bottom, left, right = rows[0][0], rows[-1][1], columns[0][0], columns[-1][1]
    notes = ["light on dark"] if negative else ["dark on light"]
    apart = [gap for (_, end), (start, _) in pairwise(columns) if (gap := start - end)]
    if apart and max(apart) > 0.1 * (bottom - top):
        notes.append(f"{len(columns)} pieces side by side: the network takes all of them as one digit")
    if max(bottom - top, right - left) < 8:
        raise DataError(f"{path}: expected a digit, got {bottom - top} × {right - left} pixels of ink. "
                        "Try a closer view.")
    inside = ink[top:bottom, left:right]                          # (h, w)
    if (inside > 0.5).mean() > SOLID_SHARE and min(inside.shape) > 0.5 * max(inside.shape):
        notes.append("a solid area, not strokes: if it is the sheet of paper, cut the picture to the inside of it")
    return DigitPicture(picture, (top, bottom, left, right), like_mnist(inside), tuple(notes))


def read_grey(path: Path, channel: str = "L") -> np.ndarray:  # -> (H, W), 0 black … 1 white
    """The picture in grey, upright, at most 800 pixels long.  Transparent pixels become the opposite of the ink.

    channel: "L" is the luminance; "R", "G" and "B" are one colour alone.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    check_file(path, "a picture", largest=MOST_BYTES)
    try:
        content = path.read_bytes()
        if content[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1"):
            raise DataError(f"{path}: expected a picture ({FORMATS}), got HEIC, a telephone's own format. Save it "
                            "as JPEG.")
        if content.startswith(b"\xff\xd8") and content.count(b"\xff\xda") > MOST_SCANS:
            raise DataError(f"{path}: expected a picture, got a JPEG of more than {MOST_SCANS} scans. Save it again.")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")                       # damaged metadata, in a picture that can be read
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(content), formats=FORMATS.split(", ")) as opened:
                if opened.width * opened.height > MOST_PIXELS:
                    raise DataError(f"{path}: expected at most {MOST_PIXELS / 1e6:.0f} million pixels, got "
                                    f"{opened.width:,} × {opened.height:,}. Cut the digit out, or scale it down.")
                deep = opened.mode.startswith(("I", "F"))         # sixteen bits and more, which "L" would cut off
                image = ImageOps.exif_transpose(opened)
                image = image.convert("F" if deep else "RGBA")
    except DataError:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise DataError(f"{path}: expected a picture of a digit, got one of absurd size ({error}).") from error
    except Exception as error:    # a damaged picture fails in more ways than can be listed
        reason = "it is none of these" if isinstance(error, UnidentifiedImageError) else f"reading it failed: {error}"
        raise DataError(f"{path}: expected a picture ({FORMATS}), but {reason}.") from error
    image.thumbnail((MAX_SIDE_PIXELS, MAX_SIDE_PIXELS), Image.Resampling.BOX)
    if deep:
        grey = np.asarray(image, dtype=float)                     # (H, W)
        if not np.isfinite(grey).all():
            raise DataError(f"{path}: expected grey values, got some that are NaN or infinite. Save it again.")
        return (grey - grey.min()) / (np.ptp(grey) or 1)
    one = image.convert("L") if channel == "L" else image.getchannel(channel)
    grey = np.asarray(one, dtype=float) / 255                     # (H, W)
    alpha = np.asarray(image, dtype=float)[..., 3] / 255          # (H, W) 1 where opaque
    behind = 0.0 if (grey * alpha).sum() > 0.5 * alpha.sum() and alpha.min() < 1 else 1.0
    return grey * alpha + behind * (1 - alpha)


def find_ink(picture: np.ndarray) -> tuple[np.ndarray | None, bool]:  # (H, W) -> (H, W), 0 paper … 1 ink
    """The contrast of each pixel with the paper (None if there is no ink), and whether the ink is the brighter.

    The light on a sheet is uneven: the paper's brightness is taken as a plane, fitted by least squares to the rim of
    the picture.
    """
    H, W = picture.shape
    row, column = np.mgrid[0:H, 0:W]
    plane = np.stack([np.ones((H, W)), row / H, column / W], axis=-1)               # (H, W, 3)
    rim = np.minimum(np.minimum(row, H - 1 - row), np.minimum(column, W - 1 - column)) < max(1, min(H, W) // 20)
    for _ in range(3):                                   # pixels that do not fit the plane are ink that touches the rim
        coefficients = np.linalg.lstsq(plane[rim], picture[rim], rcond=None)[0]     # (3,)
        off = np.abs(picture - plane @ coefficients)
        rim = rim & (off <= max(3 * float(np.median(off[rim])), 0.02))
    difference = picture - plane @ coefficients                   # (H, W)
    negative = bool(difference.max() > -difference.min())
    ink = np.maximum(difference if negative else -difference, 0)
    grain = 1.48 * float(np.median(np.abs(difference)))          # estimates a standard deviation: most pixels are paper
    if ink.max() < max(MIN_CONTRAST, 6 * grain):
        return None, negative
    threshold = otsu(ink)
    full = np.percentile(ink[ink > threshold], 75)                # the core of the stroke; its edges are fainter
    return np.where(ink > 0.6 * threshold, np.minimum(ink / full, 1), 0), negative


def otsu(values: np.ndarray) -> float:
    """The threshold that separates the values into two groups that differ as much as possible (Otsu, 1979)."""
    counts, edges = np.histogram(values, bins=128)
    middle = (edges[:-1] + edges[1:]) / 2
    below, sum_below = np.cumsum(counts), np.cumsum(counts * middle)
    above = below[-1] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (sum_below / below - (sum_below[-1] - sum_below) / above) ** 2
    return float(edges[1:][between >= 0.999 * np.nanmax(between)].mean())   # the middle of all equally good thresholds


def runs(ink: np.ndarray) -> list[tuple[int, int]]:
    """Where the ink (n,) along an axis begins and ends, piece by piece; specks are left out."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], ink > 0, [0]]).astype(int)))
    pieces = list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
    return [(start, end) for start, end in pieces if ink[start:end].sum() >= SPECK_SHARE * ink.sum()]


def like_mnist(ink: np.ndarray) -> np.ndarray:  # (h, w), 0 paper … 1 ink, cut to its box -> (28, 28) uint8
    """Scales the ink, thickens it if it is thin, and moves its centre of mass into the middle."""
    from PIL import Image, ImageFilter

    fine = fit(ink, FINE_FACTOR * BOX)
    inside = fine > 0.5
    border = sum(int((inside != np.roll(inside, 1, axis)).sum()) for axis in (0, 1))
    width = 2 * inside.sum() / max(border, 1)                     # of a stroke, which has two sides
    if width < MIN_STROKE_PIXELS:
        thicker = 2 * round((MIN_STROKE_PIXELS - width) / 2) + 1
        image = Image.fromarray(np.pad(255 * fine, thicker // 2).astype(np.uint8))
        fine = np.asarray(image.filter(ImageFilter.MaxFilter(thicker)), dtype=float) / 255
    small = fit(fine, BOX)
    small = small / small.max()

    canvas = np.zeros((SIZE, SIZE))
    (h, w), mass = small.shape, small.sum()
    top = round(CENTRE - small.sum(axis=1) @ np.arange(h) / mass)
    left = round(CENTRE - small.sum(axis=0) @ np.arange(w) / mass)
    top, left = min(max(top, 0), SIZE - h), min(max(left, 0), SIZE - w)
    canvas[top : top + h, left : left + w] = small
    return np.round(255 * canvas).astype(np.uint8)


def fit(ink: np.ndarray, longest: int) -> np.ndarray:  # (h, w) -> at most (longest, longest)
    """The ink, scaled so that the longer side has this many pixels; each new pixel is the mean of the pixels that it
    covers."""
    from PIL import Image

    scale = longest / max(ink.shape)
    h, w = (max(1, round(scale * side)) for side in ink.shape)
    how = Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC
    return np.clip(np.asarray(Image.fromarray(ink.astype(np.float32)).resize((w, h), how), dtype=float), 0, 1)

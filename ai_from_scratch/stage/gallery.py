"""Writes a demo's finished pictures, each with its caption beneath, and the recording of its training."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ai_from_scratch.stage import theme
from ai_from_scratch.stage.demo import Demo, Picture
from ai_from_scratch.stage.displays import LIVE_SIZE
from ai_from_scratch.stage.reel import Reel

if TYPE_CHECKING:
    from PIL import Image


def paint(picture: Picture) -> Figure:
    """The picture on a figure of its own, the caption as its last lines."""
    width, height = picture.size
    lines = textwrap.wrap(picture.caption, width=int(width * 14.5))   # 9-point letters, about 15 to the inch
    figure = theme.new_figure((width, height + 0.18 * len(lines) + 0.05))
    picture.paint(figure)
    figure.supxlabel("\n".join(lines), x=0.01, ha="left", fontsize=9, color=theme.GREY)
    return figure


def save_png(figure: Figure, path: Path) -> None:
    """Writes the figure with a palette of 256 colours: a third of the size, and no difference that the eye can see."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[..., :3].copy()                    # (height, width, 3)
    in_colours(pixels, palette_of(pixels, 256)).save(path, optimize=True)


def palette_of(pixels: np.ndarray, colours: int) -> np.ndarray:  # (height, width, 3) -> (colours or fewer, 3) uint8
    """Half of them the most frequent ones as they are (backgrounds), the other half spread over all the rest, so that
    a colour of a few dots is kept too (a median cut would merge it with others)."""
    from PIL import Image

    codes, counts = np.unique(as_codes(pixels), return_counts=True)
    found = as_colours(codes[np.argsort(-counts, kind="stable")])
    if len(found) <= colours:
        return found
    rest = Image.fromarray(found[None, colours // 2 :])
    spread = rest.quantize(colours - colours // 2, Image.Quantize.MAXCOVERAGE).convert("RGB")
    return np.concatenate([found[: colours // 2], np.unique(np.asarray(spread)[0], axis=0)])


def in_colours(pixels: np.ndarray, palette: np.ndarray) -> Image.Image:  # (height, width, 3), (n, 3)
    """The picture in the nearest of these colours.  (Pillow's own search is coarse: white came out as a pale grey.)"""
    from PIL import Image

    codes, places = np.unique(as_codes(pixels), return_inverse=True)
    found, given = as_colours(codes).astype(np.float32), palette.astype(np.float32)
    distance = (given**2).sum(axis=1) - 2 * found @ given.T                      # (found, n) less ‖found‖²
    picture = Image.fromarray(distance.argmin(axis=1).astype(np.uint8)[places].reshape(pixels.shape[:2]))
    picture.putpalette(palette.tobytes())
    return picture


def as_codes(pixels: np.ndarray) -> np.ndarray:  # (…, 3) uint8 -> (n,) one number a pixel
    return pixels.reshape(-1, 3).astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)


def as_colours(codes: np.ndarray) -> np.ndarray:  # (n,) -> (n, 3) uint8
    return (codes[:, None] >> np.array([16, 8, 0], np.uint32) & 255).astype(np.uint8)


def save_pictures(demo: Demo, folder: Path, reel: Reel) -> Iterator[tuple[Path, str]]:
    """Paints and writes one picture after the other; yields its path and caption.  OSError if it cannot be written."""
    folder.mkdir(parents=True, exist_ok=True)
    for picture in demo.figures():
        path = folder / picture.file
        save_png(paint(picture), path)
        yield path, picture.caption
    if reel.scene:
        figure = theme.new_figure(LIVE_SIZE)
        demo.draw(figure, reel.scene)
        path = folder / "live.png"
        save_png(figure, path)
        yield path, "The live view as it stood at the end."


def save_gif(demo: Demo, reel: Reel, path: Path, *, most: int = 48, width: int = 720, seconds: float = 8.0) -> Path:
    """Replays the kept frames into an animated GIF of about `most` pictures that lasts `seconds` and then rests."""
    figure, scene = theme.new_figure(LIVE_SIZE), None
    figure.set_dpi(width / LIVE_SIZE[0])
    canvas = FigureCanvasAgg(figure)
    pictures: list[np.ndarray] = []
    for frames in reel.pick(most):
        if type(frames[-1]) is not scene:
            figure.clear()
            scene = type(frames[-1])
        demo.draw(figure, frames)
        canvas.draw()
        pictures.append(np.asarray(canvas.buffer_rgba())[..., :3].copy())        # (height, width, 3)
    # One palette for all: what does not change from picture to picture then costs nothing in the file.
    few = pictures[:: max(1, len(pictures) // 6)]
    palette = palette_of(np.concatenate(few), 256)
    indexed = [in_colours(picture, palette) for picture in pictures]
    path.parent.mkdir(parents=True, exist_ok=True)
    milliseconds = [int(1000 * seconds / len(indexed))] * (len(indexed) - 1) + [2500]
    indexed[0].save(path, save_all=True, append_images=indexed[1:], duration=milliseconds, loop=0, optimize=True)
    return path

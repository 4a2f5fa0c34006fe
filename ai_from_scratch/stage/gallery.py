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


def palette_of(pixels: np.ndarray, colours: int) -> Image.Image:  # (height, width, 3) uint8
    """A picture that holds the colours: half of them the most frequent ones as they are (backgrounds), the other half
    spread over all the rest, so that a colour of a few dots is kept too (a median cut would merge it with others)."""
    from PIL import Image

    found, counts = np.unique(pixels.reshape(-1, 3), axis=0, return_counts=True)
    found = found[np.argsort(-counts, kind="stable")]
    if len(found) > colours:
        rest = Image.fromarray(found[None, colours // 2 :])
        spread = rest.quantize(colours - colours // 2, Image.Quantize.MAXCOVERAGE).convert("RGB")
        found = np.concatenate([found[: colours // 2], np.unique(np.asarray(spread)[0], axis=0)])
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.resize(found, (256, 3)).tobytes())                     # what is missing repeats
    return palette


def in_colours(pixels: np.ndarray, palette: Image.Image) -> Image.Image:  # (height, width, 3) uint8
    """The picture in the nearest of these colours."""
    from PIL import Image

    return Image.fromarray(pixels).quantize(palette=palette, dither=Image.Dither.NONE)


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
    palette = palette_of(np.concatenate(few), 128)
    indexed = [in_colours(picture, palette) for picture in pictures]
    path.parent.mkdir(parents=True, exist_ok=True)
    milliseconds = [int(1000 * seconds / len(indexed))] * (len(indexed) - 1) + [2500]
    indexed[0].save(path, save_all=True, append_images=indexed[1:], duration=milliseconds, loop=0, optimize=True)
    return path

"""Writes a demo's finished pictures, each with its caption below, and the recording of its training."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ai_from_scratch.stage import theme
from ai_from_scratch.stage.demo import Demo, Picture
from ai_from_scratch.stage.displays import LIVE_SIZE_INCHES
from ai_from_scratch.stage.frame_buffer import FrameBuffer

if TYPE_CHECKING:
    from PIL import Image


class FinishedPicture(NamedTuple):
    """A picture that is not painted yet: `save(path)` paints and writes it."""

    file: str
    save: Callable[[Path], object]
    caption: str


def finished_pictures(demo: Demo, frames: FrameBuffer) -> Iterator[FinishedPicture]:
    """The demo's pictures, and the last live view."""
    for picture in demo.figures():
        yield FinishedPicture(picture.file, partial(_save_painted, picture), picture.caption)
    if frames.scene:
        yield FinishedPicture("live.png", partial(_save_live, demo, frames), "The last live view.")


def _save_painted(picture: Picture, path: Path) -> None:
    save_png(paint(picture), path)


def _save_live(demo: Demo, frames: FrameBuffer, path: Path) -> None:
    figure = theme.new_figure(LIVE_SIZE_INCHES)
    demo.draw(figure, frames.scene)
    save_png(figure, path)


def paint(picture: Picture) -> Figure:
    """The picture on a new figure, with the caption as its last lines."""
    width, height = picture.size
    lines = textwrap.wrap(picture.caption, width=int(width * 14.5))   # 9-point letters, about 15 to the inch
    figure = theme.new_figure((width, height + 0.18 * len(lines) + 0.05))
    picture.paint(figure)
    figure.supxlabel("\n".join(lines), x=0.01, ha="left", fontsize=9, color=theme.GREY)
    return figure


def save_png(figure: Figure, path: Path) -> None:
    """Writes the figure in 256 colours: the file is a third of the size, and the eye sees no difference."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    _write(in_few_colours(pixels_of(canvas)), path, format="PNG", optimize=True)


def save_gif(demo: Demo, frames: FrameBuffer, path: Path, *, most: int = 48, width: int = 720,
             seconds: float = 8.0) -> None:
    """Writes the frames as an animated GIF of about `most` pictures.  It lasts `seconds`; the last picture stays."""
    figure, scene = theme.new_figure(LIVE_SIZE_INCHES), None
    figure.set_dpi(width / LIVE_SIZE_INCHES[0])
    canvas = FigureCanvasAgg(figure)
    pictures: list[np.ndarray] = []
    for moment in frames.moments(most):
        if type(moment[-1]) is not scene:
            figure.clear()
            scene = type(moment[-1])
        demo.draw(figure, moment)
        canvas.draw()
        pictures.append(pixels_of(canvas))
    # One palette for all pictures: parts that do not change then need no space in the file.
    height = len(pictures[0])
    strip = in_few_colours(np.concatenate(pictures))
    indexed = [strip.crop((0, top, strip.width, top + height)) for top in range(0, strip.height, height)]
    milliseconds = [int(1000 * seconds / len(indexed))] * (len(indexed) - 1) + [2500]
    _write(indexed[0], path, format="GIF", save_all=True, append_images=indexed[1:], duration=milliseconds, loop=0,
           optimize=True)


def pixels_of(canvas: FigureCanvasAgg) -> np.ndarray:  # -> (height, width, 3) uint8
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def in_few_colours(pixels: np.ndarray) -> Image.Image:  # (height, width, 3) uint8
    """The nearest of 256 colours, chosen so that the colour of a few dots is kept (a median cut would drop it)."""
    from PIL import Image

    return Image.fromarray(pixels).quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=2, dither=Image.Dither.NONE)


def _write(picture: Image.Image, path: Path, **options: object) -> None:
    """Writes under a temporary name, then renames: an earlier picture stays until the new one is complete."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        picture.save(temporary, **options)      # type: ignore[arg-type]
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)

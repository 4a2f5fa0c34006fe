"""Writes a demo's finished pictures, each with its caption beneath, and the recording of its training."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ai_from_scratch.stage import theme
from ai_from_scratch.stage.demo import Demo, Picture
from ai_from_scratch.stage.displays import LIVE_SIZE
from ai_from_scratch.stage.reel import Reel


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
    from PIL import Image

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy())   # (height, width, 3)
    # Maximum coverage: colours that only a few dots have are kept too, where the median cut would merge them.
    pixels.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(path, optimize=True)


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
    from PIL import Image

    figure, scene = theme.new_figure(LIVE_SIZE), None
    figure.set_dpi(width / LIVE_SIZE[0])
    canvas = FigureCanvasAgg(figure)
    pictures: list[Image.Image] = []
    for frames in reel.pick(most):
        if type(frames[-1]) is not scene:
            figure.clear()
            scene = type(frames[-1])
        demo.draw(figure, frames)
        canvas.draw()
        pictures.append(Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy()))   # (height, width, 3)
    # One palette for all: what does not change from picture to picture then costs nothing in the file.
    few = pictures[:: max(1, len(pictures) // 6)]
    mosaic = Image.fromarray(np.concatenate([np.asarray(picture) for picture in few]))
    palette = mosaic.quantize(128, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    indexed = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    path.parent.mkdir(parents=True, exist_ok=True)
    milliseconds = [int(1000 * seconds / len(indexed))] * (len(indexed) - 1) + [2500]
    indexed[0].save(path, save_all=True, append_images=indexed[1:], duration=milliseconds, loop=0, optimize=True)
    return path

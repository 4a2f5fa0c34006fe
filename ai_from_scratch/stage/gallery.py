"""Writes a demo's finished pictures and the recording of its training; their captions stand beside them as text."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ai_from_scratch.stage import theme
from ai_from_scratch.stage.demo import Demo, Picture
from ai_from_scratch.stage.frame_buffer import FrameBuffer
from ai_from_scratch.stage.live import LIVE_SIZE_INCHES, draw_live

if TYPE_CHECKING:
    from PIL import Image

MAX_BYTES = 300_000          # of a file for a page
GIF_SECONDS, GIF_LAST_MILLISECONDS = 8.0, 2_500
USUAL_HOLD = 0.1             # seconds, of a frame without its own `hold`
# Number of pictures, width in pixels, and number of colours of a recording: the first that fits is used.
GIF_SIZES = ((48, 720, 128), (40, 720, 64), (36, 660, 64), (30, 640, 64), (24, 640, 64), (22, 620, 40), (18, 560, 40))
MIN_PIXELS_OF_A_COLOUR = 20   # in all pictures of a recording, for a place in its palette
GREYS = (0.2, 0.4, 0.6, 0.8)  # of the way from the ink to the background: the edges of letters in a recording
EDGES = (0.2, 0.45)           # the same for the curves on training and held-out data: their lines are thin
HUE_WEIGHT = 4.0              # of a difference of hue in a recording's palette, against one of lightness
ROUNDS_OF_MEANS = 4           # of the colours that are chosen freely
FLAT_SHARE = 0.15             # of a palette, at most, for areas of one colour: regions, boxes, cells of a table
MIN_SHARE_OF_A_FLAT_COLOUR = 2e-4     # of all pixels of a recording
CAPTIONS_FILE = "pictures.md"


class FinishedPicture(NamedTuple):
    """A picture that is not painted yet: `save(path)` paints and writes it."""

    file: str
    save: Callable[[Path], object]
    caption: str


def finished_pictures(demo: Demo, frames: FrameBuffer, *, gallery: bool = False) -> Iterator[FinishedPicture]:
    """The demo's pictures, and the last live view.  With `gallery`, pictures for README are also made for dark
    pages."""
    for picture in demo.figures():
        yield FinishedPicture(picture.file, partial(_save_painted, picture), picture.caption)
        if gallery and picture.dark:
            yield FinishedPicture(dark_name(picture.file), partial(_in_the_dark, partial(_save_painted, picture)),
                                  picture.caption)
    if frames.scene:
        yield FinishedPicture("live.png", partial(_save_live, demo, frames), "The last live view.")


def recordings(demo: Demo, frames: FrameBuffer) -> Iterator[FinishedPicture]:
    """The training as a GIF, and also for a dark page if README shows it (the demo says `dark_recording = True`)."""
    save = partial(save_gif, demo, frames)
    if frames.scene:
        yield FinishedPicture("training.gif", save, "The training, replayed.")
        if getattr(demo, "dark_recording", False):
            yield FinishedPicture(dark_name("training.gif"), partial(_in_the_dark, save), "The training, replayed.")


def dark_name(file: str) -> str:
    return "_dark.".join(file.rsplit(".", 1))


def _in_the_dark(save: Callable[[Path], object], path: Path) -> None:
    with theme.dark():
        save(path)


def _save_painted(picture: Picture, path: Path) -> None:
    save_png(paint(picture), path)


def _save_live(demo: Demo, frames: FrameBuffer, path: Path) -> None:
    figure = theme.new_figure(LIVE_SIZE_INCHES, theme.DPI_OF_FILES)
    draw_live(demo, figure, frames.scene)
    save_png(figure, path)


def paint(picture: Picture) -> Figure:
    """The picture on a new figure."""
    figure = theme.new_figure(picture.size, theme.DPI_OF_FILES)
    picture.paint(figure)
    return figure


def save_png(figure: Figure, path: Path) -> None:
    """Writes the figure in 256 colours: the file has a third of the size, and no difference is visible."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    _write(in_few_colours(pixels_of(canvas)), path, format="PNG", optimize=True)


def captions_page(title: str, command: str, pictures: Sequence[tuple[str, str]]) -> str:
    """The pictures (file, caption) as a Markdown page that stands in their folder; dark ones have the same caption."""
    lines = [f"# {title}: the pictures", f"Drawn by `{command}`."]
    for file, caption in pictures:
        if "_dark." not in file:
            lines += [f"![{file.rsplit('.', 1)[0].replace('_', ' ')}]({file})", caption.replace("*", r"\*")]
    return "\n\n".join(lines) + "\n"


def save_gif(demo: Demo, frames: FrameBuffer, path: Path) -> None:
    """Writes the frames as an animated GIF of at most MAX_BYTES.  It lasts GIF_SECONDS; the last picture stays."""
    for most, width, colours in GIF_SIZES:
        moments = frames.moments(most)
        scenes = [type(moment[-1]).__name__ for moment in moments]
        content = _gif(_record(demo, moments, width), scenes, colours, milliseconds_of(moments))
        if len(content) <= MAX_BYTES:
            break
    _replace(path, content)


def milliseconds_of(moments: Sequence[Sequence[Any]]) -> list[int]:
    """The time of each picture of a recording, in proportion to the `hold` of its frame."""
    holds = np.array([getattr(moment[-1], "hold", 0.0) or USUAL_HOLD for moment in moments])
    return [*(1000 * GIF_SECONDS * holds / holds.sum()).astype(int).tolist()[:-1], GIF_LAST_MILLISECONDS]


def _record(demo: Demo, moments: Sequence[Sequence[Any]], width: int) -> list[np.ndarray]:
    """The moments as pixels, (height, width, 3) uint8 each."""
    figure, scene = theme.new_figure(LIVE_SIZE_INCHES), None
    figure.set_dpi(width / LIVE_SIZE_INCHES[0])
    canvas = FigureCanvasAgg(figure)
    pictures: list[np.ndarray] = []
    for moment in moments:
        if type(moment[-1]) is not scene:
            figure.clear()
            scene = type(moment[-1])
            draw_live(demo, figure, moment)
            canvas.draw()            # axes of a fixed aspect have their place only in the second round of the layout
        draw_live(demo, figure, moment)
        canvas.draw()
        pictures.append(pixels_of(canvas))
    return pictures


def _gif(pictures: list[np.ndarray], scenes: Sequence[str], colours: int, milliseconds: list[int]) -> bytes:
    # One palette for all pictures of a scene: parts that do not change then take no space in the file.
    height, indexed = len(pictures[0]), []
    for _, scene in groupby(zip(scenes, pictures, strict=True), key=lambda pair: pair[0]):
        strip = with_the_themes_colours(np.concatenate([picture for _, picture in scene]), colours)
        indexed += [strip.crop((0, top, strip.width, top + height)) for top in range(0, strip.height, height)]
    content = io.BytesIO()
    indexed[0].save(content, format="GIF", save_all=True, append_images=indexed[1:], duration=milliseconds, loop=0,
                    optimize=True)
    return content.getvalue()


def pixels_of(canvas: FigureCanvasAgg) -> np.ndarray:  # -> (height, width, 3) uint8
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def in_few_colours(pixels: np.ndarray, colours: int = 256) -> Image.Image:  # (height, width, 3) uint8
    """The picture in so few colours, chosen so that the colour of a few dots is kept (a median cut would drop it)."""
    from PIL import Image

    return Image.fromarray(pixels).quantize(colours, Image.Quantize.MAXCOVERAGE, kmeans=2, dither=Image.Dither.NONE)


def with_the_themes_colours(pixels: np.ndarray, colours: int) -> Image.Image:  # (height, width, 3) uint8
    """As in_few_colours, but the theme's own colours stay as they are, because the captions name the colours of curves.

    With few colours, a thin line would get the colour of a similar one: the training curve would become blue.  The
    edges of curves and letters are paler; some of their colours are kept, too, and the colours of large areas.
    """
    from PIL import Image

    packed = pixels.astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)           # (height, width)
    different, place, count = np.unique(packed, return_inverse=True, return_counts=True)
    named = np.array([int(colour[1:], 16) for colour in theme.colours_in_use()])
    kept = named[np.isin(named, different[count >= MIN_PIXELS_OF_A_COLOUR])]
    curves = [colour for colour in (theme.TRAINING, theme.HELD_OUT) if int(colour[1:], 16) in kept]
    paler = [np.rint(255 * np.array(theme.mixed(colour, 1 - share))).astype(int).tolist()
             for colour, shares in ((theme.INK, GREYS), *((curve, EDGES) for curve in curves)) for share in shares]
    flat = [int(colour) for colour in different[np.argsort(-count.astype(int))][: int(FLAT_SHARE * colours)]
            if count[different == colour] >= MIN_SHARE_OF_A_FLAT_COLOUR * pixels[..., 0].size]
    kept = np.array(list(dict.fromkeys([*kept.tolist(), *flat])))
    of_the_theme = [*np.stack([kept >> 16, kept >> 8 & 255, kept & 255], axis=1).tolist(), *paler]
    rgb = np.stack([different >> 16, different >> 8 & 255, different & 255], axis=1).astype(int)
    palette = filled_up(np.array(of_the_theme), rgb, count, colours)          # (≤ colours, 3)
    indexed = Image.fromarray(most_similar(rgb, palette)[place].reshape(packed.shape).astype(np.uint8))
    indexed.putpalette(palette.astype(np.uint8).tobytes())
    return indexed


def filled_up(fixed: np.ndarray, colours: np.ndarray, weights: np.ndarray, size: int) -> np.ndarray:
    """The palette `fixed` (m, 3), and further colours for those of `colours` (n, 3) that it has nothing similar to.

    First one after the other, each where weight × distance² is largest; then each moves to the mean of its colours.
    """
    palette = fixed.astype(float)
    distance = squared_distances(colours, palette).min(axis=1)                         # (n,)
    while len(palette) < size and distance.max() > 0:
        worst = int((weights * distance).argmax())
        palette = np.concatenate([palette, colours[worst:worst + 1]])
        distance = np.minimum(distance, squared_distances(colours, palette[-1:])[:, 0])
    for _ in range(ROUNDS_OF_MEANS):
        nearest = most_similar(colours, palette)
        total = np.bincount(nearest, weights, len(palette))
        for i in np.flatnonzero(total[len(fixed):] > 0) + len(fixed):
            palette[i] = weights[nearest == i] @ colours[nearest == i] / total[i]
    return np.rint(palette).astype(int)


def squared_distances(colours: np.ndarray, palette: np.ndarray) -> np.ndarray:  # (n, 3), (m, 3) -> (n, m)
    """A wrong hue counts more than a wrong lightness, so that a pale blue does not become grey: R − G and G − B have
    HUE_WEIGHT."""
    axes = np.array([[1, HUE_WEIGHT, 0], [1, -HUE_WEIGHT, HUE_WEIGHT], [1, 0, -HUE_WEIGHT]])
    here, there = colours @ axes, palette @ axes
    return (here**2).sum(axis=1)[:, None] + (there**2).sum(axis=1) - 2 * here @ there.T


def most_similar(colours: np.ndarray, palette: np.ndarray) -> np.ndarray:  # (n, 3), (m, 3) -> (n,)
    """The place of the most similar colour in the palette.  (Pillow's own search takes near colours for equal: white
    would become grey.)"""
    return squared_distances(colours, palette).argmin(axis=1)


def _write(picture: Image.Image, path: Path, **options: object) -> None:
    content = io.BytesIO()
    picture.save(content, **options)            # type: ignore[arg-type]
    _replace(path, content.getvalue())


def _replace(path: Path, content: bytes) -> None:
    """Writes under a temporary name, then renames: an earlier file stays until the new one is complete."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)

"""Captions are text beside the picture; the live figure says in a sentence what happens; dark pages have their own."""

import io
from typing import Any, NamedTuple

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from ai_from_scratch.stage import gallery, theme
from ai_from_scratch.stage.demo import PhasedDemo, Picture
from ai_from_scratch.stage.displays import Display
from ai_from_scratch.stage.frame_buffer import FrameBuffer
from ai_from_scratch.stage.live import LIVE_SIZE_INCHES, draw_live
from ai_from_scratch.stage.play import play


class Falling(NamedTuple):
    step: int
    steps: int = 4
    metrics: dict = {}  # noqa: RUF012  never written to


def rising(figure):
    figure.add_subplot().plot([1, 2])


class Plain:
    """A line that grows; two pictures, one of them in README."""

    dark_recording = True

    def train(self):
        yield from map(Falling, range(5))

    def draw(self, figure, frames):
        ax = figure.axes[0] if figure.axes else figure.add_subplot()
        ax.clear()
        ax.plot([frame.step for frame in frames], color=theme.BLUE)
        ax.set_xlabel("step")

    def figures(self):
        yield Picture("line.png", rising, "Look at the * line.", dark=True)
        yield Picture("other_line.png", rising, "Look again.")


class Phased(Plain):
    def phase(self, frames):
        return "down the wall" if frames[-1].step < 2 else "along the valley" + " and on" * 40


def frames_of(demo):
    frames = FrameBuffer()
    for frame in demo.train():
        frames.add(frame)
    return frames


def opened(path):
    return Image.open(io.BytesIO(path.read_bytes()))


def test_a_caption_is_no_part_of_the_picture():
    picture = Picture("x.png", rising, "Look at the line.", size=(4, 3))
    figure = gallery.paint(picture)
    assert tuple(figure.get_size_inches()) == (4, 3) and figure.get_supxlabel() == ""
    assert not figure.texts


@pytest.mark.slow
def test_files_have_twice_the_pixels_of_a_page(tmp_path):
    demo: Any = Plain()
    for picture in gallery.finished_pictures(demo, frames_of(demo)):
        picture.save(tmp_path / picture.file)
    assert opened(tmp_path / "line.png").size == (2 * 880, 2 * 495)
    assert opened(tmp_path / "live.png").size == (2 * 1210, 2 * 550)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["line.png", "live.png", "other_line.png"]


@pytest.mark.slow
def test_what_readme_shows_is_painted_for_dark_pages_too_and_only_in_the_gallery(tmp_path):
    demo: Any = Plain()
    frames = frames_of(demo)
    made = [*gallery.finished_pictures(demo, frames, gallery=True), *gallery.recordings(demo, frames)]
    for picture in made:
        picture.save(tmp_path / picture.file)
    assert [picture.file for picture in made] == ["line.png", "line_dark.png", "other_line.png", "live.png",
                                                  "training.gif", "training_dark.gif"]
    light, dark = (np.asarray(opened(tmp_path / f"line{name}.png").convert("RGB"))[0, 0] for name in ("", "_dark"))
    assert tuple(light) == (255, 255, 255) and tuple(dark) == (13, 17, 23)
    moving = opened(tmp_path / "training_dark.gif")
    assert moving.convert("RGB").getpixel((0, 0)) == (13, 17, 23)


def test_the_captions_are_a_page_beside_the_pictures():
    page = gallery.captions_page("Falling", "python run_all.py fall", [
        ("line.png", "Look at the * line."), ("line_dark.png", "Look at the * line."), ("other_line.png", "Again.")])
    assert page == ("# Falling: the pictures\n\nDrawn by `python run_all.py fall`.\n\n![line](line.png)\n\n"
                    "Look at the \\* line.\n\n![other line](other_line.png)\n\nAgain.\n")


def test_the_live_figure_has_a_sentence_that_changes_and_has_room_of_its_own():
    assert isinstance(Phased(), PhasedDemo) and not isinstance(Plain(), PhasedDemo)
    figure = theme.new_figure(LIVE_SIZE_INCHES)
    canvas = FigureCanvasAgg(figure)
    demo: Any = Phased()
    for last, words in ((1, "down the wall"), (4, "along the valley and on")):
        draw_live(demo, figure, [Falling(step) for step in range(last + 1)])
        canvas.draw()
        assert figure.get_supxlabel().startswith(words)
        renderer = canvas.get_renderer()
        sentence = figure._supxlabel.get_window_extent(renderer)             # type: ignore[attr-defined]
        label = figure.axes[0].xaxis.label.get_window_extent(renderer)
        assert sentence.y1 < label.y0 and sentence.y0 >= 0 and sentence.x1 <= figure.bbox.width


class Seen(Display):
    """A display whose figure is in memory."""

    def __init__(self):
        super().__init__()
        self.figure, self.said = theme.new_figure(LIVE_SIZE_INCHES), []

    alive = True

    def refresh(self):
        assert self.figure is not None
        self.said.append(self.figure.get_supxlabel())


@pytest.mark.parametrize(("demo", "first"), [(Phased(), "down the wall"), (Plain(), "")])
def test_a_run_shows_the_sentence_if_the_demo_has_one(demo, first):
    display = Seen()
    list(play(demo, display, FrameBuffer(), fps=1e9))
    assert display.said[0] == first and (display.said[-1] != first) == bool(first)


@pytest.mark.slow
def test_a_recording_is_made_smaller_until_its_file_fits(tmp_path, monkeypatch):
    class Noise(Plain):
        def draw(self, figure, frames):
            figure.clear()
            figure.add_subplot().imshow(np.random.default_rng(frames[-1].step).random((300, 600)))

    demo: Any = Noise()
    monkeypatch.setattr(gallery, "GIF_SIZES", ((5, 200, 128), (3, 160, 16)))
    gallery.save_gif(demo, frames_of(demo), tmp_path / "large.gif")
    monkeypatch.setattr(gallery, "MAX_BYTES", (tmp_path / "large.gif").stat().st_size - 1)
    gallery.save_gif(demo, frames_of(demo), tmp_path / "small.gif")
    pictures = [opened(tmp_path / f"{name}.gif") for name in ("large", "small")]
    assert [(picture.n_frames, picture.width) for picture in pictures] == [(5, 200), (3, 160)]

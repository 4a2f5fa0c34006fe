"""Palettes of the saved pictures: what is large keeps its colour exactly, what is small keeps one near to it."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageSequence

from ai_from_scratch.stage import theme
from ai_from_scratch.stage.frame_buffer import FrameBuffer
from ai_from_scratch.stage.gallery import (
    GIF_LAST_MILLISECONDS,
    GIF_SECONDS,
    in_few_colours,
    milliseconds_of,
    save_gif,
    save_png,
    with_the_themes_colours,
)


def shown(pixels):
    return np.asarray(in_few_colours(pixels).convert("RGB"))


def test_few_colours_stay_as_they_are():
    pixels = np.random.default_rng(0).integers(0, 256, (4, 5, 3)).astype(np.uint8)
    np.testing.assert_array_equal(shown(pixels), pixels)


def test_white_stays_white_and_a_colour_of_a_few_dots_is_kept_beside_thousands_of_blues():
    shades = np.random.default_rng(0).integers(0, 255, (200, 200))
    pixels = np.stack([shades // 4, shades // 2, shades], axis=2).astype(np.uint8)
    pixels[:, 100:150] += np.random.default_rng(1).integers(0, 60, (200, 50, 3)).astype(np.uint8)
    pixels[:, 150:] = 255
    pixels[7, 160:163] = rare = np.array([230, 159, 0])
    after = shown(pixels)
    assert (after[10:, 150:] == 255).all()
    assert np.abs(after[7, 161].astype(int) - rare).max() <= 12
    assert np.abs(after.astype(int) - pixels).mean() < 4


def test_in_a_recording_a_held_frame_stays_as_much_longer_as_in_the_live_view():
    slow, fast, plain = SimpleNamespace(hold=0.3), SimpleNamespace(hold=0.1), SimpleNamespace(step=1)
    times = milliseconds_of([[slow], [slow, fast], [plain], [fast]])
    assert times == [int(1000 * GIF_SECONDS * share) for share in (0.5, 1 / 6, 1 / 6)] + [GIF_LAST_MILLISECONDS]


def test_a_saved_figure_has_its_colours(tmp_path):
    figure = theme.new_figure((2, 1))
    figure.add_subplot().imshow(np.ones((2, 2)), cmap="RdBu_r", vmin=0, vmax=2)
    save_png(figure, tmp_path / "picture.png")
    saved = np.asarray(Image.open(tmp_path / "picture.png").convert("RGB"))
    middle = saved[saved.shape[0] // 2, saved.shape[1] // 2].astype(int)
    assert 240 < middle.min() < 255 and np.ptp(middle) <= 1, "the middle of the scale is a pale grey"


def test_a_recording_keeps_the_theme_s_colours_among_many_others():
    shades = np.random.default_rng(0).integers(0, 256, (120, 160, 3)).astype(np.uint8)
    named = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in theme.colours_in_use()], np.uint8)
    shades[::10, :100] = named[np.arange(12) % len(named)][:, None]
    shades[5, 5] = named[-1] + 1                                   # nearly one of them: it may become that one
    after = np.asarray(with_the_themes_colours(shades, 32).convert("RGB"))
    assert after.shape == shades.shape and len(np.unique(after.reshape(-1, 3), axis=0)) <= 32
    np.testing.assert_array_equal(after[::10, :100], shades[::10, :100])


def test_areas_of_one_colour_keep_it_in_a_recording_of_few_colours_even_if_a_colour_of_the_theme_is_near():
    pixels = np.random.default_rng(0).integers(0, 256, (200, 300, 3)).astype(np.uint8)      # thousands of other colours
    pixels[0, :60] = [int(theme.PALE[i : i + 2], 16) for i in (1, 3, 5)]
    pale = [[round(255 * channel) for channel in theme.mixed(theme.BLUE, share)] for share in (0.12, 0.15, 0.18)]
    for row, colour in enumerate(pale, start=20):
        pixels[row, 100:200] = colour
    pixels[30, :100], pixels[31:34, :100] = 255, 252                # the page, and a larger area that is nearly white
    after = np.asarray(with_the_themes_colours(pixels, 40).convert("RGB"))
    np.testing.assert_array_equal(after[20:23, 100:200], pixels[20:23, 100:200])
    np.testing.assert_array_equal(after[30:34, :100], pixels[30:34, :100])


def recorded_edges(colour, shares):
    """Mixtures of a colour and the background, before and after a recording of few colours: (100, 3) each."""
    pixels = np.random.default_rng(0).integers(0, 256, (200, 300, 3)).astype(np.uint8)      # thousands of other colours
    mixtures = 255 * np.array([theme.mixed(colour, 1 - share) for share in shares])
    pixels[0, :100], pixels[1, :100] = mixtures, mixtures[0]
    after = np.asarray(with_the_themes_colours(pixels, 40).convert("RGB"))
    return pixels[0, :100].astype(int), after[0, :100].astype(int)


def test_the_edges_of_a_training_curve_do_not_become_blue_in_a_recording_of_few_colours():
    edges, after = recorded_edges(theme.TRAINING, np.linspace(0, 0.6, 100))
    assert abs(after - edges).max() < 50
    assert abs((after[:, 2] - after[:, 1]) - (edges[:, 2] - edges[:, 1])).max() < 12, "as blue as green"


def test_the_edges_of_letters_stay_grey_in_a_recording_of_few_colours():
    edges, after = recorded_edges(theme.INK, np.linspace(0, 1, 100))
    assert np.ptp(after, axis=1).max() < 12, "no eye sees that it is not grey"
    assert abs(after - edges).max() < 50, "a fifth of the way from the ink to the background"


class Scene1(SimpleNamespace):
    pass


class Scene2(SimpleNamespace):
    pass


class TwoScenes:
    """Two scenes with thousands of colours each; the second one's are the reverse of the first one's."""

    def draw(self, figure, frames):
        if not figure.axes:
            figure.add_subplot()
        ax, last = figure.axes[0], frames[-1]
        ax.clear()
        ax.set(aspect="equal", title=f"step {last.step}")
        ax.imshow(np.linspace(0, 1, 900).reshape(30, 30), cmap="viridis" if isinstance(last, Scene1) else "plasma")


@pytest.mark.slow
def test_each_scene_of_a_recording_has_its_own_colours_and_its_first_picture_has_the_layout_of_the_next(tmp_path):
    frames = FrameBuffer()
    for frame in (*(Scene1(step=i) for i in range(3)), *(Scene2(step=i) for i in range(3))):
        frames.add(frame)
    demo: Any = TwoScenes()
    save_gif(demo, frames, tmp_path / "x.gif")
    with Image.open(tmp_path / "x.gif") as recording:
        seen = [np.asarray(picture.convert("RGB")).astype(int) for picture in ImageSequence.Iterator(recording)]
    used = [{tuple(colour) for colour in np.unique(picture.reshape(-1, 3), axis=0)} for picture in seen]
    assert len(seen) == 6 and len(used[0] | used[-1]) > 128 >= max(map(len, used))
    below = [picture[40:] for picture in seen]                                             # without the title
    assert (below[0] == below[1]).all() and (below[3] == below[5]).all() and (below[0] != below[5]).any()

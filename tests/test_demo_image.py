"""--image: the shipped network reads a picture from a file, and every view of it shows that very picture."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ai_from_scratch.data import load_mnist
from ai_from_scratch.stage.demo import Settings
from ai_from_scratch.stage.gallery import paint
from CNN_From_Scratch.demo.image import Demo

MNIST = load_mnist(download=False).test


def picture_of(digit, path: Path) -> Path:
    """Dark ink on a bright sheet, three times as large, off the middle."""
    large = 255 - np.asarray(Image.fromarray(digit).resize((84, 84), Image.Resampling.BICUBIC))
    Image.fromarray(np.pad(large, ((30, 90), (70, 20)), constant_values=255)).save(path)
    return path


def test_it_says_the_digit_with_its_probabilities(tmp_path):
    right = 0
    for index in range(0, 1000, 50):
        report = Demo(Settings(image=picture_of(MNIST.X[index], tmp_path / "digit.png"))).report()
        right += report.notes[0].startswith(f"It reads {MNIST.y[index]} (")
        assert 0 < report.metrics["probability_of_its_answer"] <= 1
    assert right >= 19


@pytest.mark.slow
def test_every_picture_shows_this_digit(tmp_path):
    demo = Demo(Settings(image=picture_of(MNIST.X[17], tmp_path / "digit.png")))
    frames = list(demo.train())
    assert [frame.step for frame in frames] == [1, 2, 3, 4]
    for picture in demo.figures():
        figure = paint(picture)
        shown = [np.asarray(image.get_array()) for ax in figure.axes for image in ax.images]
        assert any(pixels.shape == (28, 28) and np.array_equal(pixels, demo.found.pixels) for pixels in shown)
    figure = paint(next(demo.figures()))
    for end in range(1, 5):
        demo.draw(figure, frames[:end])
    assert [len(ax.images) for ax in figure.axes] == [1, 1, 1, 0]


def test_it_has_no_use_for_a_missing_file(tmp_path):
    with pytest.raises(ValueError, match=r"got nothing of that name"):
        Demo(Settings(image=tmp_path / "nowhere.png"))

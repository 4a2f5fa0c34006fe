"""Pictures of digits: however they are drawn or scanned, the network gets an image like those of MNIST."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ai_from_scratch.data import DataError, load_mnist, picture
from ai_from_scratch.data.picture import fit, load_digit, otsu

MNIST = load_mnist(download=False).test


def page(digit, *, ink=0.8, light=0.9, shadow=0.0, grain=0.0, seed=0):
    """The digit (28, 28) ten times as large, somewhere on a sheet of 600 × 450: grey values 0 … 1."""
    rng = np.random.default_rng(seed)
    large = np.clip(np.asarray(Image.fromarray(digit).resize((280, 280), Image.Resampling.BICUBIC)) / 255, 0, 1)
    amount = np.zeros((600, 450))
    top, left = rng.integers(20, 300), rng.integers(20, 150)
    amount[top : top + 280, left : left + 280] = large
    paper = light - shadow * np.linspace(0, 1, 600)[:, None]
    return np.clip(paper * (1 - ink * amount) + grain * rng.standard_normal((600, 450)), 0, 1)


def saved(picture, path, **options):
    Image.fromarray(np.round(255 * picture).astype(np.uint8)).save(path, **options)
    return path


def likeness(found, digit):
    """The correlation with the digit where it fits best, at most a pixel away: centres of mass are rounded."""
    moved = [np.roll(digit, (down, right), (0, 1)) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    return max(np.corrcoef(found.pixels.ravel().astype(float), other.ravel())[0, 1] for other in moved)


@pytest.mark.slow
@pytest.mark.parametrize("index", [3, 17, 120])
@pytest.mark.parametrize(("name", "make"), [
    ("scan.png", page),
    ("board.png", lambda digit: 1 - page(digit)),
    ("photo.jpg", lambda digit: page(digit, shadow=0.4, grain=0.02)),
    ("pencil.jpg", lambda digit: page(digit, ink=0.3, shadow=0.2, grain=0.02)),
    ("itself.png", lambda digit: digit / 255),
])
def test_a_digit_on_paper_becomes_the_digit_it_was(index, name, make, tmp_path):
    digit = MNIST.X[index]
    found = load_digit(saved(make(digit), tmp_path / name))
    assert found.pixels.shape == (28, 28) and found.pixels.dtype == np.uint8 and found.pixels.max() == 255
    assert likeness(found, digit) > 0.9
    assert found.notes[0] == ("light on dark" if name in ("board.png", "itself.png") else "dark on light")


def test_it_lies_as_mnist_lies_whatever_its_place_and_size(tmp_path):
    for shape in ([(50, 30), (60, 330)], [(400, 350), (460, 380)], [(90, 90), (560, 110)]):
        image = Image.new("L", (600, 400), 255)
        ImageDraw.Draw(image).ellipse([shape[0], shape[1]], outline=0, width=9)
        image.save(tmp_path / "o.png")
        pixels = load_digit(tmp_path / "o.png").pixels.astype(float)
        rows, columns = np.flatnonzero(pixels.any(axis=1)), np.flatnonzero(pixels.any(axis=0))
        assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
        for axis in (0, 1):
            assert abs(pixels.sum(axis=1 - axis) @ np.arange(28) / pixels.sum() - 14) <= 0.5


def test_a_hair_line_is_drawn_as_thick_as_mnist_draws(tmp_path):
    for width in (1, 3, 30):
        image = Image.new("L", (500, 500), 255)
        ImageDraw.Draw(image).line([(120, 80), (360, 80), (200, 440)], fill=0, width=width)
        image.save(tmp_path / "seven.png")
        bright = (load_digit(tmp_path / "seven.png").pixels > 127).sum()
        assert 40 <= bright <= 110, f"width {width}: {bright} bright pixels"


def test_a_telephones_rotation_and_a_transparent_sheet_are_understood(tmp_path):
    digit = MNIST.X[17]
    plain = load_digit(saved(page(digit), tmp_path / "plain.png")).pixels
    turned = Image.fromarray(np.round(255 * page(digit)).astype(np.uint8)).rotate(90, expand=True)
    exif = turned.getexif()
    exif[0x0112] = 6                                                # "turn me by 90° clockwise"
    turned.save(tmp_path / "turned.png", exif=exif)
    np.testing.assert_array_equal(load_digit(tmp_path / "turned.png").pixels, plain)

    amount = Image.fromarray(np.round(255 * (1 - page(digit, ink=1, light=1))).astype(np.uint8))
    for colour in ("black", "white"):
        sheet = Image.new("RGBA", amount.size, colour)
        sheet.putalpha(amount)
        sheet.save(tmp_path / "sheet.png")
        assert likeness(load_digit(tmp_path / "sheet.png"), digit) > 0.9

    Image.fromarray((40_000 * page(digit)).astype(np.uint16)).save(tmp_path / "deep.png")
    assert likeness(load_digit(tmp_path / "deep.png"), digit) > 0.9


def test_dirt_is_left_out_and_two_digits_are_remarked_on(tmp_path):
    digit = MNIST.X[17]
    sheet = page(digit, seed=1)
    clean = load_digit(saved(sheet, tmp_path / "clean.png"))
    sheet[585:588, 440:443] = 0
    np.testing.assert_array_equal(load_digit(saved(sheet, tmp_path / "dirty.png")).pixels, clean.pixels)
    two = np.hstack([page(digit), page(digit)])
    assert any("2 pieces side by side" in note for note in load_digit(saved(two, tmp_path / "two.png")).notes)


@pytest.mark.parametrize(("paper", "pen"), [((0, 90, 200), (0, 140, 60)), ((0, 120, 235), (230, 60, 10))])
def test_colours_as_bright_as_each_other_are_told_apart(paper, pen, tmp_path):
    digit = MNIST.X[17]
    amount = (0.9 - page(digit)[..., None]) / 0.72                # (H, W, 1) 0 paper … 1 ink
    coloured = np.round(np.array(paper) + amount * (np.array(pen) - np.array(paper))).astype(np.uint8)
    Image.fromarray(coloured).save(tmp_path / "coloured.png")
    assert np.ptp(picture.read_grey(tmp_path / "coloured.png")) < picture.MIN_CONTRAST
    assert likeness(load_digit(tmp_path / "coloured.png"), digit) > 0.9


@pytest.mark.parametrize("degrees", [0, 12, 80])
def test_a_sheet_on_a_dark_table_is_remarked_on_and_a_digit_on_a_sheet_is_not(degrees, tmp_path):
    table = Image.new("L", (900, 900), 35)
    sheet = Image.fromarray(np.round(255 * page(MNIST.X[17])).astype(np.uint8)).resize((400, 533))
    mask = Image.new("L", sheet.size, 255).rotate(degrees, expand=True)
    table.paste(sheet.rotate(degrees, expand=True), (150, 120), mask)
    table.save(tmp_path / "table.png")
    assert "sheet of paper" in load_digit(tmp_path / "table.png").notes[-1]
    found = load_digit(saved(page(MNIST.X[17]), tmp_path / "page.png"))
    assert not any("sheet" in note for note in found.notes)


def test_a_shadow_with_an_edge_is_answered_with_the_light(tmp_path):
    shaded = page(MNIST.X[17])
    shaded[:, 225:] *= 0.45
    with pytest.raises(DataError, match="an even light without a shadow's edge"):
        load_digit(saved(shaded, tmp_path / "shaded.png"))


@pytest.mark.slow
def test_what_is_no_picture_of_a_digit_is_refused_in_words(tmp_path):
    def refused(name, words):
        with pytest.raises(DataError, match=words) as error:
            load_digit(tmp_path / name)
        assert name in str(error.value)

    (tmp_path / "text.png").write_text("a digit, honestly")
    refused("text.png", r"expected a picture \(PNG, JPEG, GIF, WEBP, BMP, TIFF\), but it is none of these")
    whole = saved(page(MNIST.X[3]), tmp_path / "whole.jpg").read_bytes()
    (tmp_path / "half.jpg").write_bytes(whole[: len(whole) // 2])
    refused("half.jpg", "reading it failed")
    saved(np.full((200, 200), 0.9), tmp_path / "blank.png")
    refused("blank.png", "nothing stands out")
    saved(np.clip(0.8 + 0.03 * np.random.default_rng(0).standard_normal((200, 200)), 0, 1), tmp_path / "grain.png")
    refused("grain.png", "nothing stands out")
    dot = np.ones((400, 400))
    dot[200:204, 200:204] = 0
    saved(dot, tmp_path / "dot.png")
    refused("dot.png", "4 × 4 pixels of ink")
    dots = np.ones((400, 400))
    dots[2::5, 2::5] = 0
    saved(dots, tmp_path / "dots.png")
    refused("dots.png", "specks all over")
    Image.new("1", (9000, 9000)).save(tmp_path / "huge.png")
    refused("huge.png", "9,000 × 9,000")
    Image.new("1", (14000, 14000)).save(tmp_path / "bomb.png")
    refused("bomb.png", "absurd size")


def test_a_picture_that_is_a_program_or_of_a_rare_format_is_not_opened(tmp_path, monkeypatch):
    monkeypatch.setattr("subprocess.Popen", lambda *_, **__: pytest.fail("a program was started"))
    digit = Image.fromarray(MNIST.X[3])
    for name, content in (
        ("program.png", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 50 50\n{1 pop} loop\nshowpage\n"),
        ("other.jpg", encoded(digit, "JPEG2000")), ("other.bmp", encoded(digit, "ICO")),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError, match="it is none of these"):
            load_digit(tmp_path / name)
    (tmp_path / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
    with pytest.raises(DataError, match=r"HEIC, a telephone's own format. Save it as JPEG"):
        load_digit(tmp_path / "phone.heic")


def encoded(image, kind) -> bytes:
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def test_a_picture_that_takes_for_ever_or_holds_no_numbers_is_refused(tmp_path, monkeypatch):
    whole = encoded(Image.fromarray(MNIST.X[3]), "JPEG")
    scan = whole[whole.index(b"\xff\xda") : -2]
    (tmp_path / "scans.jpg").write_bytes(whole[:-2] + 200 * scan + whole[-2:])
    with pytest.raises(DataError, match="a JPEG of more than 100 scans"):
        load_digit(tmp_path / "scans.jpg")
    grey = np.ones((60, 60), np.float32)
    grey[20:40, 28:32] = np.nan
    Image.fromarray(grey).save(tmp_path / "nan.tiff")
    with pytest.raises(DataError, match="some that are NaN"):
        load_digit(tmp_path / "nan.tiff")
    monkeypatch.setattr(picture, "MOST_BYTES", 100)
    (tmp_path / "whole.jpg").write_bytes(whole)
    with pytest.raises(DataError, match="expected a picture of at most 0 MB"):
        load_digit(tmp_path / "whole.jpg")
    for name in ("x" * 300, ".", "no.png"):
        with pytest.raises(DataError, match=r"expected a picture, got (nothing|a folder)"):
            load_digit(tmp_path / name)


def test_otsu_parts_two_groups_and_fit_keeps_the_mean():
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(0.1, 0.03, 5000), rng.normal(0.7, 0.05, 300)])
    assert 0.25 < otsu(values) < 0.55
    ink = rng.random((60, 40))
    assert fit(ink, 20).shape == (20, 13) and fit(ink, 20).mean() == pytest.approx(ink.mean(), abs=0.02)

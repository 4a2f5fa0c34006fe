"""The committed pictures: each is shown on a page and small, and those of README are there for light and dark."""

import re
import struct
import sys

import numpy as np
import pytest
from conftest import ROOT
from PIL import Image

from ai_from_scratch.stage.gallery import CAPTIONS_FILE, MAX_BYTES, dark_name

sys.path.insert(0, str(ROOT / "tools"))
import cog_results

PLOTS = ROOT / "plots"
CHAPTERS = sorted(path.parent.name for path in PLOTS.glob("*/live.png") if path.parent.name != "runs")
FILES = [path for path in sorted(PLOTS.rglob("*")) if path.is_file() and not path.name.startswith(".")
         and path.name not in (CAPTIONS_FILE, "results.json") and "runs" not in path.relative_to(PLOTS).parts]
PAGES = {path: path.read_text(encoding="utf-8")
         for path in [ROOT / "README.md", *sorted((ROOT / "documentation").glob("*.md"))]}
IMAGE = r'(?:!\[[^\]]*\]\(|src="|srcset=")((?:\.\./)?plots/[^)"\s]+)'
LINK_OF_AN_IMAGE = r"\[!\[[^\]]*\]\([^)]+\)\]\(((?:\.\./)?plots/[^)\s]+)\)"


def targets(pattern):
    return {(page.parent / target).resolve() for page, text in PAGES.items() for target in re.findall(pattern, text)}


SHOWN, OPENED = targets(IMAGE), targets(LINK_OF_AN_IMAGE)


def name_of(path):
    return str(path.relative_to(PLOTS))


def test_all_seven_chapters_have_pictures():
    assert len(CHAPTERS) == 7


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_file_is_shown_in_a_page_and_is_not_heavy(path):
    assert path.suffix in {".png", ".gif", ".svg"} and path.parent.name in CHAPTERS
    opened = path.name == "live.png" and path in OPENED            # a click on the recording shows its last frame
    assert path in SHOWN or opened, f"{name_of(path)} is in no page: show it, or do not draw it"
    assert path.stat().st_size <= MAX_BYTES


def test_what_the_pages_show_is_there():
    assert not sorted(str(path) for path in SHOWN | OPENED if not path.is_file())


def test_a_link_or_a_comment_does_not_count_as_a_picture_that_is_shown():
    page = '[text](../plots/a/b.png) <!-- picture("a/c.png") --> [![x](../plots/a/d.gif)](../plots/a/live.png)'
    assert re.findall(IMAGE, page) == ["../plots/a/d.gif"]
    assert re.findall(LINK_OF_AN_IMAGE, page) == ["../plots/a/live.png"]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_each_chapters_page_shows_its_recording_near_the_top(chapter):
    top = PAGES[ROOT / "documentation" / f"{chapter}.md"].split("\n## ")[0]
    assert f"../plots/{chapter}/training.gif" in top


@pytest.mark.parametrize("path", [path for path in FILES if path.suffix == ".png"], ids=name_of)
def test_a_picture_has_twice_the_pixels_that_a_page_shows(path):
    width, _ = struct.unpack(">II", path.read_bytes()[16:24])
    assert width >= 2 * 550, "a page shows it 550 points wide, at two pixels a point"


def test_readme_shows_each_of_its_pictures_for_light_and_for_dark_pages():
    readme = PAGES[ROOT / "README.md"]
    pairs = re.findall(r'<picture>\s*<source media="\(prefers-color-scheme: dark\)" srcset="([^"]+)">\s*'
                       r'<img src="([^"]+)"[^>]* alt="[^"]+"[^>]*>\s*</picture>', readme)
    assert len(pairs) == 8
    assert all(dark == "/".join([*light.split("/")[:-1], dark_name(light.split("/")[-1])]) for dark, light in pairs)
    pictured = {light.split("/")[-1] for _, light in pairs}
    assert pictured == {*cog_results.PICTURES.values(), "training.gif"}


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_captions_of_all_pictures_stand_beside_them_as_text(chapter):
    page = (PLOTS / chapter / CAPTIONS_FILE).read_text(encoding="utf-8")
    captions = dict(re.findall(r"!\[.*?\]\((.+?)\)\n\n(.+)", page))
    there = {path.name for path in FILES if path.parent.name == chapter and "_dark." not in path.name}
    assert set(captions) == there
    assert all(caption.endswith(".") for caption in captions.values())


@pytest.mark.parametrize("picture", [0, 3])          # of the first scene, early in the training
def test_in_the_network_s_recording_signed_numbers_are_violet_and_green_not_in_the_colours_of_the_curves(picture):
    with Image.open(PLOTS / "basic_neural_network" / "training.gif") as recording:
        recording.seek(picture)
        pixels = np.asarray(recording.convert("RGB")).astype(int)
    red, green, blue = np.moveaxis(pixels[:, pixels.shape[1] // 2:], 2, 0)       # the network is on the right
    assert ((blue > red + 5) & (red > green + 25)).sum() > 1000, "violet"
    assert ((np.minimum(red, blue) > green + 20) & (blue > red)).sum() > 2000, "violet"
    assert ((green > red + 25) & (green > blue + 15)).sum() > 2000, "green"
    assert ((blue >= green - 5) & (green > red + 40)).sum() < 100, "the blue-green of the curve on the training data"
    assert ((red > green + 30) & (red > blue + 15) & (blue > green + 5)).sum() < 100, "the held-out curve's dark red"

"""The colours: text and lines stand out from both pages; what means different things looks different to everybody."""

import re
from itertools import combinations

import numpy as np
import pytest
from conftest import ROOT
from matplotlib.colors import to_hex, to_rgb

from ai_from_scratch.stage import theme

# Machado, Oliveira and Fernandes (2009), severity 1, for linear RGB: what somebody without one kind of cones sees.
SEEN_BY = {
    "everybody": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
                [0.0193339, 0.1191920, 0.9503041]])
WHITE = XYZ @ np.ones(3)
CLASSES = ["VERMILION", "BLUE", "GREEN", "PURPLE"]     # classes 0 … 3
APART = [*combinations(CLASSES, 2), ("TRAINING", "HELD_OUT"), ("POSITIVE", "NEGATIVE"),
         *((one, curve) for one in ("VERMILION", "BLUE") for curve in ("TRAINING", "HELD_OUT")),
         *(("ACCENT", other) for other in ("TRAINING", "HELD_OUT", "VERMILION", "BLUE", "INK"))]
LEAST_DISTANCE = 15      # ΔE in CIELAB; about 2 can just be seen side by side


def linear(colour):
    channel = np.array(to_rgb(colour))
    return np.where(channel <= 0.04045, channel / 12.92, ((channel + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    t = XYZ @ np.clip(rgb, 0, 1) / WHITE
    x, y, z = np.where(t > 216 / 24389, np.cbrt(t), (24389 / 27 * t + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def distance(one, other, eye):
    matrix = np.array(SEEN_BY[eye])
    return float(np.linalg.norm(lab(matrix @ linear(one)) - lab(matrix @ linear(other))))


@pytest.mark.parametrize("eye", SEEN_BY)
def test_what_means_different_things_looks_different(variant, eye):
    near = {(one, other): distance(variant[one], variant[other], eye) for one, other in APART}
    assert min(near.values()) >= LEAST_DISTANCE, {pair: found for pair, found in near.items() if found < LEAST_DISTANCE}


def test_the_playgrounds_classes_and_curves_have_these_colours():
    css = (ROOT / "playground" / "static" / "style.css").read_text(encoding="utf-8")
    for name, colour in ("class-0", "VERMILION"), ("class-1", "BLUE"), ("class-2", "GREEN"), ("class-3", "PURPLE"), (
            "training", "TRAINING"), ("held-out", "HELD_OUT"), ("positive", "POSITIVE"), ("negative", "NEGATIVE"):
        light, *dark = re.findall(rf"--{name}: (#[0-9a-f]{{6}});", css)
        assert light.upper() == theme.LIGHT[colour]
        assert [found.upper() for found in dark] == [theme.DARK[colour]] * 2, "dark by the system, dark by choice"


def test_text_has_a_contrast_of_4_5_and_every_line_of_3(variant):
    page = variant["BACKGROUND"]
    found = {name: theme.contrast(colour, page) for name, colour in variant.items()}
    texts = [*CLASSES, "INK", "GREY", "TRAINING", "HELD_OUT", "ACCENT", "POSITIVE", "NEGATIVE"]
    assert min(found[name] for name in texts) >= 4.5, found
    assert min(found[name] for name in variant if name not in ("BACKGROUND", "PALE")) >= 3, found
    assert theme.contrast("black", "white") == pytest.approx(21)


def test_no_picture_brings_colours_or_colour_maps_of_its_own():
    grey = {"gray", "gray_r", "Greys"}                        # images of ink and paper
    files = [*ROOT.glob("*_From_Scratch/demo/*.py"), *(ROOT / "ai_from_scratch" / "stage").glob("*.py")]
    own = {}
    for path in files:
        text = path.read_text(encoding="utf-8")
        found = set(re.findall(r'cmap="(\w+)"', text)) - grey | set(re.findall(r'"(#[0-9A-Fa-f]{6})"', text))
        if found and path.name not in ("theme.py", "bowl.py"):
            own[path.name] = found
    assert len(files) > 80 and own == {}


def test_the_names_follow_the_variant_and_come_back():
    assert theme.LIGHT["INK"] == theme.INK and theme.CLASS_COLOURS[1] == theme.LIGHT["BLUE"]
    with theme.dark():
        assert theme.DARK["INK"] == theme.INK and theme.CLASS_COLOURS[1] == theme.DARK["BLUE"]
        figure = theme.new_figure((2, 2))
        assert to_hex(figure.get_facecolor()).upper() == theme.DARK["BACKGROUND"]
        assert figure.add_subplot().set_title("x").get_color() == theme.DARK["INK"]
    assert to_hex(theme.new_figure((2, 2)).get_facecolor()) == "#ffffff" and theme.LIGHT["INK"] == theme.INK


def test_the_maps_begin_at_the_page_and_the_signed_one_is_even(variant):
    page = np.array(to_rgb(variant["BACKGROUND"]))
    np.testing.assert_allclose(theme.SEQUENTIAL(0.0)[:3], page, atol=0.01)
    np.testing.assert_allclose(theme.DIVERGING(0.5)[:3], page, atol=0.03)
    for eye in SEEN_BY:
        for apart, least in ((0.5, 40), (0.25, 30)):
            one, other = (tuple(theme.DIVERGING(0.5 + sign * apart)[:3]) for sign in (-1, 1))
            assert distance(one, other, eye) > least
    steps = [theme.luminance(theme.SEQUENTIAL(x)) for x in np.linspace(0, 1, 20)]
    assert (np.diff(steps) < 0).all() or (np.diff(steps) > 0).all(), "an amount is also read as lightness"


@pytest.mark.parametrize("amount", np.linspace(0, 1, 11))
def test_text_on_any_colour_can_be_read(variant, amount):
    for colours in (theme.SEQUENTIAL, theme.DIVERGING, theme.two_class_colours()):
        assert theme.contrast(theme.text_on(colours(amount)), colours(amount)) >= 4.5

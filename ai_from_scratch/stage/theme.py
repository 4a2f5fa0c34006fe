"""One style for every picture: one colour has one meaning in the whole project, on white and on a dark page.

    CLASS_COLOURS[k]     samples and regions of class k (the first four also differ without red and green); in a
                         picture without classes, one of several things that have their names beside them (the line and
                         the coefficients of chapter 1, numbers of copies); BLUE and SKY also an amount: a bowl, its
                         rings, a map, a confusion matrix
    TRAINING, HELD_OUT   curves on the training data and on held-out data
    DIVERGING            a signed number: NEGATIVE, the background at 0, POSITIVE
    SEQUENTIAL, SHADES   an amount: the background at 0, then blue; grey where blue is a class of the same picture
    ACCENT               the subject of a picture: a path, a query, w, a gradient, a mistake
    INK, GREY, PALE      text and axes, notes and baselines, fills and helping lines; in two pictures of the RNN, with
                         their names beside them, also line ends and spaces, and (grey bars) a feature of the text

Read these names from the module when you paint (`theme.INK`), because `dark()` exchanges them.
tests/test_stage_theme.py checks their contrast and their distance under simulated colour blindness.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib.style
import numpy as np
from cycler import cycler
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure

from ai_from_scratch.stage import fonts

LIGHT = {
    "BACKGROUND": "#FFFFFF", "INK": "#222222", "GREY": "#666666", "PALE": "#DDDDDD",
    "VERMILION": "#B84E00", "BLUE": "#0B4A93", "GREEN": "#07835D", "PURPLE": "#A61AD1",
    "AMBER": "#9C6500", "SKY": "#2475AB", "YELLOW": "#7A7200", "BROWN": "#8C564B",
    "TRAINING": "#007A87", "HELD_OUT": "#701F3C", "ACCENT": "#CF1348", "POSITIVE": "#1B7837", "NEGATIVE": "#762A83",
}
DARK = {
    "BACKGROUND": "#0D1117", "INK": "#E6EDF3", "GREY": "#9AA4AF", "PALE": "#30363D",
    "VERMILION": "#FD964B", "BLUE": "#6F93E6", "GREEN": "#4AF0CF", "PURPLE": "#F062B4",
    "AMBER": "#E3A73C", "SKY": "#7CC4F5", "YELLOW": "#E8DE6A", "BROWN": "#C9A090",
    "TRAINING": "#5FE6EE", "HELD_OUT": "#E85088", "ACCENT": "#FFE066", "POSITIVE": "#5AC97B", "NEGATIVE": "#C58BE0",
}

# The colours of the variant in use; `use` sets them, here for the first time.
BACKGROUND = INK = GREY = PALE = ""
VERMILION = BLUE = GREEN = PURPLE = AMBER = SKY = YELLOW = BROWN = ""
TRAINING = HELD_OUT = ACCENT = POSITIVE = NEGATIVE = ""
CLASS_COLOURS: tuple[str, ...] = ()
DIVERGING: Colormap
SEQUENTIAL: Colormap
SHADES: Colormap

DPI = 110             # of a window: 11 inches fit on a small laptop
DPI_OF_FILES = 220    # 8 inches are 1,760 pixels: twice the width of a README, sharp on every screen


def colours_in_use() -> list[str]:
    """The colours of the variant in use, as "#RRGGBB"."""
    return [globals()[name] for name in LIGHT]


def use(colours: dict[str, str]) -> None:
    """Make LIGHT or DARK the variant in use."""
    names = globals()
    names.update(colours)
    names["CLASS_COLOURS"] = (VERMILION, BLUE, GREEN, PURPLE, AMBER, SKY, BROWN, YELLOW, INK, GREY)
    names["DIVERGING"] = blend("diverging", [shade(NEGATIVE, 1.3), NEGATIVE, mixed(NEGATIVE, 0.45), BACKGROUND,
                                             mixed(POSITIVE, 0.45), POSITIVE, shade(POSITIVE, 1.3)])
    names["SEQUENTIAL"] = blend("sequential", [BACKGROUND, mixed(BLUE, 0.3), mixed(BLUE, 0.65), BLUE,
                                               shade(BLUE, 1.3)])
    names["SHADES"] = blend("shades", [BACKGROUND, GREY])


def mixed(colour: str, share: float) -> tuple[float, ...]:
    """The colour on the background, as with alpha = share, but opaque."""
    return tuple(share * np.array(to_rgb(colour)) + (1 - share) * np.array(to_rgb(BACKGROUND)))


def shade(colour: str, contrast: float) -> tuple[float, ...]:
    """The colour, moved further away from the background."""
    away = np.array(to_rgb("black" if luminance(to_rgb(BACKGROUND)) > 0.5 else "white"))
    return tuple(away + (np.array(to_rgb(colour)) - away) / contrast)


def blend(name: str, colours: Sequence[Any]) -> Colormap:
    return LinearSegmentedColormap.from_list(name, colours)


def two_class_colours() -> Colormap:
    """The probability of class 1 as pale colours: class 0's colour, the background's at one half, class 1's colour."""
    return blend("two classes", [mixed(VERMILION, 0.45), BACKGROUND, mixed(BLUE, 0.45)])


def luminance(rgba: Sequence[float] | np.ndarray) -> float:
    """From 0 (black) to 1 (white): the relative luminance of WCAG 2, from which the contrast of two colours is
    computed."""
    channel = np.asarray(rgba, dtype=float)[:3]
    linear = np.where(channel <= 0.04045, channel / 12.92, ((channel + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: Any, other: Any) -> float:
    """The contrast from 1 (equal) to 21 (black on white), as WCAG 2 defines it; text needs 4.5, lines need 3."""
    dark, light = sorted((luminance(to_rgb(one)), luminance(to_rgb(other))))
    return (light + 0.05) / (dark + 0.05)


def text_on(rgba: Any) -> str:
    """Black or white, the one that is easier to read on this colour: the contrast is always at least 4.5."""
    return max(("black", "white"), key=lambda colour: contrast(colour, rgba))


def style() -> dict[str, Any]:
    return {
        "font.size": 10,
        **({"font.family": fonts.family()} if fonts.added else {}),
        "text.color": INK,
        "axes.titlesize": 11,
        "axes.titlelocation": "left",
        "axes.titlecolor": INK,
        "axes.facecolor": BACKGROUND,
        "axes.labelcolor": INK,
        "axes.edgecolor": GREY,
        **{f"axes3d.{axis}axis.panecolor": (*to_rgb(GREY), 0.08) for axis in "xyz"},
        "grid.color": PALE,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": False,
        "axes.prop_cycle": cycler(color=[BLUE, VERMILION, GREEN, AMBER, PURPLE, SKY]),
        "figure.dpi": DPI,
        "figure.facecolor": BACKGROUND,
        "figure.constrained_layout.h_pad": 0.07,      # titles do not touch the picture's edge
        "figure.constrained_layout.w_pad": 0.07,
        "image.cmap": "cividis",
        "image.interpolation": "nearest",
        "keymap.back": ["c", "backspace"],            # the arrows, Home and End are the live view's
        "keymap.forward": ["v"],
        "keymap.home": ["h", "r"],
        "legend.frameon": False,
        "legend.facecolor": BACKGROUND,
        "legend.labelcolor": INK,
        "lines.linewidth": 1.8,
        "savefig.dpi": DPI,
        "xtick.color": GREY,
        "ytick.color": GREY,
        "xtick.labelsize": 9,
        "ytick.labelsize": 9,
    }


def apply() -> None:
    """Makes the theme the default of this process; the stage calls it before it opens or paints a figure.

    The user's matplotlibrc is not used here: it may ask for LaTeX, which may be missing, or for hand-drawn lines.
    """
    matplotlib.rcdefaults()
    matplotlib.style.use(style())


@contextmanager
def dark() -> Iterator[None]:
    """A context in which everything is painted for a dark page; the stage uses it for pictures in README."""
    use(DARK)
    try:
        yield
    finally:
        use(LIGHT)
        apply()


def new_figure(size: tuple[float, float], dpi: float | None = None) -> Figure:
    """A figure without a window, for files and recordings."""
    apply()
    return Figure(figsize=size, layout="constrained", dpi=dpi)


use(LIGHT)

"""One style for every picture: a colour-blind-safe palette (Okabe and Ito, 2008) and plain axes."""

from __future__ import annotations

import matplotlib.style
from cycler import cycler
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure

BLUE, VERMILION, GREEN, AMBER, SKY, PURPLE, YELLOW = (
    "#0072B2", "#D55E00", "#009E73", "#E69F00", "#56B4E9", "#CC79A7", "#F0E442")
INK, GREY, PALE = "#222222", "#777777", "#DDDDDD"
CLASS_COLOURS = (VERMILION, BLUE, GREEN, PURPLE, AMBER, SKY, "#8C564B", YELLOW, INK, GREY)

DPI = 110   # 8 inches are 880 pixels, the width of a README

STYLE = {
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.labelcolor": INK,
    "axes.edgecolor": GREY,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "axes.prop_cycle": cycler(color=[BLUE, VERMILION, GREEN, AMBER, PURPLE, SKY]),
    "figure.dpi": DPI,
    "figure.facecolor": "white",
    "image.cmap": "cividis",
    "image.interpolation": "nearest",
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "savefig.dpi": DPI,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
}


def apply() -> None:
    """Make the theme the default of this process; the stage calls it before it opens or paints a figure.

    The user's matplotlibrc does not apply here: it may ask for LaTeX, which may be missing, or for hand-drawn lines.
    """
    matplotlib.rcdefaults()
    matplotlib.style.use(STYLE)


def new_figure(size: tuple[float, float]) -> Figure:
    """A figure without a window, for files and recordings."""
    apply()
    return Figure(figsize=size, layout="constrained")


def two_class_colours() -> Colormap:
    """The probability of class 1 as a pale background: class 0's colour, white at one half, class 1's colour."""
    return LinearSegmentedColormap.from_list("two classes", ["#F4B183", "#FFFFFF", "#8CC1E3"])

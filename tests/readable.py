"""What cannot be read in a figure: words that lie on each other, are cut off, or are too pale for their background.

Held for every picture that a demo's tests paint, on light pages and on dark ones.
"""

from unittest.mock import patch

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.text import Text

from ai_from_scratch.stage import theme
from ai_from_scratch.stage.gallery import paint
from ai_from_scratch.stage.live import LIVE_SIZE_INCHES, draw_live
from ai_from_scratch.stage.transport import HINT

LEAST_CONTRAST = 4.5
SHARE_OF_BACKGROUND = 0.7       # of the pixels behind a text must have that contrast: it may touch a line
MIN_OVERLAP = 1.5               # pixels in both directions, at 100 dots an inch
DPI_OF_RECORDINGS = 58          # 640 pixels


def faults_of(picture):
    """A sentence for each fault, on a light page, and on a dark one if the picture comes for it."""
    found = unreadable(paint(picture))
    if picture.dark:
        with theme.dark():
            found += [f"dark: {fault}" for fault in unreadable(paint(picture))]
    return found


def unreadable(figure):
    """A sentence for each fault.  The figure is drawn at 100 dots an inch."""
    canvas, texts, boxes = drawn(figure)
    return [*misplaced(figure, texts, boxes), *weak(canvas, texts, boxes)]


def live_faults(demo, frames):
    """As `faults_of` for the live view of these frames of one scene: the words' places at three moments, in a window,
    and at the last one in a recording, whose letters are relatively wider."""
    figure, found = theme.new_figure(LIVE_SIZE_INCHES), []
    for end in sorted({1, (len(frames) + 1) // 2, len(frames)}):
        draw_live(demo, figure, frames[:end], hint=HINT)
        found += [f"frame {end}: {fault}" for fault in misplaced(figure, *drawn(figure)[1:])]
        figure.set_layout_engine("none")                                   # as a display does after the first frame
    figure = theme.new_figure(LIVE_SIZE_INCHES)
    draw_live(demo, figure, frames)
    return found + [f"recording: {fault}" for fault in misplaced(figure, *drawn(figure, DPI_OF_RECORDINGS)[1:])]


def share_of_the_widest_column(figure):
    """Of the first axes' outermost grid: the share of the figure's width for the one large part of a scene."""
    widths = figure.axes[0].get_subplotspec().get_topmost_subplotspec().get_gridspec().get_width_ratios()
    return max(widths) / sum(widths)


def drawn(figure, dpi=100):
    """The figure's canvas, its texts, and their boxes (n, 4): left, low, right, high."""
    figure.set_dpi(dpi)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    texts = drawn_texts(figure)
    boxes = np.array([without_empty_lines(text, text.get_window_extent(renderer).extents) for text in texts])
    return canvas, texts, boxes.reshape(-1, 4)


def misplaced(figure, texts, boxes):
    low, high = boxes[:, :2].min(axis=1, initial=0), (boxes[:, 2:] - figure.bbox.size).max(axis=1, initial=0)
    cut = [f"{name(texts[i])} is cut off" for i in np.flatnonzero((low < -MIN_OVERLAP) | (high > MIN_OVERLAP))]
    return [*cut, *overlaps(texts, boxes)]


def without_empty_lines(text, box):
    left, low, right, high = box
    full = [bool(line.strip()) for line in text.get_text().split("\n")]
    line = (high - low) / len(full)
    above, below = full.index(True), full[::-1].index(True)
    return left, low + below * line, right, high - above * line


def drawn_texts(figure):
    """All texts that are painted; of the ticks only those inside the axes' limits."""
    ticks = {label for ax in figure.axes for axis in axes_of(ax)
             for tick in axis.get_major_ticks() + axis.get_minor_ticks() for label in (tick.label1, tick.label2)}
    shown = {label for ax in figure.axes if ax.axison for axis in axes_of(ax) for tick in axis._update_ticks()
             for label in (tick.label1, tick.label2)}
    return [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()
            and (text not in ticks or text in shown)]


def axes_of(ax):
    return [ax.xaxis, ax.yaxis, *([ax.zaxis] if hasattr(ax, "zaxis") else [])]


def name(text):
    return repr(text.get_text().replace("\n", " ")[:50])


def overlaps(texts, boxes):
    left, low, right, high = boxes.T
    wide = np.minimum(right[:, None], right) - np.maximum(left[:, None], left)          # (n, n)
    tall = np.minimum(high[:, None], high) - np.maximum(low[:, None], low)
    upright = np.array([text.get_rotation() % 90 == 0 for text in texts], bool)      # a turned one is less than its box
    on = (wide > MIN_OVERLAP) & (tall > MIN_OVERLAP) & upright[:, None] & upright
    return [f"{name(texts[i])} lies on {name(texts[j])}" for i, j in zip(*np.nonzero(np.triu(on, 1)), strict=True)]


def weak(canvas, texts, boxes):
    with patch.object(Text, "draw", draw_box):
        canvas.draw()
    page = np.asarray(canvas.buffer_rgba())[..., :3] / 255
    height = len(page)
    faults = []
    for text, (left, low, right, high) in zip(texts, boxes, strict=True):
        rows = slice(max(0, int(height - high)), max(0, int(np.ceil(height - low))))
        behind = page[rows, max(0, int(left)) : max(0, int(np.ceil(right)))].reshape(-1, 3)
        box = text.get_bbox_patch()
        if box is not None and box.get_facecolor()[3]:
            behind = np.array([box.get_facecolor()[:3]])
        elif text.get_path_effects():
            behind = np.array([to_rgb(theme.BACKGROUND)])
        if not len(behind):
            faults.append(f"{name(text)} is outside of the picture")
            continue
        colour = np.array(to_rgb(text.get_color()))
        contrasts = contrast_with(colour, behind)
        share = float(np.mean(contrasts >= LEAST_CONTRAST))
        if share < SHARE_OF_BACKGROUND:
            faults.append(f"{name(text)} has contrast {np.median(contrasts):.2f}")
    return faults


def draw_box(text, renderer):
    """Of a text only its box: another text may lie on it."""
    box = text.get_bbox_patch()
    if box is not None and text.get_visible() and text.get_text():
        text.update_bbox_position_size(renderer)
        box.draw(renderer)


def contrast_with(colour, behind):                                      # (3,), (n, 3) -> (n,)
    one, other = luminance(colour[None]), luminance(behind)
    return (np.maximum(one, other) + 0.05) / (np.minimum(one, other) + 0.05)


def luminance(rgb):                                                     # (n, 3) -> (n,)
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]

"""What several chapters paint: a confusion matrix shows every number, readable, on one scale."""

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from ai_from_scratch.data import Samples
from ai_from_scratch.stage import paint, theme
from Logistic_Regression_From_Scratch.demo.cancer import thresholds


def pairs(counts):
    """Codes that give this confusion matrix."""
    places = np.repeat(np.arange(counts.size), counts.ravel())
    return np.divmod(places, len(counts))


def luminance(colour):
    channel = np.array(to_rgba(colour)[:3])
    return np.where(channel <= 0.04045, channel / 12.92, ((channel + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]


def contrast_of_texts(ax):
    """By the text's place: how much it stands out from its cell, as WCAG measures it (21: black on white)."""
    image, result = ax.images[0], {}
    cells = image.to_rgba(image.get_array())
    for text in ax.texts:
        j, i = (round(place) for place in text.get_position())
        dark, light = sorted((luminance(text.get_color()), luminance(cells[i, j])))
        result[i, j] = (light + 0.05) / (dark + 0.05)
    return result


@pytest.mark.parametrize("counts", [
    [[56, 20], [17, 49]], [[40, 1], [0, 40]], [[3, 3], [3, 3]], [[0, 0], [0, 7]], [[1000, 30], [100, 300]],
    np.arange(100).reshape(10, 10),
])
def test_every_number_of_a_confusion_matrix_can_be_read(counts):
    counts = np.array(counts)
    ax = theme.new_figure((5, 4)).add_subplot()
    true, predicted = pairs(counts)
    paint.confusion(ax, true, predicted, [str(k) for k in range(len(counts))])
    shown = {(i, j): int(text.get_text()) for text in ax.texts for j, i in [map(int, text.get_position())]}
    expected = {place: n for place, n in np.ndenumerate(counts) if n or len(counts) < 6}
    assert shown == expected
    assert min(contrast_of_texts(ax).values()) > 3.5


def test_matrices_side_by_side_have_one_scale_that_begins_at_zero():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 200)
    p = np.clip(np.where(y == 0, 0.7, 0.2) + rng.normal(0, 0.2, 200), 0, 1)
    figure = theme.new_figure((8, 7))
    thresholds(figure, Samples(np.zeros((200, 1)), y), p, ("malignant", "benign"), 0.1)
    tables = [ax.images[0] for ax in figure.axes if ax.images]
    assert len(tables) == 2
    assert tables[0].get_clim() == tables[1].get_clim()
    assert tables[0].get_clim() == (0, max(float(np.max(np.asarray(table.get_array()))) for table in tables))

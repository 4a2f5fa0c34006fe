"""Lines stand out from what they lie on, and what a colour says is said by something else, too."""

from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex

from ai_from_scratch.data import Samples
from ai_from_scratch.stage import paint, theme
from ai_from_scratch.stage.bowl import LossBowl
from Basic_Neural_Network_From_Scratch.demo.live_digits import LiveDigits
from Basic_Neural_Network_From_Scratch.demo.mnist import DigitsFrame
from KNN_From_Scratch.demo.distances import curse_of_dimension
from KNN_From_Scratch.demo.moons import MovingQuery
from Logistic_Regression_From_Scratch.demo.separable import growing_weights

LEAST_CONTRAST = 3.0        # of lines, as WCAG asks for
pytestmark = pytest.mark.slow       # they paint


def test_the_path_of_a_descent_has_an_edge_that_stands_out_from_it_on_every_part_of_the_surface(variant):
    ax = theme.new_figure((3, 3)).add_subplot(projection="3d")
    bowl: Any = LossBowl(ax, lambda w, b: w**2 + b**2, -np.ones(2), np.ones(2), steps=12)
    bowl.update(np.array([[-0.9, 0.9], [-0.5, 0.4], [0.0, 0.1]]))
    edge, path = bowl.casing, bowl.path
    width_of_a_dot = path.get_markersize() + path.get_markeredgewidth()
    np.testing.assert_array_equal(edge.get_data_3d(), path.get_data_3d())
    assert edge.get_linewidth() >= width_of_a_dot + 1 and edge.get_zorder() < path.get_zorder()
    assert theme.contrast(edge.get_color(), path.get_color()) >= LEAST_CONTRAST


def test_the_nearest_point_is_found_by_its_triangle_and_its_line_is_beside_the_axis():
    figure: Any = theme.new_figure((8, 2.9))
    curse_of_dimension(figure, np.random.default_rng(0))
    for ax in figure.axes:
        line, triangle = ax.lines
        assert triangle.get_marker() == "v" and triangle.get_xdata()[0] == line.get_xdata()[0]
        assert line.get_xdata()[0] - ax.get_xlim()[0] > 0.04 * np.ptp(ax.get_xlim())
        assert ax.get_ylim()[0] < triangle.get_ydata()[0] < ax.get_ylim()[1]


def test_the_lines_to_the_neighbours_have_an_edge_that_stands_out_from_them(variant):
    ax, bars = theme.new_figure((4, 4)).subplots(2)
    X = np.random.default_rng(0).normal(size=(12, 2))
    query: Any = MovingQuery(ax, bars, Samples(X, np.arange(12) % 2), 3)
    query.update(np.zeros(2), np.arange(3), 1.0)
    edge, line = query.lines.get_path_effects()
    assert type(line).__name__ == "Normal", "all edges first, then all lines"
    assert edge._gc["linewidth"] >= query.lines.get_linewidths()[0] + 1
    for colour in query.lines.get_colors():
        assert theme.contrast(to_hex(colour), edge._gc["foreground"]) >= LEAST_CONTRAST


def test_the_edge_of_the_learning_rates_stands_out_from_the_page(variant):
    ax: Any = theme.new_figure((3, 2)).add_subplot()
    paint.learning_rates(ax, np.arange(1, 4) / 3, [0.1, 0.3, 0.2])
    edge, = ax.lines
    np.testing.assert_array_equal(edge.get_ydata(), [0.1, 0.3, 0.2])
    assert theme.contrast(edge.get_color(), theme.BACKGROUND) >= LEAST_CONTRAST
    assert ax.get_ylim()[0] == 0 and list(ax.get_yticks()) == [0, 0.3]


def test_every_curve_of_the_growing_weights_stands_out_from_the_page():
    figure: Any = theme.new_figure((8, 3.6))
    growing_weights(figure, steps=1000)
    curves = [line for ax in figure.axes for line in ax.lines]
    assert len(curves) >= 7
    assert min(theme.contrast(line.get_color(), theme.BACKGROUND) for line in curves) >= LEAST_CONTRAST


def test_a_misread_digit_in_the_live_view_says_its_label():
    probabilities = np.full((3, 10), 0.01)
    probabilities[[0, 1, 2], [0, 7, 2]] = 0.9
    view: Any = LiveDigits(theme.new_figure((8, 4)), np.zeros((3, 28, 28)), np.array([0, 1, 2]))
    view.update([DigitsFrame(1, 2, {"loss": 1.0, "validation accuracy": 0.5}, 1, np.zeros((12, 14, 14)),
                             probabilities, np.array([-3.0, -3.0]))])
    assert [word.get_text() for word in view.words] == ["read as 0", "1, read as 7", "read as 2"]

"""The surface of a loss: fine, without holes, its far parts painted first from every side; the ball lies on it."""

import inspect

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from mpl_toolkits.mplot3d import proj3d

from ai_from_scratch.stage import theme
from ai_from_scratch.stage.bowl import DEPTH, LossBowl, Surface, around, colours_of, fill_panel

LOW, HIGH = np.array([-3.0, -2.0]), np.array([2.0, 3.0])


def loss(w, b):
    return w**2 + 0.3 * b**2 + 0.2 * w * b


def painted(azimuth=-40.0, steps=12):
    figure = theme.new_figure((4, 4))
    ax = figure.add_subplot(projection="3d")
    bowl = LossBowl(ax, loss, LOW, HIGH, np.zeros(2), azimuth=azimuth, steps=steps)
    bowl.update(np.array([[-2.5, 2.0], [-1.0, 1.0], [-0.5, 0.2]]))
    FigureCanvasAgg(figure).draw()
    return ax, bowl, next(artist for artist in ax.collections if isinstance(artist, Surface))


def test_the_grid_is_fine_unless_a_demo_asks_for_less():
    assert inspect.signature(LossBowl.__init__).parameters["steps"].default >= 80


@pytest.mark.parametrize("azimuth", [-40, 50, 140, 230])
def test_the_far_rows_and_columns_are_painted_first_from_every_side(azimuth):
    ax, _, surface = painted(azimuth)
    w, b = np.meshgrid(np.linspace(LOW[0], HIGH[0], 12), np.linspace(LOW[1], HIGH[1], 12))
    x, y, depth = np.reshape(proj3d.proj_transform(w.ravel(), b.ravel(), loss(w, b).ravel(), ax.M), (3, 12, 12))
    order = surface._coordinates                                     # (rows, columns, 2) as they are painted
    found = np.array([[np.argmin((x - at[0])**2 + (y - at[1])**2) for at in row] for row in order])
    assert sorted(found.ravel()) == list(range(144)), "every corner once"
    far = depth.ravel()[found]
    assert far[0].mean() > far[-1].mean() and far[:, 0].mean() > far[:, -1].mean()
    np.testing.assert_allclose(surface.get_facecolor(), colours_of(loss(w, b)).reshape(-1, 4)[found.ravel()])


def test_the_path_and_the_ball_lie_on_the_surface_and_the_shadow_on_the_floor():
    _, bowl, _ = painted()
    w, b, height = bowl.path.get_data_3d()
    np.testing.assert_allclose(height, loss(w, b) + bowl.lift)
    assert bowl.ball.get_data_3d()[2] == pytest.approx(height[-1] + bowl.lift)
    assert set(bowl.shadow.get_data_3d()[2]) == {bowl.floor} and bowl.floor < loss(0, 0) < height[-1] < height[0]


@pytest.mark.parametrize("azimuth", [-40, 140])
def test_the_words_stand_at_the_paths_start_and_at_the_ball(azimuth):
    figure = theme.new_figure((4, 4))
    ax = figure.add_subplot(projection="3d")
    bowl = LossBowl(ax, loss, LOW, HIGH, azimuth=azimuth, steps=12, words=("start", "w"))
    path = np.array([[-2.5, 2.0], [-1.0, 1.0], [-0.5, 0.2]])
    bowl.update(path)
    FigureCanvasAgg(figure).draw()
    assert [word.get_text() for word in bowl.words] == ["start", "w"]
    for word, point in zip(bowl.words, path[[0, -1]], strict=True):
        x, y, _ = proj3d.proj_transform(*point, loss(*point) + 2 * bowl.lift, ax.M)     # as the ball
        assert word.get_position() == pytest.approx((x, y))
        distance = np.abs(word.get_window_extent().get_points() - ax.transData.transform((x, y))).min()
        assert distance < 0.2 * figure.dpi


@pytest.mark.parametrize(("size", "widest", "expected"), [((9, 3), 1.5, 1.5), ((9, 3), 1, 1), ((4, 3), 1.5, 4 / 3),
                                                          ((3, 6), 1.5, 1)])
def test_a_bowl_fills_its_panel_but_is_not_wider_than_it_may_be(size, widest, expected):
    figure = theme.new_figure(size)
    figure.set_layout_engine("none")
    ax = figure.add_axes((0, 0, 1, 1), projection="3d")
    fill_panel(ax, widest)
    ax.apply_aspect()
    box = ax.get_window_extent()
    assert box.width / box.height == pytest.approx(expected)
    assert max(box.width / figure.bbox.width, box.height / figure.bbox.height) == pytest.approx(1)


def test_low_is_dark_and_a_flat_surface_has_colours_too():
    w, b = np.meshgrid(np.linspace(-1, 1, 21), np.linspace(-1, 1, 21))
    colours = colours_of(loss(w, b))
    assert colours[10, 10, :3].mean() < colours[[0, 0, -1, -1], [0, -1, 0, -1], :3].mean()
    assert np.isfinite(colours_of(np.zeros((5, 5)))).all() and DEPTH(0.0) != DEPTH(1.0)


def test_a_square_around_the_minimum_contains_the_points():
    low, high = around(np.array([1.0, 2.0]), np.array([[4.0, 6.0]]))
    assert low == pytest.approx([-4.5, -3.5]) and high == pytest.approx([6.5, 7.5])

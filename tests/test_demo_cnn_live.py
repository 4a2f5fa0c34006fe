"""What the live view of chapter 6 says of held-out digits: maps, the hidden layer on two axes, answers to hard ones."""

import dataclasses
from contextlib import nullcontext
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from ai_from_scratch.data import Samples, load_mnist
from ai_from_scratch.stage import theme
from ai_from_scratch.stage.demo import Settings
from ai_from_scratch.stage.theme import ACCENT, INK, new_figure
from CNN_From_Scratch.demo.demo import Demo, DigitFrame
from CNN_From_Scratch.demo.evidence import on_two_axes, penultimate
from CNN_From_Scratch.demo.heldout import DIGITS_IN_CLOUD, faint, passing
from CNN_From_Scratch.demo.live import phase
from CNN_From_Scratch.demo.panels import Cloud, mosaic, names_apart, running_mean
from CNN_From_Scratch.demo.slide import SlideFrame, SlideView


@pytest.fixture(scope="module")
def learnt():
    """The demo with an eighth of the training digits and all of the held-out digits, which the view shows."""
    data = load_mnist(download=False)
    few = dataclasses.replace(data, train=Samples(*(values[::8] for values in data.train)))
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr("CNN_From_Scratch.demo.demo.load_mnist", lambda **_: few)
        demo: Any = Demo(Settings(quick=True, epochs=1))
        return demo, list(demo.learn())


def orthogonal(units, rng):
    return np.linalg.qr(rng.standard_normal((units, units)))[0]


@pytest.mark.slow
def test_the_first_maps_of_the_watched_digit_are_shown_as_they_are_now(learnt):
    demo, frames = learnt
    demo.draw(new_figure((11, 5)), frames)
    stages, logits = passing(demo.network, demo.held.X[demo.held.watched])
    assert [stage.shape for stage in stages] == [(16, 12, 12), (32, 4, 4), (128,)] and logits.shape == (1, 10)
    maps, shown = stages[0], demo.view.maps.picture.get_array().filled(0)
    np.testing.assert_array_equal(shown, np.nan_to_num(mosaic(faint(maps), 4)))
    # The square root and a byte lose little: squared again, the shown is the map to a hundredth of its largest.
    np.testing.assert_allclose((faint(maps) / 255.0) ** 2, maps / maps.max(), atol=0.01)
    assert not np.array_equal(frames[0].maps, frames[-1].maps)
    np.testing.assert_allclose(frames[-1].probabilities, demo.model.predict_proba(demo.held.X[[demo.held.watched]])[0],
                               rtol=1e-4, atol=1e-7)


@pytest.mark.slow
def test_the_title_of_the_loss_is_the_number_of_its_dot_and_no_point_is_thinned_away(learnt):
    demo, frames = learnt
    demo.draw(new_figure((11, 5)), frames[::7])
    view, step = demo.view, frames[::7][-1].step
    steps, losses = np.array([point for point in demo.history if point[0] <= step]).T
    dot = np.asarray(view.smooth.get_xydata())[-1]
    assert dot == pytest.approx([step, running_mean(losses)[-1]])
    assert view.loss_title.get_text() == f"epoch {frames[::7][-1].epoch}: mean loss {dot[1]:.3f}"
    np.testing.assert_array_equal(view.loss.get_xydata(), np.column_stack([steps, losses]))
    assert len(view.accuracy.get_xydata()) == sum(at <= step for at, _ in demo.judged)


def at(step, saliency, answer=7):
    empty: Any = None
    return DigitFrame(step, 10, {}, 1, empty, np.asarray(saliency, dtype=float), np.eye(10)[answer], empty, empty)


def test_the_sentence_of_the_live_view_is_told_from_the_frames():
    one, similar, other = np.array([[0.0, 1], [0, 0]]), np.array([[0.0, 1.1], [0, 0.05]]), np.array([[0.0, 0], [1, 0]])
    right = at(1, one)
    assert phase([right, at(2, other)], [], 7, 0.1) == (
        "The learning rate rises. The deciding pixels have changed since the last map.")
    assert phase([right, at(2, similar)], [], 7, -0.1) == (
        "The learning rate falls. The deciding pixels are nearly those of the last map.")
    assert phase([right, at(2, one, answer=1)], [], 7, 0) == (
        "The learning rate stays the same. The answer to the large digit is wrong.")
    judged = [(1, 0.5), (5, 0.9), (10, 0.6)]
    assert phase([right, at(10, one)], judged, 7, -0.1) == (
        "The end: 60.00 % of the held-out digits are read correctly; half-way 66.67 %.")


def test_a_digit_that_excites_nothing_has_empty_maps():
    np.testing.assert_array_equal(faint(np.zeros((2, 3, 3))), np.zeros((2, 3, 3)))


def test_two_axes_keep_the_largest_spread_and_tell_how_much_of_it():
    rng = np.random.default_rng(0)
    flat = np.zeros((40, 5))
    flat[:, [1, 3]] = rng.standard_normal((40, 2)) * (5, 3)
    points, share = on_two_axes(flat @ orthogonal(5, rng) + 7)
    assert share == pytest.approx(1)
    spread = np.linalg.svd(flat - flat.mean(axis=0), compute_uv=False)[:2]
    shown = np.linalg.svd(points, compute_uv=False)
    assert shown[1] / shown[0] == pytest.approx(spread[1] / spread[0])
    assert np.linalg.norm(points, axis=1).max() == pytest.approx(1)


@pytest.mark.slow
@pytest.mark.parametrize("dark", [False, True])
def test_the_numbers_on_the_window_and_the_kernel_are_readable_in_both_themes(dark):
    image = np.linspace(0, 1, 49).reshape(7, 7)
    answers = np.arange(25.0).reshape(5, 5)
    with theme.dark() if dark else nullcontext():
        figure = new_figure((11, 5))
        view = SlideView(figure, image, answers)
        view.update(SlideFrame(7, 25, {"sum": 6.0}, (1, 1)))
        panels: tuple[Any, ...] = (view.patch, view.products, view.kernel)
        for numbers in panels:
            for text, value in zip(numbers.texts, np.ravel(numbers.picture.get_array()), strict=True):
                assert theme.contrast(text.get_color(), numbers.picture.to_rgba(value)[:3]) >= 4.5
        corner = panels[0].picture.to_rgba(0.0)[:3]
        assert theme.contrast(theme.BACKGROUND, corner) == pytest.approx(1), "paper is the figure's own"


def test_the_points_do_not_jump_when_the_hidden_units_are_turned_mirrored_or_named_otherwise():
    rng = np.random.default_rng(1)
    hidden = rng.standard_normal((60, 8)) * (4, 3, 1, 1, 1, 1, 1, 1)
    before, _ = on_two_axes(hidden)
    for turned in (hidden @ orthogonal(8, rng), hidden * [-1, 1, 1, 1, 1, 1, 1, 1], hidden[:, ::-1], 3 * hidden + 2):
        np.testing.assert_allclose(on_two_axes(turned, before)[0], before, atol=1e-9)


def test_no_other_turn_brings_the_points_closer_to_the_previous_ones():
    rng = np.random.default_rng(2)
    before, _ = on_two_axes(rng.standard_normal((30, 6)))
    now, _ = on_two_axes(rng.standard_normal((30, 6)), before)
    distance = np.linalg.norm(now - before)
    for angle in np.linspace(0, 2 * np.pi, 73):
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        for mirror in (1, -1):
            assert np.linalg.norm(now @ turn * (1, mirror) - before) >= distance - 1e-9


def test_hidden_units_that_all_are_silent_stay_at_one_point():
    points, share = on_two_axes(np.zeros((4, 3)), np.zeros((4, 2)))
    assert not points.any() and share == 0
    cloud = Cloud(new_figure((3, 3)).add_subplot(), np.array([0, 0, 1, 1]), ["a", "b"])
    cloud.update(points.astype(np.float16), share)
    assert np.hypot(*cloud.names[1].get_position()) < 0.5           # beside the other name


@pytest.mark.slow
def test_the_cloud_shows_every_digit_of_the_hidden_layer_within_its_axes(learnt):
    demo, frames = learnt
    demo.draw(new_figure((11, 5)), frames)
    cloud, points = demo.view.cloud, frames[-1].judged.apart
    shown = np.concatenate([line.get_xydata() for line in cloud.points.values()])
    assert len(shown) == len(points) == DIGITS_IN_CLOUD and points.dtype == np.float16
    np.testing.assert_array_equal(np.unique(shown, axis=0), np.unique(points.astype(float), axis=0))
    for values, (low, high) in zip(shown.T, (cloud.ax.get_xlim(), cloud.ax.get_ylim()), strict=True):
        assert low <= values.min() < values.max() <= high
    anew, share = on_two_axes(penultimate(demo.network, demo.held.X[:DIGITS_IN_CLOUD]), points)
    np.testing.assert_allclose(anew, points, atol=0.01)
    assert f"{100 * share:.0f} %" in cloud.title.get_text()


@pytest.mark.slow
def test_the_hard_digits_are_one_a_class_and_their_answers_are_the_networks(learnt):
    demo, frames = learnt
    held = demo.held
    assert held.y[held.hard].tolist() == list(range(10)) and held.watched in held.hard
    by_means = held.distances(held.X[held.hard]).argmin(axis=1)
    assert np.mean(by_means == held.y[held.hard]) < 0.2
    demo.draw(new_figure((11, 5)), frames)
    said = demo.model.predict(held.X[held.hard])
    for k, (word, answer) in enumerate(zip(demo.view.answers.words, said, strict=True)):
        assert word.get_text() == (str(k) if answer == k else f"{k},\nas {answer}")
        assert word.get_color() == (INK if answer == k else ACCENT)
    assert set(said == held.y[held.hard]) == {True, False}              # both kinds were seen above


@pytest.mark.slow
def test_what_is_looked_at_only_when_judging_is_shared_by_the_frames_between(learnt):
    _, frames = learnt
    judgings = {id(frame.judged): frame.judged for frame in frames}
    assert 3 <= len(judgings) <= 4 < len(frames)                        # the first step, twice an epoch, the last step
    own = sum(array.nbytes for array in (frames[-1].maps, frames[-1].kernels, frames[-1].saliency))
    assert own < 8000 and sum(array.nbytes for array in (frames[-1].judged.apart, frames[-1].judged.said)) < 3000


@pytest.mark.slow
def test_the_map_of_the_deciding_pixels_is_new_at_every_evaluation(learnt):
    _, frames = learnt
    judged = [frame for before, frame in pairwise(frames) if frame.judged is not before.judged]
    maps = [frame.saliency for frame in [frames[0], *judged]]
    assert len(maps) >= 3 and not any(np.array_equal(one, other) for one, other in pairwise(maps))


@pytest.mark.slow
def test_a_validation_part_of_two_digits_is_shown_too(monkeypatch):
    data = load_mnist(download=False)
    two = dataclasses.replace(data, validation=Samples(*(values[:2] for values in data.validation)),
                              train=Samples(*(values[:300] for values in data.train)))
    monkeypatch.setattr("CNN_From_Scratch.demo.demo.load_mnist", lambda **_: two)
    demo = Demo(Settings(quick=True, epochs=1))
    frames = list(demo.learn())
    demo.draw(new_figure((11, 5)), frames)
    assert frames[-1].judged.apart.shape == (2, 2) and len(demo.view.answers.words) == len(set(two.validation.y))


def test_names_of_classes_that_lie_on_each_other_are_pushed_apart_and_others_stay():
    crowded = np.random.default_rng(0).normal(0, 0.02, (10, 2))
    size = np.array([1.0, 2.0])
    for places in (crowded, np.zeros((10, 2))):
        placed = names_apart(places, size, 0.12) / size
        gaps = np.linalg.norm(placed[:, None] - placed, axis=2)[~np.eye(10, dtype=bool)]
        assert gaps.min() >= 0.119
    far = np.array([[0.0, 0], [0.5, 0], [0, 1]])
    np.testing.assert_allclose(names_apart(far, size, 0.12), far, atol=1e-4)

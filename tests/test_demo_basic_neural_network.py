"""The chapter's demo: all scenes, every picture, and a report after any frame."""

from collections import Counter

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import AxLine
from readable import faults_of, live_faults, share_of_the_widest_column

from ai_from_scratch.stage import theme
from ai_from_scratch.stage.demo import Settings
from Basic_Neural_Network_From_Scratch.demo import bending as demo_bending
from Basic_Neural_Network_From_Scratch.demo import flow as demo_flow
from Basic_Neural_Network_From_Scratch.demo import hidden as demo_hidden
from Basic_Neural_Network_From_Scratch.demo import network as demo_network
from Basic_Neural_Network_From_Scratch.demo import race as demo_race
from Basic_Neural_Network_From_Scratch.demo.bending import BendingFrame
from Basic_Neural_Network_From_Scratch.demo.demo import Demo
from Basic_Neural_Network_From_Scratch.demo.mnist import DigitsFrame, pixels
from Basic_Neural_Network_From_Scratch.demo.moons import MoonsFrame
from Basic_Neural_Network_From_Scratch.demo.network import unit_maps
from Basic_Neural_Network_From_Scratch.demo.valley import ValleyFrame
from Basic_Neural_Network_From_Scratch.layers import ReLU
from Basic_Neural_Network_From_Scratch.schedules import one_cycle

LESSONS = ["warped_grid.png", "folds.png", "one_pass.png", "initialisation.png", "update_ratio.png",
           "optimizers.png", "mistakes.png"]


@pytest.fixture(scope="module")
def finished():
    demo = Demo(Settings(quick=True, epochs=2))
    return demo, list(demo.train())


@pytest.mark.slow
def test_it_goes_from_the_moons_to_the_digits_and_counts_its_steps(finished):
    demo, frames = finished
    moons = [frame for frame in frames if isinstance(frame, MoonsFrame)]
    digits = [frame for frame in frames if isinstance(frame, DigitsFrame)]
    between = frames[len(moons):-len(digits)]
    assert list(dict.fromkeys(type(frame) for frame in between)) == [ValleyFrame, BendingFrame]
    assert between[-1].step == between[-1].steps == 2 * 10
    assert [use.name for use in demo.data] == ["two moons", "MNIST"]
    assert moons[-1].step == moons[-1].steps == 50, "a step is a pass over all points: fewer would show nothing"
    assert digits[-1].step == digits[-1].steps == 2 * 110
    assert digits[-1].metrics["validation accuracy"] > 0.85


@pytest.mark.slow
def test_the_report_is_on_the_test_part_and_beats_the_baseline(finished):
    report = finished[0].report()
    assert 0.85 < report.metrics["test_accuracy"] <= 1
    assert report.baseline["test_accuracy"] == pytest.approx(0.1)
    assert "235,146 parameters" in report.notes[1]


@pytest.mark.slow
def test_every_picture_is_painted(finished):
    names = []
    for picture in finished[0].figures():
        if picture.file not in LESSONS:             # these are painted below, before there is any training
            assert not faults_of(picture), picture.file
        names.append(picture.file)
    assert names == ["filmstrip.png", "units.png", "loss_valley.png", "digits_curves.png", "digits_confusion.png",
                     "digits_mistakes.png", "digits_weights.png", *LESSONS]


@pytest.mark.slow
def test_the_live_view_is_painted_anew_and_again_for_every_scene(finished):
    demo, frames = finished
    figure = theme.new_figure((11, 5))
    for scene in ([frame for frame in frames if isinstance(frame, kind)]
                  for kind in (MoonsFrame, ValleyFrame, BendingFrame, DigitsFrame)):
        figure.clear()
        demo.draw(figure, scene[:1])
        axes = list(figure.axes)
        demo.draw(figure, scene)
        assert list(figure.axes) == axes
        assert share_of_the_widest_column(figure) >= 0.6 and not live_faults(demo, scene)


def test_frames_are_small_and_no_views_of_what_goes_on_changing(finished):
    _, frames = finished
    sizes = [sum(field.nbytes for field in frame if isinstance(field, np.ndarray)) for frame in frames]
    assert max(sizes) < 12_000
    assert not np.array_equal(frames[0].parameters, frames[5].parameters)
    assert not np.array_equal(frames[-1].weights, frames[-2].weights)


@pytest.mark.slow
def test_stopped_after_any_frame_it_still_reports_and_paints():
    demo = Demo(Settings(quick=True, epochs=1))
    training = demo.train()
    frame = next(training)
    assert "held_out_accuracy_of_the_moons" in demo.report().metrics
    assert [picture.file for picture in demo.figures()] == ["filmstrip.png", "units.png", *LESSONS]
    for picture in demo.figures():
        assert not faults_of(picture), picture.file
    while not isinstance(frame, ValleyFrame):
        frame = next(training)
    assert "held_out_accuracy_of_the_moons" in demo.report().metrics
    assert [picture.file for picture in demo.figures()] == ["filmstrip.png", "units.png", "loss_valley.png", *LESSONS]
    while not isinstance(frame, DigitsFrame):
        frame = next(training)
    assert "test_accuracy" in demo.report().metrics
    for picture in demo.figures():
        if picture.file.startswith("digits"):       # the others were painted above
            assert not faults_of(picture), picture.file


def test_the_same_seed_gives_the_same_numbers():
    def last(seed):
        frames = list(Demo(Settings(quick=True, epochs=1, seed=seed)).moons.train())
        return frames[-1].parameters

    assert np.array_equal(last(3), last(3))
    assert not np.array_equal(last(3), last(4))


def test_unit_maps_hold_inputs_hidden_units_and_output(finished):
    maps = unit_maps(finished[0].moons.layers, np.array([[0.0, 1.0], [2.0, -1.0], [-2.0, 0.5]]))
    assert [values.shape for values in maps] == [(2, 3), (8, 3), (1, 3)]
    assert all(np.abs(values).max() <= 1 for values in maps)


def test_the_graph_of_one_pass_bears_the_numbers_that_the_page_works_out_by_hand():
    figure = theme.new_figure((8, 3))
    demo_network.one_pass(figure)
    texts = Counter(text.get_text().strip() for text in figure.axes[0].texts)
    assert {"x₁ = 1", "x₂ = 2", "a₁ = 2", "a₂ = −1", "h₁ = 2", "h₂ = 0", "z = 0", "L = 0.693"} <= texts.keys()
    red = Counter(text.get_text().strip() for text in figure.axes[0].texts if text.get_color() == theme.ACCENT)
    by_hand = Counter({"1": 1, "−0.5": 1, "−1": 1})                     # L itself, z, W₂ of unit 1
    by_hand += Counter({"0": 1, "−0.25": 2, "−1.5": 1})                 # W₂ of unit 2, h1 and a1, h2
    by_hand += Counter({"0": 4, "−0.25": 2, "−0.5": 1})                 # a2, W₁ into it and b₁; W₁ and b₁ of unit 1
    by_hand += Counter({"−0.25": 1, "−0.125": 1, "−0.5": 1})            # x1 and x2, b₂
    assert red == by_hand
    assert figure.get_suptitle().startswith("unit 2 is off")        # its weights and bias: three zeros


def test_no_short_piece_of_an_arrow_before_a_weight_looks_like_its_minus_sign():
    figure = theme.new_figure((8, 3.3))
    demo_network.one_pass(figure)
    FigureCanvasAgg(figure).draw()
    ax, = figure.axes
    weights = [text for text in ax.texts if text.get_text() in ("−0.25", "0") and text.get_position()[1] in (0.9, -0.9)
               and text.get_bbox_patch() and text.get_color() == theme.ACCENT]
    assert len(weights) == 2                                              # on the two horizontal arrows
    for weight in weights:
        tail = ax.transData.transform((0, weight.get_position()[1]))[0] + 28 * figure.dpi / 72
        piece = 72 / figure.dpi * (weight.get_window_extent().x0 - tail)  # in points
        assert piece < 2 or piece > 8


def test_signals_keep_their_size_under_he_and_change_by_the_same_factor_a_layer_elsewhere():
    for scale in (0.1, 1.0, 5.0):
        for signals in demo_flow.signals(scale, np.random.default_rng(1)):
            sizes = [np.sqrt(np.mean(values**2)) for values in signals]
            growth = (sizes[-1] / sizes[0]) ** (1 / (len(sizes) - 1))
            assert max(growth, 1 / growth) == pytest.approx(max(scale, 1 / scale), rel=0.15)


@pytest.mark.slow
def test_a_red_mark_is_a_step_without_an_update_because_a_layer_of_units_is_off(finished, monkeypatch):
    digits = finished[0].digits.data
    tried = (demo_flow.trained(rate, digits, 0) for rate in (2.0, 3.0, 5.0, 10.0))
    training = next(one for one in tried if one.without[-1])
    monkeypatch.setattr(demo_flow, "RATES", (0.02, 0.001, training.rate))
    figure = theme.new_figure((8, 3.2))
    demo_flow.update_ratio(figure, digits, 0)
    marks = next(line for line in figure.axes[-1].lines if line.get_marker() == "|")
    assert np.asarray(marks.get_xdata()).tolist() == (1 + np.flatnonzero(training.without)).tolist() != []
    FigureCanvasAgg(figure).draw()
    of_a_step = 72 / figure.dpi * np.diff(figure.axes[-1].transData.transform([(0, 0), (1, 0)])[:, 0])[0]    # points
    assert of_a_step < marks.get_markeredgewidth() < 1.6 * of_a_step, "a gap is a step with an update, nothing else"
    assert f"no update in {training.without.sum()}\n" in figure.axes[-1].texts[0].get_text()
    assert not any(np.size(line.get_xdata()) for ax in figure.axes[:2] for line in ax.lines if line.get_marker() == "|")
    best = max((demo_flow.trained(rate, digits, 0) for rate in demo_flow.RATES), key=lambda one: one.right)
    assert f"updates of {1000 * best.typical:.2g} thousandths" in figure.get_suptitle()
    X = pixels(digits.train.X[:demo_flow.IMAGES])
    reached = np.ones(len(X), bool)                           # digits that reach a unit of each hidden layer
    for layer in training.network.layers[:-1]:
        X = layer.forward(X)
        if isinstance(layer, ReLU):
            reached &= X.any(axis=1)
    assert reached.mean() < 0.05


def test_every_fold_begins_at_the_origin_and_training_moves_some_away(finished):
    figure = theme.new_figure((8, 3))
    demo_hidden.folds(figure, finished[0].moons.learnt, 0)
    distances = []
    for ax in figure.axes:
        ends = [np.asarray(line.get_xydata()) for line in ax.lines]
        assert len(ends) == 8
        distances.append([abs(np.linalg.det([a, b])) / np.linalg.norm(b - a) for a, b in ends])
    assert max(distances[0]) < 1e-9 < 0.3 < max(distances[1])


def test_the_teeth_are_on_the_side_where_the_relu_is_on(finished):
    samples = finished[0].moons.learnt
    network = demo_hidden.folding(0).trained(samples)[-1]
    figure = theme.new_figure((4, 3))
    view = demo_hidden.Folds(figure.add_subplot(), samples)
    view.update(network)
    for unit, line in enumerate(view.lines):
        start, end = np.asarray(line.get_xydata())
        (dx, dy), middle = (end - start) / np.linalg.norm(end - start), (start + end) / 2
        right = np.array([dy, -dx])                                             # of the way that the line runs
        sides = np.array([middle + right, middle - right])
        assert (network.layers[0].forward(sides)[:, unit] > 0).tolist() == [True, False]

    figure = Figure(figsize=(1, 1), dpi=100)
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set_axis_off()
    ax.plot([0, 1], [0, 0], color="black", path_effects=demo_hidden.TOOTHED_LINE)      # to the right of it is below
    ax.set(xlim=(0, 1), ylim=(-1, 1))
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    dark = np.asarray(canvas.buffer_rgba())[..., 0] < 128                       # (100, 100)
    assert not dark[:46].any() and dark[54:].any()


@pytest.mark.slow
def test_the_plane_bends_step_by_step_into_the_picture_of_its_end(finished):
    samples = finished[0].moons.learnt
    scene = demo_bending.Bending(samples, seed=0, epochs=None)
    frames, figure = list(scene.train()), theme.new_figure((11, 5))
    sides = []
    for end in (1, len(frames)):
        scene.draw(figure, frames[:end])
        a, b = np.asarray(scene.warped.boundary.get_xydata())
        dots = [np.asarray(dots.get_offsets()) for dots in scene.warped.dots]
        signs = [np.sign((of_class - a) @ [a[1] - b[1], b[0] - a[0]]) for of_class in dots]
        of_first = (np.mean(signs[0] > 0) + np.mean(signs[1] < 0)) / 2
        sides.append(max(of_first, 1 - of_first))               # a line has two sides, and no name for them
        if end == 1:
            np.testing.assert_allclose(np.concatenate(dots), np.concatenate([samples.X[samples.y == k]
                                                                             for k in (0, 1)]), atol=0.5)
    assert sides[0] < 0.9 < 0.95 < sides[1]
    np.testing.assert_array_equal(frames[-1].bent, demo_hidden.bending(samples).trained(samples)[-1].parameters)


@pytest.mark.slow
def test_two_sums_of_tanh_units_start_as_the_plane_and_end_with_the_moons_on_two_sides_of_a_line(finished):
    samples = finished[0].moons.learnt
    figure = theme.new_figure((8, 3))
    demo_hidden.warped_grid(figure, samples)
    _, early, end = figure.axes
    for ax, least in ((early, 0.75), (end, 0.95)):
        (line,) = [line for line in ax.lines if isinstance(line, AxLine)]
        a, b = np.array(line.get_xy1()), np.array(line.get_xy2())
        sides = [np.sign((np.asarray(dots.get_offsets()) - a) @ [a[1] - b[1], b[0] - a[0]]) for dots in ax.collections
                 if isinstance(dots, PathCollection)]
        assert len(sides) == 2
        assert (np.mean(sides[0] > 0) + np.mean(sides[1] < 0)) / 2 > least


def test_momentum_and_adam_arrive_while_plain_descent_is_on_its_way():
    sgd, momentum, adam = demo_race.race()
    assert sgd.arrived is None and momentum.arrived and adam.arrived
    assert momentum.arrived < adam.arrived <= demo_race.STEPS
    for path in (sgd, momentum, adam):
        assert np.linalg.norm(path.points[0] - demo_race.START) == 0 and len(path.points) == demo_race.STEPS + 1
        np.testing.assert_allclose(path.losses, 0.5 * (path.points**2 @ [1, 100]))
    # Plain descent shrinks θ₁ by 1 − η in every step, and θ₂ by 1 − 100 η: across, 0.019 is near the limit 2/100.
    np.testing.assert_allclose(sgd.points[-1], np.array(demo_race.START) * [(1 - 0.019) ** 120, (1 - 1.9) ** 120])
    # Adam's first step is η in both directions, though the gradients differ 14-fold.
    np.testing.assert_allclose(np.abs(adam.points[1] - adam.points[0]), 0.1, rtol=1e-6)


def test_the_titles_of_the_race_say_who_has_arrived():
    figure = theme.new_figure((8, 4))
    demo_race.optimizers(figure)
    titles = [ax.get_title(loc="left") for ax in figure.axes[:3]]
    for title, path in zip(titles, demo_race.race(), strict=True):
        assert ("away" in title) == (path.arrived is None) and (path.arrived is None or str(path.arrived) in title)


def test_the_learning_rate_under_the_curves_is_that_of_the_steps(finished):
    digits = finished[0].digits
    rates, model = digits.rates(), digits.model
    assert max(rates) <= model.learning_rate_init and len(rates) == len(digits.frames)
    for frame, rate in zip(digits.frames, rates, strict=True):
        assert rate == model.learning_rate_init * one_cycle(frame.step - 1, frame.steps)
    assert np.argmax(rates) / len(rates) == pytest.approx(0.3, abs=0.05)


def test_the_live_view_says_which_of_the_ten_digits_are_read_correctly(finished):
    digits, figure = finished[0].digits, theme.new_figure((11, 5))
    digits.draw(figure, digits.frames)
    said = digits.model.predict(pixels(digits.data.validation.X[digits.shown]))
    labels = digits.data.validation.y[digits.shown]
    right = said == labels
    assert [word.get_text() for word in digits.view.words] == [
        f"read as {answer}" if answer == label else f"{label}, read as {answer}"
        for label, answer in zip(labels, said, strict=True)]
    assert [word.get_color() == theme.INK for word in digits.view.words] == right.tolist()
    assert digits.view.title.get_text().startswith(f"{right.sum()} of the 10 ")
    shown = np.concatenate([np.asarray(table.get_array()) for table in digits.view.tables])
    np.testing.assert_array_equal(shown, digits.frames[-1].probabilities)


def test_the_sentence_of_the_live_view_changes_with_the_phase(finished):
    demo, frames = finished
    said = [demo.phase(frames[: end + 1]) for end in range(len(frames))]
    assert len(set(said)) >= 7 and max(map(len, said)) <= 130

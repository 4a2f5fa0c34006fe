"""The demo of chapter 2: equal to scikit-learn on real data, honest about its choices, stoppable after any frame."""

from typing import Any

import numpy as np
import pytest
import sklearn.linear_model
import sklearn.metrics
from matplotlib.text import Text
from readable import faults_of, live_faults

from ai_from_scratch.data import Samples
from ai_from_scratch.gradient_check import gradient_error, numerical_gradient
from ai_from_scratch.stage import theme
from ai_from_scratch.stage.displays import Display
from ai_from_scratch.stage.frame_buffer import FrameBuffer
from ai_from_scratch.stage.play import play
from ai_from_scratch.stage.theme import new_figure
from Logistic_Regression_From_Scratch.demo.boundary import ARROW_LENGTH, MovingBoundary
from Logistic_Regression_From_Scratch.demo.bowls import (
    WORDS,
    descend_cross_entropy,
    squared_error,
    squared_error_slopes,
)
from Logistic_Regression_From_Scratch.demo.cancer import area, missed_and_alarms, roc, verdict
from Logistic_Regression_From_Scratch.demo.demo import (
    RATE_TIMES_LARGEST_CURVATURE,
    START,
    CancerFrame,
    Demo,
    MoonsFrame,
    Settings,
)
from Logistic_Regression_From_Scratch.demo.frames import path_of
from Logistic_Regression_From_Scratch.demo.losses import sliding_samples, three_losses
from Logistic_Regression_From_Scratch.demo.pictures import angle_between_lines, shortest_w, wrong_shares
from Logistic_Regression_From_Scratch.logistic_regression import LogisticRegression
from Logistic_Regression_From_Scratch.newton import largest_curvature

# These train what they show themselves, whatever the demo has learnt so far: painted once.
LESSONS = {"losses.png", "mistakes.png", "separable.png", "bowl_and_plateau.png"}


def painted(demo, file):
    figure = new_figure((8, 4))
    next(picture for picture in demo.figures() if picture.file == file).paint(figure)
    return figure


def test_the_reported_model_is_scikit_learns_at_the_c_that_validation_chose():
    demo = Demo(Settings())
    frames = list(demo.train())
    assert demo.model is not None
    fits = [frame for frame in frames if isinstance(frame, CancerFrame)]
    assert demo.model.C == min(fits, key=lambda fit: fit.metrics["validation loss"]).C
    assert fits[0].C < demo.model.C < fits[-1].C

    theirs = sklearn.linear_model.LogisticRegression(C=demo.model.C, tol=1e-10, solver="newton-cholesky")
    theirs.fit(*demo.cancer.train)
    test = demo.cancer.test
    np.testing.assert_allclose(demo.model.predict_proba(test.X), theirs.predict_proba(test.X), atol=1e-6)
    report = demo.report()
    assert report.metrics["test_accuracy"] == theirs.score(*test) > report.baseline["test_accuracy"] + 0.3
    assert report.metrics["test_cross_entropy"] == pytest.approx(
        sklearn.metrics.log_loss(test.y, theirs.predict_proba(test.X)), abs=1e-6)
    assert report.metrics["test_cross_entropy"] < report.baseline["test_cross_entropy"] / 3


def test_on_the_moons_w_comes_round_and_descends_all_the_way():
    moons = [frame for frame in Demo(Settings()).train() if isinstance(frame, MoonsFrame)]
    losses = [frame.metrics["loss"] for frame in moons]
    assert (np.diff(losses) < 0).all()
    assert moons[-1].parameters[1] < 0 < moons[-1].parameters[0]      # class 1 is the lower moon
    assert moons[-1].metrics["held-out accuracy"] > 0.8


def test_the_titles_of_the_moons_are_true_and_w_is_short_while_the_samples_cross():
    demo = Demo(Settings())
    for _ in demo.train():
        if demo.cancer_frames:
            break
    path = path_of(demo.moons_frames)
    wrong, crossing = wrong_shares(demo, path), shortest_w(path)
    predicted = demo.moons.X @ path[-1, :2] > 0
    assert wrong[-1] == np.mean(predicted != demo.moons.y) and round(100 * (1 - wrong[-1])) == 89
    assert wrong[0] > 0.7 and wrong[crossing] < 0.3 and 0 < crossing < len(path) // 2
    scores = demo.moons.X @ path[crossing, :2]
    assert np.abs(scores).max() < 1 < np.abs(demo.moons.X @ path[0, :2]).max()

    figure = painted(demo, "boundary_and_bowl.png")
    assert figure.axes[0].get_title(loc="left") == "w reverses, then the line turns by 43°"
    figure.draw_without_rendering()
    words = [{text.get_text() for text in ax.findobj(Text) if text.get_visible()} for ax in figure.axes[:2]]
    assert set(WORDS) <= words[0] & words[1], "the same words at the two w in both panels"


def test_the_thin_arrow_is_the_first_w_and_is_shown_when_the_present_one_has_another_direction():
    demo = Demo(Settings(quick=True))
    path = path_of([frame for frame in demo.train() if isinstance(frame, MoonsFrame)])
    view = MovingBoundary(new_figure((8, 4)).add_subplot(), *demo.moons)
    for end in range(1, len(path) + 1):
        view.update(path[:end])
        reversed_ = path[end - 1, :2] @ START < 0
        assert view.start.get_visible() == view.start_name.get_visible() == reversed_
    foot, tip = np.array(view.start.get_position()), np.array(view.start.xy)
    np.testing.assert_allclose(tip - foot, ARROW_LENGTH * START)


@pytest.mark.slow
def test_the_sentences_down_the_wall_say_how_short_w_is_and_when_it_has_reversed():
    demo = Demo(Settings(quick=True))
    frames = [frame for frame in demo.train() if isinstance(frame, MoonsFrame)]
    for frame in frames[1:8]:
        w, said = frame.parameters[:2], demo.phase([frame])
        share = 100 * np.linalg.norm(w) / np.linalg.norm(START)
        if w @ START > 0:
            assert f"w has {share:.0f} % of its first length" in said
        elif "wall" in said:
            assert "w has reversed" in said
    assert not live_faults(demo, frames)


def test_the_held_out_accuracy_is_drawn_with_every_change_at_its_own_step():
    demo = Demo(Settings())
    for _ in demo.train():
        if demo.cancer_frames:
            break
    rate = RATE_TIMES_LARGEST_CURVATURE / largest_curvature(demo.moons.X, np.ones(len(demo.moons.y)), 1, demo.C,
                                                            fit_intercept=False)
    model = LogisticRegression(C=demo.C, solver="gradient_descent", learning_rate=rate, max_iter=demo.steps, tol=0,
                               fit_intercept=False)
    X, y = demo.other_moons
    true = [np.mean((X @ model.coef_[0] > 0) == y)
            for _ in model.training(*demo.moons, initial=(START[None], np.zeros(1)))]
    line = painted(demo, "learning.png").axes[1].lines[0]
    assert line.get_drawstyle() == "steps-post"
    steps, drawn = (np.asarray(values, float) for values in line.get_data())
    for step, accuracy in enumerate(true, start=1):
        assert drawn[np.searchsorted(steps, step, side="right") - 1] == accuracy, step


def test_the_three_losses_have_no_class_s_colour_beside_the_words_class_1():
    figure = new_figure((8, 5))
    three_losses(figure)
    colours = {line.get_color() for ax in figure.axes for line in ax.lines}
    assert not colours & set(theme.CLASS_COLOURS[:8])


def test_of_the_two_thresholds_the_title_says_what_each_costs():
    assert verdict((0.5, 0.14), (74, 74)) == "a missed cancer counts as 9 false alarms: both thresholds cost 74"
    assert verdict((0.5, 0.62), (80, 74)) == ("a missed cancer counts as 9 false alarms: p ≥ 0.5 costs 80, "
                                              "p ≥ 0.62 costs 74")


def test_a_lower_threshold_never_misses_more_and_never_flags_fewer_as_the_caption_says():
    rng = np.random.default_rng(0)
    malignant, p = rng.integers(0, 2, 60).astype(bool), rng.integers(0, 12, 60) / 12
    missed, alarms = np.array([missed_and_alarms(malignant, p, limit) for limit in np.linspace(0, 1, 40)]).T
    assert (np.diff(missed) >= 0).all() and (np.diff(alarms) <= 0).all()


def test_the_angle_of_two_lines_is_the_same_for_w_and_minus_w():
    w = np.array([1.0, 0.0])
    assert angle_between_lines(w, -3 * w) == angle_between_lines(w, w) == 0
    assert angle_between_lines(w, np.array([-1.0, 1.0])) == pytest.approx(45)


def test_down_the_wall_w_reverses_at_once_and_only_then_the_line_turns():
    demo = Demo(Settings(quick=True))
    W = np.array([frame.parameters[:2] for frame in demo.train() if isinstance(frame, MoonsFrame)])
    reversals = np.flatnonzero((W[1:] * W[:-1]).sum(axis=1) < 0)
    assert len(reversals) == 1 and demo.moons_frames[reversals[0] + 1].step == 5        # as the page says
    before, after = W[reversals[0]], W[reversals[0] + 1]
    length, start = np.linalg.norm(W, axis=1), np.linalg.norm(W[0])
    assert length.min() < 0.1 * start and length.argmin() == reversals[0] + 1 and length[-1] > start
    assert (np.diff(length[length.argmin():]) > 0).all()                        # along the valley w grows
    assert angle_between_lines(W[0], before) < 6 and angle_between_lines(before, after) < 6
    assert angle_between_lines(after, W[-1]) > 35

    accuracy = np.array([frame.metrics["held-out accuracy"] for frame in demo.moons_frames])
    jumps = np.diff(accuracy)
    assert jumps.argmax() == reversals[0] and jumps.max() > 0.5
    assert np.abs(np.delete(jumps, reversals[0])).max() < 0.03


def test_the_arrow_points_along_w_even_when_w_is_short():
    demo = Demo(Settings(quick=True))
    figure = new_figure((8, 4))
    figure.set_layout_engine("none")
    view = MovingBoundary(figure.add_subplot(), *demo.moons)
    arrow: Any = view.arrow.arrow_patch
    for size in (0.1, 0.5, 3.0):
        w = size * np.array([0.86, -0.51])
        view.update(np.array([[*w, 0.0]]))
        figure.draw_without_rendering()
        shaft, head = arrow._get_path_in_displaycoord()[0]
        tip, wings = head.vertices[1], head.vertices[[0, 2]]
        along = (tip - wings) @ w                    # the wings are behind the tip, and not behind the arrow's foot
        assert (along > 0).all() and (along <= (tip - shaft.vertices[0]) @ w).all(), size


@pytest.mark.parametrize("count", [1, 3])
def test_the_title_says_that_w_reverses_only_if_it_did(count):
    demo = Demo(Settings(quick=True))
    training = demo.train()
    for _ in range(count):
        next(training)
    assert "reverses" not in painted(demo, "boundary_and_bowl.png").axes[0].get_title(loc="left")


@pytest.mark.slow
@pytest.mark.parametrize("count", [0, 1, 45])
def test_after_any_frame_the_pictures_and_the_report_work(count):
    demo: Any = Demo(Settings(quick=True))
    frames = FrameBuffer()
    pulled = play(demo, Display(), frames)
    for _ in range(count):
        next(pulled)
    report = demo.report()
    assert report.metrics or count == 0
    pictures = list(demo.figures())
    assert ("boundary.png" in [picture.file for picture in pictures]) == (count > 0)
    for picture in pictures:
        if count == 0 or picture.file not in LESSONS:
            assert not faults_of(picture) and picture.caption.endswith("."), picture.file


@pytest.mark.slow
def test_every_frame_of_both_scenes_can_be_drawn_on_one_figure_and_anew():
    demo: Any = Demo(Settings(quick=True))
    frames = FrameBuffer()
    for _ in play(demo, Display(), frames):
        pass
    figure = new_figure((11, 5))
    for scene in frames.scenes:
        figure.clear()
        for end in (1, len(scene)):
            demo.draw(figure, scene[:end])
    assert len(frames.scenes) == 2
    demo.draw(new_figure((11, 5)), frames.scenes[0])


def test_the_same_seed_gives_the_same_frames_and_another_seed_others():
    first, same, other = ([frame.metrics["loss"] for frame in Demo(Settings(quick=True, seed=seed)).train()]
                          for seed in (3, 3, 4))
    assert first == same and first != other


def test_epochs_are_the_number_of_steps():
    assert next(iter(Demo(Settings(epochs=4)).train())).steps == 4


def test_the_roc_curve_and_its_area_are_scikit_learns_ties_included():
    rng = np.random.default_rng(0)
    positive, p = rng.integers(0, 2, 60).astype(bool), rng.integers(0, 12, 60) / 12
    found, alarms = roc(positive, p)
    expected_alarms, expected_found, _ = sklearn.metrics.roc_curve(positive, p, drop_intermediate=False)
    np.testing.assert_allclose(found, expected_found)
    np.testing.assert_allclose(alarms, expected_alarms)
    assert area(found, alarms) == pytest.approx(sklearn.metrics.roc_auc_score(positive, p))


def test_the_plateau_is_painted_with_the_squared_errors_own_slope():
    line = Demo(Settings()).line
    x, y = line.X[:, 0], line.y
    point = np.array([0.7, -0.4])
    measured = numerical_gradient(lambda at: squared_error(at[0], at[1], x, y), point)
    assert gradient_error(squared_error_slopes(0.7, -0.4, x, y), measured) < 1e-8
    assert np.abs(squared_error_slopes(-7.0, 2.0, x, y)).max() < 0.05
    path = descend_cross_entropy(line)
    assert np.linalg.norm(path[1] - path[0]) > 0.5


def test_every_sample_is_drawn_at_its_own_score_however_large_it_is():
    samples, figure = Samples(np.array([[1.0, 0.0], [-0.5, 0.0], [-1.0, 0.0]]), np.array([1, 0, 0])), new_figure((4, 3))
    sliding_samples(figure, samples, [("the end", np.array([9.0, 0.0, 0.0]))])
    ax, = figure.axes
    drawn = [line.get_xdata() for line in ax.lines if line.get_marker() in ("o", "|")]
    assert sorted(np.concatenate(drawn).tolist()) == [-9, -9, -4.5, -4.5, 9, 9]
    assert ax.get_xlim()[0] < -9 and ax.get_xlim()[1] > 9

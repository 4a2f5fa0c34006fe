"""The demo of chapter 1: it lands on the normal equation, and may be stopped after any frame."""

from itertools import islice
from typing import Any

import numpy as np
import pytest
from readable import faults_of

from ai_from_scratch.stage import theme
from ai_from_scratch.stage.displays import Display
from ai_from_scratch.stage.frame_buffer import FrameBuffer
from ai_from_scratch.stage.play import play
from ai_from_scratch.stage.theme import new_figure
from Linear_Regression_From_Scratch.demo import bowls
from Linear_Regression_From_Scratch.demo.capacity import penalties
from Linear_Regression_From_Scratch.demo.demo import (
    RATE_TIMES_CURVATURE,
    START,
    Demo,
    DiabetesFrame,
    LineFrame,
    Settings,
)
from Linear_Regression_From_Scratch.demo.line import equation
from Linear_Regression_From_Scratch.demo.pictures import SHARE_OF_THE_FALL, steps_of_the_fall

# These train what they show themselves, whatever the demo has learnt so far: painted once.
LESSONS = {"projection.png", "learning_rates.png", "condition.png", "directions.png", "mistakes.png", "degrees.png",
           "ridge.png"}


@pytest.mark.slow
def test_gradient_descent_lands_on_the_normal_equation_and_the_report_says_so():
    demo = Demo(Settings())
    for _ in demo.train():
        pass
    assert demo.model is not None
    np.testing.assert_allclose(demo.model.coef_, demo.best.coef_, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(demo.path[-1], demo._best_point(), atol=1e-4)
    report = demo.report()
    assert report.metrics["test_r2"] == pytest.approx(demo.best.score(*demo.diabetes.test), abs=1e-6)
    assert report.metrics["test_r2"] > report.baseline["test_r2"] + 0.2


@pytest.mark.slow
@pytest.mark.parametrize("frames", [1, 35])
def test_after_any_frame_the_pictures_and_the_report_work(frames):
    demo, frames = Demo(Settings(quick=True)), FrameBuffer()
    for seen, _ in enumerate(play(demo, Display(), frames), start=1):
        if seen == frames:
            break
    assert demo.report().metrics
    pictures = list(demo.figures())
    assert [picture.file for picture in pictures[:2]] == ["loss_bowl.png", "line.png"]
    for picture in pictures:
        if frames == 1 or picture.file not in LESSONS:
            assert not faults_of(picture) and picture.caption.endswith("."), picture.file
    figure = new_figure((11, 5))
    frames_of_scene: list[Any] = list(frames.scene)
    for end in range(1, len(frames_of_scene) + 1):
        demo.draw(figure, frames_of_scene[:end])
    assert figure.axes


def test_nine_tenths_of_the_fall_are_the_first_18_steps_as_the_bowls_title_says():
    demo = Demo(Settings())
    rate = RATE_TIMES_CURVATURE / bowls.steepest(demo.line)
    loss = bowls.surface(demo.line)(*bowls.descent(demo.line, START, 1000, learning_rate=rate).T)
    fast = steps_of_the_fall(loss)
    assert fast == 18 and SHARE_OF_THE_FALL == 0.9
    assert loss[0] - loss[fast - 1] < 0.9 * (loss[0] - loss[-1]) <= loss[0] - loss[fast]
    assert (round(loss[0], 1), round(loss[-1], 2)) == (56.7, 1.66)
    assert steps_of_the_fall(loss[:1]) == 0


def test_an_equation_is_written_with_signs_and_spaces():
    assert equation(-3.0, 3.0) == "y = −3.00 x + 3.00" and equation(0.5, -1.25) == "y = 0.50 x − 1.25"


def test_the_ball_falls_slowly_enough_to_be_watched():
    frames = [frame for frame in islice(Demo(Settings()).train(), 60) if isinstance(frame, LineFrame)]
    loss = np.array([frame.metrics["loss"] for frame in frames])
    upper_half = loss > (loss[0] + loss[-1]) / 2
    assert sum(frame.hold for frame, high in zip(frames, upper_half, strict=True) if high) > 1


def test_the_sentences_count_the_coefficients_that_are_far_and_say_shorter_only_if_the_step_was():
    demo = Demo(Settings(quick=True))
    frames = list(demo.train())
    lines = [frame for frame in frames if isinstance(frame, LineFrame)]
    points = np.array([(frame.slope, frame.intercept) for frame in lines])
    lengths = np.linalg.norm(np.diff(points, axis=0), axis=1)
    for end in range(3, 23):                 # the loss falls more in the steep direction than in the flat one
        said = demo.phase(lines[:end])
        assert "Down the wall" in said and ("shorter" in said) == (lengths[end - 2] < lengths[end - 3])
    assert "shorter" not in demo.phase([lines[0], lines[1], lines[3]])     # a longer step
    assert "Along the valley" in demo.phase(lines[:24])
    assert lines[-1].step <= 300 and "At the bottom" in demo.phase(lines), "a quick run arrives, too"
    for frame in frames[len(lines):]:
        assert isinstance(frame, DiabetesFrame)
        far = int((np.abs(frame.coef - demo.best.coef_) > 1).sum())
        assert demo.phase([frame]).startswith(f"{far} of 10 coefficients") == (far > 4)


def test_the_second_scene_begins_with_a_dot_for_each_coefficient_and_ends_with_the_last_step():
    demo = Demo(Settings(epochs=40))
    scene = [frame for frame in demo.train() if isinstance(frame, DiabetesFrame)]
    figure = theme.new_figure((11, 5))
    demo.draw(figure, scene[:1])
    coefficients, score, _ = figure.axes
    dots = [line.get_xydata() for line in coefficients.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(np.sort(np.concatenate(dots)[:, 1]), np.sort(scene[0].coef))
    assert score.get_ylim()[0] < scene[0].metrics["validation R²"]
    demo = Demo(Settings(quick=True, parameters={"tol": 3e-5}))          # it stops between two frames
    last = list(demo.train())[-1]
    assert demo.model is not None
    assert last.step == demo.model.n_iter_ < last.steps and last.step not in np.geomspace(1, 2000, 60).round()


def test_in_the_picture_of_the_penalty_the_chosen_one_has_a_colour_of_its_own():
    figure = new_figure((8, 4))
    penalties(figure, Demo(Settings(quick=True)).diabetes)
    for ax in figure.axes:
        *curves, chosen = ax.lines
        assert chosen.get_linestyle() == ":" and chosen.get_color() == theme.INK
        assert theme.INK not in {line.get_color() for line in curves if line.get_marker() == "None"}


def test_the_same_seed_gives_the_same_frames_and_another_seed_others():
    first, same, other = ([frame.metrics["loss"] for frame in islice(Demo(Settings(quick=True, seed=seed)).train(), 40)]
                          for seed in (3, 3, 4))
    assert first == same and first != other


def test_epochs_are_the_number_of_steps():
    assert next(frame.steps for frame in Demo(Settings(epochs=4)).train()) == 4

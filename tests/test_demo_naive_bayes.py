"""The demo of chapter 4: counted one by one it ends where fit does, and it may be stopped after any sample."""

from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle

from ai_from_scratch.stage.demo import Settings
from ai_from_scratch.stage.displays import Display
from ai_from_scratch.stage.frame_buffer import FrameBuffer
from ai_from_scratch.stage.gallery import paint
from ai_from_scratch.stage.play import play
from ai_from_scratch.stage.theme import CLASS_COLOURS, new_figure
from Naive_Bayes_From_Scratch import GaussianNB
from Naive_Bayes_From_Scratch.demo.demo import Demo, FlowerFrame


def test_wine_counted_one_by_one_is_reported_as_scikit_learn_reports_it():
    sklearn_bayes = pytest.importorskip("sklearn.naive_bayes")
    demo = Demo(Settings())
    for _ in demo.train():
        pass
    report = demo.report()
    theirs = sklearn_bayes.GaussianNB().fit(*demo.wine.train).score(*demo.wine.test)
    assert report.metrics["test_accuracy"] == pytest.approx(theirs)
    assert report.metrics["test_accuracy"] > report.baseline["test_accuracy"] + 0.3
    assert any("agree" in note for note in report.notes)


@pytest.mark.slow
@pytest.mark.parametrize("frames", [1, 2, 5, 70])
def test_after_any_frame_the_pictures_and_the_report_work(frames):
    demo, figure = Demo(Settings(quick=True)), new_figure((11, 5))
    scene: list[Any] = []
    for frame in demo.train():
        scene = [*(other for other in scene if type(other) is type(frame)), frame]
        frames -= 1
        if not frames:
            break
    demo.draw(figure, scene)
    assert demo.report().metrics
    for picture in demo.figures():
        assert paint(picture).axes and picture.caption.endswith(".")


def test_a_frame_holds_the_model_of_its_moment():
    demo = Demo(Settings())
    frames = [frame for frame in demo.train() if isinstance(frame, FlowerFrame)]
    frame = frames[40]
    model = GaussianNB().fit(demo.X[: frame.step], demo.y[: frame.step])
    np.testing.assert_allclose(frame.theta, model.theta_)
    np.testing.assert_allclose(demo._model_of(frame).predict_proba(demo.X), model.predict_proba(demo.X), atol=1e-6)


def test_every_scene_paints_from_its_first_frame_to_its_last():
    demo, frames = Demo(Settings(quick=True)), FrameBuffer()
    for _ in play(demo, Display(), frames):
        pass
    assert [type(scene[0]).__name__ for scene in frames.scenes] == ["FlowerFrame", "WineFrame"]
    scenes: list[Any] = frames.scenes
    for scene in scenes:
        figure = new_figure((11, 5))
        for end in (1, 2, 3, len(scene)):                            # one sample has no spread, two may be of one class
            demo.draw(figure, scene[:end])
            figure.canvas.draw()
        assert len(figure.axes) > 1


@pytest.mark.slow
def test_the_live_view_shows_every_flower_in_its_colour_and_what_the_model_says_of_every_place():
    demo, figure = Demo(Settings(quick=True)), new_figure((11, 5))
    frames = [frame for frame in demo.train() if isinstance(frame, FlowerFrame)]
    for end in (1, 2, 20, len(frames)):                              # on one figure: nothing is painted anew
        demo.draw(figure, frames[:end])
        view, seen = demo.view, frames[end - 1].step
        for k, dots in enumerate(view.dots):
            np.testing.assert_array_equal(dots.get_offsets(), demo.X[:seen][demo.y[:seen] == k])
            np.testing.assert_allclose(np.asarray(dots.get_facecolor())[0], to_rgba(CLASS_COLOURS[k]))
        said = demo._model_of(frames[end - 1]).predict(view.points)
        np.testing.assert_array_equal(np.asarray(view.regions.get_array()).ravel(), said)


def test_the_waterfall_ends_at_the_odds_that_the_model_gives():
    demo = Demo(Settings())
    for _ in demo.train():
        pass
    figure = paint(next(picture for picture in demo.figures() if picture.file == "waterfall.png"))
    last_bar = figure.axes[0].patches[-1]
    assert isinstance(last_bar, Rectangle)
    joint = np.sort(demo.model.predict_joint_log_proba(demo.wine.validation.X), axis=1)
    assert last_bar.get_width() == pytest.approx((joint[:, -1] - joint[:, -2]).min())


@pytest.mark.slow
def test_the_same_seed_gives_the_same_frames_and_another_seed_others():
    first, same, other = ([frame.metrics["validation accuracy"] for frame in Demo(Settings(seed=seed)).train()]
                          for seed in (3, 3, 4))
    assert first == same and first != other

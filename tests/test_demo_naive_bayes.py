"""The demo of chapter 4: counted one by one it ends where fit does, and it may be stopped after any sample."""

import numpy as np
import pytest

from ai_from_scratch.stage.demo import Settings
from ai_from_scratch.stage.gallery import paint
from ai_from_scratch.stage.theme import new_figure
from Naive_Bayes_From_Scratch import GaussianNB
from Naive_Bayes_From_Scratch.demo import Demo, FlowerFrame


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


@pytest.mark.parametrize("frames", [1, 2, 5, 70])
def test_after_any_frame_the_pictures_and_the_report_work(frames):
    demo, figure = Demo(Settings(quick=True)), new_figure((11, 5))
    scene = []
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

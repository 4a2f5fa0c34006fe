"""The demo of chapter 3: what it counts is what the model predicts, and it may be stopped after any frame."""

import numpy as np
import pytest

from ai_from_scratch.stage.demo import Settings
from ai_from_scratch.stage.displays import Display
from ai_from_scratch.stage.frame_buffer import FrameBuffer
from ai_from_scratch.stage.gallery import paint
from ai_from_scratch.stage.play import play
from ai_from_scratch.stage.theme import new_figure
from KNN_From_Scratch import KNeighborsClassifier
from KNN_From_Scratch.demo.demo import MOONS_NEIGHBOUR_COUNTS, Demo
from KNN_From_Scratch.demo.digits import NEIGHBOUR_COUNTS, Digits, ExamFrame, flat, winners


def small(demo):
    """The same with a tenth of the digits."""
    data = demo.digits.data
    parts = {name: type(part)(part.X[::10], part.y[::10])
             for name, part in (("train", data.train), ("validation", data.validation), ("test", data.test))}
    demo.digits = Digits(type(data)(data.name, data.source, **parts, class_names=data.class_names), batch=25)
    return demo


@pytest.fixture(scope="module")
def finished():
    demo, frames = small(Demo(Settings(quick=True))), FrameBuffer()
    for _ in play(demo, Display(), frames):
        pass
    return demo, frames


def test_the_report_is_what_the_model_scores_with_the_k_that_validated_best(finished):
    digits, report = finished[0].digits, finished[0].report()
    train, validation, test = ((flat(part), part.y) for part in (digits.data.train, digits.data.validation,
                                                                 digits.data.test))
    scores = [KNeighborsClassifier(k).fit(*train).score(*validation) for k in NEIGHBOUR_COUNTS]
    np.testing.assert_allclose(digits.accuracy, scores)
    assert report.metrics["k"] == NEIGHBOUR_COUNTS[np.argmax(scores)]
    model = KNeighborsClassifier(int(report.metrics["k"])).fit(*train)
    assert report.metrics["test_accuracy"] == pytest.approx(model.score(*test))
    assert report.metrics["test_accuracy"] > report.baseline["test_accuracy"] + 0.5


def test_the_first_k_of_many_neighbours_vote_as_the_model_does():
    rng = np.random.default_rng(0)
    X, y, Q = rng.normal(size=(300, 3)), rng.integers(0, 10, 300), rng.normal(size=(40, 3))
    labels = y[KNeighborsClassifier().fit(X, y).kneighbors(Q, int(NEIGHBOUR_COUNTS[-1]), return_distance=False)]
    for k, predicted in zip(NEIGHBOUR_COUNTS, winners(labels, NEIGHBOUR_COUNTS).T, strict=True):
        np.testing.assert_array_equal(predicted, KNeighborsClassifier(k).fit(X, y).predict(Q))


@pytest.mark.slow
def test_the_scenes_come_in_order_and_every_frame_can_be_painted(finished):
    demo, frames = finished
    assert [type(scene[0]).__name__ for scene in frames.scenes] == ["QueryFrame", "ChoosingFrame", "ExamFrame"]
    for scene in frames.scenes:
        figure = new_figure((11, 5))
        for end in (1, len(scene)):
            demo.draw(figure, scene[:end])
            figure.canvas.draw()
        assert figure.axes
    last = frames.scenes[-1][-1]
    assert isinstance(last, ExamFrame) and last.counts.sum() == len(demo.digits.data.test.y)


@pytest.mark.slow
def test_every_picture_paints_and_says_what_to_look_for(finished):
    pictures = list(finished[0].figures())
    assert [picture.file for picture in pictures] == [
        "regions.png", "query.png", "entropy.png", "one_axis_stretched.png", "balls.png", "curse.png",
        "accuracy_against_k.png", "digit_neighbours.png"]
    for picture in pictures:
        assert paint(picture).axes and picture.caption.endswith(".")


@pytest.mark.parametrize("frames", [1, 31, 33])
def test_stopped_after_any_frame_it_still_reports_and_paints(frames):
    demo = small(Demo(Settings(quick=True)))
    for seen, _ in enumerate(demo.train(), start=1):
        if seen == frames:
            break
    report = demo.report()
    assert report.metrics["test_accuracy"] > 0.5 and "Stopped early" in report.notes[0]
    assert len(list(demo.figures())) == (6 if frames == 1 else 8)


def test_the_same_seed_gives_the_same_walk_and_another_seed_another():
    def answers(seed):
        frames = (frame for frame, _ in zip(Demo(Settings(quick=True, seed=seed)).train(), range(30), strict=False))
        return [frame.metrics["radius"] for frame in frames]

    assert answers(3) == answers(3) != answers(4)


def test_the_largest_k_of_the_curve_is_less_than_the_samples():
    assert MOONS_NEIGHBOUR_COUNTS[-1] < 200 and (np.diff(MOONS_NEIGHBOUR_COUNTS) > 0).all()

"""The chapter's demo: both scenes, every picture, and a report after any frame."""

import numpy as np
import pytest

from ai_from_scratch.stage import gallery, theme
from ai_from_scratch.stage.demo import Settings
from Basic_Neural_Network_From_Scratch.demo import Demo
from Basic_Neural_Network_From_Scratch.demo_moons import MoonsFrame
from Basic_Neural_Network_From_Scratch.demo_network import unit_maps


@pytest.fixture(scope="module")
def finished():
    demo = Demo(Settings(quick=True, epochs=2))
    return demo, list(demo.train())


def test_it_goes_from_the_moons_to_the_digits_and_counts_its_steps(finished):
    demo, frames = finished
    moons = [frame for frame in frames if isinstance(frame, MoonsFrame)]
    digits = frames[len(moons):]
    assert [use.name for use in demo.data] == ["two moons", "MNIST"]
    assert moons[-1].step == moons[-1].steps == 2 * 10
    assert digits[-1].step == digits[-1].steps == 2 * 110
    assert digits[-1].metrics["validation accuracy"] > 0.85


def test_the_report_is_on_the_test_part_and_beats_the_baseline(finished):
    report = finished[0].report()
    assert 0.85 < report.metrics["test_accuracy"] <= 1
    assert report.baseline["test_accuracy"] == pytest.approx(0.1)
    assert "235,146 parameters" in report.notes[1]


def test_every_picture_is_painted(finished):
    names = []
    for picture in finished[0].figures():
        figure = gallery.paint(picture)
        assert figure.axes
        names.append(picture.file)
    assert names == ["filmstrip.png", "units.png", "loss_valley.png", "digits_curves.png", "digits_confusion.png",
                     "digits_mistakes.png", "digits_weights.png"]


def test_the_live_view_is_painted_anew_and_again_for_both_scenes(finished):
    demo, frames = finished
    moons = [frame for frame in frames if isinstance(frame, MoonsFrame)]
    figure = theme.new_figure((11, 5))
    for scene in (moons, frames[len(moons):]):
        figure.clear()
        demo.draw(figure, scene[:1])
        axes = list(figure.axes)
        demo.draw(figure, scene)
        assert list(figure.axes) == axes


def test_frames_are_small_and_no_views_of_what_goes_on_changing(finished):
    _, frames = finished
    sizes = [sum(field.nbytes for field in frame if isinstance(field, np.ndarray)) for frame in frames]
    assert max(sizes) < 12_000
    assert not np.array_equal(frames[0].parameters, frames[5].parameters)
    assert not np.array_equal(frames[-1].weights, frames[-2].weights)


def test_stopped_after_any_frame_it_still_reports_and_paints():
    demo = Demo(Settings(quick=True, epochs=1))
    training = demo.train()
    frame = next(training)
    assert "held_out_accuracy_of_the_moons" in demo.report().metrics
    assert [picture.file for picture in demo.figures()] == ["filmstrip.png", "units.png"]
    for picture in demo.figures():
        gallery.paint(picture)
    while isinstance(frame, MoonsFrame):
        frame = next(training)
    assert "test_accuracy" in demo.report().metrics
    for picture in demo.figures():
        gallery.paint(picture)


def test_the_same_seed_gives_the_same_numbers():
    def last(seed):
        frames = list(Demo(Settings(quick=True, epochs=1, seed=seed)).moons.train())
        return frames[-1].parameters

    assert np.array_equal(last(3), last(3))
    assert not np.array_equal(last(3), last(4))


def test_unit_maps_hold_inputs_hidden_units_and_output(finished):
    maps = unit_maps(finished[0].moons.model.network_, np.array([[0.0, 1.0], [2.0, -1.0], [-2.0, 0.5]]))
    assert [values.shape for values in maps] == [(2, 3), (6, 3), (4, 3), (1, 3)]
    assert all(np.abs(values).max() <= 1 for values in maps)

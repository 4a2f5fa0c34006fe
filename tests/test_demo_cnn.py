"""The demo of chapter 6: it learns to read, and may be stopped after any frame."""

import dataclasses
import re
from itertools import islice, pairwise
from typing import Any

import numpy as np
import pytest
from readable import live_faults, share_of_the_widest_column, unreadable

from ai_from_scratch.data import Samples, load_mnist
from ai_from_scratch.stage.demo import Settings
from ai_from_scratch.stage.displays import Display
from ai_from_scratch.stage.frame_buffer import FrameBuffer
from ai_from_scratch.stage.gallery import paint
from ai_from_scratch.stage.play import play
from ai_from_scratch.stage.theme import LIGHT, new_figure, use
from CNN_From_Scratch.demo.deciding_pixels import overlay
from CNN_From_Scratch.demo.demo import Demo, DigitFrame
from CNN_From_Scratch.demo.panels import mosaic, running_mean
from CNN_From_Scratch.demo.slide import SlideFrame
from CNN_From_Scratch.saliency import occlusion


def a_run():
    demo: Any = Demo(Settings(quick=True, epochs=1))
    frames = FrameBuffer()
    for _ in play(demo, Display(), frames):
        pass
    return demo, frames


@pytest.fixture(scope="module")
def played():
    return a_run()


def take_few(monkeypatch):
    """A tenth of the digits, for tests in which the accuracy does not matter."""
    data = load_mnist(download=False)
    parts: dict[str, Any] = {name: Samples(*(values[::10] for values in getattr(data, name)))
                             for name in ("train", "validation", "test")}
    monkeypatch.setattr("CNN_From_Scratch.demo.demo.load_mnist", lambda **_: dataclasses.replace(data, **parts))


@pytest.fixture
def few(monkeypatch):
    take_few(monkeypatch)


@pytest.fixture(scope="module")
def played_shortly():
    with pytest.MonkeyPatch.context() as monkeypatch:
        take_few(monkeypatch)
        return a_run()


@pytest.fixture(scope="module")
def painted(played):
    """The final pictures: the figure and the caption by file name."""
    return {picture.file: (paint(picture), picture.caption) for picture in played[0].figures()}


@pytest.mark.slow
def test_one_epoch_of_the_sample_reads_most_digits_and_the_report_says_how_many(played):
    demo, frames = played
    report = demo.report()
    assert report.metrics["test_accuracy"] > 0.75
    assert report.baseline["test_accuracy"] == pytest.approx(0.1)
    assert any("sample" in note for note in report.notes) and demo.data[0].test == 1000
    last = frames.scene[-1]
    assert last.step == last.steps and last.metrics["validation accuracy"] == demo.model.score(*demo.digits.validation)


def test_frames_are_small_copies_and_belong_to_their_own_moment(played_shortly):
    _, frames = played_shortly
    first, last = frames.scene[0], frames.scene[-1]
    assert not np.array_equal(first.kernels, last.kernels) and not np.array_equal(first.saliency, last.saliency)
    assert sum(array.nbytes for array in (last.kernels, last.saliency, last.probabilities)) < 5000


@pytest.mark.slow
def test_every_picture_is_painted_with_a_caption(painted):
    assert {"saliency.png", "filters.png", "kernel_patches.png", "feature_maps.png", "receptive_field.png",
            "training.png", "predictions.png", "confusion.png"} <= painted.keys()
    assert not {file: faults for file, (figure, _) in painted.items() if (faults := unreadable(figure))}
    assert all(caption.endswith(".") for _, caption in painted.values())


def test_both_scenes_go_on_painting_on_the_axes_that_they_began_with(played_shortly):
    demo, frames = played_shortly
    assert [type(scene[0]) for scene in frames.scenes] == [SlideFrame, DigitFrame]
    for scene in frames.scenes:
        figure = new_figure((11, 5))
        demo.draw(figure, scene[:1])
        axes = list(figure.axes)
        for end in (len(scene) // 2, len(scene)):
            demo.draw(figure, scene[:end])
        assert axes and list(figure.axes) == axes


@pytest.mark.slow
def test_the_live_view_has_one_large_part_and_no_words_on_each_other(played_shortly):
    demo, frames = played_shortly
    assert not [fault for scene in frames.scenes for fault in live_faults(demo, scene)]
    figure = new_figure((11, 5))
    demo.draw(figure, frames.scene)
    assert share_of_the_widest_column(figure) >= 0.6


def test_the_live_view_shows_what_training_added_and_the_pixels_that_decide_now(played_shortly):
    demo, frames = played_shortly[0], played_shortly[1].scene
    figure = new_figure((11, 5))
    demo.draw(figure, frames)
    added = frames[-1].kernels - frames[0].kernels
    shown = demo.view.kernels.picture
    np.testing.assert_array_equal(shown.get_array().filled(0), np.nan_to_num(mosaic(added, 4)))
    assert shown.get_clim() == pytest.approx((-abs(added).max(), abs(added).max()))
    watched = demo.held.watched
    falls = occlusion(demo.network, demo.held.X[watched], int(demo.held.y[watched]))
    np.testing.assert_allclose(frames[-1].saliency, falls, atol=0.01)
    large = overlay(demo.held.X[watched], frames[-1].saliency.astype(float), abs(frames[-1].saliency).max())
    np.testing.assert_allclose(demo.view.digit.get_array(), large, atol=1e-3)
    assert f"up to {falls.max():.1f}" in demo.view.sentence.get_text()


def test_the_sentence_of_the_live_view_follows_the_learning_rate(played_shortly):
    demo, frames = played_shortly[0], played_shortly[1].scene
    said = [demo.phase(frames[:end]) for end in (1, len(frames) // 2, len(frames))]
    assert len(set(said)) == 3 and max(map(len, said)) <= 130
    assert demo.phase(played_shortly[1].scenes[0]) not in said


@pytest.mark.slow
def test_the_sliding_kernel_fills_its_map_with_the_sums_that_are_shown_beside_it(played_shortly):
    slide, figure = played_shortly[0].slide, new_figure((11, 5))
    frames = list(slide.train())
    rows, columns = slide.image.shape[0] - 2, slide.image.shape[1] - 2
    assert frames[0].step == 1 and frames[-1].step == frames[-1].steps == rows * columns
    assert len(frames) * frames[0].hold <= 4                    # seconds: nobody should wait long for the training
    inky = [frame for frame in frames if slide.answers[frame.place]]
    assert [after.step - before.step for before, after in pairwise(inky)].count(1) >= 3   # it is seen to slide
    for end in (len(frames) // 2, len(frames)):
        slide.draw(figure, frames[:end])
        patch, kernel, products, board = (np.asarray(ax.images[0].get_array()) for ax in figure.axes[1:])
        p, q = frames[end - 1].place
        np.testing.assert_array_equal(patch, slide.image[p : p + 3, q : q + 3])
        np.testing.assert_allclose(products, patch * kernel)
        assert board[p, q] == pytest.approx(products.sum(), abs=1e-5)
        assert np.isfinite(board).sum() == frames[end - 1].step


@pytest.mark.slow
def test_the_sentence_over_the_large_digit_is_what_the_network_answers(played, painted):
    demo, (figure, _) = played[0], painted["saliency.png"]
    hero = figure.axes[0].get_position()                        # after the layout
    assert hero.width * hero.height > 0.55, "one large picture, the others small"
    words = figure.axes[0].get_title(loc="left")
    found = re.search(
        r"reads (\d) \(([\d.]+) %\).*from ([-\d.]+) to ([-\d.]+), and it (?:still )?reads (\d)", words,
        re.DOTALL)
    assert found is not None
    read, sure, before, after, then = found.groups()
    without = np.asarray(figure.axes[1].images[0].get_array()).astype(np.uint8)[None]       # the small digit, erased
    row, column = (round(at + 2.5) for at in reversed(figure.axes[0].patches[0].get_xy()))
    candidates = demo.digits.test.X[(demo.digits.test.y == int(read))]
    cut = candidates.copy()
    cut[:, max(row - 2, 0) : row + 3, max(column - 2, 0) : column + 3] = 0
    digit = candidates[(cut == without).all(axis=(1, 2))][:1]                               # which digit it was
    code = int(read)
    assert demo.model.predict(digit)[0] == code and demo.model.predict(without)[0] == int(then)
    assert 100 * demo.model.predict_proba(digit)[0, code] == pytest.approx(float(sure), abs=0.06)
    assert demo.model.decision_function(digit)[0, code] == pytest.approx(float(before), abs=0.06)
    assert demo.model.decision_function(without)[0, code] == pytest.approx(float(after), abs=0.06)
    falls = occlusion(demo.network, digit[0])
    assert np.unravel_index(falls.argmax(), falls.shape) == (row, column)


def test_the_ink_is_grey_and_only_pixels_that_change_the_logit_have_a_colour():
    use(LIGHT)
    image, falls = np.zeros((1, 4), np.uint8), np.array([[0.0, 0, 2, -2]])
    image[0, 1] = 255
    white, grey, green, violet = overlay(image, falls, 2.0)[0]
    assert white.tolist() == [1, 1, 1] and len(set(grey)) == 1 and grey[0] < 0.5
    assert green[1] == max(green) and violet[1] == min(violet)


@pytest.mark.slow
def test_after_one_frame_there_is_a_report_and_there_are_pictures(few):
    demo = Demo(Settings(quick=True))
    training = demo.train()
    assert isinstance(next(training), SlideFrame)
    assert not demo.report().metrics and "before" in demo.report().notes[0] and not list(demo.figures())
    assert any(isinstance(frame, DigitFrame) for frame in training)
    assert 0 <= demo.report().metrics["test_accuracy"] <= 1
    for picture in demo.figures():
        assert paint(picture).axes


@pytest.mark.slow
def test_the_longer_recipe_trains_the_larger_network_and_its_pictures_show_that_one(few):
    demo: Any = Demo(Settings(quick=True, best=True))
    frame = next(demo.learn())
    assert "best" in Demo.uses and demo.model.batch_norm and demo.model.dropout == 0.3
    assert frame.kernels.shape == (32, 3, 3)
    demo.draw(new_figure((11, 5)), [frame])
    assert frame.maps.shape == (32, 26, 26)
    pictures = {picture.file: picture for picture in demo.figures()}
    titles = [axes.get_title(loc="center") for axes in paint(pictures["feature_maps.png"]).axes]
    assert titles[1:6] == ["32 maps\n26 × 26", "32 maps\n12 × 12", "64 maps\n10 × 10", "64 maps\n4 × 4", "128\nunits"]
    assert "9 pixels times the kernel's 9 weights" in pictures["one_pixel.png"].caption
    for file in ("one_pixel.png", "hidden_layer.png", "kernel_patches.png", "receptive_field.png"):
        assert paint(pictures[file]).axes


@pytest.mark.slow
def test_the_same_seed_gives_the_same_losses_and_another_seed_others(few):
    def losses(seed):
        return [frame.metrics["loss"] for frame in islice(Demo(Settings(quick=True, seed=seed, epochs=1)).learn(), 3)]

    first, same, other = losses(3), losses(3), losses(4)
    assert first == same and first != other


def test_a_mosaic_keeps_every_map_and_a_running_mean_the_mean():
    maps = np.arange(24.0).reshape(6, 2, 2)
    board = mosaic(maps, 4)
    assert board.shape == (5, 11) and np.nansum(board) == maps.sum()
    np.testing.assert_array_equal(board[3:5, 3:5], maps[5])
    np.testing.assert_allclose(running_mean(np.array([1.0, 2, 6, 4, 0]), most=1), [1, 3, 4, 10 / 3, 2])


@pytest.mark.parametrize(("chosen", "sample", "cores", "expected"), [
    ({}, False, 2, 2), ({}, True, 2, 1), ({}, False, 1, 1), ({"best": True}, False, 2, 1),
    ({"workers": 1}, False, 2, 1), ({"parameters": {"batch_norm": True}}, False, 2, 1),
])
def test_two_processes_share_the_minutes_of_a_whole_training(monkeypatch, chosen, sample, cores, expected):
    data = load_mnist(download=False, sample=True)
    monkeypatch.setattr("CNN_From_Scratch.demo.demo.load_mnist",
                        lambda **_: dataclasses.replace(data, is_sample=sample))
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    assert Demo(Settings(**chosen)).model.workers == expected

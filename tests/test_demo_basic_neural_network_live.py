"""The scene of the valley, and the size of the updates, which is drawn beside the digits."""

from dataclasses import replace
from itertools import pairwise, takewhile

import numpy as np
import pytest

from ai_from_scratch.data import Samples
from ai_from_scratch.stage import theme
from ai_from_scratch.stage.bowl import LossBowl
from ai_from_scratch.stage.demo import Settings
from ai_from_scratch.stage.gallery import paint
from Basic_Neural_Network_From_Scratch.demo import valley as demo_valley
from Basic_Neural_Network_From_Scratch.demo.bending import Bending
from Basic_Neural_Network_From_Scratch.demo.demo import Demo
from Basic_Neural_Network_From_Scratch.demo.hidden import percent_right
from Basic_Neural_Network_From_Scratch.demo.mnist import FRAMES_PER_RUN, Digits, DigitsFrame, is_shown, pixels
from Basic_Neural_Network_From_Scratch.demo.moons import (
    Moons,
    MoonsFrame,
    cross_entropy,
    flat,
    lowest_held_out,
    overfits,
    sentence,
)
from Basic_Neural_Network_From_Scratch.demo.updates import log_ratios
from Basic_Neural_Network_From_Scratch.demo.valley import MAX_FRAMES, Cut, Valley
from Basic_Neural_Network_From_Scratch.layers import Dense
from Basic_Neural_Network_From_Scratch.network import Sequential


@pytest.fixture(scope="module")
def moons():
    scene = Moons(seed=0, epochs=30)
    list(scene.train())
    return scene


def one_epoch() -> Digits:
    return Digits(Settings(epochs=1, quick=True))


# ---- the updates ------------------------------------------------------------------------------------------------


def test_a_thousandth_of_the_weights_is_minus_three_and_no_update_is_very_small():
    W = np.array([[3.0, 0.0], [0.0, 4.0]])
    assert log_ratios([1.001 * W, W], [W, W]) == pytest.approx([-3, -12])


@pytest.mark.parametrize("steps", [1, 7, FRAMES_PER_RUN, 110, 6450])
def test_sixty_steps_are_shown_and_the_last_is_one_of_them(steps):
    shown = [step for step in range(1, steps + 1) if is_shown(step, steps)]
    assert len(shown) == min(steps, FRAMES_PER_RUN) and shown[-1] == steps


@pytest.mark.slow
def test_the_updates_of_the_frames_are_those_of_the_very_run():
    shown, again = one_epoch(), one_epoch()
    frames = {frame.step: frame for frame in shown.train()}
    before: list[np.ndarray] = []
    compared = 0
    for progress in again.model.training(pixels(again.data.train.X), again.data.train.y):
        weights = again.model.coefs_
        if progress.step in frames:
            ratios = [np.linalg.norm(W - old) / np.linalg.norm(old) for W, old in zip(weights, before, strict=True)]
            np.testing.assert_allclose(frames[progress.step].updates, np.log10(ratios), rtol=1e-6)
            compared += 1
        before = [W.copy() for W in weights]
    assert compared == len(frames) == FRAMES_PER_RUN


@pytest.mark.slow
def test_of_a_first_step_that_is_shown_nothing_is_said_and_all_is_drawn():
    digits = one_epoch()
    few = Samples(digits.data.train.X[:90], digits.data.train.y[:90])           # three batches of at most 32
    digits.data = replace(digits.data, train=few)
    frames, figure = list(digits.train()), theme.new_figure((11, 5))
    assert [frame.step for frame in frames] == [1, 2, 3]
    assert np.isnan(frames[0].updates).all() and np.isfinite([frame.updates for frame in frames[1:]]).all()
    for end in (1, 3):
        digits.draw(figure, frames[:end])
        figure.draw_without_rendering()


def test_one_line_a_layer_grows_beside_the_guide():
    digits, figure = one_epoch(), theme.new_figure((11, 5))
    training, frames = digits.train(), []
    for end in range(1, 6):
        frames.append(next(training))
        digits.draw(figure, frames)
        lines = [np.asarray(line.get_xydata()) for line in digits.view.ratios.lines]
        assert [line.shape for line in lines] == [(end, 2)] * 3
        assert [line[-1, 1] for line in lines] == frames[-1].updates.tolist()
    assert any(np.all(np.asarray(line.get_ydata()) == -3) for line in digits.view.updates.lines)


# ---- the valley -------------------------------------------------------------------------------------------------


def test_the_dot_runs_from_the_start_of_the_training_to_its_end(moons):
    frames = list(Valley(moons).train())
    assert len(frames) <= MAX_FRAMES <= 25
    assert [frames[0].step, frames[-1].step] == [1, moons.frames[-1].steps]
    for earlier, later in pairwise(frames):
        assert len(earlier.path) < len(later.path)
        np.testing.assert_array_equal(later.path[:len(earlier.path)], earlier.path)
    np.testing.assert_allclose(frames[-1].path[-1], 0, atol=1e-12)
    np.testing.assert_array_equal(frames[-1].parameters, flat(moons.model))


def test_the_surface_is_computed_once_and_only_for_those_who_watch(moons, monkeypatch):
    made = []

    class Counted(LossBowl):
        def __init__(self, *args, **names):
            made.append(self)
            super().__init__(*args, **names)

    monkeypatch.setattr(demo_valley, "LossBowl", Counted)
    scene, figure = Valley(moons), theme.new_figure((11, 5))
    frames = list(scene.train())
    assert not made
    for end in range(1, len(frames) + 1):
        scene.draw(figure, frames[:end])
        if end == 1:
            artists = list(figure.axes[0].get_children())
    assert len(made) == 1 and figure.axes[0].get_children() == artists          # moved, not painted anew
    x, y, height = made[0].ball.get_data_3d()
    assert [*x, *y] == pytest.approx([0, 0], abs=1e-12)
    # The ball lies on the path, which is drawn a little above the surface.
    assert height == pytest.approx([moons.frames[-1].metrics["loss"] + 2 * made[0].lift])
    assert len(made[0].path.get_data_3d()[0]) == len(moons.frames)


def test_the_turn_of_a_path_is_its_angle_and_the_title_says_it(moons):
    cut = Cut(moons)
    cut.path = np.array([[0.0, 0], [1, 0], [2, 0], [2, 1], [2, 2]])
    assert cut.turn == pytest.approx(90)
    title = paint(next(picture for picture in Valley(moons).pictures())).get_suptitle()
    first, last = moons.frames[0].metrics["loss"], moons.frames[-1].metrics["loss"]
    assert f"turns by {Cut(moons).turn:.0f}°" in title and f"{first:.2f} to {last:.2f}" in title


def test_the_cut_goes_through_the_end_along_two_directions_at_right_angles(moons):
    cut = Cut(moons)
    np.testing.assert_allclose(cut.directions @ cut.directions.T, np.eye(2), atol=1e-12)
    a, b = np.array([0.0, 0.5]), np.array([0.0, -0.3])
    at_end, beside = cut.loss(a, b)
    assert at_end == pytest.approx(moons.frames[-1].metrics["loss"])
    cut.network.parameters[...] = moons.frames[-1].parameters + 0.5 * cut.directions[0] - 0.3 * cut.directions[1]
    assert beside == pytest.approx(cross_entropy(cut.network, moons.learnt))


def test_no_other_plane_through_the_end_is_nearer_to_the_path(moons):
    cut = Cut(moons)
    path = np.array([frame.parameters for frame in moons.frames]) - moons.frames[-1].parameters     # (T, P)
    whole = (path**2).sum()
    assert cut.share == pytest.approx((cut.path**2).sum() / whole)
    rng = np.random.default_rng(0)
    for _ in range(20):
        plane = np.linalg.qr(cut.directions.T + 0.2 * rng.standard_normal((path.shape[1], 2)))[0]   # (P, 2)
        assert ((path @ plane) ** 2).sum() / whole < cut.share


# ---- the moons and the bent plane -------------------------------------------------------------------------------


def seen(held_out):
    return [MoonsFrame(step, len(held_out), {"loss": 0.1, "held-out loss": loss}, step, np.zeros(33))
            for step, loss in enumerate(held_out, 1)]


def test_overfitting_is_said_only_when_the_held_out_loss_has_risen_again():
    assert lowest_held_out(seen([0.4, 0.2, 0.3])).step == 2
    assert overfits(seen([0.4, 0.2, 0.203])) and not overfits(seen([0.4, 0.2, 0.201])) and not overfits(seen([0.4]))


def moment(step, loss, held_out, steps=9, size=1.0):
    return MoonsFrame(step, steps, {"loss": loss, "held-out loss": held_out}, step, np.full(33, size))


def test_the_end_of_the_moons_is_told_from_both_losses():
    start, lowest = moment(1, 0.5, 0.5), moment(5, 0.2, 0.2)
    assert sentence([start, lowest, moment(9, 0.1, 0.3)]) == (
        "The held-out loss has risen since step 5, while the training loss still falls: overfitting.")
    assert sentence([start, lowest, moment(9, 0.4, 0.3)]) == (
        "The held-out loss has risen since step 5, and so has the training loss.")
    assert sentence([start, moment(9, 0.3, 0.35)]).startswith("The end: the held-out loss is 0.35,")
    assert "become sharper" in sentence([start, moment(5, 0.2, 0.2, size=2)])
    assert "become sharper" not in sentence([start, moment(5, 0.2, 0.2, size=0.5)])


def test_the_end_of_the_valley_and_of_the_bent_plane_is_told_with_their_numbers(moons):
    valley = Valley(moons)
    frames = list(valley.train())
    first, last = moons.frames[0].metrics["loss"], moons.frames[-1].metrics["loss"]
    assert valley.phase(frames[-1]).endswith(f"the loss went from {first:.2f} to {last:.2f}.")
    gone = 100 * (first - frames[5].metrics["loss"]) / (first - last)
    assert f"After {frames[5].step} of {frames[5].steps} steps" in valley.phase(frames[5])
    assert f"{gone:.0f} % of the loss" in valley.phase(frames[5])
    scene = Bending(moons.learnt, 0, 1)
    *_, end = scene.train()
    said = scene.phase(end)
    for pupil in (scene.tanh, scene.relu):
        assert f"{percent_right(pupil.network, moons.learnt):.0f} %" in said
    assert scene.phase(end._replace(step=1)) != said


def digits_frame(step, size, accuracy, answer=0):
    return DigitsFrame(step, 10, {"validation accuracy": accuracy}, 1, np.zeros((1, 14, 14)),
                       np.eye(10)[np.full(10, answer)], np.full(3, size))


@pytest.mark.parametrize(("sizes", "told"), [((-2, -2.1), "about as large as before"), ((-2, -3), "10 times smaller"),
                                             ((-2, -8), "over 1,000 times smaller"),
                                             ((np.nan, np.nan), "about as large")])
def test_the_end_of_the_digits_is_told_from_the_updates_and_the_curve(sizes, told):
    frames = [digits_frame(step, size, 0.9 + step / 100)
              for step, size in zip((1, 5, 10), (sizes[0], sizes[0], sizes[1]), strict=True)]
    said = one_epoch().phase(frames)
    assert told in said and "held out 100.00 % correct, half-way 95.33 %" in said


def test_before_the_end_the_sentence_of_the_digits_counts_the_answers_that_changed():
    digits = one_epoch()
    frames = [digits_frame(1, -2, 0.9), digits_frame(8, -2, 0.9, answer=3)]
    assert digits.phase(frames[:1]) == "The learning rate rises."
    assert digits.phase(frames) == "The learning rate falls. Since step 1, 10 of the ten answers changed."
    digits.model.set_params(learning_rate="constant")
    assert digits.phase([frames[0], frames[0]._replace(step=8)]) == (
        "The learning rate stays the same. Since step 1, 0 of the ten answers changed.")


def test_the_percentage_over_the_bent_plane_counts_the_points_on_the_right_side():
    network = Sequential([Dense(1)]).build((2,), np.random.default_rng(0), np.float64)
    network.parameters[...] = [1, 0, 0]                                     # the logit is x₁
    X = np.array([[1.0, 5], [2, 5], [-1, 5], [3, 5]])
    assert percent_right(network, Samples(X, np.array([1, 1, 0, 0]))) == 75


def test_the_boundary_is_called_nearly_straight_only_as_long_as_it_is():
    demo, scene, frames = object.__new__(Demo), Moons(seed=0, epochs=None), []
    x, y = np.linspace(-1, 2, 31), np.linspace(-1.5, 2, 351)
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    said_straight, off_a_line = [], []
    for frame in takewhile(lambda frame: frame.step <= 130, scene.train()):
        frames.append(frame)
        scores = scene.layers.predict(points).reshape(len(y), len(x))      # 0 on the boundary
        edge = y[np.abs(scores).argmin(axis=0)]
        off_a_line.append(np.abs(edge - np.polyval(np.polyfit(x, edge, 1), x)).max())
        said_straight.append("nearly straight" in demo.phase(frames))
    assert [*said_straight] == sorted(said_straight, reverse=True) and {*said_straight} == {True, False}
    assert max(np.array(off_a_line)[said_straight]) < 0.08 < 0.2 < off_a_line[-1]
    assert min(np.array(off_a_line)[~np.array(said_straight)]) > 0.05

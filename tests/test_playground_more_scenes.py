"""What the scenes of chapters 5, 6 and 7 compute: mistakes that hurt, reasons that add up, digits, text."""

from typing import Any

import numpy as np
import pytest
from test_playground_scenes import CATALOGUE, frames

from ai_from_scratch.data import load_mnist
from ai_from_scratch.mistakes import MOST_LINES, mistakes_of
from Basic_Neural_Network_From_Scratch.basic_neural_network import TwoLayerNetwork
from Basic_Neural_Network_From_Scratch.demo import scene_break_it
from Basic_Neural_Network_From_Scratch.demo.five_models import Models, shape
from Basic_Neural_Network_From_Scratch.demo.scene_one_plane_five_models import CONTROLS, scene
from CNN_From_Scratch.demo.four_readers import prepared
from KNN_From_Scratch import KNeighborsClassifier
from playground.scene import Controls
from RNN_From_Scratch.demo import written
from RNN_From_Scratch.demo.scene_hamlet_writes import CONTROLS as WRITING
from RNN_From_Scratch.demo.scene_hamlet_writes import scene as hamlet

CASES = mistakes_of("Basic_Neural_Network_From_Scratch")


def painted(frame):
    """A frame as the page receives it."""
    return frame() if callable(frame) else frame


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_mistake_changes_few_lines_of_a_lesson_file_that_has_them_once(case):
    assert case.right.splitlines()[0] in case.source.read_text(encoding="utf-8").splitlines()[case.line - 1]
    assert case.right != case.wrong and max(case.right.count("\n"), case.wrong.count("\n")) < MOST_LINES


@pytest.mark.parametrize("preset", scene_break_it.PRESETS, ids=lambda preset: preset.name)
def test_the_network_with_the_mistake_learns_worse_and_is_named_after_the_guess(preset):
    seen = frames("break_it", 401, preset.seed, every=100, **preset.controls)
    assert seen[0]["answers"] == {} and "hidden" in seen[1]["line"], "nothing is told before the guess"
    wrong, last = seen[-1]["answers"]["which"], seen[-1]
    assert last["loss"]["y"].get(wrong, np.inf) > 1.2 * last["loss"]["y"]["AB".replace(wrong, "")]
    assert last["line"]["wrong"] == CASES[int(preset.controls["case"]) - 1].wrong


def test_the_right_network_of_break_it_is_the_lessons_own():
    seen = frames("break_it", 3, 1, case="1")
    X, y = shape("moons", scene_break_it.SAMPLES, scene_break_it.NOISE, np.random.default_rng(1))
    network = TwoLayerNetwork(2, scene_break_it.HIDDEN, rng=np.random.default_rng(1))
    losses = [progress.loss for progress in network.training(X, y, 1.0, 2)]
    assert losses[-1] in seen[-1]["loss"]["y"].values()


def test_both_networks_lead_in_as_many_cases():
    answers = [frames("break_it", 151, preset.seed, every=150, **preset.controls)[-1]["answers"]["which"]
               for preset in scene_break_it.PRESETS]
    assert sorted(answers) == ["A", "A", "A", "B", "B", "B"]


def test_the_reasons_that_five_models_give_add_up_to_their_answers():
    rng, controls = np.random.default_rng(0), Controls(CONTROLS)
    models = Models(*shape("moons", 60, 0.2, rng), controls, 0)
    for _, _ in zip(range(20), models.steps(), strict=False):
        pass
    place = (0.4, -0.3)
    for name in Models.names:
        sentence, links = models.why(name, place)
        p = models.probability(name, np.array([place]))[0]
        assert f"{100 * p:.0f} % blue" in sentence
        assert (links is None) == (name != "nearest neighbours")
    found = KNeighborsClassifier(7).fit(models.X, models.y).kneighbors([place])[1][0]
    assert f"{int(models.y[found].sum())} are blue" in models.why("nearest neighbours", place)[0]
    links = models.why("nearest neighbours", place)[1]
    assert links is not None
    np.testing.assert_allclose(links[1::3], models.X[found])


def test_painted_points_are_learned_and_too_few_are_told():
    controls = Controls(CONTROLS)
    run = scene(controls, 0)
    next(run)
    controls.change({"points": [[-1, -1, 0], [-1, 1, 0], [1, -1, 1], [1, 1, 1]]})
    frame = next(run)
    frame = painted(frame)
    assert frame["plane"]["points"].shape == (4, 2)
    assert frame["numbers"]["least squares"] == "100.0 %"
    controls.change({"points": [[0, 0, 1]]})
    frame = next(run)
    assert "at least" in painted(frame)["say"]


def test_points_of_a_link_are_learned_from_the_first_frame_on():
    four = [[-1, -1, 0], [-1, 1, 0], [1, -1, 1], [1, 1, 1]]
    first, second = frames("one_plane_five_models", 2, points=four)
    np.testing.assert_array_equal(first["plane"]["points"], np.array(four)[:, :2])
    assert first["numbers"]["least squares"] == second["numbers"]["least squares"] == "100.0 %"
    assert (first["loss"]["x"], second["loss"]["x"]) == (0, 1)
    empty, = frames("one_plane_five_models", 2, points=[])
    assert empty["rest"] and empty["plane"]["points"].shape == (0, 2) and "Paint at least" in empty["say"]


def test_where_the_mouse_is_trains_nothing():
    controls = Controls(CONTROLS)
    run: Any = scene(controls, 0)
    seen = [painted(next(run)) for _ in range(3)]
    for place in ((0.1, 0.2), (0.3, 0.4), None):
        controls.change({"pointer": place})
        seen.append(painted(next(run)))
    assert [frame["loss"]["x"] for frame in seen] == [0, 1, 2, 2, 2, 2]
    assert seen[-1]["say"] == seen[2]["say"] != seen[3]["say"]


@pytest.mark.slow
def test_an_example_takes_the_place_of_a_digit_that_was_drawn():
    module = CATALOGUE.module("draw_a_digit")
    controls = Controls(module.CONTROLS)
    run = module.scene(controls, 0)

    def at_rest():
        return next(frame for frame in run if frame.get("rest"))

    example = at_rest()["pad"]["pixels"]
    controls.change({"digit": [255] * 56 * 56})
    assert (at_rest()["pad"]["pixels"] == 255).all()
    controls.change({"example": 1})
    assert not (at_rest()["pad"]["pixels"] == 255).all()
    controls.change({"example": 0})
    np.testing.assert_array_equal(at_rest()["pad"]["pixels"], example)
    controls.change({"digit": [255] * 56 * 56})
    assert (at_rest()["pad"]["pixels"] == 255).all()


@pytest.mark.slow
def test_four_models_read_a_digit_and_say_how_far_it_is_from_others():
    last = frames("draw_a_digit", 10_000, every=10_000)[-1]
    assert last["rest"] and last["readings"]["values"].shape == (4, 10)
    np.testing.assert_allclose(last["readings"]["values"].sum(axis=1), 1, atol=1e-5)
    assert last["answers"]["right"] == 1 and "They disagree" in last["say"], "the first test digit is a hard one"
    assert abs(last["pad"]["weight"]).max() == pytest.approx(1)
    noise = np.random.default_rng(0).integers(0, 2, 56 * 56) * 255
    scribble = frames("draw_a_digit", 10_000, every=10_000, digit=noise.tolist())[-1]
    assert "looks like no digit" in scribble["say"]


def test_a_test_digit_drawn_on_the_pad_is_prepared_as_it_was():
    digit = load_mnist(download=False, sample=True).test.X[1]
    found = prepared(np.kron(digit, np.ones((2, 2))))
    assert found is not None
    assert np.abs(found.pixels.astype(int) - digit).mean() < 12
    assert prepared(np.zeros((56, 56))) is None
    row, _, size = found.place()
    assert size == pytest.approx(max(np.ptp(found.box[:2]), np.ptp(found.box[2:])) / 20) and row < found.box[0]


def test_hamlet_writes_what_generate_writes_and_shows_its_own_probabilities():
    model, controls = written.shipped(), Controls(WRITING)
    run: Any = hamlet(controls, 5)
    next(run)
    for _ in range(40):
        frame = next(run)
    last = painted(frame)
    assert last["text"]["text"] == "HAMLET:\n" + "".join(model.generate("HAMLET:\n", 40, rng=5))
    text = last["text"]["text"]
    np.testing.assert_allclose(last["text"]["detail"], model.surprise(text), rtol=1e-4)
    np.testing.assert_allclose(last["next"]["outline"].sum(), 1, atol=0.25)
    controls.change({"temperature": 0.0})
    frame = next(run)
    assert max(painted(frame)["next"]["values"]) == 1


def test_a_beginning_with_characters_that_the_network_does_not_know_is_told():
    controls = Controls(WRITING, {"prompt": "Ünd§"})
    frame = painted(next(hamlet(controls, 0)))
    assert "does not know" in frame["say"] and frame["text"]["text"] == "nd"

"""What the scenes of chapters 5, 6 and 7 compute: mistakes that hurt, reasons that add up, digits, text."""

import re
from typing import Any

import numpy as np
import pytest
from test_playground_scenes import CATALOGUE, LESSONS, frames

from ai_from_scratch.data import load_mnist
from ai_from_scratch.mistakes import MOST_LINES, mistakes_of
from Basic_Neural_Network_From_Scratch import early_stopping, training
from Basic_Neural_Network_From_Scratch.basic_neural_network import TwoLayerNetwork
from Basic_Neural_Network_From_Scratch.demo import broken_pair, scene_break_it
from Basic_Neural_Network_From_Scratch.demo.five_models import COLOURS, GRID_CELLS, Models, shape
from Basic_Neural_Network_From_Scratch.demo.five_models_frames import best, sentence
from Basic_Neural_Network_From_Scratch.demo.five_models_reasons import why
from Basic_Neural_Network_From_Scratch.demo.scene_one_plane_five_models import CONTROLS, scene
from CNN_From_Scratch.demo.four_readers import digits, prepared
from CNN_From_Scratch.demo.occlusion_in_parts import PATCHES, occlusion_in_parts
from CNN_From_Scratch.demo.train_weights import pretrained
from CNN_From_Scratch.saliency import occlusion
from KNN_From_Scratch import KNeighborsClassifier
from playground.message import encode
from playground.scene import Controls
from playground.trace import traced
from RNN_From_Scratch.demo import written
from RNN_From_Scratch.demo.scene_hamlet_writes import CONTROLS as WRITING
from RNN_From_Scratch.demo.scene_hamlet_writes import scene as hamlet

CASES = mistakes_of("Basic_Neural_Network_From_Scratch")


def painted(frame):
    """A frame as the page receives it."""
    return frame() if callable(frame) else frame


def whole(run):
    """The next frame that is no half answer: as the page has it when it stops asking."""
    frame = painted(next(run))
    while frame.get("more"):
        frame = painted(next(run))
    return frame


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_mistake_changes_few_lines_of_a_lesson_file_that_has_them_once(case):
    assert case.right.splitlines()[0] in case.source.read_text(encoding="utf-8").splitlines()[case.line - 1]
    assert case.right != case.wrong and max(case.right.count("\n"), case.wrong.count("\n")) < MOST_LINES


@pytest.mark.parametrize("preset", scene_break_it.PRESETS, ids=lambda preset: preset.name)
def test_the_network_with_the_mistake_learns_worse_and_is_named_after_the_guess(preset):
    seen = frames("break_it", 401, preset.seed, every=100, **preset.controls)
    assert seen[0]["answers"] == {} and "hidden" in seen[1]["line"], "nothing is told before the guess"
    wrong, last = seen[-1]["answers"]["which"], seen[-1]
    broken, right, case = last["loss"]["y"].get(wrong, np.inf), last["loss"]["y"]["AB".replace(wrong, "")], CASES[
        int(preset.controls["case"]) - 1]
    assert last["line"]["wrong"] == case.wrong
    if case.name == "a leaked test set":
        new = {name: float(last["numbers"][f"right on new samples, {name}"].rstrip("%")) for name in "AB"}
        assert 1.2 * broken < right and new[wrong] <= new["AB".replace(wrong, "")], "it only looks better"
        assert "new samples" in last["say"]
    else:
        assert broken > 1.2 * right


def test_the_right_network_of_break_it_is_the_lessons_own():
    seen = frames("break_it", 3, 1, case="1")
    X, y = shape("moons", broken_pair.SAMPLES, broken_pair.NOISE, np.random.default_rng(1))
    network = TwoLayerNetwork(2, broken_pair.HIDDEN, rng=np.random.default_rng(1))
    losses = [progress.loss for progress in network.training(X, y, 1.0, 2)]
    assert losses[-1] in seen[-1]["loss"]["y"].values()


@pytest.mark.slow
def test_both_networks_lead_in_as_many_cases():
    answers = [frames("break_it", 151, preset.seed, every=150, **preset.controls)[-1]["answers"]["which"]
               for preset in scene_break_it.PRESETS]
    assert sorted(answers) == ["A"] * 5 + ["B"] * 5


def test_break_it_has_the_mistakes_that_everybody_makes():
    assert {"no mean", "wrong sign", "no shuffling", "dead units", "a start that is too large", "learning rate × 10",
            "a leaked test set"} <= {case.name for case in CASES}
    assert len(scene_break_it.PRESETS) == len(CASES), "each has its preset"


def test_without_shuffling_each_mini_batch_holds_one_class():
    case = next(case for case in CASES if case.name == "no shuffling")
    sorted_labels = np.repeat([0, 1], 40)
    for batches, mixed in ((case.module().mini_batches, 0), (training.mini_batches, 8)):
        found = sum(len(set(sorted_labels[rows])) == 2 for rows in batches(80, 10, np.random.default_rng(0)))
        assert found == mixed


def test_the_leak_is_the_held_out_samples_among_those_that_are_learned():
    case = next(case for case in CASES if case.name == "a leaked test set")
    for hold_back, leaked in ((case.module().hold_back, 10), (early_stopping.hold_back, 0)):
        held_out, rest = hold_back(40, 0.25, np.random.default_rng(0))
        assert len(set(held_out) & set(rest)) == leaked


def test_the_reasons_that_five_models_give_add_up_to_their_answers():
    rng, controls = np.random.default_rng(0), Controls(CONTROLS)
    models = Models(*shape("moons", 60, 0.2, rng), controls, 0)
    for _, _ in zip(range(20), models.steps(), strict=False):
        pass
    place = (0.4, -0.3)
    for name in Models.names:
        sentence, links = why(models, name, place)
        p = models.scores(name, np.array([place]))[0, 1]
        assert f"{100 * p:.0f} % blue" in sentence
        assert (links is None) == (name != "nearest neighbours")
    found = KNeighborsClassifier(7).fit(models.X, models.y).kneighbors([place])[1][0]
    assert f"{int(models.y[found].sum())} are blue" in why(models, "nearest neighbours", place)[0]
    links = why(models, "nearest neighbours", place)[1]
    assert links is not None
    np.testing.assert_allclose(links[1::3], models.X[found])


def of_four_classes(steps=60, **controls):
    """The five models after so many steps, on an arrangement of four classes."""
    X, y = shape("circles", 80, 0.2, np.random.default_rng(0), 4)
    models = Models(X, y, Controls(CONTROLS, controls), 0)
    for _, _ in zip(range(steps), models.steps(), strict=False):
        pass
    return models


def signed(text):
    """The numbers with a sign in a text."""
    return [float(number) for number in re.findall(r"[+-][0-9.]+(?=[ ,:.])", text)]


def test_of_four_classes_the_reasons_add_up_to_the_lead_of_the_first_over_the_second():
    models, place = of_four_classes(), (0.4, -1.3)
    x = np.array([place])
    for name in ("logistic regression", "neural network"):
        z = np.sort(models.logits(name, x)[0])[::-1]
        lead = signed(why(models, name, place)[0].split("leads")[1])
        assert lead[0] == pytest.approx(z[0] - z[1], abs=0.006)
        if name == "logistic regression":
            assert sum(lead[1:]) == pytest.approx(lead[0], abs=0.02)
    log_p = np.log(np.sort(models.scores("naive Bayes", x)[0])[::-1])
    terms = signed(why(models, "naive Bayes", place)[0])
    assert sum(terms) == pytest.approx(log_p[0] - log_p[1], abs=0.02)
    value, *terms = signed(why(models, "least squares", place)[0])
    assert value == pytest.approx(models.values(x).max(), abs=0.006) and sum(terms) == pytest.approx(value, abs=0.02)
    found = KNeighborsClassifier(7).fit(models.X, models.y).kneighbors([place])[1][0]
    words = why(models, "nearest neighbours", place)[0]
    for k in set(models.y[found]):
        assert re.search(rf"{(models.y[found] == k).sum()} (is|are) {COLOURS[k]}", words)


def test_with_four_classes_each_model_gives_four_shares_and_the_chapters_own_answers():
    models = of_four_classes(steps=400, hidden=12)
    for name in Models.names:
        shares = models.scores(name, models.X)
        assert shares.shape == (80, 4)
        np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-6)
    assert models.accuracy("neural network", models.X, models.y) > 0.9 > models.accuracy(
        "logistic regression", models.X, models.y), "rings are not divided by straight cuts"
    np.testing.assert_array_equal(models.scores("nearest neighbours", models.X).argmax(axis=1),
                                  KNeighborsClassifier(7).fit(models.X, models.y).predict(models.X))
    field = models.field("neural network")
    assert field.shape == (GRID_CELLS, GRID_CELLS, 4) and field.dtype == np.uint8
    assert abs(field.sum(axis=2, dtype=int) - 255).max() <= 2


@pytest.mark.parametrize("data", ["moons", "circles", "spiral", "xor", "blobs", "noise"])
@pytest.mark.parametrize("classes", [2, 3, 4])
def test_an_arrangement_has_as_many_classes_as_asked_for(data, classes):
    X, y = shape(data, 120, 0.2, np.random.default_rng(1), classes)
    assert X.shape == (120, 2) and sorted(set(y)) == list(range(classes))
    assert np.bincount(y).min() > 15


def test_a_class_that_is_painted_later_gives_the_network_another_output():
    controls = Controls(CONTROLS)
    run = scene(controls, 0)
    three = [[-1, -1, 0], [-1, 1, 0], [1, -1, 2], [1, 1, 2], [0, 0, 0]]
    controls.change({"points": three})
    frame = whole(run)
    assert frame["units"]["weights"].shape == (8, 1)
    assert frame["neural_network"]["field"].shape == (GRID_CELLS, GRID_CELLS, 4)
    assert not frame["neural_network"]["field"][..., [1, 3]].any(), "no point is of these classes"
    for _ in range(5):
        frame = painted(next(run))
    assert frame["step"] == 5
    controls.change({"points": [*three, [2, 2, 3], [2, -2, 3]]})
    frame = whole(run)
    assert frame["units"]["weights"].shape == (8, 3) and frame["step"] == 0, "another network begins"
    assert frame["units"]["classes"].tolist() == [0, 2, 3]


def test_the_nearest_neighbours_come_coarse_first_and_then_as_the_lesson_says():
    run = scene(Controls(CONTROLS), 0)
    first = painted(next(run))
    assert first["more"] and first["nearest_neighbours"]["field"].shape[0] < GRID_CELLS
    last = whole(run)
    assert last["step"] == 0, "nothing is trained meanwhile"
    axis = np.linspace(-3, 3, GRID_CELLS)
    query = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    points, labels = last["nearest_neighbours"]["points"], last["nearest_neighbours"]["labels"]
    p = KNeighborsClassifier(7).fit(points, labels).predict_proba(query)[:, 1]
    np.testing.assert_array_equal(last["nearest_neighbours"]["field"].ravel(), np.round(255 * p))


@pytest.mark.slow
def test_a_learning_rate_that_is_too_large_is_told_in_words():
    for rate, told in ((30.0, True), (0.5, False)):
        run: Any = scene(Controls(CONTROLS, learning_rate=rate, hidden=24, data="spiral", classes=4), 0)
        whole(run)
        seen = [painted(next(run))["say"] for _ in range(40)]
        assert any("worse than guessing" in say and "learning rate" in say for say in seen) == told


def test_what_does_not_change_while_the_others_learn_is_sent_once():
    run: Any = scene(Controls(CONTROLS), 0)
    known: dict[str, Any] = {}
    first = len(encode({"frame": whole(run)}, known))
    assert len(encode({"frame": painted(next(run))}, known)) < 0.6 * first


def test_the_pictures_of_the_hidden_units_are_tanh_of_the_lessons_own_sum():
    run: Any = scene(Controls(CONTROLS, hidden=5), 0)
    whole(run)
    for _ in range(3):
        frame = painted(next(run))
    X, y = (frame["nearest_neighbours"][name] for name in ("points", "labels"))
    network = TwoLayerNetwork(2, 5, rng=np.random.default_rng(0))
    for _ in network.training(X, y, 1.0, 3):
        pass
    values, weights = frame["units"]["values"], frame["units"]["weights"]
    np.testing.assert_allclose(weights, network.W2)
    np.testing.assert_allclose(frame["units"]["inputs"], network.W1)
    np.testing.assert_allclose(frame["units"]["bias"], network.b1)
    corner = np.tanh(np.array([-3.0, -3.0]) @ network.W1 + network.b1)
    np.testing.assert_allclose(values[:, 0, 0] / 127, corner, atol=0.005)


def test_naive_bayes_shows_its_ellipses_at_one_and_two_standard_deviations():
    run = scene(Controls(CONTROLS, model="naive Bayes"), 0)
    lines = painted(next(run))["plane"]["lines"]
    assert [line["class"] for line in lines] == [0, 1, 0, 1]
    X, y = (whole(run)["naive_Bayes"][name] for name in ("points", "labels"))
    mean, deviation = X[y == 1].mean(axis=0), X[y == 1].std(axis=0)
    np.testing.assert_allclose(((lines[3]["at"] - mean) / deviation)[:2], [[2, 0], [2 * np.cos(np.pi / 24), 2 * np.sin(
        np.pi / 24)]], rtol=1e-5, atol=1e-9)


def test_painted_points_are_learned_and_too_few_are_told():
    controls = Controls(CONTROLS)
    run = scene(controls, 0)
    whole(run)
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
    run = scene(Controls(CONTROLS, points=four), 0)
    first, second = whole(run), painted(next(run))
    np.testing.assert_array_equal(first["plane"]["points"], np.array(four)[:, :2])
    assert first["numbers"]["least squares"] == second["numbers"]["least squares"] == "100.0 %"
    assert (first["loss"]["x"], second["loss"]["x"]) == (0, 1)
    empty, = frames("one_plane_five_models", 2, points=[])
    assert empty["rest"] and empty["plane"]["points"].shape == (0, 2) and "Paint at least" in empty["say"]


def test_where_the_mouse_is_trains_nothing():
    controls = Controls(CONTROLS)
    run: Any = scene(controls, 0)
    seen = [whole(run) for _ in range(3)]
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
        return next(frame for frame in map(painted, run) if frame.get("rest"))

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
    network = last["readings"]["rows"][-1]
    assert network.startswith("CNN") and "right on 99.5 % of test digits" in network, "of those that it has not seen"
    assert abs(last["pad"]["weight"]).max() == pytest.approx(1)
    noise = np.random.default_rng(0).integers(0, 2, 56 * 56) * 255
    scribble = frames("draw_a_digit", 10_000, every=10_000, digit=noise.tolist())[-1]
    assert "does not look like a digit" in scribble["say"]


@pytest.mark.slow
def test_the_map_of_deciding_pixels_comes_coarse_first_and_ends_as_the_lesson_says():
    network: Any = pretrained().network_
    image, asked = digits().test.X[1], []
    predict = network.predict

    def counted(X):
        asked.append(len(X))
        return predict(X)

    network.predict = counted
    parts = list(occlusion_in_parts(network, image))
    assert asked == [1, *asked[1:]] and sum(asked[1:]) == 28 * 28 and max(asked) <= PATCHES, "each patch is erased once"
    network.predict = predict
    whole_map = occlusion(network, image)
    np.testing.assert_allclose(parts[-1], whole_map, rtol=1e-4, atol=1e-4)
    assert not any(np.isnan(part).any() for part in parts)
    assert len(np.unique(parts[0])) <= 49 < len(np.unique(parts[-1]))
    assert np.corrcoef(parts[0].ravel(), whole_map.ravel())[0, 1] > 0.7, "the coarse one is a picture of the fine one"


@pytest.mark.slow
def test_step_at_rest_shows_the_lines_that_read_the_digit():
    module = CATALOGUE.module("draw_a_digit")
    drawn = np.kron(digits().test.X[1], np.ones((2, 2), int)).ravel().tolist()
    run: Any = module.scene(Controls(module.CONTROLS, digit=drawn), 0)
    frame = next(frame for frame in map(painted, run) if frame.get("rest"))
    assert frame["again"] and frame["step"] > 3
    _, lines = traced(lambda: next(run), LESSONS.names)
    assert {"Conv2D.forward", "class_shares"} <= {line["function"] for line in lines}
    empty: Any = module.scene(Controls(module.CONTROLS, digit=[0] * 56 * 56), 0)
    assert not next(frame for frame in map(painted, empty) if frame.get("rest"))["again"], "there is nothing to read"


def test_equally_good_models_are_all_right():
    shares = {"least squares": 80.0, "nearest neighbours": 97.5, "neural network": 97.5}
    assert best(shares) == ["nearest neighbours", "neural network"]
    models = of_four_classes(steps=0)
    models.step = 300
    models.accuracy = lambda name, X, y: 0.5
    assert sentence(models, (models.X, models.y), 0.1).endswith(
        "least squares, logistic regression, nearest neighbours, naive Bayes and neural network.")


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
    assert "has no code for" in frame["say"] and frame["text"]["text"] == "nd"

"""No number of a caption is written from memory: each is computed here, or asserted by the test that is named."""

import re
from typing import Any

import numpy as np
import pytest
from conftest import ROOT

from ai_from_scratch.stage.demo import Settings
from Basic_Neural_Network_From_Scratch.demo import flow, race
from Basic_Neural_Network_From_Scratch.demo.mnist import Digits
from Basic_Neural_Network_From_Scratch.demo.moons import HIDDEN
from Basic_Neural_Network_From_Scratch.schedules import one_cycle
from CNN_From_Scratch.classifier import CNNClassifier
from CNN_From_Scratch.demo import deciding_pixels, gallery, heldout
from KNN_From_Scratch.demo import demo as knn
from KNN_From_Scratch.demo import distances, tree
from Linear_Regression_From_Scratch.demo import bowls, diabetes
from Logistic_Regression_From_Scratch.demo import boundary
from Naive_Bayes_From_Scratch.demo import lessons
from RNN_From_Scratch.demo import gradients, unit_pictures
from RNN_From_Scratch.demo.generation_settings import TEMPERATURE

PLOTS = ROOT / "plots"
NUMBER = re.compile(r"(?<![\w.,])\d(?:[\d,.]*\d)?(?![\w.]*\w)|(?<![\w.,])\d(?:[\d,.]*\d)?(?=\.(?:\s|$))")
NEIGHBOURS, KERNEL = knn.NEIGHBOURS, CNNClassifier().kernel_size
FIRST_LAYER = Digits(Settings(quick=True)).model.hidden_layer_sizes[0]
RISE = 100 * (np.argmax([one_cycle(step, 1000) for step in range(1000)]) + 1) / 1000

# Of each caption the numbers above 1, and what they are; or the test that compares the caption's numbers with the data.
KNOWN: dict[str, dict[Any, Any]] = {
    "linear_regression/learning_rates.png": {0.1: min(bowls.FINDING_OF_RATE), 1.9: sorted(bowls.FINDING_OF_RATE)[2],
                                             2: "test_book_linear.py::test_a_step_is_the_formula"},
    "linear_regression/condition.png": {25: bowls.STEPS},
    "linear_regression/diabetes.png": {90: diabetes.LOW_VALUE, 200: diabetes.HIGH_VALUE},
    "logistic_regression/boundary.png": {0.9: boundary.HIGH_PROBABILITY, 5: "test_plots.py::test_all_seven"},
    "logistic_regression/threshold.png": {569: "test_book_logistic.py::test_a_lower_threshold"},
    "knn/regions.png": {100: knn.SAMPLES_PER_PART / 2},
    "knn/query.png": {7: NEIGHBOURS}, "knn/balls.png": {7: NEIGHBOURS},
    "knn/one_axis_stretched.png": {7: NEIGHBOURS},
    "knn/curse.png": {784: distances.DIMENSIONS[-1]}, "knn/tree.png": {7: NEIGHBOURS, 20: tree.DIMENSIONS[-1]},
    "naive_bayes/overconfidence.png": {12: lessons.GROUPS, 0.01: "test_demo_naive_bayes.py::test_each_mark_of"},
    "basic_neural_network/loss_valley.png": {33: 2 * HIDDEN + HIDDEN + HIDDEN + 1},
    "basic_neural_network/digits_curves.png": {30: RISE},
    "basic_neural_network/digits_weights.png": {24: 3 * 8, 256: FIRST_LAYER},
    "basic_neural_network/one_pass.png": {2: "test_demo_basic_neural_network.py::test_the_graph_of_one_pass"},
    "basic_neural_network/initialisation.png": {100: flow.WIDTH},
    "basic_neural_network/optimizers.png": {120: race.STEPS, 100: race.CURVATURES[1] / race.CURVATURES[0],
                                            0.05: race.FAR_FROM_MINIMUM},
    "cnn/saliency.png": {5: deciding_pixels.PATCH},
    "cnn/kernel_patches.png": {1000: gallery.DIGITS_SEARCHED}, "cnn/training.png": {30: RISE},
    "cnn/hidden_layer.png": {500: heldout.DIGITS_IN_CLOUD}, "cnn/one_pixel.png": {25: KERNEL**2},
    "cnn/side_by_side.png": {5: KERNEL, 6: KERNEL + 1},
    "rnn/training.png": {0.5: TEMPERATURE, 4: "test_demo_rnn_pictures.py::test_the_constants"},
    "rnn/unrolled.png": {32: "test_demo_rnn_pictures.py::test_the_constants",
                         **dict.fromkeys((1.1, 2.7, 6.5, 0.12, 0.73), "test_demo_rnn_pictures.py::test_a_box_shows")},
    "rnn/all_units.png": {40: "test_demo_rnn_pictures.py::test_the_constants", 100: unit_pictures.CHARACTERS,
                          45: "test_demo_rnn_pictures.py::test_the_rows_that_hardly", 4: unit_pictures.RARE_CHANGES},
    "rnn/looking_back.png": {300: gradients.WINDOW, 1000: 10**gradients.DECADES_SHOWN},
    "rnn/guesses.png": {number: "test_demo_rnn_pictures.py::test_the_bits_of_first" for number in (4.5, 2.3)},
    "rnn/gradients.png": {number: "test_demo_rnn_pictures.py::test_the_eigenvalues" for number in (32, 256)},
    "rnn/three_cells.png": {48: "test_demo_rnn_pictures.py::test_the_constants"},
    "rnn/temperatures.png": {number: "test_demo_rnn_pictures.py::test_the_temperatures" for number in (99, 0.11, 3.35)},
}
WRONG_LINES = ("mistakes.png",)      # the tests of the pages compare their numbers with the curves

CAPTIONS = {f"{path.parent.name}/{file}": caption for path in sorted(PLOTS.glob("*/pictures.md"))
            if path.parent.name != "runs"
            for file, caption in re.findall(r"!\[.*?\]\((.+?)\)\n\n(.+)", path.read_text(encoding="utf-8"))}


def numbers_of(caption):
    """Those above 1, besides 0 … 1 with decimals: 0 and 1 are limits and classes."""
    return {float(found.replace(",", "")) for found in NUMBER.findall(caption)} - {0, 1}


def test_numbers_are_found_at_the_end_of_a_sentence_and_none_in_a_name():
    assert numbers_of("P = 0.5 of 1,000 in h₁ or s1; k = 7, then 99 %, at 30.") == {0.5, 1000, 7, 99, 30}


@pytest.mark.parametrize("name", [name for name in CAPTIONS if not name.endswith(WRONG_LINES)])
def test_each_number_of_a_caption_is_known_to_be_true(name):
    known, found = KNOWN.get(name, {}), numbers_of(CAPTIONS[name])
    assert found == set(known), f"{name}: say here what each number is, or which test compares it with the data"
    for number, source in known.items():
        if isinstance(source, str):
            file, start = source.split("::")
            assert f"def {start}" in (ROOT / "tests" / file).read_text(encoding="utf-8"), source
        else:
            assert number == pytest.approx(source)


def test_every_named_caption_is_there():
    assert set(KNOWN) <= set(CAPTIONS)

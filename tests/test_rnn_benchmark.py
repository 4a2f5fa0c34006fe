"""The benchmark of a whole training: one model on both sides, judged alike, and a verdict by a rule that is told."""

from typing import Any

import numpy as np
import pytest

from benchmarks import writing
from benchmarks.harness import OURS
from benchmarks.training_steps import EAGER, TUNED
from RNN_From_Scratch import CharRNN

RHYME = "the cat sat on the mat, the rat sat on the cat.\n"
TEXTS = {"train": np.array(RHYME * 8), "validation": np.array("the rat sat on the mat.\n" * 2),
         "test": np.array(RHYME), "context": np.array(RHYME * 2)}
PARAMETERS: dict[str, Any] = {"units": 12, "dropout": 0.0, "streams": 3, "chunk": 10, "max_iter": 4,
                              "learning_rate_init": 0.02, "validate_every": 9}


def test_our_side_is_what_fit_does_and_is_judged_at_the_same_steps():
    settings = PARAMETERS | {"dropout": 0.3, "random_state": 5}
    model = CharRNN(**settings).fit(RHYME * 8, str(TEXTS["validation"]))
    answer = writing.Run(OURS, 5, settings, TEXTS).answer()
    assert list(zip(answer["steps"].tolist(), answer["bits"].tolist(), strict=True)) == model.validation_curve_
    assert float(answer["test"]) == model.bits_per_character(RHYME, RHYME * 2)
    assert (np.diff(answer["seconds"]) > 0).all()


def an_answer(bits, test=0.0):
    return {"bits": np.array(bits), "seconds": np.arange(1.0, len(bits) + 1), "steps": np.arange(1, len(bits) + 1),
            "test": np.array(test)}


def test_a_mark_is_reached_where_the_bits_are_first_at_or_below_it():
    assert writing.reached(an_answer([3.0, 2.6, 2.7, 2.5]), 2.6) == 2.0
    assert writing.reached(an_answer([3.0, 2.7]), 2.6) == np.inf
    assert writing.line("ours", 3, an_answer([3.0, 2.58, 2.7], 2.61)) == [
        "ours", "3", "2.0", "never", "3.0", "3", "2", "2.580", "2.610"]


def test_the_verdict_allows_the_larger_standard_deviation_and_no_more():
    other = [2.3, 2.4, 2.5]                                         # their standard deviation is 0.1
    assert "-0.100 bits" in writing.verdict([2.3, 2.3, 2.3], other)
    assert "at least as good" in writing.verdict([2.49, 2.49, 2.49], other)
    assert "worse than noise explains" in writing.verdict([2.51, 2.51, 2.51], other)
    assert "one seed gives no estimate of the noise" in writing.verdict([2.0], [3.0])


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("side", [EAGER, TUNED])
def test_pytorchs_side_learns_as_ours_does_where_nothing_is_left_out(side, layers):
    pytest.importorskip("torch")
    settings = PARAMETERS | {"layers": layers}
    ours, theirs = (writing.Run(each, 0, settings, TEXTS).answer() for each in (OURS, side))
    np.testing.assert_array_equal(ours["steps"], theirs["steps"])
    np.testing.assert_allclose(ours["bits"], theirs["bits"], rtol=2e-3)
    assert ours["bits"][-1] < ours["bits"][0] - 1, "it has learnt, so equal bits are equal updates"


def test_what_is_left_out_of_pytorchs_side_is_drawn_once_a_chunk_and_is_what_it_computes_with(monkeypatch):
    torch = pytest.importorskip("torch")
    drawn = []

    def everything(tensor, p):
        drawn.append((tuple(tensor.shape), p))
        return tensor * 0 if tensor.shape == (12, 12) else tensor

    monkeypatch.setattr(torch.nn.functional, "dropout", everything)
    run = writing.Run(EAGER, 0, PARAMETERS | {"dropout": 0.3, "layer_dropout": 0.1, "layers": 2}, TEXTS)
    before = {name: array.copy() for name, array in run.model.network_.named_arrays().items()}
    *_, steps = run.training
    level = [((12, 12), 0.3), ((10, 3, 12), 0.1)]
    assert drawn[:4] == level * 2 and len(drawn) == 4 * steps
    after = run.model.network_.named_arrays()
    for name, array in before.items():
        assert np.array_equal(after[name], array) == name.startswith("W_hh"), name


@pytest.mark.slow
def test_a_quick_run_of_both_sides_names_its_rule_and_writes_nothing(root, capsys):
    pytest.importorskip("torch")
    page = root / "benchmarks" / "results" / "writing.md"
    before = page.read_bytes() if page.exists() else None
    assert writing.main(["--quick", "--threads", "1"]) == 0
    said = capsys.readouterr().out
    assert "standard deviation" in said and said.count("| ours |") == said.count("| PyTorch |") == 2
    assert before == (page.read_bytes() if page.exists() else None)

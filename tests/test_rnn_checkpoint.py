"""A run that was stopped and taken up again gives the numbers of one that was not, whatever stopped it."""

import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

import numpy as np
import pytest
from conftest import ROOT

from ai_from_scratch.estimator import NotFittedError
from ai_from_scratch.weights import WeightsError, load, save
from Basic_Neural_Network_From_Scratch import Adam
from RNN_From_Scratch import CharRNN, CheckpointError, checkpoint

RHYME = "the cat sat on the mat, the rat sat on the cat.\n"
TEXT, HELD_OUT = RHYME * 6, RHYME
FILES = ROOT / "tests" / "files"
SMALL: dict[str, Any] = {"units": 8, "streams": 3, "chunk": 10, "dropout": 0.3, "layer_dropout": 0.2, "max_iter": 4,
         "learning_rate_init": 0.02, "validate_every": 5, "random_state": 0}


def run_through(training):
    return [(progress.step, progress.loss, progress.metrics) for progress in training]


@pytest.fixture(scope="module", ids=["rnn", "two layers of lstm"], params=[
    {}, pytest.param({"cell": "lstm", "layers": 2}, marks=pytest.mark.slow)])
def unbroken_run(request):
    model = CharRNN(**SMALL | request.param)
    return request.param, model, run_through(model.training(TEXT, HELD_OUT))


@pytest.mark.parametrize("stop", [0, 7, 10])
def test_a_resumed_run_repeats_the_unbroken_one_to_the_last_bit(tmp_path, stop, unbroken_run):
    settings, unbroken, whole = unbroken_run

    first = CharRNN(**SMALL | settings).initialise(TEXT, HELD_OUT)
    training = first.training(TEXT, HELD_OUT)
    for _ in range(stop):
        next(training)
    save(tmp_path / "run.safetensors", *first.checkpoint())
    second = CharRNN.from_checkpoint(*load(tmp_path / "run.safetensors"))
    np.testing.assert_array_equal(second.network_.parameters, first.network_.parameters)
    assert run_through(second.resuming(TEXT, HELD_OUT)) == whole[stop:]
    np.testing.assert_array_equal(second.network_.parameters, unbroken.network_.parameters)
    assert (second.best_step_, second.validation_curve_) == (unbroken.best_step_, unbroken.validation_curve_)
    assert second.n_iter_ == unbroken.n_iter_
    assert second.get_params() == unbroken.get_params()


def test_a_checkpoint_does_not_change_as_training_goes_on():
    model = CharRNN(**SMALL)
    training = model.training(TEXT, HELD_OUT)
    next(training)
    arrays, metadata = model.checkpoint()
    kept = {name: array.copy() for name, array in arrays.items()}
    for _ in range(8):
        next(training)
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, kept[name])
    assert json.loads(metadata["checkpoint"])["step"] == 1


def test_a_finished_run_has_nothing_left_to_do():
    model = CharRNN(**SMALL).fit(TEXT, HELD_OUT)
    again = CharRNN.from_checkpoint(*model.checkpoint())
    assert list(again.resuming(TEXT, HELD_OUT)) == []
    np.testing.assert_array_equal(again.surprise(RHYME), model.surprise(RHYME))


def test_another_text_is_refused_by_name():
    model = CharRNN(**SMALL).fit(TEXT, HELD_OUT)
    again = CharRNN.from_checkpoint(*model.checkpoint())
    with pytest.raises(CheckpointError, match=r"another training text: of 288 .* these are 5\."):
        next(again.resuming("the c", HELD_OUT))
    with pytest.raises(CheckpointError, match="another validation text"):
        next(again.resuming(TEXT, HELD_OUT.upper()))


def test_what_is_no_checkpoint_is_refused():
    model = CharRNN(**SMALL).fit(TEXT, HELD_OUT)
    with pytest.raises(CheckpointError, match="no checkpoint"):
        CharRNN.from_checkpoint(*model.to_arrays())
    arrays, metadata = model.checkpoint()
    one, other = sorted(name for name in arrays if name.startswith("adam_"))
    for wrong in ({**arrays, one: arrays[one][1:]}, {**arrays, "parameters": arrays["parameters"][1:]},
                  {name: array for name, array in arrays.items() if name != other},
                  {name: array for name, array in arrays.items() if name != "best"}):
        with pytest.raises(CheckpointError, match="damaged"):
            CharRNN.from_checkpoint(wrong, metadata)
    for text in ("{", "[]", "{}", metadata["checkpoint"].replace('"units": 8', '"units": 9')):
        with pytest.raises(CheckpointError, match="damaged"):
            CharRNN.from_checkpoint(arrays, {"checkpoint": text})
    with pytest.raises(CheckpointError, match="version 2, expected 1"):
        CharRNN.from_checkpoint(arrays, {"checkpoint": metadata["checkpoint"].replace('"version": 1', '"version": 2')})
    with pytest.raises(NotFittedError):
        CharRNN().checkpoint()
    with pytest.raises(NotFittedError):
        next(CharRNN().resuming(TEXT))


@pytest.mark.parametrize(("place", "value", "words"), [
    (("step",), -5, "'step'"), (("step",), "x", "'step'"), (("best_step",), 1.5, "'best_step'"),
    (("rng", "bit_generator"), "test", "Expected the state of a random generator"),
    (("rng", "bit_generator"), "MT19937", "MT19937 is damaged"), (("rng",), None, "random generator"),
    (("texts", "training"), [], "'texts'"), (("texts", "validation"), True, "damaged"),
    (("texts", "validation"), [3, {}], "'texts'"), (("curve",), [[3, []]], "'curve'"),
    (("settings", "chunk"), 0, "'chunk'"),
    (("settings", "units"), True, "'units'"), (("vocabulary",), 3, "'vocabulary'"), (("curve",), [1], "'curve'"),
    (("step",), 10**30, "'step'"), (("step",), 10**9, r"step 1000000000 and adam_steps \d+ do not belong"),
    (("best_step",), 10**9, "best_step 1000000000 is not a step of its curve"), (("curve",), [[5]], "'curve'"),
    (("curve",), [[5, 2.0], [5, 1.0]], "its curve do not rise"), (("curve",), [[10**9, 2.0]], "or go beyond step"),
    (("settings", "nonsense"), 1, "'nonsense' is not a parameter of CharRNN"), (("settings",), [], "'settings'"),
    (("texts",), 3, "'texts'"), (("vocabulary",), "ba", "'vocabulary'"), (("version",), None, "of version None"),
])
def test_a_checkpoint_that_was_changed_is_refused_in_words_and_runs_nothing(place, value, words):
    model = CharRNN(**SMALL | {"max_iter": 1}).fit(TEXT, HELD_OUT)
    arrays, metadata = model.checkpoint()
    facts = json.loads(metadata["checkpoint"])
    inner = facts
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    with pytest.raises(CheckpointError, match=words) as refused:
        CharRNN.from_checkpoint(arrays, {"checkpoint": json.dumps(facts)})
    assert not str(refused.value).endswith("..")
    with pytest.raises(CheckpointError, match="its state has shape"):
        CharRNN.from_checkpoint({**arrays, "state": arrays["state"][..., 1:]}, metadata)


@pytest.mark.parametrize("name", ["version", "step", "best_step", "adam_steps", "texts", "curve", "rng", "settings",
                                  "vocabulary", "parameters", "state", "adam_m", "adam_v"])
def test_what_is_missing_in_a_checkpoint_is_named(name):
    model = CharRNN(**SMALL | {"max_iter": 1}).fit(TEXT, HELD_OUT)
    arrays, metadata = model.checkpoint()
    facts = json.loads(metadata["checkpoint"])
    assert name in facts or name in arrays
    arrays, facts = ({key: value for key, value in part.items() if key != name} for part in (arrays, facts))
    with pytest.raises(CheckpointError, match="of version None" if name == "version" else f"without {name}"):
        CharRNN.from_checkpoint(arrays, {"checkpoint": json.dumps(facts)})


@pytest.mark.parametrize(("changed", "words"), [
    ({"adam_v": -1.0}, "adam_v goes down to -1, and is a mean of squares"),
    ({"parameters": None}, r"its parameters must be \(P,\), got an array of shape \(\)"),
    ({"state": np.float64}, "its state has shape .* and numbers of float64")])
def test_arrays_that_no_training_makes_are_refused_in_words(changed, words):
    arrays, metadata = CharRNN(**SMALL | {"max_iter": 1}).fit(TEXT, HELD_OUT).checkpoint()
    ((name, value),) = changed.items()
    arrays[name] = (np.array(1.0, np.float32) if value is None else arrays[name].astype(value)
                    if isinstance(value, type) else np.full_like(arrays[name], value))
    with pytest.raises(CheckpointError, match=words):
        CharRNN.from_checkpoint(arrays, metadata)


@pytest.mark.parametrize(("text", "words"), [("{", "expected a text in JSON, got '{'"),
                                             ("3", "its facts must be names with values, got int")])
def test_a_text_that_is_no_checkpoint_is_named(text, words):
    arrays, _ = CharRNN(**SMALL | {"max_iter": 1}).fit(TEXT, HELD_OUT).checkpoint()
    with pytest.raises(CheckpointError, match=words):
        CharRNN.from_checkpoint(arrays, {"checkpoint": text})


@pytest.mark.parametrize(("stop", "passes"), [(0, 0), (1, 1), (10, 1), (11, 2), (40, 4)])
def test_a_restored_model_knows_its_passes(stop, passes):
    model = CharRNN(**SMALL).initialise(TEXT, HELD_OUT)
    training = model.resuming(TEXT, HELD_OUT)
    for _ in range(stop):
        next(training)
    assert CharRNN.from_checkpoint(*model.checkpoint()).n_iter_ == model.n_iter_ == passes


# Losses of the version 0.1.0 after the 13 updates that are in the file.
LOSSES = [2.1740546226501465, 2.4834868907928467, 2.258334159851074, 2.4636080265045166, 2.2517850399017334]


def test_a_checkpoint_of_an_earlier_version_goes_on_with_the_same_numbers():
    model = CharRNN.from_checkpoint(*load(FILES / "rnn_checkpoint_0_1_0.safetensors"))
    assert (model.cell, model.layers, model.units, model.n_iter_) == ("lstm", 2, 6, 2)
    training = model.resuming(TEXT, HELD_OUT)
    np.testing.assert_allclose([next(training).loss for _ in LOSSES], LOSSES, rtol=1e-5)


class PaperAdam(Adam):
    """With running means instead of sums, as in Kingma and Ba (2015)."""

    def step(self, parameters, gradients, matrices=None):
        if self.steps == 0:
            self.m, self.v = np.zeros_like(parameters), np.zeros_like(parameters)
        self.steps += 1
        self.m = self.beta1 * self.m + (1 - self.beta1) * gradients
        self.v = self.beta2 * self.v + (1 - self.beta2) * gradients**2
        m_hat, v_hat = self.m / (1 - self.beta1**self.steps), self.v / (1 - self.beta2**self.steps)
        parameters -= self.learning_rate * m_hat / (np.sqrt(v_hat) + self.epsilon)


def test_sums_in_an_earlier_file_become_the_running_means_of_adam(monkeypatch):
    monkeypatch.setattr(checkpoint, "Adam", PaperAdam)
    model = CharRNN.from_checkpoint(*load(FILES / "rnn_checkpoint_0_1_0.safetensors"))
    training = model.resuming(TEXT, HELD_OUT)
    np.testing.assert_allclose([next(training).loss for _ in LOSSES], LOSSES, rtol=1e-5)
    again = CharRNN.from_checkpoint(*model.checkpoint())
    assert next(again.resuming(TEXT, HELD_OUT)) == next(training)


def test_a_file_cut_short_is_refused_and_stays(tmp_path):
    path = tmp_path / "run.safetensors"
    save(path, *CharRNN(**SMALL).fit(TEXT, HELD_OUT).checkpoint())
    path.write_bytes(path.read_bytes()[:-100])
    cut = path.read_bytes()
    with pytest.raises(WeightsError, match="expected a complete"):
        load(path)
    assert path.read_bytes() == cut


PROGRAM = """
import json, sys
from pathlib import Path
sys.path[:0] = json.loads(sys.argv[3])
from ai_from_scratch.weights import load, save
from RNN_From_Scratch import CharRNN
from test_rnn_checkpoint import HELD_OUT, SMALL, TEXT
path = Path(sys.argv[1])
if path.exists():
    model = CharRNN.from_checkpoint(*load(path))
    training = model.resuming(TEXT, HELD_OUT)
else:
    model = CharRNN(**SMALL | {"max_iter": int(sys.argv[2])})
    training = model.training(TEXT, HELD_OUT)
for progress in training:
    save(path, *model.checkpoint())
    print(progress.step, flush=True)
"""


@pytest.mark.slow
def test_a_run_that_was_killed_and_taken_up_again_ends_as_one_that_was_not(tmp_path):
    path, passes = tmp_path / "run.safetensors", 25
    command = [sys.executable, "-c", PROGRAM, str(path), str(passes), json.dumps([str(ROOT), str(ROOT / "tests")])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while int(process.stdout.readline()) < 9:
            pass
        time.sleep(0.013)                              # at any moment: perhaps while it writes
        os.kill(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    steps = json.loads(load(path)[1]["checkpoint"])["step"]
    unbroken = CharRNN(**SMALL | {"max_iter": passes}).fit(TEXT, HELD_OUT)
    assert 9 <= steps < json.loads(unbroken.checkpoint()[1]["checkpoint"])["step"]

    resumed = CharRNN.from_checkpoint(*load(path))
    for _ in resumed.resuming(TEXT, HELD_OUT):
        pass
    np.testing.assert_array_equal(resumed.network_.parameters, unbroken.network_.parameters)
    assert resumed.validation_curve_ == unbroken.validation_curve_


def test_a_restored_model_is_the_checkpoint_that_it_was():
    model = CharRNN(**SMALL).fit(TEXT, HELD_OUT)
    arrays, metadata = model.checkpoint()
    again, metadata_again = CharRNN.from_checkpoint(arrays, metadata).checkpoint()
    assert metadata_again == metadata and again.keys() == arrays.keys()
    assert json.loads(metadata["checkpoint"])["best_step"] == model.best_step_ > 0


def test_the_passes_of_a_text_that_fills_one_chunk_more_are_counted():
    model = CharRNN(units=2, streams=2, chunk=5, random_state=0, max_iter=2)
    text = (RHYME * 2)[: 2 * 10 + 2]                        # 21 predictions: 11 a stream, chunks of 5, 5 and 1
    training = model.initialise(text).resuming(text)
    for _ in range(3):
        next(training)
    assert CharRNN.from_checkpoint(*model.checkpoint()).n_iter_ == model.n_iter_ == 1

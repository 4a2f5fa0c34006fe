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
from RNN_From_Scratch import CharRNN, CheckpointError

RHYME = "the cat sat on the mat, the rat sat on the cat.\n"
TEXT, HELD_OUT = RHYME * 6, RHYME
SMALL: dict[str, Any] = {"units": 8, "streams": 3, "chunk": 10, "dropout": 0.3, "layer_dropout": 0.2, "max_iter": 4,
         "learning_rate_init": 0.02, "validate_every": 5, "random_state": 0}


def run_through(training):
    return [(progress.step, progress.loss, progress.metrics) for progress in training]


@pytest.mark.parametrize("settings", [{}, {"cell": "lstm", "layers": 2}])
@pytest.mark.parametrize("stop", [0, 7, 10])
def test_a_resumed_run_repeats_the_unbroken_one_to_the_last_bit(tmp_path, stop, settings):
    unbroken = CharRNN(**SMALL | settings)
    whole = run_through(unbroken.training(TEXT, HELD_OUT))

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
    with pytest.raises(CheckpointError, match=r"another training text: it learnt from 288 .* these are 5 "):
        next(again.resuming("the c", HELD_OUT))
    with pytest.raises(CheckpointError, match="another validation text"):
        next(again.resuming(TEXT, HELD_OUT.upper()))


def test_what_is_no_checkpoint_is_refused():
    model = CharRNN(**SMALL).fit(TEXT, HELD_OUT)
    with pytest.raises(CheckpointError, match="no checkpoint"):
        CharRNN.from_checkpoint(*model.to_arrays())
    arrays, metadata = model.checkpoint()
    for wrong in ({**arrays, "adam_m": arrays["adam_m"][1:]}, {**arrays, "parameters": arrays["parameters"][1:]},
                  {name: array for name, array in arrays.items() if name != "adam_v"},
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


def test_a_file_cut_short_is_refused_and_stays(tmp_path):
    path = tmp_path / "run.safetensors"
    save(path, *CharRNN(**SMALL).fit(TEXT, HELD_OUT).checkpoint())
    path.write_bytes(path.read_bytes()[:-100])
    cut = path.read_bytes()
    with pytest.raises(WeightsError, match="not all of one"):
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

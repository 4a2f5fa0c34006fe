"""The weights that come with the package: small, whole, and they write the play's kind of text without any data."""

import re

import numpy as np
import pytest

from ai_from_scratch.data import Text
from ai_from_scratch.weights import load
from RNN_From_Scratch import CELLS, CharRNN
from RNN_From_Scratch.demo import train_weights
from RNN_From_Scratch.demo.train_weights import WEIGHTS_FILE


@pytest.fixture(scope="module")
def shipped():
    return CharRNN.from_arrays(*load(WEIGHTS_FILE))


def test_they_are_small_and_say_how_they_were_made():
    assert WEIGHTS_FILE.stat().st_size < 2_000_000
    arrays, metadata = load(WEIGHTS_FILE)
    assert {array.dtype for array in arrays.values()} == {np.dtype(np.float16)}
    assert all(np.isfinite(array).all() for array in arrays.values())
    assert metadata["made by"] == "python -m RNN_From_Scratch.demo.train_weights"
    made_with = CharRNN(**train_weights.PARAMETERS)
    assert metadata["model"] == repr(made_with), "the command in the package is the one that made them"


def test_a_loaded_model_is_the_one_that_was_trained(shipped):
    assert repr(shipped) == repr(CharRNN(**train_weights.PARAMETERS))
    assert (len(shipped.network_.cells), shipped.network_.units) == (shipped.layers, shipped.units) == (1, 512)


@pytest.mark.parametrize("cell", CELLS)
def test_arrays_bring_the_parameters_of_their_model_with_them(cell):
    model = CharRNN(7, cell=cell, layers=2, dropout=0.1, layer_dropout=0.3, max_iter=1, streams=np.int64(2),  # type: ignore[arg-type]
                    random_state=np.random.default_rng(0)).fit("to be or not to be")
    again = CharRNN.from_arrays(*model.to_arrays())
    assert repr(again) == repr(model.set_params(random_state=None, streams=2))
    np.testing.assert_array_equal(again.surprise("to be"), model.surprise("to be"))
    refitted = CharRNN(**again.get_params()).fit("to be or not to be")
    assert refitted.network_.parameters.shape == model.network_.parameters.shape


def test_weights_of_an_earlier_version_tell_the_size_of_their_network(root):
    model = CharRNN.from_arrays(*load(root / "tests" / "files" / "rnn_weights_0_1_0.safetensors"))
    assert repr(model) == "CharRNN(units=6, layers=2, cell='lstm')"
    bits = model.bits_per_character("the cat sat on the mat, the rat sat on the cat.\n")
    assert bits == pytest.approx(3.3042158605304386, rel=1e-5), "measured by the version 0.1.0"


def test_they_predict_better_than_every_compressor_when_they_were_measured():
    _, metadata = load(WEIGHTS_FILE)
    assert float(metadata["test_bits_per_char"]) < 2.31, "bz2 needs 2.315 on the same text"


def test_they_write_speeches_with_the_names_of_the_play(shipped):
    written = "".join(shipped.generate("HAMLET:\n", 3000, temperature=0.7, rng=0))
    speakers = re.findall(r"(?<=\n\n)([A-Z][A-Za-z ]+):\n", written)
    assert len(speakers) >= 8
    known = {"HAMLET", "HORATIO", "KING CLAUDIUS", "QUEEN GERTRUDE", "LORD POLONIUS", "LAERTES", "OPHELIA", "MARCELLUS",
             "GUILDENSTERN", "ROSENCRANTZ", "OSRIC", "BERNARDO", "Ghost", "First Player", "First Clown"}
    assert sum(speaker in known for speaker in speakers) >= 0.8 * len(speakers)
    lines = [len(line) for line in written.split("\n") if line]
    assert 10 < np.median(lines) < 60


def test_pytorch_opens_them_and_computes_the_same_logits(shipped):
    torch = pytest.importorskip("torch")
    from safetensors.torch import load_file

    theirs = {name: tensor.float() for name, tensor in load_file(WEIGHTS_FILE).items()}
    codes = shipped.vocabulary_.encode("HAMLET:\nTo be, or not to be")
    V, H = theirs["W_xh"].shape
    rnn = torch.nn.RNN(V, H)
    with torch.no_grad():
        for parameter, values in zip(rnn.parameters(), (theirs["W_xh"].T, theirs["W_hh"].T, theirs["b"],
                                                        torch.zeros(H)), strict=True):
            parameter.copy_(values)
        states, _ = rnn(torch.nn.functional.one_hot(torch.from_numpy(codes), V).float()[:, None])
        logits = states[:, 0] @ theirs["W_hy"] + theirs["c"]
    np.testing.assert_allclose(shipped.network_.forward(codes[:, None]), logits.numpy(), atol=1e-4)


def test_the_command_trains_writes_and_measures_what_it_wrote(tmp_path, monkeypatch, capsys):
    rhyme = "the cat sat on the mat, the rat sat on the cat.\n"
    play = Text("play", "made here", rhyme * 20, rhyme * 2, rhyme * 2, is_hamlet=True)
    monkeypatch.setattr(train_weights, "load_hamlet", lambda: play)
    monkeypatch.setattr(train_weights, "PARAMETERS", {"units": 16, "max_iter": 9, "validate_every": 2,
                                                      "random_state": 0})
    monkeypatch.setattr("sys.argv", ["train_weights", "--out", str(tmp_path / "w.safetensors"), "--epochs", "3"])
    train_weights.main()
    arrays, metadata = load(tmp_path / "w.safetensors")
    model = CharRNN.from_arrays(arrays, metadata)
    measured = model.bits_per_character(play.test, play.train + play.validation)
    assert metadata["test_bits_per_char"] == f"{measured:.4f}"
    assert "held out" in capsys.readouterr().out


def test_without_the_play_the_command_says_so_and_writes_nothing(tmp_path, monkeypatch, capsys):
    prose = Text("prose", "some prose, not Hamlet", "ab" * 99, "ab", "ab", is_hamlet=False)
    monkeypatch.setattr(train_weights, "load_hamlet", lambda: prose)
    monkeypatch.setattr("sys.argv", ["train_weights", "--out", str(tmp_path / "w.safetensors")])
    with pytest.raises(SystemExit) as left:
        train_weights.main()
    assert left.value.code == 1 and "not Hamlet" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())

"""The trained network that the package brings."""

import json

import numpy as np
import pytest
from conftest import ROOT

from ai_from_scratch import weights
from ai_from_scratch.data import Dataset, Samples, load_mnist
from CNN_From_Scratch import CNNClassifier
from CNN_From_Scratch.demo import train_weights

SHAPES = {"0.factor": (1,), "1.K": (16, 1, 5, 5), "1.b": (16,), "3.K": (32, 16, 5, 5), "3.b": (32,), "6.W": (512, 128),
          "6.b": (128,), "8.W": (128, 10), "8.b": (10,)}


def test_the_file_is_small_and_holds_what_the_page_says():
    arrays, about = weights.load(train_weights.WEIGHTS_FILE)
    assert {name: array.shape for name, array in arrays.items()} == SHAPES
    assert all(array.dtype == np.float32 for array in arrays.values())
    assert float(about["test_accuracy"]) > 0.99 and train_weights.WEIGHTS_FILE.stat().st_size < 1_000_000


def test_it_reads_digits_at_once_and_offline_bytes_or_floats():
    digits, model = load_mnist(download=False), train_weights.pretrained()
    assert model.score(*digits.test) > 0.99                      # they were among those it learnt from
    X = digits.test.X[:20]
    np.testing.assert_allclose(model.predict_proba(X.astype(float)), model.predict_proba(X), atol=1e-6)


@pytest.mark.parametrize("engine", ["plain", "fast"])
@pytest.mark.parametrize("kernel", ["square", "rectangle"])
def test_files_in_which_a_layers_place_was_its_name_give_the_logits_of_that_day(kernel, engine):
    arrays, about = weights.load(ROOT / "tests" / "old_weights" / f"cnn_{kernel}.safetensors")
    assert {"0.factor", "1.K", "1.b"} <= arrays.keys()           # with a fused layer that counted as one, or with two
    parameters = json.loads(about["parameters"]) | {"engine": engine}
    model = CNNClassifier.from_state(arrays, {**about, "parameters": json.dumps(parameters)})
    X = np.array(json.loads(about["images"]), np.uint8)
    np.testing.assert_allclose(model.decision_function(X), json.loads(about["logits"]), rtol=1e-5, atol=1e-5)
    assert model.engine_ == (engine if kernel == "square" else "plain")
    names = model.state()[0].keys()
    assert {"rescale_1.factor", "convolution_3.K", "batchnorm_2.running_mean"} <= names
    assert not [name for name in names if name[0].isdigit()]


def test_the_files_that_come_with_the_package_hold_their_checksum(root):
    from safetensors import safe_open

    for path in (train_weights.WEIGHTS_FILE, root / "RNN_From_Scratch" / "hamlet.safetensors"):
        with safe_open(path, framework="numpy") as file:
            arrays, about = {name: file.get_tensor(name) for name in file.keys()}, dict(file.metadata())  # noqa: SIM118
        assert about.pop("sha256") == weights.checksum(arrays, about)


def test_a_broken_file_is_refused_and_what_is_wrong_is_named(tmp_path):
    arrays, about = weights.load(train_weights.WEIGHTS_FILE)
    path = tmp_path / "weights.safetensors"
    weights.save(path, {**arrays, "3.K": arrays["3.K"][:30]}, about)
    with pytest.raises(ValueError, match=r"convolution_2\.K should be \(32, 16, 5, 5\) float32, got \(30, 16, 5, 5\)"):
        train_weights.pretrained(path)
    weights.save(path, arrays, {})
    with pytest.raises(ValueError, match="not a CNNClassifier's weights: no model is named"):
        train_weights.pretrained(path)
    path.write_bytes(train_weights.WEIGHTS_FILE.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"expected a complete \.safetensors file"):
        train_weights.pretrained(path)


def test_what_the_command_writes_is_what_the_loader_reads(tmp_path, monkeypatch, capsys):
    digits = load_mnist(download=False)
    monkeypatch.setattr(train_weights, "load_mnist", lambda: digits)
    path = tmp_path / "weights.safetensors"
    assert train_weights.main(path) == 1 and not path.exists()   # never from the sample
    assert "offline sample" in capsys.readouterr().err

    train, validation, test = (Samples(part.X[:130], part.y[:130])
                               for part in (digits.train, digits.validation, digits.test))
    full = Dataset(digits.name, "a test", train, validation, test)
    monkeypatch.setattr(train_weights, "load_mnist", lambda: full)
    made: list[CNNClassifier] = []

    def tiny(**parameters):
        made.append(CNNClassifier(filters=(2,), hidden_layer_sizes=(), max_iter=2, **parameters))
        return made[-1]

    monkeypatch.setattr(train_weights, "CNNClassifier", tiny)
    assert train_weights.main(path) == 0
    monkeypatch.undo()
    np.testing.assert_array_equal(train_weights.pretrained(path).predict_proba(full.test.X),
                                  made[0].predict_proba(full.test.X))
    assert "epoch 2" in capsys.readouterr().out

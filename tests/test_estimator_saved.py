"""model.save(path) and Model.load(path): each model predicts the same again, to the last bit; nothing else is read."""

import json
import os
import pickle
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_from_scratch import weights
from ai_from_scratch.estimator import NotFittedError
from ai_from_scratch.estimator.plain_text import decode, encode
from Basic_Neural_Network_From_Scratch import MLPClassifier, MLPRegressor
from CNN_From_Scratch import CNNClassifier
from KNN_From_Scratch import KNeighborsClassifier, KNeighborsRegressor
from Linear_Regression_From_Scratch import LinearRegression, Ridge, Statistics
from Logistic_Regression_From_Scratch import LogisticRegression
from Naive_Bayes_From_Scratch import GaussianNB
from RNN_From_Scratch import CharRNN, CheckpointError

MODELS: dict[str, Callable[[], Any]] = {
    "normal equation": LinearRegression,
    "gradient descent": lambda: LinearRegression("gradient_descent", tol=np.float64(0.1)),
    "ridge": lambda: Ridge(np.array([2.0])),
    "logistic": lambda: LogisticRegression(C=np.float64(0.3), class_weight="balanced"),
    "kNN": lambda: KNeighborsClassifier(weights="distance").set_params(n_neighbors=np.int64(3)),
    "kNN, fast": lambda: KNeighborsClassifier(1, engine="fast"),
    "kNN, tree": lambda: KNeighborsRegressor(2, algorithm="kd_tree"),
    "naive Bayes": lambda: GaussianNB(priors=np.array([0.2, 0.3, 0.5])),
    "MLP": lambda: MLPClassifier((4, 3), max_iter=2, tol=0.0, random_state=np.random.default_rng(0)),
    "MLP, SGD": lambda: MLPClassifier(np.array([3]), solver="sgd", max_iter=2, tol=0.0, early_stopping=True,
                                      random_state=1),
    "MLP, numbers": lambda: MLPRegressor(3, "tanh", max_iter=2, tol=0.0, random_state=np.random.RandomState(0)),
}
LABELS: dict[str, Any] = {
    "text": np.array(["b", "ä", "c"]), "objects": np.array(["no", "yes", "perhaps"], dtype=object),
    "numbers": np.array([-3, 7, 1000], np.int16), "floats": np.array([1.0, 2.0, 5.0], np.float32),
    "bytes": np.array([b"x", b"yy", b"z"]), "other text": np.array(["u", "v", "w"], np.dtypes.StringDType()),
}


def same(one: Any, other: Any) -> bool:
    """Equal values of equal types, arrays bit for bit and in the same order in memory."""
    if isinstance(one, np.ndarray):
        return (type(other) is np.ndarray and one.dtype == other.dtype and one.shape == other.shape
                and (one.dtype.kind in "OT" or one.tobytes() == other.tobytes()) and one.tolist() == other.tolist()
                and one.flags.f_contiguous == other.flags.f_contiguous)
    if isinstance(one, list | tuple):
        return type(one) is type(other) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, np.random.Generator):
        return same(one.bit_generator.state, other.bit_generator.state)
    if isinstance(one, np.random.RandomState):
        return same(one.get_state(legacy=False), other.get_state(legacy=False))
    return type(one) is type(other) and (one == other or one != one)


def through_a_file(model: Any, tmp_path_factory: Any) -> Any:
    path = tmp_path_factory.mktemp("saved") / "model.safetensors"
    model.save(path)
    return type(model).load(path)


@pytest.mark.parametrize("name", MODELS)
@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), single=st.booleans(), columns_first=st.booleans(),
       labels=st.sampled_from(list(LABELS)), targets=st.sampled_from([(), (1,), (2,)]))
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_loaded_model_is_the_saved_one_bit_for_bit(tmp_path_factory, name, seed, single, columns_first, labels,
                                                     targets):
    rng, model = np.random.default_rng(seed), MODELS[name]()
    X = np.asarray(rng.normal(size=(40, 5)), dtype=np.float32 if single else None, order="F" if columns_first else "C")
    codes = np.append([0, 1, 2], rng.integers(0, 3, 37))
    if name == "ridge":
        targets = ()
    classifies = hasattr(model, "predict_proba")
    y = LABELS[labels][codes] if classifies else rng.normal(size=(40, *targets))
    model.fit(X, y)
    again = through_a_file(model, tmp_path_factory)

    Q = rng.normal(size=(30, 5)).astype(X.dtype)
    assert same(again.predict(Q), model.predict(Q))
    if classifies:
        assert same(again.predict_proba(Q), model.predict_proba(Q))
    assert same(again.get_params(), model.get_params())
    left_out = {"network_", *model._rebuilt}
    fitted, loaded = ({key: value for key, value in vars(it).items() if key not in left_out} for it in (model, again))
    assert same(fitted, loaded)
    assert same(through_a_file(again, tmp_path_factory).predict(Q), model.predict(Q))
    if hasattr(again, "partial_fit") and not getattr(again, "early_stopping", False):
        again.partial_fit(X, y)                                  # it can go on learning


@pytest.mark.parametrize("settings", [{}, {"batch_norm": True, "padding": "same"}, {"engine": "fast"}])
def test_a_loaded_cnn_is_the_saved_one_and_keeps_its_record(tmp_path_factory, settings):
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 255, (30, 12, 12)).astype(np.uint8), np.array(["a", "b"])[rng.integers(0, 2, 30)]
    model = CNNClassifier(2, 3, hidden_layer_sizes=4, max_iter=2, random_state=np.random.default_rng(2), **settings)
    again = through_a_file(model.fit(X, y), tmp_path_factory)
    assert same(again.predict_proba(X), model.predict_proba(X)) and same(again.predict(X), model.predict(X))
    assert again.loss_curve_ == model.loss_curve_ and (again.n_iter_, again.engine_) == (2, model.engine_)
    assert same(again.get_params(), model.get_params())


@pytest.mark.parametrize("cell", ["rnn", *(pytest.param(cell, marks=pytest.mark.slow) for cell in ("lstm", "gru"))])
def test_a_loaded_character_network_is_the_saved_one_and_writes_the_same(tmp_path_factory, cell):
    text = "the cat sat on the mat, the rat sat on the cat.\n" * 3
    model = CharRNN(6, cell=cell, layers=2, streams=3, chunk=8, max_iter=2, validate_every=1, random_state=0)
    again = through_a_file(model.fit(text, text), tmp_path_factory)
    assert same(again.surprise(text), model.surprise(text))
    assert list(again.generate("the", 20, rng=0)) == list(model.generate("the", 20, rng=0))
    assert (again.validation_curve_, again.best_step_) == (model.validation_curve_, model.best_step_)
    assert same(again.get_params(), model.get_params())


def test_old_files_load_by_the_same_method(root):
    assert CharRNN.load(root / "tests" / "files" / "rnn_weights_0_1_0.safetensors").cell == "lstm"
    assert CharRNN.load(root / "RNN_From_Scratch" / "hamlet.safetensors").units == 512
    assert CNNClassifier.load(root / "CNN_From_Scratch" / "weights.safetensors").classes_.tolist() == list(range(10))


X, Y = np.random.default_rng(0).normal(size=(30, 3)), np.arange(30) % 3


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "model.safetensors"
    MLPClassifier(3, max_iter=1, tol=0.0, random_state=0).fit(X, Y).save(path)
    return path


def test_one_changed_number_one_changed_word_and_half_a_file_are_told(path):
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(weights.WeightsError, match=r"model\.safetensors: the file is damaged"):
        MLPClassifier.load(path)
    assert b"relu" in whole
    path.write_bytes(whole.replace(b"relu", b"tanh"))
    with pytest.raises(weights.WeightsError, match="damaged"):
        MLPClassifier.load(path)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(weights.WeightsError, match=r"expected a complete \.safetensors file"):
        MLPClassifier.load(path)


def test_a_file_of_another_model_of_none_and_a_pickle_are_told(path, tmp_path):
    with pytest.raises(weights.WeightsError, match="of a MLPClassifier: load them with MLPClassifier, not Ridge"):
        Ridge.load(path)
    weights.save(path, {"W": X})
    with pytest.raises(weights.WeightsError, match="not a Ridge's weights: no model is named"):
        Ridge.load(path)
    path.write_bytes(pickle.dumps({}))
    with pytest.raises(weights.WeightsError, match=r"expected a complete \.safetensors file"):
        Ridge.load(path)
    with pytest.raises(weights.WeightsError, match="nothing of that name"):
        Ridge.load(tmp_path / "elsewhere")


@pytest.mark.parametrize(("part", "entry"), [
    ("fitted", {"predict": 3}), ("fitted", {"__class__": 3}), ("fitted", {"a b": 3}),
    ("fitted", {"x_": {"kind": "os"}}),
    ("fitted", {"x_": {"kind": "Popen", "arguments": []}}), ("fitted", {"x_": {"array": "nowhere", "order": "C"}}),
    ("fitted", {"x_": {"values": [1], "dtype": "float64", "shape": [2]}}), ("fitted", {"x_": {"Generator": {}}}),
    ("parameters", {"nonsense": 1}), ("parameters", {"activation": "nonsense"}),
    ("parameters", {"hidden_layer_sizes": [7]}), ("fitted", {"classes_": None}),
])
def test_text_that_nobody_saved_builds_nothing(path, part, entry):
    arrays, about = weights.load(path)
    about[part] = json.dumps(json.loads(about[part]) | entry)
    with pytest.raises(ValueError, match="weights of a MLPClassifier are damaged, or of another version"):
        MLPClassifier.from_state(arrays, about)


def test_an_array_too_many_or_too_few_is_named(path):
    arrays, about = weights.load(path)
    with pytest.raises(ValueError, match=r"9\.W is not one of this network's"):
        MLPClassifier.from_state({**arrays, "9.W": X}, about)
    ridge, told = Ridge().fit(X, Y).state()
    with pytest.raises(ValueError, match="more is not one of its arrays"):
        Ridge.from_state({**ridge, "more": X}, told)
    with pytest.raises(ValueError, match="'coef_'"):
        Ridge.from_state({}, told)


def test_what_cannot_be_kept_is_told_before_a_file_is_written(tmp_path):
    model = KNeighborsClassifier(weights=lambda distance: np.ones_like(distance)).fit(X, Y)
    with pytest.raises(ValueError, match=r"weights is <function.* which a file of weights cannot hold"):
        model.save(tmp_path / "knn.safetensors")
    with pytest.raises(NotFittedError, match="not fitted yet"):
        Ridge().save(tmp_path / "ridge.safetensors")
    assert not list(tmp_path.iterdir())


def test_state_does_not_change_as_training_goes_on():
    model = MLPClassifier(3, max_iter=1, tol=0.0, random_state=0).fit(X, Y)
    arrays, _ = model.state()
    before = {name: array.copy() for name, array in arrays.items()}
    model.partial_fit(X, Y)
    assert same(arrays, before)


TEXTS = st.text("aZ09 _\n\t\0\"\\{é☠日🎭")       # all of Unicode would take seconds to be listed


@settings(deadline=None, max_examples=40)
@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.binary()
    | st.sampled_from([np.float32(0.1), np.int8(3), np.bool_(True), np.str_("a"), np.float16(2),
                       np.random.default_rng(3),
                       np.random.Generator(np.random.MT19937(1)), np.arange(2000), np.zeros((2, 0)), np.array("a"),
                       np.asfortranarray(np.eye(3)[:2]), np.array([None, 1, "a"]), np.array(2.5)]),
    lambda inner: st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple)
    | st.dictionaries(TEXTS | st.integers(), inner, max_size=3), max_leaves=8))
def test_each_value_comes_back_with_its_type(value):
    arrays: dict[str, np.ndarray] = {}
    text = json.dumps(encode(value, "value", arrays))
    assert same(decode(json.loads(text), arrays), value)


FORGED = {
    LinearRegression: {"coef_": np.ones(4), "intercept_": "a", "n_features_in_": True, "n_iter_": [1], "diagnosis_": 3,
                       "learning_rate_limit_": -1.0, "_statistics": 3, "_multi_output": "x", "predict": 3,
                       "engine_": "slow", "feature_names_in_": np.array(["a", "b"])},
    Ridge: {"coef_": np.ones((2, 4)), "intercept_": np.ones(2), "_saved_kinds": 3},
    LogisticRegression: {"coef_": np.ones((2, 3)), "intercept_": np.ones(1), "classes_": np.array([0, 0, 1]),
                         "n_iter_": -1, "solver_": None},
    GaussianNB: {"theta_": np.ones((3, 2)), "var_": -np.ones((3, 3)), "class_count_": np.zeros(3), "epsilon_": "x",
                 "class_prior_": np.ones(3), "_moments": (1, 2)},
    KNeighborsClassifier: {"_fit_X": np.ones((29, 3)), "_y": np.full(30, 7), "n_samples_fit_": 0, "_search": 3},
    KNeighborsRegressor: {"_y": np.ones(29), "_fit_X": np.ones((30, 3), np.float16), "n_samples_fit_": None},
    MLPClassifier: {"classes_": np.array([1, 0, 2]), "_rng": 3, "loss_curve_": [None], "network_": 3, "n_iter_": "x"},
    MLPRegressor: {"_target_shape": (0,), "_outputs": 2, "n_features_in_": 3.0},
}


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, forged in FORGED.items() for name in forged])
def test_an_attribute_that_does_not_fit_is_named_before_anything_is_built(kind, name, monkeypatch):
    model = kind().set_params(**{"max_iter": 1, "tol": 0.0} if kind in (MLPClassifier, MLPRegressor) else {}).fit(X, Y)
    arrays, about = model.state()
    fitted = json.loads(about["fitted"])
    assert kind.from_state(arrays, about).predict(X).shape == (30,)
    fitted[name] = encode(FORGED[kind][name], name, arrays)
    monkeypatch.setattr(kind, "__init__", lambda *_, **__: pytest.fail("a model was made"))
    with pytest.raises(ValueError,
                       match=f"damaged, or of another version: '?{name}'? (must be|is not an attribute that fit)"):
        kind.from_state(arrays, {**about, "fitted": json.dumps(fitted)})


@pytest.mark.parametrize(("kind", "name"), [
    (LinearRegression, "coef_"), (Ridge, "n_features_in_"), (LogisticRegression, "classes_"), (GaussianNB, "_moments"),
    (KNeighborsClassifier, "_y"), (KNeighborsRegressor, "_fit_X"), (MLPClassifier, "_rng"), (MLPRegressor, "_outputs")])
def test_an_attribute_that_is_missing_is_named(kind, name):
    model = kind().set_params(**{"max_iter": 1, "tol": 0.0} if kind in (MLPClassifier, MLPRegressor) else {}).fit(X, Y)
    arrays, about = model.state()
    fitted = {key: value for key, value in json.loads(about["fitted"]).items() if key != name}
    with pytest.raises(ValueError, match=f"without {name}"):
        kind.from_state(arrays, {**about, "fitted": json.dumps(fitted)})


def test_a_model_of_ones_own_keeps_what_it_likes(tmp_path):
    class Majority(GaussianNB):
        def fit(self, X, y, sample_weight=None):
            self.winner_ = {"name": np.bincount(y).argmax()}
            return super().fit(X, y)

    Majority().fit(X, Y).save(tmp_path / "own.safetensors")
    assert Majority.load(tmp_path / "own.safetensors").winner_ == {"name": 0}


def test_neighbours_are_not_counted_with_parameters_that_break_their_rules(tmp_path):
    model = KNeighborsClassifier(2).fit(X, Y).set_params(weights="nonsense")
    with pytest.raises(ValueError, match=r"'weights' parameter .* must be"):
        model.predict(X)
    arrays, about = KNeighborsRegressor(2, algorithm="kd_tree").fit(X, Y).state()
    told = json.loads(about["parameters"]) | {"leaf_size": 0}
    with pytest.raises(ValueError, match=r"'leaf_size' parameter .* must be"):
        KNeighborsRegressor.from_state(arrays, {**about, "parameters": json.dumps(told)})


@pytest.mark.parametrize("count", [0, 65, 10**9, 2**70])
def test_a_file_cannot_ask_for_more_processes_than_a_machine_has_use_for(count):
    text = "the cat sat on the mat.\n" * 4
    model = CharRNN(4, streams=2, chunk=5, max_iter=1, random_state=0).fit(text)
    arrays, metadata = model.checkpoint()
    facts = json.loads(metadata["checkpoint"])
    facts["settings"] |= {"workers": count}
    with pytest.raises(CheckpointError, match=r"'workers' parameter .* from 1 to 64"):
        CharRNN.from_checkpoint(arrays, {"checkpoint": json.dumps(facts)})


def test_of_more_processes_than_a_machine_has_cores_a_file_gets_as_many_as_it_has(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    model = CharRNN(4, streams=2, chunk=5, max_iter=1, random_state=0).fit("the cat sat on the mat.\n" * 4)
    arrays, metadata = model.set_params(workers=64).checkpoint()
    with pytest.warns(UserWarning, match=r"asks for 64 processes, .* cores: workers=3 is taken instead"):
        assert CharRNN.from_checkpoint(arrays, metadata).workers == 3
    with pytest.warns(UserWarning, match="workers=3 is taken"):
        assert CharRNN.from_state(*model.state()).workers == 3
    assert CharRNN.from_state(*model.set_params(workers=3).state()).workers == 3


@pytest.mark.parametrize(("name", "value"), [
    ("rescale_1.factor", 0.0), ("rescale_1.factor", -1.0), ("batchnorm_1.running_variance", -1.0)])
def test_numbers_that_no_training_sets_are_named_when_a_file_is_read(name, value):
    images = np.random.default_rng(0).random((20, 64))
    model = CNNClassifier((2,), 3, hidden_layer_sizes=(), batch_norm=True, max_iter=1, random_state=0)
    arrays, about = model.fit(images, np.arange(20) % 2).state()
    arrays[name][:] = value
    with pytest.raises(ValueError, match=rf"{name} goes down to {value:g}, and must be at least"):
        CNNClassifier.from_state(arrays, about)


@pytest.mark.parametrize("name", [
    "rescale_1.factor", "convolution_1.K", "batchnorm_1.g", "dense_1.W"])
def test_weights_that_overflow_are_blamed_and_not_the_images(name):
    images = 10 * np.random.default_rng(0).random((20, 64))
    model = CNNClassifier((2,), 3, hidden_layer_sizes=(), batch_norm=True, max_iter=1, random_state=0)
    arrays, about = model.fit(images, np.arange(20) % 2).state()
    arrays[name][:] = 3e38
    changed = CNNClassifier.from_state(arrays, about)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)             # of the units: the factor was changed
        with pytest.raises(ValueError, match=r"not finite: its weights go up to 3e\+38"):
            changed.predict(images)


@pytest.mark.parametrize(("part", "text", "words"), [
    ("parameters", "[]", "its parameters must be names with values, got list"),
    ("parameters", "{", "expected a text in JSON, got '{'"),
    ("parameters", '{"nonsense": 1}', "'nonsense' is not a parameter of MLPClassifier"),
    ("fitted", "3", "its attributes must be names with values, got int"), ("fitted", "x", "expected a text in JSON")])
def test_a_text_of_another_form_is_told_in_the_words_of_this_project(path, part, text, words):
    arrays, about = weights.load(path)
    with pytest.raises(ValueError, match=words):
        MLPClassifier.from_state(arrays, {**about, part: text})


@pytest.mark.parametrize("part", [0, 2], ids=["weights", "variances"])
def test_moments_below_0_are_refused(part):
    """partial_fit goes on from them."""
    model = GaussianNB().fit(X, Y)
    first, second = (list(moments) for moments in model._moments)
    second[part] = -second[part] - 1
    model._moments = type(model._moments[0])(*first), type(model._moments[0])(*second)
    with pytest.raises(ValueError, match=r"_moments must be .* weights and variances of at least 0"):
        GaussianNB.from_state(*model.state())


def test_sums_of_squares_below_0_are_refused():
    model = LinearRegression().fit_from(Statistics.of(X, X[:, 0]))
    assert LinearRegression.from_state(*model.state()).predict(X).shape == (30,)
    model._statistics.scatter[1, 1] = -1.0
    with pytest.raises(ValueError, match="_statistics must be the sums of rows"):
        LinearRegression.from_state(*model.state())


@pytest.mark.parametrize(("name", "value"), [("n_iter_", 10**30), ("best_step_", 10**30), ("best_step_", 10**9)])
def test_counters_that_no_training_reaches_are_refused(name, value):
    text = "the cat sat on the mat.\n" * 4
    model = CharRNN(4, streams=2, chunk=5, max_iter=1, validate_every=2, random_state=0).fit(text, text)
    assert CharRNN.from_state(*model.state()).best_step_ == model.best_step_ > 0
    setattr(model, name, value)
    with pytest.raises(ValueError, match=f"{name} must be"):
        CharRNN.from_state(*model.state())


def asking_for_more(model, **changed):
    arrays, about = model.state()
    parameters = json.loads(about["parameters"])
    assert set(changed) <= set(parameters)
    return arrays, {**about, "parameters": json.dumps(parameters | changed)}


@pytest.mark.parametrize(("model", "changed"), [
    (CNNClassifier((2,), 3, hidden_layer_sizes=(3,), max_iter=1), {"filters": [90_000]}),
    (CNNClassifier((2,), 3, hidden_layer_sizes=(3,), max_iter=1), {"kernel_size": 10**5, "padding": 10**5}),
    (CNNClassifier((2,), 3, hidden_layer_sizes=(3,), max_iter=1), {"padding": 10**7}),
    (CNNClassifier((2,), 3, hidden_layer_sizes=(3,), max_iter=1), {"hidden_layer_sizes": [90_000, 2_000]}),
    (MLPClassifier((3,), max_iter=1, tol=0.0), {"hidden_layer_sizes": [90_000]}),
    (MLPRegressor((3,), max_iter=1, tol=0.0), {"hidden_layer_sizes": [16_000, 16_000]}),
])
def test_a_file_that_asks_for_a_larger_network_than_it_holds_is_refused_before_that_is_built(model, changed):
    rng = np.random.default_rng(0)
    X = rng.random((12, 36))
    model.fit(X, np.arange(12) % 2)
    with pytest.raises(ValueError, match=r"more than the [\d,]+ numbers that it holds"):
        type(model).from_state(*asking_for_more(model, **changed))


def test_a_character_network_of_more_units_than_its_file_holds_is_refused_before_it_is_built():
    text = "the cat sat on the mat.\n" * 4
    model = CharRNN(4, streams=2, chunk=5, max_iter=1, random_state=0).fit(text)
    for changed in ({"units": 16_000}, {"units": 3_000, "cell": "lstm"}, {"units": 3_000, "layers": 100}):
        with pytest.raises(ValueError, match=r"more than the [\d,]+ numbers that it holds"):
            CharRNN.from_state(*asking_for_more(model, **changed))
        arrays, metadata = model.checkpoint()
        facts = json.loads(metadata["checkpoint"])
        facts["settings"] |= changed
        with pytest.raises(CheckpointError, match=r"more than the [\d,]+ numbers that it holds"):
            CharRNN.from_checkpoint(arrays, {"checkpoint": json.dumps(facts)})


def test_of_many_arrays_that_do_not_fit_ten_are_named():
    model = CharRNN(4, streams=2, chunk=5, max_iter=1, random_state=0).fit("the cat sat on the mat.\n" * 4)
    with pytest.raises(ValueError, match=r"another network: (W_\w+ is missing; ){10}\d\d+ more do not fit\.$"):
        CharRNN.from_state(*asking_for_more(model, layers=30))


@pytest.mark.parametrize("changed", [{"layers": 10**9}, {"units": 10**12}])
def test_a_file_with_a_size_beyond_the_rules_is_refused_before_anything_is_built(changed):
    model = CharRNN(4, streams=2, chunk=5, max_iter=1, random_state=0).fit("the cat sat on the mat.\n" * 4)
    with pytest.raises(ValueError, match=f"'{next(iter(changed))}' parameter of CharRNN must be an int from 1 to"):
        CharRNN.from_state(*asking_for_more(model, **changed))

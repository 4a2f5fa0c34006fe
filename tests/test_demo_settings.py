"""What the command line asks for reaches each chapter's model: --set, --workers, --missing, --quick."""

import importlib
import shlex
from typing import Any

import numpy as np
import pytest

import run_all
from ai_from_scratch.data import DataError, load_mnist
from ai_from_scratch.data.tabular import TABLES_FOLDER
from ai_from_scratch.estimator.rules import ParameterError
from ai_from_scratch.runner import Chapter
from ai_from_scratch.runner.options import parse
from ai_from_scratch.runner.usage import UsageError
from ai_from_scratch.runner.wishes import check_uses
from ai_from_scratch.stage import gallery, table, theme
from ai_from_scratch.stage.demo import Settings
from Basic_Neural_Network_From_Scratch import MLPClassifier, MLPRegressor
from CNN_From_Scratch import CNNClassifier
from KNN_From_Scratch import KNeighborsClassifier, KNeighborsRegressor
from Linear_Regression_From_Scratch import LinearRegression
from Logistic_Regression_From_Scratch import LogisticRegression
from Naive_Bayes_From_Scratch import GaussianNB
from RNN_From_Scratch import CharRNN

CHAPTERS = [Chapter(*row) for row in run_all.CHAPTERS]
BY_NAME = {chapter.name: chapter for chapter in CHAPTERS}
MODEL = {"linear": "model", "logistic": "model", "knn": "digits.model", "bayes": "model", "nn": "digits.model",
         "cnn": "model", "rnn": "training.model"}       # where a demo keeps it
TABLES = {"linear": "diabetes", "logistic": "iris", "knn": "wine", "bayes": "wine"}


def demo_of(name: str, **settings) -> Any:
    return BY_NAME[name].demo(Settings(quick=True, **settings))


def model_of(demo: Any, name: str) -> Any:
    for part in MODEL[name].split("."):
        demo = getattr(demo, part)
    return demo


def wishes(*arguments: str) -> None:
    options = parse([*arguments, "--quick"], CHAPTERS)
    check_uses([chapter for chapter in CHAPTERS if chapter.name in options.names], CHAPTERS, options)


# ---- --set

@pytest.mark.parametrize(("model", "name", "wrong"), [
    (LinearRegression, "solver", "adam"), (LinearRegression, "learning_rate", -1), (LogisticRegression, "C", 0),
    (KNeighborsClassifier, "n_neighbors", 0), (KNeighborsRegressor, "p", "two"), (GaussianNB, "var_smoothing", -1),
    (MLPClassifier, "learning_rate_init", 0), (MLPRegressor, "hidden_layer_sizes", (3, 0)),
    (CNNClassifier, "dropout", 1), (CharRNN, "units", 2.5), (CharRNN, "engine", "quick"),
])
def test_every_model_looks_at_its_parameters_before_its_data(model, name, wrong):
    with pytest.raises(ParameterError, match=f"'{name}' parameter of {model.__name__}"):
        model(**{name: wrong}).fit(None, None)


@pytest.mark.parametrize(("arguments", "words"), [
    (["linear", "--set", "learnin_rate=0.3"], "LinearRegression has no parameter 'learnin_rate'. Did you mean 'learni"),
    (["linear", "--set", "solver=adam"], "The 'solver' parameter of LinearRegression must be one of 'normal_equation'"),
    (["logistic", "--set", "C=-1"], "The 'C' parameter of LogisticRegression must be a float in the range (0.0, inf]"),
    (["knn", "--set", "n_neighbors=three"], "The 'n_neighbors' parameter of KNeighborsClassifier must be an int >= 1"),
    (["bayes", "--set", "var_smoothing=none"], "Got 'none' instead"),
    (["nn", "--set", "learning_rate_init=0"], "'learning_rate_init' parameter of MLPClassifier"),
    (["cnn", "--set", "filters=0"], "'filters' parameter of CNNClassifier"),
    (["rnn", "--set", "cell=elman"], "must be one of 'rnn', 'lstm', 'gru'"),
    (["linear", "cnn", "--set", "learning_rate=0.3"], "'learning_rate' parameter of CNNClassifier"),
    (["nn", "--set", "learning_rate=0.3"], "Got 0.3 instead. Try learning_rate_init=0.3."),
    (["nn", "--set", "lr=0.3"], "Did you mean 'learning_rate_init'?"), (["knn", "--set", "k=3"], "mean 'n_neighbors'?"),
    (["linear", "--set", "lr=0.3"], "Did you mean 'learning_rate'?"),
    (["cnn", "--set", "Epochs=3"], "mean 'max_iter'?"),
    (["bayes", "--set", "lr=0.3"], "GaussianNB has no parameter 'lr'. It has:"),
    (["knn", "--csv", str(TABLES_FOLDER / "wine.csv"), "--target", "target", "--set", "p=-1"], "'p' parameter"),
    (["knn", "--workers", "2"], "KNN cannot use --workers. cnn and rnn can."),
    (["nn", "--missing", "None"], "linear, logistic, knn and bayes can."),
    (["rnn", "--generate-only", "--play", "macbeth"], "RNN cannot use --play together with --generate-only. Leave one"),
])
def test_a_wrong_name_or_value_is_told_before_anything_runs(arguments, words):
    if "--missing" in arguments:
        arguments = [*arguments, "--csv", str(TABLES_FOLDER / "wine.csv"), "--target", "target"]
    with pytest.raises(UsageError) as refused:
        wishes(*arguments)
    assert words in str(refused.value)


@pytest.mark.parametrize(("arguments", "example"), [
    (["nn", "--set", "learning_rate=0.3"], "nn --set learning_rate_init=0.3"),
    (["linear", "rnn", "--set", "learning_rate=0.3"], "rnn --set learning_rate_init=0.3"),
    (["nn", "--set", "lr=0.3"], "nn --set learning_rate_init=0.3"),
    (["nn", "--set", "learnin_rate=0.3"], "nn --set learning_rate_init=0.3"),
    (["nn", "--set", "hidden_layers=(3, 4)"], "nn --set 'hidden_layer_sizes=(3, 4)'"),
    (["knn", "--set", "k=0"], ""), (["cnn", "--set", "filters=0"], ""), (["bayes", "--set", "lr=0.3"], ""),
])
def test_the_example_is_the_line_that_was_meant(arguments, example):
    with pytest.raises(UsageError) as refused:
        wishes(*arguments)
    assert refused.value.example == example
    if example:
        wishes(*shlex.split(example))


@pytest.mark.parametrize("arguments", [
    ["linear", "--set", "learning_rate=0.3", "--set", "solver=gradient_descent"], ["linear", "--set", "tol=0"],
    ["nn", "--set", "hidden_layer_sizes=(10,)"], ["cnn", "rnn", "--workers", "2"], ["cnn", "--set", "filters=(4, 8)"],
    ["bayes", "--csv", str(TABLES_FOLDER / "wine.csv"), "--target", "target", "--missing", "?",
     "--set", "var_smoothing=0.1"],
])
def test_what_a_model_can_take_is_taken(arguments):
    wishes(*arguments)


@pytest.mark.parametrize(("name", "parameters"), [
    ("linear", {"momentum": 0.5}), ("logistic", {"C": 0.1}), ("knn", {"n_neighbors": 3, "weights": "distance"}),
    ("bayes", {"var_smoothing": 1e-3}), ("nn", {"learning_rate_init": 0.01, "max_iter": 2}),
    ("cnn", {"filters": (4, 8)}), ("rnn", {"units": 24, "max_iter": 2}),
])
def test_the_main_model_has_what_was_set(name, parameters):
    demo = demo_of(name, parameters=parameters)
    if name in ("linear", "logistic"):
        list(demo.train())
    assert model_of(demo, name).get_params().items() >= parameters.items()


@pytest.mark.parametrize("name", TABLES)
def test_the_model_of_a_table_has_what_was_set(name):
    value: Any = {"linear": ("max_iter", 7), "logistic": ("C", 0.5), "knn": ("n_neighbors", 4),
                  "bayes": ("var_smoothing", 0.01)}[name]
    demo = demo_of(name, csv=TABLES_FOLDER / f"{TABLES[name]}.csv", target="target", parameters=dict([value]))
    frames = list(demo.train())
    if name == "linear":
        assert frames[-1].step == frames[-1].steps == 7
    else:
        assert getattr(demo.model, value[0]) == value[1]
    notes = demo.report().notes
    assert name in ("linear", "bayes") or any("was set, not chosen" in note for note in notes)
    for picture in demo.figures():
        assert gallery.paint(picture).axes


def test_more_neighbours_than_rows_are_told_at_once():
    with pytest.raises(DataError, match=r"--set n_neighbors=1000: there are only \d+ training rows"):
        demo_of("knn", csv=TABLES_FOLDER / "wine.csv", target="target", parameters={"n_neighbors": 1000})


def test_the_normal_equation_can_be_set_though_it_has_no_steps_to_watch():
    demo = demo_of("linear", parameters={"solver": "normal_equation"})
    *_, last = demo.train()
    assert (last.step, last.steps) == (1, 1)
    assert demo.report().metrics["test_r2"] == demo.report().metrics["test_r2_of_the_normal_equation"]
    demo.draw(theme.new_figure((11, 5)), [last])
    on_table = demo_of("linear", csv=TABLES_FOLDER / "diabetes.csv", target="target",
                       parameters={"solver": "normal_equation"})
    assert list(on_table.train()) == [] and on_table.report().metrics["test_r2"] > 0.3


def test_a_learning_rate_is_that_of_the_ball_in_the_bowl_too():
    slow, fast = (list(demo_of("linear", epochs=5, parameters={"learning_rate": rate}).train()) for rate in (0.01, 0.1))
    assert 0 < abs(slow[1].slope + 3) < abs(fast[1].slope + 3) / 5


@pytest.mark.slow
def test_digits_ask_as_many_neighbours_as_was_set_and_weigh_them_as_was_set():
    demo = demo_of("knn", parameters={"n_neighbors": 4, "weights": "distance"})
    figure = theme.new_figure((11, 5))
    for frame in demo.train():
        last = frame
        if frame.step == 1:
            figure.clear()
            demo.draw(figure, [frame])
    data = demo.digits.data
    train, test = (part.X.reshape(len(part.X), -1).astype(np.float32) for part in (data.train, data.test))
    model = KNeighborsClassifier(4, weights="distance").fit(train, data.train.y)
    assert last.metrics["test_accuracy"] == pytest.approx(model.score(test, data.test.y))
    assert demo.report().metrics["k"] == 4 and "k = 4 was set" in demo.report().notes[0]
    assert next(picture for picture in demo.figures() if picture.file == "accuracy_against_k.png")


@pytest.mark.slow
@pytest.mark.parametrize(("name", "parameters"), [
    ("nn", {"hidden_layer_sizes": (10,), "max_iter": 1}), ("nn", {"hidden_layer_sizes": (30, 20, 20), "max_iter": 1}),
    ("cnn", {"filters": (4,), "kernel_size": 3, "max_iter": 1}), ("bayes", {"priors": (0.2, 0.3, 0.5)}),
    ("logistic", {"C": 0.1}), ("logistic", {"fit_intercept": False, "class_weight": "balanced"}),
    ("rnn", {"cell": "gru", "units": 16, "max_iter": 1}),
])
def test_whatever_is_set_it_is_drawn_painted_and_reported(name, parameters):
    demo = demo_of(name, parameters=parameters)
    figure, scene = theme.new_figure((11, 5)), list[Any]()
    for frame in demo.train():
        if scene and type(frame) is not type(scene[-1]):
            demo.draw(figure, scene)
            figure.clear()
            scene = []
        scene.append(frame)
    demo.draw(figure, scene)
    assert demo.report().metrics
    for picture in demo.figures():
        assert gallery.paint(picture).axes, picture.file


def test_a_training_that_is_resumed_keeps_its_own_parameters(tmp_path):
    (tmp_path / "verse.txt").write_text("To be, or not to be.\n" * 60)
    asked = {"text": tmp_path / "verse.txt", "parameters": {"units": 8}}
    next(demo_of("rnn", save=tmp_path / "run", **asked).train())
    with pytest.raises(DataError, match=r"its parameters are fixed in the file\. Leave out --set"):
        demo_of("rnn", resume=tmp_path / "run", **asked)


# ---- --workers, --missing, --quick

@pytest.mark.slow
@pytest.mark.parametrize("name", ["cnn", "rnn"])
def test_as_many_processes_learn_as_were_asked_for(name):
    assert model_of(demo_of(name), name).workers == 1
    assert model_of(demo_of(name, workers=2), name).workers == 2


def test_words_for_missing_values_reach_the_reader_of_tables(monkeypatch):
    asked = []

    def load(*_, **options):
        asked.append(options.get("missing"))
        raise DataError("enough")

    monkeypatch.setattr(table, "load_table", load)
    for missing in ((), ("None", "?")):
        with pytest.raises(DataError, match="enough"):
            demo_of("logistic", csv=TABLES_FOLDER / "iris.csv", target="target", missing=missing)
    assert asked == [None, ("None", "?")]


def test_a_quick_run_takes_the_sample_even_where_the_full_digits_are_at_hand(tmp_path, monkeypatch):
    monkeypatch.setenv("AI_FROM_SCRATCH_DATA", str(tmp_path / "wherever"))
    data = load_mnist(sample=True)
    assert data.is_sample and "a quick run" in data.source
    for name in ("knn", "nn", "cnn"):
        assert "offline sample" in demo_of(name).data[-1].source
    module = importlib.import_module("Naive_Bayes_From_Scratch.demo.demo")
    monkeypatch.setattr(module, "pixel_moments", lambda figure, digits: figure.text(0, 0, digits.source))
    picture = next(picture for picture in demo_of("bayes").figures() if picture.file == "digits.png")
    assert "a quick run" in gallery.paint(picture).texts[0].get_text()


def test_digits_that_cannot_be_had_cost_naive_bayes_one_picture(monkeypatch):
    module = importlib.import_module("Naive_Bayes_From_Scratch.demo.demo")

    def lost(**_):
        raise DataError("no digits here")

    monkeypatch.setattr(module, "load_mnist", lost)
    demo = demo_of("bayes")
    next(demo.train())
    pictures = {picture.file: picture for picture in demo.figures()}
    assert list(pictures)[-3:] == ["digits.png", "underflow.png", "overconfidence.png"]
    with pytest.raises(DataError, match="no digits"):
        gallery.paint(pictures["digits.png"])

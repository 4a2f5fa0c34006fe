"""A program in which only the import from scikit-learn is changed; and parameters of the wrong kind."""

import inspect
import warnings
from typing import Any

import numpy as np
import pytest
import sklearn.linear_model
import sklearn.naive_bayes
import sklearn.neighbors
import sklearn.neural_network
from sklearn.base import clone

from ai_from_scratch.estimator.rules import ParameterError
from Basic_Neural_Network_From_Scratch import MLPClassifier, MLPRegressor
from CNN_From_Scratch import CNNClassifier
from KNN_From_Scratch import KNeighborsClassifier, KNeighborsRegressor
from Linear_Regression_From_Scratch import LinearRegression, Ridge
from Logistic_Regression_From_Scratch import LogisticRegression
from Naive_Bayes_From_Scratch import GaussianNB
from RNN_From_Scratch import CharRNN

BRIEF = pytest.mark.filterwarnings("ignore:Stopped too early", "ignore:max_iter=")     # few steps, on purpose

THEIRS: dict[Any, Any] = {
    LinearRegression: sklearn.linear_model.LinearRegression, Ridge: sklearn.linear_model.Ridge,
    LogisticRegression: sklearn.linear_model.LogisticRegression, GaussianNB: sklearn.naive_bayes.GaussianNB,
    KNeighborsClassifier: sklearn.neighbors.KNeighborsClassifier,
    KNeighborsRegressor: sklearn.neighbors.KNeighborsRegressor,
    MLPClassifier: sklearn.neural_network.MLPClassifier, MLPRegressor: sklearn.neural_network.MLPRegressor,
}
QUICK: dict[Any, dict[str, Any]] = {
    MLPClassifier: {"max_iter": 1}, MLPRegressor: {"max_iter": 1},
    CNNClassifier: {"max_iter": 1, "filters": 2, "kernel_size": 2, "hidden_layer_sizes": ()},
    CharRNN: {"max_iter": 1, "units": 3, "streams": 2, "chunk": 4},
}
X, Y = np.random.default_rng(0).normal(size=(30, 3)), np.arange(30) % 3
EACH = pytest.mark.parametrize("kind", THEIRS, ids=lambda kind: kind.__name__)


def fit(kind: Any, **parameters: Any) -> Any:
    model = kind(**QUICK.get(kind, {}) | parameters)
    if kind is CharRNN:
        return model.fit("to be or not to be")
    return model.fit(np.random.default_rng(0).normal(size=(30, 12, 12)) if kind is CNNClassifier else X, Y)


@EACH
def test_each_parameter_of_scikit_learn_is_taken_with_scikit_learns_default(kind):
    theirs = THEIRS[kind]().get_params()
    if kind is LogisticRegression:
        theirs["penalty"] = "l2"                                 # their default only says "not given"
        theirs.pop("multi_class", None)                          # until 1.7, deprecated there; l1_ratio was None
        theirs["l1_ratio"] = 0.0
    assert not set(theirs) - set(kind().get_params())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        seed = {"random_state": 0} if "random_state" in theirs else {}
        given, usual = fit(kind, **theirs | QUICK.get(kind, {}) | seed), fit(kind, **seed)
    if kind is not LogisticRegression:                           # whose solver is another one there
        np.testing.assert_array_equal(given.predict(X), usual.predict(X))


@EACH
def test_what_has_no_effect_is_kept_cloned_shown_and_may_be_anything(kind):
    free = {name: "any" for name, value in kind._no_effect.items() if type(value).__name__ != "Only"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = fit(kind, **free)
    assert clone(model).get_params() == model.get_params() and model.get_params().items() >= free.items()
    assert all(f"{name}='any'" in repr(model) for name in free)
    assert set(kind._no_effect) <= set(inspect.signature(kind).parameters)


@pytest.mark.parametrize(("kind", "parameters"), [
    (LinearRegression, {"positive": True}), (Ridge, {"positive": True}), (LogisticRegression, {"l1_ratio": 0.5}),
    (LogisticRegression, {"penalty": "l1"}), (LogisticRegression, {"penalty": None}),
    (LogisticRegression, {"dual": True}),
    (LogisticRegression, {"solver": "saga"}), (KNeighborsClassifier, {"metric_params": {"p": 3}}),
    (MLPClassifier, {"solver": "lbfgs"}), (MLPClassifier, {"learning_rate": "adaptive"}),
    (MLPRegressor, {"loss": "poisson"}),
])
def test_a_value_of_scikit_learn_that_would_change_the_answer_is_refused_in_words(kind, parameters):
    name, value = next(iter(parameters.items()))
    with pytest.raises(ParameterError, match=rf"The '{name}' parameter of {kind.__name__} must be .* Got {value!r}"):
        fit(kind, **parameters)


def test_a_word_that_is_no_parameter_is_refused_and_a_subclass_takes_what_its_parent_takes():
    wrong: dict[str, Any] = {"n_job": 1}
    with pytest.raises(TypeError, match="unexpected keyword argument 'n_job'"):
        LinearRegression(**wrong)

    class Mine(LinearRegression):
        def __init__(self, extra=3):
            super().__init__()
            self.extra = extra

    model: Any = Mine(**{"n_jobs": 4})
    assert model.n_jobs == 4 and model.get_params()["n_jobs"] == 4 and Mine(5).extra == 5


MISTAKES: list[Any] = [None, "nonsense", "", -1, 0, 16.0, 0.5, True, [1], [], (4,), [0.1, 0.2], {}, {"a": 1},
                       np.array([1, 2]), np.nan, np.inf, "8", [[1], [2, 3]], object, 1j]
TAKEN_WITHOUT_A_RULE = {"random_state": "cannot seed a random generator"}      # told by check_random_state
CASES = [(kind, name) for kind in (*THEIRS, CNNClassifier, CharRNN) for name in kind().get_params()
         if name not in kind._no_effect or type(kind._no_effect[name]).__name__ == "Only"]


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "name"), CASES, ids=lambda it: it if isinstance(it, str) else it.__name__)
def test_a_natural_mistake_is_taken_or_told_with_the_parameters_name(kind, name):
    for value in MISTAKES:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                fit(kind, **{name: value})
        except (ValueError, TypeError) as error:
            words = TAKEN_WITHOUT_A_RULE.get(name, f"'{name}'")
            assert words in str(error) or name in str(error), f"{name}={value!r}: {error!r}"


@BRIEF
@pytest.mark.parametrize(("kind", "parameters"), [
    (CNNClassifier, {"filters": 4}), (CNNClassifier, {"hidden_layer_sizes": 8}),
    (MLPClassifier, {"hidden_layer_sizes": 8}),
    (CNNClassifier, {"filters": np.array([4])}), (MLPRegressor, {"hidden_layer_sizes": [3, 2]}),
])
def test_one_number_where_several_may_be_is_taken(kind, parameters):
    fit(kind, **parameters)


@pytest.mark.parametrize(("kind", "name", "value", "expected"), [
    (MLPClassifier, "batch_size", 16.0, "'auto' or an int >= 1"), (CNNClassifier, "batch_size", 16.0, "an int >= 1"),
    *((kind, "max_iter", None, "an int >= 1") for kind in (MLPClassifier, CNNClassifier, CharRNN, LogisticRegression,
                                                           LinearRegression)),
    *((kind, "learning_rate", [0.1], "one of 'constant'") for kind in (MLPClassifier, CNNClassifier, CharRNN)),
    *((kind, "learning_rate", [0.1], "'auto' or a float") for kind in (LogisticRegression, LinearRegression)),
    (GaussianNB, "priors", "half", "None or numbers"), (LogisticRegression, "class_weight", 2, "'balanced'"),
])
def test_a_wrong_kind_is_told_with_what_was_expected_and_what_came(kind, name, value, expected):
    with pytest.raises(ParameterError) as told:
        fit(kind, **{name: value})
    assert f"The {name!r} parameter of {kind.__name__} must be" in str(told.value) and expected in str(told.value)
    assert f"Got {value!r} instead." in str(told.value)

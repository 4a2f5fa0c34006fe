"""Every model on input that is odd: the right answer, or a refusal in words."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import is_classifier
from traced_memory import traced_memory

from ai_from_scratch.estimator import DataConversionWarning
from Basic_Neural_Network_From_Scratch import MLPClassifier, MLPRegressor
from CNN_From_Scratch import CNNClassifier
from KNN_From_Scratch import KNeighborsClassifier, KNeighborsRegressor
from Linear_Regression_From_Scratch import LinearRegression, Ridge
from Logistic_Regression_From_Scratch import LogisticRegression
from Naive_Bayes_From_Scratch import GaussianNB

MODELS: dict[str, Any] = {
    "linear": LinearRegression, "linear, walked": lambda: LinearRegression("gradient_descent", max_iter=20_000),
    "ridge": Ridge, "logistic": lambda: LogisticRegression(C=np.inf, max_iter=1000), "bayes": GaussianNB,
    "knn": KNeighborsClassifier, "knn, numbers": KNeighborsRegressor,
    "mlp": lambda: MLPClassifier((4,), max_iter=3, tol=0.0, random_state=0),
    "mlp, numbers": lambda: MLPRegressor((4,), max_iter=3, tol=0.0, random_state=0),
    "cnn": lambda: CNNClassifier((2,), 3, hidden_layer_sizes=(), max_iter=1, random_state=0),
}
EACH = pytest.mark.parametrize("name", MODELS)
WEIGHTED = pytest.mark.parametrize("name", [name for name in MODELS if "knn" not in name and name != "cnn"])
ADD_UP_SQUARES = pytest.mark.parametrize("name", [
    "linear", "linear, walked", "ridge", "logistic", "mlp", "mlp, numbers"])
X = np.random.default_rng(0).normal(size=(40, 36))
X[:, :4] += 2 * (np.arange(40) % 2)[:, None]
SMALL = X[:, :4]


def target(name, n=40):
    return np.arange(n) % 2 if is_classifier(MODELS[name]()) else X[:n] @ np.linspace(-1, 1, 36)


def data(name):
    return (X if name == "cnn" else SMALL), target(name)


@ADD_UP_SQUARES
@pytest.mark.parametrize("factor", [1e200, 1e-200])
def test_columns_whose_squares_are_no_numbers_are_refused_where_they_are_added_up(name, factor):
    scaled = SMALL * np.array([1, factor, 1, 1])
    with pytest.raises(ValueError, match=r"column 1 of X holds values of .*, whose squares (overflow|vanish)"):
        MODELS[name]().fit(scaled, target(name))
    model = MODELS[name]()
    if hasattr(model, "partial_fit"):
        more = {"classes": [0, 1]} if is_classifier(model) else {}
        with pytest.raises(ValueError, match="column 1 of X"):
            model.partial_fit(scaled, target(name), **more)
        if factor < 1 and hasattr(model, "fit_from") and not is_classifier(model):
            return                                     # sums over both blocks: the column varies in the first
        with pytest.raises(ValueError, match="column 1 of X"):
            MODELS[name]().partial_fit(SMALL, target(name), **more).partial_fit(scaled, target(name))


@pytest.mark.parametrize("name", ["linear", "linear, walked", "ridge", "mlp, numbers"])
@pytest.mark.parametrize("factor", [1e200, 1e-200])
def test_targets_whose_squares_are_no_numbers_are_refused(name, factor):
    with pytest.raises(ValueError, match=r"y holds values of .*, whose squares"):
        MODELS[name]().fit(SMALL, target(name) * factor)


@pytest.mark.parametrize("name", ["bayes", "knn", "knn, numbers"])
@pytest.mark.parametrize("factor", [1e100, 1e-100])
def test_other_models_do_not_mind_the_unit(name, factor):
    plain = MODELS[name]().fit(SMALL, target(name)).predict(SMALL)
    np.testing.assert_array_equal(MODELS[name]().fit(SMALL * factor, target(name)).predict(SMALL * factor), plain)


@WEIGHTED
def test_a_sample_of_weight_0_is_left_out_whatever_it_holds(name):
    close = 1e-3 if name == "linear, walked" else 1e-8      # its learning rate comes from the curvature of all rows
    y, weight = target(name), np.tile([1.0, 0.5, 2.0, 1.0], 10)
    odd, extra = 1e6 * np.ones((3, 4)), np.zeros(3)
    labels = np.array([0, 1, 0]) if is_classifier(MODELS[name]()) else np.array([1e9, -1e9, 0])
    plain = MODELS[name]().fit(SMALL, y, weight).predict(SMALL)
    other = MODELS[name]().fit(np.concatenate([SMALL, odd]), np.append(y, labels), np.append(weight, extra))
    np.testing.assert_allclose(other.predict(SMALL), plain, rtol=close, atol=close)


@EACH
def test_what_is_missing_or_hidden_is_refused(name):
    A, y = data(name)
    tables = [np.where(np.arange(A.size).reshape(A.shape) == 5, np.nan, A), np.ma.masked_greater(A, 2),
              pd.DataFrame(A).astype("Float64").mask(A > 2), list(np.ma.masked_greater(A, 2)),
              np.ma.array(np.abs(A).astype(np.uint8), mask=A > 2)]
    for bad in tables:
        with pytest.raises(ValueError, match=r"Input X contains NaN|X is a masked array|X contains masked arrays"):
            MODELS[name]().fit(bad, y)
        with pytest.raises(ValueError, match=r"Input X contains NaN|X is a masked array|X contains masked arrays"):
            MODELS[name]().fit(A, y).predict(bad)
    as_objects = y.astype(object)
    as_objects[3] = np.nan
    for bad in (as_objects, np.ma.array(y, mask=np.arange(40) == 3), np.where(np.arange(40) == 3, np.nan, y)):
        with pytest.raises(ValueError, match=r"Input y contains NaN|y contains NaN|y is a masked array"):
            MODELS[name]().fit(A, bad)


@EACH
@pytest.mark.filterwarnings(f"ignore::{DataConversionWarning.__module__}.{DataConversionWarning.__name__}")
def test_lists_and_a_column_of_targets_are_the_same_data(name):
    A, y = data(name)
    plain = MODELS[name]().fit(A, y).predict(A)
    np.testing.assert_array_equal(MODELS[name]().fit(A.tolist(), y.tolist()).predict(A.tolist()), plain)
    np.testing.assert_array_equal(np.ravel(MODELS[name]().fit(A, y[:, None]).predict(A)), plain)


@EACH
def test_no_samples_are_refused(name):
    A, y = data(name)
    for bad in (A[:0], A[:0].tolist()):
        with pytest.raises(ValueError, match=r"minimum of 1 is required|Expected 2D array|Expected images"):
            MODELS[name]().fit(bad, y[:0])
        with pytest.raises(ValueError, match=r"minimum of 1 is required|Expected 2D array|Expected images"):
            MODELS[name]().fit(A, y).predict(bad)


@EACH
def test_the_score_of_impossible_targets_is_refused(name):
    A, y = data(name)
    model = MODELS[name]().fit(A, y)
    impossible = [y[:-1], np.append(y, 1), np.where(np.arange(40) == 2, np.nan, y), np.full(40, "a"), y.astype(complex)]
    for bad in impossible:
        with pytest.raises(ValueError, match=r"inconsistent|shape|NaN|not numbers|labels like|Complex|Unknown label"):
            model.score(A, bad)
    if is_classifier(model):
        assert model.score(A, y + 7) == 0                       # labels that it has never seen: no answer is right
        with pytest.raises(ValueError, match="Unknown label type: continuous"):
            model.score(A, y + 0.5)


def test_images_in_a_list_whose_pixels_are_masked_are_refused():
    images = np.random.default_rng(0).integers(0, 255, (20, 6, 6), dtype=np.uint8)
    hidden, y = np.ma.array(images, mask=np.arange(720).reshape(20, 6, 6) == 5), np.arange(20) % 2
    for bad in (hidden, list(hidden), [list(image) for image in hidden]):
        with pytest.raises(ValueError, match=r"masked array.* with 1 masked values"):
            MODELS["cnn"]().fit(bad, y)
    MODELS["cnn"]().fit(list(images), y)
    MODELS["cnn"]().fit(list(np.ma.array(images)), y)           # masked arrays without a masked value


def test_images_in_other_units_than_those_learnt_from_are_told_when_learning_goes_on_too():
    images, y = (255 * np.random.default_rng(0).random((20, 6, 6))).astype(np.uint8), np.arange(20) % 2
    model = MODELS["cnn"]().fit(images, y)
    for ask in (lambda: model.predict(images / 255), lambda: model.partial_fit(images / 255, y)):
        with pytest.warns(UserWarning, match="Give images in the units of the training images"):
            ask()
    model.partial_fit(images, y)
    with pytest.raises(ValueError, match=r"For one image alone use image\[None\]"):
        model.predict(images[0])
    assert model.predict(images[0][None]).shape == (1,)


@pytest.mark.parametrize("name", [name for name in MODELS if name != "cnn"])
def test_a_wide_table_makes_no_matrix_with_a_number_for_each_pair_of_columns(name):
    """20,000 columns: 3 GB, and its eigenvalues take minutes in which no signal is obeyed."""
    rows, columns = 20, 1500
    wide = np.random.default_rng(0).normal(size=(rows, columns))
    answers = np.arange(rows) % 2 if is_classifier(MODELS[name]()) else wide[:, 0]
    model = MODELS[name]()
    if hasattr(model, "solver") and model.solver == "gradient_descent":
        model.set_params(tol=1e-4)
    with traced_memory() as peak:
        model.fit(wide, answers).predict(wide)
        assert peak() < columns**2 * wide.itemsize / 2

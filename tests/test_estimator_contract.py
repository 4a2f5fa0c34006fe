"""What scikit-learn's users do with an estimator besides fit and predict, for all six in one place.

`check_estimator` itself is run in each chapter's own tests, whole.
"""

import subprocess
import sys
from typing import Any

import joblib  # type: ignore[import-untyped]
import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import Linear_Regression_From_Scratch
from KNN_From_Scratch import KNeighborsClassifier, KNeighborsRegressor
from Linear_Regression_From_Scratch import LinearRegression
from Logistic_Regression_From_Scratch import LogisticRegression
from Naive_Bayes_From_Scratch import GaussianNB

Ridge = getattr(Linear_Regression_From_Scratch, "Ridge", None)
SIX: dict[Any, tuple[str, list[Any]]] = {
    LinearRegression: ("fit_intercept", [True, False]),
    **({Ridge: ("alpha", [0.1, 1e3])} if Ridge else {}),
    LogisticRegression: ("C", [1e-4, 1.0]),
    KNeighborsClassifier: ("n_neighbors", [1, 5]),
    KNeighborsRegressor: ("n_neighbors", [1, 5]),
    GaussianNB: ("var_smoothing", [1e-9, 1.0]),
}
RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 3)) * [1, 10, 0.1]
NUMBERS = X @ [1.0, 0.3, -20.0] + 4 + 0.1 * RNG.normal(size=90)
LABELS = np.array(["low", "middle", "high"])[np.digitize(NUMBERS, [2.5, 5.5])]
EACH = pytest.mark.parametrize("kind", SIX, ids=lambda kind: kind.__name__)


def target_of(kind) -> np.ndarray:
    return LABELS if is_classifier(kind()) else NUMBERS


@EACH
def test_a_pipeline_in_a_grid_search_chooses_as_its_own_cross_validation_does(kind):
    parameter, values = SIX[kind]
    pipeline, y = make_pipeline(StandardScaler(), kind()), target_of(kind)
    step = f"{kind.__name__.lower()}__{parameter}"
    search = GridSearchCV(pipeline, {step: values}, cv=3).fit(X, y)
    scores = [cross_val_score(clone(pipeline).set_params(**{step: value}), X, y, cv=3).mean() for value in values]
    assert search.best_params_ == {step: values[int(np.argmax(scores))]}
    assert search.best_score_ == pytest.approx(max(scores)) and search.best_score_ > 0.7


@EACH
def test_a_clone_is_unfitted_and_learns_the_same(kind):
    parameter, values = SIX[kind]
    model, y = kind(**{parameter: values[1]}).fit(X, target_of(kind)), target_of(kind)
    copy = clone(model)
    assert copy.get_params() == model.get_params() and not hasattr(copy, "n_features_in_")
    np.testing.assert_array_equal(copy.fit(X, y).predict(X), model.predict(X))


@pytest.mark.slow
def test_fits_and_fitted_models_travel_to_other_processes_and_back():
    models = [kind().fit(X, target_of(kind)) for kind in SIX]
    fitted = joblib.Parallel(n_jobs=2)(joblib.delayed(kind().fit)(X, target_of(kind)) for kind in SIX)
    predicted = joblib.Parallel(n_jobs=2)(joblib.delayed(model.predict)(X) for model in models)
    for here, back, there in zip(models, fitted, predicted, strict=True):
        np.testing.assert_array_equal(back.predict(X), here.predict(X))
        np.testing.assert_array_equal(there, here.predict(X))
    for kind in (LinearRegression, GaussianNB):
        alone, together = (cross_val_score(kind(), X, target_of(kind), cv=3, n_jobs=jobs) for jobs in (1, 2))
        np.testing.assert_array_equal(alone, together)


def test_none_of_them_loads_scikit_learn_or_another_framework(root):
    program = """
import sys
import numpy as np
from KNN_From_Scratch import KNeighborsClassifier, KNeighborsRegressor
import Linear_Regression_From_Scratch as linear
from Linear_Regression_From_Scratch import LinearRegression
from Logistic_Regression_From_Scratch import LogisticRegression
from Naive_Bayes_From_Scratch import GaussianNB

X = np.arange(40.0).reshape(20, 2) % 7
y = np.arange(20) % 3
for model in (LinearRegression(), LinearRegression(solver="gradient_descent"),
              *([linear.Ridge()] if hasattr(linear, "Ridge") else []), KNeighborsRegressor(),
              KNeighborsClassifier(), LogisticRegression(), LogisticRegression(solver="newton-cholesky"), GaussianNB()):
    model.fit(X, y).score(X, y)
    repr(model), model.get_params()
    if hasattr(model, "predict_proba"):
        model.predict_proba(X)
loaded = {name.partition(".")[0] for name in sys.modules}
assert not loaded & {"sklearn", "scipy", "pandas", "torch", "tensorflow", "matplotlib"}, loaded
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

"""Metadata routing: sample_weight goes through scikit-learn's pipelines and searches where it is requested."""

from collections.abc import Iterator

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.linear_model import LogisticRegression as Peer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from Basic_Neural_Network_From_Scratch import MLPClassifier
from KNN_From_Scratch import KNeighborsClassifier
from Linear_Regression_From_Scratch import LinearRegression
from Logistic_Regression_From_Scratch import LogisticRegression
from Naive_Bayes_From_Scratch import GaussianNB

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3))
y = (X[:, 0] + RNG.normal(size=60) > 0).astype(int)
WEIGHT = np.where(X[:, 1] > 0, 5.0, 0.1)


@pytest.fixture(autouse=True)
def routing_enabled() -> Iterator[None]:
    with sklearn.config_context(enable_metadata_routing=True):
        yield


@pytest.mark.filterwarnings("ignore:max_iter=")
@pytest.mark.parametrize("model", [LogisticRegression(), GaussianNB(), LinearRegression(),
                                   MLPClassifier((3,), max_iter=3, random_state=0)])
def test_a_pipeline_hands_requested_weights_on(model):
    def fitted(model, **weights):
        return make_pipeline(StandardScaler().set_fit_request(sample_weight=False), model).fit(X, y, **weights)

    asked = fitted(clone(model).set_fit_request(sample_weight=True), sample_weight=WEIGHT)
    expected = clone(model).fit(StandardScaler().fit_transform(X), y, sample_weight=WEIGHT)
    np.testing.assert_array_equal(asked.predict(X), expected.predict(asked[0].transform(X)))
    with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
        fitted(clone(model), sample_weight=WEIGHT)


def test_a_search_fits_and_scores_with_the_requested_weights_of_its_parts():
    model = LogisticRegression().set_fit_request(sample_weight=True).set_score_request(sample_weight="weight")
    grid = {"C": [0.01, 1.0]}
    ours = GridSearchCV(model, grid).fit(X, y, sample_weight=WEIGHT, weight=np.ones(60))
    theirs = Peer(solver="newton-cholesky")     # SciPy's L-BFGS warns of itself at the lowest versions
    theirs.set_fit_request(sample_weight=True).set_score_request(sample_weight="weight")
    peer = GridSearchCV(theirs, grid)
    peer.fit(X, y, sample_weight=WEIGHT, weight=np.ones(60))
    np.testing.assert_array_equal(ours.cv_results_["mean_test_score"], peer.cv_results_["mean_test_score"])


def test_a_request_is_cloned_and_is_no_part_of_a_saved_model(tmp_path):
    model = LogisticRegression().set_fit_request(sample_weight=True)
    for each in (model, clone(model)):
        assert each.get_metadata_routing().fit.requests == {"sample_weight": True}
    assert LogisticRegression().get_metadata_routing().fit.requests == {"sample_weight": None}
    model.fit(X, y).save(tmp_path / "model.safetensors")
    assert (LogisticRegression.load(tmp_path / "model.safetensors").predict(X) == model.predict(X)).all()


def test_what_a_method_does_not_take_cannot_be_requested():
    with pytest.raises(TypeError, match=r"KNeighborsClassifier\.fit has no argument 'sample_weight' to request"):
        KNeighborsClassifier().set_fit_request(sample_weight=True)
    with pytest.raises(TypeError, match=r"LogisticRegression\.partial_fit has no argument 'sample_weight'"):
        LogisticRegression().set_partial_fit_request(sample_weight=True)
    assert GaussianNB().set_partial_fit_request(sample_weight=True, classes=True)
    with (sklearn.config_context(enable_metadata_routing=False),
          pytest.raises(RuntimeError, match=r"sklearn\.set_config\(enable_metadata_routing=True\)")):
        LogisticRegression().set_fit_request(sample_weight=True)

"""MLPClassifier and MLPRegressor at their limits: zero weights, degenerate inputs, and mistakes that are answered."""


import numpy as np
import pytest
from sklearn.datasets import make_moons

from ai_from_scratch.estimator import DivergenceError, NotFittedError
from Basic_Neural_Network_From_Scratch import MLPClassifier, MLPRegressor

XOR = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])


def moons(n):
    return make_moons(n, noise=0.15, random_state=0)


def test_weights_of_zero_leave_samples_out():
    X, y = moons(100)
    wrong = y.copy()
    wrong[50:] = 1 - wrong[50:]
    weight = (np.arange(100) < 50).astype(float)
    model = MLPClassifier((16,), "tanh", learning_rate_init=0.05, max_iter=100, random_state=0)
    assert model.fit(X, wrong, weight).score(X, y) > 0.9
    assert model.fit(X, wrong).score(X, y) < 0.8


def test_degenerate_inputs_are_survived():
    X = np.array([[1e8, 0.0, 5.0], [1e8 + 1, 0.0, 5.0], [1e8, 1e-300, 5.0]])
    alone = MLPClassifier((3,), max_iter=2, random_state=0).fit(X, ["only", "only", "only"])
    assert alone.predict(X).tolist() == ["only"] * 3
    assert np.allclose(alone.predict_proba(X), 1)
    single = MLPClassifier((3,), max_iter=2, random_state=0).fit(X, [0, 1, 2])      # one sample of each class
    assert np.allclose(single.predict_proba(X).sum(axis=1), 1)
    wide = MLPClassifier((3,), max_iter=2, random_state=0).fit(np.eye(3, 50), [0, 1, 1])
    assert wide.n_features_in_ == 50
    logits = MLPClassifier((), max_iter=1, random_state=0).fit(XOR, [0, 1, 1, 0])
    logits.coefs_[0][...] = 1000
    p = logits.predict_proba(XOR - 0.5)
    assert np.isfinite(p).all() and np.allclose(p.sum(axis=1), 1)


def test_mistakes_are_answered_with_what_was_expected():
    X, y = moons(20)
    with pytest.raises(NotFittedError):
        MLPClassifier().predict(X)
    for settings, words in (
        (dict(activation="swish"), "one of 'relu', 'tanh', 'logistic', 'identity'. Got 'swish'"),
        (dict(solver="lbfgs"), "'adam' or 'sgd'. Got 'lbfgs'"),
        (dict(learning_rate="adaptive"), "one of 'constant', 'step', 'cosine', 'one-cycle'. Got 'adaptive'"),
        (dict(hidden_layer_sizes=(5, 0)), "integers > 0"),
        (dict(learning_rate_init=-1), "a float > 0. Got -1"),
        (dict(batch_size=0), "'auto' or an int > 0"),
        (dict(early_stopping=True, validation_fraction=0.99), "leaves none to train on"),
    ):
        with pytest.raises(ValueError, match=words):
            MLPClassifier(**settings).fit(X, y)
    with pytest.raises(DivergenceError, match="learning rate was 1e\\+10"):
        MLPRegressor((5,), solver="sgd", learning_rate_init=1e10, max_iter=100, random_state=0).fit(X, 100.0 * y)

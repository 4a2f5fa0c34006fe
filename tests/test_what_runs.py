"""What runs with default settings is what one reads: the plain code, none of its faster twins."""

import os
import sys
from collections import defaultdict

import numpy as np
import pytest
from conftest import ROOT

BRIEF = pytest.mark.filterwarnings("ignore:Stopped too early", "ignore:max_iter=")     # few steps, on purpose

rng = np.random.default_rng(0)
X = np.concatenate([rng.normal(-1, 1, (60, 2)), rng.normal(1, 1, (60, 2))])
y = np.repeat([0, 1], 60)
images = rng.random((40, 28, 28)).astype(np.float32)
text = "To be, or not to be: that is the question.\n" * 60


def linear():
    from Linear_Regression_From_Scratch import LinearRegression

    LinearRegression().fit(X, X @ [2.0, 1.0] + 1).predict(X)


def logistic():
    from Logistic_Regression_From_Scratch import LogisticRegression

    LogisticRegression().fit(X, y).predict_proba(X)
    LogisticRegression().fit(X, np.arange(120) % 3).predict_proba(X)


def knn():
    from KNN_From_Scratch import KNeighborsClassifier

    KNeighborsClassifier().fit(X, y).predict(X)


def bayes():
    from Naive_Bayes_From_Scratch import GaussianNB

    GaussianNB().fit(X, y).predict_proba(X)


def network():
    from Basic_Neural_Network_From_Scratch import MLPClassifier

    MLPClassifier((8,), max_iter=3, random_state=0).fit(X, y).predict_proba(X)


def cnn():
    from CNN_From_Scratch import CNNClassifier

    CNNClassifier(filters=(4, 4), max_iter=1, random_state=0).fit(images, np.arange(40) % 3).predict_proba(images)


def rnn():
    from RNN_From_Scratch import CharRNN

    CharRNN(units=16, streams=4, chunk=16, max_iter=1, random_state=0).fit(text)


# The chapter, and code of its page that has to be among what ran, as file:function.
CHAPTERS = {
    linear: {f"Linear_Regression_From_Scratch/{name}"
             for name in ("normal_equation.py:normal_equation", "normal_equation.py:solve",
                          "linear_regression.py:LinearRegression.predict")},
    logistic: {f"Logistic_Regression_From_Scratch/{name}" for name in (
        "cross_entropy.py:cross_entropy", "cross_entropy.py:sigmoid", "cross_entropy.py:log_softmax",
        "logistic_regression.py:loss_and_gradient", "newton.py:newton", "newton.py:hessian",
        "line_search.py:line_search")},
    knn: {"KNN_From_Scratch/knn.py:BruteForce.query", "KNN_From_Scratch/knn.py:vote_weights",
          "KNN_From_Scratch/knn.py:class_shares", "KNN_From_Scratch/metrics.py:euclidean"},
    bayes: {f"Naive_Bayes_From_Scratch/naive_bayes.py:{name}"
            for name in ("class_moments", "log_densities", "GaussianNB.predict_log_proba")},
    network: {"Basic_Neural_Network_From_Scratch/layers.py:Dense.forward",
              "Basic_Neural_Network_From_Scratch/layers.py:Dense.backward",
              "Basic_Neural_Network_From_Scratch/layers.py:ReLU.backward",
              "Basic_Neural_Network_From_Scratch/losses.py:BinaryCrossEntropy.backward",
              "Basic_Neural_Network_From_Scratch/network.py:Sequential.backward",
              "Basic_Neural_Network_From_Scratch/optimizers.py:Adam.step",
              "Basic_Neural_Network_From_Scratch/training.py:take_step"},
    cnn: {"CNN_From_Scratch/convolution.py:Conv2D.forward", "CNN_From_Scratch/convolution.py:Conv2D.backward",
          "CNN_From_Scratch/pooling.py:MaxPool2D.forward", "CNN_From_Scratch/pooling.py:MaxPool2D.backward",
          "CNN_From_Scratch/windows.py:windows", "CNN_From_Scratch/windows.py:add_up",
          "CNN_From_Scratch/cnn.py:CNN.forward", "CNN_From_Scratch/cnn.py:CNN.backward",
          "CNN_From_Scratch/cnn.py:cnn_layers"},
    rnn: {f"RNN_From_Scratch/{name}" for name in (
        "text.py:streams", "rnn.py:Embedding.forward", "rnn.py:Embedding.backward", "rnn.py:Recurrence.forward",
        "rnn.py:Recurrence.backward", "cell.py:Cell._set_weight_gradient", "network.py:loss_and_gradient",
        "network.py:CharNetwork.forward", "network.py:CharNetwork.backward", "char_rnn.py:CharRNN._update")},
}


def functions_called(run) -> set[str]:
    """file:function for each of the project's functions that a call of `run` calls, the files from the root on."""
    run()                                    # once before: what runs at the import does not count
    called = defaultdict(set)

    def note(frame, event, _):
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(str(ROOT) + os.sep):
            called[os.path.relpath(code.co_filename, ROOT).replace(os.sep, "/")].add(code.co_qualname)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(before)
    return {f"{path}:{name}" for path, names in called.items() for name in names}


@BRIEF
@pytest.mark.parametrize("run", CHAPTERS, ids=lambda run: run.__name__)
def test_the_defaults_run_the_code_of_the_page_and_none_of_its_faster_twins(run):
    called = functions_called(run)
    assert not [name for name in called if "/fast/" in name]
    assert CHAPTERS[run] <= called, f"not run: {CHAPTERS[run] - called}"

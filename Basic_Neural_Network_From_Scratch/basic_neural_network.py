"""The basic neural network: linear layers with a bend between them, taught by back-propagation.

    hidden layers   h ← φ(h W + b), from h = X           φ: ReLU, tanh or the logistic function
    output          z = h W + b, then softmax (classes) or nothing (numbers)

The bend is the point: without φ any number of layers is one linear layer.
Derivation: documentation/basic_neural_network.md

    model = MLPClassifier((16, 16), "tanh", random_state=0).fit(X, y)
    model.predict(X), model.predict_proba(X), model.score(X, y)
"""

from collections.abc import Iterator
from typing import Any, Self

import numpy as np

from ai_from_scratch.estimator import Classifier, Progress, Regressor, check_sample_weight
from Basic_Neural_Network_From_Scratch.losses import BinaryCrossEntropy, Loss, MeanSquaredError, SoftmaxCrossEntropy
from Basic_Neural_Network_From_Scratch.perceptron import Perceptron


class MLPClassifier(Perceptron, Classifier):
    """Predicts labels of any kind; its loss is the cross-entropy.  Parameters: see Perceptron.

    Two classes share one logit (BinaryCrossEntropy), more have one each (SoftmaxCrossEntropy).
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train for max_iter epochs on X (n, d), y (n,); a sample of weight 2 counts twice in its batch's mean."""
        for _ in self.training(X, y, sample_weight):
            pass
        return self

    def training(self, X: Any, y: Any, sample_weight: Any = None) -> Iterator[Progress]:
        """The same, pausing after every mini-batch; predict works at each pause.  DivergenceError names what broke."""
        self._check_parameters()
        X, codes = self._check_fit(X, y)
        weight = None if sample_weight is None else check_sample_weight(sample_weight, X)
        self._start(X, self._outputs())
        yield from self._train(X, codes, self._loss(), weight, epochs=self.max_iter, planned=True)

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """One more pass, over these samples only; the first call names all classes.  Schedules do not apply."""
        self._check_parameters()
        if self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True: only fit sees all the data.")
        first = not self.__sklearn_is_fitted__()
        X, codes = self._check_partial_fit(X, y, classes)
        weight = None if sample_weight is None else check_sample_weight(sample_weight, X)
        if first:
            self._start(X, self._outputs())
        for _ in self._train(X, codes, self._loss(), weight, epochs=1, planned=False):
            pass
        return self

    def predict_proba(self, X: Any) -> np.ndarray:  # (n, d) -> (n, K)
        """Each class's probability, in the order of `classes_`; rows sum to 1."""
        X = self._check_predict(X)
        return self._loss().predict(self.network_.predict(X))

    def _outputs(self) -> int:
        return 1 if len(self.classes_) == 2 else len(self.classes_)

    def _loss(self) -> Loss:
        return BinaryCrossEntropy() if len(self.classes_) == 2 else SoftmaxCrossEntropy()

    def _held_out_score(self, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None) -> float:
        predicted = self._loss().predict(self.network_.predict(X)).argmax(axis=1)  # (n,)
        return float(np.average(predicted == y, weights=weight))


class MLPRegressor(Perceptron, Regressor):
    """Predicts real numbers, y (n,) or (n, t); its loss is the mean squared error.  Parameters: see Perceptron.

    The output has no bend, so scale targets to about −1 … 1: the first steps are then of the right size.
    """

    _multi_output = True

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train for max_iter epochs on X (n, d), y (n,) or (n, t)."""
        for _ in self.training(X, y, sample_weight):
            pass
        return self

    def training(self, X: Any, y: Any, sample_weight: Any = None) -> Iterator[Progress]:
        """The same, pausing after every mini-batch; predict works at each pause.  DivergenceError names what broke."""
        self._check_parameters()
        X, y = self._check_fit(X, y)
        weight = None if sample_weight is None else check_sample_weight(sample_weight, X)
        self._target_shape = y.shape[1:]
        self._start(X, y.shape[1] if y.ndim == 2 else 1)
        Y = y.reshape(len(y), -1)                               # (n, t)
        yield from self._train(X, Y, MeanSquaredError(), weight, epochs=self.max_iter, planned=True)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """One more pass, over these samples only; every y has as many targets as the first.  No schedule applies."""
        self._check_parameters()
        if self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True: only fit sees all the data.")
        first = not self.__sklearn_is_fitted__()
        if not first:
            self._check_predict(X)                              # the same features as before?
        X, y = self._check_fit(X, y)
        weight = None if sample_weight is None else check_sample_weight(sample_weight, X)
        if first:
            self._target_shape = y.shape[1:]
            self._start(X, y.shape[1] if y.ndim == 2 else 1)
        elif y.shape[1:] != self._target_shape:
            raise ValueError(f"y had shape {('n', *self._target_shape)} in the first call, now {y.shape}.")
        Y = y.reshape(len(y), -1).astype(self.network_.dtype, copy=False)                  # (n, t)
        for _ in self._train(X, Y, MeanSquaredError(), weight, epochs=1, planned=False):
            pass
        return self

    def predict(self, X: Any) -> np.ndarray:  # (n, d) -> (n,) or (n, t)
        X = self._check_predict(X)
        return self.network_.predict(X).reshape(len(X), *self._target_shape)

    def _held_out_score(self, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None) -> float:
        error = np.average((self.network_.predict(X) - y) ** 2, axis=0, weights=weight)    # (t,)
        spread = np.average((y - np.average(y, axis=0, weights=weight)) ** 2, axis=0, weights=weight)
        return float(np.mean(1 - error / np.where(spread > 0, spread, 1)))                 # R²

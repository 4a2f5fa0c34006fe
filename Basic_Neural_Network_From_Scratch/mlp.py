"""MLPClassifier and MLPRegressor: networks of dense layers with scikit-learn's parameter names.

    X (n, d) → Dense → activation → … → Dense → logits → softmax (classes) or nothing (numbers)

    MLPClassifier((16, 16), "tanh", random_state=0).fit(X, y).predict_proba(X)
"""

from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, ClassVar, Self

import numpy as np

from ai_from_scratch.estimator import Classifier, Estimator, Progress, Regressor, train_and_diagnose
from ai_from_scratch.estimator.checks import check_random_state, check_sample_weight, finite_outputs
from ai_from_scratch.estimator.rules import Only, below_one, boolean, non_negative, one_of, positive, real, sizes, whole
from Basic_Neural_Network_From_Scratch.early_stopping import EarlyStopping, hold_back
from Basic_Neural_Network_From_Scratch.layers import Dense, Layer, ReLU, Sigmoid, Tanh
from Basic_Neural_Network_From_Scratch.losses import BinaryCrossEntropy, MeanSquaredError, SoftmaxCrossEntropy
from Basic_Neural_Network_From_Scratch.network import Sequential
from Basic_Neural_Network_From_Scratch.optimizers import SGD, Adam
from Basic_Neural_Network_From_Scratch.schedules import SCHEDULES
from Basic_Neural_Network_From_Scratch.training import train_epochs

ACTIVATIONS: dict[str, type[Layer] | None] = {"relu": ReLU, "tanh": Tanh, "logistic": Sigmoid, "identity": None}


@dataclass(eq=False, repr=False)
class MultilayerPerceptron(Estimator):
    """The common part of the classifier and the regressor: their parameters, and their training."""

    hidden_layer_sizes: Any = (100,)        # units of each hidden layer: (256, 128), 8 for one layer, () for none
    activation: str = "relu"                # "relu", "tanh", "logistic" or "identity"
    _: KW_ONLY
    solver: str = "adam"                    # "adam" (beta_1, beta_2, epsilon) or "sgd" (momentum, nesterovs_momentum)
    alpha: float = 1e-4                     # penalty α/(2N) · Σ w², without biases; regressor: twice scikit-learn's
    batch_size: Any = "auto"                # samples of a mini-batch; "auto" is 200, or all where there are fewer
    learning_rate: str = "constant"         # how learning_rate_init changes: or "step", "cosine", "one-cycle"
    learning_rate_init: float = 1e-3
    max_iter: int = 200                     # epochs: passes over the data
    shuffle: bool = True                    # each epoch in a new random order
    random_state: Any = None                # an integer: each fit, with as many threads, gives the same bits
    tol: float = 1e-4                       # fit stops when the loss, or with early_stopping the held-out score, has
    n_iter_no_change: int = 10              # not improved by tol for more than so many epochs (other learning_rates
    early_stopping: bool = False            # than "constant" plan their end, and only early_stopping cuts it short)
    validation_fraction: float = 0.1        # of the samples, held out by early_stopping, which keeps the best weights
    warm_start: bool = False                # fit continues from the weights of the last fit
    momentum: float = 0.9
    nesterovs_momentum: bool = True
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    engine: str = "auto"                    # there is only one: engine_ is always "plain"
    network_: Sequential = field(init=False)
    loss_curve_: list[float] = field(init=False)            # the mean objective of each epoch
    validation_scores_: list[float] = field(init=False)     # with early_stopping: the held-out score after each epoch
    n_iter_: int = field(init=False)                        # epochs begun
    _loss: ClassVar[Any]                                    # a class of losses
    _outputs: Any = field(init=False)                       # outputs of the last layer for each sample
    _target_shape: tuple[int, ...] = field(init=False)      # of a regressor: () or (O,)
    _check_targets: ClassVar[Any]   # (X, y, classes, keep earlier classes) -> X (n, d), y in the form for the loss
    _optimizer: Any = field(init=False)                     # made again after load
    _rebuilt, _adds_up_squares, _needed = ("_optimizer",), True, "n_features_in_ _rng n_iter_ loss_curve_"
    _no_effect: ClassVar = {"verbose": False, "power_t": 0.5, "max_fun": 15_000}    # see Parameters

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train for max_iter epochs on X (n, d), y (n,); a sample of weight 2 counts twice in its batch's mean."""
        tol = self.tol if str(self.learning_rate) == "constant" else 0.0
        train_and_diagnose(self, X, y, sample_weight, tol=tol)  # all steps of `training`; diagnosis_ explains a failure
        return self

    def training(self, X: Any, y: Any, sample_weight: Any = None) -> Iterator[Progress]:
        """As `fit`, but it pauses after every mini-batch; predict works at each pause.  May raise DivergenceError."""
        with self._unchanged_if_refused():
            samples = self._prepare(X, y, sample_weight)
            plan: dict[str, Any] = dict(epochs=self.max_iter, schedule=SCHEDULES[self.learning_rate])
            if self.early_stopping:
                held_out, rest = hold_back(len(samples[0]), self.validation_fraction, self._rng)
                test, samples = [array[held_out] for array in samples], [array[rest] for array in samples]
                plan |= dict(
                    early=EarlyStopping(self.network_, self.tol, self.n_iter_no_change),
                    validation_score=lambda: self._loss().score(self.network_.predict(test[0]), *test[1:]))
            elif self.learning_rate == "constant":              # the other schedules need all max_iter epochs
                plan |= dict(tol=self.tol, patience=self.n_iter_no_change)
        yield from self._train(*samples, **plan)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """One more epoch over these samples, without a schedule.  A classifier's first call names all classes."""
        with self._unchanged_if_refused():
            if self.early_stopping:
                raise ValueError("partial_fit does not support early_stopping=True: only fit sees all the data.")
            samples = self._prepare(X, y, sample_weight, classes, partial=True)
        for _ in self._train(*samples, epochs=1):
            pass
        return self

    def _prepare(self, X: Any, y: Any, weight: Any, classes: Any = None, partial: bool = False) -> list[np.ndarray]:
        """Checks everything, and makes what does not exist yet.  Returns X (n, d), y and, where given, weights (n,)."""
        self._check_rules(
            learning_rate_init=positive, hidden_layer_sizes=sizes(1), solver=one_of("adam", "sgd"), alpha=non_negative,
            batch_size=one_of("auto") | whole(1), learning_rate=one_of(*SCHEDULES, number="learning_rate_init"),
            activation=one_of(*ACTIVATIONS), max_iter=whole(1), shuffle=boolean, tol=non_negative, warm_start=boolean,
            momentum=real(0, 1), nesterovs_momentum=boolean, validation_fraction=real(0, 1, open_at="both"),
            early_stopping=boolean, epsilon=positive, beta_1=below_one, beta_2=below_one, n_iter_no_change=whole(1))
        goes_on = (partial or self.warm_start) and self.__sklearn_is_fitted__()
        samples = list(self._check_targets(X, y, classes, partial or goes_on))
        if weight is not None:
            samples.append(check_sample_weight(weight, samples[0]))
            samples = [array[samples[2] > 0] for array in samples]      # samples of weight 0 are left out
        self._remember_units(samples[0], goes_on)
        if not (partial and goes_on):
            self._choose_engine()
            self._rng, self.n_iter_, self._optimizer = check_random_state(self.random_state), 0, None
        if not goes_on:
            self.loss_curve_, self.validation_scores_ = [], []
            self._rebuild({"X": samples[0]})
        return samples

    def _rebuild(self, arrays: Any) -> None:
        """Makes an untrained network of the dtype of these arrays."""
        activation, layers, self._optimizer = ACTIVATIONS[self.activation], list[Layer](), None
        for units in np.atleast_1d(self.hidden_layer_sizes).astype(int).tolist():
            layers += [Dense(units, "he" if activation is ReLU else "glorot"), *(phi() for phi in [activation] if phi)]
        layers.append(Dense(self._outputs, "glorot"))
        self.network_ = Sequential(layers).build((self.n_features_in_,), self._rng, next(iter(arrays.values())).dtype)

    def _train(self, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None = None, **plan: Any) -> Iterator[Progress]:
        """Trains the present network, and keeps the record."""
        begun, size = self.n_iter_, 200 if self.batch_size == "auto" else self.batch_size
        self._optimizer = self._optimizer or (
            Adam(beta1=self.beta_1, beta2=self.beta_2, epsilon=self.epsilon) if self.solver == "adam" else
            SGD(momentum=self.momentum, nesterov=self.nesterovs_momentum and self.momentum > 0))
        self._optimizer.learning_rate = self.learning_rate_init
        for progress in train_epochs(
                self.network_, self._loss(), self._optimizer, X, y, sample_weight=weight, batch_size=min(size, len(X)),
                rng=self._rng, alpha=self.alpha, shuffle=self.shuffle, loss_curve=self.loss_curve_, **plan):
            self.n_iter_ = begun + progress.epoch
            self.validation_scores_ += [score for name, score in progress.metrics.items() if name == "validation_score"]
            yield progress

    coefs_ = property(lambda self: [layer.W for layer in self.network_.layers if isinstance(layer, Dense)])
    intercepts_ = property(lambda self: [layer.b for layer in self.network_.layers if isinstance(layer, Dense)])
    best_validation_score_ = property(lambda self: max(self.validation_scores_, default=None))


class MLPClassifier(MultilayerPerceptron, Classifier):
    """Predicts labels of any kind.  The loss is the cross-entropy: one logit for two classes, else one each."""

    _loss = property(lambda self: BinaryCrossEntropy if len(self.classes_) == 2 else SoftmaxCrossEntropy)
    _outputs = property(lambda self: 1 if len(self.classes_) == 2 else len(self.classes_))

    def predict_proba(self, X: Any) -> np.ndarray:              # (n, d) -> (n, K)
        """Each class's probability, in the order of `classes_`; rows sum to 1."""
        X = self._check_predict(X)
        return self._loss().predict(finite_outputs(self.network_, X))

    def _check_targets(self, X: Any, y: Any, classes: Any, joins: bool) -> tuple[np.ndarray, np.ndarray]:
        return self._check_partial_fit(X, y, classes) if joins else self._check_fit(X, y)


class MLPRegressor(MultilayerPerceptron, Regressor):
    """Predicts real numbers, y (n,) or (n, O).  The loss is the mean squared error: scale targets to about −1 … 1."""

    _multi_output, _loss, _needed = True, MeanSquaredError, "_target_shape _outputs"
    _no_effect: ClassVar = {**MultilayerPerceptron._no_effect, "loss": Only("squared_error")}

    def predict(self, X: Any) -> np.ndarray:                    # (n, d) -> (n,) or (n, O)
        return finite_outputs(X=self._check_predict(X), network=self.network_).reshape(-1, *self._target_shape)

    def _check_targets(self, X: Any, y: Any, classes: Any, joins: bool) -> tuple[np.ndarray, np.ndarray]:
        if classes is not None:
            raise ValueError("A regressor has no classes.")
        if joins := joins and self.__sklearn_is_fitted__():
            self._check_predict(X)                              # the same features as before?
        X, y = self._check_fit(X, y)
        if joins and y.shape[1:] != self._target_shape:
            raise ValueError(f"y had shape {('n', *self._target_shape)} in the first call, now {y.shape}.")
        self._target_shape, self._outputs = y.shape[1:], y[0].size
        return X, y.reshape(len(y), -1)                         # (n, O)

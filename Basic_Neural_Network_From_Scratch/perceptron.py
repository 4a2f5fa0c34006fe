"""What the classifier and the regressor share: their parameters, the network they build, and the run of epochs.

    X (n, d) → Dense → activation → Dense → activation → … → Dense → logits
"""

from collections.abc import Iterator
from numbers import Integral, Real
from typing import Any

import numpy as np

from ai_from_scratch.estimator import Progress, check_random_state
from ai_from_scratch.estimator.base import Estimator
from Basic_Neural_Network_From_Scratch.early_stopping import EarlyStopping, hold_back
from Basic_Neural_Network_From_Scratch.layers import Dense, Layer, ReLU, Sigmoid, Tanh
from Basic_Neural_Network_From_Scratch.losses import Loss
from Basic_Neural_Network_From_Scratch.network import Sequential
from Basic_Neural_Network_From_Scratch.optimizers import SGD, Adam, Optimizer
from Basic_Neural_Network_From_Scratch.schedules import SCHEDULES, schedule_named
from Basic_Neural_Network_From_Scratch.training import train_network

ACTIVATIONS: dict[str, type[Layer] | None] = {"relu": ReLU, "tanh": Tanh, "logistic": Sigmoid, "identity": None}


class Perceptron(Estimator):
    """A multilayer perceptron under scikit-learn's parameter names.  Base of MLPClassifier and MLPRegressor.

    hidden_layer_sizes   units of each hidden layer: (100,), (256, 128), or () for none
    activation           "relu", "tanh", "logistic" or "identity"
    solver               "adam" (beta_1, beta_2, epsilon) or "sgd" (momentum, nesterovs_momentum)
    alpha                penalty α/(2N) · Σ w² on the weights of a batch of N; biases go free
    batch_size           samples of a mini-batch; "auto" is 200, or all where there are fewer
    learning_rate        how learning_rate_init changes: "constant", "step", "cosine" or "one-cycle"
    max_iter             epochs: passes over the data
    early_stopping       hold back validation_fraction of the samples, and keep the weights of the best epoch on them
    tol, n_iter_no_change   stop when the loss (with early_stopping: the held-out score) has not improved by tol for
                         more than this many epochs.  A schedule that plans its end is only cut short by early_stopping.
    random_state         an integer makes fit repeat itself bit for bit
    """

    network_: Sequential
    loss_curve_: list[float]         # the mean objective of each epoch
    validation_scores_: list[float]  # with early_stopping: the held-out score after each epoch
    n_iter_: int                     # epochs begun

    def __init__(
        self, hidden_layer_sizes: Any = (100,), activation: str = "relu", *, solver: str = "adam",
        alpha: float = 1e-4, batch_size: Any = "auto", learning_rate: str = "constant",
        learning_rate_init: float = 1e-3, max_iter: int = 200, random_state: Any = None, tol: float = 1e-4,
        momentum: float = 0.9, nesterovs_momentum: bool = True, early_stopping: bool = False,
        validation_fraction: float = 0.1, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-8,
        n_iter_no_change: int = 10,
    ) -> None:
        self.hidden_layer_sizes, self.activation, self.solver = hidden_layer_sizes, activation, solver
        self.alpha, self.batch_size, self.learning_rate = alpha, batch_size, learning_rate
        self.learning_rate_init, self.max_iter, self.random_state = learning_rate_init, max_iter, random_state
        self.tol, self.momentum, self.nesterovs_momentum = tol, momentum, nesterovs_momentum
        self.early_stopping, self.validation_fraction = early_stopping, validation_fraction
        self.beta_1, self.beta_2, self.epsilon, self.n_iter_no_change = beta_1, beta_2, epsilon, n_iter_no_change

    @property
    def coefs_(self) -> list[np.ndarray]:
        """The weights (I, O) of each Dense layer: views, so that they follow the training."""
        return [layer.W for layer in self.network_.layers if isinstance(layer, Dense)]

    @property
    def intercepts_(self) -> list[np.ndarray]:
        """The biases (O,) of each Dense layer."""
        return [layer.b for layer in self.network_.layers if isinstance(layer, Dense)]

    def _start(self, X: np.ndarray, outputs: int) -> None:
        """A new network, optimiser and random stream for samples like X (n, d), in X's dtype."""
        self._rng = check_random_state(self.random_state)
        layers: list[Layer] = []
        activation = ACTIVATIONS[self.activation]
        for units in np.atleast_1d(self.hidden_layer_sizes).astype(int):
            layers.append(Dense(int(units), "he" if activation is ReLU else "glorot"))
            layers += [activation()] if activation else []
        layers.append(Dense(outputs, "glorot"))
        self.network_ = Sequential(layers).build((X.shape[1],), self._rng, X.dtype)
        self._optimizer = self._make_optimizer()
        self.loss_curve_, self.validation_scores_, self.n_iter_ = [], [], 0

    def _make_optimizer(self) -> Optimizer:
        if self.solver == "adam":
            return Adam(self.learning_rate_init, self.beta_1, self.beta_2, self.epsilon)
        return SGD(self.learning_rate_init, self.momentum, self.nesterovs_momentum and self.momentum > 0)

    def _train(
        self, X: np.ndarray, y: np.ndarray, loss: Loss, weight: np.ndarray | None, *, epochs: int, planned: bool
    ) -> Iterator[Progress]:
        """Train the network that there is.  `planned`: with the schedule and the rules for stopping, as fit does."""
        held_out, kept = (hold_back(len(X), self.validation_fraction, self._rng) if planned and self.early_stopping
                          else (None, np.arange(len(X))))
        stopping = EarlyStopping(self.network_, self.tol, self.n_iter_no_change)
        may_stop = planned and (self.early_stopping or self.learning_rate == "constant")
        n, size = len(kept), self._size_of_batches(len(kept))
        per_epoch, sum_of_losses = -(-n // size), 0.0
        if held_out is not None:
            X, y, X_held_out, y_held_out = X[kept], y[kept], X[held_out], y[held_out]
            weight, weight_held_out = (None, None) if weight is None else (weight[kept], weight[held_out])
        self._optimizer.learning_rate = self.learning_rate_init
        for progress in train_network(
            self.network_, loss, self._optimizer, X, y, epochs=epochs, batch_size=size, rng=self._rng,
            alpha=self.alpha, sample_weight=weight,
            schedule=schedule_named(self.learning_rate if planned else "constant"),
        ):
            self.n_iter_ += (progress.step - 1) % per_epoch == 0
            sum_of_losses += progress.loss * (size if progress.step % per_epoch else n - (per_epoch - 1) * size)
            done = False
            if progress.step % per_epoch == 0:
                self.loss_curve_.append(sum_of_losses / n)
                sum_of_losses = 0.0
                if held_out is not None:
                    score = self._held_out_score(X_held_out, y_held_out, weight_held_out)
                    self.validation_scores_.append(score)
                    progress = progress._replace(metrics={**progress.metrics, "validation_score": score})
                done = stopping.reached(-self.loss_curve_[-1] if held_out is None else score) and may_stop
                if held_out is not None and (done or progress.step == progress.steps):
                    stopping.restore_best()              # before the yield: whoever watches has the final model now
            yield progress
            if done:
                return

    def _size_of_batches(self, n: int) -> int:
        return min(n, 200 if self.batch_size == "auto" else self.batch_size)

    def _held_out_score(self, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None) -> float:
        raise NotImplementedError

    def _check_parameters(self) -> None:
        def positive(value: Any, kind: type = Real) -> bool:
            return isinstance(value, kind) and bool(value > 0)  # type: ignore[operator]

        sizes = np.atleast_1d(np.asarray(self.hidden_layer_sizes, dtype=object))
        for name, valid, expected in (
            ("hidden_layer_sizes", sizes.ndim == 1 and all(positive(units, Integral) for units in sizes),
             "integers > 0, one for each hidden layer"),
            ("activation", self.activation in ACTIVATIONS, f"one of {', '.join(map(repr, ACTIVATIONS))}"),
            ("solver", self.solver in ("adam", "sgd"), "'adam' or 'sgd'"),
            ("learning_rate", self.learning_rate in SCHEDULES, f"one of {', '.join(map(repr, SCHEDULES))}"),
            ("learning_rate_init", positive(self.learning_rate_init), "a float > 0"),
            ("alpha", self.alpha == 0 or positive(self.alpha), "a float >= 0"),
            ("batch_size", self.batch_size == "auto" or positive(self.batch_size, Integral), "'auto' or an int > 0"),
            ("max_iter", positive(self.max_iter, Integral), "an int > 0"),
            ("validation_fraction", positive(self.validation_fraction) and self.validation_fraction < 1,
             "a float between 0 and 1"),
        ):
            if not valid:
                got = getattr(self, name)
                model = type(self).__name__
                raise ValueError(f"The {name!r} parameter of {model} must be {expected}. Got {got!r} instead.")

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "network_")

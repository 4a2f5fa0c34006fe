"""A convolutional neural network: windows find strokes, pooling keeps where roughly, dense layers decide.

    images (N, C, H, W) → [convolution → 2 × 2 maximum → ReLU] × … → flatten → [dense → ReLU] × … → logits → softmax

    model = CNNClassifier(random_state=0).fit(images, labels)       # any labels, images (N, H, W) of bytes or floats
    model.predict(images), model.predict_proba(images), model.score(images, labels)

N images   C channels   H × W pixels   K classes        Derivation: documentation/cnn.md
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Self

import numpy as np

from ai_from_scratch.estimator import Classifier, NotFittedError, Progress, check_random_state
from ai_from_scratch.estimator.checks import check_labels, check_lengths, label_codes, unique_labels
from Basic_Neural_Network_From_Scratch import (
    Adam,
    AdamW,
    Sequential,
    SoftmaxCrossEntropy,
    constant,
    schedule_named,
    train_network,
)
from Basic_Neural_Network_From_Scratch.early_stopping import EarlyStopping, hold_back
from CNN_From_Scratch.architecture import layers_for_images
from CNN_From_Scratch.distortion import random_distortion
from CNN_From_Scratch.images import Rescale, as_images, random_shift


class CNNClassifier(Classifier):
    """Tells images apart.

    filters              how many filters each convolution has; after each, 2 × 2 pixels are pooled and a ReLU follows.
                         ((16, 16), (32, 32)) has blocks of two convolutions, pooled once a block
    kernel_size          k of the k × k kernels, or (rows, columns)
    padding              the frame of zeros around each convolution's input: "valid", "same", a number of pixels, or two
    hidden_layer_sizes   units of the dense layers after them; () for none
    batch_norm           batch normalisation behind each convolution
    dropout              share of the numbers that training hides from each dense layer, 0 <= dropout < 1
    shift                in training, each image is moved at random by up to this many pixels
    distortion           … and turned, stretched, slanted and bent: 1 is up to 10°, a tenth, 0.15, about a pixel
    alpha                penalty α/(2N) · Σ w² on the weights of a batch of N; biases go free
    weight_decay         λ of AdamW: each step shrinks the weights by ηλ of themselves; 0 is Adam
    batch_size           images of a mini-batch
    learning_rate        how learning_rate_init, Adam's, changes: "one-cycle", "constant", "step" or "cosine"
    max_iter             epochs: passes over the data
    early_stopping       hold back validation_fraction of the images, and keep the weights of the best epoch on them;
                         stop when their score has not improved by tol for more than n_iter_no_change epochs
    random_state         an integer makes fit repeat itself bit for bit
    workers              processes that share each mini-batch; it pays where BLAS has one thread.  Not with batch_norm
    """

    network_: Sequential
    image_shape_: tuple[int, int, int]  # (C, H, W)
    loss_curve_: list[float]            # the mean objective of each finished epoch
    validation_scores_: list[float]     # with early_stopping: the accuracy on the images held back after each epoch
    n_iter_: int                        # epochs begun

    def __init__(
        self, filters: Any = (16, 32), kernel_size: Any = 5, *, padding: Any = "valid",
        hidden_layer_sizes: Any = (128,), batch_norm: bool = False, dropout: float = 0.0, shift: int = 0,
        distortion: float = 0.0, alpha: float = 0.0, weight_decay: float = 0.0,
        batch_size: int = 128, learning_rate: str = "one-cycle", learning_rate_init: float = 5e-3, max_iter: int = 10,
        random_state: Any = None, workers: int = 1, early_stopping: bool = False, validation_fraction: float = 0.1,
        tol: float = 1e-4, n_iter_no_change: int = 10,
    ) -> None:
        self.filters, self.kernel_size, self.padding = filters, kernel_size, padding
        self.hidden_layer_sizes, self.batch_norm, self.dropout = hidden_layer_sizes, batch_norm, dropout
        self.alpha, self.weight_decay = alpha, weight_decay
        self.shift, self.distortion = shift, distortion
        self.batch_size, self.learning_rate, self.learning_rate_init = batch_size, learning_rate, learning_rate_init
        self.max_iter, self.random_state, self.workers = max_iter, random_state, workers
        self.early_stopping, self.validation_fraction = early_stopping, validation_fraction
        self.tol, self.n_iter_no_change = tol, n_iter_no_change

    def fit(self, X: Any, y: Any) -> Self:
        """Train for max_iter epochs on images X (N, H, W), (N, C, H, W) or flat squares (N, d), labels y (N,)."""
        for _ in self.training(X, y):
            pass
        return self

    def training(self, X: Any, y: Any) -> Iterator[Progress]:
        """The same, pausing after every mini-batch; predict works at each pause."""
        images, labels = self._check_images(X, y)
        self.classes_, codes = unique_labels(labels)
        self._start(images)
        yield from (self._train_and_stop(images, codes) if self.early_stopping else
                    self._train(images, codes, self.max_iter, planned=True))

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> Self:
        """One more pass, over these images only; the first call names all classes.  The schedule does not apply."""
        if self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True: only fit sees all the data.")
        first = not self.__sklearn_is_fitted__()
        if first and classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit: a batch may lack some of them.")
        images, labels = self._check_images(X, y, None if first else self.image_shape_)
        if first:
            self.classes_, _ = unique_labels(check_labels(classes))
        codes = label_codes(labels, self.classes_)
        if first:
            self._start(images)
        for _ in self._train(images, codes, 1, planned=False):
            pass
        return self

    def decision_function(self, X: Any) -> np.ndarray:  # (N, C, H, W) -> (N, K)
        """The logits of each class, in the order of `classes_`."""
        self._check_fitted()
        return self.network_.predict(as_images(X, self.image_shape_), batch_size=128)

    def predict_proba(self, X: Any) -> np.ndarray:  # (N, C, H, W) -> (N, K)
        """Each class's probability, in the order of `classes_`; rows sum to 1."""
        return SoftmaxCrossEntropy().predict(self.decision_function(X))

    def state(self) -> tuple[dict[str, np.ndarray], dict[str, str]]:
        """What a file of weights holds: the network's arrays by name, and as text how to build it again."""
        self._check_fitted()
        about = {"parameters": self.get_params(), "image_shape": self.image_shape_, "classes": self.classes_.tolist(),
                 "dtype_of_classes": str(self.classes_.dtype)}
        return self.network_.named_arrays(), {name: json.dumps(value) for name, value in about.items()}

    @classmethod
    def from_state(cls, arrays: Mapping[str, np.ndarray], about: Mapping[str, str]) -> Self:
        """The classifier that `state` was taken from.  ValueError names what is missing or does not fit."""
        missing = {"parameters", "image_shape", "classes", "dtype_of_classes"} - set(about)
        if missing:
            raise ValueError(f"These are not a {cls.__name__}'s weights: {', '.join(sorted(missing))} missing.")
        model = cls(**json.loads(about["parameters"]))
        model.classes_ = np.array(json.loads(about["classes"]), dtype=json.loads(about["dtype_of_classes"]))
        model._start(np.zeros((1, *json.loads(about["image_shape"])), np.uint8))
        model.network_.load_arrays(arrays)
        return model

    def _start(self, images: np.ndarray) -> None:
        """A new network, optimiser and random stream for images like these, (N, C, H, W)."""
        self._rng = check_random_state(self.random_state)
        self.image_shape_ = tuple(images.shape[1:])
        self.n_features_in_ = int(np.prod(self.image_shape_))
        layers = layers_for_images(
            self.filters, self.kernel_size, self.padding, self.hidden_layer_sizes, len(self.classes_),
            batch_norm=self.batch_norm, dropout=self.dropout)
        self.network_ = Sequential(layers).build(self.image_shape_, self._rng, np.float32)
        self._set_scale(images)
        self._optimizer = (AdamW(self.learning_rate_init, weight_decay=self.weight_decay) if self.weight_decay
                           else Adam(self.learning_rate_init))
        self.loss_curve_, self.validation_scores_, self.n_iter_ = [], [], 0

    def _set_scale(self, images: np.ndarray) -> None:
        scale = self.network_.layers[0]
        assert isinstance(scale, Rescale), "the first layer"
        scale.set_from(images)

    def _train(self, images: np.ndarray, codes: np.ndarray, epochs: int, *, planned: bool) -> Iterator[Progress]:
        """Train the network that there is; `planned`: along the schedule, as fit does."""
        n, begun = len(images), self.n_iter_
        per_epoch, sum_of_losses = -(-n // self.batch_size), 0.0
        self._optimizer.learning_rate = self.learning_rate_init
        for progress in train_network(
            self.network_, SoftmaxCrossEntropy(), self._optimizer, images, codes, epochs=epochs,
            batch_size=self.batch_size, rng=self._rng, alpha=self.alpha,
            schedule=schedule_named(self.learning_rate) if planned else constant,
            augment=self._augment if self.shift or self.distortion else None, workers=self.workers,
        ):
            place = (progress.step - 1) % per_epoch                                 # of this batch in its epoch
            sum_of_losses += progress.loss * min(self.batch_size, n - place * self.batch_size)
            if place == per_epoch - 1:
                self.loss_curve_.append(sum_of_losses / n)
                sum_of_losses = 0.0
            self.n_iter_ = begun + progress.epoch
            yield progress

    def _train_and_stop(self, images: np.ndarray, codes: np.ndarray) -> Iterator[Progress]:
        """Train on a part of the images; the score on the others says when to stop and which weights to keep."""
        held_out, kept = hold_back(len(images), self.validation_fraction, self._rng)
        X, y = images[held_out], codes[held_out]
        self._set_scale(images[kept])
        stopping = EarlyStopping(self.network_, self.tol, self.n_iter_no_change)
        for progress in self._train(images[kept], codes[kept], self.max_iter, planned=True):
            done = False
            if progress.step % (progress.steps // self.max_iter) == 0:             # the last batch of an epoch
                score = float(np.mean(self.network_.predict(X, batch_size=128).argmax(axis=1) == y))
                self.validation_scores_.append(score)
                progress = progress._replace(metrics={**progress.metrics, "validation_score": score})
                done = stopping.reached(score)
                if done or progress.step == progress.steps:
                    stopping.restore_best()              # before the yield: whoever watches has the final model now
            yield progress
            if done:
                return

    def _augment(self, batch: np.ndarray, rng: np.random.Generator) -> np.ndarray:  # (N, C, H, W), and out
        """Altered copies of a batch's images: moved only, which is cheap, or distorted too."""
        if not self.distortion:
            return random_shift(batch, self.shift, rng)
        d = self.distortion
        return random_distortion(batch, rng, degrees=10 * d, stretch=0.1 * d, slant=0.15 * d, shift=self.shift, wave=d)

    def _check_fitted(self) -> None:
        if not self.__sklearn_is_fitted__():
            name = type(self).__name__
            raise NotFittedError(f"This {name} instance is not fitted yet. Call 'fit' with images and labels first.")

    def _check_images(self, X: Any, y: Any, shape: tuple[int, ...] | None = None) -> tuple[np.ndarray, np.ndarray]:
        """X as images (N, C, H, W), y as labels (N,); ValueError for parameters that make no sense."""
        for name, least in (("shift", 0), ("distortion", 0), ("batch_size", 1), ("max_iter", 1), ("alpha", 0),
                            ("weight_decay", 0), ("tol", 0), ("n_iter_no_change", 1), ("workers", 1)):
            if not getattr(self, name) >= least:
                raise ValueError(f"{name} must be at least {least}, got {getattr(self, name)!r}.")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout is the share that is hidden, 0 <= dropout < 1, got {self.dropout!r}.")
        if not 0 < self.validation_fraction < 1:
            raise ValueError(f"validation_fraction must be between 0 and 1, got {self.validation_fraction!r}.")
        if not self.learning_rate_init > 0:
            raise ValueError(f"learning_rate_init must be above 0, got {self.learning_rate_init!r}.")
        schedule_named(self.learning_rate)
        images = as_images(X, shape)
        self._require(y)
        labels = check_labels(y)
        check_lengths(images, labels)
        return images, labels

"""The classifier around the network of cnn.py: any images, any labels, mini-batches, early stopping, files of weights.

    model = CNNClassifier(random_state=0).fit(images, labels)       # images (N, H, W) of bytes or floats
    model.predict(images), model.predict_proba(images), model.score(images, labels)

N images   C channels   H × W pixels   K classes        documentation/cnn.md
"""

import math
from collections.abc import Iterator
from functools import partial
from typing import Any, Self

import numpy as np

from ai_from_scratch.estimator import Classifier, Progress, check_random_state, train_and_diagnose
from ai_from_scratch.estimator.checks import check_labels, check_lengths, finite_outputs, label_codes, unique_labels
from ai_from_scratch.estimator.images import as_images, warn_of_other_units
from ai_from_scratch.estimator.rules import boolean, non_negative, one_of, pair, positive, processes, real, sizes, whole
from Basic_Neural_Network_From_Scratch import SCHEDULES, Adam, AdamW, SoftmaxCrossEntropy
from Basic_Neural_Network_From_Scratch.early_stopping import EarlyStopping, hold_back
from Basic_Neural_Network_From_Scratch.training import train_epochs
from CNN_From_Scratch.cnn import CNN, cnn_layers
from CNN_From_Scratch.distortion import shift_or_distort

LARGEST_PLAIN_SIZE = math.inf       # largest number of training images for which engine="auto" is plain: no limit


class CNNClassifier(Classifier):
    """Predicts the class of an image.

    filters              filters of each convolution; after each one, 2 × 2 pixels are pooled and a ReLU follows.
                         ((16, 16), (32, 32)) makes blocks of two convolutions, with one pooling after each block
    kernel_size          k of the k × k kernels, or (rows, columns)
    padding              the frame of zeros around each convolution's input: "valid", "same", a number of pixels, or two
    hidden_layer_sizes   units of the dense layers after them; () for none
    batch_norm, dropout  normalise after each convolution; the share of each dense layer's inputs set to 0
    shift, distortion    in training, each image is moved by up to `shift` pixels at random; with distortion=1 also
                         turned by up to 10°, stretched by a tenth, slanted by 0.15 and bent by about a pixel
    alpha, weight_decay  penalty α/(2N) · Σ w² on a batch of N;  λ of AdamW.  Biases have none
    learning_rate        how learning_rate_init, Adam's, changes: "one-cycle", "constant", "step" or "cosine"
    max_iter, batch_size epochs, which are passes over the data; images of a mini-batch
    early_stopping       hold back validation_fraction of the images, and keep the weights of the best epoch on them;
                         stop when their score has not improved by tol for more than n_iter_no_change epochs
    random_state         an integer makes each fit give the same result, bit for bit (with as many threads)
    workers              processes that share each mini-batch; not with batch_norm
    engine               "fast" computes a square convolution and its pooling together; "auto" is always "plain"
    """

    _rebuilt, _needed = ("_rescale", "_optimizer"), "image_shape_"

    network_: CNN
    image_shape_: tuple[int, int, int]  # (C, H, W)
    loss_curve_: list[float]            # the mean objective of each finished epoch
    validation_scores_: list[float]  # with early_stopping: the accuracy after each epoch on held-out images
    n_iter_: int                        # epochs begun
    _rescale: Any                       # the first layer; its factor brings the images to a mean square of 1

    def __init__(
        self, filters: Any = (16, 32), kernel_size: Any = 5, *, padding: Any = "valid",
        hidden_layer_sizes: Any = (128,), batch_norm: bool = False, dropout: float = 0.0, shift: int = 0,
        distortion: float = 0.0, alpha: float = 0.0, weight_decay: float = 0.0,
        batch_size: int = 128, learning_rate: str = "one-cycle", learning_rate_init: float = 5e-3, max_iter: int = 10,
        random_state: Any = None, workers: int = 1, early_stopping: bool = False, validation_fraction: float = 0.1,
        tol: float = 1e-4, n_iter_no_change: int = 10, engine: str = "auto",
    ) -> None:
        self.filters, self.kernel_size, self.padding = filters, kernel_size, padding
        self.hidden_layer_sizes, self.batch_norm, self.dropout = hidden_layer_sizes, batch_norm, dropout
        self.shift, self.distortion, self.alpha, self.weight_decay = shift, distortion, alpha, weight_decay
        self.batch_size, self.learning_rate, self.learning_rate_init = batch_size, learning_rate, learning_rate_init
        self.max_iter, self.random_state, self.workers, self.engine = max_iter, random_state, workers, engine
        self.early_stopping, self.n_iter_no_change = early_stopping, n_iter_no_change
        self.validation_fraction, self.tol = validation_fraction, tol

    def fit(self, X: Any, y: Any) -> Self:
        """Train for max_iter epochs on images X (N, H, W), (N, C, H, W) or flat squares (N, d), labels y (N,)."""
        flat = self.early_stopping is True and str(self.learning_rate) == "constant"    # then tol may end the training
        train_and_diagnose(self, X, y, tol=self.tol if flat else 0.0)    # all steps of `training`; sets diagnosis_
        return self

    def training(self, X: Any, y: Any) -> Iterator[Progress]:
        """As `fit`, but it pauses after every mini-batch; predict works at each pause."""
        held_out: dict[str, Any] = {}
        with self._unchanged_if_refused():
            images, labels = self._check_images(X, y)
            self.classes_, codes = unique_labels(labels)
            self._start(images)
            if self.early_stopping:
                out, kept = hold_back(len(images), self.validation_fraction, self._rng)
                held_out = {"early": EarlyStopping(self.network_, self.tol, self.n_iter_no_change),
                            "validation_score": partial(accuracy, self.network_, images[out], codes[out])}
                images, codes = images[kept], codes[kept]
                self._rescale.set_from(images)
        yield from self._train(images, codes, self.max_iter, self.learning_rate, **held_out)

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> Self:
        """One more pass, over these images only; the first call names all classes.  No schedule is used."""
        first = not self.__sklearn_is_fitted__()
        with self._unchanged_if_refused():
            if self.early_stopping:
                raise ValueError("partial_fit does not support early_stopping=True: only fit sees all the data.")
            if first and classes is None:
                raise ValueError("classes must be passed on the first call to partial_fit: a batch may lack some.")
            images, labels = self._check_images(X, y, None if first else self.image_shape_)
            if first:
                self.classes_, _ = unique_labels(check_labels(classes))
            codes = label_codes(labels, self.classes_)
            if first:
                self._start(images)
            warn_of_other_units(images, 1 / float(self._rescale.factor[0]))
        for _ in self._train(images, codes, 1, "constant"):
            pass
        return self

    def decision_function(self, X: Any) -> np.ndarray:  # (N, C, H, W) -> (N, K)
        """The logits, one for each class, in the order of `classes_`."""
        self._check_fitted()
        images = as_images(X, self.image_shape_)
        warn_of_other_units(images, 1 / float(self._rescale.factor[0]))
        return finite_outputs(self.network_, images, batch_size=128)

    def predict_proba(self, X: Any) -> np.ndarray:  # (N, C, H, W) -> (N, K)
        """Each class's probability, in the order of `classes_`; rows sum to 1."""
        return SoftmaxCrossEntropy().predict(self.decision_function(X))

    def _rebuild(self, arrays: Any) -> None:
        self._start(np.zeros((1, *self.image_shape_), np.uint8))

    def _start(self, images: np.ndarray) -> None:
        """Makes a new network, optimiser and random generator for images of this shape, (N, C, H, W)."""
        self._rng = check_random_state(self.random_state)
        self.image_shape_ = tuple(images.shape[1:])
        self.n_features_in_ = int(np.prod(self.image_shape_))
        layers = cnn_layers(self.filters, self.kernel_size, self.padding, self.hidden_layer_sizes, len(self.classes_),
                            batch_norm=self.batch_norm, dropout=self.dropout)
        if self._choose_engine(len(images), LARGEST_PLAIN_SIZE):
            from CNN_From_Scratch.fast.convolution_pool import fuse

            layers, plain = fuse(layers), layers
            self.engine_ = "plain" if layers == plain else "fast"   # "fast" has no form for a kernel that is not square
        self.network_ = CNN(layers).build(self.image_shape_, self._rng, np.float32)
        self._rescale = layers[0]
        self._rescale.set_from(images)
        self._optimizer = AdamW(weight_decay=self.weight_decay) if self.weight_decay else Adam()
        self.loss_curve_, self.validation_scores_, self.n_iter_ = [], [], 0

    def _train(self, X: np.ndarray, y: np.ndarray, epochs: int, schedule: str, **held_out: Any) -> Iterator[Progress]:
        """Trains the present network on images X (N, C, H, W), codes y (N,)."""
        begun, alter = self.n_iter_, partial(shift_or_distort, shift=self.shift, distortion=self.distortion)
        self._optimizer.learning_rate = self.learning_rate_init
        for progress in train_epochs(
                self.network_, SoftmaxCrossEntropy(), self._optimizer, X, y, epochs=epochs,
                batch_size=self.batch_size, rng=self._rng, alpha=self.alpha, schedule=SCHEDULES[schedule],
                augment=alter if self.shift or self.distortion else None, workers=self.workers,
                loss_curve=self.loss_curve_, **held_out):
            self.n_iter_ = begun + progress.epoch
            if "validation_score" in progress.metrics:
                self.validation_scores_.append(progress.metrics["validation_score"])
            yield progress

    def _check_images(self, X: Any, y: Any, shape: tuple[int, ...] | None = None) -> tuple[np.ndarray, np.ndarray]:
        """X as images (N, C, H, W), y as labels (N,); ValueError for parameters that make no sense."""
        self._check_rules(
            filters=sizes(2), kernel_size=pair(1), padding=one_of("valid", "same") | pair(0, 1000), batch_norm=boolean,
            hidden_layer_sizes=sizes(1), dropout=real(0, 1, open_at="high"), alpha=non_negative,
            weight_decay=non_negative, shift=whole(0, 100), distortion=real(0, 100), batch_size=whole(1),
            learning_rate=one_of(*SCHEDULES, number="learning_rate_init"), learning_rate_init=positive,
            max_iter=whole(1), workers=processes, early_stopping=boolean, tol=non_negative, n_iter_no_change=whole(1),
            validation_fraction=real(0, 1, open_at="both"))
        if self.workers > 1 and self.batch_norm:
            raise ValueError("batch_norm takes means over the whole mini-batch, which several workers cut into parts: "
                             "set workers=1.")
        self._require(y)
        images, labels = as_images(X, shape), check_labels(y)
        check_lengths(images, labels)
        return images, labels


def accuracy(network: CNN, images: np.ndarray, codes: np.ndarray) -> float:  # (N, C, H, W), (N,)
    return float(np.mean(network.predict(images, batch_size=128).argmax(axis=1) == codes))

"""Chapter 4, live: bell curves form as flowers are added one by one; then thirteen measurements classify a wine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from ai_from_scratch.data import load_iris, load_mnist, load_wine
from ai_from_scratch.stage import paint
from ai_from_scratch.stage.demo import DataUse, Picture, Report, Settings
from Naive_Bayes_From_Scratch.demo.gaussians import (
    GrowingEllipses,
    curves_over_histograms,
    ellipses,
    full_log_densities,
    regions,
)
from Naive_Bayes_From_Scratch.demo.lessons import overconfidence, pixel_moments, underflow
from Naive_Bayes_From_Scratch.demo.wine import Accuracy, GrowingCurves, separating_features, waterfall
from Naive_Bayes_From_Scratch.naive_bayes import GaussianNB

PETALS = [2, 3]                    # the two features of iris: length and width of the petals


class FlowerFrame(NamedTuple):
    """The model after one more flower."""

    step: int
    steps: int
    metrics: dict[str, float]
    theta: np.ndarray              # (3, 2)
    var: np.ndarray                # (3, 2)
    counts: np.ndarray             # (3,) flowers of each class

    title: str = "iris, two features"
    hold: float = 0.1


class WineFrame(NamedTuple):
    """The model after one more wine."""

    step: int
    steps: int
    metrics: dict[str, float]
    theta: np.ndarray              # (3, 13)
    var: np.ndarray                # (3, 13)
    prior: np.ndarray              # (3,)

    title: str = "wine"
    hold: float = 0.06


class Demo:
    """Nothing is iterated: each sample is used once.  The frames show the samples one by one."""

    uses = frozenset({"set"})
    model_class = GaussianNB

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.iris, self.wine = load_iris(seed=settings.seed), load_wine(seed=settings.seed)
        self.X, self.y = self.iris.train.X[:, PETALS], self.iris.train.y          # (n, 2), (n,)
        self.flowers, self.model = GaussianNB(**settings.parameters), GaussianNB(**settings.parameters)
        self.seen = 0
        self.data = [DataUse(data.name, data.source, len(data.train.y), len(data.validation.y), len(data.test.y))
                     for data in (self.iris, self.wine)]

    def train(self) -> Iterator[FlowerFrame | WineFrame]:
        held_out = self.iris.validation
        for step in range(1, len(self.y) + 1):
            self.flowers.partial_fit(self.X[step - 1 : step], self.y[step - 1 : step], classes=np.arange(3))
            self.seen = step
            if step <= 30 or step % 3 == 0:
                accuracy = self.flowers.score(held_out.X[:, PETALS], held_out.y)
                yield FlowerFrame(step, len(self.y), {"validation accuracy": accuracy}, self.flowers.theta_.copy(),
                                  self.flowers.var_.copy(), self.flowers.class_count_.copy())
        train, validation = self.wine.train, self.wine.validation
        for step in range(1, len(train.y) + 1):
            self.model.partial_fit(train.X[step - 1 : step], train.y[step - 1 : step], classes=np.arange(3))
            yield WineFrame(step, len(train.y), {"validation accuracy": self.model.score(*validation)},
                            self.model.theta_.copy(), self.model.var_.copy(), self.model.class_prior_.copy())

    def draw(self, figure: Figure, frames: Sequence[FlowerFrame | WineFrame]) -> None:
        last = frames[-1]
        if isinstance(last, FlowerFrame):
            if not figure.axes:
                left, right = figure.subplots(1, 2)
                left.set(xlabel="petal length (cm)", ylabel="petal width (cm)")
                self.view, self.accuracy = GrowingEllipses(left, self.X, 3), Accuracy(right, last.steps)
            self.view.update(self._model_of(last), self.X[: last.step], self.y[: last.step])
        else:
            if not figure.axes:
                axes = figure.subplots(2, 3).ravel()
                self.accuracy = Accuracy(axes[0], last.steps)
                self.curves = GrowingCurves(axes[1:], self.wine, separating_features(self.wine, 5))
            self.curves.update(last.theta, last.var, last.prior)
        accuracies = [frame.metrics["validation accuracy"] for frame in frames]
        self.accuracy.update([frame.step for frame in frames], accuracies)

    def figures(self) -> Iterator[Picture]:
        yield Picture("ellipses.png", self._two_boundaries,
                      "Ellipses: one and two standard deviations. Left, naive Bayes: the features count as independent "
                      "within a class, so the ellipses cannot tilt. Right, the same samples with full covariances: "
                      "long petals are also wide, and the boundary between the upper two classes tilts.", dark=True)
        yield Picture("densities.png", self._densities,
                      "Histograms of the training flowers and the bell curves learnt from them, each times its class's "
                      "prior. The highest curve changes at the dotted lines, and so does a decision by this feature "
                      "alone.", size=(8, 3.8))
        if hasattr(self.model, "theta_") and self.model.class_count_.all():
            yield Picture("waterfall.png", lambda figure: waterfall(figure, self.wine, self.model),
                          "The validation wine whose two most probable classes are closest. In logarithms Bayes' rule "
                          "is a sum: the prior, then each measurement, the largest first. Each bar is the logarithm of "
                          "the ratio of two bell curves; its colour is the class that it favours.", size=(8, 4.6))
            yield Picture("confusion.png", lambda figure: paint.confusion(
                figure.add_subplot(), self.wine.test.y, self.model.predict(self.wine.test.X), self.wine.class_names),
                "The test wines. Mistakes are off the diagonal; thirteen features that each help a little leave few.",
                size=(5.5, 4.5))
        yield Picture("digits.png", self._digits,
                      "All that a Gaussian naive Bayes learns of handwritten digits: each pixel's mean (above) and its "
                      "standard deviation (below, brighter is larger) in each class. Where a class is dark below, "
                      "almost none or almost all of its digits have ink: such a pixel has the largest influence.",
                      size=(8, 2.2))
        yield Picture("underflow.png", lambda figure: underflow(figure, self.settings.seed),
                      "Two classes that differ a little in each of many features, one sample. The product of densities "
                      "(red) falls below the smallest number that a float64 can hold and is 0 for both classes. The "
                      "sum of logarithms (blue) has no such limit, and the decision becomes surer with every feature.",
                      size=(8, 3.6))
        yield Picture("overconfidence.png", lambda figure: overconfidence(figure, self.settings.seed),
                      "One feature, two classes, simulated. With one copy of the feature the predicted probabilities "
                      "agree with the observed shares. With more copies the same evidence counts several times, as if "
                      "it were independent: the decisions stay the same, the probabilities become extreme.",
                      size=(8, 4.2))

    def report(self) -> Report:
        notes = [f"Iris by its petals alone: {100 * self._flower_accuracy():.1f}% accuracy on the validation flowers "
                 f"after {self.seen} samples."]
        if not hasattr(self.model, "theta_"):
            return Report({"iris_validation_accuracy": self._flower_accuracy()}, {}, "", notes)
        train, test = self.wine.train, self.wine.test
        if self.model.class_count_.sum() == len(train.y):
            at_once = GaussianNB(**self.settings.parameters).fit(*train)
            off = np.abs(self.model.theta_ / at_once.theta_ - 1).max()
            notes.append(f"Learnt one by one or all at once, the means agree to {off:.1g} of their size.")
        majority = np.bincount(train.y).argmax()
        return Report({"test_accuracy": self.model.score(*test)}, {"test_accuracy": float(np.mean(test.y == majority))},
                      "majority class", notes)

    # ---- the figures

    def _flower_accuracy(self) -> float:
        return self.flowers.score(self.iris.validation.X[:, PETALS], self.iris.validation.y)

    def _model_of(self, frame: FlowerFrame) -> GaussianNB:
        """The model as it was at that frame."""
        model = GaussianNB(**self.settings.parameters)
        model.classes_, model.n_features_in_, model.engine_ = np.arange(3), 2, "plain"
        model.theta_, model.var_, model.class_count_ = frame.theta, frame.var, frame.counts
        model.class_prior_ = frame.counts / frame.counts.sum() if model.priors is None else np.array(model.priors)
        return model

    def _digits(self, figure: Figure) -> None:
        """Loaded here, so that nothing else waits for them, or is lost where they cannot be had."""
        pixel_moments(figure, load_mnist(download=self.settings.download, sample=self.settings.sample))

    def _two_boundaries(self, figure: Figure) -> None:
        X, y, names = self.X[: self.seen], self.y[: self.seen], self.iris.class_names
        left, right = figure.subplots(1, 2, sharex=True, sharey=True)
        regions(left, self.X, self.flowers.predict_joint_log_proba, names)
        ellipses(left, self.flowers.theta_, _diagonal(self.flowers.var_))
        paint.samples(left, X, y, names=[names[k] for k in np.unique(y)])
        left.set(xlabel="petal length (cm)", ylabel="petal width (cm)", title="naive: upright ellipses")

        counted = self.flowers.class_count_ > 2                              # a plane needs three points to tilt in
        codes = np.flatnonzero(counted)
        if len(codes):
            means = self.flowers.theta_[codes]
            covariances = np.array([np.cov(X[y == k].T, bias=True) + self.flowers.epsilon_ * np.eye(2) for k in codes])
            prior = np.log(self.flowers.class_prior_[codes])
            if np.linalg.det(covariances).min() > 1e-12:
                regions(right, self.X, lambda points: full_log_densities(points, means, covariances) + prior,
                        [names[k] for k in codes])
            ellipses(right, means, covariances)
        paint.samples(right, X, y)
        right.set(xlabel="petal length (cm)", title="full covariance: tilted")

    def _densities(self, figure: Figure) -> None:
        seen = [k for k in range(3) if self.flowers.class_count_[k]]
        X, y = self.X[: self.seen], np.searchsorted(seen, self.y[: self.seen])
        for ax, j, label in zip(figure.subplots(1, 2), (0, 1), ("petal length (cm)", "petal width (cm)"), strict=True):
            spread = X[:, j] if np.ptp(X[:, j]) > 0 else np.append(X[:, j], X[0, j] + 0.1)
            codes = y if len(spread) == len(y) else np.append(y, y[0])
            curves_over_histograms(ax, spread, codes, self.flowers.theta_[seen, j],
                                   np.maximum(self.flowers.var_[seen, j], 1e-3), self.flowers.class_prior_[seen],
                                   [self.iris.class_names[k] for k in seen], label)


def _diagonal(variances: np.ndarray) -> np.ndarray:                          # (K, d) -> (K, d, d)
    return variances[:, :, None] * np.eye(variances.shape[1])

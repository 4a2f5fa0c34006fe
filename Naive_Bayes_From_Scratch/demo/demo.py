"""Chapter 4, live: ellipses form as flowers are added; one measurement under Bayes' rule; thirteen measurements
classify a wine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from ai_from_scratch.data import Samples, load_iris, load_mnist, load_wine
from ai_from_scratch.stage.demo import DataUse, Picture, Report, Settings
from Naive_Bayes_From_Scratch.demo.gaussians import (
    GrowingEllipses,
    curves_over_histograms,
    two_boundaries,
)
from Naive_Bayes_From_Scratch.demo.lessons import (
    GROUPS,
    overconfidence,
    pixel_moments,
    underflow,
    underflow_caption,
)
from Naive_Bayes_From_Scratch.demo.posterior import (
    PosteriorFrame,
    ThreeRows,
    bayes_rule,
    sentence,
    where_the_prior_decides,
)
from Naive_Bayes_From_Scratch.demo.wine import (
    CULTIVARS,
    Accuracy,
    OneWine,
    closest,
    each_wine_in_its_cell,
    readable,
    sentence_of_wine,
    separating_features,
    waterfall,
)
from Naive_Bayes_From_Scratch.naive_bayes import GaussianNB

PETALS = [2, 3]                    # the two features of iris: length and width of the petals


class FlowerFrame(NamedTuple):
    """The model after one more flower."""

    step: int
    steps: int
    metrics: dict[str, float]
    mu: np.ndarray                 # (3, 2)
    var: np.ndarray                # (3, 2)
    counts: np.ndarray             # (3,) flowers of each class

    title: str = "iris, two features"
    hold: float = 0.1


class WineFrame(NamedTuple):
    """The model after one more wine."""

    step: int
    steps: int
    metrics: dict[str, float]
    mu: np.ndarray                 # (3, 13)
    var: np.ndarray                # (3, 13)
    prior: np.ndarray              # (3,)

    title: str = "wine"
    hold: float = 0.06


class Demo:
    """Nothing is iterated: the model uses each sample once.  The frames show the samples one by one."""

    uses = frozenset({"set"})
    model_class = GaussianNB

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.iris, self.wine = load_iris(seed=settings.seed), load_wine(seed=settings.seed)
        self.X, self.y = self.iris.train.X[:, PETALS], self.iris.train.y          # (n, 2), (n,)
        self.flowers, self.model = GaussianNB(**settings.parameters), GaussianNB(**settings.parameters)
        self.seen = 0
        self.flower_accuracies: list[float] = []                          # after each flower: no frame is left out
        self.feature = int(separating_features(self.wine, 1)[0])          # one feature of the wines, for the three rows
        self.one_wine = closest(GaussianNB().fit(*self.wine.train), self.wine.validation.X)  # for the live view
        values = self.wine.train.X[:, self.feature]
        self.one_feature = GaussianNB(**settings.parameters).fit(values[:, None], self.wine.train.y)
        self.axis = np.linspace(values.min() - 0.1 * np.ptp(values), values.max() + 0.1 * np.ptp(values), 400)
        self.data = [DataUse(data.name, data.source, len(data.train.y), len(data.validation.y), len(data.test.y))
                     for data in (self.iris, self.wine)]

    def train(self) -> Iterator[FlowerFrame | PosteriorFrame | WineFrame]:
        for step in range(1, len(self.y) + 1):
            self.flowers.partial_fit(self.X[step - 1 : step], self.y[step - 1 : step], classes=np.arange(3))
            self.seen = step
            self.flower_accuracies[step - 1:] = [self._flower_accuracy()]
            if step <= 30 or step % 3 == 0:
                metrics = {"validation accuracy": self.flower_accuracies[-1]}
                yield FlowerFrame(step, len(self.y), metrics, self.flowers.theta_.copy(), self.flowers.var_.copy(),
                                  self.flowers.class_count_.copy())
        path = np.linspace(self.axis[0], self.axis[-1], 30 if self.settings.quick else 60)
        for step, x in enumerate(path, start=1):
            posterior = bayes_rule(self.one_feature, np.array([x]))[2, 0]
            metrics = {"measurement": float(x), "largest posterior": float(posterior.max())}
            yield PosteriorFrame(step, len(path), metrics, float(x))
        train, validation = self.wine.train, self.wine.validation
        for step in range(1, len(train.y) + 1):
            self.model.partial_fit(train.X[step - 1 : step], train.y[step - 1 : step], classes=np.arange(3))
            yield WineFrame(step, len(train.y), {"validation accuracy": self.model.score(*validation)},
                            self.model.theta_.copy(), self.model.var_.copy(), self.model.class_prior_.copy())

    def draw(self, figure: Figure, frames: Sequence[FlowerFrame | PosteriorFrame | WineFrame]) -> None:
        last = frames[-1]
        if isinstance(last, PosteriorFrame):
            if not figure.axes:
                self.rows = self._three_rows(figure)
            self.rows.update(last.x)
            return
        if isinstance(last, FlowerFrame):
            if not figure.axes:
                left, right = figure.subplots(1, 2, width_ratios=[1.6, 1])
                left.set(xlabel="petal length (cm)", ylabel="petal width (cm)")
                self.view = GrowingEllipses(left, self.X, self.iris.class_names)
                self.accuracy = Accuracy(right, last.steps)
            self.view.update(self._model_of(last), self.X[: last.step], self.y[: last.step])
        else:
            if not figure.axes:
                self.view_of_wine = OneWine(figure, self.wine, self.one_wine, last.steps)
                self.accuracy = self.view_of_wine.accuracy
            self.view_of_wine.update(last.mu, last.var, last.prior)
        self.accuracy.update((self.flower_accuracies if isinstance(last, FlowerFrame) else
                              [frame.metrics["validation accuracy"] for frame in frames])[: last.step])

    def phase(self, frames: Sequence[FlowerFrame | PosteriorFrame | WineFrame]) -> str:
        last = frames[-1]
        if isinstance(last, PosteriorFrame):
            return sentence(self.one_feature, last.x, CULTIVARS)
        if isinstance(last, FlowerFrame):
            if last.counts.min() < 1:
                return "A class without flowers has no ellipse yet, and is never predicted."
            if last.counts.min() < 4:
                return "Few flowers of a class: a new one may still change its ellipse much."
            return ("Each flower changes the mean and the widths of its own class; the more flowers it has, the less "
                    "weight has one.")
        if last.prior.min() == 0:
            return "A class without wines has no curve yet."
        return sentence_of_wine(self.wine.validation.X[self.one_wine, None], last.mu, last.var, last.prior)

    def figures(self) -> Iterator[Picture]:
        yield Picture("ellipses.png", self._two_boundaries,
                      "Ellipses: one and two standard deviations. Left, naive Bayes: the features count as independent "
                      "within a class, so the ellipses cannot tilt. Right, the same samples with full covariances: "
                      "long petals are also wide, and the boundary between the upper two classes tilts. The counts: "
                      "validation flowers.", dark=True)
        yield Picture("posterior.png", self._posterior,
                      f"One measurement of wines, {readable(self.wine.feature_names[self.feature])}. The line is one "
                      "wine. Each class's prior (above) times its likelihood at the line (middle), divided by their "
                      "sum, is its posterior (below). The likelihoods are densities, with a scale of their own. Here "
                      "the most likely class is not the most probable one: the other class is more common.",
                      size=(8, 5))
        yield Picture("densities.png", self._densities,
                      "Above, histograms of the training flowers and the bell curves learnt from them, each times its "
                      "class's prior. Below, the posterior by this feature alone. The highest curve changes at the "
                      "dotted lines, where two posteriors are equal.", size=(8, 5))
        if hasattr(self.model, "theta_") and self.model.class_count_.all():
            yield Picture("waterfall.png", lambda figure: waterfall(figure, self.wine, self.model),
                          "The validation wine whose two most probable classes are closest. In logarithms Bayes' rule "
                          "is a sum: the prior, then each measurement, the largest first. Each bar is the logarithm of "
                          "the ratio of two bell curves; its colour is the class that it favours.", size=(8, 4.6))
            yield Picture("confusion.png", lambda figure: each_wine_in_its_cell(
                figure.add_subplot(), self.wine.test.y, self.model.predict(self.wine.test.X), CULTIVARS),
                "Each dot is a test wine in the colour of its true class. Mistakes are off the diagonal.",
                size=(5.5, 4.5))
        yield Picture("digits.png", self._digits,
                      "All that a Gaussian naive Bayes learns of handwritten digits: each pixel's mean (above, darker "
                      "is more ink) and its variance (below, darker is larger) in each class; the title counts a value "
                      "above half of the scale as ink. Where a class is white "
                      "below, almost none or almost all of its digits have ink: such a pixel has the largest "
                      "influence.", size=(8, 2.2))
        yield Picture("underflow.png", lambda figure: underflow(figure, self.settings.seed),
                      underflow_caption(self.settings.seed), size=(8, 3.6))
        yield Picture("overconfidence.png", lambda figure: overconfidence(figure, self.settings.seed),
                      "One feature, two classes, simulated. With one copy of the feature the predicted probabilities "
                      "agree with the observed shares. With more copies the same evidence counts several times, as if "
                      "it were independent: the accuracy stays the same, the probabilities become extreme. Marks: "
                      f"{GROUPS} groups of held-out samples, the same for each number of copies (their shares have "
                      "standard errors below 0.01); curves: what the theory expects.",
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
        """The model as it was at this frame."""
        model = GaussianNB(**self.settings.parameters)
        model.classes_, model.n_features_in_, model.engine_ = np.arange(3), 2, "plain"
        model.theta_, model.var_, model.class_count_ = frame.mu, frame.var, frame.counts
        model.class_prior_ = frame.counts / frame.counts.sum() if model.priors is None else np.array(model.priors)
        return model

    def _digits(self, figure: Figure) -> None:
        """The MNIST digits are loaded only here: the other pictures do not wait for the download, and are drawn even if
        it fails."""
        pixel_moments(figure, load_mnist(download=self.settings.download, sample=self.settings.sample))

    def _three_rows(self, figure: Figure) -> ThreeRows:
        label = readable(self.wine.feature_names[self.feature])
        return ThreeRows(figure, self.one_feature, self.axis, CULTIVARS, label)

    def _posterior(self, figure: Figure) -> None:
        self._three_rows(figure).update(where_the_prior_decides(self.one_feature, self.axis))

    def _two_boundaries(self, figure: Figure) -> None:
        two_boundaries(figure, self.flowers, self.X, Samples(self.X[: self.seen], self.y[: self.seen]),
                       Samples(self.iris.validation.X[:, PETALS], self.iris.validation.y), self.iris.class_names)

    def _densities(self, figure: Figure) -> None:
        seen = [c for c in range(3) if self.flowers.class_count_[c]]
        X, y = self.X[: self.seen], np.searchsorted(seen, self.y[: self.seen])
        columns = figure.subplots(2, 2, height_ratios=[1.6, 1], sharex="col").T
        for (ax, below), j, label in zip(columns, (0, 1), ("petal length (cm)", "petal width (cm)"), strict=True):
            spread = X[:, j] if np.ptp(X[:, j]) > 0 else np.append(X[:, j], X[0, j] + 0.1)
            codes = y if len(spread) == len(y) else np.append(y, y[0])
            curves_over_histograms(ax, below, spread, codes, self.flowers.theta_[seen, j],
                                   np.maximum(self.flowers.var_[seen, j], 1e-3), self.flowers.class_prior_[seen],
                                   [self.iris.class_names[c] for c in seen], label)

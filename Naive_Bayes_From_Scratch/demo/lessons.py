"""Three pictures: what the model learns of a digit, why it adds logarithms, and when it is overconfident."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from ai_from_scratch.data import Dataset
from ai_from_scratch.stage import theme
from Logistic_Regression_From_Scratch.cross_entropy import sigmoid
from Naive_Bayes_From_Scratch.naive_bayes import GaussianNB

TRAINING_IMAGES = 10_000
INK = 127                      # a darker grey value counts as ink
VARIANCE_SCALE_EXPONENT = 1.6  # strokes stand out: most variances where there is ink are near the largest
SIMULATED_SAMPLES = 100_000    # for training; equally many are held out
GROUPS = 12                    # of the held-out samples
FEATURES, CLASS_DISTANCE, SAMPLES = 1200, 0.12, 400     # two classes differ a little in each of many features


def pixel_moments(figure: Figure, digits: Dataset) -> None:
    """Draws the mean and the variance of every pixel in each class of images (n, H, W)."""
    images, y = digits.train.X[:TRAINING_IMAGES], digits.train.y[:TRAINING_IMAGES]
    model = GaussianNB().fit(images.reshape(len(images), -1), y)
    shape = images.shape[1:]
    axes = figure.subplots(2, len(model.classes_), gridspec_kw={"wspace": 0, "hspace": 0})
    amount = theme.blend("variance", [theme.BACKGROUND, theme.BLUE])
    scale = PowerNorm(VARIANCE_SCALE_EXPONENT, 0, model.var_.max())
    for c, label in enumerate(model.classes_):
        axes[0, c].imshow(model.theta_[c].reshape(shape), cmap="gray_r", vmin=0, vmax=255)
        axes[1, c].imshow(model.var_[c].reshape(shape), cmap=amount, norm=scale)
        axes[0, c].set_title(str(label), fontsize=10, loc="center")
    for ax, label in zip(axes[:, 0], ("mean", "variance"), strict=True):
        ax.set_ylabel(label)
    shares = 100 * ink_where_it_varies_most(model, images, y)
    figure.suptitle(f"the pixel that varies most has ink in {shares.min():.0f} to {shares.max():.0f} % of a digit's "
                    "images: the edge of a stroke", x=0.01, ha="left", fontsize=11)
    for ax in axes.flat:
        ax.set(xticks=[], yticks=[])
        for side in ax.spines.values():
            side.set_visible(False)


def ink_where_it_varies_most(model: GaussianNB, images: np.ndarray, y: np.ndarray) -> np.ndarray:    # -> (K,)
    """For each class, its pixel with the largest variance: in which share of the class's images (n, H, W) is it darker
    than INK?"""
    pixels = images.reshape(len(images), -1)
    return np.array([np.mean(pixels[y == label, place] > INK)
                     for label, place in zip(model.classes_, model.var_.argmax(axis=1), strict=True)])


class Underflow(NamedTuple):
    """Results for samples of the second of two classes, after the first 1, 2, … d features."""

    product: np.ndarray            # (2, d) density of one sample under both classes, as a product
    total: np.ndarray              # (2, d) its logarithm, by a sum
    by_product: np.ndarray         # (d,) P(the right class) from the products; 0 / 0 at the end
    by_logarithms: np.ndarray      # (d,)
    mean: np.ndarray               # (d,) from logarithms, the mean over SAMPLES samples

    @property
    def lost(self) -> int:
        """The number of features at which both products are 0."""
        return int(np.flatnonzero(self.product.max(axis=0) == 0)[0]) + 1

    @property
    def certain(self) -> int:
        """The number of features at which only the product of the wrong class is 0, so that P is 1; 0 if none is so."""
        only = np.flatnonzero((self.product[0] == 0) & (self.product[1] > 0))
        return int(only[0]) + 1 if len(only) else 0


def underflowing(seed: int) -> Underflow:
    rng = np.random.default_rng(seed)
    means = np.stack([np.zeros(FEATURES), np.full(FEATURES, CLASS_DISTANCE)])         # (2, d)
    x = means[1] + rng.standard_normal(FEATURES)                                      # (d,) a sample of the second
    log_bell = -0.5 * (x - means) ** 2 - 0.5 * np.log(2 * np.pi)                      # (2, d)
    product, total = np.cumprod(np.exp(log_bell), axis=1), np.cumsum(log_bell, axis=1)
    others = means[1] + rng.standard_normal((SAMPLES, FEATURES))                      # (SAMPLES, d)
    odds = np.cumsum((others**2 - (others - means[1]) ** 2) / 2, axis=1)              # the logarithm of
    with np.errstate(invalid="ignore"):
        by_product = product[1] / product.sum(axis=0)
    return Underflow(product, total, by_product, sigmoid(total[1] - total[0]), sigmoid(odds).mean(axis=0))


def underflow_caption(seed: int) -> str:
    certain = underflowing(seed).certain
    jump = "Just before, it is 0 for the wrong class only: the probability jumps to 1. " if certain else ""
    return ("Two classes that differ a little in each of many features, one sample. The product of densities falls "
            "below the smallest number that a float64 can hold and is 0 for both classes. "
            f"{jump}The sum of logarithms has no such limit. On average over many samples the decision becomes surer; "
            "for one sample a feature may also favour the wrong class.")


def underflow(figure: Figure, seed: int) -> None:
    """Draws P(class) of one sample from more and more features: from a product of densities, and from a sum of
    logarithms."""
    data = underflowing(seed)
    features = np.arange(1, FEATURES + 1)
    left, right = figure.subplots(1, 2)
    nonzero = data.product[1] > 0
    last = int(np.flatnonzero(nonzero)[-1])
    left.plot(features, data.total[1] / np.log(10), color=theme.INK)
    left.plot(features[nonzero], np.log10(data.product[1][nonzero]), color=theme.ACCENT, linewidth=5, alpha=0.5)
    left.plot(features[last], np.log10(data.product[1][last]), "X", color=theme.ACCENT, markersize=11)
    left.axhline(np.log10(5e-324), color=theme.GREY, linestyle="--", linewidth=1)
    left.text(0, np.log10(5e-324) - 12, "the smallest\nnumber above 0", color=theme.GREY, fontsize=9, va="top")
    left.annotate("product of densities", (features[last // 2], data.total[1, last // 2] / np.log(10)), xytext=(12, 4),
                  textcoords="offset points", color=theme.ACCENT)
    left.annotate("sum of logarithms", (features[-350], data.total[1, -350] / np.log(10)), xytext=(-8, -8),
                  textcoords="offset points", ha="right", va="top", color=theme.INK)
    left.set(xlabel="features", ylabel="log₁₀ of the density", title=f"the product is 0 from feature {last + 2} on")
    right.plot(features, data.by_logarithms, color=theme.INK, linewidth=1.2)
    right.plot(features, data.mean, color=theme.GREY, linestyle="--")
    right.plot(features, data.by_product, color=theme.ACCENT, linewidth=5, alpha=0.5)
    right.axvline(data.lost, color=theme.ACCENT, linewidth=1)
    right.text(data.lost + 20, 0.1, f"product: 0 / 0\nfrom feature {data.lost} on", color=theme.ACCENT, va="bottom")
    if data.certain:
        right.annotate(f"feature {data.certain}: only the\nwrong class is 0", (data.certain, 1), xytext=(14, 17),
                       textcoords="offset points", color=theme.ACCENT, fontsize=9, va="center",
                       arrowprops={"arrowstyle": "-", "color": theme.ACCENT, "linewidth": 0.8})
    right.text(FEATURES, 0.52, "dashed: by logarithms,\n"
               f"mean of {SAMPLES} samples", color=theme.GREY, ha="right", va="top", fontsize=9)
    right.set(xlabel="features", ylabel="P(the right class)", ylim=(0, 1.22), yticks=np.linspace(0, 1, 6),
              title="surer on average, not with every feature")


def log_odds(seed: int, copies: int) -> tuple[np.ndarray, np.ndarray]:       # (n,), (n,)
    """log(P(class 1) / P(class 0)) of held-out samples from a model with `copies` equal features, and the classes of
    these samples."""
    rng = np.random.default_rng(seed)
    y, y_held_out = rng.integers(0, 2, (2, SIMULATED_SAMPLES))
    x, x_held_out = (1.5 * labels + rng.standard_normal(SIMULATED_SAMPLES) for labels in (y, y_held_out))
    model = GaussianNB().fit(np.tile(x[:, None], copies), y)
    joint = model.predict_joint_log_proba(np.tile(x_held_out[:, None], copies))                       # (n, 2)
    return joint[:, 1] - joint[:, 0], y_held_out


def copied(seed: int, copies: int) -> tuple[np.ndarray, np.ndarray]:         # (n,), (n,)
    """P(class 1) of the held-out samples, and their classes."""
    odds, y = log_odds(seed, copies)
    return sigmoid(odds), y


class Shares(NamedTuple):
    """Groups of held-out samples with similar log odds."""

    log_odds: np.ndarray           # (GROUPS,) mean of the predicted log odds
    share: np.ndarray              # (GROUPS,) observed share of class 1
    size: np.ndarray               # (GROUPS,) number of samples


def observed_shares(log_odds: np.ndarray, y: np.ndarray) -> Shares:          # (n,), (n,)
    """The groups are intervals of equal width of the log odds, which together hold 99 % of the samples.

    Intervals of P(class 1) would not do: where it is nearly 0 or 1, one interval would hold most of the samples, with
    true probabilities that differ much.
    """
    low, high = np.quantile(log_odds, [0.005, 0.995])
    group = np.floor(GROUPS * (log_odds - low) / (high - low)).astype(int)                            # (n,)
    inside = (group >= 0) & (group < GROUPS)
    size, total, ones = (np.bincount(group[inside], weights, minlength=GROUPS)
                         for weights in (None, log_odds[inside], y[inside]))
    return Shares(total / size, ones / size, size)


def overconfidence(figure: Figure, seed: int) -> None:
    """Draws two panels for one feature and for copies of it. Left: are the predicted probabilities true? Right:
    confidence and accuracy.

    Copies of a feature multiply the logarithm of the odds by their number.  So where the model predicts p, the true
    probability is 1 / (1 + (1/p − 1)^(1/copies)): the curves.
    """
    left, right = figure.subplots(1, 2)
    numbers = [1, 2, 4, 8, 16, 32]
    held_out = {copies: log_odds(seed, copies) for copies in numbers}
    kinds = ((1, theme.SKY, "o"), (4, theme.INK, "s"), (16, theme.ACCENT, "^"))
    for copies, colour, marker in kinds:
        groups = observed_shares(*held_out[copies])
        p = sigmoid(np.linspace(-8, 0, 2000) * copies)                        # the half below ½: near 1 digits get lost
        true = true_probability(p, copies)
        for x, curve in ((p, true), (1 - p, 1 - true)):
            left.plot(x, curve, color=colour, linewidth=1.2, clip_on=False)
        left.plot(sigmoid(groups.log_odds), groups.share, marker, markersize=5, color=colour, clip_on=False, zorder=3,
                  markeredgecolor=theme.BACKGROUND, markeredgewidth=0.5)
    for place, (copies, colour, marker) in enumerate(kinds):
        left.plot(0.045, 0.935 - 0.07 * place, marker, color=colour, markersize=5)
        left.text(0.08, 0.935 - 0.07 * place, "1 copy: calibrated" if copies == 1 else f"{copies} copies", color=colour,
                  fontsize=9, va="center_baseline")
    left.set(xlabel="predicted probability of class 1", ylabel="observed share of class 1", xlim=(0, 1), ylim=(0, 1),
             title="copies move the predictions to 0 and 1")
    left.set_box_aspect(1)

    confidence = [100 * sigmoid(np.abs(odds)).mean() for odds, _ in held_out.values()]
    accuracy = [100 * np.mean((odds > 0) == y) for odds, y in held_out.values()]
    for values, colour, name, at in ((confidence, theme.ACCENT, "confidence", 3), (accuracy, theme.INK, "accuracy", 3)):
        right.plot(numbers, values, marker="o", markersize=4, color=colour)
        right.annotate(name, (numbers[at], values[at]), xytext=(6, -14), textcoords="offset points", color=colour)
    right.set_xscale("log", base=2)
    right.set_xticks(numbers, [str(number) for number in numbers])
    right.set(xlabel="copies of the feature", ylabel="%, mean over held-out samples", ylim=(70, 101),
              title=f"surer ({confidence[0]:.0f} → {confidence[-1]:.0f} %), and no better")
    right.set_box_aspect(1)


def true_probability(p: np.ndarray, copies: int) -> np.ndarray:
    return 1 / (1 + (1 / p - 1) ** (1 / copies))

"""Three pictures: what the model learns of a digit, why it adds logarithms, and when it is overconfident."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from ai_from_scratch.data import Dataset
from ai_from_scratch.stage import theme
from Naive_Bayes_From_Scratch.naive_bayes import GaussianNB

TRAINING_IMAGES = 10_000
SIMULATED_SAMPLES = 4_000      # for training; equally many are held out


def pixel_moments(figure: Figure, digits: Dataset) -> None:
    """The mean and the standard deviation of every pixel in each class of images (n, H, W)."""
    images, y = digits.train.X[:TRAINING_IMAGES], digits.train.y[:TRAINING_IMAGES]
    model = GaussianNB().fit(images.reshape(len(images), -1), y)
    shape = images.shape[1:]
    axes = figure.subplots(2, len(model.classes_))
    for c, label in enumerate(model.classes_):
        axes[0, c].imshow(model.theta_[c].reshape(shape), cmap="gray_r", vmin=0, vmax=255)
        axes[1, c].imshow(np.sqrt(model.var_[c]).reshape(shape), cmap="cividis", vmin=0, vmax=128)
        axes[0, c].set_title(str(label), fontsize=10, loc="center")
    for ax, label in zip(axes[:, 0], ("mean", "deviation"), strict=True):
        ax.set_ylabel(label)
    for ax in axes.flat:
        ax.set(xticks=[], yticks=[])
        for side in ax.spines.values():
            side.set_visible(False)


def underflow(figure: Figure, seed: int) -> None:
    """P(class) of one sample from more and more features: by a product of densities, and by a sum of logarithms."""
    rng = np.random.default_rng(seed)
    d = 1200
    means = np.stack([np.zeros(d), np.full(d, 0.12)])                       # (2, d) two classes a little apart
    x = means[1] + rng.standard_normal(d)                                   # (d,) a sample of the second
    log_bell = -0.5 * (x - means) ** 2 - 0.5 * np.log(2 * np.pi)            # (2, d)
    product = np.cumprod(np.exp(log_bell), axis=1)                          # (2, d)
    total = np.cumsum(log_bell, axis=1)                                     # (2, d)
    with np.errstate(invalid="ignore"):
        by_product = product[1] / product.sum(axis=0)                       # (d,) 0 / 0 in the end
    by_logarithms = 1 / (1 + np.exp(total[0] - total[1]))                   # (d,)
    features = np.arange(1, d + 1)
    underflows = int(np.flatnonzero(product.max(axis=0) == 0)[0])

    left, right = figure.subplots(1, 2)
    nonzero = product[1] > 0
    left.plot(features[nonzero], np.log10(product[1][nonzero]), color=theme.VERMILION, linewidth=4, alpha=0.6)
    left.plot(features, total[1] / np.log(10), color=theme.BLUE)
    left.axhline(np.log10(5e-324), color=theme.GREY, linestyle="--")
    left.annotate("the smallest number above 0", (0, np.log10(5e-324)), xytext=(2, -13),
                  textcoords="offset points", color=theme.GREY, fontsize=9)
    left.set(xlabel="features", ylabel="log₁₀ of the density", title="one class's density")
    right.plot(features, by_product, color=theme.VERMILION, linewidth=4, alpha=0.6)
    right.plot(features, by_logarithms, color=theme.BLUE)
    right.axvline(underflows + 1, color=theme.GREY, linestyle="--")
    right.annotate(f"0 / 0 from feature {underflows + 1} on", (underflows + 1, 0.08), xytext=(6, 0),
                   textcoords="offset points", color=theme.VERMILION)
    right.annotate("sum of logarithms", (features[-1], by_logarithms[-1]), xytext=(0, -18),
                   textcoords="offset points", ha="right", color=theme.BLUE)
    right.set(xlabel="features", ylabel="P(the right class)", ylim=(0, 1.05), title="the decision")


def overconfidence(figure: Figure, seed: int) -> None:
    """One feature, and copies of it: are the probabilities true (left), confidence and accuracy (right)?"""
    rng = np.random.default_rng(seed)
    y, y_held_out = rng.integers(0, 2, (2, SIMULATED_SAMPLES))
    x, x_held_out = (1.5 * labels + rng.standard_normal(SIMULATED_SAMPLES) for labels in (y, y_held_out))

    def probability(copies: int) -> np.ndarray:                             # (n,) P(class 1) of held-out samples
        model = GaussianNB().fit(np.tile(x[:, None], copies), y)
        return model.predict_proba(np.tile(x_held_out[:, None], copies))[:, 1]

    left, right = figure.subplots(1, 2)
    left.plot([0, 1], [0, 1], "--", color=theme.GREY)
    for copies, colour in zip((1, 4, 16), (theme.BLUE, theme.AMBER, theme.VERMILION), strict=True):
        p = probability(copies)
        group = np.minimum((10 * p).astype(int), 9)                         # (n,) ten intervals
        groups = np.unique(group)
        left.plot([p[group == g].mean() for g in groups], [y_held_out[group == g].mean() for g in groups], marker="o",
                  markersize=4, color=colour, label=f"{copies}")
    left.set(xlabel="predicted probability of class 1", ylabel="observed share of class 1",
             title="dashed: calibrated")
    left.set_box_aspect(1)
    left.legend(title="copies of the feature", fontsize=9)

    numbers = [1, 2, 4, 8, 16, 32]
    predicted = [probability(copies) for copies in numbers]
    confidence = [100 * np.maximum(p, 1 - p).mean() for p in predicted]
    accuracy = [100 * np.mean((p > 0.5) == y_held_out) for p in predicted]
    for values, colour, name in ((confidence, theme.VERMILION, "confidence"), (accuracy, theme.BLUE, "accuracy")):
        right.plot(numbers, values, marker="o", markersize=4, color=colour)
        right.annotate(name, (numbers[-1], values[-1]), xytext=(0, -16), textcoords="offset points", ha="right",
                       color=colour)
    right.set_xscale("log", base=2)
    right.set_xticks(numbers, [str(number) for number in numbers])
    right.set(xlabel="copies of the feature", ylabel="%, mean over held-out samples", ylim=(70, 101),
              title="more of the same evidence")
    right.set_box_aspect(1)

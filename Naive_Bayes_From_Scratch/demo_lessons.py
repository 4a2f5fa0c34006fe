"""What a class looks like, why logarithms, and what copies of a feature do to a probability."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from ai_from_scratch.data import Samples
from ai_from_scratch.stage import theme
from Naive_Bayes_From_Scratch.demo_gaussians import density
from Naive_Bayes_From_Scratch.naive_bayes import GaussianNB

COPIES = (1, 3, 10)
HELD_OUT = 20_000                 # samples behind the reliability curves
FEATURES = 800


def means_and_variances(figure: Figure, digits: Samples) -> None:
    """All that the model keeps of the digits: a mean and a variance for each pixel of each class."""
    model = GaussianNB().fit(digits.X.reshape(len(digits.X), -1), digits.y)
    grid = figure.subplots(2, 10)
    for row, values, name in zip(grid, (model.theta_, model.var_), ("mean", "variance"), strict=True):
        for ax, pixels, label in zip(row, values, model.classes_, strict=True):
            ax.imshow(pixels.reshape(digits.X.shape[1:]), cmap="gray_r", vmin=0, vmax=values.max())
            ax.set(xticks=[], yticks=[])
            ax.set_title(str(label) if name == "mean" else "", loc="center")
            ax.spines[:].set_visible(False)
        row[0].set_ylabel(name)


def underflow(figure: Figure, rng: np.random.Generator) -> None:
    """p(x | c) of one sample over the first 1, 2, … features, as a product and as a sum of logarithms."""
    x = rng.normal(size=FEATURES)                                            # (d,) from class 0
    densities = np.array([density(x, mean, 1.0) for mean in (0.0, 0.2)])     # (2, d)
    products, sums = densities.cumprod(axis=1), np.log10(densities).cumsum(axis=1)
    count = np.arange(1, FEATURES + 1)
    left, right = figure.subplots(1, 2)
    for c, (product, total) in enumerate(zip(products, sums, strict=True)):
        colour, number = theme.CLASS_COLOURS[c], np.log10(np.where(product > 0, product, np.nan))
        left.plot(count, number, color=colour, label=f"class {c}, product", linewidth=5 - 2 * c, alpha=0.5)
        left.plot(count, total, color=colour, linestyle="--", linewidth=1.2, label=f"class {c}, log-sum")
    lost = int((products[0] > 0).sum())
    left.axvline(lost, color=theme.GREY, linestyle=":")
    left.annotate(f"the product is 0\nafter {lost} features", (lost, -80), xytext=(8, 0), textcoords="offset points",
                  fontsize=9, color=theme.GREY)
    left.set(xlabel="features", ylabel="log₁₀ p(x | class)")
    left.legend(fontsize=8, loc="lower left")
    odds = np.log(10) * (sums[1] - sums[0])                                  # (d,)
    right.plot(count, 1 / (1 + np.exp(odds)), color=theme.BLUE)
    right.axvspan(lost, FEATURES, color=theme.PALE, alpha=0.6, linewidth=0)
    right.text(lost + 10, 0.06, "with products:\n0 / 0", fontsize=9, color=theme.INK)
    right.set(xlabel="features", ylabel="P(class 0 | x) from the log-sum", ylim=(0, 1.03))


def reliability(figure: Figure, rng: np.random.Generator) -> None:
    """Of the samples that were given about p, how many were of class 1, when each feature comes 1, 3, 10 times."""
    y = rng.integers(2, size=2 * HELD_OUT)                                   # (2n,)
    X = rng.normal(size=(len(y), 2)) + 0.7 * y[:, None]                      # (2n, 2) independent within a class
    ax, counts = figure.subplots(1, 2, width_ratios=[1.3, 1])
    ax.plot([0, 1], [0, 1], color=theme.GREY, linestyle=":")
    edges = np.linspace(0, 1, 11)
    for copies, colour in zip(COPIES, (theme.BLUE, theme.GREEN, theme.VERMILION), strict=True):
        wide = np.repeat(X, copies, axis=1)
        model = GaussianNB().fit(wide[:HELD_OUT], y[:HELD_OUT])
        p, truth = model.predict_proba(wide[HELD_OUT:])[:, 1], y[HELD_OUT:]  # (n,)
        bin_of = np.minimum((10 * p).astype(int), 9)
        size = np.bincount(bin_of, minlength=10)
        said, came = (np.bincount(bin_of, values, minlength=10) / size for values in (p, truth))
        accuracy = np.mean((p > 0.5) == truth)
        name = "once" if copies == 1 else f"{copies} times"
        ax.plot(said, came, marker="o", markersize=4, color=colour, label=f"{name}: {100 * accuracy:.1f} % right")
        counts.stairs(100 * size / size.sum(), edges.tolist(), color=colour, linewidth=1.8)
    ax.legend(title="each feature counted", fontsize=8, title_fontsize=8)
    ax.set(xlabel="P(class 1) that was predicted", ylabel="share that was class 1", xlim=(0, 1), ylim=(0, 1))
    counts.set(xlabel="P(class 1) that was predicted", ylabel="samples (%)", xlim=(0, 1))

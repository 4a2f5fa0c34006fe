"""The finished pictures of chapter 6, each painted on a figure from the stage."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import PercentFormatter

from ai_from_scratch.stage import paint, theme
from Basic_Neural_Network_From_Scratch import Sequential, SoftmaxCrossEntropy
from CNN_From_Scratch.convolution import Conv2D
from CNN_From_Scratch.demo.heldout import passing
from CNN_From_Scratch.demo.panels import DIVERGING_COLOURS, floor_of, mosaic, running_mean
from CNN_From_Scratch.saliency import Saliency


def signed(ax: Axes, values: np.ndarray, limit: float | None = None) -> None:
    """A map on a diverging scale around 0, without axes; NaN stays white.  The default scale leaves out the largest
    half percent, so that one bright pixel does not darken all others."""
    limit = float(np.nanpercentile(np.abs(values), 99.5)) if limit is None else limit
    ax.imshow(values, cmap=DIVERGING_COLOURS, vmin=-(limit or 1), vmax=limit or 1)
    ax.set_axis_off()


def saliency(figure: Figure, rows: Sequence[tuple[str, Saliency]], classes: Sequence[str]) -> None:
    """One row for each digit: (its true label, its maps).  Each map shows the outline of the ink."""
    axes = figure.subplots(len(rows), 5, squeeze=False)
    for (true, maps), line in zip(rows, axes, strict=True):
        said, sure = classes[maps.code], 100 * maps.probability
        paint.image(line[0], maps.image, f"a {true}, read as {said} ({sure:.1f} %)")
        if said != true:
            line[0].title.set_color(theme.VERMILION)
        steep = np.abs(maps.gradient)
        line[1].imshow(steep, cmap="cividis", vmax=np.percentile(steep, 99.5))
        for ax, values in zip(line[2:], (maps.gradient_input, maps.smooth, maps.occlusion), strict=True):
            signed(ax, values)
        for ax in line[1:]:
            ax.set_axis_off()
            ax.contour(maps.image, levels=[127], colors=theme.PALE if ax is line[1] else theme.GREY, linewidths=0.7)
    for ax, name in zip(axes[0, 1:], ("|gradient|", "gradient × input", "SmoothGrad", "occlusion"), strict=True):
        ax.set_title(name, fontsize=10, loc="center")


def filters(figure: Figure, before: np.ndarray, now: np.ndarray, epochs: str) -> None:
    """The first layer's kernels (F, k, k) at the start and now, on one scale."""
    limit = float(np.abs(now).max())
    columns = int(np.ceil(np.sqrt(len(now))))
    axes = figure.subplots(1, 3, gridspec_kw={"wspace": 0.15})
    for ax, kernels, title in zip(axes, (before, now, now - before),
                                  ("at the first step: noise", f"after {epochs}", "what training added"), strict=True):
        signed(ax, mosaic(kernels, columns), limit)
        ax.set_title(title, fontsize=10, loc="center")
    figure.colorbar(axes[2].images[0], ax=axes, shrink=0.8, label="weight")


def feature_maps(figure: Figure, network: Sequential, image: np.ndarray, classes: Sequence[str]) -> None:
    """One digit (H, W) in each layer: the maps after every pooling, the hidden units, the probabilities."""
    stages, logits = passing(network, image)                            # (F, P, Q) each, or (units,) behind Flatten
    probabilities = SoftmaxCrossEntropy().predict(logits)[0]            # (K,)
    widths = [0.8, *(1.2 if values.ndim == 3 else 0.5 for values in stages), 0.2, 0.8]
    *axes, gap, bar_axes = figure.subplots(1, len(widths), width_ratios=widths)
    gap.set_axis_off()                                                  # space for the names of the classes
    paint.image(axes[0], image, f"the digit\n{image.shape[0]} × {image.shape[1]}")
    for ax, values in zip(axes[1:], stages, strict=True):
        maps = values if values.ndim == 3 else values[:, None, None]
        columns = max(c for c in range(1, 9) if len(maps) % c == 0 and c * c <= max(len(maps), 4))
        board = mosaic(maps, columns) if values.ndim == 3 else values.reshape(-1, columns)
        # The square root raises small values: a few maps are far stronger than the rest.
        ax.imshow(board, cmap="Blues", norm=PowerNorm(0.5, 0, max(float(values.max()), 1e-9)))
        _, P, Q = maps.shape
        title = f"{len(maps)} maps\n{P} × {Q}" if values.ndim == 3 else f"{len(maps)}\nunits"
        ax.set_title(title, fontsize=9, loc="center")
        ax.set_axis_off()
    bars = bar_axes.barh(list(classes), probabilities, color=theme.SKY)
    bars[int(probabilities.argmax())].set_color(theme.VERMILION)
    bar_axes.invert_yaxis()
    bar_axes.set(xlim=(0, 1), xlabel="probability")
    bar_axes.set_box_aspect(1.8)


def curves(figure: Figure, history: Sequence[tuple[int, float]], judged: Sequence[tuple[int, float]],
           per_epoch: int) -> None:
    """Loss (step, loss) and held-out accuracy (step, accuracy) over the epochs."""
    left, right = figure.subplots(1, 2)
    steps, losses = np.array(history).T
    left.plot(steps / per_epoch, losses, color=theme.SKY, linewidth=0.8)
    left.plot(steps / per_epoch, running_mean(losses), color=theme.BLUE)
    left.set(yscale="log", xlabel="epoch", ylabel="training loss (cross-entropy, in nats)")
    if judged:
        steps, accuracies = np.array(judged).T
        right.plot(steps / per_epoch, accuracies, color=theme.VERMILION, marker="o", markersize=3)
        right.annotate(f"{100 * accuracies[-1]:.2f} %", (steps[-1] / per_epoch, accuracies[-1]), xytext=(0, 7),
                       textcoords="offset points", ha="right", color=theme.VERMILION)
        right.set_ylim(floor_of(accuracies), 1)
    right.set(xlim=(0, None), xlabel="epoch", ylabel="accuracy on the validation digits")
    right.yaxis.set_major_formatter(PercentFormatter(1, decimals=1))


def predictions(figure: Figure, images: np.ndarray, true: np.ndarray, probabilities: np.ndarray,
                classes: Sequence[str], columns: int = 8) -> None:
    """Above: the first test digits.  Below: the most confident mistakes."""
    said, sure = probabilities.argmax(axis=1), probabilities.max(axis=1)
    wrong = np.flatnonzero(said != true)
    worst = wrong[np.argsort(-sure[wrong], kind="stable")][: 2 * columns]
    axes = figure.subplots(4, columns)
    for ax in axes.flat:
        ax.set_axis_off()
    for ax, i in zip(axes[:2].flat, range(2 * columns), strict=True):
        paint.image(ax, images[i], classes[said[i]])
        ax.title.set_color(theme.BLUE if said[i] == true[i] else theme.VERMILION)
    for ax, i in zip(axes[2:].flat, worst, strict=False):
        paint.image(ax, images[i], f"{classes[said[i]]}, not {classes[true[i]]}\n{100 * sure[i]:.0f} %")
        ax.title.set_color(theme.VERMILION)


def one_pixel(figure: Figure, network: Sequential, image: np.ndarray) -> None:
    """How one output pixel is computed: the patch, the kernel, their products, and the sum at its place."""
    arrays = network.named_arrays()
    scaled = arrays["rescale_1.factor"] * image                                             # (H, W)
    K, b = arrays["convolution_1.K"], arrays["convolution_1.b"]                     # (F, 1, k, k), (F,)
    plain = Conv2D(len(K), k := K.shape[-1])                             # without pooling, so that every place is shown
    plain.build((1, *image.shape), np.random.default_rng(0))
    plain.K, plain.b = K, b
    answers = plain.forward(scaled[None, None])[0]                                  # (F, P, Q)
    f, p, q = np.unravel_index(int(answers.argmax()), answers.shape)                # the largest output of a filter
    patch, kernel = scaled[p : p + k, q : q + k], plain.K[f, 0]                     # (k, k), (k, k)
    axes = figure.subplots(1, 5, width_ratios=[1.3, 1, 1, 1, 1.3])
    paint.image(axes[0], image, "a window on the digit")
    axes[0].add_patch(Rectangle((q - 0.5, p - 0.5), k, k, fill=False, edgecolor=theme.VERMILION, linewidth=2))
    for ax, values, title in zip(axes[1:4], (patch, kernel, patch * kernel),
                                 ("pixels", "×  kernel", "=  products"), strict=True):
        signed(ax, values)
        ax.set_title(title, fontsize=10, loc="center")
        for (i, j), value in np.ndenumerate(values):
            colour = "white" if abs(value) > 0.6 * np.abs(values).max() else theme.INK
            ax.text(j, i, f"{value:.1f}".replace("-0.0", "0.0"), ha="center", va="center", fontsize=7, color=colour)
    signed(axes[4], answers[f])
    axes[4].set_title(f"their sum + b = {answers[f, p, q]:.1f}", fontsize=10, loc="center")
    axes[4].add_patch(Rectangle((q - 0.5, p - 0.5), 1, 1, fill=False, edgecolor=theme.INK, linewidth=1.5))


def side_by_side(figure: Figure, k: int = 5) -> None:
    """Why pooling is cheap: the windows of two neighbours form one wider window, with the kernel at either side."""
    axes = figure.subplots(1, 3, width_ratios=[1, 1, 1.25])
    for ax, name, j in zip(axes, ("left", "right"), (0, 1), strict=False):
        cells = np.zeros((k, k + 1))
        cells[:, j : j + k] = 1
        ax.imshow(cells, cmap="Blues", vmin=0, vmax=2)
        ax.text(j + (k - 1) / 2, (k - 1) / 2, "K", ha="center", va="center", fontsize=16, color=theme.INK)
        for row, column in zip(*np.nonzero(cells == 0), strict=True):
            ax.text(column, row, "0", ha="center", va="center", fontsize=8, color=theme.GREY)
        ax.set_title(f"row {j + 1}: the {name} pixel", fontsize=10, loc="center")
    candidates = np.array([[1, 0], [0, 0]])                  # the largest of the four in this example
    axes[2].imshow(candidates, cmap="Oranges", vmin=0, vmax=2)
    for (i, j), text in zip(np.ndindex(2, 2), ("a", "b", "c", "d"), strict=True):
        axes[2].text(j, i, text, ha="center", va="center", fontsize=14, color=theme.INK)
    axes[2].set_title("a cell: max(max(a, b), max(c, d))", fontsize=10, loc="center")
    for ax, (height, width) in zip(axes, ((k, k + 1), (k, k + 1), (2, 2)), strict=True):
        ax.set_xticks(np.arange(width + 1) - 0.5, [])
        ax.set_yticks(np.arange(height + 1) - 0.5, [])
        ax.grid(color="white", linewidth=1.5)
        ax.tick_params(length=0)
        for side in ax.spines.values():
            side.set_visible(True)
            side.set(color=theme.INK, linewidth=2)

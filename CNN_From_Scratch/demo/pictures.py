"""The finished pictures of chapter 6, each painted on a figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, ListedColormap, PowerNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import PercentFormatter

from ai_from_scratch.stage import paint, theme
from Basic_Neural_Network_From_Scratch import Sequential, SoftmaxCrossEntropy
from CNN_From_Scratch.demo.heldout import passing
from CNN_From_Scratch.demo.looking_inside import first_maps
from CNN_From_Scratch.demo.panels import floor_of, mosaic, running_mean

KERNELS_SHOWN = 6       # of those that training changed most


def signed(ax: Axes, values: np.ndarray, limit: float | None = None) -> None:
    """Draws a map on a diverging scale around 0, without axes; NaN stays white.  The default scale leaves out the
    largest half percent, so that one bright pixel does not make all others pale."""
    limit = float(np.nanpercentile(np.abs(values), 99.5)) if limit is None else limit
    ax.imshow(values, cmap=theme.DIVERGING, vmin=-(limit or 1), vmax=limit or 1)
    ax.set_axis_off()


def smooth_share(kernels: np.ndarray) -> float:  # (F, h, w)
    """The share of the kernels' sum of squares that is explained by planes and parabolas a + b u + c v + d u² + e uv +
    f v².

    For white noise it is the share of these 6 shapes in all h·w: 0.24 for a kernel of 5 × 5.
    """
    F, h, w = kernels.shape
    u, v = (grid.ravel() for grid in np.mgrid[:h, :w] - np.array([h - 1, w - 1]).reshape(2, 1, 1) / 2)
    smooth = np.linalg.qr(np.stack([np.ones(h * w), u, v, u * u, u * v, v * v], axis=1))[0]     # (hw, 6)
    return float(((kernels.reshape(F, -1) @ smooth) ** 2).sum() / ((kernels**2).sum() or 1.0))


def most_changed(before: np.ndarray, now: np.ndarray) -> np.ndarray:  # (F, k, k) each -> (up to KERNELS_SHOWN,)
    """The numbers of the kernels with the largest ‖now − before‖, the largest first."""
    return np.argsort(-np.linalg.norm(now - before, axis=(1, 2)), kind="stable")[:KERNELS_SHOWN]


def filters(figure: Figure, before: np.ndarray, now: np.ndarray, epochs: str) -> None:
    """Draws those of the first layer's kernels (F, k, k) that training changed most: at the start, now, and the
    difference.  A kernel's three panels have one scale."""
    shown, rows = most_changed(before, now), (before, now, now - before)
    words = ("the start: noise", f"after {epochs}", "the difference")
    axes = figure.subplots(3, len(shown) + 1, squeeze=False, width_ratios=[1.35, *[1] * len(shown)])
    of_noise, added = min(1.0, 6 / now[0].size), smooth_share(now - before)
    figure.suptitle(f"training adds {'smoother shapes than' if added > 1.5 * of_noise else 'shapes about as rough as'} "
                    f"noise: the {len(shown)} of {len(now)} kernels that it changed most", fontsize=11, x=0.01,
                    ha="left")
    for (label, *panels), kernels, name in zip(axes, rows, words, strict=True):
        noise = f"\n({100 * of_noise:.0f} % expected\nof noise)" if kernels is before else ""
        label.text(0, 0.5, f"{name}\n{100 * smooth_share(kernels):.0f} % is smooth{noise}", fontsize=9, va="center",
                   transform=label.transAxes)
        label.set_axis_off()
        for ax, f in zip(panels, shown, strict=True):
            signed(ax, kernels[f], float(max(np.abs(row[f]).max() for row in rows)))
            ax.add_patch(Rectangle((-0.5, -0.5), *kernels[f].shape[::-1], fill=False, edgecolor=theme.PALE))


def feature_maps(figure: Figure, network: Sequential, image: np.ndarray, classes: Sequence[str]) -> None:
    """Draws one digit (H, W) in each layer: the maps after every pooling, the hidden units, the probabilities."""
    stages, logits = passing(network, image)                            # (F, P, Q) each, or (units,) after Flatten
    probabilities = SoftmaxCrossEntropy().predict(logits)[0]            # (K,)
    widths = [0.8, *(1.2 if values.ndim == 3 else 0.5 for values in stages), 0.2, 0.8]
    *axes, gap, bar_axes = figure.subplots(1, len(widths), width_ratios=widths)
    gap.set_axis_off()                                                  # space for the names of the classes
    said = int(probabilities.argmax())
    figure.suptitle(f"from {image.size} pixels to ten probabilities: read as {classes[said]} "
                    f"({paint.percent(probabilities[said])})", fontsize=10, x=0.01, ha="left")
    paint.image(axes[0], image, f"the digit\n{image.shape[0]} × {image.shape[1]}")
    for ax, values in zip(axes[1:], stages, strict=True):
        maps = values if values.ndim == 3 else values[:, None, None]
        columns = max(count for count in range(1, 9) if len(maps) % count == 0 and count**2 <= max(len(maps), 4))
        board = mosaic(maps, columns) if values.ndim == 3 else values.reshape(-1, columns)
        # The square root raises small values: a few maps are far stronger than the rest.
        ax.imshow(board, cmap=theme.SEQUENTIAL.with_extremes(bad=theme.PALE),
                  norm=PowerNorm(0.5, 0, max(float(values.max()), 1e-9)))
        _, P, Q = maps.shape
        title = f"{len(maps)} maps\n{P} × {Q}" if values.ndim == 3 else f"{len(maps)}\nunits"
        ax.set_title(title, fontsize=9, loc="center")
        ax.set_axis_off()
    bars = bar_axes.barh(list(classes), probabilities, color=theme.SKY)
    bars[said].set_color(theme.INK)
    bar_axes.invert_yaxis()
    bar_axes.set(xlim=(0, 1), xlabel="probability")
    bar_axes.set_box_aspect(1.8)


def curves(figure: Figure, history: Sequence[tuple[int, float]], judged: Sequence[tuple[int, float]],
           per_epoch: int, rates: Sequence[float]) -> None:
    """Draws loss (step, loss) and held-out accuracy (step, accuracy) over the epochs; below them the learning rate of
    each step."""
    grid = figure.add_gridspec(2, 2, height_ratios=(3.2, 1))
    left, right = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[0, 1])
    steps, losses = np.array(history).T
    left.plot(steps / per_epoch, losses, color=theme.TRAINING, linewidth=0.8, alpha=0.75)
    smooth = running_mean(losses)
    left.plot(steps / per_epoch, smooth, color=theme.TRAINING)
    left.set(yscale="log", ylabel="training loss (nats)")
    left.set_title(f"{smooth[0]:.2g} at the start, {smooth[-1]:.2g} at the end (mean)", fontsize=10)
    if judged:
        steps, accuracies = np.array(judged).T
        right.plot(steps / per_epoch, accuracies, color=theme.HELD_OUT, marker="o", markersize=3)
        right.set_title(f"half-way {100 * paint.half_way(steps, accuracies):.2f} % (mean), "
                        f"end {100 * accuracies[-1]:.2f} %", fontsize=10)
        right.set_ylim(floor_of(accuracies), 1)
    right.set(xlim=(0, None), ylabel="held-out accuracy")
    right.yaxis.set_major_formatter(PercentFormatter(1, decimals=1))
    for column, ax in enumerate((left, right)):
        below = figure.add_subplot(grid[1, column], sharex=ax)
        ax.tick_params(labelbottom=False)
        paint.learning_rates(below, np.arange(1, len(rates) + 1) / per_epoch, rates)
        below.set_ylabel("learning\nrate" if column == 0 else "")


def predictions(figure: Figure, images: np.ndarray, true: np.ndarray, probabilities: np.ndarray,
                classes: Sequence[str], columns: int = 8) -> None:
    """Draws the first test digits above, and the most confident mistakes below.  Each label is in the frame of its
    digit."""
    said, sure = probabilities.argmax(axis=1), probabilities.max(axis=1)
    wrong = np.flatnonzero(said != true)
    worst = wrong[np.argsort(-sure[wrong], kind="stable")][: 2 * columns]
    halves: Any = figure.subfigures(2, 1, hspace=0.04)
    firsts = np.arange(min(2 * columns, len(true)))
    for half, numbers, words in zip(halves, (firsts, worst), (
            f"the first {len(firsts)} test digits: {np.sum(said[firsts] == true[firsts])} read correctly",
            f"the {len(worst)} most confident of {len(wrong)} mistakes in {len(true):,} test digits"), strict=True):
        axes = half.subplots(2, columns)
        half.suptitle(words, fontsize=10, x=0.01, ha="left")
        for ax in axes.flat:
            ax.set_axis_off()
        for ax, i in zip(axes.flat, numbers, strict=False):
            right = said[i] == true[i]
            answer = classes[said[i]]
            paint.framed_digit(ax, images[i], answer if right else f"{classes[true[i]]}, read as {answer}\n"
                               f"{paint.percent(sure[i])}", theme.INK if right else theme.ACCENT, 4 if right else 2.6)


def telling(maps: np.ndarray) -> int:  # (F, P, Q) -> the number of a map
    """The index of a telling map: of the maps with a large maximum, the one with the largest positive share of its sum
    of squares."""
    largest = maps.max(axis=(1, 2))
    positive = (np.maximum(maps, 0) ** 2).sum(axis=(1, 2)) / np.maximum((maps**2).sum(axis=(1, 2)), 1e-12)
    return int(np.where(largest >= 0.5 * largest.max(), positive, -1).argmax())


def one_pixel(figure: Figure, network: Sequential, image: np.ndarray) -> None:
    """Draws how one output pixel is computed: the patch, the kernel, their products, and the sum at its place.

    Pixels and weights are rounded to the two decimals that are printed, and then multiplied: the printed numbers fit.
    """
    layer, _ = first_maps(network, image[None])
    scaled = np.round(network.named_arrays()["rescale_1.factor"] * image.astype(float), 2)      # (H, W)
    layer.K, layer.b = np.round(layer.K.astype(float), 2), np.zeros(len(layer.K))
    maps = layer.forward(scaled[None, None])[0]                                         # (F, P, Q)
    f = telling(maps)
    p, q = np.unravel_index(int(maps[f].argmax()), maps[f].shape)
    k = layer.K.shape[-1]
    (top, _), (left, _) = layer.frame
    patch, kernel = np.pad(scaled, layer.frame)[p : p + k, q : q + k], layer.K[f, 0]    # (k, k), (k, k)
    wide = 1.4                                                                          # by height: space for a sign
    axes = figure.subplots(1, 5, width_ratios=[1, 1.1, wide, wide, 1])
    paint.image(axes[0], image, "a digit: a window\nlike the kernel")
    axes[0].add_patch(Rectangle((q - left - 0.5, p - top - 0.5), k, k, fill=False, edgecolor=theme.ACCENT,
                                linewidth=2))
    for ax, values, title, width in zip(axes[1:4], (patch, kernel, patch * kernel),
                                        ("pixels (0: no ink)\nroot mean square 1", "×  kernel\ngreen: ink raises",
                                         "=  products\n"), (1.1, wide, wide), strict=True):
        limit = float(np.abs(values).max()) or 1.0
        if values is patch:
            ax.imshow(values, cmap="gray_r", vmin=0, vmax=limit)
            ax.set_axis_off()
        else:
            signed(ax, values, limit)
        ax.set_aspect("auto")
        ax.set_box_aspect(1 / width)
        ax.set_title(title, fontsize=9, loc="center")
        for ((i, j), value), rgba in zip(np.ndenumerate(values), ax.images[0].to_rgba(values).reshape(-1, 4),
                                         strict=True):
            ax.text(j, i, two_decimals(value), ha="center", va="center", fontsize=7, color=theme.text_on(rgba[:3]))
    signed(axes[4], maps[f], float(np.abs(maps[f]).max()))
    axes[4].set_title(f"summed: {maps[f, p, q]:.1f}, the\nlargest of its map", fontsize=9, loc="center")
    axes[4].add_patch(Rectangle((q - 0.5, p - 0.5), 1, 1, fill=False, edgecolor=theme.INK, linewidth=1.5))
    for ax in axes:
        height, width = ax.images[0].get_array().shape
        ax.add_patch(Rectangle((-0.5, -0.5), width, height, fill=False, edgecolor=theme.PALE, clip_on=False))


def two_decimals(value: float) -> str:
    return "0" if round(value, 2) == 0 else f"{value:.2f}".replace("-", "−")


def side_by_side(figure: Figure, k: int = 5) -> None:
    """Draws two neighbouring windows as one wider window; two rows of a matrix give both outputs."""
    colours = theme.SERIES[2], theme.SERIES[1]
    figure.suptitle(f"one product of a matrix reads {k} × {k + 1} pixels once, and gives two outputs", fontsize=11,
                    x=0.01, ha="left")
    pixels, *rows, cell = figure.subplots(1, 4, width_ratios=[1, 1, 1, k / (k + 1)])      # all of one height
    pixels.imshow(np.zeros((k, k + 1)), cmap="Greys", vmin=0, vmax=1)
    for j, (name, colour) in enumerate(zip(("left", "right"), colours, strict=True)):
        inset = 0.42 - 0.1 * j
        pixels.add_patch(Rectangle((j - inset, -inset), k - 1 + 2 * inset, k - 1 + 2 * inset, fill=False,
                                   edgecolor=colour, linewidth=2.5, zorder=3))         # above the grid lines
        cells = np.zeros((k, k + 1))
        cells[:, j : j + k] = 1
        shade = LinearSegmentedColormap.from_list(name, ["white", colour])
        rows[j].imshow(cells, cmap=shade, vmin=0, vmax=2.5)
        for row, column in np.ndindex(k, k + 1):
            rows[j].text(column, row, "K" if cells[row, column] else "0", ha="center", va="center", fontsize=9,
                         color=theme.INK if cells[row, column] else theme.GREY)
        rows[j].set_title(f"pixels × row {j + 1}\n= the {name} output", fontsize=10, loc="center",
                          color=colour)
    pixels.set_title(f"two {k} × {k} windows\nin {k} × {k + 1} pixels", fontsize=10, loc="center")
    cell.imshow([[1, 2], [1, 2]], cmap=ListedColormap(colours), alpha=0.3)
    for (i, j), value in np.ndenumerate(np.array([[3, 1], [0, 2]])):
        cell.text(j, i, str(value), ha="center", va="center", fontsize=14, color=theme.INK,
                  fontweight="bold" if value == 3 else "normal")
    cell.add_patch(Rectangle((-0.46, -0.46), 0.92, 0.92, fill=False, edgecolor=theme.INK, linewidth=2.5, zorder=3))
    cell.set_title("a cell of four outputs:\nthe largest stays", fontsize=10, loc="center")
    for ax, (height, width) in zip((pixels, *rows, cell), (*[(k, k + 1)] * 3, (2, 2)), strict=True):
        ax.set_xticks(np.arange(width + 1) - 0.5, [])
        ax.set_yticks(np.arange(height + 1) - 0.5, [])
        ax.grid(color=theme.PALE, linewidth=1)
        ax.tick_params(length=0)
        for spine in ax.spines.values():
            spine.set(visible=True, color=theme.PALE)

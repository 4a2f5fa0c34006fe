"""What a kernel and a deep unit respond to: the patches with the largest response, and the pixels on which a unit
depends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import ConnectionPatch, Rectangle

from ai_from_scratch.stage import theme
from Basic_Neural_Network_From_Scratch import Layer, Sequential
from CNN_From_Scratch.cnn import Flatten
from CNN_From_Scratch.convolution import Conv2D
from CNN_From_Scratch.demo.panels import mosaic
from CNN_From_Scratch.fast.convolution_pool import ConvPool2D
from CNN_From_Scratch.pooling import Pool2D
from CNN_From_Scratch.saliency import inference_layers

KERNELS_SHOWN, PATCHES = 16, 9
LOOK_ALIKE = 0.5                        # mean correlation of nine patches that have a shape in common
Range = tuple[int, int]                 # first and last pixel, of rows or of columns


class Field(NamedTuple):
    """The pixels of a layer's input on which one unit depends; negative numbers are in the frame of zeros."""

    rows: Range
    columns: Range


def field_before(layer: object, field: Field) -> Field:
    """The part of a layer's input on which the outputs in `field` depend. Outputs p … q depend on inputs s·p − pad …
    s·q + k − 1 − pad."""
    strides: Sequence[int] | np.ndarray
    if isinstance(layer, ConvPool2D):   # a pooling window of two convolution windows, at every second place
        sizes, strides, pads = np.add(layer.K.shape[2:], 1), (2, 2), [pad[0] for pad in layer.frame]
    elif isinstance(layer, Conv2D):
        sizes, strides, pads = layer.K.shape[2:], np.broadcast_to(layer.stride, 2), [pad[0] for pad in layer.frame]
    elif isinstance(layer, Pool2D):
        sizes, strides, pads = np.broadcast_to(layer.size, 2), np.broadcast_to(layer.stride, 2), [0, 0]
    else:
        return field                    # number by number
    return Field(*((int(s * first - pad), int(s * last + k - 1 - pad))
                   for (first, last), k, s, pad in zip(field, sizes, strides, pads, strict=True)))


def receptive_fields(network: Sequential, place: tuple[int, int]) -> list[Field]:
    """The pixels on which one unit of the last maps depends, in the input of every layer before it; the image comes
    first."""
    fields = [Field((place[0], place[0]), (place[1], place[1]))]
    for layer in reversed(before_flatten(network)):
        fields.insert(0, field_before(layer, fields[0]))
    return fields


def before_flatten(network: Sequential) -> list[Layer]:
    """The layers whose outputs still have image axes, in the form for prediction."""
    layers = inference_layers(network.layers)
    return layers[: next(number for number, layer in enumerate(layers) if isinstance(layer, Flatten))]


def outputs(network: Sequential, images: np.ndarray) -> list[np.ndarray]:  # (n, H, W) -> (n, F, P, Q) of every layer
    X, seen = images[:, None].astype(network.dtype), []
    for layer in before_flatten(network):
        X = layer.forward(X)
        seen.append(X)
    return seen


def cut(image: np.ndarray, field: Field) -> np.ndarray:  # (H, W) -> the pixels of a field, 0 outside of the image
    (top, bottom), (left, right) = field
    frame = max(0, -top, -left, bottom + 1 - image.shape[0], right + 1 - image.shape[1])
    padded = np.pad(image, frame)
    return padded[top + frame : bottom + 1 + frame, left + frame : right + 1 + frame]


def strongest(maps: np.ndarray, most: int = PATCHES) -> list[tuple[int, int, int]]:  # (n, P, Q) -> (image, row, column)
    """The places of the largest values, at most one of each image, the largest first."""
    best = maps.reshape(len(maps), -1)
    order = np.argsort(-best.max(axis=1), kind="stable")[:most]
    return [(int(i), *divmod(int(best[i].argmax()), maps.shape[2])) for i in order]


def first_maps(network: Sequential, images: np.ndarray) -> tuple[Conv2D, np.ndarray]:  # (n, H, W) -> (n, F, P, Q)
    """The first convolution, without the pooling after it, and its sums at all places."""
    arrays = network.named_arrays()
    K, b = arrays["convolution_1.K"], arrays["convolution_1.b"]                         # (F, 1, h, w), (F,)
    layer = next(layer for layer in network.layers if hasattr(layer, "K"))
    plain = Conv2D(len(K), K.shape[2:], padding=layer.padding)                          # type: ignore[attr-defined]
    plain.build((1, *images.shape[1:]), np.random.default_rng(0))
    plain.K, plain.b = K, b
    return plain, plain.forward(arrays["rescale_1.factor"] * images[:, None])


def resemblance(cuts: Sequence[np.ndarray]) -> float:  # (h, w) each
    """The mean correlation of all pairs of patches: 1 if all are the same, about 0 if they have nothing in common."""
    centred = np.array([cut.ravel() - cut.mean() for cut in cuts], dtype=float)             # (n, hw)
    centred /= np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-12)
    return float((centred @ centred.T)[np.triu_indices(len(cuts), 1)].mean()) if len(cuts) > 1 else 1.0


def kernel_patches(figure: Figure, network: Sequential, image: np.ndarray, images: np.ndarray) -> None:
    """Draws for each kernel the kernel, its map of one digit, and the nine patches of other digits with the largest
    sums."""
    layer, (own, *_) = first_maps(network, image[None])                                 # (F, P, Q)
    many, K = first_maps(network, images)[1], layer.K[:, 0]                             # (n, F, P, Q), (F, h, w)
    shown = np.sort(np.argsort(-np.linalg.norm(K, axis=(1, 2)), kind="stable")[:KERNELS_SHOWN])
    columns = min(4, len(shown))
    grid = figure.add_gridspec(-(-len(shown) // columns), 2 * columns - 1,
                               width_ratios=[3, 0.25] * (columns - 1) + [3])
    found = []
    for number, f in enumerate(shown):
        place = grid[number // columns, 2 * (number % columns)]
        axes: Any = place.subgridspec(1, 3, wspace=0.06).subplots()
        kernel, board, patches = axes
        signed_tile(kernel, K[f])
        signed_tile(board, own[f] - layer.b[f])
        cuts = [cut(images[i], field_before(layer, Field((p, p), (q, q)))) for i, p, q in strongest(many[:, f])]
        side_by_side(patches, cuts)
        found.append(resemblance(cuts))
        if number < columns:
            for ax, words in ((kernel, "kernel"), (board, "its map"), (patches, "9 patches")):
                ax.set_title(words, fontsize=8, loc="center")
    alike = sum(value > LOOK_ALIKE for value in found)
    figure.suptitle(f"{alike} of {len(found)} kernels respond most to patches that look alike (mean correlation above "
                    f"{LOOK_ALIKE:g})", fontsize=11, x=0.01, ha="left")


def signed_tile(ax: Axes, values: np.ndarray) -> None:
    limit = float(np.abs(values).max()) or 1.0
    ax.imshow(values, cmap=theme.DIVERGING, vmin=-limit, vmax=limit)
    ax.set_axis_off()


def side_by_side(ax: Axes, cuts: Sequence[np.ndarray]) -> None:
    """Nine patches in three rows, with grey lines between them."""
    grey_between = colormaps["gray_r"].with_extremes(bad=theme.PALE)
    ax.imshow(np.pad(mosaic(np.stack(cuts).astype(float), 3), 1, constant_values=np.nan), cmap=grey_between, vmin=0,
              vmax=255)
    ax.set_axis_off()


def most_excited(maps: np.ndarray) -> tuple[int, int, int]:  # (F, P, Q) -> (f, p, q)
    f, p, q = np.unravel_index(int(maps.argmax()), maps.shape)
    return int(f), int(p), int(q)


def receptive_field(figure: Figure, network: Sequential, image: np.ndarray, images: np.ndarray) -> None:
    """Draws one unit of the last maps, and the part of every map before it on which it depends, back to the pixels."""
    layers, seen = before_flatten(network), [image[None], *(out[0] for out in outputs(network, image[None]))]
    f, p, q = most_excited(seen[-1])
    fields = receptive_fields(network, (p, q))
    pooled = [number for number, layer in enumerate(layers, 1) if isinstance(layer, Pool2D | ConvPool2D)]
    shown = [0, *pooled[:-1], len(layers)]                          # the image, the pooled maps, the last maps
    axes = figure.subplots(1, len(shown) + 1, width_ratios=[*[1.25] * len(shown), 1.25])
    names = []
    (top, bottom), (left, right) = fields[0]
    figure.suptitle(f"one number of the last maps depends on {bottom - top + 1} × {right - left + 1} of the digit's "
                    f"{image.shape[0]} × {image.shape[1]} pixels", fontsize=10, x=0.01, ha="left")
    for ax, number in zip(axes, shown, strict=False):
        maps = np.maximum(seen[number], 0)
        channel = f if number == len(layers) else int(window(maps, fields[number]).sum(axis=(1, 2)).argmax())
        ax.imshow(maps[channel], cmap="gray_r" if number == 0 else theme.SEQUENTIAL)
        (top, bottom), (left, right) = fields[number]
        ax.add_patch(Rectangle((left - 0.5, top - 0.5), right - left + 1, bottom - top + 1, fill=False,
                               edgecolor=theme.ACCENT, linewidth=2))
        names.append(f"{bottom - top + 1} × {right - left + 1}")
        what = "pixels\nof the digit" if number == 0 else f"places of\neach of {len(maps)} maps"
        ax.set_title(f"{names[-1]} {what}" if number < len(layers) else f"one number of\nthe {len(maps)} last maps",
                     fontsize=10, loc="center")
        ax.set(xticks=[], yticks=[])
        for spine in ax.spines.values():                             # the border of a map
            spine.set(visible=True, color=theme.PALE)
    for left_ax, right_ax, before, after in zip(axes, axes[1:], shown, shown[1:], strict=False):
        for edge in (0, 1):                                          # the frame's upper and lower corners
            near, far = fields[before], fields[after]
            half = -0.5 if edge == 0 else 0.5
            figure.add_artist(ConnectionPatch(
                (near.columns[1] + 0.5, near.rows[edge] + half), (far.columns[0] - 0.5, far.rows[edge] + half),
                "data", "data", axesA=left_ax, axesB=right_ax, color=theme.ACCENT, linewidth=0.8))
    deep = outputs(network, images)[-1][:, f]                        # (n, P, Q)
    side_by_side(axes[-1], [cut(images[i], receptive_fields(network, (p, q))[0]) for i, p, q in strongest(deep)])
    axes[-1].set_title("9 patches with the largest\nnumbers of that map", fontsize=10, loc="center")


def window(maps: np.ndarray, field: Field) -> np.ndarray:  # (F, P, Q) -> the part of a field that is inside the maps
    (top, bottom), (left, right) = field
    return maps[:, max(top, 0) : bottom + 1, max(left, 0) : right + 1]


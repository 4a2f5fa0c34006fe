"""A training step of the feed-forward networks, compared with PyTorch: python -m benchmarks.networks

Both sides learn from the same 20 batches of digits, from the same initial weights, with Adam's default settings.  Our
code initialises dense layers, and PyTorch gets the transposed weights.  PyTorch's network has the same layers; the ReLU
follows the pooling, as in ours, because this order is cheaper there too.  For the convolutional networks, "ours" is
engine="fast", with fused convolution and pooling; "ours, plain" is engine="auto", which trains the plain layers.
"""

import sys
from functools import partial

import numpy as np

from ai_from_scratch.data import load_mnist
from Basic_Neural_Network_From_Scratch import Adam, Dense, Layer, ReLU, Sequential, SoftmaxCrossEntropy, take_step
from Basic_Neural_Network_From_Scratch.fast.data_parallel import Team
from benchmarks.harness import OURS, Data
from benchmarks.training_steps import EAGER, TUNED, StepsRow, Training, main, numpy_product, same_losses, torch_product
from benchmarks.worker import Arrays
from CNN_From_Scratch import CNN, Conv2D, Flatten, MaxPool2D
from CNN_From_Scratch.cnn import GAIN_BEFORE_MAXIMUM
from CNN_From_Scratch.fast.convolution_pool import fuse

BATCHES = 20
OURS_PLAIN = f"{OURS}, plain"
Layout = tuple[tuple[str, int, int], ...]            # ("conv", filters, kernel) … ("dense", units, 0) …

DENSE_LAYOUT: Layout = (("dense", 256, 0), ("dense", 128, 0))
SMALL_LAYOUT: Layout = (("conv", 8, 3), ("dense", 128, 0))
DIGITS_LAYOUT: Layout = (("conv", 16, 5), ("conv", 32, 5), ("dense", 128, 0))
WIDE_LAYOUT: Layout = (("conv", 32, 3), ("conv", 64, 3), ("dense", 128, 0))


def our_network(layout: Layout, engine: str = "fast") -> Sequential:
    layers: list[Layer] = []
    for kind, units, kernel in layout:
        if kind == "dense" and not any(isinstance(layer, Flatten | Dense) for layer in layers):
            layers.append(Flatten())
        layers += ([Conv2D(units, kernel, gain=GAIN_BEFORE_MAXIMUM), MaxPool2D(2), ReLU()] if kind == "conv" else
                   [Dense(units), ReLU()])
    layers.append(Dense(10, "glorot"))
    # The arrays of a CNN are named by role, so both engines use the same names.
    return CNN(fuse(layers) if engine == "fast" else layers).build((1, 28, 28), np.random.default_rng(0))


def data(layout: Layout, batch: int, batches: int) -> Data:
    """Images (batches, N, 1, 28, 28) of mean square about 1, labels (batches, N), and the initial weights by name."""
    digits = load_mnist(download=False)
    rows = np.arange(batches * batch) % len(digits.train.y)
    X = digits.train.X[rows].astype(np.float32).reshape(batches, batch, 1, 28, 28) / np.float32(85)
    weights = {f"weights {name}": array for name, array in our_network(layout).named_arrays().items()}
    about = f"{batches} batches of {batch} digits, {sum(array.size for array in weights.values()):,} parameters"
    return Data({"X": X, "y": digits.train.y[rows].reshape(batches, batch)} | weights, about)


def ours(layout: Layout, workers: int, engine: str, arrays: Arrays):
    network, loss, optimizer = our_network(layout, engine), SoftmaxCrossEntropy(), Adam()
    network.load_arrays({name.removeprefix("weights "): a for name, a in arrays.items() if name.startswith("weights ")})
    X, y = arrays["X"], arrays["y"]
    team = Team(network, loss, workers) if workers > 1 else None
    return lambda number: take_step(network, loss, optimizer, X[number], y[number], team=team)


def theirs(layout: Layout, best: bool, arrays: Arrays):
    import torch

    network, optimizer = torch_network(layout, best, arrays)
    batches, y = [as_tensor(batch, best) for batch in arrays["X"]], torch.from_numpy(arrays["y"])

    def step(number: int) -> float:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(network(batches[number]), y[number])
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def as_tensor(batch: np.ndarray, best: bool):
    import torch

    tensor = torch.from_numpy(batch)
    return tensor.contiguous(memory_format=torch.channels_last) if best else tensor


def torch_network(layout: Layout, best: bool, arrays: Arrays):
    """PyTorch's network with the given weights, and its Adam."""
    import torch
    from torch import nn

    network, channels, side = nn.Sequential(), 1, 28
    for kind, units, kernel in layout:
        if kind == "conv":
            network.extend([nn.Conv2d(channels, units, kernel), nn.MaxPool2d(2), nn.ReLU()])
            channels, side = units, (side - kernel + 1) // 2
        else:
            if not any(isinstance(module, nn.Flatten) for module in network):
                network.append(nn.Flatten())
                channels *= side * side
            network.extend([nn.Linear(channels, units), nn.ReLU()])
            channels = units
    network.append(nn.Linear(channels, 10))
    # Sorted by name, they are in PyTorch's order: convolution_1.K, convolution_1.b, convolution_2.K … dense_1.W …
    weights = [torch.from_numpy(array) for name, array in sorted(arrays.items()) if name.startswith("weights ")]
    with torch.no_grad():
        for parameter, array in zip(network.parameters(), weights, strict=True):
            parameter.copy_(array.T if array.ndim == 2 else array)
    if best:
        network = network.to(memory_format=torch.channels_last)
    return network, torch.optim.Adam(network.parameters(), fused=True if best else None)


def work(layout: Layout, batch: int) -> float:
    """Multiply-adds of a step in the plain form: three products for each layer, two for the first layer."""
    network, total, first = our_network(layout), 0.0, True
    for layer, shape in zip(network.layers, network.shapes[1:], strict=True):
        for _, array, _ in layer.parameters():
            if array.ndim >= 2:
                places = 4 * shape[1] * shape[2] if array.ndim == 4 else 1          # before the pooling
                total += (2 if first else 3) * batch * places * array.size
                first = False
    return total


def row(name: str, layout: Layout, batch: int, eager: float, best: float, workers: int = 1) -> StepsRow:
    sides = {
        OURS: partial(Training, partial(ours, layout, workers, "fast"), numpy_product),
        OURS_PLAIN: partial(Training, partial(ours, layout, workers, "auto"), numpy_product),
        EAGER: partial(Training, partial(theirs, layout, False), torch_product),
        TUNED: partial(Training, partial(theirs, layout, True), torch_product),
    }
    if not any(kind == "conv" for kind, _, _ in layout):
        del sides[OURS_PLAIN]                                        # dense layers have no fast version
    return StepsRow(
        name, "training steps", partial(data, layout, batch, BATCHES), partial(data, layout, batch, 2), sides,
        same_losses, samples=batch, work=work(layout, batch), bars=((EAGER, eager), (TUNED, best)),
        workers=workers,
    )


def rows(threads: int) -> list[StepsRow]:
    """Several processes share a step of some milliseconds, BLAS's threads a shorter one: for each the faster way."""
    return [
        row("dense 784-256-128-10, batch 128", DENSE_LAYOUT, 128, 1.15, 1.0),
        row("CNN 8c3-pool-128-10, batch 64", SMALL_LAYOUT, 64, 1.5, 1.25),
        row("CNN 16c5-pool-32c5-pool-128-10, batch 128", DIGITS_LAYOUT, 128, 1.3, 0.95, workers=threads),
        row("CNN 32c3-pool-64c3-pool-128-10, batch 128", WIDE_LAYOUT, 128, 1.2, 0.9, workers=threads),
    ]


if __name__ == "__main__":
    sys.exit(main(
        "networks", "The feed-forward networks compared with PyTorch: training steps", rows,
        more="The time to 99 % and to 99.4 % of the test digits, ours and PyTorch's: `python -m benchmarks.digits`, "
             "[digits.md](digits.md)."))

"""The feed-forward networks beside PyTorch, one training step: python -m benchmarks.networks

Both sides learn from the same 20 batches of digits, from the same initial weights, with Adam at its defaults.  Dense
layers are initialised by ours, PyTorch gets the transposed weights; its network is the same chain of layers, with the
ReLU behind the pooling as ours has it, which is the cheaper order there too.
"""

import sys
from functools import partial

import numpy as np

from ai_from_scratch.data import load_mnist
from Basic_Neural_Network_From_Scratch import Adam, Dense, Layer, ReLU, Sequential, SoftmaxCrossEntropy, take_step
from Basic_Neural_Network_From_Scratch.fast.data_parallel import Team
from benchmarks.harness import OURS, Data
from benchmarks.training_steps import BEST, EAGER, StepsRow, Training, main, numpy_product, same_losses, torch_product
from benchmarks.worker import Arrays
from CNN_From_Scratch import ConvPool2D, Flatten

BATCHES = 20
Layout = tuple[tuple[str, int, int], ...]            # ("conv", filters, kernel) … ("dense", units, 0) …

DENSE: Layout = (("dense", 256, 0), ("dense", 128, 0))
SMALL: Layout = (("conv", 8, 3), ("dense", 128, 0))
DIGITS: Layout = (("conv", 16, 5), ("conv", 32, 5), ("dense", 128, 0))
WIDE: Layout = (("conv", 32, 3), ("conv", 64, 3), ("dense", 128, 0))


def our_network(layout: Layout) -> Sequential:
    layers: list[Layer] = []
    for kind, units, kernel in layout:
        if kind == "dense" and not any(isinstance(layer, Flatten | Dense) for layer in layers):
            layers.append(Flatten())
        layers += [ConvPool2D(units, kernel) if kind == "conv" else Dense(units), ReLU()]
    return Sequential([*layers, Dense(10, "glorot")]).build((1, 28, 28), np.random.default_rng(0))


def data(layout: Layout, batch: int, batches: int) -> Data:
    """Images (batches, N, 1, 28, 28) of mean square about 1, labels (batches, N), and the initial weights by name."""
    digits = load_mnist(download=False)
    rows = np.arange(batches * batch) % len(digits.train.y)
    X = digits.train.X[rows].astype(np.float32).reshape(batches, batch, 1, 28, 28) / np.float32(85)
    weights = {f"weights {name}": array for name, array in our_network(layout).named_arrays().items()}
    about = f"{batches} batches of {batch} digits, {sum(array.size for array in weights.values()):,} parameters"
    return Data({"X": X, "y": digits.train.y[rows].reshape(batches, batch)} | weights, about)


def ours(layout: Layout, workers: int, arrays: Arrays):
    network, loss, optimizer = our_network(layout), SoftmaxCrossEntropy(), Adam()
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
    """PyTorch's network with the weights among the arrays, and its Adam."""
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
    weights = [torch.from_numpy(array) for name, array in sorted(by_layer(arrays).items())]
    with torch.no_grad():
        for parameter, array in zip(network.parameters(), weights, strict=True):
            parameter.copy_(array.T if array.ndim == 2 else array)
    if best:
        network = network.to(memory_format=torch.channels_last)
    return network, torch.optim.Adam(network.parameters(), fused=True if best else None)


def by_layer(arrays: Arrays) -> dict[tuple[int, bool], np.ndarray]:
    """The weights by (layer, is a vector): in PyTorch's order, each matrix before its bias."""
    found = {}
    for name, array in arrays.items():
        if name.startswith("weights "):
            layer = int(name.removeprefix("weights ").split(".")[0])
            found[layer, array.ndim == 1] = array
    return found


def work(layout: Layout, batch: int) -> float:
    """Multiply-adds of a step in the plain form: three products for each layer, two for the first."""
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
        OURS: partial(Training, partial(ours, layout, workers), numpy_product),
        EAGER: partial(Training, partial(theirs, layout, False), torch_product),
        BEST: partial(Training, partial(theirs, layout, True), torch_product),
    }
    return StepsRow(
        name, "training steps", partial(data, layout, batch, BATCHES), partial(data, layout, batch, 2), sides,
        same_losses, samples=batch, work=work(layout, batch), bars=((EAGER, eager), (BEST, best)),
        workers=workers,
    )


def rows(threads: int) -> list[StepsRow]:
    """A step of some milliseconds is shared by a team of processes, a shorter one by BLAS's threads: what is faster."""
    return [
        row("dense 784-256-128-10, batch 128", DENSE, 128, 1.15, 1.0),
        row("CNN 8c3-pool-128-10, batch 64", SMALL, 64, 1.5, 1.25),
        row("CNN 16c5-pool-32c5-pool-128-10, batch 128", DIGITS, 128, 1.3, 0.95, workers=threads),
        row("CNN 32c3-pool-64c3-pool-128-10, batch 128", WIDE, 128, 1.2, 0.9, workers=threads),
    ]


if __name__ == "__main__":
    sys.exit(main(
        "networks", "The feed-forward networks beside PyTorch: training steps", rows,
        more="The time to 99 % and to 99.4 % of the test digits, ours and PyTorch's: `python -m benchmarks.digits`, "
             "[digits.md](digits.md)."))

"""A training step of the recurrent network, compared with PyTorch's nn.RNN: python -m benchmarks.recurrent

Both sides read the same 20 chunks of text in order and keep the state.  Both have the same initial weights,
Adam, and a gradient clipped to norm 1.  PyTorch gets its characters as one-hot vectors, as nn.RNN needs them; for "at
its best" they are made before the timing, and Adam is fused.

    python -m benchmarks.recurrent --writing            measures our characters a second in writing; no page
"""

import sys
import time
from functools import partial
from typing import Any

import numpy as np

from ai_from_scratch.data import load_hamlet
from Basic_Neural_Network_From_Scratch import Adam
from benchmarks.harness import OURS, Data
from benchmarks.training_steps import (
    EAGER,
    TUNED,
    Step,
    StepsRow,
    Training,
    main,
    numpy_product,
    same_losses,
    torch_product,
)
from benchmarks.worker import Arrays
from RNN_From_Scratch import CharNetwork, CharRNN, Chunk, Vocabulary
from RNN_From_Scratch.checkpoint import Run
from RNN_From_Scratch.fast.data_parallel import StreamsTeam
from RNN_From_Scratch.network import loss_and_gradient

CHUNKS, RATE, CLIP = 20, 2e-3, 1.0


def vocabulary_and_codes(length: int) -> tuple[Vocabulary, np.ndarray]:
    """The beginning of the available text, repeated if it is short."""
    text = load_hamlet(download=False).train
    vocabulary = Vocabulary(text)
    return vocabulary, np.resize(vocabulary.encode(text), length)


def data(H: int, B: int, T: int, number: int) -> Data:
    """x (chunks, T, B), y (chunks, T·B), and the initial weights by name."""
    vocabulary, codes = vocabulary_and_codes(B * (number * T + 1))
    laid_out = codes.reshape(B, -1).T                                              # (L + 1, B)
    x = laid_out[:-1].reshape(number, T, B)
    y = laid_out[1:].reshape(number, T * B)
    network = CharNetwork(len(vocabulary), H, rng=np.random.default_rng(0))
    weights = {f"weights {name}": array.copy() for name, array in network.named_arrays().items()}
    about = f"{number} chunks of {T} characters of {B} streams, {network.parameters.size:,} parameters"
    return Data({"x": np.ascontiguousarray(x), "y": np.ascontiguousarray(y)} | weights, about)


def initial(arrays: Arrays) -> Arrays:
    """The initial weights from a row's data, under the names of the formulas."""
    return {name.removeprefix("weights "): array for name, array in arrays.items() if name.startswith("weights ")}


def ours(workers: int, arrays: Arrays) -> Step:
    V, H = arrays["weights W_xh"].shape
    model = CharRNN(H, dropout=0.0, clip=CLIP)
    model.network_ = CharNetwork(V, H, rng=np.random.default_rng(0))
    model.network_.load_arrays(initial(arrays))
    run = Run(Adam(RATE), np.random.default_rng(0), {})
    backpropagate = partial(loss_and_gradient, model.network_) if workers == 1 else StreamsTeam(model.network_, workers)
    x, y = arrays["x"], arrays["y"].reshape(arrays["x"].shape)
    return lambda number: model._update(Chunk(x[number], y[number], False), run, backpropagate)[0]


def torch_layers(weights: Arrays) -> tuple[list[Any], Any, dict[str, Any]]:
    """An nn.RNN for each recurrent layer, and the output layer, with these numbers; and their tensors by our names,
    transposed.

    nn.RNN has a second bias with the same effect as the first; ours has none, so it stays 0.
    """
    import torch
    from torch import nn

    numbers = [name.removeprefix("W_hh") for name in weights if name.startswith("W_hh")]   # "", "_2", …
    rnns = [nn.RNN(*weights[f"W_xh{number}"].shape) for number in numbers]
    out = nn.Linear(*weights["W_hy"].shape)
    named = {"W_hy": out.weight, "c": out.bias}
    with torch.no_grad():
        for number, rnn in zip(numbers, rnns, strict=True):
            named |= {f"W_xh{number}": rnn.weight_ih_l0, f"W_hh{number}": rnn.weight_hh_l0,
                      f"b{number}": rnn.bias_ih_l0}
            rnn.bias_hh_l0.requires_grad_(False).zero_()
        for name, tensor in named.items():
            tensor.copy_(torch.from_numpy(weights[name].T.copy()))
    return rnns, out, named


def theirs(best: bool, arrays: Arrays) -> Step:
    import torch
    from torch.nn.functional import cross_entropy, one_hot
    from torch.nn.utils import clip_grad_norm_

    V, H = arrays["weights W_xh"].shape
    (rnn,), out, named = torch_layers(initial(arrays))
    parameters = list(named.values())
    optimizer = torch.optim.Adam(parameters, RATE, fused=True if best else None)
    codes, y = torch.from_numpy(arrays["x"]), torch.from_numpy(arrays["y"])
    ready = one_hot(codes, V).float() if best else None
    state = torch.zeros(1, codes.shape[2], H)

    def step(number: int) -> float:
        nonlocal state
        x = ready[number] if ready is not None else one_hot(codes[number], V).float()
        optimizer.zero_grad()
        h, last = rnn(x, state)
        loss = cross_entropy(out(h).reshape(-1, V), y[number])
        loss.backward()
        clip_grad_norm_(parameters, CLIP)
        optimizer.step()
        state = last.detach()
        return loss.item()

    return step


def row(H: int, B: int, T: int, eager: float, best: float, workers: int = 1) -> StepsRow:
    V = len(vocabulary_and_codes(1)[0])
    sides = {
        OURS: partial(Training, partial(ours, workers), numpy_product),
        EAGER: partial(Training, partial(theirs, False), torch_product),
        TUNED: partial(Training, partial(theirs, True), torch_product),
    }
    name = f"hidden {H}, {B} stream{'s' if B > 1 else ''}, {T} steps"
    return StepsRow(
        name, "training steps", partial(data, H, B, T, CHUNKS), partial(data, H, B, T, 2), sides, same_losses,
        samples=B * T, unit="characters", work=3.0 * B * T * H * (H + V), bars=((EAGER, eager), (TUNED, best)),
        workers=workers,
    )


def rows(threads: int) -> list[StepsRow]:
    """A team of processes shares the streams if there are many."""
    return [row(128, 32, 64, 1.8, 1.5, threads), row(256, 64, 100, 1.5, 1.3, threads), row(128, 1, 25, 5.0, 4.0)]


def writing(H: int = 128, characters: int = 40_000) -> None:
    """Characters a second of both engines, measured in turn; medians of five."""
    vocabulary, _ = vocabulary_and_codes(1)
    model = CharRNN(H)
    model.vocabulary_ = vocabulary
    model._rebuild({}, 0)
    for settings in ({}, {"temperature": 0.5}, {"temperature": 0.5, "top_p": 0.9}):
        speeds: dict[str, list[float]] = {"auto": [], "fast": []}
        for _ in range(5):
            for engine, measured in speeds.items():
                start = time.perf_counter()
                for _ in model.set_params(engine=engine).generate("", characters, rng=0, **settings):
                    pass
                measured.append(characters / (time.perf_counter() - start))
        for engine, measured in speeds.items():
            print(f"hidden {H}, {settings or 'temperature 1'}, engine {engine!r}: {np.median(measured):,.0f} "
                  f"characters a second ({min(measured):,.0f} – {max(measured):,.0f})")


if __name__ == "__main__":
    if sys.argv[1:] == ["--writing"]:
        writing()
    else:
        sys.exit(main(
            "recurrent", "The recurrent network compared with PyTorch: training steps", rows,
            more="The time to a given number of bits per character of held-out text, ours and PyTorch's: "
                 "`python -m benchmarks.writing`, [writing.md](writing.md)."))

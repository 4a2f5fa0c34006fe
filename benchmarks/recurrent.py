"""The recurrent network beside PyTorch's nn.RNN, one training step: python -m benchmarks.recurrent

Both sides read the same 20 chunks of text, one after the other with the state carried on, from the same initial
weights, with the gradient clipped to norm 1 and Adam.  PyTorch gets its characters as one-hot vectors, which is how
nn.RNN takes them; at its best these are laid out before the clock, and Adam is fused.

    python -m benchmarks.recurrent --writing            characters a second that ours writes; no page
    python -m benchmarks.recurrent --to-bits 2.6        seconds of learning until the validation text costs no more
"""

import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from ai_from_scratch.data import load_hamlet
from Basic_Neural_Network_From_Scratch import Adam, SoftmaxCrossEntropy
from benchmarks.harness import OURS, Data
from benchmarks.training_steps import (
    BEST,
    EAGER,
    Step,
    StepsRow,
    Training,
    main,
    numpy_product,
    same_losses,
    torch_product,
)
from benchmarks.worker import Arrays
from RNN_From_Scratch import CharNetwork, CharRNN, Chunk, Vocabulary, chunks, streams
from RNN_From_Scratch.checkpoint import Run

CHUNKS, RATE, CLIP = 20, 2e-3, 1.0
MOST = 4_000                                         # steps that are tried until the bits are reached
Weights = Callable[[], dict[str, np.ndarray]]        # the parameters now, under the names of the formulas
Make = Callable[[Arrays], tuple[Step, Weights]]


def vocabulary_and_codes(length: int) -> tuple[Vocabulary, np.ndarray]:
    """The beginning of whatever text is at hand, over and over if it is short."""
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


def ours(arrays: Arrays) -> tuple[Step, Weights]:
    V, H = arrays["weights W_xh"].shape
    model = CharRNN(H, dropout=0.0, clip=CLIP)
    model.network_ = CharNetwork(V, H, rng=np.random.default_rng(0))
    model.network_.load_arrays({name.removeprefix("weights "): a for name, a in arrays.items() if "weights" in name})
    run, loss, x, y = Run(Adam(RATE), np.random.default_rng(0), {}), SoftmaxCrossEntropy(), arrays["x"], arrays["y"]
    return (lambda number: model._update(Chunk(x[number], y[number], False), run, loss)[0],
            model.network_.named_arrays)


def theirs(best: bool, arrays: Arrays) -> tuple[Step, Weights]:
    import torch
    from torch import nn
    from torch.nn.functional import cross_entropy, one_hot

    V, H = arrays["weights W_xh"].shape
    rnn, out = nn.RNN(V, H), nn.Linear(H, V)
    named = {"W_xh": rnn.weight_ih_l0, "W_hh": rnn.weight_hh_l0, "b": rnn.bias_ih_l0, "W_hy": out.weight,
             "c": out.bias}
    with torch.no_grad():
        rnn.bias_hh_l0.zero_()                                                     # a second bias, that ours has not
        for name, tensor in named.items():
            tensor.copy_(torch.from_numpy(arrays[f"weights {name}"].T.copy()))
    rnn.bias_hh_l0.requires_grad_(False)
    parameters = [p for p in (*rnn.parameters(), *out.parameters()) if p.requires_grad]
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
        nn.utils.clip_grad_norm_(parameters, CLIP)
        optimizer.step()
        state = last.detach()
        return loss.item()

    return step, lambda: {name: tensor.detach().numpy().T for name, tensor in named.items()}


def training_step(make: Make, arrays: Arrays) -> Step:
    return make(arrays)[0]


def row(H: int, B: int, T: int, eager: float, best: float) -> StepsRow:
    V = len(vocabulary_and_codes(1)[0])
    sides = {
        OURS: partial(Training, partial(training_step, ours), numpy_product),
        EAGER: partial(Training, partial(training_step, partial(theirs, False)), torch_product),
        BEST: partial(Training, partial(training_step, partial(theirs, True)), torch_product),
    }
    name = f"hidden {H}, {B} stream{'s' if B > 1 else ''}, {T} steps"
    return StepsRow(
        name, "training steps", partial(data, H, B, T, CHUNKS), partial(data, H, B, T, 2), sides, same_losses,
        samples=B * T, unit="characters", work=3.0 * B * T * H * (H + V), bars=((EAGER, eager), (BEST, best)),
    )


def writing(H: int = 128, characters: int = 40_000) -> None:
    """Characters a second, median of five."""
    vocabulary, _ = vocabulary_and_codes(1)
    model = CharRNN(H)
    model.vocabulary_ = vocabulary
    model.network_ = CharNetwork(len(vocabulary), H, rng=np.random.default_rng(0))
    for settings in ({}, {"temperature": 0.5}, {"temperature": 0.5, "top_p": 0.9}):
        speeds = []
        for _ in range(5):
            start = time.perf_counter()
            for _ in model.generate("", characters, rng=0, **settings):
                pass
            speeds.append(characters / (time.perf_counter() - start))
        print(f"hidden {H}, {settings or 'temperature 1'}: {np.median(speeds):,.0f} characters a second "
              f"({min(speeds):,.0f} – {max(speeds):,.0f})")


def to_bits(bits: float, side: str) -> None:
    """Hidden 128, 32 streams, 64 steps, constant rate; judged by ours for both sides, off the clock, every 50 steps."""
    text = load_hamlet(download=False)
    B, T = 32, 64
    model = CharRNN(128, dropout=0.0, random_state=0).initialise(text.train, text.validation)
    pieces = [piece for piece in chunks(streams(model.vocabulary_.encode(text.train), B, T), T) if len(piece.x) == T]
    arrays = {"x": np.stack([piece.x for piece in pieces]), "y": np.stack([piece.y.ravel() for piece in pieces])}
    arrays |= {f"weights {name}": array.copy() for name, array in model.network_.named_arrays().items()}
    makers: dict[str, Make] = {OURS: ours, EAGER: partial(theirs, False), BEST: partial(theirs, True)}
    step, weights = makers[side](arrays)
    seconds, judged = 0.0, float("nan")
    for number in range(MOST):
        start = time.perf_counter()
        step(number % len(pieces))
        seconds += time.perf_counter() - start
        if number % 50 == 49:
            model.network_.load_arrays(weights())
            judged = model.bits_per_character(text.validation, text.train)
            if judged <= bits:
                print(f"{side}: {judged:.3f} bits after {number + 1:,} steps, {seconds:.1f} s", flush=True)
                return
    print(f"{side}: {judged:.3f} bits after {MOST:,} steps, {seconds:.1f} s: not reached", flush=True)


def each_side_to_bits(bits: str) -> None:
    """A process each, in turn."""
    for side in (OURS, EAGER, BEST):
        subprocess.run([sys.executable, "-m", "benchmarks.recurrent", "--to-bits", bits, side], check=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["--writing"]:
        writing()
    elif sys.argv[1:2] == ["--to-bits"] and len(sys.argv) == 4:
        to_bits(float(sys.argv[2]), sys.argv[3])
    elif sys.argv[1:2] == ["--to-bits"] and len(sys.argv) == 3:
        each_side_to_bits(sys.argv[2])
    else:
        sys.exit(main("recurrent", "The recurrent network beside PyTorch: training steps",
                      [row(128, 32, 64, 1.8, 1.5), row(256, 64, 100, 1.5, 1.3), row(128, 1, 25, 5.0, 4.0)]))

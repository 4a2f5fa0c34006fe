"""Faster generation of one stream, character by character. Here the calls of NumPy take longer than the arithmetic.

    gain    2 to 2.7 times the characters a second: python -m benchmarks.recurrent --writing

One character needs a third of the calls of generation.py.  b is added to all rows of W_xh beforehand.  The cells take
one step without a time axis.  Random numbers are drawn 256 at a time.  The weights of the characters are not divided by
their sum: the random point lies in 0 … sum instead of 0 … 1.
"""

from collections.abc import Callable, Iterator

import numpy as np

from Basic_Neural_Network_From_Scratch import sigmoid
from RNN_From_Scratch.cell import Cell
from RNN_From_Scratch.gru import GRU
from RNN_From_Scratch.lstm import LSTM
from RNN_From_Scratch.network import CharNetwork

RANDOM_NUMBERS_PER_CALL = 256


def generate(
    network: CharNetwork, prompt: np.ndarray, rng: np.random.Generator, temperature: float = 1.0, top_p: float = 1.0
) -> Iterator[int]:
    """Codes without end after the prompt, an array of codes: the same as from generation.generate with the same rng."""
    _, state = network.read(prompt[:, None])
    states = list(state)                                                           # L times (S, 1, H)
    rows = (network.embedding.W_xh + network.embedding.b)[:, None]                 # (V, 1, GH) of every character
    between, output = network.inputs[1:], network.output
    steps = [step_of(cell) for cell in network.cells]
    while True:
        for point in rng.random(RANDOM_NUMBERS_PER_CALL).tolist():
            logits = (states[-1][0] @ output.W)[0]                                 # (V,)
            logits += output.b
            ends = weights(logits, temperature, top_p).cumsum()
            code = int(ends.searchsorted(point * ends[-1], side="right"))
            yield code
            z = rows[code]                                                         # (1, GH)
            for i, step in enumerate(steps):
                if i:
                    z = between[i - 1].forward(states[i - 1][0])
                states[i] = step(z, states[i])


def weights(logits: np.ndarray, temperature: float, top_p: float) -> np.ndarray:   # (V,) -> (V,)
    """Numbers in the same proportions as sampling.probabilities."""
    if temperature == 0:
        return (np.arange(len(logits)) == logits.argmax()).astype(np.float64)
    scores = logits.astype(np.float64)
    scores -= scores.max()
    if temperature != 1:
        np.maximum(scores, -1e308 * min(temperature, 1.0), out=scores)             # the division cannot overflow
        scores /= temperature
    order = np.argsort(-scores, kind="stable") if top_p < 1 else None
    amounts = np.exp(scores, out=scores)
    if order is not None:
        sums = np.cumsum(amounts[order])
        amounts[order[sums - amounts[order] >= top_p * sums[-1]]] = 0.0
    return amounts


Step = Callable[[np.ndarray, np.ndarray], np.ndarray]      # z (1, GH), state (S, 1, H) -> the state after it


def step_of(cell: Cell) -> Step:
    """The cell's forward for one character; nothing is kept for a backward pass."""
    W_hh, H = cell.W_hh, len(cell.W_hh)

    def plain(z: np.ndarray, state: np.ndarray) -> np.ndarray:
        a = state @ W_hh
        a += z
        return np.tanh(a, out=a)

    def lstm(z: np.ndarray, state: np.ndarray) -> np.ndarray:
        a = state[0] @ W_hh
        a += z                                             # (1, 4H)
        i_f, o = sigmoid(a[:, : 2 * H]), sigmoid(a[:, 3 * H :])
        after = np.empty_like(state)
        after[1] = i_f[:, H:] * state[1] + i_f[:, :H] * np.tanh(a[:, 2 * H : 3 * H])
        after[0] = o * np.tanh(after[1])
        return after

    def gru(z: np.ndarray, state: np.ndarray) -> np.ndarray:
        assert isinstance(cell, GRU)
        h, from_state = state[0], state[0] @ W_hh
        ru = sigmoid(z[:, : 2 * H] + from_state[:, : 2 * H])
        n = np.tanh(z[:, 2 * H :] + ru[:, :H] * (from_state[:, 2 * H :] + cell.b_hn))
        u = ru[:, H:]
        return ((1 - u) * n + u * h)[None]

    return lstm if isinstance(cell, LSTM) else gru if isinstance(cell, GRU) else plain

"""Writing, one character after the other: what was drawn is read, and tells what to draw next.

    z = W_xh[x] + b        h = tanh(z + h W_hh)        logits = h W_hy + c        x ~ softmax(logits / temperature)

The same formulas as in training, but for one character at a time the calls cost more than the arithmetic.  So b is
added to all rows of W_xh beforehand, the random numbers come in blocks, and p is never divided by its sum: the draw is
made from 0 … sum instead of 0 … 1.
"""

from collections.abc import Iterator

import numpy as np

from RNN_From_Scratch.network import CharNetwork
from RNN_From_Scratch.sampling import pick, weights

BLOCK = 256    # random numbers drawn at once


def write(
    network: CharNetwork, prompt: np.ndarray, rng: np.random.Generator, temperature: float = 1.0, top_p: float = 1.0
) -> Iterator[int]:
    """Codes without end that follow the prompt's (n,).  One state is carried from the first to the last."""
    state = network.start()                                                        # (L, S, 1, H)
    if len(prompt):
        _, state = network.read(prompt[:, None], state)
    states = list(state)                                                           # L times (S, 1, H)
    rows = (network.embedding.W_xh + network.embedding.b)[:, None]                 # (V, 1, GH) z of every character
    cells, between, output = network.cells, network.inputs[1:], network.output
    W_hy, c = output.W, output.b
    while True:
        for luck in rng.random(BLOCK).tolist():
            logits = np.matmul(states[-1][0], W_hy)[0]                             # (V,)
            logits += c
            code = pick(weights(logits, temperature, top_p), luck)
            yield code
            z = rows[code]                                                         # (1, GH)
            for i, cell in enumerate(cells):
                if i:
                    z = between[i - 1].forward(states[i - 1][0])
                states[i] = cell.step(z, states[i])

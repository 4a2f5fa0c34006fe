"""Generation, one character after the other: a character is drawn, the network reads it, and the next one is drawn.

    z = W_xh[x] + b        h = tanh(z + h W_hh)        logits = h W_hy + b_y       x ~ softmax(logits / temperature)
"""

from collections.abc import Iterator

import numpy as np

from RNN_From_Scratch.network import CharNetwork
from RNN_From_Scratch.sampling import draw, probabilities


def generate(
    network: CharNetwork, prompt: np.ndarray, rng: np.random.Generator, temperature: float = 1.0, top_p: float = 1.0
) -> Iterator[int]:
    """Yields codes without end, which follow the prompt (n,).  One state is carried from character to character."""
    _, state = network.read(prompt[:, None])                                # (L, S, 1, H)
    while True:
        logits = network.output.forward(state[-1, 0])[0]                    # (V,)
        code = draw(probabilities(logits, temperature, top_p), rng)
        yield code
        _, state = network.read(np.array([[code]]), state)

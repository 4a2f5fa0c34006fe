"""Which past characters matter for the next one: the gradient of its logit.

    ∂logit/∂x(t−k) = W_xh dz(t−k)        x is a one-hot vector; the logit is that of the most probable character
"""

import copy
from typing import Any

import numpy as np

from RNN_From_Scratch.language_model import LanguageModel
from RNN_From_Scratch.network import CharNetwork


def without_dropout(model: LanguageModel) -> CharNetwork:
    """A copy of the network without dropout, so that its gradients are those of its predictions."""
    network = copy.copy(model.network_)
    network.drops = []
    for cell in network.cells:
        cell.dropout = 0.0
    return network


def influence(model: LanguageModel, text: str) -> tuple[str, np.ndarray]:    # n characters -> the next one, (n,)
    """The most probable character after the text, and for every character of the text ‖∂logit/∂x‖ for the logit of this
    most probable character."""
    network = without_dropout(model)
    n = len(text)
    logits = network.forward(model.vocabulary_.encode(text)[:, None], training=True)         # (n, V)
    best = int(logits[-1].argmax())
    asked = np.zeros_like(logits)
    asked[-1, best] = 1                                                      # of this one logit
    signal: Any = network.output.backward(asked)                             # (n, H)
    for below, cell in reversed(network.levels):
        dz: Any = cell.backward(signal.reshape(n, 1, -1))
        dz = dz[:, 0]                                                        # (n, GH)
        signal = below.backward(dz)
    return model.vocabulary_.characters[best], np.linalg.norm(dz @ network.embedding.W_xh.T, axis=1)

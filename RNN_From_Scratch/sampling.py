"""Sampling: from the logits of the next character to a character.

    p ∝ exp(logits / temperature)

At temperature 1 these are the model's own probabilities; near 0 only the most probable character is left; above 1 rare
characters become more frequent.  top_p ("nucleus", Holtzman et al., 2020) first drops the unlikely tail.
"""

import numpy as np

from Logistic_Regression_From_Scratch.cross_entropy import log_softmax


def probabilities(logits: np.ndarray, temperature: float = 1.0, top_p: float = 1.0) -> np.ndarray:    # (V,) -> (V,)
    """The probabilities of the next character; top_p keeps the most probable ones that together reach this share.

    >>> probabilities(np.log([0.5, 0.3, 0.2]), top_p=0.7)
    array([0.625, 0.375, 0.   ])
    """
    if not (temperature >= 0 and 0 < top_p <= 1):
        raise ValueError(f"A temperature is 0 or above, and top_p above 0 and up to 1, got {temperature} and {top_p}.")
    if temperature == 0:                               # the limit: the most probable character; of equal ones the first
        return (np.arange(len(logits)) == logits.argmax()).astype(np.float64)
    with np.errstate(over="ignore"):                   # ≤ 0: a tiny temperature makes −∞ of it, and e^−∞ is 0
        scores = (logits.astype(np.float64) - logits.max()) / temperature
    p = np.exp(log_softmax(scores))
    if top_p < 1:
        order = np.argsort(-scores, kind="stable")         # most probable first
        before = np.cumsum(p[order]) - p[order]            # the sum of the more probable ones
        p[order[before >= top_p]] = 0
    return p / p.sum()


def draw(p: np.ndarray, rng: np.random.Generator) -> int:
    """Draws a code k with probability p[k]: 0 … 1 is cut into intervals of length p[k]; a random point selects one."""
    ends = p.cumsum()                                      # (V,)  ends[-1] is 1, except for rounding
    # side="right": a code of probability 0 owns an empty interval and is never drawn.
    return int(np.searchsorted(ends, rng.random() * ends[-1], side="right"))

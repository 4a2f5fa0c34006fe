"""Sampling: from the logits of the next character to a character.

    p ∝ exp(logits / temperature)

At temperature 1 these are the model's own probabilities; towards 0 only the most probable is left; above 1 the rare
ones gain.  top_p ("nucleus", Holtzman et al., 2020) first drops the unlikely tail.
"""

import numpy as np


def check(temperature: float, top_p: float) -> None:
    """ValueError for what is no temperature and no share."""
    if not 0 <= temperature < np.inf:
        raise ValueError(f"temperature is a number from 0 (always the most probable) upwards, got {temperature!r}.")
    if not 0 < top_p <= 1:
        raise ValueError(f"top_p is a share of the probability, above 0 and at most 1 (keep all), got {top_p!r}.")


def weights(logits: np.ndarray, temperature: float = 1.0, top_p: float = 1.0) -> np.ndarray:    # (V,) -> (V,)
    """What to draw from: numbers in the proportion of the probabilities, the largest of them 1."""
    if temperature == 0:
        w = np.zeros(len(logits))
        w[logits.argmax()] = 1.0
        return w
    z = logits.astype(np.float64)
    z -= z.max()                                           # ≤ 0: exp cannot overflow
    if temperature != 1:
        # 1e308 for what a tiny temperature makes impossible: −∞ would be as right, and warn.
        np.maximum(z, -1e308 * min(temperature, 1.0), out=z)
        z /= temperature
    w = np.exp(z, out=z)
    if top_p < 1:
        order = np.argsort(-w, kind="stable")              # (V,) most probable first
        sums = np.cumsum(w[order])
        before = sums - w[order]                           # what the more probable hold already
        w[order[before >= top_p * sums[-1]]] = 0.0
    return w


def probabilities(logits: np.ndarray, temperature: float = 1.0, top_p: float = 1.0) -> np.ndarray:    # (V,) -> (V,)
    """The same, adding up to 1.  top_p keeps the most probable characters that together reach this share.

    >>> probabilities(np.log([0.5, 0.3, 0.2]), top_p=0.7)
    array([0.625, 0.375, 0.   ])
    """
    w = weights(logits, temperature, top_p)
    return w / w.sum()


def pick(w: np.ndarray, luck: float) -> int:
    """The code whose interval holds luck (from 0 to below 1), where each owns its share w (V,) of 0 … 1."""
    ends = w.cumsum()                                      # (V,) the interval of 0 … sum that belongs to each
    # side="right": a code of weight 0 owns an empty interval and is never drawn.
    return int(ends.searchsorted(luck * ends[-1], side="right"))


def draw(p: np.ndarray, rng: np.random.Generator) -> int:
    """A code, each with its probability in p (V,)."""
    return pick(p, rng.random())

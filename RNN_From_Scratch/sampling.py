"""Writing: from the logits of the next character to a character.

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


def probabilities(logits: np.ndarray, temperature: float = 1.0, top_p: float = 1.0) -> np.ndarray:    # (V,) -> (V,)
    """What to draw from.  top_p keeps the most probable characters that together reach this share.

    >>> probabilities(np.log([0.5, 0.3, 0.2]), top_p=0.7)
    array([0.625, 0.375, 0.   ])
    """
    z = logits.astype(np.float64)
    z -= z.max()                                           # ≤ 0: exp cannot overflow
    if temperature == 0:
        p = np.zeros_like(z)
        p[logits.argmax()] = 1.0
        return p
    with np.errstate(over="ignore"):                       # −∞ for what a tiny temperature makes impossible
        p = np.exp(z / temperature)
    p /= p.sum()
    if top_p < 1:
        order = np.argsort(-p, kind="stable")              # (V,) most probable first
        reached = np.cumsum(p[order]) - p[order]           # before each one: what the more probable hold already
        p[order[reached >= top_p]] = 0.0
        p /= p.sum()
    return p


def draw(p: np.ndarray, rng: np.random.Generator) -> int:
    """A code, each with its probability in p (V,)."""
    ends = np.cumsum(p)                                    # (V,) the interval of 0 … 1 that belongs to each
    # side="right": a code of probability 0 owns an empty interval and is never drawn.
    return int(np.searchsorted(ends, rng.random() * ends[-1], side="right"))

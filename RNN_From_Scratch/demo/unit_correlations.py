"""Units whose state follows a feature of the text, such as "inside a speaker's name".

    r = correlation over the characters t of h_j(t), the state of unit j, and c(t), a feature of the text

No feature is an input or a target of the training.  Each feature depends on earlier characters, too.  A unit that
follows a feature must therefore carry information about them.      n characters   H units   C features
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

LEAST_CORRELATION = 0.45           # a unit with a smaller |r| is not said to follow a feature
SPEAKER = re.compile(r"(?:\A|(?<=\n\n))[^\n:]{1,40}:(?=\n)")    # a line after an empty line that ends in a colon


class UnitFeature(NamedTuple):
    """A unit, the feature that it follows, and their correlation r: 1 if the state rises with the feature, −1 if it
    falls with it."""

    unit: int
    feature: str
    r: float


def text_features(text: str) -> dict[str, np.ndarray]:       # each (n,)
    """The features by name, with one number for each character: 1 or 0, or a distance in characters."""
    return {
        "inside a speaker's name": inside(text, SPEAKER),
        "how far into the word": since(text, " \n-"),
        "how far into the line": since(text, "\n"),
        "after a vowel": previous(text, "aeiouyAEIOUY"),
        "after a comma": latest_is(text, ",", ".;:!?\n"),
        "in the first line of a speech": first_lines(text),
        "how far past the last comma or stop": np.minimum(since(text, ".,;:!?"), 30.0),
        "in a word with a capital": inside(text, re.compile(r"(?<![A-Za-z])[A-Z][a-z]+")),
        "between quotation marks": inside(text, re.compile(r'"[^"\n]*"')),
        "between parentheses": inside(text, re.compile(r"\([^()]*\)")),
    }


def passage_start(text: str, feature: str, length: int = 500) -> int:
    """The beginning of the speech (or line) after which the feature varies most."""
    values = text_features(text)[feature]
    starts = [match.end() for match in re.finditer(r"\n\n(?=\S)|\n(?=\S)", text[:-length])] or [0]
    return max(starts, key=lambda start: (text[:start].endswith("\n\n"), values[start : start + length].std()))


def speaker_in_capitals(text: str, length: int) -> int:
    """The beginning of the speech with the longest speaker's name in capitals that fits twice; else of any passage with
    a speaker's name."""
    names = [match for match in SPEAKER.finditer(text[:-length]) if match.group().isupper()
             and 2 * len(match.group()) <= length]
    if names:
        return max(names, key=lambda match: len(match.group())).start()
    return passage_start(text, "inside a speaker's name", length)


def inside(text: str, pattern: re.Pattern[str]) -> np.ndarray:     # (n,) 0 or 1
    """1 where the character belongs to a match, else 0."""
    result = np.zeros(len(text))
    for match in pattern.finditer(text):
        result[match.start() : match.end()] = 1
    return result


def first_lines(text: str) -> np.ndarray:                          # (n,) 0 or 1
    """1 in the line after a speaker's name, else 0."""
    result = np.zeros(len(text))
    for name in SPEAKER.finditer(text):
        end = text.find("\n", name.end() + 1)
        result[name.end() + 1 : end if end > 0 else len(text)] = 1
    return result


def previous(text: str, kinds: str) -> np.ndarray:                 # (n,) 0 or 1
    """1 if the character before this one is one of `kinds`, else 0."""
    return np.array([0.0] + [float(character in kinds) for character in text])[: len(text)]


def latest_is(text: str, mark: str, others: str) -> np.ndarray:    # (n,) 0 or 1
    """1 from the mark until the first of the others, else 0."""
    return (since(text, mark) < since(text, others)).astype(float)


def since(text: str, marks: str) -> np.ndarray:                    # (n,)
    """The number of characters since the last of the marks (or since the beginning)."""
    places = np.arange(len(text))
    is_mark = np.isin(np.array(list(text), dtype="U1"), list(marks))
    return places - np.maximum.accumulate(np.where(is_mark, places, 0))


def correlations(states: np.ndarray, columns: np.ndarray) -> np.ndarray:    # (n, H), (n, C) -> (H, C)
    """Pearson's r of every unit with every feature; 0 if the unit or the feature is constant."""
    A, B = (part - part.mean(axis=0) for part in (states.astype(np.float64), columns))
    lengths = np.outer(np.sqrt((A**2).sum(axis=0)), np.sqrt((B**2).sum(axis=0)))
    return np.divide(A.T @ B, lengths, out=np.zeros_like(lengths), where=lengths > 1e-9)


def best_units(states: np.ndarray, text: str) -> list[UnitFeature]:      # (n, H)
    """For each feature the unit that follows it most closely; the largest |r| comes first."""
    named = text_features(text)
    r = correlations(states, np.column_stack(list(named.values())))         # (H, C)
    best = np.abs(r).argmax(axis=0)                                         # (C,)
    found = [UnitFeature(int(best[i]), name, float(r[best[i], i])) for i, name in enumerate(named)]
    return sorted(found, key=lambda pair: -abs(pair.r))


def closest_units(found: Sequence[UnitFeature], count: int, least: float = LEAST_CORRELATION) -> list[UnitFeature]:
    """At most `count` pairs, the largest |r| first; no unit twice.  Pairs below `least` are left out, but not the first
    pair: a picture needs one."""
    units: dict[int, UnitFeature] = {}
    for pair in sorted(found, key=lambda pair: -abs(pair.r)):
        units.setdefault(pair.unit, pair)
    return [pair for i, pair in enumerate(units.values()) if not i or abs(pair.r) >= least][:count]


def order_by_correlation(states: np.ndarray, groups: int = 1) -> tuple[np.ndarray, np.ndarray]:   # (n, H) -> (H,), (H,)
    """The units in an order in which neighbours correlate, and the group of each unit.

    Average linkage: the two units with the largest correlation are joined, then the next two.  The correlation of two
    groups is the mean over their members.  Groups are joined at the ends that correlate most. (scipy.cluster.hierarchy
    also joins groups, but SciPy is no dependency of this project.)
    """
    r = correlations(states, states.astype(np.float64))                     # (H, H)
    H = len(r)
    chains, group = {i: [i] for i in range(H)}, np.arange(H)
    correlation = np.where(np.eye(H, dtype=bool), -np.inf, r)
    while len(chains) > 1:
        if len(chains) == groups:
            for i, chain in chains.items():
                group[chain] = i
        i, j = divmod(int(correlation.argmax()), H)
        one, two = chains[i], chains.pop(j)
        ways = [(left, right) for left in (one, one[::-1]) for right in (two, two[::-1])]
        left, right = max(ways, key=lambda way: r[way[0][-1], way[1][0]])
        chains[i] = left + right
        correlation[i] = correlation[:, i] = (
            len(one) * correlation[i] + len(two) * correlation[j]) / (len(one) + len(two))
        correlation[j] = correlation[:, j] = correlation[i, i] = -np.inf             # now part of i
    order = np.array(next(iter(chains.values())))
    return order, group[order]

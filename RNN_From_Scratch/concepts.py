"""What a unit means: how its state goes with things that anyone can see in the text.

    r = correlation over the characters t of h_j(t), the state of unit j, and c(t), a concept of the text

The network was never told of any concept.  All of them here reach back further than the character just read, so a
unit that follows one has to remember.      n characters   H units   C concepts
"""

import re
from typing import NamedTuple

import numpy as np

NAME = re.compile(r"(?:\A|(?<=\n\n))[^\n:]{1,40}:(?=\n)")    # a line of its own after an empty one, closed by a colon


class Meaning(NamedTuple):
    """A unit, the concept that it follows, and how closely: r from −1 (its opposite) to 1."""

    unit: int
    concept: str
    r: float


def concepts(text: str) -> dict[str, np.ndarray]:            # each (n,)
    """Concepts by name, one number a character; 0 … 1 for what is or is not, else how far."""
    return {
        "inside a speaker's name": inside(text, NAME),
        "in the first line of a speech": first_lines(text),
        "how far into the line": since(text, "\n"),
        "how far into the word": since(text, " \n-"),
        "after a vowel": previous(text, "aeiouyAEIOUY"),
        "after a comma": latest_is(text, ",", ".;:!?\n"),
        "how far past the last comma or stop": np.minimum(since(text, ".,;:!?"), 30.0),
        "in a word with a capital": inside(text, re.compile(r"(?<![A-Za-z])[A-Z][a-z]+")),
        "between quotation marks": inside(text, re.compile(r'"[^"\n]*"')),
        "between parentheses": inside(text, re.compile(r"\([^()]*\)")),
    }


def inside(text: str, pattern: re.Pattern[str]) -> np.ndarray:     # (n,) 0 or 1
    """1 where the character belongs to a match."""
    result = np.zeros(len(text))
    for match in pattern.finditer(text):
        result[match.start() : match.end()] = 1
    return result


def first_lines(text: str) -> np.ndarray:                          # (n,) 0 or 1
    """1 in the line that follows a speaker's name."""
    result = np.zeros(len(text))
    for name in NAME.finditer(text):
        end = text.find("\n", name.end() + 1)
        result[name.end() + 1 : end if end > 0 else len(text)] = 1
    return result


def previous(text: str, kinds: str) -> np.ndarray:                 # (n,) 0 or 1
    """1 where the character before this one is one of these: what stands here is another matter."""
    return np.array([0.0] + [float(character in kinds) for character in text])[: len(text)]


def latest_is(text: str, mark: str, others: str) -> np.ndarray:    # (n,) 0 or 1
    """1 from the mark on, until one of the others comes."""
    return (since(text, mark) < since(text, others)).astype(float)


def since(text: str, marks: str) -> np.ndarray:                    # (n,)
    """How many characters ago one of the marks stood last (or the text began)."""
    places = np.arange(len(text))
    is_mark = np.isin(np.array(list(text), dtype="U1"), list(marks))
    return places - np.maximum.accumulate(np.where(is_mark, places, 0))


def correlations(states: np.ndarray, columns: np.ndarray) -> np.ndarray:    # (n, H), (n, C) -> (H, C)
    """Pearson's r of every unit with every concept; 0 where one of them never changes."""
    A, B = (part - part.mean(axis=0) for part in (states.astype(np.float64), columns))
    lengths = np.outer(np.sqrt((A**2).sum(axis=0)), np.sqrt((B**2).sum(axis=0)))
    return np.divide(A.T @ B, lengths, out=np.zeros_like(lengths), where=lengths > 1e-9)


def meanings(states: np.ndarray, text: str) -> list[Meaning]:      # (n, H)
    """For each concept the unit that follows it most closely; the closest of all comes first."""
    named = concepts(text)
    r = correlations(states, np.column_stack(list(named.values())))         # (H, C)
    best = np.abs(r).argmax(axis=0)                                         # (C,)
    found = [Meaning(int(best[i]), name, float(r[best[i], i])) for i, name in enumerate(named)]
    return sorted(found, key=lambda meaning: -abs(meaning.r))


def order_by_likeness(states: np.ndarray, groups: int = 1) -> tuple[np.ndarray, np.ndarray]:   # (n, H) -> (H,), (H,)
    """The units in an order that puts those together that rise and fall together, and the group of each of them.

    Average linkage: the two most alike are joined, then the next two, where a joined group's likeness to another is
    the mean over their members; at each joint the ends that are most alike meet.
    """
    r = correlations(states, states.astype(np.float64))                     # (H, H)
    H = len(r)
    chains, group = {i: [i] for i in range(H)}, np.arange(H)
    likeness = np.where(np.eye(H, dtype=bool), -np.inf, r)
    while len(chains) > 1:
        if len(chains) == groups:
            for i, chain in chains.items():
                group[chain] = i
        i, j = divmod(int(likeness.argmax()), H)
        a, b = chains[i], chains.pop(j)
        left, right = max(((x, y) for x in (a, a[::-1]) for y in (b, b[::-1])), key=lambda xy: r[xy[0][-1], xy[1][0]])
        chains[i] = left + right
        likeness[i] = likeness[:, i] = (len(a) * likeness[i] + len(b) * likeness[j]) / (len(a) + len(b))
        likeness[j] = likeness[:, j] = likeness[i, i] = -np.inf             # gone into i
    order = np.array(next(iter(chains.values())))
    return order, group[order]

"""The baselines: n-grams, which only count characters, and the compressors that every computer has.

The n-gram of Witten and Bell (1991) weights a context by its count, and leaves the rest to the shorter context:

    P(x | context) = (count(context, x) + kinds(context) · P(x | shorter context)) / (count(context) + kinds(context))

kinds: the number of different characters after the context.  For the empty context, P(x | shorter context) is 1/V.
"""

import importlib
import math
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import suppress
from typing import Self

BASELINE_NAMES = ("uniform", "unigram", "bigram", "trigram")
COMPRESSORS = {"gzip": "gzip", "bz2": "bz2", "xz": "lzma"}     # modules of the standard library, by their usual names


class NGrams:
    """Predicts each character from the characters before it: none (unigram), one (bigram), … longest − 1."""

    def __init__(self, longest: int, alphabet: str) -> None:
        if longest < 1 or not alphabet:
            raise ValueError(f"n-grams need n ≥ 1 and an alphabet, got n={longest} and {len(alphabet)} characters.")
        self.longest, self.V = longest, len(set(alphabet))

    def fit(self, text: str) -> Self:
        """Counts which characters follow every context of up to longest − 1 characters."""
        self.followers: dict[str, Counter[str]] = defaultdict(Counter)
        for end, character in enumerate(text):
            for start in range(max(0, end - self.longest + 1), end + 1):
                self.followers[text[start:end]][character] += 1
        self.totals = {context: counts.total() for context, counts in self.followers.items()}
        return self

    def probabilities(self, character: str, context: str) -> list[float]:
        """P(character | context) from n = 0 (uniform) up to the longest n; each is computed from the one before it."""
        result = [1 / self.V]
        for n in range(1, self.longest + 1):
            known = context[len(context) - n + 1 :]
            counts, p = self.followers.get(known) if n <= len(context) + 1 else None, result[-1]
            if counts is not None:                         # a context that never occurred: P of the shorter one
                kinds = len(counts)
                p = (counts[character] + kinds * p) / (self.totals[known] + kinds)
            result.append(p)
        return result

    def bits_per_character(self, text: str, context: str = "") -> list[float]:
        """The mean of −log₂ P over the text, for n = 0 (uniform), 1, … longest; context is the text before it."""
        if not text:
            raise ValueError("There are no bits per character of an empty text.")
        both, bits = context + text, [0.0] * (self.longest + 1)
        for i in range(len(context), len(both)):
            for n, p in enumerate(self.probabilities(both[i], both[max(0, i - self.longest + 1) : i])):
                bits[n] -= math.log2(p)
        return [total / len(text) for total in bits]


def compressed_bits(compress: Callable[[bytes], bytes], train: str, held_out: str) -> float:
    """The bits per character that the held-out text adds to a compressed file which begins with the training text."""
    before, both = (len(compress(text.encode())) for text in (train, train + held_out))
    return 8 * (both - before) / len(held_out)


def baselines(ngrams: NGrams, train: str, held_out: str, context: str = "") -> dict[str, float]:
    """Bits per character, by name, of compressors and n-grams fitted on train; context is the text before held_out."""
    bits = ngrams.bits_per_character(held_out, context)
    result = {BASELINE_NAMES[n] if n < len(BASELINE_NAMES) else f"{n}-gram": value for n, value in enumerate(bits)}
    for name, module in COMPRESSORS.items():
        with suppress(ImportError):                        # a browser's Python lacks some of them
            result[name] = compressed_bits(importlib.import_module(module).compress, train, held_out)
    return result

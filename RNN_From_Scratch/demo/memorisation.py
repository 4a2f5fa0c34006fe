"""A memorisation test: the share of a network's text that is in its training text, word for word.

A text that reads well may be a copy.  Each window of 20 characters is looked up in the training text.  Language repeats
short phrases ("my lord, I will"), so a small share is harmless.  A share near 1, or a copied run of hundreds of
characters, means that the text is a copy.
"""

from typing import NamedTuple

WINDOW_CHARACTERS = 20    # longer than nearly all words and names


class Copied(NamedTuple):
    """share: of the windows that are in the source, 0 … 1.  longest: the longest run that is in the source."""

    share: float
    longest: str


def copied(written: str, source: str, window: int = WINDOW_CHARACTERS) -> Copied:
    """Both numbers for a written text and a possible source.  A text shorter than a window counts as one window.

    >>> copied("to be or to be", "to be or not to be", window=6)
    Copied(share=0.5555555555555556, longest='to be or ')
    """
    if window < 1:
        raise ValueError(f"Expected a window of at least 1 character, got {window}.")
    if not written:
        return Copied(0.0, "")
    known = {source[start : start + window] for start in range(len(source) - window + 1)}
    windows = [written[start : start + window] for start in range(max(1, len(written) - window + 1))]
    share = sum(piece in known if len(piece) == window else piece in source for piece in windows) / len(windows)
    return Copied(share, _longest_run(written, source))


def _longest_run(written: str, source: str) -> str:
    """Tries at each start a run that is one character longer than the longest so far, and extends it while it is
    found."""
    best = ""
    for start in range(len(written)):
        while start + len(best) < len(written) and written[start : start + len(best) + 1] in source:
            best = written[start : start + len(best) + 1]
    return best

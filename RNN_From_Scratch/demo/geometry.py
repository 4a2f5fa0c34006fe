"""Two pictures: the probabilities of the next character at four temperatures, and the states along a phrase."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from matplotlib.figure import Figure

from ai_from_scratch.stage import theme
from RNN_From_Scratch.demo.paint import family, visible
from RNN_From_Scratch.demo.pictures import logits_of, speech_start
from RNN_From_Scratch.demo.unit_pictures import CORRELATED_CHARACTERS
from RNN_From_Scratch.language_model import LanguageModel
from RNN_From_Scratch.sampling import probabilities

MAX_OF_A_KIND = 900
LEAST_OF_A_GROUP = 20          # states, for a name in the picture
WIDTH_OF_A_LETTER, HEIGHT_OF_A_NAME = 0.0135, 0.055     # shares of the width and height of all states
STATES_AGAINST_DISTANCE = 20            # a name on all states is as bad as one so many pictures away
CIRCLE = np.array([0.014, 0.024])       # half of the size of a character on the path, likewise
TEMPERATURES = (0.2, 0.5, 1.0, 2.0)
BARS, CHARACTERS_BEFORE, PHRASE_CHARACTERS = 12, 30, 16
MARKS = ",.;:!?'-"
CHARACTER_KINDS = {  # the kinds of the last character, the names of their colours in the theme, and their marks
    "vowel": ("aeiouy", "BLUE", "o"), "other letter": ("bcdfghjklmnpqrstvwxz", "VERMILION", "."),
    "capital": ("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "PURPLE", "^"), "space": (" ", "GREY", "s"),
    "line end": ("\n", "INK", "D"), "punctuation": (MARKS, "GREEN", "x"),
}


def temperatures(figure: Figure, model: LanguageModel, text: str, context: str) -> None:
    """Draws the most probable next characters at one place of the text, at four temperatures, and the entropy."""
    end, logits = uncertain_logits(model, text, context)
    codes = np.argsort(-logits, kind="stable")[:BARS]
    axes = figure.subplots(1, len(TEMPERATURES), sharey=True)
    for ax, temperature in zip(axes, TEMPERATURES, strict=True):
        p = probabilities(logits, temperature)                                 # (V,)
        entropy = bits(p)
        ax.barh(range(len(codes)), p[codes], height=0.75, color=theme.BLUE)
        ax.set_title(f"temperature {temperature:g}\n{entropy:.2f} bits", fontsize=10)
        ax.set(xlim=(0, 1), xticks=[0, 0.5, 1], xticklabels=["0", "½", "1"], xlabel="probability")
        for y, code in enumerate(codes):
            ax.text(p[code] + 0.03, y, percent(p[code]) if p[code] >= 0.005 else "", va="center", size=8,
                    color=theme.GREY)
    characters = [visible(model.vocabulary_.characters[code]) for code in codes]
    axes[0].set_yticks(range(len(codes)), characters, family=family())
    axes[0].invert_yaxis()
    before = "".join(visible(character) for character in text[max(0, end - CHARACTERS_BEFORE) : end])
    first = [probabilities(logits, temperature).max() for temperature in (TEMPERATURES[0], TEMPERATURES[-1])]
    figure.suptitle(f"the most probable character has {percent(first[0])} at temperature {TEMPERATURES[0]:g}, and "
                    f"{percent(first[1])} at {TEMPERATURES[-1]:g}\nafter  {before}", x=0.01, ha="left", size=11,
                    parse_math=False)


def percent(p: float) -> str:
    """A probability of a softmax, which is never 1."""
    return f"{100 * p:.0f} %" if p < 0.995 else "> 99 %"


def bits(p: np.ndarray) -> float:                                             # (V,)
    """The entropy of a distribution."""
    return -float(p[p > 0] @ np.log2(p[p > 0]))


def coldest_and_hottest(model: LanguageModel, text: str, context: str) -> tuple[float, float, float]:
    """The largest probability at the lowest temperature, and the entropies at the lowest and at the highest
    temperature."""
    _, logits = uncertain_logits(model, text, context)
    cold, hot = probabilities(logits, TEMPERATURES[0]), probabilities(logits, TEMPERATURES[-1])
    return float(cold.max()), bits(cold), bits(hot)


def uncertain_logits(model: LanguageModel, text: str, context: str) -> tuple[int, np.ndarray]:     # (V,)
    """A place of the text where the prediction is uncertain, and the logits there."""
    end = uncertain_place(model, text, context)
    return end, logits_of(model, model.hidden_states(text[:end], context)[-1:])[0]


def uncertain_place(model: LanguageModel, text: str, context: str) -> int:
    """A place in the first speech where the entropy of the prediction is about 2.5 bits."""
    start = speech_start(text)
    states = model.hidden_states(text[: start + 400], context)[start + CHARACTERS_BEFORE :]
    p = np.array([probabilities(logits) for logits in logits_of(model, states)])   # (n, V)
    entropy = -np.sum(p * np.log2(np.maximum(p, 1e-30)), axis=1)               # (n,)
    return start + CHARACTERS_BEFORE + 1 + int(np.abs(entropy - 2.5).argmin()) if len(entropy) else len(text)


def path_of_a_phrase(figure: Figure, model: LanguageModel, text: str, context: str) -> None:
    """Draws the states at many characters in their two principal directions (PCA), and the path of one phrase."""
    many = (context + text)[-CORRELATED_CHARACTERS:]
    states = model.hidden_states(many).astype(np.float64)                      # (n, H)
    mean = states.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(states.T))                         # rising
    directions = vectors[:, :-3:-1]                                      # (H, 2) the two directions of largest variance
    share = values[:-3:-1].sum() / max(values.sum(), 1e-12)
    flat = (states - mean) @ directions                                        # (n, 2)

    ax = figure.add_subplot()
    characters = np.array(list(many))
    for kind, (members, colour, mark) in CHARACTER_KINDS.items():
        of_kind = flat[np.isin(characters, list(members))][:MAX_OF_A_KIND]
        if len(of_kind):
            ax.scatter(of_kind[:, 0], of_kind[:, 1], s=9, color=getattr(theme, colour), marker=mark, alpha=0.5,
                       linewidths=0.8 if mark == "x" else 0, label=kind)
    start = speech_start(text)
    start += max(0, text[start : start + 60].find("\n")) + 1                   # after the speaker's name
    phrase = text[start : start + PHRASE_CHARACTERS]
    way = (model.hidden_states(phrase, context + text[:start]) - mean) @ directions
    size = np.maximum(np.ptp(flat, axis=0), 1e-9)
    taken = [(place, CIRCLE * size) for place in way]
    for name, inside in groups_by_place(many).items():
        if inside.sum() >= LEAST_OF_A_GROUP:
            half = (WIDTH_OF_A_LETTER * len(name) / 2, HEIGHT_OF_A_NAME / 2) * size
            taken.append((place := place_of_a_name(flat, inside, half, taken), half))
            ax.text(place[0], place[1], name, size=9.5, weight="bold", ha="center", va="center", zorder=6,
                    color=theme.INK,
                    bbox={"boxstyle": "round,pad=0.2", "facecolor": theme.BACKGROUND, "edgecolor": "none",
                          "alpha": 0.85})
            ax.plot(*np.transpose([place, np.median(flat[inside], axis=0)]), color=theme.GREY, linewidth=0.8, zorder=3)
    for t, leg in enumerate(pairwise(way)):             # darker towards the end
        ax.plot(*np.transpose(leg), color=theme.mixed(theme.INK, 0.3 + 0.7 * t / PHRASE_CHARACTERS), linewidth=1.2,
                zorder=4)
    legend = ax.legend(ncols=len(CHARACTER_KINDS), loc="upper center", bbox_to_anchor=(0.5, 1.06), handletextpad=0,
                       columnspacing=1.2, markerscale=3, fontsize=9)
    for handle in filter(None, legend.legend_handles):
        handle.set_alpha(1)
    for (x, y), character in zip(way, phrase, strict=True):
        ax.text(x, y, visible(character), family=family(), size=9, ha="center", va="center", zorder=5, parse_math=False,
                bbox={"boxstyle": "circle,pad=0.15", "facecolor": theme.BACKGROUND, "edgecolor": theme.INK,
                      "linewidth": 0.7})
    ax.set(xticks=[], yticks=[], ylabel="second")
    ax.set_xlabel(f"first principal direction of h (with the second: {100 * share:.0f} % of the variance)", loc="left")
    shown = "".join(visible(character) for character in phrase)
    ax.set_title(title_of_groups(vowels_near_first_letters(flat, many)), fontsize=10, pad=22)
    ax.text(1, -0.02, f"the path: {shown}", transform=ax.transAxes, ha="right", va="top", size=8, color=theme.GREY,
            parse_math=False, family=family())


def place_of_a_name(flat: np.ndarray, inside: np.ndarray, half: np.ndarray,              # (n, 2), (n,), (2,)
                    taken: Sequence[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """The place for the middle of a name, half as large as `half`, above or below a group of states: near, on few
    states, and on nothing of `taken` (the middle and the half size of each)."""
    group, size = flat[inside], np.maximum(np.ptp(flat, axis=0), 1e-9)
    middle, (low, high) = np.median(group, axis=0), np.percentile(group[:, 1], [3, 97])
    candidates = [np.array([middle[0] + aside * half[0], edge + away * half[1]])
                  for edge, sign in ((low, -1), (high, 1)) for aside in (0, -1, 1)
                  for away in sign * np.arange(1, 4, 0.5)]

    def is_free(place: np.ndarray) -> bool:
        return not any((np.abs(place - other) < half + its_half).all() for other, its_half in taken)

    def cost(place: np.ndarray) -> float:
        covered = (np.abs(flat - place) < half).all(axis=1).mean()
        return float(np.linalg.norm((place - middle) / size * (2, 1)) + STATES_AGAINST_DISTANCE * covered)

    return min([place for place in candidates if is_free(place)] or candidates, key=cost)


def title_of_groups(near: float) -> str:
    """near: the share of the vowels that begin a word and lie nearer to the other first letters; NaN if there are
    none."""
    if np.isnan(near):
        return "the path of a phrase through the states"
    finding = "by place, not by letter: " if near > 0.5 else ""
    return (f"{finding}of the vowels that begin a word, {100 * near:.0f} % lie nearer to the middle\nof the other "
            "first letters than to the middle of the other vowels")


def groups_by_place(text: str) -> dict[str, np.ndarray]:                      # each (n,) bool
    """The characters of a text by their place in a word or line."""
    letter = np.array([character.isalpha() for character in text])
    before = np.concatenate([[False], letter[:-1]])
    second = letter & before & ~np.concatenate([[False, False], letter[:-2]])
    characters = np.array(list(text))
    line_end = characters == "\n"
    empty = line_end & np.concatenate([[False], line_end[:-1]])
    return {"first letters": letter & ~before, "second letters": second, "later letters": letter & before & ~second,
            "punctuation": np.isin(characters, list(MARKS)), "spaces": characters == " ",
            "line ends": line_end & ~empty, "empty lines": empty}


def vowels_near_first_letters(flat: np.ndarray, text: str) -> float:          # (n, 2)
    """Of the vowels that begin a word, the share whose state is nearer to the mean of the other first letters than to
    the mean of the other vowels; capitals are left out.  NaN if a text has none of them."""
    first = groups_by_place(text)["first letters"]
    vowel, other = (np.isin(list(text), list(CHARACTER_KINDS[kind][0])) for kind in ("vowel", "other letter"))
    sets = first & vowel, first & other, vowel & ~first
    if not all(members.any() for members in sets):
        return float("nan")
    asked, letters, vowels = flat[sets[0]], flat[sets[1]].mean(axis=0), flat[sets[2]].mean(axis=0)
    return float((np.linalg.norm(asked - letters, axis=1) < np.linalg.norm(asked - vowels, axis=1)).mean())

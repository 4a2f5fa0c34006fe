"""Two pictures: the probabilities of the next character at four temperatures, and the states along a phrase."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from matplotlib.figure import Figure

from ai_from_scratch.stage import theme
from RNN_From_Scratch.demo.paint import family, visible
from RNN_From_Scratch.demo.pictures import CORRELATED_CHARACTERS, logits_of, speech_start
from RNN_From_Scratch.language_model import LanguageModel
from RNN_From_Scratch.sampling import probabilities

MAX_OF_A_KIND = 900
LEAST_OF_A_GROUP = 20          # states, for a name in the picture
TEMPERATURES = (0.2, 0.5, 1.0, 2.0)
BARS, CHARACTERS_BEFORE, PHRASE_CHARACTERS = 12, 30, 16
CHARACTER_KINDS = {  # the kinds of the last character, the names of their colours in the theme, and their marks
    "vowel": ("aeiouy", "BLUE", "o"), "other letter": ("bcdfghjklmnpqrstvwxz", "VERMILION", "."),
    "capital": ("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "PURPLE", "^"), "space": (" ", "GREY", "s"),
    "line end": ("\n", "INK", "D"), "mark": (",.;:!?'-", "GREEN", "x"),
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
            ax.text(p[code] + 0.03, y, f"{100 * p[code]:.0f} %" if p[code] >= 0.005 else "", va="center", size=8,
                    color=theme.GREY)
    characters = [visible(model.vocabulary_.characters[code]) for code in codes]
    axes[0].set_yticks(range(len(codes)), characters, family=family())
    axes[0].invert_yaxis()
    before = "".join(visible(character) for character in text[max(0, end - CHARACTERS_BEFORE) : end])
    figure.suptitle(f"after  {before}", x=0.01, ha="left", family=family(), size=10, parse_math=False)


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
    width, height = np.ptp(flat, axis=0)
    for name, inside in groups_by_place(many).items():
        if inside.sum() >= LEAST_OF_A_GROUP:
            x, y = np.median(flat[inside], axis=0)
            above = y > np.median(flat[:, 1])
            edge = np.percentile(flat[inside, 1], 97 if above else 3)     # beside the group: the path stays visible
            step = (0.02 if above else -0.02) * height
            while (np.abs(way - (x, edge + step)) < (0.12 * width, 0.045 * height)).all(axis=1).any():
                edge += step                                                   # not on a character of the path
            ax.text(x, edge, name, size=9.5, weight="bold", ha="center", va="bottom" if above else "top", zorder=6,
                    color=theme.INK,
                    bbox={"boxstyle": "round,pad=0.2", "facecolor": theme.BACKGROUND, "edgecolor": "none",
                          "alpha": 0.85})
    for t, leg in enumerate(pairwise(way)):             # darker towards the end
        ax.plot(*np.transpose(leg), color=str(0.75 - 0.75 * t / PHRASE_CHARACTERS), linewidth=1.2, zorder=4)
    legend = ax.legend(ncols=len(CHARACTER_KINDS), loc="upper center", bbox_to_anchor=(0.5, 1.06), handletextpad=0,
                       columnspacing=1.2, markerscale=3, fontsize=9)
    for handle in filter(None, legend.legend_handles):
        handle.set_alpha(1)
    for (x, y), character in zip(way, phrase, strict=True):
        ax.text(x, y, visible(character), family=family(), size=9, ha="center", va="center", zorder=5, parse_math=False,
                bbox={"boxstyle": "circle,pad=0.15", "facecolor": theme.BACKGROUND, "edgecolor": theme.INK,
                      "linewidth": 0.7})
    ax.set(xticks=[], yticks=[], xlabel="first principal direction of h", ylabel="second")
    shown = "".join(visible(character) for character in phrase)
    near = vowels_near_first_letters(flat, many)
    ax.set_title("the path of a phrase through the states" if np.isnan(near) else
                 f"of the vowels that begin a word, {100 * near:.0f} % lie nearer to the middle of the other first "
                 "letters\nthan to the middle of the other vowels", fontsize=10, pad=22)
    ax.text(0.99, 0.98, f"the path: {shown}\nthese directions hold {100 * share:.0f} % of the variance",
            transform=ax.transAxes, ha="right", va="top", size=8, color=theme.GREY, parse_math=False, family=family())


def groups_by_place(text: str) -> dict[str, np.ndarray]:                      # each (n,) bool
    """The characters of a text by their place in a word or line."""
    letter = np.array([character.isalpha() for character in text])
    before = np.concatenate([[False], letter[:-1]])
    second = letter & before & ~np.concatenate([[False, False], letter[:-2]])
    characters = np.array(list(text))
    line_end = characters == "\n"
    empty = line_end & np.concatenate([[False], line_end[:-1]])
    return {"first letters": letter & ~before, "second letters": second, "later letters": letter & before & ~second,
            "spaces": characters == " ", "line ends": line_end & ~empty, "empty lines": empty}


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

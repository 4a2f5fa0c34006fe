"""The chapter's pictures: curves with samples, a heat map of the memory, a text coloured by one unit, five guesses."""

from __future__ import annotations

import re

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ai_from_scratch.stage import theme
from RNN_From_Scratch.concepts import Meaning, concepts, correlations, meanings, order_by_likeness
from RNN_From_Scratch.demo_paint import MONO, STATES, Page, StateMap, visible
from RNN_From_Scratch.demo_training import Training
from RNN_From_Scratch.language_model import LanguageModel

SHOWN, ROWS, GROUPS = 100, 40, 8     # characters, units and their groups on the heat map
LINES, WIDEST = 16, 76               # of the coloured text
TELLING = 12_000                     # characters on which units and concepts are compared


def training_with_samples(figure: Figure, training: Training) -> None:
    """Both curves over lines for scale; under them what it wrote at four moments."""
    grid = figure.add_gridspec(3, 2, height_ratios=[1.9, 1, 1])
    ax = figure.add_subplot(grid[0, :])
    frames = training.frames
    steps = [frame.step for frame in frames]
    ax.plot(steps, [frame.metrics["bits_per_char"] for frame in frames], color=theme.SKY, linewidth=1.2,
            label="the text it learns from (connections left out)")
    judged = training.model.validation_curve_
    if judged:
        ax.plot(*zip(*judged, strict=True), color=theme.VERMILION, label="held-out text")
        kept, bits = min(judged, key=lambda point: point[1])
        ax.plot(kept, bits, "o", color=theme.VERMILION)
        ax.annotate(f"kept: {bits:.2f}", (kept, bits), xytext=(-4, -14), textcoords="offset points", ha="right",
                    color=theme.VERMILION)
    training.curve_axes(ax)
    ax.legend(loc="upper center")
    last = max(training.samples)
    moments = [step for step in (min(training.samples), 100, 1_000) if step < last and step in training.samples]
    for cell, step in zip((grid[1, 0], grid[1, 1], grid[2, 0], grid[2, 1]), [*moments, last], strict=False):
        panel = figure.add_subplot(cell)
        panel.set_title(f"step {step:,}", fontsize=10)
        Page(panel, columns=52, lines=12, size=7.5).update(training.samples[step])


def hidden_states(figure: Figure, model: LanguageModel, text: str, context: str) -> None:
    """The units that hold on longest over a passage; those that move together side by side."""
    start = busiest_speech(text, "inside a speaker's name", SHOWN)
    passage = text[start : start + SHOWN]
    many = model.hidden_states((context + text)[-TELLING:])                # chosen and ordered on much more than shown
    units = longest_holding(many, ROWS)
    order, group = order_by_likeness(many[:, units], GROUPS)
    units = units[order]
    states = model.hidden_states(passage, context + text[:start])          # (n, H)
    ax = figure.add_subplot()
    StateMap(ax, len(units), len(passage), size=6.5).update(states[:, units].T, passage)
    ax.set_ylabel(f"{len(units)} of {many.shape[1]} units, alike ones together")
    for edge in np.flatnonzero(np.diff(group)) + 0.5:
        ax.axhline(edge, color="white", linewidth=2)
    figure.colorbar(ax.images[0], ax=ax, shrink=0.5, pad=0.01, label="state h", ticks=[-1, 0, 1])


def longest_holding(states: np.ndarray, count: int) -> np.ndarray:         # (n, H) -> (count,)
    """The units whose state three characters later is most like what it was; not those that never move at all."""
    A = states - states.mean(axis=0)
    power = (A**2).mean(axis=0)                                            # (H,)
    holding = (A[3:] * A[:-3]).mean(axis=0) / np.maximum(power, 1e-9)      # (H,) −1 … 1
    return np.argsort(-np.where(power > 0.05, holding, -2.0))[:count]


def telling_units(model: LanguageModel, train: str, held_out: str) -> list[Meaning]:
    """For each concept the unit that follows it closest in the training text; r as it is in the held-out text."""
    telling, judged = train[-TELLING:], held_out[:TELLING]
    chosen = meanings(model.hidden_states(telling, train[:-TELLING]), telling)
    states, found = model.hidden_states(judged, train), concepts(judged)
    r = correlations(states, np.column_stack(list(found.values())))        # (H, C)
    column = {name: i for i, name in enumerate(found)}
    honest = [Meaning(m.unit, m.concept, float(r[m.unit, column[m.concept]])) for m in chosen if m.r]
    return sorted((m for m in honest if m.r), key=lambda m: -abs(m.r))


def one_unit(figure: Figure, model: LanguageModel, train: str, held_out: str, found: list[Meaning]) -> None:
    """The held-out text coloured by the unit that means most, and what else was found."""
    best = found[0]
    start = busiest_speech(held_out, best.concept)
    passage = held_out[start : start + LINES * WIDEST]
    h = model.hidden_states(passage, train + held_out[:start])[:, best.unit] * np.sign(best.r)
    parts = np.asarray(figure.subfigures(2, 1, height_ratios=[3.1, 1]))
    top, bottom = (part.add_subplot() for part in parts)
    top.set_title(f"unit {best.unit}: {best.concept}   (correlation {abs(best.r):.2f} on text it never read)",
                  fontsize=10)
    coloured(top, passage, h)
    shown = found[:5][::-1]
    bottom.barh([f"{m.concept} (unit {m.unit})" for m in shown], [abs(m.r) for m in shown], height=0.75,
                color=[theme.PALE] * (len(shown) - 1) + [theme.PURPLE])
    for y, m in enumerate(shown):
        bottom.text(abs(m.r) + 0.01, y, f"{abs(m.r):.2f}", va="center", size=8, color=theme.GREY)
    bottom.set(xlim=(0, 1), xlabel="|correlation| of the unit that follows it closest")
    bottom.tick_params(axis="y", length=0, labelcolor=theme.INK)


def busiest_speech(text: str, concept: str, length: int = 500) -> int:
    """Where to begin so that the most is to be seen: the speech (or line) after which the concept varies most."""
    values = concepts(text)[concept]
    starts = [match.end() for match in re.finditer(r"\n\n(?=\S)|\n(?=\S)", text[:-length])] or [0]
    return max(starts, key=lambda start: (text[:start].endswith("\n\n"), values[start : start + length].std()))


def coloured(ax: Axes, text: str, values: np.ndarray) -> None:             # (n,) in −1 … 1
    """The text, a cell for each character, its ground coloured by the character's value."""
    columns = min(WIDEST, 1 + max(map(len, text.split("\n")[:LINES])))
    grid, letters = np.full((LINES, columns), np.nan), []
    row = column = 0
    for character, value in zip(text, values, strict=True):
        if row == LINES:
            break
        grid[row, column] = value
        letters.append((column, row, "" if character in " \n" else visible(character)))
        column += 1
        if character == "\n" or column == columns:
            row, column = row + 1, 0
    used = max(y for _, y, _ in letters) + 1
    ax.imshow(grid[:used], cmap=STATES, vmin=-1, vmax=1, aspect="auto")
    for x, y, letter in letters:
        ax.text(x, y, letter, ha="center", va="center_baseline", family=MONO, size=8, parse_math=False,
                color="white" if abs(grid[y, x]) > 0.6 else theme.INK)
    ax.set_axis_off()


def guesses(figure: Figure, model: LanguageModel, text: str, context: str, characters: int = 44) -> None:
    """Above, what stands in the text; below each character the five that were thought most likely in its place."""
    start = speech_start(text)
    passage = text[start : start + characters]
    before = model.hidden_states(text[: start + characters - 1], context)
    if start == 0:
        before = np.concatenate([model.hidden_states(context[-1:], context[:-1]), before])
    logits = logits_of(model, before[-len(passage) :])                                     # (n, V)
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    best = np.argsort(-p, axis=1)[:, :5]                                                   # (n, 5)
    ax = figure.add_subplot()
    ax.imshow(np.take_along_axis(p, best, axis=1).T, cmap="Blues", vmin=0, vmax=1.7, aspect="auto")
    for t, character in enumerate(passage):
        ax.text(t, -0.75, visible(character), ha="center", va="center", family=MONO, size=10, weight="bold",
                parse_math=False)
        for rank, code in enumerate(best[t]):
            guess = model.vocabulary_.characters[code]
            ax.text(t, rank, visible(guess), ha="center", va="center", family=MONO, size=9, parse_math=False,
                    color=theme.VERMILION if guess == character else theme.INK,
                    weight="bold" if guess == character else "normal")
    ax.set(xticks=[], yticks=range(5), yticklabels=["likeliest", "2nd", "3rd", "4th", "5th"])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.set_ylim(4.5, -1.3)


def speech_start(text: str) -> int:
    """Where a passage may begin: at the first speech, else the first paragraph, else the first line, else 0."""
    for pattern in (r"\n\n(?=[^\n:]{1,40}:\n)", r"\n\n", r"\n"):
        match = re.search(pattern, text[: len(text) // 2])
        if match:
            return match.end()
    return 0


def logits_of(model: LanguageModel, states: np.ndarray) -> np.ndarray:     # (n, H) -> (n, V)
    """What each state expects next."""
    return model.network_.output.forward(states).astype(np.float64)

"""The chapter's pictures: curves with samples, units under their names, all units, one unit's text, predictions."""

from __future__ import annotations

import re

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ai_from_scratch.stage import theme
from Logistic_Regression_From_Scratch.cross_entropy import log_softmax
from RNN_From_Scratch.demo.named_units import UnitStrips, named_states
from RNN_From_Scratch.demo.paint import Page, StateMap, family, visible
from RNN_From_Scratch.demo.training import Training
from RNN_From_Scratch.demo.training_view import move_to_end, name_at_end, title_of_training
from RNN_From_Scratch.demo.unit_correlations import (
    UnitFeature,
    best_units,
    correlations,
    order_by_correlation,
    passage_start,
    text_features,
)
from RNN_From_Scratch.language_model import LanguageModel

NAMED_UNITS, NAMED_CHARACTERS = 5, 76      # rows, and characters in a row, of the picture of named units
LEAST_CORRELATION = 0.3                    # a unit with a smaller correlation is not said to follow a feature
CHARACTERS, UNITS, GROUPS = 100, 40, 8     # of the heat map of all units
RARE_CHANGES = 4                           # of the sign, in these characters
LINES, COLUMNS = 16, 76                    # at most so many lines and columns of coloured text
SCALE_END = 2.2                        # upper end of the colour scale: so pale that letters stay readable
CORRELATED_CHARACTERS = 12_000             # characters on which units and features are compared


def training_with_samples(figure: Figure, training: Training) -> None:
    """Draws both curves with baselines, and below them the texts that the network wrote at four moments."""
    grid = figure.add_gridspec(3, 2, height_ratios=[1.9, 1, 1])
    ax = figure.add_subplot(grid[0, :])
    frames = training.frames
    steps = [frame.step for frame in frames]
    learning = [frame.metrics["bits_per_char"] for frame in frames]
    ax.plot(steps, learning, color=theme.TRAINING, linewidth=1.2)
    move_to_end(name_at_end(ax, ax.lines[-1], "training text (with dropout)", False), ax.lines[-1], False)
    judged = training.model.validation_curve_
    if judged:
        ax.plot(*zip(*judged, strict=True), color=theme.HELD_OUT)
        kept, bits = min(judged, key=lambda point: point[1])
        best, = ax.plot(kept, bits, "o", color=theme.HELD_OUT, clip_on=False)
        move_to_end(name_at_end(ax, best, f"held-out text, kept: {bits:.2f}", True), best, kept < 0.5 * steps[-1])
    training.view.curve_axes(ax, min(learning))
    ax.set_title(title_of_training(training), fontsize=10)
    last = max(training.samples)
    moments = [step for step in (min(training.samples), 100, 1_000) if step < last and step in training.samples]
    for cell, step in zip((grid[1, 0], grid[1, 1], grid[2, 0], grid[2, 1]), [*moments, last], strict=False):
        panel = figure.add_subplot(cell)
        panel.set_title(f"step {step:,}", fontsize=10)
        Page(panel, columns=50, lines=12, size=7.5).update(training.samples[step])


def hidden_states(figure: Figure, model: LanguageModel, train: str, held_out: str, found: list[UnitFeature]) -> None:
    """Draws the few units that follow a feature most closely, each beside the held-out text in which it follows the
    feature."""
    features = text_features(held_out)
    shown: list[UnitFeature] = []
    start = passage_start(held_out, found[0].feature, NAMED_CHARACTERS)
    for m in found:                                                        # a row needs a feature that the unit follows
        changes = np.ptp(features[m.feature][start : start + NAMED_CHARACTERS])
        if changes and (abs(m.r) >= LEAST_CORRELATION or not shown) and m.unit not in [other.unit for other in shown]:
            shown.append(m)
    shown = shown[:NAMED_UNITS]
    passage = held_out[start : start + NAMED_CHARACTERS]
    marks = np.array([features[m.feature][start : start + len(passage)] for m in shown])    # (rows, T)
    marks = (127 * marks / np.maximum(marks.max(axis=1, keepdims=True), 1e-9)).astype(np.int8)
    states = model.hidden_states(passage, train + held_out[:start])       # (T, H)
    ax = figure.add_subplot()
    strips = UnitStrips(ax, len(shown), len(passage), size=7.5, letters_on_states=True)
    strips.update(named_states(shown, states, marks), passage)
    legend(figure, ax)


def legend(figure: Figure, ax: Axes) -> None:
    """Draws the legend of a state's colours."""
    scale = figure.colorbar(ScalarMappable(Normalize(-1, 1), theme.DIVERGING), ax=ax, orientation="horizontal",
                            shrink=0.35, aspect=30, pad=0.02, ticks=[-1, 0, 1])
    scale.ax.set_xticklabels(["−1: no, or near", "0", "1: yes, or far"])
    scale.outline.set_visible(False)


def all_units(figure: Figure, model: LanguageModel, text: str, context: str) -> None:
    """Draws the states of the slowest units over a passage, in an order in which correlated units are neighbours."""
    passage, states, many, units, group = slowest_on_passage(model, text, context)
    ax = figure.add_subplot()
    StateMap(ax, len(units), len(passage), size=6.5).update(states[:, units].T, passage)
    ax.set_ylabel("units, correlated ones together")
    ax.set_title(f"even the {len(units)} slowest of {many.shape[1]} units change their sign every "
                 f"{characters_between_signs(many[:, units]):.1f} characters on average", fontsize=10)
    for edge in np.flatnonzero(np.diff(group)) + 0.5:
        ax.axhline(edge, color=theme.BACKGROUND, linewidth=2)
    figure.colorbar(ax.images[0], ax=ax, shrink=0.5, pad=0.01, label="state h", ticks=[-1, 0, 1])


def caption_of_all_units(model: LanguageModel, text: str, context: str) -> str:
    _, states, _, units, group = slowest_on_passage(model, text, context)
    changes = (np.sign(states[1:, units]) != np.sign(states[:-1, units])).sum(axis=0)      # (units,)
    rare = int((changes <= RARE_CHANGES).sum())
    some = f" Rows that change it at most {RARE_CHANGES} times here: {rare}." if rare else ""
    alone = "; a group of one has no partner" if 1 in np.unique(group, return_counts=True)[1] else ""
    return (f"The {len(units)} units that change most slowly, without names. Most of these change their sign after a "
            f"few characters.{some} Units between two white lines are correlated{alone}.")


def slowest_on_passage(model: LanguageModel, text: str, context: str
                       ) -> tuple[str, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """A passage and its states (T, H), the states of many more characters (n, H), the slowest units in the order of the
    picture, and their groups."""
    start = passage_start(text, "inside a speaker's name", CHARACTERS)
    passage = text[start : start + CHARACTERS]
    many = model.hidden_states((context + text)[-CORRELATED_CHARACTERS:])  # (n, H)  more than is shown
    units = slowest_units(many, UNITS)
    order, group = order_by_correlation(many[:, units], GROUPS)
    units = units[order]
    return passage, model.hidden_states(passage, context + text[:start]), many, units, group


def characters_between_signs(states: np.ndarray) -> float:               # (n, H)
    """The mean number of characters from one change of a unit's sign to the next."""
    return 1 / max(float(np.mean(np.sign(states[1:]) != np.sign(states[:-1]))), 1 / len(states))


def slowest_units(states: np.ndarray, count: int) -> np.ndarray:         # (n, H) -> (count,)
    """The units with the largest correlation between states three characters apart, without nearly constant ones."""
    A = states - states.mean(axis=0)
    power = (A**2).mean(axis=0)                                            # (H,)
    holding = (A[3:] * A[:-3]).mean(axis=0) / np.maximum(power, 1e-9)      # (H,) −1 … 1
    return np.argsort(-np.where(power > 0.05, holding, -2.0))[:count]


def units_of_features(model: LanguageModel, train: str, held_out: str) -> list[UnitFeature]:
    """For each feature the unit with the largest |r| in the training text; the returned r is measured on the held-out
    text."""
    part, other = train[-CORRELATED_CHARACTERS:], held_out[:CORRELATED_CHARACTERS]
    chosen = best_units(model.hidden_states(part, train[:-CORRELATED_CHARACTERS]), part)
    states, features = model.hidden_states(other, train), text_features(other)
    r = correlations(states, np.column_stack(list(features.values())))     # (H, C)
    column = {name: i for i, name in enumerate(features)}
    held_out_r = [UnitFeature(m.unit, m.feature, float(r[m.unit, column[m.feature]])) for m in chosen if m.r]
    return sorted((m for m in held_out_r if m.r), key=lambda m: -abs(m.r))


def one_unit(figure: Figure, model: LanguageModel, train: str, held_out: str, found: list[UnitFeature]) -> None:
    """Draws the held-out text coloured by the unit with the largest |r|, and the units of four other features."""
    best = found[0]
    start = passage_start(held_out, best.feature)
    passage = held_out[start : start + LINES * COLUMNS]
    h = model.hidden_states(passage, train + held_out[:start])[:, best.unit] * np.sign(best.r)
    parts = np.asarray(figure.subfigures(2, 1, height_ratios=[3.1, 1]))
    top, bottom = (part.add_subplot() for part in parts)
    top.set_title(f"unit {best.unit} follows: {best.feature}   (correlation {abs(best.r):.2f} on held-out text)",
                  fontsize=10)
    coloured(top, passage, h)
    legend(parts[0], top)
    shown = found[:5][::-1]
    bottom.barh([f"{m.feature} (unit {m.unit})" for m in shown], [abs(m.r) for m in shown], height=0.75,
                color=[theme.PALE] * (len(shown) - 1) + [theme.BLUE])
    for row, m in enumerate(shown):
        bottom.text(abs(m.r) + 0.01, row, f"{abs(m.r):.2f}", va="center", size=8, color=theme.GREY)
    bottom.set(xlim=(0, 1), xlabel="largest |correlation| of a unit with it")
    bottom.tick_params(axis="y", length=0, labelcolor=theme.INK)


def coloured(ax: Axes, text: str, values: np.ndarray) -> None:             # (n,) in −1 … 1
    """Draws the text with a cell for each character; the character's value is its background colour."""
    columns = min(COLUMNS, 1 + max(map(len, text.split("\n")[:LINES])))
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
    used = max(row for _, row, _ in letters) + 1
    ax.imshow(grid[:used], cmap=theme.DIVERGING, vmin=-1, vmax=1, aspect="auto")
    for column, row, letter in letters:
        ax.text(column, row, letter, ha="center", va="center_baseline", family=family(), size=8,
                parse_math=False, color=theme.text_on(theme.DIVERGING(0.5 + grid[row, column] / 2)[:3]))
    ax.set_axis_off()


def predictions(figure: Figure, model: LanguageModel, text: str, context: str, characters: int = 44) -> None:
    """Draws a text.  Below each character are the five most probable predictions for its place."""
    start = speech_start(text)
    passage = text[start : start + characters]
    before = model.hidden_states(text[: start + characters - 1], context)
    if start == 0:
        before = np.concatenate([model.hidden_states(context[-1:], context[:-1]), before])
    logits = logits_of(model, before[-len(passage) :])                                     # (n, V)
    p = np.exp(log_softmax(logits.T)).T
    best = np.argsort(-p, axis=1)[:, :5]                                                   # (n, 5)
    ax = figure.add_subplot()
    ax.imshow(np.take_along_axis(p, best, axis=1).T, cmap=theme.SEQUENTIAL, vmin=0, vmax=SCALE_END, aspect="auto")
    for t, character in enumerate(passage):
        ax.text(t, -0.75, visible(character), ha="center", va="center", family=family(), size=10, weight="bold",
                parse_math=False)
        for rank, code in enumerate(best[t]):
            predicted = model.vocabulary_.characters[code]
            ax.text(t, rank, visible(predicted), ha="center", va="center", family=family(), size=9, parse_math=False,
                    weight="bold" if predicted == character else "normal")
            if predicted == character:
                ax.add_patch(Rectangle((t - 0.47, rank - 0.46), 0.94, 0.92, fill=False, edgecolor=theme.INK))
    right = int((best[:, 0] == model.vocabulary_.encode(passage)).sum())
    ax.set_title(f"the most probable character is the right one at {right} of {len(passage)} places", fontsize=10)
    ax.set(xticks=[], yticks=range(5), yticklabels=["1st", "2nd", "3rd", "4th", "5th"])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.set_ylim(4.5, -1.3)


def bits_by_place(model: LanguageModel, text: str, context: str) -> tuple[float, float]:
    """Bits per character of letters that begin a word, and of later letters in a word; 0 if there are none."""
    surprise, letter = model.surprise(text, context), np.array([character.isalpha() for character in text])
    begins = letter & ~np.concatenate([[False], letter[:-1]])
    return tuple(float(surprise[kind].mean()) if kind.any() else 0.0
                 for kind in (begins, letter & ~begins))      # type: ignore[return-value]


def speech_start(text: str) -> int:
    """The start of a passage: the first speech, else the first paragraph, else the first line, else 0."""
    for pattern in (r"\n\n(?=[^\n:]{1,40}:\n)", r"\n\n", r"\n"):
        match = re.search(pattern, text[: len(text) // 2])
        if match:
            return match.end()
    return 0


def logits_of(model: LanguageModel, states: np.ndarray) -> np.ndarray:     # (n, H) -> (n, V)
    """The logits of the next character, from each state."""
    return model.network_.output.forward(states).astype(np.float64)

"""Pictures of units: a few under the names of their features, one over a longer text, and all of them."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from ai_from_scratch.stage import theme
from RNN_From_Scratch.demo.named_units import UnitStrips, marks, named_states
from RNN_From_Scratch.demo.paint import StateMap, family, visible, wrapped
from RNN_From_Scratch.demo.unit_correlations import (
    LEAST_CORRELATION,
    UnitFeature,
    best_units,
    closest_units,
    correlations,
    order_by_correlation,
    passage_start,
    text_features,
)
from RNN_From_Scratch.language_model import LanguageModel

NAMED_UNITS, NAMED_CHARACTERS = 5, 64      # rows, and characters in a row, of the picture of named units
CHARACTERS, UNITS, GROUPS = 100, 40, 8     # of the heat map of all units
RARE_CHANGES = 4                           # of the sign, in these characters
LINES, COLUMNS = 16, 76                    # at most so many lines and columns of coloured text
CORRELATED_CHARACTERS = 12_000             # characters on which units and features are compared


def units_of_features(model: LanguageModel, train: str, held_out: str) -> list[UnitFeature]:
    """For each feature the unit with the largest |r| in the training text; the returned r is measured on the held-out
    text."""
    part, other = train[-CORRELATED_CHARACTERS:], held_out[:CORRELATED_CHARACTERS]
    chosen = best_units(model.hidden_states(part, train[:-CORRELATED_CHARACTERS]), part)
    states, features = model.hidden_states(other, train), text_features(other)
    r = correlations(states, np.column_stack(list(features.values())))     # (H, C)
    column = {name: i for i, name in enumerate(features)}
    held_out_r = [UnitFeature(pair.unit, pair.feature, float(r[pair.unit, column[pair.feature]]))
                  for pair in chosen if pair.r]
    return sorted((pair for pair in held_out_r if pair.r), key=lambda pair: -abs(pair.r))


def hidden_states(figure: Figure, model: LanguageModel, train: str, held_out: str, found: list[UnitFeature]) -> None:
    """Draws the few units that follow a feature most closely, each beside the held-out text in which it follows the
    feature."""
    start = passage_start(held_out, found[0].feature, NAMED_CHARACTERS)
    passage = held_out[start : start + NAMED_CHARACTERS]
    here = {name: values[start : start + len(passage)] for name, values in text_features(held_out).items()}
    shown = closest_units([pair for pair in found if np.ptp(here[pair.feature])], NAMED_UNITS) or found[:1]
    states = model.hidden_states(passage, train + held_out[:start])       # (T, H)
    ax = figure.add_subplot()
    strips = UnitStrips(ax, len(shown), len(passage), size=9, letters_on_states=True)
    strips.update(named_states(shown, states, {name: marks(values) for name, values in here.items()}), passage)
    ax.set_title(title_of_named(shown), fontsize=10)
    ax.text(1, strips.names[0].get_position()[1], "coloured: the unit's state; grey: the feature itself", ha="right",
            va="bottom", transform=ax.get_yaxis_transform(), size=8, color=theme.GREY)
    legend(figure, ax, "no, or near", "yes, or far")


def title_of_named(shown: list[UnitFeature]) -> str:
    closest = max(abs(pair.r) for pair in shown)
    if closest < LEAST_CORRELATION:
        return f"no unit follows a feature of the text: the largest |r| is {closest:.2f}"
    return (("these units follow features of the text that were" if len(shown) > 1 else
             "this unit follows a feature of the text that was") + " never a target of the training")


def legend(figure: Figure, ax: Axes, low: str, high: str) -> None:
    """Draws the legend of a state's colours."""
    scale = figure.colorbar(ScalarMappable(Normalize(-1, 1), theme.DIVERGING), ax=ax, orientation="horizontal",
                            shrink=0.35, aspect=30, pad=0.02, ticks=[-1, 0, 1])
    scale.ax.set_xticklabels([f"−1: {low}", "0", f"1: {high}"])
    scale.outline.set_visible(False)


def one_unit(figure: Figure, model: LanguageModel, train: str, held_out: str, found: list[UnitFeature]) -> None:
    """Draws the held-out text coloured by the unit of the longest feature, and the |r| of a few other units."""
    best = longest_kept(found, held_out)
    start = passage_start(held_out, best.feature)
    passage = held_out[start : start + LINES * COLUMNS]
    h = model.hidden_states(passage, train + held_out[:start])[:, best.unit] * np.sign(best.r)
    parts = np.asarray(figure.subfigures(2, 1, height_ratios=[3.4, 1]))
    top, bottom = (part.add_subplot() for part in parts)
    follows = "follows" if abs(best.r) >= LEAST_CORRELATION else "is the closest, but far from"
    top.set_title(f"unit {best.unit} {follows}: {best.feature}   (|r| = {abs(best.r):.2f} on held-out text)",
                  fontsize=10)
    coloured(top, passage, h)
    legend(parts[0], top, *ends_of(best.feature))
    shown = closest_units(found, NAMED_UNITS, least=0)[::-1]
    bottom.barh([f"{pair.feature} (unit {pair.unit})" for pair in shown], [abs(pair.r) for pair in shown], height=0.75,
                color=[theme.BLUE if pair == best else theme.GREY for pair in shown])
    for row, pair in enumerate(shown):
        bottom.text(abs(pair.r) + 0.01, row, f"{abs(pair.r):.2f}", va="center", size=8, color=theme.GREY)
    bottom.set(xlim=(0, 1), xlabel="|r| with the unit that follows it most closely")
    bottom.tick_params(axis="y", length=0, labelcolor=theme.INK)


def longest_kept(found: list[UnitFeature], text: str) -> UnitFeature:
    """Of the units that follow a feature, the one whose feature changes least often in the text."""
    features = text_features(text)
    return min(closest_units(found, NAMED_UNITS), key=lambda pair: np.count_nonzero(np.diff(features[pair.feature])))


def caption_of_one_unit(found: list[UnitFeature], text: str) -> str:
    low, high = ends_of(longest_kept(found, text).feature)
    return (f"The state of one unit over held-out text. Green: {high}; violet: {low}. Of the units that follow a "
            "feature, it is the one whose feature changes least often: the state has to keep it. Below: |r|, the size "
            "of the correlation, for this unit and others; at 1 a unit follows its feature exactly, at 0 not at all. "
            "The training had no such target: the units were found by correlating all of them with a few features of "
            "the training text. Look where the colour changes, and where it is wrong.")


def ends_of(feature: str) -> tuple[str, str]:
    """What violet and green mean for this feature."""
    return ("near", "far") if feature.startswith("how far") else ("no", "yes")


def coloured(ax: Axes, text: str, values: np.ndarray) -> None:             # (n,) in −1 … 1
    """Draws the text with a cell for each character; the character's value is its background colour."""
    rows: list[str] = []
    for line in text.split("\n"):
        rows += wrapped(line, COLUMNS)
        rows[-1] += "\n"
    rows = rows[:LINES]
    cells = [(row, column, character) for row, line in enumerate(rows) for column, character in enumerate(line)]
    grid = np.full((len(rows), max(map(len, rows))), np.nan)
    for (row, column, character), value in zip(cells, values, strict=False):   # the text may go on, or end here
        grid[row, column] = value
        ax.text(column, row, "" if character == " " else visible(character), ha="center", va="center_baseline",
                family=family(), size=8, parse_math=False, color=theme.text_on(theme.DIVERGING(0.5 + value / 2)[:3]))
    ax.imshow(grid, cmap=theme.DIVERGING, vmin=-1, vmax=1, aspect="auto")
    ax.set_axis_off()


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
    some = f", and {rare} at most {RARE_CHANGES} times" if rare else ""
    alone = "; a group of one has no partner" if 1 in np.unique(group, return_counts=True)[1] else ""
    half = int(np.sort(changes)[len(units) // 2])
    return (f"The {len(units)} units that change most slowly, without names. In these {len(states)} characters, half "
            f"of them change their sign at least {half} times{some}. "
            f"Units between two white lines are correlated{alone}.")


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

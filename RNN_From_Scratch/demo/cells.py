"""A small network of each kind, trained briefly on the same text: its state and its gradient over several steps.

There are two pictures. One is the network unrolled: the state goes right, the gradient goes left, and their sizes are
the widths of the arrows. The other is the gradient over more steps, before and after training.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle

from ai_from_scratch.stage import theme
from RNN_From_Scratch.char_rnn import CharRNN
from RNN_From_Scratch.demo.gradients import KS, norms_back, places

CELL_NAMES = {"rnn": "plain RNN", "gru": "GRU", "lstm": "LSTM"}
SHORT_TEXT, SHORT_TEXT_QUICK = 50_000, 10_000      # training characters
HELD_OUT_CHARACTERS = 5_000
FORMULAS = {
    "plain RNN": "h(t) = tanh(a),  a = W x(t) + W_hh h(t−1) + b",
    "GRU": "h(t) = (1 − u) n + u h(t−1)     gates r, u;  candidate n",
    "LSTM": "c(t) = f c(t−1) + i g,  h(t) = o tanh c(t)     gates i, f, o;  candidate g",
}
PARTS = {"plain RNN": ("tanh",), "GRU": ("r", "u", "n"), "LSTM": ("i", "f", "g", "o")}     # drawn in each box
KEEPING_GATE = 1                # the gate by which the old state is multiplied: the GRU's u, the LSTM's f
UNROLLED_STEPS = 8                                 # steps that are drawn
MAX_WIDTH = 13.0                                   # width of the widest arrow, in points


class CellMeasured(NamedTuple):
    """One kind of cell.  The norm of a gradient is ‖∂L/∂state(t−k)‖, the mean over 32 places; a state is h, or h and
    c."""

    name: str
    before: np.ndarray        # (len(KS),) untrained
    after: np.ndarray         # (len(KS),) trained briefly
    steps: np.ndarray         # (UNROLLED_STEPS,) trained, at k = 1 … UNROLLED_STEPS
    sizes: np.ndarray         # (UNROLLED_STEPS,) the root of the mean square of h(t−k), the same k
    bits: float               # per character of held-out text
    kept: float               # mean of the gate by which the old state is multiplied, in these steps; plain cell: nan


def measure_cells(train: str, held_out: str, seed: int, quick: bool) -> list[CellMeasured]:
    recipe: dict[str, Any] = {"units": 16, "max_iter": 1} if quick else {"units": 64, "max_iter": 3}
    part = train[-SHORT_TEXT_QUICK if quick else -SHORT_TEXT :]
    measured = []
    for cell, name in CELL_NAMES.items():
        model = CharRNN(cell=cell, dropout=0.0, streams=16, chunk=32, learning_rate_init=1e-2, random_state=seed,
                        alphabet=train + held_out, **recipe)
        model.initialise(part)
        x, y = places(model, train)
        before = norms_back(model.network_, x, y)[0]
        for _ in model.training(part):                  # fit would warn that the training is brief
            pass
        h, _ = model.network_.read(x)                                          # (T, N, H)
        sizes = np.sqrt((h[-1 - UNROLLED_STEPS : -1].astype(float) ** 2).mean(axis=(1, 2)))[::-1]
        measured.append(CellMeasured(
            name, before, norms_back(model.network_, x, y)[0],
            norms_back(model.network_, x, y, range(1, UNROLLED_STEPS + 1))[0], sizes,
            model.bits_per_character(held_out[:HELD_OUT_CHARACTERS], train), keeping_gate(model, x)))
    return measured


def keeping_gate(model: CharRNN, x: np.ndarray) -> float:                      # (T, N)
    """The mean, over the last steps, of the gate by which the old state is multiplied; nan if there is none."""
    model.network_.forward(x, training=True)
    cell: Any = model.network_.cells[0]
    gates = getattr(cell, "runm", getattr(cell, "ifgo", None))                 # (T, 4, N, H)
    return float("nan") if gates is None else float(gates[-UNROLLED_STEPS:, KEEPING_GATE].mean())


def unrolled_caption(cells: list[CellMeasured]) -> str:
    _, gru, lstm = cells
    kept = [100 * cell.steps[-1] / cell.steps[0] for cell in cells]
    finding = (f"The gated cells keep less ({kept[1]:.2g} % and {kept[2]:.2g} %, the plain cell {kept[0]:.2g} %): "
               f"their gates multiply the old state by {gru.kept:.2f} (u) and {lstm.kept:.2f} (f) on average."
               if kept[0] > max(kept[1:]) else "")
    return ("Three small, briefly trained networks over the last eight characters before a loss. Blue: the state, as "
            "thick as its root mean square. Red: the gradient of the loss for it (LSTM: h and c), as thick as its "
            "norm. Both: means over 32 places; percentages: of the norm at h(t−1). "
            f"{finding}").rstrip()


def unrolled(figure: Figure, cells: list[CellMeasured]) -> None:
    """Draws each kind of cell over the last steps before a loss."""
    axes = figure.subplots(len(cells), 1)
    for ax, cell in zip(axes, cells, strict=True):
        _unroll(ax, cell)
    for x, words, colour in ((-1.7, "the state →", theme.BLUE), (0.85, "← the gradient of the loss", theme.ACCENT)):
        axes[0].text(x, 1.03, words, ha="right", va="center", size=8.5, color=colour)


def _unroll(ax: Axes, cell: CellMeasured) -> None:
    left = cell.steps / cell.steps[0]                                          # (UNROLLED_STEPS,) of what reaches t − 1
    for k in range(UNROLLED_STEPS + 1):                                        # the box of h(t−k) stands at x = −k
        ax.add_patch(FancyBboxPatch((-k - 0.24, 0.12), 0.48, 0.76, boxstyle="round,pad=0,rounding_size=0.06",
                                    facecolor=theme.PALE, edgecolor=theme.GREY))
        place = "t" if k == 0 else f"t−{k}"
        state = f"h({place})" if cell.name != "LSTM" else f"h({place})\nc({place})"
        ax.text(-k, 0.73, state, ha="center", va="center", size=7.5, linespacing=1.1)
        _parts(ax, -k, PARTS[cell.name])
        ax.annotate(f"x({place})", (-k, 0.12), (-k, -0.26), ha="center", va="center", size=8, color=theme.GREY,
                    arrowprops={"arrowstyle": "->", "color": theme.GREY})
        if k:
            _arrow(ax, -k + 0.26, -k + 0.74, 0.7, MAX_WIDTH * cell.sizes[k - 1], theme.BLUE)
            _arrow(ax, -k + 0.74, -k + 0.26, 0.3, MAX_WIDTH * left[k - 1], theme.ACCENT)
            share = f"{100 * left[k - 1]:.0f} %" if left[k - 1] > 0.095 else f"{100 * left[k - 1]:.2g} %"
            ax.text(-k + 0.5, -0.06, share if left[k - 1] >= 0.001 else "<0.1 %", ha="center", va="center", size=8.5,
                    color=theme.ACCENT)
    ax.annotate("loss\nL(t)", (0.26, 0.5), (0.62, 0.5), va="center", ha="center", size=9, color=theme.ACCENT,
                arrowprops={"arrowstyle": "->", "color": theme.ACCENT})
    ax.set(xlim=(-UNROLLED_STEPS - 0.3, 0.85), ylim=(-0.36, 1.12))
    ax.set_axis_off()
    ax.text(-UNROLLED_STEPS - 0.24, 1.03, FORMULAS[cell.name], va="center", size=8.5, color=theme.GREY)
    ax.set_title(f"{cell.name}: {share} of the gradient at h(t−1) reaches h(t−{UNROLLED_STEPS})", fontsize=10)


def _parts(ax: Axes, x: float, names: tuple[str, ...]) -> None:
    """Draws the gates and the candidate of a cell in its box."""
    width = 0.4 / max(3, len(names)) if len(names) > 1 else 0.36
    for i, name in enumerate(names):
        middle = x + (i - (len(names) - 1) / 2) * (width + 0.008)
        ax.add_patch(Rectangle((middle - width / 2, 0.22), width, 0.36, facecolor=theme.BACKGROUND,
                               edgecolor=theme.GREY, linewidth=0.7))
        ax.text(middle, 0.4, name, ha="center", va="center", size=8)


def _arrow(ax: Axes, start: float, end: float, y: float, width: float, colour: str) -> None:
    """Draws an arrow of this width in points; its head is a little wider."""
    width = max(width, 0.5)
    head = f"head_width={width + 3},head_length={4 + width / 4}"
    ax.add_patch(FancyArrowPatch((start, y), (end, y), arrowstyle=f"simple,tail_width={width},{head}", color=colour,
                                 mutation_scale=1, shrinkA=0, shrinkB=0, linewidth=0))


def three_cells(figure: Figure, cells: list[CellMeasured]) -> None:
    """Draws the gradient up to 48 steps back, before and after the brief training."""
    axes = figure.subplots(1, len(cells), sharey=True)
    for ax, cell in zip(axes, cells, strict=True):
        ax.semilogy(KS, cell.before, "--", color=theme.GREY)
        ax.semilogy(KS, cell.after, color=theme.ACCENT)
        ax.set_title(f"{cell.name}: {cell.bits:.2f} bits held out,\n{_power(cell.after[-1])} left after {KS[-1]}",
                     fontsize=10)
        ax.set(xlabel="k: characters back", xlim=(0, KS[-1]))
    axes[0].set_ylabel("‖∂L / ∂state(t−k)‖")
    for place, (name, colour) in enumerate((("dashed: untrained", theme.GREY), ("trained briefly", theme.ACCENT))):
        axes[0].text(0.97, 0.97 - 0.09 * place, name, color=colour, ha="right", va="top", transform=axes[0].transAxes)


def _power(number: float) -> str:
    """3e-12 as 3·10⁻¹²."""
    digits, exponent = f"{number:.0e}".split("e")
    return f"{digits}·10{str(int(exponent)).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"

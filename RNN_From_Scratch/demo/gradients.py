"""Two pictures of gradients through time: of a prediction for past characters, and of a loss for past states.

    ∂L/∂state(t−k)                       L is the loss of the last character only; a state is h, or h and c
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ai_from_scratch.stage import paint, theme
from Basic_Neural_Network_From_Scratch import SoftmaxCrossEntropy
from RNN_From_Scratch.demo.influence import influence, without_dropout
from RNN_From_Scratch.demo.paint import family, visible
from RNN_From_Scratch.demo.pictures import speech_start
from RNN_From_Scratch.language_model import LanguageModel
from RNN_From_Scratch.network import CharNetwork

ROWS, CHARACTERS_BETWEEN, CHARACTERS_BACK = 6, 7, 26  # rows; characters between them; characters in a row
PREDICTED, TRUE = CHARACTERS_BACK + 0.8, CHARACTERS_BACK + 3.2    # columns, in characters
WINDOW = 300                                  # characters before a place whose influence is computed
DARKEST = 1.15                                # the shade 1 is not the darkest colour: letters stay readable
DECADES_SHOWN = 3                             # powers of ten, from the largest influence to white
CONTEXT_CHARACTERS, STREAMS = 64, 32                       # characters before a place; number of places in the average
KS = (1, 2, 4, 8, 12, 16, 24, 32, 48)
ENLARGEMENT = 2.5                             # factor on W_hh


def looking_back(figure: Figure, model: LanguageModel, text: str, context: str) -> None:
    """Draws in each row the characters before one place of the text, and on the right the prediction from them."""
    whole, start = context[-WINDOW:] + text, len(context[-WINDOW:]) + speech_start(text) + CHARACTERS_BACK
    ends = [end for end in range(start, start + ROWS * CHARACTERS_BETWEEN, CHARACTERS_BETWEEN) if end < len(whole)]
    ax, shades, norms = figure.add_subplot(), np.zeros((len(ends), CHARACTERS_BACK)), []
    for row, end in enumerate(ends):
        predicted, of_row = influence(model, whole[max(0, end - WINDOW) : end])
        norms.append(of_row)
        before = whole[max(0, end - CHARACTERS_BACK) : end]
        shade = np.maximum(1 + np.log10(np.maximum(of_row / max(of_row.max(), 1e-30), 1e-9)) / DECADES_SHOWN, 0)
        shades[row, CHARACTERS_BACK - len(before) :] = shade[-len(before) :]
        for k, character in enumerate(reversed(before)):
            ax.text(CHARACTERS_BACK - 1 - k, row, visible(character), ha="center", va="center", family=family(),
                    size=17, parse_math=False,
                    color=theme.text_on(theme.SEQUENTIAL(min(1.0, shade[-1 - k] / DARKEST))[:3]))
        right = predicted == whole[end]
        for column, character, of_the_text in ((PREDICTED, predicted, False), (TRUE, whole[end], True)):
            ax.text(column, row, visible(character), ha="center", va="center", family=family(), size=17,
                    weight="normal" if of_the_text else "bold", color=theme.GREY if of_the_text else theme.INK,
                    parse_math=False)
        if right:
            ax.add_patch(Rectangle((PREDICTED - 0.75, row - 0.42), 1.5, 0.84, fill=False, edgecolor=theme.INK,
                                   linewidth=1.5))
    ax.imshow(shades, cmap=theme.SEQUENTIAL, vmin=0, vmax=DARKEST, aspect="auto")
    ax.set(xlim=(-0.5, TRUE + 1), xticks=[CHARACTERS_BACK - 1 - k for k in range(0, CHARACTERS_BACK, 10)],
           xticklabels=[str(k) for k in range(0, CHARACTERS_BACK, 10)], xlabel="k: characters back", yticks=[])
    ax.xaxis.set_label_coords(0.12, -0.15)
    shade_key(ax)
    for column, words in ((PREDICTED, "predicted"), (TRUE, "text")):
        ax.text(column, -0.62, words, ha="center", va="bottom", size=9, color=theme.GREY)
    ax.set_title(title_of_reach(norms), fontsize=17)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)


def shade_key(ax: Axes) -> None:
    """Draws the key of the shades, below the rows."""
    key = ax.inset_axes((0.32, -0.21, 0.5, 0.07))
    key.imshow(np.linspace(0, 1, 256)[None], cmap=theme.SEQUENTIAL, vmin=0, vmax=DARKEST, aspect="auto",
               extent=(0, 1, 0, 1))
    words = [f"1/{10 ** (DECADES_SHOWN - i):,}" if i < DECADES_SHOWN else "1: the largest"
             for i in range(DECADES_SHOWN + 1)]
    key.set_xticks(np.linspace(0, 1, DECADES_SHOWN + 1), words)
    key.set_yticks([])
    key.tick_params(length=0, labelsize=8)
    for spine in key.spines.values():
        spine.set(visible=True, linewidth=0.5)


def title_of_reach(norms: Sequence[np.ndarray]) -> str:
    """The mean number of characters on which a prediction depends: back to the earliest one with more than 1/1,000 of
    the row's largest influence."""
    least = 10.0**-DECADES_SHOWN
    cut = any(len(of_row) == WINDOW and of_row[0] > least * of_row.max() for of_row in norms)
    far = reach(norms, least)
    return (f"a prediction depends on {'at least' if cut else 'about'} {far:.0f} "
            f"character{'' if round(far) == 1 else 's'}")


def reach(norms: Sequence[np.ndarray], share: float) -> float:
    """The mean number of characters, back to the earliest one with more than this share of the row's largest
    influence."""
    distances = [len(of_row) - int((of_row > share * of_row.max()).argmax()) if of_row.max() > 0 else 0
                 for of_row in norms]
    return float(np.mean(distances)) if distances else 0.0


def norms_back(network: CharNetwork, x: np.ndarray, y: np.ndarray,
               ks: Sequence[int] = KS) -> tuple[np.ndarray, float]:
    """‖∂L/∂state(t−k)‖ for every k of ks, the mean over N streams; and the norm of the gradient of all parameters.

    The text x (T, N) ends at t; y (N,) is the next character.  The network reads up to t − k, then the last k steps; a
    backward pass through these k steps gives the gradient.
    """
    T, N = x.shape
    loss, norms = SoftmaxCrossEntropy(), []
    for k in ks:
        _, state = network.read(x[: T - k])
        logits = network.forward(x[T - k :], state, training=True)           # (k·N, V)
        loss.forward(logits[-N:], y)
        asked = np.zeros_like(logits)
        asked[-N:] = loss.backward() * N                                     # one loss for each stream, not their mean
        network.backward(asked)
        norms.append(np.sqrt((network.dstate.astype(np.float64) ** 2).sum(axis=(0, 1, 3))).mean())
    return np.maximum(norms, 1e-30), float(np.linalg.norm(network.gradients)) / N


def places(model: LanguageModel, text: str) -> tuple[np.ndarray, np.ndarray]:         # (T, N), (N,)
    """N places of the text: the T characters before each place, and the character after them."""
    codes = model.vocabulary_.encode(text[-20_000:])
    starts = np.linspace(0, len(codes) - CONTEXT_CHARACTERS - 1, STREAMS).astype(int)
    return codes[starts + np.arange(CONTEXT_CHARACTERS)[:, None]], codes[starts + CONTEXT_CHARACTERS]


def eigenvalues(network: CharNetwork) -> np.ndarray:                         # (H,) complex
    """The eigenvalues of the first layer's W_hh; for a cell with gates, of the columns of its first gate."""
    return np.linalg.eigvals(network.cells[0].W_hh[:, : network.units].astype(np.float64))


def three_networks(model: LanguageModel) -> tuple[CharNetwork, CharNetwork, CharNetwork]:
    """The network before its training, after it, and before it with W_hh enlarged."""
    trained, untrained, large = (without_dropout(model) for _ in range(3))
    fresh = CharNetwork(len(model.vocabulary_), trained.units, rng=np.random.default_rng(0), cell=trained.cell,
                        layers=len(trained.cells)).named_arrays()
    untrained.load_arrays(fresh)
    large.load_arrays({name: array * (ENLARGEMENT if name.startswith("W_hh") else 1) for name, array in fresh.items()})
    return untrained, trained, large


def caption(model: LanguageModel, text: str, clip: float) -> str:
    x, y = places(model, text)
    untrained, trained, large = three_networks(model)
    clipped = any(norms_back(network, x, y, KS[-1:])[1] > clip for network in (untrained, trained, large))
    dashed = "Dashed: the same after clipping, which shortens the gradient of all parameters. " if clipped else ""
    outside = int((abs(eigenvalues(trained)) > 1).sum())
    return ("The gradient of the loss at one character for the state k characters earlier. A straight line falls by "
            "the same factor at each step: the gradient vanishes. With W_hh enlarged, the gradient explodes. "
            f"{dashed}Right: W_hh starts as a rotation just inside the circle; training moved {outside} of "
            f"{trained.units} eigenvalues out of it, and the slopes of tanh, below 1, act against that.")


def gradients_through_time(figure: Figure, model: LanguageModel, text: str, clip: float = 1.0) -> None:
    """Draws the norm of the gradient k steps earlier, and on the right the eigenvalues of W_hh, which explain it."""
    x, y = places(model, text)
    untrained, trained, large = three_networks(model)
    left, right = figure.subplots(1, 2, width_ratios=[1.25, 1])
    ends = []
    for network, name, colour in ((untrained, "untrained", theme.GREY), (trained, "trained", theme.ACCENT),
                                  (large, f"untrained,\n W_hh × {ENLARGEMENT:g}", theme.BLUE)):
        norms, total = norms_back(network, x, y)
        left.semilogy(KS, norms, color=colour)
        ends.append((name, colour, norms[-1]))
        if total > clip:
            left.semilogy(KS, norms * clip / total, color=colour, linestyle="--", linewidth=1.2)
        if network is trained:
            left.set_title(f"trained: × {(norms[-1] / norms[0]) ** (1 / (KS[-1] - KS[0])):.2f} for each character back",
                           fontsize=10)
        if network is not large:
            values = eigenvalues(network)
            right.plot(values.real, values.imag, ".", color=colour, markersize=4, alpha=0.7)
    left.set(xlabel="k: characters back", ylabel="‖∂L / ∂h(t−k)‖", xlim=(0, KS[-1]), ylim=left.get_ylim())
    low, high = np.log10(left.get_ylim())
    heights = paint.spread_out(np.log10(np.maximum([end for *_, end in ends], 10**low)), 0.09 * (high - low))
    for (name, colour, _), height in zip(ends, heights, strict=True):
        left.annotate(f" {name}", (KS[-1], 10**height), color=colour, size=9, va="center", annotation_clip=False)
    if len(left.lines) > len(ends):
        left.text(0.03, 0.03, "dashed: after clipping", color=theme.GREY, size=9, transform=left.transAxes)
    angle = np.linspace(0, 2 * np.pi, 200)
    right.plot(np.cos(angle), np.sin(angle), color=theme.INK, linewidth=0.8)
    right.set(aspect="equal", xlabel="real part", ylabel="imaginary part")
    values = eigenvalues(trained)
    right.set_title(f"trained: {int((abs(values) > 1).sum())} of {len(values)} eigenvalues\nof W_hh are outside the "
                    "unit circle", fontsize=10)
    first = eigenvalues(untrained)
    lowest = first[first.imag.argmin()]
    right.annotate("untrained", (lowest.real, lowest.imag), (0.99, 0.02), textcoords="axes fraction", ha="right",
                   va="bottom", size=9, color=theme.GREY, arrowprops={"arrowstyle": "-", "color": theme.GREY})

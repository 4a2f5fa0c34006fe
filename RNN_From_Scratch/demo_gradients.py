"""Two pictures of gradients on their way back: to the characters that a guess rests on, and to the states before it.

    ∂logit/∂x(t−k) = W_xh dz(t−k)        ∂L/∂h(t−k) = dz(t−k+1) W_hhᵀ        (x as a one-hot vector; one logit, or the
                                                                              loss, of the last character alone)
"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from ai_from_scratch.stage import theme
from Basic_Neural_Network_From_Scratch import SoftmaxCrossEntropy
from RNN_From_Scratch.demo_paint import MONO, visible
from RNN_From_Scratch.demo_pictures import speech_start
from RNN_From_Scratch.language_model import LanguageModel
from RNN_From_Scratch.network import CharNetwork

MOMENTS, EVERY, BACK = 9, 7, 46       # rows, the characters from one to the next, and how far each looks back
DECADES = 3                           # from the darkest shade to white
STEPS, STREAMS = 48, 64               # how far the loss is followed back, and over how many places it is averaged


def without_dropout(model: LanguageModel) -> CharNetwork:
    """A copy of the network that forgets nothing at random, so that its gradients are those of what it says."""
    return type(model).from_arrays(*model.to_arrays()).network_


def influence(model: LanguageModel, text: str) -> tuple[str, np.ndarray]:    # n characters -> the next one, (n,)
    """What is thought likeliest after the text, and ‖∂logit/∂x‖ of its logit for every character of the text."""
    network = without_dropout(model)
    x = model.vocabulary_.encode(text)[:, None]                              # (n, 1)
    logits = network.forward(x, training=True)                               # (n, V)
    likeliest = int(logits[-1].argmax())
    asked = np.zeros_like(logits)
    asked[-1, likeliest] = 1                                                 # of this one logit
    dh = network.output.backward(asked)
    assert dh is not None
    dz = network.recurrence.backward(dh[:, None])[:, 0]                      # (n, H)
    return model.vocabulary_.characters[likeliest], np.linalg.norm(dz @ network.embedding.W_xh.T, axis=1)


def looking_back(figure: Figure, model: LanguageModel, text: str, context: str) -> None:
    """Each row: the characters before one place of the text, and on the right the guess that they led to."""
    whole, first = context[-300:] + text, len(context[-300:]) + speech_start(text) + BACK
    ends = [end for end in range(first, first + MOMENTS * EVERY, EVERY) if end < len(whole)]
    ax, shades = figure.add_subplot(), np.zeros((len(ends), BACK))
    for row, end in enumerate(ends):
        guess, norms = influence(model, whole[max(0, end - 300) : end])
        norms, before = norms[-BACK:], whole[end - len(norms[-BACK:]) : end]
        shade = np.maximum(1 + np.log10(np.maximum(norms / max(norms.max(), 1e-30), 1e-9)) / DECADES, 0)
        shades[row, BACK - len(norms) :] = shade
        for k, character in enumerate(reversed(before)):
            ax.text(BACK - 1 - k, row, visible(character), ha="center", va="center", family=MONO, size=8,
                    parse_math=False, color="white" if shade[-1 - k] > 0.65 else theme.INK)
        right = guess == whole[end]
        ax.text(BACK + 1, row, visible(guess), ha="center", va="center", family=MONO, size=10, weight="bold",
                parse_math=False, color=theme.VERMILION if right else theme.INK)
        ax.text(BACK + 3, row, "" if right else visible(whole[end]), ha="center", va="center", family=MONO, size=8,
                parse_math=False, color=theme.GREY)
    ax.imshow(shades, cmap="Purples", vmin=0, vmax=1.15, aspect="auto")
    ax.set(xlim=(-0.5, BACK + 4), xticks=[BACK - 1 - k for k in range(0, BACK, 10)],
           xticklabels=[str(k) for k in range(0, BACK, 10)], xlabel="k: characters back", yticks=[])
    ax.xaxis.set_label_coords(0.45, -0.09)
    ax.text(BACK + 1, -0.9, "guess", ha="center", size=8, color=theme.GREY)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)


def norms_back(network: CharNetwork, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:    # (T, B), (B,)
    """‖∂L/∂h(t−k)‖ for k = 0 … T − 1, the mean over B streams; and the norm of the gradient of all parameters.

    L is the loss of the last character alone: what is seen k steps earlier has come all that way.
    """
    T, B = x.shape
    loss, logits = SoftmaxCrossEntropy(), network.forward(x, training=True)  # (TB, V)
    loss.forward(logits[-B:], y)
    asked = np.zeros_like(logits)
    asked[-B:] = loss.backward()
    dh = network.output.backward(asked)                                      # (TB, H)
    assert dh is not None
    dz = network.recurrence.backward(dh.reshape(T, B, -1))                   # (T, B, H)
    network.embedding.backward(dz)
    earlier = dz[1:] @ network.recurrence.W_hh.T                             # (T − 1, B, H)  ∂L/∂h(0) … ∂L/∂h(T−2)
    norms = np.linalg.norm(np.concatenate([earlier, dh.reshape(T, B, -1)[-1:]]), axis=2) * B
    return np.maximum(norms.mean(axis=1)[::-1], 1e-30), float(np.linalg.norm(network.gradients))


def gradients_through_time(figure: Figure, model: LanguageModel, text: str, clip: float = 1.0) -> None:
    """How much of the loss reaches the state k steps earlier; on the right, why: the eigenvalues of W_hh."""
    codes = model.vocabulary_.encode(text[-20_000:])
    starts = np.linspace(0, len(codes) - STEPS - 1, STREAMS).astype(int)
    x, y = codes[starts + np.arange(STEPS)[:, None]], codes[starts + STEPS]  # (T, B), (B,)
    trained, untrained, large = (without_dropout(model) for _ in range(3))
    fresh = CharNetwork(len(model.vocabulary_), trained.units, rng=np.random.default_rng(0))
    untrained.load_arrays(fresh.named_arrays())
    large.load_arrays(fresh.named_arrays() | {"W_hh": 2.5 * fresh.recurrence.W_hh})
    left, right = figure.subplots(1, 2, width_ratios=[1.25, 1])
    for network, name, colour in ((untrained, "before training", theme.GREY), (trained, "trained", theme.VERMILION),
                                  (large, "untrained,\n W_hh × 2.5", theme.BLUE)):
        norms, total = norms_back(network, x, y)
        left.semilogy(norms, color=colour)
        left.annotate(f" {name}", (STEPS - 1, norms[-1]), color=colour, size=9, va="center", annotation_clip=False)
        if total > clip:
            left.semilogy(norms * clip / total, color=colour, linestyle="--", linewidth=1.2)
        if network is not large:
            values = np.linalg.eigvals(network.recurrence.W_hh.astype(np.float64))
            right.plot(values.real, values.imag, ".", color=colour, markersize=4, alpha=0.7)
    left.set(xlabel="k: characters back", ylabel="‖∂L / ∂h(t−k)‖", xlim=(0, STEPS - 1))
    angle = np.linspace(0, 2 * np.pi, 200)
    right.plot(np.cos(angle), np.sin(angle), color=theme.INK, linewidth=0.8)
    right.set(aspect="equal", xlabel="real part", ylabel="imaginary part")
    right.set_title("eigenvalues of W_hh", fontsize=10)

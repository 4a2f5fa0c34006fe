"""Pictures of the training, with samples of what the network wrote, and of its predictions."""

from __future__ import annotations

import re

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ai_from_scratch.stage import theme
from Logistic_Regression_From_Scratch.cross_entropy import log_softmax
from RNN_From_Scratch.demo.paint import Page, family, visible
from RNN_From_Scratch.demo.training import Training
from RNN_From_Scratch.demo.training_view import move_to_end, name_at_end, title_of_training
from RNN_From_Scratch.language_model import LanguageModel

SCALE_END = 2.2                        # upper end of the colour scale: so pale that letters stay readable
MOMENTS = (0, 100, 1_000)              # steps whose samples are shown, before that of the last step


def training_with_samples(figure: Figure, training: Training) -> None:
    """Draws both curves with baselines, and below them the texts that the network wrote at a few moments."""
    grid = figure.add_gridspec(3, 2, height_ratios=[1.9, 1, 1])
    ax = figure.add_subplot(grid[0, :])
    frames = training.frames
    steps = [frame.step for frame in frames]
    learning = [frame.metrics["bits_per_char"] for frame in frames]
    ax.plot(steps, learning, color=theme.TRAINING, linewidth=1.2)
    name = f"training text{' (with dropout)' if training.model.dropout else ''}"
    move_to_end(name_at_end(ax, ax.lines[-1], name, False), ax.lines[-1], False)
    judged = training.model.validation_curve_
    if judged:
        ax.plot(*zip(*judged, strict=True), color=theme.HELD_OUT)
        kept, bits = min(judged, key=lambda point: point[1])
        best, = ax.plot(kept, bits, "o", color=theme.HELD_OUT, clip_on=False)
        move_to_end(name_at_end(ax, best, f"held-out text, kept: {bits:.2f}", True), best, kept < 0.5 * steps[-1])
    training.view.curve_axes(ax, min(learning))
    ax.set_title(title_of_training(training), fontsize=10)
    for cell, step in zip((grid[1, 0], grid[1, 1], grid[2, 0], grid[2, 1]), moments(training), strict=False):
        panel = figure.add_subplot(cell)
        panel.set_title(f"step {step:,}", fontsize=10)
        Page(panel, columns=50, lines=12, size=7.5).update(training.samples[step])


def moments(training: Training) -> list[int]:
    """The steps whose samples are shown: at most four, the first and the last among them."""
    first, last = min(training.samples), max(training.samples)
    return [*(step for step in sorted({first, *MOMENTS}) if step < last and step in training.samples), last]


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

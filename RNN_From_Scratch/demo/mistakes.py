"""Four mistakes in the training, and the loss curve of each beside the right one.

    python -m RNN_From_Scratch.demo.mistakes        the bits per character at the end of each, on the offline text
"""

from __future__ import annotations

from collections.abc import Callable
from types import MethodType
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from ai_from_scratch.data.text import offline_prose
from ai_from_scratch.stage import paint, theme
from Basic_Neural_Network_From_Scratch import Adam
from RNN_From_Scratch.network import CharNetwork, loss_and_gradient
from RNN_From_Scratch.text import Vocabulary, chunks, streams

CHARACTERS, UNITS, STREAMS, CHUNK, STEPS = 30_000, 48, 16, 32, 240
LEARNING_RATE, CLIP, RATE_FACTOR = 1e-2, 1.0, 30        # the fourth mistake uses RATE_FACTOR times the learning rate
SMOOTHING_STEPS = 20
OTHER_SCALE = 1.5             # a curve that is so many times as high as the median has a scale of its own

Backward = Callable[[Any, np.ndarray, bool], np.ndarray]


class Mistake(NamedTuple):
    """The name of a mistake, its wrong line, and the changed part of the training."""

    name: str
    line: str
    backward: Backward | None = None      # of the cell
    shift: int = 1                        # of the targets
    clip: float = CLIP
    learning_rate: float = LEARNING_RATE


def _backward(cell: Any, dY: np.ndarray, through_time: Callable[[np.ndarray, np.ndarray], Any]) -> np.ndarray:
    """Recurrence.backward with another way from dz(t) to the state before."""
    dZ, dh = np.empty_like(dY), np.zeros_like(dY[0])
    for t in reversed(range(len(dY))):
        dh = dY[t] + dh
        dZ[t] = dh * (1 - cell.h[t + 1] ** 2)
        dh = through_time(dZ[t], cell.W_used)
    cell.dstate = dh[None]
    cell._set_weight_gradient(cell.h[:-1], dZ)
    return dZ


def without_time(cell: Any, dY: np.ndarray, need_dX: bool = True) -> np.ndarray:
    return _backward(cell, dY, lambda dz, W: np.zeros_like(dz))


def without_transpose(cell: Any, dY: np.ndarray, need_dX: bool = True) -> np.ndarray:
    return _backward(cell, dY, lambda dz, W: dz @ W)


RIGHT_CODE = Mistake("right", "")
MISTAKES = (
    Mistake("the way through time is left out", "dh = 0", backward=without_time),
    Mistake("a transpose is lost", "dh = dZ[t] @ W_hh", backward=without_transpose),
    Mistake("the target is the input", "y = x[t]", shift=0),
    Mistake(f"no clipping, {RATE_FACTOR} times the step size", "# gradients *= clip / norm", clip=np.inf,
            learning_rate=RATE_FACTOR * LEARNING_RATE),
)


def curve(text: str, mistake: Mistake, seed: int = 0) -> np.ndarray:                    # (STEPS,)
    """Bits per character of each chunk, before the update from this chunk."""
    codes = Vocabulary(text).encode(text)
    network = CharNetwork(int(codes.max()) + 1, UNITS, rng=np.random.default_rng(seed))
    cell = network.cells[0]
    if mistake.backward:
        setattr(cell, "backward", MethodType(mistake.backward, cell))       # noqa: B010  a method of this one layer
    optimizer, state, bits = Adam(mistake.learning_rate), None, []
    one_pass = list(chunks(streams(codes, STREAMS, CHUNK), CHUNK))
    for step in range(STEPS):
        chunk = one_pass[step % len(one_pass)]
        loss, state = loss_and_gradient(network, chunk.x, chunk.y if mistake.shift else chunk.x,
                                        None if chunk.is_first else state)
        norm = float(np.linalg.norm(network.gradients))
        if norm > mistake.clip:
            network.gradients *= mistake.clip / norm
        optimizer.step(network.parameters, network.gradients, network.matrices)
        bits.append(loss / np.log(2))
    return np.array(bits)


def the_same_text() -> str:
    """The offline prose: it is the same on every machine, and so the numbers are the same."""
    return offline_prose("every machine has it").train


def curves(text: str, seed: int = 0) -> list[np.ndarray]:
    """The right curve first, then those of MISTAKES."""
    return [curve(text[-CHARACTERS:], mistake, seed) for mistake in (RIGHT_CODE, *MISTAKES)]


def at_the_end(bits: np.ndarray) -> float:
    return float(bits[-SMOOTHING_STEPS:].mean())


def caption(found: list[np.ndarray]) -> str:
    right, time, transpose, target, clipping = (f"{at_the_end(bits):.2f}" for bits in found)
    own = " A panel that says so has another scale." if any(has_another_scale(tops(found))) else ""
    return (f"Four mistakes in a small network that reads this project's own prose. After {STEPS} steps "
            f"the right code has {right} bits per character (dashed). With dh = 0 it ends at {time}: the curve hardly "
            f"shows the mistake. With a lost transpose it ends at {transpose}. With the input as the target it ends "
            f"at {target}, which is too good to be true. Without clipping, and with a step size {RATE_FACTOR} times "
            f"too large, it ends at {clipping}.{own}")


def smoothed(found: list[np.ndarray]) -> list[np.ndarray]:
    return [np.convolve(bits, np.full(SMOOTHING_STEPS, 1 / SMOOTHING_STEPS), "valid") for bits in found]


def tops(found: list[np.ndarray]) -> np.ndarray:                                         # (len(MISTAKES),)
    """The highest value that each panel shows."""
    right, *wrong = smoothed(found)
    return np.array([max(right.max(), bits.max()) for bits in wrong])


def has_another_scale(highest: np.ndarray) -> np.ndarray:                                # of each panel
    return highest > OTHER_SCALE * np.median(highest)


def mistakes(figure: Figure, found: list[np.ndarray]) -> None:
    """Draws a panel for each mistake: its curve, the right curve, and the wrong line."""
    right, *wrong = smoothed(found)
    panels = [(bits, mistake.line, f"{mistake.name}: {at_the_end(whole):.2f} bits")
              for bits, mistake, whole in zip(wrong, MISTAKES, found[1:], strict=True)]
    paint.mistakes(figure, right, panels, first=SMOOTHING_STEPS, scales=("linear", "linear"),
                   ylabel="bits per character")
    other = has_another_scale(highest := tops(found))
    for ax, is_other in zip(figure.axes, other, strict=True):
        if is_other:
            ax.set_ylabel(f"other scale: to {ax.get_ylim()[1]:.0f} bits", color=theme.ACCENT)
        else:                                                            # one scale for the others
            ax.set_ylim(0, 1.15 * highest[~other].max())


if __name__ == "__main__":
    for mistake, bits in zip((RIGHT_CODE, *MISTAKES), curves(the_same_text()), strict=True):
        print(f"{mistake.name:40} {at_the_end(bits):.2f} bits per character at the end")

"""--image FILE: the trained network's answer for your own picture, layer by layer, and the pixels that decided it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ai_from_scratch.data import load_digit
from ai_from_scratch.stage import paint, theme
from ai_from_scratch.stage.demo import DataUse, Picture, Report, Settings
from CNN_From_Scratch.demo import deciding_pixels, pictures
from CNN_From_Scratch.demo.train_weights import pretrained
from CNN_From_Scratch.saliency import explain

STEP_TITLES = ("the picture", "the ink in it", "placed as in MNIST", "the network's answer")


class ReadingFrame(NamedTuple):
    """One of the four steps from the picture to the answer."""

    step: int
    steps: int
    metrics: dict[str, float]

    title: str = "your digit"
    hold: float = 0.7


class Demo:
    """The shipped network reads one picture."""

    uses = frozenset({"image"})

    def __init__(self, settings: Settings) -> None:
        assert settings.image is not None, "this demo needs --image"
        self.seed = settings.seed
        self.found = load_digit(settings.image)
        self.model = pretrained()
        self.classes = [str(label) for label in self.model.classes_]
        self.probabilities = self.model.predict_proba(self.found.pixels[None])[0]           # (K,)
        H, W = self.found.picture.shape
        self.data = [DataUse("your picture", f"{settings.image}, analysed in {W} × {H} pixels; the network is the one "
                                             "shipped with the project", 0, 0, 1)]

    def train(self) -> Iterator[ReadingFrame]:
        """Trains nothing: the frames are the four steps."""
        for step in range(1, len(STEP_TITLES) + 1):
            yield ReadingFrame(step, len(STEP_TITLES), {"probability": self.probabilities.max()} if step == 4 else {})

    def draw(self, figure: Figure, frames: Sequence[ReadingFrame]) -> None:
        figure.clear()
        self._reading(figure, frames[-1].step)

    def figures(self) -> Iterator[Picture]:
        yield Picture("image_reading.png", self._reading,
                       "From your picture to the answer: the ink is cut out, scaled to 20 × 20 pixels, and placed with "
                       "its centre of mass in the middle of 28 × 28, as in MNIST. If the third picture does not look "
                       "like your digit, try a picture with more contrast.", (8, 2.5))
        yield Picture("image_layers.png", self._layers,
                       "Your digit in the network's layers; darker is stronger. Each map of the first layer shows "
                       "which strokes its kernel responds to; those of the second, roughly where something is.",
                      (8, 3.2))
        yield Picture("image_saliency.png", self._saliency,
                       "The pixels that decide the answer. The colour of a pixel shows how far the logit falls when "
                       "the 5 × 5 pixels around it are erased: green falls, violet rises. In the frame it falls most.",
                      (8, 5.4))

    def report(self) -> Report:
        order = self.probabilities.argsort()[::-1]
        said = [f"{self.classes[k]} ({paint.percent(self.probabilities[k])})" for k in order[:3]]
        sure = float(self.probabilities[order[0]])
        notes = [f"It reads {said[0]}; the next most probable are {said[1]} and {said[2]}.",
                 f"Seen in the picture: {'; '.join(self.found.notes)}."]
        if sure < 0.9:
            notes.append("The probability is low. Look at image_reading.png: is the digit complete, upright and alone?")
        return Report({"probability_of_its_answer": sure}, {}, "", notes)

    # ---- the figures ---------------------------------------------------------------------------------------------

    def _reading(self, figure: Figure, step: int = len(STEP_TITLES)) -> None:
        found = self.found
        axes = figure.subplots(1, 4, width_ratios=[1.2, 1, 1, 1])
        top, bottom, left, right = found.box
        axes[0].imshow(found.picture, cmap="gray", vmin=0, vmax=1)
        if step >= 2:
            axes[0].add_patch(Rectangle((left - 0.5, top - 0.5), right - left, bottom - top, fill=False, linewidth=2,
                                        edgecolor=theme.ACCENT))
            axes[1].imshow(found.picture, cmap="gray", vmin=0, vmax=1)
            reach = 0.55 * max(bottom - top, right - left)
            axes[1].set(xlim=((left + right) / 2 - reach, (left + right) / 2 + reach),
                        ylim=((top + bottom) / 2 + reach, (top + bottom) / 2 - reach))
        if step >= 3:
            paint.image(axes[2], found.pixels)
            axes[2].plot([14], [14], "+", color=theme.ACCENT, markersize=9)
        for ax, title in zip(axes, STEP_TITLES, strict=True):
            ax.set_title(title, fontsize=10, loc="center")
            ax.set_axis_off()
        if step >= 4:
            axes[3].set_axis_on()
            bars = axes[3].barh(self.classes, self.probabilities, color=theme.SKY)
            bars[int(self.probabilities.argmax())].set_color(theme.INK)
            axes[3].invert_yaxis()
            axes[3].set(xlim=(0, 1), xlabel="probability")
            axes[3].set_box_aspect(1)

    def _layers(self, figure: Figure) -> None:
        pictures.feature_maps(figure, self.model.network_, self.found.pixels, self.classes)

    def _saliency(self, figure: Figure) -> None:
        maps = explain(self.model.network_, self.found.pixels, rng=np.random.default_rng(self.seed))
        deciding_pixels.saliency(figure, self.model.network_, maps, [], self.classes)

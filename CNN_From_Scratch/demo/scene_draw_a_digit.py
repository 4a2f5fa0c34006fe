"""Draw a digit: four models read it while it is drawn, and the pixels that decide are marked on it."""

from functools import partial
from typing import Any

import numpy as np

from Basic_Neural_Network_From_Scratch import ReLU
from CNN_From_Scratch import Conv2D, Rescale
from CNN_From_Scratch.demo.four_readers import STEP_NAMES, Prepared, Readers, digits, prepared
from CNN_From_Scratch.demo.occlusion_in_parts import occlusion_in_parts
from playground.scene import GOES_ON, Control, Controls, Frame, Frames, Links, Prediction, Preset, View

TITLE = "Draw a digit"
ABOUT = "Draw with the pen. Four models of four chapters read it at once; the last one shows which pixels decide."
LINKS = Links("documentation/cnn.md", "CNN_From_Scratch/convolution.py", "hamlet_writes")
FILES = ["CNN_From_Scratch/convolution.py", "CNN_From_Scratch/windows.py", "CNN_From_Scratch/pooling.py",
         "CNN_From_Scratch/saliency.py"]
PAD_SIDE = 56                   # rows and columns of what is drawn
MAPS_SHOWN = 8                   # feature maps of each layer that are shown
PART_NAMES = ("pixels", "first convolution", "maximum, ReLU", "second convolution", "maximum, ReLU")
CONTROLS = [
    Control("digit", "pixels", "Your digit", "Draw with the pen, take away with the eraser, or load a picture.", None,
            shape=(PAD_SIDE, PAD_SIDE), effect=GOES_ON),
    Control("example", "whole", "An example", "Three of the models have not seen these digits; the CNN was trained on "
            "all 60,000 of MNIST.", 0, 0, 999, effect=GOES_ON),
    Control("evidence", "switch", "Which pixels decide", "Erases a patch of 5 × 5 pixels at each place and computes "
            "how far the CNN's logit falls.", True, effect=GOES_ON, more=True),
]
VIEWS = [
    View("pad", "digit", "Draw here", "The ink on 56 × 56 pixels. Green: the logit of the CNN's answer falls when the "
         "patch around this pixel is erased. Violet: it rises.", hero=True),
    View("readings", "heat", "Four answers", "Each row is a model, each column a digit, the colour its probability."),
    View("steps", "images", "What they get to see", "The digit cut out, scaled and centred as in MNIST; and the most "
         "similar training digits."),
    View("maps", "images", "Inside the CNN: point at a map of the first row", "A pixel of the first row is a sum: "
         "5 × 5 pixels of the digit times the kernel, plus the bias. Darker: larger."),
]
PRESETS = [
    Preset("An example", "A digit of MNIST. Add a stroke and see which model changes its answer.", predict="right"),
    Preset("A hard one", "A digit that the models disagree about.", {"example": 13}, predict="right"),
    Preset("A clean pad", "Draw a digit of your own.", {"digit": (0,) * PAD_SIDE * PAD_SIDE}),
]
PREDICTIONS = [
    Prediction("right", "How many of the four models read this example correctly?", low=0, high=4, unit="of 4 models"),
]
NOTHING_YET: dict[str, Any] = {
    "readings": {"values": np.zeros((4, 10)), "rows": [*Readers.names], "columns": [str(c) for c in range(10)]},
    "step": 0, "steps": {"images": [], "names": []}, "maps": {"images": [], "names": []}}
SEEDED = False                         # nothing is drawn at random
_ready: list[Readers] = []             # trained once in a process


def scene(controls: Controls, seed: int) -> Frames:
    if not _ready:                                                           # trained at once, while the user thinks
        readers = Readers()
        for words in readers.learn():
            yield {"say": f"One moment. {words}", "pad": pad(on_the_pad(controls)[0]), "more": True, **NOTHING_YET}
        _ready.append(readers)
    readers, example, replaced = _ready[0], controls["example"], None
    drawn, label = on_the_pad(controls)
    if label is not None:                                                    # an example: the user may guess first
        yield {"say": "Four models will read this digit. Which of them will be right? Guess, then press play.",
               "pad": pad(drawn), **NOTHING_YET}
    while True:
        seen = controls.version
        if controls["example"] != example:                                   # the example replaces the drawing
            example, replaced = controls["example"], controls["digit"]
        drawn, label = on_the_pad(controls, replaced)
        found = prepared(drawn)
        frame: dict[str, Any] = {"say": "Draw a digit, large, with one pen.", "pad": pad(drawn), **NOTHING_YET}
        if found is not None:
            frame = read(readers, drawn, found, label)
        if found is not None and controls["evidence"]:
            yield {**frame, "more": True}
            for step, weight in enumerate(occlusion_in_parts(readers.cnn.network_, found.pixels), 2):
                if controls.version != seen:
                    break
                frame = {**frame, "pad": pad(drawn, found, weight), "step": step}
                yield partial(dict, frame, more=True)                        # each part is painted
        while controls.version == seen:
            yield {**frame, "rest": True, "again": found is not None}
            if found is not None and controls.version == seen:               # Step: the same once more, for its lines
                read(readers, drawn, found, label)


def on_the_pad(controls: Controls, replaced: Any = None) -> tuple[np.ndarray, int | None]:
    """The pixels (PAD_SIDE, PAD_SIDE) uint8 of the drawing or the example, and the example's label."""
    if controls["digit"] is not replaced:
        return np.array(controls["digit"], np.uint8).reshape(PAD_SIDE, PAD_SIDE), None
    test = digits().test
    return enlarged(test.X[controls["example"]]), int(test.y[controls["example"]])


def read(readers: Readers, drawn: np.ndarray, found: Any, label: int | None) -> dict[str, Any]:
    answers, distance, similar = readers.read(found.pixels)                  # (4, 10), (), (3, 28, 28)
    best = answers.argmax(axis=1)
    scores = [f"right on {100 * readers.scores[name]:.1f} % of test digits" for name in readers.models]
    names = [f"{name}: {best[i]}, {100 * max(answers[i]):.0f} % ({scores[i]})" for i, name in enumerate(readers.models)]
    votes = np.bincount(best, minlength=10)
    say = (f"All four read a {best[0]}." if votes.max() == 4 else
           f"They disagree: {', '.join(f'{model} reads {c}' for model, c in zip(readers.models, best, strict=True))}.")
    if label is not None:
        say += f" Its label is {label}."
    if distance > readers.far:
        say = (f"This does not look like a digit. Its distance to the most similar of {len(readers.y):,} digits is "
               f"{distance:.1f}; for 99 of 100 digits this distance is below {readers.far:.1f}. The four models "
               "answer nevertheless.")
    images = [*found.steps(drawn), *(np.round(255 * image).astype(np.uint8) for image in similar)]
    return {
        "say": say, "step": 1,
        "numbers": {"distance to the nearest": round(distance, 2), "largest usual distance": round(readers.far, 2)},
        "answers": {} if label is None else {"right": int((best == label).sum())},
        "readings": {"values": answers, "rows": names, "columns": [str(c) for c in range(10)]},
        "pad": pad(drawn, found),
        "steps": {"images": images, "names": [*STEP_NAMES, *("similar" for _ in similar)]},
        "maps": inside(readers, found.pixels),
    }


def inside(readers: Readers, pixels: np.ndarray) -> dict[str, Any]:          # (28, 28)
    """Some maps of each convolution, before and after pooling; for the first, also the pixels and the kernel from which
    they are computed."""
    signal = pixels[None, None].astype(np.float32)                           # (1, 1, 28, 28)
    rows, seen = list[str](), list[np.ndarray]()
    for layer in readers.cnn.network_.layers:
        signal = layer.forward(signal)
        if isinstance(layer, (Rescale, Conv2D, ReLU)) and signal.ndim == 4:
            seen.append(signal[0, :MAPS_SHOWN])                                    # (MAPS_SHOWN, P, Q)
            rows.append(f"{PART_NAMES[len(rows)]}: {len(seen[-1])} of {signal.shape[1]} maps, {signal.shape[2]} × "
                        f"{signal.shape[3]}")
    convolution: Any = readers.cnn.network_.layers[1]
    K, b = convolution.K[:MAPS_SHOWN, 0], convolution.b[:MAPS_SHOWN]
    return {"images": [grey(image) for maps in seen[1:] for image in maps], "names": [], "rows": rows[1:],
            "probe": {"input": seen[0][0], "kernels": K, "bias": b, "values": seen[1]}}


def pad(drawn: np.ndarray, found: Prepared | None = None, weight: np.ndarray | None = None) -> Frame:
    return {"pixels": drawn.astype(np.uint8), "draw": "digit", **({"box": list(found.box)} if found else {}),
            **({"weight": weight / max(float(np.abs(weight).max()), 1e-9), "weight_place": found.place()}
               if found and weight is not None else {})}


def enlarged(digit: np.ndarray) -> np.ndarray:                               # (28, 28) -> (PAD_SIDE, PAD_SIDE)
    return np.kron(digit, np.ones((2, 2), np.uint8))


def grey(image: np.ndarray) -> np.ndarray:                                   # (P, Q) -> uint8
    low, high = float(image.min()), float(image.max())
    return np.round(255 * (image - low) / max(high - low, 1e-9)).astype(np.uint8)

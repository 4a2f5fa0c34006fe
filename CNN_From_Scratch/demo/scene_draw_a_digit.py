"""Draw a digit: four models read it while it is drawn, and the pixels that decide are marked on it."""

from typing import Any

import numpy as np

from ai_from_scratch.data import load_mnist
from CNN_From_Scratch.demo.four_readers import STEP_NAMES, Prepared, Readers, prepared
from CNN_From_Scratch.saliency import occlusion
from playground.scene import GOES_ON, Control, Controls, Frame, Frames, Links, Prediction, Preset, View

TITLE = "Draw a digit"
ABOUT = "Draw with the pen. Four models of four chapters read it at once; the last one shows which pixels decide."
LINKS = Links("documentation/cnn.md", "CNN_From_Scratch/convolution.py", "hamlet_writes")
FILES = ["CNN_From_Scratch/convolution.py", "CNN_From_Scratch/windows.py", "CNN_From_Scratch/pooling.py",
         "CNN_From_Scratch/saliency.py"]
PAD = 56                   # rows and columns of the drawing
MAPS = 8                   # number of feature maps of each layer that are shown
SIMILAR = 3                # number of training digits that are shown
CONTROLS = [
    Control("digit", "pixels", "Your digit", "Draw with the pen, take away with the eraser, or load a picture.", None,
            shape=(PAD, PAD), effect=GOES_ON),
    Control("example", "whole", "An example", "Three of the models have not seen these digits; the CNN was trained on "
                                              "all 60,000 of MNIST.", 0,
            0, 999, effect=GOES_ON),
    Control("evidence", "switch", "Which pixels decide", "Erases a patch of 5 × 5 pixels at each place and computes "
                                                         "how far the CNN's logit falls.", True,
            effect=GOES_ON, more=True),
]
VIEWS = [
    View("pad", "digit", "Draw here", "The drawing, on a pad of 56 × 56 pixels; red pixels are evidence for the CNN's "
                                      "answer, blue ones against it.", hero=True),
    View("readings", "heat", "Four answers", "Each row is a model, each column a digit, the colour its probability."),
    View("steps", "images", "What they get to see", "The digit, cut out, scaled and centred as in MNIST, and the most "
                                                    "similar training digits."),
    View("maps", "images", "Inside the CNN: point at a map of the first row", "Feature maps of the first and of the "
                                                                              "last convolution. A pixel of the first "
                                                                              "maps is a sum: 5 × 5 pixels of the "
                                                                              "digit times the kernel, plus the bias."),
]
PRESETS = [
    Preset("An example", "A digit of MNIST. Add a stroke and see which model changes its answer.", predict="right"),
    Preset("A hard one", "A digit that the models disagree about.", {"example": 13}, predict="right"),
    Preset("A clean pad", "Draw a digit of your own.", {"digit": (0,) * PAD * PAD}),
]
PREDICTIONS = [
    Prediction("right", "How many of the four models read this example correctly?", low=0, high=4, unit="models"),
]
NOTHING_YET: dict[str, Any] = {
    "readings": {"values": np.zeros((4, 10)), "rows": [*Readers.names], "columns": [str(k) for k in range(10)]},
    "steps": {"images": [], "names": []}, "maps": {"images": [], "names": []}}
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
        if found is None:
            frame: dict[str, Any] = {"say": "Draw a digit, large, with one pen.", "pad": pad(drawn),
                                     **NOTHING_YET}
        else:
            frame = read(readers, drawn, found, label)
            if controls["evidence"]:
                yield {**frame, "more": True}
                if controls.version == seen:
                    frame = {**frame, "pad": pad(drawn, found, evidence(readers, found.pixels))}
        while controls.version == seen:
            yield {**frame, "rest": True}


def on_the_pad(controls: Controls, replaced: Any = None) -> tuple[np.ndarray, int | None]:
    """The pixels (PAD, PAD) uint8 of the drawing or the example, and the example's label."""
    if controls["digit"] is not replaced:
        return np.array(controls["digit"], np.uint8).reshape(PAD, PAD), None
    digits = load_mnist(download=False, sample=True).test
    return enlarged(digits.X[controls["example"]]), int(digits.y[controls["example"]])


def read(readers: Readers, drawn: np.ndarray, found: Any, label: int | None) -> dict[str, Any]:
    answers = readers.read(found.pixels)                                     # (4, 10)
    distance, similar = readers.nearest(found.pixels)
    best = answers.argmax(axis=1)
    scores = [f"right on {100 * readers.scores[name]:.1f} % of test digits" for name in readers.models]
    names = [f"{name}: {best[i]}, {100 * max(answers[i]):.0f} % ({scores[i]})" for i, name in enumerate(readers.models)]
    votes = np.bincount(best, minlength=10)
    say = (f"All four read a {best[0]}." if votes.max() == 4 else
           f"They disagree: {', '.join(f'{model} reads {k}' for model, k in zip(readers.models, best, strict=True))}.")
    if distance > readers.far:
        say = (f"This does not look like a digit. Its distance to the most similar of {len(readers.y):,} digits is "
               f"{distance:.1f}; for 99 of 100 digits this distance is below {readers.far:.1f}. The four models "
               "answer nevertheless.")
    images = [*found.steps(drawn), *(np.round(255 * image).astype(np.uint8) for image in similar[:SIMILAR])]
    return {
        "say": say,
        "numbers": {"distance to the nearest": round(distance, 2), "largest usual distance": round(readers.far, 2)},
        "answers": {} if label is None else {"right": int((best == label).sum())},
        "readings": {"values": answers, "rows": names, "columns": [str(k) for k in range(10)]},
        "pad": pad(drawn, found),
        "steps": {"images": images, "names": [*STEP_NAMES, *("similar" for _ in similar[:SIMILAR])]},
        "maps": inside(readers, found.pixels),
    }


def inside(readers: Readers, pixels: np.ndarray) -> dict[str, Any]:          # (28, 28)
    """Feature maps of the first and the last convolution; for the first, also the pixels and the kernel from which they
    are computed."""
    signal, seen = pixels[None, None].astype(np.float32), []                 # (1, 1, 28, 28)
    for layer in readers.cnn.network_.layers:
        signal = layer.forward(signal)
        if signal.ndim == 4:
            seen.append(signal[0])                                           # (C, P, Q)
    rescaled, first, last = seen[0][0], seen[1][:MAPS], seen[-1][:MAPS]
    convolution: Any = readers.cnn.network_.layers[1]
    K, b = convolution.K[:MAPS, 0], convolution.b[:MAPS]
    return {"images": [grey(image) for image in (*first, *last)], "names": [],
            "probe": {"input": rescaled, "kernels": K, "bias": b, "values": first}}


def evidence(readers: Readers, pixels: np.ndarray) -> np.ndarray:            # (28, 28) in −1 … 1
    weight = occlusion(readers.cnn.network_, pixels)
    return weight / max(float(np.abs(weight).max()), 1e-9)


def pad(drawn: np.ndarray, found: Prepared | None = None, weight: np.ndarray | None = None) -> Frame:
    return {"pixels": drawn.astype(np.uint8), "draw": "digit", **({"box": list(found.box)} if found else {}),
            **({"weight": weight, "weight_place": found.place()} if found and weight is not None else {})}


def enlarged(digit: np.ndarray) -> np.ndarray:                               # (28, 28) -> (PAD, PAD)
    return np.kron(digit, np.ones((2, 2), np.uint8))


def grey(image: np.ndarray) -> np.ndarray:                                   # (P, Q) -> uint8
    low, high = float(image.min()), float(image.max())
    return np.round(255 * (image - low) / max(high - low, 1e-9)).astype(np.uint8)

"""Hamlet writes: the shipped network draws one character after the other, and shows the probabilities."""

from functools import partial
from typing import Any

import numpy as np

from playground.scene import GOES_ON, Control, Controls, Frames, Links, Prediction, Preset, View
from RNN_From_Scratch.demo.written import UNITS, Written, shipped, visible
from RNN_From_Scratch.generation import generate

TITLE = "Hamlet writes"
ABOUT = "A recurrent network writes, character by character. Give it a beginning, and raise or lower the temperature."
LINKS = Links("documentation/rnn.md", "RNN_From_Scratch/generation.py", "break_it")
FILES = ["RNN_From_Scratch/generation.py", "RNN_From_Scratch/sampling.py", "RNN_From_Scratch/rnn.py",
         "RNN_From_Scratch/network.py"]
MAX_WRITTEN = 1500                 # characters that are written
CONTROLS = [
    Control("prompt", "text", "Beginning", "The network reads this first. Its state then depends on this text.",
            "HAMLET:\n"),
    Control("temperature", "number", "Temperature", "Divides the logits: below 1 the probable characters become more "
                                                    "probable, above 1 less.", 1.0, 0.0, 2.0, effect=GOES_ON),
    Control("top_p", "number", "Top p", "Only the most probable characters that together reach this share are "
                                        "drawn.", 1.0, 0.05,
            1.0, effect=GOES_ON, more=True),
    Control("shade", "choice", "Colour the text by", "The meaning of a character's colour.", "influence",
            effect=GOES_ON, options=(("influence", "weight for the next one"), ("surprise", "surprise in bits"),
                                     ("unit", "one unit's state"))),
    Control("unit", "whole", "Unit", "Which row of the states colours the text.", 1, 1, UNITS,
            effect=GOES_ON, more=True),
]
VIEWS = [
    View("text", "writer", "What it has written", "The text so far; the beginning is grey. A control selects the "
                                                  "meaning of the colour.", hero=True),
    View("next", "bars", "The next character", "The probabilities from which the next character is drawn, and, as "
         "outlines, the same at temperature 1."),
    View("states", "heat", "Units that follow something", "Each row shows the state of one unit at the latest "
                                                          "characters. Its name is the feature of the text that the "
                                                          "unit follows."),
]
PRESETS = [
    Preset("Its own odds", "At temperature 1 it draws from the probabilities that it learned.", predict="bits"),
    Preset("No chance", "At temperature 0 it takes the most probable one each time, and soon repeats itself.",
           {"temperature": 0.0}),
    Preset("Too hot", "At temperature 1.6 rare characters are often drawn: words fall apart.", {"temperature": 1.6}),
    Preset("Careful", "Temperature 0.7 and no unlikely tail: fewer errors, less variety.",
           {"temperature": 0.7, "top_p": 0.9}),
    Preset("Who speaks?", "Watch the unit that follows speakers' names.", {"shade": "unit", "temperature": 0.8}),
    Preset("To be", "A famous beginning. Does the network write the famous continuation?",
           {"prompt": "To be, or not to be"}),
]
PREDICTIONS = [
    Prediction("bits", "How many bits of surprise does a character carry, on average? A blind choice among its 62 "
                       "characters would be 6.", low=0, high=6, unit="bits"),
]


def scene(controls: Controls, seed: int) -> Frames:
    model, rng = shipped(), np.random.default_rng(seed)
    known = "".join(character for character in controls["prompt"] if character in model.vocabulary_.characters)
    left_out = sorted(set(controls["prompt"]) - set(known))
    writing = Written(controls, known)
    say = (f"The network has no code for {' '.join(map(visible, left_out))}: left out. " if left_out else "")
    yield partial(writing.frame, say + "The network has read the beginning. Press play, and it writes on.")
    while len(writing.codes) - len(known) < MAX_WRITTEN:
        seen, network = controls.version, model.network_
        written: Any = generate(network, np.array(writing.codes, int), rng, controls["temperature"], controls["top_p"])
        while controls.version == seen and len(writing.codes) - len(known) < MAX_WRITTEN:
            writing.codes.append(next(written))
            yield partial(writing.frame, sentence(writing, controls))
    while True:
        yield {**writing.frame(f"That is {MAX_WRITTEN:,} characters. Start anew for another text."), "rest": True}


def sentence(writing: Written, controls: Controls) -> str:
    text = writing.text
    if len(text) > 80 and text[-20:] in text[:-20] and controls["temperature"] < 0.3:
        return "The text goes in a circle: the same state gives the same character, again and again."
    if controls["temperature"] > 1.3:
        return ("High temperature: rare characters are drawn often, and after an error the state is one that never "
                "occurred in training.")
    if controls["temperature"] < 0.5:
        return "Low temperature: the most probable character is drawn nearly always."
    return "Each character is drawn, read, and becomes part of the state from which the next one is drawn."

"""Hamlet writes: the network of the package draws one character after the other, and shows what it weighed."""

from functools import partial
from typing import Any

import numpy as np

from playground.scene import GOES_ON, Control, Controls, Frames, Links, Prediction, Preset, View
from RNN_From_Scratch.demo.written import Written, shipped, visible
from RNN_From_Scratch.generation import generate

TITLE = "Hamlet writes"
ABOUT = "A recurrent network writes, character by character. Give it a beginning, and raise or lower the temperature."
LINKS = Links("documentation/rnn.md", "RNN_From_Scratch/generation.py", "break_it")
FILES = ["RNN_From_Scratch/generation.py", "RNN_From_Scratch/sampling.py", "RNN_From_Scratch/rnn.py",
         "RNN_From_Scratch/network.py"]
MAX_WRITTEN = 1500                 # characters that are written
CONTROLS = [
    Control("prompt", "text", "Beginning", "The network reads this first. Its state then holds what it noticed.",
            "HAMLET:\n"),
    Control("temperature", "number", "Temperature", "Divides the logits: below 1 the probable becomes more probable, "
            "above 1 less.", 1.0, 0.0, 2.0, effect=GOES_ON),
    Control("top_p", "number", "Top p", "Only the most probable characters that together reach this share.", 1.0, 0.05,
            1.0, effect=GOES_ON, more=True),
    Control("shade", "choice", "Colour the text by", "What the colour of a character shows.", "influence",
            effect=GOES_ON, options=(("influence", "weight for the next one"), ("surprise", "surprise in bits"),
                                     ("unit", "one unit's state"))),
    Control("unit", "whole", "Unit", "Which row of the states colours the text.", 1, 1, 4, effect=GOES_ON, more=True),
]
VIEWS = [
    View("text", "writer", "What it has written", "The text so far; the beginning is grey. The colour is what the "
         "control says.", hero=True),
    View("next", "bars", "The next character", "The probabilities from which the next character is drawn, and, as "
         "outlines, the same at temperature 1."),
    View("states", "heat", "Units that follow something", "Each row is the state of one unit at the last "
         "characters, named by what it follows in the text."),
]
PRESETS = [
    Preset("Its own odds", "At temperature 1 it draws from the probabilities that it learned.", predict="bits"),
    Preset("No chance", "At temperature 0 it takes the most probable one each time, and soon repeats itself.",
           {"temperature": 0.0}),
    Preset("Too hot", "At temperature 1.6 rare characters win: the words fall apart.", {"temperature": 1.6}),
    Preset("Careful", "Temperature 0.7 and no unlikely tail: fewer errors, less variety.",
           {"temperature": 0.7, "top_p": 0.9}),
    Preset("Who speaks?", "Watch the unit that follows speakers' names.", {"shade": "unit", "temperature": 0.8}),
    Preset("To be", "A famous beginning. Does it know how that goes on?", {"prompt": "To be, or not to be"}),
]
PREDICTIONS = [
    Prediction("bits", "How many bits of surprise does a character carry, on average? Blind choice among its 62 "
               "characters would be 6.", low=0, high=6, unit="bits"),
]


def scene(controls: Controls, seed: int) -> Frames:
    model, rng = shipped(), np.random.default_rng(seed)
    known = "".join(character for character in controls["prompt"] if character in model.vocabulary_.characters)
    left_out = sorted(set(controls["prompt"]) - set(known))
    writing = Written(controls, known)
    say = (f"It does not know {' '.join(map(visible, left_out))}: left out. " if left_out else "")
    yield partial(writing.frame, say + "It has read the beginning. Press play, and it goes on.")
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
        return "It goes in a circle: the same state, the same character, and no chance to leave."
    if controls["temperature"] > 1.3:
        return "Hot: rare characters are drawn often, and after an error the state is one that it never learned from."
    if controls["temperature"] < 0.5:
        return "Cold: the most probable character wins nearly always."
    return "Each character is drawn, read, and becomes part of the state from which the next one is drawn."

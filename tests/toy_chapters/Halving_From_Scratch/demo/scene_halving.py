"""A stand-in scene: no NumPy, so that it runs in Pyodide's core too."""

from array import array

from Halving_From_Scratch.halving import training
from playground.scene import GOES_ON, Control, Links, Prediction, Preset, View

TITLE = "Halving"
ABOUT = "A number goes to 0."
LINKS = Links("halving.md", "Halving_From_Scratch/halving.py", "")
FILES = ["Halving_From_Scratch/halving.py"]
CONTROLS = [Control("share", "number", "Share", "How far it goes.", 0.5, effect=GOES_ON),
            Control("start", "number", "Start", "Where it begins.", 8.0, 0, 9)]
VIEWS = [View("curve", "curves", "The number", "The number after each step.", hero=True)]
PRESETS = [Preset("Half", "Half of the way."), Preset("All", "At once.", {"share": 1.0})]
PREDICTIONS = [Prediction("end", "Where does it end?")]


def scene(controls, seed):
    x, path, step = controls["start"], [controls["start"]], 0
    while True:
        seen = controls.version
        yield frame(x, path, step)
        for x in training(x, controls["share"]):  # noqa: B020  the number goes on from where it is
            step += 1
            path.append(x)
            yield frame(x, path, step)
            if controls.version != seen:
                break


def frame(x, path, step):
    return {"say": f"It is {x}.", "numbers": {"x": x}, "curve": {"x": step, "y": {"x": x}},
            "path": array("d", path), "whole": array("i", range(step))}

"""One plane, five models: the same points through five chapters, side by side."""

from functools import partial
from typing import Any

import numpy as np

from Basic_Neural_Network_From_Scratch.demo.five_models import SIDE, Models, shape
from playground.scene import GOES_ON, Control, Controls, Frame, Frames, Links, Prediction, Preset, View

TITLE = "One plane, five models"
ABOUT = "Paint points of two classes, or choose an arrangement. Five models of five chapters divide the plane."
LINKS = Links("documentation/basic_neural_network.md", "Basic_Neural_Network_From_Scratch/basic_neural_network.py",
              "draw_a_digit")
FILES = ["Basic_Neural_Network_From_Scratch/basic_neural_network.py",
         "Logistic_Regression_From_Scratch/logistic_regression.py", "Logistic_Regression_From_Scratch/cross_entropy.py",
         "KNN_From_Scratch/knn.py", "Naive_Bayes_From_Scratch/naive_bayes.py"]
TRAIN, HELD_OUT = 160, 80          # points of each arrangement
FEWEST = 4                         # points of both classes together, and one of each
LONGEST = 4000                     # steps
SPEED = 3                          # five steps a frame
CONTROLS = [
    Control("data", "choice", "Points", "How the two classes lie.", "moons", options=(
        ("moons", "two moons"), ("circles", "circles"), ("spiral", "spiral"), ("xor", "exclusive or"),
        ("blobs", "blobs"), ("noise", "pure noise"))),
    Control("model", "choice", "Large picture", "Which model is shown large; point at it and it says why.",
            "neural network", effect=GOES_ON, options=tuple((name, name) for name in Models.names)),
    Control("brush", "choice", "Pen", "The class that is painted where you click.", "0", effect=GOES_ON,
            options=(("0", "orange"), ("1", "blue"))),
    Control("hidden", "whole", "Hidden units", "Of the neural network.", 8, 1, 24),
    Control("learning_rate", "number", "Learning rate η", "Of the neural network.", 1.0, 0.01, 30.0, log=True,
            effect=GOES_ON),
    Control("k", "whole", "Neighbours k", "How many vote.", 7, 1, 60, effect=GOES_ON),
    Control("C", "number", "C", "Of logistic regression: small C, small weights.", 1.0, 0.001, 1000.0, log=True,
            effect=GOES_ON, more=True),
    Control("noise", "number", "Noise", "Standard deviation of the points around their shape.", 0.22, 0.0, 0.8,
            more=True),
    Control("points", "points", "Painted points", "Drag a point, click to add one.", None, -SIDE, SIDE, classes=2,
            effect=GOES_ON),
    Control("pointer", "point", "Pointer", "Where to ask a model why.", None, -SIDE, SIDE, effect=GOES_ON),
]
VIEWS = [
    View("plane", "plane", "The plane as one model sees it", "The points, and as colour the probability of the blue "
         "class. Click to paint, drag to move, point to ask why.", hero=True),
    *(View(name.replace(" ", "_"), "plane", name[0].upper() + name[1:], "The probability of the blue class.")
      for name in Models.names),
    View("loss", "curves", "Loss of the network", "The cross-entropy on the points, and on held-out ones."),
]
PRESETS = [
    Preset("Two moons", "Two models draw a line, three can bend.", predict="best"),
    Preset("Exclusive or", "No line divides it; naive Bayes fails as well: each feature alone says nothing.",
           {"data": "xor"}, predict="best"),
    Preset("Circles", "Naive Bayes draws an ellipse: here that is just right.", {"data": "circles"}, predict="best"),
    Preset("A spiral", "Hard for eight units. Give it more, and time.",
           {"data": "spiral", "hidden": 16, "learning_rate": 2.0}),
    Preset("One neighbour", "k = 1 is right on all its own points, and draws islands around the noise.",
           {"k": 1, "noise": 0.5, "model": "nearest neighbours"}),
    Preset("Nothing to learn", "Pure noise: who is sure of it all the same?",
           {"data": "noise", "k": 1, "hidden": 24, "learning_rate": 3.0}),
    Preset("Your own points", "An empty plane. Choose the pen's class, then click or drag.", {"points": ()}),
]
PREDICTIONS = [
    Prediction("best", "Which model will be right on the most held-out points?",
               tuple((name, name) for name in Models.names)),
]


def scene(controls: Controls, seed: int) -> Frames:
    rng = np.random.default_rng(seed)
    X, y = shape(controls["data"], TRAIN, controls["noise"], rng)
    held: Any = shape(controls["data"], HELD_OUT, controls["noise"], rng)
    models, step, k = Models(X, y, controls, seed), 0, controls["k"]
    loss: float | None = None
    painted: Any = None
    while True:
        seen = controls.version
        if controls["points"] is not painted or controls["k"] != k:
            painted, k = controls["points"], controls["k"]
            if painted is not None:
                points, held = np.array(painted).reshape(-1, 3), None
                if len(points) < FEWEST or len(set(points[:, 2])) < 2:
                    yield too_few(points, controls)
                    painted = None                                # they are learned from when there are more of them
                    continue
                X, y = points[:, :2], points[:, 2].astype(int)
            models.learn_at_once(X, y)
        yield partial(frame, models, controls, held, step, loss, sentence(models, held, step))
        if controls.version != seen:
            continue
        for progress in models.steps() if step < LONGEST else ():
            step, loss = step + 1, progress.loss
            yield partial(frame, models, controls, held, step, loss, sentence(models, held, step))
            if controls.version != seen or step == LONGEST:
                break
        if controls.version == seen:
            end = {**frame(models, controls, held, step, loss, sentence(models, held, step)), "rest": True}
            while controls.version == seen:
                yield end


def too_few(points: np.ndarray, controls: Controls) -> Frame:                 # (n, 3)
    reach, field = [-SIDE, SIDE], np.full((2, 2), 0.5, np.float32)            # nobody knows anything
    empty = {"x": reach, "y": reach, "points": points[:, :2], "labels": points[:, 2].astype(np.int32), "field": field}
    return {"say": f"Paint at least {FEWEST} points, and some of each class.", "numbers": {}, "loss": {"x": 0, "y": {}},
            "plane": {**empty, "x_label": "x₁", "y_label": "x₂", "drag": "points", "paint": int(controls["brush"])},
            **{name.replace(" ", "_"): empty for name in Models.names}, "rest": True}


def frame(models: Models, controls: Controls, held: Any, step: int, loss: float | None, say: str) -> Frame:
    for name in ("logistic regression", "neural network"):
        models.fields[name] = models.field(name)
    chosen, reach = controls["model"], [-SIDE, SIDE]
    X, y = (models.X, models.y) if held is None else (np.concatenate([models.X, held[0]]), np.append(models.y, held[1]))
    base = {"x": reach, "y": reach, "points": models.X, "labels": models.y.astype(np.int32)}
    large = {"x": reach, "y": reach, "field": models.fields[chosen], "points": X, "labels": y.astype(np.int32),
             "held_out": (np.arange(len(y)) >= len(models.y)).astype(np.uint8), "x_label": "x₁", "y_label": "x₂",
             "drag": "points", "paint": int(controls["brush"]), "pointer": "pointer"}
    if controls["pointer"] is not None:
        why, links = models.why(chosen, controls["pointer"])
        say = f"{chosen[0].upper()}{chosen[1:]}. {why}"
        if links is not None:
            large["lines"] = [{"name": "", "role": "link", "at": links}]
    where, labels = (models.X, models.y) if held is None else held
    right = {name: 100 * models.accuracy(name, where, labels) for name in models.names}
    curves = {"training loss": cross_entropy(models, models.X, models.y) if loss is None else loss}
    if held is not None:
        curves["held-out loss"] = cross_entropy(models, *held)
    return {
        "say": say, "plane": large, "numbers": {name: f"{value:.1f} %" for name, value in right.items()},
        "answers": {"best": max(right, key=right.__getitem__)} if step >= 300 and held is not None else {},
        "loss": {"x": step, "y": curves, "x_label": "step"},
        **{name.replace(" ", "_"): {**base, "field": models.fields[name]} for name in models.names},
    }


def cross_entropy(models: Models, X: np.ndarray, y: np.ndarray) -> float:     # (n, 2), (n,)
    z = models.network.forward(X)[:, 0]
    return float(np.mean(np.logaddexp(0, z) - y * z))


def sentence(models: Models, held: Any, step: int) -> str:
    if not step:
        return "Three models are ready at once. Press play: the other two learn." + (
            "" if held is None else " The percentages are of the hollow points, which are held out.")
    if held is None:
        return f"Step {step:,}. These are your points: a model's percentage is of the points that it learned from."
    gap = models.accuracy("neural network", models.X, models.y) - models.accuracy("neural network", *held)
    if gap > 0.12:
        return f"Step {step:,}. The network is {100 * gap:.0f} % better on its own points than on others: it overfits."
    return f"Step {step:,}. Hollow points are held out: no model learns from them. The percentages are of these."

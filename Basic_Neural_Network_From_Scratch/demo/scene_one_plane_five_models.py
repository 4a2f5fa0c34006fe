"""One plane, five models: the same points through five chapters, side by side."""

from functools import partial
from typing import Any

import numpy as np

from Basic_Neural_Network_From_Scratch.demo.five_models import COLOURS, SIDE, Models, shape
from Basic_Neural_Network_From_Scratch.demo.five_models_frames import Held, frame, slug, too_few
from playground.scene import GOES_ON, Control, Controls, Frames, Links, Prediction, Preset, View

TITLE = "One plane, five models"
ABOUT = "Drag points, paint your own, or choose some: five models of five chapters divide the plane."
LINKS = Links("documentation/basic_neural_network.md", "Basic_Neural_Network_From_Scratch/basic_neural_network.py",
              "draw_a_digit")
FILES = ["Basic_Neural_Network_From_Scratch/basic_neural_network.py",
         "Logistic_Regression_From_Scratch/logistic_regression.py", "Logistic_Regression_From_Scratch/cross_entropy.py",
         "KNN_From_Scratch/knn.py", "Naive_Bayes_From_Scratch/naive_bayes.py"]
TRAIN, HELD_OUT = 160, 80          # points of each arrangement
MIN_POINTS = 4                     # points of all classes together; two classes need one each
MAX_STEPS = 4000                   # steps
SPEED = 3                          # five steps a frame
IF_NETWORK, IF_NEIGHBOURS = ("model", "neural network"), ("model", "nearest neighbours")
IF_LINE = ("model", "logistic regression")
CONTROLS = [
    Control("data", "choice", "Points", "How the classes lie.", "moons", options=(
        ("moons", "moons"), ("circles", "circles"), ("spiral", "spiral"), ("xor", "exclusive or"),
        ("blobs", "blobs"), ("noise", "pure noise"))),
    Control("classes", "whole", "Classes", "Number of classes, also for painted points.", 2, 2, len(COLOURS)),
    Control("brush", "choice", "Pen", "If off: point at a place to see the reason for the answer. A colour: click to "
                                      "paint.",
            "", effect=GOES_ON, classes=len(COLOURS),
            options=(("", "off"), *((str(c), colour) for c, colour in enumerate(COLOURS)))),
    Control("model", "choice", "Large picture", "Or click a small picture's name.", "neural network", effect=GOES_ON,
            more=True, options=tuple((name, name) for name in Models.names)),
    Control("hidden", "whole", "Hidden units", "Of the neural network.", 8, 1, 24, when=IF_NETWORK),
    Control("learning_rate", "number", "Learning rate η", "Of the neural network.", 1.0, 0.01, 30.0, log=True,
            effect=GOES_ON, when=IF_NETWORK),
    Control("k", "whole", "Neighbours k", "How many vote.", 7, 1, 60, effect=GOES_ON, when=IF_NEIGHBOURS),
    Control("C", "number", "C", "Of logistic regression: small C, small weights.", 1.0, 0.001, 1000.0, log=True,
            effect=GOES_ON, when=IF_LINE),
    Control("noise", "number", "Noise", "Standard deviation of the points around their shape.", 0.22, 0.0, 0.8,
            more=True),
    Control("points", "points", "Painted points", "Drag a point, click to add one.", None, -SIDE, SIDE,
            classes=len(COLOURS), effect=GOES_ON),
    Control("pointer", "point", "Pointer", "Where to show the reason for the answer.", None, -SIDE, SIDE,
            effect=GOES_ON),
]
VIEWS = [
    View("plane", "plane", "The plane as one model sees it", "The points, and as colour the probability of each class. "
         "Drag a point, paint with the pen, or point at a place to ask why.", hero=True),
    *(View(slug(name), "plane", name[0].upper() + name[1:], "The probability of each class.", chooses=("model", name))
      for name in Models.names),
    View("units", "units", "The network: point at a unit or a line", "Each hidden unit over the plane: green +1, "
         "violet −1. A line is a weight, as thick as it is large; negative ones are violet and dashed."),
    View("loss", "curves", "Loss of the network", "The cross-entropy on the points, and on held-out ones."),
]
PRESETS = [
    Preset("Two moons", "Two models can only draw a straight line; the boundaries of the other three can "
                        "bend.", predict="best"),
    Preset("Exclusive or", "No straight line divides it. Naive Bayes fails, too: each feature alone does not separate "
                           "the classes.",
           {"data": "xor"}, predict="best"),
    Preset("Circles", "Naive Bayes draws an ellipse: here that is just right.",
           {"data": "circles", "model": "naive Bayes"}, predict="best"),
    Preset("A spiral", "Hard for eight units. Add units and time.",
           {"data": "spiral", "hidden": 16, "learning_rate": 2.0}, predict="best"),
    Preset("Four classes", "As many logits as classes, and softmax: the largest wins. Straight cuts are not enough.",
           {"data": "moons", "classes": 4, "hidden": 12}, predict="best"),
    Preset("One neighbour", "k = 1 is right on all its own points, and draws islands around the noise.",
           {"k": 1, "noise": 0.5, "model": "nearest neighbours"}, predict="best"),
    Preset("Nothing to learn", "Pure noise: which models are sure of their answers nevertheless?",
           {"data": "noise", "k": 1, "hidden": 24, "learning_rate": 3.0}),
    Preset("Your own points", "An empty plane. Choose a colour for the pen, then click or drag.",
           {"points": (), "brush": "0"}),
]
PREDICTIONS = [
    Prediction("best", "Which model will be right on the most held-out points?",
               tuple((name, name) for name in Models.names)),
]


def scene(controls: Controls, seed: int) -> Frames:
    rng = np.random.default_rng(seed)
    X, y = shape(controls["data"], TRAIN, controls["noise"], rng, controls["classes"])
    held: Held = shape(controls["data"], HELD_OUT, controls["noise"], rng, controls["classes"])
    models, k = Models(X, y, controls, seed), controls["k"]
    painted: Any = None
    while True:
        seen = controls.version
        if controls["points"] is not painted or controls["k"] != k:
            painted, k = controls["points"], controls["k"]
            if painted is not None:
                points, held = np.array(painted).reshape(-1, 3), None
                if len(points) < MIN_POINTS or len(set(points[:, 2])) < 2:
                    yield too_few(points, controls, MIN_POINTS)
                    painted = None                                # painted points are used when there are more of them
                    continue
                X, y = points[:, :2], points[:, 2].astype(int)
            models.learn_at_once(X, y)
        show = partial(frame, models, controls, held)
        yield show
        while models.unfinished and controls.version == seen:     # a coarse picture first, then the fine one
            models.refine()
            yield show
        if controls.version != seen:
            continue
        for _ in models.steps() if models.step < MAX_STEPS else ():
            yield show
            if controls.version != seen or models.step == MAX_STEPS:
                break
        if controls.version == seen:
            end = {**show(), "rest": True}
            while controls.version == seen:
                yield end

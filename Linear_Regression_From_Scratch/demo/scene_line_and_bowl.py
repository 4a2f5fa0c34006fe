"""Line and bowl: each line ŷ = w x + b is a point (w, b) on the bowl of the loss, and gradient descent is a ball that
rolls."""

import numpy as np

from ai_from_scratch.data import noisy_line
from ai_from_scratch.estimator import DivergenceError
from Linear_Regression_From_Scratch.demo.rolling_ball import Ball
from playground.scene import GOES_ON, Control, Controls, Frames, Links, Prediction, Preset, View

TITLE = "Line and bowl"
ABOUT = "Every line is a point on the bowl of the loss. Drag a sample, drag the ball, change the learning rate."
LINKS = Links("documentation/linear_regression.md", "Linear_Regression_From_Scratch/linear_regression.py",
              "one_plane_five_models")
FILES = ["Linear_Regression_From_Scratch/linear_regression.py", "Linear_Regression_From_Scratch/normal_equation.py"]
CONTROLS = [
    Control("learning_rate", "number", "Learning rate η", "How far one step goes against the gradient.", 0.05, 0.001,
            2.0, log=True, effect=GOES_ON),
    Control("momentum", "number", "Momentum β", "The share of the last step that is kept in this one.", 0.0, 0.0, 0.98,
            effect=GOES_ON),
    Control("standardise", "switch", "Standardise x", "Subtract the mean of x, divide by its standard deviation.",
            False),
    Control("solver", "choice", "Solver", "Step by step, or at once.", "gradient_descent", more=True,
            options=(("gradient_descent", "gradient descent"), ("normal_equation", "normal equation"))),
    Control("noise", "number", "Noise", "Standard deviation of the samples around a true line.", 1.2, 0, 4, more=True),
    Control("centre", "number", "Middle of x", "If far from 0, slope and intercept are correlated.", 1.0, -6, 6,
            more=True),
    Control("samples", "points", "Samples", "Drag them: the bowl changes, the ball rolls on.", None, -60, 60,
            effect=GOES_ON),
    Control("start", "point", "Start of the ball", "Slope and intercept before the first step.", None, -60, 60),
]
VIEWS = [
    View("bowl", "bowl", "The loss of every line", "The loss over slope and intercept is a bowl. The ball is the "
         "present line, its trail the earlier ones, the star the lowest point.", hero=True),
    View("line", "plane", "The line among the samples", "The samples, the present line and earlier ones; each error as "
         "a square whose area counts in the loss."),
    View("loss", "curves", "Loss after each step", "The mean squared error after each step, on a logarithmic axis."),
]
PRESETS = [
    Preset("Roll down", "First down the steep wall, then slowly along the valley.", predict="fate"),
    Preset("Zigzag", "Close to the limit each step lands on the other side.", {"learning_rate": 0.31}, predict="fate"),
    Preset("Past the limit", "Past 2/λmax each step lands higher.", {"learning_rate": 0.38}, predict="fate"),
    Preset("A heavy ball", "Momentum carries the ball along the flat valley.", {"momentum": 0.8}, predict="steps"),
    Preset("A ravine", "x lies far from 0: the bowl becomes a ravine, the descent creeps.",
           {"centre": 4.0, "learning_rate": 0.03, "start": (-3.0, 20.0)}, predict="steps"),
    Preset("Standardised", "The same samples, centred and scaled: the bowl is round.",
           {"centre": 4.0, "standardise": True, "learning_rate": 0.3}, predict="steps"),
    Preset("At once", "The normal equation computes the lowest point: one step.", {"solver": "normal_equation"}),
]
PREDICTIONS = [
    Prediction("fate", "What will the ball do?", (("rolls", "roll down"), ("zigzags", "zigzag to the bottom"),
                                                  ("flies", "fly out of the bowl"))),
    Prediction("steps", "After how many steps will it rest?", low=1, high=1500, unit="steps"),
]


def scene(controls: Controls, seed: int) -> Frames:
    drawn = noisy_line(24, noise=controls["noise"], rng=np.random.default_rng(seed))
    ball = Ball(np.column_stack([drawn.X[:, 0] + controls["centre"] - 1, drawn.y]), controls)
    yield ball.frame("Press play: the ball rolls down the loss. Before that, drag the ball or a sample if you like.")
    while True:
        seen, samples = controls.version, controls["samples"]
        try:
            at_rest = yield from (ball.jump() if controls["solver"] == "normal_equation" else ball.roll())
        except DivergenceError as error:
            at_rest = f"The ball has left the bowl. {error}"
        end = {**ball.frame(at_rest, at_rest=True), "rest": True}
        while controls.version == seen:
            yield end
        if controls["samples"] is not samples:
            ball.place(np.array(controls["samples"]))             # the bowl moves, and the ball rolls on
        elif at_rest:
            del ball.path[1:]                                     # another learning rate: once more from the start
        yield ball.frame(ball.sentence())

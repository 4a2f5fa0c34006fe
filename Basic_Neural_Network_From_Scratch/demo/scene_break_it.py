"""Break it: two networks learn, one of them with a wrong line.  Which one is it, and which line?"""

from functools import partial
from typing import Any

import numpy as np

from ai_from_scratch.mistakes import Mistake, mistakes_of
from Basic_Neural_Network_From_Scratch.basic_neural_network import TwoLayerNetwork
from Basic_Neural_Network_From_Scratch.demo.five_models import CELLS, SIDE, shape
from Logistic_Regression_From_Scratch.cross_entropy import sigmoid
from playground.scene import Control, Controls, Frame, Frames, Links, Prediction, Preset, View

TITLE = "Break it"
ABOUT = "Two networks, the same samples, the same random numbers. One has a wrong line. Guess first, then watch."
LINKS = Links("documentation/basic_neural_network.md", "Basic_Neural_Network_From_Scratch/basic_neural_network.py",
              "line_and_bowl")
FILES = ["Basic_Neural_Network_From_Scratch/basic_neural_network.py"]
CASES = mistakes_of("Basic_Neural_Network_From_Scratch")
SAMPLES, HIDDEN, LEARNING_RATE, NOISE = 160, 8, 1.0, 0.22
REVEAL, LONGEST = 150, 1500        # steps
SPEED = 2                          # one step a frame
CONTROLS = [
    Control("case", "choice", "Case", "Which mistake is in one of the two.", "1",
            options=tuple((str(number), f"case {number}") for number in range(1, len(CASES) + 1))),
    Control("learning_rate", "number", "Learning rate η", "Of both.", LEARNING_RATE, 0.01, 10.0, log=True, more=True),
]
VIEWS = [
    View("loss", "curves", "Two losses, one mistake", "The cross-entropy of both networks after each step.", hero=True),
    View("A", "plane", "Network A", "The probability of the blue class, after network A."),
    View("B", "plane", "Network B", "The probability of the blue class, after network B."),
    View("line", "diff", "The line that did it", f"Shown after {REVEAL} steps: the wrong line beside the right one."),
]
PRESETS = [Preset(f"Case {number}", "One of the two has a wrong line. Which one?", {"case": str(number)}, seed=seed,
                  predict="which") for number, seed in enumerate((1, 2, 4, 3, 7, 5), 1)]
PREDICTIONS = [Prediction("which", "Which network will have the wrong line?", (("A", "network A"), ("B", "network B")))]


def scene(controls: Controls, seed: int) -> Frames:
    case = CASES[int(controls["case"]) - 1]
    X, y = shape("moons", SAMPLES, NOISE, np.random.default_rng(seed))
    wrong_is_A = bool(np.random.default_rng([seed, 1]).integers(2))
    makers = {"A": case.module().TwoLayerNetwork if wrong_is_A else TwoLayerNetwork,
              "B": TwoLayerNetwork if wrong_is_A else case.module().TwoLayerNetwork}
    networks = {name: maker(2, HIDDEN, rng=np.random.default_rng(seed)) for name, maker in makers.items()}
    show = partial(frame, X, y, networks, case, "A" if wrong_is_A else "B")
    yield partial(show, 0, {}, "Predict first. Then press play: both begin with the same random numbers.")
    training = {name: network.training(X, y, controls["learning_rate"], LONGEST) for name, network in networks.items()}
    for step in range(1, LONGEST + 1):
        with np.errstate(over="ignore", invalid="ignore"):        # a mistake may send the weights to infinity
            losses = {name: next(steps).loss for name, steps in training.items()}
        yield partial(show, step, losses, "")
    end = {**show(LONGEST, losses, ""), "rest": True}
    while True:
        yield end


def frame(X: np.ndarray, y: np.ndarray, networks: dict[str, Any], case: Mistake, wrong: str, step: int,
          losses: dict[str, float], say: str) -> Frame:
    shown = step >= REVEAL
    say = say or (f"Network {wrong} has the wrong line: {case.name}. The line stands below." if shown else
                  f"Step {step}. The line is shown after {REVEAL} steps. Are you still sure?")
    finite = {name: loss for name, loss in losses.items() if np.isfinite(loss)}
    return {
        "say": say, "answers": {"which": wrong} if shown else {},
        "numbers": {f"loss of {name}": round(float(loss), 4) for name, loss in finite.items()},
        "loss": {"x": step, "y": {name: float(loss) for name, loss in finite.items()}, "x_label": "step", "log": True},
        **{name: {"x": [-SIDE, SIDE], "y": [-SIDE, SIDE], "points": X, "labels": y.astype(np.int32),
                  "field": field(network)} for name, network in networks.items()},
        "line": {"file": case.file, "line": case.line, "right": case.right, "wrong": case.wrong,
                 "why": f"{case.effect} {case.cure}"} if shown else
                {"hidden": f"Shown after {REVEAL} steps."},
    }


def field(network: Any) -> np.ndarray:                            # (CELLS, CELLS) probabilities of class 1
    axis = np.linspace(-SIDE, SIDE, CELLS)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    with np.errstate(over="ignore", invalid="ignore"):
        p = sigmoid(network.forward(grid)[:, 0])
    return np.nan_to_num(p, nan=0.5).reshape(CELLS, CELLS).astype(np.float32)

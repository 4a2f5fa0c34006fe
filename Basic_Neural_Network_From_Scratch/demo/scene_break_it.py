"""Break it: two networks train, one of them with a wrong line.  Which one is it, and which line?"""

from functools import partial
from typing import Any

import numpy as np

from ai_from_scratch.mistakes import mistakes_of
from Basic_Neural_Network_From_Scratch.demo.broken_pair import Pair
from Basic_Neural_Network_From_Scratch.demo.five_models import GRID_CELLS, SIDE, grid
from Logistic_Regression_From_Scratch.cross_entropy import sigmoid
from playground.scene import Control, Controls, Frame, Frames, Links, Prediction, Preset, View

TITLE = "Break it"
ABOUT = "Two networks, the same samples, the same random numbers. One has a wrong line. Guess first, then watch."
LINKS = Links("documentation/basic_neural_network.md", "Basic_Neural_Network_From_Scratch/basic_neural_network.py",
              "line_and_bowl")
FILES = ["Basic_Neural_Network_From_Scratch/basic_neural_network.py", "Basic_Neural_Network_From_Scratch/training.py",
         "Basic_Neural_Network_From_Scratch/early_stopping.py"]
CASES = mistakes_of("Basic_Neural_Network_From_Scratch")
LEARNING_RATE = 1.0
STEPS_TO_REVEAL, MAX_STEPS = 150, 1500  # steps
SPEED = 2                          # one step a frame
SEEDED = False                     # each case has a seed with which one sees its mistake
REVEAL = {"hidden": f"Shown after {STEPS_TO_REVEAL} steps. Step walks through the network that has the right line."}
CONTROLS = [
    Control("case", "choice", "Case", "The mistake in one of the two networks.", "1",
            options=tuple((str(number), f"case {number}") for number in range(1, len(CASES) + 1))),
    Control("learning_rate", "number", "Learning rate η", "Of both.", LEARNING_RATE, 0.01, 10.0, log=True, more=True),
]
VIEWS = [
    View("loss", "curves", "Two losses, one mistake", "The cross-entropy of both networks after each step.", hero=True),
    View("A", "plane", "Network A", "The probability of the blue class according to network A."),
    View("B", "plane", "Network B", "The probability of the blue class according to network B."),
    View("line", "diff", "The line that did it", "The wrong line beside the right one, as soon as it is known."),
]
SEEDS = (1, 2, 4, 3, 7, 5, 8, 9, 4, 8)        # with these seeds each network is the broken one in half of the cases
RATE_OF_CASE = {7: 5.0, 9: 3.0}                      # for cases that do no harm at LEARNING_RATE
PRESETS = [Preset(f"Case {number}", "One of the two has a wrong line. Which one?",
                  {"case": str(number), "learning_rate": RATE_OF_CASE.get(number, LEARNING_RATE)}, seed=seed,
                  predict="which")
           for number, seed in enumerate(SEEDS, 1)]
PREDICTIONS = [Prediction("which", "Which network will have the wrong line?", (("A", "network A"), ("B", "network B")))]


def scene(controls: Controls, seed: int) -> Frames:
    pair = Pair(CASES[int(controls["case"]) - 1], seed, controls["learning_rate"], MAX_STEPS)
    show = partial(frame, pair)
    yield partial(show, 0, {})
    for step in range(1, MAX_STEPS + 1):
        yield partial(show, step, losses := pair.update())
    end = {**show(MAX_STEPS, losses), "rest": True}
    while True:
        yield end


def frame(pair: Pair, step: int, losses: dict[str, float]) -> Frame:
    shown, case = step >= STEPS_TO_REVEAL, pair.case
    finite = {name: loss for name, loss in losses.items() if np.isfinite(loss)}
    numbers = {f"{pair.measured} of {name}": round(float(loss), 4) if name in finite else "not finite"
               for name, loss in losses.items()}
    new = pair.on_new_samples() if shown else {}
    return {
        "say": sentence(pair, step, new), "step": step, "answers": {"which": pair.wrong} if shown else {},
        "numbers": numbers | {f"right on new samples, {name}": f"{share:.1%}" for name, share in new.items()},
        "loss": {"x": step, "y": {name: float(loss) for name, loss in finite.items()}, "x_label": "step", "log": True,
                 "hues": ["ink", "purple"]},                       # blue and orange are the classes
        **{name: {"x": [-SIDE, SIDE], "y": [-SIDE, SIDE], "points": pair.X, "labels": pair.labels,
                  "field": field(network)} for name, network in pair.networks.items()},
        "line": {"file": case.file, "line": case.line, "right": case.right, "wrong": case.wrong,
                 "why": f"{case.effect} {case.cure}"} if shown else REVEAL,
    }


def sentence(pair: Pair, step: int, new: dict[str, float]) -> str:
    if not step:
        what = {"training": "Both learn from mini-batches of sorted samples. ", "early_stopping":
                "Half of the samples are held out, and their loss is shown. "}.get(pair.subject, "")
        return f"{what}Predict first. Then press play: both begin with the same random numbers."
    if step < STEPS_TO_REVEAL:
        return f"Step {step}. The line is shown after {STEPS_TO_REVEAL} steps. Are you still sure of your answer?"
    found = f"Network {pair.wrong} has the wrong line: {pair.case.name}. The line stands below."
    if not new:
        return found
    shares = " and ".join(f"{name} {share:.0%}" for name, share in sorted(new.items()))
    return f"{found} Its loss looks better. Of new samples, {shares} are classified correctly: the lead was not real."


def field(network: Any) -> np.ndarray:                            # (GRID_CELLS, GRID_CELLS) probabilities of class 1
    with np.errstate(over="ignore", invalid="ignore"):
        p = sigmoid(network.forward(grid(GRID_CELLS))[:, 0])
    return np.nan_to_num(p, nan=0.5).reshape(GRID_CELLS, GRID_CELLS).astype(np.float32)

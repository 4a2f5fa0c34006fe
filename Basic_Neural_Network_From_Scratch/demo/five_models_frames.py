"""The frames of the scene "one plane, five models": the numbers of the five models for the page, and the sentence
above."""

from typing import Any

import numpy as np

from Basic_Neural_Network_From_Scratch.demo.five_models import COLOURS, SIDE, Models
from Basic_Neural_Network_From_Scratch.demo.five_models_reasons import listed, why
from playground.scene import Controls, Frame

AXIS_LIMITS = [-SIDE, SIDE]
UNIT_CELLS = 20                    # cells of the picture of a hidden unit, in each direction
STEPS_OF_ANSWER = 300              # after so many steps the answer is given: the model that is right most often
STEPS_OF_TRUST = 20    # if the loss is still above that of guessing after so many steps, the learning rate is too large
OVERFITTING_GAP = 0.12             # a larger difference of accuracies is called overfitting

Held = tuple[np.ndarray, np.ndarray] | None       # held-out points (n, 2) and classes (n,)


def frame(models: Models, controls: Controls, held: Held) -> Frame:
    step = models.step
    for name in ("logistic regression", "neural network"):
        models.fields[name] = models.field(name)
    where, labels = (models.X, models.y) if held is None else held
    right = {name: 100 * models.accuracy(name, where, labels) for name in models.names}
    curves = {"training loss": models.loss(models.X, models.y)}
    if held is not None:
        curves["held-out loss"] = models.loss(*held)
    large, because = hero(models, controls, held)
    say = because or sentence(models, held, curves["training loss"])
    return {
        "say": say, "step": step, "more": models.unfinished, "plane": large,
        "numbers": {name: f"{value:.1f} %" for name, value in right.items()},
        "answers": {"best": best(right)} if step >= STEPS_OF_ANSWER and held is not None else {},
        "loss": {"x": step, "y": curves, "x_label": "step"},
        "units": {**models.units(UNIT_CELLS), "names": [COLOURS[c] for c in models.classes]},
        **{slug(name): {**models.shown["small"], "field": models.fields[name]} for name in models.names},
    }


def hero(models: Models, controls: Controls, held: Held) -> tuple[dict[str, Any], str]:
    """The frame of the large plane. At the pointer it also has the reason for the model's answer."""
    chosen, because = controls["model"], ""
    lines: list[dict[str, Any]] = []
    if chosen == "naive Bayes":
        lines += [{"name": "", "role": "class", "class": c, "at": at} for c, at in models.ellipses()]
    if controls["pointer"] is not None:
        words, links = why(models, chosen, controls["pointer"])
        because = f"{chosen[0].upper()}{chosen[1:]}. {words}"
        if links is not None:
            lines.append({"name": "", "role": "link", "at": links})
    return {**points_of(models, held), "field": models.fields[chosen], "lines": lines, **touched(controls)}, because


def points_of(models: Models, held: Held) -> dict[str, Any]:
    """All points, for the page.  The arrays stay the same until the points change: what did not change is not sent
    again."""
    if "hero" not in models.shown:
        X, y = (models.X, models.y) if held is None else (np.concatenate([models.X, held[0]]),
                                                          np.append(models.y, held[1]))
        models.shown["hero"] = {**base(X, y), "held_out": (np.arange(len(y)) >= len(models.y)).astype(np.uint8)}
        models.shown["small"] = base(models.X, models.y)
    return models.shown["hero"]


def base(X: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    return {"x": AXIS_LIMITS, "y": AXIS_LIMITS, "points": X, "labels": y.astype(np.int32)}


def touched(controls: Controls) -> dict[str, Any]:
    """The actions that are possible on the large plane."""
    pen = {"paint": int(controls["brush"])} if controls["brush"] else {}
    return {"x_label": "x₁", "y_label": "x₂", "drag": "points", "pointer": "pointer", **pen}


def slug(name: str) -> str:
    return name.replace(" ", "_")


def best(right: dict[str, float]) -> list[str]:
    """Those that are right most often: several, where they are right equally often."""
    return [name for name, share in right.items() if share == max(right.values())]


def too_few(points: np.ndarray, controls: Controls, fewest: int) -> Frame:               # (n, 3)
    """The frame before there are enough points to learn from."""
    empty = {**base(points[:, :2], points[:, 2]), "field": np.full((2, 2), 128, np.uint8)}
    return {"say": f"Paint at least {fewest} points, of two classes or more. Choose the class with the pen.",
            "numbers": {}, "loss": {"x": 0, "y": {}}, "plane": {**empty, **touched(controls)}, "rest": True,
            "units": {"values": np.zeros((0, 1, 1), np.int8), "weights": np.zeros((0, 1)),
                      "classes": np.zeros(0, np.int32)},
            **{slug(name): empty for name in Models.names}}


def sentence(models: Models, held: Held, loss: float) -> str:
    step, guessing = models.step, float(np.log(len(models.classes)))
    if step >= STEPS_OF_TRUST and loss > guessing:
        return (f"Step {step:,}. The network's loss, {loss:.2f}, is worse than guessing, {guessing:.2f}: each step is "
                "too long. Divide the learning rate by 10, and begin from the start.")
    if not step:
        return "Three models are ready at once. Press play: the other two learn." + (
            "" if held is None else " The percentages are of the hollow points, which are held out.")
    if held is None:
        return f"Step {step:,}. These are your points: a model's percentage is of the points that it learned from."
    gap = models.accuracy("neural network", models.X, models.y) - models.accuracy("neural network", *held)
    if gap > OVERFITTING_GAP:
        return f"Step {step:,}. The network is {100 * gap:.0f} % better on its own points than on others: it overfits."
    if step >= STEPS_OF_ANSWER:
        found = best({name: models.accuracy(name, *held) for name in models.names})
        return f"Step {step:,}. Right most often on the held-out points, the hollow ones: {listed(found)}."
    return f"Step {step:,}. Hollow points are held out: no model learns from them. The percentages are of these."

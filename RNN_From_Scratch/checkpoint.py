"""A run of training that can be stopped at any moment and taken up again, to the same last bit.

Between two updates everything that the next one depends on is here or in the network's parameters: Adam's moments and
its count, the state carried from chunk to chunk, the number of updates (which is the position in the text and in the
schedule), the random generator, and the best parameters so far.  `pack` makes of it arrays by name and one text, which
whoever wants a file writes (`ai_from_scratch.weights.save`: under a temporary name, then renamed); `unpack` reverses
it.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from Basic_Neural_Network_From_Scratch import Adam

VERSION = 1                        # of the arrays' names and order


class CheckpointError(ValueError):
    """A checkpoint that is none, or another text's."""


@dataclass
class Run:
    """Where training stands."""

    optimizer: Adam
    rng: np.random.Generator
    texts: dict[str, list]                                          # length and SHA-256, by part
    step: int = 0                                                   # updates made
    state: np.ndarray | None = None                                 # (L, S, B, H)
    best: np.ndarray | None = None                                  # (P,) parameters at best_step
    best_step: int = 0
    curve: list[tuple[int, float]] = field(default_factory=list)    # (step, bits per character of the validation text)

    def check(self, text: str, validation: str) -> None:
        """CheckpointError if the run did not begin with these."""
        for part, came in identity(text, validation).items():
            if came != self.texts[part]:
                raise CheckpointError(
                    f"This checkpoint goes on with another {part} text: it learnt from {self.texts[part][0]:,} "
                    f"characters (SHA-256 {self.texts[part][1][:12]}…), these are {came[0]:,} ({came[1][:12]}…). Give "
                    "the text that it began with, or begin anew."
                )


def identity(text: str, validation: str) -> dict[str, list]:
    """What tells two texts apart."""
    return {part: [len(content), hashlib.sha256(content.encode()).hexdigest()]
            for part, content in (("training", text), ("validation", validation))}


def pack(run: Run, parameters: np.ndarray, about: Mapping[str, Any]) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Copies of the arrays, and the rest as JSON.  about: whatever else has to come back."""
    adam = run.optimizer
    arrays = {"parameters": parameters, "state": run.state, "best": run.best}
    if adam.steps:
        arrays |= {"adam_m": adam.m, "adam_v": adam.v}
    told = {
        "version": VERSION, "step": run.step, "adam_steps": adam.steps, "texts": run.texts, "best_step": run.best_step,
        "curve": run.curve, "rng": run.rng.bit_generator.state, **about,
    }
    return ({name: array.copy() for name, array in arrays.items() if array is not None},
            {"checkpoint": json.dumps(told, default=_plain)})


def unpack(
    arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]
) -> tuple[Run, np.ndarray, dict[str, Any]]:
    """The run, the parameters (P,), and everything that was told.  CheckpointError for anything else than pack's."""
    if "checkpoint" not in metadata:
        raise CheckpointError("This file holds no checkpoint of training: finished weights cannot be trained further.")
    try:
        told = json.loads(metadata["checkpoint"])
        if told["version"] != VERSION:
            raise CheckpointError(f"This checkpoint is of version {told['version']}, expected {VERSION}: begin anew.")
        kind = getattr(np.random, told["rng"]["bit_generator"])()
        kind.state = told["rng"]
        adam = Adam()
        adam.steps = told["adam_steps"]
        if adam.steps:
            if "adam_M" in arrays:                                  # older files hold sums instead of means
                arrays = {"adam_m": (1 - adam.beta1) * arrays["adam_M"],
                          "adam_v": (1 - adam.beta2) * arrays["adam_V"], **arrays}
            adam.m, adam.v = arrays["adam_m"].copy(), arrays["adam_v"].copy()
        run = Run(adam, np.random.Generator(kind), told["texts"], told["step"], arrays.get("state"),
                  arrays.get("best"), told["best_step"], [(step, bits) for step, bits in told["curve"]])
        parameters = arrays["parameters"]
        fits = all(array is None or array.shape == parameters.shape
                   for array in (run.best, *((adam.m, adam.v) if adam.steps else ())))
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
        raise CheckpointError(f"This checkpoint is damaged or not one of this program: {error!r}.") from error
    if not fits or set(run.texts) != {"training", "validation"} or bool(run.best_step) != (run.best is not None):
        raise CheckpointError("This checkpoint is damaged: its parts do not belong together.")
    return run, parameters, told


def _plain(value: Any) -> Any:
    """NumPy's numbers as Python's."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise TypeError(f"{value!r} cannot be kept in a checkpoint.")

"""Converts models and runs to named arrays and texts, for a file, and back.

A run can be stopped after any update and resumed with the same result, bit for bit, from a Run and the parameters.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self

import numpy as np

from ai_from_scratch.estimator import NotFittedError
from ai_from_scratch.estimator.kept_run import VERSION, check_run
from ai_from_scratch.estimator.moments import moments, with_moments
from ai_from_scratch.estimator.plain_text import BoundedGenerator, from_json, random_generator
from Basic_Neural_Network_From_Scratch import Adam
from RNN_From_Scratch.language_model import LanguageModel
from RNN_From_Scratch.text import Vocabulary, identity

# NumPy's numbers become Python's; a Generator becomes null, because a run keeps its state.
as_json = partial(json.dumps, default=lambda value: value.tolist() if hasattr(value, "tolist") else None)


class CheckpointError(ValueError):
    """The file is not a checkpoint, or it belongs to a training on another text."""


@dataclass
class Run:
    """The state of a training.  The number of updates gives the position in the text and in the schedule."""
    optimizer: Adam                                                 # with its moments and its count
    rng: np.random.Generator
    texts: dict[str, list]                                          # length and SHA-256 of each part
    step: int = 0                                                   # updates made
    state: np.ndarray | None = None                                 # (L, S, N, H) carried from chunk to chunk
    best: np.ndarray | None = None                                  # (P,) parameters at best_step
    best_step: int = 0
    curve: list[tuple[int, float]] = field(default_factory=list)    # (step, bits per character of the validation text)

    def check(self, text: str, validation: str) -> None:
        for part, came in identity(training=text, validation=validation).items():
            if came != self.texts[part]:
                raise CheckpointError(
                    f"This checkpoint belongs to another {part} text: of {self.texts[part][0]:,} characters, these are "
                    f"{came[0]:,}. Give the text that the run began with (SHA-256 {self.texts[part][1]}).")


class SavedModel(LanguageModel):
    """A language model that can be stored in a file: its weights, or its weights and the state of its training."""
    validation_curve_: list[tuple[int, float]]    # (step, bits per character of the validation text)
    best_step_: int                               # the step with the lowest of them; 0 if none was measured
    n_iter_: int                                  # passes begun
    run_: Run
    _rebuilt, _saved_kinds, _needed = ("run_",), (Vocabulary,), "vocabulary_"

    def to_arrays(self) -> tuple[dict[str, np.ndarray], dict[str, str]]:
        """Copies of the arrays, and all other facts as text: the input of `weights.save` and of `from_arrays`."""
        arrays = {name: array.copy() for name, array in self._fitted_network().named_arrays().items()}
        return arrays, {"vocabulary": json.dumps(self.vocabulary_.characters), "cell": self.network_.cell,
                        "settings": as_json(self.get_params())}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> Self:
        """The model from which these arrays were saved, in float32.  ValueError if the arrays do not fit together."""
        if missing := [name for name in ("W_hh", "vocabulary") if name not in {**arrays, **metadata}]:
            raise ValueError(f"These are not the weights of a character network: without {' and '.join(missing)}.")
        if arrays["W_hh"].ndim != 2:
            raise ValueError(f"W_hh must be (units, units), got an array of shape {arrays['W_hh'].shape}.")
        sizes = {"units": len(arrays["W_hh"]), "layers": sum(name[:4] == "W_hh" for name in arrays)}    # of older files
        model = cls._of_file(from_json(metadata.get("settings", "{}")), sizes | {"cell": metadata.get("cell", "rnn")})
        characters = from_json(metadata["vocabulary"])
        if not isinstance(characters, str) or characters != Vocabulary(characters).characters:
            raise ValueError(f"A vocabulary is a JSON string of sorted characters, got {characters!r}.")
        model.vocabulary_ = Vocabulary(characters)
        model._rebuild(arrays)
        model.network_.load_arrays(arrays)
        return model

    _from_older_state = from_arrays         # type: ignore[assignment]

    def checkpoint(self) -> tuple[dict[str, np.ndarray], dict[str, str]]:
        """The arrays and texts for `from_checkpoint`. Call it while `training` pauses at a Progress."""
        if not hasattr(self, "run_"):
            raise NotFittedError("There is no run to keep: call training first.")
        run = self.run_
        arrays: dict[str, Any] = {"parameters": self.network_.parameters, "state": run.state, "best": run.best}
        arrays |= {f"adam_{name}": array for name, array in moments(run.optimizer).items()}
        facts = {"version": VERSION, "step": run.step, "adam_steps": run.optimizer.steps, "texts": run.texts,
                 "best_step": run.best_step, "curve": run.curve, "rng": run.rng.bit_generator.state,
                 "settings": self.get_params(), "vocabulary": self.vocabulary_.characters}
        arrays = {name: array.copy() for name, array in arrays.items() if array is not None}
        return arrays, {"checkpoint": as_json(facts)}

    @classmethod
    def from_checkpoint(cls, arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> Self:
        """The model of a checkpoint; `resuming` continues its training.  CheckpointError for other arrays."""
        if "checkpoint" not in metadata:
            raise CheckpointError("This file holds no checkpoint, a training of a CharRNN that can go on. --save FILE "
                                  "makes one; the weights of the package write without --resume.")
        try:
            facts = from_json(metadata["checkpoint"])
            check_run(facts, arrays)
            model: Any = cls._of_file(facts["settings"])
            rng = random_generator(facts["rng"])
            model.vocabulary_ = Vocabulary(facts["vocabulary"])
            numbers = len(arrays["parameters"])                      # a larger network is refused
            model._rebuild(arrays, BoundedGenerator(rng.bit_generator, numbers))
            rng.bit_generator.state = facts["rng"]                   # after the network has drawn its initial weights
            theta = model.network_.parameters                        # (P,)
            if bool(facts["best_step"]) != ("best" in arrays) or any(
                    (array.shape, array.dtype) != (theta.shape, theta.dtype)
                    for name, array in arrays.items() if name != "state"):
                raise ValueError("its parts do not fit together")
            theta[...] = arrays["parameters"]
            n, T = facts["texts"]["training"][0] - 1, model.chunk
            N = max(1, min(model.streams, n // T))                       # streams, as in text.streams
            per_pass = max(1, math.ceil(math.ceil(n / N) / T))           # updates
            if (state := arrays.get("state")) is not None and (state.shape, state.dtype) != (
                    (expected := model.network_.start(N)).shape, expected.dtype):
                raise ValueError(f"its state has shape {state.shape} and numbers of {state.dtype}")
            model.run_ = run = Run(
                with_moments(Adam(), facts["adam_steps"], arrays), rng, facts["texts"], facts["step"], state,
                arrays.get("best"), facts["best_step"], [(step, value) for step, value in facts["curve"]])
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise CheckpointError(f"The file is damaged, or of another program: {str(error).rstrip('.')}.") from error
        model.validation_curve_, model.best_step_, model.n_iter_ = run.curve, run.best_step, -(-run.step // per_pass)
        return model

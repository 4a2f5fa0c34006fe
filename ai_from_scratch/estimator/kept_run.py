"""The form that the facts of a stopped training must have; a file is checked before the training is built from it.

    check_run({"step": 940, "adam_steps": 3, …}, arrays)    ValueError: step 940 and adam_steps 3 do not belong together

A file may come from anywhere: counters that no training reaches would be told as its results.
"""

from collections.abc import Mapping
from typing import Any

from ai_from_scratch.estimator.rules import Rule, check, is_number, whole

VERSION = 1                        # of a checkpoint's names


def is_text(value: Any) -> bool:
    return isinstance(value, list) and [type(part) for part in value] == [int, str]


def is_point(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and whole(0).holds(value[0]) and is_number(value[1])


FACTS = {**dict.fromkeys(("step", "best_step", "adam_steps"), whole(0, 2**53)),
         "texts": Rule("a length and a checksum for each text, training and validation", lambda value: (
             isinstance(value, dict) and {"training", "validation"} <= value.keys()
             and all(map(is_text, value.values())))),
         "curve": Rule("pairs of a step and a number",
                       lambda value: isinstance(value, list) and all(map(is_point, value))),
         "rng": Rule("the state of a random generator", lambda value: isinstance(value, dict)),
         "settings": Rule("the parameters by name", lambda value: isinstance(value, dict)),
         "vocabulary": Rule("a string of sorted characters", lambda value: (
             isinstance(value, str) and value == "".join(sorted(set(value)))))}


def check_run(facts: Any, arrays: Mapping[str, Any]) -> None:
    """ValueError for a fact or an array that is missing, that has another form, or that contradicts the others."""
    if not isinstance(facts, dict):
        raise ValueError(f"its facts must be names with values, got {type(facts).__name__}")
    if facts.get("version") != VERSION:
        raise ValueError(f"it is of version {facts.get('version')}, expected {VERSION}")
    if missing := [name for name in (*FACTS, "parameters") if name not in (arrays if name == "parameters" else facts)]:
        raise ValueError(f"without {', '.join(missing)}")
    check("a checkpoint", facts, FACTS)
    if arrays["parameters"].ndim != 1:
        raise ValueError(f"its parameters must be (P,), got an array of shape {arrays['parameters'].shape}")
    step, best, adam_steps = facts["step"], facts["best_step"], facts["adam_steps"]
    if adam_steps not in (step, step - 1):                    # step − 1: the last update diverged
        raise ValueError(f"step {step} and adam_steps {adam_steps} do not belong together")
    measured = [at for at, _ in facts["curve"]]
    if measured != sorted(set(measured)) or max(measured, default=0) > step:
        raise ValueError(f"the steps of its curve do not rise, or go beyond step {step}")
    if best not in (0, *measured):
        raise ValueError(f"best_step {best} is not a step of its curve")
    if ("state" in arrays) != (step > 0):
        raise ValueError("without state" if step else "with a state before the first step")

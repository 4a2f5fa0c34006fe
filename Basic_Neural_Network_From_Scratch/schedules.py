"""Schedules: the fraction of the learning rate that is used at step 0 … steps − 1.

Large steps come near the minimum, small ones reach it.  Each is a function (step, steps) -> factor.
"""

import math

from Basic_Neural_Network_From_Scratch.training import Schedule, constant


def stepwise(step: int, steps: int) -> float:
    """1, then 0.1 after half of the steps, then 0.01 for the last quarter."""
    return 0.1 ** ((2 * step >= steps) + (4 * step >= 3 * steps))


def cosine(step: int, steps: int) -> float:
    """Half a cosine wave from 1 down towards 0 (Loshchilov and Hutter, 2017)."""
    return 0.5 * (1 + math.cos(math.pi * step / steps))


def one_cycle(step: int, steps: int) -> float:
    """From 1/25 up to 1 over the first 30 %, then down to 1/250,000, both along a cosine (Smith and Topin, 2018)."""
    first, last = 1 / 25, 1 / 25e4
    top = 0.3 * steps - 1                                       # the step at which the factor is 1
    if step <= top:
        return first + (1 - first) * 0.5 * (1 - math.cos(math.pi * step / top)) if top > 0 else 1.0
    way = (step - max(top, 0)) / max(steps - 1 - max(top, 0), 1)
    return last + (1 - last) * 0.5 * (1 + math.cos(math.pi * way))


SCHEDULES: dict[str, Schedule] = {"constant": constant, "step": stepwise, "cosine": cosine, "one-cycle": one_cycle}


def schedule_named(name: str) -> Schedule:
    """The schedule of this name; a ValueError names all schedules."""
    if name not in SCHEDULES:
        raise ValueError(f"The schedule learning_rate={name!r} is not one of {', '.join(map(repr, SCHEDULES))}.")
    return SCHEDULES[name]

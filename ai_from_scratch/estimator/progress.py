"""The value that a training generator yields after each update."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Progress(NamedTuple):
    """One step of training, as plain numbers.

    At each yield, the model's fitted attributes are those of this step, and `predict` works.  So the caller may stop at
    any time.
    """

    step: int   # 1, 2, ... counts updates of the parameters
    steps: int  # the largest possible number of steps
    epoch: int  # 1, 2, ... the pass over the data that this update belongs to
    loss: float  # the objective of the data of this update; with all the data: after this step
    metrics: Mapping[str, float] = MappingProxyType({})  # e.g. {"accuracy": 0.93, "learning_rate": 1e-3}

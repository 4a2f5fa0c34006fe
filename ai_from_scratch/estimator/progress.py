"""What a training generator yields after each update."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Progress(NamedTuple):
    """One step of training, as plain numbers.

    When it is yielded, the model's fitted attributes are those of this very step and `predict` works, so
    whoever watches may stop pulling at any time.
    """

    step: int   # 1, 2, ... counts updates of the parameters
    steps: int  # how many there will be at most
    epoch: int  # 1, 2, ... the pass over the data that this update belongs to
    loss: float  # the objective that this update was computed from; of all the data: at the parameters of this step
    metrics: Mapping[str, float] = MappingProxyType({})  # e.g. {"accuracy": 0.93, "learning_rate": 1e-3}

"""The errors and warnings of the estimators.

scikit-learn has classes of the same names, and its users catch those.  Importing it only for that is not worth
a second of start-up, so: once the program itself has loaded scikit-learn, `NotFittedError("...")` makes an
instance of a class built from both, and either `except` clause catches it.  Until then it is ours alone.
"""

import sys
from functools import cache
from typing import Any, Self


class _AlsoScikitLearns:
    """Mixin: instances belong to scikit-learn's class of the same name too, where that is loaded."""

    def __new__(cls, *args: Any) -> Self:
        kind: Any = cls
        theirs = getattr(sys.modules.get("sklearn.exceptions"), cls.__name__, None)
        return super().__new__(_both(kind, theirs) if theirs else kind, *args)

    def __reduce__(self) -> tuple[type, tuple]:
        # Pickle knows classes by their address, and a class built at run time has none: name ours instead.
        ours = next(cls for cls in type(self).__mro__ if cls.__dict__.get("__module__") == __name__)
        return ours, self.args  # type: ignore[attr-defined]


@cache
def _both(ours: Any, theirs: Any) -> Any:
    if issubclass(ours, theirs):
        return ours
    return type(ours.__name__, (ours, theirs), {"__doc__": ours.__doc__, "__module__": theirs.__module__})


class NotFittedError(_AlsoScikitLearns, ValueError, AttributeError):
    """`predict` came before `fit`."""


class ConvergenceWarning(_AlsoScikitLearns, UserWarning):
    """Training ran out of steps.  Give `warnings.warn` an instance: `warnings.warn(ConvergenceWarning(text))`."""


class DataConversionWarning(_AlsoScikitLearns, UserWarning):
    """The data was taken in another form than it was given in."""


class UndefinedMetricWarning(_AlsoScikitLearns, UserWarning):
    """A score was asked for where there is none, R² of a single sample for one."""


class TrainingWarning(UserWarning):
    """The training ended, and something is wrong with it: `diagnosis_` on the model says what."""


class DivergenceError(ArithmeticError):
    """Training produced a number that is not finite, or is on its way there: the step, and what to try."""

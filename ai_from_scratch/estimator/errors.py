"""The errors and warnings of the estimators.

scikit-learn has classes of the same names, and its users catch these classes.  An import of scikit-learn only for this
would take a second.  So if the program has already loaded it, `NotFittedError("...")` makes an instance of a class that
is derived from both, and either `except` clause catches it.  Otherwise the class is only this module's.
"""

import sys
from functools import cache
from typing import Any, Self


class _AlsoScikitLearns:
    """Mixin: instances also belong to scikit-learn's class of the same name, if scikit-learn is loaded."""

    def __new__(cls, *args: Any) -> Self:
        kind: Any = cls
        theirs = getattr(sys.modules.get("sklearn.exceptions"), cls.__name__, None)
        return super().__new__(_both(kind, theirs) if theirs else kind, *args)

    def __reduce__(self) -> tuple[type, tuple]:
        # Pickle finds a class by its module and name.  A class made at run time has neither, so this module's class is
        # named instead.
        ours = next(cls for cls in type(self).__mro__ if cls.__dict__.get("__module__") == __name__)
        return ours, self.args  # type: ignore[attr-defined]


@cache
def _both(ours: Any, theirs: Any) -> Any:
    if issubclass(ours, theirs):
        return ours
    return type(ours.__name__, (ours, theirs), {"__doc__": ours.__doc__, "__module__": theirs.__module__})


class NotFittedError(_AlsoScikitLearns, ValueError, AttributeError):
    """`predict` was called before `fit`."""


class ConvergenceWarning(_AlsoScikitLearns, UserWarning):
    """Training used all its steps without converging.  Use: `warnings.warn(ConvergenceWarning(text))`."""


class DataConversionWarning(_AlsoScikitLearns, UserWarning):
    """The data were converted to another form."""


class UndefinedMetricWarning(_AlsoScikitLearns, UserWarning):
    """A score that is not defined, for example R² of a single sample."""


class TrainingWarning(UserWarning):
    """The training ended with a problem: `diagnosis_` of the model describes it."""


class DivergenceError(ArithmeticError):
    """Training produced a number that is not finite, or soon will: the message names the step and what to try."""

    diagnosis: Any = None  # of a training that was watched

"""The face that every algorithm of this project shows: scikit-learn's conventions, on NumPy alone.

In reading order: `progress` (what a training generator yields), `errors`, `checks` (input arrays), `rules` (what a
parameter may be), `parameters`, `base` (Estimator, Classifier, Regressor), `tags` (what scikit-learn asks when it is
the caller), `diagnosis` (what is wrong with a training).
"""

from ai_from_scratch.estimator.base import Classifier, Estimator, Regressor
from ai_from_scratch.estimator.checks import check_array, check_random_state, check_sample_weight
from ai_from_scratch.estimator.diagnosis import Diagnosis, watched
from ai_from_scratch.estimator.errors import (
    ConvergenceWarning,
    DataConversionWarning,
    DivergenceError,
    NotFittedError,
    TrainingWarning,
    UndefinedMetricWarning,
)
from ai_from_scratch.estimator.progress import Progress

__all__ = [
    "Classifier",
    "ConvergenceWarning",
    "DataConversionWarning",
    "Diagnosis",
    "DivergenceError",
    "Estimator",
    "NotFittedError",
    "Progress",
    "Regressor",
    "TrainingWarning",
    "UndefinedMetricWarning",
    "check_array",
    "check_random_state",
    "check_sample_weight",
    "watched",
]

"""The interface of every algorithm of this project: scikit-learn's conventions, with NumPy only.

In reading order: `progress` (what a training generator yields), `errors`, `checks`, `masked` and `units` (of input
arrays), `rules` (allowed values of parameters), `parameters`, `plain_text` and `saved` (a model in a file), `base`
(Estimator, Classifier, Regressor), `tags` (for scikit-learn as the caller), `evidence`, `sentences`, `findings` and
`diagnosis` (the causes of a failed training).
"""

from ai_from_scratch.estimator.base import Classifier, Estimator, Regressor
from ai_from_scratch.estimator.checks import check_array, check_random_state, check_sample_weight
from ai_from_scratch.estimator.diagnosis import Diagnosis, diagnose, train_and_diagnose, watched
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
    "diagnose",
    "train_and_diagnose",
    "watched",
]

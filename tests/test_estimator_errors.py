"""The errors and warnings are ours alone, until the program has loaded scikit-learn: then they are both."""

import pickle
import subprocess
import sys
import warnings

import pytest
import sklearn.exceptions

from ai_from_scratch import estimator
from ai_from_scratch.estimator import ConvergenceWarning, DivergenceError, NotFittedError

SHARED = ["NotFittedError", "ConvergenceWarning", "DataConversionWarning", "UndefinedMetricWarning"]


@pytest.mark.parametrize("name", SHARED)
def test_once_scikit_learn_is_loaded_either_except_clause_catches(name):
    ours, theirs = getattr(estimator, name), getattr(sklearn.exceptions, name)
    for kind in (ours, theirs):
        with pytest.raises(kind, match=r"^what happened$"):
            raise ours("what happened")
    assert type(ours("")).__name__ == name


@pytest.mark.parametrize("name", SHARED)
def test_instances_survive_pickling(name):
    again = pickle.loads(pickle.dumps(getattr(estimator, name)("what happened")))
    assert isinstance(again, getattr(estimator, name)) and isinstance(again, getattr(sklearn.exceptions, name))
    assert again.args == ("what happened",)


def test_scikit_learns_filters_silence_our_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sklearn.exceptions.ConvergenceWarning)
        warnings.warn(ConvergenceWarning("too few steps"), stacklevel=1)


def test_the_families_are_those_of_the_built_in_errors():
    assert issubclass(NotFittedError, ValueError) and issubclass(NotFittedError, AttributeError)
    assert issubclass(DivergenceError, ArithmeticError)


def test_nothing_of_scikit_learn_is_loaded_by_fitting_and_failing(root):
    program = """
import pickle, sys
import numpy as np
from ai_from_scratch.estimator import ConvergenceWarning, NotFittedError
from Linear_Regression_From_Scratch import LinearRegression

try:
    LinearRegression().predict([[1.0]])
except NotFittedError as error:
    assert type(error) is NotFittedError
    assert type(pickle.loads(pickle.dumps(error))) is NotFittedError
LinearRegression().fit([[1.0], [2.0]], [1.0, 2.0]).score([[1.0], [2.0]], [1.0, 2.0])
loaded = {name.partition(".")[0] for name in sys.modules}
assert not loaded & {"sklearn", "scipy", "pandas", "torch", "matplotlib"}, loaded
"""
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, cwd=root)

"""What a parameter may be, in words."""

import math

import numpy as np
import pytest

from ai_from_scratch.estimator.parameters import Parameters
from ai_from_scratch.estimator.rules import (
    ParameterError,
    Rule,
    boolean,
    each,
    non_negative,
    nothing,
    one_of,
    pair,
    positive,
    real,
    sizes,
    whole,
)


class Model(Parameters):
    learnt_: list[int]
    more_: int

    def __init__(self, rate=0.1, steps=5, engine="auto"):
        self.rate, self.steps, self.engine = rate, steps, engine

    def check(self):
        self._check_rules(rate=one_of("auto") | positive, steps=whole(1))


@pytest.mark.parametrize(("rule", "right", "wrong"), [
    (positive, [1, 0.5, np.float32(2), np.int64(3)], [0, -1, math.inf, math.nan, True, "1", None, [1], 10**400]),
    (non_negative, [0, 0.0, 3], [-1e-9, math.inf, math.nan, False]),
    (real(0, 1, open_at="high"), [0, 0.999], [1, -0.1]),
    (real(0, 1, open_at="both"), [0.5], [0, 1]),
    (real(0, open_at="low"), [math.inf, 1], [0]),
    (whole(2), [2, np.int64(7)], [1, 2.0, True, "3", None, 10**400]),
    (one_of("adam", "sgd"), ["adam"], ["Adam", None, 1, ["adam"]]),
    (one_of("balanced", None), ["balanced", None, np.str_("balanced")], [0, False]),
    (pair(1), [3, (3, 5), [3, 5], np.array([3, 5])],
     [0, (3, 0), (3, 5, 2), (3,), 2.5, (2.5, 3), "ab", (1, (2, 3)), None]),
    (sizes(1), [1, (), (3, 5), [100_000], np.array([3, 5])],
     [0, (3, 0), 2.5, (2.5, 3), "ab", ((1, 2), 3), None, (100_001,), (20_000, 20_000), 10**400]),
    (sizes(2), [1, (3, (5, 5))], [(3, ()), (3, ((1,),)), (20_000, (20_000, 1))]),
    (boolean, [True, False, np.True_], [0, 1, "yes", None]),
    (whole(1) | nothing, [None, 1], [0, "None"]),
], ids=lambda value: value.expected if isinstance(value, Rule) else "")
def test_a_rule_takes_what_it_says_and_nothing_else(rule, right, wrong):
    assert all(rule.holds(value) for value in right)
    assert not [value for value in wrong if rule.holds(value)]


def test_what_breaks_a_rule_is_told_with_what_was_expected_and_what_came():
    with pytest.raises(ValueError, match=r"'steps' parameter of Model must be an int >= 1\. Got 0 instead"):
        Model(steps=0).check()
    with pytest.raises(ValueError, match=r"'rate'.*must be 'auto' or a float in the range \(0.0, inf\)\. Got 'fast'"):
        Model("fast").check()
    with pytest.raises(ValueError, match=r"'engine'.*one of 'auto', 'plain', 'fast'\. Got 'quick'"):
        Model(engine="quick").check()
    Model("auto", np.int64(3)).check()


def test_an_engine_is_chosen_by_the_size_of_the_work():
    for engine, size, fast in [("auto", 5, False), ("auto", 11, True), ("plain", 11, False), ("fast", 5, True),
                               ("fast", None, False), ("auto", None, False)]:
        model = Model(engine=engine)
        assert model._choose_engine(size, 10) is fast
        assert model.engine_ == ("fast" if fast else "plain")


def test_a_model_that_refuses_is_what_it_was():
    model = Model()
    model.learnt_ = [1]
    with pytest.raises(ValueError, match="no"), model._unchanged_if_refused():
        model.learnt_, model.more_ = [2], 3
        raise ValueError("no")
    assert model.learnt_ == [1]
    assert not hasattr(model, "more_")


def test_a_notebook_shows_the_parameters_in_a_table_and_what_was_changed_in_bold():
    model = Model(rate="<b>")
    shown = model._repr_html_()
    assert "<b>" not in shown and "&lt;b&gt;" in shown and shown.count("font-weight:bold") == 1
    assert all(f"<td>{name}</td>" in shown for name in model.get_params())
    assert len(Model(rate=list(range(100_000)))._repr_html_()) < 2_000


def test_a_parameter_that_breaks_its_rule_or_is_none_has_an_error_of_its_own():
    with pytest.raises(ParameterError):
        Model().set_params(nonsense=1)
    with pytest.raises(ParameterError):
        Model(rate=-1).check()


def test_values_that_passed_are_looked_at_again_when_they_change():
    rules = {"rate": boolean | each(whole(1), "whole numbers"), "steps": whole(1)}

    class Rated(Model):
        def check(self):
            self._check_rules(**rules)

    Rated(True).check()
    Rated(True).check()
    with pytest.raises(ParameterError, match="Got 1 instead"):       # equal to True, but another object
        Rated(1).check()
    numbers = [1, 2]
    model = Rated(numbers)
    model.check()
    numbers[0] = 0                                                   # the same list, with another content
    with pytest.raises(ParameterError, match=r"Got \[0, 2\]"):
        model.check()
    Rated(True).check()
    with pytest.raises(ParameterError, match="'steps'"):
        Rated(True).set_params(steps=0).check()

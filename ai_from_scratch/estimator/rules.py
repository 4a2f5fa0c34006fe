"""The allowed values of a parameter: a rule describes them in words and checks a value.

    self._check_rules(C=positive, max_iter=whole(1), learning_rate=one_of("auto") | positive)

If a value breaks its rule, the ParameterError (a ValueError) names the parameter, what it must be, and its value.
"""

import math
from collections.abc import Callable, Iterator
from functools import lru_cache, wraps
from itertools import pairwise
from numbers import Integral, Real
from typing import Any, ClassVar, NamedTuple

MOST_UNITS = 100_000            # in a layer
LARGEST_MATRIX = 2**28          # numbers between two layers: 2 GB in float64
MOST_RECURRENT_UNITS = math.isqrt(LARGEST_MATRIX)      # W_hh has a number for each pair of them
MOST_PROCESSES = 64     # number of processes that share a mini-batch: each takes memory, and time to start
remembered = lru_cache(maxsize=None, typed=True)  # each fit makes its rules again: a tenth of a small fit


class ParameterError(ValueError):
    """The value of a parameter breaks its rule, or the model does not have this parameter."""

    instead = ""    # the parameter and the value that were probably meant: "learning_rate_init=0.3"


class Rule(NamedTuple):
    """The expected values in words, and a test of a value.  `a | b` is also a rule: one of both must hold.

    number: the parameter that takes the number which users may give here by mistake.
    """

    expected: str
    holds: Callable[[Any], bool]
    number: str = ""

    def __or__(self, other: "Rule") -> "Rule":
        return Rule(f"{self.expected} or {other.expected}", lambda value: self.holds(value) or other.holds(value))


def is_number(value: Any, kind: type = Real) -> bool:
    """True for numbers of Python and NumPy, except True, False, NaN, and integers beyond float64."""
    try:
        return isinstance(value, kind) and not isinstance(value, bool) and not math.isnan(value)  # type: ignore[arg-type]
    except OverflowError:
        return False


@remembered
def real(low: float = -math.inf, high: float = math.inf, *, open_at: str = "") -> Rule:
    """A number from low to high; open_at names the ends that are excluded: "low", "high" or "both"."""
    left, right = open_at not in ("low", "both"), open_at not in ("high", "both")

    def holds(value: Any) -> bool:
        return is_number(value) and (low <= value if left else low < value) and (value <= high if right
                                                                                 else value < high)

    return Rule(f"a float in the range {'[' if left else '('}{low}, {high}{']' if right else ')'}", holds)


@remembered
def whole(low: int, high: float = math.inf) -> Rule:
    """An integer of at least `low`, and at most `high`."""
    words = f"an int >= {low}" if high == math.inf else f"an int from {low} to {high}"
    return Rule(words, lambda value: is_number(value, Integral) and low <= value <= high)


@remembered
def pair(low: int, high: float = math.inf) -> Rule:
    """An integer from `low` to `high`, or two of them, for rows and columns."""
    number = whole(low, high)
    return number | Rule("two of them, (rows, columns)", lambda value: (
        (isinstance(value, list | tuple) or getattr(value, "ndim", 0) == 1) and len(value) == 2
        and all(map(number.holds, value))))


@remembered
def one_of(*names: Any, number: str = "") -> Rule:
    """One of these words; None is allowed if it is among them.  number: see Rule."""
    words = ", ".join(repr(name) for name in names)
    return Rule(words if len(names) == 1 else f"one of {words}",
                lambda value: isinstance(value, str | None) and value in names, number)      # NumPy's strings, too


def each(rule: Rule, what: str) -> Rule:
    """A sequence in which each value satisfies the rule; `what` describes it in words."""
    return Rule(what, lambda value: (isinstance(value, list | tuple) or getattr(value, "ndim", 0) > 0)
                and all(map(rule.holds, value.ravel() if hasattr(value, "ravel") else value)))


class Only(NamedTuple):
    """The one value that a parameter of scikit-learn can have here; its other values are not implemented."""

    value: Any

    @property
    def rule(self) -> Rule:
        return Rule(f"{self.value!r} (scikit-learn's other values are not built here)",
                    lambda value: isinstance(value, type(self.value)) and bool(value == self.value))


@remembered
def sizes(depth: int) -> Rule:
    """Numbers of units: an integer of at least 1, or a sequence of such integers; with depth 2 the sequence may contain
    sequences.  What would not fit into memory is refused before memory is asked for."""

    def holds(value: Any) -> bool:
        units = list(numbers_in(value, depth))
        return all(is_number(n, Integral) and 1 <= n <= MOST_UNITS for n in units) and all(
            int(n) * int(m) <= LARGEST_MATRIX for n, m in pairwise(units))

    parts = "them" if depth == 1 else "them or of such sequences"
    return Rule(f"an int from 1 to {MOST_UNITS}, or a sequence of {parts} "
                f"without two neighbours whose product is above {LARGEST_MATRIX}", holds)


def numbers_in(value: Any, depth: int, inner: bool = False) -> Iterator[Any]:
    """The numbers in a sequence, or in a sequence of sequences; None for each place that may not be."""
    if not (isinstance(value, list | tuple) or (hasattr(value, "ndim") and value.ndim > 0)):
        yield value
    elif depth == 0 or (inner and len(value) == 0):
        yield None
    else:
        for part in value:
            yield from numbers_in(part, depth - 1, True)


positive = real(0.0, open_at="both")          # a finite number above 0
non_negative = real(0.0, open_at="high")      # a finite number, or 0
below_one = real(0.0, 1.0, open_at="high")    # a share, but not all
processes = whole(1, MOST_PROCESSES)
boolean = Rule("True or False", lambda value: type(value).__name__ in ("bool", "bool_"))
nothing = Rule("None", lambda value: value is None)


def check(owner: object, values: dict[str, Any], rules: dict[str, Rule]) -> None:
    """Raises ParameterError for the first value that breaks its rule.  `owner` is converted to text only if it is
    needed."""
    for name, rule in rules.items():
        if not rule.holds(values[name]):
            value = values[name]
            instead = f"{rule.number}={value!s}" if rule.number and positive.holds(value) else ""
            error = ParameterError(f"The {name!r} parameter of {owner} must be {rule.expected}. "
                                   f"Got {value!r} instead." + (f" Try {instead}." if instead else ""))
            error.instead = instead
            raise error


class Checked:
    """The base of layers and optimisers: a class names the rules of its parameters in its first line.

        class Dense(Layer, outputs=whole(1)):

    When an object is made, the values that its `__init__` has stored are checked.
    """

    rules: ClassVar[dict[str, Rule]] = {}

    def __init_subclass__(cls, **rules: Rule) -> None:
        super().__init_subclass__()
        cls.rules = cls.rules | rules
        if "__init__" in vars(cls):
            cls.__init__ = checking(cls.__init__)               # type: ignore[method-assign]


def checking(init: Callable[..., None]) -> Callable[..., None]:
    """An `__init__` that also checks what it has stored."""
    @wraps(init)
    def checked(self: Any, *arguments: Any, **named: Any) -> None:
        init(self, *arguments, **named)
        stored = vars(self)
        check(type(self).__name__, stored, {name: rule for name, rule in self.rules.items() if name in stored})

    return checked

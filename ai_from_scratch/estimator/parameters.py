"""An estimator's parameters are the arguments of its `__init__`, stored under their own names.

Some parameters of scikit-learn have no effect here, for example `n_jobs` and `verbose`.  Users who change only the
import still pass them.  So a class lists these parameters with scikit-learn's defaults. They are accepted, stored and
otherwise ignored:

    _no_effect = {"copy_X": True, "n_jobs": None, "positive": Only(False)}

Any value is accepted. `Only` allows one value; for another value `fit` raises an error that explains this.
"""

import html
import inspect
import reprlib
from collections.abc import Callable
from functools import cache, wraps
from operator import is_
from typing import Any, ClassVar, Self

from ai_from_scratch.estimator.rules import Only, ParameterError, Rule, check, one_of

ENGINES = ("auto", "plain", "fast")
UNCHANGING_TYPES = (bool, int, float, str, type(None))
MAX_CALL_CHARACTERS = 300  # longest repr, in characters, that a notebook shows completely


class Parameters:
    """get_params, set_params and a repr, all from the constructor's signature, as scikit-learn's `clone` needs them."""

    engine: str                    # "auto", "plain" or "fast"
    engine_: str                   # "plain" or "fast": the code that did the work
    _no_effect: ClassVar[dict[str, Any]] = {}
    _passed: ClassVar[list[Any]] = []      # rules and values that passed the last check: saves time

    def __init_subclass__(cls, **settings: Any) -> None:
        super().__init_subclass__(**settings)
        own = inspect.signature(cls).parameters
        missing = {name: default for name, default in cls._no_effect.items() if name not in own}
        if missing and cls.__init__ is not object.__init__:
            cls.__init__ = taking_too(cls.__init__, missing)    # type: ignore[method-assign]

    @classmethod
    @cache                         # inspecting a signature takes as long as a small fit
    def _defaults(cls) -> dict[str, Any]:
        return {name: parameter.default for name, parameter in inspect.signature(cls).parameters.items()}

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters by name; `deep` adds those of nested estimators as `outer__inner`."""
        params = {name: getattr(self, name) for name in sorted(self._defaults())}
        if deep:
            for outer, value in list(params.items()):
                if hasattr(value, "get_params") and not isinstance(value, type):
                    params |= {f"{outer}__{inner}": nested for inner, nested in value.get_params().items()}
        return params

    def set_params(self, **params: Any) -> Self:
        """Sets parameters by name (`outer__inner` for nested estimators); returns self."""
        valid = sorted(self._defaults())
        for name, value in params.items():
            outer, _, inner = name.partition("__")
            if outer not in valid:
                raise ParameterError(
                    f"Invalid parameter {outer!r} for estimator {self}. Valid parameters are: {valid!r}.")
            if inner:
                getattr(self, outer).set_params(**{inner: value})
            else:
                setattr(self, outer, value)
        return self

    def __repr__(self) -> str:
        """A call that makes this estimator; parameters with their default value are left out."""
        changed = [f"{name}={getattr(self, name)!r}" for name, default in self._defaults().items()
                   if repr(getattr(self, name)) != repr(default)]
        return f"{type(self).__name__}({', '.join(changed)})"

    def _repr_html_(self) -> str:
        """In a notebook: the call, and a table of all parameters that can be opened; changed ones are bold."""
        call, rows = repr(self), []
        if len(call) > MAX_CALL_CHARACTERS:
            call = f"{type(self).__name__}(…)"
        for name, default in self._defaults().items():
            value = reprlib.repr(getattr(self, name))
            weight = "normal" if value == reprlib.repr(default) else "bold"
            rows.append(f"<tr style='font-weight:{weight}'><td>{name}</td><td>{html.escape(value)}</td></tr>")
        return (f"<details><summary><code>{html.escape(call)}</code></summary>"
                f"<table>{''.join(rows)}</table></details>")

    # ---- the checks at the start of every fit and predict

    def _check_rules(self, **rules: Rule) -> None:
        """Raises ValueError for the first parameter that breaks its rule (see rules.py)."""
        rules |= self._rules_of_all()
        values = [*map(vars(self).get, rules)]
        parts = [*rules.values(), *values]
        if len(parts) == len(self._passed) and all(map(is_, parts, self._passed)):
            return                     # the very same numbers and words as last time
        check(type(self).__name__, vars(self), rules)
        if all(type(value) in UNCHANGING_TYPES for value in values):
            type(self)._passed = parts

    @classmethod
    @cache                         # a fit on 500 rows takes 300 µs
    def _rules_of_all(cls) -> dict[str, Rule]:
        """The rules that no class has to write: for `engine`, and for parameters with only one value."""
        engine = {"engine": one_of(*ENGINES)} if "engine" in cls._defaults() else {}
        return engine | {name: only.rule for name, only in cls._no_effect.items() if isinstance(only, Only)}

    def _choose_engine(self, size: float | None = None, largest_plain_size: float = 0.0) -> bool:
        """Sets `engine_` from the parameter `engine`, and returns whether it is "fast".

        "auto" uses the plain code up to this size of the work, and the fast code above it.  A model without fast code
        gives no size and is always "plain".
        """
        fast = size is not None and (self.engine == "fast" or (self.engine == "auto" and size > largest_plain_size))
        self.engine_ = "fast" if fast else "plain"
        return fast

    def _unchanged_if_refused(self) -> "Unchanged":
        """A context for checks: if one of them raises, the model gets its earlier attributes back."""
        return Unchanged(self)


class Unchanged:
    """A context that gives an object its earlier attributes back if an error leaves it."""

    def __init__(self, model: object) -> None:
        self.attributes, self.before = vars(model), vars(model).copy()

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, *error: object) -> None:
        if kind is not None:
            self.attributes.clear()
            self.attributes.update(self.before)


def taking_too(init: Callable[..., None], more: dict[str, Any]) -> Callable[..., None]:
    """An `__init__` that also accepts these parameters, by name, and stores them."""
    defaults = {name: default.value if isinstance(default, Only) else default for name, default in more.items()}

    @wraps(init)
    def longer(self: Any, *arguments: Any, **named: Any) -> None:
        given = {name: named.pop(name) for name in defaults.keys() & named.keys()}
        init(self, *arguments, **named)
        vars(self).update(defaults | given)

    signature = inspect.signature(init)
    keyword_only = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default)
                    for name, default in defaults.items()]
    longer.__signature__ = signature.replace(                   # type: ignore[attr-defined]
        parameters=[*signature.parameters.values(), *keyword_only])
    return longer

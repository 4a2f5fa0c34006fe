"""An estimator's parameters are the arguments of its `__init__`, stored under their own names."""

import inspect
from typing import Any, Self


class Parameters:
    """get_params, set_params and a repr, read off the constructor's signature: what scikit-learn's `clone` needs."""

    @classmethod
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
        """Set parameters by name (`outer__inner` for nested estimators); returns self."""
        valid = sorted(self._defaults())
        for name, value in params.items():
            outer, _, inner = name.partition("__")
            if outer not in valid:
                raise ValueError(f"Invalid parameter {outer!r} for estimator {self}. Valid parameters are: {valid!r}.")
            if inner:
                getattr(self, outer).set_params(**{inner: value})
            else:
                setattr(self, outer, value)
        return self

    def __repr__(self) -> str:
        """A call that makes this estimator again; what has its default is left out."""
        changed = [f"{name}={getattr(self, name)!r}" for name, default in self._defaults().items()
                   if repr(getattr(self, name)) != repr(default)]
        return f"{type(self).__name__}({', '.join(changed)})"

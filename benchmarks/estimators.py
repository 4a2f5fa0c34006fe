"""An estimator as one side of a comparison: fit and predict separately; the fitted attributes are the answer.

Ours and scikit-learn's are called the same way, so one class serves both; each is imported only in its own process.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from benchmarks.worker import Arrays


class Estimator:
    """Fits on X and y, predicts Q, or X if there is no Q.

    learnt: the fitted attributes to compare.  exact: parameters of a second fit, as exact as possible; its
    predict_proba is compared, too.  neighbours: compare kneighbors, too.
    checks_off: scikit-learn without its checks of data and parameters, to measure their cost.
    centred: centre the features first, which is not timed.
    """

    def __init__(
        self, module: str, name: str, data: Arrays, *, parameters: Mapping[str, Any] | None = None,
        learnt: Sequence[str] = (), exact: Mapping[str, Any] | None = None, neighbours: bool = False,
        checks_off: bool = False, centred: bool = False,
    ) -> None:
        self.maker, self.parameters = getattr(import_module(module), name), dict(parameters or {})
        self.learnt, self.exact, self.neighbours = learnt, exact, neighbours
        self.X, self.y = data["X"], data["y"]                      # (n, d), (n,)
        self.mean = self.X.mean(axis=0) if centred else None       # (d,)
        self.X = self._centre(self.X)
        self.Q = self._centre(data["Q"]) if "Q" in data else self.X                              # (m, d)
        if checks_off:
            import_module("sklearn").set_config(assume_finite=True, skip_parameter_validation=True)

    @property
    def actions(self) -> dict[str, Callable[[], Any]]:
        return {"fit": self.fit, "predict": self.predict}

    def fit(self) -> Any:
        self.model = self.maker(**self.parameters).fit(self.X, self.y)
        return self.model

    def predict(self) -> np.ndarray:                               # (m,)
        return self.model.predict(self.Q)

    def answer(self) -> Arrays:
        answer = self._learnt(self.model) | {"predict": self.predict()}
        if self.exact is not None:
            with warnings.catch_warnings(action="ignore"):         # it may continue until rounding stops it
                model = self.maker(**self.parameters | dict(self.exact)).fit(self.X, self.y)
            answer |= {f"exact {name}": value for name, value in self._learnt(model).items()}
            answer["exact predict_proba"] = model.predict_proba(self.Q[:1000])                   # (≤ 1000, K)
        if self.neighbours:
            answer["distances"], answer["indices"] = self.model.kneighbors(self.Q)               # (m, k) both
        return answer

    def _centre(self, X: np.ndarray) -> np.ndarray:
        return X if self.mean is None else X - self.mean

    def _learnt(self, model: Any) -> Arrays:
        learnt = {name: np.asarray(getattr(model, name)) for name in self.learnt}
        if self.mean is not None:
            learnt["intercept_"] = learnt["intercept_"] - learnt["coef_"] @ self.mean    # for uncentred data
        return learnt

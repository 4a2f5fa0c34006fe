"""Estimators on arrays, labels, weights and parameters of every kind: fit, predict, probabilities, score."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ai_from_scratch.estimator.errors import DivergenceError
from Basic_Neural_Network_From_Scratch import MLPClassifier, MLPRegressor
from CNN_From_Scratch import CNNClassifier
from KNN_From_Scratch import KNeighborsClassifier, KNeighborsRegressor
from Linear_Regression_From_Scratch import LinearRegression, Ridge
from Logistic_Regression_From_Scratch import LogisticRegression
from Naive_Bayes_From_Scratch import GaussianNB

from .harness import Reader

MODELS: list[tuple[Callable[..., Any], dict[str, Any]]] = [
    (LinearRegression, {"max_iter": 50}), (Ridge, {}), (LogisticRegression, {"max_iter": 30}), (GaussianNB, {}),
    (KNeighborsClassifier, {"n_neighbors": 3}), (KNeighborsRegressor, {"n_neighbors": 3}),
    (MLPClassifier, {"hidden_layer_sizes": (4,), "max_iter": 3}),
    (MLPRegressor, {"hidden_layer_sizes": (4,), "max_iter": 3}),
    (CNNClassifier, {"filters": (2,), "kernel_size": 3, "hidden_layer_sizes": (4,), "max_iter": 2}),
]
ODD_VALUES: list[Any] = [None, -1, 0, 1, 0.5, 1e300, -0.0, float("nan"), float("inf"), True, "x", (), (3,),
                         [1, 2], np.int64(2), np.float32(0.1), {}]
HUGE_VALUES: list[Any] = [10**9, 10**30, (10**9,), ((10**5, 10**5),), 1e39, -1e300]       # not for a number of steps
REFUSALS = (ValueError, TypeError, DivergenceError)


class Estimators(Reader):
    """One model: fitted and used for predictions, in one of the many ways in which that can go wrong."""

    seconds = 20.0
    megabytes = 300.0
    refusals = REFUSALS

    def make(self, rng, folder: Path) -> tuple:
        kind, usual = MODELS[int(rng.integers(len(MODELS)))]
        parameters = dict(usual)
        if rng.random() < 0.3:
            names = [name for name in kind().get_params() if name != "workers"]
            name = str(rng.choice(names))
            values = ODD_VALUES if "iter" in name else ODD_VALUES + HUGE_VALUES
            parameters[name] = values[int(rng.integers(len(values)))]
        images = kind is CNNClassifier
        X = self.images(rng) if images else self.table(rng)
        y = self.target(rng, X, hasattr(kind, "predict_proba"))
        weight = None if images or "Neighbors" in kind.__name__ else self.weights(rng, len(X))
        asked = (self.images(rng) if images else self.table(rng)) if rng.random() < 0.1 else X
        return kind, parameters, X, y, weight, asked

    def images(self, rng) -> Any:
        """Squares of 6 × 6 pixels, or of a few other sizes, as bytes, floats or any type that a table can have."""
        X = self.table(rng)
        if not isinstance(X, np.ndarray) or rng.random() < 0.1:
            return X
        n = len(X)
        how = rng.integers(8)
        pixels = rng.integers(0, 256, (n, 6, 6)).astype(np.uint8)
        choices: list[Any] = [pixels, pixels / 255, pixels.reshape(n, 36), pixels[:, None], pixels[0] if n else pixels,
                              pixels[:, :, :4], pixels.tolist(), np.resize(X, (n, 6, 6))]
        return choices[how]

    @staticmethod
    def table(rng) -> Any:
        n, d = int(rng.choice([12, 40, 40, 2, 1, 0], p=[0.3, 0.3, 0.3, 0.06, 0.02, 0.02])), int(
            rng.choice([1, 3, 5, 60, 0], p=[0.24, 0.3, 0.3, 0.14, 0.02]))
        X: Any = rng.normal(size=(n, d))
        how = rng.integers(25)
        if how == 0:
            X *= 10.0 ** rng.integers(-330, 305)
        elif how == 1 and d:
            X[:, 0] *= 10.0 ** rng.integers(-330, 305)
        elif how == 2 and n and d:
            X[0, 0] = rng.choice([np.nan, np.inf, -np.inf, 1e308])
        elif how == 3:
            X = X.astype(rng.choice(["f2", "f4", "i8", "u1", "?", "O", "c16", "U8", "M8[s]"]))
        elif how == 4 and n and d:
            X = X.astype(object)
            X[0, 0] = [None, "a", "1.5", {}, [1], 10**400, float("nan"), 1j, True][int(rng.integers(9))]
        elif how == 5:
            X = np.ma.array(X, mask=rng.random(X.shape) < 0.1)
        elif how == 6:
            X = [X.tolist(), X[None], X.ravel(), np.asfortranarray(X), X[::-1], 3.0, None, "x"][int(rng.integers(8))]
            X = X if hasattr(X, "__len__") else np.array(X)
            X = X if getattr(X, "shape", None) != () else np.zeros((3, 2))
        elif how == 7 and n > 1:
            X[1] = X[0]
        elif how == 8:
            X = 1e8 + X
        elif how == 9:
            X = np.zeros((n, d))
        return X

    @staticmethod
    def target(rng, X: Any, labels: bool) -> Any:
        n = len(X)
        y: Any = rng.integers(0, 3, n) if labels else rng.normal(size=n)
        how = rng.integers(25)
        if how == 0:
            y = y * 10.0 ** rng.integers(-330, 305)
        elif how == 1 and n:
            y = y.astype(float)
            y[0] = rng.choice([np.nan, np.inf, 0.5])
        elif how == 2 and n:
            y = y.astype(object)
            y[0] = [None, "a", float("nan"), True, (1,), 10**400][int(rng.integers(6))]
        elif how == 3:
            y = y.astype(rng.choice(["U4", "f4", "?", "u1", "S3", "O", "c16", "M8[s]"]))
        elif how == 4:
            y = [y[:, None], y[:-1], y[None], list(y), np.stack([y, y], 1), None, 3, "abc"][int(rng.integers(8))]
        elif how == 5:
            y = np.zeros(n, int)
        elif how == 6:
            y = np.ma.array(y, mask=rng.random(n) < 0.2)
        elif how == 7:
            y = np.arange(n)
        return y

    @staticmethod
    def weights(rng, n: int) -> Any:
        how = rng.integers(25)
        weight = rng.random(n)
        choices: list[Any] = [weight, np.zeros(n), -weight, weight * 1e300, weight * 1e-310, weight[:-1], 2.0, "x",
                              np.where(weight < 0.5, 0, weight), [None] * n]
        return choices[how] if how < len(choices) and rng.random() < 0.5 else None

    def read(self, given: tuple) -> str:
        kind, parameters, X, y, weight, asked = given
        model = kind(**parameters)
        model.fit(X, y) if weight is None else model.fit(X, y, sample_weight=weight)
        predicted = model.predict(asked)
        if len(predicted) != len(asked):
            return "another number of predictions than of samples"
        if predicted.dtype.kind == "f" and not np.isfinite(predicted).all():
            return f"{kind.__name__} predicts NaN or infinity"
        if hasattr(model, "predict_proba"):
            p = model.predict_proba(asked)
            if not np.isfinite(p).all() or (p < 0).any() or not np.allclose(p.sum(axis=1), 1, atol=1e-4):
                return f"{kind.__name__}'s probabilities are none"
        if asked is X and len(predicted) > 1 and not np.isfinite(model.score(X, y)):
            return f"{kind.__name__}'s score is not finite"
        return ""

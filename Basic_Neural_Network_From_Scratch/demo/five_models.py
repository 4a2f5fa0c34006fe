"""Five models of five chapters on the same points of the plane, and why each of them says what it says."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ai_from_scratch.data import two_moons
from ai_from_scratch.estimator import Progress
from Basic_Neural_Network_From_Scratch.basic_neural_network import TwoLayerNetwork
from KNN_From_Scratch import KNeighborsClassifier
from Linear_Regression_From_Scratch import LinearRegression
from Logistic_Regression_From_Scratch import LogisticRegression
from Logistic_Regression_From_Scratch.cross_entropy import sigmoid
from Naive_Bayes_From_Scratch import GaussianNB

SIDE = 3.0                         # the plane reaches from −SIDE to SIDE
CELLS = 40                         # of the grid of probabilities, in each direction
STEPS = 100_000                    # of a training; the page ends it earlier


def shape(name: str, n: int, noise: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:  # (n, 2), (n,)
    """Points of two classes in this arrangement, within the plane that is shown."""
    y = np.arange(n) % 2
    shaken = noise * rng.standard_normal((n, 2))
    if name == "moons":
        X, y = two_moons(n, 0.0, rng=rng)
        X = 1.3 * (X - [0.5, 0.25]) + shaken
    elif name == "circles":
        angle, radius = rng.uniform(0, 2 * np.pi, n), np.where(y == 0, 0.8, 2.0)
        X = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]) + shaken
    elif name == "spiral":
        along = np.sqrt(rng.uniform(0.02, 1, n))
        angle = 2.6 * np.pi * along + np.pi * y
        X = 2.5 * along[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]) + 0.6 * shaken
    elif name == "xor":
        X = rng.uniform(-2, 2, (n, 2))
        y = (X[:, 0] * X[:, 1] < 0).astype(int)
        X = X + 0.7 * shaken
    elif name == "blobs":
        X = np.where(y[:, None] == 0, [-1.0, -0.8], [1.0, 0.8]) + (0.4 + noise) * rng.standard_normal((n, 2))
    else:
        X, y = rng.uniform(-2.2, 2.2, (n, 2)), rng.integers(0, 2, n)
    return np.clip(X, -SIDE, SIDE), y


class Models:
    """All five, fitted or in training on X (n, 2) with classes y (n,) of 0 and 1."""

    names = ("least squares", "logistic regression", "nearest neighbours", "naive Bayes", "neural network")

    def __init__(self, X: np.ndarray, y: np.ndarray, controls: Any, seed: int) -> None:
        self.controls, self.seed = controls, seed
        axis = np.linspace(-SIDE, SIDE, CELLS)
        self.grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)            # (CELLS², 2)
        self.network = TwoLayerNetwork(2, controls["hidden"], rng=np.random.default_rng(seed))
        self.line: Any = None                                                            # W, b of logistic regression
        self.learn_at_once(X, y)

    def learn_at_once(self, X: np.ndarray, y: np.ndarray) -> None:
        """The three that need no steps."""
        self.X, self.y = X, y
        self.squares = LinearRegression(engine="plain").fit(X, 2.0 * y - 1)
        self.neighbours = KNeighborsClassifier(min(self.controls["k"], len(y)), engine="plain").fit(X, y)
        self.bayes = GaussianNB(engine="plain").fit(X, y)
        self.fields = {name: self.field(name) for name in ("least squares", "nearest neighbours", "naive Bayes")}

    def steps(self) -> Iterator[Progress]:
        """One step of gradient descent of the network and one of logistic regression, again and again."""
        X, y, controls = self.X, self.y, self.controls
        self.logistic = LogisticRegression(C=controls["C"], solver="gradient_descent", max_iter=STEPS, tol=1e-12,
                                           engine="plain")
        of_line = self.logistic.training(X, y, initial=self.line)
        for progress in self.network.training(X, y, controls["learning_rate"], STEPS):
            if next(of_line, None) is not None:
                self.line = self.logistic.coef_, self.logistic.intercept_
            yield progress

    def probability(self, name: str, X: np.ndarray) -> np.ndarray:                       # (m, 2) -> (m,) of class 1
        if name == "least squares":
            return np.clip((self.squares.predict(X) + 1) / 2, 0, 1)                      # its lines are at ±1
        if name == "logistic regression":
            if self.line is None:
                return np.full(len(X), 0.5)                                              # before the first step
            W, b = self.line
            return sigmoid(X @ W.ravel() + b)
        if name == "neural network":
            return sigmoid(self.network.forward(X)[:, 0])
        return (self.neighbours if name == "nearest neighbours" else self.bayes).predict_proba(X)[:, 1]

    def field(self, name: str) -> np.ndarray:                                            # (CELLS, CELLS)
        return self.probability(name, self.grid).reshape(CELLS, CELLS).astype(np.float32)

    def accuracy(self, name: str, X: np.ndarray, y: np.ndarray) -> float:
        return float(((self.probability(name, X) > 0.5) == y).mean())

    # ---- why? ----------------------------------------------------------------------------------------------------

    def why(self, name: str, place: tuple[float, float]) -> tuple[str, np.ndarray | None]:
        """Why the model says what it says there, in a sentence; and lines (m, 2) to what it looked at, if any."""
        x = np.array([place])
        p = float(self.probability(name, x)[0])
        head = f"Here: {100 * p:.0f} % blue. "
        if name == "nearest neighbours":
            _, found = self.neighbours.kneighbors(x)
            near = self.X[found[0]]                                                      # (k, 2)
            votes = int(self.y[found[0]].sum())
            links = np.concatenate([np.stack([x[0], point, [np.nan, np.nan]]) for point in near])
            return head + f"Of the {len(near)} nearest points {votes} are blue and {len(near) - votes} orange.", links
        if name == "naive Bayes":
            terms = -0.5 * (np.log(self.bayes.var_) + (x - self.bayes.theta_) ** 2 / self.bayes.var_)    # (2, 2)
            odds = np.log(self.bayes.class_prior_[1] / self.bayes.class_prior_[0])
            return head + (f"Log odds: {odds:+.2f} from the prior, {terms[1, 0] - terms[0, 0]:+.2f} from x₁, "
                           f"{terms[1, 1] - terms[0, 1]:+.2f} from x₂."), None
        if name == "neural network":
            self.network.forward(x)
            share = self.network.h[0] * self.network.W2[:, 0]                            # (H,)
            order = np.argsort(-np.abs(share))[:3]
            terms = ", ".join(f"{share[unit]:+.2f} from unit {unit + 1}" for unit in order)
            return head + f"Logit {self.network.z[0, 0]:+.2f}: {terms}, the rest from the others.", None
        if name == "least squares":
            w, b = self.squares.coef_, float(self.squares.intercept_)
        elif self.line is None:
            return head + "It has not taken a step.", None
        else:
            w, b = self.line[0].ravel(), float(np.ravel(self.line[1])[0])
        what = "Value" if name == "least squares" else "Logit"
        return head + (f"{what} {float(x[0] @ w) + b:+.2f} = {w[0] * x[0, 0]:+.2f} from x₁, {w[1] * x[0, 1]:+.2f} from "
                       f"x₂, {b:+.2f} from the intercept."), None

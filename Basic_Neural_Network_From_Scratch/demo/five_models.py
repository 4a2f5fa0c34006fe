"""Five models of five chapters on the same points of the plane: two to four classes, painted or arranged."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ai_from_scratch.data import two_moons
from ai_from_scratch.estimator import Progress
from Basic_Neural_Network_From_Scratch.basic_neural_network import TwoLayerNetwork
from Basic_Neural_Network_From_Scratch.layers import Dense, Tanh
from Basic_Neural_Network_From_Scratch.losses import SoftmaxCrossEntropy
from Basic_Neural_Network_From_Scratch.network import Sequential
from Basic_Neural_Network_From_Scratch.optimizers import SGD
from Basic_Neural_Network_From_Scratch.training import train_network
from KNN_From_Scratch import KNeighborsClassifier
from Linear_Regression_From_Scratch import LinearRegression
from Logistic_Regression_From_Scratch import LogisticRegression
from Logistic_Regression_From_Scratch.cross_entropy import log_one_plus_exp, log_softmax, sigmoid
from Naive_Bayes_From_Scratch import GaussianNB

SIDE = 3.0                         # the plane reaches from −SIDE to SIDE in both directions
GRID_CELLS = 40                    # cells of the grid of probabilities, in each direction
COARSE_GRID_CELLS = 14             # cells of the first picture of the nearest neighbours, which take longest
ROWS_PER_FRAME = 4                 # rows of the fine picture of the nearest neighbours that are computed at a time
COLOURS = ("orange", "blue", "green", "purple")           # of the classes 0 … 3
STEPS = 100_000                    # most steps of a training; the page ends it earlier


def shape(name: str, n: int, noise: float, rng: np.random.Generator,
          classes: int = 2) -> tuple[np.ndarray, np.ndarray]:                            # (n, 2), (n,)
    """Points of two to four classes in this arrangement, all within the plane."""
    y = np.arange(n) % classes
    shaken = noise * rng.standard_normal((n, 2))
    if name == "moons" and classes == 2:
        X, y = two_moons(n, 0.0, rng=rng)
        X = 1.3 * (X - [0.5, 0.25]) + shaken
    elif name == "moons":                                                                # a chain of them
        angle, down = rng.uniform(0, np.pi, n), y % 2
        X = np.column_stack([np.cos(angle) + y, np.where(down, 0.5 - np.sin(angle), np.sin(angle))])
        X = 4.4 / (classes + 1) * (X - [(classes - 1) / 2, 0.25]) + 0.7 * shaken
    elif name == "circles":
        radius = np.linspace(0.8, 2.0, 2)[y] if classes == 2 else np.linspace(0.3, 2.5, classes)[y]
        angle = rng.uniform(0, 2 * np.pi, n)
        X = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]) + (2 / classes) * shaken
    elif name == "spiral":
        along = np.sqrt(rng.uniform(0.02, 1, n))
        angle = 2.6 * np.pi * along + 2 * np.pi / classes * y
        X = 2.5 * along[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]) + 1.2 / classes * shaken
    elif name == "xor":                                                                  # a board of classes² cells
        X = rng.uniform(-2, 2, (n, 2))
        y = np.minimum((X + 2) * classes / 4, classes - 1).astype(int).sum(axis=1) % classes
        X = X + 1.4 / classes * shaken
    elif name == "blobs":
        centres = np.array([[-1.0, -0.8], [1.0, 0.8], [-1.2, 1.4], [1.3, -1.4]])
        X = centres[y] + (0.4 + noise) * rng.standard_normal((n, 2))
    else:
        X, y = rng.uniform(-2.2, 2.2, (n, 2)), rng.integers(0, classes, n)
    return np.clip(X, -SIDE, SIDE), y


class SoftmaxNetwork:
    """The network for three or four classes: 2-H-K, softmax, gradient descent on all points at once."""

    def __init__(self, hidden: int, K: int, rng: np.random.Generator) -> None:
        self.first, self.tanh, self.last, self.rng = Dense(hidden), Tanh(), Dense(K, "glorot"), rng
        self.network = Sequential([self.first, self.tanh, self.last]).build((2,), rng, np.float64)
        self.W1, self.b1, self.W2 = self.first.W, self.first.b, self.last.W              # (2, H), (H,), (H, K)

    def forward(self, X: np.ndarray) -> np.ndarray:                                      # (m, 2) -> (m, K)
        self.h = self.tanh.forward(self.first.forward(X))                                # (m, H)
        return self.last.forward(self.h)

    def training(self, X: np.ndarray, y: np.ndarray, learning_rate: float, steps: int) -> Iterator[Progress]:
        return train_network(self.network, SoftmaxCrossEntropy(), SGD(learning_rate), X, y, epochs=steps,
                             batch_size=len(X), rng=self.rng, shuffle=False)


class Models:
    """All five models, fitted or in training, on X (n, 2) with classes y (n,) out of 0 … 3."""

    names = ("least squares", "logistic regression", "nearest neighbours", "naive Bayes", "neural network")
    at_once = ("least squares", "nearest neighbours", "naive Bayes")                     # no steps

    def __init__(self, X: np.ndarray, y: np.ndarray, controls: Any, seed: int) -> None:
        self.controls, self.seed, self.classes = controls, seed, np.array([], int)
        self.line: Any = None                                                            # W, b of logistic regression
        self.learn_at_once(X, y)

    def learn_at_once(self, X: np.ndarray, y: np.ndarray) -> None:
        """Fits the three models that need no steps. The other two start again if the set of classes has changed."""
        self.X, self.y = X, y
        self.right: dict[tuple[str, bool], float] = {}                    # accuracies, computed for the present X
        self.shown: dict[str, dict[str, Any]] = {}                        # arrays of frames, computed for the present X
        if not np.array_equal(self.classes, np.unique(y)):
            self.classes, self.line, self.step = np.unique(y), None, 0
            rng, K, hidden = np.random.default_rng(self.seed), len(self.classes), self.controls["hidden"]
            self.network: Any = TwoLayerNetwork(2, hidden, rng=rng) if K == 2 else SoftmaxNetwork(hidden, K, rng)
        self.codes = np.searchsorted(self.classes, y)                                    # (n,) 0 … K − 1
        signs = 2.0 * (self.codes[:, None] == np.arange(len(self.classes))) - 1          # (n, K) of ±1
        self.squares = [LinearRegression(engine="plain").fit(X, signs[:, c]) for c in range(len(self.classes))]
        self.neighbours = KNeighborsClassifier(min(self.controls["k"], len(y)), engine="plain").fit(X, y)
        self.bayes = GaussianNB(engine="plain").fit(X, y)
        self.fields = {name: self.field(name, COARSE_GRID_CELLS if name == "nearest neighbours" else GRID_CELLS)
                       for name in self.at_once}
        self.fine: list[np.ndarray] = []                                                 # rows of the finer picture

    @property
    def unfinished(self) -> bool:
        return len(self.fine) * ROWS_PER_FRAME < GRID_CELLS

    def refine(self) -> None:
        """Computes a few more rows of the nearest neighbours' picture."""
        start = len(self.fine) * ROWS_PER_FRAME * GRID_CELLS
        points = grid(GRID_CELLS)[start : start + ROWS_PER_FRAME * GRID_CELLS]
        self.fine.append(self.coloured(self.scores("nearest neighbours", points)))
        if not self.unfinished:
            self.fields["nearest neighbours"] = squared(np.concatenate(self.fine), GRID_CELLS)

    def steps(self) -> Iterator[Progress]:
        """Does one step of gradient descent of the network and one of logistic regression, again and again."""
        controls = self.controls
        self.logistic = LogisticRegression(C=controls["C"], solver="gradient_descent", max_iter=STEPS, tol=1e-12,
                                           engine="plain")
        of_line = self.logistic.training(self.X, self.codes, initial=self.line)
        for progress in self.network.training(self.X, self.codes, controls["learning_rate"], STEPS):
            if next(of_line, None) is not None:
                self.line = self.logistic.coef_, self.logistic.intercept_
            self.step += 1
            yield progress

    # ---- what they say -----------------------------------------------------------------------------------------------

    def logits(self, name: str, X: np.ndarray) -> np.ndarray:                            # (m, 2) -> (m, K), or (m, 1)
        """The logits of logistic regression or of the network, before σ or softmax."""
        if name == "neural network":
            found: np.ndarray = self.network.forward(X)
            return found
        K = len(self.classes)
        W, b = self.line or (np.zeros((K if K > 2 else 1, 2)), np.zeros(1))  # before the first step: no preference
        return X @ W.T + b

    def values(self, X: np.ndarray) -> np.ndarray:                                       # (m, 2) -> (m, K)
        """The values that least squares predict: +1 for the point's class, −1 for the others."""
        return np.column_stack([model.predict(X) for model in self.squares])

    def scores(self, name: str, X: np.ndarray) -> np.ndarray:                            # (m, 2) -> (m, K)
        """The probabilities, or for least squares values between −1 and 1.  The answer is the class with the largest
        one."""
        if name in ("logistic regression", "neural network"):
            z = self.logits(name, X)
            return np.exp(log_softmax(z.T)).T if z.shape[1] > 1 else sigmoid(np.column_stack([-z, z]))
        if name == "least squares":
            share = np.clip((self.values(X) + 1) / 2, 0, 1)
            return share / np.maximum(share.sum(axis=1, keepdims=True), 1e-9)
        return (self.neighbours if name == "nearest neighbours" else self.bayes).predict_proba(X)

    def coloured(self, p: np.ndarray) -> np.ndarray:                                     # (m, K) -> (m,) or (m, 4)
        """As integers 0 … 255 for the page: P(class 1) if only the classes 0 and 1 occur, else the probabilities of all
        four."""
        if np.array_equal(self.classes, [0, 1]):
            return np.round(255 * p[:, 1]).astype(np.uint8)
        shares = np.zeros((len(p), len(COLOURS)), np.uint8)
        shares[:, self.classes] = np.round(255 * p)
        return shares

    def field(self, name: str, cells: int = GRID_CELLS) -> np.ndarray:                   # (cells, cells), or … × 4
        return squared(self.coloured(self.scores(name, grid(cells))), cells)

    def accuracy(self, name: str, X: np.ndarray, y: np.ndarray) -> float:
        """The share of the points that the model classifies correctly.  For the three models that do not change while
        the others learn, it is computed once."""
        key = (name, X is self.X)
        if name in self.at_once and key in self.right:
            return self.right[key]
        answers = self.values(X) if name == "least squares" else self.scores(name, X)
        self.right[key] = float((self.classes[answers.argmax(axis=1)] == y).mean())
        return self.right[key]

    def loss(self, X: np.ndarray, y: np.ndarray) -> float:
        """The network's mean cross-entropy."""
        z, codes = self.network.forward(X), np.searchsorted(self.classes, y)
        if z.shape[1] == 1:
            return float(np.mean(log_one_plus_exp(z[:, 0]) - codes * z[:, 0]))
        return float(-np.mean(log_softmax(z.T)[codes, np.arange(len(z))]))

    def units(self, cells: int) -> dict[str, np.ndarray]:
        """The output of each hidden unit over the plane, tanh in 127ths; copies of all weights; the classes."""
        network = self.network
        network.forward(grid(cells))
        values = np.round(127 * network.h.T).astype(np.int8)                             # (H, cells²)
        return {"values": values.reshape(-1, cells, cells), "inputs": network.W1.copy(), "bias": network.b1.copy(),
                "weights": network.W2.copy(), "classes": self.classes.astype(np.int32)}

    def ellipses(self) -> list[tuple[int, np.ndarray]]:
        """(class, points) of naive Bayes: one and two standard deviations around each class's mean."""
        angle = np.linspace(0, 2 * np.pi, 49)
        circle = np.column_stack([np.cos(angle), np.sin(angle)])
        return [(int(name), mean + size * circle * np.sqrt(var)) for size in (1, 2)
                for name, mean, var in zip(self.classes, self.bayes.theta_, self.bayes.var_, strict=True)]


def grid(cells: int) -> np.ndarray:                                                      # (cells², 2)
    axis = np.linspace(-SIDE, SIDE, cells)
    return np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)


def squared(values: np.ndarray, cells: int) -> np.ndarray:                               # (cells², …)
    return values.reshape(cells, cells, *values.shape[1:])

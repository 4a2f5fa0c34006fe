"""A basic neural network, whole: one hidden layer, one label 0 or 1, gradient descent on all samples at once.

    forward     a = X W₁ + b₁      h = tanh a      z = h W₂ + b₂
    loss        L = mean of log(1 + eᶻ) − y z                          −log of the probability σ(z) of the right label
    backward    dz = (σ(z) − y)/N     dW₂ = hᵀ dz     db₂ = Σᵢ dz      dh = dz W₂ᵀ
                da = dh (1 − h²)      dW₁ = Xᵀ da     db₁ = Σᵢ da
    step        θ ← θ − η dθ          θ: W₁, b₁, W₂, b₂

dW is ∂L/∂W and has W's shape.   N samples   I inputs   H hidden units   η learning rate
Derivation: documentation/basic_neural_network.md
"""

from collections.abc import Iterator

import numpy as np

from ai_from_scratch.estimator import Progress
from ai_from_scratch.estimator.batches import codes_of, inputs_of
from ai_from_scratch.estimator.rules import check, positive, whole
from Basic_Neural_Network_From_Scratch.layers import initial_weights
from Logistic_Regression_From_Scratch.cross_entropy import log_one_plus_exp, sigmoid


class TwoLayerNetwork:
    """network = TwoLayerNetwork(inputs=2, hidden=8, rng=np.random.default_rng(0))

    for progress in network.training(X, y):                     # X (N, 2), y (N,) of 0 and 1
        ...                                                     # progress.loss; network.predict works here
    """

    def __init__(self, inputs: int, hidden: int, *, rng: np.random.Generator) -> None:
        # He's initialisation: with Glorot's narrower one, one run in 24 keeps a straight line for 1,000 steps.
        self.W1 = initial_weights((inputs, hidden), "he", rng)          # (I, H)
        self.b1 = np.zeros(hidden)                                      # (H,)
        self.W2 = initial_weights((hidden, 1), "glorot", rng)           # (H, 1)
        self.b2 = np.zeros(1)                                           # (1,)

    def forward(self, X: np.ndarray) -> np.ndarray:                     # (N, I) -> (N, 1)
        """The logits: log of P(label 1) / P(label 0).  Keeps the arrays that backward needs."""
        self.X = X = inputs_of(X, self.W1.shape[:1], float)
        self.h = np.tanh(X @ self.W1 + self.b1)                         # (N, H)
        self.z = self.h @ self.W2 + self.b2                             # (N, 1)
        return self.z

    def loss(self, y: np.ndarray) -> float:                             # (N,)
        """The cross-entropy of the last forward pass; y is 0 or 1."""
        z, y = self.z[:, 0], codes_of(y, len(self.z), 2)                # (N,), (N,): never (N, 1), which makes (N, N)
        return float(np.mean(log_one_plus_exp(z) - y * z))

    def backward(self, y: np.ndarray) -> None:                          # (N,)
        """The gradient of this loss, by the chain rule from the last line of forward back to the first."""
        dz = (sigmoid(self.z) - np.reshape(y, self.z.shape)) / len(y)  # (N, 1)
        self.dW2 = self.h.T @ dz                                        # (H, 1)
        self.db2 = dz.sum(axis=0)                                       # (1,)
        dh = dz @ self.W2.T                                             # (N, H)
        da = dh * (1 - self.h**2)                                       # (N, H)  tanh′ = 1 − tanh²
        self.dW1 = self.X.T @ da                                        # (I, H)
        self.db1 = da.sum(axis=0)                                       # (H,)

    def step(self, learning_rate: float) -> None:
        """Move every parameter against its gradient."""
        self.W1 -= learning_rate * self.dW1
        self.b1 -= learning_rate * self.db1
        self.W2 -= learning_rate * self.dW2
        self.b2 -= learning_rate * self.db2

    def training(self, X: np.ndarray, y: np.ndarray, learning_rate: float = 1.0,
                 steps: int = 1000) -> Iterator[Progress]:
        """Gradient descent, which pauses after every step.  Progress.loss is the loss before the step."""
        check("training", locals(), {"learning_rate": positive, "steps": whole(1)})
        for step in range(1, steps + 1):
            self.forward(X)
            loss = self.loss(y)
            self.backward(y)
            self.step(learning_rate)
            yield Progress(step=step, steps=steps, epoch=step, loss=loss)

    def predict(self, X: np.ndarray) -> np.ndarray:                     # (N, I) -> (N,)
        """The more probable label, 0 or 1."""
        return (self.forward(X)[:, 0] > 0).astype(int)

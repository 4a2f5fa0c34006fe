"""Optimisers: how far to move the parameters θ against their gradients g.  η is the learning rate, t counts updates.

    SGD        v ← β v + g                      θ ← θ − η v        (Nesterov: θ ← θ − η (g + β v))
    RMSProp    v ← β v + (1 − β) g²             θ ← θ − η g / (√v + ε)     (β: decay)
    Adam       m ← β₁ m + (1 − β₁) g            m̂ = m / (1 − β₁ᵗ)
               v ← β₂ v + (1 − β₂) g²           v̂ = v / (1 − β₂ᵗ)        θ ← θ − η m̂ / (√v̂ + ε)
    AdamW      θ ← (1 − η weight_decay) θ for the weights of matrices, then Adam's step

One optimiser belongs to one network: m and v have the shape of its flat array of parameters, (P,).
"""

import numpy as np

from ai_from_scratch.estimator.rules import Checked, below_one, boolean, non_negative, positive, real


class Optimizer(Checked, learning_rate=positive):
    """`learning_rate` may be changed between steps: a schedule does that."""

    learning_rate: float
    steps = 0  # updates made so far

    def step(self, parameters: np.ndarray, gradients: np.ndarray, matrices: int | None = None) -> None:  # (P,), (P,)
        """Updates the parameters in place; the gradients are only read.

        The first `matrices` parameters (all, if None) belong to matrices: only these can decay.
        """
        raise NotImplementedError


class SGD(Optimizer, momentum=real(0, 1), nesterov=boolean):
    """Gradient descent; with momentum, earlier gradients continue to act, weaker by β at each step (Polyak, 1964)."""

    def __init__(self, learning_rate: float = 0.1, momentum: float = 0.0, nesterov: bool = False) -> None:
        self.learning_rate, self.momentum, self.nesterov = learning_rate, momentum, nesterov

    def step(self, parameters: np.ndarray, gradients: np.ndarray, matrices: int | None = None) -> None:
        if self.steps == 0:
            self.v = np.zeros_like(parameters)
        self.steps += 1
        self.v = self.momentum * self.v + gradients
        move = gradients + self.momentum * self.v if self.nesterov else self.v
        parameters -= self.learning_rate * move


class RMSProp(Optimizer, decay=real(0, 1), epsilon=positive):
    """A step size for each parameter: the gradient divided by its recent size (Tieleman and Hinton, 2012)."""

    def __init__(self, learning_rate: float = 1e-3, decay: float = 0.99, epsilon: float = 1e-8) -> None:
        self.learning_rate, self.decay, self.epsilon = learning_rate, decay, epsilon

    def step(self, parameters: np.ndarray, gradients: np.ndarray, matrices: int | None = None) -> None:
        if self.steps == 0:
            self.v = np.zeros_like(parameters)
        self.steps += 1
        self.v = self.decay * self.v + (1 - self.decay) * gradients**2
        parameters -= self.learning_rate * gradients / (np.sqrt(self.v) + self.epsilon)


class Adam(Optimizer, beta1=below_one, beta2=below_one, epsilon=positive):
    """RMSProp with momentum: the mean gradient divided by its recent size (Kingma and Ba, 2015).

    The first step moves every parameter by η, whatever the scale of its gradient.
    """

    def __init__(self, learning_rate: float = 1e-3, beta1: float = 0.9, beta2: float = 0.999,
                 epsilon: float = 1e-8) -> None:
        self.learning_rate, self.beta1, self.beta2, self.epsilon = learning_rate, beta1, beta2, epsilon

    def step(self, parameters: np.ndarray, gradients: np.ndarray, matrices: int | None = None) -> None:
        if self.steps == 0:
            self.m, self.v = np.zeros_like(parameters), np.zeros_like(parameters)
        self.steps += 1
        self.m = self.beta1 * self.m + (1 - self.beta1) * gradients         # running mean of the gradient
        self.v = self.beta2 * self.v + (1 - self.beta2) * gradients**2      # and of its square
        m_hat = self.m / (1 - self.beta1**self.steps)                    # m and v start at 0 and are too small at first
        v_hat = self.v / (1 - self.beta2**self.steps)
        parameters -= self.learning_rate * m_hat / (np.sqrt(v_hat) + self.epsilon)


class AdamW(Adam, weight_decay=non_negative):
    """Adam whose weights decay directly, not through the gradient (Loshchilov and Hutter, 2019).

    Adam would divide the gradient of a penalty by √v̂, too; then weights with large gradients would decay least.
    """

    def __init__(self, learning_rate: float = 1e-3, beta1: float = 0.9, beta2: float = 0.999,
                 epsilon: float = 1e-8, weight_decay: float = 0.01) -> None:
        super().__init__(learning_rate, beta1, beta2, epsilon)
        self.weight_decay = weight_decay

    def step(self, parameters: np.ndarray, gradients: np.ndarray, matrices: int | None = None) -> None:
        parameters[:matrices] *= 1 - self.learning_rate * self.weight_decay
        super().step(parameters, gradients)

"""Optimisers: how far to move the parameters θ along their gradients g.  η is the learning rate.

    SGD        v ← μ v + g                      θ ← θ − η v        (nesterov: θ ← θ − η (g + μ v))
    RMSProp    v ← ρ v + (1 − ρ) g²             θ ← θ − η g / (√v + ε)
    Adam       m ← β₁ m + (1 − β₁) g            v ← β₂ v + (1 − β₂) g²
               θ ← θ − η · m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + ε)
    AdamW      θ ← (1 − η λ) θ for the weights of matrices, then Adam's step

t counts updates.  All parameters of a network lie in one flat array (P,), so a step is a few passes over it, each in
place.  One optimiser belongs to one network: v and m have its shape.
"""

import math

import numpy as np


class Optimizer:
    """`learning_rate` may be changed between steps: that is all that a schedule does."""

    learning_rate: float
    steps = 0  # updates made so far

    def step(self, parameters: np.ndarray, gradients: np.ndarray, matrices: int | None = None) -> None:  # (P,), (P,)
        """Update the parameters in place; the gradients are only read.

        The first `matrices` parameters (all where it is not given) belong to matrices: only these can decay.
        """
        raise NotImplementedError


class SGD(Optimizer):
    """Stochastic gradient descent; with momentum the last gradients go on pushing, each weaker by that factor.

    (Polyak, 1964; Nesterov's variant as Sutskever et al., 2013, write it.)
    """

    def __init__(self, learning_rate: float = 0.1, momentum: float = 0.0, nesterov: bool = False) -> None:
        self.learning_rate, self.momentum, self.nesterov = learning_rate, momentum, nesterov

    def step(self, parameters: np.ndarray, gradients: np.ndarray, matrices: int | None = None) -> None:
        if not self.steps:
            self.v = np.zeros_like(parameters)
        self.steps += 1
        self.v *= self.momentum
        self.v += gradients
        move = gradients + self.momentum * self.v if self.nesterov else self.v
        parameters -= self.learning_rate * move


class RMSProp(Optimizer):
    """A learning rate for each parameter: the gradient over its recent size (Tieleman and Hinton, 2012)."""

    def __init__(self, learning_rate: float = 1e-3, decay: float = 0.99, epsilon: float = 1e-8) -> None:
        self.learning_rate, self.decay, self.epsilon = learning_rate, decay, epsilon

    def step(self, parameters: np.ndarray, gradients: np.ndarray, matrices: int | None = None) -> None:
        if not self.steps:
            self.v = np.zeros_like(parameters)
        self.steps += 1
        self.v *= self.decay
        self.v += (1 - self.decay) * gradients**2
        parameters -= self.learning_rate * gradients / (np.sqrt(self.v) + self.epsilon)


class Adam(Optimizer):
    """RMSProp with momentum: the mean gradient over its recent size (Kingma and Ba, 2015).

    The first step moves every parameter by η, whatever the gradient's scale.
    """

    def __init__(
        self, learning_rate: float = 1e-3, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8
    ) -> None:
        self.learning_rate, self.beta1, self.beta2, self.epsilon = learning_rate, beta1, beta2, epsilon

    def step(self, parameters: np.ndarray, gradients: np.ndarray, matrices: int | None = None) -> None:
        if not self.steps:
            # Sums instead of means: m = (1 − β₁) M and v = (1 − β₂) V save two passes.  `buffer` is kept for speed.
            self.M, self.V, self.buffer = (np.zeros_like(parameters) for _ in range(3))
        self.steps += 1
        M, V, buffer = self.M, self.V, self.buffer
        M *= self.beta1
        M += gradients                                          # M ← β₁ M + g
        np.multiply(gradients, gradients, out=buffer)
        V *= self.beta2
        V += buffer                                             # V ← β₂ V + g²

        # From the sums to means that no longer lack what came before t = 1: two factors, m̂ = a M and v̂ = V / c².
        a = (1 - self.beta1) / (1 - self.beta1**self.steps)
        c = math.sqrt((1 - self.beta2**self.steps) / (1 - self.beta2))
        np.sqrt(V, out=buffer)
        buffer += self.epsilon * c
        np.divide(M, buffer, out=buffer)
        buffer *= self.learning_rate * a * c                    # η m̂ / (√v̂ + ε)
        parameters -= buffer


class AdamW(Adam):
    """Adam whose weights decay by themselves, not through the gradient (Loshchilov and Hutter, 2019).

    A penalty's gradient would be divided by √v like the rest: what is steep would shrink the least.
    """

    def __init__(
        self, learning_rate: float = 1e-3, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(learning_rate, beta1, beta2, epsilon)
        self.weight_decay = weight_decay

    def step(self, parameters: np.ndarray, gradients: np.ndarray, matrices: int | None = None) -> None:
        parameters[:matrices] *= 1 - self.learning_rate * self.weight_decay
        super().step(parameters, gradients)

"""Optimisers: how far to move the parameters θ along their gradients g.  η is the learning rate.

    SGD        v ← μ v + g                      θ ← θ − η v        (nesterov: θ ← θ − η (g + μ v))
    Adam       m ← β₁ m + (1 − β₁) g            v ← β₂ v + (1 − β₂) g²
               θ ← θ − η · m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + ε)

t counts updates.  All parameters of a network lie in one flat array (P,), so a step is a few passes over it, each in
place.  One optimiser belongs to one network: v and m have its shape.
"""

import math

import numpy as np


class Optimizer:
    """`learning_rate` may be changed between steps: that is all that a schedule does."""

    learning_rate: float
    steps = 0  # updates made so far

    def step(self, parameters: np.ndarray, gradients: np.ndarray) -> None:  # (P,), (P,)
        """Update the parameters in place; the gradients are only read."""
        raise NotImplementedError


class SGD(Optimizer):
    """Stochastic gradient descent; with momentum the last gradients go on pushing, each weaker by that factor.

    (Polyak, 1964; Nesterov's variant as Sutskever et al., 2013, write it.)
    """

    def __init__(self, learning_rate: float = 0.1, momentum: float = 0.0, nesterov: bool = False) -> None:
        self.learning_rate, self.momentum, self.nesterov = learning_rate, momentum, nesterov

    def step(self, parameters: np.ndarray, gradients: np.ndarray) -> None:
        if not self.steps:
            self.v = np.zeros_like(parameters)
        self.steps += 1
        self.v *= self.momentum
        self.v += gradients
        move = gradients + self.momentum * self.v if self.nesterov else self.v
        parameters -= self.learning_rate * move


class Adam(Optimizer):
    """A learning rate for each parameter: the mean gradient over its recent size (Kingma and Ba, 2015).

    The first step moves every parameter by η, whatever the gradient's scale.
    """

    def __init__(
        self, learning_rate: float = 1e-3, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8
    ) -> None:
        self.learning_rate, self.beta1, self.beta2, self.epsilon = learning_rate, beta1, beta2, epsilon

    def step(self, parameters: np.ndarray, gradients: np.ndarray) -> None:
        if not self.steps:
            self.m, self.v = np.zeros_like(parameters), np.zeros_like(parameters)
        self.steps += 1
        m, v = self.m, self.v
        buffer = np.multiply(gradients, 1 - self.beta1)         # the one array made here; every pass below is in place
        m *= self.beta1
        m += buffer                                             # m ← β₁ m + (1 − β₁) g
        np.multiply(gradients, gradients, out=buffer)
        buffer *= 1 - self.beta2
        v *= self.beta2
        v += buffer                                             # v ← β₂ v + (1 − β₂) g²

        # m and v began at 0 and are too small by these factors; the scalars take that on, so that the arrays need not.
        small_m, small_v = 1 - self.beta1**self.steps, 1 - self.beta2**self.steps
        np.sqrt(v, out=buffer)
        buffer += self.epsilon * math.sqrt(small_v)
        np.divide(m, buffer, out=buffer)
        buffer *= self.learning_rate * math.sqrt(small_v) / small_m
        parameters -= buffer

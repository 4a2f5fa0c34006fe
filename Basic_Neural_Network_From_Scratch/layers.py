"""Layers: each one computes a function of its input, and the derivative of that function.

    Dense     Y = X W + b               dW = Xᵀ dY     db = Σᵢ dYᵢ     dX = dY Wᵀ
    ReLU      Y = max(X, 0)             dX = dY · [Y > 0]
    LeakyReLU Y = max(X, slope · X)     dX = dY · (1 where Y > 0, else slope)
    Sigmoid   Y = 1 / (1 + e⁻ˣ)         dX = dY · Y (1 − Y)
    Tanh      Y = tanh X                dX = dY · (1 − Y²)
dY is ∂L/∂Y and comes into a backward; dX goes out.   N samples   I inputs   O outputs
"""

import math
from collections.abc import Iterator

import numpy as np

from ai_from_scratch.estimator.rules import Checked, below_one, one_of, whole
from Logistic_Regression_From_Scratch.cross_entropy import sigmoid


class Layer(Checked):
    """The base of every layer.  `class Dense(Layer, outputs=whole(1))`: a Dense with other outputs is refused."""

    trainable: tuple[str, ...] = ()        # names of the arrays that it learns, matrices first; dW is the gradient of W
    state: tuple[str, ...] = ()            # arrays that training changes without a gradient, such as running statistics
    kept: tuple[str, ...] = ("X", "Y")      # arrays that forward keeps for backward; copies and pickles leave them out
    shown: tuple[str, ...] = ()             # what repr shows

    def build(self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype=np.float32) -> tuple[int, ...]:
        """Makes the arrays for inputs of this shape (without N); returns the shape of the output (without N)."""
        return input_shape

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:  # (N, *input) -> (N, *output)
        """The output.  If `training`, it keeps the arrays that backward needs; it never writes into X."""
        raise NotImplementedError

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:  # (N, *output) -> (N, *input)
        """Overwrites the gradients with those of the last training forward; returns dX only if need_dX."""
        raise NotImplementedError

    def parameters(self) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
        """(name, parameter, gradient) of every array that the layer learns."""
        for name in self.trainable:
            yield name, getattr(self, name), getattr(self, "d" + name)

    def multiply_adds(self, input_shape: tuple[int, ...], output_shape: tuple[int, ...]) -> int:
        """The multiply-adds for one sample: each weight is used once at every output position.  Shapes without N."""
        return math.prod(output_shape[1:]) * sum(array.size for _, array, _ in self.parameters() if array.ndim >= 2)

    def __getstate__(self) -> dict:
        return {name: value for name, value in self.__dict__.items() if name not in self.kept}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(repr(getattr(self, name)) for name in self.shown)})"

    def _keep(self, Y: np.ndarray, training: bool) -> np.ndarray:
        if training:                            # backward needs it
            self.Y = Y
        return Y


class Dense(Layer, outputs=whole(1), initialisation=one_of("he", "glorot")):
    """Every output is a weighted sum of every input.  `initialisation`: see initial_weights."""

    trainable, shown = ("W", "b"), ("outputs",)

    def __init__(self, outputs: int, initialisation: str = "he") -> None:
        self.outputs, self.initialisation = outputs, initialisation

    def build(self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype=np.float32) -> tuple[int, ...]:
        if len(input_shape) != 1:
            raise ValueError(f"{self} takes vectors, shape (inputs,), and got shape {input_shape} to turn into "
                             f"({self.outputs},): flatten the input first.")
        self.W = initial_weights((input_shape[0], self.outputs), self.initialisation, rng).astype(dtype)  # (I, O)
        self.b = np.zeros(self.outputs, dtype)                                                          # (O,)
        self.dW, self.db = np.zeros_like(self.W), np.zeros_like(self.b)
        return (self.outputs,)

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:  # (N, I) -> (N, O)
        if training:
            self.X = X
        return X @ self.W + self.b

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:  # (N, O) -> (N, I)
        self.dW[...] = self.X.T @ dY                            # (I, O)
        self.db[...] = dY.sum(axis=0)                           # (O,)
        return dY @ self.W.T if need_dX else None               # (N, I)


class ReLU(Layer):
    """Keeps positive numbers and replaces negative ones by 0.  Its slope at exactly 0 is taken as 0."""

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:  # (N, …) -> (N, …)
        return self._keep(np.maximum(X, 0), training)

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:
        return dY * (self.Y > 0) if need_dX else None


class LeakyReLU(Layer, slope=below_one):
    """A ReLU that multiplies negative numbers by a small slope, so that no unit can die (Maas et al., 2013)."""

    shown = ("slope",)

    def __init__(self, slope: float = 0.01) -> None:
        self.slope = slope

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:  # (N, …) -> (N, …)
        return self._keep(np.maximum(X, self.slope * X), training)

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:
        return np.where(self.Y > 0, dY, self.slope * dY) if need_dX else None


class Sigmoid(Layer):
    """The logistic function, to 0 … 1."""

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:  # (N, …) -> (N, …)
        return self._keep(sigmoid(X), training)

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:
        return dY * (self.Y * (1 - self.Y)) if need_dX else None


class Tanh(Layer):
    """The hyperbolic tangent, with outputs in −1 … 1.  Its derivative is computed from its output."""

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:  # (N, …) -> (N, …)
        return self._keep(np.tanh(X), training)

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:
        return dY * (1 - self.Y**2) if need_dX else None


def initial_weights(shape: tuple[int, ...], initialisation: str, rng: np.random.Generator,
                    fan_in: int = 0, fan_out: int = 0) -> np.ndarray:
    """Random weights of this shape, with a spread that keeps the size of the signal from layer to layer.

    "he", before a ReLU: normal, variance 2 / fan_in (fans: I, O; He et al., 2015).  "glorot", else: uniform,
    variance 2 / (fan_in + fan_out) (Glorot and Bengio, 2010).
    """
    if min(shape) < 1:
        raise ValueError(f"Weights need at least one input and one output, got the shape {shape}.")
    fan_in, fan_out = fan_in or shape[0], fan_out or shape[-1]
    if initialisation == "he":
        return np.sqrt(2 / fan_in) * rng.standard_normal(shape)
    if initialisation == "glorot":
        limit = np.sqrt(6 / (fan_in + fan_out))                 # a uniform on ±limit has the variance limit² / 3
        return rng.uniform(-limit, limit, shape)
    raise ValueError(f"initialisation is 'he' or 'glorot', got {initialisation!r}.")

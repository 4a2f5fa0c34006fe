"""Layers: each one a function of its input that knows its own derivative.

    Dense     Y = X W + b               dW = Xᵀ dY     db = Σₙ dYₙ     dX = dY Wᵀ
    ReLU      Y = max(X, 0)             dX = dY · [Y > 0]
    LeakyReLU Y = max(X, a X)           dX = dY · (1 where Y > 0, else a)
    Sigmoid   Y = 1 / (1 + e⁻ˣ)         dX = dY · Y (1 − Y)
    Tanh      Y = tanh X                dX = dY · (1 − Y²)

dY is ∂L/∂Y, what comes into a backward; dX goes out.   N samples   I inputs   O outputs
Derivation: documentation/basic_neural_network.md
"""

import math
from collections.abc import Iterator

import numpy as np


class Layer:
    """What every layer is.  Alone it works just as well as in a network: that is how it is tested.

    `trainable` names the arrays that it learns, matrices first, then vectors; the gradient of `W` lives in `dW` and
    has W's shape.  `state` names arrays that change in training but have no gradient (running statistics).
    """

    trainable: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()  # what forward keeps for backward; left out when the layer is pickled or copied

    def build(self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype=np.float32) -> tuple[int, ...]:
        """Make the arrays for inputs of this shape (without N); returns the output's shape (without N)."""
        return input_shape

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:  # (N, *input) -> (N, *output)
        """The output.  Keeps what backward needs only if `training`; never writes into X."""
        raise NotImplementedError

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:  # (N, *output) -> (N, *input)
        """Overwrite the gradients with those of the last training forward; dX only if it is asked for."""
        raise NotImplementedError

    def parameters(self) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
        """(name, parameter, gradient) of everything the layer learns."""
        for name in self.trainable:
            yield name, getattr(self, name), getattr(self, "d" + name)

    def multiply_adds(self, input_shape: tuple[int, ...], output_shape: tuple[int, ...]) -> int:
        """Of one sample's forward (shapes without N).  Each weight of a matrix is used once at every output position:
        a kernel with output (F, P, Q) at P · Q of them.  A layer for which that is not so overrides this."""
        weights = sum(array.size for _, array, _ in self.parameters() if array.ndim >= 2)
        return weights * math.prod(output_shape[1:])

    def __getstate__(self) -> dict:
        return {name: value for name, value in self.__dict__.items() if name not in self.kept}

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class Dense(Layer):
    """Every output is a weighted sum of every input.

    `initialisation` keeps the spread of the signal from layer to layer: "he" (before a ReLU, which halves the
    power) or "glorot" (before tanh, the logistic function or the output).
    """

    trainable = ("W", "b")
    kept = ("X",)

    def __init__(self, outputs: int, initialisation: str = "he") -> None:
        self.outputs, self.initialisation = outputs, initialisation

    def build(self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype=np.float32) -> tuple[int, ...]:
        if len(input_shape) != 1:
            raise ValueError(
                f"{self} takes vectors, shape (inputs,), and got shape {input_shape} to turn into ({self.outputs},): "
                "flatten the input first."
            )
        if self.outputs < 1 or input_shape[0] < 1:
            raise ValueError(f"{self} needs at least one input and one output, got shape {input_shape}.")
        self.W = initial_weights((input_shape[0], self.outputs), self.initialisation, rng).astype(dtype)  # (I, O)
        self.b = np.zeros(self.outputs, dtype)                                                          # (O,)
        self.dW, self.db = np.zeros_like(self.W), np.zeros_like(self.b)
        return (self.outputs,)

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:  # (N, I) -> (N, O)
        if training:
            self.X = X
        Y = X @ self.W                                          # (N, O)
        Y += self.b
        return Y

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:  # (N, O) -> (N, I)
        np.matmul(self.X.T, dY, out=self.dW)                    # (I, O)
        np.sum(dY, axis=0, out=self.db)                         # (O,)
        if not need_dX:
            return None
        # dX lies in memory as X does, so that the layer before runs over both in one order.
        return (self.W @ dY.T).T if self.X.flags.f_contiguous else dY @ self.W.T

    def __repr__(self) -> str:
        return f"Dense({self.outputs})"


class ReLU(Layer):
    """Passes what is positive.  Its slope at exactly 0 is taken as 0."""

    kept = ("Y",)

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:  # (N, …) -> (N, …)
        Y = np.maximum(X, np.zeros(X.shape[1:], X.dtype))       # against an array it is twice as fast as against 0
        if training:
            self.Y = Y
        return Y

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:
        return dY * (self.Y > 0) if need_dX else None


class LeakyReLU(Layer):
    """A ReLU that never shuts: what is negative passes too, weakened, so no unit can die (Maas et al., 2013)."""

    kept = ("Y",)

    def __init__(self, slope: float = 0.01) -> None:
        if not 0 <= slope < 1:
            raise ValueError(f"LeakyReLU's slope below zero lies in 0 … 1, got {slope}; 0.01 is usual.")
        self.slope = slope

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:  # (N, …) -> (N, …)
        Y = np.maximum(X, self.slope * X)
        if training:
            self.Y = Y
        return Y

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:
        return np.where(self.Y > 0, dY, self.slope * dY) if need_dX else None

    def __repr__(self) -> str:
        return f"LeakyReLU({self.slope})"


class Sigmoid(Layer):
    """The logistic function, squeezing to 0 … 1."""

    kept = ("Y",)

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:  # (N, …) -> (N, …)
        Y = sigmoid(X)
        if training:
            self.Y = Y
        return Y

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:
        return dY * (self.Y * (1 - self.Y)) if need_dX else None


class Tanh(Layer):
    """The hyperbolic tangent, squeezing to −1 … 1.  Its derivative is written with its output, not its input."""

    kept = ("Y",)

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:  # (N, …) -> (N, …)
        Y = np.tanh(X)
        if training:
            self.Y = Y
        return Y

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:
        return dY * (1 - self.Y**2) if need_dX else None


def sigmoid(z: np.ndarray) -> np.ndarray:
    """1 / (1 + e⁻ᶻ), exact to rounding for any z: e is only raised to powers ≤ 0, so nothing overflows."""
    small = np.exp(-np.abs(z))                                  # in 0 … 1
    return np.where(z >= 0, 1, small) / (1 + small)


def initial_weights(
    shape: tuple[int, ...], initialisation: str, rng: np.random.Generator, fan_in: int = 0, fan_out: int = 0
) -> np.ndarray:
    """Random weights, float64 of this shape; fan_in and fan_out default to the shape of a Dense layer, (I, O).

    "he": normal with variance 2 / fan_in (He et al., 2015).  "glorot": uniform with variance 2 / (fan_in + fan_out)
    (Glorot and Bengio, 2010).  Drawn in float64, so that one seed gives one network in every dtype.
    """
    fan_in, fan_out = fan_in or shape[0], fan_out or shape[-1]
    if initialisation == "he":
        return np.sqrt(2 / fan_in) * rng.standard_normal(shape)
    if initialisation == "glorot":
        limit = np.sqrt(6 / (fan_in + fan_out))                 # a uniform on ±limit has the variance limit² / 3
        return rng.uniform(-limit, limit, shape)
    raise ValueError(f"initialisation is 'he' or 'glorot', got {initialisation!r}.")

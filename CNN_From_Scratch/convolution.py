"""Convolution: one small kernel, slid over the whole image.

    Y[i,f,p,q] = b[f] + Σⱼ Σ_u Σ_v  X[i, j, s·p+u, t·q+v] · K[f,j,u,v]

It is the Dense layer of the basic neural network applied to every h × w window, with the same weights each time.
If each window is laid out as a column, it is one matrix product,   Y = K · columns + b,   as for Dense:

    dK = dY · columnsᵀ     db = Σ dY     dcolumns = Kᵀ · dY     dX: each pixel sums its entries of dcolumns

N images   C channels   F filters   H × W pixels   h × w kernel   s, t strides   P × Q output     documentation/cnn.md
"""

import numpy as np

from ai_from_scratch.estimator import rules
from Basic_Neural_Network_From_Scratch import Layer, initial_weights
from CNN_From_Scratch.windows import Size, add_up, pair, windows


class Conv2D(Layer, filters=rules.whole(1), kernel_size=rules.pair(1), stride=rules.pair(1), gain=rules.positive,
             padding=rules.one_of("valid", "same") | rules.pair(0)):
    """F filters over images (N, C, H, W).  (Strictly a cross-correlation: the kernel is not flipped.)

    `kernel_size` and `stride` are one number, or two: (rows, columns).  `padding` puts a frame of zeros around the
    image: "valid" none; "same" so many that P = ⌈H / s⌉ and Q = ⌈W / t⌉; or a number of pixels on each side; or two:
    (above and below, left and right).  The initial kernels are He's random numbers times `gain`.

    Inside, the image axis is last, (C, H, W, N): the columns are then one large matrix, and a copy or a sum runs over N
    neighbouring numbers.  The output is a view of the result in the public order (N, F, P, Q).
    """

    trainable = ("K", "b")
    role = "convolution"                                              # the layer's name in a file of weights
    kept: tuple[str, ...] = ("columns", "padded_shape")

    def __init__(self, filters: int, kernel_size: Size, stride: Size = 1, padding: Size | str = "valid",
                 gain: float = 1.0) -> None:
        self.filters, self.kernel_size, self.stride, self.padding = filters, kernel_size, stride, padding
        self.gain = gain

    def build(self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype=np.float32) -> tuple[int, ...]:
        if len(input_shape) != 3:
            raise ValueError(f"{self} takes images, shape (channels, height, width), and got shape {input_shape}.")
        F, (C, H, W) = self.filters, input_shape
        (h, w), (s, t) = pair(self.kernel_size), pair(self.stride)
        (top, bottom), (left, right) = self.frame = self._frame(H, W)
        H, W = top + H + bottom, left + W + right
        if h > H or w > W:
            raise ValueError(f"{self}: a kernel of {h} × {w} does not fit into input of shape {input_shape}, padded "
                             f"to {(C, H, W)}. Take a smaller kernel, padding='same', or less pooling before it.")
        K = self.gain * initial_weights((F, C, h, w), "he", rng, fan_in=C * h * w)
        self.K, self.b = K.astype(dtype), np.zeros(F, dtype)          # (F, C, h, w), (F,)
        self.dK, self.db = np.zeros_like(self.K), np.zeros_like(self.b)
        return F, (H - h) // s + 1, (W - w) // t + 1

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:  # (N, C, H, W) -> (N, F, P, Q)
        F, C, h, w = self.K.shape
        image = np.pad(X.transpose(1, 2, 3, 0), ((0, 0), *self.frame, (0, 0)))  # (C, H, W, N), a frame of zeros around
        view = windows(image, (h, w), self.stride)                    # (C, h, w, P, Q, N), nothing copied yet
        P, Q, N = view.shape[3:]
        columns = view.reshape(C * h * w, P * Q * N)                  # this copies: each window becomes a column
        if training:
            self.columns, self.padded_shape = columns, image.shape    # backward needs them
        Y = self.K.reshape(F, -1) @ columns + self.b[:, None]         # (F, P·Q·N)
        return Y.reshape(F, P, Q, N).transpose(3, 0, 1, 2)            # (N, F, P, Q)

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:  # (N, F, P, Q) -> (N, C, H, W)
        F, C, h, w = self.K.shape
        N, _, P, Q = dY.shape
        dY = dY.transpose(1, 2, 3, 0).reshape(F, P * Q * N)
        self.dK[...] = (dY @ self.columns.T).reshape(F, C, h, w)      # (F, C, h, w)
        self.db[...] = dY.sum(axis=1)                                 # (F,)
        if not need_dX:
            return None
        dcolumns = self.K.reshape(F, -1).T @ dY                       # (C·h·w, P·Q·N)
        dimage = np.zeros(self.padded_shape, dY.dtype)                # (C, H, W, N), with its frame
        add_up(dcolumns.reshape(C, h, w, P, Q, N), dimage, self.stride)
        (top, bottom), (left, right) = self.frame
        _, H, W, _ = dimage.shape
        return dimage[:, top : H - bottom, left : W - right].transpose(3, 0, 1, 2)          # (N, C, H, W)

    def _frame(self, H: int, W: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """The number of zeros (above, below) and (left, right) of H × W pixels."""
        if str(self.padding) == "same":
            (h, w), (s, t) = pair(self.kernel_size), pair(self.stride)
            return same(H, h, s), same(W, w, t)
        rows, columns = (0, 0) if str(self.padding) == "valid" else pair(self.padding)
        return (rows, rows), (columns, columns)

    def __repr__(self) -> str:
        more = [f", {name}={getattr(self, name)!r}"
                for name, usual in (("stride", 1), ("padding", "valid")) if str(getattr(self, name)) != str(usual)]
        return f"{type(self).__name__}({self.filters}, {self.kernel_size}{''.join(more)})"


def same(size: int, k: int, stride: int) -> tuple[int, int]:
    """The zeros before and after an axis of `size` pixels, so that a kernel of k fits at ⌈size / stride⌉ places."""
    places = -(-size // stride)                                       # rounded up
    missing = max((places - 1) * stride + k - size, 0)
    return missing // 2, missing - missing // 2

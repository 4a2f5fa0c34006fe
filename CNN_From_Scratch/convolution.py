"""Convolution: one small kernel, slid over the whole image.

    Y[n,f,p,q] = b[f] + Σ_c Σ_u Σ_v  X[n, c, s·p+u, s·q+v] · K[f,c,u,v]

It is the Dense layer of the basic neural network applied to every k × k window, with the same weights each time.
Lay each window out as a column, and it becomes one matrix product:   Y = K · columns + b,   as for Dense:

    dK = dY · columnsᵀ     db = Σ dY     dcolumns = Kᵀ · dY,  and each pixel adds up its places in the columns

N images   C channels   F filters   H × W pixels   k × k kernel   s stride   P × Q output.     documentation/cnn.md
"""

import numpy as np

from Basic_Neural_Network_From_Scratch import Layer, initial_weights
from CNN_From_Scratch.windows import add_up, windows


class Conv2D(Layer):
    """F filters over images (N, C, H, W).  (Strictly a cross-correlation: the kernel is not flipped.)

    `padding` puts a frame of zeros around the image: "valid" none, "same" as many as make P = ⌈H / s⌉, or a number
    of pixels on each side.

    Inside, the images come last, (C, H, W, N): then every copy, sum and maximum runs over long stretches of memory.
    What goes out is a view of that in the public order (N, F, P, Q).
    """

    trainable = ("K", "b")
    kept: tuple[str, ...] = ("columns", "padded_shape")

    def __init__(self, filters: int, kernel_size: int, stride: int = 1, padding: str | int = "valid") -> None:
        self.filters, self.kernel_size, self.stride, self.padding = filters, kernel_size, stride, padding

    def build(self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype=np.float32) -> tuple[int, ...]:
        F, k, s = self.filters, self.kernel_size, self.stride
        if len(input_shape) != 3:
            raise ValueError(f"{self} takes images, shape (channels, height, width), and got shape {input_shape}.")
        if min(F, k, s) < 1:
            raise ValueError(f"{self} needs at least one filter, a kernel of one pixel and a stride of one.")
        C, H, W = input_shape
        (top, bottom), (left, right) = self.frame = self._frame(H), self._frame(W)
        H, W = H + top + bottom, W + left + right
        if k > min(H, W):
            raise ValueError(
                f"{self}: a kernel of {k} × {k} does not fit into input of shape {input_shape}, padded to "
                f"{(C, H, W)}. Take a smaller kernel, padding='same', or less pooling before it."
            )
        fan_in, fan_out = C * k * k, F * k * k
        self.K = initial_weights((F, C, k, k), "he", rng, fan_in, fan_out).astype(dtype)      # (F, C, k, k)
        self.b = np.zeros(F, dtype)                                                           # (F,)
        self.dK, self.db = np.zeros_like(self.K), np.zeros_like(self.b)
        return F, (H - k) // s + 1, (W - k) // s + 1

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:  # (N, C, H, W) -> (N, F, P, Q)
        F, _, k, _ = self.K.shape
        image = self._padded(X)                                       # (C, H, W, N)
        view = windows(image, k, self.stride)                         # (C, k, k, P, Q, N), nothing copied yet
        C, _, _, P, Q, N = view.shape
        columns = view.reshape(C * k * k, P * Q * N)                  # each window a column: this copies
        if training:
            self.columns, self.padded_shape = columns, image.shape    # backward needs them
        Y = self.K.reshape(F, -1) @ columns                           # (F, P·Q·N)
        Y += self.b[:, None]
        return Y.reshape(F, P, Q, N).transpose(3, 0, 1, 2)

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:  # (N, F, P, Q) -> (N, C, H, W)
        F, C, k, _ = self.K.shape
        N, _, P, Q = dY.shape
        dY = dY.transpose(1, 2, 3, 0).reshape(F, P * Q * N)
        # dY · columnsᵀ, written the other way round: the product is fastest with its long matrix on the left.
        self.dK[...] = (self.columns @ dY.T).T.reshape(self.K.shape)
        np.sum(dY, axis=1, out=self.db)
        if not need_dX:
            return None
        dcolumns = self.K.reshape(F, -1).T @ dY                       # (C·k·k, P·Q·N)
        dimage = np.zeros(self.padded_shape, dY.dtype)                # (C, H, W, N)
        add_up(dcolumns.reshape(C, k, k, P, Q, N), dimage, self.stride)
        return self._cropped(dimage)                                  # (N, C, H, W)

    def _frame(self, size: int) -> tuple[int, int]:
        """How many zeros to put before and after an axis of this many pixels."""
        if self.padding == "valid":
            return 0, 0
        if self.padding == "same":
            places = -(-size // self.stride)                          # rounded up
            missing = max((places - 1) * self.stride + self.kernel_size - size, 0)
            return missing // 2, missing - missing // 2
        if isinstance(self.padding, int | np.integer) and self.padding >= 0:
            return int(self.padding), int(self.padding)
        raise ValueError(f"padding is 'valid', 'same' or a number of pixels >= 0, got {self.padding!r}.")

    def _padded(self, X: np.ndarray) -> np.ndarray:  # (N, C, H, W) -> (C, H + frame, W + frame, N)
        """The images in the inner order, with their frame of zeros."""
        (top, bottom), (left, right) = self.frame
        N, C, H, W = X.shape
        if not (top or bottom or left or right):
            return np.ascontiguousarray(X.transpose(1, 2, 3, 0))
        image = np.zeros((C, top + H + bottom, left + W + right, N), X.dtype)
        image[:, top : top + H, left : left + W] = X.transpose(1, 2, 3, 0)
        return image

    def _cropped(self, dimage: np.ndarray) -> np.ndarray:  # (C, H + frame, W + frame, N) -> (N, C, H, W)
        (top, bottom), (left, right) = self.frame
        _, H, W, _ = dimage.shape
        return dimage[:, top : H - bottom, left : W - right].transpose(3, 0, 1, 2)

    def __repr__(self) -> str:
        more = [f", {name}={getattr(self, name)!r}"
                for name, usual in (("stride", 1), ("padding", "valid")) if getattr(self, name) != usual]
        return f"{type(self).__name__}({self.filters}, {self.kernel_size}{''.join(more)})"

"""Errors to plant in the lesson files, one at a time, and what `run_all.py check` says of each.

    python tests/planted_errors.py              plants them all; writes proof/references/planted.json for the page

The code of the functions in memory is replaced, no file is touched.
"""

import importlib
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

LINEAR, LOGISTIC, KNN, BAYES = "Linear_Regression", "Logistic_Regression", "KNN", "Naive_Bayes"
NN, CNN, RNN = "Basic_Neural_Network", "CNN", "RNN"


class Error(NamedTuple):
    """`old` stands once in the file; `new` takes its place."""

    chapter: str
    file: str
    old: str
    new: str

    @property
    def path(self) -> str:
        return f"{self.chapter}_From_Scratch/{self.file}.py"

    @property
    def line(self) -> int:
        text = self.text()
        return text[: text.index(self.old)].count("\n") + 1

    def text(self) -> str:
        return (ROOT / self.path).read_text(encoding="utf-8")


ERRORS = [Error(*row) for row in [
    (LINEAR, "linear_regression", "dw = 2 / n * (X.T @ error)",
     "dw = -2 / n * (X.T @ error)"),
    (LINEAR, "linear_regression", "db = 2 / n * error.sum(axis=0)", "db = 1 / n * error.sum(axis=0)"),
    (LINEAR, "linear_regression", "error = error if s is None else (s * error.T).T", "error = error * 1"),
    (LINEAR, "linear_regression", "return 2 / n * (Z.T @ weighted)", "return 1 / n * (Z.T @ weighted)"),
    (LINEAR, "linear_regression", "v = momentum * v - learning_rate * dw", "v = momentum * (v - learning_rate * dw)"),
    (LINEAR, "normal_equation", "b = y_mean - x_mean @ w", "b = y_mean"),
    (LINEAR, "ridge", "alpha / sigma[:, None] ** 2", "alpha / sigma[:, None]"),
    (LINEAR, "ridge", "solve(G + penalty * np.eye(len(G))", "solve(G + 2 * penalty * np.eye(len(G))"),
    (LOGISTIC, "cross_entropy", "E[own] -= 1.0", "E[own] += 1.0"),
    (LOGISTIC, "cross_entropy", "return losses, sigmoid(Z) - y.astype(Z.dtype)",
     "return losses, y.astype(Z.dtype) - sigmoid(Z)"),
    (LOGISTIC, "cross_entropy", "np.where(z >= 0, 1.0, e)", "np.where(z >= 0, e, 1.0)"),
    (LOGISTIC, "cross_entropy", "return Z - np.log(np.exp(Z).sum(axis=0))",
     "return Z - np.log(np.exp(Z).mean(axis=0))"),
    (LOGISTIC, "logistic_regression", "dW = E @ X + W / (C * S)", "dW = E @ X + W / C"),
    (LOGISTIC, "logistic_regression", "db = E.sum(axis=1) if", "db = E.mean(axis=1) if"),
    (LOGISTIC, "logistic_regression", "E *= s / S", "E *= 1 / S"),
    (LOGISTIC, "logistic_regression", "W = W - learning_rate * dW", "W = W - 2 * learning_rate * dW"),
    (LOGISTIC, "newton", "P[c] * ((c == j) - P[j])", "P[c] * ((c == j) + P[j])"),
    (LOGISTIC, "newton", "+= 1 / (C * S)", "+= 1 / C"),
    (LOGISTIC, "newton", "np.column_stack([dW, db]).ravel()", "np.column_stack([db, dW]).ravel()"),
    (LOGISTIC, "lbfgs", "u += (kept - rho * (change_of_g @ u)) * change", "u += kept * change"),
    (KNN, "metrics", 'np.einsum("...j->...", np.abs(difference))', 'np.einsum("...j->...", difference)'),
    (KNN, "metrics", "(share**p).sum(axis=-1) ** (1 / p)", "(share**p).sum(axis=-1) ** 1 / p"),
    (KNN, "knn", "nearest / np.where(distance > 0, distance, 1)", "nearest / np.where(distance > 0, distance**2, 1)"),
    (KNN, "knn", "return counts / counts.sum(axis=1, keepdims=True)", "return counts / votes.shape[1]"),
    (KNN, "kd_tree", "np.maximum(node.low - q, q - node.high)", "np.maximum(node.low - q, node.high - q)"),
    (BAYES, "naive_bayes", "- 0.5 * squares", "- squares"),
    (BAYES, "naive_bayes", "var[c] = s @ (x - mu[c])**2 / n_c[c]", "var[c] = s @ (x - mu[c])**2 / (n_c[c] - 1)"),
    (BAYES, "naive_bayes", "share * (1 - share) * delta**2", "share * delta**2"),
    (NN, "layers", "self.dW[...] = self.X.T @ dY", "self.dW[...] = -self.X.T @ dY"),
    (NN, "layers", "self.db[...] = dY.sum(axis=0)", "self.db[...] = dY.mean(axis=0)"),
    (NN, "layers", "return dY @ self.W.T if", "return 2 * dY @ self.W.T if"),
    (NN, "layers", "return dY * (self.Y > 0) if", "return dY * (self.Y >= 0) if"),
    (NN, "layers", "np.where(self.Y > 0, dY, self.slope * dY)", "np.where(self.Y > 0, dY, 0 * dY)"),
    (NN, "layers", "dY * (self.Y * (1 - self.Y))", "dY * self.Y"),
    (NN, "layers", "dY * (1 - self.Y**2)", "dY * (1 - self.Y)"),
    (NN, "batch_norm", "dY - db / M - self.Z * (dg / (M * spread))", "dY - db / M"),
    (NN, "batch_norm", "(dY * self.Z).sum(axis=axes) / self.spread", "(dY * self.Z).sum(axis=axes)"),
    (NN, "batch_norm", "M / (M - 1) * variance", "1.0 * variance"),
    (NN, "dropout", "return dY * self.mask if self.p else dY", "return dY"),
    (NN, "losses", "dz[np.arange(len(dz)), self.y] -= 1", "dz[np.arange(len(dz)), self.y] -= 2"),
    (NN, "losses", "return dz * self.share[:, None]", "return dz"),
    (NN, "losses", "(self.error * self.share)[:, None]", "(self.error / len(self.error))[:, None]"),
    (NN, "losses", "return 2 / self.error.shape[1] *", "return 2 *"),
    (NN, "basic_neural_network", "da = dh * (1 - self.h**2)", "da = dh * (1 - self.h)"),
    (NN, "network", "return dX if need_dX else None", "return 2 * dX if need_dX else None"),
    (NN, "training", "dW += alpha / N * W", "dW += alpha * W"),
    (NN, "optimizers", "self.beta1**self.steps", "self.beta1**(1 + self.steps // 10)"),
    (NN, "optimizers", "(1 - self.beta2) * gradients**2", "(1 - self.beta2) * gradients"),
    (NN, "optimizers", "move = gradients + self.momentum * self.v if", "move = gradients + self.v if"),
    (NN, "optimizers", "gradients / (np.sqrt(self.v) + self.epsilon)", "gradients / np.sqrt(self.v + self.epsilon)"),
    (NN, "optimizers", "parameters[:matrices] *=", "parameters[:] *="),
    (CNN, "convolution", "(dY @ self.columns.T).reshape(F, C, h, w)",
     "(dY @ self.columns.T).reshape(F, C, w, h).swapaxes(2, 3)"),
    (CNN, "convolution", "self.db[...] = dY.sum(axis=1)", "self.db[...] = dY.mean(axis=1)"),
    (CNN, "convolution", "dcolumns = self.K.reshape(F, -1).T @ dY", "dcolumns = -self.K.reshape(F, -1).T @ dY"),
    (CNN, "windows", "+= dwindows[:, u, v]", "= dwindows[:, u, v]"),
    (CNN, "windows", "view[:, ::s, ::t]", "view[:, ::t, ::s]"),
    (CNN, "pooling", "pixel += dY * (self.winner == i)", "pixel[...] = dY * (self.winner == i)"),
    (CNN, "pooling", "pixel += dY / dY.dtype.type(len(pixels))", "pixel += dY"),
    (CNN, "cnn", "return dY * self.factor if", "return dY if"),
    (CNN, "cnn", "dY.reshape(self.X_shape)", 'dY.reshape(self.X_shape, order="F")'),
    (CNN, "cnn", "dX = layer.backward(dY, need_dX or layer is not first)",
     "dX = layer.backward(-dY, need_dX or layer is not first)"),
    (CNN, "saliency", "np.sqrt(self.norm.running_variance + self.norm.epsilon)",
     "(self.norm.running_variance + self.norm.epsilon)"),
    (CNN, "saliency", "return _gradients(network, _batch(network, image), code)[0].reshape(image.shape)",
     "return _gradients(network, _batch(network, image), code)[0].reshape(image.shape) / 2"),
    (CNN, "saliency", "if code is None else code] = 1", "if code is None else code] = -1"),
    (RNN, "cell", "self.dW_hh *= self.mask", "pass"),
    (RNN, "rnn", "one_hot.astype(dZ.dtype) @ dZ", "one_hot.astype(dZ.dtype) @ -dZ"),
    (RNN, "rnn", "self.db[...] = dZ.sum(axis=0)", "self.db[...] = dZ.mean(axis=0)"),
    (RNN, "rnn", "(1 - self.h[t + 1] ** 2)", "(1 - self.h[t] ** 2)"),
    (RNN, "rnn", "dh = dZ[t] @ self.W_used.T", "dh = dZ[t] @ self.W_used"),
    (RNN, "lstm", "dc = dc + dh * o * (1 - tanh_c**2)", "dc = dh * o * (1 - tanh_c**2)"),
    (RNN, "lstm", "dc * self.c[t], dc * i", "dc * self.c[t + 1], dc * i"),
    (RNN, "gru", "dh * (self.h[t] - n)", "dh * (n - self.h[t])"),
    (RNN, "gru", "self.W_used.T + dh * u", "self.W_used.T"),
    (RNN, "gru", "self.db_hn[...] = dA[:, :, 2 * H :]", "self.db_hn[...] = dZ[:, :, 2 * H :]"),
    (RNN, "network", "np.stack([cell.dstate for cell in self.cells])",
     "np.stack([2 * cell.dstate for cell in self.cells])"),
    (RNN, "network", "network.backward(loss.backward())", "network.backward(2 * loss.backward())"),
    (RNN, "char_rnn", "gradients *= self.clip / norm", "gradients *= norm / self.clip"),
    (RNN, "sampling", "logits.max()) / temperature", "logits.max()) * temperature"),
]]


def codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from codes(constant)


def functions(owner: Any, module: ModuleType) -> Iterator[FunctionType]:
    """The functions of a module and of its classes, also those that a decorator hides."""
    for value in list(vars(owner).values()):
        value = getattr(value, "__wrapped__", value)
        value = getattr(value, "__func__", value)
        if isinstance(value, FunctionType) and value.__module__ == module.__name__:
            yield value
        elif isinstance(value, type) and value.__module__ == module.__name__ and value is not owner:
            yield from functions(value, module)


@contextmanager
def planted(error: Error) -> Iterator[list[str]]:
    """Inside `with` the functions of the file have the error; gives the names of those that are changed."""
    text = error.text()
    assert text.count(error.old) == 1, f"{error.path} has {text.count(error.old)} of {error.old!r}"
    module = importlib.import_module(error.path.removesuffix(".py").replace("/", "."))
    changed = compile(text.replace(error.old, error.new), str(module.__file__), "exec")
    new = {code.co_qualname: code for code in codes(changed)}
    kept = [(function, function.__code__) for function in functions(module, module)
            if new.get(function.__qualname__, function.__code__) != function.__code__]
    assert kept, f"{error.old!r} is in no function of {error.path}"
    try:
        for function, _ in kept:
            function.__code__ = new[function.__qualname__]
        yield [function.__qualname__ for function, _ in kept]
    finally:
        for function, code in kept:
            function.__code__ = code


def said(error: Error) -> tuple[bool, list[str], list[str]]:
    """Whether all claims hold, what check says of each claim that fails, and which places it names."""
    from proof.measure import prove
    from proof.report import source

    with planted(error):
        proof = prove(error.chapter, f"{error.chapter}_From_Scratch")
        failed = [one for one in proof.measured if not one.holds]
        return proof.holds, [f"{one.claim.what}: {one.words}" for one in failed], [
            *proof.suspects, *(source(one.claim) for one in failed)]


def main() -> None:
    rows = []
    for error in ERRORS:
        holds, words, places = said(error)
        first = next((place for place in places if place.startswith(error.path)), "")
        print("NOT CAUGHT" if holds else "caught" if first else "not named", f"{error.path}:{error.line}", error.new,
              "|", words[:1], "|", len(words), flush=True)
        rows.append({"file": error.path, "line": error.line, "was": error.old, "planted": error.new,
                     "said": words[0] if words else "", "claims": len(words)})
    text = json.dumps(rows, indent=1, ensure_ascii=False) + "\n"
    (ROOT / "proof" / "references" / "planted.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

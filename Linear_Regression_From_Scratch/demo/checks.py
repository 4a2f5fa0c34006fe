"""The claims of chapter 1, for `python run_all.py check linear`."""

from collections.abc import Iterator

import numpy as np

from ai_from_scratch.claims import Claim, Gradient, Invariant, Reference, Twin
from Linear_Regression_From_Scratch import (
    LinearRegression,
    Ridge,
    Statistics,
    gradient,
    hessian,
    mean_squared_error,
    normal_equation,
    shrinkage,
)
from Linear_Regression_From_Scratch.linear_regression import descend
from Linear_Regression_From_Scratch.normal_equation import centred

DESCENT = {"learning_rate": 0.1, "momentum": 0.6, "max_iter": 25, "tol": 0.0}


def claims() -> Iterator[Claim]:
    rng = np.random.default_rng(0)
    X, s = rng.standard_normal((12, 3)), rng.uniform(0.5, 2, 12)
    y, Y = rng.standard_normal(12), rng.standard_normal((12, 2))
    w, b, W, B = rng.standard_normal(3), np.array(0.3), rng.standard_normal((3, 2)), rng.standard_normal(2)
    u = rng.standard_normal(4)

    def slopes(X, y, w, b, s=None):
        dw, db = gradient(X, y, w, b, s)
        return {"w": dw, "b": db}

    yield Gradient(gradient, "the squared error's gradient", {"w": w, "b": b},
                   lambda: mean_squared_error(X, y, w, b), lambda: slopes(X, y, w, b))
    yield Gradient(gradient, "with weights and two targets", {"w": W, "b": B},
                   lambda: mean_squared_error(X, Y, W, B, s), lambda: slopes(X, Y, W, B, s))
    yield Gradient(hessian, "the Hessian along a direction", {"w": w, "b": b},
                   lambda: float(np.append(*gradient(X, y, w, b, s)) @ u),
                   lambda: {"w": (hessian(X, s) @ u)[:3], "b": (hessian(X, s) @ u)[3]})

    yield Reference(LinearRegression, "LinearRegression", "sklearn.linear_model",
                    lambda: fitted(LinearRegression(), X, Y),
                    lambda their: fitted(their.LinearRegression(), X, Y))
    yield Reference(normal_equation, "weighted, without intercept", "sklearn.linear_model",
                    lambda: fitted(LinearRegression(fit_intercept=False), X, y, s),
                    lambda their: fitted(their.LinearRegression(fit_intercept=False), X, y, s))
    yield Reference(Ridge, "Ridge, an alpha for each target", "sklearn.linear_model",
                    lambda: fitted(Ridge([0.5, 7.0]), X, Y, s), lambda their: fitted(their.Ridge([0.5, 7.0]), X, Y, s))
    yield Reference(Ridge, "Ridge by singular values", "sklearn.linear_model",
                    lambda: fitted(Ridge(2.0, solver="svd"), X, y),
                    lambda their: fitted(their.Ridge(2.0, solver="svd"), X, y))
    yield Reference(descend, "25 steps with momentum", "torch", lambda: descent(X, y),
                    lambda torch: their_descent(torch, X, y))

    for model in (LinearRegression, Ridge):
        yield Twin(model, f"{model.__name__}, both engines", lambda model=model: fitted(model(engine="plain"), X, Y, s),
                   lambda model=model: fitted(model(engine="fast"), X, Y, s))
        yield Twin(Statistics, f"{model.__name__}, from sums of two parts",
                   lambda model=model: fitted(model(), X, Y, s), lambda model=model: summed(model(), X, Y, s))
    yield Invariant(normal_equation, "the gradient is 0 at the minimum",
                    lambda: np.append(*gradient(X, y, *normal_equation(X, y, s), s)))
    yield Invariant(Ridge, "σ² / (σ² + α) of the weights", lambda: shrunk(X, y))
    yield Invariant(LinearRegression, "permuted samples", lambda: difference(X, y, s, rng.permutation(12)))
    yield Invariant(LinearRegression, "weight 2 is two samples", lambda: doubled(X, y))
    yield Invariant(LinearRegression, "the loss falls", lambda: rises(X, y))


def fitted(model, X, y, s=None):
    model.fit(X, y, s)
    return {"coef": model.coef_, "intercept": model.intercept_, "predictions": model.predict(X)}


def summed(model, X, Y, s):
    model.fit_from(Statistics.of(X[:5], Y[:5], s[:5]) + Statistics.of(X[5:], Y[5:], s[5:]))
    return {"coef": model.coef_, "intercept": model.intercept_, "predictions": model.predict(X)}


def descent(X, y):
    model = LinearRegression("gradient_descent", **DESCENT)
    losses = [progress.loss for progress in model.training(X, y)]
    return {"w": model.coef_, "b": model.intercept_, "losses": losses}


def their_descent(torch, X, y):
    X, y = torch.from_numpy(X), torch.from_numpy(y)
    w = torch.zeros(X.shape[1], dtype=X.dtype, requires_grad=True)
    b = torch.zeros((), dtype=X.dtype, requires_grad=True)
    optimizer, losses = torch.optim.SGD([w, b], DESCENT["learning_rate"], DESCENT["momentum"]), []
    for _ in range(DESCENT["max_iter"]):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(X @ w + b, y).backward()
        optimizer.step()
        losses.append(torch.nn.functional.mse_loss(X @ w + b, y).item())
    return {"w": w.detach().numpy(), "b": b.detach().numpy(), "losses": losses}


def shrunk(X, y):
    """Along the principal axes: ridge's weights minus the shrunk least-squares weights."""
    _, sigma, Vt = np.linalg.svd(centred(X, y[:, None])[0], full_matrices=False)
    share = shrinkage(sigma, np.array([2.0]))[:, 0]
    return Vt @ Ridge(2.0).fit(X, y).coef_ - share * (Vt @ LinearRegression().fit(X, y).coef_)


def difference(X, y, s, order):
    return LinearRegression().fit(X, y, s).coef_ - LinearRegression().fit(X[order], y[order], s[order]).coef_


def doubled(X, y):
    twice = np.append(np.arange(12), 3)
    return (LinearRegression().fit(X, y, 1.0 + (np.arange(12) == 3)).coef_
            - LinearRegression().fit(X[twice], y[twice]).coef_)


def rises(X, y):
    model = LinearRegression("gradient_descent", max_iter=30, tol=0.0)
    return np.maximum(np.diff([progress.loss for progress in model.training(X, y)]), 0)

"""The claims of chapter 2, for `python run_all.py check logistic`."""

from collections import deque
from collections.abc import Iterator
from functools import partial

import numpy as np

from ai_from_scratch.claims import Claim, Gradient, Invariant, Reference, Twin
from Logistic_Regression_From_Scratch import (
    LogisticRegression,
    Statistics,
    cross_entropy,
    gradient_descent,
    hessian,
    largest_curvature,
    lbfgs,
    log_one_plus_exp,
    log_softmax,
    loss_and_gradient,
    newton,
    sigmoid,
)
from Logistic_Regression_From_Scratch.class_weight import weigh_classes
from Logistic_Regression_From_Scratch.lbfgs import inverse_hessian_times
from Logistic_Regression_From_Scratch.newton import flat_function

SETTINGS = {"C": 0.7, "tol": 1e-9, "max_iter": 500}
STEPS = 25


def claims() -> Iterator[Claim]:
    rng = np.random.default_rng(0)
    X, s = rng.standard_normal((30, 3)), rng.uniform(0.5, 2, 30)
    for R, name in ((1, "two classes"), (3, "three classes")):
        y = rng.integers(0, max(R, 2), 30)
        W, b, Z = rng.standard_normal((R, 3)), rng.standard_normal(R), 3 * rng.standard_normal((R, 30))
        theta = rng.standard_normal(4 * R)
        u = rng.standard_normal((R, 4))
        u = (u - u.mean(axis=0) if R > 1 else u).ravel()          # the same number added to all classes changes nothing
        J = partial(loss_and_gradient, X=X, y=y, s=s, C=0.7, fit_intercept=True)
        flat, second = flat_function(J, R, np.zeros(3)), partial(hessian, X=X, s=s, C=0.7, fit_intercept=True)
        yield Gradient(cross_entropy, f"the cross-entropy, {name}", {"Z": Z},
                       lambda Z=Z, y=y: float(s @ cross_entropy(Z, y)[0]),
                       lambda Z=Z, y=y: {"Z": s * cross_entropy(Z, y)[1]})
        yield Gradient(loss_and_gradient, f"the objective, {name}", {"W": W, "b": b},
                       lambda J=J, W=W, b=b: J(W, b)[0],
                       lambda J=J, W=W, b=b: dict(zip("Wb", J(W, b)[1:], strict=True)))
        yield Gradient(flat_function, f"the objective of one vector, {name}", {"theta": theta},
                       lambda flat=flat, theta=theta: flat(theta)[0],
                       lambda flat=flat, theta=theta: {"theta": flat(theta)[1]})
        yield Gradient(hessian, f"the Hessian along a direction, {name}", {"theta": theta},
                       lambda flat=flat, theta=theta, u=u: float(flat(theta)[1] @ u),
                       lambda second=second, theta=theta, u=u: {"theta": second(theta) @ u})
        yield Invariant(largest_curvature, f"the largest curvature is a bound, {name}",
                        lambda second=second, theta=theta, R=R: bound_broken(
                            second(theta), largest_curvature(X, s, R, 0.7, True)))
        for solver, about in (("newton-cholesky", newton), ("lbfgs", lbfgs)):
            yield Reference(about, f"{solver}, {name}", "sklearn.linear_model",
                            lambda y=y, solver=solver: fitted(LogisticRegression(solver=solver, **SETTINGS), X, y, s),
                            lambda their, y=y: fitted(their.LogisticRegression(**SETTINGS), X, y, s), 1e-6)
            yield Twin(about, f"{solver}, both engines, {name}",
                       lambda y=y, solver=solver: fitted(
                           LogisticRegression(solver=solver, engine="plain", **SETTINGS), X, y, s),
                       lambda y=y, solver=solver: fitted(
                           LogisticRegression(solver=solver, engine="fast", **SETTINGS), X, y, s), 1e-6)
        yield Twin(Statistics, f"Newton's steps from sums of two parts, {name}",
                   lambda y=y: told(LogisticRegression(solver="newton-cholesky", **SETTINGS).fit(X, y, s), X),
                   lambda y=y: told(LogisticRegression(**SETTINGS).fit_from(lambda at: sum(
                       Statistics.of(X[rows], y[rows], s[rows], at=at) for rows in (slice(9), slice(9, 30)))), X))
        yield Reference(gradient_descent, f"{STEPS} steps, {name}", "torch", lambda y=y: descent(X, y, s),
                        lambda torch, y=y: their_descent(torch, X, y, s))
        yield Invariant(LogisticRegression, f"probabilities sum to 1, {name}",
                        lambda y=y: LogisticRegression().fit(X, y).predict_proba(X).sum(axis=1) - 1)

    z, y = 4 * rng.standard_normal(9), rng.integers(0, 3, 30)
    Z, changes = rng.standard_normal((3, 5)), rng.standard_normal((3, 5))
    yield Gradient(sigmoid, "σ is the slope of log(1 + eᶻ)", {"z": z}, lambda: float(log_one_plus_exp(z).sum()),
                   lambda: {"z": sigmoid(z)})
    yield Invariant(log_softmax, "exp of log softmax sums to 1", lambda: np.exp(log_softmax(Z)).sum(axis=0) - 1)
    yield Reference(sigmoid, "σ, log(1 + eᶻ), log softmax", "torch",
                    lambda: {"sigmoid": sigmoid(z), "log": log_one_plus_exp(z), "softmax": log_softmax(Z)},
                    lambda torch: {"sigmoid": torch.sigmoid(torch.from_numpy(z)).numpy(),
                                   "log": torch.nn.functional.softplus(torch.from_numpy(z), threshold=700).numpy(),
                                   "softmax": torch.log_softmax(torch.from_numpy(Z), 0).numpy()})
    yield Reference(weigh_classes, "balanced classes", "sklearn.linear_model",
                    lambda: fitted(LogisticRegression(class_weight="balanced", **SETTINGS), X, y, s),
                    lambda their: fitted(their.LogisticRegression(class_weight="balanced", **SETTINGS), X, y, s), 1e-6)
    yield Twin(inverse_hessian_times, "L-BFGS's two loops, as matrices", lambda: {"H⁻¹": by_loops(changes, Z)},
               lambda: {"H⁻¹": by_matrices(changes, Z)})
    yield Invariant(LogisticRegression, "permuted samples", lambda: permuted(X, y, rng.permutation(30)), 1e-6)
    yield Invariant(LogisticRegression, "weight 2 is two samples", lambda: doubled(X, y), 1e-6)
    yield Invariant(LogisticRegression, "the loss falls", lambda: rises(X, y))


def fitted(model, X, y, s=None):
    return told(model.fit(X, y, s), X)


def told(model, X):
    return {"coef": model.coef_, "intercept": model.intercept_, "probabilities": model.predict_proba(X)}


def descent(X, y, s):
    model = LogisticRegression(solver="gradient_descent", learning_rate=0.5, max_iter=STEPS, tol=0.0)
    losses = [progress.loss for progress in model.training(X, y, s)]
    return {"W": model.coef_, "b": model.intercept_, "losses": losses}


def their_descent(torch, X, y, s):
    R, S, (X, s) = (1 if y.max() == 1 else y.max() + 1), s.sum(), map(torch.from_numpy, (X, s))
    W = torch.zeros(R, 3, dtype=X.dtype, requires_grad=True)
    b = torch.zeros(R, dtype=X.dtype, requires_grad=True)
    targets, functional = torch.from_numpy(y), torch.nn.functional

    def objective():
        Z = X @ W.T + b
        each = (functional.cross_entropy(Z, targets, reduction="none") if R > 1 else
                functional.binary_cross_entropy_with_logits(Z[:, 0], targets.to(X.dtype), reduction="none"))
        return s @ each / S + (W**2).sum() / (2 * S)

    optimizer, losses = torch.optim.SGD([W, b], 0.5), []
    for _ in range(STEPS):
        optimizer.zero_grad()
        objective().backward()
        optimizer.step()
        losses.append(objective().item())
    return {"W": W.detach().numpy(), "b": b.detach().numpy(), "losses": losses}


def bound_broken(H, bound):
    return max(0.0, np.linalg.eigvalsh(H)[-1] - bound)


def memory(changes, rows):
    """The pairs Δθ, Δg, ρ of a quadratic function, as L-BFGS keeps them."""
    H = np.eye(5) + rows.T @ rows                                   # (5, 5)
    return deque((change, H @ change, 1 / (change @ H @ change)) for change in changes)


def by_loops(changes, rows):
    pairs = memory(changes, rows)
    return np.stack([inverse_hessian_times(column, pairs, lambda g: 0.3 * g) for column in np.eye(5)])


def by_matrices(changes, rows):
    """The product of matrices that the two loops replace:  H⁻¹ ← (I − ρ Δθ Δgᵀ) H⁻¹ (I − ρ Δg Δθᵀ) + ρ Δθ Δθᵀ  (Nocedal
    and Wright, 6.17), from a multiple of I."""
    pairs = memory(changes, rows)
    _, change_of_g, rho = pairs[-1]
    inverse = np.eye(5) / (rho * (change_of_g @ change_of_g))
    for change, change_of_g, rho in pairs:
        factor = np.eye(5) - rho * np.outer(change_of_g, change)
        inverse = factor.T @ inverse @ factor + rho * np.outer(change, change)
    return inverse


def permuted(X, y, order):
    return LogisticRegression(**SETTINGS).fit(X, y).coef_ - LogisticRegression(**SETTINGS).fit(X[order], y[order]).coef_


def doubled(X, y):
    twice = np.append(np.arange(30), 3)
    return (LogisticRegression(**SETTINGS).fit(X, y, 1.0 + (np.arange(30) == 3)).coef_
            - LogisticRegression(**SETTINGS).fit(X[twice], y[twice]).coef_)


def rises(X, y):
    model = LogisticRegression(solver="gradient_descent", max_iter=40, tol=0.0)
    return np.maximum(np.diff([progress.loss for progress in model.training(X, y)]), 0)

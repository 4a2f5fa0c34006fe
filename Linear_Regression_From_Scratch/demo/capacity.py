"""Pictures of a model's flexibility: the degree of a polynomial, the penalty of ridge.  Held-out data choose both."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.polynomial import legendre

from ai_from_scratch.data.dataset import Dataset, Samples
from ai_from_scratch.stage import paint, theme
from Linear_Regression_From_Scratch.linear_regression import LinearRegression
from Linear_Regression_From_Scratch.ridge import Ridge, shrinkage

DEGREES = range(1, 16)
PENALTIES = np.geomspace(1e-2, 1e5, 57)


def powers(x: np.ndarray, degree: int) -> np.ndarray:                        # (n,) -> (n, degree)
    """Legendre's polynomials 1 … degree on [−1, 1]: the same curves as x, x², …, with less correlated columns."""
    return legendre.legvander(x, degree)[:, 1:]


def wave(n: int, rng: np.random.Generator) -> Samples:
    """A curve with noise: y = sin 4x + x + 0.35 · noise, X (n, 1) evenly spaced in [−1, 1]."""
    x = rng.uniform(-1, 1, n)
    return Samples(x[:, None], np.sin(4 * x) + x + 0.35 * rng.normal(size=n))


def error(model: LinearRegression | Ridge, X: np.ndarray, y: np.ndarray) -> float:
    """Root mean squared error."""
    return float(np.sqrt(np.mean((model.predict(X) - y) ** 2)))


def degrees(figure: Figure, rng: np.random.Generator) -> None:
    """Training and held-out error against the degree; and the chosen degree's error on the test set."""
    train, validation, test = wave(25, rng), wave(100, rng), wave(1000, rng)
    models = [LinearRegression().fit(powers(train.X[:, 0], degree), train.y) for degree in DEGREES]
    errors = np.array([[error(model, powers(part.X[:, 0], degree), part.y) for part in (train, validation)]
                       for degree, model in zip(DEGREES, models, strict=True)])                    # (degrees, 2)
    best = int(errors[:, 1].argmin())
    chosen = DEGREES[best]

    left, right = figure.subplots(1, 2)
    x = np.linspace(-1, 1, 300)
    left.plot(train.X[:, 0], train.y, "o", color=theme.INK, markersize=4)
    shown = ((1, theme.GREY), (chosen, theme.BLUE), (DEGREES[-1], theme.ACCENT))
    low, high = train.y.min() - 1, train.y.max() + 1
    for degree, colour in shown:
        curve = models[degree - 1].predict(powers(x, degree))
        left.plot(x, curve, color=colour)
        left.text(1.04, float(np.clip(curve[-1], low + 0.15, high - 0.15)), f"degree {degree}", color=colour,
                  va="center")
    left.set(xticks=[-1, -0.5, 0, 0.5, 1], xlim=(-1.1, 1.6), ylim=(low, high), xlabel="x", ylabel="y",
             title=f"{len(train.y)} samples: degree {DEGREES[-1]} fits the noise, too")

    right.semilogy(DEGREES, errors[:, 0], "o-", color=theme.TRAINING, markersize=4)
    right.semilogy(DEGREES, errors[:, 1], "o-", color=theme.HELD_OUT, markersize=4)
    for j, (name, colour) in enumerate((("training", theme.TRAINING), ("validation", theme.HELD_OUT))):
        right.annotate(name, (DEGREES[8], errors[8, j]), (-4, 8 if j else -6), textcoords="offset points", color=colour,
                       ha="right", va="bottom" if j else "top")
    tested = error(models[best], powers(test.X[:, 0], chosen), test.y)
    right.plot(chosen, tested, "*", color=theme.INK, markersize=13, zorder=4)
    right.axvline(chosen, color=theme.BLUE, linewidth=0.8, linestyle=":")
    right.set(xlabel="degree", ylabel="root mean squared error", title=f"degree {chosen} chosen; ★ on the test set: "
              f"{tested:.2f}", xticks=DEGREES[::2])


def penalties(figure: Figure, table: Dataset) -> None:
    """Ridge on a standardised table: the coefficients against α, the axes of the data, and the chosen α."""
    train, validation, test = table.train, table.validation, table.test
    models = [Ridge(alpha=penalty).fit(*train) for penalty in PENALTIES]
    coef = np.array([model.coef_ for model in models])                       # (penalties, d)
    held_out = np.array([error(model, *validation) for model in models])
    best = int(held_out.argmin())

    left, middle, right = figure.subplots(1, 3)
    named = {"s1": theme.ACCENT, "s2": theme.ACCENT, "bmi": theme.BLUE}
    places = paint.spread_out(coef[0], 2.6)
    for j, name in enumerate(table.feature_names):
        colour, strong = named.get(name, theme.GREY), name in named
        left.semilogx(PENALTIES, coef[:, j], color=colour, linewidth=2 if strong else 1, zorder=3 if strong else 2)
        left.text(PENALTIES[0] / 1.4, places[j], name, color=colour, fontsize=8, ha="right", va="center",
                  fontweight="bold" if strong else "normal")
    left.set(yticks=[])
    left.set_title("coefficients: s1, s2 move first", fontsize=10)
    left.spines["left"].set_visible(False)
    left.axhline(0, color=theme.PALE, linewidth=0.8, zorder=1)

    sigma = np.linalg.svd(train.X - train.X.mean(axis=0), compute_uv=False)                      # (d,)
    kept = shrinkage(sigma, PENALTIES)                                       # (d, penalties)
    for j, axis in enumerate(kept):
        edge = {0: theme.BLUE, len(kept) - 1: theme.ACCENT}
        width, order = (2.0, 3) if j in edge else (1.0, 2)
        middle.semilogx(PENALTIES, axis, color=edge.get(j, theme.GREY), linewidth=width, zorder=order)
    middle.text(PENALTIES[-1], 0.97, "longest axis", color=theme.BLUE, ha="right", va="top")
    middle.text(PENALTIES[0] * 1.5, 0.03, "shortest axis", color=theme.ACCENT)
    middle.set(ylabel="share kept, σ² / (σ² + α)", ylim=(0, 1.02))
    middle.set_title("short axes shrink first", fontsize=10)

    right.semilogx(PENALTIES, held_out, color=theme.HELD_OUT)
    tested = error(models[best], *test)
    right.plot(PENALTIES[best], tested, "*", color=theme.INK, markersize=13)
    right.text(PENALTIES[0] * 1.5, held_out[0] + 1, "held-out\npatients", color=theme.HELD_OUT)
    right.set(ylabel="root mean squared error")
    right.set_title(f"best: α = {PENALTIES[best]:.2g}; ★ test set: {tested:.1f}", fontsize=10)
    for ax in figure.axes:
        ax.axvline(PENALTIES[best], color=theme.INK, linewidth=1, linestyle=":")
        ax.set(xlabel="penalty α", xticks=[1e-2, 1, 1e2, 1e4], xlim=(PENALTIES[0], PENALTIES[-1]))

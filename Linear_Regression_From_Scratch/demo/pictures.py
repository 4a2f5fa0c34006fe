"""The finished pictures of chapter 1, each with the caption that stands beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from ai_from_scratch.stage import theme
from ai_from_scratch.stage.demo import Picture
from Linear_Regression_From_Scratch.demo import bowls, capacity, diabetes, mistakes
from Linear_Regression_From_Scratch.demo.line import FallingLine, equation
from Linear_Regression_From_Scratch.demo.projection import projection

if TYPE_CHECKING:
    from Linear_Regression_From_Scratch.demo.demo import Demo

SHARE_OF_THE_FALL = 0.9
DISTANCE_AT_THE_STAR = 0.05      # in w and in b: less than the width of the star


def pictures(demo: Demo) -> Iterator[Picture]:
    at_the_star = demo.distance_to_the_best() < DISTANCE_AT_THE_STAR
    yield Picture("loss_bowl.png", lambda figure: loss_bowl(figure, demo),
                  "The loss for every slope w and intercept b is a bowl. The dots are gradient descent, one step "
                  "each: long steps where the bowl is steep, short ones in the valley. The rings on the floor are "
                  "lines of equal loss, the dark line is the path's shadow. "
                  f"{'It ends at the star' if at_the_star else 'It ends away from the star'}, the normal "
                  "equation's answer.", size=(8, 6.2), dark=True)
    yield Picture("line.png", lambda figure: line(figure, demo),
                  "Thin lines: earlier steps. Each square is one sample's squared error; least squares minimises "
                  "their total area.", size=(6, 5.6))
    yield Picture("projection.png", projection,
                  "Three samples make y an arrow in space. All predictions Xw + b lie in the plane of the two "
                  "columns x and 1. The nearest of them to y is the foot of the perpendicular: the residual is at "
                  "a right angle to both columns. Gradient descent walks to the same foot inside the plane.",
                  size=(8, 2.5))
    yield Picture("learning_rates.png", lambda figure: bowls.learning_rates(figure, demo.line, demo.path[0]),
                  "The same bowl from above, with four learning rates in units of 1/λmax, where λmax is the "
                  "largest curvature. 0.1 is slow, 1 goes straight to the valley, and 1.9 zigzags across it. Above "
                  "2 the zigzag grows: every step overshoots by more than the last.", size=(8, 6))
    yield Picture("condition.png", lambda figure: bowls.condition(figure, np.random.default_rng(demo.seed)),
                  "One table three times, 25 steps of 1/λmax each; the titles say how much of the distance to the "
                  "star is left. Unchanged, slope and intercept are correlated and the bowl is a narrow valley: "
                  "one step reaches its floor, and the others are tiny. Centred, its axes are w and b. "
                  "Standardised, it is round, and the first step reaches the minimum.", size=(8, 2.75))
    yield Picture("directions.png", lambda figure: bowls.directions(figure, demo.diabetes.train, *demo.short),
                  "Diabetes: the distance to the minimum along each eigenvector of the Hessian, on a log scale; "
                  "each point is the largest distance from that step on. Each falls on a straight line: the "
                  "steepest direction fastest, the flattest slowest. With momentum ten directions fall at one rate, "
                  "and the flattest arrives as well.", size=(8, 4))
    yield Picture("mistakes.png", lambda figure: mistakes.mistakes(figure, demo.line),
                  "Four mistakes on the noisy line, each with the line of code that causes it. Two diverge. "
                  "With y as a column the loss falls at first, rises again, and becomes level at the variance of y. "
                  "Only the last looks like a success: the loss falls and becomes level, too high.", size=(8, 5.4))
    yield Picture("degrees.png", lambda figure: capacity.degrees(figure, np.random.default_rng(demo.seed)),
                  "A polynomial is a linear regression on the powers of x. Higher degrees always fit the training "
                  "samples better. On held-out samples the error rises again when the curve fits the noise. They "
                  "choose the degree, and only the chosen one is used on the test set.", size=(8, 4))
    yield Picture("ridge.png", lambda figure: capacity.penalties(figure, demo.diabetes),
                  "Ridge on the diabetes table. Left: s1 and s2 are almost equal; the penalty shifts weight "
                  "between them at small α and changes bmi only at large α. Middle: the penalty shrinks first "
                  "along the axes of the data with the least variance. Right: held-out patients choose the penalty "
                  "(dotted).", size=(8, 4))
    if demo.model is not None:
        yield Picture("diabetes.png", lambda figure: predictions(figure, demo),
                      "Predictions for test patients; on the dashed line they would be exact. Right: the residuals, "
                      "and their means (diamonds, with standard errors, and the number of patients) over the "
                      "patients predicted below 90, up to 200 and above. The predictions spread a little too widely: "
                      "high ones are too high, low ones too low. A parabola fitted to the training patients does not "
                      "change that.", size=(8, 4.2))
        yield Picture("diabetes_coefficients.png", lambda figure: coefficients(figure, demo),
                      "The ten coefficients on their way to the normal equation's (diamonds). s1 and s2 are almost "
                      "equal columns: raising one and lowering the other hardly changes the loss. Along this flat "
                      "direction the descent arrives last.", size=(8, 4.5))


def loss_bowl(figure: Figure, demo: Demo) -> None:
    ax: Any = figure.add_subplot(projection="3d")
    demo.bowl(ax).update(np.array(demo.path))
    loss = bowls.surface(demo.line)(*np.array(demo.path).T)
    fast, last = steps_of_the_fall(loss), len(demo.path) - 1
    ax.set_title(f"the loss: {100 * SHARE_OF_THE_FALL:.0f} % of its fall in the first {fast} of {last:,} steps"
                 if loss[-1] < loss[0] else f"step {last:,}: loss {loss[-1]:.3g}, at the start {loss[0]:.1f}",
                 loc="left")


def steps_of_the_fall(loss: np.ndarray) -> int:                              # (steps + 1,)
    """The number of steps in which the loss falls by SHARE_OF_THE_FALL of its whole fall."""
    return int(np.argmax(loss <= loss[0] - SHARE_OF_THE_FALL * (loss[0] - loss[-1])))


def line(figure: Figure, demo: Demo) -> None:
    ax, path = figure.add_subplot(), np.array(demo.path)
    FallingLine(ax, *demo.line).update(path)
    first, last = bowls.surface(demo.line)(*path[[0, -1]].T)
    ax.set_title(f"{equation(*path[-1])}: mean squared error {last:.2f}, at the start {first:.1f}")
    left = ax.get_xlim()[0]
    ax.text(left + 0.1, path[0] @ [left, 1] + 0.1, "the start", color=theme.SKY, va="bottom")


def coefficients(figure: Figure, demo: Demo) -> None:
    ax, names = figure.add_subplot(), demo.diabetes.feature_names
    steps, coef = [frame.step for frame in demo.seen], np.array([frame.coef for frame in demo.seen])
    diabetes.arriving(ax, names, steps, coef, demo.best.coef_, max(2, steps[-1]))
    when = dict(zip(names, demo.arrival.tolist(), strict=True))
    slow = [when.pop(name) for name in diabetes.NEARLY_EQUAL]
    others = max(when.values())
    near = f"within {diabetes.SETTLED_DISTANCE:g} of the diamond after {slow[0]:,} and {slow[1]:,} steps"
    ax.set_title(f"s1 and s2 arrive last: {near}, all others after {others:,}" if min(slow) > others else
                 f"s1 and s2 are {near}, the last of the others after {others:,}")


def predictions(figure: Figure, demo: Demo) -> None:
    assert demo.model is not None
    test = demo.diabetes.test
    predicted = demo.model.predict(test.X)
    left, right = figure.subplots(1, 2)
    diabetes.predicted_against_true(left, test.y, predicted)
    left.set_title(f"{len(test.y)} test patients: R² = {demo.model.score(*test):.3f}")
    diabetes.residuals(right, test.y, predicted)
    means = [mean for _, mean, *_ in diabetes.groups(predicted, test.y - predicted)]
    too_wide = len(means) == 3 and means[0] > 0 > means[-1]         # low predictions too low, high ones too high
    right.set_title("the spread is too wide: ◆ mean residual" if too_wide else "◆ mean residual of each group")

"""The finished pictures of chapter 2, each with the caption that stands beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from ai_from_scratch.stage import theme
from ai_from_scratch.stage.demo import Picture
from Logistic_Regression_From_Scratch.demo import cancer, mistakes
from Logistic_Regression_From_Scratch.demo.boundary import LearningCurves, MovingBoundary
from Logistic_Regression_From_Scratch.demo.bowls import two_bowls
from Logistic_Regression_From_Scratch.demo.frames import C_RANGE, curves_of, path_of, strengths_of
from Logistic_Regression_From_Scratch.demo.losses import sliding_samples, three_losses
from Logistic_Regression_From_Scratch.demo.separable import growing_weights

if TYPE_CHECKING:
    from Logistic_Regression_From_Scratch.demo.demo import Demo


def pictures(demo: Demo) -> Iterator[Picture]:
    if demo.moons_frames:
        yield Picture("boundary.png", lambda figure: boundary(figure, demo),
                      "The colour is P(class 1) in tenths. On the solid line it is one half, on the dashed lines "
                      "0.9 for one class. Thin lines: earlier boundaries; thin arrow: w at the start. The arrow w is "
                      "at a right angle to the boundary. The longer it is, the closer the dashed lines are. The tips "
                      "of the moons stay on the wrong side, because no straight line separates them. Chapter 5 has "
                      "curved boundaries.",
                      size=(8, 5.2), dark=True)
        yield Picture("boundary_and_bowl.png", lambda figure: boundary_and_bowl(figure, demo),
                      "One descent, seen twice. Left: the boundary among the samples. Right: the loss of every "
                      "pair of weights (w₁, w₂) is a bowl; the path starts at the same first w as the thin arrow, "
                      "and the ball is the same w as the thick one. Down the wall w shrinks "
                      "almost to 0 and reverses: the sides change places. Along the valley the line turns and w grows. "
                      "The samples are centred and b is 0, so the bowl over two weights is the whole loss.",
                      size=(8, 3.7))
        yield Picture("learning.png", lambda figure: learning(figure, demo),
                      "Above: the loss that the descent lowers. Below: the accuracy on held-out samples. The loss "
                      "falls smoothly, because it depends on the probabilities. The one large jump of the accuracy "
                      "is w reversing. After it, there is a small jump each time the line crosses a sample.",
                      size=(8, 4.2))
        yield Picture("sigmoid.png", lambda figure: sigmoid(figure, demo),
                      "Every sample at its score, on σ, and once more as a tick in the row of its class. A sample "
                      "left of the dotted line gets class 0. At first most are on the wrong side. w shrinks, and all "
                      "scores come near 0; then w reverses, and the samples change sides. Then w grows, and they move "
                      "to where σ is near 0 or 1.", size=(8, 3.4))
    yield Picture("losses.png", three_losses,
                  "The loss of a score if the truth is class 1, and its slope. The slope of the cross-entropy is "
                  "largest where the model is most wrong, and never 0. There the slope of the squared error is "
                  "near 0. The slope of the hinge (of support vector machines) is constant up to a margin of 1.",
                  size=(8, 5))
    yield Picture("mistakes.png", lambda figure: mistakes.mistakes(figure, demo.line),
                  "Four mistakes, each with the line of code that causes it. Sixty samples, one feature, and a start "
                  "that gives the wrong class a high probability. The third looks like a success: the loss falls and "
                  "becomes level, too high.", size=(8, 5.4))
    yield Picture("separable.png", lambda figure: growing_weights(figure, demo.separable_steps),
                  "Two points, one of each class, and gradient descent from w = 0. Every w above 0 separates them, "
                  "and a larger one always has a smaller loss. Without a penalty w grows like the logarithm of the "
                  "step, without limit, and σ(wx) becomes a step. Every penalty, however weak, gives w a limit.",
                  size=(8, 3.6))
    yield Picture("bowl_and_plateau.png", lambda figure: two_bowls(figure, demo.line),
                  "The same data, start (a high probability of the wrong class), learning rate and number of "
                  "steps. The cross-entropy is steepest where the model is most wrong. The squared error of σ is "
                  "flat there: its slope has a factor σ′, which is 0 where σ is near 0 or 1, so the descent creeps.",
                  size=(8, 4.4))
    if demo.model is not None:
        yield Picture("penalty.png", lambda figure: penalty(figure, demo),
                      "Breast cancer. The larger C, the weaker the penalty, and the lower the training loss. The "
                      "held-out loss rises again where the model overfits. The star is the chosen C. Right: each "
                      "line is one of thirty weights; they grow with C.", size=(8, 4.2))
        yield Picture("threshold.png", lambda figure: thresholds(figure, demo),
                      "All 569 biopsies, each classified by a model that was fitted to other biopsies (ten folds). The "
                      "second threshold was chosen on the validation set, where a missed cancer counts as nine false "
                      "alarms. A lower threshold never misses more cancers (upper right of a table), and never flags "
                      "fewer benign biopsies (lower left): one moves along the ROC curve. All points of the dashed "
                      "line cost the same; points of the curve above it cost less. Lower left: where the model is "
                      "calibrated, the points are on the dashed line; the bars are two standard errors each way, the "
                      "numbers are counts.",
                      size=(8, 7))


def boundary(figure: Figure, demo: Demo) -> None:
    ax, path = figure.add_subplot(), path_of(demo.moons_frames)
    MovingBoundary(ax, *demo.moons, size=26).update(path)
    right = 100 * (1 - wrong_shares(demo, path[-1:])[0])
    ax.set_title(f"a straight line has {right:.0f} % of the samples on the right side")


def wrong_shares(demo: Demo, path: np.ndarray) -> np.ndarray:                # (frames, 3) -> (frames,)
    """For each w₁, w₂, b of the path: the share of the moons' samples on the wrong side."""
    X, y = demo.moons
    return np.mean((X @ path[:, :2].T + path[:, 2] > 0) != (y == 1)[:, None], axis=0)


def boundary_and_bowl(figure: Figure, demo: Demo) -> None:
    path = path_of(demo.moons_frames)
    grid = figure.add_gridspec(1, 2, width_ratios=[1.25, 1])
    left, right = figure.add_subplot(grid[0], anchor="N"), figure.add_subplot(grid[1], projection="3d", anchor="N")
    MovingBoundary(left, *demo.moons).update(path)
    demo.bowl_on(right).update(path[:, :2])
    first, last = path[[0, -1], :2]
    left.set_title(("w reverses, then " if first @ last < 0 else "")
                   + f"the line turns by {angle_between_lines(first, last):.0f}°")
    losses = curves_of(demo.moons_frames)[1] or [demo.moons_frames[0].metrics["loss"]]
    right.set_zlabel("")                       # the title says it, and the label would not fit
    right.set_title(f"the ball falls: loss {demo.moons_frames[0].metrics['loss']:.2f} → {losses[-1]:.2f}", loc="left")


def angle_between_lines(one: np.ndarray, other: np.ndarray) -> float:        # (2,), (2,) -> in degrees, 0 … 90
    """The angle between the lines w·x = 0 of two w: w and −w have the same line."""
    cosine = abs(one @ other) / (np.linalg.norm(one) * np.linalg.norm(other))
    return float(np.degrees(np.arccos(min(cosine, 1.0))))


def learning(figure: Figure, demo: Demo) -> None:
    top, bottom = figure.subplots(2, 1)
    steps, losses, accuracies = curves_of(demo.moons_frames)
    LearningCurves(top, bottom, demo.steps).update(steps, losses, accuracies)
    if steps:
        top.set_title(f"the training loss falls smoothly, {losses[0]:.2f} (step {steps[0]:,}) → {losses[-1]:.3f}",
                      color=theme.TRAINING)
        bottom.set_title(f"the held-out accuracy jumps, {100 * accuracies[0]:.0f} % → {100 * accuracies[-1]:.0f} %",
                         color=theme.HELD_OUT)


def penalty(figure: Figure, demo: Demo) -> None:
    cancer.PenaltyPath(figure, demo.cancer.feature_names, C_RANGE).update(*strengths_of(demo.cancer_frames))


def thresholds(figure: Figure, demo: Demo) -> None:
    y, p = demo.judged_by_others()
    cancer.thresholds(figure, y, p, demo.cancer.class_names, demo.threshold())


def shortest_w(path: np.ndarray) -> int:                                     # (frames, 3)
    """The frame with the shortest w."""
    return int(np.linalg.norm(path[:, :2], axis=1).argmin())


def sigmoid(figure: Figure, demo: Demo) -> None:
    path = path_of(demo.moons_frames)
    steps = [frame.step for frame in demo.moons_frames]
    shortest, last = shortest_w(path), len(path) - 1
    chosen = np.unique([0, shortest, (shortest + last) // 2, last])
    titles = ["at the start" if steps[i] == 0 else f"step {steps[i]:,}" for i in chosen]
    sliding_samples(figure, demo.moons, list(zip(titles, path[chosen], strict=True)))

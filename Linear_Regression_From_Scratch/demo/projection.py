"""The normal equation as a projection: y, the plane of the columns of [x 1], and the right angle between them."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ai_from_scratch.data.dataset import Samples
from ai_from_scratch.stage import theme
from Linear_Regression_From_Scratch.demo.bowls import descent
from Linear_Regression_From_Scratch.normal_equation import normal_equation

THREE_POINTS = Samples(np.array([[0.0], [1.0], [2.0]]), np.array([1.0, 1.0, 4.0]))       # of the page's worked example
STEPS, RATE = 60, 0.1                        # of the descent whose predictions are drawn; the page uses the same
RIGHT_ANGLE_SIDE = 0.28                      # of the square that marks the right angle


def plane_and_foot(points: Samples) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Z = [x 1] (3, 2), the fitted values ŷ (3,) and the residual ŷ − y (3,)."""
    w, b = normal_equation(*points)
    Z = np.column_stack([points.X, np.ones(len(points.y))])
    fitted = points.X @ w + b
    return Z, fitted, fitted - points.y


def predictions_of_the_descent(points: Samples) -> np.ndarray:               # (STEPS + 1, 3)
    """The predictions Xw + b after each step: all of them lie in the plane."""
    path = descent(points, np.zeros(2), STEPS, learning_rate=RATE)
    return path[:, :1] * points.X[:, 0] + path[:, 1:]


def projection(figure: Figure, points: Samples = THREE_POINTS) -> None:
    """Draws y and the columns of three samples as arrows in space, which is turned until the plane is level."""
    Z, fitted, residual = plane_and_foot(points)
    along, up = fitted / np.linalg.norm(fitted), -residual / np.linalg.norm(residual)
    turn = np.column_stack([along, np.cross(along, up), up])                 # (3, 3) an orthonormal basis
    y, foot, x, one, walk = (seen(vector @ turn) for vector in
                             (points.y, fitted, Z[:, 0], Z[:, 1], predictions_of_the_descent(points)))

    ax = figure.add_subplot()
    plane = theme.mixed(theme.SKY, 0.16)
    corners = seen(np.array([[-0.6, -1.5, 0], [4.9, -1.5, 0], [4.9, 1.2, 0], [-0.6, 1.2, 0]]))
    ax.fill(*corners.T, facecolor=plane, edgecolor="none")
    write(ax, corners[0] + [0.25, 0.08], "the plane: every Xw + b", color=theme.INK)
    for end, colour, label, offset, side, behind in (
            (x, theme.BLUE, "column x = (0, 1, 2)", (-0.35, -0.3), "right", plane),
            (one, theme.BLUE, "column 1 = (1, 1, 1)", (0.1, -0.06), "left", plane),
            (foot, theme.INK, "ŷ = (½, 2, 3½), the foot", (0.1, -0.12), "left", "none"),
            (y, theme.INK, "y = (1, 1, 4)", (0.1, 0.0), "left", "none")):
        arrow = {"arrowstyle": "-|>", "color": colour, "linewidth": 2, "mutation_scale": 15, "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", (end[0], end[1]), (0, 0), zorder=4, arrowprops=arrow)
        write(ax, end + offset, label, color=colour, fontsize=11, ha=side, zorder=4,
              bbox={"facecolor": behind, "edgecolor": "none", "pad": 1})
    ax.plot(*np.array([foot, y]).T, color=theme.ACCENT, linewidth=2.5, zorder=3)
    write(ax, (foot + y) / 2 + [0.1, 0.18], "−e, at a right angle to both columns,\n‖e‖² = 1.5", color=theme.ACCENT,
          fontsize=11, va="center")
    corner = fitted + RIGHT_ANGLE_SIDE * np.array([-along, up - along, up])
    ax.plot(*seen(corner @ turn).T, color=theme.INK, linewidth=1, zorder=5)
    ax.plot(*walk.T, "-", color=theme.ACCENT, linewidth=1.2, zorder=5)
    ax.plot(*walk[:7].T, "o", color=theme.ACCENT, markersize=4, zorder=5)
    ax.plot(*np.array([walk[1], y]).T, ":", color=theme.GREY, linewidth=1.2, zorder=3)
    write(ax, foot + np.array([0.1, -0.28]), "dots: the predictions of gradient\ndescent, step after step", ha="left",
          color=theme.ACCENT, fontsize=9, va="top")
    write(ax, foot + np.array([0.1, -0.68]), "dotted: −e after one step, ‖e‖² = 6.12", ha="left", color=theme.GREY,
          fontsize=9, va="top")
    ax.set(xlim=(-1.3, 7.5), ylim=(-0.95, 1.4), aspect="equal")
    ax.set_axis_off()
    ax.set_title("the nearest prediction to y is the foot of the perpendicular")


def write(ax: Axes, at: np.ndarray, text: str, **how: Any) -> None:
    ax.text(at[0], at[1], text, **how)


def seen(points: np.ndarray) -> np.ndarray:                                  # (..., 3) -> (..., 2)
    """An oblique view: lengths along the first and the third axis are kept, the second axis goes to the back."""
    return points @ np.array([[1.0, 0.0], [0.42, 0.55], [0.0, 1.0]])

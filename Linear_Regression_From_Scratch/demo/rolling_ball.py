"""The ball of the scene "line and bowl": the samples, the bowl of their loss, a descent, and the sentences about it."""

from collections.abc import Callable, Generator
from functools import partial
from typing import Any

import numpy as np

from Linear_Regression_From_Scratch.demo.loss_mesh import bowl, losses, mesh
from Linear_Regression_From_Scratch.linear_regression import LinearRegression
from playground.scene import Controls

SMALLEST_GAIN = 1e-6            # the descent stops when a step gains less than this share of the variance of y
START = (-3.0, 3.0)             # slope and intercept: high on the steep side of the bowl
STEPS_OF_FATE = 12              # after so many steps it is clear what the ball does
MARGIN = np.array([0.5, 2.5])   # free space around the samples, in x and y


class Ball:
    """The samples, the bowl of their loss, and the ball's path (w, b) on it."""

    def __init__(self, samples: np.ndarray, controls: Controls) -> None:
        self.controls = controls
        self.path = [np.array(controls["start"] or START)]        # each (2,)
        self.limits = np.stack([samples.min(axis=0) - MARGIN, samples.max(axis=0) + MARGIN], axis=1)
        self.place(samples if controls["samples"] is None else np.array(controls["samples"]))

    def place(self, samples: np.ndarray) -> None:                 # (n, 2)
        self.samples, self.y = samples, samples[:, 1]
        self.mean, self.scale = 0.0, 1.0
        if self.controls["standardise"]:
            self.mean, self.scale = float(samples[:, 0].mean()), float(samples[:, 0].std()) or 1.0
        self.X = (samples[:, :1] - self.mean) / self.scale        # (n, 1)
        self.bowl = bowl(self.X, self.y)
        rim = 1.1 * losses(self.X, self.y, np.array([self.path[0], self.path[-1]])).max()
        self.mesh = mesh(self.X, self.y, self.bowl, rim)

    def jump(self) -> Generator[Callable[[], dict[str, Any]], None, str]:
        model = LinearRegression("normal_equation", engine="plain").fit(self.X, self.y)
        self.path.append(np.array([model.coef_[0], model.intercept_]))
        at_rest = "No descent at all: the normal equation computes the lowest point from the samples, at once."
        yield partial(self.frame, at_rest, at_rest=True)
        return at_rest

    def roll(self) -> Generator[Callable[[], dict[str, Any]], None, str]:
        """Gradient descent from the present point, until it rests or a control changes."""
        seen, (w, b) = self.controls.version, self.path[-1]
        model = LinearRegression("gradient_descent", self.controls["learning_rate"], max_iter=100_000,
                                 tol=SMALLEST_GAIN, momentum=self.controls["momentum"], engine="plain")
        for _ in model.training(self.X, self.y, initial=([w], b)):
            self.path.append(np.array([model.coef_[0], model.intercept_]))
            yield partial(self.frame, self.sentence())     # the frame is computed only if it is painted
            if self.controls.version != seen:
                return ""
        off = np.abs(self.path[-1] - self.bowl.best).max()
        return (f"At rest after {len(self.path) - 1} steps: the next one would gain almost nothing. Slope and "
                f"intercept are within {off:.1g} of the lowest point.")

    def sentence(self) -> str:
        rate, momentum, (flat, steep) = self.controls["learning_rate"], self.controls["momentum"], self.bowl.curvature
        excess = self.bowl.curvature * ((self.path[-1] - self.bowl.best) @ self.bowl.axes) ** 2    # (2,) flat, steep
        overshoot = rate * steep - 1
        if rate > self.limit():
            grows = "" if momentum else (": each step lands on the other side of the lowest point, "
                                         f"{overshoot:.3g} times as far from it")
            return f"η = {rate:.3g} is past the limit {self.limit():.3g}{grows}. The ball flies out."
        if momentum:
            return f"The ball is heavy: it keeps {momentum:.0%} of its last step, and swings past the lowest point."
        if flat > 0.5 * steep:
            return f"The bowl is round: every step points at the lowest point and covers {rate * flat:.0%} of the way."
        if excess[0] > 9 * excess[1]:
            return f"Along the valley the slope is almost 0: each step closes only {rate * flat:.1%} of the distance."
        if overshoot > 0.3:
            return f"Zigzag: each step lands on the other side, at {overshoot:.0%} of the distance before."
        return "Down the steep wall: the gradient is large, so the steps are long."

    def limit(self) -> float:
        return float(2 * (1 + self.controls["momentum"]) / self.bowl.curvature[1])

    def fate(self) -> str:
        """What the path has done so far: it flies, zigzags or rolls."""
        away = np.array(self.path) - self.bowl.best
        side = np.sign(away @ self.bowl.axes[:, 1])               # (steps + 1,) side of the minimum, steep direction
        first, last = losses(self.X, self.y, np.array([self.path[0], self.path[-1]]))
        return "flies" if last > first else "zigzags" if np.sum(side[1:] != side[:-1]) > 2 else "rolls"

    def frame(self, say: str, at_rest: bool = False) -> dict[str, Any]:
        steps, path = len(self.path) - 1, np.array(self.path)     # (steps + 1, 2)
        shown = path if len(path) <= 300 else np.concatenate([path[:200], path[-100:]])
        heights = losses(self.X, self.y, shown)
        ends = self.limits[0]                                     # of x
        earlier = path[np.unique(np.geomspace(1, len(path), 9).astype(int)[:-1]) - 1] if steps else path[:0]
        lines = [{"name": "", "role": "ghost", "at": self.heights_at(ends, theta)} for theta in earlier]
        lines += [{"name": "least squares", "role": "best", "at": self.heights_at(ends, self.bowl.best)},
                  {"name": "ŷ = w x + b", "role": "model", "at": self.heights_at(ends, path[-1])}]
        on_line = self.heights_at(self.samples[:, 0], path[-1])[:, 1]
        answers = {"fate": self.fate()} if at_rest or steps >= STEPS_OF_FATE else {}
        return {
            "say": say,
            "numbers": {"step": steps, "loss": heights[-1], "slope w": path[-1, 0], "intercept b": path[-1, 1]},
            "marks": {"learning_rate": [{"at": 1 / self.bowl.curvature[1], "label": "1/λmax"},
                                        {"at": self.limit(), "label": "2(1+β)/λmax" if self.controls["momentum"]
                                         else "2/λmax", "beyond": True}]},
            "answers": answers | ({"steps": steps} if at_rest and self.fate() != "flies" else {}),
            "bowl": {**self.mesh, "closed": True, "best": np.append(self.bowl.best, self.bowl.lowest), "start": "start",
                     "path": np.column_stack([shown, heights]), "x_label": "slope w", "y_label": "intercept b",
                     "z_label": "loss"},
            "line": {"x": self.limits[0], "y": self.limits[1], "x_label": "x", "y_label": "y", "lines": lines,
                     "points": self.samples, "drag": "samples",
                     "squares": np.column_stack([self.samples, on_line])},
            "loss": {"x": steps, "y": {"loss": heights[-1]}, "log": True, "x_label": "step"},
        }

    def heights_at(self, x: np.ndarray, theta: np.ndarray) -> np.ndarray:    # (m,), (2,) -> (m, 2)
        return np.column_stack([x, theta[0] * (x - self.mean) / self.scale + theta[1]])

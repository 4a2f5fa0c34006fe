"""A chapter for the tests of the runner: five steps, one picture, a result."""

from typing import NamedTuple

from ai_from_scratch.stage.demo import DataUse, Picture, Report


class Frame(NamedTuple):
    step: int
    steps: int
    metrics: dict[str, float]


class Demo:
    uses = frozenset({"epochs"})
    pause = 0.0
    steps = 5

    def __init__(self, settings):
        self.settings = settings
        self.steps = settings.epochs or self.steps
        self.done = 0
        self.data = [DataUse("counting", "made for a test", 10, 0, 3)]

    def train(self):
        import time

        for step in range(1, self.steps + 1):
            self.done = step
            time.sleep(self.pause)
            yield Frame(step, self.steps, {"loss": 1 / step})

    def draw(self, figure, frames):
        figure.clear()
        figure.add_subplot().plot([frame.step for frame in frames])

    def figures(self):
        def line(figure):
            figure.add_subplot().plot(range(self.done))

        yield Picture("count.png", line, "A straight line.")

    def report(self):
        metrics = {"test_accuracy": self.done / self.steps, "seed": self.settings.seed}
        return Report(metrics, {"test_accuracy": 0.5}, "chance")

"""The progress bar of a training: the scene, the step, and as many metrics as fit on the line."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from ai_from_scratch.runner.results import label, number
from ai_from_scratch.stage.demo import Frame

MIN_WIDTH_WITH_BAR = 115      # columns: a narrower terminal has room for the numbers only
MIN_WIDTH_WITH_TIME = 50      # columns: here the loss needs the room
TIME_CHARACTERS = len("0:00:00")


class TrainingBar(Progress):
    """A context manager, like rich's Progress.  A new scene, which is a new class of frames, gets a new line."""

    def __init__(self, console: Console) -> None:
        line: list[ProgressColumn] = [BarColumn(bar_width=30)] if console.width >= MIN_WIDTH_WITH_BAR else []
        time: list[ProgressColumn] = [TimeElapsedColumn()] if console.width >= MIN_WIDTH_WITH_TIME else []
        super().__init__(TextColumn("{task.description}"), *line, _Counts(), TextColumn("{task.fields[numbers]}"),
                         *time, console=console)
        self.other_characters = 31 * len(line) + (TIME_CHARACTERS + 1) * len(time) + 3
        self.scene: type[Frame] | None = None
        self.task: TaskID | None = None

    def show(self, frame: Frame) -> bool:
        """True if the frame begins a scene."""
        begins = type(frame) is not self.scene
        if begins or self.task is None:
            self.scene = type(frame)
            self.task = self.add_task(getattr(frame, "title", "training"), total=frame.steps, numbers="", metrics={})
        self.update(self.task, completed=frame.step, metrics=frame.metrics)
        for task in self.tasks if begins else self.tasks[-1:]:
            self.update(task.id, numbers=fitting(task.fields["metrics"], self._room()))
        return begins

    def _room(self) -> int:
        """The number of characters for the metrics: the lines stand in columns that are as wide as their widest
        text."""
        title = max(len(task.description) for task in self.tasks)
        counts = max(2 * len(f"{task.total or 0:.0f}") + 1 for task in self.tasks)
        return self.console.width - title - counts - self.other_characters


class _Counts(ProgressColumn):
    """The step, and the number of steps.  Its width is always that of the last step, so it is never cut."""

    def render(self, task: Task) -> Text:
        total = f"{task.total or 0:.0f}"
        self._table_column = self.get_table_column()
        self._table_column.min_width = max(self._table_column.min_width or 0, 2 * len(total) + 1)
        return Text(f"{task.completed:.0f}/{total}", style="progress.download", no_wrap=True)


def fitting(metrics: Mapping[str, float], room: int) -> str:
    """The metrics, from the first on, that fit completely into `room` characters."""
    shown = ""
    for name, value in metrics.items():
        longer = f"{shown}  {label(name)} {number(name, value)}".strip()
        if len(longer) > room:
            break
        shown = longer
    return shown

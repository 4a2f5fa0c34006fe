"""The results of a chapter: stored, formatted for people, and written as JSON."""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ai_from_scratch import __version__
from ai_from_scratch.runner.chapter import Chapter
from ai_from_scratch.runner.files import replace_text
from ai_from_scratch.stage.demo import DataUse, Report


@dataclass
class Outcome:
    """The run of one chapter.  `status` is done, interrupted or failed."""

    chapter: Chapter
    status: str = "done"
    data: Sequence[DataUse] = ()
    report: Report | None = None
    seconds: float = 0.0                                             # of all, pictures included
    training_seconds: float = 0.0                                    # with the live figure, if there is one
    pictures: list[tuple[Path, str]] = field(default_factory=list)   # path, caption
    failed_pictures: dict[str, str] = field(default_factory=dict)    # file name, why
    code: list[str] = field(default_factory=list)                    # the chapters' files whose code ran
    diagnosis: dict[str, Any] | None = None                          # what is wrong with the training of demo.model
    error: str = ""

    @property
    def complete(self) -> bool:
        """False if the chapter, a picture or a saving failed.  A chapter that the user stopped counts as complete."""
        return self.status != "failed" and not self.failed_pictures and not (self.report and self.report.failures)

    def as_json(self) -> dict[str, Any]:
        use = self.data[-1] if self.data else None
        return {
            "name": self.chapter.name,
            "status": self.status,
            "data": {"name": use.name, "source": use.source, "train": use.train, "validation": use.validation,
                     "test": use.test} if use else None,
            "metrics": _finite(self.report.metrics) if self.report else {},
            "baseline": {"name": self.report.baseline_name, **_finite(self.report.baseline)} if self.report else {},
            "seconds": round(self.seconds, 3),
            "training_seconds": round(self.training_seconds, 3),
            "figures": [short(path, posix=True) for path, _ in self.pictures],
            "code": self.code,
            "diagnosis": self.diagnosis,
            **({"failed_figures": self.failed_pictures} if self.failed_pictures else {}),
            **({"failures": list(self.report.failures)} if self.report and self.report.failures else {}),
            **({"error": self.error} if self.error else {}),
        }


def _finite(numbers: Mapping[str, float]) -> dict[str, float | None]:
    """Replaces NaN and infinity, because JSON has neither."""
    return {name: float(value) if math.isfinite(value) else None for name, value in numbers.items()}


def write_json(outcomes: Sequence[Outcome], seed: int, path: Path, add: bool = False, *,
               interrupted: bool = False) -> None:
    """Writes the results into this file.

    add: the results of other chapters in the file stay at their places, because the gallery of one chapter replaces
        only its own.
    interrupted: the user or the system stopped a chapter, or the whole run, perhaps before its first chapter.
    """
    libraries = {name: version(name) for name in ("numpy", "matplotlib")}
    chapters = [outcome.as_json() for outcome in outcomes]
    if add and path.is_file():
        new = {chapter["name"]: chapter for chapter in chapters}
        with suppress(ValueError, KeyError, TypeError):              # a file without results is replaced
            earlier = json.loads(path.read_text(encoding="utf-8"))["chapters"]
            chapters = [new.get(chapter["name"], chapter) for chapter in earlier] + [
                chapter for name, chapter in new.items() if name not in [other["name"] for other in earlier]]
    content = {"chapters": chapters, **({"interrupted": True} if interrupted else {}), "seed": seed,
               "versions": {"ai_from_scratch": __version__, "python": platform.python_version(), **libraries}}
    replace_text(path, json.dumps(content, indent=2, allow_nan=False) + "\n")


def short(path: Path, *, posix: bool = False) -> str:
    """The path relative to the current folder, if it is inside this folder."""
    here = Path.cwd()
    path = path.resolve()
    path = path.relative_to(here) if path.is_relative_to(here) else path
    return path.as_posix() if posix else str(path)


def number(name: str, value: float) -> str:
    """A metric as text: shares in percent, rates with thousands separators, other numbers with four digits.

    A softmax probability is rounded down, at most to 99.99 %: it is never 1, even if float32 rounds it to 1.
    """
    if "accuracy" in name:
        return f"{100 * value:.2f} %"
    if "probability" in name and math.isfinite(value):
        return f"{min(math.floor(1e4 * value + 1e-6), 9999) / 100:.2f} %"
    if name.endswith("/s"):
        return f"{value:,.0f}"
    return f"{value:.4g}"


def label(name: str) -> str:
    return name.replace("_", " ").replace("r2", "R²").replace("bits per char", "bits per character")

"""The menu: arrow keys and Enter choose; Esc and q go back or leave."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from typing import Any

from ai_from_scratch.runner.chapter import Chapter

ALL, SEVERAL, QUIT = "all", "several", "quit"


def ask(chapters: Sequence[Chapter], verbs: Mapping[str, str] | None = None) -> list[Chapter] | str | None:
    """The chapters to run next, or one of the verbs (name -> line); None to quit.  Ctrl-C raises KeyboardInterrupt.
    Only for terminals."""
    import questionary

    rows = _rows(chapters)
    more = [questionary.Choice(f"{'All of them':<22}one after the other", ALL),
            questionary.Choice(f"{'Several …':<22}tick them with the space bar", SEVERAL),
            *(questionary.Choice(f"{name.title():<22}{line}", name) for name, line in (verbs or {}).items()),
            questionary.Choice("Quit", QUIT)]
    while True:
        answer = _asked(questionary.select(
            "Which algorithm shall train?", choices=[*rows, questionary.Separator(" "), *more],
            instruction="(arrow keys, Enter; q or Esc leaves)", qmark="◆", erase_when_done=True))
        if answer in (None, QUIT):
            return None
        if answer == ALL:
            return list(chapters)
        if answer != SEVERAL:
            return answer if isinstance(answer, str) else [answer]
        ticked: list[Chapter] | None = _asked(questionary.checkbox(
            "Which ones?", choices=rows, qmark="◆", erase_when_done=True,
            validate=lambda ticked: bool(ticked) or "Tick at least one with the space bar; Esc goes back.",
            instruction="(space ticks, a ticks all, Enter runs them; q or Esc goes back)"))
        if ticked:
            return ticked


def _asked(question: Any) -> Any:
    """The answer; None for Esc or q."""
    bindings = question.application.key_bindings
    for key in ("escape", "q"):
        bindings.add(key, eager=True)(lambda event: event.app.exit(result=None))
    question.application.ttimeoutlen = 0.05      # seconds after which an Esc is not the beginning of an arrow key
    return question.unsafe_ask()


def _rows(chapters: Sequence[Chapter]) -> list[Any]:
    """One line for each chapter; without the data if the terminal is too narrow for the longest line."""
    import questionary

    lines = [f"{chapter.title:<22}{chapter.what} · {chapter.data} · {chapter.takes}" for chapter in chapters]
    if max(map(len, lines)) + len(" » ○ ") > shutil.get_terminal_size().columns:
        lines = [f"{chapter.title:<22}{chapter.what} · {chapter.takes}" for chapter in chapters]
    return [questionary.Choice(line, chapter, description=f"Look at {chapter.look}.")
            for line, chapter in zip(lines, chapters, strict=True)]

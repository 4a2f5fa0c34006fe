"""The menu: arrow keys and Enter."""

from __future__ import annotations

from collections.abc import Sequence

from ai_from_scratch.runner.chapter import Chapter

ALL, SEVERAL, QUIT = "all", "several", "quit"


def ask(chapters: Sequence[Chapter]) -> list[Chapter] | None:
    """Which chapters to run next; None to quit.  KeyboardInterrupt on Ctrl-C.  Only for terminals."""
    import questionary

    rows = [_row(chapter) for chapter in chapters]
    more = [questionary.Choice(f"{'All of them':<22}one after the other", ALL),
            questionary.Choice(f"{'Several …':<22}tick them with the space bar", SEVERAL),
            questionary.Choice("Quit", QUIT, shortcut_key="q")]
    answer = questionary.select(
        "Which algorithm shall train?", choices=[*rows, questionary.Separator(" "), *more],
        instruction="(arrow keys, Enter)", qmark="◆").unsafe_ask()
    if answer == QUIT:
        return None
    if answer == ALL:
        return list(chapters)
    if answer == SEVERAL:
        ticked: list[Chapter] = questionary.checkbox(
            "Which ones?", choices=rows, instruction="(space ticks, a ticks all, Enter runs them in this order)",
            qmark="◆").unsafe_ask()
        return ticked
    return [answer]


def _row(chapter: Chapter):
    import questionary

    line = f"{chapter.title:<22}{chapter.what} · {chapter.data} · {chapter.takes}"
    return questionary.Choice(line, chapter, description=f"Look at {chapter.look}.")

"""The Master Runner: a menu, a command line, and one run after the other.  It is handed the chapters and imports none.

What is heavy (Matplotlib, the chapters) is imported when a chapter has been chosen, so that the menu is there at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ai_from_scratch.runner.chapter import Chapter, UnknownNameError, resolve
from ai_from_scratch.runner.keys import on_terminal

if TYPE_CHECKING:
    from ai_from_scratch.runner.results import Outcome
    from ai_from_scratch.stage.displays import Display

__all__ = ["Chapter", "main"]


def main(chapters: Sequence[Chapter], root: Path, argv: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit code: 0 well, 1 a chapter failed, 2 a wrong command, 130 Ctrl-C.

    root: the project's folder; pictures go to its plots/ unless --out says otherwise.
    """
    from ai_from_scratch.runner.options import parse

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")   # an old console without "²" shows "?", and the run goes on
    options = parse(sys.argv[1:] if argv is None else argv, chapters)
    try:
        if options.list:
            for chapter in chapters:
                print(f"{chapter.name:<9} {chapter.title:<21} {chapter.what}; {chapter.data}; look at {chapter.look}; "
                      f"about {chapter.takes}")
            return 0
        return _Session(chapters, root, options).go()
    except UnknownNameError as error:
        print(f"run_all.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nLeft.", file=sys.stderr)
        return 130
    except BrokenPipeError:   # the reader of a pipe has gone; Python would complain once more when it flushes
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


class _Session:
    """One call of run_all.py: the names given, the menu again and again, or the tour."""

    def __init__(self, chapters: Sequence[Chapter], root: Path, options: argparse.Namespace) -> None:
        self.chapters, self.root, self.options = chapters, root, options
        self.named = resolve(options.names, chapters)
        self.outcomes: list[Outcome] = []
        self.display: Display | None = None

    def go(self) -> int:
        try:
            if self.named:
                self.run(self.named)
            elif on_terminal():
                from ai_from_scratch.runner.menu import ask

                while (chosen := ask(self.chapters)) is not None:
                    self.run(chosen)
            else:   # piped, or a machine at work: the tour
                self.options.quick, self.options.show = True, "none"
                self.run(self.chapters)
        finally:
            if self.options.json is not None and self.outcomes:
                from ai_from_scratch.runner.results import write_json

                write_json(self.outcomes, self.options.seed, self.options.json)
        return int(any(outcome.status == "failed" for outcome in self.outcomes))

    def run(self, chosen: Sequence[Chapter]) -> None:
        from rich.console import Console

        from ai_from_scratch.runner.run import run_chapter
        from ai_from_scratch.stage.displays import choose

        console = Console(soft_wrap=not sys.stdout.isatty())
        if self.display is None:
            show = "none" if self.options.generate_only else self.options.show    # nothing is trained: nothing moves
            self.display = choose(show, lambda text: console.print(text, style="yellow"))
        for chapter in chosen:
            self.outcomes.append(run_chapter(chapter, self.options, self.folder, self.display, console))
        if len(chosen) > 1:
            failed = [outcome.chapter.title for outcome in self.outcomes if outcome.status == "failed"]
            console.rule(f"{len(chosen)} chapters" + (f"; failed: {', '.join(failed)}" if failed else ", all well"))

    @property
    def folder(self) -> Path:
        """Where the pictures go."""
        if self.options.out is not None:
            return Path(self.options.out)
        own = any((self.options.csv, self.options.image, self.options.text, self.options.play, self.options.best))
        return self.root / "plots" / ("own" if own else "quick" if self.options.quick else "")

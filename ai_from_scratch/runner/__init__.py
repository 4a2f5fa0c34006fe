"""The Master Runner: a menu and a command line that run chapters.  The runner receives the chapters as a table and
imports none of them.

Slow imports (Matplotlib, the chapters) happen only after a chapter is chosen, so the menu appears at once.
"""

from __future__ import annotations

import argparse
import atexit
import os
import signal
import sys
import threading
import warnings
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from ai_from_scratch.runner.chapter import Chapter, resolve
from ai_from_scratch.runner.interrupts import INTERRUPTED_CODE, Interrupts, LeaveError
from ai_from_scratch.runner.keys import on_terminal
from ai_from_scratch.runner.usage import UsageError, usage_message

if TYPE_CHECKING:
    from ai_from_scratch.runner.results import Outcome
    from ai_from_scratch.stage.displays import Display

__all__ = ["Chapter", "main"]


def main(chapters: Sequence[Chapter], root: Path, argv: Sequence[str] | None = None,
         verbs: Mapping[str, tuple[str, str]] | None = None) -> int:
    """Runs the command line; returns the exit code.

    0: success.  1: a chapter, a picture or a saving failed.  2: a wrong command.  130: Ctrl-C.  143: SIGTERM.
    129: the terminal was closed.
    root: the folder of the chapters; in a clone the pictures go into its plots/runs/.
    verbs: other entries of the menu: name -> (module with a main, line in the menu; "" leaves it out).
    """
    _prepare_streams()
    if threading.current_thread() is threading.main_thread():
        atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)   # Ctrl-C no longer disturbs the end
    try:
        with Interrupts(print) as interrupts:
            from ai_from_scratch.runner.options import parse

            options = parse(sys.argv[1:] if argv is None else argv, chapters, root)
            if options.list:
                for chapter in chapters:
                    print(f"{chapter.name:<9} {chapter.title:<21} {chapter.what}; {chapter.data}; "
                          f"look at {chapter.look}; about {chapter.takes}")
                return 0
            return _Session(chapters, root, options, verbs or {}, interrupts).go()
    except UsageError as error:
        print(usage_message(str(error), example=error.example), end="", file=sys.stderr)
        return 2
    except KeyboardInterrupt as error:
        print("\nLeft.", file=sys.stderr)
        return error.code if isinstance(error, LeaveError) else INTERRUPTED_CODE
    except BrokenPipeError:   # the reader of the pipe has ended; otherwise the flush at the end would raise again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:  # for example a full disk behind stdout: no more can be reported
        print(f"run_all.py: the output of this run cannot be written: {error}", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _prepare_streams() -> None:
    """Replaces streams that are closed, and makes old consoles without "²" print "?" instead of raising an error."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115  it stays open as long as the program runs
        stream = getattr(sys, name)
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


class _Session:
    """One call of run_all.py: the named chapters, or the menu until the user leaves, or the tour."""

    def __init__(self, chapters: Sequence[Chapter], root: Path, options: argparse.Namespace,
                 verbs: Mapping[str, tuple[str, str]], interrupts: Interrupts) -> None:
        self.chapters, self.root, self.options, self.verbs = chapters, root, options, verbs
        self.interrupts = interrupts                    # outside of the chapters
        self.named = resolve(options.names, chapters)
        self.outcomes: list[Outcome] = []
        self.display: Display | None = None
        self.ending, self.unwritten = 0, False          # ending: the exit code, if the system ends the run
        self.left = False                               # by Ctrl-C or a signal of the system
        # Matplotlib raises an error if it is imported with an unknown backend, for example a notebook's inline one.
        inside = {"matplotlib", "ipykernel"} & set(sys.modules)
        self.backend = os.environ.get("MPLBACKEND", "") if inside else os.environ.pop("MPLBACKEND", "")

    def go(self) -> int:
        try:
            from ai_from_scratch.runner.wishes import able, anything_asked, check_uses

            if self.named:
                check_uses(self.named, self.chapters, self.options)
                self.run(self.named)
                return self.exit_code(named=True)
            offered = able(self.chapters, self.options) if anything_asked(self.options) else list(self.chapters)
            if not offered:
                check_uses(self.chapters, self.chapters, self.options)
            if not on_terminal():      # a pipe or an automatic run: the tour of all chapters
                self.options.quick, self.options.show = True, "none"
                self.run(offered)
                return self.exit_code(named=True)
            if len(offered) == 1:      # the options fit only one chapter: run it
                self.run(offered)
                return self.exit_code(named=True)
            from ai_from_scratch.runner.menu import ask

            asked = anything_asked(self.options)
            verbs = {name: line for name, (_, line) in self.verbs.items() if line and not asked}
            while not self.ending and (chosen := ask(offered, verbs)) is not None:
                if isinstance(chosen, str):
                    with Interrupts(print) as interrupts:
                        import_module(self.verbs[chosen][0]).main(self.chapters, [])
                    interrupts.check()                  # SIGTERM ends a verb, and the menu after it
                else:
                    self.run(chosen)
            return self.exit_code(named=False)
        except KeyboardInterrupt:
            self.left = True
            raise
        except Exception:
            self.left = self.interrupts.stop
            self.interrupts.check_loading()             # an import that is cut off may end with an ImportError
            raise
        finally:
            self.keep()

    def exit_code(self, *, named: bool) -> int:
        """Leaving the menu is a success, even if a chapter was stopped before."""
        if self.ending:
            return self.ending
        if named and any(outcome.status == "interrupted" for outcome in self.outcomes):
            return INTERRUPTED_CODE
        return int(self.unwritten or not all(outcome.complete for outcome in self.outcomes))

    def keep(self) -> None:
        """Writes the results so far as JSON (--json)."""
        from ai_from_scratch.runner.results import write_json

        if self.options.json is None or not (self.outcomes or (self.left and not self.options.gallery)):
            return
        self.unwritten = False
        left = self.left or any(outcome.status == "interrupted" for outcome in self.outcomes)
        try:
            write_json(self.outcomes, self.options.seed, self.options.json, self.options.gallery, interrupted=left)
        except OSError as error:
            self.unwritten = True
            print(f"run_all.py: the results cannot be written to {self.options.json}: {error}", file=sys.stderr)

    def run(self, chosen: Sequence[Chapter]) -> None:
        from matplotlib import rc_context
        from rich.console import Console

        from ai_from_scratch.runner.results import Outcome
        from ai_from_scratch.runner.run import ChapterRun
        from ai_from_scratch.stage.displays import choose
        from ai_from_scratch.stage.notebook import in_notebook

        # A notebook's kernel can show a terminal's colours, but cannot move its cursor.
        console = Console(soft_wrap=not sys.stdout.isatty(), force_jupyter=False,
                          force_terminal=False if in_notebook() else None)
        if self.display is None:
            show = "none" if self.options.generate_only else self.options.show    # no training, so no live figure
            self.display = choose(show, lambda text: console.print(text, style="yellow", highlight=False, markup=False),
                                  self.backend)
        first = len(self.outcomes)
        self.interrupts.check_loading()
        for chapter in chosen:
            self.outcomes.append(Outcome(chapter, "interrupted"))        # until its training has ended
            with (rc_context(), Interrupts(lambda text: console.print(f"[yellow]{text}")) as interrupts,
                  warnings.catch_warnings()):
                if not self.options.debug:       # the sentence alone, above the bar, without a file and its line
                    warnings.showwarning = lambda message, *_, **__: console.print(
                        str(message), style="yellow", markup=False, highlight=False)
                ChapterRun(self.outcomes[-1], self.options, self.root, self.display, console, interrupts,
                           self.keep).go()
            self.keep()
            if interrupts.ending:
                self.ending = interrupts.ending
                return
        if len(chosen) > 1:
            failed = [outcome.chapter.title for outcome in self.outcomes[first:] if outcome.status == "failed"]
            console.rule(f"{len(chosen)} chapters" + (f"; failed: {', '.join(failed)}" if failed else ", none failed"))

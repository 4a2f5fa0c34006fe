"""Prints the data of a chapter, its results, the results of the baseline, and the text that it writes."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ai_from_scratch.runner.interrupts import Interrupts
from ai_from_scratch.runner.keys import on_terminal
from ai_from_scratch.runner.results import Outcome, label, number, short
from ai_from_scratch.stage.demo import WritingDemo

SECONDS_PER_CHARACTER = 0.008  # on a terminal


def tell_data(outcome: Outcome, console: Console) -> None:
    for use in outcome.data:
        splits = zip(("train", "validation", "test"), use[2:], strict=True)
        counts = ", ".join(f"{n:,} {split}" for split, n in splits if n)
        console.print(f"[bold]{escape(use.name)}[/]: {counts}  [dim]({escape(use.source)})", highlight=False)


def tell_results(outcome: Outcome, console: Console) -> None:
    """Prints the table of results, the notes, and the files whose code ran."""
    report = outcome.report
    if report is None:
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("result")
    table.add_column("ours", justify="right", style="bold")
    table.add_column(f"baseline: {report.baseline_name}" if report.baseline_name else "", justify="right")
    for name, value in report.metrics.items():
        base = number(name, report.baseline[name]) if name in report.baseline else ""
        table.add_row(label(name), number(name, value), base)
    console.print(table)
    for note in report.notes:
        console.print(note, markup=False, highlight=False)
    for failure in report.failures:
        console.print(failure, markup=False, highlight=False, style="bold red")
    if outcome.diagnosis:
        console.print(outcome.diagnosis["text"], markup=False, highlight=False, style="yellow")
    if outcome.code:
        console.print(f"The code that ran: {', '.join(outcome.code)}", markup=False, highlight=False)


def tell_end(outcome: Outcome, root: Path, console: Console) -> None:
    """Prints how the chapter ended, and what to read next: only a clone has the pages; the code is always installed."""
    places = [f"[cyan]{escape(short(root / path))}[/] ({what})" for path, what in
              ((outcome.chapter.page, "the mathematics"), (outcome.chapter.source, "the code"))
              if (root / path).is_file()]
    read_on = f" Read on: {', '.join(places)}" if places else ""
    times = f"{outcome.seconds:.1f} s, {outcome.training_seconds:.1f} s of it training"
    console.print(f"[dim]{outcome.status}, {times}.[/]{read_on}", highlight=False)


def in_words(error: Exception, *, ordinary: bool) -> str:
    """The message of an error; for one that is not in the user's hands, with its kind."""
    if isinstance(error, MemoryError):                    # Python's own has no message
        why = f" ({error})" if str(error) else ""
        return f"There is not enough memory{why}. Take fewer rows or columns, or close other programs."
    return str(error) if ordinary else f"{type(error).__name__}: {error}"


def tell_failure(outcome: Outcome, console: Console, *, ordinary: bool, debug: bool) -> None:
    """Prints an error. For the user's own mistakes the message is enough; for other errors --debug shows the
    traceback."""
    console.print(f"[bold red]{outcome.chapter.title} failed.[/] ", end="")
    console.print(outcome.error, markup=False, highlight=False)
    if debug:
        console.print_exception()
    elif not ordinary:
        console.print("[dim]--debug shows the traceback.")


def write_out(demo: WritingDemo, pump: Callable[[], None], console: Console, interrupts: Interrupts) -> None:
    """Prints the demo's text: on a terminal at reading speed, into a pipe without a pause."""
    pause = SECONDS_PER_CHARACTER if on_terminal() else 0.0
    before, phase = interrupts.stop, interrupts.phase
    interrupts.stop, interrupts.phase = False, "writing"    # Ctrl-C now stops the writing
    for piece in demo.speech():
        sys.stdout.write(piece)
        sys.stdout.flush()
        time.sleep(pause * len(piece))
        if pause:
            pump()
        interrupts.check()
        if interrupts.stop:
            console.print("\n[yellow]Stopped writing.", end="")
            break
    console.print()
    interrupts.stop, interrupts.phase = interrupts.stop or before, phase

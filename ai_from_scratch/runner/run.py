"""Runs one chapter: loads it, lets it be watched, writes its pictures, reports, and never takes the others down."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from ai_from_scratch.data.dataset import DataError
from ai_from_scratch.runner.chapter import Chapter
from ai_from_scratch.runner.interrupts import Interrupts, LeaveError
from ai_from_scratch.runner.keys import enter_pressed, on_terminal, wait_for_enter
from ai_from_scratch.runner.options import asked_for, option, settings_of
from ai_from_scratch.runner.results import Outcome, label, number, short
from ai_from_scratch.runner.what_ran import FRAMES_OF_A_SCENE, WhatRan
from ai_from_scratch.stage.demo import Demo, Frame, Speaker
from ai_from_scratch.stage.displays import Display
from ai_from_scratch.stage.gallery import save_gif, save_pictures
from ai_from_scratch.stage.play import play
from ai_from_scratch.stage.reel import Reel


def run_chapter(chapter: Chapter, options: argparse.Namespace, folder: Path, display: Display,
                console: Console) -> Outcome:
    """Everything of one chapter.  Failures end up in the outcome; only Ctrl-C twice (LeaveError) comes through."""
    outcome = Outcome(chapter)
    start = time.perf_counter()
    console.rule(f"[bold]{chapter.title}")
    try:
        with Interrupts(lambda text: console.print(f"[yellow]{text}")) as interrupts:
            demo = _run(chapter, options, folder, display, console, interrupts, outcome)
            outcome.seconds = time.perf_counter() - start
            _tell(outcome, console)
            if isinstance(demo, Speaker):
                _speak(demo, display, console, interrupts)
            if display.alive and on_terminal():
                console.print("[dim]Enter to go on (or close the window)")
                wait_for_enter(display.pump, lambda: display.alive and not interrupts.stop)
    except LeaveError:
        raise
    except KeyboardInterrupt:
        outcome.status = "interrupted"
        console.print("[yellow]Stopped before the training began.")
    except Exception as error:
        ordinary = isinstance(error, DataError) and not options.debug   # a mistake in the user's file, told in words
        outcome.status, outcome.error = "failed", str(error) if ordinary else f"{type(error).__name__}: {error}"
        console.print(f"[bold red]{chapter.title} failed.[/] ", end="")
        console.print(outcome.error, markup=False, highlight=False)
        if options.debug:
            console.print_exception()
        elif not ordinary:
            console.print("[dim]--debug shows where.")
    finally:
        outcome.seconds = outcome.seconds or time.perf_counter() - start
        display.close()
    return outcome


def _run(chapter: Chapter, options: argparse.Namespace, folder: Path, display: Display, console: Console,
         interrupts: Interrupts, outcome: Outcome) -> Demo:
    """Load, train, paint, report; the outcome is filled as things come true."""
    settings = settings_of(options)
    demo = chapter.demo(settings)
    outcome.data = demo.data
    for use in demo.data:
        splits = zip(("train", "validation", "test"), use[2:], strict=True)
        counts = ", ".join(f"{n:,} {split}" for split, n in splits if n)
        console.print(f"[bold]{use.name}[/]: {counts}  [dim]({use.source})", highlight=False)
    unused = [option(name) for name in asked_for(settings) - {"quick", "seed"} - demo.uses]
    if unused:
        console.print(f"[dim]{chapter.title} has no use for {' and '.join(sorted(unused))}.")
    display.open(chapter.title)
    _wait_for_tab(display, console, interrupts)

    interrupts.training = True
    reel = Reel()
    what_ran = WhatRan(chapter.folder)
    _train(demo, display, reel, console, interrupts, what_ran, hold_factor=0.3 if options.quick else 1.0)
    outcome.code = what_ran.files
    outcome.status = "interrupted" if interrupts.stop else "done"
    outcome.report = demo.report()
    for path, caption in save_pictures(demo, folder / chapter.stem, reel):
        outcome.pictures.append((path, caption))
        display.pump()
    if options.gif and reel.scene:
        path = save_gif(demo, reel, folder / chapter.stem / "training.gif")
        outcome.pictures.append((path, "The training, replayed."))
    return demo


def _wait_for_tab(display: Display, console: Console, interrupts: Interrupts) -> None:
    """A browser tab takes a person a moment to open; without a terminal there is nobody to wait for."""
    from ai_from_scratch.stage.browser import BrowserDisplay

    if isinstance(display, BrowserDisplay) and not display.alive and on_terminal():
        console.print(f"[dim]Open {display.address} in a browser (Enter to go on without).")
        display.wait_for_tab(120, lambda: enter_pressed() or interrupts.stop)


def _train(demo: Demo, display: Display, reel: Reel, console: Console, interrupts: Interrupts, what_ran: WhatRan,
           hold_factor: float) -> None:
    """Pulls the frames; the progress bar and the live figure watch.  A new scene gets a new bar.

    Each scene's first frames say which files' code ran: the run's first, and those that follow a scene's last step.
    """
    bar = Progress(TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:.0f}/{task.total:.0f}"),
                   TextColumn("{task.fields[numbers]}"), TimeElapsedColumn(), console=console)
    task: TaskID | None = None
    scene: type[Frame] | None = None
    frames, seen = play(demo, display, reel, hold_factor=hold_factor), 0    # seen: frames of the present scene
    with bar:
        while True:
            with what_ran.watching(seen < FRAMES_OF_A_SCENE):
                frame = next(frames, None)
            if frame is None:
                break
            seen = 0 if frame.step >= frame.steps else seen + 1
            if type(frame) is not scene:
                scene, seen = type(frame), min(seen, 1)
                task = bar.add_task(getattr(frame, "title", "training"), total=frame.steps, numbers="")
            assert task is not None
            numbers = "  ".join(f"{label(name)} {number(name, value)}" for name, value in frame.metrics.items())
            bar.update(task, completed=frame.step, numbers=numbers)
            if note := getattr(frame, "note", ""):
                console.print(note, markup=False, highlight=False)     # appears above the bar
            if interrupts.stop:
                break


def _tell(outcome: Outcome, console: Console) -> None:
    """The results against the baseline, the pictures with what to look for, and where to read on."""
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
    for path, caption in outcome.pictures:
        console.print(f"[cyan]{short(path)}[/]  {caption}", highlight=False)
    if outcome.code:
        console.print(f"The code that ran: {', '.join(outcome.code)}", markup=False, highlight=False)
    console.print(f"[dim]{outcome.status}, {outcome.seconds:.1f} s.[/] Read on: [cyan]{outcome.chapter.page}[/] "
                  f"(the mathematics), [cyan]{outcome.chapter.source}[/] (the code)", highlight=False)


def _speak(demo: Speaker, display: Display, console: Console, interrupts: Interrupts) -> None:
    """Prints what the demo says as it comes: on a terminal at the pace of a reader, into a pipe all of it at once."""
    pause = 0.008 if on_terminal() else 0.0      # seconds a character
    before, interrupts.stop, interrupts.tell = interrupts.stop, False, lambda text: None    # now it stops the writing
    for piece in demo.speech():
        sys.stdout.write(piece)
        sys.stdout.flush()
        time.sleep(pause * len(piece))
        if pause:
            display.pump()
        if interrupts.stop:
            console.print("\n[yellow]Stopped writing.", end="")
            break
    console.print()
    interrupts.stop |= before

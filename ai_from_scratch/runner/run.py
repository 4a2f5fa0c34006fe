"""Runs one chapter: loads it, shows its training, reports its results, then paints its pictures.

The results are reported and stored before the first picture is painted.  If a chapter, a picture or a display fails,
the others are not affected.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ai_from_scratch.data.dataset import DataError
from ai_from_scratch.estimator.errors import DivergenceError
from ai_from_scratch.estimator.rules import ParameterError
from ai_from_scratch.runner import earlier
from ai_from_scratch.runner.interrupts import Interrupts, LeaveError
from ai_from_scratch.runner.keys import enter_pressed, on_terminal, wait_for_enter
from ai_from_scratch.runner.options import command, settings_of
from ai_from_scratch.runner.report import in_words, tell_data, tell_end, tell_failure, tell_results, write_out
from ai_from_scratch.runner.results import Outcome, short
from ai_from_scratch.runner.training_bar import MIN_WIDTH_WITH_TIME, TrainingBar
from ai_from_scratch.runner.usage import program
from ai_from_scratch.runner.what_ran import PROFILED_FRAMES_PER_SCENE, WhatRan
from ai_from_scratch.stage.demo import Demo, WritingDemo
from ai_from_scratch.stage.displays import Display
from ai_from_scratch.stage.frame_buffer import FrameBuffer
from ai_from_scratch.stage.gallery import CAPTIONS_FILE, FinishedPicture, captions_page, finished_pictures, recordings
from ai_from_scratch.stage.play import Viewing

QUICK_HOLD_FACTOR = 0.3  # times a frame's `hold`


class ChapterRun:
    """The run of one chapter.  Errors are stored in the outcome; only LeaveError is raised."""

    def __init__(self, outcome: Outcome, options: argparse.Namespace, root: Path, display: Display, console: Console,
                 interrupts: Interrupts, keep: Callable[[], None]) -> None:
        self.outcome, self.options, self.root = outcome, options, root
        self.display, self.console, self.interrupts = display, console, interrupts
        self.keep = keep                        # writes the results of all chapters so far as JSON
        self.folder = options.out / outcome.chapter.stem
        self.frames = FrameBuffer()
        self.viewing: Viewing | None = None     # from the training on

    def go(self) -> None:
        outcome, start, demo = self.outcome, time.perf_counter(), None
        self.console.rule(f"[bold]{outcome.chapter.title}")
        try:
            demo = self._load()
            loaded = time.perf_counter()
            self._train(demo)
            outcome.training_seconds = time.perf_counter() - loaded
            outcome.seconds = time.perf_counter() - start
            self._tell(demo)
            if not self.interrupts.ending:
                self._paint(demo)
            outcome.seconds = time.perf_counter() - start
            tell_end(outcome, self.root, self.console)
            if isinstance(demo, WritingDemo) and not self.interrupts.ending:
                write_out(demo, self._pump, self.console, self.interrupts)
                outcome.status = "interrupted" if self.interrupts.stop else outcome.status
            self._wait_at_end()
        except LeaveError:
            outcome.status = "interrupted"
            raise
        except KeyboardInterrupt:
            outcome.status = "interrupted"
            self.console.print("[yellow]Stopped before the training began.")
        except Exception as error:
            # A mistake in the user's file or in --set is reported in words, and so is a training that diverged.
            ordinary = isinstance(error, DataError | ParameterError | DivergenceError) and not self.options.debug
            self._note_diagnosis(demo, error)
            outcome.status, outcome.error = "failed", in_words(error, ordinary=ordinary)
            tell_failure(outcome, self.console, ordinary=ordinary, debug=self.options.debug)
        finally:
            outcome.seconds = outcome.seconds or time.perf_counter() - start
            self._display_safely(self.display.close)

    def _load(self) -> Demo:
        demo = self.outcome.chapter.demo(settings_of(self.options))
        self.outcome.data = demo.data
        tell_data(self.outcome, self.console)
        chapter = self.outcome.chapter
        self._display_safely(lambda: self.display.open(chapter.title, f"Look at {chapter.look}."))
        self._wait_for_tab()
        return demo

    def _display_safely(self, act: Callable[[], None]) -> None:
        """Calls the display; its errors do not end the training."""
        try:
            act()
        except Exception as error:
            self.display.give_up(error)

    def _wait_for_tab(self) -> None:
        """Waits for a browser tab, which opens after a moment; without a terminal nobody can open it."""
        from ai_from_scratch.stage.browser import BrowserDisplay

        display = self.display
        if isinstance(display, BrowserDisplay) and not display.alive and on_terminal():
            self.console.print(f"[dim]Open {display.address} in a browser (Enter continues without it).")
            display.wait_for_tab(120, lambda: enter_pressed() or self.interrupts.stop)

    # ---- training

    def _train(self, demo: Demo) -> None:
        """Pulls the frames, and shows them in the progress bar and the live figure.

        For a few frames a profiler records which files' code runs: the first frame of the run, and those after a
        scene's last step.
        """
        self.interrupts.phase = "training"
        bar = TrainingBar(self.console)
        self.viewing = Viewing(demo, self.display, self.frames, stop=lambda: self.interrupts.stop,
                               hold_factor=QUICK_HOLD_FACTOR if self.options.quick else 1.0)
        pulled = self.viewing.play()
        what_ran, seen = WhatRan(self.outcome.chapter.folder), 0       # seen: number of frames of the present scene
        with bar:
            while True:
                with what_ran.watching(seen < PROFILED_FRAMES_PER_SCENE):
                    frame = next(pulled, None)
                self.interrupts.check()
                if frame is None:
                    break
                seen = 0 if frame.step >= frame.steps else seen + 1
                if bar.show(frame):
                    seen = min(seen, 1)
                if note := getattr(frame, "note", ""):
                    self.console.print(note, markup=False, highlight=False)     # appears above the bar
                if self.interrupts.stop:
                    break
        pulled.close()
        self.outcome.code = what_ran.files
        self.outcome.status = "interrupted" if self.interrupts.stop else "done"

    def _tell(self, demo: Demo) -> None:
        """Prints the results, and stores them in the JSON file."""
        self.outcome.report = demo.report()
        self._note_diagnosis(demo)
        tell_results(self.outcome, self.console)
        self.keep()

    def _note_diagnosis(self, demo: Demo | None, error: Exception | None = None) -> None:
        """Stores what is wrong with the training of demo.model, or with a training that ended in this error, if it was
        watched."""
        found = getattr(error, "diagnosis", None) or getattr(getattr(demo, "model", None), "diagnosis_", None)
        if found:
            settable = "set" in getattr(demo, "uses", ())
            self.outcome.diagnosis = found.as_dict(f"{program()} {self.outcome.chapter.name}" if settable else "")

    # ---- pictures

    def _paint(self, demo: Demo) -> None:
        """Paints the pictures.  Those of an earlier run that are left over are moved, so that they are not taken for
        this run's."""
        try:
            complete = self._paint_each(demo)
            self._write_captions()
            if complete and not self.outcome.failed_pictures and not self.options.gallery:
                moved = earlier.put_away(self.folder, self._painted())
                if moved:
                    self.console.print(f"Pictures of an earlier run are now in {short(self.folder / 'earlier')}: "
                                       f"{', '.join(moved)}.", markup=False, highlight=False)
        finally:
            if self.outcome.pictures and not self.options.gallery:
                earlier.remember(self.folder, self._painted())

    def _painted(self) -> list[str]:
        return [path.name for path, _ in self.outcome.pictures]

    def _paint_each(self, demo: Demo) -> bool:
        """Paints every picture, with a progress bar; returns False if the user stopped it.  If a picture fails, its
        error is one line, and the next picture is painted."""
        self.interrupts.phase = "painting"
        stopped_before = self.interrupts.stop                 # the training was stopped; the next Ctrl-C leaves
        line = [BarColumn()] if self.console.width >= MIN_WIDTH_WITH_TIME else []
        bar = Progress(TextColumn("painting {task.fields[file]}"), *line, TimeElapsedColumn(),
                       console=self.console, transient=True, disable=not self.console.is_terminal)
        with bar:
            task = bar.add_task("", total=None, file="")
            pictures = finished_pictures(demo, self.frames, gallery=self.options.gallery)
            while True:
                try:
                    picture = next(pictures, None)
                except Exception as error:                    # the demo cannot name more pictures
                    self._failed("further pictures", error)
                    break
                if picture is None:
                    break
                bar.update(task, file=picture.file)
                self._pump(f"painting picture {len(self.outcome.pictures) + 1}, {picture.file}")
                self._save(picture)
                self.interrupts.check()
                if self.interrupts.stop and not stopped_before:
                    self.outcome.status = "interrupted"
                    return False
            for recording in recordings(demo, self.frames) if self.options.gif else ():
                bar.update(task, file=recording.file)
                self._save(recording)
        return True

    def _save(self, picture: FinishedPicture) -> None:
        path = self.folder / picture.file
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            picture.save(path)
        except Exception as error:
            self._failed(picture.file, error)
            return
        self.outcome.pictures.append((path, picture.caption))
        self.console.print(f"[cyan]{escape(short(path))}[/]  {escape(picture.caption)}", highlight=False)

    def _write_captions(self) -> None:
        """Writes the captions as a page beside the pictures.  The page is not essential: without it the pictures are
        still there."""
        pictures = [(path.name, caption) for path, caption in self.outcome.pictures]
        if pictures:
            chapter = self.outcome.chapter
            with suppress(OSError):
                (self.folder / CAPTIONS_FILE).write_text(
                    captions_page(chapter.title, command(chapter.name, self.options), pictures), encoding="utf-8")

    def _failed(self, file: str, error: Exception) -> None:
        self.outcome.failed_pictures[file] = reason = f"{type(error).__name__}: {error}".splitlines()[0]
        self.console.print(f"[bold red]{file} could not be made.[/] ", end="")
        self.console.print(reason, markup=False, highlight=False)
        if self.options.debug:
            self.console.print_exception()

    def _wait_at_end(self) -> None:
        """Keeps the window open until the user presses Enter, there or here, or closes it."""
        if self.display.alive and on_terminal() and not self.interrupts.ending:
            self.console.print("[dim]Press Enter to continue (or close the window or tab)")
            transport = self.display.transport
            transport.waiting = transport.changed = transport.stale = True
            wait_for_enter(self._pump,
                           lambda: self.display.alive and not (transport.left or self.interrupts.stop))
            transport.waiting = False

    def _pump(self, doing: str = "") -> None:
        """Lets the display react: the user may look at earlier frames while pictures are painted, and at the end."""
        if self.viewing is not None:
            self.viewing.pump(doing)

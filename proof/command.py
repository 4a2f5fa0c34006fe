"""python run_all.py check [CHAPTER ...]: checks gradients and answers.  The result is one table with numbers."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ai_from_scratch.runner import Chapter
from ai_from_scratch.runner.chapter import resolve
from ai_from_scratch.runner.files import check_folder, check_json, replace_text
from ai_from_scratch.runner.interrupts import Interrupts
from ai_from_scratch.runner.usage import Parser, UsageError
from proof.references import RECORDED_ONLY

if TYPE_CHECKING:
    from proof.measure import ChapterProof

REPORT_HAS = {"chapters", "environment", "right"}      # the report for machines, among others


def main(chapters: Sequence[Chapter], argv: Sequence[str]) -> int:
    """Returns the exit code: 0 if all is right, 1 if something is wrong, 2 for a wrong command.  A KeyboardInterrupt
    comes after the report on the chapters so far."""
    parser = Parser(
        "check", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Compares every gradient with finite differences, every answer with scikit-learn and PyTorch\n"
                    "(recorded, and live where they are installed), the plain code with its faster form; and checks\n"
                    "invariants and the weights that come with the project.  The exit code is 1 if anything is wrong.")
    add = parser.add_argument
    add("names", nargs="*", metavar="CHAPTER", help="chapters to check (default all): "
        + " ".join(chapter.name for chapter in chapters))
    add("--verbose", action="store_true", help="show every parameter")
    add("--json", type=Path, metavar="FILE", help="also write the report as JSON")
    add("--out", type=Path, metavar="DIR", help="also draw the error against the step size, a V for each gradient")
    add("--recorded", action="store_true", help="compare with recorded answers only: scikit-learn and PyTorch are not "
                                                "used, even if they are installed")
    options = parser.parse_args(argv)
    if options.recorded:
        os.environ[RECORDED_ONLY] = "1"
    try:
        chosen = resolve(options.names or ["all"], chapters)
        if options.json is not None:
            check_json(options.json, REPORT_HAS)
        if options.out is not None:
            check_folder(options.out)
    except UsageError as error:
        parser.error(str(error))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")           # an old console without "⁻⁹" shows "?"
    return run(chosen, options)


def run(chosen: Sequence[Chapter], options: argparse.Namespace) -> int:
    from rich.console import Console

    console = Console(soft_wrap=not sys.stdout.isatty())
    proofs: list[ChapterProof] = []
    left, start = None, time.perf_counter()
    try:
        with Interrupts(print) as interrupts, console.status("") as status:
            from proof.measure import prove

            for chapter in chosen:
                def say(what: str, title: str = chapter.title) -> None:
                    status.update(f"{title}: {what}")

                proof = prove(chapter.title, chapter.folder, say)
                interrupts.check_loading()                 # a signal that an import hid
                proofs.append(proof)
    except KeyboardInterrupt as interrupt:                 # the system's signals, too
        left = interrupt
    from proof.report import as_data, tell

    seconds = time.perf_counter() - start
    if left is not None:
        console.print(f"Interrupted: {len(proofs)} of {len(chosen)} chapters were checked.", highlight=False)
    if proofs:
        tell(proofs, console, seconds, options.verbose)
    failed = not all(proof.holds for proof in proofs)
    try:
        if options.out is not None and left is None:
            from proof.picture import picture

            for chapter in chosen:
                for path in picture(chapter.title, chapter.folder, options.out):
                    console.print(f"wrote {path}", highlight=False)
        if options.json is not None:
            names = " ".join(["check", *(chapter.name for chapter in chosen if len(chosen) < 7)])
            data = as_data(proofs, f"python run_all.py {names}", seconds, interrupted=left is not None)
            replace_text(options.json, json.dumps(data, indent=1, ensure_ascii=False) + "\n")
    except OSError as error:
        print(f"run_all.py check: the requested file cannot be written: {error}", file=sys.stderr)
        if left is None:
            return 1
    if left is not None:
        raise left
    return int(failed)

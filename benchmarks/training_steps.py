"""Training steps compared with PyTorch: the common part of the networks' benchmarks.

A side is the same network in its own library.  It starts from the initial weights in the row's data and learns from the
row's batches in order.  Its losses must equal the others' before anything is timed.  Each side also multiplies two
square matrices, the fastest operation of its library, as a reference for the step.
"""

import argparse
import math
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import OURS, QUICK, Result, Row, Settings, run
from benchmarks.machine import describe, load_average, versions
from benchmarks.report import Page, cell, duration, table, threads
from benchmarks.worker import Arrays

EAGER, TUNED = "PyTorch", "PyTorch at its best"      # with default settings; channels last, fused Adam
STEP, PRODUCT = "step", "product"
MATRIX_ROWS = 1024                                  # rows of the square matrices
COMPARED_STEPS = 5                                  # steps whose losses must be equal

Step = Callable[[int], float]                 # learns from the batch of this number; returns the loss before the update
Start = Callable[[Arrays], Step]                    # starts from the initial weights in the data, each time again


@dataclass(frozen=True)
class StepsRow(Row):
    """A row whose step learns from `samples` items of the kind `unit`, with `work` multiply-adds in all: forward, and
    the gradients of weights and inner layers.  They are counted in the plain form, whatever a side computes.

    bars: by side, the wanted ratio ours / side of samples a second, at two threads.
    """

    samples: int = 1
    unit: str = "images"
    work: float = 0.0
    bars: tuple[tuple[str, float], ...] = ()


class Training:
    """One side of a row: `start` makes its network's training step, `product` the multiplication of two matrices."""

    def __init__(self, start: Start, product: Callable[[np.ndarray], Callable[[], Any]], data: Arrays) -> None:
        self.start, self.data = start, data
        self.learn, self.number = start(data), 0
        self.product = product(np.random.default_rng(0).standard_normal((MATRIX_ROWS, MATRIX_ROWS), np.float32))

    @property
    def actions(self) -> dict[str, Callable[[], Any]]:
        return {STEP: self.step, PRODUCT: self.product}

    def step(self) -> float:
        """The number of the next batch; after the last one the first follows."""
        self.number += 1
        return self.learn(self.number % len(self.data["y"]))

    def answer(self) -> Arrays:
        learn = self.start(self.data)
        return {"losses": np.array([learn(number % len(self.data["y"])) for number in range(COMPARED_STEPS)])}


def numpy_product(A: np.ndarray) -> Callable[[], Any]:
    return lambda: A @ A


def torch_product(A: np.ndarray) -> Callable[[], Any]:
    import torch

    tensor = torch.from_numpy(A)
    return lambda: tensor @ tensor


def same_losses(answers: dict[str, Arrays], data: Arrays, *, rtol: float = 1e-4) -> str:
    """The losses of the first steps: each but the first depends on all gradients and updates before it."""
    ours, said = answers[OURS]["losses"], []
    for side in list(answers)[1:]:
        theirs = answers[side]["losses"]
        apart = float(np.abs(ours / theirs - 1).max())
        assert apart <= rtol, f"the losses of {len(ours)} steps, {ours}, are up to {apart:.1e} from {side}'s, {theirs}"
        said.append(f"{side} within {apart:.0e}")
    return f"losses of {len(ours)} steps, {ours[0]:.3f} … {ours[-1]:.3f}: " + ", ".join(said)


def main(
    name: str, title: str, rows: Callable[[int], Sequence[StepsRow]], arguments: list[str] | None = None,
    more: str = "",
) -> int:
    """Runs the chosen rows, with two threads and with one, and writes the page; returns 1 if a row failed.

    rows: makes the rows for a number of threads.  more: the page's link to whole trainings.
    """
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=title)
    parser.add_argument("--rows", metavar="PATTERN", help="only rows whose name matches this regular expression "
                        "(× is x); printed, and written only with --out")
    parser.add_argument("--quick", action="store_true", help="tiny data, two rounds, as a test; writes nothing")
    parser.add_argument("--threads", type=int, nargs="+", default=[2, 1], help="threads of every side (2 1)")
    parser.add_argument("--rounds", type=int, default=15, help="at most, per row (%(default)s)")
    parser.add_argument("--patience", type=float, default=Settings.patience, metavar="SECONDS",
                        help="maximal total wait for a quiet machine (%(default)s)")
    parser.add_argument("--out", metavar="FILE", type=Path, help=f"the page to write (benchmarks/results/{name}.md)")
    asked = parser.parse_args(arguments)
    chosen = {number: [row for row in rows(number)
                       if re.search(asked.rows or "", row.name.replace("×", "x"), re.IGNORECASE)]
              for number in asked.threads}
    if not all(chosen.values()):
        names = "\n".join(row.name for row in rows(1))
        parser.error(f"no row matches {asked.rows!r}; the rows are:\n{names}")

    settings = QUICK if asked.quick else Settings(
        rounds=max(1, asked.rounds), fewest_rounds=min(5, asked.rounds), budget=15.0, measurement=0.2,
        patience=asked.patience)
    given = arguments if arguments is not None else sys.argv[1:]
    command = " ".join([f"python -m benchmarks.{name}", *given])
    page = Page(title, command, [describe(), versions(("numpy", "torch", "threadpoolctl")),
                                 f"load average before the run: {load_average()}"], more)
    print("\n".join(page.facts), flush=True)
    results = {number: list(run(those, replace(settings, threads=number), say)) for number, those in chosen.items()}

    text = markdown(page, results, settings)
    print(text)
    out = None if asked.quick else asked.out or (
        None if asked.rows else Path(__file__).parent / "results" / f"{name}.md")
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
        print(f"written: {out}")
    return 1 if any(result.failure for group in results.values() for result in group) else 0


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


# ---- the page


def markdown(page: Page, results: dict[int, list[Result]], settings: Settings) -> str:
    """One table for each number of threads."""
    parts = [f"# {page.title}", "\n".join(f"- {fact}" for fact in page.facts), f"```\n{page.command}\n```",
             how(settings)]
    for number, group in results.items():
        parts += [f"## {number} thread{'s' if number > 1 else ''} on each side",
                  "\n".join(f"- {fact}" for fact in facts(group)), speeds(group, judged=number == 2)]
    first = next(iter(results.values()))
    parts += ["## Whole trainings", page.more] if page.more else []
    parts += ["## What was equal before the clock",
              table(["row", "data", "equal"], [[r.row.name, cell(r.about), cell(r.equal)] for r in first])]
    return "\n\n".join(parts) + "\n"


def facts(results: Sequence[Result]) -> list[str]:
    """The threads of each side; a team of ours differs from one process, so it is listed separately."""
    named = []
    for result in results:
        team = f"{OURS}, each of {result.row.workers} processes"
        named.append(replace(result, threads={
            team if side.startswith(OURS) and result.row.workers > 1 else side: found
            for side, found in result.threads.items()}))
    return threads(named)


def how(settings: Settings) -> str:
    return (
        "Each side runs in its own process. (Where the line says so, ours is a team of two, whose libraries have one "
        "thread each.) All have the same initial weights and batches, float32 and Adam, and work in turn: up "
        f"to {settings.rounds} rounds of one measurement for each side (steps for {settings.measurement * 1000:.0f} "
        "ms). Speeds are medians. *ours is* is computed in each round, above 1 ours is faster; its median, smallest "
        f"and largest value are given. {EAGER} has its default settings; {TUNED} has channels last in memory (if there "
        "are channels) and the fused Adam. *Of the peak*: multiply-adds of the plain form of the step, relative to "
        f"those of the same library's product of two {MATRIX_ROWS} × {MATRIX_ROWS} float32 matrices in the same run, "
        "for both sides. Nothing is timed before the losses are equal. Bars are for two threads. A step is marked as "
        "disturbed if the machine was not quiet before it, or if other programs used more than a tenth of a core "
        "during it."
    )


def speeds(results: Sequence[Result], *, judged: bool) -> str:
    lines: list[list[str]] = []
    for result in results:
        row = result.row
        assert isinstance(row, StepsRow)
        if result.failure:
            lines.append([row.name, "", "", "", "", "", "", "", f"**failed**: {cell(result.failure)}"])
            continue
        step, product = (next(t for t in result.timings if t.action == action) for action in (STEP, PRODUCT))
        for side in step.seconds:
            seconds = float(np.median(step.seconds[side]))
            peak = 2 * MATRIX_ROWS**3 / float(np.median(product.seconds[side]))            # operations a second
            name = side
            if side.startswith(OURS) and row.workers > 1:                                   # each with such a product
                name, peak = f"{side}, {row.workers} processes", row.workers * peak
            line = [row.name, name, f"{row.samples / seconds:,.0f}", duration(seconds),
                    f"{2 * row.work / seconds / peak:.0%} of {peak / 1e9:.0f} GFLOP/s"]
            ratios = 1 / step.ratios(side)
            bar = dict(row.bars).get(side, math.nan)
            if side == OURS:
                line += ["", "", ""]
            else:
                ours = float(np.median(ratios))
                line += [f"**{ours:.2f} ×**", f"{ratios.min():.2f} – {ratios.max():.2f}",
                         "" if math.isnan(bar) or not judged else
                         f"{bar:.2f}: {'met' if ours >= bar else '**short**' if result.as_aimed else 'rehearsal'}"]
            line.append("" if step.quiet else "disturbed")
            lines.append(line)
    unit = results[0].row.unit if results and isinstance(results[0].row, StepsRow) else "samples"
    return table(["row", "side", f"{unit} a second", "a step", "of the peak", "ours is", "smallest – largest", "bar",
                  ""], lines)

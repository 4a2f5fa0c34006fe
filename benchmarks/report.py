"""Results as a page of Markdown tables."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from benchmarks.harness import OURS, Result, Settings, Timing


class Page(NamedTuple):
    """The text around the tables."""

    title: str
    command: str
    facts: Sequence[str]
    more: str = ""             # what to read next


def markdown(page: Page, results: Sequence[Result], settings: Settings) -> str:
    """The whole page; groups in the order of their first row."""
    parts = [f"# {page.title}", "\n".join(f"- {fact}" for fact in [*page.facts, *threads(results)])]
    parts.append(f"```\n{page.command}\n```")
    parts.append(how(settings))
    for group in dict.fromkeys(result.row.group for result in results):
        parts += [f"## {group}", times([result for result in results if result.row.group == group])]
    parts += ["## What falls short", falls_short(results)]
    parts += ["## Peak memory beyond the input", MEMORY_TEXT, memory(results)]
    parts += ["## What was equal before the clock", equality(results)]
    return "\n\n".join(parts) + "\n"


def how(settings: Settings) -> str:
    return (
        "Each side runs in its own process with "
        f"{settings.threads} thread{'s' if settings.threads > 1 else ''}, on the same bytes, in turn: up to "
        f"{settings.rounds} rounds of one measurement for each side (calls for {settings.measurement * 1000:.0f} ms); "
        f"at least {settings.fewest_rounds}, if more would take longer than {settings.budget:.0f} s. Times are "
        "medians. A ratio is computed in each round, below 1 ours is faster; its median, smallest and largest value "
        "are given. Nothing is timed before the answers are equal. A step is marked as disturbed if the machine was "
        "not quiet before it, or if other programs used more than a tenth of a core during it."
    )


MEMORY_TEXT = (
    "The largest growth of a process's resident set during one call, as the operating system reports it, with the "
    "memory of C and BLAS. The process already held the data and, for prediction, the fitted model. Every side had "
    "worked on a small set before, so memory that is used only once does not count."
)


def threads(results: Iterable[Result]) -> list[str]:
    """The thread pools of each side, and their numbers of threads."""
    loaded: dict[str, dict[str, int]] = {}
    for result in results:
        for side, found in result.threads.items():
            loaded.setdefault(side, {}).update(found)
    return [pools(side, found) for side, found in loaded.items()]


def pools(side: str, found: Mapping[str, int]) -> str:
    return f"threads, {side}: " + ", ".join(f"{pool}: {number}" for pool, number in sorted(found.items()))


def times(results: Iterable[Result]) -> str:
    lines = []
    for result in results:
        if result.failure:
            lines.append([result.row.name, *[""] * 8, f"**failed**: {cell(result.failure)}"])
        if result.skipped:
            lines.append([result.row.name, *[""] * 8, f"skipped: {cell(result.skipped)}"])
        for timing in result.timings:
            lines += [time_line(result, timing, side) for side in list(timing.seconds)[1:]]
    return table(["row", "step", "ours", "against", "theirs", "ours / theirs", "smallest – largest", "aim",
                  "moonshot", ""], lines)


def time_line(result: Result, timing: Timing, side: str) -> list[str]:
    ratios = timing.ratios(side)
    aim, moonshot = (goals.get((timing.action, side)) for goals in (result.row.aims, result.row.moonshots))
    ratio = float(np.median(ratios))
    remarks = [verdict(ratio, aim, moonshot) if result.as_aimed else "smaller data than the aim's" if aim else ""]
    if not timing.quiet:
        others = "" if timing.others is None else f" (others: {timing.others:.2f} cores)"
        remarks.append(f"disturbed{others}")
    return [
        result.row.name, timing.action, duration(np.median(timing.seconds[OURS])), side,
        duration(np.median(timing.seconds[side])), f"**{ratio:.2f}**", f"{ratios.min():.2f} – {ratios.max():.2f}",
        *("" if goal is None else f"{goal:.2f}" for goal in (aim, moonshot)), ", ".join(filter(None, remarks)),
    ]


def memory(results: Iterable[Result]) -> str:
    lines = []
    for result in results:
        aim = result.row.memory_aim
        for action, ours in result.peaks.get(OURS, {}).items():
            for side, peaks in list(result.peaks.items())[1:]:
                judged = aim is not None and ours is not None and result.as_aimed
                lines.append([
                    result.row.name, action, megabytes(ours), side, megabytes(peaks[action]),
                    "" if aim is None else megabytes(aim), verdict(ours or 0, aim) if judged else "",
                ])
    return table(["row", "step", "ours", "against", "theirs", "aim", ""], lines)


def equality(results: Iterable[Result]) -> str:
    return table(["row", "data", "equal"], [[r.row.name, cell(r.about), cell(r.equal)] for r in results])


def verdict(value: float, aim: float | None, moonshot: float | None = None) -> str:
    if aim is None:
        return ""
    if moonshot is not None and value <= moonshot:
        return "met, moonshot too"
    return "met" if value <= aim else "**short**"


def falls_short(results: Iterable[Result]) -> str:
    """Every aim that was missed, and the difference."""
    lines = []
    for result in results:
        name, aims = result.row.name, result.row.aims if result.as_aimed else {}
        for timing in result.timings:
            for (action, side), aim in aims.items():
                if action == timing.action and (ratio := float(np.median(timing.ratios(side)))) > aim:
                    lines.append(f"- {name}, {action}: {ratio:.2f} of {side}; the aim was {aim:.2f}")
        limit = result.row.memory_aim if result.as_aimed else None
        lines += [f"- {name}, {action}: {megabytes(peak)} beyond the input, the aim was {megabytes(limit)}"
                  for action, peak in result.peaks.get(OURS, {}).items() if limit is not None and (peak or 0) > limit]
        lines += [f"- {name}: {what}" for what in (result.failure, result.skipped) if what]
    return "\n".join(lines) or "Nothing."


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def duration(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"


def megabytes(size: float | None) -> str:
    return "–" if size is None else f"{size / 1e6:.1f} MB"

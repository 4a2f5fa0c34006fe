"""The report: one line for each algorithm, with the worst error of each kind as a power of ten; and the same as
JSON."""

from __future__ import annotations

import inspect
import math
import os
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np

from proof.measure import CLAIM_KINDS, ChapterProof, Measured
from proof.references import REFERENCES, TITLES, library_version, recorded

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from ai_from_scratch.claims import Claim

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
HEADINGS = {"finite differences": "gradient", "scikit-learn": "sklearn", "plain = fast": "fast", "invariants": "rules"}
# One line an algorithm in 80 columns.
SHORT_TITLES = {"Linear Regression": "Linear", "Logistic Regression": "Logistic", "Basic Neural Network": "Network"}


def power(error: float) -> str:
    """The next power of ten: 3e-10 is 10⁻⁹; "0" if all digits agree."""
    if error == 0:
        return "0"
    if not math.isfinite(error):
        return "∞"
    return "10" + str(math.ceil(math.log10(error) - 1e-9)).translate(SUPERSCRIPTS)


def table(proofs: Sequence[ChapterProof]) -> Table:
    from rich import box
    from rich.table import Table


    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    made.add_column("algorithm", no_wrap=True)
    made.add_column("numbers", justify="right", no_wrap=True)
    for kind in CLAIM_KINDS:
        made.add_column(HEADINGS.get(kind, kind), justify="right", no_wrap=True)
    made.add_column("", no_wrap=True)
    for proof in proofs:
        cells = [cell([one for one in proof.measured if one.kind == kind]) for kind in CLAIM_KINDS]
        numbers = f"{sum(one.numbers for one in proof.measured):,}"
        right = "[green]right[/]" if proof.holds else "[bold red]WRONG[/]" if proof.measured else "[red]none[/]"
        made.add_row(SHORT_TITLES.get(proof.title, proof.title), numbers, *cells, right)
    return made


def cell(measured: Sequence[Measured]) -> str:
    """The worst error of a kind; "–" if a chapter has nothing of this kind."""
    if not measured:
        return "–"
    words = power(max(one.error for one in measured))
    return words if all(one.holds for one in measured) else f"[bold red]{words}[/]"


def tell(proofs: Sequence[ChapterProof], console: Console, seconds: float, verbose: bool) -> None:
    from rich.markup import escape

    if verbose:
        for proof in proofs:
            console.print(every_parameter(proof))
    console.print(table(proofs))
    console.print("Each power of ten is the worst relative difference of all numbers compared: gradients with "
                  f"finite differences, answers with {libraries()}, the plain code with its faster twin in fast/.",
                  style="dim")
    for proof in proofs:
        for one in proof.measured:
            if not one.holds:
                console.print(f"[bold red]{escape(proof.title)}[/], {escape(one.claim.what)} ({one.kind}): "
                              f"{escape(one.words)}\n    {escape(source(one.claim))}", highlight=False)
        if proof.suspects:
            console.print("  Look first at " + escape("; ".join(proof.suspects)), highlight=False)
    where = environment()
    console.print(", ".join(f"{name} {value}" for name, value in where.items()), style="dim", highlight=False)
    count = sum(one.numbers for proof in proofs for one in proof.measured)
    wrong = sum(not one.holds for proof in proofs for one in proof.measured)
    verdict = f"[bold red]{wrong} claims are wrong[/]" if wrong else "all of it right"
    if not all(proof.measured for proof in proofs):
        verdict += "; [red]a chapter without checks[/]"
    console.print(f"{count:,} numbers compared in {seconds:.0f} s: {verdict}.", highlight=False)


def every_parameter(proof: ChapterProof) -> Table:
    from rich import box
    from rich.table import Table


    made = Table(box=box.SIMPLE_HEAD, title=proof.title, title_justify="left", pad_edge=False)
    for name in ("claim", "array", "numbers", "error", "may be", "compared with"):
        made.add_column(name, justify="right" if name in ("numbers", "error", "may be") else "left")
    for one in proof.measured:
        for row in one.comparisons:
            error = power(row.error) if row.holds else f"[bold red]{row.error:.1e}[/]"
            made.add_row(one.claim.what, row.name, f"{row.numbers:,}", error, power(row.tolerance), one.kind)
        if one.problem:
            made.add_row(one.claim.what, "", "", f"[bold red]{one.problem[:60]}[/]", "", one.kind)
    return made


def source(claim: Claim) -> str:
    """The file and line of the subject of a claim."""
    from proof.suspects import in_repository, place

    for candidate in (claim.about, *(getattr(claim.about, name, None) for name in ("backward", "__init__"))):
        behind = inspect.unwrap(candidate) if callable(candidate) else None   # a decorator, such as np.errstate
        code = getattr(behind, "__code__", None)
        if code is not None and not code.co_filename.startswith("<"):     # "<string>": made by dataclass
            return place(code)
    return in_repository(str(inspect.getsourcefile(claim.about)))


def libraries() -> str:
    """scikit-learn 1.9.1 (recorded and live) and PyTorch 2.13.0 (recorded)."""
    found, versions = [], dict[str, str]()
    for path in sorted(REFERENCES.glob("*.npz")):
        versions |= recorded(path.stem)[1]
    for name, title in TITLES.items():
        live = library_version(name)
        words = f"{title} {versions.get(name, '?')} (recorded"
        words += f"; asked again: {live})" if live else "; not asked again here)"
        found.append(words)
    return " and ".join(found)


def environment() -> dict[str, str]:
    """What it ran on."""
    try:
        build: Any = np.show_config(mode="dicts")
        blas = build["Build Dependencies"]["blas"]
        blas = f"{blas['name']} {blas['version']}"
    except (KeyError, TypeError):
        blas = "unknown"
    threads = os.environ.get("OPENBLAS_NUM_THREADS") or "as BLAS chooses"
    found = {"Python": platform.python_version(), "NumPy": np.__version__, "BLAS": blas, "threads": threads,
             "cores": str(os.cpu_count()), "system": f"{platform.system()} {platform.machine()}"}
    for name, title in TITLES.items():
        found[title] = library_version(name) or "not asked"
    try:
        found["AI From Scratch"] = version("ai-from-scratch-numpy")
    except PackageNotFoundError:
        from ai_from_scratch import __version__

        found["AI From Scratch"] = __version__
    return found


def as_data(proofs: Sequence[ChapterProof], command: str, seconds: float, *, interrupted: bool = False
            ) -> dict[str, Any]:
    """For --json: all facts of the report, and every comparison.  An interrupted check is not right: parts are open."""
    return {
        "command": command, "seconds": round(seconds, 1), **({"interrupted": True} if interrupted else {}),
        "right": not interrupted and all(proof.holds for proof in proofs),
        "environment": environment(), "libraries": libraries(),
        "chapters": [{
            "title": proof.title, "folder": proof.folder, "right": proof.holds, "suspects": proof.suspects,
            "worst": {kind: worst([one for one in proof.measured if one.kind == kind]) for kind in CLAIM_KINDS},
            "numbers": sum(one.numbers for one in proof.measured),
            "claims": [{
                "what": one.claim.what, "compared_with": one.kind, "right": one.holds, "words": one.words,
                "file": source(one.claim), "comparisons": [
                    {"array": row.name, "numbers": row.numbers, "error": finite(row.error), "may_be": row.tolerance}
                    for row in one.comparisons],
            } for one in proof.measured],
        } for proof in proofs],
    }


def worst(measured: Sequence[Measured]) -> float | None:
    """The worst of these; None if a chapter has nothing of this kind."""
    return finite(max(one.error for one in measured)) if measured else None


def finite(error: float) -> float:
    """JSON has no infinity."""
    return error if math.isfinite(error) else 1e308

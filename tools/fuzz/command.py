"""The command line: words, numbers, names of files and options in any order."""

import contextlib
import io
import os
from pathlib import Path

from ai_from_scratch.runner.chapter import Chapter, resolve
from ai_from_scratch.runner.options import asked_for, parse, settings_of
from ai_from_scratch.runner.usage import UsageError
from ai_from_scratch.runner.wishes import check_uses

from .harness import ROOT, Reader

FLAGS = ["--list", "--quick", "--best", "--gif", "--overwrite", "--gallery", "--debug", "--generate-only", "--version",
         "--help", "--bogus", "-h", "-x", "--"]
WITH_VALUE = ["--epochs", "--set", "--workers", "--seed", "--out", "--show", "--json", "--csv", "--target", "--missing",
              "--image", "--text", "--play", "--prompt", "--length", "--temperature", "--top-p", "--save", "--resume"]
VALUES = ["", "0", "1", "-1", "3", "1e9", "9" * 30, "nan", "inf", "0.5", "none", "auto", "window", "x", "a=b", "C=1",
          "learning_rate=0.3", "momentum=(", "units=[1,", "=", "t.csv", "t.txt", "nowhere", "no/where", "t.csv/x",
          ".", "..", "/", "x" * 300, "a\0b", "\u2620", "\udcff", "-", "--", "~", "*", "macbeth", "None", " ", "\n",
          "max_iter=" + "(" * 200, "C=" + "9" * 5000, "fit_intercept=1", "activation=tanh"]


def table() -> list[Chapter]:
    """The chapters of run_all.py, read and not run."""
    import ast

    tree = ast.parse((ROOT / "run_all.py").read_text(encoding="utf-8"))
    rows = next(node.value for node in tree.body if isinstance(node, ast.Assign)
                and getattr(node.targets[0], "id", "") == "CHAPTERS")
    return [Chapter(*row) for row in ast.literal_eval(rows)]


class CommandLine(Reader):
    """A command line; it is parsed and checked against the chosen chapters, but nothing is run."""

    seconds = 10.0
    megabytes = 300.0
    refusals = (UsageError,)

    def __init__(self) -> None:
        self.chapters = table()

    def make(self, rng, folder: Path) -> tuple[list[str], Path]:
        (folder / "t.csv").write_text("a,b\n1,2\n", encoding="utf-8")
        (folder / "t.txt").write_text("some text", encoding="utf-8")
        names = [name for chapter in self.chapters for name in (chapter.name, *chapter.aliases.split())]
        arguments = [str(name) for name in rng.choice([*names, "all", "liner", "x", ""], rng.integers(0, 3))]
        for _ in range(rng.integers(0, 4)):
            if rng.random() < 0.3:
                arguments.append(str(rng.choice(FLAGS)))
                continue
            option, value = str(rng.choice(WITH_VALUE)), VALUES[int(rng.integers(len(VALUES)))]
            arguments += [f"{option}={value}"] if rng.random() < 0.5 else [option, value]
        order = rng.permutation(len(arguments)) if rng.random() < 0.2 else range(len(arguments))
        return [arguments[i] for i in order], folder

    def read(self, given: tuple[list[str], Path]) -> str:
        arguments, folder = given
        before = Path.cwd()
        told = io.StringIO()
        os.chdir(folder)
        try:
            with contextlib.redirect_stderr(told), contextlib.redirect_stdout(told):
                options = parse(arguments, self.chapters, folder)
                check_uses(resolve(options.names, self.chapters), self.chapters, options)
                asked_for(settings_of(options))
        except SystemExit as left:
            if left.code not in (0, None) and (left.code != 2 or len(told.getvalue().splitlines()) > 6):
                return f"exit code {left.code}, or a usage error of many lines"
            if left.code == 2:
                raise UsageError(told.getvalue()[:200]) from None
        finally:
            os.chdir(before)
        files = {path.name for path in folder.iterdir()}
        return "" if files == {"t.csv", "t.txt"} else f"files made before anything runs: {sorted(files)}"

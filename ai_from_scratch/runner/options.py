"""The command line: its options, and mistakes that are reported before anything runs."""

from __future__ import annotations

import argparse
import ast
import math
import shlex
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ai_from_scratch import __version__
from ai_from_scratch.runner.chapter import Chapter
from ai_from_scratch.runner.files import check_files
from ai_from_scratch.runner.usage import Parser, UsageError, program, usage_message

if TYPE_CHECKING:
    from ai_from_scratch.stage.demo import Settings

EXAMPLES = """examples:
  PROGRAM                       the menu
  PROGRAM linear cnn            these two, in this order
  PROGRAM all --quick           all of them, half a minute each or less
  PROGRAM linear --show browser the live figure on a page: pause, step, look back
  PROGRAM linear --set momentum=0.9
  PROGRAM logistic --csv patients.csv --target outcome
  PROGRAM cnn --image seven.png the trained network on your own picture
  PROGRAM rnn --text diary.txt  the character network on your own text
  PROGRAM rnn --generate-only --prompt "HAMLET:" --temperature 0.7
  PROGRAM check                 every gradient and answer, compared
  PROGRAM playground            a page in the browser: drag, slide, step through the lines that run
"""
OPTION_OF_SETTING = {"parameters": "set"}  # settings whose option has another name


def parse(argv: Sequence[str], chapters: Sequence[Chapter], root: Path | None = None) -> argparse.Namespace:
    """The options as a namespace.  For a wrong command it prints the reason and exits with code 2.

    root: the project's folder.  `out` is always set: to the given folder for the pictures, or to the default one.
    """
    parser = _parser(chapters)
    options = parser.parse_args(argv)
    try:
        _check(options)
        _place_pictures(options, root or Path.cwd())
        check_files(options)
    except UsageError as error:
        parser.exit(2, usage_message(str(error), example=error.example))
    return options


def _check(options: argparse.Namespace) -> None:
    """Reports options that exclude or need each other.  (argparse accepts `--image=--`, either as no value or, in later
    versions, as this value.)"""
    for name, value in vars(options).items():
        values = value if isinstance(value, list) else [value]
        if (value == [] and name not in ("names", "set", "missing")) or [] in values or "--" in map(str, values):
            raise UsageError(f"argument {option(name)}: expected one argument")
    if (options.csv is None) != (options.target is None):
        raise UsageError("arguments --csv FILE and --target COLUMN go together: the table and the column to "
                         "predict. Give both")
    if options.text is not None and options.play is not None:
        raise UsageError("arguments --text and --play: only one text is possible; leave one of them out")
    if options.play == "":
        raise UsageError("argument --play: expected the name of a play, got nothing; try --play macbeth")
    if options.play is not None:
        from ai_from_scratch.data import DataError, play_file

        try:
            play_file(options.play)
        except DataError as error:
            raise UsageError(f"argument --play: {error}") from error
    options.parameters = dict(options.set)
    options.missing = tuple(options.missing)


def _place_pictures(options: argparse.Namespace, root: Path) -> None:
    """The folder of the pictures: plots/runs/, unless --out names one or --gallery remakes the committed pictures."""
    clone = (root / "pyproject.toml").is_file()
    if not options.gallery:
        options.out = options.out or (root if clone else Path.cwd()) / "plots" / "runs"
        return
    own = [name for name in ("out", "csv", "image", "text", "play", "resume", "save", "quick", "best", "epochs",
                             "parameters", "generate_only") if getattr(options, name)]
    if own:
        raise UsageError(f"argument --gallery: the committed pictures come from a run with default options; leave out "
                         f"{option(own[0])}")
    if not options.names:
        raise UsageError("argument --gallery: expected names of chapters, got none; name some, or all")
    if not clone:
        raise UsageError("argument --gallery: only a clone of the repository has committed pictures")
    options.out, options.show, options.gif = root / "plots", "none", True
    options.json = options.json or root / "plots" / "results.json"


def settings_of(options: argparse.Namespace) -> Settings:
    """The options that the chapters use."""
    from ai_from_scratch.stage.demo import Settings

    settings = {field.name: getattr(options, field.name) for field in fields(Settings)}
    if options.resume is not None and not options.generate_only:
        settings["save"] = options.save or options.resume              # the training is saved in the same file
    return Settings(**settings)


def asked_for(settings: Settings) -> frozenset[str]:
    """The options that differ from their defaults, by the names in a demo's `uses`."""
    plain = type(settings)()
    return frozenset(OPTION_OF_SETTING.get(field.name, field.name) for field in fields(settings)
                     if getattr(settings, field.name) != getattr(plain, field.name))


def option(setting: str) -> str:
    """generate_only -> --generate-only"""
    return "--" + OPTION_OF_SETTING.get(setting, setting).replace("_", "-")


def command(name: str, options: argparse.Namespace) -> str:
    """The command that runs this chapter again, with the same data and settings: "python run_all.py knn --seed 7"."""
    words = [program(), name]
    settings = settings_of(options)
    for field in fields(settings):
        value, plain = getattr(options, field.name), field.default
        if field.name == "parameters":
            words += [f"--set {shlex.quote(f'{parameter}={value}')}" for parameter, value in value.items()]
        elif field.name == "missing":
            words += [f"--missing {shlex.quote(word)}" for word in value]
        elif value != plain:
            words.append(option(field.name) + ("" if value is True else f" {shlex.quote(str(value))}"))
    return " ".join(words)


def _parser(chapters: Sequence[Chapter]) -> argparse.ArgumentParser:
    from rich_argparse import RawDescriptionRichHelpFormatter

    class Formatter(RawDescriptionRichHelpFormatter):
        group_name_formatter = str      # "a table of your own (knn)", not "A Table Of Your Own (Knn)"

    parser = Parser(
        epilog=EXAMPLES.replace("PROGRAM", program()), formatter_class=Formatter,
        description="Seven machine-learning algorithms from scratch in NumPy; you can watch them train.\n"
                    "Without names: a menu on a terminal, otherwise a quick tour of all chapters.")
    add = parser.add_argument
    names = " ".join(chapter.name for chapter in chapters)
    add("names", nargs="*", metavar="NAME", help=f"chapters to run: {names} all (or a longer name, like naive-bayes)")
    add("--list", action="store_true", help="list the chapters")
    add("--quick", action="store_true", help="half a minute or less for each chapter, on small data")
    add("--best", action="store_true", help="a longer training that reaches the best result (cnn, rnn)")
    add("--epochs", type=_at_least(1), metavar="N", help="passes over the data (steps, for gradient descent)")
    add("--set", type=_assignment, action="append", default=[], metavar="NAME=VALUE",
        help="a parameter of the chapter's model, as learning_rate=0.3; may be given several times")
    add("--workers", type=_at_least(1, 64), metavar="N", help="number of processes that train together (cnn, rnn)")
    add("--seed", type=_at_least(0), default=0, metavar="N", help="same seed, same numbers (default 0)")
    add("--out", type=Path, metavar="DIR", help="folder for the pictures (default plots/runs/)")
    add("--show", choices=("auto", "window", "browser", "none"), default="auto",
        help="the live figure: a window if there is a screen (auto), a browser tab, or none")
    add("--gif", action="store_true", help="also record the training as an animated GIF")
    add("--json", type=Path, metavar="FILE", help="also write the results as JSON")
    add("--overwrite", action="store_true", help="allow --save and --json to replace existing files")
    add("--gallery", action="store_true", help="remake the repository's own pictures, with GIFs and results.json")
    add("--debug", action="store_true", help="show the traceback of an error")
    add("--version", action="version", version=f"AI From Scratch (NumPy Edition) {__version__}")

    add = parser.add_argument_group("your own table (linear, logistic, knn, bayes)").add_argument
    add("--csv", type=Path, metavar="FILE", help="a table with a header")
    add("--target", metavar="COLUMN", help="the column to predict")
    add("--missing", action="append", default=[], metavar="WORD",
        help="a word that means a missing value; can be repeated")

    add = parser.add_argument_group("your own digit (cnn)").add_argument
    add("--image", type=Path, metavar="FILE", help="a picture of a handwritten digit: PNG or JPEG, of any size")

    add = parser.add_argument_group("reading and writing (rnn)").add_argument
    add("--text", type=Path, metavar="FILE", help="a text to learn, in UTF-8")
    add("--play", metavar="NAME", help="another of Shakespeare's plays to learn (default hamlet)")
    add("--prompt", metavar="TEXT", help="the beginning of the text")
    add("--length", type=_at_least(1), metavar="N", help="number of characters to write")
    add("--temperature", type=_between(0, 10), metavar="T",
        help="0: always the most probable character; 1: the learnt probabilities")
    add("--top-p", type=_between(0, 1, open_below=True), metavar="P",
        help="draw only from the most probable characters that sum to P")
    add("--generate-only", action="store_true", help="write without training, with the project's weights")
    add("--save", type=Path, metavar="FILE", help="save the training in this file regularly")
    add("--resume", type=Path, metavar="FILE", help="continue the training in this file, and save it there")
    return parser


def _assignment(text: str) -> tuple[str, Any]:
    """learning_rate=0.3 -> ("learning_rate", 0.3); a value that is no number, list or other literal stays text."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip().isidentifier():
        raise argparse.ArgumentTypeError(f"expected NAME=VALUE, got {text!r}")
    try:
        return name.strip(), ast.literal_eval(value.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return name.strip(), value.strip()


def _at_least(least: int, most: float = math.inf) -> Callable[[str], int]:
    def number(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if not least <= value <= most:
            words = f"of at least {least}" if most == math.inf else f"from {least} to {most}"
            raise argparse.ArgumentTypeError(f"expected a whole number {words}, got {text!r}")
        return value
    return number


def _between(low: float, high: float, open_below: bool = False) -> Callable[[str], float]:
    def number(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high or (open_below and value == low):
            above = "above" if open_below else "from"
            raise argparse.ArgumentTypeError(f"expected a number {above} {low:g} to {high:g}, got {text!r}")
        return value
    return number

"""The command line: what may be asked for, and the mistakes that are told before anything runs."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from ai_from_scratch import __version__
from ai_from_scratch.runner.chapter import Chapter

if TYPE_CHECKING:
    from ai_from_scratch.stage.demo import Settings

EXAMPLES = """examples:
  python run_all.py                       the menu
  python run_all.py linear cnn            these two, in this order
  python run_all.py all --quick           all of them, a few seconds each
  python run_all.py linear --show browser the live figure in a browser tab (over SSH, say)
  python run_all.py logistic --csv patients.csv --target outcome
  python run_all.py cnn --image seven.png what the trained network reads in a picture of yours
  python run_all.py rnn --text diary.txt  the character network on a text of your own
  python run_all.py rnn --generate-only --prompt "HAMLET:" --temperature 0.7
"""


def parse(argv: Sequence[str], chapters: Sequence[Chapter]) -> argparse.Namespace:
    """The options as a namespace.  Exits with code 2 and the reason for what cannot be understood."""
    parser = _parser(chapters)
    options = parser.parse_args(argv)
    for name in ("csv", "image", "text", "resume"):
        path = getattr(options, name)
        if path is not None and not path.is_file():
            parser.error(f"argument --{name}: there is no file {str(path)!r}")
    for name in ("json", "save"):
        path = getattr(options, name)
        if path is not None and not path.parent.is_dir():
            parser.error(f"argument --{name}: there is no folder {str(path.parent)!r} to write into")
        if path is not None and path.is_dir():
            parser.error(f"argument --{name}: {str(path)!r} is a folder; name a file in it")
    if options.out is not None and options.out.exists() and not options.out.is_dir():
        parser.error(f"argument --out: {str(options.out)!r} is not a folder")
    if (options.csv is None) != (options.target is None):
        parser.error("arguments --csv FILE and --target COLUMN go together: the table, and the column to predict")
    if options.text is not None and options.play is not None:
        parser.error("arguments --text and --play: one text at a time")
    return options


def settings_of(options: argparse.Namespace) -> Settings:
    """What of the command line is for the chapters."""
    from ai_from_scratch.stage.demo import Settings

    return Settings(**{field.name: getattr(options, field.name) for field in fields(Settings)})


def asked_for(settings: Settings) -> frozenset[str]:
    """The settings that are not as they are by default."""
    return frozenset(field.name for field in fields(settings) if getattr(settings, field.name) != field.default)


def option(setting: str) -> str:
    """generate_only -> --generate-only"""
    return "--" + setting.replace("_", "-")


def _parser(chapters: Sequence[Chapter]) -> argparse.ArgumentParser:
    from rich_argparse import RawDescriptionRichHelpFormatter

    parser = argparse.ArgumentParser(
        prog="python run_all.py", epilog=EXAMPLES, formatter_class=RawDescriptionRichHelpFormatter,
        description="Seven machine-learning algorithms from scratch in NumPy, trained before your eyes.\n"
                    "Without names: a menu on a terminal, otherwise a quick tour of all.")
    add = parser.add_argument
    names = " ".join(chapter.name for chapter in chapters)
    add("names", nargs="*", metavar="NAME", help=f"which to run: {names} all (or a fuller name, like naive-bayes)")
    add("--list", action="store_true", help="list the chapters and leave")
    add("--quick", action="store_true", help="each in a few seconds, on small data; pictures go to plots/quick/")
    add("--best", action="store_true", help="the longer recipe that reaches the best figure (cnn, rnn)")
    add("--epochs", type=_at_least(1), metavar="N", help="passes over the data (steps, for gradient descent)")
    add("--seed", type=_at_least(0), default=0, metavar="N", help="same seed, same numbers (default 0)")
    add("--out", type=Path, metavar="DIR", help="where pictures go (default plots/)")
    add("--show", choices=("auto", "window", "browser", "none"), default="auto",
        help="the live figure: a window if there is a screen (auto), a browser tab, or none")
    add("--gif", action="store_true", help="also record the training as an animated GIF")
    add("--json", type=Path, metavar="FILE", help="also write the results for machines")
    add("--debug", action="store_true", help="show the traceback when something fails")
    add("--version", action="version", version=f"AI From Scratch (NumPy Edition) {__version__}")

    add = parser.add_argument_group("a table of your own (linear, logistic, knn, bayes)").add_argument
    add("--csv", type=Path, metavar="FILE", help="a table with a header")
    add("--target", metavar="COLUMN", help="the column of it to predict")

    add = parser.add_argument_group("a digit of your own (cnn)").add_argument
    add("--image", type=Path, metavar="FILE", help="a picture of a handwritten digit: PNG or JPEG, of any size")

    add = parser.add_argument_group("reading and writing (rnn)").add_argument
    add("--text", type=Path, metavar="FILE", help="a UTF-8 text to learn")
    add("--play", metavar="NAME", help="another of Shakespeare's plays to learn (default hamlet)")
    add("--prompt", metavar="TEXT", help="how the writing begins")
    add("--length", type=_at_least(1), metavar="N", help="how many characters to write")
    add("--temperature", type=_between(0, 10), metavar="T", help="0 the likeliest character always, 1 as learnt")
    add("--top-p", type=_between(0, 1, open_below=True), metavar="P", help="only the likeliest, up to this much in all")
    add("--generate-only", action="store_true", help="write at once, with the weights that come with the project")
    add("--save", type=Path, metavar="FILE", help="keep the training in this file as it goes on")
    add("--resume", type=Path, metavar="FILE", help="go on from such a file")
    return parser


def _at_least(least: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if value < least:
            raise argparse.ArgumentTypeError(f"a whole number of at least {least} was expected, {text!r} came")
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
            raise argparse.ArgumentTypeError(f"a number {above} {low:g} to {high:g} was expected, {text!r} came")
        return value
    return number

"""The command line: what may be asked for, and the mistakes that are told before anything runs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from ai_from_scratch import __version__
from ai_from_scratch.runner.chapter import Chapter

EXAMPLES = """examples:
  python run_all.py                       the menu
  python run_all.py linear cnn            these two, in this order
  python run_all.py rnn --text diary.txt  the character network on a text of your own
  python run_all.py all --quick           all of them, a few seconds each
  python run_all.py linear --show browser the live figure in a browser tab (over SSH, say)
"""


def parse(argv: Sequence[str], chapters: Sequence[Chapter]) -> argparse.Namespace:
    """The options as a namespace.  Exits with code 2 and the reason for what cannot be understood."""
    parser = _parser(chapters)
    options = parser.parse_args(argv)
    if options.text is not None and not options.text.is_file():
        parser.error(f"argument --text: there is no file {str(options.text)!r}")
    if options.out is not None and options.out.exists() and not options.out.is_dir():
        parser.error(f"argument --out: {str(options.out)!r} is not a folder")
    if options.json is not None:
        if not options.json.parent.is_dir():
            parser.error(f"argument --json: there is no folder {str(options.json.parent)!r} to write into")
        if options.json.is_dir():
            parser.error(f"argument --json: {str(options.json)!r} is a folder; name a file in it")
    return options


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
    add("--epochs", type=_at_least(1), metavar="N", help="passes over the data (steps, for gradient descent)")
    add("--seed", type=_at_least(0), default=0, metavar="N", help="same seed, same numbers (default 0)")
    add("--out", type=Path, metavar="DIR", help="where pictures go (default plots/)")
    add("--show", choices=("auto", "window", "browser", "none"), default="auto",
        help="the live figure: a window if there is a screen (auto), a browser tab, or none")
    add("--gif", action="store_true", help="also record the training as an animated GIF")
    add("--text", type=Path, metavar="FILE", help="a UTF-8 text for the character network to learn")
    add("--json", type=Path, metavar="FILE", help="also write the results for machines")
    add("--debug", action="store_true", help="show the traceback when something fails")
    add("--version", action="version", version=f"AI From Scratch (NumPy Edition) {__version__}")
    return parser


def _at_least(least: int):
    def number(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if value < least:
            raise argparse.ArgumentTypeError(f"a whole number of at least {least} was expected, {text!r} came")
        return value
    return number

"""A wrong command: what is wrong, an example that works, and how to list all options."""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from pathlib import Path
from typing import Any, NoReturn

EXAMPLE_OF_OPTION = {      # examples, by the option with the mistake
    "--csv": "logistic --csv patients.csv --target outcome",
    "--target": "logistic --csv patients.csv --target outcome",
    "--missing": "logistic --csv patients.csv --target outcome --missing unknown",
    "--image": "cnn --image seven.png",
    "--text": "rnn --text diary.txt --save diary.safetensors",
    "--play": "rnn --play macbeth",
    "--prompt": 'rnn --generate-only --prompt "HAMLET:" --temperature 0.7',
    "--length": 'rnn --generate-only --prompt "HAMLET:" --length 200',
    "--temperature": 'rnn --generate-only --prompt "HAMLET:" --temperature 0.7',
    "--top-p": 'rnn --generate-only --prompt "HAMLET:" --top-p 0.9',
    "--generate-only": 'rnn --generate-only --prompt "HAMLET:"',
    "--save": "rnn --text diary.txt --save diary.safetensors",
    "--resume": "rnn --text diary.txt --resume diary.safetensors",
    "--overwrite": "rnn --text diary.txt --save diary.safetensors --overwrite",
    "--epochs": "linear --epochs 100",
    "--best": "cnn --best",
    "--set": "linear --set momentum=0.9",
    "--workers": "cnn --workers 2",
    "--seed": "linear --seed 7",
    "--show": "linear --show browser",
    "--json": "all --quick --json results.json",
    "--out": "linear --out pictures",
    "--gallery": "all --gallery",
}


class UsageError(ValueError):
    """A command that cannot be run; nothing has run yet.  example: a command like it that can be run, or ""."""

    def __init__(self, message: str, example: str = "") -> None:
        super().__init__(message)
        self.example = example


def program() -> str:
    """The name of this program, in a clone or as an installed command."""
    name = Path(sys.argv[0]).stem if sys.argv and sys.argv[0] else ""
    return name if name == "ai-from-scratch" else "python run_all.py"


class Parser(argparse.ArgumentParser):
    """Reports a wrong command in three lines.  verb: the word after the program's name, for example "check", or ""."""

    def __init__(self, verb: str = "", **options: Any) -> None:
        super().__init__(prog=f"{program()} {verb}".rstrip(), **options)
        self.verb = verb

    def error(self, message: str) -> NoReturn:
        unknown = re.match(r"unrecognized arguments: --([a-z][\w-]*)(?:[= ]([^- ]\S*))?", message)
        if unknown:
            name, value = unknown.groups()
            near = difflib.get_close_matches(f"--{name}", self._option_string_actions, n=1, cutoff=0.75)
            if near:
                message += f". Did you mean {near[0]}?"
            elif value and "--set" in self._option_string_actions:
                message += f". A parameter of a model is set by --set {name.replace('-', '_')}={value}"
        self.exit(2, usage_message(message, self.verb))


def usage_message(message: str, verb: str = "", example: str = "") -> str:
    """Three lines: the mistake, an example, and how to list all options."""
    words = message.replace(":", " ").replace(",", " ").replace(". ", " ").split()
    of_option = next((EXAMPLE_OF_OPTION[word] for word in words if word in EXAMPLE_OF_OPTION), "linear cnn")
    example = verb or example or of_option
    name = program()
    return (f"{name.removeprefix('python ')}: {message}\n"
            f"  for example: {name} {example}\n"
            f"  all options: {' '.join(filter(None, (name, verb, '--help')))}\n")

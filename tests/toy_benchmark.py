"""Sides for tests of the harness: sums of squares, written in three ways.  Imported in processes of their own."""

import os
from functools import partial
from typing import Any

import numpy as np

from benchmarks.harness import OURS, Data, Row


class Squares:
    """Sums the squares of x; adds `wrong` to the answer, and holds `hold` bytes of memory meanwhile."""

    def __init__(self, data, *, wrong=0.0, hold=0, breaks=False):
        self.x, self.wrong, self.hold, self.breaks = data["x"], wrong, hold, breaks

    @property
    def actions(self):
        return {"sum": self.sum}

    def sum(self):
        if self.breaks:
            raise ArithmeticError("this side cannot add")
        held = np.ones(self.hold, np.uint8)
        self.total = float(self.x @ self.x) + self.wrong
        return held[:0]

    def answer(self):
        return {"total": np.array(self.total), "threads": np.array(int(os.environ["OPENBLAS_NUM_THREADS"])),
                "process": np.array(os.getpid())}


def numbers(n):
    return Data({"x": np.arange(float(n))}, f"{n} numbers")


def same_total(answers, data):
    expected = (data["x"] ** 2).sum()
    for side, answer in answers.items():
        assert answer["total"] == expected, f"{side} says {answer['total']}, not {expected}"
        assert answer["threads"] == 1
    assert len({int(answer["process"]) for answer in answers.values()} | {os.getpid()}) == len(answers) + 1
    return "totals equal"


def row(name, **theirs):
    sides: Any = {OURS: Squares, "theirs": partial(Squares, **theirs)}
    bars = {("sum", "theirs"): 1e9}
    return Row(name, "Toys", partial(numbers, 1000), partial(numbers, 10), sides, same_total, bars, 1e9)

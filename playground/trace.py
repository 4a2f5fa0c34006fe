"""Step: one update under `sys.settrace`, lesson files only: which lines ran, and what each assigned or returned.

The lines come in the order in which they finished. A line that calls a function of a lesson comes after the lines of
this function, together with the returned value.
"""

import ast
import sys
from collections.abc import Callable, Mapping
from functools import cache
from types import FrameType
from typing import Any, NamedTuple

MOST_TRACED_LINES = 400                # of one update
MOST_TIMES = 3                  # how often the same line is shown; later rounds of a loop are only counted
FIRST_NUMBERS = 6               # of an array


class Statement(NamedTuple):
    first: int                  # line numbers
    last: int
    targets: tuple[str, ...]    # the names that it assigns: "dw", "self.dW"


def traced(work: Callable[[], Any], names: Mapping[str, str]) -> tuple[Any, list[dict[str, Any]]]:
    """The result of work(), and the lines of the files in `names` (path -> name) that ran meanwhile."""
    tracer = Tracer(names)
    before = sys.gettrace()
    sys.settrace(tracer.call)
    try:
        result = work()
    finally:
        sys.settrace(before)
    return result, tracer.lines


class Tracer:
    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names
        self.lines: list[dict[str, Any]] = []
        self.times: dict[tuple[str, int], dict[str, Any]] = {}       # the last record of each line
        self.running: dict[int, tuple[int, Statement]] = {}       # id of a frame -> its call, and the present statement
        self.calls = 0

    def call(self, frame: FrameType, event: str, _: Any) -> Callable[..., Any] | None:
        path = frame.f_code.co_filename
        if path not in self.names or frame.f_code.co_name.startswith("<"):
            return None
        self.calls += 1
        number, statements = self.calls, statements_of(path)

        def local(frame: FrameType, event: str, value: Any) -> Callable[..., Any]:
            running = self.running.get(id(frame))
            if event == "line":
                statement = statements.get(frame.f_lineno)
                if running and statement == running[1] and frame.f_lineno != statement.first:
                    return local                                      # the next line of the same statement
                if running:
                    self.finish(frame, *running)
                if statement:
                    self.running[id(frame)] = number, statement
            elif event == "return" and running:
                self.finish(frame, *running, returned=(value,))
                del self.running[id(frame)]
            elif event == "exception":
                self.running.pop(id(frame), None)
            return local

        return local

    def finish(self, frame: FrameType, call: int, statement: Statement, returned: tuple[Any, ...] = ()) -> None:
        """Stores a line that has run, with the values that it assigned; `returned`: with the value that it returned or
        yielded."""
        name = self.names[frame.f_code.co_filename]
        key = (name, statement.first)
        if (key in self.times and self.times[key]["times"] >= MOST_TIMES) or len(self.lines) >= MOST_TRACED_LINES:
            if key in self.times:
                self.times[key]["times"] += 1
            return
        changed = [{"name": target, **described(found[0])} for target in statement.targets
                   if (found := looked_up(frame, target))]
        if returned and returned[0] is not None:
            changed.append({"name": "→", **described(returned[0])})
        times = self.times[key]["times"] + 1 if key in self.times else 1
        self.times[key] = {"file": name, "line": statement.first, "last": statement.last, "call": call,
                           "function": frame.f_code.co_qualname, "changed": changed, "times": times}
        self.lines.append(self.times[key])


def described(value: Any) -> dict[str, Any]:
    """A value in a line, and as numbers: {"text": "[1.2, 3] (2,)", "shape": [2], "first": [1.2, 3.0]}."""
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and hasattr(value, "ravel"):
        try:
            first = [float(number) for number in value.ravel()[:FIRST_NUMBERS]]
        except (TypeError, ValueError):
            return {"text": f"array {shape}"}
        if not shape:
            return {"text": _short(first[0]), "shape": [], "first": first}
        more = ", …" if value.size > FIRST_NUMBERS else ""
        return {"text": f"[{', '.join(map(_short, first))}{more}]", "shape": list(shape), "first": first}
    if isinstance(value, bool) or value is None:
        return {"text": str(value)}
    if isinstance(value, int | float):
        return {"text": _short(value), "shape": [], "first": [float(value)]}
    if isinstance(value, str):
        return {"text": repr(value[:40])}
    if isinstance(value, tuple) and type(value) is tuple and len(value) <= 4:
        return {"text": "(" + ", ".join(described(item)["text"] for item in value) + ")"}
    return {"text": type(value).__name__}


def looked_up(frame: FrameType, target: str) -> tuple[Any] | None:
    """The value of "w" or "self.dW" in a frame, in a tuple; None if there is none."""
    name, *attributes = target.split(".")
    if name not in frame.f_locals:
        return None
    value = frame.f_locals[name]
    for attribute in attributes:
        value = getattr(value, attribute, None)
    return (value,)


@cache
def statements_of(path: str) -> dict[int, Statement]:
    """The statement of each line of a file; for a compound statement its head."""
    with open(path, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    found: dict[int, Statement] = {}
    for node in ast.walk(tree):                                       # outer statements come first
        if isinstance(node, ast.stmt) and not isinstance(node, ast.FunctionDef | ast.ClassDef):
            body = getattr(node, "body", None)
            last = body[0].lineno - 1 if body else node.end_lineno or node.lineno
            statement = Statement(node.lineno, max(last, node.lineno), tuple(dict.fromkeys(targets_of(node))))
            found.update(dict.fromkeys(range(statement.first, statement.last + 1), statement))
    return found


def targets_of(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.Assign):
        return [name for target in node.targets for name in names_in(target)]
    if isinstance(node, ast.AugAssign | ast.AnnAssign | ast.For):
        return names_in(node.target)
    return []


def names_in(target: ast.expr) -> list[str]:
    """(a, b), self.w, x[i] -> a, b, self.w, x"""
    if isinstance(target, ast.Tuple | ast.List):
        return [name for part in target.elts for name in names_in(part)]
    if isinstance(target, ast.Subscript | ast.Starred):
        return names_in(target.value)
    if isinstance(target, ast.Name):
        return [target.id]
    if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
        return [f"{target.value.id}.{target.attr}"]
    return []


def _short(number: float) -> str:
    return f"{number:.4g}"

"""The mutants of the lesson files, counted by file. Mutants that change only the words of a message are counted
separately.

    python tools/mutants.py names Naive_Bayes_From_Scratch                  each mutant that mutmut should try
    python tools/mutants.py names CNN_From_Scratch --sample 200 --seed 1    200 of them, chosen at random
    python tools/mutants.py table CNN_From_Scratch                          what `mutmut run` found, and the survivors
    python tools/mutants.py stale CNN_From_Scratch                          listed changes that no mutant makes

It must run where mutmut is installed (CONTRIBUTING.md, "Mutants"). `tests/mutants.toml` lists the mutants that are
the same program as before, each with its reason.
"""

import argparse
import difflib
import json
import random
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import libcst as cst
from libcst.metadata import MetadataWrapper, ParentNodeProvider
from mutmut.configuration import config
from mutmut.mutation.file_mutation import MutationVisitor, deep_replace, group_by_top_level_node
from mutmut.mutation.mutators import mutation_operators
from mutmut.mutation.pragma_handling import get_ignored_lines
from mutmut.mutation.trampoline_templates import mangle_function_name

SAME_FILE = Path("tests/mutants.toml")
KILLED_EXIT_CODES = {1, 3, 24, -24, 152, 255, 36}      # exit codes of a test that failed, or did not end


class Mutant(NamedTuple):
    name: str           # as mutmut calls it
    file: str
    change: str         # "the lines before → the lines after"
    message: bool       # only the words of an error or a warning differ


def mutants(path: Path) -> Iterator[Mutant]:
    """The mutants in mutmut's own order, which gives their numbers."""
    code = path.read_text(encoding="utf-8")
    wrapper = MetadataWrapper(cst.parse_module(code))
    parents = wrapper.resolve(ParentNodeProvider)
    visitor = MutationVisitor(mutation_operators, get_ignored_lines(str(path), code, wrapper), None)
    wrapper.visit(visitor)
    for function, mutations in group_by_top_level_node(visitor.mutations).items():
        if not isinstance(function, cst.FunctionDef):
            continue            # mutmut changes nothing outside functions
        owner = parents.get(parents[function])     # a class, for a method
        name = mangle_function_name(name=function.name.value,
                                    class_name=owner.name.value if isinstance(owner, cst.ClassDef) else None)
        before = wrapper.module.code_for_node(function).splitlines()
        for number, mutation in enumerate(mutations, 1):
            changed = deep_replace(function, mutation.original_node, mutation.mutated_node)
            after = wrapper.module.code_for_node(changed).splitlines()
            lines = [line for line in difflib.ndiff(before, after) if line[:1] in "+-"]
            sides = [" ".join(line[2:].partition("  #")[0].strip() for line in lines if line[0] == sign)
                     for sign in "-+"]
            yield Mutant(f"{'.'.join(path.with_suffix('').parts)}.{name}__mutmut_{number}", str(path),
                         " → ".join(sides), is_message(mutation.original_node, mutation.mutated_node, parents))


def is_message(node: cst.CSTNode, changed: cst.CSTNode, parents) -> bool:
    """True for a change in a `raise`, in the first argument of a warning, or in a sentence."""
    if isinstance(node, cst.BaseString) and " " in getattr(node, "raw_value", ""):
        return True
    child = node
    if called_warning(node) and isinstance(changed, cst.Call):
        return not changed.args or node.args[0] is not changed.args[0]
    while child in parents:
        parent = parents[child]
        if isinstance(parent, cst.Raise):
            return True
        if called_warning(parent) and child is parent.args[0]:
            return True
        child = parent
    return False


def called_warning(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value == "warn"


def lesson_files(chapter: str) -> list[Path]:
    return [path for path in sorted(Path(chapter).glob("**/*.py")) if config().should_mutate(path)]


def names(chapter: str, sample: int, seed: int) -> list[str]:
    found = [mutant.name for path in lesson_files(chapter) for mutant in mutants(path) if not mutant.message]
    return found if not sample else sorted(random.Random(seed).sample(found, min(sample, len(found))))


def stale(chapter: str) -> list[str]:
    """The listed changes of this chapter that no mutant makes, since the code has changed."""
    there = {(mutant.file, mutant.change) for path in lesson_files(chapter) for mutant in mutants(path)}
    listed = tomllib.loads(SAME_FILE.read_text(encoding="utf-8"))["same"]
    return [f"{row['file']}: {row['change']}" for row in listed
            if row["file"].startswith(f"{chapter}/") and (row["file"], row["change"]) not in there]


def table(chapter: str) -> str:
    """One row for each file: mutants, messages, tried, killed, same program; then each survivor."""
    listed = tomllib.loads(SAME_FILE.read_text(encoding="utf-8"))
    same = {(row["file"], row["change"]) for row in listed["same"]}
    kinds = [re.compile(row["pattern"]) for row in listed["kind"]]
    counted: dict[str, Counter] = defaultdict(Counter)
    survivors = []
    for path in lesson_files(chapter):
        codes = json.loads(Path("mutants", f"{path}.meta").read_text(encoding="utf-8"))["exit_code_by_key"]
        for mutant in mutants(path):
            code, count = codes[mutant.name], counted[str(path)]
            count["mutants"] += 1
            if mutant.message:
                count["messages"] += 1
            elif code is None:
                continue
            else:
                count["tried"] += 1
                kind = ("killed" if code in KILLED_EXIT_CODES else "same" if (mutant.file, mutant.change) in same
                        or of_a_kind(mutant.change, kinds) else "survived")
                count[kind] += 1
                if kind == "survived":
                    survivors.append(f"{mutant.name}\n    {mutant.change}")
    columns = ("mutants", "messages", "tried", "killed", "same", "survived")
    total = sum(counted.values(), Counter())
    lines = ["file | " + " | ".join(columns), " | ".join(["---"] * (1 + len(columns)))]
    lines += [f"{file} | " + " | ".join(str(count[column]) for column in columns)
              for file, count in [*counted.items(), (chapter, total)]]
    real = total["killed"] + total["survived"]
    return "\n".join([*survivors, *lines, f"{total['killed']} of {real} killed: {total['killed'] / max(real, 1):.1%}"])


def of_a_kind(change: str, kinds: list[re.Pattern]) -> bool:
    """True if both sides are equal after the matches of one of the patterns are removed."""
    return any(before == after for before, after in
               (tuple(re.sub(r"[, ]+", " ", kind.sub("", side)).replace(" )", ")") for side in change.split(" → ", 1))
                for kind in kinds))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("names", "table", "stale"))
    parser.add_argument("chapter")
    parser.add_argument("--sample", type=int, default=0, help="so many, chosen at random; 0: all")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.what == "names":
        print(*names(options.chapter, options.sample, options.seed), sep="\n")
    elif options.what == "stale":
        if found := stale(options.chapter):
            parser.exit(1, "\n".join(["These changes are listed, but no mutant makes them: mend tests/mutants.toml.",
                                      *found]) + "\n")
    else:
        print(table(options.chapter))


if __name__ == "__main__":
    main()

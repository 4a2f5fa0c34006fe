"""Who may import whom, read from the imports."""

import ast
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable
from functools import cache

import pytest
from conftest import ROOT

LEVELS = {"estimator": 0, "gradient_check": 0, "claims": 0,
          "data": 1, "weights": 1, "parallel": 1, "web": 1, "stage": 2, "runner": 3}
FOREIGN = {"sklearn", "scipy", "pandas", "torch", "tensorflow"}


@cache
def nodes(path) -> list[ast.AST]:
    """Everything in a file, parsed once for all tests that ask."""
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


@cache
def story() -> list[str]:
    """The folders of the chapters in the order of run_all.py's table."""
    table = next(node.value for node in nodes(ROOT / "run_all.py")
                 if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "CHAPTERS")
    return [row[1] for row in ast.literal_eval(table)]


@cache
def imports(path) -> set[str]:
    """Dotted names of everything a file imports, wherever in it."""
    names = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: absolute imports only"
            names.add(str(node.module))
    return names


def is_demo(path) -> bool:
    """Demos and commands stand outside of the algorithm: they may use data, weights and the stage."""
    command = path.name in {"train_weights.py", "__main__.py"}
    return command or path.name.startswith("demo") or path.parent.name == "demo"


def is_fast(path) -> bool:
    return path.parent.name == "fast"


ALGORITHM_FILES = [path for folder in story() for path in sorted((ROOT / folder).glob("**/*.py")) if not is_demo(path)]
SHARED_FILES = sorted((ROOT / "ai_from_scratch").glob("**/*.py"))
MOVED = [folder for folder in story() if (ROOT / folder / "demo").is_dir()]    # chapters in the new layout
LESSON_FILES = [path for path in ALGORITHM_FILES
                if path.relative_to(ROOT).parts[0] in MOVED and not is_fast(path) and path.name != "__init__.py"
                and path.parent.name != "diagnosis"]              # it explains what went wrong: no lesson
LINES = {"Linear_Regression": 400, "Logistic_Regression": 550, "KNN": 400, "Naive_Bayes": 200,
         "Basic_Neural_Network": 1000, "CNN": 800, "RNN": 950}                  # of Python in all lesson files
NOT_IN_PYODIDE = {"bz2", "curses", "dbm", "ensurepip", "fcntl", "grp", "idlelib", "lzma", "msvcrt", "multiprocessing",
                  "pwd", "readline", "resource", "sqlite3", "ssl", "subprocess", "syslog", "termios", "tkinter",
                  "turtle", "venv", "winreg", "winsound"}     # of the standard library, or of no use there
PROOF_FILES = sorted((ROOT / "proof").glob("**/*.py"))
DEMO_FILES = [path for folder in story() for path in sorted((ROOT / folder).glob("**/*.py")) if is_demo(path)]


def name_of(path) -> str:
    return str(path.relative_to(ROOT))


def of_each(paths: list) -> Callable[[Callable], Callable]:
    """One test of all the files: hundreds of small ones cost more than what they look at.  It names each that fails."""
    def decorate(check: Callable) -> Callable:
        def test() -> None:
            failed = []
            for path in paths:
                try:
                    check(path)
                except AssertionError as error:
                    failed.append(f"{path if isinstance(path, str) else name_of(path)}: {error}")
            assert paths
            assert not failed, "\n".join(failed)

        test.__name__ = check.__name__
        return test

    return decorate


@of_each(ALGORITHM_FILES)
def test_an_algorithm_imports_numpy_the_base_and_earlier_chapters_only(path):
    folders = story()
    here = folders.index(path.relative_to(ROOT).parts[0])
    for module in imports(path):
        top = module.split(".")[0]
        allowed = (top in sys.stdlib_module_names or top == "numpy"
                   or module.split(".")[:2] == ["ai_from_scratch", "estimator"] or top in folders[:here + 1])
        allowed |= is_fast(path) and module == "ai_from_scratch.parallel"      # a second process is a matter of speed
        assert allowed, f"{name_of(path)} imports {module}"
        assert ".demo" not in module, f"{name_of(path)} imports a demo"


@cache
def top(path) -> list[ast.stmt]:
    """The statements at a file's top level, its docstring among them."""
    return ast.parse(path.read_text(encoding="utf-8")).body


@cache
def length(path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def fast_modules_of(module: str) -> bool:
    return ".fast" in module and module.split(".")[0].endswith("_From_Scratch")


@of_each(LESSON_FILES)
def test_a_lesson_file_is_read_in_one_sitting_and_imports_fast_code_only_inside_the_function_that_switches(path):
    longest = max((other for other in LESSON_FILES if other.parent == path.parent), key=length)
    assert length(path) <= (180 if path == longest else 150)
    at_the_top = {str(node.module) for node in top(path) if isinstance(node, ast.ImportFrom)}
    assert not [module for module in at_the_top if fast_modules_of(module) or "_From_Scratch.diagnosis" in module], \
        "imported where it is not yet asked for"
    places = {place.name for place in nodes(path) if isinstance(place, ast.FunctionDef)
              for node in ast.walk(place) if isinstance(node, ast.ImportFrom) and fast_modules_of(str(node.module))}
    assert len(places) <= 1, f"{name_of(path)} switches in {places}: one place is enough"


@of_each(LESSON_FILES)
def test_no_decorator_hides_a_function_of_a_lesson_file_from_the_mutants(path):
    """mutmut (CONTRIBUTING.md) leaves decorated functions out: errstate is a with statement inside of them."""
    hidden = [f"{node.name}: @{ast.unparse(decorator)}" for node in nodes(path) if isinstance(node, ast.FunctionDef)
              for decorator in node.decorator_list
              if ast.unparse(decorator) not in {"staticmethod", "classmethod", "property"}]
    assert not hidden, hidden


@of_each(ALGORITHM_FILES)
def test_nobody_but_its_own_chapter_imports_fast_code(path):
    here = path.relative_to(ROOT).parts[0]
    foreign = [module for module in imports(path) if fast_modules_of(module) and module.split(".")[0] != here]
    assert not foreign, f"{name_of(path)} imports {foreign}"


@of_each([p for p in ALGORITHM_FILES if p.relative_to(ROOT).parts[0] in MOVED])
def test_an_algorithm_imports_at_its_top_only_what_a_browser_has_too(path):
    at_the_top = {alias.name for node in top(path) if isinstance(node, ast.Import) for alias in node.names}
    at_the_top |= {str(node.module) for node in top(path) if isinstance(node, ast.ImportFrom)}
    assert not {module.split(".")[0] for module in at_the_top} & NOT_IN_PYODIDE


@of_each(MOVED)
def test_a_chapter_is_short_and_its_init_names_every_lesson_file(folder):
    files = [path for path in LESSON_FILES if path.parent.name == folder]
    total = sum(length(path) for path in files)
    assert total < LINES[folder.removesuffix("_From_Scratch")], f"{folder} has {total} lines of lesson files"
    told = ast.unparse(top(ROOT / folder / "__init__.py")[0])
    assert not [path.name for path in files if not re.search(rf"\b{path.stem}\b", told)], "name them in reading order"
    assert (ROOT / folder / "demo" / "demo.py").is_file()
    assert not (ROOT / folder / "demo" / "__init__.py").read_text(encoding="utf-8").strip(), "importing a part is cheap"
    assert not list((ROOT / folder).glob("demo*.py"))


@pytest.mark.slow
def test_importing_an_algorithm_reads_no_file_but_code_and_nothing_of_the_environment():
    """What runs must not depend on where it was imported: a size of a cache was read from /sys once."""
    modules = [name_of(path).removesuffix(".py").replace("/", ".") for path in ALGORITHM_FILES
               if path.name != "__init__.py"]
    program = textwrap.dedent("""
        import importlib, os, sys
        import sysconfig, ai_from_scratch.estimator             # Python and NumPy may read what they like

        read = []

        class Recorded(dict):
            def get(self, key, default=None):
                read.append(key)
                return default

            __getitem__ = __contains__ = get

        os.environ = Recorded()
        sys.addaudithook(lambda event, args: event == "open" and read.append(str(args[0])))
        for module in sys.argv[1:]:
            importlib.import_module(module)
        print(sorted(name for name in read if not name.endswith((".py", ".pyc", ".so", ".zip"))))
    """)
    command = [sys.executable, "-B", "-c", program, *modules]        # -B: it writes no bytecode either
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_whole_two_layer_network_is_at_most_a_hundred_lines():
    assert length(ROOT / "Basic_Neural_Network_From_Scratch" / "basic_neural_network.py") <= 100


@of_each(ALGORITHM_FILES)
def test_an_algorithm_prints_nothing(path):
    calls = [node for node in nodes(path) if isinstance(node, ast.Call)]
    assert not [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]


@of_each(SHARED_FILES)
def test_a_shared_level_imports_lower_levels_and_no_chapter(path):
    parts = path.relative_to(ROOT / "ai_from_scratch").with_suffix("").parts
    level = LEVELS.get(parts[0], -1)
    for module in imports(path):
        assert not module.split(".")[0].endswith("_From_Scratch"), f"{name_of(path)} knows the chapter {module}"
        # The one exception of the levels: model.save(path) asks for the format of files, inside of the function.
        later = name_of(path).endswith("estimator/saved.py") and not any(
            isinstance(node, ast.Import | ast.ImportFrom) and module in ast.unparse(node) for node in top(path))
        if module.startswith("ai_from_scratch.") and not (module == "ai_from_scratch.weights" and later):
            assert LEVELS[module.split(".")[1]] <= level, f"{name_of(path)} imports {module} from above"


@of_each(PROOF_FILES)
def test_the_proof_knows_no_chapter_by_name_and_asks_other_libraries_only_when_they_are_there(path):
    tops = {module.split(".")[0] for module in imports(path)}
    assert not tops & ({*story(), "tests", "benchmarks", "run_all"} | FOREIGN)
    assert length(path) <= 250
    drawn = {module for module in imports(path) if module.startswith(("matplotlib", "ai_from_scratch.stage"))}
    assert not drawn or path.name == "picture.py"


@of_each([*ALGORITHM_FILES, *SHARED_FILES, *DEMO_FILES])
def test_nobody_but_the_runners_table_imports_the_proof(path):
    assert "proof" not in {module.split(".")[0] for module in imports(path)}


@of_each(DEMO_FILES)
def test_a_demo_does_not_know_the_runner_and_leaves_figures_to_the_stage(path):
    modules = imports(path)
    assert not [module for module in modules if module.startswith("ai_from_scratch.runner")]
    assert "matplotlib.pyplot" not in modules


@of_each([ROOT / "run_all.py", *ALGORITHM_FILES, *SHARED_FILES, *DEMO_FILES])
def test_a_file_is_one_idea_and_needs_no_other_framework(path):
    foreign = {module.split(".")[0] for module in imports(path)} & FOREIGN
    # The one exception of the design: when scikit-learn itself asks, it is answered with its own classes.
    assert not foreign or (foreign == {"sklearn"} and "estimator" in path.parts), f"{name_of(path)}: {foreign}"
    assert length(path) <= 250


def test_the_master_runner_is_a_table_and_little_else():
    text = (ROOT / "run_all.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 60
    assert text.isascii(), "a Python 2 has to be able to parse it, to be told that it is too old"


def test_every_chapter_has_its_page_and_its_source():
    for folder in story():
        stem = folder.removesuffix("_From_Scratch").lower()
        assert (ROOT / folder / f"{stem}.py").is_file()
        assert (ROOT / "documentation" / f"{stem}.md").is_file()


def test_links_of_the_pages_lead_somewhere():
    for page in [*ROOT.glob("*.md"), *(ROOT / "documentation").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
            assert "://" in target or (page.parent / target).exists(), f"{page.name}: {target}"

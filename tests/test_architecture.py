"""The arrows between the rooms of the house, read from the imports."""

import ast
import re
import sys
from functools import cache

import pytest
from conftest import ROOT

LEVELS = {"estimator": 0, "gradient_check": 0, "data": 1, "weights": 1, "stage": 2, "runner": 3}
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
    return path.name.startswith("demo") or path.name in {"train_weights.py", "__main__.py"}


ALGORITHM_FILES = [path for folder in story() for path in sorted((ROOT / folder).glob("**/*.py")) if not is_demo(path)]
SHARED_FILES = sorted((ROOT / "ai_from_scratch").glob("**/*.py"))
DEMO_FILES = [path for folder in story() for path in sorted((ROOT / folder).glob("**/*.py")) if is_demo(path)]


def name_of(path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", ALGORITHM_FILES, ids=name_of)
def test_an_algorithm_imports_numpy_the_base_and_earlier_chapters_only(path):
    folders = story()
    here = folders.index(path.relative_to(ROOT).parts[0])
    for module in imports(path):
        top = module.split(".")[0]
        allowed = (top in sys.stdlib_module_names or top == "numpy"
                   or module.split(".")[:2] == ["ai_from_scratch", "estimator"] or top in folders[:here + 1])
        assert allowed, f"{name_of(path)} imports {module}"
        assert not module.endswith(".demo"), f"{name_of(path)} imports a demo"


@pytest.mark.parametrize("path", ALGORITHM_FILES, ids=name_of)
def test_an_algorithm_prints_nothing(path):
    calls = [node for node in nodes(path) if isinstance(node, ast.Call)]
    assert not [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]


@pytest.mark.parametrize("path", SHARED_FILES, ids=name_of)
def test_a_shared_level_imports_lower_levels_and_no_chapter(path):
    parts = path.relative_to(ROOT / "ai_from_scratch").with_suffix("").parts
    level = LEVELS.get(parts[0], -1)
    for module in imports(path):
        assert not module.split(".")[0].endswith("_From_Scratch"), f"{name_of(path)} knows the chapter {module}"
        if module.startswith("ai_from_scratch."):
            assert LEVELS[module.split(".")[1]] <= level, f"{name_of(path)} imports {module} from above"


@pytest.mark.parametrize("path", DEMO_FILES, ids=name_of)
def test_a_demo_does_not_know_the_runner_and_leaves_figures_to_the_stage(path):
    modules = imports(path)
    assert not [module for module in modules if module.startswith("ai_from_scratch.runner")]
    assert "matplotlib.pyplot" not in modules


@pytest.mark.parametrize("path", [ROOT / "run_all.py", *ALGORITHM_FILES, *SHARED_FILES, *DEMO_FILES], ids=name_of)
def test_a_file_is_one_idea_and_needs_no_other_framework(path):
    foreign = {module.split(".")[0] for module in imports(path)} & FOREIGN
    # The one exception of the design: when scikit-learn itself asks, it is answered with its own classes.
    assert not foreign or (foreign == {"sklearn"} and "estimator" in path.parts), f"{name_of(path)}: {foreign}"
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 250


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

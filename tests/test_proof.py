"""`run_all.py check`: what is right passes, a planted error is caught and its file named, a learner told in words."""

import ast
import importlib
import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from conftest import ROOT
from planted_errors import ERRORS, codes, planted, said
from test_architecture import LESSON_FILES, name_of, story

from ai_from_scratch.claims import Claim
from proof import check_gradient, check_layer, check_loss
from proof.compare import compare
from proof.gradients import Problem
from proof.measure import claims_of, compared, prove
from proof.picture import STEP_SIZES, of_problem
from proof.references import RECORDED_ONLY, library_version
from proof.report import power, source
from proof.suspects import functions_that_run

QUICK = {"naive_bayes", "ridge", "normal_equation"}
GRADIENTS = {"backward", "gradient", "_gradients", "hessian", "loss_and_gradient", "cross_entropy", "descend", "step",
             "gradient_descent", "_set_weight_gradient", "add_up", "inverse_hessian_times", "take_step", "function"}
ELSEWHERE = {"TwoLayerNetwork.step"}       # moves by gradients that are checked; the demo's pictures show it


@pytest.fixture(autouse=True)
def recorded_answers_only(monkeypatch):
    """Importing the libraries takes longer than all the rest: one slow test asks them."""
    monkeypatch.setenv(RECORDED_ONLY, "1")
    library_version.cache_clear()
    yield
    library_version.cache_clear()


def run(*arguments):
    return subprocess.run([sys.executable, "run_all.py", "check", *arguments], cwd=ROOT, capture_output=True, text=True,
                          encoding="utf-8", timeout=300, env={**os.environ, "COLUMNS": "100"})


@pytest.mark.parametrize("folder", ["Linear_Regression_From_Scratch", "Naive_Bayes_From_Scratch"])
def test_a_chapter_is_right(folder):
    proof = prove("A chapter", folder)
    assert proof.holds, [(one.claim.what, one.words) for one in proof.measured if not one.holds]
    assert proof.suspects == []


@pytest.mark.parametrize("folder", story())
def test_each_claim_names_a_file_of_the_repository(folder):
    """Not a path of a decorator (np.errstate), and not an absolute path."""
    for claim in claims_of(folder):
        file = source(claim).partition(":")[0]
        assert file.partition("/")[0] in story() and (ROOT / file).is_file(), (claim.what, file)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sklearn.linear_model", "torch"])
def test_the_libraries_of_this_machine_answer_as_they_did(name, monkeypatch):
    pytest.importorskip(name)
    monkeypatch.delenv(RECORDED_ONLY)
    library_version.cache_clear()
    for folder in story():
        proof = prove(folder, folder)
        assert proof.holds, [(one.claim.what, one.words) for one in proof.measured if not one.holds]


@pytest.mark.slow
def test_every_chapter_is_right_and_the_report_for_machines_says_so(tmp_path):
    file = tmp_path / "report.json"
    done = run("--json", str(file), "--out", str(tmp_path / "pictures"))
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(file.read_text(encoding="utf-8"))
    assert report["right"] and [chapter["folder"] for chapter in report["chapters"]] == story()
    assert report["environment"]["NumPy"] == np.__version__
    assert all(row["error"] <= row["may_be"] for chapter in report["chapters"] for claim in chapter["claims"]
               for row in claim["comparisons"])
    assert report["seconds"] < 60
    assert len(list((tmp_path / "pictures").glob("*/gradients.png"))) == 6


@pytest.mark.slow
def test_one_line_an_algorithm_and_every_parameter_where_it_is_asked_for():
    done = run("bayes", "--verbose")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Naive Bayes" in done.stdout and "log probab" in done.stdout and "all of it right" in done.stdout
    assert "Python" in done.stdout and "threads" in done.stdout


def test_an_unknown_chapter_is_told_with_the_names():
    done = run("bays")
    assert done.returncode == 2 and "Did you mean 'bayes'?" in done.stderr


@pytest.mark.parametrize(("arguments", "words"), [
    (["--json", "my.csv"], "'my.csv' does not contain results of this program; name another file"),
    (["--json", os.devnull], "is a device, not a file"),
    (["--json", "no/where.json"], "the folder 'no' does not exist"),
    (["--json", "x" * 300], "no file can have this name"),
    (["--out", "x" * 300], "no file can have this name"),
    (["--out", "my.csv"], "'my.csv' is not a folder"),
    (["--jason"], "unrecognized arguments: --jason"),
])
def test_a_wrong_command_is_told_in_three_lines_and_a_users_file_stays(arguments, words, tmp_path, monkeypatch, capsys):
    from ai_from_scratch.runner import Chapter
    from proof.command import main
    from run_all import CHAPTERS

    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.csv").write_text("a,b\n1,2\n")
    with pytest.raises(SystemExit) as left:
        main([Chapter(*row) for row in CHAPTERS], ["bayes", *arguments])
    mistake, example, options = capsys.readouterr().err.splitlines()
    assert left.value.code == 2 and words in mistake and example == "  for example: python run_all.py check"
    assert options == "  all options: python run_all.py check --help"
    assert (tmp_path / "my.csv").read_text() == "a,b\n1,2\n" and len(list(tmp_path.iterdir())) == 1


def test_what_is_wrong_ends_with_exit_code_1(monkeypatch, capsys):
    from ai_from_scratch.runner import Chapter
    from proof.command import main
    from run_all import CHAPTERS

    with planted(next(error for error in ERRORS if "- squares" in error.new)):
        assert main([Chapter(*row) for row in CHAPTERS], ["bayes"]) == 1
    output = capsys.readouterr().out.replace("\n", "")
    assert "WRONG" in output and "log_densities" in output and "Naive_Bayes_From_Scratch/naive_bayes.py" in output


def marked(error):
    return pytest.param(error, id=f"{error.file}:{error.new[:40]}",
                        marks=[] if error.file in QUICK else [pytest.mark.slow])


@pytest.mark.parametrize("error", [marked(error) for error in ERRORS])
def test_a_planted_error_is_caught_and_its_file_is_named(error):
    holds, words, places = said(error)
    assert not holds and words
    assert any(place.startswith(error.path) for place in places), places


@pytest.mark.slow
def test_at_least_forty_errors_are_planted_one_at_least_in_every_gradient_function():
    assert len(ERRORS) >= 40
    changed = set()
    for error in ERRORS:
        with planted(error) as names:
            changed |= {(error.path, name) for name in names}
    missing = []
    for path in LESSON_FILES:
        code = compile(path.read_text(encoding="utf-8"), str(path), "exec")
        for function in codes(code):
            name = function.co_qualname.replace(".<locals>", "")
            if (function.co_name in GRADIENTS and name not in ELSEWHERE and not abstract(path, name)
                    and not any(name_of(path) == file and (name == one or name.startswith(one + "."))
                                for file, one in changed)):
                missing.append(f"{name_of(path)} {name}")
    assert not missing


def abstract(path, name):
    """Whether a method only says that it has to be written, or hands on to another."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    bodies = {f"{owner.name}.{method.name}": method.body for owner in tree.body if isinstance(owner, ast.ClassDef)
              for method in owner.body if isinstance(method, ast.FunctionDef)}
    last = bodies.get(name, [ast.Pass()])[-1]
    return isinstance(last, ast.Raise) and "NotImplementedError" in ast.unparse(last)


@pytest.mark.parametrize("folder", story())
def test_everything_exported_that_has_a_gradient_is_claimed(folder):
    module = importlib.import_module(folder)
    about = {getattr(claim, "about", None) for claim in claims_of(folder)}
    exported = [getattr(module, name) for name in getattr(module, "__all__", [])]
    for thing in exported:
        if not callable(thing) or not getattr(thing, "__module__", "").startswith(folder):
            continue
        name = thing.__name__
        own = isinstance(thing, type) and any(method in vars(thing) for method in ("backward", "step"))
        base = own and any(thing is not other and isinstance(other, type) and issubclass(other, thing)
                           for other in exported) and name in ("Layer", "Loss", "Optimizer", "Cell")
        gradient = own or "gradient" in name or name in ("hessian", "cross_entropy")
        assert not gradient or base or thing in about, f"{folder}: {name} has a gradient that no claim is about"


@pytest.mark.slow
@pytest.mark.parametrize("folder", story())
def test_every_gradient_function_of_the_lesson_files_runs_in_some_claim(folder):
    with functions_that_run() as seen:
        for claim in claims_of(folder):
            compared(folder, claim)
    ran = {(code.co_filename, code.co_qualname) for code in seen}
    for path in LESSON_FILES:
        if path.parent.name == folder:
            for code in codes(compile(path.read_text(encoding="utf-8"), str(path), "exec")):
                if code.co_name in GRADIENTS and not abstract(path, code.co_qualname) \
                        and code.co_qualname not in ELSEWHERE:
                    assert (str(path), code.co_qualname) in ran


@pytest.mark.parametrize("folder", story())
def test_a_chapters_list_needs_no_picture_and_names_each_claim_once(folder):
    claims = claims_of(folder)
    assert claims and all(isinstance(claim, Claim) for claim in claims)
    names = [(type(claim), claim.what) for claim in claims]
    assert len(set(names)) == len(names)
    text = (ROOT / folder / "demo" / "checks.py").read_text(encoding="utf-8")
    assert "matplotlib" not in text


def test_a_new_chapter_is_checked_without_a_change_elsewhere(tmp_path, monkeypatch):
    demo = tmp_path / "Cubes_From_Scratch" / "demo"
    demo.mkdir(parents=True)
    (tmp_path / "Cubes_From_Scratch" / "__init__.py").write_text("def slope(x):\n    return 2 * x**2\n")
    (demo / "__init__.py").write_text("")
    (demo / "checks.py").write_text(
        "import numpy as np\nfrom ai_from_scratch.claims import Gradient\nfrom Cubes_From_Scratch import slope\n"
        "def claims():\n    x = np.array([1.0, 2.0])\n"
        "    yield Gradient(slope, 'cubes', {'x': x}, lambda: (x**3).sum(), lambda: {'x': slope(x)})\n")
    monkeypatch.syspath_prepend(tmp_path)
    proof = prove("Cubes", "Cubes_From_Scratch")
    assert not proof.holds and "dx[0] is 2, the finite difference says 3" in proof.measured[0].words
    assert "times 1.5 it would be right" in proof.measured[0].words and "slope" in proof.suspects[0]


class Mine:
    """A learner's layer, with a mistake where `wrong` says."""

    def __init__(self, wrong=""):
        rng = np.random.default_rng(0)
        self.W, self.b, self.wrong = rng.standard_normal((3, 3)), np.zeros(3), wrong

    def forward(self, X):
        self.X = X
        return X @ self.W + self.b

    def backward(self, dY):
        self.dW = self.X.T @ dY
        if self.wrong == "transposed":
            self.dW = self.dW.T
        if self.wrong != "no db":
            self.db = dY.mean(axis=0) if self.wrong == "mean" else dY.sum(axis=0)
        return {"no dX": None, "sign": -dY @ self.W.T}.get(self.wrong, dY @ self.W.T)


@pytest.mark.parametrize(("wrong", "words"), [
    ("mean", r"db\[0\] is .*, the finite difference says .*times 4 it would be right"),
    ("transposed", r"dW\[0, 1\] is .* transposed it would be right"), ("sign", r"dX\[0, 0\] .*the sign is wrong"),
    ("no dX", "dX is not there"), ("no db", "db is not there"),
])
def test_a_class_of_ones_own_is_told_where_it_first_differs(wrong, words):
    X = np.random.default_rng(1).standard_normal((4, 3))
    assert check_layer(Mine(), X).ok and "right" in str(check_layer(Mine(), X))
    report = check_layer(Mine(wrong), X)
    assert not report.ok
    assert re.search(words, str(report))


def test_a_loss_and_a_function_of_ones_own():
    class Mean:
        def forward(self, z, y):
            self.error = z - y
            return float((self.error**2).mean())

        def backward(self):
            return 2 * self.error

    z = np.random.default_rng(0).standard_normal((2, 2))
    assert "times 0.25 it would be right" in str(check_loss(Mean(), z, 0 * z))
    assert check_gradient(lambda x: (x**3).sum(), [1.0, 2.0], lambda x: 3 * x**2).ok
    assert not check_gradient(lambda x: (x**3).sum(), [1.0, 2.0], [3.0, 11.0]).ok


def test_shapes_and_numbers_that_are_none_are_no_small_error():
    assert compare("a", [1.0, np.nan], [1.0, 2.0], 1e-6).error == np.inf
    assert compare("a", [1.0, np.nan], [1.0, np.nan], 1e-6).error == np.inf
    assert "has shape (2,)" in compare("a", [1.0, 2.0], [[1.0, 2.0]], 1e-6).words
    assert compare("a", [np.inf, 1.0], [np.inf, 1.0], 1e-6).holds
    assert [power(error) for error in (0, 3e-10, 1e-9, np.inf, 0.5)] == ["0", "10⁻⁹", "10⁻⁹", "∞", "10⁰"]


def test_the_curve_of_a_right_gradient_is_a_v_and_that_of_a_wrong_one_is_none():
    x = np.array([0.7, -1.2])
    right = of_problem(Problem("sin", {"x": x}, lambda: np.sin(x).sum(), lambda: {"x": np.cos(x)}))["x"]
    wrong = of_problem(Problem("sin", {"x": x}, lambda: np.sin(x).sum(), lambda: {"x": -np.cos(x)}))["x"]
    assert min(right) < 1e-9 < 1e-6 < right[0] and right[-1] > 1e-2
    assert len(right) == len(STEP_SIZES) and min(wrong) > 1


def test_each_recorded_error_names_the_line_where_it_was_planted():
    for row in json.loads((ROOT / "proof" / "references" / "planted.json").read_text(encoding="utf-8")):
        lines = (ROOT / row["file"]).read_text(encoding="utf-8").split("\n")
        assert row["was"].split("\n")[0] in lines[row["line"] - 1], f"{row['file']}:{row['line']} {row['was']}"

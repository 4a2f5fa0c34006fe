"""Every scene, without a page: what it declares, that it runs where a browser runs it, and what it says."""

import ast
import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from conftest import ROOT
from test_architecture import NOT_IN_PYODIDE, imports, length, story

from Linear_Regression_From_Scratch.linear_regression import LinearRegression, gradient, mean_squared_error
from playground.catalogue import Catalogue
from playground.lessons import Lessons
from playground.message import decode, encode
from playground.scene import GOES_ON, Control, Controls

FOLDERS = story()
CATALOGUE = Catalogue(FOLDERS)
LESSONS = Lessons(FOLDERS)
SCENE_FILES = [ROOT / module.replace(".", "/") for module in CATALOGUE.modules.values()]
SCENE_FILES = [path.with_suffix(".py") for path in SCENE_FILES]
ALLOWED = {"numpy", "playground.scene", "ai_from_scratch.mistakes"}
OTHER = {"points": [[0.0, 1.0], [1.0, 2.0]], "point": [0.5, 0.5]}


def frames(name, count, seed=0, /, every=1, **controls):
    """The first frames of a scene; every n-th and the last are painted.  Fewer if the scene ends before."""
    module = CATALOGUE.module(name)
    found = []
    for number, frame in enumerate(module.scene(Controls(module.CONTROLS, controls), seed), 1):
        at_rest = not callable(frame) and frame.get("rest")
        if (number - 1) % every == 0 or number == count or at_rest:
            found.append(frame() if callable(frame) else frame)
        if number == count or at_rest:
            break
    return found


@pytest.mark.parametrize("name", list(CATALOGUE))
def test_a_scene_declares_what_the_page_needs(name):
    module, described = CATALOGUE.module(name), CATALOGUE.description(name)
    assert json.loads(json.dumps(described, allow_nan=False))["title"]
    assert sum(view.hero for view in module.VIEWS) == 1
    assert len(module.PRESETS) >= 2
    assert all((ROOT / path).is_file() for path in (module.LINKS.page, module.LINKS.file))
    assert module.FILES, "the code panel shows a lesson"
    assert all(LESSONS.text(file) for file in module.FILES)
    questions = {prediction.name for prediction in module.PREDICTIONS}
    assert questions, "a learner may predict before it runs"
    for preset in module.PRESETS:
        assert preset.teaches
        Controls(module.CONTROLS, preset.controls)
        assert preset.predict in questions | {""}
    assert len({control.name for control in module.CONTROLS}) == len(module.CONTROLS)
    for view in module.VIEWS:
        assert (ROOT / "playground" / "static" / "elements" / f"{view.kind}.js").is_file()


MOST_QUICKLY = [pytest.param(name, marks=[pytest.mark.slow] if name in ("draw_a_digit", "hamlet_writes") else [])
                for name in CATALOGUE]


@pytest.mark.parametrize("name", MOST_QUICKLY)
def test_each_preset_of_a_scene_gives_frames_with_a_sentence_and_every_view(name):
    module = CATALOGUE.module(name)
    for preset in module.PRESETS:
        for frame in frames(name, 3, preset.seed, **preset.controls):
            assert frame["say"].rstrip().endswith((".", "!", "?", "."))
            assert {view.name for view in module.VIEWS} <= set(frame)
            assert len(encode({"frame": frame})) < 2**20, "a frame is small"


@pytest.mark.slow
@pytest.mark.parametrize("name", list(CATALOGUE))
def test_the_same_seed_gives_the_same_frames(name):
    first, second = (encode({"frames": frames(name, 4, 3)}) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("name", MOST_QUICKLY)
def test_what_the_page_holds_is_what_the_scene_sent(name):
    """An array that is the same object as before is not sent again: it must not have changed meanwhile."""
    module = CATALOGUE.module(name)
    sent: dict[Any, Any] = {}
    held: dict[Any, Any] = {}
    for _, frame in zip(range(16), module.scene(Controls(module.CONTROLS), 0), strict=False):
        frame = frame() if callable(frame) else frame
        assert flat(decode(encode({"frame": frame}, sent), held)) == flat(decode(encode({"frame": frame})))


def flat(value, place=""):
    """Every value of a frame by its place; arrays as bytes."""
    if isinstance(value, dict):
        return {key: part for name, item in value.items() for key, part in flat(item, f"{place}/{name}").items()}
    if isinstance(value, list):
        return flat(dict(enumerate(value)), place)
    return {place: value.tobytes() if isinstance(value, memoryview) else value}


@pytest.mark.parametrize("path", SCENE_FILES, ids=lambda path: path.stem)
def test_a_scene_is_short_and_imports_what_a_browser_has_too(path):
    assert length(path) <= 150
    for module in imports(path):
        top = module.split(".")[0]
        allowed = (module in ALLOWED or (top in sys.stdlib_module_names and top not in NOT_IN_PYODIDE)
                   or top in FOLDERS or module.startswith(("ai_from_scratch.estimator", "ai_from_scratch.data")))
        assert allowed, f"{path.name} imports {module}"
    called = {node.func.id for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
              if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert not called & {"print", "open", "input"}, "no input, no output"


PLAYGROUND_FILES = sorted((ROOT / "playground").glob("*.py"))
STATIC_FILES = sorted(path for path in (ROOT / "playground" / "static").glob("**/*.js") if "vendor" not in path.parts)


@pytest.mark.parametrize("path", PLAYGROUND_FILES, ids=lambda path: path.stem)
def test_the_playground_knows_no_chapter_and_its_session_no_web(path):
    tops = {module.split(".")[0] for module in imports(path)}
    assert not tops & {*FOLDERS, "tests", "benchmarks", "proof", "run_all", "matplotlib"}
    assert "tornado" not in tops or path.stem == "server"
    assert "numpy" not in tops, "the protocol runs in Pyodide's core, which has no NumPy"
    assert length(path) <= 250


def test_below_the_playground_only_scenes_and_their_parts_know_it_and_only_its_contract():
    for path in [path for folder in (*FOLDERS, "ai_from_scratch", "proof") for path in (ROOT / folder).rglob("*.py")]:
        if "playground" not in path.read_text(encoding="utf-8"):
            continue
        parts = path.relative_to(ROOT).parts
        known = {module for module in imports(path) if module.split(".")[0] == "playground"}
        assert not known or (known == {"playground.scene"} and parts[-2] == "demo"), f"{path} imports {known}"


@pytest.mark.parametrize("path", STATIC_FILES, ids=lambda path: path.name)
def test_the_page_writes_no_markup_from_strings_and_asks_nobody_else(path):
    text = path.read_text(encoding="utf-8")
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "https://"):
        assert word not in text


BROWSER = """
import importlib.abc, json, sys
allowed, modules = json.loads(sys.argv[1]), json.loads(sys.argv[2])
class Refuse(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] not in allowed:
            raise ImportError(f"{name} is not in a browser")
sys.meta_path.insert(0, Refuse())
import importlib
from playground.scene import Controls
for name in modules:
    module = importlib.import_module(name)
    for index, frame in zip(range(3), module.scene(Controls(module.CONTROLS), 0)):
        frame() if callable(frame) else frame
import playground.session, playground.trace
"""


@pytest.mark.slow
def test_scenes_and_session_run_with_numpy_and_the_standard_library_of_pyodide_alone():
    names = (sys.stdlib_module_names - NOT_IN_PYODIDE) | {"numpy", "ai_from_scratch", "playground", *FOLDERS}
    names |= {"safetensors"}        # reads the shipped weights; a browser fetches it as a package
    done = subprocess.run([sys.executable, "-c", BROWSER, json.dumps(sorted(names)),
                           json.dumps(list(CATALOGUE.modules.values()))],
                          cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-600:]


def test_every_equation_of_a_lesson_file_is_found_in_its_lines():
    for name in LESSONS.files:
        for row in LESSONS.equations(name):
            lines = LESSONS.text(name).splitlines()
            assert row["lines"], row
            assert all(lines[number - 1].strip() for number in row["lines"])
    assert [row["lines"] for row in LESSONS.equations("Linear_Regression_From_Scratch/linear_regression.py")]


@pytest.mark.parametrize(("control", "good", "bad"), [
    (Control("a", "number", "A", "", 0.5), [0, 1, 0.25], [2, -1, "x", True, None, float("nan"), [1]]),
    (Control("a", "whole", "A", "", 1, 1, 9), [1, 9, 3.0], [0, 2.5, "3", 1e400]),
    (Control("a", "switch", "A", "", False), [True, False], [1, "on", None]),
    (Control("a", "choice", "A", "", "x", options=(("x", "X"), ("y", "Y"))), ["x", "y"], ["z", 1, ["x"], {}]),
    (Control("a", "point", "A", "", None), [[0, 1], None], [[0], [0, 2], ["a", 0], 3]),
    (Control("a", "points", "A", "", None, classes=2), [[], [[0, 1, 1]], None],
     [[[0, 1]], [[0, 1, 2]], [[0, 9, 0]], [[0, 0, 0]] * 401, "ab", [[0, 1, []]]]),
    (Control("a", "pixels", "A", "", [0] * 4, shape=(2, 2)), [[0, 255, 1, 2]], [[0] * 3, [256] * 4, "abcd", [[]] * 4]),
    (Control("a", "text", "A", "", ""), ["", "HAMLET:"], [1, "x" * 2001]),
])
def test_a_control_takes_what_it_declares_and_refuses_everything_else_in_words(control, good, bad):
    for value in good:
        control.check(value)
    for value in bad:
        with pytest.raises(ValueError, match="A is "):
            control.check(value)


# ---- line and bowl ---------------------------------------------------------------------------------------------------


def samples_of(frame):
    points = np.asarray(frame["line"]["points"])
    return points[:, :1], points[:, 1]


def test_the_ball_moves_as_the_lesson_says_bit_for_bit():
    found = frames("line_and_bowl", 30)
    X, y = samples_of(found[0])
    model = LinearRegression("gradient_descent", 0.05, tol=0, max_iter=29, engine="plain")
    losses = [progress.loss for progress in model.training(X, y, initial=([-3.0], 3.0))]
    assert [frame["numbers"]["loss"] for frame in found[1:]] == pytest.approx(losses, rel=1e-12)
    assert (found[-1]["numbers"]["slope w"], found[-1]["numbers"]["intercept b"]) == (model.coef_[0], model.intercept_)


@pytest.mark.parametrize(("preset", "fate", "word"), [
    ("Roll down", "rolls", "valley"), ("Zigzag", "zigzags", "other side"),
    ("Past the limit", "flies", "past the limit")])
def test_each_learning_rate_has_its_fate_and_its_words(preset, fate, word):
    chosen = next(one for one in CATALOGUE.module("line_and_bowl").PRESETS if one.name == preset)
    found = frames("line_and_bowl", 500, **chosen.controls)
    assert found[-1]["answers"]["fate"] == fate
    assert any(word in frame["say"] for frame in found)
    assert found[-1]["rest"]
    if fate == "flies":
        assert "must stay below 2/λmax" in found[-1]["say"], "the reason is the estimator's own sentence"
        losses = [frame["numbers"]["loss"] for frame in found]
        assert losses[-1] > 1e5 * losses[0], "the flight is seen before the words"


def test_the_mark_on_the_slider_is_where_the_descent_begins_to_climb():
    limit = next(mark["at"] for mark in frames("line_and_bowl", 1)[0]["marks"]["learning_rate"] if mark.get("beyond"))
    for factor, climbs in ((0.99, False), (1.01, True)):
        found = frames("line_and_bowl", 300, every=299, learning_rate=factor * limit, start=[8.0, 8.0])
        assert (found[-1]["numbers"]["loss"] > found[0]["numbers"]["loss"]) == climbs


def test_a_dragged_sample_moves_the_bowl_and_the_run_goes_on_from_its_point():
    module = CATALOGUE.module("line_and_bowl")
    controls = Controls(module.CONTROLS)
    run = module.scene(controls, 0)
    for _ in range(6):
        before = next(run)
    before = before()
    points = np.asarray(before["line"]["points"]).tolist()
    points[3][1] += 20
    controls.change({"samples": points})
    after = next(run)
    after = after() if callable(after) else after
    X, y = samples_of(after)
    assert y[3] == points[3][1]
    best = LinearRegression(engine="plain").fit(X, y)
    assert after["bowl"]["best"][:2] == pytest.approx([best.coef_[0], best.intercept_])
    w, b = (before["numbers"][name] for name in ("slope w", "intercept b"))
    assert (after["numbers"]["slope w"], after["numbers"]["intercept b"]) == (w, b), "shown before the next update"
    moved = next(run)()
    dw, db = gradient(X, y, np.array([w]), b)
    assert moved["numbers"]["slope w"] == pytest.approx(w - 0.05 * dw[0])
    assert moved["numbers"]["intercept b"] == pytest.approx(b - 0.05 * db)


def test_the_mesh_lies_on_the_loss():
    first = frames("line_and_bowl", 1)[0]
    X, y = samples_of(first)
    x, b, z = (first["bowl"][name] for name in "xyz")
    for place in ((0, 0), (5, 7), (17, 40)):
        loss = mean_squared_error(X, y, x[place][None].astype(float), float(b[place]))
        assert z[place] == pytest.approx(loss, rel=1e-5)


def test_standardised_the_bowl_is_round_and_the_descent_short():
    ravine = frames("line_and_bowl", 3000, every=500, centre=4.0, learning_rate=0.03)
    round_bowl = frames("line_and_bowl", 3000, every=500, centre=4.0, learning_rate=0.3, standardise=True)
    assert ravine[-1]["numbers"]["step"] > 300
    assert round_bowl[-1]["numbers"]["step"] < 20


def test_a_change_at_rest_begins_again_from_the_start():
    module = CATALOGUE.module("line_and_bowl")
    controls = Controls(module.CONTROLS, learning_rate=0.2)
    run = module.scene(controls, 0)
    while not (callable(frame := next(run)) or frame.get("rest")) or callable(frame):
        pass
    controls.change({"learning_rate": 0.1})
    again = next(run)
    assert again["numbers"]["step"] == 0
    assert not again.get("rest")
    assert [control.name for control in module.CONTROLS if control.effect == GOES_ON] == [
        "learning_rate", "momentum", "samples"]

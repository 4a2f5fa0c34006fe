"""Message, session and Step, without any web."""

import json
import shutil
import subprocess
import sys
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from conftest import ROOT
from test_architecture import story

from Linear_Regression_From_Scratch.linear_regression import gradient
from playground.catalogue import Catalogue
from playground.lessons import Lessons
from playground.message import decode, encode
from playground.scene import GOES_ON, Control
from playground.session import LONGEST_MESSAGE, SECONDS_PER_MESSAGE, Session
from RNN_From_Scratch.demo.written import shipped

FOLDERS = ["Linear_Regression_From_Scratch"]
LINEAR = "Linear_Regression_From_Scratch/linear_regression.py"


class Page:
    """A page for tests: it sends, lets the session work, and decodes."""

    def __init__(self, session):
        self.session, self.known = session, {}

    def __call__(self, **message):
        if message["do"] in ("open", "back"):
            self.known.clear()
        answers = self.session.receive(json.dumps(message))
        if answers:
            return decode(answers[0], self.known)
        while self.session.busy:
            answer = self.session.work()
            if answer is not None:
                return decode(answer, self.known)
        return None


@pytest.fixture
def page():
    return Page(Session(Catalogue(FOLDERS), Lessons(FOLDERS), clock=lambda: 0.0))      # no request takes too long


def toy(scene, *controls, clock=None):
    """A page that shows a scene written in the test."""
    module = SimpleNamespace(CONTROLS=list(controls), scene=scene)
    catalogue: Any = SimpleNamespace(module=lambda name: module)
    session = Session(catalogue, Lessons(FOLDERS), **({"clock": clock} if clock else {}))
    return Page(session)


# ---- the message -----------------------------------------------------------------------------------------------------

ARRAYS = [np.arange(6, dtype=np.float32).reshape(2, 3), np.array([1.5, -2.5]), np.arange(5, dtype=np.int32),
          np.array([True, False]), np.arange(3, dtype=np.uint8), np.arange(4), np.arange(12.0).reshape(3, 4).T,
          np.zeros((0, 2)), np.arange(10.0)[::3]]


def test_a_message_comes_back_as_it_was():
    header = {"say": "η < 2/λ", "n": 3, "scalar": np.float64(2.5), "small": np.int64(7), "yes": np.bool_(True),
              "none": None, "bad": float("inf"), "deep": [{"at": array} for array in ARRAYS]}
    back = decode(encode(header))
    assert (back["say"], back["n"], back["scalar"], back["small"], back["yes"], back["none"], back["bad"]) == (
        "η < 2/λ", 3, 2.5, 7, True, None, None)
    for array, found in zip(ARRAYS, back["deep"], strict=True):
        if array.size:
            np.testing.assert_array_equal(np.asarray(found["at"]), array)


def test_an_array_that_is_the_same_object_is_sent_once():
    background = np.zeros(10_000)
    sent: dict = {}
    got: dict = {}
    sizes = []
    for number in range(3):
        message = encode({"frame": {"background": background, "number": number}}, sent)
        sizes.append(len(message))
        back = decode(message, got)
        assert len(np.asarray(back["frame"]["background"])) == 10_000
    assert sizes[0] > 80_000
    assert max(sizes[1:]) < 200
    changed = encode({"frame": {"background": background + 1, "number": 4}}, sent)
    assert np.asarray(decode(changed, got)["frame"]["background"])[0] == 1


@pytest.mark.parametrize("value", [np.array(["a"]), np.array([object()]), np.array([1j]), object(), {1, 2}])
def test_what_is_no_number_is_refused_with_its_place(value):
    with pytest.raises(TypeError, match=r"frame\.bowl\.path"):
        encode({"bowl": {"path": value}})


@pytest.mark.skipif(shutil.which("node") is None, reason="no node here: the page's decoder is not run")
def test_the_pages_decoder_reads_what_python_wrote(tmp_path):
    known: dict = {}
    files = []
    arrays = [array for array in ARRAYS if array.size]
    for number in range(2):
        files.append(tmp_path / f"{number}.bin")
        files[-1].write_bytes(encode({"number": number, "arrays": arrays, "say": "λ"}, known))
    script = tmp_path / "read.mjs"
    script.write_text(f"""
        import {{ readFileSync }} from "node:fs";
        import {{ decode }} from {json.dumps((ROOT / "playground/static/message.js").as_uri())};
        const known = new Map();
        for (const file of process.argv.slice(2)) {{
          const bytes = readFileSync(file);
          const back = decode(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length), known);
          const arrays = back.arrays.map((array) => [array.shape, Array.from(array)]);
          console.log(JSON.stringify([back.number, back.say, arrays]));
        }}""", encoding="utf-8")
    (tmp_path / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    done = subprocess.run(["node", str(script), *map(str, files)], capture_output=True, text=True, check=True)
    for number, line in enumerate(done.stdout.splitlines()):
        found, say, read = json.loads(line)
        assert (found, say) == (number, "λ")
        for array, (shape, values) in zip(arrays, read, strict=True):
            assert shape == list(array.shape)
            assert values == array.ravel().tolist() or values == array.ravel().astype(int).tolist()


# ---- the session -----------------------------------------------------------------------------------------------------


def test_a_run_goes_on_step_by_step_and_back_is_the_same_run_once_more(page):
    assert page(do="open", scene="line_and_bowl", seed=2, run=7)["run"] == 7
    seen = {}
    for _ in range(6):
        message = page(do="next", updates=5)
        seen[message["update"]] = message["frame"]["numbers"]
    assert list(seen) == [5, 10, 15, 20, 25, 30]
    page(do="set", controls={"learning_rate": 0.2})
    later = page(do="next", updates=3)
    assert page(do="back", to=later["update"])["frame"]["numbers"] == later["frame"]["numbers"]
    assert page(do="back", to=15)["frame"]["numbers"] == seen[15]
    again = page(do="next", updates=5)
    assert again["frame"]["numbers"] == seen[again["update"]], "the change came later, so it is gone"


def test_back_tells_the_controls_of_that_moment(page):
    page(do="open", scene="line_and_bowl")
    page(do="next", updates=4)
    page(do="set", controls={"learning_rate": 0.2})
    page(do="next", updates=4)
    assert page(do="back", to=8)["controls"]["learning_rate"] == 0.2
    assert page(do="back", to=2)["controls"]["learning_rate"] == 0.05


def test_a_second_request_before_the_answer_is_dropped(page):
    page(do="open", scene="line_and_bowl")
    for _ in range(50):
        page.session.receive('{"do": "next"}')
    answers = [answer for answer in (page.session.work() for _ in range(50)) if answer]
    assert len(answers) == 1
    assert page.session.dropped == 49


def test_one_request_computes_for_its_budget_only_and_back_is_divided():
    now = [0.0]

    def scene(controls, seed):
        for number in range(1000):
            now[0] += SECONDS_PER_MESSAGE / 5
            yield {"say": f"{number}.", "number": number}

    page = toy(scene, clock=lambda: now[0])
    page(do="open", scene="toy")
    assert 4 <= page(do="next", updates=500)["update"] <= 6
    page.session.receive('{"do": "back", "to": 300}')
    calls = 0
    while page.session.busy:
        before = now[0]
        answer = page.session.work()
        calls += 1
        assert now[0] - before < 1.5 * SECONDS_PER_MESSAGE
    assert decode(answer)["frame"]["number"] == 300
    assert calls > 40


def test_the_parts_of_an_answer_are_computed_to_its_end_and_no_further():
    def scene(controls, seed):
        for number in range(100):
            part = {"say": f"{number}.", "number": number, "more": number % 10 < 5}
            yield partial(dict, part) if number >= 20 else part

    page = toy(scene, clock=lambda: 0.0)
    page(do="open", scene="toy")
    assert page(do="next", updates=25, unfinished=True)["frame"]["number"] == 5, "the first that is whole"
    assert page(do="next", updates=25)["frame"]["number"] == 30, "a run goes on"
    assert page(do="next", updates=25, unfinished=True)["frame"]["number"] == 31, "a function is painted each time"


def test_a_function_is_called_only_for_a_painted_update():
    painted = []

    def frame(number):
        painted.append(number)
        return {"say": f"{number}.", "number": number}

    def scene(controls, seed):
        for number in range(100):
            yield partial(frame, number)

    page = toy(scene, clock=lambda: 0.0)
    page(do="open", scene="toy")
    assert page(do="next", updates=40)["frame"]["number"] == 40
    assert painted == [0, 40]


@pytest.mark.parametrize(("error", "words"), [
    (ArithmeticError("The loss is not finite: lower the learning rate."), "The loss is not finite"),
    (KeyError("x"), "The scene stopped: KeyError"), (RuntimeError("no"), "The scene stopped: RuntimeError: no")])
def test_an_exception_is_the_last_frame_in_words(error, words):
    def scene(controls, seed):
        yield {"say": "Go.", "picture": np.arange(3)}
        raise error

    page = toy(scene)
    page(do="open", scene="toy")
    last = page(do="next")
    assert last["frame"]["say"].startswith(words)
    assert last["frame"]["rest"]
    assert last["ended"]
    assert last["failed"]
    assert np.asarray(last["frame"]["picture"]).tolist() == [0, 1, 2], "the last picture stays"
    assert page(do="next") is None, "it has ended: nothing is computed any more"
    assert page(do="open", scene="toy")["frame"]["say"] == "Go.", "and can begin anew"


def test_a_frame_that_cannot_be_sent_ends_the_run_in_words():
    def scene(controls, seed):
        yield from [{"say": "Go."}, {"say": "On.", "bad": {1, 2}}]

    page = toy(scene)
    page(do="open", scene="toy")
    assert "a frame holds JSON values" in page(do="next")["frame"]["say"]


def test_controls_that_go_on_are_live_and_grow_the_version():
    seen = []

    def scene(controls, seed):
        while True:
            seen.append((controls["rate"], controls.version))
            yield {"say": "."}

    page = toy(scene, Control("rate", "number", "Rate", "", 0.5, effect=GOES_ON),
               Control("noise", "number", "Noise", "", 0.5))
    page(do="open", scene="toy")
    assert page(do="set", controls={"rate": 0.25}) is None
    page(do="next")
    assert seen == [(0.5, 0), (0.25, 1)]
    assert "restarts the scene" in page(do="set", controls={"noise": 0.1})["say"]


@pytest.mark.parametrize("value", [0.25, [[0.5, 0.5, 1.0]] * 40])
def test_a_run_goes_on_through_very_many_changes_and_keeps_few(value, monkeypatch):
    monkeypatch.setattr("playground.session.MOST_CHANGES", 50)
    monkeypatch.setattr("playground.session.MOST_NUMBERS", 2_000)

    def scene(controls, seed):
        while True:
            yield {"say": ".", "value": controls["value"]}

    many = isinstance(value, list)
    kind: Any = {"kind": "points", "default": None, "classes": 2} if many else {"kind": "number", "default": 0.5}
    page = toy(scene, Control("value", label="Value", what="", effect=GOES_ON, **kind),
               Control("other", "number", "Other", "", 0.5, effect=GOES_ON))
    page(do="open", scene="toy")
    for number in range(200):
        assert page(do="set", controls={"value": value}) is None, "no change is refused"
        page(do="set", controls={"other": number / 200})
        last = page(do="next")
    session = page.session
    assert len(session.changes) <= 50 and session.numbers <= 2_000
    assert page(do="back", to=last["update"])["controls"]["other"] == 0.995
    assert page(do="back", to=last["update"] - 3)["controls"]["other"] == 0.98, "what was changed of late is exact"


@pytest.mark.parametrize("text", [
    "", "{", "[]", "3", '"x"', "null", '{"do": "x"}', '{"do": []}', '{"do": "open"}', '{"do": "open", "scene": ["a"]}',
    '{"do": "open", "scene": "../../etc"}', '{"do": "open", "scene": "line_and_bowl", "seed": -1}',
    '{"do": "open", "scene": "line_and_bowl", "seed": 1e99}', '{"do": "open", "scene": "line_and_bowl", "controls": 3}',
    '{"do": "open", "scene": "line_and_bowl", "controls": {"learning_rate": "fast"}}',
    '{"do": "open", "scene": "line_and_bowl", "controls": {"declared": 1}}', '{"do": "set", "controls": {}}',
    '{"do": "next", "updates": 1e9}', '{"do": "next", "updates": "3"}', '{"do": "back", "to": -1}',
    '{"do": "source", "file": "../pyproject.toml"}', '{"do": "source", "file": "playground/server.py"}',
    '{"do": "source", "file": {"a": 1}}', '{"do": {"a": 1}}', "[" * 100_000, "x" * (LONGEST_MESSAGE + 1), b"\x00\x01"])
def test_a_wrong_message_is_answered_in_words(page, text):
    answers = page.session.receive(text)
    assert len(answers) == 1
    error = decode(answers[0])
    assert error["kind"] == "error"
    assert error["say"].endswith((".", "'."))
    assert "Traceback" not in error["say"]


def test_a_broken_scene_does_not_take_the_others_away(page, monkeypatch):
    monkeypatch.setitem(page.session.catalogue.modules, "broken", "Linear_Regression_From_Scratch.demo.no_such_module")
    scenes = decode(page.session.hello("local"))["scenes"]
    assert [scene["name"] for scene in scenes if "broken" not in scene] == ["line_and_bowl"]
    assert "no_such_module" in scenes[-1]["broken"]


# ---- step ------------------------------------------------------------------------------------------------------------


def executed_in(work, path):
    """The lines of a file that ran during work(), by an independent tracer; those of lambdas belong to no step."""
    found = set()

    def local(frame, event, value):
        if event == "line":
            found.add(frame.f_lineno)
        return local

    before = sys.gettrace()
    sys.settrace(lambda frame, event, value: local if frame.f_code.co_filename == path
                 and not frame.f_code.co_name.startswith("<") else None)
    try:
        work()
    finally:
        sys.settrace(before)
    return found


def test_the_lines_of_step_ran_in_that_very_step_and_their_values_are_those_of_the_run(page):
    page(do="open", scene="line_and_bowl")
    before = page(do="next", updates=3)["frame"]
    stepped = page(do="step")
    lines = [line for line in stepped["lines"] if line["file"] == LINEAR]
    again = Page(Session(Catalogue(FOLDERS), Lessons(FOLDERS)))
    again(do="open", scene="line_and_bowl")
    again(do="next", updates=3)
    ran = executed_in(lambda: next(again.session.scene), str(ROOT / LINEAR))
    assert {number for line in lines for number in range(line["line"], line["last"] + 1) if number in ran} == ran
    assert all(any(number in ran for number in range(line["line"], line["last"] + 1)) for line in lines)

    points = np.asarray(before["line"]["points"])
    w, b = np.array([before["numbers"]["slope w"]]), before["numbers"]["intercept b"]
    dw, db = gradient(points[:, :1], points[:, 1], w, b)
    values = {(line["function"], entry["name"]): entry for line in lines for entry in line["changed"]}
    assert values["gradient", "dw"]["first"] == pytest.approx(dw.tolist(), rel=1e-12)
    assert values["gradient", "dw"]["shape"] == [1]
    assert values["gradient", "db"]["first"] == pytest.approx([db], rel=1e-12)
    after = stepped["frame"]["numbers"]
    assert values["LinearRegression.training", "w"]["first"] == [after["slope w"]]
    assert values["LinearRegression.training", "loss"]["first"] == pytest.approx([after["loss"]], rel=1e-12)
    assert stepped["update"] == 4


SCENES = Catalogue(story())


def of_scene(name, updates):
    """A page that shows this scene after so many updates; and its last frame."""
    page = Page(Session(SCENES, Lessons(story()), clock=lambda: 0.0))
    frame = page(do="open", scene=name)
    for _ in range(updates):
        frame = page(do="next")
    return page, frame["frame"]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "updates"), [("line_and_bowl", 3), ("one_plane_five_models", 25), ("break_it", 3),
                                               ("hamlet_writes", 4), ("draw_a_digit", 0)])
def test_in_every_scene_step_shows_the_lines_that_ran_and_the_values_of_the_run(name, updates):
    def ready():
        page, before = of_scene(name, updates)
        while before.get("more"):                              # a half answer is completed first, as the page does it
            before = page(do="next")["frame"]
        return page, before

    ready()[0](do="step")                                      # what is made at the first call only is there now
    page, before = ready()
    stepped = page(do="step")
    lines = stepped["lines"]
    for file in {line["file"] for line in lines}:
        of_file = [line for line in lines if line["file"] == file]
        other, _ = ready()
        ran = executed_in(lambda session=other.session: next(session.scene), str(ROOT / file))
        shown = {number for line in of_file for number in range(line["line"], line["last"] + 1)}
        assert ran and ran <= shown, f"{file}: lines that ran are missing"
        assert all(set(range(line["line"], line["last"] + 1)) & ran for line in of_file), f"{file}: others than ran"
    frame = stepped["frame"]
    values = {(line["function"], entry["name"]): entry.get("first", [None])[0]
              for line in lines for entry in line["changed"]}
    if name == "one_plane_five_models":
        found, told = values["TwoLayerNetwork.training", "loss"], before["loss"]["y"]["training loss"]
    elif name == "break_it":
        found, told = values["TwoLayerNetwork.loss", "→"], min(frame["loss"]["y"].values(), key=lambda loss: abs(
            loss - values["TwoLayerNetwork.loss", "→"]))
    elif name == "hamlet_writes":
        found, told = values["generate", "code"], shipped().vocabulary_.encode(frame["text"]["text"][-1])[0]
    elif name == "draw_a_digit":
        found, told = values["class_shares", "→"], frame["readings"]["values"][1, 0]
    else:
        found, told = values["LinearRegression.training", "loss"], frame["numbers"]["loss"]
    assert found == pytest.approx(told, rel=1e-9)


def test_step_changes_nothing_of_the_run(page):
    page(do="open", scene="line_and_bowl")
    page(do="next", updates=2)
    page(do="step")
    stepped = page(do="next", updates=2)
    page(do="open", scene="line_and_bowl")
    assert page(do="next", updates=stepped["update"])["frame"]["numbers"] == stepped["frame"]["numbers"]
    assert page(do="next") is not None


def test_step_shows_lessons_only_and_the_line_after_what_it_called(page):
    page(do="open", scene="line_and_bowl")
    page(do="next", updates=2)
    lines = page(do="step")["lines"]
    assert {line["file"] for line in lines} == {LINEAR}
    order = [line["function"] for line in lines]
    assert order.index("gradient") < next(index for index, line in enumerate(lines)
                                          if any(entry["name"] == "dw" and line["function"].endswith("training")
                                                 for entry in line["changed"]))


def test_the_tracer_of_somebody_else_stays(page):
    page(do="open", scene="line_and_bowl")

    def other(frame, event, value):
        return None

    before = sys.gettrace()
    sys.settrace(other)
    try:
        page(do="step")
        assert sys.gettrace() is other
    finally:
        sys.settrace(before)

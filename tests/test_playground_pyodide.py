"""The way to the browser: the session, its messages and Step run unchanged in Pyodide's core, under Node.

It needs Node and a folder with the npm package: AI_FROM_SCRATCH_PYODIDE=FOLDER, where pyodide.mjs is.
    npm pack pyodide@0.29.3 && tar xzf pyodide-0.29.3.tgz && AI_FROM_SCRATCH_PYODIDE=$PWD/package pytest …
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

TOYS = ROOT / "tests" / "toy_chapters"
FOLDER = os.environ.get("AI_FROM_SCRATCH_PYODIDE", "")
REQUESTS = [
    {"do": "open", "scene": "halving", "run": 1}, {"do": "next", "updates": 3}, {"do": "step"},
    {"do": "set", "controls": {"share": 0.25}}, {"do": "next", "updates": 2}, {"do": "back", "to": 3},
    {"do": "source", "file": "Halving_From_Scratch/halving.py"},
    {"do": "open", "scene": "halving", "controls": {"start": 90}}, {"do": "nonsense"},
]
TALK = """
import json
from playground.catalogue import Catalogue
from playground.lessons import Lessons
from playground.session import Session

def talk(requests):
    folders = ["Halving_From_Scratch"]
    session = Session(Catalogue(folders), Lessons(folders), clock=lambda: 0.0)
    messages = [session.hello("test")]
    for request in json.loads(requests):
        messages += session.receive(json.dumps(request))
        while session.busy:
            messages += [answer for answer in [session.work()] if answer]
    return json.dumps([message.hex() for message in messages])
"""
NODE = """
import { readFileSync } from "node:fs";
const [folder, given] = process.argv.slice(2);
const { loadPyodide } = await import(folder + "/pyodide.mjs");
const { files, talk, requests } = JSON.parse(readFileSync(given, "utf-8"));
const pyodide = await loadPyodide({ indexURL: folder + "/" });
for (const [name, text] of Object.entries(files)) {
  pyodide.FS.mkdirTree("/files/" + name.split("/").slice(0, -1).join("/"));
  pyodide.FS.writeFile("/files/" + name, text);
}
pyodide.runPython("import sys; sys.path.insert(0, '/files')\\n" + talk);
console.log("ANSWER" + pyodide.globals.get("talk")(requests));
"""


def files():
    """What the page engine needs: the playground's Python files and the chapter."""
    found = {f"playground/{path.name}": path for path in (ROOT / "playground").glob("*.py")}
    found |= {path.relative_to(TOYS).as_posix(): path for path in (TOYS / "Halving_From_Scratch").rglob("*")
              if path.suffix in (".py", ".toml")}
    return {name: path.read_text(encoding="utf-8") for name, path in found.items()}


@pytest.mark.slow
@pytest.mark.skipif(not (FOLDER and Path(FOLDER, "pyodide.mjs").is_file() and shutil.which("node")),
                    reason="AI_FROM_SCRATCH_PYODIDE names no folder with pyodide.mjs, or there is no node")
def test_the_session_says_the_same_in_pyodide_as_here_byte_for_byte(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(TOYS))
    here: dict = {}
    exec(TALK, here)
    expected = json.loads(here["talk"](json.dumps(REQUESTS)))
    given, script = tmp_path / "given.json", tmp_path / "run.mjs"
    given.write_text(json.dumps({"files": files(), "talk": TALK, "requests": json.dumps(REQUESTS)}), encoding="utf-8")
    script.write_text(NODE, encoding="utf-8")
    done = subprocess.run(["node", str(script), FOLDER, str(given)], capture_output=True, text=True, check=False,
                          timeout=120)
    assert done.returncode == 0, done.stderr[-800:]
    found = json.loads(done.stdout.split("ANSWER")[1])
    assert len(found) == len(expected) == 9
    assert found == expected


def test_the_stand_in_scene_steps_here_through_its_own_lines(monkeypatch):
    monkeypatch.syspath_prepend(str(TOYS))
    here: dict = {}
    exec(TALK, here)
    from playground.message import decode

    messages = [decode(bytes.fromhex(text)) for text in json.loads(here["talk"](json.dumps(REQUESTS)))]
    stepped = next(message for message in messages if "lines" in message)
    changed = [(line["function"], entry["name"], entry["text"])
               for line in stepped["lines"] for entry in line["changed"]]
    assert changed[-4:] == [("halve", "dx", "0.5"), ("halve", "→", "0.5"), ("training", "x", "0.5"),
                            ("training", "→", "0.5")]
    assert messages[-2]["kind"] == "error"
    assert "Start is a number from 0 to 9" in messages[-2]["say"]
    assert "Halving_From_Scratch" in sys.modules

"""The lowest versions that pyproject.toml allows can be asked for, so that .ci/run can try them."""

import re
import sys
import tomllib

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "tools"))
import lowest_versions


def test_every_requirement_of_users_and_tests_names_its_lowest_version(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["lowest_versions.py", "test"])
    assert lowest_versions.main() == 0
    told = capsys.readouterr().out.split()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = project["dependencies"] + project["optional-dependencies"]["test"]
    assert len(told) == len(asked)
    assert [requirement.replace("==", ">=") for requirement in told] == asked


@pytest.mark.parametrize("requirement", ["numpy", "numpy<3", "numpy>=2.3,<3"])
def test_a_requirement_without_a_lowest_version_is_refused(requirement):
    with pytest.raises(ValueError, match="names no lowest version"):
        lowest_versions.lowest([requirement])


def test_ci_runs_every_python_from_the_lowest_on_or_says_that_it_did_not():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    pythons = re.search(r"^for version in (.+); do$", script, re.MULTILINE)[1].split()      # type: ignore[index]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == f">={pythons[0]}" and pythons == ["3.11", "3.12", "3.13", "3.14"]
    assert f"allows\" {pythons[0]} $(.venv/bin/python tools/lowest_versions.py test)" in script
    assert script.count('echo "NOT RUN') == 7

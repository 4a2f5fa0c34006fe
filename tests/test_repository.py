"""What is published holds nothing of the machine on which it was made."""

import re

import pytest
from conftest import ROOT

# An absolute path: of Linux, macOS or Windows.  "https://…/home/" is none.
OF_A_MACHINE = re.compile(r"""(?<![\w.:/])/(?:home|root|work|Users|tmp|var|opt|usr|mnt)/[\w.-]+|\b[A-Z]:\\[\w.-]+""")
RECORDED = sorted(path for pattern in ("plots/*.json", "benchmarks/results/*", "proof/references/*.json")
                  for path in ROOT.glob(pattern) if path.is_file())


def test_there_are_recorded_results():
    assert len(RECORDED) > 5


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name)
def test_a_recorded_result_names_no_path_of_a_machine(path):
    assert OF_A_MACHINE.findall(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("text", ["folder /home/ada/data (X)", '"file": "/work/main/a.py"', r"C:\Users\ada"])
def test_a_path_of_a_machine_is_recognised(text):
    assert OF_A_MACHINE.search(text)

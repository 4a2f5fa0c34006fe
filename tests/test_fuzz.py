"""Random, damaged and hostile inputs for every reader: each gives a right answer or an error in words."""

import sys

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "tools"))
from fuzz.__main__ import READERS
from fuzz.harness import Reader, fuzz, in_words, one

NAMES = list(READERS)


@pytest.mark.parametrize("name", NAMES)
def test_a_reader_gives_a_right_answer_or_a_refusal_in_words(name):
    outcome = fuzz(READERS[name](), 20, seed=0)
    assert outcome.faults == 0, outcome.examples


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_three_hundred_inputs_find_nothing(name):
    outcome = fuzz(READERS[name](), 300, seed=1)
    assert outcome.faults == 0, outcome.examples
    assert min(outcome.counts["accepted"], outcome.counts["refused"]) > 10      # it fuzzes something


class Faulty(Reader):
    """Does what its input says."""

    seconds, megabytes, refusals = 0.3, 20.0, (ValueError,)

    def read(self, given):
        if given == "hang":
            while True:
                pass
        if given == "memory":
            bytearray(b"x" * 100_000_000)           # too large for free memory that the process has kept
        return {"crash": lambda: [][0], "accidental": lambda: int("x"), "silent": lambda: "nan"}.get(given, str)()


@pytest.mark.parametrize("fault", ["crash", "accidental", "silent", "hang", "memory", "accepted"])
def test_the_fuzzer_notices(fault):
    assert one(Faulty(), fault)[0] == fault


def test_an_error_is_in_words_where_a_line_of_this_project_raised_it():
    from ai_from_scratch.estimator import check_array

    for bad, expected in (([[1], [1, 2]], True), ([["a"]], True)):
        try:
            check_array(bad)
        except ValueError as error:
            assert in_words(error) is expected
    try:
        int("x")
    except ValueError as error:
        assert not in_words(error)


def test_an_input_is_the_same_in_every_run(tmp_path):
    import numpy as np

    contents = []
    for run in ("a", "b"):
        (tmp_path / run).mkdir()
        READERS["csv"]().make(np.random.default_rng([7, 3]), tmp_path / run)
        contents.append((tmp_path / run / "t.csv").read_bytes())
    assert contents[0] == contents[1]


class Remembering(Reader):
    """Notes the first random number of each input, and what lay in its folder."""

    def __init__(self):
        self.seen = []

    def make(self, rng, folder):
        (folder / "left.txt").write_text("x")
        return float(rng.random()), len(list(folder.iterdir()))

    def read(self, given):
        self.seen.append(given)
        return ""


def test_a_part_of_a_seed_holds_the_inputs_that_the_whole_has_there_each_in_an_empty_folder():
    whole, part = Remembering(), Remembering()
    fuzz(whole, 6, seed=3)
    fuzz(part, 2, seed=3, begin=4)
    assert part.seen == whole.seen[4:] and {files for _, files in whole.seen} == {1}

"""Names on the command line: exact ones and aliases, in the order given, and the nearest one for a slip."""

import sys

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "tests" / "toy_chapters"))

from run import CHAPTERS

from ai_from_scratch.runner.chapter import UnknownNameError, resolve

STEADY, ENDLESS, BROKEN, *_ = CHAPTERS


def test_names_keep_their_order_and_come_once():
    assert resolve(["broken", "steady", "BROKEN"], CHAPTERS) == [BROKEN, STEADY]


@pytest.mark.parametrize("name", ["steady", "Steady", "calm", "even-tempered", "even_tempered", "Steady_From_Scratch"])
def test_aliases_and_the_folder_name_mean_the_chapter(name):
    assert resolve([name], CHAPTERS) == [STEADY]


def test_all_means_all():
    assert resolve(["all"], CHAPTERS) == CHAPTERS
    assert resolve(["broken", "all"], CHAPTERS[:3]) == [BROKEN, STEADY, ENDLESS]


@pytest.mark.parametrize("name", ["stead", "s", "", "steady linear"])
def test_a_part_of_a_name_is_not_a_name(name):
    with pytest.raises(UnknownNameError):
        resolve(["broken", name], CHAPTERS)


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(UnknownNameError, match=r"'stedy'.*Did you mean 'steady'.*steady endless broken all"):
        resolve(["stedy"], CHAPTERS[:3])


def test_a_chapter_is_named_after_its_folder():
    assert (STEADY.title, STEADY.stem, STEADY.page, STEADY.source) == (
        "Steady", "steady", "documentation/steady.md", "Steady_From_Scratch/steady.py")

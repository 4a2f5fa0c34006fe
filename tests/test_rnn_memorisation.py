"""The memorisation meter: it finds copied text, and does not take new text for a copy."""

import pytest

from RNN_From_Scratch.demo.memorisation import copied

SOURCE = "to be, or not to be: that is the question: whether 'tis nobler in the mind to suffer"


def test_a_copy_is_all_there_and_something_new_is_not():
    assert copied(SOURCE[5:60], SOURCE) == (1.0, SOURCE[5:60])
    assert copied("XYZ" * 20, SOURCE) == (0.0, "")


def test_windows_are_counted_one_by_one():
    written = SOURCE[:25] + "#" + SOURCE[30:50]               # 27 windows: 6 before the #, 1 after it
    assert copied(written, SOURCE) == (7 / 27, SOURCE[:25])


def test_a_text_shorter_than_a_window_is_one_window_and_nothing_is_nothing():
    assert copied("to be", SOURCE) == (1.0, "to be")
    assert copied("to bee", SOURCE) == (0.0, "to be")
    assert copied("", SOURCE) == (0.0, "")
    assert copied(SOURCE, "") == (0.0, "")


def test_a_window_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        copied("a", "a", window=0)

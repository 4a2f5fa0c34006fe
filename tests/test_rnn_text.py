"""Vocabulary and streams: every character has a code, and every pair of neighbours is used in training."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from RNN_From_Scratch import Vocabulary, VocabularyError, chunks, streams


@given(st.text("aZ09 .\n\t\r\0é\u0301☠日🎭\U0001f1ec", min_size=1, max_size=80))
def test_decoding_undoes_encoding_for_any_text(text):
    vocabulary = Vocabulary(text)
    codes = vocabulary.encode(text)
    assert codes.shape == (len(text),)
    assert vocabulary.decode(codes) == text
    assert sorted(set(codes.tolist())) == list(range(len(vocabulary)))


def test_codes_are_in_the_order_of_unicode():
    assert Vocabulary("abba").encode("bab").tolist() == [1, 0, 1]
    assert Vocabulary("zé🎭a\n").characters == "\nazé🎭"


def test_an_unknown_character_is_named_with_its_number():
    with pytest.raises(VocabularyError, match=r"'é' \(U\+00E9\).*only for the 3 characters"):
        Vocabulary("abc").encode("café")


def test_nothing_encodes_to_nothing():
    assert Vocabulary("a").encode("").shape == (0,)
    assert Vocabulary("a").decode([]) == ""


@pytest.mark.parametrize("text", ["", "".join(map(chr, range(0x4E00, 0x4E00 + 2001)))])
def test_a_vocabulary_of_nothing_or_beyond_reason_is_refused(text):
    with pytest.raises(VocabularyError, match=r"1 to 2,000 characters, got (0|2,001)"):
        Vocabulary(text)


def test_streams_and_chunks_worked_by_hand():
    laid_out = streams(np.arange(9), most=2, length=3)                     # 8 pairs: 2 streams of 4
    assert laid_out.T.tolist() == [[0, 1, 2, 3, 4], [4, 5, 6, 7, 8]]
    first, second = chunks(laid_out, 3)
    assert (first.x.T.tolist(), first.y.T.tolist()) == ([[0, 1, 2], [4, 5, 6]], [[1, 2, 3], [5, 6, 7]])
    assert (second.x.T.tolist(), second.y.T.tolist()) == ([[3], [7]], [[4], [8]])
    assert first.is_first and not second.is_first


@given(st.integers(2, 400), st.integers(1, 40), st.integers(1, 50))
def test_every_pair_of_neighbours_is_learnt_from_and_hardly_one_twice(n, most, length):
    laid_out = streams(np.arange(n), most, length)
    B = laid_out.shape[1]
    assert 1 <= B <= most
    assert B == 1 or len(laid_out) - 1 >= length, "several streams only where each fills a chunk"
    pieces = list(chunks(laid_out, length))
    x, y = (np.concatenate([getattr(piece, name) for piece in pieces]) for name in "xy")
    np.testing.assert_array_equal(y, x + 1)
    assert set(x.ravel().tolist()) == set(range(n - 1))
    assert x.size < n - 1 + B
    assert max(len(piece.x) for piece in pieces) <= length


@pytest.mark.parametrize("n", [0, 1])
def test_a_text_without_a_pair_cannot_be_learnt_from(n):
    with pytest.raises(ValueError, match=f"at least 2 characters, got {n}"):
        streams(np.arange(n), 4, 4)


def test_a_text_shorter_than_a_chunk_is_one_stream_with_one_short_chunk():
    (chunk,) = chunks(streams(np.arange(4), most=32, length=64), 64)
    assert chunk.x.T.tolist() == [[0, 1, 2]]

"""The n-grams and compressors that the network is compared with."""

import gzip
import math
import subprocess
import sys

import numpy as np
import pytest

from RNN_From_Scratch import NGrams, baselines, compressed_bits

TEXT = "the cat sat on the mat, the rat sat on the cat.\n" * 3


def test_witten_bell_worked_by_hand():
    model = NGrams(2, "abc").fit("aab")                   # counts: a 2, b 1; after a: a 1, b 1
    unigram_a = (2 + 2 * 1 / 3) / (3 + 2)
    assert np.allclose(model.probabilities("a", ""), [1 / 3, unigram_a, unigram_a])
    assert np.allclose(model.probabilities("a", "ca"), [1 / 3, unigram_a, (1 + 2 * unigram_a) / (2 + 2)])
    assert np.allclose(model.probabilities("c", "b"), [1 / 3, 2 / 15, 2 / 15])     # nothing ever followed b


@pytest.mark.parametrize("context", ["", "t", "at", "he c", "zzzz", "the cat sat on"])
def test_probabilities_of_every_order_add_up_to_one(context):
    model = NGrams(5, TEXT).fit(TEXT)
    assert np.allclose(sum(np.array(model.probabilities(c, context)) for c in set(TEXT)), 1)


def test_bits_are_the_mean_of_the_logarithms_and_see_the_context():
    model = NGrams(3, TEXT).fit(TEXT)
    p = [model.probabilities(*pair) for pair in (("s", "cat "), ("a", "cat s"), ("t", "cat sa"))]
    assert np.allclose(model.bits_per_character("sat", "the cat "), -np.log2(p).mean(axis=0))
    assert model.bits_per_character("sat", "the cat ")[3] < model.bits_per_character("sat")[3]
    assert model.bits_per_character("sat") == model.bits_per_character("sat", "")


def test_an_empty_text_and_a_zero_gram_are_refused():
    with pytest.raises(ValueError, match="empty text"):
        NGrams(2, "ab").fit("ab").bits_per_character("")
    with pytest.raises(ValueError, match="n=0"):
        NGrams(0, "ab")


def test_a_compressor_is_charged_for_what_the_held_out_text_adds():
    train, held_out = "ab" * 500, "hello world"
    expected = 8 * (len(gzip.compress((train + held_out).encode())) - len(gzip.compress(train.encode()))) / 11
    assert compressed_bits(gzip.compress, train, held_out) == expected
    assert compressed_bits(lambda data: data, train, held_out) == 8


def test_baselines_come_by_name_and_longer_contexts_know_more():
    bits = baselines(NGrams(5, TEXT).fit(TEXT * 3), TEXT * 3, TEXT, context=TEXT)
    assert list(bits) == ["uniform", "unigram", "bigram", "trigram", "4-gram", "5-gram", "gzip", "bz2", "xz"]
    assert np.isclose(bits["uniform"], math.log2(len(set(TEXT))))
    assert bits["uniform"] > bits["unigram"] > bits["bigram"] > bits["trigram"] > bits["4-gram"] > bits["5-gram"]


def test_a_compressor_that_this_python_lacks_is_left_out(monkeypatch):
    monkeypatch.setitem(sys.modules, "lzma", None)            # as in a browser: importing it raises ImportError
    assert list(baselines(NGrams(1, TEXT).fit(TEXT), TEXT, TEXT)) == ["uniform", "unigram", "gzip", "bz2"]


def test_importing_the_chapter_imports_no_compressor(root):
    program = "import sys; sys.modules |= {'lzma': None, 'bz2': None}; import RNN_From_Scratch"
    subprocess.run([sys.executable, "-c", program], cwd=root, check=True)

"""The two codes that generate a text, of which fast/generation.py is the faster: the same characters."""

import itertools

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from RNN_From_Scratch import CELLS, CharNetwork, CharRNN
from RNN_From_Scratch.fast import generation as fast
from RNN_From_Scratch.generation import generate
from RNN_From_Scratch.sampling import probabilities

RNG = np.random.default_rng


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(cell=st.sampled_from(list(CELLS)), layers=st.integers(1, 3), V=st.integers(1, 9), H=st.integers(1, 7),
       prompt=st.lists(st.integers(0, 8), max_size=5), seed=st.integers(0, 9),
       temperature=st.sampled_from([0.0, 1e-320, 1e-6, 0.3, 1.0, 2.5, 1e9]), top_p=st.sampled_from([1e-9, 0.3, 0.9, 1]))
def test_both_write_the_same_characters(cell, layers, V, H, prompt, seed, temperature, top_p):
    # In float64: in float32 a draw at the very edge of two characters' intervals could fall to either.
    network = CharNetwork(V, H, rng=RNG(seed), layers=layers, cell=cell, dtype=np.float64)
    network.parameters[...] = RNG(seed + 1).standard_normal(network.parameters.size)
    codes = np.array(prompt, np.int64) % V
    plain, quick = (list(itertools.islice(code(network, codes, RNG(seed), temperature, top_p), 300))
                    for code in (generate, fast.generate))
    assert plain == quick


@settings(deadline=None)
@example(logits=[0, 0, 1e-16], dtype=np.float64, temperature=1.0, top_p=0.5)       # equal after a division by their sum
@given(logits=st.lists(st.floats(-1000, 1000), min_size=1, max_size=9), dtype=st.sampled_from([np.float32, np.float64]),
       temperature=st.floats(0, 5), top_p=st.floats(0.01, 1))
def test_both_draw_with_the_same_probabilities(logits, dtype, temperature, top_p):
    logits = np.array(logits, dtype)
    w, p = fast.weights(logits, temperature, top_p), probabilities(logits, temperature, top_p)
    if not np.allclose(w / w.sum(), p, atol=1e-12):        # the cut falls on an end of an interval: rounding decides
        z = logits.astype(np.float64)
        with np.errstate(over="ignore"):
            order = np.argsort((z.max() - z) / temperature, kind="stable")
        whole = probabilities(logits, temperature)
        before, differ = np.cumsum(whole[order]) - whole[order], ((w > 0) != (p > 0))[order]
        assert differ.any() and np.allclose(before[differ], top_p, atol=1e-9)
        both = (w > 0) & (p > 0)
        np.testing.assert_allclose(w[both] / w[both].sum(), p[both] / p[both].sum(), atol=1e-12)


@pytest.mark.parametrize("kind", CELLS)
def test_one_step_is_a_pass_of_length_one(kind):
    cell = CELLS[kind]()
    cell.build((len(cell.initial_biases) * 4,), RNG(0), np.float64)
    z, state = RNG(2).standard_normal((1, 3, len(cell.initial_biases) * 4)), RNG(3).standard_normal(
        (cell.arrays_in_state, 3, 4))
    kept = state.copy()
    cell.forward(z, state=state)
    np.testing.assert_allclose(fast.step_of(cell)(z[0], state), cell.last_state, rtol=1e-12)
    np.testing.assert_array_equal(state, kept)


@pytest.mark.parametrize("cell", CELLS)
def test_a_step_keeps_float32(cell):
    network = CharNetwork(5, 4, rng=RNG(0), cell=cell)
    step = fast.step_of(network.cells[0])
    assert step(np.zeros((1, network.embedding.units), np.float32), network.start()[0]).dtype == np.float32


def test_the_engine_that_is_asked_for_writes_and_auto_is_plain(monkeypatch):
    model = CharRNN(4, max_iter=1, random_state=0).fit("abcabcabc")
    assert model.engine_ == "plain"
    monkeypatch.setattr(fast, "generate", lambda *_: itertools.repeat(2))
    assert "".join(model.generate("a", 9, rng=0)) != "ccccccccc"
    assert "".join(model.set_params(engine="fast").generate("a", 9, rng=0)) == "ccccccccc"
    assert model.engine_ == "fast" and model.fit("abcabcabc").engine_ == "fast"
    assert "".join(model.set_params(engine="plain").generate("a", 9, rng=0)) != "ccccccccc"


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize("temperature", [0.0, 1.0])
@pytest.mark.parametrize("value", [1e38, np.nan])
def test_weights_that_overflow_are_refused_in_words(kind, temperature, value):
    """The logits are NaN: the drawn code would lie outside the alphabet, and at temperature 0 it would mean nothing."""
    model = CharRNN(4, cell=kind, streams=2, chunk=5, max_iter=1, random_state=0).fit("to be or not to be " * 9)
    model.network_.parameters[:] = value
    with pytest.raises(ValueError, match="so large that its logits overflow"):
        list(model.generate("to", 3, temperature=temperature, rng=0))

"""The state of a network of any cell is carried through the whole text, in training and in generation."""

import numpy as np
import pytest

from RNN_From_Scratch import CELLS, CharRNN

SIZE_LIMIT = "RNN_From_Scratch.language_model.LARGEST_PLAIN_SIZE"
pytestmark = pytest.mark.usefixtures("each_engine")
LETTERS, PROMPT = "abcdef ", "fab"
STACKS = [pytest.param(cell, layers, id=f"{cell}-{layers}") for cell in CELLS for layers in (1, 2)]


def a_model(cell, layers, **settings):
    """Weights so large that the text read so far decides what may come next."""
    model = CharRNN(6, cell=cell, layers=layers, dropout=0.0, random_state=0, **settings).initialise(LETTERS)
    model.network_.parameters[...] = 1.2 * np.random.default_rng(1).standard_normal(model.network_.parameters.size)
    return model


def said_of_the_next(model, text):
    """P of every letter after this text, which is read from its beginning."""
    logits = model.network_.forward(model.vocabulary_.encode(text)[:, None])[-1].astype(float)
    return np.exp(logits) / np.exp(logits).sum()


@pytest.mark.parametrize(("cell", "layers"), STACKS)
def test_the_state_is_never_reset_between_written_characters(cell, layers):
    model, rng = a_model(cell, layers), np.random.default_rng(3)
    written = "".join(model.generate(PROMPT, 25, rng=3))
    forgetful, rereading = "", ""
    for luck in rng.random(25):
        for_all, for_one = (said_of_the_next(model, text) for text in (PROMPT + rereading, (PROMPT + rereading)[-1:]))
        rereading += model.vocabulary_.characters[int(np.searchsorted(for_all.cumsum(), luck))]
        forgetful += model.vocabulary_.characters[int(np.searchsorted(for_one.cumsum(), luck))]
    assert written == rereading
    assert written != forgetful, "with these weights the text changes if the state is lost"


@pytest.mark.parametrize(("cell", "layers"), STACKS)
def test_temperature_towards_zero_writes_the_likeliest_character_each_time(cell, layers):
    model, likeliest = a_model(cell, layers), ""
    for _ in range(15):
        likeliest += model.vocabulary_.characters[int(said_of_the_next(model, PROMPT + likeliest).argmax())]
    for temperature in (0, 1e-6):
        assert "".join(model.generate(PROMPT, 15, temperature=temperature, rng=0)) == likeliest
    assert "".join(model.generate(PROMPT, 15, rng=0)) != likeliest


@pytest.mark.parametrize(("cell", "layers"), [
    ("rnn", 2), *(pytest.param(cell, layers, marks=pytest.mark.slow)
                  for cell in CELLS for layers in (1, 2) if (cell, layers) != ("rnn", 2))])
def test_at_temperature_one_what_is_drawn_follows_what_the_model_says_of_the_text_before(cell, layers):
    model, n, rng = a_model(cell, layers), 600, np.random.default_rng(4)
    model.network_.output.W *= 0.3                                  # every letter has a chance
    drawn = "".join(next(model.generate(PROMPT, 1, rng=rng)) for _ in range(n))
    counts = np.array([drawn.count(letter) for letter in model.vocabulary_.characters])

    def chi_square(p):
        assert n * p.min() > 5
        return ((counts - n * p) ** 2 / (n * p)).sum()

    p = said_of_the_next(model, PROMPT)
    assert chi_square(p) < 22.5, "6 degrees of freedom: a fair draw exceeds this once in a thousand"
    assert chi_square(p**0.6 / (p**0.6).sum()) > 22.5, "so many draws would tell another temperature"


@pytest.mark.parametrize(("cell", "layers"), STACKS)
def test_learning_in_chunks_reads_each_stream_as_one_long_pass(cell, layers):
    # A learning rate at which nothing moves: each chunk's loss is then that of a model that has read on from the start.
    text, T = "".join(np.random.default_rng(2).choice(list(LETTERS), 41)), 3
    model = a_model(cell, layers, streams=2, chunk=T, max_iter=2, learning_rate_init=1e-30)
    parameters = model.network_.parameters.copy()
    model.initialise(text)
    model.network_.parameters[...] = parameters
    told = [progress.metrics["bits_per_char"] for progress in model.resuming(text)]
    one_pass = np.array([model.surprise(stream)[1:] for stream in (text[:21], text[20:])])          # (2, 20)
    read_on = [one_pass[:, start : start + T].mean() for start in range(0, 20, T)]
    np.testing.assert_allclose(told, 2 * read_on, rtol=1e-5)
    begun_anew = [np.mean([model.surprise(stream[start : start + T + 1])[1:] for stream in (text[:21], text[20:])])
                  for start in range(0, 20, T)]
    assert np.abs(np.array(begun_anew) / read_on - 1)[1:].max() > 0.02, "a state that is lost would show"

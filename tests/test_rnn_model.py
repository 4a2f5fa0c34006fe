"""CharRNN: what it learns, how it is measured, what is kept, and what happens at the edges."""

import copy
import itertools
import math
import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

from ai_from_scratch.estimator import DivergenceError, NotFittedError, TrainingWarning
from Basic_Neural_Network_From_Scratch import SoftmaxCrossEntropy
from RNN_From_Scratch import CharRNN, VocabularyError, chunks, language_model, streams

RHYME = "the cat sat on the mat, the rat sat on the cat.\n"
SMALL: dict[str, Any] = {"units": 16, "streams": 4, "chunk": 12, "dropout": 0.0, "max_iter": 4,
                         "learning_rate_init": 0.01, "validate_every": 4, "random_state": 0}


SIZE_LIMIT = "RNN_From_Scratch.language_model.LARGEST_PLAIN_SIZE"
pytestmark = pytest.mark.usefixtures("each_engine")


@pytest.fixture(scope="module")
def model():
    return CharRNN(**SMALL | {"max_iter": 30}).fit(RHYME * 12)


def test_a_rhyme_is_learnt_and_written(model):
    assert model.bits_per_character(RHYME * 2, context=RHYME * 7) < 0.5
    assert "".join(model.generate("the cat sat on the mat, the rat", 17, temperature=0)) == " sat on the cat.\n"


def test_bits_are_those_of_the_probabilities_one_step_at_a_time(model):
    a, text, context = model.network_.named_arrays(), "the mat sat", "on the "
    h, bits = np.zeros(16), []
    for character in context + text:
        z = h @ a["W_hy"] + a["c"]
        code = model.vocabulary_.encode(character)[0]
        bits.append(-math.log2(np.exp(z[code]) / np.exp(z).sum()))
        h = np.tanh(a["W_xh"][code] + a["b"] + h @ a["W_hh"])
    np.testing.assert_allclose(model.surprise(text, context), bits[len(context) :], rtol=1e-4)
    assert np.isclose(model.bits_per_character(text, context), np.mean(bits[len(context) :]), rtol=1e-5)
    np.testing.assert_allclose(model.hidden_states(text, context)[-1], h, rtol=1e-4, atol=1e-6)


def test_the_state_is_warmed_on_exactly_the_300_characters_before(model):
    before = (RHYME * 9)[:300]
    np.testing.assert_array_equal(model.surprise("the", "mat " * 50 + before), model.surprise("the", before))
    assert not np.array_equal(model.surprise("the", before[-20:]), model.surprise("the", ""))


def test_a_text_measured_in_pieces_is_the_same_text(model, monkeypatch):
    whole, states = model.surprise(RHYME, RHYME), model.hidden_states(RHYME, RHYME)
    monkeypatch.setattr(language_model, "CHARACTERS_PER_PIECE", 7)
    np.testing.assert_allclose(model.surprise(RHYME, RHYME), whole, atol=1e-5)
    np.testing.assert_allclose(model.hidden_states(RHYME, RHYME), states, atol=1e-6)


def test_the_state_is_never_reset_between_written_characters(model):
    prompt = "the cat "
    written = "".join(model.generate(prompt, 25, rng=3))
    rng, replay = np.random.default_rng(3), ""
    for _ in range(25):
        # Read everything from the very beginning for every single character: the same text must come out.
        state = model.hidden_states(prompt + replay)[-1:]
        p = np.exp(model.network_.output.forward(state)[0].astype(float))
        replay += model.vocabulary_.characters[int(np.searchsorted(np.cumsum(p / p.sum()), rng.random()))]
    assert written == replay


def test_writing_is_endless_unless_told_and_repeats_itself_by_its_seed(model):
    endless = model.generate("the ", rng=1)
    assert "".join(next(endless) for _ in range(40)) == "".join(model.generate("the ", 40, rng=1))
    assert "".join(model.generate("the ", 40, rng=2)) != "".join(model.generate("the ", 40, rng=1))
    assert list(model.generate("the ", 0)) == []
    assert len(list(model.generate("", 5, rng=0))) == 5


def test_what_cannot_be_written_is_said_at_once_and_not_at_the_first_character(model):
    with pytest.raises(VocabularyError, match="'Z'"):
        model.generate("Zounds")
    with pytest.raises(ValueError, match="'temperature' parameter of generate"):
        model.generate(temperature=-1)
    with pytest.raises(ValueError, match="top_p"):
        model.generate(top_p=0)


def test_before_training_every_question_is_answered_with_what_to_do():
    for ask in (lambda m: m.bits_per_character("a"), lambda m: m.generate("a"), lambda m: m.hidden_states("a"),
                lambda m: m.to_arrays()):
        with pytest.raises(NotFittedError, match="Call 'fit'"):
            ask(CharRNN())


def test_the_same_seed_gives_the_same_model_bit_for_bit():
    parameters = SMALL | {"dropout": 0.3}
    first, second, other = (CharRNN(**parameters | {"random_state": seed}).fit(RHYME * 3) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.network_.parameters, second.network_.parameters)
    assert not np.array_equal(first.network_.parameters, other.network_.parameters)


def test_the_step_that_predicts_the_validation_text_best_is_kept():
    # Learning "abab…" makes "abba…" more surprising with every pass, once the letters themselves are known.
    model, validation = CharRNN(**SMALL | {"max_iter": 25}), "abba" * 20
    with pytest.warns(TrainingWarning, match="Learning by heart"):
        model.fit("ab" * 200, validation)
    steps, bits = zip(*model.validation_curve_, strict=True)
    assert model.best_step_ == steps[int(np.argmin(bits))] < steps[-1]
    assert np.isclose(model.bits_per_character(validation, "ab" * 200), min(bits))
    assert bits[-1] > min(bits) + 0.1


def test_whoever_stops_early_has_a_usable_model_and_may_restore_the_best():
    model, validation = CharRNN(**SMALL), RHYME
    for progress in model.training(RHYME * 4, validation):
        if progress.epoch == 3:
            break
    assert len("".join(model.generate("the", 10, rng=0))) == 10
    model.restore_best()
    assert np.isclose(model.bits_per_character(validation, RHYME * 4), min(bits for _, bits in model.validation_curve_))


def test_progress_counts_updates_and_tells_what_there_is_to_tell():
    model = CharRNN(**SMALL)
    seen = list(model.training(RHYME * 4, RHYME))                  # 191 pairs: 4 streams of 48, 4 chunks of 12
    assert [progress.step for progress in seen] == list(range(1, 17))
    assert {progress.steps for progress in seen} == {16}
    assert [progress.epoch for progress in seen] == [1] * 4 + [2] * 4 + [3] * 4 + [4] * 4
    assert all(np.isclose(progress.metrics["bits_per_char"], progress.loss / math.log(2)) for progress in seen)
    judged = [(p.step, p.metrics["validation_bits_per_char"]) for p in seen if "validation_bits_per_char" in p.metrics]
    assert judged == model.validation_curve_ and [step for step, _ in judged] == [4, 8, 12, 16]


def test_the_loss_is_the_one_that_the_update_was_computed_from():
    model, announced = CharRNN(**SMALL), 0.0
    for progress in itertools.islice(model.training(RHYME * 4), 4):
        # The next chunk at the parameters and in the state that this update has left behind.
        piece = list(chunks(streams(model.vocabulary_.encode(RHYME * 4), 4, 12), 12))[progress.step % 4]
        state = None if piece.is_first else model.run_.state
        after = SoftmaxCrossEntropy().forward(model.network_.forward(piece.x, state), piece.y.ravel())
        if progress.step > 1:
            assert progress.loss == pytest.approx(announced, rel=1e-6)
        announced = after


@pytest.mark.parametrize("wrong", [
    {"units": 0}, {"cell": "cnn"}, {"random_state": "seed"}, {"workers": 0}, {"engine": "slow"}, {"alphabet": None},
    ("", ""), ("a", ""), (b"bytes", ""), (RHYME, None), ("".join(map(chr, range(0x4E00, 0x4E00 + 2001))), "")])
def test_a_refused_fit_leaves_the_model_as_it_was(wrong):
    model = CharRNN(**SMALL).fit(RHYME * 4, RHYME)
    written, before = "".join(model.generate("the", 20, rng=0)), dict(model.__dict__)
    parameters = model.network_.parameters.copy()
    texts = (RHYME, "") if isinstance(wrong, dict) else wrong
    if isinstance(wrong, dict):
        model.set_params(**wrong)
    with pytest.raises((ValueError, TypeError)):
        model.fit(*texts)
    model.set_params(**CharRNN(**SMALL).get_params())
    assert model.__dict__ == before
    np.testing.assert_array_equal(model.network_.parameters, parameters)
    assert "".join(model.generate("the", 20, rng=0)) == written


def test_training_begins_where_initialise_does():
    model, other = CharRNN(**SMALL).initialise(RHYME * 4), CharRNN(**SMALL)
    training = other.training(RHYME * 4)
    step_0 = model.network_.parameters.copy()
    next(training)
    assert 0 < np.abs(other.network_.parameters - step_0).max() < 1.01 * SMALL["learning_rate_init"]


def test_an_update_moves_along_the_clipped_gradient():
    model = CharRNN(**SMALL | {"clip": 1e-3})
    progress = next(model.training(RHYME * 4))
    assert progress.metrics["gradient_norm"] > 1e-3
    assert np.isclose(np.linalg.norm(model.network_.gradients), 1e-3, rtol=1e-4)
    unclipped = CharRNN(**SMALL | {"clip": 1e9})
    norm = next(unclipped.training(RHYME * 4)).metrics["gradient_norm"]
    assert np.isclose(np.linalg.norm(unclipped.network_.gradients), norm, rtol=1e-5)


def test_a_text_shorter_than_a_chunk_is_learnt():
    model = CharRNN(**SMALL | {"max_iter": 60}).fit("hello")
    assert "".join(model.generate("h", 4, temperature=0)) == "ello"


def test_a_text_of_one_distinct_character_holds_no_surprise():
    model = CharRNN(**SMALL).fit("aaaaaaaa")
    assert model.bits_per_character("aaa") == 0
    assert "".join(model.generate("", 3)) == "aaa"


@pytest.mark.parametrize(("text", "error"), [("", "1 to 2,000 characters"), ("a", "at least 2 characters, got 1")])
def test_a_text_without_anything_to_predict_is_refused(text, error):
    with pytest.raises(ValueError, match=error):
        CharRNN(**SMALL).fit(text)


def test_nothing_has_no_bits(model):
    assert model.surprise("").shape == (0,) and model.hidden_states("", "the").shape == (0, 16)
    with pytest.raises(ValueError, match="empty text"):
        model.bits_per_character("", "the")


def test_characters_beyond_the_training_text_are_an_error_or_announced(model):
    with pytest.raises(VocabularyError, match="'!'"):
        model.bits_per_character("the cat!")
    prepared = CharRNN(**SMALL | {"alphabet": "!é", "max_iter": 20}).fit(RHYME * 6)
    assert prepared.surprise("!", RHYME)[0] > 2 + prepared.surprise("t", RHYME)[0]


def test_any_text_of_unicode_can_be_learnt():
    text = "naïve 🎭\r\n日本 \ufeff" * 8
    model = CharRNN(**SMALL).fit(text)
    assert np.isfinite(model.bits_per_character(text))


@pytest.mark.parametrize("rate", [1e30, 1e39])
def test_divergence_names_the_step_and_what_to_try_and_numpy_says_nothing(rate):
    with pytest.raises(DivergenceError, match=r"diverged at step \d+ \(pass \d+\).*learning_rate_init=0\.01, or"):
        CharRNN(**SMALL | {"learning_rate_init": rate, "learning_rate": "constant", "validate_every": 1}).fit(
            RHYME * 9, RHYME)


@pytest.mark.parametrize("wrong", [{"units": 0}, {"units": 10**12}, {"layers": 10**9}, {"dropout": 1.0},
                                   {"streams": 1.5}, {"chunk": 0}, {"clip": 0},
                                   {"learning_rate": "fast"}, {"learning_rate_init": "auto"}, {"max_iter": 0},
                                   {"alphabet": None}, {"validate_every": 0}, {"layers": 0}, {"workers": 0},
                                   {"layer_dropout": 1.0}, {"cell": "elman"}])
def test_a_wrong_parameter_is_named_with_what_was_expected(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=f"The '{name}' parameter of CharRNN must be"):
        CharRNN(**SMALL | wrong).fit(RHYME)


def test_parameters_are_scikit_learns_kind():
    model = CharRNN(32, clip=2.0)
    assert repr(model) == "CharRNN(units=32, clip=2.0)"
    assert clone(model).get_params() == model.get_params()
    assert model.set_params(units=8).units == 8


def test_arrays_give_the_same_model_back_even_halved(model):
    arrays, metadata = model.to_arrays()
    twin = CharRNN.from_arrays(arrays, metadata)
    np.testing.assert_array_equal(twin.surprise(RHYME), model.surprise(RHYME))
    arrays["c"][...] = 0                                          # copies: the model does not change with them
    np.testing.assert_array_equal(twin.surprise(RHYME), model.surprise(RHYME))
    halves = {name: array.astype(np.float16) for name, array in model.to_arrays()[0].items()}
    half = CharRNN.from_arrays(halves, metadata)
    assert half.network_.parameters.dtype == np.float32
    assert abs(half.bits_per_character(RHYME) - model.bits_per_character(RHYME)) < 0.01


def test_arrays_of_something_else_are_refused(model):
    arrays, metadata = model.to_arrays()
    with pytest.raises(ValueError, match="without vocabulary"):
        CharRNN.from_arrays(arrays, {})
    with pytest.raises(ValueError, match="without W_hh"):
        CharRNN.from_arrays({}, metadata)
    with pytest.raises(ValueError, match="another network"):
        CharRNN.from_arrays(arrays, {"vocabulary": '"ab"'})
    with pytest.raises(ValueError, match="'cell' parameter"):
        CharRNN.from_arrays(arrays, metadata | {"cell": "transformer"})
    with pytest.raises(ValueError, match="'dropout' parameter"):
        CharRNN.from_arrays(arrays, metadata | {"settings": '{"dropout": 2}'})


@pytest.mark.parametrize("vocabulary", ["", "abc", "[1]", '["a"]', '"ba"', '"aa"', '""'])
def test_what_is_no_vocabulary_is_refused(model, vocabulary):
    arrays, metadata = model.to_arrays()
    with pytest.raises(ValueError):
        CharRNN.from_arrays(arrays, metadata | {"vocabulary": vocabulary})


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copied_model_measures_the_same(model, copied):
    np.testing.assert_array_equal(copied(model).surprise(RHYME), model.surprise(RHYME))


def test_a_model_without_arguments_has_the_settings_of_the_page():
    assert CharRNN().get_params() == {
        "units": 256, "layers": 1, "cell": "rnn", "dropout": 0.2, "layer_dropout": 0.0, "streams": 32, "chunk": 64,
        "clip": 1.0, "learning_rate": "cosine", "learning_rate_init": 4e-3, "max_iter": 45, "validate_every": 70,
        "alphabet": "", "random_state": None, "workers": 1, "engine": "auto"}

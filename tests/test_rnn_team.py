"""Several processes that share the streams of a chunk compute the same numbers as one process."""

import numpy as np
import pytest

from RNN_From_Scratch import CharNetwork, CharRNN
from RNN_From_Scratch.fast.data_parallel import StreamsTeam
from RNN_From_Scratch.network import loss_and_gradient

RHYME = "the cat sat on the mat, the rat sat on the cat.\n"


def a_network(cell="rnn", layers=1, dropout=0.0, layer_dropout=0.0):
    return CharNetwork(7, 6, rng=np.random.default_rng(0), layers=layers, cell=cell, dropout=dropout,
                       layer_dropout=layer_dropout, dtype=np.float64)


@pytest.mark.slow
@pytest.mark.parametrize(("cell", "layers", "dropout", "members"), [("rnn", 1, 0.3, 2), ("lstm", 2, 0.0, 3)])
def test_a_team_has_the_loss_the_gradients_and_the_state_of_one(cell, layers, dropout, members):
    rng = np.random.default_rng(1)
    one, many = a_network(cell, layers, dropout), a_network(cell, layers, dropout)
    state = its_state = None
    with StreamsTeam(many, members) as team:
        for _ in range(3):                                       # the state goes on, masks are drawn anew
            x, y = rng.integers(0, 7, (2, 5, 7))                 # 7 streams are no even parts
            value, state = loss_and_gradient(one, x, y, state)
            its_value, its_state = team(x, y, its_state)
            assert its_value == pytest.approx(value, rel=1e-12)
            np.testing.assert_allclose(its_state, state, rtol=1e-10)
            np.testing.assert_allclose(many.gradients, one.gradients, rtol=1e-9, atol=1e-15)
        x, y = rng.integers(0, 7, (2, 5, 1))                     # fewer streams than members
        value, state = loss_and_gradient(one, x, y, None)
        its_value, its_state = team(x, y, None)
        assert its_value == pytest.approx(value, rel=1e-12) and its_state.shape == state.shape
        np.testing.assert_allclose(many.gradients, one.gradients, rtol=1e-9, atol=1e-15)


def a_model(**changed):
    settings = {"dropout": 0.2, "streams": 4, "chunk": 8, "max_iter": 4, "validate_every": 5, "random_state": 3}
    return CharRNN(10, **(settings | changed))


@pytest.mark.slow
def test_two_workers_learn_what_one_learns():
    one = [progress.loss for progress in a_model().training(RHYME * 6, RHYME)]
    two = [progress.loss for progress in a_model(workers=2).training(RHYME * 6, RHYME)]
    assert len(one) > 20
    np.testing.assert_allclose(two, one, rtol=1e-4)              # float32


@pytest.mark.slow
def test_a_run_of_two_workers_resumes_to_the_last_bit():
    whole = list(a_model(workers=2).training(RHYME * 6, RHYME))
    first = a_model(workers=2)
    training = first.training(RHYME * 6, RHYME)
    begun = [next(training) for _ in range(7)]
    second = CharRNN.from_checkpoint(*first.checkpoint())
    training.close()
    assert second.workers == 2
    assert begun + list(second.resuming(RHYME * 6, RHYME)) == whole


def test_a_number_of_workers_that_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match=r"'workers'.*an int from 1 to 64"):
        a_model(workers=0).fit(RHYME)

"""The losses: by hand, against finite differences, at the ends of the number line."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import r2_score

from ai_from_scratch.gradient_check import gradient_error, numerical_gradient
from Basic_Neural_Network_From_Scratch import BinaryCrossEntropy, MeanSquaredError, SoftmaxCrossEntropy


def a_batch(Loss, N, K, rng):
    if Loss is SoftmaxCrossEntropy:
        return rng.normal(0, 3, (N, K)), rng.integers(0, K, N)
    if Loss is BinaryCrossEntropy:
        return rng.normal(0, 3, (N, 1)), rng.integers(0, 2, N)
    return rng.normal(0, 3, (N, K)), rng.normal(0, 3, (N, K))


LOSSES = pytest.mark.parametrize("Loss", [SoftmaxCrossEntropy, BinaryCrossEntropy, MeanSquaredError])


@LOSSES
@given(N=st.integers(1, 7), K=st.integers(1, 5), weighted=st.booleans(), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=15, deadline=None)
def test_backward_is_the_gradient_of_the_mean_loss(Loss, N, K, weighted, seed):
    rng = np.random.default_rng(seed)
    logits, y = a_batch(Loss, N, K, rng)
    weight = rng.uniform(0.1, 2, N) if weighted else None
    loss = Loss()
    loss.forward(logits, y, weight)
    dlogits = loss.backward()
    assert np.array_equal(dlogits, loss.backward()), "a second backward gives the same"
    measured = numerical_gradient(lambda z: Loss().forward(z, y, weight), logits)
    assert gradient_error(dlogits, measured) < 1e-6


@pytest.mark.parametrize("Loss", [SoftmaxCrossEntropy, BinaryCrossEntropy])
def test_a_class_of_weight_three_counts_three_times_and_the_gradient_with_it(Loss):
    rng = np.random.default_rng(9)
    K = 4 if Loss is SoftmaxCrossEntropy else 2
    logits, y = a_batch(Loss, 6, K, rng)
    y[:2] = [1, 0]
    sample = rng.uniform(0.5, 2, 6)
    weights = np.array([1.0, 3.0, 2.0, 0.5])[:K]
    loss = Loss(class_weight=weights)
    value = loss.forward(logits, y, sample)
    assert np.isclose(value, Loss().forward(logits, y, sample * weights[y]))
    measured = numerical_gradient(lambda z: Loss(class_weight=weights).forward(z, y, sample), logits)
    assert gradient_error(loss.backward(), measured) < 1e-6
    assert np.isclose(Loss(class_weight=[2] * K).forward(logits, y), Loss().forward(logits, y)), "only ratios count"
    with pytest.raises(ValueError, match=f"There are {K} classes and 5 class weights"):
        Loss(class_weight=np.ones(5)).forward(logits, y)
    with pytest.raises(ValueError, match="one number >= 0 for each class"):
        Loss(class_weight=[-1.0, 1])


@LOSSES
def test_the_loss_is_a_mean_so_doubling_the_batch_changes_nothing(Loss):
    logits, y = a_batch(Loss, 5, 3, np.random.default_rng(0))
    once, twice = Loss(), Loss()
    assert np.isclose(once.forward(logits, y), twice.forward(np.vstack([logits, logits]), np.concatenate([y, y])))
    assert np.allclose(once.backward(), 2 * twice.backward()[:5])


@LOSSES
def test_a_sample_of_weight_two_counts_as_two(Loss):
    logits, y = a_batch(Loss, 4, 3, np.random.default_rng(1))
    rows, weighted, repeated = [0, 1, 1, 2, 3], Loss(), Loss()
    assert np.isclose(weighted.forward(logits, y, np.array([1.0, 2, 1, 1])), repeated.forward(logits[rows], y[rows]))
    assert np.allclose(weighted.backward()[1], 2 * repeated.backward()[1])


@LOSSES
def test_a_batch_that_drew_only_samples_of_weight_zero_teaches_nothing(Loss):
    logits, y = a_batch(Loss, 4, 3, np.random.default_rng(2))
    loss = Loss()
    assert loss.forward(logits, y, np.zeros(4)) == 0
    assert not loss.backward().any()


@LOSSES
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_loss_keeps_the_dtype_and_leaves_its_input_alone(Loss, dtype):
    logits, y = a_batch(Loss, 4, 3, np.random.default_rng(3))
    logits = logits.astype(dtype)
    y = y.astype(dtype) if Loss is MeanSquaredError else y
    logits.setflags(write=False)
    y.setflags(write=False)
    loss = Loss()
    assert type(loss.forward(logits, y)) is float
    assert loss.backward().dtype == loss.predict(logits).dtype == dtype


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_confident_mistake_keeps_its_whole_gradient(dtype):
    for z in (20, 40, 1000):
        softmax, binary = SoftmaxCrossEntropy(), BinaryCrossEntropy()
        assert np.isclose(softmax.forward(np.array([[z, 0]], dtype), np.array([1])), z, rtol=1e-6)
        assert np.allclose(softmax.backward(), [[1, -1]])
        assert np.isclose(binary.forward(np.array([[z]], dtype), np.array([0])), z, rtol=1e-6)
        assert np.allclose(binary.backward(), [[1]])
        assert np.isclose(binary.forward(np.array([[-z]], dtype), np.array([1])), z, rtol=1e-6)
        assert np.allclose(binary.backward(), [[-1]])


def test_cross_entropy_by_hand():
    loss = SoftmaxCrossEntropy()
    value = loss.forward(np.log([[1.0, 2.0, 5.0], [1.0, 1.0, 2.0]]), np.array([2, 0]))
    assert np.isclose(value, (np.log(8 / 5) + np.log(4)) / 2)
    assert np.allclose(loss.backward(), [[1 / 16, 2 / 16, -3 / 16], [-3 / 8, 1 / 8, 2 / 8]])


def test_two_classes_mean_the_same_with_one_logit_or_two():
    z, y = np.random.default_rng(4).normal(0, 3, (6, 1)), np.array([0, 1, 1, 0, 1, 0])
    two = np.column_stack([np.zeros(6), z])
    assert np.isclose(BinaryCrossEntropy().forward(z, y), SoftmaxCrossEntropy().forward(two, y))
    assert np.allclose(BinaryCrossEntropy().predict(z), SoftmaxCrossEntropy().predict(two))


@pytest.mark.parametrize(("loss", "columns"), [(SoftmaxCrossEntropy(), 4), (BinaryCrossEntropy(), 1)])
def test_probabilities_sum_to_one_at_any_logits(loss, columns):
    logits = np.array([-1000.0, -1.0, 0.0, 1.0, 1000.0])[:, None] * np.linspace(1, 2, columns)
    p = loss.predict(logits)
    assert np.isfinite(p).all() and (p >= 0).all()
    assert np.allclose(p.sum(axis=1), 1)


def test_squared_error_by_hand_is_a_mean_over_samples_and_outputs():
    loss = MeanSquaredError()
    assert loss.forward(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.0, 2.0], [3.0, 0.0]])) == (1 + 16) / 4
    assert loss.backward().tolist() == [[0.5, 0], [0, 2]]
    assert loss.forward(np.array([[1.0], [2.0]]), np.array([0.0, 0.0])) == 2.5, "y (N,) belongs to one column"


def test_scores_are_weighted_and_r_squared_is_the_mean_over_the_outputs():
    rng = np.random.default_rng(0)
    y, z, s = 0.1 * rng.normal(size=(20, 2)), 0.1 * rng.normal(size=(20, 2)), rng.random(20)
    for weight in (None, s):
        assert MeanSquaredError().score(z, y, weight) == pytest.approx(r2_score(y, z, sample_weight=weight))
    codes, logits = rng.integers(0, 3, 20), rng.normal(size=(20, 3))
    right = logits.argmax(axis=1) == codes
    assert SoftmaxCrossEntropy().score(logits, codes, s) == pytest.approx(s[right].sum() / s.sum())
    assert MeanSquaredError().score(np.ones((3, 1)), np.ones((3, 1))) == 1      # nothing varies, and all is right

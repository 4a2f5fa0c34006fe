"""Leaky ReLU, dropout and class weights through PyTorch: the same values and gradients on the same numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from Basic_Neural_Network_From_Scratch import BinaryCrossEntropy, Dropout, LeakyReLU, SoftmaxCrossEntropy

torch = pytest.importorskip("torch")
F = torch.nn.functional
RNG = np.random.default_rng

quick = settings(max_examples=25, deadline=None, derandomize=True)
dtypes = st.sampled_from([(np.float32, 1e-5), (np.float64, 1e-12)])                  # and what they may differ by
shapes = st.sampled_from([(1,), (5,), (2, 3, 4)])


@quick
@given(N=st.integers(1, 6), shape=shapes, slope=st.floats(0, 0.9), kind=dtypes, seed=st.integers(0, 99))
def test_leaky_relus_are_the_same_at_zero_too(N, shape, slope, kind, seed):
    dtype, tolerance = kind
    X, dY = RNG(seed).standard_normal((2, N, *shape)).astype(dtype)
    X.flat[::4] = 0                                              # the kink: both take the slope from below there
    layer, leaf = LeakyReLU(slope), torch.from_numpy(X).requires_grad_()
    output = F.leaky_relu(leaf, slope)
    output.backward(torch.from_numpy(dY))
    Y, dX = layer.forward(X, training=True), layer.backward(dY)
    assert dX is not None and Y.dtype == dX.dtype == dtype
    np.testing.assert_allclose(Y, output.detach().numpy(), rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(dX, leaf.grad.numpy(), rtol=tolerance, atol=tolerance)


@quick
@given(N=st.integers(1, 6), shape=shapes, p=st.floats(0.05, 0.95), kind=dtypes, seed=st.integers(0, 99))
def test_dropout_is_pytorchs_where_it_draws_our_mask(N, shape, p, kind, seed):
    dtype, tolerance = kind
    layer = Dropout(p)
    layer.build(shape, RNG(seed), dtype)
    X, dY = RNG(seed).standard_normal((2, N, *shape)).astype(dtype)
    Y, dX = layer.forward(X, training=True), layer.backward(dY)
    kept = torch.from_numpy((layer.mask > 0).astype(dtype))
    leaf = torch.from_numpy(X).requires_grad_()
    output = leaf * kept / (1 - p)
    output.backward(torch.from_numpy(dY))
    assert dX is not None and Y.dtype == dX.dtype == dtype
    np.testing.assert_allclose(Y, output.detach().numpy(), rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(dX, leaf.grad.numpy(), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_what_survives_a_dropout_of_pytorchs_is_scaled_and_counted_as_ours_is(p):
    torch.manual_seed(0)
    theirs = F.dropout(torch.ones(200, 200), p, training=True).numpy()
    layer = Dropout(p)
    layer.build((200,), RNG(0))
    ours = layer.forward(np.ones((200, 200), np.float32), training=True)
    np.testing.assert_allclose(np.unique(ours), np.unique(theirs), rtol=1e-6)      # 0 and 1/(1 − p)
    deviation = np.sqrt(2 * p * (1 - p) / ours.size)                               # of the difference of the shares
    assert abs((ours == 0).mean() - (theirs == 0).mean()) < 4 * deviation
    ones = torch.ones(3)
    np.testing.assert_array_equal(layer.forward(ones.numpy()), F.dropout(ones, p, training=False).numpy())


@quick
@given(N=st.integers(1, 8), K=st.integers(2, 6), kind=dtypes, seed=st.integers(0, 99))
def test_class_weights_of_the_softmax_cross_entropy_are_the_same(N, K, kind, seed):
    dtype, tolerance = kind
    rng = RNG(seed)
    logits, y = rng.normal(0, 3, (N, K)).astype(dtype), rng.integers(0, K, N)
    c = rng.uniform(0.1, 5, K)
    c[(y[0] + 1) % K] = 0                                        # a class that does not count; the first sample does
    loss, leaf = SoftmaxCrossEntropy(c), torch.from_numpy(logits).requires_grad_()
    theirs = F.cross_entropy(leaf, torch.from_numpy(y), weight=torch.from_numpy(c.astype(dtype)))
    theirs.backward()
    ours, dz = loss.forward(logits, y), loss.backward()
    assert dz.dtype == dtype
    assert ours == pytest.approx(theirs.item(), rel=tolerance, abs=tolerance)
    np.testing.assert_allclose(dz, leaf.grad.numpy(), rtol=tolerance, atol=tolerance)


@quick
@given(N=st.integers(1, 8), kind=dtypes, weighted=st.booleans(), seed=st.integers(0, 99))
def test_class_weights_of_the_binary_cross_entropy_are_the_same(N, kind, weighted, seed):
    dtype, tolerance = kind
    rng = RNG(seed)
    logits, y = rng.normal(0, 3, (N, 1)).astype(dtype), rng.integers(0, 2, N)
    c = rng.uniform(0.1, 5, 2)
    sample_weight = rng.uniform(0.1, 2, N) if weighted else None
    weight = torch.from_numpy((c[y] * (1 if sample_weight is None else sample_weight)).astype(dtype))
    leaf = torch.from_numpy(logits).requires_grad_()
    total = F.binary_cross_entropy_with_logits(leaf[:, 0], torch.from_numpy(y.astype(dtype)), weight, reduction="sum")
    theirs = total / weight.sum()                                # PyTorch's own mean would divide by N
    theirs.backward()
    loss = BinaryCrossEntropy(c)
    ours, dz = loss.forward(logits, y, sample_weight), loss.backward()
    assert dz.dtype == dtype
    assert ours == pytest.approx(theirs.item(), rel=tolerance, abs=tolerance)
    np.testing.assert_allclose(dz, leaf.grad.numpy(), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("ratio", [0.2, 1.0, 7.0])
def test_a_weight_of_class_one_alone_is_pytorchs_pos_weight(ratio):
    rng = RNG(1)
    logits, y = rng.normal(0, 3, (20, 1)), rng.integers(0, 2, 20)
    leaf = torch.from_numpy(logits).requires_grad_()
    total = F.binary_cross_entropy_with_logits(leaf[:, 0], torch.from_numpy(y.astype(float)), reduction="sum",
                                               pos_weight=torch.tensor(ratio, dtype=torch.float64))
    theirs = total / (np.sum(y == 0) + ratio * np.sum(y == 1))
    theirs.backward()
    loss = BinaryCrossEntropy([1, ratio])
    assert loss.forward(logits, y) == pytest.approx(theirs.item(), rel=1e-12)
    np.testing.assert_allclose(loss.backward(), leaf.grad.numpy(), atol=1e-12)

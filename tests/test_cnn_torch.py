"""The convolutional layers and a whole training run, number by number beside PyTorch's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_from_scratch.data import load_mnist
from Basic_Neural_Network_From_Scratch import Adam, Dense, ReLU, Sequential, SoftmaxCrossEntropy, take_step
from CNN_From_Scratch import AveragePool2D, Conv2D, Flatten, MaxPool2D
from CNN_From_Scratch.demo.train_weights import WEIGHTS_FILE, pretrained
from CNN_From_Scratch.fast.convolution_pool import ConvPool2D

torch = pytest.importorskip("torch")

quick = settings(max_examples=25, deadline=None, derandomize=True)


def close(ours, theirs):
    np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-5, atol=1e-5)


def forward_and_back(ours, theirs, X, rng):
    """Both outputs and both dX, for the same dY, compared; the parameters' gradients are left in place."""
    leaf = torch.from_numpy(X).requires_grad_()
    output = theirs(leaf)
    close(ours.forward(X, training=True), output)
    dY = rng.standard_normal(output.shape).astype(np.float32)
    output.backward(torch.from_numpy(dY))
    close(ours.backward(dY), leaf.grad)


def convolutions_agree(shape, F, size, stride, padding):
    """Outputs, dX, dK and db of both on images of this shape (N, C, H, W), with the same random weights."""
    rng = np.random.default_rng(shape[2] * shape[3])
    ours, theirs = Conv2D(F, size, stride, padding), torch.nn.Conv2d(shape[1], F, size, stride, padding)
    ours.build(shape[1:], rng)
    ours.K[...], ours.b[...] = theirs.weight.detach().numpy(), theirs.bias.detach().numpy()
    forward_and_back(ours, theirs, rng.standard_normal(shape).astype(np.float32), rng)
    close(ours.dK, theirs.weight.grad)
    close(ours.db, theirs.bias.grad)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
@quick
@given(N=st.integers(1, 4), C=st.integers(1, 4), H=st.integers(5, 12), W=st.integers(5, 12), F=st.integers(1, 4),
       k=st.integers(1, 5), stride=st.integers(1, 3), padding=st.sampled_from(["same", "valid", 0, 1, 2]))
def test_convolutions_are_the_same(N, C, H, W, F, k, stride, padding):
    if padding == "same":
        stride = 1                                               # PyTorch has "same" for this stride only
    convolutions_agree((N, C, H, W), F, k, stride, padding)


def poolings_agree(shape, size, stride, ties):
    """Outputs and dX of both poolings on images of this shape (N, C, H, W); with ties many pixels are equal."""
    rng = np.random.default_rng(shape[2] * shape[3])
    X = (rng.integers(0, 3, shape) if ties else rng.standard_normal(shape)).astype(np.float32)
    forward_and_back(MaxPool2D(size, stride), torch.nn.MaxPool2d(size, stride), X, rng)
    forward_and_back(AveragePool2D(size, stride), torch.nn.AvgPool2d(size, stride), X, rng)


@quick
@given(N=st.integers(1, 3), C=st.integers(1, 3), H=st.integers(4, 9), W=st.integers(4, 9), size=st.integers(1, 4),
       stride=st.integers(1, 4), ties=st.booleans())
def test_poolings_are_the_same_with_ties_too(N, C, H, W, size, stride, ties):
    poolings_agree((N, C, H, W), size, stride, ties)


def pairs(least, most):
    return st.tuples(st.integers(least, most), st.integers(least, most))


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
@quick
@given(N=st.integers(1, 3), C=st.integers(1, 3), H=st.integers(5, 9), W=st.integers(5, 9), F=st.integers(1, 3),
       size=pairs(1, 5), stride=pairs(1, 3), padding=st.one_of(st.sampled_from(["same", "valid"]), pairs(0, 2)))
def test_kernels_strides_and_frames_that_are_not_square_are_the_same(N, C, H, W, F, size, stride, padding):
    if padding == "same":
        stride = (1, 1)
    convolutions_agree((N, C, H, W), F, size, stride, padding)


@quick
@given(N=st.integers(1, 3), C=st.integers(1, 3), H=st.integers(4, 9), W=st.integers(4, 9), size=pairs(1, 4),
       stride=pairs(1, 4), ties=st.booleans())
def test_poolings_that_are_not_square_are_the_same_with_ties_too(N, C, H, W, size, stride, ties):
    poolings_agree((N, C, H, W), size, stride, ties)


@pytest.mark.parametrize("fused", [False, True])
def test_fifty_steps_of_training_have_the_same_losses(fused):
    rng = np.random.default_rng(0)
    first = [ConvPool2D(4, 5)] if fused else [Conv2D(4, 5), MaxPool2D(2)]
    second = [ConvPool2D(6, 3, "same")] if fused else [Conv2D(6, 3, padding="same"), MaxPool2D(2)]
    ours = Sequential([*first, ReLU(), *second, ReLU(), Flatten(), Dense(16), ReLU(), Dense(10)])
    ours.build((1, 20, 20), rng)
    theirs = torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, 5), torch.nn.MaxPool2d(2), torch.nn.ReLU(),
        torch.nn.Conv2d(4, 6, 3, padding="same"), torch.nn.MaxPool2d(2), torch.nn.ReLU(),
        torch.nn.Flatten(), torch.nn.Linear(96, 16), torch.nn.ReLU(), torch.nn.Linear(16, 10),
    )
    mine = [[parameter for _, parameter, _ in layer.parameters()] for layer in ours.layers if layer.trainable]
    for (weights, biases), module in zip(mine, [m for m in theirs if list(m.parameters())], strict=True):
        module.weight.data = torch.from_numpy(weights.copy() if weights.ndim == 4 else weights.T.copy())
        module.bias.data = torch.from_numpy(biases.copy())

    loss, optimizer = SoftmaxCrossEntropy(), Adam(1e-3)
    their_optimizer = torch.optim.Adam(theirs.parameters(), 1e-3)
    X = rng.standard_normal((330, 1, 20, 20)).astype(np.float32)
    y = rng.integers(0, 10, 330)
    for step in range(50):
        rows = np.arange(32 * step, 32 * step + (32 if step % 5 else 7)) % 330     # some batches are partial
        their_optimizer.zero_grad()
        their_loss = torch.nn.functional.cross_entropy(theirs(torch.from_numpy(X[rows])), torch.from_numpy(y[rows]))
        their_loss.backward()
        their_optimizer.step()
        assert take_step(ours, loss, optimizer, X[rows], y[rows]) == pytest.approx(their_loss.item(), rel=1e-4), step


def test_the_shipped_weights_give_the_same_logits_in_pytorch():
    from safetensors.torch import load_file

    digits, model = load_mnist(download=False), pretrained()
    saved = load_file(WEIGHTS_FILE)
    theirs = torch.nn.Sequential(
        torch.nn.Conv2d(1, 16, 5), torch.nn.MaxPool2d(2), torch.nn.ReLU(),
        torch.nn.Conv2d(16, 32, 5), torch.nn.MaxPool2d(2), torch.nn.ReLU(),
        torch.nn.Flatten(), torch.nn.Linear(512, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10),
    )
    for index, weight, bias in ((0, "1.K", "1.b"), (3, "3.K", "3.b"), (7, "6.W", "6.b"), (9, "8.W", "8.b")):
        theirs[index].weight.data = saved[weight] if weight.endswith("K") else saved[weight].T.contiguous()
        theirs[index].bias.data = saved[bias]
    X = digits.test.X[:64]
    logits = theirs(torch.from_numpy(X[:, None].astype(np.float32)) * saved["0.factor"])
    np.testing.assert_allclose(model.decision_function(X), logits.detach().numpy(), rtol=1e-4, atol=1e-4)

"""The pages of the convolutional neural network: each formula literally, each number, each exercise."""

import re
from typing import Any

import numpy as np
import pytest
from book_pages import blocks, built, check_idea, check_names, run
from conftest import ROOT
from numpy.lib.stride_tricks import sliding_window_view

from ai_from_scratch.data import load_mnist
from ai_from_scratch.gradient_check import gradient_error, numerical_gradient
from Basic_Neural_Network_From_Scratch import Dense, MLPClassifier, Sequential
from CNN_From_Scratch import CNNClassifier, Conv2D, MaxPool2D
from CNN_From_Scratch.demo import mistakes
from CNN_From_Scratch.demo.train_weights import pretrained
from CNN_From_Scratch.pooling import AveragePool2D

PAGES = {name: (ROOT / "documentation" / f"{name}.md").read_text(encoding="utf-8")
         for name in ("cnn", "cnn_looking_inside", "cnn_exact_and_fast")}
IDEA = PAGES["cnn"]


# ---- the page ------------------------------------------------------------------------------------------------------


def test_the_idea_is_short_begins_with_a_picture_and_asks_before_it_tells():
    check_idea(IDEA)


@pytest.mark.parametrize("name", PAGES)
def test_the_tests_and_pictures_that_a_page_names_exist(name):
    check_names(PAGES[name])


def test_the_code_of_the_hand_worked_example_prints_the_numbers_of_the_page():
    by_hand, backwards = blocks(IDEA)[:2]
    names: dict = {}
    assert run(by_hand, names).split() == ["[[-3.5", "-3.5]", "[-3.5", "-4.5]]"]
    assert re.findall(r"-?\d+", run(backwards, names).replace(".", " ")) == re.findall(
        r"-?\d+", "11 14 20 25 3 1 0 0 0 1 0 0 0 -2")


def test_the_gradient_check_of_the_page_agrees_to_many_digits():
    (code,) = [code for code in blocks(IDEA) if "numerical_gradient" in code]
    assert all(float(error) < 1e-7 for error in run(code, {}).split())


# ---- the formulas, literally ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("stride", [1, 2])
def test_the_boxed_formulas_of_the_convolution_are_the_code(stride):
    rng = np.random.default_rng(1)
    N, C, H, W, F, k, s = 2, 2, 6, 5, 3, 2, stride
    layer = built(Conv2D(F, k, stride=s), (C, H, W))
    layer.b[...] = rng.standard_normal(F)
    X, P, Q = rng.standard_normal((N, C, H, W)), (H - k) // s + 1, (W - k) // s + 1
    Y = np.zeros((N, F, P, Q))
    for n, f, p, q in np.ndindex(N, F, P, Q):
        Y[n, f, p, q] = layer.b[f] + sum(X[n, c, s * p + u, s * q + v] * layer.K[f, c, u, v]
                                         for c in range(C) for u in range(k) for v in range(k))
    np.testing.assert_allclose(layer.forward(X, training=True), Y)

    dY: Any = rng.standard_normal(Y.shape)
    dK: Any = np.zeros_like(layer.K)
    db, dX = np.zeros(F), np.zeros_like(X)
    dcolumns = np.einsum("fcuv,nfpq->ncuvpq", layer.K, dY)                          # Kᵀ · dY
    for f, c, u, v in np.ndindex(F, C, k, k):
        dK[f, c, u, v] = sum(dY[n, f, p, q] * X[n, c, s * p + u, s * q + v]
                             for n in range(N) for p in range(P) for q in range(Q))
    for f in range(F):
        db[f] = sum(dY[n, f, p, q] for n in range(N) for p in range(P) for q in range(Q))
    for n, c, i, j in np.ndindex(N, C, H, W):
        dX[n, c, i, j] = sum(dcolumns[n, c, u, v, p, q] for u in range(k) for v in range(k)
                             for p in range(P) for q in range(Q) if s * p + u == i and s * q + v == j)
    got = layer.backward(dY)
    for ours, literal in ((got, dX), (layer.dK, dK), (layer.db, db)):
        np.testing.assert_allclose(ours, literal, atol=1e-12)
    for variable, literal in ((X, dX), (layer.K, dK), (layer.b, db)):
        assert gradient_error(literal, numerical_gradient(lambda *_: (layer.forward(X) * dY).sum(), variable)) < 1e-7


@pytest.mark.parametrize("H", range(2, 9))
@pytest.mark.parametrize("s", [1, 2, 3])
def test_p_is_the_number_of_windows_that_fit(H, s):
    k = 2
    fits = [p for p in range(H) if s * p + k <= H]
    assert built(Conv2D(1, k, stride=s), (1, H, H)).forward(np.zeros((1, 1, H, H))).shape[2] == len(fits)


def test_the_formulas_of_pooling_are_the_code():
    rng = np.random.default_rng(2)
    X, dY = rng.standard_normal((2, 3, 5, 4)), rng.standard_normal((2, 3, 2, 2))
    largest, mean, dmax, dmean = np.zeros_like(dY), np.zeros_like(dY), np.zeros_like(X), np.zeros_like(X)
    for n, c, p, q in np.ndindex(dY.shape):
        cell = {(u, v): X[n, c, 2 * p + u, 2 * q + v] for u in (0, 1) for v in (0, 1)}
        (u, v), largest[n, c, p, q] = max(cell.items(), key=lambda item: item[1])
        dmax[n, c, 2 * p + u, 2 * q + v] += dY[n, c, p, q]
        mean[n, c, p, q] = sum(cell.values()) / 4
        for u, v in cell:
            dmean[n, c, 2 * p + u, 2 * q + v] += dY[n, c, p, q] / 4
    layer: Any
    for layer, Y, dX in ((MaxPool2D(2), largest, dmax), (AveragePool2D(2), mean, dmean)):
        built(layer, X.shape[1:])
        np.testing.assert_allclose(layer.forward(X, training=True), Y)
        np.testing.assert_allclose(layer.backward(dY), dX)
        assert gradient_error(dX, numerical_gradient(lambda *_, layer=layer: (layer.forward(X) * dY).sum(), X)) < 1e-7


def test_a_relu_behind_the_pooling_is_a_relu_before_it():
    x, y = np.random.default_rng(0).standard_normal((2, 50))
    np.testing.assert_array_equal(np.maximum(np.maximum(x, 0), np.maximum(y, 0)), np.maximum(np.maximum(x, y), 0))


# ---- predictions ---------------------------------------------------------------------------------------------------


def test_an_edge_kernel_is_silent_on_flat_areas():
    layer = built(Conv2D(1, 2), (1, 4, 4))
    layer.K[0, 0], flat = [[-1, 1], [-1, 1]], np.full((1, 1, 4, 4), 7.0)
    assert not layer.forward(flat).any()
    flat[..., -1] = 9
    np.testing.assert_array_equal(layer.forward(flat)[0, 0], [[0, 0, 4]] * 3)


@pytest.mark.parametrize(("stride", "lost"), [(1, True), (2, False)])
def test_adding_through_the_view_loses_sums_only_where_windows_overlap(stride, lost):
    rng, k = np.random.default_rng(0), 2
    layer = built(Conv2D(3, k, stride=stride), (2, 4, 4))
    X = rng.standard_normal((2, 2, 4, 4))
    dY = rng.standard_normal(layer.forward(X, training=True).shape)
    right = layer.backward(dY)
    wrong = np.zeros_like(X)
    view = sliding_window_view(wrong, (k, k), axis=(2, 3), writeable=True)[:, :, ::stride, ::stride]
    view += np.einsum("fcuv,nfpq->ncpquv", layer.K, dY)
    assert (gradient_error(wrong, right) > 0.3) == lost


@pytest.mark.slow
def test_shuffled_pixels_cost_a_cnn_much_and_a_dense_network_nothing():
    digits = load_mnist(download=False, sample=True)
    order = np.random.default_rng(0).permutation(784)
    scores: list[tuple[float, float]] = []
    for places in (np.arange(784), order):
        X, T = (part.X.reshape(-1, 784)[:, places] for part in (digits.train, digits.test))
        cnn = CNNClassifier((8, 16), max_iter=5, batch_size=64, random_state=0).fit(X, digits.train.y)
        dense = MLPClassifier((128,), max_iter=5, tol=0.0, batch_size=64, learning_rate_init=3e-3,
                              random_state=0)
        dense.fit(X / np.float32(255), digits.train.y)
        scores.append((100 * cnn.score(T, digits.test.y), 100 * dense.score(T / np.float32(255), digits.test.y)))
    answer = IDEA[IDEA.index("The dense network does not use the order") :]
    said = [float(number) for number in re.findall(r"(\d\d\.\d) %", answer)[:4]]
    (whole, one), (shuffled_whole, shuffled_one) = scores           # CNN, dense
    # Other processors sum in another order: a few of the 1,000 test digits may be read otherwise.
    assert [one, shuffled_one, whole, shuffled_whole] == pytest.approx(said, abs=1.5)
    assert abs(one - shuffled_one) < 1.5 and whole - shuffled_whole > 3


@pytest.mark.slow
def test_the_loss_falls_with_wrong_lines_too_but_a_gradient_check_finds_them():
    digits = load_mnist(download=False, sample=True).train
    for _, _, convolution, rescale in mistakes.MISTAKES:
        curve = mistakes.losses(convolution, rescale, digits, 0)
        assert curve[-20:].mean() < 0.8 * curve[:20].mean()
    rng = np.random.default_rng(0)
    X, G = rng.standard_normal((2, 2, 4, 4)), rng.standard_normal((2, 3, 3, 3))
    for convolution, wrong in ((Conv2D, []), (mistakes.AddThroughTheView, ["dX"]), (mistakes.KernelTurned, ["dK"])):
        layer = built(convolution(3, 2), (2, 4, 4))

        def loss(*_, layer=layer):
            return (layer.forward(X) * G).sum()

        layer.forward(X, training=True)
        dX = layer.backward(G)
        errors = {"dX": gradient_error(dX, numerical_gradient(loss, X)),
                  "dK": gradient_error(layer.dK, numerical_gradient(loss, layer.K))}
        assert [name for name, error in errors.items() if error > 1e-6] == wrong


# ---- exercises -----------------------------------------------------------------------------------------------------


def test_a_kernel_as_large_as_the_image_is_a_dense_layer():
    layer = built(Conv2D(8, 28), (1, 28, 28))
    X = np.random.default_rng(0).standard_normal((3, 1, 28, 28))
    dense = built(Dense(8), (784,))
    dense.W[...], dense.b[...] = layer.K.reshape(8, -1).T, layer.b
    Y = layer.forward(X)
    assert Y.shape == (3, 8, 1, 1) and layer.K.size + layer.b.size == 6280
    np.testing.assert_allclose(Y[:, :, 0, 0], dense.forward(X.reshape(3, -1)))


def test_two_small_kernels_cost_more_than_a_large_one_here():
    one = Sequential([Conv2D(32, 5)]).build((16, 12, 12), np.random.default_rng(0))
    two = Sequential([Conv2D(32, 3), Conv2D(32, 3)]).build((16, 12, 12), np.random.default_rng(0))

    def multiplications(network):
        return sum(layer.K.size * int(np.prod(shape[1:])) for layer, shape in zip(network.layers, network.shapes[1:],
                                                                                  strict=True))

    assert (one.parameters.size, two.parameters.size) == (12832, 13888)
    assert (multiplications(one), multiplications(two)) == (819200, 1050624)
    assert one.shapes[-1] == two.shapes[-1]
    assert all(number in IDEA for number in ("12832", "13888", "819200", "1050624"))


def test_pooling_sixteen_numbers_by_hand():
    pool = built(MaxPool2D(2), (1, 4, 4))
    X = np.arange(1.0, 17).reshape(1, 1, 4, 4)
    np.testing.assert_array_equal(pool.forward(X, training=True)[0, 0], [[6, 8], [14, 16]])
    dX = pool.backward(np.array([[1.0, 2], [3, 4]])[None, None])
    assert {X[index]: dX[index] for index in zip(*np.nonzero(dX), strict=True)} == {6: 1, 8: 2, 14: 3, 16: 4}


def test_comparing_with_the_maximum_pays_a_tie_four_times():
    X = np.zeros((1, 1, 2, 2))
    pool = built(MaxPool2D(2), (1, 2, 2))
    Y, dY = pool.forward(X, training=True), np.ones((1, 1, 1, 1))
    assert ((X == Y) * dY).sum() == 4 and pool.backward(dY).ravel().tolist() == [1, 0, 0, 0]


@pytest.mark.slow
def test_the_network_bears_the_loss_of_any_one_kernel():
    digits, model = load_mnist(download=False, sample=True).test, pretrained()
    K, misread = model.network_.named_arrays()["convolution_1.K"], []
    whole = round(1000 * (1 - model.score(*digits)))
    for f in range(len(K)):
        kept, K[f] = K[f].copy(), 0
        misread.append(round(1000 * (1 - model.score(*digits))))
        K[f] = kept
    said = re.search(r"Whole, it misreads (\d+) .*? from (\d+) to (\d+):", IDEA, re.DOTALL)
    assert said and [whole, min(misread), max(misread)] == [int(number) for number in said.groups()]

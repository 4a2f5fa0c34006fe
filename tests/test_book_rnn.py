"""The RNN's pages: short, with a question first; each formula in loops, each number of an answer from the code."""

import os
import re
import sys

import numpy as np
import pytest
from book_pages import run_sessions, says
from conftest import ROOT

from ai_from_scratch.gradient_check import gradient_error, numerical_gradient
from Basic_Neural_Network_From_Scratch import SoftmaxCrossEntropy
from RNN_From_Scratch.demo import cells, mistakes
from RNN_From_Scratch.demo.generate import Demo as Generate
from RNN_From_Scratch.network import CharNetwork, loss_and_gradient
from RNN_From_Scratch.rnn import Recurrence
from RNN_From_Scratch.sampling import probabilities

sys.path.insert(0, str(ROOT / "tools"))
import cog_pictures
import formulas

PAGE = (ROOT / "documentation" / "rnn.md").read_text(encoding="utf-8")
DATA = os.environ.get("AI_FROM_SCRATCH_DATA", "")      # before the fixture that hides it from the tests


def prose(page):
    """Without comments, code, folded answers, tables and formulas; of a link only its words."""
    for pattern in (r"<!--.*?-->", r"<details>.*?</details>", r"^ *(`{3,}).*?^ *\1`* *$", r"^\|[^\n]*$",
                    r"\$`[^`]*`\$", r"\]\([^)]*\)", r"<[^>]*>"):
        page = re.sub(pattern, " ", page, flags=re.DOTALL | re.MULTILINE)
    return page


def answers():
    return re.findall(r"<details>\s*<summary>(\w+)</summary>\n(.*?)</details>", PAGE, re.DOTALL)


def answer(number):
    return [text for kind, text in answers() if kind == "Answer"][number - 1]


def outcome(number):
    return [text for kind, text in answers() if kind == "Outcome"][number - 1]


def test_the_idea_is_short_and_asks_before_it_tells():
    words = len([word for word in prose(PAGE).split() if re.search(r"\w", word)])
    assert words <= 2_500, words
    assert sum(formula.place == "text" for formula in formulas.written(PAGE)) <= 120
    first = PAGE.index("$`")
    assert "?" in PAGE[:first] and "plots/rnn/unrolled.png" in PAGE[:first]
    assert "**Before you read:**" in PAGE[:first] and "**Afterwards you can**" in PAGE[:first]


def test_there_are_three_boxes_and_six_exercises_and_all_outcomes_are_folded():
    kinds = [kind for kind, _ in answers()]
    assert kinds.count("Outcome") == PAGE.count("> **Predict, then run.**") == 3
    questions = re.findall(r"^(\d)\. ", PAGE.partition("## Exercises")[2].partition("\n## ")[0], re.MULTILINE)
    assert kinds.count("Answer") == len(questions) == 6


@pytest.mark.parametrize("page", ["rnn", "lstm_and_gru", "rnn_exact_and_fast"])
def test_every_source_has_authors_a_title_a_year_and_a_link(page):
    text = (ROOT / "documentation" / f"{page}.md").read_text(encoding="utf-8")
    sources = [line for line in text.partition("## Sources\n")[2].splitlines() if line.startswith("- ")]
    assert len(sources) >= 4
    for line in sources:
        assert re.match(r'- (?:[A-Z]\.[- ])+[\w"ö-]+.*, "[^"]+",.* [12]\d{3}[:.].*<https://[^>]+>$', line), line


def test_captions_stand_below_their_pictures():
    for path in re.findall(r"plots/(rnn/\w+\.png)\)\n\n\*", PAGE):
        assert f"\n\n*{cog_pictures.caption(path)}*" in PAGE
    assert PAGE.count(")\n\n*") >= 8


def test_what_the_page_prints_is_what_the_code_prints():
    assert run_sessions(PAGE, "rnn.md") >= 15


# ---- the formulas in loops

def network_of(V=5, H=3, T=4, B=2):
    rng = np.random.default_rng(7)
    network = CharNetwork(V, H, rng=rng, dtype=np.float64)
    network.parameters[...] = rng.standard_normal(network.parameters.size)
    x, y = rng.integers(0, V, (2, T, B))
    return network, x, y


def literally(arrays, x, y, streams):
    """The page's formulas, one stream, one character and one unit at a time: L, and the gradient of every array."""
    W_xh, b, W_hh, W_hy, c = (arrays[name] for name in ("W_xh", "b", "W_hh", "W_hy", "c"))
    (T, B), (V, H) = x.shape, W_xh.shape
    loss, gradients = 0.0, {name: np.zeros_like(array) for name, array in arrays.items()}
    for s in range(streams):
        h, P = np.zeros((T + 1, H)), np.zeros((T, V))                       # h[t + 1] is h(t)
        for t in range(T):
            for j in range(H):
                a = W_xh[x[t, s], j] + b[j] + sum(h[t, i] * W_hh[i, j] for i in range(H))
                h[t + 1, j] = np.tanh(a)
            logits = [sum(h[t + 1, j] * W_hy[j, v] for j in range(H)) + c[v] for v in range(V)]
            P[t] = np.exp(logits) / np.exp(logits).sum()
            loss -= np.log(P[t, y[t, s]]) / (T * B)
        da_after = np.zeros(H)
        for t in reversed(range(T)):
            dl = np.array([(P[t, v] - (v == y[t, s])) / (T * B) for v in range(V)])
            dy = [sum(dl[v] * W_hy[j, v] for v in range(V)) for j in range(H)]
            dh = [dy[i] + sum(da_after[j] * W_hh[i, j] for j in range(H)) for i in range(H)]
            da = np.array([dh[j] * (1 - h[t + 1, j] ** 2) for j in range(H)])
            for v in range(V):
                gradients["c"][v] += dl[v]
                for j in range(H):
                    gradients["W_hy"][j, v] += h[t + 1, j] * dl[v]
            for j in range(H):
                gradients["b"][j] += da[j]
                gradients["W_xh"][x[t, s], j] += da[j]
                for i in range(H):
                    gradients["W_hh"][i, j] += h[t, i] * da[j]
            da_after = da
    return loss, gradients


def test_the_formulas_written_as_loops_are_the_code_and_the_finite_differences():
    network, x, y = network_of()
    arrays = {name: array.copy() for name, array in network.named_arrays().items()}
    expected, by_hand = literally(arrays, x, y, streams=2)
    loss, _ = loss_and_gradient(network, x, y, None)
    assert loss == pytest.approx(expected, rel=1e-12)
    for name, gradient in network.named_arrays("d").items():
        np.testing.assert_allclose(gradient, by_hand[name], rtol=1e-9, atol=1e-12, err_msg=name)
    analytic = network.gradients.copy()
    numerical = numerical_gradient(lambda: loss_and_gradient(network, x, y, None)[0], network.parameters)
    assert gradient_error(analytic, numerical) < 1e-8


def test_the_gradient_k_characters_back_is_the_product_of_slopes_and_matrices_and_is_bounded():
    network, x, y = network_of(T=6, B=1)
    W = network.cells[0].W_hh
    W *= 0.5
    loss = SoftmaxCrossEntropy()
    k = 4
    h_all, _ = network.read(x)
    _, state = network.read(x[: len(x) - k])
    logits = network.forward(x[len(x) - k :], state, training=True)
    loss.forward(logits[-1:], y[-1])
    asked = np.zeros_like(logits)
    asked[-1:] = loss.backward()
    network.backward(asked)
    at_t = asked[-1] @ network.output.W.T                                   # ∂L(t)/∂h(t)
    expected = at_t
    for s in range(len(x) - 1, len(x) - 1 - k, -1):                         # D(t) Wᵀ D(t−1) Wᵀ … D(t−k+1) Wᵀ
        expected = expected @ np.diag(1 - h_all[s, 0] ** 2) @ W.T
    np.testing.assert_allclose(network.dstate[0, 0, 0], expected, rtol=1e-9)
    rho = np.linalg.svd(W, compute_uv=False)[0]
    assert np.linalg.norm(expected) <= rho**k * np.linalg.norm(at_t)


# ---- what the page says happens

def with_backward(network, backward):
    cell = network.cells[0]
    cell.backward = backward.__get__(cell)
    return network


def test_the_two_mistakes_have_the_errors_that_the_first_outcome_says():
    rng = np.random.default_rng(0)
    network = CharNetwork(V=5, H=4, rng=rng, dtype=np.float64)
    x, y = rng.integers(0, 5, (2, 6, 3))
    numerical = numerical_gradient(lambda: loss_and_gradient(network, x, y, None)[0], network.parameters)
    errors = []
    for backward in (mistakes.without_transpose, mistakes.without_time):
        loss_and_gradient(with_backward(network, backward), x, y, None)
        errors.append(f"{gradient_error(network.gradients, numerical):.2f}")
    assert f"becomes {' and '.join(errors)} of the largest entry" in outcome(1)


@pytest.mark.slow
def test_the_four_mistakes_have_the_bits_that_the_page_and_the_caption_say():
    found = mistakes.curves(mistakes.the_same_text())
    right, without_time, *_ = (f"{mistakes.at_the_end(bits):.2f}" for bits in found)
    said = f"After {mistakes.STEPS} steps it needs {without_time} bits per character; the right code needs {right}."
    assert says(outcome(2).replace("\n", " "), said, rtol=0.01)
    assert says(PAGE, mistakes.caption(found).replace("_", r"\_"), rtol=0.05)     # one of the four diverges


@pytest.mark.slow
@pytest.mark.skipif(not DATA, reason="AI_FROM_SCRATCH_DATA names no folder with the play")
def test_the_three_cells_are_ordered_as_the_third_outcome_says(monkeypatch):
    from ai_from_scratch.data import load_hamlet

    monkeypatch.setenv("AI_FROM_SCRATCH_DATA", DATA)
    text = load_hamlet(download=False)
    plain, gru, lstm = cells.measure_cells(text.train, text.validation[:20_000], 0, quick=False)
    said = outcome(3)
    assert lstm.after[-1] > plain.after[-1] > gru.after[-1] and gru.bits < plain.bits < lstm.bits
    for cell in (plain, gru, lstm):
        assert f"{cell.bits:.2f}" in said
    for cell, words in ((lstm, r"10^{-5}"), (plain, r"5 \cdot 10^{-8}"), (gru, r"3 \cdot 10^{-12}")):
        assert words in said
        digits, power = re.fullmatch(r"(?:(\d) \\cdot )?10\^\{(-\d+)\}", words).groups()       # type: ignore[union-attr]
        assert cell.after[-1] == pytest.approx(int(digits or 1) * 10.0 ** int(power), rel=0.5)


# ---- the numbers of the answers

def two_steps(dy):
    cell = Recurrence()
    cell.build((1,), np.random.default_rng(0), np.float64)
    cell.W_hh[...] = 0.5
    z = np.array([np.log(2) - 0.5 * 0.2, np.log(2) - 0.5 * 0.6]).reshape(2, 1, 1)
    cell.forward(z, training=True, state=np.full((1, 1, 1), 0.2))
    return cell.backward(np.array(dy).reshape(2, 1, 1)).ravel(), float(cell.dW_hh[0, 0])


def test_the_table_of_the_two_steps():
    dz, dW_hh = two_steps([0.0, 1.0])
    assert dz == pytest.approx([0.2048, 0.64]) and dW_hh == pytest.approx(0.42496)
    for number in ("0.2048", "0.04096", "0.42496", "0.1024"):
        assert number in PAGE


def test_answer_1():
    dz, dW_hh = two_steps([1.0, 1.0])
    for number in (dz[0], dW_hh):
        assert f"{number:.6g}" in answer(1)


def test_answer_2():
    network = CharNetwork(62, 256, rng=np.random.default_rng(0))
    size, recurrent = network.parameters.size, network.cells[0].W_hh.size
    assert f"{size:,}".replace(",", "{,}") in answer(2) and f"{recurrent:,}" in answer(2)
    assert recurrent / size == pytest.approx(2 / 3, abs=0.01)


def test_answer_3():
    factor = 0.9 * (1 - 0.8**2)
    assert f"{factor:.3f}" in answer(3) and f"{factor**10:.2e}" == "1.27e-05" and r"1.27 \cdot 10^{-5}" in answer(3)


def test_answer_4():
    g = np.array([3.0, 4.0])
    by_norm, by_entry = g / np.linalg.norm(g), np.clip(g, -1, 1)
    angle = np.degrees(np.arccos(g @ by_entry / (np.linalg.norm(g) * np.linalg.norm(by_entry))))
    assert "$`({:g}, {:g})`$".format(*by_norm) in answer(4) and "$`({:g}, {:g})`$".format(*by_entry) in answer(4)
    assert f"{angle:.2f}°" in answer(4)


def test_answer_5():
    assert f"{1.62 / np.log(2):.2f}" in answer(5) and f"{np.exp(1.62):.2f}" in answer(5)


def test_answer_6():
    first = [f"{probabilities(np.array([2.0, 1.0, 0.0]), tau)[0]:.3f}" for tau in (0.5, 1, 2)]
    assert "{}, {} and {}".format(*first) in answer(6)


def test_answer_6_at_temperature_0_the_shipped_weights_run_in_circles():
    from ai_from_scratch.stage.demo import Settings

    said = "".join(Generate(Settings(generate_only=True, temperature=0.0, length=250)).speech())
    circle = re.search(r'"(the morning to [^"]+)"', answer(6).replace("\n", " "))
    assert circle is not None and circle[1] in said.replace("\n", " ")

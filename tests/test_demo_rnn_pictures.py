"""The RNN's pictures: each number of a caption is that of the data behind it, and each row shows what its name says."""

import itertools
import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.patches import FancyArrowPatch

from ai_from_scratch.stage import gallery, theme
from ai_from_scratch.stage.demo import PhasedDemo, Settings
from RNN_From_Scratch.demo import cells, geometry, gradients, influence, mistakes, paint, pictures, unit_pictures
from RNN_From_Scratch.demo.demo import Demo
from RNN_From_Scratch.demo.named_units import BAR, PIXEL_LINES_PER_ROW, STATE, NamedStates, UnitFinder, UnitStrips
from RNN_From_Scratch.demo.training import TrainingFrame
from RNN_From_Scratch.demo.training_view import TrainingView, move_to_end, name_at_end, title_of_training
from RNN_From_Scratch.demo.unit_correlations import (
    LEAST_CORRELATION,
    UnitFeature,
    closest_units,
    speaker_in_capitals,
    text_features,
)

pytestmark = pytest.mark.slow            # a network learns first, for four seconds


@pytest.fixture(scope="module")
def demo():
    demo = Demo(Settings(quick=True, epochs=1, parameters={"units": 64}))
    list(demo.training.train())
    return demo


@pytest.fixture(scope="module")
def captions(demo):
    with pytest.MonkeyPatch.context() as monkeypatch:       # what the mistakes do: test_book_rnn.py
        monkeypatch.setattr(mistakes, "curves", lambda *_: [np.ones(mistakes.STEPS)] * 5)
        return {picture.file: picture.caption for picture in demo.figures()}


def numbers(caption):
    return [float(number) for number in re.findall(r"\d+(?:\.\d+)?", caption)]


def test_the_bits_of_first_and_later_letters_are_those_of_the_model(demo, captions):
    text, train, model = demo.training.validation[:5_000], demo.training.train_text, demo.training.model
    surprise = model.surprise(text, train)
    first = [bits for t, bits in enumerate(surprise)
             if text[t].isalpha() and not (t and text[t - 1].isalpha())]
    later = [bits for t, bits in enumerate(surprise) if t and text[t].isalpha() and text[t - 1].isalpha()]
    assert numbers(captions["guesses.png"]) == [round(np.mean(first), 1), round(np.mean(later), 1)]
    assert np.mean(first) > np.mean(later) > 0
    assert "five most probable" in captions["guesses.png"]


def test_the_eigenvalues_outside_the_circle_are_counted(demo, captions):
    W_hh = demo.training.model.network_.cells[0].W_hh
    outside = np.count_nonzero(np.abs(np.linalg.eigvals(W_hh.astype(float))) > 1)
    assert numbers(captions["gradients.png"])[-3:-1] == [outside, len(W_hh)]


def test_the_titles_of_three_pictures_are_counted_from_the_model(demo):
    model, text, context = demo.training.model, demo.training.validation, demo.training.train_text
    titles = {}
    for name, draw in (("guesses", pictures.predictions), ("back", gradients.looking_back),
                       ("units", unit_pictures.all_units)):
        draw(figure := theme.new_figure((8, 4)), model, text, context)
        titles[name] = figure.axes[0].get_title(loc="left")
    ax = theme.new_figure((8, 4)).add_subplot()
    right = 0
    start = pictures.speech_start(text)
    for place in range(start, start + 44):
        h = model.hidden_states(text[:place] or context[-1:], context if place else context[:-1])[-1:]
        right += model.vocabulary_.characters[pictures.logits_of(model, h)[0].argmax()] == text[place]
    assert numbers(titles["guesses"]) == [right, 44]
    assert numbers(titles["units"])[:2] == [40, model.units] and numbers(titles["back"])[0] >= 1
    line, = ax.plot([1, 2], [3, 4])
    label = name_at_end(ax, line, "held out", True)
    move_to_end(label, line, False)
    assert label.xy == (2, 4) and label.get_horizontalalignment() == "right" and label.get_color() == line.get_color()


def test_the_changes_of_a_units_sign_are_counted_by_hand():
    states = np.array([[1.0, -1], [1, 1], [-1, -1], [-1, 1], [-1, -1]])     # one change, and four
    assert unit_pictures.characters_between_signs(states) == pytest.approx(8 / 5)
    assert unit_pictures.characters_between_signs(np.ones((4, 2))) == 4


def test_the_reach_of_an_influence_is_counted_by_hand():
    norms = [np.array([1e-5, 0.3, 0.05, 2]), np.array([1e-9, 1e-5, 1e-4, 0.3, 2])]
    assert gradients.reach(norms, 0.1) == 2.5 and gradients.reach(norms, 1e-3) == 2.5
    assert gradients.reach([np.zeros(4)], 0.1) == gradients.reach([], 0.1) == 0
    assert gradients.title_of_reach(norms) == "a prediction depends on about 2 characters"
    assert gradients.title_of_reach([np.array([1e-9, 1])]) == "a prediction depends on about 1 character"


def test_a_reach_that_the_window_cuts_off_is_called_the_least(demo, monkeypatch):
    whole = [np.ones(gradients.WINDOW), np.r_[np.zeros(gradients.WINDOW - 10), np.ones(10)]]
    assert gradients.title_of_reach(whole) == "a prediction depends on at least 155 characters"
    begins = [np.ones(gradients.WINDOW - 1)]                # the text is not longer: nothing is cut off
    assert "about 299 characters" in gradients.title_of_reach(begins)
    monkeypatch.setattr(gradients, "influence", lambda model, text: ("e", np.linspace(0.5, 1, len(text))))
    gradients.looking_back(figure := theme.new_figure((8, 4)), demo.training.model, demo.training.validation,
                           demo.training.train_text)
    assert figure.axes[0].get_title(loc="left").endswith("at least 300 characters"), "more than the picture shows"


def test_looking_back_has_a_key_of_its_shades_and_counts_its_reach_from_the_influences(demo):
    model, text, context = demo.training.model, demo.training.validation, demo.training.train_text
    figure = theme.new_figure((8, 4.2))
    gradients.looking_back(figure, model, text, context)
    ax = figure.axes[0]
    whole, first = context[-300:] + text, 300 + pictures.speech_start(text) + gradients.CHARACTERS_BACK
    thousandth: list[int] = []
    true = []
    for end in range(first, first + 6 * 7, 7):
        norms = influence.influence(model, whole[end - 300 : end])[1]
        thousandth.append(len(norms) - np.flatnonzero(norms > norms.max() / 1000)[0])
        true.append(whole[end])
    assert numbers(ax.get_title(loc="left")) == [round(np.mean(thousandth))]
    column = [text.get_text() for text in ax.texts if text.get_position()[0] == gradients.TRUE]
    assert column == [*(paint.visible(character) for character in true), "text"]
    key: Any = ax.child_axes[0]
    assert [label.get_text() for label in key.get_xticklabels()][:3] == ["1/1,000", "1/100", "1/10"]
    np.testing.assert_allclose(key.get_xticks(), [0, 1 / 3, 2 / 3, 1])
    assert key.images[0].norm.vmax == ax.images[0].norm.vmax == gradients.DARKEST


def test_the_rows_that_hardly_change_are_counted_in_the_passage(demo, captions):
    figure = theme.new_figure((8, 5.6))
    unit_pictures.all_units(figure, demo.training.model, demo.training.validation, demo.training.train_text)
    shown = np.asarray(figure.axes[0].images[0].get_array())                 # (units, T)
    changes = np.array([np.count_nonzero(np.diff(np.sign(row))) for row in shown])
    rare = np.count_nonzero(changes <= unit_pictures.RARE_CHANGES)
    said = [shown.shape[1], np.sort(changes)[len(shown) // 2], *([rare, unit_pictures.RARE_CHANGES] if rare else [])]
    assert np.mean(changes >= said[1]) >= 0.5, "half of them"
    edges = [-0.5, *(float(np.asarray(line.get_ydata())[0]) for line in figure.axes[0].lines), len(shown) - 0.5]
    assert ("a group of one has no partner" in captions["all_units.png"]) == (np.diff(edges) == 1).any()
    assert numbers(captions["all_units.png"]) == [len(shown), *said]


def test_the_title_of_the_training_stands_between_its_two_neighbours():
    lines = {"bigram": 3.5, "trigram": 2.9, "gzip": 3.1, "bz2": 2.4}
    training: Any = SimpleNamespace(baselines_of_validation=lines, frames=[],
                                    model=SimpleNamespace(validation_curve_=[(1, 3.0), (2, 2.51), (3, 2.6)]))
    assert title_of_training(training) == (
        "2.51 bits per held-out character: fewer than the trigram's 2.90, more than bz2's 2.40")
    training.model.validation_curve_ = [(1, 2.0)]
    assert title_of_training(training).endswith(": fewer than bz2's 2.40")


def test_places_in_a_word_and_the_vowels_that_begin_one_are_found_by_hand():
    text = "an art\n\nso"
    groups = {name: "".join(np.array(list(text))[members]) for name, members in geometry.groups_by_place(text).items()}
    assert groups == {"first letters": "aas", "second letters": "nro", "later letters": "t", "punctuation": "",
                      "spaces": " ", "line ends": "\n", "empty lines": "\n"}
    marks = geometry.groups_by_place("Ay, no?")["punctuation"]
    assert np.flatnonzero(marks).tolist() == [2, 6]
    flat = np.zeros((len(text), 2))
    flat[-1] = 4, 0                                              # the vowel o, inside a word; s, a first letter: (0, 0)
    flat[0], flat[3] = (1, 0), (3, 0)
    assert geometry.vowels_near_first_letters(flat, text) == 0.5
    assert geometry.title_of_groups(0.97).startswith("by place, not by letter: of the vowels that begin a word, 97 %")
    assert geometry.title_of_groups(0.5).startswith("of the vowels") and "path" in geometry.title_of_groups(np.nan)


def test_a_name_lies_on_no_circle_and_beside_its_group():
    rng = np.random.default_rng(0)
    flat = np.concatenate([rng.normal((0, 0), 0.1, (200, 2)), rng.normal((2, 2), 0.1, (200, 2))])
    inside, half = np.arange(400) < 200, np.array([0.2, 0.05])
    free = geometry.place_of_a_name(flat, inside, half, [])
    assert abs(free[0]) <= 0.25 and 0.15 < abs(free[1]) < 0.5
    circle = free, np.array([0.02, 0.02])
    other = geometry.place_of_a_name(flat, inside, half, [circle])
    assert (np.abs(other - circle[0]) >= half + circle[1] - 1e-9).any() and abs(other[1]) < 0.5


def test_the_other_scale_of_a_mistake_is_said_and_the_rest_have_one():
    bits = [np.full(mistakes.STEPS, height) for height in (3.0, 3, 4, 1, 8)]
    mistakes.mistakes(figure := theme.new_figure((8, 4.6)), bits)
    tops = [ax.get_ylim()[1] for ax in figure.axes]
    assert tops[0] == tops[1] == tops[2] == pytest.approx(1.15 * 4) and tops[3] == pytest.approx(1.15 * 8)
    assert figure.axes[3].get_ylabel() == "other scale: to 9 bits"
    assert mistakes.caption(bits).endswith(" 8.00. A panel that says so has another scale.")
    bits[-1][:] = 4.0
    mistakes.mistakes(figure := theme.new_figure((8, 4.6)), bits)
    assert not any("other scale" in ax.get_ylabel() for ax in figure.axes)
    assert mistakes.caption(bits).endswith("too large, it ends at 4.00.")


def test_the_eigenvalues_of_the_untrained_network_have_a_name(demo):
    figure = theme.new_figure((8, 3.6))
    gradients.gradients_through_time(figure, demo.training.model, demo.training.train_text)
    right: Any = figure.axes[1]
    name, = right.texts
    grey = next(line for line in right.lines if line.get_color() == theme.GREY)
    assert name.get_text() == "untrained" and name.get_color() == theme.GREY
    assert np.abs(np.c_[grey.get_xdata(), grey.get_ydata()] - name.xy).sum(axis=1).min() < 1e-6
    assert "outside the unit circle" in right.get_title(loc="left")


def test_the_temperatures_caption_says_what_the_bars_and_titles_show(demo, captions):
    figure = theme.new_figure((8, 3.6))
    geometry.temperatures(figure, demo.training.model, demo.training.validation, demo.training.train_text)
    shown = [float(re.search(r"([\d.]+) bits", ax.get_title(loc="left"))[1]) for ax in figure.axes]     # type: ignore[index]
    most, low, high = numbers(captions["temperatures.png"])
    assert len(figure.axes) == 4 and "four temperatures" in captions["temperatures.png"]
    assert (low, high) == (shown[0], shown[-1]) and shown == sorted(shown)
    bars: list[Any] = list(figure.axes[0].patches)
    assert most == min(99, round(100 * max(bar.get_width() for bar in bars)))
    hot: list[Any] = list(figure.axes[-1].patches)
    last = max(bar.get_width() for bar in hot)
    title: Any = figure.get_suptitle()
    first = geometry.percent(max(bar.get_width() for bar in bars))
    assert title.startswith(f"the most probable character has {first} at temperature 0.2, and {100 * last:.0f} % at 2")
    assert geometry.percent(0.999) == "> 99 %" and geometry.percent(0.424) == "42 %"


def test_the_constants_that_captions_name(demo, captions):
    assert cells.UNROLLED_STEPS == 8 and "last eight characters" in captions["unrolled.png"]
    assert gradients.STREAMS == 32 and "32 places" in captions["unrolled.png"]
    assert gradients.KS[-1] == 48 and "48 characters" in captions["three_cells.png"]
    assert captions["all_units.png"].startswith(f"The {min(40, demo.training.model.units)} units")
    shown = pictures.moments(demo.training)
    assert f"at {len(shown)} moments" in captions["training.png"] and shown[-1] == demo.training.steps
    assert all(caption.endswith(".") for caption in captions.values())


@pytest.fixture(scope="module")
def measured(demo):
    return cells.measure_cells(demo.training.train_text, demo.training.validation, 0, quick=True)


def test_an_arrow_of_the_unrolled_network_is_as_thick_as_its_measured_norm(measured):
    figure = theme.new_figure((8, 6))
    cells.unrolled(figure, measured)
    for ax, cell in zip(figure.axes, measured, strict=True):
        back = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)
                and np.allclose(patch.get_edgecolor()[:3], to_rgb(theme.ACCENT))]
        widths = np.array([patch.get_arrowstyle().tail_width for patch in back])          # type: ignore[attr-defined]
        share = cell.steps / cell.steps[0]
        np.testing.assert_allclose(widths, np.maximum(cells.MAX_WIDTH * share, 0.5))
        title = re.search(r": ([\d.]+) % of the gradient at h", ax.get_title(loc="left"))
        assert title is not None and float(title[1]) == pytest.approx(100 * share[-1], rel=0.06)
    assert [cell.name for cell in measured] == ["plain RNN", "GRU", "LSTM"]


def test_the_caption_of_the_unrolled_network_is_short(measured):
    longest = [cell._replace(steps=np.append(cell.steps[:7], share))
               for cell, share in zip(measured, (0.1, 0.011, 0.027), strict=True)]
    assert len(cells.unrolled_caption(longest).split()) <= 80


def test_the_caption_names_dashed_lines_only_where_there_are_some(demo):
    model, text = demo.training.model, demo.training.train_text
    for clip in (1e-6, 1e9):
        figure = theme.new_figure((8, 3.6))
        gradients.gradients_through_time(figure, model, text, clip)
        dashed = any(line.get_linestyle() == "--" for line in figure.axes[0].lines)
        assert dashed == (clip < 1) == ("Dashed" in gradients.caption(model, text, clip))


def test_a_box_shows_its_gates_and_the_caption_what_they_multiply_by(measured):
    figure = theme.new_figure((8, 6))
    cells.unrolled(figure, measured)
    for ax, gates in zip(figure.axes, (["tanh"], ["r", "u", "n"], ["i", "f", "g", "o"]), strict=True):
        said = [text.get_text() for text in ax.texts]
        assert all(said.count(gate) == cells.UNROLLED_STEPS + 1 for gate in gates)
        assert sum(text.startswith("x(t") for text in said) == cells.UNROLLED_STEPS + 1
    plain, gru, lstm = measured
    assert np.isnan(plain.kept) and 0.3 < gru.kept < 0.7 < lstm.kept < 0.8, "u starts at 1/2, f at σ(1)"
    steps = np.ones(8)
    less = [cell._replace(steps=np.append(steps[:7], share))
            for cell, share in zip(measured, (0.1, 0.01, 0.02), strict=True)]
    assert f"(1 % and 2 %, the plain cell 10 %): their gates multiply the old state by {gru.kept:.2f} (u) and " \
           f"{lstm.kept:.2f} (f)" in cells.unrolled_caption(less)
    assert "gated" not in cells.unrolled_caption([less[2], less[0], less[1]])


def test_the_norms_of_the_unrolled_network_are_those_of_the_long_picture(measured):
    for cell in measured:
        np.testing.assert_allclose(cell.steps[[0, 1, 3, 7]], cell.after[:4], rtol=1e-6)
        assert (cell.sizes > 0).all() and (cell.sizes < 1).all(), "h is a tanh, or a mixture of such"


def test_the_titles_of_the_three_cells_say_their_bits_and_what_is_left(measured):
    figure = theme.new_figure((8, 3.4))
    cells.three_cells(figure, measured)
    for ax, cell in zip(figure.axes, measured, strict=True):
        title = ax.get_title(loc="left").translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
        bits, digits, power = re.search(r": ([\d.]+) bits held out,\n(\d)·10(-\d+) left", title).groups()  # type: ignore[union-attr]
        assert float(bits) == pytest.approx(cell.bits, abs=0.005)
        assert float(digits) * 10.0 ** int(power) == pytest.approx(cell.after[-1], rel=0.5)


# ---- units under the names of what they follow

def test_the_closest_units_are_chosen_once_and_the_first_is_never_left_out():
    a, b, c, d = (UnitFeature(unit, f"feature {i}", r)
                  for i, (unit, r) in enumerate([(1, 0.5), (1, -0.9), (2, 0.6), (3, LEAST_CORRELATION - 0.01)]))
    assert closest_units([a, b, c, d], 5) == [b, c], "unit 1 has one row, unit 3 follows nothing"
    assert closest_units([a, b, c, d], 1) == [b] and closest_units([a, b, c, d], 5, least=0) == [b, c, d]
    assert closest_units([d], 5) == [d] and closest_units([], 5) == []


def test_a_title_says_follow_only_of_units_that_do(demo):
    close, far = UnitFeature(1, "after a vowel", -0.5), UnitFeature(2, "after a comma", 0.2)
    assert unit_pictures.title_of_named([close, close]).startswith("these units follow features")
    assert unit_pictures.title_of_named([close]).startswith("this unit follows a feature")
    assert unit_pictures.title_of_named([far]) == "no unit follows a feature of the text: the largest |r| is 0.20"
    assert unit_pictures.ends_of("after a vowel") == ("no", "yes")
    for pair, said in ((close, "unit 1 follows: after a vowel"), (far, "unit 2 is the closest, but far from")):
        unit_pictures.one_unit(figure := theme.new_figure((8, 5.8)), demo.training.model, demo.training.train_text,
                               demo.training.validation, [pair])
        assert figure.axes[0].get_title(loc="left").startswith(said)
        legend: Any = figure.axes[2] if figure.axes[1].containers else figure.axes[1]
        assert [label.get_text() for label in legend.get_xticklabels()] == ["−1: no", "0", "1: yes"]
    word = close._replace(feature="how far into the word")
    assert "Green: far; violet: near." in unit_pictures.caption_of_one_unit([word], PLAY)


def test_the_unit_of_the_coloured_text_is_that_of_the_feature_which_changes_least_often(demo):
    found = [UnitFeature(1, "after a vowel", 0.9), UnitFeature(2, "inside a speaker's name", -0.6),
             UnitFeature(3, "in the first line of a speech", 0.4)]
    assert unit_pictures.longest_kept(found, PLAY) == found[1], "the third follows nothing"
    assert "Green: yes; violet: no." in unit_pictures.caption_of_one_unit(found, PLAY)
    unit_pictures.one_unit(figure := theme.new_figure((8, 5.8)), demo.training.model, demo.training.train_text,
                           demo.training.validation, found)
    bars: Any = next(ax for ax in figure.axes if ax.containers).patches
    blue = [bar.get_width() for bar in bars if to_rgb(bar.get_facecolor()) == to_rgb(theme.BLUE)]
    assert len(bars) == 3 and blue == [0.6]
    assert figure.axes[0].get_title(loc="left").startswith("unit 2 follows: inside a speaker's name")


def test_the_key_of_the_live_views_rows_says_what_the_colours_mean_in_these_colours(demo):
    strips = UnitStrips(theme.new_figure((6, 3)).add_subplot(), 2, 20)
    assert [text.get_text().split(":")[0] for text in strips.key] == ["green", "violet", "grey"]
    assert [text.get_color() for text in strips.key] == [theme.POSITIVE, theme.NEGATIVE, theme.GREY]
    assert set(strips.key) <= set(strips.texts), "a snapshot paints them"


def test_the_coloured_text_breaks_between_words_and_no_row_begins_with_a_space():
    text = "ab " * 40 + "\n x\n"
    unit_pictures.coloured(ax := theme.new_figure((8, 4)).add_subplot(), text, np.linspace(-1, 1, len(text)))
    cells = {text.get_position(): text.get_text() for text in ax.texts}
    rows = ["".join(cells.get((column, row), "") or " " for column in range(90)).rstrip() for row in range(4)]
    assert rows == ["ab " * 24 + "ab", "ab " * 15 + "↵", " x↵", ""], "a space that the text begins a line with stays"
    pixels: Any = ax.images[0].get_array()
    shown = np.ma.filled(pixels, np.nan)
    np.testing.assert_allclose(shown[~np.isnan(shown)], np.linspace(-1, 1, len(text)))       # a cell each, in order


class Follower:
    """A network of two units; the second is 1 inside a speaker's name, which is read from the text."""

    def __init__(self, text):
        self.vocabulary_ = SimpleNamespace(encode=lambda part: np.arange(len(part)))
        inside = text_features(text)["inside a speaker's name"]
        h = np.stack([np.sin(np.arange(len(text))), 0.2 - 0.8 * inside], axis=1)
        self.network_ = SimpleNamespace(read=lambda codes: (h[codes], None))


PLAY = "HAMLET:\nTo be, or not to be.\n\nOPHELIA:\nGood my lord, how does it go?\n\n" * 12


def test_the_unit_that_follows_a_feature_is_found_and_turned_so_that_green_is_yes():
    model, passage = Follower(PLAY), PLAY[:40]
    finder = UnitFinder(PLAY, passage)
    assert finder.features[0] == "inside a speaker's name" and len(finder.features) > 3
    found = finder.find(model)                                         # type: ignore[arg-type]
    assert found[0].unit == 1 and found[0].r < -0.9
    h, _ = model.network_.read(np.arange(40))
    shown = finder.states(found, h, 3)
    assert shown.names[0] == f"inside a speaker's name: unit 1, |r| = {abs(found[0].r):.2f}"
    assert (np.sign(shown.states[0]) == np.where(shown.features[0] > 0, 1, -1)).all()
    ax = theme.new_figure((6, 3)).add_subplot()
    strips = UnitStrips(ax, 3, 40)
    strips.update(shown, passage)
    pixels = np.asarray(ax.images[0].get_array())
    np.testing.assert_allclose(pixels[STATE.start, 2], theme.DIVERGING(0.5 + shown.states[0, 2] / 254)[:3], atol=1e-6)
    np.testing.assert_allclose(pixels[BAR.start, 2], to_rgb(theme.GREY), atol=1e-6)
    np.testing.assert_allclose(pixels[BAR.start, 20], to_rgb(theme.PALE), atol=1e-6)
    assert "".join(letter.get_text() for letter in strips.letters[0][:6]) == "HAMLET"


@pytest.mark.parametrize("scene", ["writing", "training"])
def test_a_name_is_nearer_to_its_own_states_than_to_the_bar_above_and_letters_fill_half_a_cell(demo, scene):
    figure = theme.new_figure((11, 5))
    frame = demo.training.frames[-1] if scene == "training" else list(itertools.islice(demo.writing.train(), 5))[-1]
    demo.draw(figure, [frame])
    figure.canvas.draw()
    strips = demo.training.view.strips if scene == "training" else demo.writing.strips

    def height(row):                                                 # in pixels, from the bottom
        return strips.ax.transData.transform((0, row))[1]

    for row, name in enumerate(strips.names):
        box = name.get_window_extent()
        below = box.y0 - height(row + STATE.start / PIXEL_LINES_PER_ROW)
        above = height(row) - box.y1                                 # to the end of the bar of the row above
        assert 0 <= below < above or (row == 0 and below >= 0)
    cell = strips.image.get_window_extent().width / strips.characters
    assert cell / 2 < strips.letters[0][0].get_fontsize() * figure.dpi / 72 < 1.3 * cell
    assert strips.characters <= 28


def test_a_text_in_which_nothing_is_found_has_no_rows():
    finder = UnitFinder("short", "a" * 40)
    assert finder.features == [] and finder.find(Follower("a" * 500)) == []      # type: ignore[arg-type]
    ax = theme.new_figure((6, 3)).add_subplot()
    UnitStrips(ax, 1, 40).update(finder.states([], np.zeros((40, 2)), 4), "a" * 40)


def test_no_unit_has_two_rows_and_a_feature_without_a_unit_says_so():
    finder = UnitFinder(PLAY, PLAY[:40])
    found = [UnitFeature(int(i == 3), name, [0.5, 0.3, -0.9, 0.6][min(i, 3)]) for i, name in enumerate(finder.features)]
    shown = finder.states(found, np.ones((40, 2)), 4)
    first, second = finder.features[2:4]                               # units 0 and 1, with the largest |r| of each
    assert shown.names == (f"{first}: unit 0, |r| = 0.90", f"{second}: unit 1, |r| = 0.60")
    assert shown.states[:, 0].tolist() == [-127, 127]
    assert (shown.features == [finder.marks[first], finder.marks[second]]).all()
    weak = finder.states([UnitFeature(0, finder.features[0], 0.3)], np.ones((40, 2)), 4)
    assert weak.names == (f"{finder.features[0]}: no unit with |r| ≥ 0.45",) and not weak.states.any()


def test_the_line_of_the_live_view_begins_with_a_name_in_capitals():
    text = "First Clown:\nWhat?\n\nHORATIO:\nCustom hath made it.\n\nHAM:\nEven so, indeed it is.\n\n"
    assert text[speaker_in_capitals(text, 20) :].startswith("HORATIO:")
    assert text[speaker_in_capitals(text, 10) :].startswith("HAM:"), "a name leaves room for what is said"
    assert speaker_in_capitals("no play, but a text of one line", 10) == 0


def test_before_the_first_measurement_the_sentence_follows_the_training_text():
    training: Any = SimpleNamespace(baselines_of_validation={"unigram": 4.8, "bigram": 3.5}, frames=[])
    for step, learning in enumerate([6.0, 5.0, 4.0]):
        metrics = {"held_out": 6.0, "bits_per_char": learning}
        training.frames.append(TrainingFrame(step, 7, metrics, not step, "", 0, (), np.empty(0), np.empty(0)))
    assert "most common characters" in TrainingView(training).phase(training.frames[:2])
    assert "which one follows which" in TrainingView(training).phase(training.frames)


def test_each_row_of_the_still_is_a_different_unit_that_follows_something_there(demo):
    model, train, held_out = demo.training.model, demo.training.train_text, demo.training.validation
    found = unit_pictures.units_of_features(model, train, held_out)
    assert len(found) > 3
    found = [pair._replace(r=np.sign(pair.r) * (0.4 + abs(pair.r) / 2)) for pair in found]   # as after a long training
    figure = theme.new_figure((8, 4.2))
    unit_pictures.hidden_states(figure, model, train, held_out, found)
    names = [text.get_text() for text in figure.axes[0].texts if "|r| =" in text.get_text()]
    r = [float(name.split("= ")[1]) for name in names]
    assert 2 <= len(names) <= 5 and min(r) >= LEAST_CORRELATION and r == sorted(r, reverse=True)
    assert len({re.search(r"unit (\d+)", name)[1] for name in names}) == len(names)      # type: ignore[index]


# ---- the sentence below the live figure

def test_the_sentence_stays_between_two_measurements():
    lines = {"unigram": 4.8, "bigram": 3.5, "trigram": 2.9, "5-gram": 2.7}
    training = SimpleNamespace(baselines_of_validation=lines, longest_ngram=5, frames=[])
    view, said = TrainingView(training), set()                         # type: ignore[arg-type]
    for step, (bits, learning) in enumerate([(6.0, 6.0), (2.6, 2.4), (2.6, 2.31), (2.6, 2.47), (2.6, 2.61)]):
        frame = TrainingFrame(step, 4, {"held_out": bits, "bits_per_char": learning}, step < 2, "", 0, (), np.empty(0),
                              np.empty(0))
        training.frames.append(frame)
        said.add(view.phase(training.frames))
    assert len(said) == 2 and any("0.20 bits fewer" in sentence for sentence in said)


def test_a_level_that_is_reached_before_the_first_measurement_is_not_left():
    training: Any = SimpleNamespace(baselines_of_validation={"unigram": 4.8, "bigram": 3.5}, frames=[])
    said = []
    for step, learning in enumerate([6.0, 4.79, 4.81, 4.78]):
        metrics = {"held_out": 6.0, "bits_per_char": learning}
        training.frames.append(TrainingFrame(step, 7, metrics, not step, "", 0, (), np.empty(0), np.empty(0)))
        said.append(TrainingView(training).phase(training.frames))
    assert len(set(said[1:])) == 1 and "which one follows which" in said[1]


def test_the_sentence_follows_the_held_out_bits_past_the_counts_of_letters():
    lines = {"unigram": 4.8, "bigram": 3.5, "trigram": 2.9, "5-gram": 2.7}
    training = SimpleNamespace(baselines_of_validation=lines, longest_ngram=5, frames=[])
    view, said = TrainingView(training), []                            # type: ignore[arg-type]
    for step, bits in enumerate([6.0, 5.0, 4.0, 3.2, 2.8, 2.6, 2.6, 2.7, 2.7, 2.61, 2.55]):
        metrics = {"held_out": bits, "bits_per_char": bits - 0.25}
        frame = TrainingFrame(step, 10, metrics, True, "", 0, (), np.empty(0), np.empty(0))
        training.frames.append(frame)
        said.append(view.phase(training.frames))
    assert len(set(said)) == 7 and said[5] == said[6] == said[7], "one measurement above the lowest changes nothing"
    assert said[0].startswith("Untrained") and "by heart" in said[8] == said[9]
    assert said[10] == said[5], "a new lowest measurement"
    assert said[5] == ("It predicts better than counts of five characters, the 5-gram. On the training text it needs "
                       "0.25 bits fewer.")
    assert max(map(len, said)) <= 130


def test_the_demo_says_a_sentence_in_both_scenes(demo: Any):
    assert issubclass(type(demo), PhasedDemo)
    writing = next(iter(demo.writing.train()))
    assert demo.phase([writing]).startswith("The network writes") and len(demo.phase([writing])) <= 130
    assert demo.phase(demo.training.frames) != demo.phase(demo.training.frames[:1])


@pytest.mark.parametrize("pair", [(a, b) for a in geometry.CHARACTER_KINDS for b in geometry.CHARACTER_KINDS if a < b])
def test_kinds_of_characters_differ_in_their_mark_too(pair):
    marks = [geometry.CHARACTER_KINDS[kind][2] for kind in pair]
    assert marks[0] != marks[1]


def test_what_readme_shows_says_so(demo):
    dark = [picture.file for picture in demo.figures() if picture.dark]
    assert dark == ["looking_back.png"] and gallery.dark_name(dark[0]) == "looking_back_dark.png"
    assert isinstance(NamedStates((), np.empty(0), np.empty(0)).names, tuple)

"""What the tests of the pictures hold to be unreadable: each kind of fault is found, and nothing else."""

import pytest
from matplotlib.patheffects import withStroke
from readable import faults_of, unreadable

from ai_from_scratch.stage import theme
from ai_from_scratch.stage.demo import Picture


@pytest.fixture
def ax():
    ax = theme.new_figure((4, 3)).add_subplot()
    ax.set(title="a finding", xlabel="step", ylabel="loss", xlim=(0, 1), ylim=(0, 1))
    return ax


def test_labels_beside_each_other_can_be_read(ax):
    ax.text(0.2, 0.8, "training", color=theme.TRAINING)
    ax.text(0.2, 0.4, "held out", color=theme.HELD_OUT)
    ax.text(0.6, 0.3, "\nbelow", ha="center", va="center")
    ax.text(0.6, 0.3, "above\n", ha="center", va="center")
    assert unreadable(ax.figure) == []


def test_a_label_on_another_one_is_found(ax):
    ax.text(0.2, 0.5, "training")
    ax.text(0.25, 0.52, "held out")
    assert unreadable(ax.figure) == ["'training' lies on 'held out'"]


def test_a_label_on_a_tick_is_found(ax):
    ax.text(-0.08, 0.2, "1.375", ha="center", va="center")
    assert any("lies on" in fault for fault in unreadable(ax.figure))


def test_a_title_that_is_too_long_is_found(ax):
    ax.set_title("eigenvalues of W_hh: 32 of 256 are outside of the unit circle")
    assert any(fault.endswith("is cut off") for fault in unreadable(ax.figure))


@pytest.mark.slow
def test_pale_words_are_found_and_a_stroke_helps(ax):
    ax.axhspan(0, 1, color=theme.BLUE)
    text = ax.text(0.3, 0.5, "class 1", color=theme.INK)
    fault, = unreadable(ax.figure)
    assert fault.startswith("'class 1' has contrast 1.8")
    text.set_path_effects([withStroke(linewidth=5, foreground=theme.BACKGROUND)])
    assert unreadable(ax.figure) == []


def test_a_pale_word_on_the_box_of_another_one_is_found(ax):
    ax.text(0.5, 0.5, "a = 2\n", ha="center", va="center", bbox={"facecolor": theme.PALE})
    word = ax.text(0.5, 0.5, "\n0", ha="center", va="center", color=theme.ACCENT)
    assert unreadable(ax.figure) == ["' 0' has contrast 4.03"]
    word.set_color(theme.INK)
    assert unreadable(ax.figure) == []


@pytest.mark.slow
def test_a_picture_for_dark_pages_is_looked_at_on_both():
    def paint(figure):
        figure.add_subplot().text(0.3, 0.5, "training", color=theme.LIGHT["TRAINING"])

    assert faults_of(Picture("a.png", paint, "")) == []
    assert [fault[:26] for fault in faults_of(Picture("a.png", paint, "", dark=True))] == ["dark: 'training' has contr"]

"""What several chapters paint: a confusion matrix shows every number, readable, on one scale."""

import numpy as np
import pytest

from ai_from_scratch.stage import paint, theme


def pairs(counts):
    """Codes that give this confusion matrix."""
    places = np.repeat(np.arange(counts.size), counts.ravel())
    return np.divmod(places, len(counts))


def contrast_of_texts(ax):
    """By the text's place: how much it stands out from its cell, as WCAG measures it (21: black on white)."""
    image, result = ax.images[0], {}
    cells = image.to_rgba(image.get_array())
    for text in ax.texts:
        j, i = (round(place) for place in text.get_position())
        result[i, j] = theme.contrast(text.get_color(), cells[i, j, :3])
    return result


@pytest.mark.parametrize("counts", [
    [[56, 20], [17, 49]], [[40, 1], [0, 40]], [[3, 3], [3, 3]], [[0, 0], [0, 7]], [[1000, 30], [100, 300]],
    np.arange(100).reshape(10, 10),
])
def test_every_number_of_a_confusion_matrix_can_be_read(counts):
    counts = np.array(counts)
    ax = theme.new_figure((5, 4)).add_subplot()
    true, predicted = pairs(counts)
    paint.confusion(ax, true, predicted, [str(k) for k in range(len(counts))])
    shown = {(i, j): int(text.get_text()) for text in ax.texts for j, i in [map(int, text.get_position())]}
    assert shown == dict(np.ndenumerate(counts))
    assert min(contrast_of_texts(ax).values()) >= 4.5
    right = 100 * np.trace(counts) / counts.sum()
    assert ax.get_title(loc="left") == f"{right:.4g} % right: {np.trace(counts):,} of {counts.sum():,}"


def test_all_matrices_have_one_scale_the_share_of_a_row_from_none_to_all_and_rare_mistakes_are_seen():
    images = []
    for counts in (np.array([[38, 2], [1, 71]]), np.array([[380, 20], [10, 710]])):
        ax = theme.new_figure((4, 4)).add_subplot()
        true, predicted = pairs(counts)
        paint.confusion(ax, true, predicted, ["a", "b"])
        images.append(ax.images[0])
        assert ax.images[0].get_clim() == (0, 1)
    few, many = (image.to_rgba(np.asarray(image.get_array())) for image in images)
    np.testing.assert_allclose(few, many)
    none, rare = images[0].to_rgba(np.array([0.0, 0.01]))[:, :3]
    assert theme.contrast(rare, theme.BACKGROUND) > 1.1 * theme.contrast(none, theme.BACKGROUND)


def test_a_probability_is_never_shown_as_100_percent():
    assert [paint.percent(p) for p in (0.5, 0.9, 0.9997, 1.0)] == ["50.0 %", "90.0 %", "99.9 %", "99.9 %"]


@pytest.mark.parametrize("rows", [1, 2])
def test_in_every_chapter_the_wrong_curve_and_its_line_have_one_colour_and_the_right_curve_another(rows):
    right, wrong = np.array([3.0, 2, 1]), np.array([3.0, 4])
    figure = theme.new_figure((8, 5))
    paint.mistakes(figure, right, [(wrong, "dw = 0", "it stays")] * 2, first=1, rows=rows, ylabel="loss")
    assert len(figure.axes) == 2
    for ax in figure.axes:
        baseline, curve = ax.lines
        assert (baseline.get_color(), curve.get_color()) == (theme.GREY, theme.ACCENT)
        assert (baseline.get_linestyle(), curve.get_linestyle()) == ("--", "-")
        np.testing.assert_array_equal(curve.get_xdata(), [1, 2])
        assert {text.get_text(): text.get_color() for text in ax.texts} == {
            "dw = 0": theme.ACCENT, "without the mistake": theme.GREY}
        assert ax.get_title(loc="left") == "it stays"


def test_the_title_of_a_confusion_matrix_names_the_most_frequent_mistake():
    counts = np.array([[5, 2, 0], [0, 7, 1], [0, 0, 3]])
    assert (paint.most_confused(counts, "abc", "digits")
            == "3 of 18 test digits are misread, most often an a as b (2)")
    digits = np.diag(np.full(10, 9))
    digits[8, 3] = 2
    assert paint.most_confused(digits, "0123456789", "images").endswith("most often an 8 as 3 (2)")
    assert paint.most_confused(np.diag([2, 3, 4]), "abc", "images") == "0 of 9 test images are misread"


@pytest.mark.parametrize(("name", "expected"), [
    ("8", "an 8"), ("11", "an 11"), ("18", "an 18"), ("80", "an 80"), ("85", "an 85"), ("1", "a 1"), ("7", "a 7"),
    ("10", "a 10"), ("111", "a 111"), ("iris", "an iris"), ("rose", "a rose"),
])
def test_a_number_has_the_article_with_which_it_is_spoken(name, expected):
    assert paint.with_article(name) == expected


def test_half_way_is_the_mean_of_five_values_around_the_middle_so_that_one_peak_counts_little():
    assert paint.half_way(np.arange(1, 11), [9, 9, 2, 2, 7, 2, 2, 9, 9, 9]) == pytest.approx(3)
    assert paint.half_way([1, 2, 3, 4], [9.0, 3.0, 0.0, 5.0]) == 4              # of three, if there are so few
    assert paint.half_way([10], [4.0]) == 4


@pytest.mark.parametrize(("values", "expected"), [
    ([], []), ([1.0], [1.0]), ([1.0, 1.1, 5.0], [0.9, 1.2, 5.0]), ([5.0, 1.0, 1.1], [5.0, 0.9, 1.2]),
    ([1.0, 2.0], [1.0, 2.0]), ([2.0, 2.0, 2.0], [1.7, 2.0, 2.3]), ([0.0, 0.1, 0.35], [-0.15, 0.15, 0.45]),
])
def test_labels_are_spread_as_little_as_it_takes(values, expected):
    assert paint.spread_out(values, 0.3) == pytest.approx(expected)

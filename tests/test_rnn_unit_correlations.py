"""Features of a text, and the units that follow them."""

import numpy as np

from RNN_From_Scratch.demo.unit_correlations import best_units, correlations, order_by_correlation, text_features

PLAY = "First Clown:\nA man (so) \"wise\".\nNow, go\n\nHAMLET:\nTo me?\n"


def marked(name):
    return "".join(c for c, on in zip(PLAY, text_features(PLAY)[name], strict=True) if on)


def test_what_is_inside_is_found():
    assert marked("inside a speaker's name") == "First Clown:HAMLET:"
    assert marked("in the first line of a speech") == 'A man (so) "wise".To me?'
    assert marked("between quotation marks") == '"wise"'
    assert marked("between parentheses") == "(so)"
    assert marked("after a comma") == ", go"
    assert marked("after a vowel") == 'rw n)s"w\nMT ?'
    assert marked("in a word with a capital") == "FirstClownNowTo"


def test_how_far_is_counted_from_the_last_mark():
    far = text_features("ab c\nde, f")
    assert far["how far into the line"].tolist() == [0, 1, 2, 3, 0, 1, 2, 3, 4, 5]
    assert far["how far into the word"].tolist() == [0, 1, 0, 1, 0, 1, 2, 3, 0, 1]
    assert far["how far past the last comma or stop"].tolist() == [0, 1, 2, 3, 4, 5, 6, 0, 1, 2]


def test_correlations_are_numpys_and_nothing_correlates_with_what_never_changes():
    rng = np.random.default_rng(0)
    states, columns = rng.standard_normal((50, 3)).astype(np.float32), rng.standard_normal((50, 2))
    expected = np.corrcoef(states.T.astype(float), columns.T)[:3, 3:]
    np.testing.assert_allclose(correlations(states, columns), expected, atol=1e-12)
    states[:, 1] = 0.1
    assert correlations(states, columns)[1].tolist() == [0, 0]


def test_the_unit_that_follows_a_feature_is_found_even_when_it_says_the_opposite():
    rng = np.random.default_rng(1)
    states = rng.uniform(-0.1, 0.1, (len(PLAY), 5))
    states[:, 3] -= text_features(PLAY)["inside a speaker's name"]
    best = best_units(states, PLAY)[0]
    assert (best.unit, best.feature) == (3, "inside a speaker's name")
    assert best.r < -0.9


def test_units_that_move_together_lie_together():
    rng = np.random.default_rng(2)
    a, b, c = rng.standard_normal((3, 200))
    states = np.column_stack([a, b, c, a, b, c, a, b, c]) + 0.1 * rng.standard_normal((200, 9))
    order, group = order_by_correlation(states, groups=3)
    assert np.count_nonzero(np.diff(order % 3)) == 2
    assert sorted(order) == list(range(9))
    assert [len(set(group[order % 3 == kind])) for kind in range(3)] == [1, 1, 1] and len(set(group)) == 3


def test_at_a_joint_the_ends_that_are_most_alike_meet():
    t = np.linspace(0, np.pi, 9)
    states = np.cos(np.linspace(0, 20, 500)[:, None] + t)      # each unit is most like its two neighbours
    order, _ = order_by_correlation(states[:, [3, 7, 0, 5, 8, 1, 4, 2, 6]])
    assert np.abs(np.diff(np.array([3, 7, 0, 5, 8, 1, 4, 2, 6])[order])).max() <= 2

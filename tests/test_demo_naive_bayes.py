"""The demo of chapter 4: sample by sample it reaches the model of fit, and may be stopped after any sample."""

from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle
from readable import faults_of

from ai_from_scratch.data import load_mnist
from ai_from_scratch.stage.demo import Settings
from ai_from_scratch.stage.displays import Display
from ai_from_scratch.stage.frame_buffer import FrameBuffer
from ai_from_scratch.stage.gallery import paint
from ai_from_scratch.stage.live import draw_live
from ai_from_scratch.stage.play import play
from ai_from_scratch.stage.theme import CLASS_COLOURS, new_figure
from Naive_Bayes_From_Scratch import GaussianNB
from Naive_Bayes_From_Scratch.demo import table
from Naive_Bayes_From_Scratch.demo.demo import PETALS, Demo, FlowerFrame
from Naive_Bayes_From_Scratch.demo.gaussians import cost_of_naivety, leads, moved
from Naive_Bayes_From_Scratch.demo.lessons import (
    TRAINING_IMAGES,
    copied,
    log_odds,
    observed_shares,
    pixel_moments,
    true_probability,
    underflowing,
)
from Naive_Bayes_From_Scratch.demo.posterior import ROW_TITLES, bayes_rule, sentence, where_the_prior_decides
from Naive_Bayes_From_Scratch.demo.wine import CULTIVARS, in_words, posterior_of


def test_wine_counted_one_by_one_is_reported_as_scikit_learn_reports_it():
    sklearn_bayes = pytest.importorskip("sklearn.naive_bayes")
    demo = Demo(Settings())
    for _ in demo.train():
        pass
    report = demo.report()
    theirs = sklearn_bayes.GaussianNB().fit(*demo.wine.train).score(*demo.wine.test)
    assert report.metrics["test_accuracy"] == pytest.approx(theirs)
    assert report.metrics["test_accuracy"] > report.baseline["test_accuracy"] + 0.3
    assert any("agree" in note for note in report.notes)


@pytest.mark.slow
@pytest.mark.parametrize("frames", [1, 2, 5, 70])
def test_after_any_frame_the_pictures_and_the_report_work(frames):
    demo, figure = Demo(Settings(quick=True)), new_figure((11, 5))
    scene: list[Any] = []
    for frame in demo.train():
        scene = [*(other for other in scene if type(other) is type(frame)), frame]
        frames -= 1
        if not frames:
            break
    demo.draw(figure, scene)
    assert demo.report().metrics
    for picture in demo.figures():
        assert not faults_of(picture) and picture.caption.endswith("."), picture.file


def test_a_frame_holds_the_model_of_its_moment():
    demo = Demo(Settings())
    frames = [frame for frame in demo.train() if isinstance(frame, FlowerFrame)]
    frame = frames[40]
    model = GaussianNB().fit(demo.X[: frame.step], demo.y[: frame.step])
    np.testing.assert_allclose(frame.mu, model.theta_)
    np.testing.assert_allclose(demo._model_of(frame).predict_proba(demo.X), model.predict_proba(demo.X), atol=1e-6)


def test_the_title_says_how_far_the_last_flower_moved_the_mean_of_its_class():
    demo = Demo(Settings())
    for n in (20, 50):
        before, after = (GaussianNB().fit(demo.X[:m], demo.y[:m]) for m in (n, n + 1))
        k = int(demo.y[n])
        assert moved(after, demo.X[n], k) == pytest.approx(np.linalg.norm(after.theta_[k] - before.theta_[k]))


def test_a_probability_below_1_is_never_written_as_1():
    assert [in_words(p) for p in (0.5, 0.9949, 0.9951, 0.99999)] == ["P = 0.50", "P = 0.99", "P > 0.99", "P > 0.99"]


@pytest.mark.slow
def test_every_scene_paints_from_its_first_frame_to_its_last():
    demo, frames = Demo(Settings(quick=True)), FrameBuffer()
    for _ in play(demo, Display(), frames):
        pass
    assert [type(scene[0]).__name__ for scene in frames.scenes] == ["FlowerFrame", "PosteriorFrame", "WineFrame"]
    scenes: list[Any] = frames.scenes
    for scene in scenes:
        figure = new_figure((11, 5))
        for end in (1, 2, 3, len(scene)):                            # one sample has no spread, two may be of one class
            draw_live(demo, figure, scene[:end])
            figure.canvas.draw()
            assert figure.get_supxlabel() == demo.phase(scene[:end]) and len(demo.phase(scene[:end])) > 20
        assert len(figure.axes) > 1


@pytest.mark.slow
def test_the_live_view_shows_every_flower_in_its_colour_and_what_the_model_says_of_every_place():
    demo, figure = Demo(Settings(quick=True)), new_figure((11, 5))
    frames = [frame for frame in demo.train() if isinstance(frame, FlowerFrame)]
    for end in (1, 2, 20, len(frames)):                              # on one figure: nothing is painted anew
        demo.draw(figure, frames[:end])
        view, seen = demo.view, frames[end - 1].step
        for k, dots in enumerate(view.dots):
            np.testing.assert_array_equal(dots.get_offsets(), demo.X[:seen][demo.y[:seen] == k])
            np.testing.assert_allclose(np.asarray(dots.get_facecolor())[0], to_rgba(CLASS_COLOURS[k]))
        said = demo._model_of(frames[end - 1]).predict_proba(view.points)
        np.testing.assert_allclose(np.asarray(view.regions.get_array()).reshape(-1, 3), said @ view.pale)


def test_the_waterfall_ends_at_the_odds_that_the_model_gives():
    demo = Demo(Settings())
    for _ in demo.train():
        pass
    figure = paint(next(picture for picture in demo.figures() if picture.file == "waterfall.png"))
    last_bar = figure.axes[0].patches[-1]
    assert isinstance(last_bar, Rectangle)
    joint = np.sort(demo.model.predict_joint_log_proba(demo.wine.validation.X), axis=1)
    assert last_bar.get_width() == pytest.approx((joint[:, -1] - joint[:, -2]).min())


@pytest.mark.slow
def test_the_same_seed_gives_the_same_frames_and_another_seed_others():
    first, same, other = ([frame.metrics for frame in Demo(Settings(seed=seed)).train()]
                          for seed in (3, 3, 4))
    assert first == same and first != other


# What the captions and titles say

def test_the_three_rows_are_bayes_rule_and_agree_with_the_model():
    demo = Demo(Settings(quick=True))
    x = np.linspace(0.5, 4, 50)
    prior, likelihood, posterior = bayes_rule(demo.one_feature, x)
    assert len(ROW_TITLES) == 3
    np.testing.assert_allclose(posterior, prior * likelihood / (prior * likelihood).sum(axis=1, keepdims=True))
    said = sentence(demo.one_feature, 2.0, CULTIVARS)
    assert f"P = {bayes_rule(demo.one_feature, np.array([2.0]))[2].max():.2f}" in said


def test_in_the_picture_of_the_three_rows_the_more_common_class_wins_over_the_more_likely_one():
    demo = Demo(Settings())
    x = where_the_prior_decides(demo.one_feature, demo.axis)
    prior, likelihood, posterior = bayes_rule(demo.one_feature, np.array([x]))[:, 0]
    assert likelihood.argmax() != posterior.argmax()
    assert prior[posterior.argmax()] > prior[likelihood.argmax()]


def test_the_wine_of_the_live_view_is_decided_as_the_model_decides_it():
    demo = Demo(Settings())
    last: Any = list(demo.train())[-1]
    X = demo.wine.validation.X[demo.one_wine, None]
    np.testing.assert_allclose(posterior_of(X, last.mu, last.var, last.prior), demo.model.predict_proba(X)[0],
                               atol=1e-9)


def test_a_class_leads_where_the_model_predicts_it():
    demo = Demo(Settings())
    model = GaussianNB().fit(demo.X, demo.y)
    points = np.random.default_rng(0).uniform([0, 0], [7, 3], (500, 2))
    lead = leads(model.predict_joint_log_proba(points))
    np.testing.assert_array_equal(lead.argmax(axis=1), model.predict(points))
    assert ((lead > 0).sum(axis=1) == 1).all()


def test_the_bars_of_prior_and_posterior_have_one_scale_and_each_number_is_its_bar():
    demo = Demo(Settings())
    figure = new_figure((8, 5))
    demo._posterior(figure)
    prior, density, posterior = figure.axes[1::2]
    assert prior.get_xlim() == posterior.get_xlim() and prior.get_xlim()[1] > 1
    assert [ax.get_title(loc="left") for ax in (prior, density, posterior)] == ["probability", "density", "probability"]
    for ax in (prior, density, posterior):
        widths = [bar.get_width() for bar in ax.patches if isinstance(bar, Rectangle)]
        assert [f" {width:.2f}" for width in widths] == [text.get_text() for text in ax.texts]


def test_the_title_of_the_ellipses_counts_what_both_models_have_right():
    demo = Demo(Settings())
    demo.flowers.fit(demo.X, demo.y)
    demo.seen = len(demo.y)
    figure = new_figure((8, 4.5))
    demo._two_boundaries(figure)
    X, y = demo.iris.validation.X[:, PETALS], demo.iris.validation.y
    full = np.column_stack([multivariate(X, demo.X[demo.y == c]) for c in range(3)])
    naive = int((demo.flowers.predict(X) == y).sum())
    assert naive == np.sum((full + np.log(demo.flowers.class_prior_)).argmax(axis=1) == y) == 28
    assert figure.get_suptitle() == cost_of_naivety(28, 28, 30) and "costs nothing: 28 of 30" in figure.get_suptitle()
    assert "costs 2 of 30" in cost_of_naivety(26, 28, 30) and "gains 1 of 30" in cost_of_naivety(28, 27, 30)


def multivariate(points, samples):
    away, covariance = points - samples.mean(axis=0), np.cov(samples.T, bias=True)
    return -0.5 * (away * np.linalg.solve(covariance, away.T).T).sum(axis=1) - 0.5 * np.linalg.slogdet(covariance)[1]


def test_a_pixel_varies_most_where_its_mean_is_about_half_of_the_ink_and_hardly_where_it_is_none_or_all():
    digits = load_mnist(download=False).train
    model = GaussianNB().fit(digits.X.reshape(len(digits.X), -1), digits.y)
    varies_most = np.take_along_axis(model.theta_, model.var_.argmax(axis=1)[:, None], axis=1)
    assert ((varies_most > 0.35 * 255) & (varies_most < 0.6 * 255)).all()
    largest = model.var_.max()
    assert model.var_[model.theta_ < 5].mean() < 0.02 * largest
    assert model.var_[1, model.theta_[1].argmax()] < 0.1 * largest and model.theta_[1].max() > 0.95 * 255


def test_the_title_of_the_digits_says_in_how_many_images_the_pixel_that_varies_most_has_ink():
    digits, figure = load_mnist(download=False), new_figure((8, 2.2))
    pixel_moments(figure, digits)
    X, y = digits.train.X[:TRAINING_IMAGES].reshape(-1, 784), digits.train.y[:TRAINING_IMAGES]
    shares = [100 * np.mean(X[y == digit][:, X[y == digit].astype(float).var(axis=0).argmax()] > 127)
              for digit in range(10)]
    assert f"has ink in {min(shares):.0f} to {max(shares):.0f} % of" in figure.get_suptitle()
    assert 35 < min(shares) < max(shares) < 60


def test_the_accuracy_of_the_flowers_is_drawn_after_every_flower():
    demo = Demo(Settings())
    frames = [frame for frame in demo.train() if isinstance(frame, FlowerFrame)]
    demo.draw(new_figure((11, 5)), frames)
    line, held_out = demo.accuracy.line, demo.iris.validation
    assert line.get_drawstyle() == "steps-post"
    steps, drawn = (np.asarray(values, float) for values in line.get_data())
    np.testing.assert_array_equal(steps, np.arange(1, len(demo.y) + 1))
    for n in (31, 32, 50, len(demo.y)):                              # no frame of the live view shows 31 and 32
        seen = GaussianNB().fit(demo.X[:n], demo.y[:n])
        assert drawn[n - 1] == pytest.approx(100 * seen.score(held_out.X[:, PETALS], held_out.y))


def test_the_title_of_the_waterfall_names_the_class_of_the_largest_bar_and_of_the_sum():
    demo = Demo(Settings())
    for _ in demo.train():
        pass
    ax = paint(next(picture for picture in demo.figures() if picture.file == "waterfall.png")).axes[0]
    widths = [bar.get_width() for bar in ax.patches if isinstance(bar, Rectangle)]
    assert widths[1] == min(widths) < 0 < widths[-1]
    assert ax.get_title(loc="left") == "magnesium favours cultivar 3, the sum cultivar 2: P = 0.66, right"
    assert {text.get_text().strip(): text.get_color() for text in ax.texts} == {
        "← cultivar 3": CLASS_COLOURS[2], "cultivar 2 →": CLASS_COLOURS[1]}


def test_just_before_the_product_is_lost_only_the_wrong_class_is_0_and_the_probability_1():
    data = underflowing(0)
    assert data.certain == 519 and data.by_product[data.certain - 1] == 1 > data.by_logarithms[data.certain - 1]
    assert (data.product[:, data.certain - 1] == [0, 5e-324]).all()


def test_the_product_is_lost_at_feature_520_and_the_sum_is_surer_on_average_but_not_at_each_feature():
    data = underflowing(0)
    assert data.lost == 520
    assert np.isnan(data.by_product[519:]).all() and np.isfinite(data.by_product[:519]).all()
    np.testing.assert_allclose(data.by_product[:500], data.by_logarithms[:500], rtol=1e-6)
    assert (np.diff(data.mean[99::100]) > 0).all() and data.mean[-1] > 0.9
    falls = np.maximum.accumulate(data.by_logarithms) - data.by_logarithms
    assert falls.max() > 0.25                                        # one sample may become much less sure


@pytest.mark.parametrize("copies", [1, 4, 16])
def test_copies_make_extreme_probabilities_as_the_curves_say_and_the_accuracy_stays(copies):
    p, y = copied(0, copies)
    assert np.mean((p > 0.5) == y) == pytest.approx(0.773, abs=0.001)
    assert np.maximum(p, 1 - p).mean() == pytest.approx({1: 0.772, 4: 0.931, 16: 0.982}[copies], abs=0.001)


@pytest.mark.parametrize("copies", [1, 4, 16])
def test_each_mark_of_overconfidence_lies_within_three_standard_errors_of_its_curve(copies):
    odds, y = log_odds(0, copies)
    groups = observed_shares(odds, y)
    lower = true_probability(1 / (1 + np.exp(np.abs(groups.log_odds))), copies)      # by symmetry: digits get lost at 1
    expected = np.where(groups.log_odds < 0, lower, 1 - lower)
    error = np.sqrt(expected * (1 - expected) / groups.size)
    assert (np.abs(groups.share - expected) < 3 * error).all()
    assert error.max() < 0.01 and groups.size.sum() >= 0.989 * len(y)
    np.testing.assert_array_equal(groups.size, observed_shares(*log_odds(0, 1)).size)       # the same samples


def test_the_confusion_of_the_wines_and_the_accuracy_of_both_kinds_of_ellipses():
    demo = Demo(Settings())
    model = GaussianNB().fit(*demo.wine.train)
    predicted = model.predict(demo.wine.test.X)
    counts = np.zeros((3, 3), int)
    np.add.at(counts, (demo.wine.test.y, predicted), 1)
    np.testing.assert_array_equal(counts, [[12, 0, 0], [2, 11, 1], [0, 0, 10]])
    theta, var = GaussianNB().fit(demo.X, demo.y).theta_, GaussianNB().fit(demo.X, demo.y).var_
    assert PETALS == [2, 3] and theta.shape == var.shape == (3, 2)


def test_categories_come_with_the_note_that_a_bell_curve_does_not_suit_them_and_it_is_true(tmp_path):
    rng = np.random.default_rng(0)
    kind = np.array(["red", "blue"] * 60)
    size = rng.normal(size=120) + (kind == "red")
    colour = np.where(kind == "red", rng.choice(["light", "dark", "pale"], 120), "dark")          # never light if blue
    file = tmp_path / "things.csv"
    file.write_text("size,colour,kind\n" + "\n".join(f"{s:.3f},{c},{k}" for s, c, k in
                                                     zip(size, colour, kind, strict=True)) + "\n")
    demo = table.Demo(Settings(csv=file, target="kind"))
    for _ in demo.train():
        pass
    assert any("'colour'" in note and "never given this class" in note for note in demo.report().notes)
    light = demo.names.index(next(name for name in demo.names if "light" in name))
    x = demo.parts.train.X[demo.parts.train.X[:, light].argmax()][None]
    blue = demo.class_names.index("blue")
    assert demo.model.predict_log_proba(x)[0, blue] < -1000

"""The demo of chapter 3: it counts the model's own predictions, and may be stopped after any frame."""

import re

import numpy as np
import pytest
from matplotlib.patches import Circle
from readable import faults_of

from ai_from_scratch.stage.demo import Settings
from ai_from_scratch.stage.displays import Display
from ai_from_scratch.stage.frame_buffer import FrameBuffer
from ai_from_scratch.stage.gallery import paint
from ai_from_scratch.stage.live import MAX_PHASE_CHARACTERS, draw_live
from ai_from_scratch.stage.paint import with_article
from ai_from_scratch.stage.play import play
from ai_from_scratch.stage.theme import luminance, new_figure
from KNN_From_Scratch import BruteForce, KNeighborsClassifier
from KNN_From_Scratch.demo.demo import MOONS_NEIGHBOUR_COUNTS, TREE_QUERIES, Demo
from KNN_From_Scratch.demo.digits import NEIGHBOUR_COUNTS, Digits, ExamFrame, flat, winners
from KNN_From_Scratch.demo.digits_view import ROWS_OF_THE_LIVE_VIEW, closest_votes
from KNN_From_Scratch.demo.distances import CURSE_POINTS, DIMENSIONS, METRICS, QUERY, SPLIT_BITS, vote_entropy
from KNN_From_Scratch.demo.maps import lead, vote_map
from KNN_From_Scratch.demo.moons import outvoted, sentence
from KNN_From_Scratch.demo.tree import WatchedTree, larger_circle, searched, shares_measured
from KNN_From_Scratch.metrics import find_metric

SCENES = ["QueryFrame", "BoxFrame", "ChoosingFrame", "ExamFrame"]


def small(demo):
    """The same with a tenth of the digits."""
    data = demo.digits.data
    parts = {name: type(part)(part.X[::10], part.y[::10])
             for name, part in (("train", data.train), ("validation", data.validation), ("test", data.test))}
    demo.digits = Digits(type(data)(data.name, data.source, **parts, class_names=data.class_names), batch=25)
    return demo


@pytest.fixture(scope="module")
def finished():
    demo, frames = small(Demo(Settings(quick=True))), FrameBuffer()
    for _ in play(demo, Display(), frames):
        pass
    return demo, frames


@pytest.mark.slow
def test_the_report_is_what_the_model_scores_with_the_k_that_validated_best(finished):
    digits, report = finished[0].digits, finished[0].report()
    train, validation, test = ((flat(part), part.y) for part in (digits.data.train, digits.data.validation,
                                                                 digits.data.test))
    scores = [KNeighborsClassifier(k).fit(*train).score(*validation) for k in NEIGHBOUR_COUNTS]
    np.testing.assert_allclose(digits.accuracy, scores)
    assert report.metrics["k"] == NEIGHBOUR_COUNTS[np.argmax(scores)]
    model = KNeighborsClassifier(int(report.metrics["k"])).fit(*train)
    assert report.metrics["test_accuracy"] == pytest.approx(model.score(*test))
    assert report.metrics["test_accuracy"] > report.baseline["test_accuracy"] + 0.5


def test_the_first_k_of_many_neighbours_vote_as_the_model_does():
    rng = np.random.default_rng(0)
    X, y, Q = rng.normal(size=(300, 3)), rng.integers(0, 10, 300), rng.normal(size=(40, 3))
    labels = y[KNeighborsClassifier().fit(X, y).kneighbors(Q, int(NEIGHBOUR_COUNTS[-1]), return_distance=False)]
    for k, predicted in zip(NEIGHBOUR_COUNTS, winners(labels, NEIGHBOUR_COUNTS).T, strict=True):
        np.testing.assert_array_equal(predicted, KNeighborsClassifier(k).fit(X, y).predict(Q))


@pytest.mark.slow
def test_the_scenes_come_in_order_and_every_frame_can_be_painted(finished):
    demo, frames = finished
    assert [type(scene[0]).__name__ for scene in frames.scenes] == SCENES
    for scene in frames.scenes:
        figure = new_figure((11, 5))
        for end in (1, len(scene)):
            draw_live(demo, figure, scene[:end])
            assert figure.get_supxlabel() == demo.phase(scene[:end])
            figure.canvas.draw()
            assert 0 < len(demo.phase(scene[:end])) <= MAX_PHASE_CHARACTERS
        assert figure.axes
    last = frames.scenes[-1][-1]
    assert isinstance(last, ExamFrame) and last.counts.sum() == len(demo.digits.data.test.y)


def test_the_rows_of_the_live_view_keep_their_size_and_the_title_counts_the_neighbours_of_the_same_digit(finished):
    rows = [frame.asked for frame in finished[1].scenes[-1][-ROWS_OF_THE_LIVE_VIEW:]]
    heights = []
    for count in (1, ROWS_OF_THE_LIVE_VIEW):
        ax = new_figure((6, 4)).add_subplot()
        closest_votes(ax, rows[:count])
        heights.append(ax.get_ylim())
    assert heights[0] == heights[1]
    agree = [int(sum(label == row.labels[0] for label in row.labels[1:])) for row in rows]
    assert f"{min(agree)} to {max(agree)} show" in ax.get_title(loc="left")


@pytest.mark.slow
def test_every_picture_paints_and_says_what_to_look_for(finished):
    pictures = list(finished[0].figures())
    assert [picture.file for picture in pictures] == [
        "regions.png", "query.png", "entropy.png", "one_axis_stretched.png", "balls.png", "curse.png",
        "tree.png", "accuracy_against_k.png", "digit_neighbours.png"]
    for picture in pictures:
        assert not faults_of(picture) and picture.caption.endswith("."), picture.file


@pytest.mark.parametrize("scene", SCENES)
def test_stopped_in_any_scene_it_still_reports_and_paints(scene):
    demo = small(Demo(Settings(quick=True)))
    for frame in demo.train():
        if type(frame).__name__ == scene:
            break
    report = demo.report()
    assert report.metrics["test_accuracy"] > 0.5 and "Stopped early" in report.notes[0]
    assert len(list(demo.figures())) == (7 if scene in SCENES[:2] else 9)


def test_the_same_seed_gives_the_same_walk_and_another_seed_another():
    def answers(seed):
        frames = (frame for frame, _ in zip(Demo(Settings(quick=True, seed=seed)).train(), range(30), strict=False))
        return [frame.metrics["radius"] for frame in frames]

    assert answers(3) == answers(3) != answers(4)


def test_the_largest_k_of_the_curve_is_less_than_the_samples():
    assert MOONS_NEIGHBOUR_COUNTS[-1] < 200 and (np.diff(MOONS_NEIGHBOUR_COUNTS) > 0).all()


# What the captions and titles say

@pytest.mark.slow
def test_a_stored_image_votes_for_itself_so_the_dashed_curve_is_never_below_and_starts_at_100_percent(finished):
    digits = finished[0].digits
    assert digits.accuracy_if_stored[0] == 1
    train, validation = ((flat(part), part.y) for part in (digits.data.train, digits.data.validation))
    for k, accuracy in zip(digits.ks[:6], digits.accuracy_if_stored, strict=False):
        right = [KNeighborsClassifier(k).fit(np.vstack([x[None], train[0]]), np.append(y, train[1])).predict(x[None])[0]
                 == y for x, y in zip(*validation, strict=True)]
        assert accuracy == np.mean(right)
    for new, stored in ((digits.accuracy, digits.accuracy_if_stored), finished[0].moons_accuracy()):
        assert (stored >= new).all() and stored[0] == 1 > new[0]


@pytest.mark.parametrize("k", [1, 2, 7, 20])
@pytest.mark.parametrize("metric", list(METRICS))
def test_the_boundary_that_is_drawn_is_where_the_prediction_changes(finished, k, metric):
    moons, points = finished[0].moons, np.random.default_rng(0).normal(0.5, 1.5, (400, 2))
    model = KNeighborsClassifier(k, metric=metric).fit(*moons)
    np.testing.assert_array_equal(lead(moons, k, points, metric=metric, engine="plain") > 0, model.predict(points) == 1)


def test_the_more_neighbours_vote_the_more_samples_are_outvoted_at_their_own_place(finished):
    moons = finished[0].moons
    assert [outvoted(moons, k) for k in (1, 5, 15, len(moons.y))] == [0, 10, 17, 100]


def test_the_paler_the_map_the_closer_the_vote_and_a_tie_is_the_palest(finished):
    moons = finished[0].moons
    light = []
    for k in (15, len(moons.y)):
        ax = new_figure((4, 3)).add_subplot()
        vote_map(ax, moons, k, steps=40)
        image = ax.images[0]
        colours = image.to_rgba(np.asarray(image.get_array()))                           # (40, 40, 4)
        light.append(np.array([luminance(colour) for colour in colours.reshape(-1, 4)]))
        assert (colours[..., 3] == 1).all(), "nothing is paler for another reason than the vote"
        lead_of_a_class = np.abs(np.asarray(image.get_array()).ravel() - 0.5)
        assert light[-1][lead_of_a_class.argmin()] == light[-1].max()
    assert moons.y.sum() == 100 and light[1].min() > 0.99 and light[1].min() > light[0].max()


@pytest.mark.slow
def test_the_rings_are_the_seven_nearest_and_each_outline_goes_through_the_last_of_them(finished):
    demo = finished[0]
    figure = paint(next(picture for picture in demo.figures() if picture.file == "balls.png"))
    for ax, metric in zip(figure.axes[3:], METRICS, strict=True):
        distance, index = KNeighborsClassifier(7, metric=metric).fit(*demo.moons).kneighbors(QUERY[None])
        rings = next(dots for dots in ax.collections if np.shape(dots.get_offsets()) == (7, 2))
        np.testing.assert_array_equal(rings.get_offsets(), demo.moons.X[index[0]])
        outline = ax.patches[0].get_path().vertices
        np.testing.assert_allclose(find_metric(metric).length(outline - QUERY), distance[0, -1])


def test_the_opened_box_outside_the_circle_was_opened_when_the_circle_was_the_dashed_one(finished):
    demo = finished[0]
    met = searched(demo.points, TREE_QUERIES[0], demo.neighbours)
    outside = [box for box in met if box.opened and box.gap > met[-1].radius]
    assert len(outside) == 1 and met[-1].radius < outside[0].gap < larger_circle(met)
    closest_first = np.sort(np.linalg.norm(demo.points - TREE_QUERIES[0], axis=1))
    assert met[-1].radius == pytest.approx(closest_first[demo.neighbours - 1])


@pytest.mark.slow
def test_the_picture_of_the_tree_shows_both_circles(finished):
    demo = finished[0]
    met = searched(demo.points, TREE_QUERIES[0], demo.neighbours)
    picture = next(picture for picture in demo.figures() if picture.file == "tree.png")
    circles = [patch.get_radius() for patch in paint(picture).axes[0].patches if isinstance(patch, Circle)]
    assert sorted(circles) == [met[-1].radius, larger_circle(met)] and "the dashed one" in picture.caption


@pytest.mark.slow
def test_another_metric_changes_little(finished):
    demo, leads = finished[0], {}
    for metric in METRICS:
        leads[metric] = vote_map(new_figure((4, 3)).add_subplot(), demo.moons, demo.neighbours, metric=metric) > 0
    assert max(np.mean(leads[metric] != leads["euclidean"]) for metric in METRICS) < 0.03


def test_the_votes_are_split_on_more_of_the_map_the_more_neighbours_vote(finished):
    points = np.random.default_rng(0).uniform([-2, -1.5], [3, 2], (500, 2))
    split = [np.mean(vote_entropy(KNeighborsClassifier(k).fit(*finished[0].moons).predict_proba(points)) > SPLIT_BITS)
             for k in (1, 5, 15, 50)]
    assert split[0] == 0 and (np.diff(split) > 0).all()


def test_a_query_far_from_all_samples_gets_as_clear_an_answer_as_one_among_them(finished):
    demo = finished[0]
    model = KNeighborsClassifier(demo.neighbours).fit(*demo.moons)
    near, contested, far = (model.kneighbors(query[None]) for query in demo._moments().values())
    assert far[0][0, -1] > 3 * near[0][0, -1]
    assert [abs(2 * demo.moons.y[index].mean() - 1) for _, index in (near, far)] == [1, 1]
    assert demo.moons.y[contested[1]].sum() in (3, 4)


def test_stretching_an_axis_costs_accuracy(finished):
    demo, stretch = finished[0], np.array([1, 10])
    accuracy = [KNeighborsClassifier(demo.neighbours).fit(demo.moons.X * scale, demo.moons.y).score(
        demo.moons_validation.X * scale, demo.moons_validation.y) for scale in (1, stretch)]
    assert accuracy == pytest.approx([0.90, 0.85])


def test_the_more_dimensions_the_nearer_the_nearest_is_to_the_mean():
    rng, nearest = np.random.default_rng(0), []
    for d in DIMENSIONS:
        X, Q = rng.random((CURSE_POINTS, d)), rng.random((20, d))
        distance = BruteForce(X, find_metric("euclidean")).query(Q, CURSE_POINTS)[0]
        nearest.append(np.median(distance[:, 0] / distance.mean(axis=1)))
    assert (np.diff(nearest) > 0).all() and nearest[-1] == pytest.approx(0.93, abs=0.01)


def test_the_boxes_that_are_struck_off_are_beyond_the_circle_and_hold_no_neighbour(finished):
    demo, metric = finished[0], find_metric("euclidean")
    tree = WatchedTree(demo.points, metric, 12)
    for q in np.random.default_rng(0).normal(0.5, 1, (20, 2)):
        met = tree.boxes(q, demo.neighbours)
        nearest = BruteForce(demo.points, metric).query(q[None], demo.neighbours)[1][0]
        np.testing.assert_array_equal(met[-1].nearest, nearest)
        for box in met:
            inside = ((box.bounds[0] <= demo.points) & (demo.points <= box.bounds[1])).all(axis=1)
            assert box.opened or (box.gap > box.radius and not inside[nearest].any())
        opened = [((box.bounds[0] <= demo.points) & (demo.points <= box.bounds[1])).all(axis=1) for box in met
                  if box.opened]
        assert met[-1].counted == sum(inside.sum() for inside in opened) < len(demo.points)


@pytest.mark.slow
def test_the_picture_of_the_tree_says_what_each_mark_is(finished):
    figure = paint(next(picture for picture in finished[0].figures() if picture.file == "tree.png"))
    named = [text.get_text() for text in figure.legends[0].get_texts()]
    assert named == ["the query", "its 7 nearest samples", "circle around them", "the circle before",
                     "distance computed", "box that was opened", "crossed: box left out"]


def test_the_sentences_of_the_walk_are_true_of_the_votes():
    for k in (5, 7, 20):
        for lower in range(k + 1):
            said = sentence(lower / k, 0.1, k)
            assert said.startswith("Contested") == (abs(2 * lower - k) <= 1)
            if said.startswith("Contested"):             # one vote may decide otherwise (a tie: upper)
                assert f", {max(lower, k - lower)} to {min(lower, k - lower)}:" in said
                assert len({2 * (lower + change) > k for change in (-1, 0, 1)}) == 2
    assert "They vote, 5 to 2" in sentence(5 / 7, 0.8, 7) and len(sentence(5 / 7, 0.8, 7)) <= MAX_PHASE_CHARACTERS
    assert "Contested" not in sentence(1.0, 0.1, 1)


@pytest.mark.slow
def test_the_title_of_the_digits_counts_the_neighbours_of_the_last_row(finished):
    demo = finished[0]
    figure = paint(next(picture for picture in demo.figures() if picture.file == "digit_neighbours.png"))
    found = re.fullmatch(r"near is not always the same: (\d+) of the ten nearest images of (an? \d) show \2",
                         figure.get_suptitle())
    digits = demo.digits
    agree = (digits.data.train.y[digits.nearest] == digits.data.validation.y[:, None]).sum(axis=1)
    row = int(np.abs(agree - 2).argmin())
    assert found and found[1] == str(agree[row]) and found[2] == with_article(str(digits.data.validation.y[row]))


def test_the_picture_of_the_tree_counts_28_distances_of_300(finished):
    frames = next(scene for scene in finished[1].scenes if type(scene[0]).__name__ == "BoxFrame")
    first = [frame.box for frame in frames if (frame.query == frames[0].query).all()]
    assert (first[-1].counted, sum(box.opened for box in first)) == (28, 3)


@pytest.mark.slow
def test_a_tree_measures_nearly_nothing_in_two_dimensions_and_nearly_all_in_twenty():
    shares = shares_measured(np.random.default_rng(0), 7)
    assert (np.diff(shares) > 0).all() and shares[1] < 0.02 and shares[-1] > 0.99

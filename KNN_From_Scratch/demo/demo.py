"""Chapter 3, live: a query moves between two moons, a k-d tree is searched box by box, and digits are classified."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from ai_from_scratch.data import Samples, load_mnist, two_moons
from ai_from_scratch.stage import paint
from ai_from_scratch.stage.demo import DataUse, Picture, Report, Settings
from KNN_From_Scratch.demo.digits import ChoosingFrame, Digits, ExamFrame, flat, itself_first, winners
from KNN_From_Scratch.demo.digits_view import (
    ROWS_OF_THE_LIVE_VIEW,
    accuracy_against_k,
    choosing,
    closest_votes,
    rows_of_neighbours,
)
from KNN_From_Scratch.demo.distances import curse_of_dimension, entropy_maps, one_axis_stretched, three_balls
from KNN_From_Scratch.demo.moons import MovingQuery, ShareAlongPath, four_regions, query_path, sentence, three_queries
from KNN_From_Scratch.demo.tree import BoxFrame, TreeSearch, on_the_dashed_circle, search_frames, searched, tree_search
from KNN_From_Scratch.knn import KNeighborsClassifier

NEIGHBOURS = 7                              # of the moving query
SAMPLES_PER_PART = 200                        # samples in each of train, validation and test
MOONS_NEIGHBOUR_COUNTS = np.array([1, 3, 5, 7, 9, 11, 15, 21, 31, 45, 65, 95, 135, 165, 185, 199])
TREE_POINTS = 300                              # a tree of 32 leaves
TREE_QUERIES = np.array([[0.55, 0.3], [2.3, 1.3]])       # one query among the samples, one outside them
IMAGES_IF_STOPPED = 500                        # test images that are classified if the user stopped early


class QueryFrame(NamedTuple):
    """One step of the query's path."""

    step: int
    steps: int
    metrics: dict[str, float]
    query: np.ndarray              # (2,)
    nearest: np.ndarray            # (NEIGHBOURS,) indices of the query's neighbours

    title: str = "two moons"
    hold: float = 0.15


class Demo:
    """Nothing is trained here; only the query moves."""

    uses = frozenset({"set"})
    model_class = KNeighborsClassifier

    def __init__(self, settings: Settings) -> None:
        self.seed = settings.seed
        rng = np.random.default_rng(settings.seed)
        parts = (two_moons(SAMPLES_PER_PART, 0.3, rng=rng) for _ in range(3))
        self.moons, self.moons_validation, self.moons_test = parts
        self.path = query_path(30 if settings.quick else 60)
        self.points = two_moons(TREE_POINTS, 0.3, rng=np.random.default_rng(settings.seed + 1)).X
        self.neighbours = min(settings.parameters.get("n_neighbors", NEIGHBOURS), SAMPLES_PER_PART)
        mnist = load_mnist(download=settings.download, sample=settings.sample)
        self.digits = Digits(mnist, 50 if mnist.is_sample else 500, settings.parameters)
        self.data = [DataUse("two moons", f"made here with seed {settings.seed}", *[SAMPLES_PER_PART] * 3),
                     DataUse(mnist.name, mnist.source,
                             *(len(part.y) for part in (mnist.train, mnist.validation, mnist.test)))]

    def train(self) -> Iterator[QueryFrame | BoxFrame | ChoosingFrame | ExamFrame]:
        model = KNeighborsClassifier(self.neighbours).fit(*self.moons)
        for step, query in enumerate(self.path, start=1):
            distance, index = model.kneighbors(query[None])
            metrics = {"lower moon's share": self.moons.y[index].mean(), "radius": distance[0, -1]}
            yield QueryFrame(step, len(self.path), metrics, query, index[0])
        yield from search_frames(self.points, TREE_QUERIES, self.neighbours)
        self.digits.fit()
        yield from self.digits.choose()
        yield from self.digits.examine()

    def draw(self, figure: Figure, frames: Sequence[QueryFrame | BoxFrame | ChoosingFrame | ExamFrame]) -> None:
        last = frames[-1]
        if isinstance(last, BoxFrame):
            if not figure.axes:
                left, right = figure.subplots(1, 2, width_ratios=[1.6, 1])
                self.tree = TreeSearch(left, self.points, TREE_QUERIES, right)
            self.tree.update(last.query, [frame.box for frame in frames if isinstance(frame, BoxFrame)
                                          and (frame.query == last.query).all()])
            return
        if isinstance(last, QueryFrame):
            if not figure.axes:    # an empty figure: the regions take too long to paint at every step
                axes = figure.subplot_mosaic([["map", "share"], ["map", "votes"]], width_ratios=[2, 1],
                                             height_ratios=[2, 1])
                self.views = (MovingQuery(axes["map"], axes["votes"], self.moons, self.neighbours),
                              ShareAlongPath(axes["share"], last.steps))
            self.views[0].update(last.query, last.nearest, last.metrics["radius"])
            self.views[1].update([frame.metrics["lower moon's share"] for frame in frames])
            return
        for ax in figure.axes:                     # figure.clear() would also remove the sentence below the axes
            ax.remove()
        left, right = figure.subplots(1, 2, width_ratios=[1.5, 1])
        shown = frames[-ROWS_OF_THE_LIVE_VIEW:]
        closest_votes(left, [frame.asked for frame in shown if isinstance(frame, ChoosingFrame | ExamFrame)])
        if isinstance(last, ChoosingFrame):
            choosing(right, self.digits.ks, last.accuracy)
        else:
            true, predicted = (np.repeat(place, last.counts.ravel()) for place in np.divmod(np.arange(100), 10))
            paint.confusion(right, true, predicted, self.digits.data.class_names, size=9.5)
            right.set_title(f"k = {self.digits.k}: {100 * last.metrics['test_accuracy']:.2f} % "
                            f"of {last.counts.sum():,} test images right")

    def phase(self, frames: Sequence[QueryFrame | BoxFrame | ChoosingFrame | ExamFrame]) -> str:
        last = frames[-1]
        if isinstance(last, QueryFrame):
            return sentence(last.metrics["lower moon's share"], last.metrics["radius"], self.neighbours)
        if isinstance(last, BoxFrame):
            if last.box.opened:
                return ("This box may hold a neighbour: it is opened, and the distance to each of its samples is "
                        "computed.")
            return "This box is farther away than the circle reaches: it is left out, with all boxes inside it."
        if isinstance(last, ChoosingFrame):
            return "Validation images are classified with every k; the test images are not used before k is chosen."
        how = "set" if self.digits.is_set else "chosen"
        return f"k = {self.digits.k} is {how}: each test image is classified once. Dark frames: another class."

    def figures(self) -> Iterator[Picture]:
        yield Picture("regions.png", lambda figure: four_regions(figure, self.moons, self.moons_validation),
                      "k = 1 gives every stray sample an island of its own. More neighbours outvote the strays: at "
                      "their place the other class wins. If all samples vote, every point gets the same answer (here "
                      "100 votes to 100, and a tie goes to the first class). The paler the colour, the closer the "
                      "vote; white is a tie. Percentages: new samples.",
                      size=(8, 5.2))
        yield Picture("query.png", lambda figure: three_queries(figure, self.moons, self.neighbours, self._moments()),
                      f"The {self.neighbours} nearest samples of the star vote, those within the circle. The circle is "
                      "small where samples are dense and grows until it holds enough of them. They vote even if they "
                      "are far away. Dotted: half of the votes.", size=(8, 3.8), dark=True)
        yield from self._distances()
        shrinks = on_the_dashed_circle(searched(self.points, TREE_QUERIES[0], self.neighbours))
        yield Picture("tree.png", lambda figure: tree_search(figure, self.points, TREE_QUERIES[0], self.neighbours,
                                                             np.random.default_rng(self.seed)),
                      f"Left, one search for the {self.neighbours} nearest samples of the star. Only the boxes with a "
                      "thick edge were opened, and only the distances of their black samples computed. The crossed "
                      f"boxes, with all boxes in them, are farther away than the circle. {shrinks}Right, evenly spread "
                      "points: with 20 features nearly every box touches the circle, and the tree saves nothing.",
                      size=(8, 4.4))
        digits = self.digits
        if not digits.validated:
            return
        yield Picture("accuracy_against_k.png", self._accuracy_against_k,
                      "Solid: validation samples, which are not stored. Dashed: the same samples, each stored among "
                      "the training samples while it is classified. With k = 1 a stored sample is its own "
                      "nearest neighbour and always right; this means nothing. The diamond is the k that was chosen on "
                      "validation samples. Only this k was used on the test samples (star).", size=(8, 4))
        yield Picture("digit_neighbours.png", self._digit_neighbours,
                      "Validation images (left) and the ten nearest training images, pixel by pixel, each above its "
                      "label. Dark frame: the label differs. Images with near pixels need not show the same digit.",
                      size=(8, 2.8))

    def _distances(self) -> Iterator[Picture]:
        yield Picture("entropy.png", lambda figure: entropy_maps(figure, self.moons),
                      "Dark: the votes are split. With k = 1 they never are, even where the answer is wrong. With "
                      "more neighbours a band of split votes follows the boundary, and its width grows with k. Split: "
                      "more than half a bit.", size=(8, 5))
        yield Picture("one_axis_stretched.png",
                      lambda figure: one_axis_stretched(figure, self.moons, self.moons_validation, self.neighbours),
                      f"The star's {self.neighbours} neighbours are ringed. Right, x₂ was measured in units a tenth as "
                      "large: it now decides nearly alone who is near, so the neighbours lie in a flat band and the "
                      "boundary frays into flat stripes. Standardise first.", size=(8, 2.9))
        yield Picture("balls.png", lambda figure: three_balls(figure, self.moons, self.neighbours),
                      f"Ringed (below, magnified): the {self.neighbours} nearest samples of the star. Each outline is "
                      "the set of points as far from it as the last of them, in that distance. The outlines differ "
                      "more than the boundaries do: the samples decide more than the metric.", size=(8, 4.1))
        yield Picture("curse.png", lambda figure: curse_of_dimension(figure, np.random.default_rng(self.seed)),
                      "Distances from random queries to points spread evenly in a cube, divided by their mean; the "
                      "line is the nearest point. The more dimensions, the narrower the peak. In 784 dimensions the "
                      "nearest point is nearly as far as all others. Images do not suffer from this, as they vary in "
                      "few directions.", size=(8, 2.9))

    def report(self) -> Report:
        digits = self.digits
        train, test = digits.data.train.y, digits.data.test
        majority = np.bincount(train).argmax()
        if digits.tested == len(test.y):
            accuracy, asked = digits.test_accuracy, test
            how = "was set" if digits.is_set else f"was chosen among {', '.join(map(str, digits.ks))}"
            notes = [f"k = {digits.k} {how}; on {digits.validated:,} validation images "
                     f"{100 * digits.accuracy.max():.2f} % are right."]
        else:
            asked = Samples(test.X[:IMAGES_IF_STOPPED], test.y[:IMAGES_IF_STOPPED])
            digits.fit()
            digits.model.set_params(n_neighbors=digits.k)
            accuracy = digits.model.score(flat(asked), asked.y)
            how = ("set" if digits.is_set else "chosen on all validation images" if digits.chosen
                   else "not the result of a finished choice")
            notes = [f"Stopped early: k = {digits.k} is {how}; only the first {len(asked.y)} test images were "
                     "classified."]
        base = float((asked.y == majority).mean())
        return Report({"test_accuracy": accuracy, "k": digits.k}, {"test_accuracy": base}, "majority class", notes)

    # ---- the figures --------------------------------------------------------------------------------------------

    def _moments(self) -> dict[str, np.ndarray]:
        """Three places on the query's path: unanimous votes, contested votes, far from all samples."""
        distance, index = KNeighborsClassifier(self.neighbours).fit(*self.moons).kneighbors(self.path)
        share = self.moons.y[index].mean(axis=1)                     # (steps,)
        radius, one_sided = distance[:, -1], np.abs(share - 0.5)
        contested = np.where(one_sided == one_sided.min(), radius, np.inf).argmin()
        unanimous = np.where(share == 0, radius, np.inf).argmin()
        return {name: self.path[i] for name, i in (("unanimous", unanimous), ("contested", contested),
                                                   ("far from all", radius.argmax()))}

    def moons_accuracy(self) -> tuple[np.ndarray, np.ndarray]:               # (ks,), (ks,)
        """Accuracy of the validation samples for each k: as they are, and if each of them were a stored sample, too."""
        y = self.moons_validation.y
        distance, index = KNeighborsClassifier().fit(*self.moons).kneighbors(self.moons_validation.X,
                                                                             int(MOONS_NEIGHBOUR_COUNTS[-1]))
        labels = self.moons.y[index]                                         # (N, 199)
        stored, _ = itself_first(y, labels, distance)
        new, old = ((winners(votes, MOONS_NEIGHBOUR_COUNTS) == y[:, None]).mean(axis=0) for votes in (labels, stored))
        return new, old

    def _accuracy_against_k(self, figure: Figure) -> None:
        left, right = figure.subplots(1, 2)
        new, stored = self.moons_accuracy()
        best = int(MOONS_NEIGHBOUR_COUNTS[new.argmax()])
        test = KNeighborsClassifier(best).fit(*self.moons).score(*self.moons_test)
        accuracy_against_k(left, MOONS_NEIGHBOUR_COUNTS, new, best, test, stored)
        left.set_title(f"two moons: k = {best} is best on new samples")

        digits = self.digits
        accuracy_against_k(right, digits.ks, digits.accuracy, digits.k,
                           digits.test_accuracy if digits.tested else None, digits.accuracy_if_stored, "images")
        right.set_ylabel("")
        right.set_title(f"{digits.data.name}: k = {digits.k} is {'set' if digits.is_set else 'best on new images'}")

    def _digit_neighbours(self, figure: Figure) -> None:
        digits = self.digits
        labels = digits.data.train.y[digits.nearest[:digits.validated]]             # (validated, 10)
        agree = (labels == digits.data.validation.y[:digits.validated, None]).sum(axis=1)
        rows, names = [], []
        for name, wanted in (("unanimous", 10), ("contested", 6), ("outvoted", 2)):
            i = int(np.abs(agree - wanted).argmin())
            rows.append(digits.asked(i))
            names.append(f"{name}\n{agree[i]} of 10")
        ax = figure.add_subplot()
        rows_of_neighbours(ax, rows, names)
        digit = paint.with_article(str(rows[-1].labels[0]))
        figure.suptitle(f"near is not always the same: {agree[i]} of the ten nearest images of {digit} show {digit}",
                        x=0.01, ha="left", fontsize=11)

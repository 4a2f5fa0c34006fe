"""Chapter 5, live: small networks separate two moons, shown in three ways; then a larger network classifies digits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from matplotlib.figure import Figure

from ai_from_scratch.stage.demo import DataUse, Picture, Report, Settings
from Basic_Neural_Network_From_Scratch.demo import flow, hidden, mistakes, race
from Basic_Neural_Network_From_Scratch.demo.bending import Bending, BendingFrame
from Basic_Neural_Network_From_Scratch.demo.mnist import Digits, DigitsFrame
from Basic_Neural_Network_From_Scratch.demo.moons import Moons, MoonsFrame, sentence
from Basic_Neural_Network_From_Scratch.demo.valley import Valley, ValleyFrame
from Basic_Neural_Network_From_Scratch.mlp import MLPClassifier

Frame = MoonsFrame | ValleyFrame | BendingFrame | DigitsFrame


class Demo:
    """Four scenes: two moons (2-8-1, tanh), their loss, the plane bent and folded, MNIST (784-256-128-10, ReLU)."""

    uses = frozenset({"epochs", "set"})
    model_class = MLPClassifier     # of the digits

    def __init__(self, settings: Settings) -> None:
        self.seed = settings.seed
        self.moons = Moons(settings.seed, settings.epochs)
        self.valley = Valley(self.moons)
        self.bending = Bending(self.moons.learnt, settings.seed, settings.epochs)
        self.digits = Digits(settings)
        self.data: list[DataUse] = [self.moons.use, self.digits.use]

    model = property(lambda self: self.digits.model)

    def train(self) -> Iterator[Frame]:
        yield from self.moons.train()
        yield from self.valley.train()
        yield from self.bending.train()
        yield from self.digits.train()

    def draw(self, figure: Figure, frames: Sequence[Frame]) -> None:
        fresh = not figure.axes
        if fresh:
            figure.set_layout_engine("constrained")
        if isinstance(frames[-1], MoonsFrame):
            self.moons.draw(figure, [frame for frame in frames if isinstance(frame, MoonsFrame)])
        elif isinstance(frames[-1], ValleyFrame):
            self.valley.draw(figure, [frame for frame in frames if isinstance(frame, ValleyFrame)])
        elif isinstance(frames[-1], BendingFrame):
            self.bending.draw(figure, [frame for frame in frames if isinstance(frame, BendingFrame)])
        else:
            self.digits.draw(figure, [frame for frame in frames if isinstance(frame, DigitsFrame)])
        engine = figure.get_layout_engine()
        if fresh and engine is not None:      # the layout takes longer than the painting: it is computed once
            engine.execute(figure)
            figure.set_layout_engine("none")

    def phase(self, frames: Sequence[Frame]) -> str:
        last = frames[-1]
        if isinstance(last, MoonsFrame):
            return sentence([frame for frame in frames if isinstance(frame, MoonsFrame)])
        if isinstance(last, ValleyFrame):
            return self.valley.phase(last)
        if isinstance(last, BendingFrame):
            return self.bending.phase(last)
        return self.digits.phase([frame for frame in frames if isinstance(frame, DigitsFrame)])

    def figures(self) -> Iterator[Picture]:
        """The pictures of the scenes that have run, then those that train their own networks."""
        if self.moons.frames:
            yield from self.moons.pictures()
            yield from self.valley.pictures()
        if self.digits.frames:
            yield from self.digits.pictures()
        yield from hidden.pictures(self.moons.learnt, self.seed)
        yield from flow.pictures(self.digits.data, self.seed)
        yield from race.pictures()
        yield from mistakes.pictures(self.moons.learnt, self.seed)

    def report(self) -> Report:
        accuracy = self.moons.held_out_accuracy()
        moons = f"Two moons: {accuracy:.1%} of 200 held-out points are classified correctly."
        if not self.digits.frames:
            return Report({"held_out_accuracy_of_the_moons": accuracy}, {}, "",
                          ["The run was stopped before the digits."])
        last, network = self.digits.frames[-1], self.digits.model.network_
        notes = [moons, f"Digits: {network.parameters.size:,} parameters, {last.epoch} epochs. The choices used "
                        f"the validation accuracy, which is {last.metrics['validation accuracy']:.2%}."]
        return Report({"test_accuracy": self.digits.test_accuracy()},
                      {"test_accuracy": self.digits.majority_accuracy()}, "the most frequent digit", notes)

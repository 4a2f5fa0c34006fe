"""A chapter for the tests of the runner with a picture that cannot be painted, between two that can."""

from Steady_From_Scratch.demo import Demo as Steady

from ai_from_scratch.stage.demo import Picture


class Demo(Steady):
    def figures(self):
        yield from super().figures()
        yield Picture("bad.png", self.spoil, "No picture.")
        yield Picture("later.png", lambda figure: figure.add_subplot().plot([1, 2]), "A line.")

    def spoil(self, figure):
        raise RuntimeError("no paint")

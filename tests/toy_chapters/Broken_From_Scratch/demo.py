"""A chapter for the tests of the runner that fails in the middle of its training."""

from Steady_From_Scratch.demo import Demo as Steady


class Demo(Steady):
    def train(self):
        yield from list(super().train())[:2]
        raise RuntimeError("the dog ate the gradient")

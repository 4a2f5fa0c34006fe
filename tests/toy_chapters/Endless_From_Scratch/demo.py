"""A chapter for the tests of the runner that takes far too long, so that it has to be interrupted."""

from Steady_From_Scratch.demo import Demo as Steady


class Demo(Steady):
    pause = 0.02
    steps = 1_000_000

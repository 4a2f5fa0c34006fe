"""A chapter for the tests of the runner that trains for about ten seconds."""

from Steady_From_Scratch.demo import Demo as Steady


class Demo(Steady):
    pause = 0.02
    steps = 500

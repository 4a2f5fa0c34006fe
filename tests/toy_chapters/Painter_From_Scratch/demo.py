"""A chapter for the tests of the runner whose pictures take a second each."""

import time

from Steady_From_Scratch.demo import Demo as Steady

from ai_from_scratch.stage.demo import Picture


class Demo(Steady):
    def figures(self):
        for i in range(20):
            yield Picture(f"slow-{i}.png", lambda figure: time.sleep(1), "Nothing.")

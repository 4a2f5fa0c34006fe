"""A chapter for the tests of the runner whose model has a parameter."""

from Steady_From_Scratch.demo import Demo as Steady

from ai_from_scratch.estimator import Classifier
from ai_from_scratch.estimator.rules import positive


class Tuned(Classifier):
    def __init__(self, C=1.0):
        self.C = C

    def training(self):
        self._check_rules(C=positive)


class Demo(Steady):
    uses = frozenset({"set"})
    model_class = Tuned

    def __init__(self, settings):
        super().__init__(settings)
        self.model = Tuned(**settings.parameters)

    def train(self):
        self.model.training()
        for frame in super().train():
            yield frame._replace(metrics={"C": self.model.C})

"""The toy chapter's answer to --csv."""

from Steady_From_Scratch import demo

from ai_from_scratch.stage.demo import DataUse


class Demo(demo.Demo):
    uses = frozenset({"csv", "target"})

    def __init__(self, settings):
        super().__init__(settings)
        rows = len(settings.csv.read_text().splitlines()) - 1
        self.data = [DataUse(f"a table of {rows} row", str(settings.csv), rows)]

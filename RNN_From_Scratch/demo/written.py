"""The views of a text that the shipped network writes: states, probabilities, surprise, influence."""

import math
from functools import cache

import numpy as np

from ai_from_scratch.weights import load
from Logistic_Regression_From_Scratch.cross_entropy import log_softmax
from playground.scene import Controls, Frame
from RNN_From_Scratch.char_rnn import CharRNN
from RNN_From_Scratch.demo.influence import influence
from RNN_From_Scratch.demo.train_weights import WEIGHTS_FILE
from RNN_From_Scratch.demo.unit_correlations import UnitFeature, best_units, closest_units
from RNN_From_Scratch.sampling import probabilities

INFLUENCE_CHARACTERS, COLUMNS, CHOICES = 60, 48, 12  # characters whose influence is computed; columns of states; bars
REFERENCE_CHARACTERS = 2000            # characters over which units and features are correlated
UNITS = 4                              # at most, that follow a feature


@cache
def shipped() -> CharRNN:
    """The shipped network."""
    return CharRNN.from_arrays(*load(WEIGHTS_FILE))


@cache
def named_units() -> list[UnitFeature]:
    """The units that follow a feature of a text which the network wrote itself; the closest first, no unit twice."""
    text = "".join(shipped().generate("HAMLET:\n", REFERENCE_CHARACTERS, rng=0))
    return closest_units(best_units(shipped().hidden_states(text), text), UNITS)


class Written:
    """The text so far, and the network's states and probabilities at each of its characters."""

    def __init__(self, controls: Controls, prompt: str) -> None:
        self.controls, self.model, self.prompt = controls, shipped(), prompt
        self.codes: list[int] = list(self.model.vocabulary_.encode(prompt))
        self.states, self.surprise = np.zeros((0, self.model.network_.units)), np.zeros(0)
        self.state: np.ndarray | None = None

    @property
    def text(self) -> str:
        return "".join(self.model.vocabulary_.characters[code] for code in self.codes)

    def read_on(self) -> np.ndarray:                                         # (V,)
        """Reads the characters written since the last frame; returns the logits of the next one."""
        network, new = self.model.network_, np.array(self.codes[len(self.states):], int)
        before = network.start()[-1, 0] if self.state is None else self.state[-1, 0]          # (1, H)
        h, self.state = network.read(new[:, None], self.state)               # (n, 1, H)
        states = np.concatenate([before, h[:, 0]])                           # (n + 1, H)
        logits = network.output.forward(states).astype(np.float64)           # (n + 1, V)
        bits = -log_softmax(logits[:-1].T)[new, np.arange(len(new))] / math.log(2)
        self.states, self.surprise = np.concatenate([self.states, states[1:]]), np.append(self.surprise, bits)
        return logits[-1]

    def frame(self, say: str, rest: bool = False) -> Frame:
        logits, controls, text = self.read_on(), self.controls, self.text
        characters = self.model.vocabulary_.characters
        p, own = probabilities(logits, controls["temperature"], controls["top_p"]), probabilities(logits)
        most = np.argsort(-np.maximum(p, own), kind="stable")[:CHOICES]
        written = self.surprise[len(self.prompt):]
        bits = {"mean surprise, bits": round(float(written.mean()), 2)} if len(written) else {}
        rows = named_units()
        states = self.states[-COLUMNS:, [row.unit for row in rows]].T * [[np.sign(row.r)] for row in rows]
        shade, meaning = self.shade(text)
        return {
            "say": say, "rest": rest,
            "numbers": {"characters": len(self.codes) - len(self.prompt), **bits,
                        "entropy of the next, bits": round(float(-(p[p > 0] * np.log2(p[p > 0])).sum()), 2)},
            "answers": {"bits": bits["mean surprise, bits"]} if len(written) >= 200 else {},
            "text": {"text": text, "prompt": len(self.prompt), "shade": shade, "meaning": meaning,
                     "detail": self.surprise, "unit": "bits of surprise"},
            "next": {"labels": [visible(characters[code]) for code in most], "values": p[most], "outline": own[most]},
            "states": {"values": states, "rows": [f"{row.feature} (r {abs(row.r):.2f})" for row in rows],
                       "columns": [visible(character) for character in text[-COLUMNS:]]},
        }

    def shade(self, text: str) -> tuple[np.ndarray, str]:                    # (n,) in −1 … 1, and its meaning
        chosen = self.controls["shade"]
        if chosen == "surprise":
            return np.clip(self.surprise / 6, 0, 1), "darker: the network was more surprised"
        if chosen == "unit":
            row = named_units()[min(self.controls["unit"], len(named_units())) - 1]
            return self.states[:, row.unit] * np.sign(row.r), f"state of unit {row.unit}, which follows: {row.feature}"
        shade = np.zeros(len(text))
        if text:
            best, weight = influence(self.model, text[-INFLUENCE_CHARACTERS:])
            shade[-INFLUENCE_CHARACTERS:] = np.clip(1 + np.log10(np.maximum(weight / weight.max(), 1e-9)) / 2, 0, 1)
            return shade, f"darker: this character changes the logit of “{visible(best)}” more (white: 1 % or less)"
        return shade, ""


def visible(character: str) -> str:
    return {" ": "␣", "\n": "↵"}.get(character, character)

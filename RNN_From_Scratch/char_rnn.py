"""CharRNN: learns a text character by character.

    loss = − mean of ln P(x(t+1) | x(0) … x(t))

Truncated back-propagation through time (Williams and Peng, 1990): a stream is read chunk by chunk, the state goes on
from one to the next, the gradient stops where the chunk begins.
"""

import math
from collections.abc import Iterator
from numbers import Integral, Real
from typing import Any, Self

import numpy as np

from ai_from_scratch.estimator import DivergenceError, Progress, check_random_state
from ai_from_scratch.estimator.parameters import Parameters
from Basic_Neural_Network_From_Scratch import SCHEDULES, Adam, SoftmaxCrossEntropy, schedule_named
from RNN_From_Scratch.language_model import LanguageModel
from RNN_From_Scratch.network import CharNetwork
from RNN_From_Scratch.text import Chunk, Vocabulary, chunks, streams


class CharRNN(LanguageModel, Parameters):
    """A recurrent network over the characters of one text.

    units           H, the size of what it remembers
    dropout         share of the recurrent weights left out at each update (see Recurrence)
    streams, chunk  B texts read side by side, T characters at a time: gradients see at most T characters back
    clip            a gradient longer than this (all parameters together) is shortened to it
    learning_rate   how learning_rate_init changes: "constant", "step", "cosine" or "one-cycle"
    max_iter        passes over the text
    validate_every  updates from one look at the validation text to the next
    alphabet        characters that may come besides those of the training text
    random_state    an integer makes training repeat itself bit for bit

        model = CharRNN(max_iter=30).fit(play[:-20_000], validation=play[-20_000:])
        print("".join(model.generate("HAMLET:\\n", 400)))
    """

    validation_curve_: list[tuple[int, float]]    # (step, bits per character of the validation text)
    best_step_: int                               # the step with the lowest of them, 0 where there is none
    n_iter_: int                                  # passes begun

    def __init__(
        self, units: int = 256, *, dropout: float = 0.2, streams: int = 32, chunk: int = 64, clip: float = 1.0,
        learning_rate: str = "cosine", learning_rate_init: float = 4e-3, max_iter: int = 45,
        validate_every: int = 70, alphabet: str = "", random_state: Any = None,
    ) -> None:
        self.units, self.dropout, self.streams, self.chunk, self.clip = units, dropout, streams, chunk, clip
        self.learning_rate, self.learning_rate_init, self.max_iter = learning_rate, learning_rate_init, max_iter
        self.validate_every, self.alphabet, self.random_state = validate_every, alphabet, random_state

    def fit(self, text: str, validation: str = "") -> Self:
        """Learn the text; with a validation text, the step that predicts it best is kept."""
        for _ in self.training(text, validation):
            pass
        return self

    def training(self, text: str, validation: str = "") -> Iterator[Progress]:
        """The same, pausing after every update.  `loss` is the chunk's, in nats, before the update that it led to.

        metrics: bits_per_char of the chunk, gradient_norm before clipping, and every `validate_every` updates
        validation_bits_per_char.  Whoever stops early may call `restore_best`; after the last step it has been done.
        Raises DivergenceError at the first loss or gradient that is not finite.
        """
        self.initialise(text, validation)
        laid_out = streams(self.vocabulary_.encode(text), self.streams, self.chunk)       # (L + 1, B)
        optimizer, loss = Adam(self.learning_rate_init), SoftmaxCrossEntropy()
        schedule, per_pass = schedule_named(self.learning_rate), -(-(len(laid_out) - 1) // self.chunk)
        step, steps, h = 0, self.max_iter * per_pass, None

        for epoch in range(1, self.max_iter + 1):
            self.n_iter_ = epoch
            for chunk in chunks(laid_out, self.chunk):
                optimizer.learning_rate = self.learning_rate_init * schedule(step, steps)
                step += 1
                value, norm, h = self._update(chunk, None if chunk.is_first else h, optimizer, loss)
                if not math.isfinite(value + norm):
                    raise DivergenceError(self._advice(step, value, norm, optimizer.learning_rate))
                metrics = {"bits_per_char": value / math.log(2), "gradient_norm": norm}
                if validation and (step % self.validate_every == 0 or step == steps):
                    metrics["validation_bits_per_char"] = self._judge(step, text, validation)
                    if step == steps:
                        self.restore_best()             # before the yield: whoever watches has the final model now
                yield Progress(step, steps, epoch, value, metrics)

    def initialise(self, text: str, validation: str = "") -> Self:
        """The random network that `training` on this text begins with, and begins with by itself: the step 0."""
        self._check_parameters()
        self.vocabulary_ = Vocabulary(text + validation + self.alphabet)
        self.network_ = CharNetwork(len(self.vocabulary_), self.units, rng=check_random_state(self.random_state),
                                    dropout=self.dropout)
        self.validation_curve_, self.best_step_, self.n_iter_ = [], 0, 0
        return self

    def _update(
        self, chunk: Chunk, h: np.ndarray | None, optimizer: Adam, loss: SoftmaxCrossEntropy
    ) -> tuple[float, float, np.ndarray]:
        """One step on one chunk: its loss, the gradient's norm, and the state (B, H) to go on from."""
        network = self.network_
        value = loss.forward(network.forward(chunk.x, h, training=True), chunk.y.ravel())
        network.backward(loss.backward())
        gradients = network.gradients
        norm = math.sqrt(gradients @ gradients)
        if norm > self.clip:
            gradients *= self.clip / norm               # a cliff in the loss may turn the step, not lengthen it
        if math.isfinite(norm):
            optimizer.step(network.parameters, gradients)
        return value, norm, network.last

    def _judge(self, step: int, text: str, validation: str) -> float:
        """Measure on the validation text; remember the parameters if they are the best so far."""
        bits = self.bits_per_character(validation, context=text)
        if all(bits < earlier for _, earlier in self.validation_curve_):
            self.best_step_, self._best = step, self.network_.parameters.copy()
        self.validation_curve_.append((step, bits))
        return bits

    def restore_best(self) -> None:
        """Put back the parameters that predicted the validation text best; nothing changes where none was measured."""
        if getattr(self, "best_step_", 0):
            self.network_.parameters[...] = self._best

    # ---- what surrounds the learning

    def _advice(self, step: int, value: float, norm: float, learning_rate: float) -> str:
        return (
            f"Training diverged at step {step} (pass {self.n_iter_}): the loss is {value:.3g}, the gradient's norm "
            f"{norm:.3g}, the learning rate was {learning_rate:.3g}. Try learning_rate_init={learning_rate / 10:.1g}, "
            f"or clip below {self.clip}."
        )

    def _check_parameters(self) -> None:
        for name, valid, expected in (
            *((name, isinstance(getattr(self, name), Integral) and getattr(self, name) >= 1, "an int >= 1")
              for name in ("units", "streams", "chunk", "max_iter", "validate_every")),
            *((name, isinstance(getattr(self, name), Real) and getattr(self, name) > 0, "a float > 0")
              for name in ("clip", "learning_rate_init")),
            ("dropout", isinstance(self.dropout, Real) and 0 <= self.dropout < 1, "a float from 0 to below 1"),
            ("learning_rate", self.learning_rate in SCHEDULES, f"a str among {tuple(SCHEDULES)}"),
            ("alphabet", isinstance(self.alphabet, str), "a str"),
        ):
            if not valid:
                got = getattr(self, name)
                raise ValueError(f"The {name!r} parameter of CharRNN must be {expected}. Got {got!r} instead.")

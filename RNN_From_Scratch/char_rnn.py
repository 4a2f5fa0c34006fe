"""CharRNN: a model that learns a text character by character.

    loss = − mean of ln P(x(t+1) | x(0) … x(t))

Truncated back-propagation through time (Williams and Peng, 1990): a text is read chunk by chunk. The state is carried
from one chunk to the next; the gradient stops where the chunk begins.  Derivation: documentation/rnn.md
"""

import math
from collections.abc import Iterator
from contextlib import nullcontext
from functools import partial
from typing import Any, Self

import numpy as np

from ai_from_scratch.estimator import DivergenceError, NotFittedError, Progress, check_random_state, train_and_diagnose
from ai_from_scratch.estimator.rules import MOST_RECURRENT_UNITS, Rule, one_of, positive, processes, real, whole
from Basic_Neural_Network_From_Scratch import SCHEDULES, Adam, schedule_named
from RNN_From_Scratch.checkpoint import Run, SavedModel
from RNN_From_Scratch.language_model import LARGEST_PLAIN_SIZE
from RNN_From_Scratch.network import CELLS, CharNetwork, loss_and_gradient
from RNN_From_Scratch.text import Chunk, Vocabulary, chunks, identity, streams


class CharRNN(SavedModel):
    """A recurrent network over the characters of one text.

    units           H, the size of the state
    layers, cell    number of recurrent layers, one above the other, and their kind: "rnn", "lstm" or "gru"
    dropout         share of the recurrent weights left out at each update (see Cell); layer_dropout: of layers' outputs
    streams, chunk  N parts of the text are read side by side, T characters at a time: the gradient goes back at most T
    clip            a gradient (of all parameters) that is longer than clip is shortened to it
    learning_rate   how learning_rate_init changes: "constant", "step", "cosine" or "one-cycle"
    max_iter        passes over the text; validate_every: updates between two measurements on the validation text
    alphabet        characters that may occur besides those of the training text
    workers         processes that share the streams; useful if BLAS has only one thread
    engine          "fast" generates with fast/generation.py; training always uses the plain code

        model = CharRNN(max_iter=30).fit(play[:-20_000], validation=play[-20_000:])
        print("".join(model.generate("HAMLET:\\n", 400)))
    """

    def __init__(
        self, units: int = 256, *, layers: int = 1, cell: str = "rnn", dropout: float = 0.2,
        layer_dropout: float = 0.0, streams: int = 32, chunk: int = 64, clip: float = 1.0,
        learning_rate: str = "cosine", learning_rate_init: float = 4e-3, max_iter: int = 45, validate_every: int = 70,
        alphabet: str = "", random_state: Any = None, workers: int = 1, engine: str = "auto",
    ) -> None:
        self.layers, self.cell, self.layer_dropout = layers, cell, layer_dropout
        self.units, self.dropout, self.streams, self.chunk, self.clip = units, dropout, streams, chunk, clip
        self.learning_rate, self.learning_rate_init, self.max_iter = learning_rate, learning_rate_init, max_iter
        self.validate_every, self.alphabet, self.random_state = validate_every, alphabet, random_state
        self.workers, self.engine = workers, engine

    def fit(self, text: str, validation: str = "") -> Self:
        """Learn the text. With a validation text, the parameters of the update that predicts it best are kept."""
        train_and_diagnose(self, text, validation)  # all steps of `training`; diagnosis_ explains a failure
        return self

    def training(self, text: str, validation: str = "") -> Iterator[Progress]:
        """As `fit`, but it pauses after every update.  `loss`: in nats, of the chunk of the update; metrics:
        bits_per_char of the chunk, gradient_norm before clipping, validation_bits_per_char if it was measured."""
        self.initialise(text, validation)
        yield from self._go_on(text, validation)

    def resuming(self, text: str, validation: str = "") -> Iterator[Progress]:
        """Continues a training from its checkpoint without any difference.  CheckpointError for other texts."""
        if not hasattr(self, "run_"):
            raise NotFittedError("There is no run to resume: call training, or from_checkpoint.")
        self.run_.check(text, validation)
        yield from self._go_on(text, validation)

    def initialise(self, text: str, validation: str = "") -> Self:
        """Makes the random network with which `training` on this text begins: step 0."""
        with self._unchanged_if_refused():
            self._check_parameters()
            self.vocabulary_ = Vocabulary(text + validation + str(self.alphabet))
            self._rebuild({}, rng := check_random_state(self.random_state))
            streams(self.vocabulary_.encode(text), self.streams, self.chunk)   # a text of one character is refused here
        self.run_ = Run(Adam(self.learning_rate_init), rng, identity(training=text, validation=validation))
        self.validation_curve_, self.best_step_, self.n_iter_ = self.run_.curve, 0, 0
        return self

    def _go_on(self, text: str, validation: str) -> Iterator[Progress]:
        run, schedule = self.run_, schedule_named(self.learning_rate)
        one_pass = list(chunks(streams(self.vocabulary_.encode(text), self.streams, self.chunk), self.chunk))
        steps = self.max_iter * len(one_pass)
        with self._backpropagation() as backpropagate:
            while run.step < steps:
                epoch, place = divmod(run.step, len(one_pass))
                self.n_iter_ = epoch + 1
                run.optimizer.learning_rate = self.learning_rate_init * schedule(run.step, steps)
                with np.errstate(over="ignore", invalid="ignore"):           # a DivergenceError explains it
                    loss, norm = self._update(one_pass[place], run, backpropagate)
                    metrics = {"bits_per_char": loss / math.log(2), "gradient_norm": norm}
                    if validation and (run.step % self.validate_every == 0 or run.step == steps):
                        metrics["validation_bits_per_char"] = self._validate(run, text, validation)
                        if run.step == steps:
                            self.restore_best()     # before the last yield: the final model
                yield Progress(run.step, steps, self.n_iter_, loss, metrics)

    def _update(self, chunk: Chunk, run: Run, backpropagate: Any) -> tuple[float, float]:
        """One update: its loss, its gradient's norm.  `dstate` is not used: the gradient stops at the chunk's start."""
        loss, run.state = backpropagate(chunk.x, chunk.y, None if chunk.is_first else run.state)
        gradients = self.network_.gradients                         # (P,)
        norm = math.sqrt(gradients @ gradients)
        run.step += 1
        if not math.isfinite(loss + norm):
            raise DivergenceError(f"Training diverged at step {run.step} (pass {self.n_iter_}): loss {loss:.3g}, "
                                  f"gradient's norm {norm:.3g}. Try learning_rate_init="
                                  f"{min(run.optimizer.learning_rate / 10, 0.01):.1g}, or a clip below {self.clip}.")
        if norm > self.clip:
            gradients *= self.clip / norm                           # one steep chunk cannot move the parameters far
        run.optimizer.step(self.network_.parameters, gradients, self.network_.matrices)
        return loss, norm

    def _backpropagation(self) -> Any:
        """A context manager; its value is a function that computes a chunk's gradient, in one process or several."""
        if self.workers == 1:
            return nullcontext(partial(loss_and_gradient, self.network_))
        from RNN_From_Scratch.fast.data_parallel import StreamsTeam
        return StreamsTeam(self.network_, self.workers)

    def _validate(self, run: Run, text: str, validation: str) -> float:
        """Measures on the validation text; keeps a copy of the parameters if they are the best so far."""
        bits = self.bits_per_character(validation, text)
        if all(bits < earlier for _, earlier in run.curve):
            self.best_step_ = run.best_step = run.step
            run.best = self.network_.parameters.copy()
        run.curve.append((run.step, bits))
        return bits

    def restore_best(self) -> None:
        """Restores the parameters that predicted the validation text best, if this was measured."""
        if hasattr(self, "run_") and self.run_.best is not None:
            self.network_.parameters[...] = self.run_.best

    def _check_parameters(self) -> None:
        count, share = whole(1), real(0.0, 1.0, open_at="high")
        self._check_rules(
            units=whole(1, MOST_RECURRENT_UNITS), layers=whole(1, 100), streams=count, chunk=count, max_iter=count,
            validate_every=count, workers=processes, dropout=share, layer_dropout=share, clip=real(0.0, open_at="low"),
            learning_rate=one_of(*SCHEDULES, number="learning_rate_init"), learning_rate_init=positive,
            cell=one_of(*CELLS), alphabet=Rule("a str", lambda value: isinstance(value, str)))

    def _rebuild(self, arrays: Any, rng: Any = None) -> None:           # makes network_, untrained, for vocabulary_
        self._check_parameters()
        self._choose_engine(0, LARGEST_PLAIN_SIZE)
        rng = rng or check_random_state(self.random_state)
        if self.layers > getattr(rng, "numbers", math.inf):             # a file's, see BoundedGenerator
            raise ValueError(f"it describes more than the {rng.numbers:,} numbers that it holds")
        self.network_ = CharNetwork(len(self.vocabulary_), self.units, rng=rng, layers=self.layers,
                                    cell=self.cell, dropout=self.dropout, layer_dropout=self.layer_dropout)

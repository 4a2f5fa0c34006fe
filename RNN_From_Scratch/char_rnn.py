"""CharRNN: learns a text character by character.

    loss = − mean of ln P(x(t+1) | x(0) … x(t))

Truncated back-propagation through time (Williams and Peng, 1990): a stream is read chunk by chunk, the state goes on
from one to the next, the gradient stops where the chunk begins.
"""

import math
from collections.abc import Iterator, Mapping
from numbers import Integral, Real
from typing import Any, Self

import numpy as np

from ai_from_scratch.estimator import DivergenceError, NotFittedError, Progress, check_random_state
from ai_from_scratch.estimator.parameters import Parameters
from Basic_Neural_Network_From_Scratch import SCHEDULES, Adam, schedule_named
from RNN_From_Scratch.checkpoint import CheckpointError, Run, identity, pack, unpack
from RNN_From_Scratch.fast.data_parallel import StreamsTeam
from RNN_From_Scratch.language_model import LanguageModel
from RNN_From_Scratch.network import CELLS, CharNetwork
from RNN_From_Scratch.text import Chunk, Vocabulary, chunks, streams


class CharRNN(LanguageModel, Parameters):
    """A recurrent network over the characters of one text.

    units           H, the size of what it remembers
    layers, cell    how many recurrent layers stand on each other, and of which kind: "rnn", "lstm" or "gru"
    dropout         share of the recurrent weights left out at each update (see Cell)
    layer_dropout   share of each layer's outputs left out on their way up
    streams, chunk  B texts read side by side, T characters at a time: gradients see at most T characters back
    clip            a gradient longer than this (all parameters together) is shortened to it
    learning_rate   how learning_rate_init changes: "constant", "step", "cosine" or "one-cycle"
    max_iter        passes over the text
    validate_every  updates from one look at the validation text to the next
    alphabet        characters that may come besides those of the training text
    random_state    an integer makes training repeat itself bit for bit
    workers         processes that share the streams; it pays where BLAS has one thread (see StreamsTeam)

        model = CharRNN(max_iter=30).fit(play[:-20_000], validation=play[-20_000:])
        print("".join(model.generate("HAMLET:\\n", 400)))
    """

    validation_curve_: list[tuple[int, float]]    # (step, bits per character of the validation text)
    best_step_: int                               # the step with the lowest of them, 0 where there is none
    n_iter_: int                                  # passes begun

    def __init__(
        self, units: int = 256, *, layers: int = 1, cell: str = "rnn", dropout: float = 0.2,
        layer_dropout: float = 0.0, streams: int = 32, chunk: int = 64, clip: float = 1.0,
        learning_rate: str = "cosine", learning_rate_init: float = 4e-3, max_iter: int = 45,
        validate_every: int = 70, alphabet: str = "", random_state: Any = None, workers: int = 1,
    ) -> None:
        self.layers, self.cell, self.layer_dropout = layers, cell, layer_dropout
        self.units, self.dropout, self.streams, self.chunk, self.clip = units, dropout, streams, chunk, clip
        self.learning_rate, self.learning_rate_init, self.max_iter = learning_rate, learning_rate_init, max_iter
        self.validate_every, self.alphabet, self.random_state = validate_every, alphabet, random_state
        self.workers = workers

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
        yield from self._go_on(text, validation)

    def resuming(self, text: str, validation: str = "") -> Iterator[Progress]:
        """What `training` would have done next when the checkpoint was taken: the same numbers, to the last bit.

        CheckpointError where the run did not begin with these texts.
        """
        if not hasattr(self, "_run"):
            raise NotFittedError("There is nothing to resume: call training, or from_checkpoint.")
        self._run.check(text, validation)
        yield from self._go_on(text, validation)

    def initialise(self, text: str, validation: str = "") -> Self:
        """The random network that `training` on this text begins with, and begins with by itself: the step 0."""
        self._check_parameters()
        self.vocabulary_ = Vocabulary(text + validation + self.alphabet)
        rng = check_random_state(self.random_state)
        self.network_ = self._new_network(rng)
        self._run = Run(Adam(self.learning_rate_init), rng, identity(text, validation))
        self.validation_curve_, self.best_step_, self.n_iter_ = self._run.curve, 0, 0
        return self

    def _go_on(self, text: str, validation: str) -> Iterator[Progress]:
        """From the run's step to the last."""
        with StreamsTeam(self.network_, self.workers) as team:
            yield from self._learn_on(team, text, validation)

    def _learn_on(self, team: StreamsTeam, text: str, validation: str) -> Iterator[Progress]:
        run, schedule = self._run, schedule_named(self.learning_rate)
        one_pass = list(chunks(streams(self.vocabulary_.encode(text), self.streams, self.chunk), self.chunk))
        steps = self.max_iter * len(one_pass)
        while run.step < steps:
            epoch, place = divmod(run.step, len(one_pass))
            self.n_iter_ = epoch + 1
            run.optimizer.learning_rate = self.learning_rate_init * schedule(run.step, steps)
            value, norm = self._update(one_pass[place], run, team)
            if not math.isfinite(value + norm):
                raise DivergenceError(self._advice(run.step, value, norm, run.optimizer.learning_rate))
            metrics = {"bits_per_char": value / math.log(2), "gradient_norm": norm}
            if validation and (run.step % self.validate_every == 0 or run.step == steps):
                metrics["validation_bits_per_char"] = self._judge(run, text, validation)
                if run.step == steps:
                    self.restore_best()                 # before the yield: whoever watches has the final model now
            yield Progress(run.step, steps, self.n_iter_, value, metrics)

    def _update(self, chunk: Chunk, run: Run, team: StreamsTeam) -> tuple[float, float]:
        """One step on one chunk: its loss, and the gradient's norm.  The state goes on in the run."""
        network = self.network_
        value, state = team.backpropagate(chunk.x, chunk.y, None if chunk.is_first else run.state)
        gradients = network.gradients
        norm = math.sqrt(gradients @ gradients)
        if norm > self.clip:
            gradients *= self.clip / norm               # a cliff in the loss may turn the step, not lengthen it
        if math.isfinite(norm):
            run.optimizer.step(network.parameters, gradients, network.matrices)
        run.step, run.state = run.step + 1, state
        return value, norm

    def _judge(self, run: Run, text: str, validation: str) -> float:
        """Measure on the validation text; remember the parameters if they are the best so far."""
        bits = self.bits_per_character(validation, context=text)
        if all(bits < earlier for _, earlier in run.curve):
            self.best_step_ = run.best_step = run.step
            run.best = self.network_.parameters.copy()
        run.curve.append((run.step, bits))
        return bits

    def restore_best(self) -> None:
        """Put back the parameters that predicted the validation text best; nothing changes where none was measured."""
        if hasattr(self, "_run") and self._run.best is not None:
            self.network_.parameters[...] = self._run.best

    # ---- to be taken up later

    def checkpoint(self) -> tuple[dict[str, np.ndarray], dict[str, str]]:
        """Arrays and text that `from_checkpoint` takes: between two updates, so at any Progress.

            weights.save("run.safetensors", *model.checkpoint())
            model = CharRNN.from_checkpoint(*weights.load("run.safetensors"))
            for progress in model.resuming(text, validation): …
        """
        if not hasattr(self, "_run"):
            raise NotFittedError("There is no run to keep: call training first.")
        settings = self.get_params()
        if not isinstance(self.random_state, Integral):
            settings["random_state"] = None             # a Generator's state is kept as the run's
        return pack(self._run, self.network_.parameters,
                    {"settings": settings, "vocabulary": self.vocabulary_.characters})

    @classmethod
    def from_checkpoint(cls, arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> Self:
        """The model as it was; `resuming` trains it further.  CheckpointError for what is no checkpoint."""
        run, parameters, told = unpack(arrays, metadata)
        try:
            model = cls(**told["settings"])
            model._check_parameters()
            model.vocabulary_ = Vocabulary(told["vocabulary"])
            model.network_ = model._new_network(run.rng, parameters)
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(f"This checkpoint is damaged: {error}.") from error
        model._run = run
        model.validation_curve_, model.best_step_ = run.curve, run.best_step
        return model

    def _new_network(self, rng: np.random.Generator, parameters: np.ndarray | None = None) -> CharNetwork:
        """A random one, or one with these parameters (P,): what it drew is given back to rng then."""
        before = rng.bit_generator.state
        network = CharNetwork(len(self.vocabulary_), self.units, rng=rng, layers=self.layers, cell=self.cell,
                              dropout=self.dropout, layer_dropout=self.layer_dropout)
        if parameters is not None:
            if parameters.shape != network.parameters.shape or parameters.dtype != network.parameters.dtype:
                raise ValueError(f"{parameters.shape} parameters of {parameters.dtype}, expected "
                                 f"{network.parameters.shape} of {network.parameters.dtype}")
            network.parameters[...] = parameters
            rng.bit_generator.state = before
        return network

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
              for name in ("units", "layers", "streams", "chunk", "max_iter", "validate_every", "workers")),
            *((name, isinstance(getattr(self, name), Real) and getattr(self, name) > 0, "a float > 0")
              for name in ("clip", "learning_rate_init")),
            *((name, isinstance(getattr(self, name), Real) and 0 <= getattr(self, name) < 1,
               "a float from 0 to below 1") for name in ("dropout", "layer_dropout")),
            ("cell", self.cell in CELLS, f"a str among {tuple(CELLS)}"),
            ("learning_rate", self.learning_rate in SCHEDULES, f"a str among {tuple(SCHEDULES)}"),
            ("alphabet", isinstance(self.alphabet, str), "a str"),
        ):
            if not valid:
                got = getattr(self, name)
                raise ValueError(f"The {name!r} parameter of CharRNN must be {expected}. Got {got!r} instead.")

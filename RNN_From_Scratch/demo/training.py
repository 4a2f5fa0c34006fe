"""Scene 2: an untrained network learns a text; the text that it writes changes from noise to that kind of text."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

import numpy as np

from ai_from_scratch.data import DataError, Text
from ai_from_scratch.estimator import watched
from ai_from_scratch.stage import fonts
from ai_from_scratch.stage.demo import DataUse, Settings
from RNN_From_Scratch.baselines import NGrams, baselines
from RNN_From_Scratch.char_rnn import CharRNN
from RNN_From_Scratch.demo.checkpoint_file import CheckpointFile
from RNN_From_Scratch.demo.chosen_text import TextOrigin
from RNN_From_Scratch.demo.generation_settings import GenerationSettings
from RNN_From_Scratch.demo.named_units import UnitFinder
from RNN_From_Scratch.demo.paint import shown
from RNN_From_Scratch.demo.train_weights import PARAMETERS as BEST_PARAMETERS
from RNN_From_Scratch.demo.training_view import UNITS, TrainingView
from RNN_From_Scratch.demo.unit_correlations import SPEAKER, speaker_in_capitals
from RNN_From_Scratch.text import Vocabulary, VocabularyError, chunks, streams

STEPS, QUICK_STEPS = 3_100, 900                # updates in a run, roughly
MAX_CHARACTERS = {"train": 1_000_000, "validation": 20_000, "test": 50_000}     # of a long text
WINDOW = 24                                    # characters of the live view
SAMPLE_CHARACTERS = 360
PRINTED_STEPS = (0, 100, 1_000, 10_000)        # steps after which a sample is printed


class TrainingFrame(NamedTuple):
    """One moment of the training: both curves, the latest sample, and a few named units on a line of held-out text."""

    step: int
    steps: int
    metrics: dict[str, float]
    judged: bool              # True if the held-out text was measured at this step
    sample: str
    sample_step: int
    names: tuple[str, ...]    # of the units
    states: np.ndarray        # (units, WINDOW) int8
    features: np.ndarray      # (units, WINDOW) int8: the features that the units follow
    note: str = ""            # the sample, if it is printed at this moment

    title: str = "learning"


class Training:
    """A network and its text.  The validation part chooses the update whose parameters are kept; the test part is for
    the report only."""

    def __init__(self, text: Text, settings: Settings, resumed: CharRNN | None = None,
                 origin: TextOrigin | None = None) -> None:
        self.train_text = text.train[-MAX_CHARACTERS["train"] :]   # the part next to the held-out parts
        self.validation = text.validation[: MAX_CHARACTERS["validation"]]
        self.test, self.test_context = text.test[: MAX_CHARACTERS["test"]], text.train + text.validation
        self.left_out = left_out(text)
        self.use = DataUse(text.name, "; ".join(filter(None, (text.source, self.left_out))), len(self.train_text),
                           len(self.validation), len(self.test))
        more = str(settings.parameters.get("alphabet", ""))
        self.alphabet = "".join(sorted(set(self.train_text + self.validation + self.test + more)))
        self.boxes = fonts.told(fonts.provide(self.alphabet))   # on characters that the pictures cannot show
        try:
            vocabulary = Vocabulary(self.alphabet)       # a vocabulary that is too large is refused before the training
        except VocabularyError as error:
            raise DataError(f"{text.name}: {error}") from error
        self.generation = GenerationSettings.of(settings, vocabulary, beginning(self.train_text))
        self.seed, self.longest_ngram = settings.seed, 3 if settings.quick else 5
        self.file = CheckpointFile(settings.save, origin)
        self.first_step = 0                                     # 0, or the step at which a run is resumed
        self.earlier: list[tuple[int, float]] = []              # the validation curve of the run that is resumed
        self.model = self._resumed(resumed, settings, origin) if resumed else self._new(settings)
        self.per_pass = self._per_pass()
        if "max_iter" in settings.parameters:
            pass                                                # set
        elif settings.epochs or not (settings.best or settings.resume):
            about = (QUICK_STEPS if settings.quick else STEPS) / self.per_pass
            self.model.max_iter = settings.epochs or max(1, round(about))
        self.steps = max(self.model.max_iter * self.per_pass, self.first_step)
        # over one pass, because some chunks are harder than others
        self.smoothing = min(max(self.per_pass, 20), 200)
        self.frames: list[TrainingFrame] = []
        self.samples: dict[int, str] = {}                       # by step
        self.view = TrainingView(self)

    def _new(self, settings: Settings) -> CharRNN:
        model = CharRNN(validate_every=110, alphabet=self.alphabet, random_state=settings.seed)
        if settings.best:
            model.set_params(**{**BEST_PARAMETERS, "random_state": settings.seed})
        elif settings.quick:                                    # a small network, and many small steps
            model.set_params(units=128, dropout=0.0, streams=16, chunk=32, learning_rate_init=7e-3, validate_every=100)
        return model.set_params(workers=settings.workers or model.workers).set_params(**settings.parameters)

    def _resumed(self, model: CharRNN, settings: Settings, origin: TextOrigin | None) -> CharRNN:
        try:
            model.run_.check(self.train_text, self.validation)
        except ValueError as error:
            learnt = f"{origin.file or origin.name} is not the text of this training. " if origin else ""
            raise DataError(f"--resume {settings.resume}: {learnt}{error}") from error
        if settings.parameters:
            raise DataError(f"--resume {settings.resume}: its parameters are fixed in the file. Leave out --set, or "
                            "begin anew with --save.")
        model.set_params(workers=settings.workers or model.workers)
        self.first_step, self.earlier = model.run_.step, list(model.run_.curve)
        return model

    def _per_pass(self) -> int:
        """The number of updates in a pass over the text."""
        laid_out = streams(np.zeros(len(self.train_text), np.int8), self.model.streams, self.model.chunk)
        return len(list(chunks(laid_out, self.model.chunk)))

    # ---- learning

    def train(self) -> Iterator[TrainingFrame]:
        model = self.model
        if not self.first_step:
            model.initialise(self.train_text, self.validation)
        self.file.update(model, now=True)
        if self.file.failure:                                   # before the training, not after an hour of it
            raise DataError(f"--save {self.file.failure} Make room on the disk, or name another file.")
        start = speaker_in_capitals(self.validation, WINDOW)
        self.line = self.validation[start : start + WINDOW].ljust(WINDOW, self.train_text[0])
        self.before_line = self.train_text + self.validation[:start]
        self.finder = UnitFinder(self.validation, self.line)
        self.found = self.finder.find(model)
        held_out = model.bits_per_character(self.validation, self.train_text)
        self.baselines_of_validation = self._baselines(self.validation, self.train_text)
        self._write(self.first_step)
        yield self._frame(self.first_step, {"bits_per_char": held_out, "held_out": held_out}, True)
        try:
            yield from self._learn(held_out)
        except GeneratorExit:                                   # stopped between two updates: no update is lost
            self.file.update(model, now=True)
            raise

    def _learn(self, held_out: float) -> Iterator[TrainingFrame]:
        losses: list[float] = []
        seconds, clock = 0.0, time.perf_counter()
        for progress in watched(self.model, self.train_text, self.validation, method="resuming", speak=False):
            step, judged = progress.step, "validation_bits_per_char" in progress.metrics
            seconds += time.perf_counter() - clock
            losses.append(progress.metrics["bits_per_char"])
            held_out = progress.metrics.get("validation_bits_per_char", held_out)
            self.file.update(self.model, now=step == progress.steps)
            if judged or step in (10, 30, 300, *PRINTED_STEPS):
                self._write(step)
                self.found = self.finder.find(self.model)
            if step % max(1, self.steps // 240) == 0 or step in self.samples:
                recent = losses[-min(self.smoothing, 1 + step // 3) :]
                passes = (step - self.first_step) / self.steps * self.model.max_iter
                yield self._frame(step, {"bits_per_char": float(np.mean(recent)), "held_out": held_out,
                                         "characters/s": passes * len(self.train_text) / seconds}, judged)
            clock = time.perf_counter()

    def _write(self, step: int) -> None:
        """A text from the present network; the random numbers are always the same, so that the texts can be
        compared."""
        self.samples[step] = self.generation.prompt.lstrip("\n") + "".join(
            self.generation.generate(self.model, SAMPLE_CHARACTERS))

    def _frame(self, step: int, metrics: dict[str, float], judged: bool) -> TrainingFrame:
        latest = max(self.samples)
        named = self.finder.states(self.found, self.model.hidden_states(self.line, self.before_line), UNITS)
        sample = self.samples[latest]
        bits = f", held out {metrics['held_out']:.2f} bits per character" if judged else ""    # not an earlier step's
        written = f"\nstep {step:,}{bits}; it writes:\n{sample}\n"
        self.frames.append(TrainingFrame(step, self.steps, metrics, judged, sample, latest, *named, self.file.news() + (
            written if latest == step in (*PRINTED_STEPS, self.steps) else "")))
        return self.frames[-1]

    # ---- judging

    @cached_property
    def ngrams(self) -> NGrams:
        return NGrams(self.longest_ngram, self.alphabet).fit(self.train_text)

    def _baselines(self, held_out: str, context: str) -> dict[str, float]:
        return baselines(self.ngrams, self.train_text, held_out, context[-100:])

    @cached_property
    def baselines_of_test(self) -> dict[str, float]:
        return self._baselines(self.test, self.test_context)

    def test_bits(self) -> float:
        return self.model.bits_per_character(self.test, self.test_context)

    @property
    def unseen_characters(self) -> str:
        """A note on the characters of the test part that are not in the training part; empty if there are none."""
        kinds = sorted(set(self.test) - set(self.train_text))
        if not kinds:
            return ""
        share, named = sum(map(self.test.count, kinds)) / len(self.test), shown("".join(kinds[:12]))
        return (f"{len(kinds)} characters of the test part are not in the training part ({named}; {100 * share:.2g} % "
                "of its text). The networks and the n-grams give each of them a small probability, so they cost many "
                "bits; the results include them.")


def left_out(text: Text) -> str:
    """Says which part of a long text is used: "only the last 2,000,000 of 2,400,000 characters …"; "" if all of it is
    used."""
    parts = [(part, len(getattr(text, part)), most) for part, most in MAX_CHARACTERS.items()]
    cut = [f"the {'last' if part == 'train' else 'first'} {most:,} of {length:,} characters of the {part} part"
           for part, length, most in parts if length > most]
    return f"only {', '.join(cut)} are used" if cut else ""


def beginning(text: str) -> str:
    """A start for generated text: the most frequent speaker's name, else the start of a paragraph, else any place.

    >>> beginning("\\n\\nMACBETH:\\nSo foul and fair a day I have not seen.\\n\\n")
    'MACBETH:\\n'
    """
    speakers = Counter(match.group() for match in SPEAKER.finditer(text))
    if speakers and speakers.total() > len(text) / 2_000:
        return speakers.most_common(1)[0][0] + "\n"
    return "\n\n" if "\n" in text else text[:1]

"""Chapter 7, live: shipped weights write Hamlet at once; then an untrained network learns to write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, partial

from matplotlib.figure import Figure

from ai_from_scratch.stage.demo import DataUse, Picture, Report, Settings
from RNN_From_Scratch.char_rnn import CharRNN
from RNN_From_Scratch.demo import cells, geometry, gradients, mistakes, pictures, unit_pictures
from RNN_From_Scratch.demo.checkpoint_file import resume
from RNN_From_Scratch.demo.chosen_text import chosen_text
from RNN_From_Scratch.demo.memorisation import copied
from RNN_From_Scratch.demo.training import Training, TrainingFrame
from RNN_From_Scratch.demo.writing import Writing, WritingFrame

METER_CHARACTERS = 2_000     # written for the memorisation test
NUMBERS_FROM = 5_000         # held-out characters that are needed for a number in a caption


class Demo:
    """Two scenes: writing (not for the user's own text), and learning to write.

    If the play is not available, the second scene learns other English prose, and a note says so.
    """

    uses = frozenset({"epochs", "best", "set", "workers", "text", "play", "prompt", "temperature", "top_p", "length",
                      "save", "resume"})
    model_class = CharRNN

    def __init__(self, settings: Settings) -> None:
        model, origin = resume(settings.resume) if settings.resume else (None, None)
        self.text, origin = chosen_text(settings, origin)
        self.training = Training(self.text, settings, model, origin)
        own = settings.text or settings.play or origin.file or origin.play not in ("", "Hamlet")
        self.writing = None if own else Writing(settings)
        self.data: list[DataUse] = [self.training.use]

    model = property(lambda self: self.training.model)

    def train(self) -> Iterator[WritingFrame | TrainingFrame]:
        if self.writing:
            yield from self.writing.train()
        yield from self.training.train()

    def draw(self, figure: Figure, frames: Sequence[WritingFrame | TrainingFrame]) -> None:
        fresh = not figure.axes
        if fresh:
            figure.set_layout_engine("constrained")
        if isinstance(frames[-1], TrainingFrame):
            self.training.view.draw(figure, [frame for frame in frames if isinstance(frame, TrainingFrame)])
        elif self.writing:
            self.writing.draw(figure, [frame for frame in frames if isinstance(frame, WritingFrame)])
        engine = figure.get_layout_engine()
        if fresh and engine is not None:      # the layout takes longer than the painting: it is computed once
            engine.execute(figure)
            figure.set_layout_engine("none")

    def phase(self, frames: Sequence[WritingFrame | TrainingFrame]) -> str:
        if isinstance(frames[-1], TrainingFrame):
            return self.training.view.phase([frame for frame in frames if isinstance(frame, TrainingFrame)])
        assert self.writing is not None, "writing frames come from this scene"
        return self.writing.phase([frame for frame in frames if isinstance(frame, WritingFrame)])

    def figures(self) -> Iterator[Picture]:
        training = self.training
        if not training.frames:
            return
        training.model.restore_best()
        model, train, held_out = training.model, training.train_text, training.validation
        yield Picture("training.png", partial(pictures.training_with_samples, training=training),
                      "Bits per character: the number of yes-or-no questions that the next character costs on average. "
                      "The dotted lines are n-grams and compressors given the same text. The held-out curve, "
                      "like the dotted lines, is measured on the validation text; it decides after which update the "
                      f"parameters are kept. Below: what it wrote at {len(pictures.moments(training))} moments "
                      f"(temperature {training.generation.temperature:g}), each time with the same random numbers. "
                      "Look for what comes first: lengths of words, lines, names, or words that exist.", (8, 8))
        if training.frames[-1].step == training.steps:      # after Ctrl-C no further training
            measured = cache(partial(cells.measure_cells, train, held_out, training.seed, training.longest_ngram == 3))
            yield Picture("unrolled.png", lambda figure: cells.unrolled(figure, measured()),
                          cells.unrolled_caption(measured()), (8, 6))
        found = unit_pictures.units_of_features(model, train, held_out)
        if found:
            yield Picture("hidden_states.png", partial(unit_pictures.hidden_states, model=model, train=train,
                                                       held_out=held_out, found=found),
                          "Held-out text, and the states of the units that follow a feature most closely. Each row is "
                          "one unit, under the name of its feature. Green: the feature is present, or its distance is "
                          "large; violet: absent, or small. The grey bar below it shows the feature itself: dark "
                          "means present, or large. |r| is the size of their correlation: at 1 the unit follows its "
                          "feature exactly, at 0 not at all. The training had no such targets: the units were found "
                          "by correlation.", (8, 4.2))
            yield Picture("one_unit.png", partial(unit_pictures.one_unit, model=model, train=train, held_out=held_out,
                                                  found=found),
                          unit_pictures.caption_of_one_unit(found, held_out), (8, 5.8))
        yield Picture("all_units.png", partial(unit_pictures.all_units, model=model, text=held_out, context=train),
                      unit_pictures.caption_of_all_units(model, held_out, train), (8, 5.6))
        first, later = pictures.bits_by_place(model, held_out[:NUMBERS_FROM], train)
        yield Picture("guesses.png", partial(pictures.predictions, model=model, text=held_out, context=train),
                      "Bold, above: the held-out text. Below each character, the five most probable predictions for "
                      "its place, the darker the more probable; framed where one is right. On held-out text, a letter "
                      f"that begins a word costs {first:.1f} bits on average, a later one {later:.1f}.",
                      (8, 2.8))
        yield Picture("looking_back.png", partial(gradients.looking_back, model=model, text=held_out, context=train),
                      "What a prediction depends on: each row is a place in held-out text; on the right stand the "
                      "prediction, framed where it is right, and the text's own character. The darker a character "
                      "before it, the more the prediction changes with it: the norm of the derivative of its logit by "
                      "that character's one-hot vector, as a share of the largest in the row; the scale is "
                      f"logarithmic. The title counts back to the earliest of {gradients.WINDOW} characters with more "
                      f"than 1/{10**gradients.DECADES_SHOWN:,}; it is the mean of these rows.", (8, 4.2), dark=True)
        yield Picture("gradients.png", partial(gradients.gradients_through_time, model=model, text=train,
                                               clip=model.clip),
                      gradients.caption(model, train, model.clip), (8, 3.6))
        if training.frames[-1].step == training.steps:
            yield Picture("three_cells.png", lambda figure: cells.three_cells(figure, measured()),
                          "The gradient for the state k characters earlier, in the same three small networks, before "
                          "and after the brief training. The titles say how well each predicts, and the gradient's "
                          "norm after 48 characters. Compare them: the cell that keeps the most need not "
                          "predict best.", (8, 3.6))
        if training.longest_ngram > 3:                      # not in a quick run
            curves = mistakes.curves(mistakes.the_same_text())
            yield Picture("mistakes.png", lambda figure: mistakes.mistakes(figure, curves), mistakes.caption(curves),
                          (8, 4.6))
        most, low, high = geometry.coldest_and_hottest(model, held_out, train)
        yield Picture("temperatures.png", partial(geometry.temperatures, model=model, text=held_out, context=train),
                      "The most probable next characters after the text above, at four temperatures. At the lowest, "
                      f"the first has {geometry.percent(most)} of the probability. From there to the highest, the bars "
                      f"become more equal: the entropy rises from {low:.2f} to {high:.2f} bits.",
                      (8, 3.6))
        yield Picture("phrase.png", partial(geometry.path_of_a_phrase, model=model, text=held_out, context=train),
                      "Each dot is the state after one character, in the two directions in which states differ most, "
                      "coloured by that character. A thin line leads from a name to the middle of its group. The line "
                      "with letters is the path of a phrase, darker as it goes on. Look for the vowels in two "
                      "clusters: those that begin a word, and those inside a word.", (8, 5.4))

    def report(self) -> Report:
        if not self.training.frames:
            return self._report_on_writing()
        training = self.training
        training.model.restore_best()
        lines = training.baselines_of_test
        metrics = {"test_bits_per_char": training.test_bits()}
        if self.writing and self.text.is_hamlet:
            shipped = self.writing.model.bits_per_character(training.test, training.test_context)
            metrics["test_bits_per_char_of_the_shipped_weights"] = shipped
        metrics |= {f"test_bits_per_char_of_{name}": bits for name, bits in lines.items() if name != "unigram"}
        failures = [f"The end of the training is not saved: {training.file.failure}"] if training.file.failure else []
        return Report(metrics, {"test_bits_per_char": lines["unigram"]}, "unigram", self._notes(), failures)

    def _report_on_writing(self) -> Report:
        """The report of a run that was stopped before the training."""
        if not self.writing:
            return Report({}, {}, "", ["The run was stopped before the training."])
        measured = float(self.writing.metadata["test_bits_per_char"])
        return Report({"test_bits_per_char_of_the_shipped_weights": measured}, {}, "",
                      ["The run was stopped before the training. The result is that of the shipped weights, measured "
                       "on the second half of Hamlet's Act V when they were made."])

    def _notes(self) -> list[str]:
        training = self.training
        last, model = training.frames[-1], training.model
        notes = [f"{model.network_.parameters.size:,} parameters; step {model.best_step_ or last.step:,} of "
                 f"{last.steps:,} is kept, the best on held-out text. All results are on the test part, which no "
                 "choice depends on; n-grams and compressors had the same training text."]
        written = "".join(training.generation.generate(model, METER_CHARACTERS))
        mine, theirs = (copied(text, training.train_text) for text in (written, training.test[:METER_CHARACTERS]))
        notes.append(f"Does it copy its training text? Of the 20-character windows in {METER_CHARACTERS:,} characters "
                     f"that it wrote, {100 * mine.share:.1f} % stand in the training text, the longest run is "
                     f"{len(mine.longest)} "
                     f"characters: {mine.longest!r}. In a piece of the test part of the same length it is "
                     f"{100 * theirs.share:.1f} % and "
                     f"{len(theirs.longest)}: language repeats itself.")
        if training.left_out:
            notes.append(f"The text is long: {training.left_out}.")
        if training.first_step and training.first_step >= training.steps:
            passes = -(-training.first_step // training.per_pass)
            notes.append(f"Nothing was learnt: this training had already taken {training.first_step:,} steps in "
                         f"{passes} passes. With more passes it goes on: --epochs {2 * passes}.")
        notes += filter(None, [training.unseen_characters, training.boxes])
        if not self.text.is_hamlet and self.writing:
            notes.append("Hamlet was not available, so the live training used other prose: "
                         f"{self.text.source}.")
        return notes

    def speech(self) -> Iterator[str]:
        """The text of the newly trained network, and the text of the shipped one."""
        if self.training.frames:
            yield from self.training.generation.speech(self.training.model, "The network that was just trained writes")
            yield "\n"
        if self.writing:
            yield from self.writing.generation.speech(self.writing.model, "The weights that come with the package, "
                                                      "which were trained on Hamlet for longer, write")

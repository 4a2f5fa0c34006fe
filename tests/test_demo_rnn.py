"""The chapter's demo: it writes at once, learns, paints, and reports after any frame, whatever text it is given."""

import itertools
import os
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pexpect
import pytest
import readable
from conftest import ROOT
from matplotlib.backends.backend_agg import FigureCanvasAgg
from rich.console import Console

import run_all
from ai_from_scratch.data import DataError
from ai_from_scratch.runner import Chapter, run
from ai_from_scratch.runner.interrupts import Interrupts
from ai_from_scratch.runner.options import parse, settings_of
from ai_from_scratch.stage import fonts, gallery, theme
from ai_from_scratch.stage.demo import Settings, WritingDemo
from ai_from_scratch.stage.displays import Display
from RNN_From_Scratch.demo import cells, checkpoint_file, chosen_text, generate, mistakes, paint, pictures
from RNN_From_Scratch.demo import training as training_scene
from RNN_From_Scratch.demo.checkpoint_file import resume
from RNN_From_Scratch.demo.demo import Demo
from RNN_From_Scratch.demo.train_weights import WEIGHTS_FILE
from RNN_From_Scratch.demo.training import TrainingFrame
from RNN_From_Scratch.demo.writing import WritingFrame

VERSE = "".join(f"CLOWN {n}:\nAlas, {w} fellow of \"infinite\" $jest$ & ({w}) fancy,\nhe hath borne me {n} times.\n\n"
                for n, w in enumerate(["poor", "good", "sweet", "mad"] * 12))


@pytest.fixture(scope="module")
def finished():
    demo = Demo(Settings(quick=True, epochs=1))
    return demo, list(demo.train())


def paint_all(demo, look=readable.faults_of):
    names = []
    for picture in demo.figures():
        found = look(picture)
        assert look is readable.paint or not found, picture.file
        names.append(picture.file)
    return names


@pytest.mark.slow
def test_without_the_play_it_writes_hamlet_first_then_learns_other_prose_and_says_so(finished):
    demo, frames = finished
    kinds = [type(frame) for frame in frames]
    assert kinds.index(TrainingFrame) == kinds.count(WritingFrame) > 20
    assert frames[0].text.startswith("HAMLET:\n")
    assert "not Hamlet" in demo.data[-1].source
    assert any("Hamlet was not available" in note for note in demo.report().notes)
    assert next(frame.step for frame in frames if isinstance(frame, TrainingFrame)) == 0
    assert frames[-1].step == frames[-1].steps == 129


@pytest.mark.slow
def test_learning_shows_in_the_held_out_bits_and_in_the_report(finished):
    demo, frames = finished
    report = demo.report()
    assert frames[-1].metrics["held_out"] < 4.5 < 6 < demo.training.frames[0].metrics["held_out"]
    assert next(iter(report.metrics)) == "test_bits_per_char"
    assert report.metrics["test_bits_per_char"] < report.baseline["test_bits_per_char"] < 5
    assert report.metrics["test_bits_per_char_of_trigram"] < report.metrics["test_bits_per_char_of_bigram"]
    assert "test_bits_per_char_of_the_shipped_weights" not in report.metrics, "they were not trained on this text"


@pytest.mark.slow
def test_every_picture_is_painted(finished):
    assert paint_all(finished[0]) == [
        "training.png", "unrolled.png", "hidden_states.png", "one_unit.png", "all_units.png", "guesses.png",
        "looking_back.png", "gradients.png", "three_cells.png", "temperatures.png", "phrase.png"]


@pytest.mark.slow
def test_the_live_view_keeps_its_axes_from_frame_to_frame(finished):
    demo, frames = finished
    figure = theme.new_figure((11, 5))
    for kind in (WritingFrame, TrainingFrame):
        scene = [frame for frame in frames if isinstance(frame, kind)]
        figure.clear()
        demo.draw(figure, scene[:1])
        axes = list(figure.axes)
        demo.draw(figure, scene)
        figure.canvas.draw()
        assert list(figure.axes) == axes
        assert readable.share_of_the_widest_column(figure) >= 0.6
        assert not readable.live_faults(demo, scene)


@pytest.mark.slow
def test_frames_are_small_and_no_views_of_what_goes_on_changing(finished):
    _, frames = finished
    assert max(frame.states.nbytes for frame in frames) < 4_000
    learning = [frame for frame in frames if isinstance(frame, TrainingFrame)]
    assert not np.array_equal(learning[0].states, learning[-1].states)
    assert learning[0].sample != learning[-1].sample


@pytest.mark.slow
def test_stopped_after_any_first_frame_it_still_reports_and_paints():
    demo = Demo(Settings(quick=True, epochs=1))
    training = demo.train()
    frame = next(training)
    assert "stopped before the training" in demo.report().notes[0]
    assert paint_all(demo) == []
    while isinstance(frame, WritingFrame):
        frame = next(training)
    assert frame.step == 0
    assert demo.report().metrics["test_bits_per_char"] > 6, "it has learnt nothing yet"
    next(training)
    assert demo.report().metrics["test_bits_per_char"] < 7
    assert len([gallery.paint(picture) for picture in itertools.islice(demo.figures(), 2)]) == 2


@pytest.fixture
def without_more_trainings(monkeypatch):
    """Three cells and four mistakes are trained for their pictures alone, which one test of all is enough for."""
    monkeypatch.setattr(mistakes, "curves", lambda *_: [np.ones(mistakes.STEPS)] * 5)
    monkeypatch.setattr(cells, "measure_cells", lambda *_: [])
    monkeypatch.setattr(cells, "unrolled_caption", lambda _: "Three kinds of cells.")
    monkeypatch.setattr(cells, "unrolled", lambda figure, _: figure.add_subplot())
    monkeypatch.setattr(cells, "three_cells", lambda figure, _: figure.add_subplot())


@pytest.mark.slow
def test_a_text_of_ones_own_is_learnt_whatever_is_in_it(tmp_path, monkeypatch, without_more_trainings):
    monkeypatch.setattr(training_scene, "STEPS", 10)
    path = tmp_path / "mine.txt"
    path.write_text("\ufeff" + VERSE.replace("\n", "\r\n") + "naïve 🎭 日本 \t end\n" * 9, encoding="utf-8")
    demo = Demo(Settings(text=path))
    demo.training.model.set_params(units=16)
    frames = list(demo.train())
    assert all(isinstance(frame, TrainingFrame) for frame in frames)
    assert demo.report().metrics["test_bits_per_char"] > 0
    assert {"training.png", "hidden_states.png", "guesses.png"} <= set(paint_all(demo, readable.paint))
    figure = theme.new_figure((11, 5))
    demo.draw(figure, frames)
    figure.canvas.draw()                     # emoji, dollars and tabs: nothing to warn of, nothing taken for TeX


@pytest.mark.slow
def test_a_text_of_a_thousand_times_the_same_character_is_no_reason_to_fail(
        tmp_path, monkeypatch, without_more_trainings):
    monkeypatch.setattr(training_scene, "STEPS", 3)
    path = tmp_path / "a.txt"
    path.write_text("a" * 1200)
    demo = Demo(Settings(text=path))
    demo.training.model.set_params(units=8)
    assert len(list(demo.train())) >= 2
    assert demo.report().metrics["test_bits_per_char"] == 0
    paint_all(demo, readable.paint)


def test_a_text_that_is_none_is_told_before_anything_runs(tmp_path):
    (tmp_path / "short.txt").write_text("brevity is the soul of wit")
    with pytest.raises(DataError, match="at least 1,000 characters"):
        Demo(Settings(text=tmp_path / "short.txt"))


def test_a_script_of_words_is_told_before_anything_runs(tmp_path):
    (tmp_path / "signs.txt").write_text("".join(map(chr, range(0x4E00, 0x4E00 + 3000))), encoding="utf-8")
    with pytest.raises(DataError, match=r"signs.txt: A vocabulary has 1 to 2,000 characters, got 3,000"):
        Demo(Settings(text=tmp_path / "signs.txt"))


@pytest.mark.slow
def test_the_same_seed_gives_the_same_numbers(tmp_path):
    (tmp_path / "verse.txt").write_text(VERSE)

    def last(seed):
        training = Demo(Settings(quick=True, epochs=1, seed=seed, text=tmp_path / "verse.txt")).training.train()
        return [next(training) for _ in range(3)][-1]

    assert last(1).states.tobytes() == last(1).states.tobytes()
    assert last(1).sample == last(1).sample
    assert last(1).states.tobytes() != last(2).states.tobytes()


# ---- writing

@pytest.fixture(scope="module")
def shipped():
    return generate.Demo(Settings(generate_only=True, prompt="OPHELIA:", length=60))


def test_the_shipped_weights_write_on_from_the_prompt_without_training(shipped):
    assert list(shipped.train()) == list(shipped.figures()) == []
    said = "".join(shipped.speech())
    assert "\n\nOPHELIA:" in said and len(said.partition("OPHELIA:")[2]) == 60
    assert said == "".join(shipped.speech()), "the same seed, the same text"
    assert 2 < shipped.report().metrics["test_bits_per_char"] < 2.4


def test_a_speech_comes_character_by_character(shipped):
    pieces = shipped.speech()
    assert "OPHELIA:" in next(pieces) + next(pieces)
    assert len(next(pieces)) == len(next(pieces)) == 1


@pytest.mark.slow
def test_temperature_top_p_and_seed_change_what_is_written():
    def said(**asked):
        demo = generate.Demo(Settings(generate_only=True, length=80, **asked))
        return "".join(demo.speech()).partition("):\n\n")[2]

    cold = said(temperature=0.0)
    assert cold == said(temperature=0.0, seed=5), "the likeliest is the likeliest, whatever the luck"
    assert len({cold, said(), said(seed=1), said(temperature=1.5), said(temperature=1.5, top_p=0.3)}) == 5


def test_a_prompt_with_a_character_that_was_never_met_names_it():
    with pytest.raises(DataError, match=r"--prompt 'To be ☠': Not in the vocabulary: '☠' \(U\+2620\)"):
        generate.Demo(Settings(generate_only=True, prompt="To be ☠"))


def test_a_line_end_that_the_shell_did_not_make_one_is_explained():
    with pytest.raises(DataError, match=r"end of a line so: --prompt \$'HAMLET:\\nWho\\'s there\?'\."):
        generate.Demo(Settings(generate_only=True, prompt=r"HAMLET:\nWho's there?"))


def test_a_prompt_that_the_own_text_has_not_is_told_before_training(tmp_path):
    (tmp_path / "verse.txt").write_text(VERSE)
    with pytest.raises(DataError, match="'☠'"):
        Demo(Settings(text=tmp_path / "verse.txt", prompt="☠"))


@pytest.mark.slow
def test_after_training_the_trained_and_the_shipped_network_speak(finished):
    trained, _, shipped = "".join(finished[0].speech()).partition("The weights that come with the package")
    assert "just trained writes (temperature 0.5):" in trained
    assert len(trained) > 500 and "HAMLET:\n" in shipped


@pytest.mark.slow
def test_samples_are_told_at_0_100_and_the_last_step(finished):
    learning = [frame for frame in finished[1] if isinstance(frame, TrainingFrame)]
    assert [frame.step for frame in learning if frame.note] == [0, 100, 129]
    assert all(frame.sample in frame.note for frame in learning if frame.note)


def test_characters_that_only_the_test_part_has_are_told_and_counted(tmp_path):
    (tmp_path / "odd.txt").write_text("a plain text. " * 100 + "ends oddly: ☠☠\n", encoding="utf-8")
    training = Demo(Settings(text=tmp_path / "odd.txt")).training
    assert "are not in the training part" in training.unseen_characters and "☠" in training.alphabet
    (tmp_path / "even.txt").write_text("a plain text. " * 100)
    assert Demo(Settings(text=tmp_path / "even.txt")).training.unseen_characters == ""


def test_a_writing_begins_with_the_busiest_speaker_else_a_paragraph_else_anywhere():
    assert training_scene.beginning("\n\nA:\nyes\n\nB:\nno\n\nB:\nwell\n\n") == "B:\n"
    assert training_scene.beginning("no speech\nhere: none\n") == "\n\n"
    assert training_scene.beginning("xyz") == "x"


class Chatterbox:
    """Generates the same word for ever; at the third, Ctrl-C is pressed."""

    def __init__(self, interrupts=None):
        self.interrupts, self.said = interrupts, 0

    def speech(self):
        while self.interrupts or self.said < 3:
            self.said += 1
            if self.said == 3 and self.interrupts:
                self.interrupts._handle(2, None)
            yield "word "


def test_what_a_demo_says_is_printed_piece_by_piece(capsys):
    with Interrupts(print) as interrupts:
        run.write_out(Chatterbox(), Display().pump, Console(), interrupts)
    assert capsys.readouterr().out == "word word word \n"
    assert isinstance(Demo, type) and issubclass(Demo, WritingDemo)


def test_ctrl_c_stops_the_writing_and_what_was_written_stays(capsys, monkeypatch):
    monkeypatch.setattr(Interrupts, "last", float("-inf"))
    with Interrupts(print) as interrupts:
        interrupts.phase = "training"
        run.write_out(Chatterbox(interrupts), Display().pump, Console(), interrupts)
    assert interrupts.stop
    assert capsys.readouterr().out == "word word word \nStopped writing.\n"


def call(*arguments, **more):
    return subprocess.run([sys.executable, "-W", "error", str(ROOT / "run_all.py"), "rnn", *arguments], text=True,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=60, **more)


@pytest.mark.slow
def test_generate_only_piped_is_plain_and_complete(tmp_path):
    done = call("--generate-only", "--prompt", "OPHELIA:", "--length", "1000", "--out", str(tmp_path))
    assert done.returncode == 0 and done.stderr == "" and "\x1b" not in done.stdout
    assert len(done.stdout.partition("OPHELIA:")[2].removesuffix("\n")) == 1000
    assert not list(tmp_path.rglob("*.png"))


def test_a_play_that_does_not_exist_is_told_before_anything_runs_with_an_example(capsys):
    with pytest.raises(SystemExit) as left:
        parse(["rnn", "--play", "nothamlet"], [Chapter(*run_all.CHAPTERS[-1])])
    mistake, example, _ = capsys.readouterr().err.splitlines()
    assert left.value.code == 2 and example == "  for example: python run_all.py rnn --play macbeth"
    assert "argument --play: There is no play 'nothamlet'" in mistake and "Did you mean 'Hamlet'?" in mistake


@pytest.mark.slow
@pytest.mark.parametrize(("arguments", "words"), [
    (["--generate-only", "--prompt", "☠"], "Not in the vocabulary: '☠'"),
    (["--play", "Macbth"], "Did you mean 'Macbeth'"),
    (["--play", "macbeth", "--quick"], "Macbeth is not on this machine"),
])
def test_a_wrong_wish_ends_with_a_reason_and_no_traceback(arguments, words, tmp_path):
    done = call(*arguments, env={**os.environ, "AI_FROM_SCRATCH_CACHE": str(tmp_path), "COLUMNS": "200"})
    assert done.returncode != 0 and "Traceback" not in done.stdout + done.stderr
    assert words in done.stdout + done.stderr


@pytest.mark.slow
def test_ctrl_c_on_a_terminal_leaves_with_what_was_written():
    child = pexpect.spawn(sys.executable, [str(ROOT / "run_all.py"), "rnn", "--generate-only", "--length", "100000"],
                          timeout=30, dimensions=(40, 120), encoding="utf-8")
    child.expect("HAMLET:")
    child.send("\x03")
    child.expect("Stopped writing")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130, "not all of the text that was asked for"


@pytest.mark.slow
def test_ctrl_c_while_it_learns_keeps_what_was_learnt_then_it_writes_and_can_be_stopped_again(tmp_path):
    path = tmp_path / "verse.txt"
    path.write_text(VERSE)
    arguments = ["--text", str(path), "--epochs", "5000", "--show", "none", "--out", str(tmp_path), "--length", "99999",
                 "--save", str(tmp_path / "run")]
    child = pexpect.spawn(sys.executable, [str(ROOT / "run_all.py"), "rnn", "--quick", *arguments], timeout=60,
                          dimensions=(40, 120), encoding="utf-8")
    child.expect("step 100, held out")
    child.send("\x03")
    child.expect("Stopping at the next frame")
    child.expect("interrupted,")
    child.expect("just trained writes")
    child.send("\x03")
    child.expect("Stopped writing")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130
    assert (tmp_path / "rnn" / "training.png").is_file() and resume(tmp_path / "run")[0].run_.step >= 100


# ---- kept and taken up again

def small(monkeypatch, path, **settings):
    """A run of 60 steps of a tiny network on a tiny text."""
    path.write_text(VERSE)
    new = training_scene.Training._new
    monkeypatch.setattr(training_scene.Training, "_new",
                        lambda self, settings: new(self, settings).set_params(units=12, validate_every=10, chunk=16))
    return Demo(Settings(text=path, epochs=10, **settings))


@pytest.mark.slow
def test_a_run_that_was_stopped_and_resumed_ends_with_the_same_numbers(tmp_path, monkeypatch):
    whole = list(small(monkeypatch, tmp_path / "verse.txt").training.train())
    training = small(monkeypatch, tmp_path / "verse.txt", save=tmp_path / "run").train()
    stopped = next(frame for frame in training if frame.step == 17)
    training.close()                                   # what Ctrl-C comes to
    demo = Demo(Settings(text=tmp_path / "verse.txt", resume=tmp_path / "run"))
    resumed = [frame for frame in demo.train() if isinstance(frame, TrainingFrame)]
    assert resumed[0].step == stopped.step and resumed[-1].steps == whole[-1].steps
    assert resumed[-1].metrics["held_out"] == whole[-1].metrics["held_out"]
    assert resumed[-1].states.tobytes() == whole[-1].states.tobytes() and resumed[-1].sample == whole[-1].sample
    figure = theme.new_figure((11, 5))
    demo.draw(figure, resumed)
    curve = demo.training.view.held_out
    assert np.asarray(curve.get_xdata())[0] == 10, "the curve before it was stopped is there again"


@pytest.mark.slow
def test_a_kept_run_can_be_asked_to_write(tmp_path, monkeypatch):
    list(small(monkeypatch, tmp_path / "verse.txt", save=tmp_path / "run").train())
    demo = generate.Demo(Settings(generate_only=True, resume=tmp_path / "run", length=30))
    said = "".join(demo.speech())
    assert "/run, after 70 steps, writes" in said and len(said.partition("):\n\n")[2].removeprefix("HAMLET:\n")) <= 30
    assert demo.report().metrics["validation_bits_per_char"] > 0


def test_what_cannot_be_resumed_is_told(tmp_path, monkeypatch):
    (tmp_path / "no").write_text("no weights")
    with pytest.raises(DataError, match=r"--resume .*no: .*not one"):
        Demo(Settings(quick=True, resume=tmp_path / "no"))
    with pytest.raises(DataError, match="holds no checkpoint"):
        Demo(Settings(quick=True, resume=WEIGHTS_FILE))
    next(small(monkeypatch, tmp_path / "verse.txt", save=tmp_path / "run").train())
    (tmp_path / "other.txt").write_text(VERSE.replace("CLOWN", "HAMLET"))
    with pytest.raises(DataError, match=r"other.txt is not the text.*belongs to another training text"):
        Demo(Settings(quick=True, text=tmp_path / "other.txt", resume=tmp_path / "run"))


@pytest.mark.slow
def test_a_checkpoint_remembers_its_text_and_resuming_goes_on_saving(tmp_path, monkeypatch):
    training = small(monkeypatch, tmp_path / "verse.txt", save=tmp_path / "run").training.train()
    next(frame for frame in training if frame.step == 17)
    training.close()
    settings = settings_of(parse(["rnn", "--resume", str(tmp_path / "run")], [Chapter(*run_all.CHAPTERS[-1])]))
    monkeypatch.chdir(tmp_path.parent)                 # the path that is kept is a whole one
    demo = Demo(settings)
    assert demo.text.name == "verse.txt" and demo.writing is None and demo.training.first_step == 17
    *_, last = demo.train()
    model, origin = resume(tmp_path / "run")
    assert model.run_.step == last.step == last.steps > 17
    assert origin is not None and origin.file == str(tmp_path / "verse.txt"), "resumed once more it is known again"
    (tmp_path / "verse.txt").rename(tmp_path / "moved.txt")
    with pytest.raises(DataError, match=r"learns the text .*verse.txt, and this file no longer exists.*--text"):
        Demo(settings)
    assert Demo(Settings(resume=tmp_path / "run", text=tmp_path / "moved.txt")).training.first_step == last.step
    (tmp_path / "verse.txt").write_text(VERSE + "more")
    with pytest.raises(DataError, match=r"verse\.txt is not the text"):
        Demo(settings)


@pytest.mark.slow
def test_the_prose_that_stands_in_for_hamlet_is_taken_again_even_where_hamlet_has_come(tmp_path, monkeypatch):
    demo = Demo(Settings(quick=True, epochs=1, save=tmp_path / "run"))
    next(demo.training.train())
    monkeypatch.setattr(chosen_text, "load_hamlet", lambda **_: pytest.fail("another text than the training's own"))
    again = Demo(Settings(quick=True, resume=tmp_path / "run"))
    assert again.text.train == demo.text.train and again.writing is not None


@pytest.mark.slow
@pytest.mark.parametrize("epochs", [None, 3], ids=["complete", "fewer passes than it has taken"])
def test_a_training_that_is_complete_says_that_nothing_was_learnt_and_how_it_goes_on(epochs, tmp_path, monkeypatch):
    whole = list(small(monkeypatch, tmp_path / "verse.txt", save=tmp_path / "run").train())
    again = Demo(Settings(text=tmp_path / "verse.txt", resume=tmp_path / "run", epochs=epochs))
    *_, last = again.train()
    assert last.step == whole[-1].step
    (note,) = [note for note in again.report().notes if note.startswith("Nothing was learnt")]
    assert f"{last.step:,} steps in 10 passes" in note and "--epochs 20" in note and last.steps == last.step


def test_an_older_checkpoint_without_the_name_of_its_text_is_resumed_with_the_text_that_is_given(tmp_path, monkeypatch):
    demo = small(monkeypatch, tmp_path / "verse.txt", save=tmp_path / "run")
    demo.training.file.about = {}
    next(demo.train())
    assert Demo(Settings(text=tmp_path / "verse.txt", resume=tmp_path / "run")).text.name == "verse.txt"
    with pytest.raises(DataError, match="another training text"):
        Demo(Settings(quick=True, resume=tmp_path / "run"))


@pytest.mark.slow
def test_the_live_held_out_curve_has_all_of_its_points_however_the_frames_are_thinned_out(finished):
    demo, frames = finished
    learning = [frame for frame in frames if isinstance(frame, TrainingFrame)]
    measured = [(frame.step, frame.metrics["held_out"]) for frame in learning if frame.judged]
    assert len(measured) > 2
    figure = theme.new_figure((11, 5))
    for end in (len(learning), 2 * len(learning) // 3):
        demo.draw(figure, [learning[0], learning[end - 1]])
        points = np.column_stack(demo.training.view.held_out.get_data()).tolist()
        assert points == [list(point) for point in measured if point[0] <= learning[end - 1].step]


def test_a_text_that_is_cut_is_said_to_be_cut(tmp_path, monkeypatch):
    monkeypatch.setattr(training_scene, "MAX_CHARACTERS", {"train": 1_000, "validation": 200, "test": 10_000})
    (tmp_path / "long.txt").write_text("All work and no play. " * 100)
    demo = Demo(Settings(text=tmp_path / "long.txt", quick=True, epochs=1))
    words = ("the last 1,000 of 1,760 characters of the train part, "
             "the first 200 of 220 characters of the validation part")
    assert words in demo.data[0].source
    next(demo.train())
    assert any(words in note for note in demo.report().notes)
    monkeypatch.undo()
    assert "only" not in Demo(Settings(text=tmp_path / "long.txt")).data[0].source


def test_a_text_of_many_signs_has_its_curve_the_right_way_up(tmp_path, monkeypatch):
    monkeypatch.setattr(fonts, "SOURCES", ())                # a machine without a font that has them
    monkeypatch.setattr(fonts, "added", [])
    signs = np.random.default_rng(0).integers(0x4E00, 0x4E00 + 500, 3000)
    (tmp_path / "signs.txt").write_text("".join(map(chr, signs)), encoding="utf-8")
    training = Demo(Settings(text=tmp_path / "signs.txt", quick=True, epochs=1)).training
    next(training.train())
    ax = theme.new_figure((4, 3)).add_subplot()
    training.view.curve_axes(ax)
    low, high = ax.get_ylim()
    assert low < high and high > max(training.baselines_of_validation[name] for name in ("bigram", "trigram"))
    kinds = len(training.alphabet)
    assert kinds > 400 and f"No font of this machine has these {kinds} characters" in training.boxes


def test_the_training_curve_of_a_short_text_stays_in_the_picture(tmp_path):
    (tmp_path / "own.txt").write_text(VERSE, encoding="utf-8")
    training = Demo(Settings(text=tmp_path / "own.txt", quick=True, epochs=1)).training
    frames = [next(training.train())]
    assert not training.boxes
    learnt = frames[0]._replace(step=1, metrics={**frames[0].metrics, "bits_per_char": 0.1})     # by heart
    training.frames.append(learnt)
    figure = theme.new_figure((8, 4))
    training.view.draw(figure, [learnt])
    finished = theme.new_figure((8, 8))
    training.model.validation_curve_ = []
    pictures.training_with_samples(finished, training)
    for ax in (training.view.curves, finished.axes[0]):
        assert ax.get_ylim()[0] <= 0.1 < ax.get_ylim()[1]


def test_saving_takes_a_small_share_of_the_time(tmp_path, monkeypatch):
    saved = []
    monkeypatch.setattr(checkpoint_file, "save", lambda *_: saved.append(1))
    monkeypatch.setattr(checkpoint_file, "SECONDS_BETWEEN", 0.0)
    clock = itertools.count(0.0, 0.1)                  # each look at the clock is a tenth of a second later
    monkeypatch.setattr(checkpoint_file.time, "perf_counter", lambda: next(clock))
    model: Any = generate.Demo(Settings(generate_only=True)).model
    monkeypatch.setattr(type(model), "checkpoint", lambda self: ({}, {}))
    model.run_ = SimpleNamespace(step=0)
    file = checkpoint_file.CheckpointFile(tmp_path / "run")
    for _ in range(200):                               # a saving takes 0.1 s: a fiftieth of 5 s
        file.update(model)
    assert len(saved) == 4
    checkpoint_file.CheckpointFile(None).update(model, now=True)
    assert len(saved) == 4


@pytest.mark.slow
def test_a_full_disk_costs_the_file_and_not_the_training(tmp_path, monkeypatch):
    (tmp_path / "own.txt").write_text("the cat sat on the mat. " * 60, encoding="utf-8")
    settings = Settings(text=tmp_path / "own.txt", save=tmp_path / "run", quick=True, parameters={
        "units": 4, "max_iter": 1, "streams": 2, "chunk": 32, "validate_every": 100})
    demo = Demo(settings)
    monkeypatch.setattr(checkpoint_file, "SECONDS_BETWEEN", 0.0)
    monkeypatch.setattr(checkpoint_file, "LARGEST_SHARE", np.inf)

    def full(*_):
        raise OSError(28, "No space left on device")

    frames: Any = demo.train()
    next(frames)
    monkeypatch.setattr(checkpoint_file, "save", full)
    notes = [frame.note for frame in frames]
    assert demo.training.frames[-1].step == demo.training.steps
    assert sum("No space left on device" in note for note in notes) == 1, "once"
    [failure] = demo.report().failures
    assert "run could not be written (No space left on device); the file holds step 0." in failure
    with pytest.raises(DataError, match=r"--save .*No space left.*Make room"):        # before the training
        next(Demo(settings).train())


@pytest.mark.slow
def test_a_snapshot_looks_like_what_it_is_a_picture_of_and_follows_it():
    figure = theme.new_figure((3, 2))
    canvas = FigureCanvasAgg(figure)
    ax = figure.add_subplot()
    text = ax.text(0.2, 0.5, "to be")

    def pixels():
        canvas.draw()
        return np.asarray(canvas.buffer_rgba()).astype(int)

    plain = pixels()
    paint.Snapshot(ax, [text, ax.xaxis])
    assert np.abs(pixels() - plain).max() <= 2, "rounding of what is half transparent"
    text.set_text("or not")
    ax.set_xlim(0, 7)
    changed = pixels()
    for artist in (text, ax.xaxis):
        artist.set_animated(False)
    ax.artists[0].remove()
    assert np.abs(pixels() - changed).max() <= 2 < np.abs(changed - plain).max()


def test_what_the_font_has_not_becomes_a_box(monkeypatch):
    monkeypatch.setattr(fonts, "added", [])
    assert paint.shown("a é 日🎭\x07\n") == "a é □□□\n"
    assert paint.visible(" ") + paint.visible("\n") + paint.visible("x") == "␣↵x"
    assert paint.visible(paint.NO_CHARACTER) == " ", "before the beginning there is no space that was written"


@pytest.mark.slow
def test_a_score_of_an_earlier_step_is_not_printed_with_a_text(finished):
    demo, _ = finished
    training, metrics = demo.training, {"bits_per_char": 3.0, "held_out": 6.48}
    training.samples[100_000], training.steps, steps = "Th sie oth", 100_000, training.steps       # the latest text
    try:
        notes = [training._frame(100_000, metrics, judged).note for judged in (False, True)]
    finally:
        del training.samples[100_000], training.frames[-2:]
        training.steps = steps
    assert "step 100,000; it writes:\nTh sie oth" in notes[0] and "held out 6.48 bits" in notes[1]

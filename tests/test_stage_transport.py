"""Pause, step, speed and scrub: what the keys and the page ask for, on a clock that only sleeping moves."""

import os
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from conftest import ROOT
from matplotlib import rc_context
from matplotlib.backend_bases import KeyEvent
from matplotlib.backends.backend_agg import FigureCanvasAgg
from test_stage_displays import start_screen
from test_stage_play import Drawer, Eye, First, Held, Second, clock

from ai_from_scratch.runner import Chapter
from ai_from_scratch.stage import theme
from ai_from_scratch.stage.demo import Settings
from ai_from_scratch.stage.displays import WindowDisplay
from ai_from_scratch.stage.frame_buffer import FrameBuffer
from ai_from_scratch.stage.play import Viewing, play
from ai_from_scratch.stage.transport import ACTIONS, KEYS, SPEEDS, Transport

__all__ = ["clock"]


class Hand(Eye):
    """A display whose watcher acts at the given seconds of the clock: {0.5: "toggle", 1.0: lambda transport: …}."""

    def __init__(self, acts: dict[float, Any]) -> None:
        super().__init__()
        self.acts = sorted(acts.items())
        self.seen: list[tuple[float, int]] = []

    def pump(self):
        super().pump()
        while self.acts and time.monotonic() >= self.acts[0][0]:
            act = self.acts.pop(0)[1]
            (ACTIONS[act] if isinstance(act, str) else act)(self.transport)

    def refresh(self):
        super().refresh()
        self.seen.append((time.monotonic(), self.moment.step))

    def shown(self, after=0.0, before=1e9):
        return [step for at, step in self.seen if after <= at < before]


def steps_of(demo, display, **named):
    return [frame.step for frame in Viewing(demo, display, FrameBuffer(), **named).play()]


def test_paused_the_training_waits_and_then_goes_on_with_every_frame(clock):
    hand = Hand({0.5: "toggle", 9.0: "toggle"})
    assert steps_of(Drawer([First(step) for step in range(20)], work=0.05), hand) == list(range(20))
    assert 9.0 <= clock.now < 10.5, "it waited, and made no step meanwhile"
    assert hand.shown(0.6, 9.0) == []


@pytest.mark.slow
def test_a_step_makes_one_frame_and_shows_it_however_fast_it_trains(clock):
    hand = Hand({0.5: "toggle", 1.0: "step", 2.0: "step", 3.0: "step", 9.0: "toggle"})
    steps_of(Drawer([First(step) for step in range(40)], work=0.05), hand)
    paused_at = hand.shown(before=1.0)[-1]
    assert hand.shown(1.0, 9.0) == [paused_at + 1, paused_at + 2, paused_at + 3]


@pytest.mark.slow
def test_one_looks_back_and_playing_goes_through_the_kept_frames_to_the_training(clock):
    hand = Hand({1.0: "first", 2.0: "step", 3.0: lambda transport: transport.seek(4), 4.0: "back", 5.0: "toggle"})
    demo = Drawer([First(step) for step in range(40)], work=0.1)
    assert steps_of(demo, hand) == list(range(40))
    assert hand.shown(before=5.0)[-4:] == [0, 1, 4, 3]
    assert [step for _, step in demo.drawn if step[-1] == 4][-1] == [0, 1, 2, 3, 4], "an earlier moment, whole"
    after = hand.shown(5.0)
    assert after[:3] == [4, 5, 6] and after[-1] == 39 and after == sorted(after)


@pytest.mark.slow
def test_looking_back_across_scenes_clears_the_figure_and_end_returns(clock):
    hand = Hand({1.0: "toggle", 2.0: "first", 3.0: "latest", 4.0: "toggle"})
    demo = Drawer([First(0), First(1), *(Second(step) for step in range(20))], work=0.1)
    steps_of(demo, hand)
    empty = [steps for axes, steps in demo.drawn if axes == 0]
    assert empty[:3] == [[0], [0], [0]], "the first scene, the second, and the first again"
    assert len(empty) == 4 and len(empty[3]) > 3, "and back to the second"


def test_at_the_end_one_may_look_back_replay_and_stop_again(clock):
    hand, demo, frames = Hand({}), Drawer([First(step) for step in range(8)], work=0.1), FrameBuffer()
    viewing = Viewing(demo, hand, frames)
    list(viewing.play())
    assert not hand.transport.playing
    hand.seen.clear()
    hand.transport.toggle()
    for _ in range(200):
        viewing.pump()
        clock.sleep(0.01)
    assert hand.shown() == list(range(8)) and not hand.transport.playing and hand.transport.at is None


def test_the_users_stop_ends_a_pause_at_once(clock):
    hand = Hand({0.5: "toggle"})
    seen = steps_of(Drawer([First(step) for step in range(1000)], work=0.05), hand, stop=lambda: clock.now > 7)
    assert 5 < len(seen) < 15 and clock.now < 7.2


def test_a_window_that_is_closed_while_paused_lets_the_training_go_on(clock):
    hand: Hand = Hand({0.5: "toggle", 2.0: lambda transport: setattr(hand, "left", 0)})
    assert len(steps_of(Drawer([First(step) for step in range(30)], work=0.05), hand)) == 30
    assert clock.now < 4


@pytest.mark.parametrize(("speed", "seconds"), [(0, 10.0), (1, 2.5), (2, 1.0), (3, 0.5), (4, 0.0)])
def test_the_speed_is_how_long_a_frame_stays(clock, speed, seconds):
    hand = Hand({})
    hand.transport.set_speed(speed)
    demo = Drawer([Held(step, hold=0.1) for step in range(10)])
    steps_of(demo, hand)
    assert clock.now == pytest.approx(seconds, abs=0.1)
    assert len(demo.drawn) == (11 if seconds else len(demo.drawn)), "each, and the last once more"


def test_a_frame_that_waits_for_nothing_stays_a_second_at_the_lowest_speed(clock):
    hand = Hand({})
    hand.transport.set_speed(-5)
    steps_of(Drawer([First(step) for step in range(5)]), hand)
    assert clock.now == pytest.approx(5.0, abs=0.1) and hand.shown() == [0, 1, 2, 3, 4, 4]


def test_a_pause_ends_the_wait_for_a_held_frame_at_once(clock):
    hand = Hand({0.5: "toggle", 1.0: "step", 2.0: "toggle"})
    steps_of(Drawer([Held(step, hold=30.0) for step in range(2)]), hand)
    assert hand.shown(before=2.0) == [0, 1], "a step does not wait for the frame's thirty seconds either"


def test_states_stay_within_what_there_is():
    transport = Transport()
    for action in ("back", "first", "step", "latest", "leave", "toggle", "slower", "faster"):
        ACTIONS[action](transport)
    assert transport.shown == 0 and not transport.left
    transport.kept = 5
    transport.seek(99)
    assert transport.at is None
    transport.seek(-3)
    assert (transport.at, transport.shown) == (0, 0)
    transport.set_speed(99)
    assert transport.speed == len(SPEEDS) - 1
    transport.end()
    transport.latest()
    transport.step()
    assert not transport.granted, "after the end no step is promised"


def test_a_long_run_keeps_at_most_the_limit_of_each_scene():
    frames = FrameBuffer()
    for kind in (First, Second):
        for step in range(5000):
            frames.add(kind(step))
    assert 240 <= frames.kept <= 2 * 241
    number = len(frames.scenes[0])
    assert frames.moment(0) == (0, [First(0)]) and frames.moment(number) == (1, [Second(0)])
    assert frames.moment(frames.kept - 1)[1][-1] == Second(4999)
    with pytest.raises(IndexError, match="frames"):
        frames.moment(frames.kept)


# ---- a window --------------------------------------------------------------------------------------------------------


@pytest.fixture
def window(monkeypatch):
    with rc_context():
        display = WindowDisplay("agg", print)
        monkeypatch.setattr(display.plt, "show", lambda block: None)       # Agg has no window to show
        display.open("Chapter")
        yield display
        display.close()


def press(display, key):
    canvas = display.figure.canvas
    canvas.callbacks.process("key_press_event", KeyEvent("key_press_event", canvas, key))


@pytest.mark.slow
def test_the_keys_of_a_window_pause_step_and_look_back(window, clock):
    keys = [(0.5, " "), (1.0, "right"), (1.5, "left"), (2.0, "left"), (2.5, "right"), (3.0, "x"), (3.5, "home"),
            (4.0, "down"), (4.5, "up"), (5.0, " ")]
    states = []

    def pump():
        while keys and clock.now >= keys[0][0]:
            states.append(window.state_in_words())
            press(window, keys.pop(0)[1])

    window.pump = window.refresh = pump                 # what is painted is another test's
    demo = Drawer([First(step) for step in range(30)], work=0.1)
    assert [frame.step for frame in play(demo, window, FrameBuffer())] == list(range(30))
    assert states[0] == "Chapter · training"
    told = [state.split(" · ")[-1] for state in states[1:]]
    paused = int(told[0].split()[3])
    assert told[:5] == [f"paused at frame {at} of {kept}" for at, kept in
                        ((paused, paused), (paused + 1, paused + 1), (paused, paused + 1), (paused - 1, paused + 1),
                         (paused, paused + 1))]
    assert told[5:7] == [told[4], f"paused at frame 1 of {paused + 1}"] and told[7] == "half speed"
    assert window.figure.canvas.manager is not None


def test_a_window_names_its_keys_below_the_figure_and_pictures_do_not(window):
    class Painter(Drawer):
        def draw(self, figure, frames):
            (figure.axes[0] if figure.axes else figure.add_subplot()).plot([1, 2])

    demo = Painter([First(step) for step in range(3)])
    list(play(demo, window, FrameBuffer(), fps=1e9))
    hints = [text.get_text() for text in window.figure.texts if text.get_gid() == "hint"]
    assert len(hints) == 1 and "space" in hints[0] and "→" in hints[0] and "←" in hints[0]
    eye = Eye()
    list(play(demo, eye, FrameBuffer(), fps=1e9))
    assert eye.figure is not None and not eye.figure.texts


def test_matplotlibs_own_meaning_of_these_keys_is_off(window):
    import matplotlib

    taken = {key for name, keys in matplotlib.rcParams.items() if name.startswith("keymap.") for key in keys}
    assert not taken & set(KEYS)


IN_TK = """
from ai_from_scratch.stage.displays import choose
display = choose("window", print, "")
display.open("a chapter")
display.transport.kept = 5
display.refresh()
widget = display.figure.canvas.get_tk_widget()
widget.focus_force()
for key in ("space", "Right", "Left", "Home", "End", "Down", "space"):
    widget.event_generate(f"<KeyPress-{key}>")
    display.pump()
    transport = display.transport
    print(key, transport.playing, transport.granted, transport.shown, transport.speed)
display.close()
"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("Xvfb") is None or find_spec("tkinter") is None, reason="needs Xvfb and Tk")
def test_a_real_window_answers_to_the_keys():
    screen, number = start_screen()
    try:
        done = subprocess.run([sys.executable, "-c", IN_TK], cwd=ROOT, timeout=60, capture_output=True, text=True,
                              env=os.environ | {"DISPLAY": number})
    finally:
        screen.kill()
        screen.wait()
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["space False False 4 2", "Right False True 4 2", "Left False False 3 2",
                                        "Home False False 0 2", "End False False 4 2", "Down False False 4 1",
                                        "space True False 4 1"]


# ---- every chapter ---------------------------------------------------------------------------------------------------


def chapters():
    import run_all

    return [Chapter(*row) for row in run_all.CHAPTERS]


@pytest.mark.slow
@pytest.mark.parametrize("chapter", chapters(), ids=lambda chapter: chapter.name)
def test_an_earlier_frame_looked_at_again_is_the_picture_that_it_was(chapter, monkeypatch):
    """Painted once in the course of the training, and again after its end, there and back."""
    monkeypatch.chdir(ROOT)
    demo = chapter.demo(Settings(quick=True))
    seen: list[tuple[Any, np.ndarray]] = []

    class Camera(Eye):
        paints_words = False

        def __init__(self):
            super().__init__()
            self.figure = theme.new_figure((11, 5), dpi=60)
            self.canvas = FigureCanvasAgg(self.figure)

        def refresh(self):
            self.canvas.draw()
            seen.append((viewing.frames.moment(self.transport.shown)[1][-1],
                         np.asarray(self.canvas.buffer_rgba()).copy()))

    camera = Camera()
    viewing = Viewing(demo, camera, FrameBuffer(), hold_factor=0.0)
    camera.transport.playing = False                    # each frame is shown
    for number, _ in enumerate(viewing.play(), 1):
        camera.transport.granted = True
        camera.transport.playing = number not in (1, 2, 3, 5, 9, 17, 33, 65, 129, 257)     # the others are not painted
        viewing.next_draw = 1e18
    first, number = list(seen), 0
    assert len(first) > 4
    for frame, pixels in [*first, *first[::-2]]:
        kept = [one for scene in viewing.frames.scenes for one in scene]
        at = next((index for index, one in enumerate(kept) if one is frame), None)
        if at is None:
            continue                                    # thinned
        camera.transport.seek(at)
        viewing.show()
        again = seen[-1][1].astype(int)
        assert np.mean(np.abs(again - pixels) > 40) < 2e-3, f"frame {at} of {chapter.name}"
        number += 1
    assert number > 3



"""The stage's loop: which frames are kept, when they are drawn, and that watching changes nothing."""

import time
from itertools import pairwise
from typing import Any, NamedTuple

import pytest

from ai_from_scratch.stage.displays import Display
from ai_from_scratch.stage.frame_buffer import FrameBuffer
from ai_from_scratch.stage.play import play
from ai_from_scratch.stage.theme import new_figure


class First(NamedTuple):
    step: int
    steps: int = 0
    metrics: dict = {}  # noqa: RUF012  never written to


class Second(NamedTuple):
    step: int
    steps: int = 0
    metrics: dict = {}  # noqa: RUF012


class Held(NamedTuple):
    step: int
    steps: int = 0
    metrics: dict = {}  # noqa: RUF012
    hold: float = 0.03


class Drawer:
    """A demo that yields what it is given, and remembers what it was asked to draw."""

    data: Any = ()
    uses: Any = frozenset()
    figures: Any = None
    report: Any = None

    def __init__(self, frames: Any, cost: float = 0.0, work: float = 0.0) -> None:
        self.frames, self.cost, self.work = frames, cost, work
        self.drawn: list[tuple[int, list[int]]] = []

    def train(self):
        for frame in self.frames:
            time.sleep(self.work)
            yield frame

    def draw(self, figure, frames):
        self.drawn.append((len(figure.axes), [frame.step for frame in frames]))
        figure.clear()
        figure.add_subplot()
        time.sleep(self.cost)


class Eye(Display):
    """A display that is closed after `closes` refreshes."""

    def __init__(self, closes=10**9):
        super().__init__()
        self.figure, self.left, self.pumped = new_figure((2, 2)), closes, 0

    def refresh(self):
        self.left -= 1

    def pump(self):
        self.pumped += 1

    @property
    def alive(self):
        return self.left > 0 and not self.lost


@pytest.fixture
def clock(monkeypatch):
    """A clock that only `sleep` moves, so that other programs on the machine cannot disturb the test."""
    class Clock:
        now = 0.0

        def sleep(self, seconds):
            self.now += seconds

    clock = Clock()
    monkeypatch.setattr(time, "monotonic", lambda: clock.now)
    monkeypatch.setattr(time, "sleep", clock.sleep)
    return clock


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 8, 9, 10, 37, 1000])
def test_a_frame_buffer_keeps_an_even_sample_with_the_first_and_the_latest(n):
    buffer = FrameBuffer(limit=8)
    for step in range(n):
        buffer.add(First(step))
    steps = [frame.step for frame in buffer.scene]
    assert steps[0] == 0 and steps[-1] == n - 1
    assert len(steps) == n if n <= 8 else 4 <= len(steps) <= 9
    gaps = {b - a for a, b in pairwise(steps[:-1])}
    assert len(gaps) <= 1, f"uneven: {steps}"


def test_a_new_class_of_frames_is_a_new_scene():
    buffer = FrameBuffer()
    buffer.add(First(1))
    buffer.add(First(2))
    buffer.add(Second(1))
    assert buffer.scenes == [[First(1), First(2)], [Second(1)]] and buffer.scene == [Second(1)]


def test_a_recording_picks_moments_from_all_scenes_and_ends_each_on_its_last_frame():
    buffer = FrameBuffer()
    for frame in [First(step) for step in range(90)] + [Second(step) for step in range(10)]:
        buffer.add(frame)
    moments = buffer.moments(20)
    assert len(moments) == 20
    assert moments[-1][-1] == Second(9) and First(89) in [moment[-1] for moment in moments]
    assert all(moment[0].step == 0 for moment in moments)
    assert [len(moment) for moment in moments].count(1) == 2, "and it begins each on its first frame"


def test_without_a_display_every_frame_passes_and_nothing_is_drawn():
    demo, buffer = Drawer([First(step) for step in range(50)]), FrameBuffer()
    assert [frame.step for frame in play(demo, Display(), buffer)] == list(range(50))
    assert demo.drawn == [] and len(buffer.scene) == 50


def test_watching_draws_the_last_frame_and_clears_the_figure_for_a_new_scene(clock):
    demo, eye = Drawer([First(0), First(1), Second(0), Second(1)], work=0.05), Eye()
    list(play(demo, eye, FrameBuffer()))
    assert demo.drawn[-1] == (1, [0, 1])
    assert [axes for axes, _ in demo.drawn].count(0) == 2, "the second scene begins on an empty figure too"
    assert eye.pumped > 0


class Square(Drawer):
    """A map of equal aspect beside bars, kept from frame to frame."""

    def draw(self, figure, frames):
        if not figure.axes:
            square, bars = figure.subplots(1, 2, width_ratios=[2, 1])
            square.set(xlim=(0, 4.9), ylim=(0, 3.2), aspect="equal", title="a title")
            bars.set(ylabel="an axis", xlabel="another")


def test_the_first_layout_keeps_space_above_the_title_of_axes_with_a_fixed_aspect(clock):
    eye: Any = Eye()
    eye.figure = new_figure((11, 5), 100)
    eye.refresh = eye.figure.draw_without_rendering
    list(play(Square([First(0)]), eye, FrameBuffer()))
    assert eye.figure.bbox.height - eye.figure.axes[0]._left_title.get_window_extent().y1 > 5


def test_a_closed_window_does_not_stop_the_training(clock):
    demo, eye = Drawer([First(step) for step in range(20)], work=0.04), Eye(closes=2)
    assert len(list(play(demo, eye, FrameBuffer()))) == 20
    assert len(demo.drawn) == 2


def test_slow_drawing_gets_its_share_of_the_time_and_no_more(clock):
    demo = Drawer([First(step) for step in range(60)], cost=0.05, work=0.01)
    list(play(demo, Eye(), FrameBuffer()))
    # 0.6 s of work, each drawing 0.05 s: without the rule sixty drawings, with it under a third of the time.
    drawing = 0.05 * (len(demo.drawn) - 1)             # the last picture is owed to the end, not to the clock
    assert 2 <= len(demo.drawn) <= 8 and drawing <= clock.now / 3


def test_held_frames_are_each_seen_and_stay_for_their_time(clock):
    demo = Drawer([Held(step) for step in range(10)])
    start = time.monotonic()
    list(play(demo, Eye(), FrameBuffer()))
    assert time.monotonic() - start >= 10 * 0.03
    assert len(demo.drawn) >= 10


def test_nobody_waits_for_held_frames_when_nobody_watches():
    demo = Drawer([Held(step, hold=100.0) for step in range(10)])
    assert len(list(play(demo, Display(), FrameBuffer()))) == 10


@pytest.mark.slow
def test_where_drawing_is_slow_a_scene_of_held_frames_lasts_no_more_than_about_twice_its_time(clock):
    demo = Drawer([Held(step, 60, hold=0.1) for step in range(1, 61)], cost=0.37)
    list(play(demo, Eye(), FrameBuffer()))
    assert clock.now <= 2 * 60 * 0.1 + 3 * 0.37        # the first picture does not count, the last is owed
    assert len(demo.drawn) >= 25 and demo.drawn[-1][1][-1] == 60, "the last frame of a scene is always seen"


def test_a_slow_first_picture_of_a_scene_costs_no_later_frame(clock):
    class SlowAtFirst(Drawer):
        def draw(self, figure, frames):
            self.cost = 0.02 if figure.axes else 5.0
            super().draw(figure, frames)

    demo = SlowAtFirst([Held(step, 20, hold=0.1) for step in range(1, 21)])
    list(play(demo, Eye(), FrameBuffer()))
    assert {steps[-1] for _, steps in demo.drawn} == set(range(1, 21)), "every frame is seen"


def test_after_a_slow_first_picture_the_next_one_comes_soon(clock):
    class SlowAtFirst(Drawer):
        def draw(self, figure, frames):
            self.cost = 0.02 if figure.axes else 2.0
            super().draw(figure, frames)

    demo = SlowAtFirst([First(step) for step in range(40)], work=0.1)      # four seconds of training, without holds
    list(play(demo, Eye(), FrameBuffer()))
    assert len(demo.drawn) > 30, "not only the first and the last"


def test_however_slow_a_drawing_is_frames_are_left_out_for_no_more_than_a_second(clock):
    demo = Drawer([Held(step, 30, hold=0.1) for step in range(1, 31)], cost=3.0)
    list(play(demo, Eye(), FrameBuffer()))
    seen = [steps[-1] for _, steps in demo.drawn]
    assert max(later - one for one, later in pairwise(seen)) * 2 * 0.1 <= 1.2


def test_held_frames_wait_for_nothing_but_their_time(clock):
    demo = Drawer([Held(step, 20, hold=0.1) for step in range(1, 21)], cost=0.08)
    list(play(demo, Eye(), FrameBuffer()))
    assert {steps[-1] for _, steps in demo.drawn} == set(range(1, 21)), "every frame is seen"
    assert clock.now <= 20 * 0.11 + 0.2


@pytest.mark.parametrize("part", ["draw", "refresh", "pump"])
def test_a_display_that_fails_ends_the_watching_not_the_training(clock, part):
    def fails(*arguments):
        raise RuntimeError("no screen any more")

    told: list[str] = []
    demo, eye = Drawer([First(step) for step in range(20)], work=0.04), Eye()
    eye.tell = told.append
    setattr(demo if part == "draw" else eye, part, fails)
    assert len(list(play(demo, eye, FrameBuffer()))) == 20
    assert told == ["The live figure has ended (RuntimeError: no screen any more). The training continues."]


@pytest.mark.parametrize("pulls", [1, 3])
def test_a_caller_that_stops_pulling_ends_the_training_for_the_watchers_too(pulls):
    display, demo = Eye(), Drawer([First(step) for step in range(5)])
    told: list[bool] = []
    display.describe = lambda: told.append(display.transport.training)      # type: ignore[method-assign]
    frames = play(demo, display, FrameBuffer())
    for _ in range(pulls):
        next(frames)
    display.transport.toggle()                     # in a pause: nothing but this would ever tell
    frames.close()
    assert not display.transport.training and told[-1] is False
    assert demo.drawn[-1][1] == list(range(pulls)), "the last frame is shown"

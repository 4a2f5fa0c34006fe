"""The live view in Chromium: a training in this process, its page driven as a person would.  Needs what
test_playground_browser.py needs.
"""

import threading
import time
from types import SimpleNamespace

import pytest
from test_playground_browser import chromium, pytestmark, serious
from test_playground_browser import until as until_within
from test_stage_play import Drawer, First, Second

from ai_from_scratch.stage import theme
from ai_from_scratch.stage.browser import BrowserDisplay
from ai_from_scratch.stage.frame_buffer import FrameBuffer
from ai_from_scratch.stage.play import Viewing

__all__ = ["chromium", "pytestmark"]

SIZE = (1280, 900)
PATIENCE_SECONDS = 60      # what is waited for comes in less than a second; a busy machine paints slowly


def until(page, condition):
    until_within(page, condition, PATIENCE_SECONDS)


class Line(Drawer):
    """A line that rises, then one that falls; with a sentence for each."""

    def __init__(self, first=60, second=4000):
        frames = [First(step, first, {"loss": 1 / (1 + step), "accuracy": 0.5}) for step in range(first)]
        super().__init__([*frames, *(Second(step, second, {"loss": 2.0}) for step in range(second))], work=0.02)

    def draw(self, figure, frames):
        for ax in list(figure.axes):
            ax.remove()
        sign = 1 if isinstance(frames[-1], First) else -1
        figure.add_subplot().plot([0, sign * (1 + frames[-1].step)], color=theme.BLUE)

    def phase(self, frames):
        return ("It rises" if isinstance(frames[-1], First) else "It falls") + f" at step {frames[-1].step}."


class Run:
    """Chapters that train in a thread of their own, as run_all.py trains them: one after the other, on one page."""

    def __init__(self, display):
        self.display, self.stopped = display, False
        self.titles: list[str] = []
        self.thread: threading.Thread | None = None

    def start(self, *titles, demo=Line):
        self.stopped, self.titles = False, list(titles)
        self.thread = threading.Thread(target=self._train, args=(demo,))
        self.thread.start()

    def _train(self, demo):
        for title in self.titles:
            self.display.open(title, "Look at the line.")
            self.viewing = Viewing(demo(), self.display, FrameBuffer(), stop=lambda: self.stopped)
            self.seen = sum(1 for _ in self.viewing.play())
            self.display.transport.waiting = self.display.transport.changed = True
            while not self.stopped and not self.display.transport.left:
                self.viewing.pump()
                time.sleep(0.01)
            self.display.close()

    def end(self):
        self.stopped = True
        if self.thread is not None:
            self.thread.join(20)


@pytest.fixture(scope="module")
def display():
    display = BrowserDisplay(lambda text: None)
    yield display
    display.shut_down()


@pytest.fixture
def run(display):
    run = Run(display)
    yield run
    run.end()


@pytest.fixture
def new_page(display, chromium):
    """Opens the page; at the end nothing may stand in the console, and nothing may have left this machine."""
    contexts, problems = [], []

    def note(words, wrong=True):
        if wrong:
            problems.append(words)

    def open_page(width=SIZE[0], height=SIZE[1], **options):
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: note(message.text, message.type in ("error", "warning")))
        page.on("pageerror", lambda error: note(str(error)))
        server = display.server.address
        page.on("request", lambda request: note(request.url, not request.url.startswith(
            (server, server.replace("http", "ws"), "blob:", "data:"))))
        page.goto(display.server.first_address())
        until(page, "window.live && live.state")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not problems


def state(page):
    return SimpleNamespace(**page.evaluate("({...live.state, ...live.moment, pictures: live.pictures})"))


def shown_step(page):
    """The step of the picture that is on the screen, when it has arrived."""
    page.wait_for_timeout(300)
    return page.evaluate("live.moment.step")


def test_the_training_is_shown_with_its_words_and_paused_by_space(run, new_page):
    run.start("Rising", demo=lambda: Line(4000, 2))
    page = new_page()
    until(page, "live.pictures > 5")
    assert "token" not in page.url
    assert page.inner_text("h1") == "Rising"
    assert page.inner_text("#about") == "Look at the line."
    assert page.inner_text("#say").startswith("It rises at step")
    assert "accuracy\n50.00 %" in page.inner_text("#numbers")
    alt = page.get_attribute("#picture", "alt")
    assert alt.startswith("Live figure of Rising, training, step")
    page.keyboard.press("Space")
    until(page, "!live.state.playing")
    kept = state(page).kept
    page.wait_for_timeout(400)
    assert state(page).kept == kept, "the training waits"
    assert page.inner_text("#play-words") == "Go on"
    assert "The training waits" in page.inner_text("#status")
    page.keyboard.press("ArrowRight")
    until(page, f"live.state.kept === {kept + 1} && !live.state.playing")
    page.keyboard.press("Space")
    until(page, f"live.state.playing && live.state.kept > {kept + 5}")
    assert page.inner_text("#status") == ""


def test_scrub_step_and_replay_lead_back_to_the_training(run, new_page):
    run.start("Rising")
    page = new_page()
    until(page, "live.pictures > 2 && live.state.kept > 70 && live.moment.sentence.startsWith('It falls')")
    page.keyboard.press("ArrowLeft")
    until(page, "!live.state.latest")
    page.locator("#scrub").press("Home")
    until(page, "live.state.at === 0 && live.moment.step === 0")
    assert page.inner_text("#say") == "It rises at step 0."
    first = page.get_attribute("#picture", "src")
    page.locator("#scrub").press("PageUp")
    until(page, "live.state.at > 3 && live.moment.step > 3")
    assert page.get_attribute("#picture", "src") != first
    at = state(page).at
    page.locator("h1").click()
    page.keyboard.press("ArrowRight")
    until(page, f"live.state.at === {at + 1}")
    page.keyboard.press("ArrowLeft")
    until(page, f"live.state.at === {at}")
    assert "You look back" in page.inner_text("#status")
    kept = state(page).kept
    page.keyboard.press("Space")
    until(page, f"live.state.at > {at} && live.state.playing")
    page.keyboard.press("End")
    until(page, "live.state.latest && !live.state.playing")
    page.click("#play")
    until(page, f"live.state.kept > {kept + 3}")


def test_the_speed_is_chosen_and_kept_for_the_next_chapter(run, new_page):
    run.start("One", "Two")
    page = new_page()
    until(page, "live.pictures > 1")
    page.select_option("#speed", "0")
    until(page, "live.state.speed === 0")
    kept = state(page).kept
    page.wait_for_timeout(1500)
    assert state(page).kept <= kept + 3, "one frame a second"
    page.locator("h1").click()
    page.keyboard.press("ArrowUp")
    until(page, "live.state.speed === 1")
    run.viewing.stop = lambda: True
    until(page, "live.state.waiting")
    page.click("#leave")
    until(page, "live.state.title === 'Two' && live.pictures > 1 && live.moment")
    assert page.input_value("#speed") == "1"


def test_chapters_follow_each_other_and_the_end_is_said(run, display, new_page):
    run.start("One", "Two", demo=lambda: Line(8, 2))
    page = new_page()
    until(page, "live.state.waiting")
    assert "The training has ended" in page.inner_text("#status")
    assert page.inner_text("#play-words") == "Replay"
    page.click("#play")
    until(page, "live.state.playing && live.moment.step > 3 && !live.state.latest")
    until(page, "!live.state.playing && live.state.latest")
    page.click("#leave")
    until(page, "live.state.title === 'Two' && live.pictures > 1 && live.moment")
    until(page, "live.state.waiting")
    run.end()
    until(page, "live.state.phase === 'ended'")
    assert page.is_disabled("#play")
    assert "The terminal says what comes next" in page.inner_text("#status")


def test_a_picture_has_the_pixels_of_a_sharp_screen_and_is_dark_on_a_dark_page(run, new_page):
    run.start("Rising")
    page = new_page(device_scale_factor=2, color_scheme="dark")
    until(page, "live.moment && live.moment.dark && live.moment.width >= 2 * live.picture.clientWidth - 30")
    corner = """() => { const image = live.picture; const canvas = document.createElement("canvas");
        canvas.width = canvas.height = 1; const context = canvas.getContext("2d"); context.drawImage(image, 0, 0);
        return context.getImageData(0, 0, 1, 1).data[0]; }"""
    assert page.evaluate(corner) < 40
    page.click("#theme")
    until(page, "live.moment && !live.moment.dark")
    assert page.evaluate(corner) > 240
    assert page.evaluate("document.documentElement.dataset.theme") == "light"


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")])
def test_axe_finds_nothing_serious(run, new_page, width, scheme):
    run.start("Rising", demo=lambda: Line(30, 2))
    page = new_page(width=width, height=844, color_scheme=scheme)
    until(page, "live.pictures > 0")
    assert serious(page) == []
    until(page, "live.state.waiting")
    assert serious(page) == [], "with the button that goes on, too"


def test_on_a_phone_the_page_fits_and_the_picture_can_be_moved(run, new_page):
    run.start("Rising")
    page = new_page(width=390, height=844, has_touch=True)
    until(page, "live.pictures > 1")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("#play").bounding_box()["height"] >= 40
    scroll = "document.querySelector('#scroll')"
    assert page.evaluate(f"{scroll}.scrollWidth > {scroll}.clientWidth + 100")
    page.locator("#scroll").focus()
    page.keyboard.press("ArrowRight")
    until(page, f"{scroll}.scrollLeft > 0")
    assert page.evaluate("live.state.playing"), "there the arrow moves the picture"


def test_who_wants_little_motion_gets_few_pictures_and_the_training_is_not_slower(run, new_page):
    run.start("Rising")
    page = new_page(reduced_motion="reduce")
    until(page, "live.pictures > 0")
    before, kept = state(page).pictures, state(page).kept
    page.wait_for_timeout(2000)
    assert state(page).pictures - before <= 5
    until(page, f"live.state.kept > {kept + 20}")
    assert page.evaluate("live.state.playing")


def test_a_reload_in_a_pause_finds_it_paused_and_two_tabs_show_the_same(run, new_page):
    run.start("Rising")
    page = new_page()
    until(page, "live.pictures > 1")
    page.click("#play")
    until(page, "!live.state.playing")
    kept = state(page).kept
    page.reload()
    until(page, "window.live && live.state && live.pictures > 0")
    page.wait_for_timeout(400)
    assert not state(page).playing
    assert state(page).kept == kept
    other = new_page()
    until(other, "live.pictures > 0")
    assert (state(other).step, state(other).kept) == (state(page).step, kept)
    other.click("#back")
    until(page, "!live.state.latest")
    assert shown_step(page) == shown_step(other)


def test_the_page_says_so_when_the_run_is_gone_or_the_token_is_missing(run, display, new_page, chromium):
    run.start("Rising", demo=lambda: Line(5, 2))
    page = new_page()
    until(page, "live.pictures > 0")
    for tab in list(display.server.sessions):
        display.loop.call_soon_threadsafe(tab.close)
    until(page, "document.body.dataset.engine === 'closed'")
    assert "The last picture stays" in page.inner_text("#status")
    assert page.is_disabled("#play")
    stranger = chromium.new_context().new_page()
    stranger.goto(display.server.address)
    until(stranger, "document.body.dataset.engine === 'closed'")
    assert "with its token" in stranger.inner_text("#status")
    stranger.context.close()

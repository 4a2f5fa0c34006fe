"""The page in Chromium, on the local engine.  It needs the extra [browser] (playwright) and a Chromium of the system.

    pip install -e ".[test,browser]"; pytest -m "browser" tests/test_playground_browser.py
"""

import asyncio
import shutil
import threading
import time
from importlib.util import find_spec
from types import SimpleNamespace

import pytest
from conftest import ROOT

from playground.catalogue import Catalogue
from playground.lessons import Lessons

CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome", "chrome")
                 if (path := shutil.which(name))), None)
pytestmark = [pytest.mark.slow, pytest.mark.browser,
              pytest.mark.skipif(find_spec("playwright") is None, reason="no playwright: install the extra [browser]"),
              pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")]
FOLDERS = ["Linear_Regression_From_Scratch"]
AXE = ROOT / "tests" / "vendor" / "axe-core" / "axe.min.js"
READY = "window.playground && window.playground.kept.length > 0 && !window.playground.waiting"

# A first picture is there.  A scene that computes the rest of it by itself (`more`) hardly ever waits for nothing.
OPEN = "window.playground && window.playground.kept.length > 0 && (!playground.waiting || playground.more)"


def until(page, condition, seconds=15):
    """Waits for a condition of the page; what it reads may not be there yet, for example between two runs.

    (Playwright's own wait_for_function needs eval, which the policy forbids.)
    """
    end = time.monotonic() + seconds
    asked = ("() => { try { return Boolean(" + condition + "); } "
             "catch (error) { if (error instanceof TypeError) return false; throw error; } }")
    while not page.evaluate(asked):
        assert time.monotonic() < end, f"not within {seconds} s: {condition}"
        page.wait_for_timeout(20)


@pytest.fixture(scope="module")
def engine(request):
    """A running local engine with the scenes of the test file's FOLDERS, in a thread with a loop of its own."""
    from playground.server import Playground
    from playground.session import Session

    folders, ready, found = request.module.FOLDERS, threading.Event(), SimpleNamespace()
    catalogue, lessons = Catalogue(folders), Lessons(folders)

    async def serve():
        found.playground = playground = Playground(lambda: Session(catalogue, lessons), 0, catalogue.readable)
        found.loop, found.end = asyncio.get_running_loop(), asyncio.Event()
        ready.set()
        await found.end.wait()
        playground.close()
        await playground.server.close_all_connections()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(10)
    found.playground.loop = found.loop
    yield found.playground
    found.loop.call_soon_threadsafe(found.end.set)
    thread.join(10)


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def new_page(engine, chromium):
    """Opens the page; at the end nothing may stand in the console, and nothing may have left this machine."""
    contexts, problems = [], []

    def note(words, wrong=True):
        if wrong:
            problems.append(words)

    def open_page(fragment="", width=1440, height=900, **options):
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: note(message.text, message.type in ("error", "warning")
                                                and "willReadFrequently" not in message.text))    # of `pixels` below
        page.on("pageerror", lambda error: note(str(error)))
        page.on("request", lambda request: note(request.url, not request.url.startswith(
            (engine.address, engine.address.replace("http", "ws"), "blob:", "data:"))))
        page.goto(engine.first_address() + fragment)
        until(page, OPEN, 60)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not problems


def numbers(page):
    return page.evaluate("Object.fromEntries(Object.entries(playground.kept[playground.at].frame.numbers))")


def run_to_rest(page):
    page.select_option("#speed", "4")
    page.click("#play")
    until(page, "playground.resting && !playground.playing")


def pixels(page, selector):
    """A checksum of a canvas, and how many colours it has."""
    return page.evaluate("""(selector) => { const canvas = document.querySelector(selector);
        const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        let sum = 0; const seen = new Set();
        for (let i = 0; i < data.length; i += 4) { sum = (sum * 31 + data[i] + data[i + 1] * 3 + data[i + 2] * 7) >>> 0;
          if (i % 64 === 0) seen.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]); }
        return [sum, seen.size]; }""", selector)


def test_play_rolls_the_ball_to_rest_and_the_sentence_changes(new_page):
    page = new_page()
    assert "?" not in page.url
    assert "token" not in page.url
    first, before = page.inner_text("#say"), pixels(page, "afs-bowl canvas")
    assert before[1] > 50, "a lit surface has many colours"
    run_to_rest(page)
    assert page.inner_text("#say") != first
    assert "At rest after 108 steps" in page.inner_text("#say")
    assert pixels(page, "afs-bowl canvas") != before
    assert page.inner_text("#play-words") == "Again"


def test_step_shows_the_lines_that_ran_with_values_and_equation(new_page):
    page = new_page()
    page.click("#step")
    page.wait_for_selector(".row.now")
    assert page.locator(".row.ran").count() > 10
    found = set()
    for _ in range(60):
        page.get_by_role("button", name="Next line").click()
        found.add(page.inner_text(".card"))
    joined = "\n".join(found)
    assert "dw [" in joined.replace("\n", " ")
    assert "gradient, line" in joined
    step = numbers(page)
    w = page.evaluate("playground.kept.at(-1).frame.numbers['slope w']")
    assert step["step"] == 1
    assert f"{w:.4g}" in joined, "the value in the panel is that of the run"
    page.get_by_role("button", name="Line before").click()
    assert page.locator(".card .katex").count() or page.locator(".card").inner_text()
    page.click("#play")
    until(page, "playground.kept.length > 4")
    assert page.locator(".row.now, .row.ran").count() == 0, "all lines have run: none is marked"


def test_equations_are_set_under_the_content_security_policy(new_page):
    page = new_page()
    page.click("#step")
    page.wait_for_selector(".card .katex")


def test_scrubbing_shows_the_past_and_go_on_from_here_is_the_same_run(new_page):
    page = new_page()
    run_to_rest(page)
    last = numbers(page)
    page.locator("#scrub").press("Home")
    assert numbers(page)["step"] == 0
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#play-words") == "Go on from here"
    at = numbers(page)
    page.click("#play")
    until(page, "playground.resting && !playground.waiting")
    assert numbers(page) == last
    assert at["step"] < last["step"]


def test_past_the_limit_the_ball_flies_out_and_the_reason_is_said(new_page):
    page = new_page()
    page.click("text=Past the limit")
    until(page, READY)
    assert "past" in page.locator(".control", has_text="Learning rate").get_attribute("class")
    page.click("#predict >> text=roll down")
    until(page, "playground.resting")
    assert "must stay below 2/λmax" in page.inner_text("#say")
    assert "Not so. The answer: fly out of the bowl" in page.inner_text("#predict")


def test_a_prediction_of_a_number_is_told_how_far_off_it_was(new_page):
    page = new_page()
    page.click("text=A heavy ball")
    page.fill("#guess", "50")
    page.select_option("#speed", "4")
    page.click("#predict button")
    until(page, "playground.resting")
    steps = numbers(page)["step"]
    assert f"you were off by {abs(steps - 50)}" in page.inner_text("#predict")


def test_dragging_a_sample_changes_the_bowl_and_undo_brings_it_back(new_page):
    page = new_page()
    best = "Array.from(playground.kept.at(-1).frame.bowl.best)"
    before = page.evaluate(best)
    x, y = page.evaluate("""() => { const plane = document.querySelector("afs-plane");
        const box = plane.canvas.getBoundingClientRect(); plane.scrollIntoView({block: "center"});
        const again = plane.canvas.getBoundingClientRect(); const [px, py] = plane.toScreen(...plane.at(0));
        return [again.left + px, again.top + py]; }""")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y - 60, steps=6)
    page.mouse.up()
    until(page, f"JSON.stringify({best}) !== '{before}' && !playground.waiting")
    assert page.evaluate("playground.controls.samples.length") == 24
    until(page, "location.hash.includes('samples=')")
    page.click("#undo")
    until(page, f"Math.abs({best}[0] - {before[0]}) < 1e-9 && playground.controls.samples === null")


def test_dragging_the_ball_moves_its_start(new_page):
    page = new_page()
    x, y = page.evaluate("""() => { const bowl = document.querySelector("afs-bowl");
        const box = bowl.canvas.getBoundingClientRect();
        return [box.left + bowl.handles[0][0], box.top + bowl.handles[0][1]]; }""")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(page.viewport_size["width"] / 2 - 80, y + 60, steps=5)
    page.mouse.up()
    until(page, f"playground.controls.start !== null && ({READY})")
    start = page.evaluate("playground.controls.start")
    assert [numbers(page)["slope w"], numbers(page)["intercept b"]] == pytest.approx(start)


def test_a_link_brings_back_this_very_moment(new_page):
    page = new_page()
    page.click("text=Zigzag")
    until(page, READY)
    for _ in range(3):
        page.keyboard.press("ArrowRight")
        until(page, READY)
    page.click("#link")
    there = numbers(page)
    fragment = page.evaluate("location.hash")
    assert "learning_rate=0.31" in fragment
    assert "update=" in fragment
    other = new_page(fragment)
    assert numbers(other) == there


def test_everything_by_keyboard_alone(new_page):
    page = new_page()
    page.keyboard.press("Space")
    until(page, "playground.kept.length > 3")
    page.keyboard.press("Space")
    until(page, f"!playground.playing && ({READY})")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("playground.at") == page.evaluate("playground.kept.length") - 2
    page.keyboard.press("r")
    until(page, f"playground.kept.length === 1 && ({READY})")
    slider = page.get_by_role("slider", name="Learning rate η", exact=True)
    slider.focus()
    before = page.evaluate("playground.controls.learning_rate")
    slider.press("ArrowRight")
    assert page.evaluate("playground.controls.learning_rate") > before
    assert slider.get_attribute("aria-valuetext")
    canvas = page.locator("afs-plane canvas")
    canvas.focus()
    canvas.press("n")
    assert "Sample 1 of 24" in canvas.get_attribute("aria-label")
    canvas.press("ArrowUp")
    until(page, "playground.controls.samples !== null")


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")])
def test_axe_finds_nothing_serious(new_page, width, scheme):
    page = new_page(width=width, height=844, color_scheme=scheme)
    page.click("#step")
    page.wait_for_selector(".row.now")
    assert serious(page) == []


def serious(page):
    """What axe-core finds serious or critical."""
    page.context.new_cdp_session(page).send("Runtime.evaluate", {"expression": AXE.read_text(encoding="utf-8")})
    return page.evaluate("""async () => (await axe.run(document, { resultTypes: ["violations"] })).violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, nodes }) => [id, nodes.slice(0, 3).map((node) => node.html.slice(0, 120))])""")


def test_on_a_phone_nothing_is_wider_than_the_screen(new_page):
    page = new_page(width=390, height=844, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = page.locator("#play").bounding_box()
    assert box["height"] >= 40
    hero = page.locator("afs-bowl").bounding_box()
    assert hero["y"] < 844, "the picture is on the first screen"


def test_dark_is_dark_and_is_kept(new_page):
    page = new_page(color_scheme="light")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.click("#theme")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    page.reload()
    until(page, READY)
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_with_reduced_motion_nothing_walks_by_itself_and_frames_are_few(new_page):
    page = new_page(reduced_motion="reduce")
    page.click("#step")
    page.wait_for_selector(".row.now")
    place = page.inner_text(".place")
    page.wait_for_timeout(1200)
    assert page.inner_text(".place") == place
    assert page.input_value("#speed") == "0"


def test_two_tabs_run_side_by_side_and_a_reload_begins_anew(engine, new_page):
    one, two = new_page(), new_page()
    one.click("#play")
    two.click("text=Zigzag")
    two.click("#play")
    until(one, "playground.kept.length > 3")
    until(two, "playground.kept.length > 3")
    assert len(engine.sessions) == 2
    one.reload()
    until(one, READY)
    assert len(engine.sessions) == 2, "a reload leaves no session behind"


def test_a_slow_page_is_not_flooded_one_update_for_each_painted_frame(engine, new_page):
    page = new_page("#learning_rate=0.001")
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 6})
    page.select_option("#speed", "2")
    page.click("#play")
    until(page, "playground.painted > 15", 60)
    session = next(iter(engine.sessions)).session
    updates, dropped = session.updates, session.dropped
    assert dropped == 0
    assert updates <= page.evaluate("playground.painted") + 2


def test_when_the_engine_is_gone_the_page_says_so(engine, new_page):
    page = new_page()
    for tab in list(engine.sessions):
        engine.loop.call_soon_threadsafe(tab.close)
    until(page, "document.body.dataset.engine === 'closed'")
    assert "python run_all.py playground" in page.inner_text("#status")


def test_the_picture_is_downloaded_as_a_png(new_page):
    page = new_page()
    with page.expect_download() as download:
        page.click("#picture")
    content = download.value.path().read_bytes()
    assert download.value.suggested_filename == "line_and_bowl_0.png"
    assert content.startswith(b"\x89PNG")
    assert len(content) > 20_000

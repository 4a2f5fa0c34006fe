"""The scenes of chapters 5 to 7 in Chromium: painted points, a drawn digit, a text that is written, a wrong line."""

import re

import numpy as np
import pytest
from PIL import Image, ImageDraw
from test_architecture import story
from test_playground_browser import (  # noqa: F401  (fixtures)
    AXE,
    READY,
    chromium,
    engine,
    new_page,
    pixels,
    serious,
    until,
)
from test_playground_browser import pytestmark as pytestmark

FOLDERS = story()          # all chapters: a scene shows the lesson files of several
SCENES = ["one_plane_five_models", "draw_a_digit", "hamlet_writes", "break_it"]
LAST = "playground.kept.at(-1)?.frame"


def place(page, x, y, element="afs-plane"):
    """Where a point of the first plane's data lies on the screen."""
    return page.evaluate("""([element, x, y]) => { const plane = document.querySelector(element);
        plane.scrollIntoView({ block: "center" }); const box = plane.canvas.getBoundingClientRect();
        const [px, py] = plane.toScreen(x, y); return [box.left + px, box.top + py]; }""", [element, x, y])


@pytest.mark.parametrize("scene", SCENES)
def test_a_scene_opens_on_a_phone_with_its_picture_on_the_first_screen(new_page, scene):    # noqa: F811
    page = new_page(f"#scene={scene}", width=390, height=844, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("#hero figure").bounding_box()["y"] < 700


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.skipif(not AXE.exists(), reason="there is no axe-core in tests/vendor")
def test_axe_finds_nothing_serious_in_a_scene(new_page, scene):    # noqa: F811
    page = new_page(f"#scene={scene}", color_scheme="dark" if scene == "break_it" else "light")
    assert serious(page) == []


def test_points_painted_on_an_empty_plane_are_learned_and_travel_in_the_link(new_page):    # noqa: F811
    page = new_page("#scene=one_plane_five_models")
    page.click("text=Your own points")
    until(page, f"{LAST}.plane.points.shape[0] === 0 && ({READY})")
    for label, spots in (("0", [(-2, -2), (-2, 2)]), ("1", [(2, -2), (2, 2)])):
        page.click(f"label:has(input[name='control-brush'][value='{label}'])")
        until(page, f"{LAST}.plane.paint === {label} && !playground.waiting")
        for spot in spots:
            count = page.evaluate(f"{LAST}.plane.points.shape[0]")
            page.mouse.click(*place(page, *spot))
            until(page, f"{LAST}.plane.points.shape[0] === {count + 1} && !playground.waiting")
    until(page, f"{LAST}.numbers['least squares'] === '100.0 %'")
    until(page, "new URLSearchParams(location.hash.slice(1)).get('points')?.split(';').length === 4")
    page.reload()
    until(page, f"({READY}) && {LAST}.plane.points.shape[0] === 4")


def test_a_model_says_why_where_the_mouse_is_and_stops_when_it_leaves(new_page):    # noqa: F811
    page = new_page("#scene=one_plane_five_models&model=nearest+neighbours")
    before = page.inner_text("#say")
    page.mouse.move(*place(page, 0.5, 0.5))
    until(page, "document.getElementById('say').textContent.includes('7 nearest points')")
    assert page.is_disabled("#undo"), "where the mouse is, is nothing to undo"
    x, y = place(page, -3, 0)
    page.mouse.move(x - 20, y)                                       # the numbers at the axis: outside of the plane
    until(page, "playground.controls.pointer === null && !playground.waiting")
    assert "nearest points" not in page.inner_text("#say")
    assert before
    assert page.inner_text("#status") == ""


def test_a_point_dragged_out_of_the_plane_stays_at_its_edge(new_page):    # noqa: F811
    page = new_page("#scene=one_plane_five_models")
    first = page.evaluate(f"Array.from({LAST}.plane.points.slice(0, 2))")
    page.mouse.move(*place(page, *first))
    page.mouse.down()
    x, y = place(page, -3, 0)
    page.mouse.move(x - 30, y, steps=4)
    page.mouse.up()
    until(page, f"({READY}) && playground.controls.points && playground.controls.points[0][0] === -3")
    assert page.inner_text("#status") == ""


def test_a_digit_is_drawn_with_the_pen_and_taken_away_with_the_eraser(new_page):    # noqa: F811
    page = new_page("#scene=draw_a_digit")
    page.click("text=A clean pad")
    until(page, f"{LAST}.pad.pixels.every((ink) => ink === 0) && ({READY})", 60)
    box = page.locator("afs-digit canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    empty = pixels(page, "afs-digit canvas")

    def stroke():
        page.mouse.move(x, y - 80)
        page.mouse.down()
        page.mouse.move(x, y + 80, steps=8)
        page.mouse.up()

    stroke()
    until(page, "playground.controls.digit.some((ink) => ink > 200)")
    assert pixels(page, "afs-digit canvas") != empty
    drawn = page.evaluate("playground.controls.digit.filter((ink) => ink > 128).length")
    page.get_by_role("button", name="Eraser").click()
    stroke()
    until(page, f"playground.controls.digit.filter((ink) => ink > 128).length < {drawn / 4}")
    page.get_by_role("button", name="Clean pad", exact=True).click()
    until(page, "playground.controls.digit.every((ink) => ink === 0)")


def test_a_digit_is_drawn_by_keyboard(new_page):    # noqa: F811
    page = new_page("#scene=draw_a_digit")
    canvas = page.locator("afs-digit canvas")
    canvas.press("Enter")
    for _ in range(4):
        canvas.press("ArrowDown")
    until(page, "playground.controls.digit !== null")


def test_hamlet_goes_on_writing_and_a_character_tells_its_surprise(new_page):    # noqa: F811
    page = new_page("#scene=hamlet_writes")
    page.select_option("#speed", "2")
    page.click("#play")
    until(page, f"{LAST}.text.text.length > 20")
    page.click("#play")
    until(page, "!playground.waiting")
    page.locator(".written span").nth(10).hover()
    assert "character 11: " in page.inner_text("afs-writer .note")
    assert page.inner_text(".written").startswith("HAMLET:")
    page.keyboard.press("ArrowRight")                                # Step
    page.wait_for_selector(".row.now")
    assert pixels(page, "afs-bars canvas")[1] > 3
    with page.expect_download() as download:
        page.click("#picture")
    image = Image.open(download.value.path())
    band = np.asarray(image.convert("L"))[72:110, 16:120]
    assert np.ptp(band) > 100, "the text is in the picture, above the bars"
    assert pixels(page, "afs-heat canvas")[1] > 3


GUESS = {"line_and_bowl": "text=zigzag to the bottom", "one_plane_five_models": "#predict >> text=naive Bayes",
         "break_it": "text=network B", "draw_a_digit": "2", "hamlet_writes": "4"}


@pytest.mark.parametrize("scene", GUESS)
def test_in_every_scene_one_may_predict_and_is_told_how_far_off_one_was(new_page, scene):    # noqa: F811
    page = new_page(f"#scene={scene}")
    until(page, "!playground.more && !playground.waiting", 60)
    assert page.inner_text("#predict h2") == "Predict first"
    page.select_option("#speed", "4")
    if GUESS[scene].isdigit():
        page.fill("#guess", GUESS[scene])
        page.click("#predict button")
    else:
        page.click(GUESS[scene])
    until(page, "document.getElementById('predict').textContent.includes('You said')", 40)
    words = page.inner_text("#predict")
    if GUESS[scene].isdigit():
        name = page.evaluate("playground.scene.predictions[0].name")
        truth = page.evaluate(f"playground.kept.map(({{ frame }}) => frame.answers?.{name}).find(Number.isFinite)")
        assert "Exactly." in words if truth == int(GUESS[scene]) else "you were off by" in words
    else:
        assert "Right." in words or "Not so. The answer: " in words


@pytest.mark.parametrize("scene", ["line_and_bowl", *SCENES])
def test_the_links_of_a_scene_open_its_page_its_file_and_the_next_scene(new_page, scene):    # noqa: F811
    page = new_page(f"#scene={scene}")
    links = page.evaluate("""async () => Promise.all([...document.querySelectorAll("#links a")].map(async (link) => {
        const answer = await fetch(link.href), text = await answer.text();
        return [link.getAttribute("href"), answer.status, text.length]; }))""")
    *texts, (following, _, _) = links
    assert len(texts) == 3 and all(status == 200 and length > 500 for _, status, length in texts)
    assert texts[0][0].endswith(".md") and texts[2][0].endswith(f"scene_{scene}.py")
    page.click("#links a.next")
    until(page, f"({READY}) && playground.scene.name === '{following.split('=')[1]}'")


def test_a_click_on_a_small_picture_makes_its_model_the_large_one_with_its_own_controls(new_page):    # noqa: F811
    page = new_page("#scene=one_plane_five_models&classes=4&data=circles")
    until(page, f"!playground.more && !playground.waiting && {LAST}.neural_network.field.shape.length === 3")
    assert page.locator("#control-hidden").is_visible()
    assert not page.locator("#control-k").is_visible()
    assert pixels(page, "afs-units canvas")[1] > 30
    before = pixels(page, "#hero canvas")
    page.click("figcaption button:has-text('Nearest neighbours')")
    until(page, f"playground.controls.model === 'nearest neighbours' && ({READY})")
    assert page.locator("#control-k").is_visible()
    assert not page.locator("#control-hidden").is_visible()
    assert pixels(page, "#hero canvas") != before
    assert page.get_attribute("figcaption button:has-text('Nearest neighbours')", "aria-pressed") == "true"
    assert page.locator("#presets [aria-pressed=true]").count() == 0, "these are no preset's controls any more"


def test_a_hidden_unit_is_shown_large_while_one_points_at_it(new_page):    # noqa: F811
    page = new_page("#scene=one_plane_five_models")
    until(page, "!playground.more && !playground.waiting")
    before = pixels(page, "#hero canvas")
    canvas = page.locator("afs-units canvas")
    canvas.press("ArrowRight")
    until(page, "document.getElementById('status').textContent.includes('Unit 1 in the large picture')")
    page.wait_for_timeout(100)
    assert pixels(page, "#hero canvas") != before
    page.locator("#play").focus()
    page.wait_for_timeout(100)
    assert pixels(page, "#hero canvas") == before


def test_with_a_finger_one_asks_why_and_the_answer_stays(new_page):    # noqa: F811
    page = new_page("#scene=one_plane_five_models&model=nearest+neighbours", width=390, height=844, has_touch=True)
    until(page, "!playground.more && !playground.waiting")
    page.touchscreen.tap(*place(page, -1.5, -1.5))
    until(page, "document.getElementById('say').textContent.includes('7 nearest points')")
    assert page.evaluate("playground.controls.points") is None, "with the pen off nothing is painted"


def test_a_picture_file_is_laid_on_the_pad_as_ink(new_page, tmp_path):    # noqa: F811
    image = Image.new("RGB", (300, 200), (250, 240, 220))
    ImageDraw.Draw(image).line((150, 30, 150, 170), fill=(20, 30, 90), width=24)
    image.save(tmp_path / "one.png")
    (tmp_path / "broken.png").write_text("no picture")
    page = new_page("#scene=draw_a_digit")
    page.set_input_files("afs-digit input[type=file]", tmp_path / "one.png")
    until(page, "playground.controls.digit?.some((ink) => ink > 200)")
    ink = page.evaluate("playground.controls.digit")
    columns = {at % 56 for at, value in enumerate(ink) if value > 128}
    assert columns <= set(range(24, 33)), "the stroke is ink, the paper is not"
    page.set_input_files("afs-digit input[type=file]", tmp_path / "broken.png")
    until(page, "document.getElementById('status').textContent.includes('broken.png is no picture')")


def test_a_pixel_of_a_feature_map_shows_the_sum_that_made_it(new_page):    # noqa: F811
    page = new_page("#scene=draw_a_digit&evidence=false")
    until(page, "!playground.more && !playground.waiting", 60)
    page.click("#play")
    until(page, f"{LAST}.maps.probe && !playground.waiting")
    canvas = page.locator("afs-images canvas").last
    canvas.press("n")
    canvas.press("ArrowLeft")
    map_, row, column = page.evaluate("[...document.querySelectorAll('afs-images')].at(-1).probe")
    words = canvas.get_attribute("aria-label")
    value = page.evaluate(f"{LAST}.maps.probe.values[({map_} * 24 + {row}) * 24 + {column}]")
    assert f"Map {map_ + 1}, row {row + 1}, column {column + 1}" in words
    words = re.findall(r"−?[0-9.]+(?:e−?[0-9]+)?", words.split("column")[1].split("N and P")[0].rstrip(". "))
    found = [float(word.replace("−", "-")) for word in words[1:4]]
    assert found[0] + found[1] == pytest.approx(found[2], abs=0.02 + 0.01 * abs(found[0]))
    assert found[2] == pytest.approx(value, rel=0.01, abs=0.01)


def test_the_next_scene_waits_although_the_last_one_played_to_its_rest(new_page):    # noqa: F811
    page = new_page("#scene=line_and_bowl")
    page.select_option("#speed", "4")
    page.click("#play")
    until(page, "playground.resting && !playground.playing")
    page.evaluate("location.hash = '#scene=one_plane_five_models'")
    until(page, f"{LAST}?.plane && !playground.more && ({READY})")
    page.mouse.move(*place(page, 0.5, 0.5))
    until(page, "document.getElementById('say').textContent.startsWith('Neural network.')")
    assert page.inner_text("#play-words") == "Play", "to point at a place starts nothing"


def test_break_it_keeps_the_line_until_the_guess_is_judged(new_page):    # noqa: F811
    page = new_page("#scene=break_it")
    assert "Shown after" in page.inner_text("afs-diff")
    page.select_option("#speed", "4")
    page.click("text=network A")
    until(page, f"{LAST}.answers.which")
    until(page, "document.getElementById('predict').textContent.includes('You said: network A')")
    assert "✗ wrong" in page.inner_text("afs-diff")
    page.click("text=Case 10")
    page.select_option("#speed", "4")
    page.click("text=network B")
    until(page, f"{LAST}.answers.which")
    until(page, "document.querySelectorAll('#numbers dt').length === 4")
    title, numbers = page.locator("#hero figcaption").bounding_box(), page.locator("#numbers").bounding_box()
    assert numbers["y"] + numbers["height"] <= title["y"], "long names of numbers do not lie on the title"
    assert "it did" not in page.inner_text("#predict")


ALL = ["line_and_bowl", *SCENES]


@pytest.mark.parametrize("scene", ALL)
def test_each_control_and_each_line_of_a_step_is_reached_by_keyboard_alone(new_page, scene):    # noqa: F811
    page = new_page(f"#scene={scene}")
    until(page, "!playground.more && !playground.waiting", 60)
    page.keyboard.press("ArrowRight")                                # Step
    page.wait_for_selector(".row.now")
    before = page.inner_text(".place")
    page.keyboard.press("n")
    page.keyboard.press("n")
    assert page.inner_text(".place") != before
    assert page.inner_text("afs-code .walk").find("Walk on") >= 0, "who walks by hand is not overtaken"
    here = page.inner_text(".place")
    page.keyboard.press("n")
    page.keyboard.press("p")
    assert page.inner_text(".place") == here
    page.evaluate("document.getElementById('more').open = true")
    for slider in page.locator("input[type=range]:visible").all():
        if slider.get_attribute("id") == "scrub":
            continue
        name = slider.get_attribute("id").removeprefix("control-")
        value = page.evaluate(f"playground.controls.{name}")
        slider.press("ArrowRight" if slider.input_value() != slider.get_attribute("max") else "ArrowLeft")
        assert page.evaluate(f"playground.controls.{name}") != value, f"{name} does not move"


@pytest.mark.parametrize("scene", ALL)
def test_no_button_is_squeezed_no_name_cut_and_no_line_wider_than_its_panel(new_page, scene):    # noqa: F811
    page = new_page(f"#scene={scene}", width=1280, height=844)
    nothing_is_cut(page, 1280)
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(200)
    nothing_is_cut(page, 390)


def nothing_is_cut(page, width):
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    cut = page.evaluate("""() => [...document.querySelectorAll(
        ".beside figcaption, .row code, .numbers dd, .transport button, .control label, .foot a")]
        .filter((one) => one.clientWidth && one.scrollWidth > one.clientWidth + 1).map((one) => one.textContent)""")
    assert cut == []
    small = page.evaluate("""() => [...document.querySelectorAll(".transport button")]
        .map((one) => one.getBoundingClientRect())
        .filter(({ width, height }) => width < 36 || height < 36).length""")
    assert small == 0


def test_other_random_numbers_are_other_points_and_undo_brings_the_first_back(new_page):    # noqa: F811
    page = new_page("#scene=one_plane_five_models")
    until(page, "!playground.more && !playground.waiting")
    points = f"Array.from({LAST}.plane.points).join()"
    first = page.evaluate(points)
    page.click("#luck")
    until(page, f"({READY}) && !playground.more && playground.seed === 1")
    assert page.evaluate(points) != first
    until(page, "location.hash.includes('seed=1')")
    page.click("#undo")
    until(page, f"({READY}) && !playground.more && playground.seed === 0")
    assert page.evaluate(points) == first
    page.evaluate("location.hash = '#scene=break_it'")
    until(page, f"playground.scene.name === 'break_it' && ({READY})")
    assert page.locator("#luck").count() == 0, "there a seed belongs to each case"


def test_a_link_to_a_drawn_digit_is_short_and_brings_it_back(new_page):    # noqa: F811
    page = new_page("#scene=draw_a_digit")
    page.click("text=A clean pad")
    until(page, f"{LAST}.pad.pixels.every((ink) => ink === 0) && ({READY})", 60)
    box = page.locator("afs-digit canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + 40, box["y"] + box["height"] - 60, steps=6)
    page.mouse.up()
    until(page, f"playground.controls.digit.some((ink) => ink > 200) && ({READY})")
    page.click("#link")
    fragment, drawn = page.evaluate("[location.hash, playground.controls.digit]")
    assert "digit=" in fragment and len(fragment) < 2000, "it fits into a message"
    other = new_page(fragment)
    until(other, f"({READY}) && !playground.more")
    assert other.evaluate("Array.from(playground.controls.digit)") == drawn
    other.evaluate("location.hash = '#scene=draw_a_digit&digit=%%%'")
    until(other, "document.getElementById('status').textContent.includes('whole numbers from 0 to 255')")


def test_on_a_phone_the_lines_of_a_step_stand_beneath_the_picture_and_play_puts_them_back(new_page):    # noqa: F811
    page = new_page("#scene=one_plane_five_models", width=390, height=844, has_touch=True)
    until(page, "!playground.more && !playground.waiting")
    page.click("#step")
    page.wait_for_selector(".row.now")
    page.wait_for_timeout(800)                                       # it scrolls there
    line, buttons = page.locator(".row.now").first.bounding_box(), page.locator(".buttons").bounding_box()
    assert line["y"] >= 0 and line["y"] + 10 < min(844, buttons["y"] if buttons["y"] > line["y"] else 844)
    page.click("#play")
    until(page, "!document.body.classList.contains('walking')")
    assert page.evaluate("document.getElementById('lines').parentElement.id") == "room"


def test_a_weight_of_the_drawn_network_tells_its_value(new_page):    # noqa: F811
    page = new_page("#scene=one_plane_five_models")
    until(page, "!playground.more && !playground.waiting")
    page.locator("afs-units").scroll_into_view_if_needed()
    x, y = page.evaluate("""() => { const units = document.querySelector("afs-units");
        const box = units.canvas.getBoundingClientRect(), { from, to } = units.edges[0];
        return [box.left + (from[0] + to[0]) / 2, box.top + (from[1] + to[1]) / 2]; }""")
    page.mouse.move(x - 3, y)
    page.mouse.move(x, y)
    words = page.inner_text("#status")
    weight = page.evaluate(f"{LAST}.units.inputs[0]")
    assert words.startswith("The weight from x₁ to unit 1: ")
    assert float(words.split(": ")[1].rstrip(".").replace("−", "-")) == pytest.approx(weight, rel=0.01)
    page.locator("afs-units canvas").press("ArrowRight")
    assert "It is tanh(" in page.inner_text("#status")


def test_the_wrong_line_is_shown_in_its_file(new_page):    # noqa: F811
    page = new_page("#scene=break_it")
    page.select_option("#speed", "4")
    page.click("text=network A")
    until(page, "document.getElementById('predict').textContent.includes('You said')")
    page.click("text=Show it in the file")
    line, right = page.evaluate(f"[{LAST}.line.line, {LAST}.line.right]")
    assert page.locator(".row.now .number").inner_text() == str(line)
    assert right.splitlines()[0].strip() in page.locator(".row.now code").inner_text().replace("\n", " ")

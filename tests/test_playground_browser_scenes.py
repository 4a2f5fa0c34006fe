"""The scenes of chapters 5 to 7 in Chromium: painted points, a drawn digit, a text that is written, a wrong line."""

import pytest
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
        page.get_by_label("Pen", exact=True).select_option(label)
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
    until(page, f"{LAST}.pad.pixels.every((ink) => ink === 0) && ({READY})")
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
    assert pixels(page, "afs-heat canvas")[1] > 3


def test_break_it_keeps_the_line_until_the_guess_is_judged(new_page):    # noqa: F811
    page = new_page("#scene=break_it")
    assert "Shown after" in page.inner_text("afs-diff")
    page.select_option("#speed", "4")
    page.click("text=network A")
    until(page, f"{LAST}.answers.which")
    until(page, "document.getElementById('predict').textContent.includes('You said: network A')")
    assert "✗ wrong" in page.inner_text("afs-diff")
    assert "it did" not in page.inner_text("#predict")

"""Which display is chosen, and the browser tab: a real WebSocket client sees the figure change while training runs."""

import json
import sys
import time
import urllib.request

import pytest

from ai_from_scratch.stage import displays
from ai_from_scratch.stage.displays import Display, choose


def test_none_and_file_backends_show_nothing(monkeypatch):
    told: list[str] = []
    assert type(choose("none", told.append)) is Display
    monkeypatch.setenv("MPLBACKEND", "agg")
    assert type(choose("auto", told.append)) is Display and not told
    assert type(choose("window", told.append)) is Display
    assert "MPLBACKEND=agg" in told[0]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="DISPLAY is Linux's")
def test_without_a_screen_auto_is_silent_and_window_says_why():
    told: list[str] = []
    assert type(choose("auto", told.append)) is Display and not told
    assert type(choose("window", told.append)) is Display
    assert "DISPLAY is not set" in told[0] and "--show browser" in told[0]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="DISPLAY is Linux's")
def test_a_desktop_without_tkinter_is_told_what_to_install(monkeypatch):
    told: list[str] = []
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setitem(sys.modules, "tkinter", None)
    assert type(choose("auto", told.append)) is Display
    assert "python3-tk" in told[0] and "--show browser" in told[0]


def test_a_backend_that_fails_leaves_the_run_without_a_window(monkeypatch):
    told: list[str] = []
    monkeypatch.setenv("MPLBACKEND", "no_such_backend")
    assert type(choose("auto", told.append)) is Display
    assert "no_such_backend" in told[0]


@pytest.fixture(scope="module")
def opened():
    from ai_from_scratch.stage.browser import BrowserDisplay

    told: list[str] = []
    display = BrowserDisplay(told.append)
    yield display, told[0]
    display.shut_down()


@pytest.fixture
def browser(opened):
    return opened[0]


def test_the_browser_display_serves_on_this_machine_only_and_says_where(opened):
    browser, told = opened
    assert browser.address.startswith("http://127.0.0.1:") and browser.address in told
    assert not browser.alive and browser.wait_for_tab(0.05, lambda: False) is False
    # The page is served by the loop that is pumped here, so it is fetched in another thread.
    future = browser.loop.run_in_executor(None, lambda: urllib.request.urlopen(browser.address).read())
    page = browser.loop.run_until_complete(future)
    assert b"<html" in page


def test_a_tab_gets_a_new_picture_after_a_refresh(browser):
    from tornado.websocket import websocket_connect

    browser.open("Chapter")

    async def connect():
        return await websocket_connect(browser.address.replace("http", "ws") + "/ws")

    async def read():
        return await tab.read_message()

    tab = browser.loop.run_until_complete(connect())
    assert browser.wait_for_tab(5, lambda: False) and browser.alive

    pictures: list[bytes] = []
    deadline = time.monotonic() + 20
    browser.figure.add_subplot().plot([1, 2, 3])
    browser.refresh()
    while len(pictures) < 2 and time.monotonic() < deadline:
        message = browser.loop.run_until_complete(read())
        if isinstance(message, bytes):
            pictures.append(message)
            browser.figure.axes[0].plot([3, 2, len(pictures)])
            browser.refresh()
        elif message is not None and json.loads(message)["type"] in {"draw", "refresh"}:
            tab.write_message(json.dumps({"type": "draw"}))   # what the page's script answers
    assert len(pictures) == 2 and pictures[0] != pictures[1]
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)

    tab.close()
    deadline = time.monotonic() + 5
    while browser.alive and time.monotonic() < deadline:
        browser.pump()
    assert not browser.alive, "a closed tab is noticed, and the run goes on"


def test_live_size_fits_a_small_laptop():
    assert displays.LIVE_SIZE[0] * 110 <= 1280

"""The live page without a browser: what its tabs are sent and may ask, whom its server refuses, and how it ends."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import ROOT
from test_playground_server import answered, get, handshake, raw
from test_stage_play import Drawer, First
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClosedError, websocket_connect

from ai_from_scratch.stage import browser, displays
from ai_from_scratch.stage.browser import BrowserDisplay
from ai_from_scratch.stage.displays import Display, choose
from ai_from_scratch.stage.frame_buffer import FrameBuffer
from ai_from_scratch.stage.live import Moment
from ai_from_scratch.stage.live_server import PAGE_FILES, RequestError, request_of
from ai_from_scratch.stage.play import Viewing
from ai_from_scratch.web.server import MOST_SESSIONS, STATIC

TOYS = ROOT / "tests" / "toy_chapters" / "run.py"


@pytest.fixture(scope="module")
def opened():
    told: list[str] = []
    display = BrowserDisplay(told.append)
    yield display, told
    display.shut_down()


@pytest.fixture
def page(opened, monkeypatch):
    """The display, as a new chapter finds it."""
    display = opened[0]
    monkeypatch.setattr(browser, "SECONDS_WITHOUT_TAB", 0.2)
    display.open("Chapter", "Look at the line.")
    display.transport.set_speed(2)
    yield display
    until(lambda: not display.tabs)


def until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.01)


def json_of(picture):
    return json.loads(picture[4 : 4 + int.from_bytes(picture[:4], "little")]) if picture else {"step": None}


class Tab:
    """A tab as the page is one: it reads texts and pictures, and says when a picture is painted."""

    def __init__(self, display, *, paints=True):
        self.display, self.paints = display, paints
        self.states: list[dict[str, Any]] = []
        self.pictures: list[tuple[dict[str, Any], bytes]] = []
        self.errors: list[str] = []

    async def _open(self):
        server = self.display.server
        self.socket = await websocket_connect(HTTPRequest(f"ws://127.0.0.1:{server.port}/socket", headers={
            "Origin": f"http://127.0.0.1:{server.port}", "Cookie": f"{server.cookie}={server.token}"}))
        self.reading = asyncio.get_running_loop().create_task(self._read())

    async def _read(self):
        while (message := await self.socket.read_message()) is not None:
            if isinstance(message, bytes):
                length = int.from_bytes(message[:4], "little")
                self.pictures.append((json_of(message), message[4 + length :]))
                if self.paints:
                    with suppress(WebSocketClosedError):                 # the tab is leaving
                        await self.socket.write_message('{"do": "painted"}')
                continue
            told = json.loads(message)
            if told["kind"] == "error":
                self.errors.append(told["say"])
            else:
                self.states.append(told)

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.display.loop).result(60)

    def ask(self, **message):
        async def send():
            await self.socket.write_message(json.dumps(message))
        self.run(send())

    def __enter__(self):
        self.run(self._open())
        until(lambda: self.display.tabs)
        return self

    def __exit__(self, *error):
        async def leave():
            self.socket.close()
            await self.reading
        self.run(leave())


def picture(display, height):
    display.figure.clear()
    display.figure.add_subplot().plot([0, height])
    display.moment = Moment("a line", f"It is {height} high.", height, 9, {"loss": 1 / height, "gain": float("nan")})
    display.refresh()


def test_a_tab_gets_words_and_pictures_and_the_next_tab_the_latest(page):
    with Tab(page) as tab:
        until(lambda: tab.states)
        assert tab.states[-1] | {"title": "Chapter", "about": "Look at the line.", "phase": "loading", "kept": 0,
                                 "playing": True} == tab.states[-1]
        for height in (1, 2, 3):
            picture(page, height)
            until(lambda height=height: len(tab.pictures) == height)
        words, png = tab.pictures[-1]
        assert words | {"scene": "a line", "sentence": "It is 3 high.", "step": 3, "steps": 9} == words
        assert words["metrics"] == [["loss", 1 / 3], ["gain", None]]
        assert len({png for _, png in tab.pictures}) == 3 and png.startswith(b"\x89PNG")
        with Tab(page) as late:
            until(lambda: late.pictures)
            assert late.pictures == [(words, png)]


def test_a_page_that_never_paints_gets_one_picture_and_then_the_newest_only(page):
    with Tab(page, paints=False) as tab:
        for height in range(1, 6):
            picture(page, height)
        until(lambda: tab.pictures and json_of(page.server.picture)["step"] == 5)
        assert [words["step"] for words, _ in tab.pictures] == [1]
        tab.ask(do="painted")
        until(lambda: len(tab.pictures) == 2)
        assert tab.pictures[1][0]["step"] == 5


def test_what_the_page_asks_is_done_by_the_trainings_thread(page):
    with Tab(page) as tab:
        page.transport.kept = 10
        for message in ({"do": "toggle"}, {"do": "seek", "to": 4}, {"do": "speed", "to": 0}):
            tab.ask(**message)
        until(lambda: page.requests.qsize() == 3)
        assert page.transport.playing, "nothing happens between two calls of pump"
        page.pump()
        assert (page.transport.playing, page.transport.at, page.transport.speed) == (False, 4, 0)
        page.describe()
        until(lambda: tab.states[-1]["at"] == 4)


def test_a_picture_is_as_sharp_and_as_dark_as_the_tabs_want_it(page):
    with Tab(page) as one:
        one.ask(do="look", width=1100, dark=False)
        with Tab(page) as two:
            two.ask(do="look", width=2200, dark=True)
            until(lambda: page.requests.qsize() == 2)
            page.pump()
            picture(page, 1)
            until(lambda: two.pictures)
            assert two.pictures[-1][0] | {"width": 2200, "height": 1000, "dark": True} == two.pictures[-1][0]
            two.ask(do="look", width=20_000, dark=True)
            until(lambda: page.requests.qsize() == 1)
            page.pump()
            assert page.dpi == browser.DPI_RANGE[1], "a picture has its limits"
        until(lambda: page.requests.qsize() == 1)
        page.pump()
        assert (page.dpi, page.dark, page.transport.stale) == (100.0, False, True), "the other tab is alone again"


@pytest.mark.parametrize("text", [
    "", "no JSON", "[" * 100_000, "[]", "null", '{"do": "quit"}', '{"do": ["seek"]}', '{"do": "seek"}', b"bytes",
    '{"do": "seek", "to": "4"}', '{"do": "seek", "to": -1}', '{"do": "seek", "to": true}', '{"do": "seek", "to": 1e3}',
    '{"do": "speed", "to": 1000}', '{"do": "look", "width": 100}', '{"do": "look", "width": 1e9, "dark": true}',
    '{"do": "toggle", "x": "' + "y" * 5000 + '"}'])
def test_a_message_that_is_none_is_refused_in_words(text):
    with pytest.raises(RequestError, match=r"^\w.+\.$"):
        request_of(text)


def test_a_wrong_message_is_answered_and_too_many_are_not_kept(page):
    with Tab(page) as tab:
        tab.ask(do="nonsense")
        until(lambda: tab.errors)
        assert "do is one of toggle, step" in tab.errors[0]
        for _ in range(120):
            tab.ask(do="faster")
        until(lambda: len(tab.errors) > 10)
        assert page.requests.qsize() == 100 and "faster than the training" in tab.errors[-1]


def test_a_closed_tab_ends_the_watching_but_a_reload_does_not(page, monkeypatch):
    monkeypatch.setattr(browser, "SECONDS_WITHOUT_TAB", 1e9)
    with Tab(page):
        assert page.alive
    until(lambda: not page.tabs)
    assert page.alive, "a reload takes a moment"
    monkeypatch.setattr(browser, "SECONDS_WITHOUT_TAB", 0.0)
    assert not page.alive


@pytest.mark.slow
def test_a_training_runs_on_when_the_last_tab_closes_in_a_pause(page):
    demo = Drawer([First(step) for step in range(40)], work=0.02)
    seen: list[Any] = []
    viewing = Viewing(demo, page, FrameBuffer())
    training = threading.Thread(target=lambda: seen.extend(frame.step for frame in viewing.play()))
    with Tab(page) as tab:
        tab.ask(do="toggle")
        training.start()
        until(lambda: tab.states and not tab.states[-1]["playing"])
        paused_at = len(seen)
        time.sleep(0.1)
        assert len(seen) == paused_at < 40
    training.join(10)
    assert seen == list(range(40))


@pytest.mark.slow
def test_chapters_follow_each_other_in_the_same_tab(page):
    with Tab(page) as tab:
        list(Viewing(Drawer([First(1)]), page, FrameBuffer()).play())
        page.close()
        until(lambda: tab.states and tab.states[-1]["phase"] == "ended")
        page.open("Second", "Look again.")
        until(lambda: tab.states[-1] | {"phase": "loading", "title": "Second", "kept": 0} == tab.states[-1])
        before = len(tab.pictures)
        list(Viewing(Drawer([First(1)]), page, FrameBuffer()).play())
        until(lambda: len(tab.pictures) > before and tab.states[-1]["phase"] == "trained")
        assert tab.errors == []


def test_a_failed_figure_is_told_on_the_page(page):
    told: list[str] = []
    page.tell = told.append
    with Tab(page) as tab:
        page.give_up(RuntimeError("no colours"))
        until(lambda: tab.states and tab.states[-1]["phase"] == "lost")
    assert "The training continues" in told[0] and not page.alive
    page.open("Next")
    assert not page.lost


# ---- who may talk to it ----------------------------------------------------------------------------------------------


def ask_server(page, coroutine):
    return asyncio.run_coroutine_threadsafe(coroutine, page.loop).result(60)


def test_the_page_is_served_under_a_policy_and_nothing_but_its_files(page):
    async def look():
        server = page.server
        for name in ("", *PAGE_FILES):
            answer = await get(server, f"/{name}")
            assert answer.code == 200, name
            assert "default-src 'none'; script-src 'self'" in answer.headers["Content-Security-Policy"]
        for name in ("index.html", "page.js", "socket.py", "../server.py", "vendor"):
            assert (await get(server, f"/{name}")).code == 404, name
    ask_server(page, look())
    assert all((STATIC / name).is_file() for name in PAGE_FILES)
    assert {sock.getsockname()[0] for sock in page.server.sockets} == {"127.0.0.1"}


def test_the_token_of_the_terminal_becomes_a_cookie(page):
    async def look():
        answer = await get(page.server, "/" + page.address.split("/", 3)[3])
        assert (answer.code, answer.headers["Location"]) == (303, "/")
        assert f"{page.server.cookie}={page.server.token}" in answer.headers["Set-Cookie"]
        assert (await get(page.server, "/?token=wrong")).code == 403
    ask_server(page, look())


def test_foreign_hosts_origins_and_tokens_are_refused(page):
    server = page.server
    evil = f"evil.example:{server.port}"

    async def attack():
        assert await answered(server, host=evil, origin=f"http://{evil}") == 403
        assert (await get(server, "/?token=" + server.token, Host=evil)).code == 403
        for origin in (None, "null", "http://evil.example", f"http://127.0.0.1:{server.port + 1}"):
            assert await answered(server, origin=origin) == 403
        for cookie in (None, f"{server.cookie}=wrong", f"playground_{server.port}={server.token}"):
            assert await answered(server, cookie=cookie) == 403
    ask_server(page, attack())
    assert not page.tabs


def test_a_large_message_ends_its_socket_and_of_many_tabs_only_a_few_are_kept(page):
    async def attack():
        reader, writer = await asyncio.open_connection("127.0.0.1", page.server.port)
        writer.write("\r\n".join([*handshake(page.server), "", ""]).encode())
        assert b"101" in await reader.readuntil(b"\r\n\r\n")
        writer.write(b"\x81\xff" + (100 * 2**20).to_bytes(8, "big") + b"abcd" + bytes(2**16))
        while page.tabs:
            await asyncio.sleep(0.01)
        writer.close()
        answer = await raw(page.server, "GET / HTTP/1.1", f"Host: 127.0.0.1:{page.server.port}", "X: " + "y" * 100_000)
        assert not answer.startswith("HTTP/1.1 200")
    ask_server(page, attack())
    tabs = [Tab(page) for _ in range(MOST_SESSIONS)]
    for tab in tabs:
        tab.__enter__()
    assert ask_server(page, answered(page.server)) == 503
    for tab in tabs:
        tab.__exit__()


# ---- the display as one of several -----------------------------------------------------------------------------------


def test_the_address_with_its_token_is_told_and_an_occupied_port_is_passed_over(opened):
    display, told = opened
    assert display.address in told[0] and f"?token={display.server.token}" in told[0]
    assert display.wait_for_tab(0.05, lambda: False) is False
    second = choose("browser", told.append)
    assert isinstance(second, BrowserDisplay)
    assert second.server.port != display.server.port and second.server.token != display.server.token
    second.shut_down()
    assert not second.thread.is_alive() and second.loop.is_closed()


def test_without_a_free_port_one_line_says_so(monkeypatch):
    told: list[str] = []
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setattr(browser, "PORTS", (taken.getsockname()[1],))
        assert type(choose("browser", told.append)) is Display
    assert len(told) == 1 and "no port of this machine is free" in told[0]


def test_a_browser_is_opened_only_where_somebody_sits_before_its_screen(monkeypatch):
    terminal = SimpleNamespace(isatty=lambda: True)
    monkeypatch.setattr(browser.sys, "platform", "linux")
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    monkeypatch.setenv("DISPLAY", ":0")
    assert not browser.has_browser(), "a pipe has no reader"
    monkeypatch.setattr(browser.sys, "stdin", terminal)
    monkeypatch.setattr(browser.sys, "stdout", terminal)
    assert browser.has_browser()
    monkeypatch.setenv("SSH_CONNECTION", "somewhere")
    assert not browser.has_browser(), "the browser is on the other machine"
    monkeypatch.delenv("SSH_CONNECTION")
    monkeypatch.delenv("DISPLAY")
    assert not browser.has_browser(), "a text browser would take the terminal"


def test_live_size_fits_a_small_laptop():
    assert displays.LIVE_SIZE_INCHES[0] * 110 <= 1280


@pytest.mark.slow
def test_a_run_in_a_pipe_trains_without_a_tab_and_ends_quietly(tmp_path):
    done = subprocess.run([sys.executable, "-W", "error", str(TOYS), "steady", "tuned", "--show", "browser"],
                          cwd=tmp_path, text=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert "?token=" in done.stdout and "2 chapters, none failed" in done.stdout


# ---- a run in a terminal ---------------------------------------------------------------------------------------------


class Terminal:
    """The toy chapters in a terminal, and one tab that watches them."""

    def __init__(self, *names, folder):
        pexpect = pytest.importorskip("pexpect")
        self.end_of_output, self.nothing_yet = pexpect.EOF, pexpect.TIMEOUT
        environment = {**os.environ, "SSH_CONNECTION": "from afar", "TERM": "xterm"}        # no browser is opened
        self.child = pexpect.spawn(sys.executable, [str(TOYS), *names, "--show", "browser"], cwd=str(folder),
                                   env=environment, encoding="utf-8", timeout=60, dimensions=(40, 200))
        self.states: list[dict[str, Any]] = []

    async def connect(self):
        await self.expect(r"http://127\.0\.0\.1:(\d+)/\?token=([\w-]+)")
        port, token = self.child.match.groups()
        self.socket = await websocket_connect(HTTPRequest(f"ws://127.0.0.1:{port}/socket", headers={
            "Origin": f"http://127.0.0.1:{port}", "Cookie": f"live_{port}={token}"}))

    async def expect(self, pattern):
        await asyncio.get_running_loop().run_in_executor(None, self.child.expect, pattern)

    async def menu(self, key):
        await self.expect("Which algorithm")
        await self.expect("Look at the line")        # drawn to the end: it listens now
        self.child.send(key)

    async def ask(self, action):
        await self.socket.write_message(json.dumps({"do": action}))

    async def state(self, **wanted):
        """Reads what the tab is sent until this is the state."""
        while True:
            reading = asyncio.ensure_future(self.socket.read_message())
            while not (await asyncio.wait({reading}, timeout=0.1))[0]:
                self.child.expect([self.nothing_yet, self.end_of_output], timeout=0)   # a full terminal would block it
            message = reading.result()
            assert message is not None, f"the run has ended before {wanted}"
            if isinstance(message, bytes):
                await self.ask("painted")
            elif (told := json.loads(message)) | wanted == told:
                return told


def on_a_terminal(coroutine):
    @pytest.mark.slow
    @pytest.mark.skipif(os.name == "nt", reason="a terminal of Unix")
    def run(tmp_path):
        asyncio.run(asyncio.wait_for(coroutine(tmp_path), 120))
    run.__name__ = coroutine.__name__
    return run


@on_a_terminal
async def test_ctrl_c_ends_a_paused_training_at_once_and_keeps_what_it_learnt(folder):
    run = Terminal("slow", "--json", "out.json", folder=folder)
    await run.connect()
    await run.state(title="Slow", phase="training", playing=True)
    await run.ask("toggle")
    paused = await run.state(playing=False, training=True)
    run.child.sendintr()
    ended = await run.state(training=False)
    assert ended["kept"] == paused["kept"], "no further step was made"
    assert (ended["phase"], ended["latest"]) == ("trained", True)
    await run.state(phase="ended")
    await run.expect(run.end_of_output)
    run.socket.close()
    run.child.close()
    assert run.child.exitstatus == 130
    assert (folder / "plots" / "runs" / "slow" / "live.png").is_file()
    chapter, = json.loads((folder / "out.json").read_text(encoding="utf-8"))["chapters"]
    assert chapter["status"] == "interrupted"
    assert chapter["metrics"]["test_accuracy"] == ended["kept"] / 500, "the results are those of the last frame"
    assert {Path(path).name for path in chapter["figures"]} >= {"live.png", "count.png"}


@on_a_terminal
async def test_from_the_menu_chapters_follow_each_other_in_one_open_tab(folder):
    run = Terminal(folder=folder)
    await run.menu("\r")
    await run.connect()
    for _ in range(2):
        await run.state(title="Steady", phase="trained", waiting=True)
        await run.ask("leave")
        await run.state(phase="ended")
        await run.menu("\r")
        await run.state(title="Steady", phase="loading")
    await run.state(waiting=True)
    run.child.send("\r")
    await run.state(phase="ended")
    await run.menu("q")
    await run.expect(run.end_of_output)
    assert await run.socket.read_message() is None
    run.socket.close()

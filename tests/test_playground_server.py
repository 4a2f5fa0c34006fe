"""The local engine: what it serves, whom it refuses, and that it neither grows nor stops."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

import pytest
from conftest import ROOT
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import websocket_connect

from playground import server
from playground.catalogue import Catalogue
from playground.lessons import Lessons
from playground.message import decode
from playground.session import Session

FOLDERS = ["Linear_Regression_From_Scratch"]
CATALOGUE, LESSONS = Catalogue(FOLDERS), Lessons(FOLDERS)


def new_session():
    return Session(CATALOGUE, LESSONS)


def served(coroutine):
    """A test that runs its own server."""
    def run():
        async def body():
            playground = server.Playground(new_session, 0, CATALOGUE.readable)
            try:
                await asyncio.wait_for(coroutine(playground), 30)
            finally:
                playground.close()
                await playground.server.close_all_connections()
                await asyncio.sleep(0.01)
        asyncio.run(body())
    run.__name__, run.__doc__ = coroutine.__name__, coroutine.__doc__
    return run


def handshake(playground, **headers):
    """The lines that open a socket, as a page's browser writes them; a header of None is left out."""
    wanted = {"Host": f"127.0.0.1:{playground.port}", "Upgrade": "websocket", "Connection": "Upgrade",
              "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
              "Origin": f"http://127.0.0.1:{playground.port}", "Cookie": f"{playground.cookie}={playground.token}",
              **{name.capitalize(): value for name, value in headers.items()}}
    return ["GET /socket HTTP/1.1", *(f"{name}: {value}" for name, value in wanted.items() if value is not None)]


async def answered(playground, **headers):
    """The status with which the server answers to a socket."""
    return int((await raw(playground, *handshake(playground, **headers))).split()[1])


def connect(playground):
    """A socket as the page opens it."""
    headers = dict(line.split(": ", 1) for line in handshake(playground) if line.startswith(("Origin", "Cookie")))
    return websocket_connect(HTTPRequest(f"ws://127.0.0.1:{playground.port}/socket", headers=headers))


async def get(playground, path, **headers):
    return await AsyncHTTPClient().fetch(f"http://127.0.0.1:{playground.port}{path}", headers=headers,
                                         follow_redirects=False, raise_error=False)


async def raw(playground, *lines, body=b""):
    """What the server answers to bytes that no client would send."""
    reader, writer = await asyncio.open_connection("127.0.0.1", playground.port)
    writer.write("\r\n".join([*lines, "", ""]).encode() + body)
    with suppress(ConnectionError):
        await writer.drain()
    answer = b""
    with suppress(ConnectionError, asyncio.TimeoutError):
        answer = await asyncio.wait_for(reader.read(4096), 5)
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
    return answer.decode(errors="replace")


class Tab:
    hello: dict

    def __init__(self, socket):
        self.socket = socket
        self.known: dict = {}

    async def __call__(self, **message):
        await self.socket.write_message(json.dumps(message))
        return decode(await self.socket.read_message(), self.known)


@asynccontextmanager
async def tab(playground):
    found = Tab(await connect(playground))
    found.hello = decode(await found.socket.read_message())
    yield found
    await leave(found.socket)


async def leave(socket):
    """Closes a socket and waits for the end."""
    socket.close()
    while await socket.read_message() is not None:
        pass


async def until(condition):
    while not condition():
        await asyncio.sleep(0.01)


async def advanced(ask, updates):
    """One by one: on a busy machine the 25 ms of a request might not be enough for several."""
    for _ in range(updates):
        message = await ask(do="next")
    return message


@served
async def test_a_tab_gets_its_scenes_and_its_run(playground):
    async with tab(playground) as ask:
        assert [scene["name"] for scene in ask.hello["scenes"]] == ["line_and_bowl"]
        assert (await ask(do="open", scene="line_and_bowl"))["frame"]["numbers"]["step"] == 0
        assert (await advanced(ask, 5))["update"] == 5
        assert 6 <= (await ask(do="next", updates=5))["update"] <= 10
        assert "do is one of" in (await ask(do="nonsense"))["say"]


@served
async def test_each_tab_has_a_session_of_its_own_that_dies_with_its_socket(playground):
    async with tab(playground) as one:
        async with tab(playground) as two:
            await one(do="open", scene="line_and_bowl", seed=1)
            await two(do="open", scene="line_and_bowl", seed=2)
            first, second = await advanced(one, 3), await advanced(two, 9)
            assert (first["update"], second["update"]) == (3, 9)
            session = next(iter(playground.sessions)).session
            assert len(playground.sessions) == 2
        await until(lambda: len(playground.sessions) == 1)
        assert (await one(do="next"))["update"] == 4
    await until(lambda: not playground.sessions)
    await until(lambda: session.scene is None)                  # its generator is closed, by the thread of the session


@pytest.mark.slow
@served
async def test_a_page_that_never_answers_costs_nothing(playground):
    async with tab(playground) as ask:
        await ask(do="open", scene="line_and_bowl")
        for _ in range(300):
            await ask.socket.write_message('{"do": "next"}')
        session = next(iter(playground.sessions)).session
        while session.updates + session.dropped < 300:
            await asyncio.sleep(0.01)
        assert session.updates + session.dropped == 300
        update = session.updates
        await asyncio.sleep(0.2)
        assert session.updates == update, "it computes only when it is asked"


@served
async def test_the_page_and_its_files_come_with_a_content_security_policy(playground):
    for path, kind in (("/", "text/html"), ("/page.js", "text/javascript"), ("/elements/bowl.js", "text/javascript"),
                       ("/style.css", "text/css"), ("/vendor/katex/katex.min.js", "text/javascript"),
                       ("/icon.svg", "image/svg+xml")):
        answer = await get(playground, path)
        assert (answer.code, answer.headers["Content-Type"].split(";")[0]) == (200, kind)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@served
async def test_a_scenes_page_and_files_are_served_as_text_and_nothing_else_is(playground):
    described = CATALOGUE.description("line_and_bowl")
    for path in (described["links"]["page"], described["links"]["file"], described["file"]):
        answer = await get(playground, f"/read/{path}")
        assert (answer.code, answer.headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
        assert answer.body == (ROOT / path).read_bytes()
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for path in ("pyproject.toml", "../pyproject.toml", "..%2fpyproject.toml", "playground/server.py", "",
                 "/etc/passwd", "Linear_Regression_From_Scratch/ridge.py", "documentation/",
                 "static/../pyproject.toml"):
        assert (await get(playground, f"/read/{path}")).code == 404
    assert (await get(playground, "/read/" + described["file"], Host="evil.example")).code == 403


@served
async def test_the_token_becomes_a_cookie_and_leaves_the_address(playground):
    answer = await get(playground, "/" + playground.first_address().split("/", 3)[3])
    assert (answer.code, answer.headers["Location"]) == (303, "/")
    cookie = answer.headers["Set-Cookie"]
    assert f"{playground.cookie}={playground.token}" in cookie
    assert "httponly" in cookie.lower()
    assert "samesite=strict" in cookie.lower()
    assert (await get(playground, "/?token=wrong")).code == 403


# ---- attacks ---------------------------------------------------------------------------------------------------------


@served
async def test_a_foreign_host_is_refused_also_with_the_same_origin(playground):
    evil = f"evil.example:{playground.port}"
    assert await answered(playground, host=evil, origin=f"http://{evil}") == 403
    assert (await get(playground, "/", Host=evil)).code == 403
    assert (await get(playground, "/?token=" + playground.token, Host=evil)).code == 403


@served
async def test_a_foreign_or_missing_origin_is_refused(playground):
    for origin in (None, "null", "http://evil.example", f"https://127.0.0.1:{playground.port}", "http://127.0.0.1",
                   f"http://127.0.0.1:{playground.port + 1}"):
        assert await answered(playground, origin=origin) == 403
    assert await answered(playground, origin=f"http://localhost:{playground.port}") == 101


@served
async def test_a_missing_or_wrong_token_is_refused(playground):
    for cookie in (None, f"{playground.cookie}=wrong", f"{playground.cookie}=", f"other={playground.token}"):
        assert await answered(playground, cookie=cookie) == 403
    assert not playground.sessions


@served
async def test_a_file_outside_of_the_page_is_not_served(playground):
    for path in ("/../server.py", "/../../pyproject.toml", "/..%2f..%2fpyproject.toml", "/%2e%2e/server.py",
                 "//etc/passwd", "/static/../../session.py", "/elements/../../session.py", "/vendor", "/elements/",
                 "/.git", "/..%5c..%5cpyproject.toml", "/index.html%00.js", "/socket/../page.py"):
        host = f"Host: 127.0.0.1:{playground.port}"
        answer = await raw(playground, f"GET {path} HTTP/1.1", host, "Connection: close")
        assert re.match(r"HTTP/1.1 (404|403|400)", answer), (path, answer[:80])
        assert "import " not in answer


@served
async def test_a_message_of_100_megabytes_ends_its_socket_and_nothing_else(playground):
    async with tab(playground) as other:
        await other(do="open", scene="line_and_bowl")
        reader, writer = await asyncio.open_connection("127.0.0.1", playground.port)
        writer.write("\r\n".join([*handshake(playground), "", ""]).encode())
        assert b"101" in await reader.readuntil(b"\r\n\r\n")
        await until(lambda: len(playground.sessions) == 2)
        size = 100 * 2**20
        with suppress(ConnectionError):
            writer.write(b"\x81\xff" + size.to_bytes(8, "big") + b"abcd")
            for _ in range(size // 2**20):
                writer.write(bytes(2**20))
                await writer.drain()
        await until(lambda: len(playground.sessions) == 1)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        assert (await other(do="next"))["update"] == 1


@served
async def test_a_large_body_or_header_is_refused(playground):
    host = f"Host: 127.0.0.1:{playground.port}"
    answer = await raw(playground, "POST / HTTP/1.1", host, f"Content-Length: {100 * 2**20}", body=bytes(1000))
    assert not answer.startswith("HTTP/1.1 200")
    answer = await raw(playground, "GET / HTTP/1.1", host, "X: " + "y" * 100_000)
    assert not answer.startswith("HTTP/1.1 200")
    assert (await get(playground, "/")).code == 200


@served
async def test_of_200_sockets_only_a_few_are_kept_and_the_engine_answers_on(playground):
    async with tab(playground) as first:
        await first(do="open", scene="line_and_bowl")
        opened, codes = [], []
        for _ in range(200):
            if len(playground.sessions) < server.MOST_SESSIONS:
                opened.append(await connect(playground))
            else:
                codes.append(await answered(playground))
        assert len(playground.sessions) == server.MOST_SESSIONS
        assert len(opened) == server.MOST_SESSIONS - 1
        assert set(codes) == {503}
        assert (await first(do="next"))["update"] == 1
        for socket in opened:
            await leave(socket)
        await until(lambda: len(playground.sessions) == 1)
        async with tab(playground) as another:
            assert another.hello["kind"] == "hello"


@served
async def test_200_connections_that_say_nothing_do_not_keep_others_out_for_long(playground):
    idle = [await asyncio.open_connection("127.0.0.1", playground.port) for _ in range(200)]
    await asyncio.sleep(0.1)
    assert len(playground.server._connections) <= server.MOST_CONNECTIONS
    for _, writer in idle:
        writer.close()
    for _, writer in idle:
        with suppress(ConnectionError):
            await writer.wait_closed()
    await until(lambda: not playground.server._connections)
    assert (await get(playground, "/")).code == 200


@served
async def test_nothing_but_this_machine_can_connect(playground):
    assert {socket.getsockname()[0] for socket in playground.sockets} == {"127.0.0.1"}


# ---- the command -----------------------------------------------------------------------------------------------------


def command(*arguments):
    return [sys.executable, "run_all.py", "playground", *arguments]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent as a signal here")
def test_the_command_names_its_address_and_ends_at_once_with_ctrl_c():
    with subprocess.Popen(command("line-and-bowl", "--no-open"), cwd=ROOT, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[1]
        parts = urlsplit(address)
        assert (parts.hostname, parts.fragment) == ("127.0.0.1", "scene=line_and_bowl")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=5)
    assert process.returncode == 0
    assert "has ended" in out
    assert not err


@pytest.mark.slow
@pytest.mark.parametrize(("arguments", "words"), [
    (("no_such_scene",), "there is no scene 'no_such_scene'; the scenes are: line_and_bowl"),
    (("--port", "99999"), "from 1 to 65535"), (("--port", "x"), "invalid int value")])
def test_a_wrong_command_is_told_what_to_type(arguments, words):
    done = subprocess.run(command(*arguments), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert words in done.stderr
    assert "playground --help" in done.stderr


def test_a_port_that_is_taken_is_told():
    async def body():
        first = server.Playground(new_session, 0)
        with pytest.raises(OSError, match=r".+"):
            server.Playground(new_session, first.port)
        first.close()
    asyncio.run(body())

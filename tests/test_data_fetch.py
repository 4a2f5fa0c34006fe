"""Folder, cache and mirrors: each way in which a server, a disk or the user can be wrong."""

import errno
import hashlib
import io
import os
import subprocess
import sys
import threading
from pathlib import Path

import data_server
import pooch
import pytest
from data_server import IMPATIENT, Answer, DataServer, body, keep_apart, refused_url, status

from ai_from_scratch.data import DataError, download, fetch
from ai_from_scratch.data.fetch import Found, Remote, find

DATA = bytes(range(256)) * 100
SHA = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    return keep_apart(monkeypatch, tmp_path)


def remote(*urls: str) -> Remote:
    return Remote("set/file.bin", urls, SHA)


def ask(answer: Answer) -> tuple[Found, str]:
    """The error of `find` where the server answers like this, and the server's host."""
    with DataServer({"/file.bin": answer}) as server:
        return find([remote(server.url("/file.bin"))], download=True), server.host


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_good_file_is_kept_and_found_again_without_a_network(cache):
    found, host = ask(body(DATA))
    assert found == Found((cache / "set/file.bin",), f"downloaded from {host}")
    assert found.paths[0].read_bytes() == DATA
    assert files_in(cache) == ["file.bin"]
    again = find([remote(refused_url("/file.bin"))], download=True)
    assert again == Found(found.paths, "cache")
    assert find([remote()], download=False) == again


def test_a_wrong_checksum_deletes_the_file_and_names_it(cache):
    found, host = ask(body(DATA[:-1] + b"!"))
    assert found == Found((), f"download failed: {host}: file.bin failed its SHA-256 check and was deleted")
    assert files_in(cache) == []


def test_a_truncated_file_is_not_kept(cache):
    found, _ = ask(body(DATA[:1000], claimed=len(DATA)))
    assert found.paths == ()
    assert "download failed" in found.source
    assert files_in(cache) == []


def test_after_403_the_second_mirror_is_used(cache):
    with DataServer({"/file.bin": status(403)}) as first, DataServer({"/file.bin": body(DATA)}) as second:
        found = find([remote(first.url("/file.bin"), second.url("/file.bin"))], download=True)
        assert found.source == f"downloaded from {second.host}"
        assert first.asked == second.asked == ["/file.bin"]
    assert found.paths[0].read_bytes() == DATA
    assert fetch.failed_hosts == {first.host: "HTTP 403 Forbidden"}


def test_after_a_wrong_checksum_the_second_mirror_is_used(cache):
    with DataServer({"/file.bin": body(b"a login page")}) as first, DataServer({"/file.bin": body(DATA)}) as second:
        found = find([remote(first.url("/file.bin"), second.url("/file.bin"))], download=True)
    assert found.paths[0].read_bytes() == DATA


def test_a_host_that_failed_is_not_asked_again(cache):
    with DataServer({"/a": status(503), "/b": body(DATA)}) as server:
        first = find([remote(server.url("/a"))], download=True)
        second = find([remote(server.url("/b"))], download=True)
        assert server.asked == ["/a"]
    assert first == second == Found((), f"download failed: {server.host}: HTTP 503 Service Unavailable")


def test_one_file_missing_of_a_set_means_none(cache):
    with DataServer({"/file.bin": body(DATA)}) as server:
        good, bad = remote(server.url("/file.bin")), Remote("set/other.bin", (server.url("/no"),), SHA)
        found = find([good, bad], download=True)
    assert found == Found((), f"download failed: {server.host}: HTTP 404 Not Found")


@pytest.mark.parametrize(
    ("answer", "silence", "grace", "words"),
    [
        (data_server.silent, 0.1, 5, "timed out"),
        (data_server.drip, 5, 0.2, "only 0 kB in"),
        (data_server.drip_headers, 5, 0.2, "no answer in"),
    ],
)
def test_patience_ends_with_a_server_that(answer, silence, grace, words, cache, monkeypatch):
    monkeypatch.setattr(fetch, "TIME_LIMITS", IMPATIENT._replace(silence=silence, grace=grace))
    found, _ = ask(answer)
    assert found.paths == ()
    assert words in found.source
    assert files_in(cache) == []


def test_a_silent_server_is_left_even_when_no_timeout_of_the_socket_strikes(cache, monkeypatch):
    monkeypatch.setattr(fetch, "TIME_LIMITS", IMPATIENT._replace(silence=60))
    found, _ = ask(data_server.silent)
    assert "no answer in 0." in found.source


def test_an_endless_answer_is_cut_off(cache, monkeypatch):
    monkeypatch.setattr(download, "MAX_DOWNLOAD_BYTES", 100_000)
    found, _ = ask(data_server.endless)
    assert "more than 100,000 bytes came" in found.source
    assert files_in(cache) == []


def test_a_transfer_that_was_given_up_ends_while_the_server_goes_on(cache, monkeypatch):
    monkeypatch.setattr(fetch, "TIME_LIMITS", IMPATIENT._replace(grace=0, rate=1e15))
    monkeypatch.setattr(download, "MAX_DOWNLOAD_BYTES", 10**12)
    with DataServer({"/file.bin": data_server.endless}) as server:
        assert "download failed" in find([remote(server.url("/file.bin"))], download=True).source
        for thread in threading.enumerate():
            if server.host in thread.name:
                thread.join(5)
        assert not any(server.host in thread.name for thread in threading.enumerate())


def test_a_refused_connection_says_so(cache):
    found = find([remote(refused_url("/file.bin"))], download=True)
    assert found.paths == ()
    assert "refused" in found.source


def test_an_address_that_makes_no_sense_is_no_traceback(cache):
    found = find([remote("http://127.0.0.1:99999/file.bin", "nonsense://x/file.bin")], download=True)
    assert found.paths == ()
    assert "download failed: 127.0.0.1:99999: " in found.source


def test_without_download_no_server_is_asked(cache):
    with DataServer({"/file.bin": body(DATA)}) as server:
        found = find([remote(server.url("/file.bin"))], download=False)
        assert server.asked == []
    assert found == Found((), "not in the cache, and no download was asked for")


@pytest.mark.parametrize("damage", [b"", DATA[:100], DATA + b"!"])
def test_a_damaged_file_in_the_cache_is_replaced(damage, cache):
    (cache / "set").mkdir(parents=True)
    (cache / "set/file.bin").write_bytes(damage)
    assert find([remote()], download=False).paths == ()
    found, _ = ask(body(DATA))
    assert found.paths[0].read_bytes() == DATA


def test_a_cache_that_cannot_be_made_is_no_traceback(cache):
    cache.write_text("a file where the folder should be")
    found, _ = ask(body(DATA))
    assert found.paths == ()
    assert f"cannot write to the cache {cache}" in found.source
    assert fetch.failed_hosts == {}


def test_a_full_disk_is_no_traceback_and_no_fault_of_the_server(cache, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", full)
    found, _ = ask(body(DATA))
    assert os.strerror(errno.ENOSPC) in found.source
    assert fetch.failed_hosts == {}
    assert files_in(cache) == []


def test_ctrl_c_during_a_download_leaves_nothing_behind(cache, monkeypatch):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(download.Downloader, "_check_rate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ask(data_server.silent)
    assert files_in(cache) == []


def test_on_a_terminal_a_bar_names_the_file(cache, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    ask(body(DATA))
    assert "downloading file.bin" in terminal.getvalue()


def test_without_a_terminal_nothing_is_printed(cache, capfd):
    ask(body(DATA))
    ask(status(403))
    assert capfd.readouterr() == ("", "")


def test_the_users_folder_comes_before_the_cache_and_needs_no_checksum(cache, tmp_path, monkeypatch):
    ask(body(DATA))
    own = tmp_path / "own"
    (own / "set").mkdir(parents=True)
    (own / "set/file.bin").write_bytes(b"my own")
    monkeypatch.setenv(fetch.FOLDER_VARIABLE, str(own))
    assert find([remote()], download=True) == Found((own / "set/file.bin",), "folder of AI_FROM_SCRATCH_DATA")


@pytest.mark.parametrize(("make", "words"), [(True, "there is no set/file.bin in it"), (False, "no such folder")])
def test_a_folder_without_the_file_is_the_users_mistake(make, words, cache, tmp_path, monkeypatch):
    ask(body(DATA))
    own = tmp_path / "own"
    if make:
        own.mkdir()
    monkeypatch.setenv(fetch.FOLDER_VARIABLE, str(own))
    with pytest.raises(DataError, match=words) as caught:
        find([remote()], download=True)
    assert str(own) in str(caught.value)
    assert "unset AI_FROM_SCRATCH_DATA" in str(caught.value)


def test_a_file_that_lies_there_unpacked_is_taken(tmp_path, cache, monkeypatch):
    (tmp_path / "own" / "set").mkdir(parents=True)
    (tmp_path / "own" / "set" / "file").write_bytes(DATA)
    monkeypatch.setenv(fetch.FOLDER_VARIABLE, str(tmp_path / "own"))
    found = find([Remote("set/file.gz", (), SHA)], download=True)
    assert found.paths == (tmp_path / "own" / "set" / "file",)
    with pytest.raises(DataError, match=r"there is no other\.gz in it"):
        find([Remote("other.gz", (), SHA)], download=True)


def test_an_empty_variable_is_like_none(cache, monkeypatch):
    monkeypatch.setenv(fetch.FOLDER_VARIABLE, "")
    found, host = ask(body(DATA))
    assert found.source == f"downloaded from {host}"


def test_the_cache_is_the_systems_unless_the_variable_moves_it(cache, monkeypatch):
    assert fetch.cache_folder() == cache
    monkeypatch.delenv(fetch.CACHE_VARIABLE)
    assert fetch.cache_folder() == Path(pooch.os_cache("ai-from-scratch-numpy"))


def test_importing_the_data_package_is_light():
    heavy = "{'pooch', 'requests', 'rich', 'matplotlib', 'sklearn', 'pandas'}"
    code = f"import sys, ai_from_scratch.data; print(sorted({heavy} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"

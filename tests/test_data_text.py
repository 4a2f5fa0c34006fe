"""Hamlet out of its XML, the offline prose, and the user's own text with all that can be wrong with it."""

import hashlib
import sys
import time
import zipfile
from pathlib import Path

import pytest
from data_server import DataServer, body, keep_apart, refused_url
from traced_memory import traced_memory

from ai_from_scratch.data import DataError, fetch, hamlet, load_hamlet, load_play, load_text

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))
from make_offline_text import prose

ACT = """<ACT><TITLE>ACT</TITLE><SCENE><TITLE>SCENE I</TITLE><STAGEDIR>Enter all</STAGEDIR>
<SPEECH><SPEAKER>HORATIO</SPEAKER><LINE>{line}</LINE></SPEECH></SCENE></ACT>"""
FIRST = """<ACT><TITLE>ACT I</TITLE><SCENE><TITLE>SCENE I</TITLE><STAGEDIR>Thunder</STAGEDIR>
<SPEECH>
<SPEAKER>Ghost</SPEAKER>
<LINE><STAGEDIR>Beneath</STAGEDIR>   Swear,
&amp; swear.</LINE>
<STAGEDIR>Cock crows</STAGEDIR>
<LINE>It   is <STAGEDIR>Aside</STAGEDIR>an oath.</LINE>
</SPEECH>
<SPEECH>
<SPEAKER>HORATIO</SPEAKER>
<SPEAKER>MARCELLUS</SPEAKER>
<LINE><STAGEDIR>Sings</STAGEDIR></LINE>
<LINE>We do.</LINE>
</SPEECH>
<SPEECH><SPEAKER>HAMLET</SPEAKER><LINE><STAGEDIR>Dies</STAGEDIR></LINE></SPEECH>
</SCENE></ACT>"""
PLAY = f"<PLAY>{FIRST}{ACT.format(line='two')}{ACT.format(line='three')}{ACT.format(line='four')}"
PLAY += f"{ACT.format(line='the fifth act')}</PLAY>"
PROSE = "The quick brown fox jumps over the lazy dog. " * 50


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    return keep_apart(monkeypatch, tmp_path)


def packed(path: Path, content: str | bytes = PLAY, member: str = "shakespeare/hamlet.xml") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, content)
    return path


@pytest.fixture
def play(tmp_path, monkeypatch) -> Path:
    """The zip file in the user's own folder."""
    monkeypatch.setenv(fetch.FOLDER_VARIABLE, str(tmp_path / "own"))
    return packed(tmp_path / "own" / "text" / "shakespeare.zip")


# --- the play

def test_speakers_and_lines_are_kept_and_stage_directions_left_out(play):
    assert load_hamlet().train == (
        "Ghost:\nSwear, & swear.\nIt is an oath.\n\nHORATIO and MARCELLUS:\nWe do.\n\n"
        "HORATIO:\ntwo\n\nHORATIO:\nthree\n\nHORATIO:\nfour\n\n"
    )


def test_the_fifth_act_is_halved_by_characters(play):
    text = load_hamlet()
    assert text.validation + text.test == "HORATIO:\nthe fifth act\n\n"
    assert (len(text.validation), len(text.test)) == (12, 12)
    assert text.is_hamlet and text.name == "Hamlet"
    assert text.source == "folder of AI_FROM_SCRATCH_DATA"


def test_the_play_is_downloaded_once(tmp_path, monkeypatch, cache):
    data = packed(tmp_path / "published.zip").read_bytes()
    with DataServer({"/shakespeare.zip": body(data)}) as server:
        monkeypatch.setattr(hamlet, "URLS", (server.url("/shakespeare.zip"),))
        monkeypatch.setattr(hamlet, "SHA256", hashlib.sha256(data).hexdigest())
        assert load_hamlet().source == f"downloaded from {server.host}"
    again = load_hamlet(download=False)
    assert again.source == "cache" and again.is_hamlet


@pytest.mark.parametrize(
    ("content", "member", "words"),
    [
        (PLAY, "shakespeare/macbeth.xml", "got no shakespeare/hamlet.xml in it"),
        (PLAY[:-7], "shakespeare/hamlet.xml", "XML that cannot be read"),
        (b"", "shakespeare/hamlet.xml", "XML that cannot be read"),
        (f"<PLAY>{FIRST}</PLAY>", "shakespeare/hamlet.xml", "got 1 acts, 1 of them with speeches"),
        (f"<PLAY>{FIRST}{'<ACT/>' * 4}</PLAY>", "shakespeare/hamlet.xml", "got 5 acts, 1 of them"),
    ],
)
def test_a_zip_file_that_is_not_the_play_says_what_is_wrong(content, member, words, play):
    packed(play, content, member)
    with pytest.raises(DataError, match=words) as caught:
        load_hamlet()
    assert str(play) in str(caught.value) and "unset AI_FROM_SCRATCH_DATA" in str(caught.value)


def test_a_damaged_zip_file_says_so(play):
    data = bytearray(play.read_bytes())
    data[60:90] = bytes(30)
    for broken in (bytes(data), bytes(data[:50]), b"", b"no zip file"):
        play.write_bytes(broken)
        with pytest.raises(DataError, match="cannot be unpacked"):
            load_hamlet()


@pytest.mark.slow
def test_a_play_of_gigabytes_and_a_play_of_acts_within_acts_are_refused_at_once(play):
    packed(play, b" " * 6_000_000)
    with pytest.raises(DataError, match="got more than 5,000,000 bytes"):
        load_hamlet()
    packed(play, "<PLAY>" + "<ACT>" * 200_000 + "</ACT>" * 200_000 + "</PLAY>")
    start = time.process_time()
    with pytest.raises(DataError, match="got 1 acts, 0 of them with speeches"):
        load_hamlet()
    assert time.process_time() - start < 5


def test_entities_that_would_grow_to_gigabytes_are_refused_in_little_memory(play):
    grows = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 11))
    packed(play, f'<!DOCTYPE PLAY [<!ENTITY e0 "{"words " * 10}">{grows}]><PLAY><LINE>&e10;</LINE></PLAY>')
    with traced_memory() as peak:
        with pytest.raises(DataError, match="XML that cannot be read"):
            load_hamlet()
        assert peak() < 20_000_000


@pytest.mark.slow
def test_a_zip_file_of_a_hundred_megabytes_of_zeros_is_not_unpacked(play):
    packed(play, bytes(100_000_000))
    with traced_memory() as peak:
        with pytest.raises(DataError, match="got more than 5,000,000 bytes"):
            load_hamlet()
        assert peak() < 20_000_000


@pytest.mark.parametrize("content", [b"<?xml version='1.0' encoding='klingon'?><PLAY/>",
                                     b"<?xml version='1.0' encoding='utf-7'?><PLAY/>",
                                     b"<?xml version='1.0' encoding='shift_jis'?><PLAY/>"])
def test_a_play_in_an_encoding_that_cannot_be_read_is_refused_in_words(play, content):
    packed(play, content)
    with pytest.raises(DataError, match="XML that cannot be read"):
        load_hamlet()


def test_an_archive_packed_in_another_way_and_damaged_is_refused_in_words(play):
    with zipfile.ZipFile(play, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("shakespeare/hamlet.xml", PLAY * 20)
    data = bytearray(play.read_bytes())
    data[60:90] = bytes(range(30))
    play.write_bytes(data)
    with pytest.raises(DataError, match="cannot be unpacked"):
        load_hamlet()


# --- the other plays

@pytest.mark.parametrize("name", ["macbeth", "Macbeth", "MACBETH.xml"])
def test_another_play_of_the_archive_goes_by_its_title_and_by_its_file(name, play):
    packed(play, PLAY.replace("HORATIO", "BANQUO"), "shakespeare/macbeth.xml")
    text = load_play(name)
    assert (text.name, text.is_hamlet) == ("Macbeth", False)
    assert text.train.endswith("BANQUO:\nfour\n\n") and text.validation + text.test == "BANQUO:\nthe fifth act\n\n"


@pytest.mark.parametrize(("name", "stem"), [
    ("A Midsummer Night's Dream", "dream"), ("midsummer nights dream", "dream"), ("Merchant of Venice", "merchant"),
    ("romeo", "r_and_j"), ("R_and_J", "r_and_j"), ("julius-caesar", "j_caesar"), ("antony and cleopatra", "a_and_c"),
])
def test_case_articles_and_punctuation_do_not_matter_in_a_title(name, stem):
    assert hamlet.play_file(name) == stem


def test_a_play_that_is_none_is_answered_with_the_nearest_and_with_all():
    with pytest.raises(DataError, match=r"no play 'Macbth'.*Did you mean 'Macbeth'.*Othello.*Romeo and Juliet.*--text"):
        load_play("Macbth")
    with pytest.raises(DataError, match=r"no play 'xyzzy' in the archive. Expected one of: Hamlet"):
        load_play("xyzzy")


def test_a_play_that_cannot_be_had_is_told_and_nothing_else_is_learnt_instead(monkeypatch):
    with pytest.raises(DataError, match=r"Othello is not on this machine .not in the cache.*connection"):
        load_play("othello", download=False)
    monkeypatch.setattr(hamlet, "URLS", (refused_url("/shakespeare.zip"),))
    with pytest.raises(DataError, match=r"Othello is not on this machine .download failed"):
        load_play("othello")


# --- the offline prose

def test_without_the_play_there_is_english_prose_that_says_what_it_is(monkeypatch):
    monkeypatch.setattr(hamlet, "URLS", (refused_url("/shakespeare.zip"),))
    text = load_hamlet()
    assert not text.is_hamlet and text.name == "the project's own pages"
    assert text.source.startswith("prose of this project's own pages, not Hamlet (download failed: 127.0.0.1")
    assert "refused" in text.source
    n = len(text.train + text.validation + text.test)
    assert n > 80_000
    assert [len(text.train), len(text.validation)] == [n * 8 // 10, n * 9 // 10 - n * 8 // 10]


def test_the_prose_is_the_same_on_every_python_and_machine():
    text = load_hamlet(download=False)
    whole = (text.train + text.validation + text.test).encode()
    assert hashlib.sha256(whole).hexdigest() == "5fb851c386e51b99289e00d5c220e43df56e834873e158bfa24b930b2b93a8be"


def test_no_held_out_paragraph_of_the_prose_was_trained_on():
    text = load_hamlet(download=False)
    trained = set(text.train.split("\n\n"))
    held_out = (text.validation + text.test).split("\n\n")
    assert len(held_out) > 50 and not trained & set(held_out)


def test_the_prose_is_plain_ascii_without_code_and_formulas():
    text = load_hamlet(download=False)
    whole = text.train + text.validation + text.test
    assert whole.isascii() and max(map(len, whole.split("\n"))) <= 72
    assert whole.count(" the ") > 500
    assert not any(mark in whole for mark in ("```", ">>>", "$", "\\", "|", "]("))


def test_the_script_that_made_the_prose_keeps_sentences_and_leaves_formulas_out():
    assert prose("""# Heading

The error of sample $i$ is *small*, see [the page](knn.md). It is $\\frac12 x^2$ at most. Small: **$\\eta = 0.1$**.

$$L = 1$$

| a | table |

```python
x = 1
```
![A line, and points](line.png)
""") == ["The error of sample i is small, see the page. Small: eta = 0.1.", "A line, and points."]


# --- the user's own file

def written(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "mine.txt"
    path.write_bytes(data)
    return path


def test_a_text_is_cut_80_10_10_where_it_stands(tmp_path):
    path = written(tmp_path, PROSE.encode())
    text = load_text(path)
    assert text.train + text.validation + text.test == PROSE
    assert [len(text.train), len(text.validation), len(text.test)] == [1800, 225, 225]
    assert text.name == "mine.txt" and text.source == f"your file {path}" and not text.is_hamlet


def test_a_text_that_is_cut_says_so_and_a_text_that_is_not_stays_as_it_is(tmp_path):
    text = load_text(written(tmp_path, PROSE.encode()))
    assert text.shortened(train=1800, validation=225, test=1000) is text
    short = text.shortened(train=1000, validation=225, test=100)
    assert short.train == text.train[-1000:] and short.validation == text.validation and short.test == text.test[:100]
    assert short.source == f"{text.source}, cut: train 1,000 of 1,800, test 100 of 225 characters"


def test_the_path_may_be_a_string(tmp_path):
    assert load_text(str(written(tmp_path, PROSE.encode()))).name == "mine.txt"


def test_the_byte_order_mark_and_the_line_ends_of_other_systems_go(tmp_path):
    data = b"\xef\xbb\xbf" + b"one\r\ntwo\rthree\n" * 100
    text = load_text(written(tmp_path, data))
    assert text.train + text.validation + text.test == "one\ntwo\nthree\n" * 100


def test_emoji_count_as_one_character_and_survive(tmp_path):
    text = load_text(written(tmp_path, ("😀é" * 500).encode()))
    assert [len(text.train), len(text.validation), len(text.test)] == [800, 100, 100]
    assert set(text.train) == {"😀", "é"}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "at least 1,000 characters, got an empty file"),
        (b"\xef\xbb\xbf", "an empty file"),
        (b" \n" * 5000, "an empty file"),
        (b"short", "at least 1,000 characters, got 5"),
        (b"a" * 999 + b"\n" * 100, "got 999"),
        (b"a" * 1500 + b"\xff" + b"a" * 1500, "the byte 0xFF at position 1500"),
        (b"\xef\xbb\xbf" + b"a" * 1500 + b"\xe9t\xe9", "the byte 0xE9 at position 1503"),
        (PROSE.encode("utf-16"), "the byte 0xFF at position 0.*saved as UTF-8"),
        (PROSE.encode("utf-16-le"), "the byte 0x00 at position 1"),
        (b"a" * 2000 + b"\xf0\x9f\x98", "the byte 0xF0 at position 2000"),
        (b"\x89PNG\r\n\x1a\n\0\0" + bytes(2000), "the byte 0x89 at position 0"),
        (b"MZ" + bytes(2000), "the byte 0x00 at position 2"),
    ],
)
def test_a_file_that_is_no_text_says_what_is_wrong_with_it(data, words, tmp_path):
    path = written(tmp_path, data)
    with pytest.raises(DataError, match=words) as caught:
        load_text(path)
    assert str(path) in str(caught.value)


def test_exactly_one_thousand_characters_are_enough(tmp_path):
    assert len(load_text(written(tmp_path, b"a" * 1000)).test) == 100


def test_a_missing_file_and_a_directory_are_ordinary_mistakes(tmp_path):
    with pytest.raises(DataError, match="got nothing of that name"):
        load_text(tmp_path / "no.txt")
    with pytest.raises(DataError, match="got a folder"):
        load_text(tmp_path)
    with pytest.raises(DataError, match="got nothing of that name"):
        load_text(tmp_path / ("x" * 300))
    with pytest.raises(DataError, match="got something that is no file"):
        load_text("/dev/null")


def test_a_file_of_gigabytes_is_refused_before_it_is_read(tmp_path):
    path = written(tmp_path, PROSE.encode())
    with open(path, "r+b") as file:
        file.truncate(2**31)                                       # a hole: it takes no room on the disk
    with pytest.raises(DataError, match=r"expected a text file of at most 200 MB, got 2,147 MB. Take a part"):
        load_text(path)


def test_a_file_that_cannot_be_read_is_an_ordinary_mistake(tmp_path, monkeypatch):
    path = written(tmp_path, PROSE.encode())

    def forbidden(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", forbidden)
    with pytest.raises(DataError, match="Permission denied"):
        load_text(path)

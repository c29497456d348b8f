"""Reading a text: encodings, line ends, packing, and what is refused."""

import gzip
import tracemalloc

import pytest

from cutaway.data import text as text_module
from cutaway.data.sort import Sort, sort_of
from cutaway.data.text import FEWEST, Text, as_text, check_length, read_text
from cutaway.errors import InputError

STORY = "Ein Käfer saß\nim Gras – still.\n"


@pytest.mark.parametrize(
    ("content", "expected", "said"),
    [
        (STORY.encode(), STORY, ""),
        (b"\xef\xbb\xbf" + STORY.encode(), STORY, ""),
        (b"\xff\xfe" + STORY.encode("utf-16-le"), STORY, "UTF-16-LE"),
        (b"\xfe\xff" + STORY.encode("utf-16-be"), STORY, "UTF-16-BE"),
        ("Käfer saß\n".encode("latin-1"), "Käfer saß\n", "Latin-1"),
        (b"one\r\ntwo\rthree\n", "one\ntwo\nthree\n", "line ends"),
        (gzip.compress(STORY.encode(), mtime=0), STORY, ""),
    ],
    ids=["utf-8", "mark", "utf-16-le", "utf-16-be", "latin-1", "line ends", "gzip"],
)
def test_reading(tmp_path, content, expected, said):
    place = tmp_path / "story.txt"
    place.write_bytes(content)
    text = read_text(place)
    assert text.content == expected and text.source == str(place)
    assert said in " ".join(text.notes) and bool(said) == bool(text.notes)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b" \n\t\n", "only blanks"),
        (b"abc\0def", "at 3"),
        (bytes(range(1, 32)) * 40, "control characters"),
        (b"\xff\xfea\0b\0\0\xd8", "UTF-16"),
        (gzip.compress(STORY.encode(), mtime=0)[:-9], "cannot be unpacked"),
        (gzip.compress(b""), "empty"),
    ],
    ids=["empty", "blank", "null", "binary", "half a character", "damaged gzip", "empty gzip"],
)
def test_refused(tmp_path, content, words):
    place = tmp_path / "story.txt"
    place.write_bytes(content)
    with pytest.raises(InputError, match=words) as fault:
        read_text(place)
    assert str(place) in str(fault.value)


@pytest.mark.parametrize("packed", [False, True])
def test_more_than_memory_should_hold_is_refused(tmp_path, monkeypatch, packed):
    monkeypatch.setattr(text_module, "LARGEST", 1000)
    monkeypatch.setattr(text_module, "CHUNK", 64)
    place = tmp_path / "story.txt"
    for length in (1000, 1001):
        content = b"x" * length
        place.write_bytes(gzip.compress(content) if packed else content)
        if length <= 1000:
            assert len(read_text(place).content) == length
    with pytest.raises(InputError, match=r"more than 1,000 bytes of text"):
        read_text(place)
    place.write_bytes(gzip.compress(b"x" * 10_000_000))  # what is beyond the limit is not unpacked
    tracemalloc.start()
    with pytest.raises(InputError, match="more than"):
        read_text(place)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_text(tmp_path / "missing.txt")
    with pytest.raises(InputError, match="folder"):
        read_text(tmp_path)
    with pytest.raises(InputError, match="got list"):
        as_text(["a", "b"])
    text = Text("abc")
    assert as_text(text) is text


def test_too_short_says_how_short_that_is():
    check_length(Text("x" * FEWEST))
    with pytest.raises(InputError, match=f"has 499 characters.*at least {FEWEST}"):
        check_length(Text("x" * (FEWEST - 1)))


@pytest.mark.parametrize("name", ["book.txt", "book", "book.md", "book.log"])
def test_a_text_is_known_by_its_content(tmp_path, name):
    place = tmp_path / name
    place.write_bytes(STORY.encode())
    assert sort_of(place) is Sort.TEXT
    packed = tmp_path / "packed.txt.gz"
    packed.write_bytes(gzip.compress(STORY.encode(), mtime=0))
    assert sort_of(packed) is Sort.TEXT
    assert sort_of(Text(STORY)) is Sort.TEXT


def test_what_only_pretends_to_be_packed_text_is_no_text(tmp_path):
    place = tmp_path / "packed.txt.gz"
    place.write_bytes(b"\x1f\x8bnothing")
    with pytest.raises(InputError, match="neither a text"):
        sort_of(place)

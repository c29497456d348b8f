"""What there is to learn from is told by its content."""

import numpy as np
import pytest

from cutaway.data.sort import Sort, sort_of
from cutaway.errors import InputError


def put(folder, **files):
    for name, content in files.items():
        place = folder / name.replace("__", "/").replace("_dot_", ".")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def test_a_target_means_a_table(tmp_path):
    place = put(tmp_path, notes_dot_txt="a b\n1 2\n") / "notes.txt"
    assert sort_of(place, "b") is Sort.TABLE and sort_of(place) is Sort.TEXT
    assert sort_of({"a": [1]}, "a") is Sort.TABLE


def test_a_folder_with_a_folder_of_pictures_for_each_class_is_pictures(tmp_path):
    assert sort_of(put(tmp_path, cats__a_dot_PNG=b"x", dogs__b_dot_jpeg=b"y")) is Sort.PICTURES
    assert sort_of(tmp_path / "digits.npz") is Sort.PICTURES
    assert sort_of(tmp_path / "train-images-idx3-ubyte.gz") is Sort.PICTURES


@pytest.mark.parametrize(
    "content",
    ["ein Buch\n", "über Äpfel".encode("latin-1") * 9, "über".encode("utf-16"), ("é" * 40_000).encode()],
    ids=["ascii", "latin-1", "utf-16", "a character cut in two"],
)
def test_texts_of_many_encodings_are_texts(tmp_path, content):
    place = tmp_path / "book"
    place.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert sort_of(place) is Sort.TEXT


@pytest.mark.parametrize(
    ("files", "asked", "words"),
    [
        ({"a_dot_csv": "x,y\n1,2\n"}, "a.csv", "is a table, which needs a target"),
        ({"a_dot_csv_dot_gz": b"\x1f\x8b"}, "a.csv.gz", "is a table"),
        ({"a_dot_png": b"\x89PNG"}, "a.png", "is one picture"),
        ({"a_dot_bin": bytes(range(256))}, "a.bin", "neither a text nor"),
        ({"a_dot_png": b"x"}, ".", "says not of which class"),
        ({"cats__a_dot_txt": "x"}, ".", "is a folder without pictures"),
        ({}, "nothing.txt", "there is no such file"),
    ],
)
def test_what_cannot_be_learned_from_is_said(tmp_path, files, asked, words):
    put(tmp_path, **files)
    with pytest.raises(InputError, match=words):
        sort_of(tmp_path / asked)


def test_arrays_without_a_target_are_refused():
    with pytest.raises(InputError, match="needs a target"):
        sort_of(np.zeros((3, 2)))

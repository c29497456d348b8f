"""Exported files as commands: their usage, and what they say of what is wrong with a file."""

import subprocess
import sys

import numpy as np
import pytest

import cutaway as ca
from cutaway.data.text_windows import TextWindows
from cutaway.data.tokens import Tokens
from cutaway.errors import InputError
from cutaway.export import export, from_onnx
from cutaway.runs.text_run import TextRun

from .made import csv_rows, table_run
from .test_layers import session
from .test_runs import picture_run

WITHOUT_PILLOW = """
import runpy, sys
sys.modules["PIL"] = None
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def ran(*words):
    """What a command printed, what it said, and its exit code."""
    done = subprocess.run([sys.executable, *map(str, words)], capture_output=True, text=True, timeout=60)
    assert "Traceback" not in done.stderr
    return done.stdout, done.stderr, done.returncode


def text_run():
    tokens = Tokens.of_characters("abab" * 20, 20)
    words = ca.Embedding(tokens.outputs, 4)
    net = ca.Sequential(words, ca.LearnedPositions(6), ca.Unembedding(words))
    windows = TextWindows(tokens, 6)
    return TextRun(network=net.build(windows.example(), seed=1), preprocessing=windows)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scripts")
    (folder / "known.csv").write_text(csv_rows(60), encoding="utf-8")
    export(table_run(folder / "known.csv", "number", "one"), "numpy", folder / "houses.py")
    export(picture_run()[0], "numpy", folder / "pets.py")
    export(text_run(), "numpy", folder / "book.py")
    export(ca.Sequential(ca.Dense(1)).build(2), "numpy", folder / "net.py")
    (folder / "header.csv").write_text("age,income\n", encoding="utf-8")
    (folder / "other.csv").write_text("one,two\n1,2\n", encoding="utf-8")
    (folder / "bytes.csv").write_bytes(bytes(range(128, 256)) * 4)
    (folder / "short.csv.gz").write_bytes(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03K")
    (folder / "empty.txt").write_text("", encoding="utf-8")
    np.save(folder / "wide.npy", np.zeros((3, 7)))
    np.save(folder / "flat.npy", np.zeros(3))
    return folder


@pytest.mark.parametrize("name", ["houses", "pets", "book", "net"])
def test_usage(name, folder):
    for words, code in ([], 2), (["--help"], 0), (["-h"], 0), (["--all"], 2):
        out, told, found = ran(folder / f"{name}.py", *words)
        assert found == code
        assert (told if code else out).startswith(f"usage: python {name}.py ") and (out + told).count("\n") == 1
    out, told, code = ran(folder / f"{name}.py", folder / "nothing")
    assert (out, told, code) == ("", f"{folder / 'nothing'}: there is no such file\n", 2)


@pytest.mark.parametrize(
    ("name", "file", "words"),
    [
        ("houses", "header.csv", "holds no rows"),
        ("houses", "empty.txt", "holds no rows"),
        ("houses", "other.csv", "none of the columns is there"),
        ("houses", "bytes.csv", "can't decode"),
        ("houses", "short.csv.gz", "damaged"),
        ("book", "empty.txt", "holds no token of the vocabulary"),
        ("pets", "other.csv", "cannot identify image file"),
        ("net", "wide.npy", "its shape (3, 7) does not fit the network"),
        ("net", "flat.npy", "holds no rows"),
        ("net", "other.csv", "could not convert"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(name, file, words, folder):
    out, told, code = ran(folder / f"{name}.py", folder / file)
    assert code == 2 and not out
    assert told.startswith(f"{folder / file}: ") and words in told and told.count("\n") == 1


def test_pictures_without_pillow(folder):
    from PIL import Image

    Image.fromarray(np.zeros((10, 8), np.uint8)).save(folder / "a.png")
    out, told, code = ran(folder / "pets.py", folder / "a.png", folder / "a.png")
    assert code == 0 and not told and out.count("a.png: ") == 2
    out, told, code = ran("-c", WITHOUT_PILLOW, folder / "pets.py", folder / "a.png")
    assert code == 2 and not out and "pip install pillow" in told and told.count("\n") == 1


def test_what_a_file_needs_is_said(folder, tmp_path):
    assert "NumPy alone, and Pillow for picture files;" in (folder / "pets.py").read_text(encoding="utf-8")
    assert "Pillow" not in (folder / "houses.py").read_text(encoding="utf-8")
    done = export(picture_run()[0], "numpy", tmp_path / "pets.py")
    assert done.notes == ("it needs NumPy alone, and Pillow for picture files; nothing of cutaway",)


def test_arrays_that_are_no_pictures(folder, tmp_path):
    from .test_layers import loaded

    module = loaded(picture_run()[0], "numpy", tmp_path)
    for shape in ((28, 28), (7,), (2, 3, 4, 5, 6)):
        with pytest.raises(ValueError, match="expected pictures"):
            module.predict(np.zeros(shape, np.uint8))


def test_a_graph_with_preprocessing_says_how_it_is_explained(folder, tmp_path):
    pytest.importorskip("onnx")
    run = table_run(folder / "known.csv", "number", "one", drop=("note", "sold"), text=(), date=())
    export(run, "onnx", tmp_path / "whole.onnx")
    with pytest.raises(InputError, match=r"cutaway explain RUN.*export\(run.network"):
        from_onnx(tmp_path / "whole.onnx")
    export(run.network, "onnx", tmp_path / "net.onnx")  # as the message says
    x = run.preprocessing.transform(_table(folder, run))
    [expected] = session((tmp_path / "net.onnx").read_bytes()).run(None, {"x": x})
    np.testing.assert_allclose(from_onnx(tmp_path / "net.onnx")(x), expected, atol=1e-5)


def _table(folder, run):
    from cutaway.data.reading import read_table

    return read_table(folder / "known.csv", run.preprocessing.european)

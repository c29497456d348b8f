"""What is no run yet: each is told by its kind, with the command that comes first."""

import numpy as np
import pytest
from PIL import Image

import cutaway as ca
from cutaway.cli.main import main
from cutaway.errors import InputError
from cutaway.studio.sources import read_bytes
from cutaway.studio.untrained import expect_run

WORDS = "The mill turned. The river was high. " * 400


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("cats", "dogs"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / "pets" / name / "a.png")
    (tmp_path / "book.txt").write_text(WORDS)
    (tmp_path / "t.csv").write_text("a,b,price\n" + "".join(f"{i},{i % 3},{i / 2}\n" for i in range(30)))
    np.savez(tmp_path / "digits.npz", x=np.zeros((4, 3, 3)), y=np.zeros(4))
    return tmp_path


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("pets", ["holds pictures", "first `cutaway train pets`, then `cutaway studio runs/pets`"]),
        ("pets/cats", ["of which class"]),
        ("pets/cats/a.png", ["is one picture"]),
        ("digits.npz", ["first `cutaway train digits.npz`, then `cutaway studio runs/digits`"]),
        ("book.txt", ["is a text", "first `cutaway train book.txt`, then `cutaway studio runs/book`", "--target says"]),
        ("t.csv", ["--target says which column", "There are 'a', 'b', 'price'"]),
        ("neuronn", ["there is no such run", "--rung", "did you mean 'neuron'?"]),
        ("nowhere", ["there is no such run; expected a folder with run.json"]),
    ],
)
def test_the_command_says_what_comes_first(here, given, said, capsys):
    assert main(["studio", "--no-browser", given]) == 2
    message = capsys.readouterr().err
    for words in said:
        assert words in message
    assert message.count("\n") == 1


def test_a_folder_of_runs_names_them(here):
    for name in ("one", "two"):
        (here / "runs" / name).mkdir(parents=True)
        for file in ("run.json", "network.safetensors"):
            (here / "runs" / name / file).write_text("{}")
    with pytest.raises(InputError, match=r"not a run, but a folder with runs.*runs/one"):
        expect_run(here / "runs")
    expect_run(here / "runs" / "one")  # left to who opens it


def test_python_says_it_without_dashes(here):
    with pytest.raises(InputError, match=r"t.csv: target says which column .* There are 'a', 'b', 'price'"):
        ca.studio("t.csv", page=True, wait=False, browser=False)
    with pytest.raises(InputError, match=r"for a rung of the ladder, did you mean 'neuron'"):
        ca.studio("neuronn", page=True, wait=False, browser=False)


def test_a_dropped_file_that_is_no_table_is_named_and_not_quoted():
    with pytest.raises(InputError, match=r"book.txt: is a text.*first `cutaway train book.txt`") as found:
        read_bytes("book.txt", WORDS.encode())
    assert len(str(found.value)) < 200
    with pytest.raises(InputError, match=r"book.txt: is a text"):
        read_bytes("book.txt", b"Call me Ishmael\nSome years ago\nnever mind how long\n")
    with pytest.raises(InputError, match=r"dog.png: is a picture.*first `cutaway train FOLDER`"):
        read_bytes("dog.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    with pytest.raises(InputError, match=r"holds a header") as found:
        read_bytes("odd.csv", WORDS.encode())
    assert len(str(found.value)) < 200


def test_a_table_by_another_name_is_still_one():
    assert read_bytes("tabs.txt", b"a\tb\n" + b"1\t2\n" * 9).names == ("a", "b")

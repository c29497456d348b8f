"""`cutaway export`: what it writes, what it says, and what it refuses."""

import importlib
import json
import sys

import numpy as np
import pytest

import cutaway as ca
from cutaway.errors import InputError
from cutaway.runs.load import load

from .made import csv_rows, table_run

command = importlib.import_module("cutaway.cli.export").export


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    (folder / "known.csv").write_text(csv_rows(120), encoding="utf-8")
    table_run(folder / "known.csv", "number", "one").save(folder / "my-houses")
    return folder / "my-houses"


def test_numpy_under_the_runs_own_name(run, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert command(run, to="numpy") == 0
    assert {item.name for item in tmp_path.iterdir()} == {"my_houses.py", "my_houses.npz"}
    out, told = capsys.readouterr()
    assert "my_houses.py: " in out and "my_houses.npz: " in out and "it needs NumPy" in told
    monkeypatch.syspath_prepend(str(tmp_path))
    try:
        module = importlib.import_module("my_houses")
        made = module.predict(*module.read_csv(run.parent / "known.csv"))
    finally:
        sys.modules.pop("my_houses", None)
    np.testing.assert_allclose(made, load(run).predict(run.parent / "known.csv"), rtol=1e-6)


def test_json_names_the_files_and_what_is_not_inside(run, tmp_path, capsys):
    pytest.importorskip("onnx")
    assert command(run, to="onnx", out=tmp_path / "net.onnx", json_=True) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["files"] == [str(tmp_path / "net.onnx")]
    assert any("'note' (free text)" in note for note in shown["notes"])
    assert command(run, to="pytorch", out=tmp_path / "net.py", quiet=True) == 0
    assert capsys.readouterr() == ("", "")
    assert (tmp_path / "net.safetensors").is_file()


def test_the_runs_folder_is_left_alone(run):
    before = sorted(run.iterdir())
    with pytest.raises(InputError, match="is in the run's folder"):
        command(run, to="numpy", out=run / "houses.py")
    assert sorted(run.iterdir()) == before


def test_code_of_ones_own_is_not_written_over(run, tmp_path):
    own = tmp_path / "houses.py"
    own.write_text("print('mine')\n", encoding="utf-8")
    with pytest.raises(InputError, match="was not written by cutaway"):
        command(run, to="numpy", out=own)
    assert own.read_text(encoding="utf-8") == "print('mine')\n"
    assert command(run, to="numpy", out=tmp_path / "again.py", quiet=True) == 0
    assert command(run, to="pytorch", out=tmp_path / "again.py", quiet=True) == 0  # its own it replaces


@pytest.mark.parametrize("name", ["numpy", "csv", "random", "class", "torch"])
def test_names_of_modules_are_refused(name, run, tmp_path, monkeypatch):
    for form in ("numpy", "pytorch"):
        with pytest.raises(InputError, match=f"'{name}' is the name of a module.*choose another name with -o"):
            command(run, to=form, out=tmp_path / f"{name}.py")
    monkeypatch.chdir(tmp_path)
    load(run).save(tmp_path / "runs" / name)
    assert command(tmp_path / "runs" / name, to="numpy", quiet=True) == 0
    assert {item.name for item in tmp_path.iterdir()} == {"runs", f"{name}_run.py", f"{name}_run.npz"}


def test_what_is_no_run_is_refused(tmp_path):
    with pytest.raises(InputError, match="there is no such run"):
        command(tmp_path / "nothing", to="numpy")


def test_nothing_is_half_written(run, tmp_path, monkeypatch):
    """Code never appears without its weights: they are written first, and each file whole or not at all."""
    module = importlib.import_module("cutaway.export.export")

    def full(place, content):
        raise InputError(f"{place}: cannot be written: no space left")

    monkeypatch.setattr(module, "write_complete", full)
    with pytest.raises(InputError, match=r"houses.npz: cannot be written"):
        command(run, to="numpy", out=tmp_path / "houses.py")
    assert list(tmp_path.iterdir()) == []


def test_a_network_of_arrays(tmp_path):
    net = ca.Sequential(ca.Dense(3), ca.Tanh(), ca.Dense(1)).build(2)
    ca.Run(network=net).save(tmp_path / "run")
    assert command(tmp_path / "run", to="numpy", out=tmp_path / "net.py", quiet=True) == 0
    np.savetxt(tmp_path / "x.csv", [[0.5, 1.5], [2.0, -1.0]], delimiter=",")
    import subprocess

    done = subprocess.run(
        [sys.executable, tmp_path / "net.py", tmp_path / "x.csv"], capture_output=True, text=True, check=True
    )
    np.testing.assert_allclose(np.loadtxt(done.stdout.splitlines(), ndmin=2), net([[0.5, 1.5], [2.0, -1.0]]), rtol=1e-6)


@pytest.mark.parametrize("words", [["nothing", "--to", "numpy"], ["nothing", "--to", "tensorflow"], ["nothing"]])
def test_wrong_words_end_with_code_2_and_one_message(words, capsys, tmp_path, monkeypatch):
    from cutaway.cli.main import app, main

    if "export" not in app:
        app.command(command)
    monkeypatch.chdir(tmp_path)
    assert main(["export", *words]) == 2
    out, told = capsys.readouterr()
    assert not out and told.startswith("cutaway: ") and told.count("\n") == 1

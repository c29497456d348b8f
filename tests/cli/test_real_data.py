"""`explain`, `landscape` and `export` on tables and a text that people have: short trainings, every number checked."""

import importlib
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import cutaway as ca
from cutaway.cli.explain import explain
from cutaway.cli.export import export
from cutaway.cli.landscape import landscape
from cutaway.data.reading import read_table
from cutaway.data.writing import write_table

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
QUICK = {"effort": "quick", "engine": "numpy", "progress": False}
TARGETS = {"penguins": "species", "titanic": "Survived", "housing": "median_house_value"}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A function from the name of a table to a short training on some of its rows; skips where it is not there."""
    made = {}

    def run_on(name):
        if not (DATA / f"{name}.csv").is_file():
            pytest.skip(f"{name}.csv is not beside the project")
        if name not in made:
            folder = tmp_path_factory.mktemp(name)
            table = read_table(DATA / f"{name}.csv")
            some = np.sort(np.random.default_rng(0).permutation(table.rows)[:400])
            write_table(table.select(some), folder / f"{name}.csv")
            ca.train(folder / f"{name}.csv", TARGETS[name], epochs=4, compare=False, out=folder / name, **QUICK)
            made[name] = folder / name
        return made[name]

    return run_on


@pytest.mark.parametrize("name", ["penguins", "titanic", "housing"])
def test_the_contributions_to_a_real_row_add_up(runs, name, capsys, tmp_path):
    place = runs(name)
    capsys.readouterr()
    assert explain(place, row=3, json_=True, html=tmp_path / "why.html") == 0
    told = json.loads(capsys.readouterr().out)
    run = ca.load(place)
    assert {each["column"] for each in told["columns"]} == set(run.preprocessing.columns)
    total = sum(each["contribution"] for each in told["columns"])
    difference = told["output"] - told["at_baseline"]
    assert total == pytest.approx(difference, abs=2e-3 * max(1.0, abs(difference)))
    # What adds up is what the run answers.
    table = read_table(place.parent / f"{name}.csv").select(np.array([2]))
    if name == "housing":
        assert run.predict(table)[0] == pytest.approx(np.clip(told["output"], run.target.low, run.target.high))
        clipped = not run.target.low <= told["output"] <= run.target.high
        assert clipped == any("is clipped" in note for note in told["notes"])
    else:
        p = run.predict_proba(table)[0].max()
        assert told["output"] == pytest.approx(np.log(p / (1 - p)), abs=1e-4)
    assert (tmp_path / "why.html").read_text().count("<td") > len(told["columns"])


def test_of_real_houses_one_is_found_whose_prediction_is_clipped(runs, capsys):
    """A network moved up by hand: the note is there for rows beyond the range, and for no other."""
    place = runs("housing")
    run = ca.load(place)
    table = read_table(place.parent / "housing.csv").select(np.arange(3))
    before = run.explain(table, row=0)
    assert not any("clipped" in note for note in before.notes)
    last = list(run.network.parameters())[-1]
    bias = run.network.parameters()[last] + 50
    run.network.load({**run.network.parameters(), **run.network.state(), last: bias})
    after = run.explain(table, row=0)
    assert run.predict(table)[0] == run.target.high < after.shares.output
    [note] = [note for note in after.notes if "clipped" in note]
    assert "the range in training" in note and note in str(after.html())
    assert any("compared with counts as" in note for note in after.notes)


@pytest.mark.parametrize("name", ["penguins", "housing"])
def test_the_landscape_of_a_real_table(runs, name, capsys, tmp_path):
    place = runs(name)
    capsys.readouterr()
    assert landscape(place, points=5, out=tmp_path / "a.svg", numbers=tmp_path / "a.npz", rows=100) == 0
    said = capsys.readouterr().out
    assert re.search(r"(CrossEntropy|SquaredError) over 100 rows", said) and "largest curvatures" in said
    ElementTree.fromstring((tmp_path / "a.svg").read_text())
    with np.load(tmp_path / "a.npz") as held:
        assert held["losses"].shape == (5, 5) and np.isfinite(held["losses"]).all()
    found = ca.landscape(ca.load(place), points=5, curvature=False)
    assert found.plane.kind == "trajectory" and found.judged is None and not found.recorded
    # The training came down from where it began.
    assert found.path_losses[0] > found.loss


@pytest.mark.parametrize("name", ["penguins", "titanic", "housing"])
def test_a_real_table_as_numpy_code(runs, name, capsys, tmp_path, monkeypatch):
    place = runs(name)
    assert export(place, to="numpy", out=tmp_path / f"real_{name}.py") == 0
    capsys.readouterr()
    monkeypatch.syspath_prepend(str(tmp_path))
    module = importlib.import_module(f"real_{name}")
    rows = module.read_csv(place.parent / f"{name}.csv")
    run = ca.load(place)
    if name == "housing":
        predicted = np.asarray(run.predict(place.parent / "housing.csv"))
        inside = (predicted > run.target.low) & (predicted < run.target.high)
        assert inside.mean() > 0.9
        np.testing.assert_allclose(module.predict(*rows), predicted, rtol=1e-6)
    else:
        expected = run.predict_proba(place.parent / f"{name}.csv")
        assert expected.std(axis=0).min() > 0.01
        np.testing.assert_allclose(module.predict_proba(*rows), expected, atol=1e-6)


def test_real_penguins_in_onnx(runs, tmp_path, capsys):
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    place = runs("penguins")
    assert export(place, to="onnx", out=tmp_path / "p.onnx") == 0
    run, table = ca.load(place), read_table(place.parent / "penguins.csv")
    feed = {}
    for encoder in run.preprocessing.encoders:
        values = table.columns[encoder.column]
        number = encoder.kind == "number"
        texts = np.array(["" if value is None else str(value) for value in values], object)[:, None]
        feed[encoder.column] = values.astype(np.float64)[:, None] if number else texts
    session = runtime.InferenceSession(str(tmp_path / "p.onnx"))
    probabilities = dict(zip([each.name for each in session.get_outputs()], session.run(None, feed), strict=True))
    np.testing.assert_allclose(probabilities["probabilities"], run.predict_proba(table), atol=1e-5)


def test_a_real_text_explained_drawn_and_exported(tmp_path, capsys, monkeypatch):
    place = DATA / "tinyshakespeare.txt"
    if not place.is_file():
        pytest.skip("tinyshakespeare.txt is not beside the project")
    (tmp_path / "part.txt").write_text(place.read_text(encoding="utf-8")[:20_000], encoding="utf-8")
    ca.train(tmp_path / "part.txt", out=tmp_path / "run", context=16, **QUICK | {"epochs": 0.02})
    capsys.readouterr()
    assert explain(tmp_path / "run", text="To be, or not", json_=True) == 0
    assert json.loads(capsys.readouterr().out)
    assert landscape(tmp_path / "run", points=3, rows=8, out=tmp_path / "a.svg") == 0
    said = capsys.readouterr().out
    assert "CrossEntropy over 8 windows of 16 tokens" in said
    assert export(tmp_path / "run", to="numpy", out=tmp_path / "real_text.py") == 0
    monkeypatch.syspath_prepend(str(tmp_path))
    module = importlib.import_module("real_text")
    some = "First Citizen:\nBefore we proceed any further, hear me speak."
    assert module.loss(some) == pytest.approx(ca.load(tmp_path / "run").loss(some), abs=1e-6)

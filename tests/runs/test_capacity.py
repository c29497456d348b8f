"""Capacity of networks on tables: rows left out, codes of categories, real data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import cutaway as ca
from cutaway.data.table import Table
from cutaway.explain.noise import noise_from_neighbours
from cutaway.runs.capacity import capacity

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def shared(name):
    if not (SHARED / name).is_file():
        pytest.skip(f"{name} is not beside the project")
    return SHARED / name


def towns(rows, count=20, seed=0):
    """A table of a number and a town; the noise has a variance of 0.25, the target one of about 10."""
    random = np.random.default_rng(seed)
    town, number = random.integers(0, count, rows), random.uniform(-1, 1, rows)
    effect = 3 * random.standard_normal(count)
    y = effect[town] + number + 0.5 * random.standard_normal(rows)
    return Table({"town": np.array([f"t{c:03d}" for c in town], dtype=object), "number": number, "y": y})


QUICK = {"values": (4,), "resamples": 3, "seeds": 2, "epochs": 2, "engine": "numpy", "learning_curve": False}


def test_codes_of_categories_are_no_distances():
    table = towns(1200)
    found = capacity(table, "y", noise="neighbours", **QUICK)
    assert found.columns == 2
    told = found.found.parts[0].noise
    assert told.low * found.variance < 0.25 < told.high * found.variance
    _, code = np.unique(table.column("town"), return_inverse=True)
    flags = np.concatenate([table.column("number")[:, None], np.eye(20)[code]], axis=1)
    by_hand = noise_from_neighbours(flags, table.column("y"), [1, 20])
    assert told.value * found.variance == pytest.approx(by_hand.variance, rel=0.15)  # numbers are squashed a little


def test_a_column_that_brings_no_rows_near_each_other_is_named():
    with pytest.raises(ca.InputError, match=r"column 'town': 1\d\d categories, so that hardly two rows are near"):
        capacity(towns(900, count=150), "y", noise="neighbours", **QUICK)


def test_rows_that_were_left_out_are_told():
    table = towns(800, count=8)  # of which 8 rows show but some
    how = {"vary": "rows", "values": (8, 200), "epochs": 20, "resamples": 8, "seeds": 1, "weight_decay": 0, "width": 64}
    found = capacity(table, "y", rows=200, **QUICK | how)
    assert found.left_out == 400
    assert found.found.verdict.what == "more data", found.found
    assert "400 more that are at hand were left out here" in found.found.verdict.sentence
    assert any("of 600 rows to learn from 200 were drawn" in note for note in found.notes)
    assert found.to_json()["left_out"] == 400


def test_the_baseline_is_always_saying_the_same():
    table = towns(400)
    found = capacity(table, "y", **QUICK)
    assert found.baseline == pytest.approx(1, abs=0.3)
    classes = Table({"x": table.column("number"), "y": (table.column("number") > -0.4).astype(float)})
    found = capacity(classes, "y", **QUICK)
    assert found.baseline == pytest.approx(np.mean(table.column("number") <= -0.4), abs=0.01)  # parts are stratified
    assert found.variance is None


# ---- real data --------------------------------------------------------------------------------------------------


def test_concrete_takes_more_than_one_neuron():
    pytest.importorskip("jax")
    found = capacity(
        shared("concrete.csv"), "compressive_strength", values=(1, 32), resamples=4, seeds=2, epochs=60, engine="xla",
        learning_curve=False, weight_decay=0,
    )  # fmt: skip
    first, last = found.found.parts
    assert found.found.states == ("too small", "best")
    assert last.error.high < 0.4 < first.error.value < 1.1
    assert last.bias.value + last.variance.value == pytest.approx(last.error.value)
    assert found.found.verdict.what == "more capacity"


def test_penguins_are_told_apart():
    found = capacity(
        shared("penguins.csv"), "species", values=(8,), resamples=4, seeds=2, epochs=60, engine="numpy",
        learning_curve=False,
    )  # fmt: skip
    part = found.found.parts[0]
    assert part.error.value < 0.05 < found.baseline
    assert 0 <= part.bias.low <= part.bias.value <= part.bias.high <= 1
    assert part.error.high >= 0.03  # 86 rows do not show more
    assert "corrected for there being only 8" in found.found.notes[0]


def test_of_housing_most_rows_are_left_out():
    found = capacity(
        shared("housing.csv"), "median_house_value", rows=400, values=(8,), resamples=3, seeds=2, epochs=10,
        engine="numpy", noise="neighbours",
    )  # fmt: skip
    assert found.left_out > 14_000
    part = found.found.parts[0]
    assert 0.1 < part.noise.low < part.noise.high < 0.4  # boosted trees leave 0.17 of the variance
    assert part.bias.value + part.variance.value + part.noise.value == pytest.approx(part.error.value)

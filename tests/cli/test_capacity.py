"""`cutaway capacity` as it is typed: figures, words, picture, JSON, wrong input."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import numpy as np
import pytest

import cutaway as ca
from cutaway.cli.capacity import capacity

HOW = {"target": "y", "widths": "1,4", "resamples": 3, "seeds": 2, "epochs": 3}


@pytest.fixture
def table(tmp_path):
    random = np.random.default_rng(0)
    x = random.uniform(-1, 1, (90, 2))
    y = np.sin(3 * x[:, 0]) + 0.1 * random.standard_normal(90)
    rows = [f"{a:.3f},{'red' if b > 0 else 'blue'},{c:.4f}" for (a, b), c in zip(x, y, strict=True)]
    (tmp_path / "t.csv").write_text("\n".join(["a,colour,y", *rows]))
    return tmp_path / "t.csv"


def test_says_what_it_measured_and_draws_it(table, capsys):
    assert capacity(table, **HOW, out=table.parent / "c.svg") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "of 'y': squared error, share of the target's variance; always saying the mean costs" in said
    assert "error at width" in said and "with weight decay 0.3" in said
    assert "verdict" in said
    assert "±" not in said
    ElementTree.fromstring((table.parent / "c.svg").read_text())


def test_says_the_same_as_json(table, capsys):
    assert capacity(table, **(HOW | {"target": "colour"}), json_=True) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["kind"] == "0–1 loss"
    assert told["networks"] == 3 * 2 * (2 + 3 + 1)  # two widths, three sizes, weight decay
    assert told["decayed"]["weight_decay"] == 0.3
    assert set(told["values"][0]["error"]) == {"value", "low", "high"}
    assert told["baseline"] > 0.3


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"widths": "one"}, "numbers with commas"),
        ({"noise": "loud"}, "--noise is 'loud'"),
        ({"weight_decay": -0.1}, "weight_decay is -0.1"),
        ({"values": "1,2"}, "leave out --values"),
    ],
)
def test_wrong_input_is_told(table, how, message):
    with pytest.raises(ca.InputError, match=message):
        capacity(table, **HOW | how)
